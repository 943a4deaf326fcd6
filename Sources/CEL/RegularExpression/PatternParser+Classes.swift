/// Character classes and escapes.
extension PatternParser {
    /// `\d`, `\pL`, `\p{Greek}` and the like, or nil when none comes next.
    mutating func namedClass() throws(PatternProblem) -> CodePointSet? {
        guard peek() == "\\", let letter = peek(1) else { return nil }
        if let set = NamedClasses.perl(letter) {
            position += 2
            return set
        }
        guard letter == "p" || letter == "P" else { return nil }
        let start = position
        position += 2
        var isInverted = letter == "P"
        var name = ""
        if accept("{") {
            if accept("^") { isInverted.toggle() }
            while let scalar = peek(), scalar != "}" {
                name.unicodeScalars.append(scalar)
                position += 1
            }
            guard accept("}") else { throw problem("this '{' is not closed", at: start) }
        } else if let scalar = peek() {
            name = String(scalar)
            position += 1
        }
        guard let set = NamedClasses.unicode(name) else {
            throw problem("unknown Unicode class '\(name.prefix(40))'", at: start)
        }
        return isInverted ? set.inverted : set
    }

    /// What an escape that stands for one code point stands for.
    mutating func escapedScalar() throws(PatternProblem) -> UInt32 {
        let start = position
        position += 1
        guard let letter = peek() else { throw problem("the pattern ends in a backslash", at: start) }
        position += 1
        switch letter {
        case "a": return 0x07
        case "f": return 0x0C
        case "n": return 0x0A
        case "r": return 0x0D
        case "t": return 0x09
        case "v": return 0x0B
        case "x": return try hexadecimal(from: start)
        case "0"..."7":
            // One digit but 0 would be a back-reference; more are octal.
            guard letter == "0" || peek().map({ ("0"..."7").contains($0) }) == true else { break }
            position -= 1
            var value: UInt32 = 0
            for _ in 0..<3 {
                guard let digit = peek(), ("0"..."7").contains(digit) else { break }
                value = value * 8 + digit.value - 0x30
                position += 1
            }
            return value
        default: break
        }
        if ("1"..."9").contains(letter) || letter == "k" {
            throw problem("a back-reference cannot be matched in linear time", at: start)
        }
        guard letter.isASCII, !CodePointSet.word.contains(letter.value) || letter == "_" else {
            throw problem("unknown escape '\\\(letter)'", at: start)
        }
        return letter.value
    }

    /// `\x7F` or `\x{10FFFF}`.
    private mutating func hexadecimal(from start: Int) throws(PatternProblem) -> UInt32 {
        let isBraced = accept("{")
        var value: UInt32 = 0
        var digitCount = 0
        while isBraced || digitCount < 2, let scalar = peek(), scalar.isASCII,
            let digit = UInt8(ascii: scalar).hexDigitValue
        {
            value = min(value * 16 + digit, CodePointSet.greatest + 1)
            digitCount += 1
            position += 1
        }
        let isComplete = isBraced ? digitCount > 0 && accept("}") : digitCount == 2
        guard isComplete, value <= CodePointSet.greatest else {
            throw problem("a code point is written \\x41 or \\x{10FFFF}", at: start)
        }
        return value
    }

    /// A class in brackets.
    mutating func characterClass() throws(PatternProblem) -> CodePointSet {
        let start = position
        position += 1
        let isInverted = accept("^")
        var ranges: [ClosedRange<UInt32>] = []
        var isFirst = true
        while isFirst || peek() != "]" {
            guard position < scalars.count else { throw problem("this '[' is not closed", at: start) }
            isFirst = false
            if let set = try posixClass() {
                try count(set, at: start)
                ranges += set.ranges
            } else if let set = try namedClass() {
                try count(set, at: start)
                ranges += set.ranges
            } else {
                ranges.append(try classRange(in: start))
            }
        }
        position += 1
        var set = CodePointSet(ranges)
        // Folded before it is inverted: [^a] with (?i) takes neither a nor A.
        if flags.ignoresCase { set = set.foldingCase }
        return isInverted ? set.inverted : set
    }

    /// `[:alpha:]` or `[:^alpha:]` inside a class, or nil when none comes next.
    private mutating func posixClass() throws(PatternProblem) -> CodePointSet? {
        let start = position
        guard accept("[:") else { return nil }
        var name = ""
        while let scalar = peek(), scalar == "^" || CodePointSet.word.contains(scalar.value) {
            name.unicodeScalars.append(scalar)
            position += 1
        }
        guard accept(":]") else {
            // No such end: the bracket stands for itself.
            position = start
            return nil
        }
        let isInverted = name.hasPrefix("^")
        guard let set = NamedClasses.posix(isInverted ? String(name.dropFirst()) : name) else {
            throw problem("unknown class '[:\(name.prefix(40)):]'", at: start)
        }
        return isInverted ? set.inverted : set
    }

    /// One code point of a class, or a range of them.
    private mutating func classRange(in classStart: Int) throws(PatternProblem) -> ClosedRange<UInt32> {
        let start = position
        let low = try classScalar(in: classStart)
        // A hyphen before the end is one of the characters.
        guard peek() == "-", let next = peek(1), next != "]" else { return low...low }
        position += 1
        let high = try classScalar(in: classStart)
        guard low <= high else { throw problem("this range descends", at: start) }
        return low...high
    }

    private mutating func classScalar(in classStart: Int) throws(PatternProblem) -> UInt32 {
        guard let scalar = peek() else { throw problem("this '[' is not closed", at: classStart) }
        if scalar == "\\" { return try escapedScalar() }
        position += 1
        return scalar.value
    }
}
