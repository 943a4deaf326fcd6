package import CEL

/// The protobuf JSON form of `cel.expr.Value`: how values of expressions stand in what other programs write and read.
///
/// `{"int64Value": "5"}`, `{"mapValue": {"entries": [{"key": …, "value": …}]}}`. Timestamps and durations, for which
/// `cel.expr.Value` has no kind of its own, are well-known types in `objectValue`; so may be wrappers, which are read as what they
/// wrap.
package enum ValueForm {
    /// Why there is no value.
    package struct Malformed: Error, Hashable, Sendable, CustomStringConvertible {
        package let description: String
    }

    static let typePrefix = "type.googleapis.com/"

    // MARK: Reading

    /// Reads a value.
    package static func read(_ node: JSONNode) throws(Malformed) -> Value {
        guard node.kind == .object else { throw Malformed(description: "a value is an object with one member") }
        var members = node.members
        guard let member = members.next(), members.next() == nil else {
            throw Malformed(description: "a value is an object with one member, such as {\"int64Value\": \"5\"}")
        }
        let content = member.value
        switch member.name {
        case "nullValue": return .null
        case "boolValue": return .bool(try required(content.boolValue, "boolValue: true or false"))
        case "int64Value": return .int(try required(integer(content), "int64Value: a whole number within Int64"))
        case "uint64Value": return .uint(try required(unsigned(content), "uint64Value: a whole number within UInt64"))
        case "doubleValue": return .double(try required(double(content), "doubleValue: a number"))
        case "stringValue": return .string(try required(content.stringValue, "stringValue: a string"))
        case "bytesValue": return .bytes(try required(octets(content), "bytesValue: base64"))
        case "listValue": return .list(try list(content))
        case "mapValue": return .map(try map(content))
        case "typeValue": return .type(try type(content))
        case "enumValue":
            return .int(try required(content.member("value").map { integer($0) ?? nil } ?? 0, "enumValue: a number"))
        case "objectValue": return try object(content)
        default: throw Malformed(description: "'\(member.name.prefix(40))' is no kind of value")
        }
    }

    private static func required<Content>(_ content: Content?, _ wanted: String) throws(Malformed) -> Content {
        guard let content else { throw Malformed(description: wanted) }
        return content
    }

    private static func integer(_ node: JSONNode) -> Int64? {
        node.stringValue.map { Int64($0) } ?? node.intValue
    }

    private static func unsigned(_ node: JSONNode) -> UInt64? {
        if let text = node.stringValue { return UInt64(text) }
        guard node.kind == .number else { return nil }
        // SAFETY: the octets are read within the call.
        return unsafe node.withRawBytes { unsafe UInt64(String(decoding: $0, as: UTF8.self)) }
    }

    private static func double(_ node: JSONNode) -> Double? {
        guard let text = node.stringValue else { return node.doubleValue }
        switch text {
        case "NaN": return .nan
        case "Infinity": return .infinity
        case "-Infinity": return -.infinity
        default: return Double(text)
        }
    }

    private static func octets(_ node: JSONNode) -> [UInt8]? {
        // SAFETY: the octets are read within the call.
        unsafe node.withStringBytes { unsafe Base64.decode($0, .standard) ?? Base64.decode($0, .url) } ?? nil
    }

    private static func list(_ node: JSONNode) throws(Malformed) -> [Value] {
        guard node.kind == .object else { throw Malformed(description: "listValue: an object with values") }
        guard let values = node.member("values") else { return [] }
        guard values.kind == .array else { throw Malformed(description: "listValue: values is a list") }
        var elements: [Value] = []
        elements.reserveCapacity(values.count)
        for element in values.elements { elements.append(try read(element)) }
        return elements
    }

    private static func map(_ node: JSONNode) throws(Malformed) -> MapValue {
        guard node.kind == .object else { throw Malformed(description: "mapValue: an object with entries") }
        guard let entries = node.member("entries") else { return MapValue() }
        guard entries.kind == .array else { throw Malformed(description: "mapValue: entries is a list") }
        var read: [MapValue.Entry] = []
        read.reserveCapacity(entries.count)
        for entry in entries.elements {
            guard let key = entry.member("key"), let value = entry.member("value") else {
                throw Malformed(description: "mapValue: an entry has key and value")
            }
            read.append(MapValue.Entry(key: try Self.read(key), value: try Self.read(value)))
        }
        guard let map = MapValue(read) else {
            throw Malformed(description: "mapValue: keys are bool, int, uint or string, each once")
        }
        return map
    }

    private static func type(_ node: JSONNode) throws(Malformed) -> ValueType {
        guard let name = node.stringValue, let type = ValueType(rawValue: name), type != .error else {
            throw Malformed(description: "typeValue: the name of a type")
        }
        return type
    }

    /// A well-known type.
    private static func object(_ node: JSONNode) throws(Malformed) -> Value {
        guard let url = node.member("@type")?.stringValue else {
            throw Malformed(description: "objectValue: @type is missing")
        }
        guard url.hasPrefix(typePrefix + "google.protobuf."), let content = node.member("value") else {
            throw Malformed(description: "objectValue: \(url.prefix(80)) is no type that is known here")
        }
        switch url.dropFirst(typePrefix.count + "google.protobuf.".count) {
        case "Timestamp": return try evaluated("timestamp", content)
        case "Duration": return try evaluated("duration", content)
        case "BoolValue": return .bool(try required(content.boolValue, "BoolValue: true or false"))
        case "Int32Value", "Int64Value": return .int(try required(integer(content), "Int64Value: a whole number"))
        case "UInt32Value", "UInt64Value": return .uint(try required(unsigned(content), "UInt64Value: a whole number"))
        case "FloatValue", "DoubleValue": return .double(try required(double(content), "DoubleValue: a number"))
        case "StringValue": return .string(try required(content.stringValue, "StringValue: a string"))
        case "BytesValue": return .bytes(try required(octets(content), "BytesValue: base64"))
        default: throw Malformed(description: "objectValue: \(url.prefix(80)) is no type that is known here")
        }
    }

    /// What the language itself makes of the text.
    private static func evaluated(_ function: String, _ content: JSONNode) throws(Malformed) -> Value {
        guard let text = content.stringValue else { throw Malformed(description: "objectValue: \(function): a string") }
        let environment = Environment(variables: [Environment.Variable("text")])
        let expression = try? Expression("\(function)(text)", environment: environment)
        let value = expression?.evaluate(BoundValues([.string(text)])) ?? .null
        if let error = value.evaluationError { throw Malformed(description: "objectValue: \(error.message)") }
        return value
    }

    // MARK: Writing

    /// Writes a value as the next one of the writer; nothing where `cel.expr.Value` cannot hold it.
    package static func write(_ value: Value, to writer: inout JSONWriter) throws(Malformed) {
        let value = value.materialised
        if let reason = refusal(of: value) { throw Malformed(description: reason) }
        put(value, &writer)
    }

    /// Why a value cannot be written.
    private static func refusal(of value: Value) -> String? {
        switch value.materialised {
        case .optional:
            return "the result is an optional, which cel.expr.Value cannot hold: end with .value() or .orValue(…)"
        case .error(let error): return error.description
        case .list(let elements): return elements.lazy.compactMap { refusal(of: $0) }.first
        case .map(let map): return map.entries.lazy.compactMap { refusal(of: $0.value) }.first
        case .null, .bool, .int, .uint, .double, .string, .bytes, .timestamp, .duration, .type, .external: return nil
        }
    }

    private static func put(_ value: Value, _ writer: inout JSONWriter) {
        writer.beginObject()
        switch value.materialised {
        case .null, .external, .optional, .error:
            writer.key("nullValue")
            writer.null()
        case .bool(let flag): writer.member("boolValue", flag)
        case .int(let number): writer.member("int64Value", String(number))
        case .uint(let number): writer.member("uint64Value", String(number))
        case .double(let number):
            writer.key("doubleValue")
            if number.isFinite {
                writer.double(number)
            } else {
                writer.string(number.isNaN ? "NaN" : number < 0 ? "-Infinity" : "Infinity")
            }
        case .string(let text): writer.member("stringValue", text)
        case .bytes(let octets): writer.member("bytesValue", Base64.encode(octets))
        case .type(let type): writer.member("typeValue", type.rawValue)
        case .timestamp(let time): put(wellKnown: "Timestamp", "\(time)", &writer)
        case .duration: put(wellKnown: "Duration", value.durationText ?? "0s", &writer)
        case .list(let elements): put(elements, &writer)
        case .map(let map): put(map, &writer)
        }
        writer.endObject()
    }

    private static func put(wellKnown type: String, _ text: String, _ writer: inout JSONWriter) {
        writer.key("objectValue")
        writer.beginObject()
        writer.key("@type")
        writer.string("\(typePrefix)google.protobuf.\(type)")
        writer.member("value", text)
        writer.endObject()
    }

    private static func put(_ elements: [Value], _ writer: inout JSONWriter) {
        writer.key("listValue")
        writer.beginObject()
        writer.key("values")
        writer.beginArray()
        for element in elements { put(element, &writer) }
        writer.endArray()
        writer.endObject()
    }

    private static func put(_ map: MapValue, _ writer: inout JSONWriter) {
        writer.key("mapValue")
        writer.beginObject()
        writer.key("entries")
        writer.beginArray()
        for entry in map.entries {
            writer.beginObject()
            writer.key("key")
            put(entry.key, &writer)
            writer.key("value")
            put(entry.value, &writer)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }
}

extension Base64 {
    /// RFC 4648 section 4, with padding.
    static func encode(_ octets: [UInt8]) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        text.reserveCapacity((octets.count + 2) / 3 * 4)
        for start in stride(from: 0, to: octets.count, by: 3) {
            let group = octets[start..<min(start + 3, octets.count)]
            let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
            for position in 0..<4 {
                let digit = digits[Int(bits >> UInt32(18 - 6 * position) & 0x3F)]
                text.append(position <= group.count ? digit : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
