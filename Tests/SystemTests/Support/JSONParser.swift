/// Reads JSON (RFC 8259) into values.
///
/// Foundation's decoder answers "is it a number?" with an error that takes longer than the whole document here.
struct JSONParser {
    /// Where the text stops being JSON.
    struct Malformed: Error {
        let position: Int
    }

    private let octets: [UInt8]
    private var position = 0

    static func parse(_ octets: [UInt8]) throws(Malformed) -> JSONValue {
        var parser = JSONParser(octets: octets)
        let value = try parser.value()
        parser.skipBlanks()
        guard parser.position == octets.count else { throw Malformed(position: parser.position) }
        return value
    }

    private init(octets: [UInt8]) {
        self.octets = octets
    }

    private var next: UInt8? { position < octets.count ? octets[position] : nil }

    private mutating func skipBlanks() {
        while let next, [0x20, 0x09, 0x0A, 0x0D].contains(next) { position += 1 }
    }

    private mutating func take(_ character: Character) -> Bool {
        skipBlanks()
        guard let next, next == character.asciiValue else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ character: Character) throws(Malformed) {
        guard take(character) else { throw Malformed(position: position) }
    }

    private mutating func value() throws(Malformed) -> JSONValue {
        skipBlanks()
        switch next {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try string())
        default: return try word()
        }
    }

    private mutating func object() throws(Malformed) -> JSONValue {
        var members: [String: JSONValue] = [:]
        try expect("{")
        if take("}") { return .object(members) }
        repeat {
            skipBlanks()
            let name = try string()
            try expect(":")
            guard members.updateValue(try value(), forKey: name) == nil else { throw Malformed(position: position) }
        } while take(",")
        try expect("}")
        return .object(members)
    }

    private mutating func array() throws(Malformed) -> JSONValue {
        var elements: [JSONValue] = []
        try expect("[")
        if take("]") { return .array(elements) }
        repeat { elements.append(try value()) } while take(",")
        try expect("]")
        return .array(elements)
    }

    /// A number, `true`, `false` or `null`.
    private mutating func word() throws(Malformed) -> JSONValue {
        let start = position
        while let next, ![UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"), 0x20, 0x0A, 0x0D].contains(next) {
            position += 1
        }
        let word = String(decoding: octets[start..<position], as: UTF8.self)
        switch word {
        case "true": return .bool(true)
        case "false": return .bool(false)
        case "null": return .null
        default:
            if let integer = Int(word) { return .integer(integer) }
            guard let number = Double(word) else { throw Malformed(position: start) }
            return .number(number)
        }
    }

    private mutating func string() throws(Malformed) -> String {
        guard take("\"") else { throw Malformed(position: position) }
        var text: [UInt8] = []
        while let next {
            position += 1
            switch next {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): text += try escaped()
            case 0..<0x20: throw Malformed(position: position)
            default: text.append(next)
            }
        }
        throw Malformed(position: position)
    }

    private mutating func escaped() throws(Malformed) -> [UInt8] {
        guard let letter = next else { throw Malformed(position: position) }
        position += 1
        switch letter {
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [letter]
        case UInt8(ascii: "u"):
            var unit = try codeUnit()
            if (0xD800..<0xDC00).contains(unit), next == UInt8(ascii: "\\") {
                position += 2
                unit = 0x10000 + ((unit - 0xD800) << 10) + (try codeUnit() &- 0xDC00)
            }
            guard let scalar = Unicode.Scalar(unit) else { throw Malformed(position: position) }
            return Array(String(Character(scalar)).utf8)
        default: throw Malformed(position: position)
        }
    }

    private mutating func codeUnit() throws(Malformed) -> UInt32 {
        guard position + 4 <= octets.count,
            let unit = UInt32(String(decoding: octets[position..<position + 4], as: UTF8.self), radix: 16)
        else { throw Malformed(position: position) }
        position += 4
        return unit
    }
}
