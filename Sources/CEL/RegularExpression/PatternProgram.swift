/// A pattern as instructions for a nondeterministic automaton, after Thompson's construction.
struct PatternProgram: Sendable {
    enum Instruction: Sendable {
        /// Takes a code point of one class.
        case one(UInt16)
        /// Takes a code point of the classes in a set, by its index in `sets`.
        case some(Int)
        /// Goes on at both places; what the first leads to is preferred.
        case split(Int, Int)
        case jump(Int)
        /// Notes the place in a slot: 2n where group n begins, 2n + 1 where it ends.
        case save(Int)
        case assert(PatternAssertion)
        case match
    }

    /// Instructions of a program, as a bound on the work for each code point of a text.
    static let instructionsMax = 10_000
    /// Different classes of more than one code point, as a bound on the work of telling them apart.
    static let classesMax = 500
    /// The whole match and the groups 1 to 9; what later groups take is not noted.
    static let groupsMax = 10

    let instructions: [Instruction]
    let classes: CodePointClasses
    /// Bits by class number, in words.
    let sets: [[UInt64]]
    let hasAssertions: Bool

    init(_ syntax: PatternSyntax) throws(PatternProblem) {
        var emitter = PatternEmitter()
        emitter.instructions.append(.save(0))
        try emitter.emit(syntax)
        emitter.instructions += [.save(1), .match]
        hasAssertions = emitter.hasAssertions
        let sets = Array(emitter.sets)
        let told = hasAssertions ? [CodePointSet.newline, .word] : []
        let classes = CodePointClasses(separating: sets + told)
        self.classes = classes
        let wordCount = (classes.count + 63) / 64
        let members = sets.map { classes.members(of: $0) }
        self.sets = members.map { members in
            guard members.count > 1 else { return [] }
            var bits = [UInt64](repeating: 0, count: wordCount)
            for number in members { bits[number / 64] |= 1 << UInt64(number % 64) }
            return bits
        }
        instructions = emitter.instructions.map { instruction in
            guard case .some(let index) = instruction, let first = members[index].first else { return instruction }
            return members[index].count == 1 ? .one(UInt16(first)) : instruction
        }
    }

    /// Whether an instruction takes a code point of this class.
    @inline(__always)
    func takes(_ instruction: Instruction, _ number: Int) -> Bool {
        switch instruction {
        case .one(let wanted): Int(wanted) == number
        // The set of no code points has no words.
        case .some(let index):
            number / 64 < sets[index].count && sets[index][number / 64] >> UInt64(number % 64) & 1 == 1
        case .split, .jump, .save, .assert, .match: false
        }
    }
}

/// Writes the instructions of a pattern.
private struct PatternEmitter {
    var instructions: [PatternProgram.Instruction] = []
    private(set) var hasAssertions = false
    /// The sets by the order in which they were met, each once.
    private(set) var sets: [CodePointSet] = []
    private var setIndexes: [CodePointSet: Int] = [:]
    private var classCount = 0

    mutating func emit(_ syntax: PatternSyntax) throws(PatternProblem) {
        guard instructions.count < PatternProgram.instructionsMax else {
            let message = "the pattern makes more than \(PatternProgram.instructionsMax) instructions"
            throw PatternProblem(offset: 0, message: message)
        }
        switch syntax {
        case .empty: return
        case .set(let set): instructions.append(.some(try index(of: set)))
        case .assertion(let assertion):
            hasAssertions = true
            instructions.append(.assert(assertion))
        case .group(let inner, let index):
            guard index < PatternProgram.groupsMax else { return try emit(inner) }
            instructions.append(.save(2 * index))
            try emit(inner)
            instructions.append(.save(2 * index + 1))
        case .sequence(let parts):
            for part in parts { try emit(part) }
        case .alternatives(let parts): try emit(alternatives: parts)
        case .repetition(let inner, let repetition): try emit(inner, repetition)
        }
    }

    private mutating func index(of set: CodePointSet) throws(PatternProblem) -> Int {
        if let index = setIndexes[set] { return index }
        if set.ranges.count != 1 || set.ranges[0].count > 1 { classCount += 1 }
        guard classCount <= PatternProgram.classesMax else {
            throw PatternProblem(offset: 0, message: "the pattern has more than \(PatternProgram.classesMax) classes")
        }
        sets.append(set)
        setIndexes[set] = sets.count - 1
        return sets.count - 1
    }

    /// Leaves room for a split that is known later.
    private mutating func reserve() -> Int {
        instructions.append(.match)
        return instructions.count - 1
    }

    private mutating func emit(alternatives parts: [PatternSyntax]) throws(PatternProblem) {
        var ends: [Int] = []
        for part in parts.dropLast() {
            let split = reserve()
            try emit(part)
            ends.append(reserve())
            instructions[split] = .split(split + 1, instructions.count)
        }
        if let last = parts.last { try emit(last) }
        for end in ends { instructions[end] = .jump(instructions.count) }
    }

    private mutating func emit(
        _ inner: PatternSyntax,
        _ repetition: PatternRepetition
    ) throws(PatternProblem) {
        var least = repetition.least
        guard let most = repetition.most else {
            // What may be empty is repeated as (x+)?: in a plain loop its empty way would hide the others.
            let isOptional = least == 0 && inner.mayBeEmpty
            let skip = isOptional ? reserve() : nil
            if isOptional { least = 1 }
            for _ in 0..<max(0, least - 1) { try emit(inner) }
            try emit(loop: inner, isOptional: least == 0, repetition.preference)
            if let skip { instructions[skip] = split(skip + 1, instructions.count, repetition.preference) }
            return
        }
        for _ in 0..<least { try emit(inner) }
        // x{2,4} is xx(x(x)?)?, so that each further one is tried only after the former.
        var splits: [Int] = []
        for _ in least..<most {
            splits.append(reserve())
            try emit(inner)
        }
        for place in splits { instructions[place] = split(place + 1, instructions.count, repetition.preference) }
    }

    private mutating func emit(
        loop inner: PatternSyntax,
        isOptional: Bool,
        _ preference: PatternRepetition.Preference
    ) throws(PatternProblem) {
        let start = instructions.count
        let entry = isOptional ? reserve() : nil
        try emit(inner)
        if let entry {
            instructions.append(.jump(entry))
            instructions[entry] = split(entry + 1, instructions.count, preference)
        } else {
            instructions.append(split(start, instructions.count + 1, preference))
        }
    }

    private func split(
        _ further: Int,
        _ out: Int,
        _ preference: PatternRepetition.Preference
    ) -> PatternProgram.Instruction {
        preference == .more ? .split(further, out) : .split(out, further)
    }
}
