/// Scanning of octets eight at a time, and the UTF-8 rules (RFC 3629 section 4).
enum ByteScanning {
    /// 0x01 in every octet.
    static let ones: UInt64 = 0x0101_0101_0101_0101
    /// 0x80 in every octet.
    static let highs: UInt64 = 0x8080_8080_8080_8080

    /// Marks the octets of a word that end the fast path of a string: `"`, `\`, below 0x20, above 0x7E.
    ///
    /// The lowest mark is exact. Marks above it may be false, since a borrow can run upwards; only the lowest is ever used.
    @inline(__always)
    static func stringStops(_ word: UInt64) -> UInt64 {
        let quote = word ^ (ones &* 0x22)
        let backslash = word ^ (ones &* 0x5C)
        let belowSpace = word &- (ones &* 0x20)
        return ((quote &- ones) | (backslash &- ones) | belowSpace | word) & highs
    }

    /// Length of the UTF-8 sequence that starts at `position`, 2 to 4; 0 where it is none.
    ///
    /// Not for ASCII.
    ///
    /// Overlong forms, surrogates and what lies above U+10FFFF are none. Reads up to 3 octets further, but not beyond `end`.
    @inline(__always)
    static func sequenceLength(_ base: UnsafePointer<UInt8>, _ position: Int, _ end: Int) -> Int {
        // SAFETY: each index is compared with `end`, the number of readable octets, before it is read.
        let first = unsafe base[position]
        guard position + 1 < end else { return 0 }
        let second = unsafe base[position + 1]
        switch first {
        case 0xC2...0xDF:
            return second & 0xC0 == 0x80 ? 2 : 0
        case 0xE0...0xEF:
            guard position + 2 < end, unsafe base[position + 2] & 0xC0 == 0x80 else { return 0 }
            let lowest: UInt8 = first == 0xE0 ? 0xA0 : 0x80
            let highest: UInt8 = first == 0xED ? 0x9F : 0xBF
            return second >= lowest && second <= highest ? 3 : 0
        case 0xF0...0xF4:
            guard position + 3 < end, unsafe base[position + 2] & 0xC0 == 0x80,
                unsafe base[position + 3] & 0xC0 == 0x80
            else { return 0 }
            let lowest: UInt8 = first == 0xF0 ? 0x90 : 0x80
            let highest: UInt8 = first == 0xF4 ? 0x8F : 0xBF
            return second >= lowest && second <= highest ? 4 : 0
        default:
            return 0
        }
    }

    /// Offset of the first octet that is not UTF-8; nil where all are.
    static func firstInvalidUTF8(_ bytes: UnsafeRawBufferPointer) -> Int? {
        // SAFETY: positions stay below `count`, the size of the buffer; a word is read only where eight octets remain.
        guard let base = bytes.baseAddress else { return nil }
        let count = bytes.count
        let octets = unsafe base.assumingMemoryBound(to: UInt8.self)
        var position = 0
        while position < count {
            if position + 8 <= count {
                let word = unsafe base.loadUnaligned(fromByteOffset: position, as: UInt64.self)
                if word & highs == 0 {
                    position += 8
                    continue
                }
            }
            if unsafe octets[position] < 0x80 {
                position += 1
                continue
            }
            let length = unsafe sequenceLength(octets, position, count)
            if length == 0 { return position }
            position += length
        }
        return nil
    }

    /// Whether two runs of `count` octets are the same.
    @inline(__always)
    static func equal(_ left: UnsafeRawPointer, _ right: UnsafeRawPointer, count: Int) -> Bool {
        // SAFETY: the caller has both runs readable for `count` octets; no index reaches `count`.
        var position = 0
        while position + 8 <= count {
            if unsafe left.loadUnaligned(fromByteOffset: position, as: UInt64.self)
                != right.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            {
                return false
            }
            position += 8
        }
        while position < count {
            if unsafe left.load(fromByteOffset: position, as: UInt8.self)
                != right.load(fromByteOffset: position, as: UInt8.self)
            {
                return false
            }
            position += 1
        }
        return true
    }

    /// Whether both are the same octets.
    @inline(__always)
    static func equal(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        // SAFETY: both hold `count` octets, and a buffer that is not empty has an address.
        guard left.count == right.count, let first = left.baseAddress, let second = right.baseAddress else {
            return left.count == right.count
        }
        return unsafe equal(first, second, count: left.count)
    }

    /// Whether the octets are those of the text.
    @inline(__always)
    static func equal(_ bytes: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
        // SAFETY: both hold `count` octets, and a non-empty buffer has an address.
        guard bytes.count == text.utf8CodeUnitCount, let base = bytes.baseAddress else {
            return bytes.count == 0 && text.utf8CodeUnitCount == 0
        }
        return unsafe equal(base, UnsafeRawPointer(text.utf8Start), count: bytes.count)
    }

    /// The value of a hexadecimal digit of either case; nil for any other octet.
    @inline(__always)
    static func hexadecimalValue(_ octet: UInt8) -> UInt8? {
        switch octet {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): octet &- UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): octet &- UInt8(ascii: "a") &+ 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): octet &- UInt8(ascii: "A") &+ 10
        default: nil
        }
    }
}
