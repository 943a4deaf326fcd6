/// Reads a regular expression in RE2's syntax (https://github.com/google/re2/wiki/Syntax).
///
/// Groups are kept on a stack of its own, so that nesting costs no recursion here; its bound keeps the recursion of what
/// walks the tree small.
struct PatternParser {
    /// RE2's bound on repetition counts, also on the product of those inside each other.
    static let repetitionsMax = 1_000
    private static let nestingMax = 100
    /// Ranges in all classes and letters together; each may begin and end a class of `CodePointClasses`, which are numbered
    /// with 16 bits.
    private static let rangesMax = 30_000

    /// What `(?imsU)` turns on and off.
    struct Flags {
        var ignoresCase = false
        var isMultiline = false
        var dotTakesNewline = false
        var isUngreedy = false
    }

    /// An open group: what was read of it, and what comes back when it closes.
    private struct Level {
        /// The number of a capturing group.
        let group: Int?
        let start: Int
        let outerFlags: Flags
        var alternatives: [PatternSyntax] = []
        var sequence: [Item] = []
    }

    /// A part of a sequence with the product of the repetition counts inside it.
    private struct Item {
        let syntax: PatternSyntax
        var repetitions = 1
        var isRepeated = false
    }

    let scalars: [Unicode.Scalar]
    var position = 0
    var flags = Flags()
    private(set) var groupCount = 0
    private var groupNames: Set<String> = []
    private var levels: [Level]
    /// The greatest product of repetition counts inside each level, by its depth.
    private var innerRepetitions: [Int] = [1]
    private var rangeCount = 0

    private init(_ pattern: String) {
        scalars = Array(pattern.unicodeScalars)
        levels = [Level(group: nil, start: 0, outerFlags: Flags())]
    }

    /// The tree of a pattern and the number of its capturing groups.
    static func parse(_ pattern: String) throws(PatternProblem) -> (syntax: PatternSyntax, groupCount: Int) {
        var parser = PatternParser(pattern)
        while parser.position < parser.scalars.count { try parser.item() }
        guard parser.levels.count == 1 else {
            throw parser.problem("this '(' is not closed", at: parser.levels[parser.levels.count - 1].start)
        }
        return (parser.finishedLevel(), parser.groupCount)
    }

    func problem(_ message: String, at position: Int) -> PatternProblem {
        PatternProblem(offset: scalars[..<position].reduce(0) { $0 + UTF8.width($1) }, message: message)
    }

    func peek(_ ahead: Int = 0) -> Unicode.Scalar? {
        position + ahead < scalars.count ? scalars[position + ahead] : nil
    }

    /// Takes this text if it comes next.
    mutating func accept(_ text: StaticString) -> Bool {
        let wanted = Array("\(text)".unicodeScalars)
        guard scalars[position...].starts(with: wanted) else { return false }
        position += wanted.count
        return true
    }

    private mutating func append(_ syntax: PatternSyntax, repetitions: Int = 1) {
        levels[levels.count - 1].sequence.append(Item(syntax: syntax, repetitions: repetitions))
        innerRepetitions[levels.count - 1] = max(innerRepetitions[levels.count - 1], repetitions)
    }

    /// Adds one code point of a set, in either case where case is ignored.
    private mutating func append(_ set: CodePointSet, at start: Int) throws(PatternProblem) {
        let set = flags.ignoresCase ? set.foldingCase : set
        try count(set, at: start)
        append(.set(set))
    }

    mutating func count(_ set: CodePointSet, at start: Int) throws(PatternProblem) {
        rangeCount += set.ranges.count
        if rangeCount > Self.rangesMax { throw problem("the pattern's classes are too large", at: start) }
    }

    private mutating func item() throws(PatternProblem) {
        let start = position
        let scalar = scalars[position]
        switch scalar {
        case "(": try openGroup()
        case ")": try closeGroup()
        case "|":
            position += 1
            finishAlternative()
        case "[": try append(try characterClass(), at: start)
        case ".":
            position += 1
            append(.set(flags.dotTakesNewline ? .all : CodePointSet.newline.inverted))
        case "^":
            position += 1
            append(.assertion(flags.isMultiline ? .lineStart : .textStart))
        case "$":
            position += 1
            append(.assertion(flags.isMultiline ? .lineEnd : .textEnd))
        case "*", "+", "?": try repetition(operator: scalar)
        case "{": try countedRepetition()
        case "\\": try escaped()
        default:
            position += 1
            try append(CodePointSet(scalar.value), at: start)
        }
    }

    private mutating func escaped() throws(PatternProblem) {
        let start = position
        if accept("\\Q") {
            while position < scalars.count && !accept("\\E") {
                let literal = CodePointSet(scalars[position].value)
                position += 1
                try append(literal, at: start)
            }
            return
        }
        // An end without its \Q means nothing, as in RE2.
        if accept("\\E") { return }
        if let assertion = acceptAssertion() { return append(.assertion(assertion)) }
        if let set = try namedClass() { return try append(set, at: start) }
        try append(CodePointSet(try escapedScalar()), at: start)
    }

    private mutating func acceptAssertion() -> PatternAssertion? {
        if accept("\\A") { return .textStart }
        if accept("\\z") { return .textEnd }
        if accept("\\b") { return .wordBoundary }
        return accept("\\B") ? .noWordBoundary : nil
    }
}

// MARK: Repetition

extension PatternParser {
    private mutating func repetition(operator scalar: Unicode.Scalar) throws(PatternProblem) {
        let start = position
        position += 1
        switch scalar {
        case "*": try repeated(0, nil, at: start)
        case "+": try repeated(1, nil, at: start)
        default: try repeated(0, 1, at: start)
        }
    }

    /// `{2}`, `{2,}` or `{2,3}`; any other brace stands for itself.
    private mutating func countedRepetition() throws(PatternProblem) {
        let start = position
        position += 1
        guard let least = number() else { return try literalBrace(at: start) }
        var most: Int? = least
        if accept(",") { most = peek() == "}" ? nil : number() ?? -1 }
        guard most != -1, accept("}") else { return try literalBrace(at: start) }
        guard least <= Self.repetitionsMax, most.map({ $0 <= Self.repetitionsMax && $0 >= least }) ?? true else {
            throw problem("repetition counts ascend and are at most \(Self.repetitionsMax)", at: start)
        }
        try repeated(least, most, at: start)
    }

    private mutating func literalBrace(at start: Int) throws(PatternProblem) {
        position = start + 1
        try append(CodePointSet(UInt32(UInt8(ascii: "{"))), at: start)
    }

    /// A decimal number, cut off above what any count may be.
    private mutating func number() -> Int? {
        let start = position
        var value = 0
        while let digit = peek().flatMap({ $0.isASCII ? UInt8(ascii: $0).hexDigitValue : nil }), digit < 10 {
            value = min(value * 10 + Int(digit), Self.repetitionsMax + 1)
            position += 1
        }
        return position > start ? value : nil
    }

    private mutating func repeated(_ least: Int, _ most: Int?, at start: Int) throws(PatternProblem) {
        let isLazy = accept("?")
        guard let item = levels[levels.count - 1].sequence.last else {
            throw problem("there is nothing to repeat", at: start)
        }
        if item.isRepeated { throw problem("a repetition cannot be repeated without a group", at: start) }
        let product = item.repetitions * max(1, most ?? least)
        guard product <= Self.repetitionsMax else {
            throw problem("repetitions inside each other exceed \(Self.repetitionsMax)", at: start)
        }
        let preference: PatternRepetition.Preference = isLazy != flags.isUngreedy ? .less : .more
        let repetition = PatternRepetition(least: least, most: most, preference: preference)
        levels[levels.count - 1].sequence.removeLast()
        append(.repetition(item.syntax, repetition), repetitions: product)
        levels[levels.count - 1].sequence[levels[levels.count - 1].sequence.count - 1].isRepeated = true
    }
}

// MARK: Groups

extension PatternParser {
    private mutating func openGroup() throws(PatternProblem) {
        let start = position
        position += 1
        var isCapturing = true
        var innerFlags = flags
        if peek() == "?" {
            if try groupName(at: start) == nil {
                isCapturing = false
                guard let changed = try changedFlags(at: start) else { return }
                innerFlags = changed
            }
        }
        guard levels.count <= Self.nestingMax else {
            throw problem("groups nest more than \(Self.nestingMax) levels deep", at: start)
        }
        if isCapturing { groupCount += 1 }
        levels.append(Level(group: isCapturing ? groupCount : nil, start: start, outerFlags: flags))
        innerRepetitions.append(1)
        flags = innerFlags
    }

    /// The name of `(?P<name>` or `(?<name>`, or nil for another form.
    private mutating func groupName(at start: Int) throws(PatternProblem) -> String? {
        for lookAround: StaticString in ["?=", "?!", "?<=", "?<!"] where accept(lookAround) {
            throw problem("look-around cannot be matched in linear time", at: start)
        }
        guard accept("?P<") || accept("?<") else { return nil }
        var name = ""
        while let scalar = peek(), scalar != ">" {
            guard CodePointSet.word.contains(scalar.value) else { break }
            name.unicodeScalars.append(scalar)
            position += 1
        }
        guard accept(">"), !name.isEmpty else {
            throw problem("a group's name has letters, digits and '_', and ends in '>'", at: start)
        }
        guard groupNames.insert(name).inserted else { throw problem("the group name '\(name)' is repeated", at: start) }
        return name
    }

    /// The flags of `(?i-s:`; nil where `(?i-s)` set them for the rest of the group that is open.
    private mutating func changedFlags(at start: Int) throws(PatternProblem) -> Flags? {
        position += 1
        var changed = flags
        var value = true
        var hasFlag = false
        while let scalar = peek() {
            position += 1
            switch scalar {
            case "i": changed.ignoresCase = value
            case "m": changed.isMultiline = value
            case "s": changed.dotTakesNewline = value
            case "U": changed.isUngreedy = value
            case "-" where value:
                value = false
                hasFlag = false
                continue
            case ":" where value || hasFlag: return changed
            case ")" where hasFlag:
                flags = changed
                return nil
            default: throw problem("unknown group or flag '(?…\(scalar)'", at: start)
            }
            hasFlag = true
        }
        throw problem("this '(' is not closed", at: start)
    }

    private mutating func finishAlternative() {
        let parts = levels[levels.count - 1].sequence.map(\.syntax)
        levels[levels.count - 1].sequence = []
        levels[levels.count - 1].alternatives.append(
            parts.isEmpty ? .empty : parts.count == 1 ? parts[0] : .sequence(parts)
        )
    }

    private mutating func finishedLevel() -> PatternSyntax {
        finishAlternative()
        let alternatives = levels[levels.count - 1].alternatives
        return alternatives.count == 1 ? alternatives[0] : .alternatives(alternatives)
    }

    private mutating func closeGroup() throws(PatternProblem) {
        guard levels.count > 1 else { throw problem("this ')' closes nothing", at: position) }
        position += 1
        let inner = finishedLevel()
        let level = levels.removeLast()
        let repetitions = innerRepetitions.removeLast()
        flags = level.outerFlags
        append(level.group.map { .group(inner, index: $0) } ?? inner, repetitions: repetitions)
    }
}
