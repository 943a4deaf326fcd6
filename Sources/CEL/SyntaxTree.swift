/// One node of a parsed expression.
struct Syntax {
    /// UTF-8 bytes from the start of the source to what an error about this node points at.
    let offset: Int
    /// Levels of nodes below and including this one; bounded, because each level costs stack.
    let height: Int
    /// UTF-8 bytes of the source, parentheses around it included.
    var range: Range<Int>
    let kind: Kind

    indirect enum Kind {
        case literal(Value)
        case identifier(Name)
        case select(Syntax, field: String, Presence)
        /// `has(operand.field)`
        case test(Syntax, field: String)
        case index(Syntax, Syntax, Presence)
        case call(Name, [Syntax])
        case memberCall(Syntax, String, [Syntax])
        case list([Element])
        case map([Entry])
        /// A run of `!`, by its length.
        case not(Syntax, count: Int)
        /// A run of `-`, by its length.
        case negate(Syntax, count: Int)
        case logic(LogicOperator, [Syntax])
        /// A run of operators of one precedence, evaluated from the left.
        case arithmetic(Syntax, [Term])
        case relation(RelationOperator, Syntax, Syntax)
        case conditional(Syntax, Syntax, Syntax)
        case comprehension(Comprehension)
        /// `cel.bind(variable, value, body)`
        case bind(variable: String, Syntax, body: Syntax)
        /// `target.optMap(variable, body)`
        case optionalMap(Syntax, variable: String, body: Syntax, OptionalResult)
    }

    /// A name as it was written; an absolute one (`.x`) is looked up in no container and is no comprehension variable.
    struct Name {
        let text: String
        let isAbsolute: Bool
    }

    /// Whether absence is an error, or an empty optional (`.?field`, `[?index]`).
    enum Presence {
        case required
        case optional
    }

    /// Whether the body of an optional map gives the value, or an optional of it.
    enum OptionalResult {
        case value
        case optional
    }

    struct Element {
        let value: Syntax
        let presence: Presence
    }

    struct Entry {
        let key: Syntax
        let value: Syntax
        let presence: Presence
    }

    struct Term {
        let operation: ArithmeticOperator
        let offset: Int
        let operand: Syntax
    }

    struct Comprehension {
        let kind: ComprehensionKind
        let range: Syntax
        /// One name (element or key), or two (index and element, or key and value).
        let variables: [String]
        let filter: Syntax?
        let body: Syntax
    }
}

enum LogicOperator {
    case and
    case or
}

enum ArithmeticOperator: String {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case remainder = "%"
}

enum RelationOperator: String {
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case `in`
}

enum ComprehensionKind {
    case all
    case exists
    case existsOne
    /// `map` and `transformList`: a list of what the body gives.
    case list
    /// A list of the elements for which the filter holds.
    case filter
    /// The same keys with what the body gives.
    case map
    /// The entries of the maps that the body gives.
    case mapEntries
    /// The elements in the order of what the body gives.
    case sorted
}
