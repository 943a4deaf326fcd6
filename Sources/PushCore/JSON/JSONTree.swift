/// A JSON value of its own, to be built, merged and taken apart; what is only read stays a ``JSONNode``.
///
/// Numbers without fraction and exponent are ``integer(_:)`` where Int64 holds them, all others ``number(_:)``.
package enum JSONTree: Hashable, Sendable {
    case null
    case boolean(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSONTree])
    case object(JSONObject)

    /// A copy of what was read.
    ///
    /// Of a repeated name the last value counts. An integer beyond Int64 becomes the nearest Double, and a number beyond
    /// the range of Double `null`, as in ECMAScript's `JSON.parse` followed by `JSON.stringify`.
    package init(_ node: JSONNode) {
        switch node.kind {
        case .null: self = .null
        case .boolean: self = .boolean(node.boolValue ?? false)
        case .number:
            if let integer = node.intValue {
                self = .integer(integer)
            } else {
                self = node.doubleValue.map { .number($0) } ?? .null
            }
        case .string: self = .string(node.stringValue ?? "")
        case .array: self = .array(node.elements.map { JSONTree($0) })
        case .object:
            var object = JSONObject()
            for member in node.members { object[member.name] = JSONTree(member.value) }
            self = .object(object)
        }
    }

    /// Reads a text.
    ///
    /// - Throws: ``JSONError`` where it is not JSON, or not within the limits.
    package init(text: some Sequence<UInt8>, limits: JSONLimits = JSONLimits()) throws(JSONError) {
        let document = JSONDocument()
        if let error = document.load(Array(text), limits: limits) { throw error }
        self.init(document.root)
    }

    /// The object; nil for other values.
    package var object: JSONObject? {
        if case .object(let object) = self { object } else { nil }
    }

    /// The text; nil for other values.
    package var string: String? {
        if case .string(let string) = self { string } else { nil }
    }

    /// Writes the value.
    package func write(to writer: inout JSONWriter) {
        switch self {
        case .null: writer.null()
        case .boolean(let value): writer.bool(value)
        case .integer(let value): writer.integer(value)
        case .number(let value): writer.double(value)
        case .string(let value): writer.string(value)
        case .array(let elements):
            writer.beginArray()
            for element in elements { element.write(to: &writer) }
            writer.endArray()
        case .object(let object):
            object.write(to: &writer)
        }
    }

    /// The JSON text, in UTF-8.
    package var octets: [UInt8] {
        var writer = JSONWriter()
        write(to: &writer)
        return writer.bytes
    }

    /// This value with another merged into it: a JSON merge patch (RFC 7396 section 2).
    ///
    /// Objects are merged member by member, `null` removes a member, and all else takes the place of what was there.
    package func merged(with patch: JSONTree) -> JSONTree {
        guard case .object(let changes) = patch else { return patch }
        var result = object ?? JSONObject()
        for member in changes.members {
            result[member.name] =
                member.value == .null ? nil : (result[member.name] ?? .null).merged(with: member.value)
        }
        return .object(result)
    }
}

/// A JSON object: its members, in the order in which they were added.
///
/// Found by looking at each: for the objects of configuration and requests, which have few.
package struct JSONObject: Hashable, Sendable {
    package struct Member: Hashable, Sendable {
        package let name: String
        package let value: JSONTree

        package init(name: String, value: JSONTree) {
            self.name = name
            self.value = value
        }
    }

    /// No two have the same name.
    package private(set) var members: [Member] = []

    package init() {}

    /// The value of a member; nil where there is none, and to remove it.
    ///
    /// One that is replaced keeps its position.
    package subscript(name: String) -> JSONTree? {
        get { members.first { $0.name == name }?.value }
        set {
            let index = members.firstIndex { $0.name == name }
            switch (index, newValue) {
            case (let index?, let value?): members[index] = Member(name: name, value: value)
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append(Member(name: name, value: value))
            case (nil, nil): break
            }
        }
    }

    package var isEmpty: Bool { members.isEmpty }

    /// Writes the object.
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        for member in members {
            writer.key(member.name)
            member.value.write(to: &writer)
        }
        writer.endObject()
    }
}

extension JSONTree: ExpressibleByStringLiteral, ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }

    package init(booleanLiteral value: Bool) { self = .boolean(value) }

    package init(integerLiteral value: Int64) { self = .integer(value) }

    package init(arrayLiteral elements: JSONTree...) { self = .array(elements) }

    /// Of a repeated name the last value counts.
    package init(dictionaryLiteral elements: (String, JSONTree)...) {
        var object = JSONObject()
        for (name, value) in elements { object[name] = value }
        self = .object(object)
    }
}
