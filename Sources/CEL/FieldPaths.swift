/// Collects what an expression reads from the environment's variables.
struct FieldPaths {
    private let environment: Environment
    private var locals: [String] = []
    private var paths: Set<String> = []

    static func paths(in syntax: Syntax, environment: Environment) -> [String] {
        var collector = FieldPaths(environment: environment)
        collector.visit(syntax)
        return collector.paths.sorted()
    }

    private init(environment: Environment) { self.environment = environment }

    private mutating func visit(_ syntax: Syntax) {
        switch syntax.kind {
        case .literal: return
        case .identifier, .select, .test: visitPath(syntax)
        case .index(let operand, let index, _):
            if path(of: syntax) == nil { visit(operand) }
            visitPath(syntax)
            visit(index)
        case .call(_, let arguments): arguments.forEach { visit($0) }
        case .memberCall(let target, _, let arguments): ([target] + arguments).forEach { visit($0) }
        case .list(let elements): elements.forEach { visit($0.value) }
        case .map(let entries):
            entries.forEach {
                visit($0.key); visit($0.value)
            }
        case .not(let operand, _), .negate(let operand, _): visit(operand)
        case .logic(_, let operands): operands.forEach { visit($0) }
        case .arithmetic(let first, let terms): ([first] + terms.map(\.operand)).forEach { visit($0) }
        case .relation(_, let left, let right): [left, right].forEach { visit($0) }
        case .conditional(let condition, let then, let otherwise):
            [condition, then, otherwise].forEach { visit($0) }
        case .comprehension(let comprehension):
            visit(comprehension.range)
            let bodies = [comprehension.filter, comprehension.body].compactMap { $0 }
            scoped(comprehension.variables, bodies)
        case .bind(let variable, let value, let body):
            visit(value)
            scoped([variable], [body])
        case .optionalMap(let target, let variable, let body, _):
            visit(target)
            scoped([variable], [body])
        }
    }

    private mutating func scoped(_ variables: [String], _ bodies: [Syntax]) {
        locals += variables
        bodies.forEach { visit($0) }
        locals.removeLast(variables.count)
    }

    private mutating func visitPath(_ syntax: Syntax) {
        if let path = path(of: syntax) {
            paths.insert(path)
            return
        }
        switch syntax.kind {
        case .select(let operand, _, _), .test(let operand, _): visit(operand)
        default: return
        }
    }

    /// The path of a variable with the fields after it, named as `.field` or `["field"]`; nil for anything else.
    private func path(of syntax: Syntax) -> String? {
        if let qualified = QualifiedPath(syntax) {
            if !qualified.isAbsolute && locals.contains(qualified.names[0].text) { return nil }
            let names = qualified.names.map(\.text)
            for count in stride(from: names.count, through: 1, by: -1) {
                let name = names.prefix(count).joined(separator: ".")
                let candidates = qualified.isAbsolute ? [name] : environment.candidates(for: name)
                guard let variable = candidates.first(where: { environment.slot(ofVariable: $0) != nil }) else {
                    continue
                }
                return ([variable] + names.dropFirst(count)).joined(separator: ".")
            }
            return nil
        }
        switch syntax.kind {
        case .select(let operand, let field, _), .test(let operand, let field):
            return path(of: operand).map { "\($0).\(field)" }
        case .index(let operand, let index, _):
            guard case .literal(.string(let field)) = index.kind else { return nil }
            return path(of: operand).map { "\($0).\(field)" }
        default:
            return nil
        }
    }
}
