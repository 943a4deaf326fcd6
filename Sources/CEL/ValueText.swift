extension Value {
    /// The value as an expression would write it, for people: `"text"`, `[1, 2u]`, `timestamp("2026-01-02T03:04:05Z")`.
    ///
    /// `lengthMax`: Characters after which the rest is left out, and `…` stands for it.
    package func text(lengthMax: Int = 200) -> String {
        var writer = ValueWriter(lengthMax: lengthMax)
        writer.append(self, depth: 0)
        return writer.text
    }
}

/// Writes values up to a length.
private struct ValueWriter {
    private(set) var text = ""
    private var left: Int
    private var isFull = false

    /// Levels of lists and maps that are written; a person reads no more, and each costs stack.
    private static let depthMax = 32

    init(lengthMax: Int) { left = lengthMax }

    mutating func append(_ value: Value, depth: Int) {
        if isFull { return }
        if depth > Self.depthMax { return cut() }
        switch value {
        case .null: put("null")
        case .bool(let flag): put(flag ? "true" : "false")
        case .int(let number): put("\(number)")
        case .uint(let number): put("\(number)u")
        case .double(let number): put(number.isFinite ? "\(number)" : "double(\"\(Self.name(of: number))\")")
        case .string(let string): quote(string)
        case .bytes(let octets): quote(octets)
        case .list(let elements): list(elements.count, "[", "]") { $0.append(elements[$1], depth: depth + 1) }
        case .map(let map):
            list(map.count, "{", "}") { writer, index in
                writer.append(map.entries[index].key, depth: depth + 1)
                writer.put(": ")
                writer.append(map.entries[index].value, depth: depth + 1)
            }
        case .timestamp(let time): put("timestamp(\"\(time)\")")
        case .duration(let span): put("duration(\"\(Self.seconds(span))\")")
        case .type(let type): put(type.rawValue)
        case .optional(let inner?):
            put("optional.of(")
            append(inner, depth: depth + 1)
            put(")")
        case .optional(nil): put("optional.none()")
        case .external(let external): append(external.materialised, depth: depth)
        case .error(let error): put("error: \(error)")
        }
    }

    private mutating func list(
        _ count: Int,
        _ open: String,
        _ close: String,
        _ element: (inout ValueWriter, Int) -> Void
    ) {
        put(open)
        for index in 0..<count {
            if isFull { return }
            if index > 0 { put(", ") }
            element(&self, index)
        }
        put(close)
    }

    private mutating func put(_ part: String) {
        if isFull { return }
        let count = part.unicodeScalars.count
        guard count <= left else { return cut() }
        text += part
        left -= count
    }

    private mutating func cut() {
        if !isFull { text += "…" }
        isFull = true
    }

    private mutating func quote(_ string: String) {
        put("\"")
        for scalar in string.unicodeScalars {
            if isFull { return }
            switch scalar {
            case "\"": put("\\\"")
            case "\\": put("\\\\")
            case "\n": put("\\n")
            case "\r": put("\\r")
            case "\t": put("\\t")
            default:
                let category = scalar.properties.generalCategory
                let isShown = category != .control && category != .format && category != .lineSeparator
                put(isShown ? String(scalar) : "\\U" + Self.hexadecimal(scalar.value, digits: 8))
            }
        }
        put("\"")
    }

    private mutating func quote(_ octets: [UInt8]) {
        put("b\"")
        for octet in octets {
            if isFull { return }
            let isShown = (0x20...0x7E).contains(octet) && octet != UInt8(ascii: "\"") && octet != UInt8(ascii: "\\")
            put(isShown ? String(Unicode.Scalar(octet)) : "\\x" + Self.hexadecimal(UInt32(octet), digits: 2))
        }
        put("\"")
    }

    private static func hexadecimal(_ number: UInt32, digits: Int) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    private static func name(of number: Double) -> String {
        number.isNaN ? "NaN" : number < 0 ? "-Infinity" : "Infinity"
    }

    private static func seconds(_ span: Duration) -> String {
        span.nanosecondsExactly.map { Digits.seconds(nanoseconds: $0) } ?? "\(span)"
    }
}

extension Value {
    /// A duration in the form of protobuf JSON, such as `-1.5s`; nil for other values.
    package var durationText: String? {
        guard case .duration(let span) = self else { return nil }
        return span.nanosecondsExactly.map { Digits.seconds(nanoseconds: $0) }
    }
}
