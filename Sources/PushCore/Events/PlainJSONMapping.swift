/// A place in a JSON value: `order.items[0].id`.
///
/// `$` is the whole value; a name with other characters is quoted: `a["b.c"]`.
package struct JSONPath: Hashable, Sendable, CustomStringConvertible {
    enum Step: Hashable, Sendable {
        case member(String)
        case element(Int)
    }

    let steps: [Step]
    /// As written.
    package let description: String

    /// - Returns: nil where the text is no path.
    package init?(_ text: String) {
        description = text
        var rest = Substring(text)
        var steps: [Step] = []
        if rest.first == "$" {
            rest.removeFirst()
        } else if rest.first != "[" {
            guard let name = Self.name(&rest) else { return nil }
            steps.append(.member(name))
        }
        while let first = rest.first {
            rest.removeFirst()
            if first == "." {
                guard let name = Self.name(&rest) else { return nil }
                steps.append(.member(name))
            } else if first == "[" {
                guard let step = Self.bracket(&rest) else { return nil }
                steps.append(step)
            } else {
                return nil
            }
        }
        self.steps = steps
    }

    /// The value at this place; nil where there is none.
    package func value(in root: JSONNode) -> JSONNode? {
        var node = root
        for step in steps {
            let next =
                switch step {
                case .member(let name): node.member(name)
                case .element(let position): node.element(position)
                }
            guard let next else { return nil }
            node = next
        }
        return node
    }

    private static func name(_ rest: inout Substring) -> String? {
        let name = rest.prefix { $0 != "." && $0 != "[" && $0 != "]" && $0 != "\"" && $0 != "$" }
        rest = rest.dropFirst(name.count)
        return name.isEmpty ? nil : String(name)
    }

    private static func bracket(_ rest: inout Substring) -> Step? {
        if rest.first == "\"" {
            rest.removeFirst()
            guard let end = rest.firstIndex(of: "\"") else { return nil }
            let name = String(rest[..<end])
            rest = rest[rest.index(after: end)...]
            guard rest.first == "]" else { return nil }
            rest.removeFirst()
            return .member(name)
        }
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        guard let position = Int(digits) else { return nil }
        rest = rest.dropFirst(digits.count)
        guard rest.first == "]" else { return nil }
        rest.removeFirst()
        return .element(position)
    }
}

/// How the plain JSON records of one topic become events.
package struct PlainJSONMapping: Sendable {
    /// Where an attribute comes from.
    package enum Source: Hashable, Sendable {
        /// A string, or a whole number as it is written.
        case path(JSONPath)
        case constant(String)
        /// The key of the record, which must be UTF-8.
        case recordKey
        /// `topic/partition/offset`: the same on every read of the record, and no other record has it.
        case recordPosition
    }

    package var id: Source
    package var source: Source
    package var type: Source
    package var subject: Source?
    /// Of the event; nil: the events have no time.
    ///
    /// A string is RFC 3339, a whole number milliseconds since the epoch.
    package var time: Source?
    /// What rules see as `data`; nil: the whole value.
    package var data: JSONPath?

    package init(
        id: Source,
        source: Source,
        type: Source,
        subject: Source? = nil,
        time: Source? = nil,
        data: JSONPath? = nil
    ) {
        self.id = id
        self.source = source
        self.type = type
        self.subject = subject
        self.time = time
        self.data = data
    }
}

/// The attributes of an event that was plain JSON.
struct MappedAttributes {
    private var values: [(name: String, value: String)] = [("specversion", "1.0")]

    mutating func append(_ name: String, _ value: String) { values.append((name, value)) }

    func value(_ name: String) -> String? { values.first { $0.name == name }?.value }

    var names: [String] { values.map(\.name) }
}
