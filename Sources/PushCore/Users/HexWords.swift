/// Eight hexadecimal digits, lower case, as they stand in memory, and the four octets that they stand for: eight digits a step.
enum HexWords {
    private static let ones: UInt64 = 0x0101_0101_0101_0101

    /// The octets, the first one lowest; nil where there is any other character.
    static func octets(of digits: UInt64) -> UInt32? {
        // '0' to '9' are 0x30 to 0x39, and 'a' to 'f' 0x61 to 0x66.
        let nibbles = (digits & (ones &* 0x0F)) &+ ((digits >> 6) & ones) &* 9
        guard nibbles & (ones &* 0xF0) == 0, Self.digits(ofNibbles: nibbles) == digits else { return nil }
        var pairs = ((nibbles << 4) | (nibbles >> 8)) & 0x00FF_00FF_00FF_00FF
        pairs = (pairs | pairs >> 8) & 0x0000_FFFF_0000_FFFF
        return UInt32(truncatingIfNeeded: pairs | pairs >> 16)
    }

    /// The digits of four octets, the first one lowest.
    static func digits(of octets: UInt32) -> UInt64 {
        var spread = UInt64(octets)
        spread = (spread | spread << 16) & 0x0000_FFFF_0000_FFFF
        spread = (spread | spread << 8) & 0x00FF_00FF_00FF_00FF
        return digits(ofNibbles: ((spread >> 4) & (ones &* 0x0F)) | ((spread & 0x000F_000F_000F_000F) << 8))
    }

    private static func digits(ofNibbles nibbles: UInt64) -> UInt64 {
        let letters = ((nibbles &+ ones &* 6) >> 4) & ones
        return nibbles &+ ones &* 0x30 &+ letters &* 0x27
    }
}

/// A UUID in text, 36 characters in lower case, and its 16 octets as two words.
enum UUIDText {
    static let count = 36
    private static let dashes = [8, 13, 18, 23]

    /// The octets, as they are to lie in memory; nil where the text is no UUID in lower case.
    static func octets(of text: UnsafeRawBufferPointer) -> (UInt64, UInt64)? {
        guard text.count == count, dashes.allSatisfy({ unsafe text[$0] == UInt8(ascii: "-") }) else { return nil }
        // SAFETY: all of it lies within the 36 octets.
        let second = unsafe UInt64(load32(text, 9)) | UInt64(load32(text, 14)) << 32
        let third = unsafe UInt64(load32(text, 19)) | UInt64(load32(text, 24)) << 32
        guard let first = unsafe HexWords.octets(of: load64(text, 0)), let second = HexWords.octets(of: second),
            let third = HexWords.octets(of: third), let fourth = unsafe HexWords.octets(of: load64(text, 28))
        else { return nil }
        return (UInt64(first) | UInt64(second) << 32, UInt64(third) | UInt64(fourth) << 32)
    }

    /// Writes the text into 36 octets.
    static func write(_ octets: (UInt64, UInt64), to text: UnsafeMutableRawBufferPointer) {
        precondition(text.count >= count, "a UUID has 36 characters")
        let words = [octets.0, octets.0 >> 32, octets.1, octets.1 >> 32].map {
            HexWords.digits(of: UInt32(truncatingIfNeeded: $0))
        }
        // SAFETY: as above.
        unsafe text.storeBytes(of: words[0].littleEndian, toByteOffset: 0, as: UInt64.self)
        unsafe store32(words[1], text, 9)
        unsafe store32(words[1] >> 32, text, 14)
        unsafe store32(words[2], text, 19)
        unsafe store32(words[2] >> 32, text, 24)
        unsafe text.storeBytes(of: words[3].littleEndian, toByteOffset: 28, as: UInt64.self)
        for dash in dashes { unsafe text[dash] = UInt8(ascii: "-") }
    }

    private static func load64(_ text: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
        unsafe UInt64(littleEndian: text.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    private static func load32(_ text: UnsafeRawBufferPointer, _ offset: Int) -> UInt32 {
        unsafe UInt32(littleEndian: text.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    private static func store32(_ word: UInt64, _ text: UnsafeMutableRawBufferPointer, _ offset: Int) {
        let word = UInt32(truncatingIfNeeded: word).littleEndian
        unsafe text.storeBytes(of: word, toByteOffset: offset, as: UInt32.self)
    }
}
