/// A parsed regular expression.
indirect enum PatternSyntax {
    /// Matches the empty text.
    case empty
    /// One code point of a set.
    case set(CodePointSet)
    case assertion(PatternAssertion)
    /// A capturing group, counted from 1 by its opening parenthesis.
    case group(PatternSyntax, index: Int)
    case sequence([PatternSyntax])
    /// The first that leads to a match is taken.
    case alternatives([PatternSyntax])
    case repetition(PatternSyntax, PatternRepetition)

    /// Whether it may match the empty text, as far as can be told without a text.
    var mayBeEmpty: Bool {
        switch self {
        case .empty, .assertion: true
        case .set: false
        case .group(let inner, _): inner.mayBeEmpty
        case .sequence(let parts): parts.allSatisfy(\.mayBeEmpty)
        case .alternatives(let parts): parts.contains(where: \.mayBeEmpty)
        case .repetition(let inner, let repetition): repetition.least == 0 || inner.mayBeEmpty
        }
    }
}

/// How often something is repeated, and whether more is tried before less.
struct PatternRepetition {
    enum Preference {
        case more
        case less
    }

    let least: Int
    /// Nil for no upper bound.
    let most: Int?
    let preference: Preference
}

/// A condition on the place between two code points.
enum PatternAssertion {
    case textStart
    case textEnd
    case lineStart
    case lineEnd
    case wordBoundary
    case noWordBoundary

    /// Whether it holds between these neighbours.
    func holds(between before: PatternNeighbour, and after: PatternNeighbour) -> Bool {
        switch self {
        case .textStart: before == .edge
        case .textEnd: after == .edge
        case .lineStart: before == .edge || before == .newline
        case .lineEnd: after == .edge || after == .newline
        case .wordBoundary: (before == .word) != (after == .word)
        case .noWordBoundary: (before == .word) == (after == .word)
        }
    }
}

/// What an assertion can tell of the code point before or after a place.
enum PatternNeighbour: UInt8, CaseIterable {
    /// There is none: the text begins or ends here.
    case edge
    case newline
    case word
    case other

    init(_ scalar: UInt32) {
        if scalar == 0x0A {
            self = .newline
        } else {
            self = CodePointSet.word.contains(scalar) ? .word : .other
        }
    }
}

/// Why a pattern is refused, and where.
struct PatternProblem: Error {
    /// UTF-8 bytes from the start of the pattern.
    let offset: Int
    let message: String
}
