/// A program as a deterministic automaton that tells whether a text has a match: one step for each code point.
///
/// It is built whole when the expression is compiled, so that evaluations share it without a lock. Patterns whose automaton
/// would be large have none; they are simulated.
struct PatternAutomaton: Sendable {
    private static let statesMax = 1_000
    private static let transitionsMax = 32_768
    /// Visits of instructions, as a bound on the time it takes to build one.
    private static let workMax = 500_000

    /// The state in which a match was found.
    private static let found: UInt16 = 0

    private let classes: CodePointClasses
    /// The next state by state and class, in rows of `classes.count`.
    private let next: [UInt16]
    /// Whether the end of the text after a state makes a match.
    private let matchesAtEnd: [Bool]
    /// Whether nothing that follows can make a match.
    private let isDead: [Bool]
    private let start: UInt16

    /// Whether the text has a match anywhere.
    func matches(_ text: borrowing Span<UInt8>) -> Bool {
        var state = start
        var reader = ScalarReader(at: 0)
        while let scalar = reader.next(text) {
            state = next[Int(state) * classes.count + classes.index(of: scalar)]
            if state == Self.found { return true }
            if isDead[Int(state)] { return false }
        }
        return matchesAtEnd[Int(state)]
    }

    /// Nil when the automaton would be too large.
    init?(_ program: PatternProgram) {
        var builder = Builder(program)
        guard let start = builder.build() else { return nil }
        self.start = start
        classes = program.classes
        next = builder.next
        matchesAtEnd = builder.matchesAtEnd
        let width = classes.count
        let ends = builder.matchesAtEnd
        let rows = builder.next
        isDead = ends.indices.map { state in
            state != Int(Self.found) && !ends[state]
                && rows[state * width..<(state + 1) * width].allSatisfy { Int($0) == state }
        }
    }

    /// What a state stands for: the places that were reached, and what was read last.
    private struct Key: Hashable {
        let places: [Int]
        let before: PatternNeighbour
    }

    /// Finds the states one after the other, from the start.
    private struct Builder {
        private let program: PatternProgram
        private let neighbours: [PatternNeighbour]
        private var numbers: [Key: UInt16] = [:]
        private var keys: [Key] = []
        private(set) var next: [UInt16] = []
        private(set) var matchesAtEnd: [Bool] = [true]
        private var work = 0
        /// The look in which an instruction was last seen.
        private var seen: [Int]
        private var look = 0

        init(_ program: PatternProgram) {
            self.program = program
            neighbours = program.classes.neighbours
            seen = Array(repeating: 0, count: program.instructions.count)
            next = Array(repeating: PatternAutomaton.found, count: program.classes.count)
        }

        /// The start state, or nil when a bound was reached.
        mutating func build() -> UInt16? {
            guard let start = number(of: Key(places: [0], before: .edge)) else { return nil }
            var index = 0
            while index < keys.count {
                let key = keys[index]
                index += 1
                // Without assertions the neighbour changes nothing, and one look is enough.
                let looks = program.hasAssertions ? PatternNeighbour.allCases : [.edge]
                let reaches = looks.map { reached(from: key, after: $0) }
                matchesAtEnd.append(reaches[0].isMatch)
                for number in 0..<program.classes.count {
                    let places = reaches[program.hasAssertions ? Int(neighbours[number].rawValue) : 0]
                    guard let state = state(after: places, reading: number) else { return nil }
                    next.append(state)
                }
            }
            return start
        }

        private mutating func number(of key: Key) -> UInt16? {
            if let number = numbers[key] { return number }
            keys.append(key)
            guard keys.count < PatternAutomaton.statesMax,
                (keys.count + 1) * program.classes.count <= PatternAutomaton.transitionsMax
            else { return nil }
            numbers[key] = UInt16(keys.count)
            return UInt16(keys.count)
        }

        private struct Reached {
            var taking: [Int] = []
            var isMatch = false
        }

        /// What takes a code point, from the places of a state, before a neighbour.
        private mutating func reached(from key: Key, after: PatternNeighbour) -> Reached {
            var reached = Reached()
            look += 1
            var tasks = key.places
            while let index = tasks.popLast() {
                work += 1
                if seen[index] == look { continue }
                seen[index] = look
                switch program.instructions[index] {
                case .one, .some: reached.taking.append(index)
                case .match: reached.isMatch = true
                case .jump(let target): tasks.append(target)
                case .split(let first, let second): tasks += [first, second]
                case .save: tasks.append(index + 1)
                case .assert(let assertion):
                    if assertion.holds(between: key.before, and: after) { tasks.append(index + 1) }
                }
            }
            return reached
        }

        /// The state after a code point of a class, or nil when a bound was reached.
        private mutating func state(after reached: Reached, reading number: Int) -> UInt16? {
            if reached.isMatch { return PatternAutomaton.found }
            work += reached.taking.count
            guard work <= PatternAutomaton.workMax else { return nil }
            let taken = reached.taking.filter { program.takes(program.instructions[$0], number) }.map { $0 + 1 }
            // A match may begin anywhere, so the start of the program is among the places of every state.
            let before = program.hasAssertions ? neighbours[number] : .other
            return self.number(of: Key(places: Set(taken + [0]).sorted(), before: before))
        }
    }
}
