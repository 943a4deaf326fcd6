/// The choice of words by language.
enum Locale {
    /// The position of the first preferred language that there are words in: exactly, or with subtags taken off from the
    /// right (RFC 4647 lookup: `de-CH-1996`, `de-CH`, `de`); otherwise 0, the rule's first.
    ///
    /// Chinese is written in two scripts, which a region stands for where a tag names none: `zh-TW` finds words in `zh-Hant`, and
    /// `zh-Hant-TW` those in `zh-TW`.
    ///
    /// `locales`: BCP 47 tags of the words that there are.
    /// `preferred`: Likewise, the most preferred first; empty ones mean nothing.
    static func choose(from locales: [String], preferred: [String]) -> Int {
        if locales.count < 2 { return 0 }
        for tag in preferred where !tag.isEmpty {
            if let exact = locales.firstIndex(of: tag) { return exact }
            let range = normalized(tag)
            guard range == "zh" || range.hasPrefix("zh-") else {
                if let match = lookup(range, in: locales, normalized) { return match }
                continue
            }
            if let same = locales.firstIndex(where: { normalized($0) == range }) { return same }
            if let match = lookup(scripted(range), in: locales, { scripted(normalized($0)) }) { return match }
            // Words that say neither are for all who read the language.
            if let match = locales.firstIndex(where: { normalized($0) == "zh" }) { return match }
        }
        return 0
    }

    private static func lookup(_ range: String, in locales: [String], _ form: (String) -> String) -> Int? {
        var subtags = range.split(separator: "-")
        while !subtags.isEmpty {
            let range = subtags.joined(separator: "-")
            if let match = locales.firstIndex(where: { form($0) == range }) { return match }
            subtags.removeLast()
            // A single letter or digit introduces what follows it, and means nothing alone.
            if let last = subtags.last, last.count == 1 { subtags.removeLast() }
        }
        return nil
    }

    /// A normalized tag of Chinese with its likely script (CLDR, likely subtags); any other as it is.
    private static func scripted(_ tag: String) -> String {
        let subtags = tag.split(separator: "-", omittingEmptySubsequences: false)
        guard subtags.first == "zh" else { return tag }
        if subtags.count == 1 { return "zh-hans" }
        let script: String
        switch subtags[1] {
        case "tw", "hk", "mo": script = "hant"
        case "cn", "sg", "my": script = "hans"
        default: return tag
        }
        return (["zh", script] + subtags.dropFirst().map(String.init)).joined(separator: "-")
    }

    private static func normalized(_ tag: String) -> String {
        String(tag.lowercased().map { $0 == "_" ? "-" : $0 })
    }
}
