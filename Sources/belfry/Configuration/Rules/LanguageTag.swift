import PushCore

/// Well-formedness of language tags (BCP 47: RFC 5646 section 2.1), such as `de`, `de-AT` or `zh-Hant-TW`.
enum LanguageTag {
    /// Grandfathered tags are not taken: each has a modern form.
    static func isWellFormed(_ tag: String) -> Bool {
        let subtags = tag.split(separator: "-", omittingEmptySubsequences: false)
        let areSubtags = subtags.allSatisfy { (1...8).contains($0.utf8.count) && $0.utf8.allSatisfy(isAlphanumeric) }
        guard areSubtags, let language = subtags.first, isAlphabetic(language, 2...8) else { return false }
        var rest = subtags.dropFirst()
        if language.utf8.count <= 3 {
            for _ in 0..<3 where rest.first.map({ isAlphabetic($0, 3...3) }) == true { rest = rest.dropFirst() }
        }
        if let script = rest.first, isAlphabetic(script, 4...4) { rest = rest.dropFirst() }
        if let region = rest.first, isRegion(region) { rest = rest.dropFirst() }
        while let variant = rest.first, isVariant(variant) { rest = rest.dropFirst() }
        return areExtensions(rest)
    }

    /// The tag that was probably meant by one which is well-formed and names no language; nil for all others.
    ///
    /// People write countries (`jp`), names (`english`) and `UK`.
    static func meant(by tag: String) -> String? {
        var subtags = tag.split(separator: "-").map(String.init)
        guard let language = subtags.first?.lowercased() else { return nil }
        if let meant = countries[language] ?? names[language] {
            subtags[0] = meant
            return subtags.joined(separator: "-")
        }
        // Longer ones are reserved, or not registered.
        if language.utf8.count > 3 {
            return NearestName.find(language, in: names.keys.sorted()).flatMap { names[$0] } ?? "en"
        }
        guard let region = subtags.dropFirst().firstIndex(where: { $0.lowercased() == "uk" }) else { return nil }
        subtags[region] = "GB"
        return subtags.joined(separator: "-")
    }

    /// Codes of countries that are no languages (ISO 639), and the language there.
    private static let countries = [
        "jp": "ja", "cz": "cs", "dk": "da", "gr": "el", "cn": "zh", "ua": "uk", "us": "en", "gb": "en", "vn": "vi",
        "ir": "fa",
        "il": "he", "at": "de", "tw": "zh-Hant",
    ]

    private static let names = [
        "english": "en", "german": "de", "deutsch": "de", "french": "fr", "spanish": "es", "italian": "it",
        "dutch": "nl",
        "polish": "pl", "czech": "cs", "swedish": "sv", "danish": "da", "finnish": "fi", "russian": "ru",
        "turkish": "tr",
        "japanese": "ja", "chinese": "zh", "korean": "ko", "arabic": "ar", "greek": "el", "hebrew": "he",
        "default": "en",
    ]

    /// Singletons with at least one subtag of 2 or more (`u-nu-latn`), and private use (`x-…`) last.
    private static func areExtensions(_ subtags: ArraySlice<Substring>) -> Bool {
        var rest = subtags
        while let singleton = rest.first {
            guard singleton.utf8.count == 1 else { return false }
            rest = rest.dropFirst()
            if singleton.lowercased() == "x" { return !rest.isEmpty }
            let body = rest.prefix { $0.utf8.count >= 2 }
            guard !body.isEmpty else { return false }
            rest = rest.dropFirst(body.count)
        }
        return true
    }

    private static func isRegion(_ subtag: Substring) -> Bool {
        isAlphabetic(subtag, 2...2) || (subtag.utf8.count == 3 && subtag.utf8.allSatisfy(isDigit))
    }

    private static func isVariant(_ subtag: Substring) -> Bool {
        switch subtag.utf8.count {
        case 5...8: true
        case 4: subtag.utf8.first.map(isDigit) ?? false
        default: false
        }
    }

    private static func isAlphabetic(_ subtag: Substring, _ length: ClosedRange<Int>) -> Bool {
        length.contains(subtag.utf8.count) && subtag.utf8.allSatisfy { isAlphanumeric($0) && !isDigit($0) }
    }

    private static func isDigit(_ octet: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(octet)
    }

    private static func isAlphanumeric(_ octet: UInt8) -> Bool {
        isNameOctet(octet) && !"._-".utf8.contains(octet)
    }
}
