/// Base64 with the URL-safe alphabet, written without padding (RFC 4648 section 5, RFC 7515 section 2).
package enum Base64URL {
    /// Appends the encoding of the octets, in ASCII, without padding.
    package static func append(_ octets: Span<UInt8>, to text: inout [UInt8]) {
        var position = 0
        while position < octets.count {
            let count = min(3, octets.count - position)
            var group: UInt32 = 0
            for index in 0..<3 {
                group = group << 8 | (index < count ? UInt32(octets[position + index]) : 0)
            }
            // Three octets make four digits; two make three, one makes two.
            for index in 0...count {
                text.append(digit(UInt8(truncatingIfNeeded: group >> UInt32(18 - 6 * index)) & 0x3F))
            }
            position += count
        }
    }

    /// The encoding of the octets, without padding.
    package static func encode(_ octets: Span<UInt8>) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((octets.count * 4 + 2) / 3)
        append(octets, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// The octets that the text encodes; nil where it is not base64url.
    ///
    /// Padding may be absent or complete (some stores of browser subscriptions add it). Refused: the digits `+` and
    /// `/`, white space, and unused bits that are not zero, so that two texts never mean the same octets but for their
    /// padding.
    package static func decode(_ text: String) -> [UInt8]? {
        var digits = Array(text.utf8)
        if digits.last == UInt8(ascii: "=") {
            guard digits.count % 4 == 0 else { return nil }
            digits.removeLast()
            if digits.last == UInt8(ascii: "=") { digits.removeLast() }
        }
        guard digits.count % 4 != 1 else { return nil }
        var octets: [UInt8] = []
        octets.reserveCapacity(digits.count * 3 / 4)
        var bits: UInt32 = 0
        var bitCount = 0
        for digit in digits {
            guard let value = value(of: digit) else { return nil }
            bits = bits << 6 | UInt32(value)
            bitCount += 6
            if bitCount >= 8 {
                bitCount -= 8
                octets.append(UInt8(truncatingIfNeeded: bits >> UInt32(bitCount)))
                bits &= 1 << UInt32(bitCount) - 1
            }
        }
        return bits == 0 ? octets : nil
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        switch value {
        case 0..<26: UInt8(ascii: "A") + value
        case 26..<52: UInt8(ascii: "a") + value - 26
        case 52..<62: UInt8(ascii: "0") + value - 52
        case 62: UInt8(ascii: "-")
        default: UInt8(ascii: "_")
        }
    }

    private static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): digit - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0") + 52
        case UInt8(ascii: "-"): 62
        case UInt8(ascii: "_"): 63
        default: nil
        }
    }
}
