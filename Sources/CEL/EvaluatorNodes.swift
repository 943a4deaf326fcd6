/// One step of a compiled expression.
///
/// Nodes are immutable and shared by every thread that evaluates.
protocol Node: AnyObject, Sendable {
    func evaluate(_ frame: inout Frame) -> Value

    /// The path that the node is; nil for anything else.
    var path: FieldPath? { get }
    /// What the node asks, as far as it is plain comparisons.
    var comparisons: Comparisons { get }
}

final class ConstantNode: Node {
    let value: Value

    init(_ value: Value) { self.value = value }

    var comparisons: Comparisons {
        if case .bool(let value) = value { return .constant(value) }
        return .undecided
    }

    func evaluate(_ frame: inout Frame) -> Value { value }
}

/// A variable of the environment.
final class VariableNode: Node {
    private let slot: Int
    private let name: String
    private let position: SourcePosition

    init(slot: Int, name: String, at position: SourcePosition) {
        self.slot = slot
        self.name = name
        self.position = position
    }

    var path: FieldPath? { FieldPath(slot: slot, fields: []) }

    func evaluate(_ frame: inout Frame) -> Value {
        if let value = frame.bindings.value(ofVariable: slot) { return value }
        return .error(EvaluationError(.unboundVariable, "variable \(name) has no value", at: position))
    }
}

/// A variable of a comprehension or of `cel.bind`.
final class LocalNode: Node {
    private let index: Int

    init(index: Int) { self.index = index }

    func evaluate(_ frame: inout Frame) -> Value { frame.locals[index] }
}

final class SelectNode: Node {
    private let operand: any Node
    private let field: String
    private let position: SourcePosition

    init(_ operand: any Node, field: String, at position: SourcePosition) {
        self.operand = operand
        self.field = field
        self.position = position
    }

    var path: FieldPath? { operand.path?.appending(field) }

    func evaluate(_ frame: inout Frame) -> Value {
        let target = operand.evaluate(&frame)
        if case .optional = target { return Access.optionalMember(field, of: target).located(at: position) }
        return Access.member(field, of: target, at: position)
    }
}

final class OptionalSelectNode: Node {
    private let operand: any Node
    private let field: String
    private let position: SourcePosition

    init(_ operand: any Node, field: String, at position: SourcePosition) {
        self.operand = operand
        self.field = field
        self.position = position
    }

    func evaluate(_ frame: inout Frame) -> Value {
        Access.optionalMember(field, of: operand.evaluate(&frame)).located(at: position)
    }
}

/// The macro `has(operand.field)`.
final class TestNode: Node {
    private let operand: any Node
    private let field: String
    private let position: SourcePosition

    init(_ operand: any Node, field: String, at position: SourcePosition) {
        self.operand = operand
        self.field = field
        self.position = position
    }

    var comparisons: Comparisons { operand.path.map { .has($0.appending(field)) } ?? .undecided }

    func evaluate(_ frame: inout Frame) -> Value {
        Access.has(field, in: operand.evaluate(&frame)).located(at: position)
    }
}

final class IndexNode: Node {
    private let operand: any Node
    private let index: any Node
    private let presence: Syntax.Presence
    private let position: SourcePosition

    init(_ operand: any Node, _ index: any Node, _ presence: Syntax.Presence, at position: SourcePosition) {
        self.operand = operand
        self.index = index
        self.presence = presence
        self.position = position
    }

    /// A name in brackets reads what it reads behind a dot.
    var path: FieldPath? {
        guard presence == .required, case .string(let field) = index.literal else { return nil }
        return operand.path?.appending(field)
    }

    func evaluate(_ frame: inout Frame) -> Value {
        let target = operand.evaluate(&frame)
        let index = index.evaluate(&frame).resolved
        switch (presence, target) {
        case (.optional, _), (.required, .optional):
            return Access.optionalElement(index, of: target).located(at: position)
        case (.required, _):
            return Access.element(index, of: target).located(at: position)
        }
    }
}

final class ListNode: Node {
    /// An element, and whether it is an optional that is left out when absent.
    struct Element {
        let node: any Node
        let presence: Syntax.Presence
    }

    private let elements: [Element]
    private let position: SourcePosition

    init(_ elements: [Element], at position: SourcePosition) {
        self.elements = elements
        self.position = position
    }

    func evaluate(_ frame: inout Frame) -> Value {
        if let refusal = frame.refusal(ofElements: elements.count) { return refusal.located(at: position) }
        var values: [Value] = []
        values.reserveCapacity(elements.count)
        for element in elements {
            let value = element.node.evaluate(&frame)
            switch (value, element.presence) {
            case (.error, _): return value
            case (_, .required): values.append(value)
            case (.optional(.some(let inner)), .optional): values.append(inner)
            case (.optional(.none), .optional): continue
            case (_, .optional): return Value.noSuchOverload("[?]", value).located(at: position)
            }
        }
        return .list(values)
    }
}

final class MapNode: Node {
    struct Entry {
        let key: any Node
        let value: any Node
        let presence: Syntax.Presence
        let position: SourcePosition
    }

    private let entries: [Entry]

    init(_ entries: [Entry]) { self.entries = entries }

    func evaluate(_ frame: inout Frame) -> Value {
        var map = MapValue()
        for entry in entries {
            if let refusal = frame.refusal(ofElements: map.count + 1) { return refusal.located(at: entry.position) }
            let key = entry.key.evaluate(&frame).resolved
            if case .error = key { return key }
            var value = entry.value.evaluate(&frame)
            if case .error = value { return value }
            if entry.presence == .optional {
                guard case .optional(let inner) = value else {
                    return Value.noSuchOverload("{?}", value).located(at: entry.position)
                }
                guard let inner else { continue }
                value = inner
            }
            if let failure = map.insertion(of: key, value) { return failure.located(at: entry.position) }
        }
        return .map(map)
    }
}

extension MapValue {
    /// Adds an entry; the error when the key is repeated or cannot be one.
    mutating func insertion(of key: Value, _ value: Value) -> Value? {
        switch insert(Entry(key: key, value: value)) {
        case .inserted: nil
        case .repeatedKey: .failure(.duplicateKey, "a key of this map is repeated")
        case .unusableKey: .failure(.noSuchOverload, "a value of type \(key.type.rawValue) cannot be a map key")
        }
    }
}

/// A name or function that is unknown, in an environment that defers this to evaluation.
final class FailureNode: Node {
    private let error: EvaluationError

    init(_ error: EvaluationError) { self.error = error }

    func evaluate(_ frame: inout Frame) -> Value { .error(error) }
}
