/// Doubles as decimal text.
enum DecimalText {
    /// The fewest digits that read back as the same double; with an exponent below 1e-4 and from 1e21 on.
    static func shortest(_ value: Double) -> String {
        if let word = word(value) { return word }
        let (digits, exponent) = shortestDigits(value)
        let sign = value.sign == .minus ? "-" : ""
        if exponent < -4 || exponent >= 21 {
            return sign + scientific(digits, exponent)
        }
        return sign + positional(digits, exponent)
    }

    /// The fewest digits that read back as the same double, never with an exponent.
    static func shortestPositional(_ value: Double) -> String {
        if let word = word(value) { return word }
        let (digits, exponent) = shortestDigits(value)
        return (value.sign == .minus ? "-" : "") + positional(digits, exponent)
    }

    /// `%.nf`: the exact value rounded half to even to this many decimals.
    static func fixed(_ value: Double, decimals: Int) -> String {
        if let word = word(value) { return word }
        var exact = ExactDecimal(value.magnitude)
        exact.round(toDigits: exact.pointIndex + decimals)
        let whole = exact.pointIndex <= 0 ? "0" : exact.text(0..<exact.pointIndex)
        let fraction = decimals == 0 ? "" : "." + exact.text(exact.pointIndex..<exact.pointIndex + decimals)
        return (value.sign == .minus ? "-" : "") + whole + fraction
    }

    /// `%.ne`: one digit, this many decimals, and an exponent of at least two digits.
    static func scientific(_ value: Double, decimals: Int) -> String {
        if let word = word(value) { return word }
        var exact = ExactDecimal(value.magnitude)
        exact.round(toDigits: decimals + 1)
        let fraction = decimals == 0 ? "" : "." + exact.text(1..<decimals + 1)
        let exponent = value == 0 ? 0 : exact.pointIndex - 1
        return (value.sign == .minus ? "-" : "") + exact.text(0..<1) + fraction + exponentText(exponent)
    }

    private static func word(_ value: Double) -> String? {
        if value.isNaN { return "NaN" }
        return value.isInfinite ? (value < 0 ? "-Infinity" : "Infinity") : nil
    }

    private static func exponentText(_ exponent: Int) -> String {
        "e\(exponent < 0 ? "-" : "+")\(Digits.padded(Int64(exponent.magnitude), 2))"
    }

    private static func scientific(_ digits: [UInt8], _ exponent: Int) -> String {
        let rest = digits.count == 1 ? "" : "." + String(decoding: digits.dropFirst(), as: UTF8.self)
        return String(decoding: digits.prefix(1), as: UTF8.self) + rest + exponentText(exponent)
    }

    private static func positional(_ digits: [UInt8], _ exponent: Int) -> String {
        if exponent < 0 {
            return "0." + String(repeating: "0", count: -exponent - 1) + String(decoding: digits, as: UTF8.self)
        }
        let whole = String(decoding: digits.prefix(exponent + 1), as: UTF8.self)
        let zeros = String(repeating: "0", count: max(0, exponent + 1 - digits.count))
        let fraction = digits.dropFirst(exponent + 1)
        return whole + zeros + (fraction.isEmpty ? "" : "." + String(decoding: fraction, as: UTF8.self))
    }

    /// The shortest digits, without zeros at either end, and the decimal exponent of the first.
    private static func shortestDigits(_ value: Double) -> (digits: [UInt8], exponent: Int) {
        // The standard library writes the shortest digits, in one of the forms 12.5 and 1.25e+30.
        let parts = value.magnitude.description.split(separator: "e", maxSplits: 1)
        var exponent = parts.count == 2 ? Int(parts[1]) ?? 0 : 0
        let halves = parts[0].split(separator: ".", maxSplits: 1)
        exponent += halves[0].utf8.count - 1
        var digits = Array(halves.joined().utf8)[...]
        while digits.count > 1 && digits.last == UInt8(ascii: "0") { digits.removeLast() }
        while digits.count > 1 && digits.first == UInt8(ascii: "0") {
            digits.removeFirst()
            exponent -= 1
        }
        return (Array(digits), value == 0 ? 0 : exponent)
    }
}

/// The exact decimal digits of a finite double: `0.d₀d₁d₂… × 10^pointIndex`.
private struct ExactDecimal {
    /// Each 0 to 9, the first not 0 unless the value is.
    private var digits: [UInt8]
    /// How many digits stand before the decimal point; negative for zeros right after it.
    private(set) var pointIndex: Int

    init(_ value: Double) {
        guard value != 0 else {
            (digits, pointIndex) = ([0], 1)
            return
        }
        var exponent = Int(value.exponent) - 52
        var significand = value.significandBitPattern | (value.isNormal ? 1 << 52 : 0)
        if !value.isNormal { exponent = -1_074 }
        let twos = significand.trailingZeroBitCount
        significand >>= UInt64(twos)
        exponent += twos
        // significand × 2^e, or significand × 5^-e / 10^-e for a negative e: whole-number arithmetic either way.
        var number = BigNatural(significand)
        for _ in 0..<exponent.magnitude { number.multiply(by: exponent < 0 ? 5 : 2) }
        digits = number.decimalDigits
        pointIndex = digits.count + min(exponent, 0)
    }

    /// Rounds half to even, keeping this many digits from the first on.
    mutating func round(toDigits count: Int) {
        guard count < digits.count else { return }
        guard count >= 0 else {
            (digits, pointIndex) = ([0], 1)
            return
        }
        let rest = digits[count...]
        let isHalf = rest.first == 5 && rest.dropFirst().allSatisfy { $0 == 0 }
        let isOdd = count > 0 && digits[count - 1] % 2 == 1
        let roundsUp = isHalf ? isOdd : (rest.first ?? 0) >= 5
        digits.removeLast(digits.count - count)
        guard roundsUp else { return }
        var index = count - 1
        while index >= 0 && digits[index] == 9 {
            digits[index] = 0
            index -= 1
        }
        if index >= 0 {
            digits[index] += 1
        } else {
            digits.insert(1, at: 0)
            pointIndex += 1
        }
    }

    /// The digits at these indexes as text, with zeros where there are none.
    func text(_ range: Range<Int>) -> String {
        let bytes = range.map { UInt8(ascii: "0") + (digits.indices.contains($0) ? digits[$0] : 0) }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// A whole number of any size, in limbs of nine decimal digits, the least first.
private struct BigNatural {
    private var limbs: [UInt32] = []

    init(_ value: UInt64) {
        var rest = value
        while rest > 0 {
            limbs.append(UInt32(rest % 1_000_000_000))
            rest /= 1_000_000_000
        }
    }

    mutating func multiply(by factor: UInt64) {
        var carry: UInt64 = 0
        for index in limbs.indices {
            let product = UInt64(limbs[index]) * factor + carry
            limbs[index] = UInt32(product % 1_000_000_000)
            carry = product / 1_000_000_000
        }
        if carry > 0 { limbs.append(UInt32(carry)) }
    }

    var decimalDigits: [UInt8] {
        let text = limbs.reversed().map { Digits.padded(Int64($0), 9) }.joined()
        return Array(text.utf8.drop { $0 == UInt8(ascii: "0") }.map { $0 - UInt8(ascii: "0") })
    }
}
