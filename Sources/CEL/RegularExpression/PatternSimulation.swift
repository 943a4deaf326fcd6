/// Runs a program over a text with all its ways at once, after Pike: each code point of the text costs at most one visit of
/// each instruction, however the pattern is written.
struct PatternSimulation {
    /// What a run is to find out.
    enum Goal {
        /// Whether there is a match: ends at the first end of any.
        case presence
        /// The leftmost match, the one that a backtracking search would find first, with its groups.
        case groups
    }

    /// How a run ended.
    enum Outcome {
        /// With the places of the groups, -1 for those that took part in nothing; empty where only presence was asked.
        case match([Int])
        case noMatch
        /// The work ran out.
        case exhausted
    }

    private enum Task {
        case visit(Int)
        /// Puts a slot back to what it was, when the ways behind a save are all visited.
        case restore(slot: Int, Int)
    }

    /// Ways in the order of preference: where each goes on, and its slots in one row.
    private struct Ways {
        var places: [Int] = []
        var slots: [Int] = []

        mutating func removeAll() {
            places.removeAll(keepingCapacity: true)
            slots.removeAll(keepingCapacity: true)
        }
    }

    private let program: PatternProgram
    private let goal: Goal
    private let slotCount: Int
    /// The visit in which an instruction was last seen.
    private var seen: [Int32]
    private var visit: Int32 = 0
    private var tasks: [Task] = []
    private var current = Ways()
    private var following = Ways()
    private var slots: [Int]
    /// Visits of instructions that may still be made.
    private var workLeft: Int

    /// A run that may visit this many instructions.
    init(_ program: PatternProgram, _ goal: Goal, work: Int) {
        self.program = program
        self.goal = goal
        slotCount = goal == .presence ? 0 : 2 * PatternProgram.groupsMax
        seen = Array(repeating: 0, count: program.instructions.count)
        slots = Array(repeating: -1, count: slotCount)
        workLeft = work
    }

    /// Visits that the run made.
    private(set) var workDone = 0

    /// Looks for a match that begins at a byte or later; places are counted in UTF-8 bytes.
    mutating func run(_ text: borrowing Span<UInt8>, from start: Int) -> Outcome {
        var found: [Int]?
        var reader = ScalarReader(at: start)
        var before = reader.neighbourBefore(text)
        following.removeAll()
        while true {
            let place = reader.offset
            let scalar = reader.next(text)
            let after = scalar.map(PatternNeighbour.init) ?? .edge
            expand(at: place, before, after, addingStart: found == nil)
            guard charge() else { return .exhausted }
            let number = scalar.map { program.classes.index(of: $0) }
            if let match = step(over: number) {
                if goal == .presence { return .match([]) }
                found = match
            }
            if scalar == nil || (found != nil && following.places.isEmpty) { break }
            before = after
        }
        return found.map(Outcome.match) ?? .noMatch
    }

    /// Takes the visits since the last time off what is left.
    private mutating func charge() -> Bool {
        let work = current.places.count + 1
        workDone += work
        workLeft -= work
        return workLeft >= 0
    }

    /// Follows all ways from the places reached, and from the start of the program, up to what takes a code point.
    private mutating func expand(
        at place: Int,
        _ before: PatternNeighbour,
        _ after: PatternNeighbour,
        addingStart: Bool
    ) {
        current.removeAll()
        visit += 1
        for index in following.places.indices {
            for slot in 0..<slotCount { slots[slot] = following.slots[index * slotCount + slot] }
            follow(following.places[index], at: place, before, after)
        }
        if addingStart {
            for slot in 0..<slotCount { slots[slot] = -1 }
            follow(0, at: place, before, after)
        }
    }

    private mutating func follow(
        _ start: Int,
        at place: Int,
        _ before: PatternNeighbour,
        _ after: PatternNeighbour
    ) {
        tasks.append(.visit(start))
        while let task = tasks.popLast() {
            guard case .visit(let index) = task else {
                if case .restore(let slot, let value) = task { slots[slot] = value }
                continue
            }
            if seen[index] == visit { continue }
            seen[index] = visit
            workDone += 1
            workLeft -= 1
            switch program.instructions[index] {
            case .one, .some, .match:
                current.places.append(index)
                current.slots.append(contentsOf: slots)
            case .jump(let target): tasks.append(.visit(target))
            case .split(let preferred, let other):
                tasks.append(.visit(other))
                tasks.append(.visit(preferred))
            case .assert(let assertion):
                if assertion.holds(between: before, and: after) { tasks.append(.visit(index + 1)) }
            case .save(let slot):
                if slot < slotCount {
                    tasks.append(.restore(slot: slot, slots[slot]))
                    slots[slot] = place
                }
                tasks.append(.visit(index + 1))
            }
        }
    }

    /// Moves every way over one code point, of which none is left at the end; the slots of a match that is preferred to
    /// all that goes on.
    private mutating func step(over number: Int?) -> [Int]? {
        following.removeAll()
        for (index, place) in current.places.enumerated() {
            let row = index * slotCount..<(index + 1) * slotCount
            let instruction = program.instructions[place]
            if case .match = instruction { return Array(current.slots[row]) }
            if let number, program.takes(instruction, number) {
                following.places.append(place + 1)
                following.slots.append(contentsOf: current.slots[row])
            }
        }
        return nil
    }
}

/// Reads the code points of valid UTF-8.
struct ScalarReader {
    /// The byte at which the next code point begins.
    private(set) var offset: Int

    init(at offset: Int) { self.offset = offset }

    /// The next code point, or nil at the end.
    @inline(__always)
    mutating func next(_ text: borrowing Span<UInt8>) -> UInt32? {
        guard offset < text.count else { return nil }
        let first = UInt32(text[offset])
        offset += 1
        if first < 0x80 { return first }
        let length = first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3
        var scalar = first & (0x3F >> UInt32(length))
        for _ in 0..<length {
            scalar = scalar << 6 | UInt32(text[offset]) & 0x3F
            offset += 1
        }
        return scalar
    }

    /// What stands before the next code point.
    func neighbourBefore(_ text: borrowing Span<UInt8>) -> PatternNeighbour {
        if offset == 0 { return .edge }
        // A byte of a longer code point is neither a newline nor a letter of a word.
        return text[offset - 1] < 0x80 ? PatternNeighbour(UInt32(text[offset - 1])) : .other
    }
}
