/// The strings extension (cel-spec extension "strings"); indexes count code points.
extension Function {
    static let textExtension: [Function] =
        [
            ofText("charAt", 2, charAt),
            ofText("indexOf", 2...3, indexOf),
            ofText("lastIndexOf", 2...3, lastIndexOf),
            ofText("lowerAscii", 1) { arguments, _ in
                .string(arguments.mapASCII(UInt8(ascii: "A")...UInt8(ascii: "Z")) { $0 | 0x20 })
            },
            ofText("upperAscii", 1) { arguments, _ in
                .string(arguments.mapASCII(UInt8(ascii: "a")...UInt8(ascii: "z")) { $0 & 0xDF })
            },
            ofText("replace", 3...4, replace),
            ofText("split", 2...3, split),
            ofText("substring", 2...3, substring),
            ofText("trim", 1) { arguments, _ in .string(trimmed(arguments.text)) },
        ]
        + [
            .general("join", .member, 1...2, join),
            .unary("strings.quote") { value, frame in
                guard case .string(let text) = value else { return .noSuchOverload("strings.quote", value) }
                return frame.refusal(ofBytes: text.utf8.count * 2 + 2) ?? .string(quoted(text))
            },
            .binary("format", .member) { format, arguments, frame in
                guard case .string(let format) = format, case .list(let values) = arguments.materialised else {
                    return .noSuchOverload("format", format, arguments)
                }
                var formatter = TextFormatter(format, values)
                return formatter.format(&frame)
            },
        ]

    /// The arguments of a member function of a string.
    private struct Arguments {
        let name: String
        let text: String
        let rest: [Value]

        var count: Int { rest.count }

        var mismatch: Value {
            let types = (["string"] + rest.map(\.type.rawValue)).joined(separator: ", ")
            return .failure(.noSuchOverload, "no such overload: \(name)(\(types))")
        }

        func string(_ index: Int) -> String? {
            if case .string(let text) = rest[index] { return text }
            return nil
        }

        func int(_ index: Int) -> Int? {
            if case .int(let number) = rest[index] { return Int(number) }
            return nil
        }

        func outOfRange(_ index: Int) -> Value {
            .failure(.indexOutOfBounds, "\(name): index out of range: \(index)")
        }

        func mapASCII(_ range: ClosedRange<UInt8>, _ change: (UInt8) -> UInt8) -> String {
            String(decoding: text.utf8.map { range.contains($0) ? change($0) : $0 }, as: UTF8.self)
        }
    }

    private typealias TextBody = @Sendable (Arguments, inout Frame) -> Value

    private static func ofText(_ name: String, _ count: Int, _ body: @escaping TextBody) -> Function {
        ofText(name, count...count, body)
    }

    /// A member function of a string; its cost is charged by the length of its strings.
    private static func ofText(_ name: String, _ counts: ClosedRange<Int>, _ body: @escaping TextBody) -> Function {
        .general(name, .member, counts) { values, frame in
            guard case .string(let text) = values[0] else {
                let types = values.map(\.type.rawValue).joined(separator: ", ")
                return .failure(.noSuchOverload, "no such overload: \(name)(\(types))")
            }
            guard frame.spend(bytes: text.utf8.count) else { return .error(frame.exhaustion) }
            return body(Arguments(name: name, text: text, rest: Array(values.dropFirst())), &frame)
        }
    }

    private static func string(_ scalars: some Sequence<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }

    private static func charAt(_ arguments: Arguments, _ frame: inout Frame) -> Value {
        guard let index = arguments.int(0) else { return arguments.mismatch }
        let scalars = Array(arguments.text.unicodeScalars)
        if index == scalars.count { return .string("") }
        guard scalars.indices.contains(index) else { return arguments.outOfRange(index) }
        return .string(String(scalars[index]))
    }

    private static func indexOf(_ arguments: Arguments, _ frame: inout Frame) -> Value {
        guard let part = arguments.string(0) else { return arguments.mismatch }
        let bytes = Array(arguments.text.utf8)
        var start = 0
        var startBytes = 0
        if arguments.count == 2 {
            guard let index = arguments.int(1) else { return arguments.mismatch }
            guard let offset = byteOffset(of: index, in: bytes) else { return arguments.outOfRange(index) }
            (start, startBytes) = (index, offset)
        }
        guard let found = Text.firstIndex(of: Array(part.utf8), in: bytes[startBytes...]) else { return .int(-1) }
        return .int(Int64(start + Text.codePointCount(bytes[startBytes..<found])))
    }

    private static func lastIndexOf(_ arguments: Arguments, _ frame: inout Frame) -> Value {
        guard let part = arguments.string(0) else { return arguments.mismatch }
        let bytes = Array(arguments.text.utf8)
        let partBytes = Array(part.utf8)
        // The last occurrence that begins at or before an index is the last one in the text up to that beginning's end.
        var end = bytes.count
        if arguments.count == 2 {
            guard let index = arguments.int(1) else { return arguments.mismatch }
            guard let offset = byteOffset(of: index, in: bytes) else { return arguments.outOfRange(index) }
            end = min(end, offset + partBytes.count)
        }
        // Searched backwards as the first occurrence of the reversed bytes.
        let reversed = Array(bytes[..<end].reversed())
        guard let found = Text.firstIndex(of: partBytes.reversed(), in: reversed[...]) else { return .int(-1) }
        return .int(Int64(Text.codePointCount(bytes[..<(end - found - partBytes.count)])))
    }

    /// The byte at which a code point begins, or nil when the index is outside 0...count.
    private static func byteOffset(of index: Int, in bytes: [UInt8]) -> Int? {
        guard index >= 0 && index <= bytes.count else { return nil }
        var remaining = index
        for (offset, byte) in bytes.enumerated() where byte & 0xC0 != 0x80 {
            if remaining == 0 { return offset }
            remaining -= 1
        }
        return remaining == 0 ? bytes.count : nil
    }

    private static func substring(_ arguments: Arguments, _ frame: inout Frame) -> Value {
        let scalars = Array(arguments.text.unicodeScalars)
        guard let start = arguments.int(0) else { return arguments.mismatch }
        guard let end = arguments.count == 2 ? arguments.int(1) : scalars.count else { return arguments.mismatch }
        guard (0...scalars.count).contains(start) else { return arguments.outOfRange(start) }
        guard (start...scalars.count).contains(end) else { return arguments.outOfRange(end) }
        return .string(string(scalars[start..<end]))
    }

    private static func replace(_ arguments: Arguments, _ frame: inout Frame) -> Value {
        guard let old = arguments.string(0), let new = arguments.string(1) else { return arguments.mismatch }
        guard let limit = arguments.count == 3 ? arguments.int(2) : -1 else { return arguments.mismatch }
        let pieces = pieces(of: arguments.text, separatedBy: old, atMost: limit < 0 ? .max : limit, .withEnds)
        let size = arguments.text.utf8.count + (pieces.count - 1) * new.utf8.count
        return frame.refusal(ofBytes: size) ?? .string(pieces.joined(separator: new))
    }

    private static func split(_ arguments: Arguments, _ frame: inout Frame) -> Value {
        guard let separator = arguments.string(0) else { return arguments.mismatch }
        guard let limit = arguments.count == 2 ? arguments.int(1) : -1 else { return arguments.mismatch }
        if limit == 0 { return .list([]) }
        let pieces = pieces(
            of: arguments.text,
            separatedBy: separator,
            atMost: limit < 0 ? .max : limit - 1,
            .withoutEnds
        )
        return frame.refusal(ofElements: pieces.count) ?? .list(pieces.map(Value.string))
    }

    /// Whether an empty separator is found before the first and after the last code point too.
    private enum EmptySeparator {
        case withEnds
        case withoutEnds
    }

    /// The parts of a text around the first occurrences of a separator; an empty one is found between code points.
    private static func pieces(
        of text: String,
        separatedBy separator: String,
        atMost separatorsMax: Int,
        _ ends: EmptySeparator
    ) -> [String] {
        if separator.isEmpty {
            let scalars = Array(text.unicodeScalars)
            if scalars.isEmpty && ends == .withoutEnds { return [] }
            var cuts = Array(ends == .withEnds ? 0...scalars.count : 0...0)
            if ends == .withoutEnds { cuts = scalars.count < 2 ? [] : Array(1..<scalars.count) }
            cuts = Array(cuts.prefix(separatorsMax))
            let bounds = [0] + cuts + [scalars.count]
            return zip(bounds, bounds.dropFirst()).map { string(scalars[$0..<$1]) }
        }
        let bytes = Array(text.utf8)
        let part = Array(separator.utf8)
        var pieces: [String] = []
        var start = 0
        while pieces.count < separatorsMax, let found = Text.firstIndex(of: part, in: bytes[start...]) {
            pieces.append(String(decoding: bytes[start..<found], as: UTF8.self))
            start = found + part.count
        }
        return pieces + [String(decoding: bytes[start...], as: UTF8.self)]
    }

    private static func trimmed(_ text: String) -> String {
        let scalars = text.unicodeScalars
        let front = scalars.drop { $0.properties.isWhitespace }
        let count = front.reversed().drop { $0.properties.isWhitespace }.count
        return String(front.prefix(count))
    }

    private static func join(_ arguments: [Value], _ frame: inout Frame) -> Value {
        var separator = ""
        if arguments.count == 2 {
            guard case .string(let text) = arguments[1] else {
                return .noSuchOverload("join", arguments[0], arguments[1])
            }
            separator = text
        }
        guard case .list(let elements) = arguments[0].materialised else {
            return .noSuchOverload("join", arguments[0])
        }
        var parts: [String] = []
        var size = 0
        for element in elements {
            guard case .string(let text) = element.resolved else { return .noSuchOverload("join", element) }
            parts.append(text)
            size += text.utf8.count + separator.utf8.count
        }
        return frame.refusal(ofBytes: size) ?? .string(parts.joined(separator: separator))
    }

    /// The text as a string literal of the language.
    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\u{7}": quoted += "\\a"
            case "\u{8}": quoted += "\\b"
            case "\u{C}": quoted += "\\f"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            case "\u{B}": quoted += "\\v"
            case "\\": quoted += "\\\\"
            case "\"": quoted += "\\\""
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
