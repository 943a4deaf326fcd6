/// `&&` and `||` over any number of operands: the deciding value (false for and, true for or) wins over errors, whichever
/// side it is on; only without it is the first error the result.
final class LogicNode: Node {
    private let operands: [any Node]
    private let deciding: Bool
    private let name: String
    private let position: SourcePosition

    init(_ operation: LogicOperator, _ operands: [any Node], at position: SourcePosition) {
        self.operands = operands
        deciding = operation == .or
        name = operation == .or ? "||" : "&&"
        self.position = position
    }

    var comparisons: Comparisons {
        let parts = operands.map(\.comparisons)
        return deciding ? .any(parts) : .all(parts)
    }

    func evaluate(_ frame: inout Frame) -> Value {
        var failure: Value?
        for operand in operands {
            switch operand.evaluate(&frame).resolved {
            case .bool(deciding): return .bool(deciding)
            case .bool: continue
            case let other: if failure == nil { failure = Value.noSuchOverload(name, other).located(at: position) }
            }
        }
        return failure ?? .bool(!deciding)
    }
}

/// A run of `!`.
final class NotNode: Node {
    private let operand: any Node
    private let isOdd: Bool
    private let position: SourcePosition

    init(_ operand: any Node, count: Int, at position: SourcePosition) {
        self.operand = operand
        isOdd = count % 2 == 1
        self.position = position
    }

    var comparisons: Comparisons { isOdd ? .not(operand.comparisons) : operand.comparisons }

    func evaluate(_ frame: inout Frame) -> Value {
        let value = operand.evaluate(&frame).resolved
        guard case .bool(let bool) = value else { return Value.noSuchOverload("!", value).located(at: position) }
        return .bool(bool != isOdd)
    }
}

/// A run of unary `-`.
final class NegateNode: Node {
    private let operand: any Node
    private let isOdd: Bool
    private let position: SourcePosition

    init(_ operand: any Node, count: Int, at position: SourcePosition) {
        self.operand = operand
        isOdd = count % 2 == 1
        self.position = position
    }

    func evaluate(_ frame: inout Frame) -> Value {
        let value = operand.evaluate(&frame).resolved
        // Also an even run fails for what cannot be negated, as its first minus would.
        let negated = Arithmetic.negated(value)
        return isOdd || negated.isError ? negated.located(at: position) : value
    }
}

final class ConditionalNode: Node {
    private let condition: any Node
    private let then: any Node
    private let otherwise: any Node
    private let position: SourcePosition

    init(_ condition: any Node, then: any Node, otherwise: any Node, at position: SourcePosition) {
        self.condition = condition
        self.then = then
        self.otherwise = otherwise
        self.position = position
    }

    func evaluate(_ frame: inout Frame) -> Value {
        switch condition.evaluate(&frame).resolved {
        case .bool(true): then.evaluate(&frame)
        case .bool(false): otherwise.evaluate(&frame)
        case let other: Value.noSuchOverload("?:", other).located(at: position)
        }
    }
}

/// A run of arithmetic operators of one precedence, from the left.
final class ArithmeticNode: Node {
    struct Term {
        let operation: ArithmeticOperator
        let operand: any Node
        let position: SourcePosition
    }

    private let first: any Node
    private let terms: [Term]

    init(_ first: any Node, _ terms: [Term]) {
        self.first = first
        self.terms = terms
    }

    func evaluate(_ frame: inout Frame) -> Value {
        var result = first.evaluate(&frame).resolved
        for term in terms {
            if case .error = result { return result }
            let operand = term.operand.evaluate(&frame).resolved
            result = Arithmetic.apply(term.operation, result, operand, &frame).located(at: term.position)
        }
        return result
    }
}

/// `<`, `<=`, `>` and `>=`.
final class OrderNode: Node {
    private let left: any Node
    private let right: any Node
    private let operation: RelationOperator
    private let position: SourcePosition

    init(_ operation: RelationOperator, _ left: any Node, _ right: any Node, at position: SourcePosition) {
        self.operation = operation
        self.left = left
        self.right = right
        self.position = position
    }

    var comparisons: Comparisons { .order(operation, left, right) }

    func evaluate(_ frame: inout Frame) -> Value {
        let left = left.evaluate(&frame).resolved
        let right = right.evaluate(&frame).resolved
        guard let order = Comparison.order(left, right) else {
            return Value.noSuchOverload(operation.rawValue, left, right).located(at: position)
        }
        switch operation {
        case .less: return .bool(order == .less)
        case .lessOrEqual: return .bool(order == .less || order == .equal)
        case .greater: return .bool(order == .greater)
        case .greaterOrEqual: return .bool(order == .greater || order == .equal)
        case .equal, .notEqual, .in: preconditionFailure("the compiler gives these operators nodes of their own")
        }
    }
}

/// `==` and `!=`.
final class EqualityNode: Node {
    private let left: any Node
    private let right: any Node
    private let isNegated: Bool

    init(_ left: any Node, _ right: any Node, isNegated: Bool) {
        self.left = left
        self.right = right
        self.isNegated = isNegated
    }

    var comparisons: Comparisons { .equality(left, right, isNegated: isNegated) }

    func evaluate(_ frame: inout Frame) -> Value {
        let left = left.evaluate(&frame)
        let right = right.evaluate(&frame)
        if case .error = left { return left }
        if case .error = right { return right }
        if case .external(let external) = left, case .string(let text) = right,
            let answer = external.matches(.equals(text))
        {
            return .bool(answer != isNegated)
        }
        return .bool(Comparison.areEqual(left, right, &frame) != isNegated)
    }
}

/// The operator `in`.
final class MembershipNode: Node {
    private let element: any Node
    private let container: any Node
    private let position: SourcePosition

    init(_ element: any Node, in container: any Node, at position: SourcePosition) {
        self.element = element
        self.container = container
        self.position = position
    }

    var comparisons: Comparisons { .membership(element, in: container) }

    func evaluate(_ frame: inout Frame) -> Value {
        let element = element.evaluate(&frame).resolved
        if case .error = element { return element }
        let container = container.evaluate(&frame)
        return Access.contains(element, in: container, &frame).located(at: position)
    }
}
