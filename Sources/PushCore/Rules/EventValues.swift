package import CEL

/// An event as rules see it: `event` (its attributes) and `data`, read only where an expression or a template looks.
///
/// Lives as long as the decoding of its event: a value taken from it is used before the next event is read.
package struct EventValues: Bindings {
    /// What every expression in a rule may use: its variables, in the order of their slots, and the named time zones.
    package static func environment(_ timeZones: TimeZoneDatabase) -> Environment {
        Environment(
            variables: [Environment.Variable("event", type: .map), Environment.Variable("data")],
            timeZoneOffset: { timeZones.offset(in: $0, at: $1) }
        )
    }

    /// The slots of the variables.
    static let eventSlot = 0
    static let dataSlot = 1

    /// The only field: a value of one word goes into an existential without an allocation, and there is one for each
    /// evaluation.
    private let attributes: EventAttributes

    package init(_ event: Event) {
        attributes = EventAttributes(event)
    }

    private var data: JSONNode? { attributes.data }

    // MARK: Expressions

    package func value(ofVariable slot: Int) -> Value? {
        switch slot {
        case Self.eventSlot: .external(ExternalValue(attributes, node: 0))
        case Self.dataSlot: data?.expressionValue ?? .null
        default: nil
        }
    }

    // MARK: Templates

    /// The text of an attribute; nil where the event does not have it.
    func attributeText(_ name: String) -> String? { attributes.text(name) }

    /// The JSON value at a dotted name; null where there is none.
    func tree(at path: [String]) -> JSONTree {
        switch path[0] {
        case "data":
            guard var node = data else { return .null }
            for name in path.dropFirst() {
                guard let member = node.member(name) else { return .null }
                node = member
            }
            return JSONTree(node)
        case "event": return path.count == 2 ? attributes.tree(path[1]) : .null
        default: return .null
        }
    }

    /// Octets of the value at a dotted name, as it stands in the event; 0 for attributes, which are small.
    func octetCount(at path: [String]) -> Int {
        guard path[0] == "data", var node = data else { return 0 }
        for name in path.dropFirst() {
            guard let member = node.member(name) else { return 0 }
            node = member
        }
        return unsafe node.withRawBytes { $0.count }
    }

    /// The event's data; nil where there is none, or it is no JSON.
    var dataRoot: JSONNode? { data }

    /// Appends the text of an attribute, in UTF-8; nothing where there is none.
    ///
    /// `name`: UTF-8, lent for the call.
    func appendAttribute(_ name: UnsafeRawBufferPointer, to octets: inout [UInt8]) {
        unsafe attributes.append(name, to: &octets)
    }
}

/// The attributes of an event: to expressions a map of strings, but for `time`, which is a timestamp, and extensions of other
/// types; to templates, texts.
///
/// SAFETY of `@unchecked Sendable`: an expression is evaluated on the thread that decoded the event, and its values are dropped
/// before the next event is decoded; the JSON reader stops the program where that is broken.
private final class EventAttributes: ExternalDocument, @unchecked Sendable {
    private let event: Event
    let data: JSONNode?

    init(_ event: Event) {
        self.event = event
        data = event.data
    }

    func shape(of node: Int) -> ExternalShape { .map }
    func scalar(of node: Int) -> Value? { nil }
    func element(at index: Int, of node: Int) -> Value? { nil }
    func count(of node: Int) -> Int { event.attributeNames.count }
    func keys(of node: Int) -> [String] { event.attributeNames }

    func member(named name: String, of node: Int) -> Value? {
        switch event.attribute(named: name) {
        case .string(let text): .string(text)
        case .integer(let number): .int(Int64(number))
        case .boolean(let flag): .bool(flag)
        case .timestamp(let milliseconds): Timestamp(milliseconds: milliseconds).map { .timestamp($0) }
        case nil: nil
        }
    }

    func text(_ name: String) -> String? {
        switch event.attribute(named: name) {
        case .string(let text): text
        case .integer(let number): String(number)
        case .boolean(let flag): String(flag)
        case .timestamp(let milliseconds): RFC3339.text(milliseconds)
        case nil: nil
        }
    }

    /// Appends the octets of ``text(_:)``.
    func append(_ name: UnsafeRawBufferPointer, to octets: inout [UInt8]) {
        // SAFETY: the octets are copied within the call.
        if let text = unsafe event.lentText(name) {
            unsafe octets.append(contentsOf: text)
        } else if let text = unsafe text(String(decoding: name, as: UTF8.self)) {
            octets.append(contentsOf: text.utf8)
        }
    }

    func tree(_ name: String) -> JSONTree {
        switch event.attribute(named: name) {
        case .integer(let number): .integer(Int64(number))
        case .boolean(let flag): .boolean(flag)
        case .string, .timestamp, nil: text(name).map { .string($0) } ?? .null
        }
    }
}

extension Timestamp {
    fileprivate init?(milliseconds: Int64) {
        let (quotient, remainder) = milliseconds.quotientAndRemainder(dividingBy: 1000)
        let seconds = remainder < 0 ? quotient - 1 : quotient
        let rest = remainder < 0 ? remainder + 1000 : remainder
        self.init(seconds: seconds, nanoseconds: Int32(rest * 1_000_000))
    }
}

// MARK: JSON in expressions

/// Nodes are places on the tape. SAFETY of `@unchecked Sendable`: see ``EventAttributes``.
extension JSONDocument: ExternalDocument, @unchecked Sendable {
    private func node(_ index: Int) -> JSONNode { JSONNode(document: self, index: index) }

    package func shape(of node: Int) -> ExternalShape {
        switch self.node(node).kind {
        case .null, .boolean, .number, .string: .scalar
        case .array: .list
        case .object: .map
        }
    }

    package func scalar(of node: Int) -> Value? { self.node(node).scalarValue }

    package func member(named name: String, of node: Int) -> Value? {
        self.node(node).member(name)?.expressionValue
    }

    package func element(at index: Int, of node: Int) -> Value? {
        self.node(node).element(index)?.expressionValue
    }

    package func count(of node: Int) -> Int {
        let node = self.node(node)
        return node.kind == .object ? keys(of: node.index).count : node.count
    }

    package func keys(of node: Int) -> [String] {
        var seen: Set<String> = []
        return self.node(node).members.map(\.name).filter { seen.insert($0).inserted }
    }

    package func matches(_ question: StringQuestion, node: Int) -> Bool? {
        // SAFETY: both buffers are lent for the call.
        switch question {
        case .equals(let text): unsafe compare(node, text) { unsafe $0.elementsEqual($1) }
        case .hasPrefix(let text): unsafe compare(node, text) { unsafe $0.starts(with: $1) }
        case .hasSuffix(let text):
            unsafe compare(node, text) { unsafe $0.count >= $1.count && $0.suffix($1.count).elementsEqual($1) }
        }
    }

    private func compare(
        _ node: Int,
        _ text: String,
        _ test: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Bool
    ) -> Bool? {
        var text = text
        return text.withUTF8 { other in
            unsafe self.node(node).withStringBytes { unsafe test($0, UnsafeRawBufferPointer(other)) }
        }
    }
}

extension JSONNode {
    /// The value for an expression: small scalars as themselves, all else stays where it is until somebody wants it.
    fileprivate var expressionValue: Value {
        switch kind {
        case .null, .boolean, .number: scalarValue ?? .null
        case .string, .array, .object: .external(ExternalValue(document, node: index))
        }
    }

    /// A scalar; nil for arrays and objects. Numbers without fraction and exponent are ints: who writes `"count": 3` means
    /// three, not nearly three.
    fileprivate var scalarValue: Value? {
        switch kind {
        case .null: .null
        case .boolean: .bool(boolValue ?? false)
        case .number: intValue.map { .int($0) } ?? .double(doubleValue ?? .infinity)
        case .string: stringValue.map { .string($0) }
        case .array, .object: nil
        }
    }
}

// MARK: JSON in templates

extension JSONNode {
    /// Strings as they are, numbers as they were written, objects and arrays as JSON.
    package var renderText: String {
        var octets: [UInt8] = []
        appendText(to: &octets)
        return String(decoding: octets, as: UTF8.self)
    }

    /// Appends the text of ``renderText``, in UTF-8.
    func appendText(to octets: inout [UInt8]) {
        // SAFETY: the octets are copied within the calls.
        switch kind {
        case .null: break
        case .string:
            if let text = unsafe plainText {
                unsafe octets.append(contentsOf: text)
            } else {
                unsafe withStringBytes { unsafe octets.append(contentsOf: $0) }
            }
        case .boolean, .number, .array, .object: unsafe withRawBytes { unsafe octets.append(contentsOf: $0) }
        }
    }
}
