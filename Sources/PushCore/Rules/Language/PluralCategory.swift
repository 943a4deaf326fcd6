/// A form that a language has for an amount: "one" parcel, "other" parcels.
package enum PluralCategory: String, CaseIterable, Sendable {
    case zero, one, two, few, many, other

    /// The category of a number as it is shown.
    ///
    /// Source: CLDR, "Language Plural Rules" (cardinals).
    static func of(_ number: DecimalNumber, language tag: String) -> PluralCategory {
        category(PluralOperands(number), language: tag)
    }

    /// The categories of whole numbers that people meet, the most usual last: what a rule should have words for.
    package static func usual(language tag: String) -> [PluralCategory] {
        let found = Set((0...200).map { category(PluralOperands($0), language: tag) })
        return allCases.filter(found.contains)
    }

    /// All categories that the language has, those of fractions and of millions with them.
    package static func all(language tag: String) -> [PluralCategory] {
        let fractions = ["0.5", "1.5", "2.5", "0.1", "1.1", "1000000", "0.11", "5.4"].compactMap { DecimalNumber($0) }
        let found = Set(usual(language: tag) + fractions.map { of($0, language: tag) })
        return allCases.filter(found.contains)
    }

    private static func category(_ number: PluralOperands, language tag: String) -> PluralCategory {
        let subtags = tag.lowercased().split(separator: "-").map(String.init)
        let language = subtags.first ?? ""
        if language == "pt", subtags.dropFirst().first == "pt" {
            return number.isOne ? .one : number.isMillions ? .many : .other
        }
        return switch language {
        case "ja", "ko", "zh", "th", "id", "in", "ms", "lo", "my", "km": .other
        case "bg", "hu", "tr", "az", "eu", "ka", "kk", "ky", "mn", "nb", "no", "nn", "sq", "ta", "te", "ml", "mr", "ne",
            "uz",
            "af", "el":
            number.n == 1 ? .one : .other
        case "am", "bn", "fa", "gu", "hi", "kn", "vi", "zu": number.i == 0 || number.n == 1 ? .one : .other
        case "pa": number.n == 0 || number.n == 1 ? .one : .other
        case "hy": number.i < 2 ? .one : .other
        case "fr", "pt": number.i < 2 ? .one : number.isMillions ? .many : .other
        case "es": number.n == 1 ? .one : number.isMillions ? .many : .other
        case "it", "ca", "gl": number.isOne ? .one : number.isMillions ? .many : .other
        case "da": number.n == 1 || (number.t != 0 && number.i < 2) ? .one : .other
        case "is": icelandic(number)
        case "mk": number.isOneAtEnd || number.isFractionOneAtEnd ? .one : .other
        case "fil", "tl": filipino(number)
        case "si": number.n == 0 || number.n == 1 || (number.i == 0 && number.f == 1) ? .one : .other
        case "lv": latvian(number)
        case "lt": lithuanian(number)
        case "he", "iw":
            number.isOne || (number.i == 0 && number.v != 0) ? .one : number.i == 2 && number.v == 0 ? .two : .other
        case "ro", "mo": romanian(number)
        case "hr", "sr", "bs", "sh": serbian(number)
        case "sl": slovenian(number)
        case "cs", "sk": number.isOne ? .one : number.v != 0 ? .many : (2...4).contains(number.i) ? .few : .other
        case "pl": polish(number)
        case "ru", "uk": number.v != 0 ? .other : slavic(number.i)
        case "be": number.n.map(slavic) ?? .other
        case "ga": irish(number)
        case "cy": welsh(number)
        case "ar": arabic(number)
        case "mt": maltese(number)
        // English, German, Dutch, Swedish and most others.
        default: number.isOne ? .one : .other
        }
    }

    // MARK: Families

    private static func slavic(_ value: Int) -> PluralCategory {
        let (ten, hundred) = (value % 10, value % 100)
        if ten == 1, hundred != 11 { return .one }
        return (2...4).contains(ten) && !(12...14).contains(hundred) ? .few : .many
    }

    private static func polish(_ number: PluralOperands) -> PluralCategory {
        if number.isOne { return .one }
        if number.v != 0 { return .other }
        let (ten, hundred) = (number.i % 10, number.i % 100)
        return (2...4).contains(ten) && !(12...14).contains(hundred) ? .few : .many
    }

    private static func serbian(_ number: PluralOperands) -> PluralCategory {
        if number.isOneAtEnd || number.isFractionOneAtEnd { return .one }
        let value = number.v == 0 ? number.i : number.f
        return (2...4).contains(value % 10) && !(12...14).contains(value % 100) ? .few : .other
    }

    private static func slovenian(_ number: PluralOperands) -> PluralCategory {
        if number.v != 0 { return .few }
        return switch number.i % 100 {
        case 1: .one
        case 2: .two
        case 3, 4: .few
        default: .other
        }
    }

    private static func lithuanian(_ number: PluralOperands) -> PluralCategory {
        guard let value = number.n else { return .many }
        if (11...19).contains(value % 100) || value % 10 == 0 { return .other }
        return value % 10 == 1 ? .one : .few
    }

    private static func latvian(_ number: PluralOperands) -> PluralCategory {
        let teens = 11...19
        if let value = number.n, value % 10 == 0 || teens.contains(value % 100) { return .zero }
        if number.v == 2, teens.contains(number.f % 100) { return .zero }
        if let value = number.n, value % 10 == 1 { return .one }
        let isOne = number.v == 2 ? number.f % 10 == 1 && number.f % 100 != 11 : number.v != 0 && number.f % 10 == 1
        return isOne ? .one : .other
    }

    private static func romanian(_ number: PluralOperands) -> PluralCategory {
        if number.isOne { return .one }
        guard number.v == 0, let value = number.n else { return .few }
        return value == 0 || (1...19).contains(value % 100) ? .few : .other
    }

    private static func icelandic(_ number: PluralOperands) -> PluralCategory {
        let isOne =
            number.t == 0 ? number.i % 10 == 1 && number.i % 100 != 11 : number.t % 10 == 1 && number.t % 100 != 11
        return isOne ? .one : .other
    }

    private static func filipino(_ number: PluralOperands) -> PluralCategory {
        let value = number.v == 0 ? number.i : number.f
        return [4, 6, 9].contains(value % 10) ? .other : .one
    }

    private static func irish(_ number: PluralOperands) -> PluralCategory {
        guard let value = number.n else { return .other }
        return switch value {
        case 1: .one
        case 2: .two
        case 3...6: .few
        case 7...10: .many
        default: .other
        }
    }

    private static func welsh(_ number: PluralOperands) -> PluralCategory {
        guard let value = number.n else { return .other }
        return switch value {
        case 0: .zero
        case 1: .one
        case 2: .two
        case 3: .few
        case 6: .many
        default: .other
        }
    }

    private static func arabic(_ number: PluralOperands) -> PluralCategory {
        guard let value = number.n else { return .other }
        return switch (value, value % 100) {
        case (0, _): .zero
        case (1, _): .one
        case (2, _): .two
        case (_, 3...10): .few
        case (_, 11...99): .many
        default: .other
        }
    }

    private static func maltese(_ number: PluralOperands) -> PluralCategory {
        guard let value = number.n else { return .other }
        return switch (value, value % 100) {
        case (1, _): .one
        case (2, _): .two
        case (0, _), (_, 3...10): .few
        case (_, 11...19): .many
        default: .other
        }
    }
}

/// A number as CLDR's rules look at it ("Plural Operand Meanings").
private struct PluralOperands {
    /// The whole part, or what is left of it modulo a million: no rule looks further.
    let i: Int
    /// Digits of the fraction.
    let v: Int
    /// The fraction as a number.
    let f: Int
    /// Likewise, without zeros at its end.
    let t: Int
    /// The value, where it is whole.
    var n: Int? { t == 0 ? i : nil }

    init(_ number: DecimalNumber) {
        func value(_ digits: some Sequence<UInt8>) -> Int { digits.reduce(0) { $0 * 10 + Int($1) } }
        let whole = value(number.integer.suffix(6))
        // A long number is none of the small ones that its last digits spell.
        i = number.integer.count > 6 ? whole + 1_000_000 : whole
        let fraction = number.fraction.prefix(6)
        v = fraction.count
        f = value(fraction)
        t = value(fraction.prefix((fraction.lastIndex { $0 != 0 } ?? -1) + 1))
    }

    init(_ whole: Int) { (i, v, f, t) = (whole, 0, 0, 0) }

    /// Exactly one, and no fraction is shown.
    var isOne: Bool { i == 1 && v == 0 }
    var isOneAtEnd: Bool { v == 0 && i % 10 == 1 && i % 100 != 11 }
    var isFractionOneAtEnd: Bool { f % 10 == 1 && f % 100 != 11 }
    /// Whole millions, after which Romance languages say "of".
    var isMillions: Bool { i != 0 && i % 1_000_000 == 0 && v == 0 }
}
