/// Replaces the escape sequences of a string or bytes literal.
struct LiteralDecoder {
    /// What `\x41` and `\101` stand for: a code point in a string, one byte in a bytes literal.
    enum Unit {
        case codePoints
        case octets
    }

    private let bytes: [UInt8]
    private let end: Int
    private let unit: Unit
    private var offset: Int
    private var decoded: [UInt8] = []

    init(bytes: [UInt8], range: Range<Int>, unit: Unit) {
        self.bytes = bytes
        self.unit = unit
        offset = range.lowerBound
        end = range.upperBound
    }

    mutating func decode() throws(SyntaxProblem) -> [UInt8] {
        while offset < end {
            if bytes[offset] == UInt8(ascii: "\\") {
                try escape()
            } else {
                decoded.append(bytes[offset])
                offset += 1
            }
        }
        return decoded
    }

    private mutating func escape() throws(SyntaxProblem) {
        let start = offset
        guard offset + 1 < end else { throw malformed(at: start) }
        let letter = bytes[offset + 1]
        offset += 2
        switch letter {
        case UInt8(ascii: "a"): decoded.append(0x07)
        case UInt8(ascii: "b"): decoded.append(0x08)
        case UInt8(ascii: "f"): decoded.append(0x0C)
        case UInt8(ascii: "n"): decoded.append(0x0A)
        case UInt8(ascii: "r"): decoded.append(0x0D)
        case UInt8(ascii: "t"): decoded.append(0x09)
        case UInt8(ascii: "v"): decoded.append(0x0B)
        case UInt8(ascii: "\\"), UInt8(ascii: "?"), UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"):
            decoded.append(letter)
        case UInt8(ascii: "x"), UInt8(ascii: "X"):
            try append(try digits(2, radix: 16, from: start), from: start)
        case UInt8(ascii: "0")...UInt8(ascii: "3"):
            offset -= 1
            try append(try digits(3, radix: 8, from: start), from: start)
        case UInt8(ascii: "u") where unit == .codePoints:
            try append(try digits(4, radix: 16, from: start), from: start)
        case UInt8(ascii: "U") where unit == .codePoints:
            try append(try digits(8, radix: 16, from: start), from: start)
        default:
            throw malformed(at: start)
        }
    }

    private mutating func digits(_ count: Int, radix: UInt32, from start: Int) throws(SyntaxProblem) -> UInt32 {
        guard offset + count <= end else { throw malformed(at: start) }
        var value: UInt32 = 0
        for byte in bytes[offset..<offset + count] {
            guard let digit = byte.hexDigitValue, digit < radix else { throw malformed(at: start) }
            value = value &* radix &+ digit
        }
        offset += count
        return value
    }

    private mutating func append(_ value: UInt32, from start: Int) throws(SyntaxProblem) {
        switch unit {
        case .octets:
            guard let octet = UInt8(exactly: value) else { throw malformed(at: start) }
            decoded.append(octet)
        case .codePoints:
            guard let scalar = Unicode.Scalar(value) else {
                throw SyntaxProblem(offset: start, message: "this escape is not a Unicode code point")
            }
            decoded.append(contentsOf: String(scalar).utf8)
        }
    }

    private func malformed(at start: Int) -> SyntaxProblem {
        SyntaxProblem(
            offset: start,
            message: "malformed escape sequence",
            suggestion: "a backslash itself is written '\\\\', or use a raw string r'…'"
        )
    }
}
