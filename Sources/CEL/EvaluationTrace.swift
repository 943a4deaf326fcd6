/// Why an expression gave what it gave: the parts that decided, with the values that they saw.
///
/// A second evaluation, part by part, for people who write rules. The parts are compiled from their own text, so that the
/// evaluation of events carries nothing for it.
package struct EvaluationTrace: Sendable {
    /// A part of the expression that decided.
    package struct Finding: Sendable, Hashable {
        /// As it is written, on one line.
        package let expression: String
        package let position: SourcePosition
        /// What it gave, as ``Value/text(lengthMax:)``; of an error, its message.
        package let value: String
        package let isError: Bool
        /// What it looked at.
        package let seen: [Seen]
        /// The element of a list or map that it was evaluated for, such as `item = 3`; nil outside of comprehensions.
        package let element: String?
    }

    /// A part of a finding, and its value.
    package struct Seen: Sendable, Hashable {
        package let expression: String
        package let value: String
    }

    /// Findings are enough then.
    private static let findingsMax = 24
    private static let seenMax = 8
    /// Elements for which it is told why they do not fit.
    private static let elementsMax = 3

    private let source: [UInt8]
    private let text: SourceText
    private let environment: Environment
    private(set) var findings: [Finding] = []

    /// The parts of an expression that decided its value; empty where it does not compile.
    package static func findings(
        of source: String,
        environment: Environment,
        bindings: some Bindings
    ) -> [Finding] {
        var trace = EvaluationTrace(source, environment)
        let limits = environment.limits
        guard let syntax = try? Parser.parse(trace.source, depthMax: limits.nestingDepthMax) else { return [] }
        trace.decide(syntax, Scope(environment: environment, bindings: bindings))
        return trace.findings
    }

    private init(_ source: String, _ environment: Environment) {
        text = SourceText(source)
        self.source = text.bytes
        self.environment = environment
    }

    /// The names that are known at a place, and their values.
    private struct Scope: Bindings {
        private(set) var variables: [Environment.Variable]
        private var values: [Value?]
        private let container: String
        private let limits: Limits
        private let timeZoneOffset: Environment.TimeZoneOffset?
        private(set) var element: String?

        init(environment: Environment, bindings: some Bindings) {
            variables = environment.variables
            values = environment.variables.indices.map { bindings.value(ofVariable: $0) }
            container = environment.container
            limits = environment.limits
            timeZoneOffset = environment.timeZoneOffset
        }

        /// The scope inside, where a name stands for a value.
        func with(_ names: [(String, Value)], isElement: Bool) -> Scope {
            var inner = self
            for (name, value) in names {
                if let slot = inner.variables.firstIndex(where: { $0.name == name }) {
                    inner.variables.remove(at: slot)
                    inner.values.remove(at: slot)
                }
                inner.variables.append(Environment.Variable(name))
                inner.values.append(value)
            }
            if isElement {
                let shown = names.map { "\($0.0) = \($0.1.text(lengthMax: 80))" }
                inner.element = ([element].compactMap { $0 } + shown).joined(separator: ", ")
            }
            return inner
        }

        func value(ofVariable slot: Int) -> Value? { values.indices.contains(slot) ? values[slot] : nil }

        func evaluate(_ source: String) -> Value {
            let environment = Environment(
                variables: variables,
                container: container,
                unknownNames: .evaluatedToError,
                limits: limits,
                timeZoneOffset: timeZoneOffset
            )
            guard let expression = try? Expression(source, environment: environment) else { return .null }
            return expression.evaluate(self)
        }
    }

    private func written(_ syntax: Syntax) -> String { String(decoding: source[syntax.range], as: UTF8.self) }

    private func evaluate(_ syntax: Syntax, _ scope: Scope) -> Value { scope.evaluate(written(syntax)) }

    // MARK: What decided

    private mutating func decide(_ syntax: Syntax, _ scope: Scope) {
        if findings.count >= Self.findingsMax { return }
        switch syntax.kind {
        case .logic(let operation, let operands): decide(operation, operands, scope)
        case .not(let operand, _): decide(operand, scope)
        case .conditional(let condition, let then, let otherwise):
            decide(condition, scope)
            switch evaluate(condition, scope).resolved {
            case .bool(true): decide(then, scope)
            case .bool(false): decide(otherwise, scope)
            default: break
            }
        case .bind(let variable, let value, let body):
            decide(body, scope.with([(variable, evaluate(value, scope))], isElement: false))
        case .comprehension(let comprehension): decide(comprehension, syntax, scope)
        case .literal, .identifier, .select, .test, .index, .call, .memberCall, .list, .map, .negate, .arithmetic,
            .relation, .optionalMap:
            note(syntax, scope)
        }
    }

    private mutating func decide(_ operation: LogicOperator, _ operands: [Syntax], _ scope: Scope) {
        let deciding = operation == .or
        let values = operands.map { evaluate($0, scope).resolved }
        let first = values.firstIndex { value in
            if case .bool(deciding) = value { true } else { false }
        }
        let failed = values.firstIndex { value in
            if case .bool = value { false } else { true }
        }
        if let decisive = first ?? failed { return decide(operands[decisive], scope) }
        for operand in operands { decide(operand, scope) }
    }

    private mutating func decide(_ comprehension: Syntax.Comprehension, _ syntax: Syntax, _ scope: Scope) {
        let deciding: Bool
        switch comprehension.kind {
        case .all: deciding = false
        case .exists: deciding = true
        case .existsOne, .list, .filter, .map, .mapEntries, .sorted: return note(syntax, scope)
        }
        let elements = Self.elements(evaluate(comprehension.range, scope), comprehension.variables)
        let scopes = elements.prefix(1_000).map { scope.with($0, isElement: true) }
        let values = scopes.map { evaluate(comprehension.body, $0).resolved }
        let decisive = values.firstIndex { value in
            if case .bool(deciding) = value { true } else { false }
        }
        if let decisive { return decide(comprehension.body, scopes[decisive]) }
        note(syntax, scope)
        let isBool = values.map { value in
            if case .bool = value { true } else { false }
        }
        let failed = isBool.firstIndex(of: false).map { [$0] }
        for index in failed ?? (deciding ? Array(values.indices.prefix(Self.elementsMax)) : []) {
            decide(comprehension.body, scopes[index])
        }
    }

    /// The values of a macro's variables, for each element of what it goes through.
    private static func elements(_ range: Value, _ names: [String]) -> [[(String, Value)]] {
        switch range.materialised {
        case .list(let elements):
            return elements.enumerated().map { index, element in
                names.count == 1 ? [(names[0], element)] : [(names[0], .int(Int64(index))), (names[1], element)]
            }
        case .map(let map):
            return map.entries.map { entry in
                names.count == 1 ? [(names[0], entry.key)] : [(names[0], entry.key), (names[1], entry.value)]
            }
        default: return []
        }
    }

    // MARK: What it saw

    private mutating func note(_ syntax: Syntax, _ scope: Scope) {
        let value = evaluate(syntax, scope)
        var seen: [Seen] = []
        look(at: syntax, scope, &seen)
        let error = value.evaluationError
        findings.append(
            Finding(
                expression: Self.oneLine(written(syntax)),
                position: text.position(at: syntax.range.lowerBound),
                value: error?.message ?? value.text(),
                isError: error != nil,
                seen: Array(seen.prefix(Self.seenMax)),
                element: scope.element
            )
        )
    }

    private func look(at syntax: Syntax, _ scope: Scope, _ seen: inout [Seen]) {
        for part in syntax.parts where seen.count < Self.seenMax {
            if case .literal = part.kind { continue }
            let expression = Self.oneLine(written(part))
            if seen.contains(where: { $0.expression == expression }) { continue }
            let value = evaluate(part, scope)
            seen.append(
                Seen(
                    expression: expression,
                    value: value.evaluationError.map { "error: \($0.message)" } ?? value.text()
                )
            )
            look(at: part, scope, &seen)
        }
    }

    private static func oneLine(_ text: String) -> String {
        text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}

extension Syntax {
    /// The operands whose values tell why this gave what it gave; none of names and of fields, whose values say it all, and of
    /// what has variables of its own only the value that it goes through.
    fileprivate var parts: [Syntax] {
        switch kind {
        case .literal, .identifier, .select: []
        case .test(let operand, _): [operand]
        case .index(let operand, let index, _): [operand, index]
        case .call(_, let arguments): arguments
        case .memberCall(let target, _, let arguments): (target.isNamespace ? [] : [target]) + arguments
        case .list(let elements): elements.map(\.value)
        case .map(let entries): entries.map(\.value)
        case .not(let operand, _), .negate(let operand, _): [operand]
        case .logic(_, let operands): operands
        case .arithmetic(let first, let terms): [first] + terms.map(\.operand)
        case .relation(_, let left, let right): [left, right]
        case .conditional(let condition, let then, let otherwise): [condition, then, otherwise]
        case .comprehension(let comprehension): [comprehension.range]
        case .bind(_, let value, _): [value]
        case .optionalMap(let target, _, _, _): [target]
        }
    }

    /// Whether this is the first half of a function's name, such as `math`.
    private var isNamespace: Bool {
        guard case .identifier(let name) = kind else { return false }
        return ["math", "strings", "base64", "optional", "lists", "sets", "regex", "cel"].contains(name.text)
    }
}
