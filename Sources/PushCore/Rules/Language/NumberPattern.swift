/// A pattern of CLDR for numbers, such as `#,##0.00 ¤`: what stands around the digits, and how they are grouped.
///
/// Source: Unicode Technical Standard 35, part 3, "Number Format Patterns".
struct NumberPattern: Sendable {
    private let prefix: String
    private let suffix: String
    /// Where the language writes negative numbers in another way than with a minus in front.
    private let negative: (prefix: String, suffix: String)?
    /// Digits of the last group, and of those before it.
    private let groups: (last: Int, other: Int)
    private let fractionDigits: ClosedRange<Int>

    init(_ pattern: String) {
        let parts = pattern.split(separator: ";")
        let (prefix, digits, suffix) = Self.parts(of: parts.first ?? "#")
        self.prefix = prefix
        self.suffix = suffix
        negative = parts.count > 1 ? { (prefix: $0.0, suffix: $0.2) }(Self.parts(of: parts[1])) : nil
        let halves = digits.split(separator: ".", omittingEmptySubsequences: false)
        let integer = halves[0].split(separator: ",", omittingEmptySubsequences: false)
        let last = integer.count > 1 ? integer[integer.count - 1].count : 0
        groups = (last, integer.count > 2 ? integer[integer.count - 2].count : last)
        let fraction = halves.count > 1 ? halves[1] : ""
        fractionDigits = fraction.count { $0 == "0" }...fraction.count
    }

    private static func parts(of pattern: Substring) -> (String, Substring, String) {
        let isDigit: (Character) -> Bool = { "#0,.".contains($0) }
        let start = pattern.firstIndex(where: isDigit) ?? pattern.endIndex
        let end = pattern.lastIndex(where: isDigit).map { pattern.index(after: $0) } ?? pattern.endIndex
        return (String(pattern[..<start]), pattern[start..<end], String(pattern[end...]))
    }

    /// The text of a number.
    ///
    /// `fraction`: Digits behind the decimal sign; nil: as the pattern has them.
    /// `currency`: What stands for it; nil where the number is no money.
    func text(
        _ number: DecimalNumber,
        _ formats: LanguageFormats,
        fraction: ClosedRange<Int>? = nil,
        currency: String? = nil
    ) -> String {
        let rounded = number.rounded(to: fraction ?? fractionDigits)
        let digits = digits(of: rounded, formats)
        let affixes = rounded.isNegative ? negative ?? (formats.minus + prefix, suffix) : (prefix, suffix)
        return affix(affixes.0, formats, currency, isBefore: true) + digits
            + affix(affixes.1, formats, currency, isBefore: false)
    }

    private func digits(of number: DecimalNumber, _ formats: LanguageFormats) -> String {
        func digit(_ value: UInt8) -> Character {
            Character(Unicode.Scalar(formats.zero.value + UInt32(value)) ?? "0")
        }
        var text = ""
        let count = number.integer.count
        let isGrouped = groups.last > 0 && count >= groups.last + formats.groupingDigitsMin
        for (index, value) in number.integer.enumerated() {
            let left = count - index
            if isGrouped, index > 0, left >= groups.last, (left - groups.last) % max(1, groups.other) == 0 {
                text += formats.group
            }
            text.append(digit(value))
        }
        if !number.fraction.isEmpty {
            text += formats.decimal
            for value in number.fraction { text.append(digit(value)) }
        }
        return text
    }

    private func affix(_ affix: String, _ formats: LanguageFormats, _ currency: String?, isBefore: Bool) -> String {
        var text = ""
        for character in affix {
            switch character {
            case "%": text += formats.percent
            case "-": text += formats.minus
            case "¤": text += currency ?? ""
            default: text.append(character)
            }
        }
        // CLDR, "Currencies": between a code or letters and a digit there is a space.
        guard let currency, text == currency || text.hasSuffix(currency) || text.hasPrefix(currency) else {
            return text
        }
        if isBefore, text.last?.isLetter == true { return text + "\u{A0}" }
        if !isBefore, text.first?.isLetter == true { return "\u{A0}" + text }
        return text
    }
}

/// A decimal number of bounded length, exact as it was written.
struct DecimalNumber: Sendable {
    /// Digits on each side of the decimal sign, at most.
    static let digitsMax = 40

    private(set) var isNegative: Bool
    /// Digits 0 to 9, at least one, none 0 in front.
    private(set) var integer: [UInt8]
    private(set) var fraction: [UInt8]

    /// A number as JSON writes it; nil for anything else, and for one that is too long to be shown to people.
    init?(_ text: String) {
        var rest = text[...].utf8
        isNegative = rest.first == UInt8(ascii: "-")
        if isNegative { rest = rest.dropFirst() }
        func digits() -> [UInt8] {
            let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            rest = rest.dropFirst(digits.count)
            return digits.map { $0 - UInt8(ascii: "0") }
        }
        var integer = digits()
        var fraction: [UInt8] = []
        guard !integer.isEmpty, integer.count <= 1_000 else { return nil }
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            fraction = digits()
            if fraction.isEmpty || fraction.count > 1_000 { return nil }
        }
        var exponent = 0
        if let letter = rest.first, letter | 0x20 == UInt8(ascii: "e") {
            rest = rest.dropFirst()
            let isDown = rest.first == UInt8(ascii: "-")
            if isDown || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
            let power = digits()
            guard (1...3).contains(power.count) else { return nil }
            exponent = power.reduce(0) { $0 * 10 + Int($1) } * (isDown ? -1 : 1)
        }
        guard rest.isEmpty else { return nil }
        Self.shift(&integer, &fraction, by: exponent)
        integer = Array(integer.drop { $0 == 0 })
        if integer.isEmpty { integer = [0] }
        guard integer.count <= Self.digitsMax else { return nil }
        self.integer = integer
        self.fraction = Array(fraction.prefix(Self.digitsMax))
    }

    private static func shift(_ integer: inout [UInt8], _ fraction: inout [UInt8], by places: Int) {
        if places > 0 {
            let missing = max(0, places - fraction.count)
            integer += fraction.prefix(places) + Array(repeating: 0, count: missing)
            fraction = Array(fraction.dropFirst(places))
        } else if places < 0 {
            let missing = max(0, -places - integer.count)
            fraction = Array(repeating: 0, count: missing) + integer.suffix(-places) + fraction
            integer = Array(integer.dropLast(-places))
        }
    }

    /// A hundred times as much.
    var hundredfold: DecimalNumber {
        var number = self
        Self.shift(&number.integer, &number.fraction, by: 2)
        number.integer = Array(number.integer.drop { $0 == 0 })
        if number.integer.isEmpty { number.integer = [0] }
        return number
    }

    /// With so many digits behind the decimal sign, halves going to the even neighbour as in CLDR; a zero has no sign.
    func rounded(to digits: ClosedRange<Int>) -> DecimalNumber {
        var number = self
        if fraction.count > digits.upperBound {
            let rest = fraction[digits.upperBound...]
            var all = integer + fraction[..<digits.upperBound]
            let isOdd = all.last.map { $0 % 2 == 1 } ?? false
            let isHalf = rest.first == 5 && rest.dropFirst().allSatisfy { $0 == 0 }
            if isHalf ? isOdd : (rest.first ?? 0) >= 5 { Self.increment(&all) }
            number.integer = Array(all.dropLast(digits.upperBound))
            number.fraction = Array(all.suffix(digits.upperBound))
        }
        while number.fraction.count > digits.lowerBound, number.fraction.last == 0 { number.fraction.removeLast() }
        while number.fraction.count < digits.lowerBound { number.fraction.append(0) }
        if number.integer == [0], number.fraction.allSatisfy({ $0 == 0 }) { number.isNegative = false }
        return number
    }

    private static func increment(_ digits: inout [UInt8]) {
        var index = digits.count - 1
        while index >= 0 {
            if digits[index] < 9 {
                digits[index] += 1
                return
            }
            digits[index] = 0
            index -= 1
        }
        digits.insert(1, at: 0)
    }
}

/// Money by ISO 4217.
enum CurrencyCode {
    /// Digits behind the decimal sign.
    static func fractionDigits(_ code: String) -> Int {
        switch code {
        case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF",
            "XPF":
            0
        case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND": 3
        default: 2
        }
    }

    /// Three capital letters.
    static func isWellFormed(_ code: String) -> Bool {
        code.utf8.count == 3 && code.utf8.allSatisfy { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
    }
}
