/// The macros: calls whose arguments are not values but names and expressions to be evaluated once per element.
///
/// A call with a macro's name but another number of arguments is an ordinary call, which the checker then judges.
extension Parser {
    /// How many arguments the macros take that are written after a value, and the lazy methods of optionals.
    static let memberMacros: [String: [Int]] = [
        "all": [2, 3], "exists": [2, 3], "exists_one": [2, 3], "existsOne": [2, 3], "map": [2, 3], "filter": [2],
        "sortBy": [2], "transformList": [3, 4], "transformMap": [3, 4], "transformMapEntry": [3, 4], "optMap": [2],
        "optFlatMap": [2], "or": [1], "orValue": [1], "bind": [3],
    ]
    /// The same for those that are written like a function.
    static let globalMacros: [String: [Int]] = ["has": [1]]

    func call(_ name: Syntax.Name, _ arguments: [Syntax], at offset: Int) throws(SyntaxProblem) -> Syntax {
        if name.text == "has" && arguments.count == 1 {
            guard case .select(let operand, let field, .required) = arguments[0].kind else {
                throw SyntaxProblem(
                    offset: arguments[0].offset,
                    message: "has() takes a field access",
                    suggestion: "such as has(data.total)"
                )
            }
            return try node(.test(operand, field: field), at: offset, above: [operand])
        }
        return try node(.call(name, arguments), at: offset, above: arguments)
    }

    func memberCall(
        _ name: String,
        on target: Syntax,
        _ arguments: [Syntax],
        at offset: Int
    ) throws(SyntaxProblem) -> Syntax {
        if let comprehension = try comprehension(name, over: target, arguments) {
            let parts = [comprehension.range, comprehension.body] + (comprehension.filter.map { [$0] } ?? [])
            return try node(.comprehension(comprehension), at: offset, above: parts)
        }
        if name == "bind", arguments.count == 3, case .identifier(let namespace) = target.kind, namespace.text == "cel"
        {
            let variable = try variable(arguments[0])
            return try node(
                .bind(variable: variable, arguments[1], body: arguments[2]),
                at: offset,
                above: arguments
            )
        }
        if name == "optMap" || name == "optFlatMap", arguments.count == 2 {
            let variable = try variable(arguments[0])
            return try node(
                .optionalMap(target, variable: variable, body: arguments[1], name == "optMap" ? .value : .optional),
                at: offset,
                above: [target, arguments[1]]
            )
        }
        return try node(.memberCall(target, name, arguments), at: offset, above: [target] + arguments)
    }

    private func comprehension(
        _ name: String,
        over range: Syntax,
        _ arguments: [Syntax]
    ) throws(SyntaxProblem) -> Syntax.Comprehension? {
        guard let shape = Self.shape(of: name, argumentCount: arguments.count) else { return nil }
        var variables: [String] = []
        for argument in arguments.prefix(shape.variableCount) { variables.append(try variable(argument)) }
        if Set(variables).count < variables.count {
            throw SyntaxProblem(offset: arguments[1].offset, message: "the two variables need different names")
        }
        let rest = Array(arguments.dropFirst(shape.variableCount))
        let body = rest[rest.count - 1]
        let filter = rest.count == 2 ? rest[0] : nil
        return Syntax.Comprehension(
            kind: shape.kind,
            range: range,
            variables: variables,
            filter: filter,
            body: body
        )
    }

    /// What a macro makes and how many variables its first arguments name.
    private struct Shape {
        let kind: ComprehensionKind
        let variableCount: Int
    }

    /// The shape of a macro by its name and number of arguments, as the standard macros, the two-variable macros
    /// (cel-spec extension "comprehensions v2") and their older spellings have it.
    private static func shape(of name: String, argumentCount: Int) -> Shape? {
        switch (name, argumentCount) {
        case ("all", 2), ("all", 3): Shape(kind: .all, variableCount: argumentCount - 1)
        case ("exists", 2), ("exists", 3): Shape(kind: .exists, variableCount: argumentCount - 1)
        case ("exists_one", 2), ("existsOne", 2), ("exists_one", 3), ("existsOne", 3):
            Shape(kind: .existsOne, variableCount: argumentCount - 1)
        case ("map", 2), ("map", 3): Shape(kind: .list, variableCount: 1)
        case ("filter", 2): Shape(kind: .filter, variableCount: 1)
        case ("transformList", 3), ("transformList", 4): Shape(kind: .list, variableCount: 2)
        case ("transformMap", 3), ("transformMap", 4): Shape(kind: .map, variableCount: 2)
        case ("sortBy", 2): Shape(kind: .sorted, variableCount: 1)
        case ("transformMapEntry", 3), ("transformMapEntry", 4): Shape(kind: .mapEntries, variableCount: 2)
        default: nil
        }
    }

    private func variable(_ argument: Syntax) throws(SyntaxProblem) -> String {
        if case .identifier(let name) = argument.kind, !name.isAbsolute { return name.text }
        throw SyntaxProblem(offset: argument.offset, message: "a variable name is expected here")
    }
}
