/// One word of an expression.
struct Token {
    enum Kind {
        case identifier(String)
        /// A field name in back quotes, allowed only after a dot.
        case quotedIdentifier(String)
        /// The magnitude; a sign is a token of its own, so that the most negative int can be written.
        case int(UInt64)
        case uint(UInt64)
        case double(Double)
        case string(String)
        case bytes([UInt8])
        case symbol(Symbol)
        case end
    }

    let kind: Kind
    /// UTF-8 bytes from the start of the source.
    let offset: Int
    /// Where the next byte after it is.
    let end: Int

    func isSymbol(_ symbol: Symbol) -> Bool {
        if case .symbol(symbol) = kind { return true }
        return false
    }

    /// How an error message names this token.
    var name: String {
        switch kind {
        case .identifier(let name): "'\(name)'"
        case .quotedIdentifier(let name): "'`\(name)`'"
        case .int, .uint, .double: "a number"
        case .string: "a string"
        case .bytes: "a bytes literal"
        case .symbol(let symbol): "'\(symbol.rawValue)'"
        case .end: "the end of the expression"
        }
    }
}

/// Operators and punctuation.
///
/// Longer ones stand before their beginnings, so that the first match is the longest.
enum Symbol: String, CaseIterable {
    case and = "&&"
    case or = "||"
    case equal = "=="
    case notEqual = "!="
    case lessOrEqual = "<="
    case greaterOrEqual = ">="
    case less = "<"
    case greater = ">"
    case not = "!"
    case plus = "+"
    case minus = "-"
    case times = "*"
    case divide = "/"
    case remainder = "%"
    case question = "?"
    case colon = ":"
    case comma = ","
    case dot = "."
    case openParenthesis = "("
    case closeParenthesis = ")"
    case openBracket = "["
    case closeBracket = "]"
    case openBrace = "{"
    case closeBrace = "}"
}

/// A problem found while reading; the place becomes a line and column where the source is known.
struct SyntaxProblem: Error {
    let offset: Int
    let message: String
    var suggestion: String?
}
