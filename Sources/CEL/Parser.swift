/// Builds the syntax tree of an expression, after the grammar of the CEL specification (langdef, "Syntax").
///
/// Recursion is bounded by `depthMax`, and so is the height of the tree, so that neither this parser nor what walks the
/// tree can run out of stack. Runs of one operator do not nest, however long they are.
struct Parser {
    private let tokens: [Token]
    private let depthMax: Int
    private var position = 0
    private var depth = 0

    private static let reservedWords: Set<String> = [
        "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package",
        "namespace", "return", "var", "void", "while", "in",
    ]
    /// The words that even a field cannot be named without back quotes.
    private static let keywords: Set<String> = ["true", "false", "null", "in"]

    private init(_ tokens: [Token], depthMax: Int) {
        self.tokens = tokens
        self.depthMax = depthMax
    }

    static func parse(_ bytes: [UInt8], depthMax: Int) throws(SyntaxProblem) -> Syntax {
        var parser = Parser(try Lexer.tokens(of: bytes), depthMax: depthMax)
        let syntax = try parser.expression()
        if case .end = parser.current.kind { return syntax }
        throw parser.unexpected("an operator or the end of the expression")
    }

    private var current: Token { tokens[position] }

    /// Where what was read so far ends.
    private var end: Int { position == 0 ? 0 : tokens[position - 1].end }

    private mutating func advance() {
        if position < tokens.count - 1 { position += 1 }
    }

    private mutating func accept(_ symbol: Symbol) -> Bool {
        guard current.isSymbol(symbol) else { return false }
        advance()
        return true
    }

    private mutating func expect(_ symbol: Symbol) throws(SyntaxProblem) {
        if !accept(symbol) { throw unexpected("'\(symbol.rawValue)'") }
    }

    private func unexpected(_ wanted: String) -> SyntaxProblem {
        SyntaxProblem(
            offset: current.offset,
            message: "expected \(wanted), found \(current.name)",
            suggestion: Self.symbol(for: current.name)
        )
    }

    /// What other languages write as a word.
    private static func symbol(for name: String) -> String? {
        switch name.lowercased() {
        case "'and'": "'and' is written '&&'"
        case "'or'": "'or' is written '||'"
        case "'is'", "'equals'": "equality is written '=='"
        default: nil
        }
    }

    /// A node above the given children.
    func node(_ kind: Syntax.Kind, at offset: Int, above children: [Syntax]) throws(SyntaxProblem) -> Syntax {
        let height = 1 + (children.map(\.height).max() ?? 0)
        // A tree is higher than the nesting in the source (a field access in a comparison in a conditional is three
        // levels), hence the factor; evaluation takes one call for each level.
        if height > depthMax * 2 { throw tooDeep(at: offset) }
        let start = children.map(\.range.lowerBound).min() ?? offset
        return Syntax(offset: offset, height: height, range: min(start, offset)..<max(offset, end), kind: kind)
    }

    private func tooDeep(at offset: Int) -> SyntaxProblem {
        SyntaxProblem(offset: offset, message: "the expression nests more than \(depthMax) levels deep")
    }

    // MARK: Operators, from the loosest binding to the tightest

    /// `condition ? then : otherwise`, and all that binds tighter.
    private mutating func expression() throws(SyntaxProblem) -> Syntax {
        depth += 1
        defer { depth -= 1 }
        if depth > depthMax { throw tooDeep(at: current.offset) }
        let condition = try logic(.or)
        let offset = current.offset
        guard accept(.question) else { return condition }
        let then = try logic(.or)
        try expect(.colon)
        let otherwise = try expression()
        return try node(
            .conditional(condition, then, otherwise),
            at: offset,
            above: [condition, then, otherwise]
        )
    }

    private mutating func logic(_ operation: LogicOperator) throws(SyntaxProblem) -> Syntax {
        let offset = current.offset
        let first = operation == .or ? try logic(.and) : try relation()
        let symbol = operation == .or ? Symbol.or : .and
        guard current.isSymbol(symbol) else { return first }
        var operands = [first]
        while accept(symbol) {
            operands.append(operation == .or ? try logic(.and) : try relation())
        }
        return try node(.logic(operation, operands), at: offset, above: operands)
    }

    private mutating func relation() throws(SyntaxProblem) -> Syntax {
        var left = try arithmetic(Self.sums)
        while let operation = relationOperator() {
            let offset = current.offset
            advance()
            let right = try arithmetic(Self.sums)
            left = try node(.relation(operation, left, right), at: offset, above: [left, right])
        }
        return left
    }

    private func relationOperator() -> RelationOperator? {
        switch current.kind {
        case .symbol(.equal): .equal
        case .symbol(.notEqual): .notEqual
        case .symbol(.less): .less
        case .symbol(.lessOrEqual): .lessOrEqual
        case .symbol(.greater): .greater
        case .symbol(.greaterOrEqual): .greaterOrEqual
        case .identifier("in"): .in
        default: nil
        }
    }

    private static let sums: [Symbol: ArithmeticOperator] = [.plus: .add, .minus: .subtract]
    private static let products: [Symbol: ArithmeticOperator] = [
        .times: .multiply, .divide: .divide, .remainder: .remainder,
    ]

    private mutating func arithmetic(_ operators: [Symbol: ArithmeticOperator]) throws(SyntaxProblem) -> Syntax {
        let isSum = operators[.plus] != nil
        let first = isSum ? try arithmetic(Self.products) : try unary()
        var terms: [Syntax.Term] = []
        while case .symbol(let symbol) = current.kind, let operation = operators[symbol] {
            let offset = current.offset
            advance()
            let operand = isSum ? try arithmetic(Self.products) : try unary()
            terms.append(Syntax.Term(operation: operation, offset: offset, operand: operand))
        }
        guard let offset = terms.first?.offset else { return first }
        return try node(.arithmetic(first, terms), at: offset, above: [first] + terms.map(\.operand))
    }

    private mutating func unary() throws(SyntaxProblem) -> Syntax {
        let offset = current.offset
        if current.isSymbol(.not) {
            let count = run(of: .not)
            let operand = try member()
            return try node(.not(operand, count: count), at: offset, above: [operand])
        }
        guard current.isSymbol(.minus) else { return try member() }
        var count = run(of: .minus)
        // The last minus before a number belongs to the number: only so can the least int be written.
        if current.isNumber {
            count -= 1
            position -= 1
        }
        let operand = try member()
        if count == 0 { return operand }
        return try node(.negate(operand, count: count), at: offset, above: [operand])
    }

    private mutating func run(of symbol: Symbol) -> Int {
        var count = 0
        while accept(symbol) { count += 1 }
        return count
    }

    // MARK: Fields, calls and indexes

    private mutating func member() throws(SyntaxProblem) -> Syntax {
        var operand = try primary()
        while true {
            if current.isSymbol(.dot) {
                operand = try selection(of: operand)
            } else if current.isSymbol(.openBracket) {
                operand = try indexing(of: operand)
            } else if current.isSymbol(.openBrace) {
                throw SyntaxProblem(
                    offset: current.offset,
                    message: "messages cannot be constructed here",
                    suggestion: "write a map: {'field': value}"
                )
            } else {
                return operand
            }
        }
    }

    private mutating func selection(of operand: Syntax) throws(SyntaxProblem) -> Syntax {
        advance()
        let presence: Syntax.Presence = accept(.question) ? .optional : .required
        let offset = current.offset
        switch current.kind {
        case .quotedIdentifier(let field):
            advance()
            return try node(.select(operand, field: field, presence), at: offset, above: [operand])
        case .identifier(let name) where !Self.keywords.contains(name):
            advance()
            if presence == .required && accept(.openParenthesis) {
                let arguments = try arguments()
                return try memberCall(name, on: operand, arguments, at: offset)
            }
            return try node(.select(operand, field: name, presence), at: offset, above: [operand])
        default:
            throw unexpected("a field name")
        }
    }

    private mutating func indexing(of operand: Syntax) throws(SyntaxProblem) -> Syntax {
        let offset = current.offset
        advance()
        let presence: Syntax.Presence = accept(.question) ? .optional : .required
        let index = try expression()
        try expect(.closeBracket)
        return try node(.index(operand, index, presence), at: offset, above: [operand, index])
    }

    /// The arguments of a call whose opening parenthesis was read.
    private mutating func arguments() throws(SyntaxProblem) -> [Syntax] {
        if accept(.closeParenthesis) { return [] }
        var arguments = [try expression()]
        while accept(.comma) { arguments.append(try expression()) }
        try expect(.closeParenthesis)
        return arguments
    }

    // MARK: Primary expressions

    private mutating func primary() throws(SyntaxProblem) -> Syntax {
        let token = current
        switch token.kind {
        case .symbol(.minus), .int, .uint, .double:
            return try number()
        case .string(let value):
            return try literal(.string(value))
        case .bytes(let value):
            return try literal(.bytes(value))
        case .symbol(.openParenthesis):
            advance()
            var inner = try expression()
            try expect(.closeParenthesis)
            inner.range = token.offset..<end
            return inner
        case .symbol(.openBracket):
            return try list()
        case .symbol(.openBrace):
            return try map()
        case .symbol(.dot), .identifier:
            return try name()
        case .quotedIdentifier, .symbol, .end:
            throw unexpected("a value")
        }
    }

    private mutating func literal(_ value: Value) throws(SyntaxProblem) -> Syntax {
        let offset = current.offset
        advance()
        return try node(.literal(value), at: offset, above: [])
    }

    /// A number, with the minus that belongs to it.
    private mutating func number() throws(SyntaxProblem) -> Syntax {
        let offset = current.offset
        let isNegative = accept(.minus)
        let value: Value
        switch current.kind {
        case .int(let magnitude):
            guard isNegative || magnitude <= UInt64(Int64.max) else {
                throw SyntaxProblem(offset: offset, message: "number out of range for int")
            }
            value = .int(isNegative ? Int64(truncatingIfNeeded: 0 &- magnitude) : Int64(magnitude))
        case .double(let magnitude):
            value = .double(isNegative ? -magnitude : magnitude)
        case .uint(let magnitude) where !isNegative:
            value = .uint(magnitude)
        default:
            throw SyntaxProblem(offset: offset, message: "a uint cannot be negative")
        }
        advance()
        return try node(.literal(value), at: offset, above: [])
    }

    private mutating func name() throws(SyntaxProblem) -> Syntax {
        let offset = current.offset
        let isAbsolute = accept(.dot)
        guard case .identifier(let text) = current.kind else { throw unexpected("a name") }
        if !isAbsolute {
            switch text {
            case "true": return try literal(.bool(true))
            case "false": return try literal(.bool(false))
            case "null": return try literal(.null)
            default: break
            }
        }
        if Self.reservedWords.contains(text) || Self.keywords.contains(text) {
            throw SyntaxProblem(offset: current.offset, message: "'\(text)' is a reserved word and cannot be a name")
        }
        advance()
        let name = Syntax.Name(text: text, isAbsolute: isAbsolute)
        guard accept(.openParenthesis) else { return try node(.identifier(name), at: offset, above: []) }
        let arguments = try arguments()
        return try call(name, arguments, at: offset)
    }

    private mutating func list() throws(SyntaxProblem) -> Syntax {
        let offset = current.offset
        advance()
        var elements: [Syntax.Element] = []
        while !current.isSymbol(.closeBracket) {
            let presence: Syntax.Presence = accept(.question) ? .optional : .required
            elements.append(Syntax.Element(value: try expression(), presence: presence))
            if !accept(.comma) { break }
        }
        try expect(.closeBracket)
        return try node(.list(elements), at: offset, above: elements.map(\.value))
    }

    private mutating func map() throws(SyntaxProblem) -> Syntax {
        let offset = current.offset
        advance()
        var entries: [Syntax.Entry] = []
        while !current.isSymbol(.closeBrace) {
            let presence: Syntax.Presence = accept(.question) ? .optional : .required
            let key = try expression()
            try expect(.colon)
            entries.append(Syntax.Entry(key: key, value: try expression(), presence: presence))
            if !accept(.comma) { break }
        }
        try expect(.closeBrace)
        return try node(.map(entries), at: offset, above: entries.flatMap { [$0.key, $0.value] })
    }
}

extension Token {
    fileprivate var isNumber: Bool {
        switch kind {
        case .int, .uint, .double: true
        default: false
        }
    }
}
