/// A JSON text (RFC 8259), checked in one pass; nothing is built but a list of an object's members.
struct JSONText {
    enum Kind {
        case object, array, string, number, boolean, null
    }

    /// A member of an object.
    struct Member {
        /// Position of the name's first octet behind its quotation mark, to that of the closing one.
        let name: Range<Int>
        let kind: Kind
        /// From the value's first octet to behind its last.
        let value: Range<Int>
    }

    /// Deeper nesting is refused, so that no client can exhaust the stack.
    private static let depthMax = 128

    let octets: [UInt8]
    /// The members of the outermost object; empty for any other kind.
    private(set) var members: [Member] = []
    private(set) var kind = Kind.null
    private var holdsLineBreak = false

    /// Nil where the octets are not exactly one JSON text in UTF-8.
    init?(_ octets: [UInt8]) {
        self.octets = octets
        var cursor = JSONCursor(octets: octets, at: 0, depthMax: Self.depthMax)
        cursor.skipBlanks()
        guard let kind = cursor.value(members: &members) else { return nil }
        cursor.skipBlanks()
        guard cursor.at == octets.count else { return nil }
        if cursor.sawNonASCII, String(validating: octets, as: UTF8.self) == nil { return nil }
        self.kind = kind
        holdsLineBreak = cursor.sawLineBreak
    }

    /// The last member with this name, as most decoders take it.
    func member(_ name: String, of members: [Member]) -> Member? {
        members.last { octets[$0.name].elementsEqual(name.utf8) || unescapedName($0) == name }
    }

    /// The members of a member that is an object; empty for any other kind.
    func members(of member: Member) -> [Member] {
        guard member.kind == .object else { return [] }
        var members: [Member] = []
        var cursor = JSONCursor(octets: octets, at: member.value.lowerBound, depthMax: Self.depthMax)
        return cursor.value(members: &members) == nil ? [] : members
    }

    /// The octets of a value as written, strings with their quotation marks.
    func text(of member: Member) -> ArraySlice<UInt8> {
        octets[member.value]
    }

    /// The same text on one line: line breaks stand only between tokens, so they may be left out.
    var onOneLine: [UInt8] {
        holdsLineBreak ? octets.filter { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") } : octets
    }

    /// The name with its escapes resolved; nil where it has none.
    private func unescapedName(_ member: Member) -> String? {
        let name = octets[member.name]
        return name.contains(UInt8(ascii: "\\")) ? Self.unescaped(name) : nil
    }

    /// The text of a valid string, given without its quotation marks.
    static func unescaped(_ string: ArraySlice<UInt8>) -> String {
        guard string.contains(UInt8(ascii: "\\")) else { return String(decoding: string, as: UTF8.self) }
        var units: [UInt16] = []
        var rest = Array(String(decoding: string, as: UTF8.self).utf16)[...]
        while let unit = rest.popFirst() {
            guard unit == 0x5C, let escape = rest.popFirst() else {
                units.append(unit)
                continue
            }
            switch Unicode.Scalar(escape) {
            case "b": units.append(0x08)
            case "f": units.append(0x0C)
            case "n": units.append(0x0A)
            case "r": units.append(0x0D)
            case "t": units.append(0x09)
            case "u":
                let digits = String(decoding: rest.prefix(4), as: UTF16.self)
                units.append(UInt16(digits, radix: 16) ?? 0xFFFD)
                rest = rest.dropFirst(4)
            default: units.append(escape)
            }
        }
        return String(decoding: units, as: UTF16.self)
    }
}

/// Walks over JSON, checking its grammar.
private struct JSONCursor {
    let octets: [UInt8]
    var at: Int
    let depthMax: Int
    var sawLineBreak = false
    var sawNonASCII = false
    private var depth = 0

    init(octets: [UInt8], at: Int, depthMax: Int) {
        self.octets = octets
        self.at = at
        self.depthMax = depthMax
    }

    private var current: UInt8? { at < octets.count ? octets[at] : nil }

    mutating func skipBlanks() {
        while let octet = current {
            switch octet {
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"): sawLineBreak = true
            case UInt8(ascii: " "), UInt8(ascii: "\t"): break
            default: return
            }
            at += 1
        }
    }

    /// Passes over one value, and adds the members of an outermost object to the list; nil where there is no value.
    mutating func value(members: inout [JSONText.Member]) -> JSONText.Kind? {
        switch current {
        case UInt8(ascii: "{"): object(members: &members) ? .object : nil
        case UInt8(ascii: "["): array() ? .array : nil
        case UInt8(ascii: "\""): string() == nil ? nil : .string
        case UInt8(ascii: "t"): word("true") ? .boolean : nil
        case UInt8(ascii: "f"): word("false") ? .boolean : nil
        case UInt8(ascii: "n"): word("null") ? .null : nil
        default: number() ? .number : nil
        }
    }

    private mutating func nestedValue() -> JSONText.Kind? {
        var ignored: [JSONText.Member] = []
        return value(members: &ignored)
    }

    private mutating func object(members: inout [JSONText.Member]) -> Bool {
        guard enter() else { return false }
        if take(UInt8(ascii: "}")) { return leave() }
        let collects = depth == 1
        repeat {
            skipBlanks()
            guard let name = string() else { return false }
            skipBlanks()
            guard take(UInt8(ascii: ":")) else { return false }
            skipBlanks()
            let start = at
            guard let kind = nestedValue() else { return false }
            if collects { members.append(.init(name: name, kind: kind, value: start..<at)) }
            skipBlanks()
        } while take(UInt8(ascii: ","))
        return take(UInt8(ascii: "}")) && leave()
    }

    private mutating func array() -> Bool {
        guard enter() else { return false }
        if take(UInt8(ascii: "]")) { return leave() }
        repeat {
            skipBlanks()
            guard nestedValue() != nil else { return false }
            skipBlanks()
        } while take(UInt8(ascii: ","))
        return take(UInt8(ascii: "]")) && leave()
    }

    private mutating func enter() -> Bool {
        depth += 1
        at += 1
        skipBlanks()
        return depth <= depthMax
    }

    private mutating func leave() -> Bool {
        depth -= 1
        return true
    }

    /// Passes over a string and gives the range between its quotation marks.
    private mutating func string() -> Range<Int>? {
        guard take(UInt8(ascii: "\"")) else { return nil }
        let start = at
        while let octet = current {
            at += 1
            switch octet {
            case UInt8(ascii: "\""): return start..<(at - 1)
            case UInt8(ascii: "\\"): guard escape() else { return nil }
            case 0..<0x20: return nil
            case 0x80...: sawNonASCII = true
            default: break
            }
        }
        return nil
    }

    private mutating func escape() -> Bool {
        guard let octet = current else { return false }
        at += 1
        guard octet == UInt8(ascii: "u") else { return #""\/bfnrt"#.utf8.contains(octet) }
        for _ in 0..<4 {
            guard let digit = current, digit.isHexadecimalDigit else { return false }
            at += 1
        }
        return true
    }

    private mutating func number() -> Bool {
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { guard digits() else { return false } }
        if take(UInt8(ascii: ".")) { guard digits() else { return false } }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            return digits()
        }
        return true
    }

    private mutating func digits() -> Bool {
        let start = at
        while let octet = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(octet) { at += 1 }
        return at > start
    }

    private mutating func word(_ word: String) -> Bool {
        guard octets[at...].starts(with: word.utf8) else { return false }
        at += word.utf8.count
        return true
    }

    private mutating func take(_ octet: UInt8) -> Bool {
        guard current == octet else { return false }
        at += 1
        return true
    }
}

extension UInt8 {
    /// Whether the octet is one of 0-9, a-f, A-F.
    var isHexadecimalDigit: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default:
            false
        }
    }
}
