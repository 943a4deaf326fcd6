/// What an expression asks, as far as it is plain comparisons of values at paths with literals.
///
/// Whoever has those values at hand can answer without evaluating the expression, and look each value up once for many expressions.
/// All else is `undecided`, and so are values that a comparison does not fit: only an evaluation tells their error. Parts stand in
/// the order of the source.
package indirect enum Comparisons: Sendable, Equatable {
    case undecided
    case constant(Bool)
    /// The value itself, which has to be a bool.
    case flag(FieldPath)
    case has(FieldPath)
    case equal(Subject, Literal)
    /// Numbers alone.
    case order(Subject, Relation, Literal)
    /// `startsWith`.
    case prefix(FieldPath, String)
    /// `endsWith`.
    case suffix(FieldPath, String)
    case not(Comparisons)
    /// `&&`.
    case all([Comparisons])
    /// `||`.
    case any([Comparisons])

    /// What is compared.
    package enum Subject: Sendable, Hashable {
        case value(FieldPath)
        /// `size(path)`.
        case size(FieldPath)
    }

    package enum Literal: Sendable, Equatable {
        case null
        case bool(Bool)
        case int(Int64)
        case double(Double)
        case string(String)

        /// Nil for a value of another type.
        init?(_ value: Value) {
            switch value {
            case .null: self = .null
            case .bool(let value): self = .bool(value)
            case .int(let value): self = .int(value)
            case .double(let value): self = .double(value)
            case .string(let value): self = .string(value)
            case .uint, .bytes, .list, .map, .timestamp, .duration, .type, .optional, .external, .error: return nil
            }
        }

        var isNumber: Bool {
            switch self {
            case .int, .double: true
            case .null, .bool, .string: false
            }
        }
    }

    package enum Relation: Sendable {
        case less
        case lessOrEqual
        case greater
        case greaterOrEqual
    }
}

/// A variable of the environment and the fields after it.
package struct FieldPath: Sendable, Hashable {
    /// The index in `Environment.variables`.
    package let slot: Int
    package let fields: [String]

    /// The path without its last field.
    package var parent: FieldPath { FieldPath(slot: slot, fields: Array(fields.dropLast())) }

    func appending(_ field: String) -> FieldPath { FieldPath(slot: slot, fields: fields + [field]) }
}

/// What a node says of itself; most are neither a path nor a comparison.
extension Node {
    var path: FieldPath? { nil }
    var comparisons: Comparisons { path.map { .flag($0) } ?? .undecided }

    /// Nil for what is no literal.
    var literal: Comparisons.Literal? { (self as? ConstantNode).flatMap { Comparisons.Literal($0.value) } }

    var subject: Comparisons.Subject? {
        if let path { return .value(path) }
        return (self as? SizeNode)?.measured.map { .size($0) }
    }
}

extension Comparisons {
    /// `left == right`; the literal may be on either side.
    static func equality(_ left: any Node, _ right: any Node, isNegated: Bool) -> Comparisons {
        let equal: Comparisons
        if let subject = left.subject, let literal = right.literal {
            equal = .equal(subject, literal)
        } else if let subject = right.subject, let literal = left.literal {
            equal = .equal(subject, literal)
        } else {
            return .undecided
        }
        return isNegated ? .not(equal) : equal
    }

    /// `left < right` and its like; the literal may be on either side.
    static func order(_ operation: RelationOperator, _ left: any Node, _ right: any Node) -> Comparisons {
        let relation: (written: Relation, turned: Relation)
        switch operation {
        case .less: relation = (.less, .greater)
        case .lessOrEqual: relation = (.lessOrEqual, .greaterOrEqual)
        case .greater: relation = (.greater, .less)
        case .greaterOrEqual: relation = (.greaterOrEqual, .lessOrEqual)
        case .equal, .notEqual, .in: return .undecided
        }
        if let subject = left.subject, let literal = right.literal, literal.isNumber {
            return .order(subject, relation.written, literal)
        }
        if let subject = right.subject, let literal = left.literal, literal.isNumber {
            return .order(subject, relation.turned, literal)
        }
        return .undecided
    }

    /// `element in [literals]`.
    static func membership(_ element: any Node, in container: any Node) -> Comparisons {
        guard let subject = element.subject, let list = container as? ConstantNode, case .list(let values) = list.value
        else { return .undecided }
        let literals = values.compactMap { Literal($0) }
        // Without any, the element is looked at all the same: it may be an error.
        guard literals.count == values.count, !literals.isEmpty else { return .undecided }
        return .any(literals.map { .equal(subject, $0) })
    }
}
