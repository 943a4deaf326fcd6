/// The escapes of JSON strings (RFC 8259 section 7).
enum JSONEscapes {
    /// Writes what a checked string means.
    ///
    /// - Parameters:
    ///   - octets: Between the quotation marks; the parser has checked them.
    ///   - buffer: Room for as many octets.
    /// - Returns: The number of octets written.
    static func resolve(_ octets: UnsafeRawBufferPointer, into buffer: UnsafeMutableBufferPointer<UInt8>) -> Int {
        // SAFETY: the parser has checked that every escape is whole, so reading stays inside `octets`; no escape means more
        // octets than it has, so writing stays behind reading.
        var read = 0
        var written = 0
        while read < octets.count {
            let octet = unsafe octets[read]
            guard octet == UInt8(ascii: "\\") else {
                unsafe buffer[written] = octet
                read += 1
                written += 1
                continue
            }
            let letter = unsafe octets[read + 1]
            if letter != UInt8(ascii: "u") {
                unsafe buffer[written] = meaning(letter)
                read += 2
                written += 1
                continue
            }
            var scalar = unsafe unit(octets, at: read + 2)
            read += 6
            if scalar >= 0xD800, scalar < 0xDC00 {
                let low = unsafe unit(octets, at: read + 2)
                scalar = 0x10000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
                read += 6
            }
            unsafe write(scalar, to: buffer, &written)
        }
        return written
    }

    private static func meaning(_ letter: UInt8) -> UInt8 {
        switch letter {
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "t"): 0x09
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "r"): 0x0D
        default: letter
        }
    }

    private static func unit(_ octets: UnsafeRawBufferPointer, at start: Int) -> UInt32 {
        var unit: UInt32 = 0
        for position in start..<(start + 4) {
            // SAFETY: four hexadecimal digits follow every `\u`.
            unit = unsafe unit << 4 | UInt32(ByteScanning.hexadecimalValue(octets[position]) ?? 0)
        }
        return unit
    }

    private static func write(_ scalar: UInt32, to buffer: UnsafeMutableBufferPointer<UInt8>, _ written: inout Int) {
        // SAFETY: at most three octets for six, or four for twelve.
        switch scalar {
        case 0..<0x80:
            unsafe buffer[written] = UInt8(truncatingIfNeeded: scalar)
            written += 1
        case 0x80..<0x800:
            unsafe buffer[written] = UInt8(truncatingIfNeeded: 0xC0 | scalar >> 6)
            unsafe buffer[written + 1] = UInt8(truncatingIfNeeded: 0x80 | scalar & 0x3F)
            written += 2
        case 0x800..<0x10000:
            unsafe buffer[written] = UInt8(truncatingIfNeeded: 0xE0 | scalar >> 12)
            unsafe buffer[written + 1] = UInt8(truncatingIfNeeded: 0x80 | scalar >> 6 & 0x3F)
            unsafe buffer[written + 2] = UInt8(truncatingIfNeeded: 0x80 | scalar & 0x3F)
            written += 3
        default:
            unsafe buffer[written] = UInt8(truncatingIfNeeded: 0xF0 | scalar >> 18)
            unsafe buffer[written + 1] = UInt8(truncatingIfNeeded: 0x80 | scalar >> 12 & 0x3F)
            unsafe buffer[written + 2] = UInt8(truncatingIfNeeded: 0x80 | scalar >> 6 & 0x3F)
            unsafe buffer[written + 3] = UInt8(truncatingIfNeeded: 0x80 | scalar & 0x3F)
            written += 4
        }
    }
}
