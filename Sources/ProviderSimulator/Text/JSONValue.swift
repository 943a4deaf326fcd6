/// A JSON text as a tree.
indirect enum JSONValue {
    /// The members in their order; of a repeated name the last one.
    case object([Member])
    case array([JSONValue])
    case string(String)
    /// As written.
    case number(String)
    case boolean(Bool)
    case null

    struct Member {
        let name: String
        var value: JSONValue
    }

    /// Nil where the octets are not exactly one JSON text in UTF-8.
    init?(_ octets: [UInt8]) {
        guard JSONText(octets) != nil else { return nil }
        var builder = JSONTreeBuilder(octets: octets)
        self = builder.value()
    }

    var isObject: Bool { if case .object = self { true } else { false } }

    /// The member of an object; nil where there is none, or where it is null.
    subscript(_ name: String) -> JSONValue? {
        guard case .object(let members) = self, let value = members.first(where: { $0.name == name })?.value else {
            return nil
        }
        if case .null = value { return nil }
        return value
    }

    var members: [Member] { if case .object(let members) = self { members } else { [] } }
    var elements: [JSONValue] { if case .array(let elements) = self { elements } else { [] } }
    var string: String? { if case .string(let text) = self { text } else { nil } }
    var boolean: Bool? { if case .boolean(let value) = self { value } else { nil } }
    /// A whole number, however it is written.
    var integer: Int64? {
        guard case .number(let text) = self else { return nil }
        return Int64(text) ?? Double(text).flatMap { Int64(exactly: $0) }
    }

    /// As JSON, for messages.
    var text: String {
        switch self {
        case .object: "{…}"
        case .array: "[…]"
        case .string(let text): "\"\(text)\""
        case .number(let text): text
        case .boolean(let value): "\(value)"
        case .null: "null"
        }
    }
}

/// Builds the tree of a text that is known to be JSON.
private struct JSONTreeBuilder {
    private let octets: [UInt8]
    private var at = 0

    init(octets: [UInt8]) {
        self.octets = octets
    }

    mutating func value() -> JSONValue {
        skipBlanks()
        switch octets[at] {
        case UInt8(ascii: "{"): return object()
        case UInt8(ascii: "["): return array()
        case UInt8(ascii: "\""): return .string(string())
        case UInt8(ascii: "t"): return word("true", .boolean(true))
        case UInt8(ascii: "f"): return word("false", .boolean(false))
        case UInt8(ascii: "n"): return word("null", .null)
        default: return number()
        }
    }

    private mutating func object() -> JSONValue {
        var members: [JSONValue.Member] = []
        at += 1
        while !take(UInt8(ascii: "}")) {
            skipBlanks()
            let name = string()
            _ = take(UInt8(ascii: ":"))
            let member = JSONValue.Member(name: name, value: value())
            if let index = members.firstIndex(where: { $0.name == name }) {
                members[index] = member
            } else {
                members.append(member)
            }
            _ = take(UInt8(ascii: ","))
        }
        return .object(members)
    }

    private mutating func array() -> JSONValue {
        var elements: [JSONValue] = []
        at += 1
        while !take(UInt8(ascii: "]")) {
            elements.append(value())
            _ = take(UInt8(ascii: ","))
        }
        return .array(elements)
    }

    private mutating func string() -> String {
        let start = at + 1
        at = start
        while octets[at] != UInt8(ascii: "\"") { at += octets[at] == UInt8(ascii: "\\") ? 2 : 1 }
        at += 1
        return JSONText.unescaped(octets[start..<(at - 1)])
    }

    private mutating func number() -> JSONValue {
        let start = at
        while at < octets.count, "+-.0123456789Ee".utf8.contains(octets[at]) { at += 1 }
        return .number(String(decoding: octets[start..<at], as: UTF8.self))
    }

    private mutating func word(_ word: String, _ value: JSONValue) -> JSONValue {
        at += word.utf8.count
        return value
    }

    /// Passes over blanks, and over the octet where it comes next.
    private mutating func take(_ octet: UInt8) -> Bool {
        skipBlanks()
        guard octets[at] == octet else { return false }
        at += 1
        return true
    }

    private mutating func skipBlanks() {
        while at < octets.count, " \t\r\n".utf8.contains(octets[at]) { at += 1 }
    }
}
