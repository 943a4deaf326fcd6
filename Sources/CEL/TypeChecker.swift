/// Finds what can be known about types without a value, and the operators whose operands can never fit.
///
/// The language is dynamic here: fields of events have any type. Only literals, operators and conversions are certain, and
/// only what is certain is a problem.
struct TypeChecker {
    private(set) var problems: [CompileError.Problem] = []
    private let environment: Environment
    private let source: SourceText
    private var locals: [String] = []

    private static let ordered: Set<ValueType> = [
        .bool, .int, .uint, .double, .string, .bytes, .timestamp, .duration,
    ]
    private static let numbers: Set<ValueType> = [.int, .uint, .double]
    init(environment: Environment, source: SourceText) {
        self.environment = environment
        self.source = source
    }

    /// The type of every value of this expression, or nil when it depends on the values.
    mutating func type(of syntax: Syntax) -> ValueType? {
        switch syntax.kind {
        case .literal(let value): return value.type
        case .identifier, .select: return pathType(syntax)
        case .test(let operand, _):
            _ = type(of: operand)
            return .bool
        case .index(let operand, let index, _):
            visit([operand, index])
            return nil
        case .call(let name, let arguments):
            let candidates = name.isAbsolute ? [name.text] : environment.candidates(for: name.text)
            return call(candidates, .global, arguments, at: syntax.offset)
        case .memberCall(let target, let name, let arguments):
            if let namespaced = namespacedFunction(target, name) {
                return call([namespaced], .global, arguments, at: syntax.offset)
            }
            return call([name], .member, [target] + arguments, at: syntax.offset)
        case .list(let elements):
            visit(elements.map(\.value))
            return .list
        case .map(let entries):
            visit(entries.flatMap { [$0.key, $0.value] })
            return .map
        case .not(let operand, _):
            require(.bool, operand, of: "!")
            return .bool
        case .negate(let operand, _):
            let type = type(of: operand)
            if let type, type != .int && type != .double { misfit("-", [type], at: syntax.offset) }
            return type
        case .logic(let operation, let operands):
            operands.forEach { require(.bool, $0, of: operation == .and ? "&&" : "||") }
            return .bool
        case .arithmetic(let first, let terms): return arithmetic(first, terms)
        case .relation(let operation, let left, let right):
            relation(operation, left, right, at: syntax.offset)
            return .bool
        case .conditional(let condition, let then, let otherwise):
            require(.bool, condition, of: "?:")
            let types = [type(of: then), type(of: otherwise)]
            return types[0] == types[1] ? types[0] : nil
        case .comprehension(let comprehension): return type(of: comprehension)
        case .bind(let variable, let value, let body):
            _ = type(of: value)
            return scoped([variable], [body])
        case .optionalMap(let target, let variable, let body, _):
            _ = type(of: target)
            _ = scoped([variable], [body])
            return .optional
        }
    }

    /// The type that a call gives; a problem when no way of calling the function takes these types.
    private mutating func call(
        _ candidates: [String],
        _ style: Function.Style,
        _ arguments: [Syntax],
        at offset: Int
    ) -> ValueType? {
        let types = arguments.map { type(of: $0) }
        guard let name = candidates.first(where: { Function.isKnown($0, style) }),
            Function.body(name, style, argumentCount: arguments.count) != nil,
            let signatures = Function.signatures(name, style)
        else { return nil }
        let fitting = signatures.filter { $0.takes(types) }
        if fitting.isEmpty {
            let found = types.map { $0?.rawValue ?? "any value" }.joined(separator: " and ")
            problem("\(name)() does not take \(found)", at: offset)
        }
        let results = Set(fitting.map(\.result))
        return results.count == 1 ? results.first ?? nil : nil
    }

    /// The function whose namespace is written where a target would be, such as `math.abs`.
    private func namespacedFunction(_ target: Syntax, _ name: String) -> String? {
        guard let path = QualifiedPath(target), path.isAbsolute || !locals.contains(path.names[0].text) else {
            return nil
        }
        let written = path.names.map(\.text).joined(separator: ".") + ".\(name)"
        let candidates = path.isAbsolute ? [written] : environment.candidates(for: written)
        return candidates.first { Function.isKnown($0, .global) }
    }

    private mutating func visit(_ parts: [Syntax]) {
        for part in parts { _ = type(of: part) }
    }

    /// The type of the last of some parts under these variables.
    private mutating func scoped(_ variables: [String], _ parts: [Syntax]) -> ValueType? {
        locals += variables
        defer { locals.removeLast(variables.count) }
        return parts.map { type(of: $0) }.last ?? nil
    }

    private mutating func type(of comprehension: Syntax.Comprehension) -> ValueType? {
        let range = type(of: comprehension.range)
        if let range, range != .list && range != .map {
            problem("a value of type \(range.rawValue) has no elements", at: comprehension.range.offset)
        }
        _ = scoped(comprehension.variables, [comprehension.filter, comprehension.body].compactMap { $0 })
        return switch comprehension.kind {
        case .all, .exists, .existsOne: .bool
        case .list, .filter, .sorted: .list
        case .map, .mapEntries: .map
        }
    }

    private mutating func pathType(_ syntax: Syntax) -> ValueType? {
        if case .select(let operand, let field, _) = syntax.kind {
            if QualifiedPath(syntax).flatMap(variableType) != nil { return QualifiedPath(syntax).flatMap(variableType) }
            if let type = type(of: operand), type != .map && type != .optional {
                problem("a value of type \(type.rawValue) has no field '\(field)'", at: syntax.offset)
            }
            return nil
        }
        return QualifiedPath(syntax).flatMap(variableType)
    }

    /// The declared type of the variable that a whole path names.
    private func variableType(_ path: QualifiedPath) -> ValueType? {
        if !path.isAbsolute && locals.contains(path.names[0].text) { return nil }
        let name = path.names.map(\.text).joined(separator: ".")
        let candidates = path.isAbsolute ? [name] : environment.candidates(for: name)
        let slot = candidates.lazy.compactMap { environment.slot(ofVariable: $0) }.first
        return slot.flatMap { environment.variables[$0].type }
    }

    private mutating func arithmetic(_ first: Syntax, _ terms: [Syntax.Term]) -> ValueType? {
        var left = type(of: first)
        for term in terms {
            let right = type(of: term.operand)
            if let known = left, let right {
                guard let result = Self.result(of: term.operation, known, right) else {
                    misfit(term.operation.rawValue, [known, right], at: term.offset)
                    return nil
                }
                left = result
            } else {
                left = nil
            }
        }
        return left
    }

    /// The type of a result, or nil when the operator does not take these types.
    private static func result(
        of operation: ArithmeticOperator,
        _ left: ValueType,
        _ right: ValueType
    ) -> ValueType? {
        switch (left, operation, right) {
        case (.timestamp, .subtract, .timestamp): .duration
        case (.timestamp, .add, .duration), (.timestamp, .subtract, .duration), (.duration, .add, .timestamp):
            .timestamp
        case (.duration, .add, .duration), (.duration, .subtract, .duration): .duration
        case (.string, .add, .string), (.bytes, .add, .bytes), (.list, .add, .list): left
        case (.double, .remainder, .double): nil
        default: left == right && numbers.contains(left) ? left : nil
        }
    }

    private mutating func relation(
        _ operation: RelationOperator,
        _ left: Syntax,
        _ right: Syntax,
        at offset: Int
    ) {
        let types = [type(of: left), type(of: right)]
        switch operation {
        case .equal, .notEqual: return
        case .in:
            if let container = types[1], container != .list && container != .map {
                problem("'in' needs a list or map on its right, found \(container.rawValue)", at: offset)
            }
        case .less, .lessOrEqual, .greater, .greaterOrEqual:
            if let misfit = types.compactMap({ $0 }).first(where: { !Self.ordered.contains($0) }) {
                problem("values of type \(misfit.rawValue) have no order", at: offset)
            } else if let left = types[0], let right = types[1], left != right,
                !(Self.numbers.contains(left) && Self.numbers.contains(right))
            {
                misfit(operation.rawValue, [left, right], at: offset)
            }
        }
    }

    private mutating func require(_ wanted: ValueType, _ operand: Syntax, of name: String) {
        guard let type = type(of: operand), type != wanted else { return }
        problem("'\(name)' needs a \(wanted.rawValue), found \(type.rawValue)", at: operand.offset)
    }

    private mutating func misfit(_ name: String, _ types: [ValueType], at offset: Int) {
        problem("'\(name)' does not take \(types.map(\.rawValue).joined(separator: " and "))", at: offset)
    }

    private mutating func problem(_ message: String, at offset: Int) {
        problems.append(CompileError.Problem(position: source.position(at: offset), message: message))
    }
}
