/// How each language writes numbers, money, dates and times: CLDR's data for what templates can ask for.
///
/// By hand, and not by Foundation: its formatters take ICU into the process, cost microseconds to milliseconds each, and depend on the
/// machine. A template finds its language once, when rules are read.
package enum LanguageTable {
    private static let languages: [String: LanguageFormats] = {
        var languages: [String: LanguageFormats] = [:]
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for start in stride(from: 0, to: lines.count - 3, by: 4) {
            let formats = LanguageFormats(
                lines[start..<start + 4].map { $0.split(separator: "|", omittingEmptySubsequences: false) }
            )
            languages[formats.tag.lowercased()] = formats
        }
        return languages
    }()

    /// Tags that are written in another way in the table.
    private static let aliases = [
        "no": "nb", "iw": "he", "in": "id", "tl": "fil", "sh": "sr-latn", "mo": "ro", "zh-tw": "zh-hant",
        "zh-mo": "zh-hk",
        "zh-hant-hk": "zh-hk", "zh-hant-mo": "zh-hk", "es-419": "es-mx",
    ]

    /// Countries of Latin America, whose Spanish is written as in Mexico.
    private static let latinAmerica: Set = [
        "ar", "bo", "cl", "co", "cr", "cu", "do", "ec", "gt", "hn", "ni", "pa", "pe", "pr", "py", "sv", "uy", "ve",
    ]

    /// The formats for a language tag, with subtags taken off from the right; nil for a language that is not in the table.
    package static func formats(for tag: String) -> LanguageFormats? {
        var subtags = tag.lowercased().split(separator: "-").map(String.init)
        while !subtags.isEmpty {
            let range = subtags.joined(separator: "-")
            if let found = languages[aliases[range] ?? range] { return found }
            if subtags.count == 2, subtags[0] == "es", latinAmerica.contains(subtags[1]) { return languages["es-mx"] }
            subtags.removeLast()
        }
        return nil
    }

    /// English, for words of no language, and of languages that are not in the table.
    static var standard: LanguageFormats {
        guard let english = languages["en"] else { preconditionFailure("English is in the table") }
        return english
    }

    package static var tags: [String] { languages.values.map(\.tag).sorted() }
}

/// How one language writes numbers, money, dates and times.
///
/// A class: every template that formats holds one.
package final class LanguageFormats: Sendable {
    package let tag: String
    let decimal: String
    let group: String
    let minus: String
    let percent: String
    /// The digit 0; the others follow it.
    let zero: Unicode.Scalar
    /// Digits that stand in front of the first group, at least.
    let groupingDigitsMin: Int
    let number: NumberPattern
    let percentage: NumberPattern
    let money: NumberPattern
    /// Short, medium, long, full.
    let dates: [String]
    /// Short (to the minute), medium (to the second).
    let times: [String]
    /// Date and time together, by the style of the date.
    let joined: [String]
    let dayPeriods: [String]
    let months: [String]
    let monthsShort: [String]
    /// From Sunday.
    let weekdays: [String]
    let weekdaysShort: [String]
    private let symbols: [String: String]

    /// The four lines of a language, taken apart.
    init(_ lines: [[Substring]]) {
        func texts(_ field: Substring) -> [String] { field.split(separator: ",").map(String.init) }
        let (signs, patterns, names) = (lines[0].map(String.init), lines[1].map(String.init), lines[2].map(texts))
        tag = signs[0]
        decimal = signs[1]
        group = signs[2]
        minus = signs[3]
        percent = signs[4]
        zero = signs[5].unicodeScalars.first ?? "0"
        groupingDigitsMin = Int(signs[6]) ?? 1
        number = NumberPattern(signs[7])
        percentage = NumberPattern(signs[8])
        money = NumberPattern(signs[9])
        dates = Array(patterns[0..<4])
        times = Array(patterns[4..<6])
        joined = Array(patterns[6..<10])
        dayPeriods = Array(patterns[10..<12])
        months = names[0]
        monthsShort = names[1]
        weekdays = names[2]
        weekdaysShort = names[3]
        var symbols: [String: String] = [:]
        for entry in lines[3] {
            let parts = entry.split(separator: "=", maxSplits: 1)
            if parts.count == 2 { symbols[String(parts[0])] = String(parts[1]) }
        }
        self.symbols = symbols
    }

    /// A currency as this language writes it: its sign, or its code where it has none.
    func symbol(ofCurrency code: String) -> String {
        symbols[code] ?? (tag == "en" ? code : LanguageTable.standard.symbols[code] ?? code)
    }
}
