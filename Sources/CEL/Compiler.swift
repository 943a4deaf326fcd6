/// Turns a syntax tree into evaluator nodes: names become slots, calls become functions, constant parts become values.
struct Compiler {
    let environment: Environment
    let settings: EvaluationSettings
    private(set) var problems: [CompileError.Problem] = []
    /// The number of local variables that an evaluation needs.
    private(set) var localCount = 0

    private let source: SourceText
    /// The comprehension variables in scope, outermost first; the position of each is its index in the frame.
    private var locals: [String] = []

    init(environment: Environment, source: SourceText) {
        self.environment = environment
        settings = EvaluationSettings(environment)
        self.source = source
    }

    mutating func node(_ syntax: Syntax) -> any Node {
        let position = source.position(at: syntax.offset)
        switch syntax.kind {
        case .literal(let value): return ConstantNode(value)
        case .identifier, .select: return path(syntax)
        case .test(let operand, let field): return TestNode(node(operand), field: field, at: position)
        case .index(let operand, let index, let presence):
            let (operand, index) = (node(operand), node(index))
            return folded(IndexNode(operand, index, presence, at: position), from: [operand, index])
        case .call(let name, let arguments): return call(name, arguments, at: position)
        case .memberCall(let target, let name, let arguments):
            return memberCall(target, name, arguments, at: position)
        case .list(let elements): return list(elements, at: position)
        case .map(let entries): return map(entries)
        case .not(let operand, let count):
            let operand = node(operand)
            return folded(NotNode(operand, count: count, at: position), from: [operand])
        case .negate(let operand, let count):
            let operand = node(operand)
            return folded(NegateNode(operand, count: count, at: position), from: [operand])
        case .logic(let operation, let operands):
            return LogicNode(operation, operands.map { node($0) }, at: position)
        case .arithmetic(let first, let terms): return arithmetic(first, terms)
        case .relation(let operation, let left, let right): return relation(operation, left, right, at: position)
        case .conditional(let condition, let then, let otherwise):
            return ConditionalNode(node(condition), then: node(then), otherwise: node(otherwise), at: position)
        case .comprehension(let comprehension): return self.comprehension(comprehension, at: position)
        case .bind(let variable, let value, let body):
            let value = node(value)
            let (local, bodyNode) = scoped([variable]) { $0.node(body) }
            return BindNode(value, body: bodyNode, local: local)
        case .optionalMap(let target, let variable, let body, let result):
            let target = node(target)
            let (local, bodyNode) = scoped([variable]) { $0.node(body) }
            return OptionalMapNode(target, body: bodyNode, local: local, result, at: position)
        }
    }

    // MARK: Operators and literals

    private mutating func list(_ elements: [Syntax.Element], at position: SourcePosition) -> any Node {
        let nodes = elements.map { ListNode.Element(node: node($0.value), presence: $0.presence) }
        return folded(ListNode(nodes, at: position), from: nodes.map(\.node))
    }

    private mutating func map(_ entries: [Syntax.Entry]) -> any Node {
        let nodes = entries.map { entry in
            MapNode.Entry(
                key: node(entry.key),
                value: node(entry.value),
                presence: entry.presence,
                position: source.position(at: entry.key.offset)
            )
        }
        return folded(MapNode(nodes), from: nodes.flatMap { [$0.key, $0.value] })
    }

    private mutating func arithmetic(_ first: Syntax, _ terms: [Syntax.Term]) -> any Node {
        let firstNode = node(first)
        let nodes = terms.map {
            ArithmeticNode.Term(
                operation: $0.operation,
                operand: node($0.operand),
                position: source.position(at: $0.offset)
            )
        }
        return folded(ArithmeticNode(firstNode, nodes), from: [firstNode] + nodes.map(\.operand))
    }

    private mutating func relation(
        _ operation: RelationOperator,
        _ left: Syntax,
        _ right: Syntax,
        at position: SourcePosition
    ) -> any Node {
        let (left, right) = (node(left), node(right))
        let relation: any Node =
            switch operation {
            case .equal: EqualityNode(left, right, isNegated: false)
            case .notEqual: EqualityNode(left, right, isNegated: true)
            case .in: MembershipNode(left, in: right, at: position)
            case .less, .lessOrEqual, .greater, .greaterOrEqual: OrderNode(operation, left, right, at: position)
            }
        return folded(relation, from: [left, right])
    }

    /// The value of a node whose parts are all constants; the node itself when it has none, so that its error is kept
    /// for evaluation, where `&&` and `||` may absorb it.
    private func folded(_ node: any Node, from parts: [any Node]) -> any Node {
        guard parts.allSatisfy({ $0 is ConstantNode }) else { return node }
        var frame = Frame(bindings: NoBindings(), settings: settings, localCount: 0)
        let value = node.evaluate(&frame)
        return value.isError || frame.isExhausted ? node : ConstantNode(value)
    }

    // MARK: Names

    /// A name with the fields after it.
    ///
    /// The longest part of `a.b.c` that names a variable or type is that; the rest are
    /// fields. A comprehension variable hides all others, unless the name begins with a dot.
    private mutating func path(_ syntax: Syntax) -> any Node {
        guard let path = QualifiedPath(syntax) else {
            guard case .select(let operand, let field, let presence) = syntax.kind else {
                preconditionFailure("a path is a name or a field access")
            }
            return select(node(operand), field, presence, at: syntax.offset)
        }
        let names = path.names.map(\.text)
        if !path.isAbsolute, let local = locals.lastIndex(of: names[0]) {
            return select(LocalNode(index: local), path.names.dropFirst())
        }
        for count in stride(from: names.count, through: 1, by: -1) {
            let name = names.prefix(count).joined(separator: ".")
            guard let found = resolve(name, isAbsolute: path.isAbsolute, at: path.offset) else { continue }
            return select(found, path.names.dropFirst(count))
        }
        return unknownName(path)
    }

    private func resolve(_ name: String, isAbsolute: Bool, at offset: Int) -> (any Node)? {
        let candidates = isAbsolute ? [name] : environment.candidates(for: name)
        for candidate in candidates {
            if let slot = environment.slot(ofVariable: candidate) {
                return VariableNode(slot: slot, name: candidate, at: source.position(at: offset))
            }
            if let type = ValueType(rawValue: candidate), type != .error { return ConstantNode(.type(type)) }
        }
        return nil
    }

    private func select(_ operand: any Node, _ fields: ArraySlice<QualifiedPath.Part>) -> any Node {
        fields.reduce(operand) { select($0, $1.text, .required, at: $1.offset) }
    }

    private func select(
        _ operand: any Node,
        _ field: String,
        _ presence: Syntax.Presence,
        at offset: Int
    ) -> any Node {
        let position = source.position(at: offset)
        return switch presence {
        case .required: folded(SelectNode(operand, field: field, at: position), from: [operand])
        case .optional: folded(OptionalSelectNode(operand, field: field, at: position), from: [operand])
        }
    }

    private mutating func unknownName(_ path: QualifiedPath) -> any Node {
        let name = path.names[0].text
        let known = environment.variables.map(\.name) + locals
        var suggestion = Suggestion.closest(to: name, among: known).map { "did you mean '\($0)'?" }
        if suggestion == nil && !known.isEmpty {
            suggestion = "known names: \(known.sorted().prefix(10).joined(separator: ", "))"
        }
        return unknown("unknown name '\(name)'", suggestion, at: source.position(at: path.offset))
    }

    private mutating func unknown(_ message: String, _ suggestion: String?, at position: SourcePosition) -> any Node {
        if environment.unknownNames == .rejected {
            problems.append(CompileError.Problem(position: position, message: message, suggestion: suggestion))
        }
        return FailureNode(EvaluationError(.unknownName, message, at: position))
    }

    // MARK: Comprehensions

    private mutating func scoped<T>(_ variables: [String], _ body: (inout Compiler) -> T) -> (local: Int, T) {
        let local = locals.count
        locals += variables
        localCount = max(localCount, locals.count)
        defer { locals.removeLast(variables.count) }
        return (local, body(&self))
    }

    private mutating func comprehension(
        _ comprehension: Syntax.Comprehension,
        at position: SourcePosition
    ) -> any Node {
        let range = node(comprehension.range)
        let (local, nodes) = scoped(comprehension.variables) { compiler in
            (filter: comprehension.filter.map { compiler.node($0) }, body: compiler.node(comprehension.body))
        }
        let isFilter = comprehension.kind == .filter
        let parts = ComprehensionParts(
            range: range,
            local: local,
            variableCount: comprehension.variables.count,
            filter: isFilter ? nodes.body : nodes.filter,
            body: nodes.body,
            name: comprehension.name,
            position: position
        )
        return switch comprehension.kind {
        case .all: QuantifierNode(parts, deciding: false)
        case .exists: QuantifierNode(parts, deciding: true)
        case .existsOne: ExistsOneNode(parts)
        case .list: ListComprehensionNode(parts)
        case .filter: FilterNode(parts)
        case .sorted: SortNode(parts)
        case .map, .mapEntries: MapComprehensionNode(parts, kind: comprehension.kind)
        }
    }
}

extension Compiler {
    // MARK: Calls

    private mutating func call(
        _ name: Syntax.Name,
        _ arguments: [Syntax],
        at position: SourcePosition
    ) -> any Node {
        let candidates = name.isAbsolute ? [name.text] : environment.candidates(for: name.text)
        for candidate in candidates where Function.isKnown(candidate, .global) {
            return call(candidate, .global, arguments, at: position)
        }
        // The arguments are compiled all the same: their problems belong to the report.
        _ = arguments.map { node($0) }
        return unknownFunction(name.text, .global, argumentCount: arguments.count, at: position)
    }

    private mutating func memberCall(
        _ target: Syntax,
        _ name: String,
        _ arguments: [Syntax],
        at position: SourcePosition
    ) -> any Node {
        if let namespaced = namespacedFunction(target, name) {
            return call(namespaced, .global, arguments, at: position)
        }
        if arguments.count == 1, name == "or" || name == "orValue" {
            let result: Syntax.OptionalResult = name == "or" ? .optional : .value
            return FallbackNode(node(target), or: node(arguments[0]), result, at: position)
        }
        guard Function.isKnown(name, .member) else {
            let unknown = unknownFunction(name, .member, argumentCount: arguments.count, at: position)
            _ = ([target] + arguments).map { node($0) }
            return unknown
        }
        return call(name, .member, [target] + arguments, at: position)
    }

    /// `math.greatest` and the like: a function whose namespace is written where a target would be.
    private func namespacedFunction(_ target: Syntax, _ name: String) -> String? {
        guard let path = QualifiedPath(target), path.isAbsolute || !locals.contains(path.names[0].text) else {
            return nil
        }
        let written = path.names.map(\.text).joined(separator: ".") + ".\(name)"
        let candidates = path.isAbsolute ? [written] : environment.candidates(for: written)
        return candidates.first { Function.isKnown($0, .global) }
    }

    private mutating func call(
        _ name: String,
        _ style: Function.Style,
        _ syntaxes: [Syntax],
        at position: SourcePosition
    ) -> any Node {
        let arguments = syntaxes.map { node($0) }
        guard let body = Function.body(name, style, argumentCount: arguments.count) else {
            let written = style == .member ? arguments.count - 1 : arguments.count
            let wanted = Function.argumentCounts(name, style).map { style == .member ? $0 - 1 : $0 }
            return wrongCount(name, takes: wanted, found: written, at: position)
        }
        switch body {
        case .unary(let body):
            if name == "size" { return folded(SizeNode(arguments[0], at: position), from: arguments) }
            return folded(UnaryCallNode(body, arguments[0], at: position), from: arguments)
        case .binary(let body):
            if let end = AffixNode.End(rawValue: name), let constant = arguments[1] as? ConstantNode,
                case .string(let affix) = constant.value
            {
                return folded(AffixNode(arguments[0], end, affix, at: position), from: arguments)
            }
            return folded(BinaryCallNode(body, arguments[0], arguments[1], at: position), from: arguments)
        case .general(let body):
            if style == .member, name.hasPrefix("get"), arguments.count == 2 {
                checkZone(arguments[1], at: syntaxes[1].offset)
            }
            return folded(CallNode(body, arguments, at: position), from: arguments)
        case .matching(let body):
            let pattern = literalPattern(arguments[1], at: syntaxes[1].offset)
            return folded(MatchingCallNode(body, arguments, pattern, at: position), from: arguments)
        }
    }

    /// A time zone that is written out has to be a known one.
    private mutating func checkZone(_ argument: any Node, at offset: Int) {
        guard environment.unknownNames == .rejected, let constant = argument as? ConstantNode,
            case .string(let name) = constant.value, TimeReader.fixedOffset(name) == nil,
            environment.timeZoneOffset?(name, 0) == nil
        else { return }
        let message = "unknown time zone '\(name.prefix(40))'"
        problems.append(CompileError.Problem(position: source.position(at: offset), message: message))
    }

    /// The pattern of a literal; nil when only an evaluation knows it, or where what is wrong is left to evaluation.
    private mutating func literalPattern(_ argument: any Node, at offset: Int) -> RegularExpression? {
        guard let constant = argument as? ConstantNode, case .string(let pattern) = constant.value else { return nil }
        do throws(PatternProblem) {
            return try RegularExpression(pattern, .thorough)
        } catch {
            if environment.unknownNames == .rejected {
                let place = source.offset(ofByte: error.offset, of: pattern, inLiteralAt: offset)
                let message = "the pattern is wrong at byte \(error.offset + 1): \(error.message)"
                problems.append(CompileError.Problem(position: source.position(at: place), message: message))
            }
            return nil
        }
    }

    private mutating func wrongCount(
        _ name: String,
        takes wanted: [Int],
        found count: Int,
        at position: SourcePosition
    ) -> any Node {
        let counts = wanted.map(String.init).joined(separator: " or ")
        let noun = wanted == [1] ? "argument" : "arguments"
        return unknown("\(name)() takes \(counts) \(noun), found \(count)", nil, at: position)
    }

    private mutating func unknownFunction(
        _ name: String,
        _ style: Function.Style,
        argumentCount: Int,
        at position: SourcePosition
    ) -> any Node {
        let macros = style == .member ? Parser.memberMacros : Parser.globalMacros
        if let counts = macros[name] {
            return wrongCount(name, takes: counts, found: argumentCount, at: position)
        }
        let other: Function.Style = style == .member ? .global : .member
        var suggestion: String?
        if Function.isKnown(name, other) {
            suggestion = other == .member ? "write it after a value: x.\(name)(…)" : "write it as \(name)(…)"
        } else if let closest = Suggestion.closest(to: name, among: Function.names(style) + macros.keys) {
            suggestion = "did you mean '\(closest)'?"
        }
        return unknown("unknown function '\(name)'", suggestion, at: position)
    }
}

extension Syntax.Comprehension {
    /// The macro's name in error messages.
    fileprivate var name: String {
        switch kind {
        case .all: "all"
        case .exists: "exists"
        case .existsOne: "exists_one"
        case .list: variables.count == 1 ? "map" : "transformList"
        case .filter: "filter"
        case .map: "transformMap"
        case .mapEntries: "transformMapEntry"
        case .sorted: "sortBy"
        }
    }
}

/// A name followed by plain field accesses, which may be the qualified name of a variable, a type or a namespace.
struct QualifiedPath {
    struct Part {
        let text: String
        let offset: Int
    }

    let names: [Part]
    let isAbsolute: Bool
    /// Where the first name stands.
    let offset: Int

    /// Nil for anything but a name with field accesses.
    init?(_ syntax: Syntax) {
        var fields: [Part] = []
        var current = syntax
        while case .select(let operand, let field, .required) = current.kind {
            fields.append(Part(text: field, offset: current.offset))
            current = operand
        }
        guard case .identifier(let name) = current.kind else { return nil }
        names = [Part(text: name.text, offset: current.offset)] + fields.reversed()
        isAbsolute = name.isAbsolute
        offset = current.offset
    }
}
