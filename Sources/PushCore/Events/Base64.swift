/// Reading of base64 (RFC 4648): strict, so that one text means one run of octets.
enum Base64 {
    enum Alphabet {
        /// Section 4, with `+` and `/`. Padding is required.
        case standard
        /// Section 5, with `-` and `_`. Padding may be left out, as browsers do.
        case url
    }

    /// - Returns: nil for foreign characters, wrong padding, an impossible length, or bits set that belong to no octet.
    static func decode(_ text: UnsafeRawBufferPointer, _ alphabet: Alphabet) -> [UInt8]? {
        // SAFETY: indices stay below `count`.
        var count = text.count
        while unsafe count > 0 && text.count - count < 2 && text[count - 1] == UInt8(ascii: "=") { count -= 1 }
        let padding = text.count - count
        guard count % 4 != 1 else { return nil }
        let full = (4 - count % 4) % 4
        guard padding == full || (alphabet == .url && padding == 0) else { return nil }
        var octets: [UInt8] = []
        octets.reserveCapacity(count * 3 / 4)
        var bits: UInt32 = 0
        var bitCount: UInt32 = 0
        for position in 0..<count {
            guard let value = unsafe value(text[position], alphabet) else { return nil }
            bits = bits << 6 | value
            bitCount += 6
            if bitCount >= 8 {
                bitCount -= 8
                octets.append(UInt8(truncatingIfNeeded: bits >> bitCount))
            }
            bits &= 1 << bitCount - 1
        }
        return bits == 0 ? octets : nil
    }

    private static func value(_ octet: UInt8, _ alphabet: Alphabet) -> UInt32? {
        switch octet {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(octet - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(octet - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(octet - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+") where alphabet == .standard, UInt8(ascii: "-") where alphabet == .url: 62
        case UInt8(ascii: "/") where alphabet == .standard, UInt8(ascii: "_") where alphabet == .url: 63
        default: nil
        }
    }
}
