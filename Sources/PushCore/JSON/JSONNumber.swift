/// Numbers as JSON writes them.
///
/// The parser has checked the grammar.
enum JSONNumber {
    /// The value of a literal without fraction and exponent; nil beyond the range of Int64.
    static func integer(_ octets: UnsafeRawBufferPointer) -> Int64? {
        var value: Int64 = 0
        // SAFETY: a number has one octet at least, and positions stay below `count`.
        let negative = unsafe octets[0] == UInt8(ascii: "-")
        for position in (negative ? 1 : 0)..<octets.count {
            let digit = unsafe Int64(octets[position] &- UInt8(ascii: "0"))
            let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
            if overflow { return nil }
            // Downwards for negative numbers: Int64.min has no positive counterpart.
            let (next, beyond) =
                negative ? scaled.subtractingReportingOverflow(digit) : scaled.addingReportingOverflow(digit)
            if beyond { return nil }
            value = next
        }
        return value
    }

    /// 10^0 to 10^22: all powers of ten that a Double holds exactly.
    private static let exactPowers: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ]

    /// The nearest Double; nil where that would be infinite.
    ///
    /// Up to 2^53 with a power of ten up to 22, one multiplication or division of two exact values is rounded once, hence
    /// rightly (Clinger 1990). All else goes to the standard library.
    static func double(_ octets: UnsafeRawBufferPointer) -> Double? {
        // SAFETY: positions stay below `count`.
        var position = 0
        let negative = unsafe octets[0] == UInt8(ascii: "-")
        if negative { position = 1 }
        var digits: UInt64 = 0
        var digitCount = 0
        var exponent = 0
        var afterPoint = false
        scan: while position < octets.count {
            let octet = unsafe octets[position]
            switch octet {
            case UInt8(ascii: "."):
                afterPoint = true
            case UInt8(ascii: "e"), UInt8(ascii: "E"):
                break scan
            default:
                if digits != 0 || octet != UInt8(ascii: "0") { digitCount += 1 }
                if digitCount > 19 { return unsafe general(octets) }
                digits = digits &* 10 &+ UInt64(octet &- UInt8(ascii: "0"))
                if afterPoint { exponent -= 1 }
            }
            position += 1
        }
        if position < octets.count {
            guard let written = unsafe writtenExponent(octets, from: position + 1) else {
                return unsafe general(octets)
            }
            exponent += written
        }
        guard digits <= 1 << 53, exponent >= -22, exponent <= 22 else { return unsafe general(octets) }
        let magnitude =
            exponent < 0
            ? Double(digits) / exactPowers[-exponent]
            : Double(digits) * exactPowers[exponent]
        return negative ? -magnitude : magnitude
    }

    /// The exponent as written; nil where it has more than four digits.
    private static func writtenExponent(_ octets: UnsafeRawBufferPointer, from start: Int) -> Int? {
        // SAFETY: a digit follows the letter and its sign.
        let sign = unsafe octets[start]
        let first = sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") ? start + 1 : start
        guard octets.count - first <= 4 else { return nil }
        var value = 0
        for position in first..<octets.count {
            value = unsafe value * 10 + Int(octets[position] &- UInt8(ascii: "0"))
        }
        return sign == UInt8(ascii: "-") ? -value : value
    }

    private static func general(_ octets: UnsafeRawBufferPointer) -> Double? {
        guard let value = unsafe Double(String(decoding: octets, as: UTF8.self)), value.isFinite else { return nil }
        return value
    }
}
