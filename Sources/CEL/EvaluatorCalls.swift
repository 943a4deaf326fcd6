/// A call of a function with one argument.
final class UnaryCallNode: Node {
    private let argument: any Node
    private let body: Function.Unary
    private let position: SourcePosition

    init(_ body: @escaping Function.Unary, _ argument: any Node, at position: SourcePosition) {
        self.body = body
        self.argument = argument
        self.position = position
    }

    func evaluate(_ frame: inout Frame) -> Value {
        let argument = argument.evaluate(&frame).resolved
        if case .error = argument { return argument }
        return body(argument, &frame).located(at: position)
    }
}

/// `size(value)` and `value.size()`.
final class SizeNode: Node {
    private let value: any Node
    private let position: SourcePosition

    init(_ value: any Node, at position: SourcePosition) {
        self.value = value
        self.position = position
    }

    /// The path of what is measured.
    var measured: FieldPath? { value.path }

    func evaluate(_ frame: inout Frame) -> Value {
        let value = value.evaluate(&frame).resolved
        if case .error = value { return value }
        return Access.size(value, &frame).located(at: position)
    }
}

/// A call of a function with two arguments.
final class BinaryCallNode: Node {
    private let first: any Node
    private let second: any Node
    private let body: Function.Binary
    private let position: SourcePosition

    init(_ body: @escaping Function.Binary, _ first: any Node, _ second: any Node, at position: SourcePosition) {
        self.body = body
        self.first = first
        self.second = second
        self.position = position
    }

    func evaluate(_ frame: inout Frame) -> Value {
        let first = first.evaluate(&frame).resolved
        if case .error = first { return first }
        let second = second.evaluate(&frame).resolved
        if case .error = second { return second }
        return body(first, second, &frame).located(at: position)
    }
}

/// A call of a function with any number of arguments.
final class CallNode: Node {
    private let arguments: [any Node]
    private let body: Function.General
    private let position: SourcePosition

    init(_ body: @escaping Function.General, _ arguments: [any Node], at position: SourcePosition) {
        self.body = body
        self.arguments = arguments
        self.position = position
    }

    func evaluate(_ frame: inout Frame) -> Value {
        var values: [Value] = []
        values.reserveCapacity(arguments.count)
        for argument in arguments {
            let value = argument.evaluate(&frame).resolved
            if case .error = value { return value }
            values.append(value)
        }
        return body(values, &frame).located(at: position)
    }
}

/// `startsWith` and `endsWith` with a literal: asked of an external string where it lies.
final class AffixNode: Node {
    /// Which end of the text is looked at.
    enum End: String {
        case start = "startsWith"
        case end = "endsWith"
    }

    private let text: any Node
    private let affix: String
    private let end: End
    private let question: StringQuestion
    private let position: SourcePosition

    init(_ text: any Node, _ end: End, _ affix: String, at position: SourcePosition) {
        self.text = text
        self.affix = affix
        self.end = end
        question = end == .start ? .hasPrefix(affix) : .hasSuffix(affix)
        self.position = position
    }

    var comparisons: Comparisons {
        text.path.map { end == .start ? .prefix($0, affix) : .suffix($0, affix) } ?? .undecided
    }

    func evaluate(_ frame: inout Frame) -> Value {
        var text = text.evaluate(&frame)
        if case .external(let external) = text {
            if let answer = external.matches(question) { return .bool(answer) }
            text = text.resolved
        }
        guard case .string(let string) = text else {
            return Value.noSuchOverload(end.rawValue, text, .string(affix)).located(at: position)
        }
        return .bool(end == .start ? Text.hasPrefix(string, affix) : Text.hasSuffix(string, affix))
    }
}

/// `optional.or(other)` and `optional.orValue(value)`: the other is evaluated only when it is needed.
final class FallbackNode: Node {
    private let optional: any Node
    private let fallback: any Node
    private let result: Syntax.OptionalResult
    private let position: SourcePosition

    init(
        _ optional: any Node,
        or fallback: any Node,
        _ result: Syntax.OptionalResult,
        at position: SourcePosition
    ) {
        self.optional = optional
        self.fallback = fallback
        self.result = result
        self.position = position
    }

    func evaluate(_ frame: inout Frame) -> Value {
        let name = result == .value ? "orValue" : "or"
        let value = optional.evaluate(&frame)
        guard case .optional(let inner) = value else {
            return Value.noSuchOverload(name, value.resolved).located(at: position)
        }
        if let inner { return result == .value ? inner : value }
        let other = fallback.evaluate(&frame)
        switch (result, other) {
        case (.value, _), (.optional, .optional), (.optional, .error): return other
        case (.optional, _): return Value.noSuchOverload(name, value, other).located(at: position)
        }
    }
}

/// `optional.optMap(variable, body)` and `optFlatMap`.
final class OptionalMapNode: Node {
    private let optional: any Node
    private let body: any Node
    private let local: Int
    private let result: Syntax.OptionalResult
    private let position: SourcePosition

    init(
        _ optional: any Node,
        body: any Node,
        local: Int,
        _ result: Syntax.OptionalResult,
        at position: SourcePosition
    ) {
        self.optional = optional
        self.body = body
        self.local = local
        self.result = result
        self.position = position
    }

    func evaluate(_ frame: inout Frame) -> Value {
        let name = result == .value ? "optMap" : "optFlatMap"
        let value = optional.evaluate(&frame)
        guard case .optional(let inner) = value else {
            return Value.noSuchOverload(name, value.resolved).located(at: position)
        }
        guard let inner else { return value }
        frame.locals[local] = inner
        let mapped = body.evaluate(&frame)
        switch (result, mapped) {
        case (_, .error): return mapped
        case (.value, _): return .optional(mapped)
        case (.optional, .optional): return mapped
        case (.optional, _): return Value.noSuchOverload(name, mapped).located(at: position)
        }
    }
}

/// A call of a function with a regular expression for its second argument, compiled once where it is a literal.
final class MatchingCallNode: Node {
    private let text: any Node
    private let pattern: any Node
    private let rest: [any Node]
    private let compiled: RegularExpression?
    private let body: Function.Matching
    private let position: SourcePosition

    init(
        _ body: @escaping Function.Matching,
        _ arguments: [any Node],
        _ compiled: RegularExpression?,
        at position: SourcePosition
    ) {
        text = arguments[0]
        pattern = arguments[1]
        rest = Array(arguments.dropFirst(2))
        self.compiled = compiled
        self.body = body
        self.position = position
    }

    func evaluate(_ frame: inout Frame) -> Value {
        let text = text.evaluate(&frame).resolved
        if case .error = text { return text }
        let expression: RegularExpression
        if let compiled {
            expression = compiled
        } else {
            let pattern = pattern.evaluate(&frame).resolved
            if case .error = pattern { return pattern }
            guard case .string(let pattern) = pattern else {
                return Value.noSuchOverload("matches", text, pattern).located(at: position)
            }
            switch RegularExpression.compiled(pattern, &frame) {
            case .success(let compiled): expression = compiled
            case .failure(let error): return .error(error.located(at: position))
            }
        }
        var values: [Value] = []
        for argument in rest {
            let value = argument.evaluate(&frame).resolved
            if case .error = value { return value }
            values.append(value)
        }
        return body(text, expression, values, &frame).located(at: position)
    }
}
