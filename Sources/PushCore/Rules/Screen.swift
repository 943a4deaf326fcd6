internal import CEL

/// The conditions of all rules, as far as they are plain comparisons, in one list that is run over the octets of an event.
///
/// Most rules do not want most events, and say so by a comparison of a value with a literal. The values that rules ask for are found
/// once for each event, however many rules ask, and no value, string or reference is made for a comparison. A condition is read in the
/// order in which it is written; where it comes to what is no plain comparison, or to a value that the comparison does not fit, it is
/// left open: an evaluation then tells the result, or the error.
struct Screen: Sendable {
    /// What is known of a rule's condition without evaluating it.
    enum Verdict {
        case holds
        case fails
        case open
    }

    /// A value that conditions ask for.
    struct Cell: Sendable {
        enum Place: Sendable {
            /// The variable `event`.
            case attributes
            /// The variable `data`.
            case data
            /// A field of another value, whose cell stands before this one; its name in ``Screen/texts``.
            case field(of: Int, name: Range<Int>)
            /// The number of elements of another value.
            case size(of: Int)
        }

        let place: Place
    }

    /// One comparison, and where to go from it: to a step, or to an end.
    struct Step: Sendable {
        enum Question: UInt8, Sendable {
            case isTrue
            case isPresent
            case isNull
            case equalsBool
            case equalsInt
            case equalsDouble
            case equalsText
            case ordersInt
            case ordersDouble
            case hasPrefix
            case hasSuffix
        }

        let question: Question
        /// Orders that answer yes: bits 0 to 2 for less, equal, greater.
        var orders: UInt8 = 0
        let cell: Int32
        var yes: Int32
        var no: Int32
        /// An int, the bits of a double, or where a text begins in ``Screen/texts``.
        var literal: UInt64 = 0
        /// Octets of a text.
        var count: Int32 = 0
    }

    /// Ends, in the place of a step.
    private enum End {
        static let holds: Int32 = -1
        static let fails: Int32 = -2
        static let open: Int32 = -3
    }

    private(set) var cells: [Cell] = []
    private var steps: [Step] = []
    /// The first step, or the end, of each rule.
    private var entries: [Int32] = []
    /// Names and literals, in UTF-8.
    private var texts: [UInt8] = []

    init(_ rules: [Rule]) {
        self.init(conditions: rules.map(\.condition))
    }

    /// `conditions`: Nil for a rule that asks nothing.
    init(conditions: [Expression?]) {
        var builder = Builder()
        entries = conditions.map { condition in
            guard let condition else { return End.holds }
            return builder.entry(of: condition.comparisons, yes: End.holds, no: End.fails)
        }
        cells = builder.cells
        steps = builder.steps
        texts = builder.texts
    }

    /// Judges rules, given by their positions, and passes on those whose condition holds or is open.
    ///
    /// `memory`: Used again for each event.
    func sift(_ candidates: [Int], _ event: Event, _ memory: ScreenMemory, into kept: inout [(rule: Int, holds: Bool)])
    {
        kept.removeAll(keepingCapacity: true)
        memory.begin(cells: cells.count)
        // SAFETY: all arrays outlive the call; indices were made by the builder.
        unsafe texts.withUnsafeBytes { texts in
            unsafe steps.withUnsafeBufferPointer { steps in
                var lookup = unsafe ScreenLookup(event, cells, texts, memory)
                for rule in candidates {
                    switch unsafe Self.run(from: entries[rule], steps, texts, &lookup) {
                    case .holds: kept.append((rule, true))
                    case .open: kept.append((rule, false))
                    case .fails: break
                    }
                }
            }
        }
    }

    @inline(__always)
    private static func run(
        from entry: Int32,
        _ steps: UnsafeBufferPointer<Step>,
        _ texts: UnsafeRawBufferPointer,
        _ lookup: inout ScreenLookup
    ) -> Verdict {
        var position = entry
        while position >= 0 {
            // SAFETY: the builder points to steps and ends only.
            let step = unsafe steps[Int(position)]
            guard let answer = unsafe answer(step, lookup.found(Int(step.cell)), texts) else { return .open }
            position = answer ? step.yes : step.no
        }
        return position == End.holds ? .holds : position == End.fails ? .fails : .open
    }

    /// Nil where the value does not fit the question: that is an error, which an evaluation tells.
    @inline(__always)
    private static func answer(_ step: Step, _ found: Found, _ texts: UnsafeRawBufferPointer) -> Bool? {
        switch found.kind {
        case .unknown: return nil
        case .absent: return step.question == .isPresent ? false : nil
        case .opaque: return step.question == .isPresent ? true : nil
        case .null, .yes, .no, .int, .double, .text, .list, .map: break
        }
        switch step.question {
        case .isPresent:
            return true
        case .isTrue:
            return found.kind == .yes ? true : found.kind == .no ? false : nil
        case .isNull:
            return found.kind == .null
        case .equalsBool:
            return found.kind == (step.literal == 0 ? .no : .yes)
        case .equalsInt, .equalsDouble:
            // Numbers of any type are compared; a value of another type equals none.
            return order(found, step) == 2
        case .ordersInt, .ordersDouble:
            guard found.kind == .int || found.kind == .double else { return nil }
            return order(found, step) & step.orders != 0
        case .equalsText:
            guard found.kind == .text else { return false }
            return unsafe found.count == Int(step.count) && matches(found, at: 0, step, texts)
        case .hasPrefix:
            guard found.kind == .text else { return nil }
            return unsafe found.count >= Int(step.count) && matches(found, at: 0, step, texts)
        case .hasSuffix:
            guard found.kind == .text else { return nil }
            let start = found.count - Int(step.count)
            return unsafe start >= 0 && matches(found, at: start, step, texts)
        }
    }

    /// 1, 2 or 4: the number found is less than the literal, equal, or greater; 0 for what is no number.
    @inline(__always)
    private static func order(_ found: Found, _ step: Step) -> UInt8 {
        let isInt = step.question == .equalsInt || step.question == .ordersInt
        if found.kind == .int, isInt {
            let (left, right) = (Int64(bitPattern: found.bits), Int64(bitPattern: step.literal))
            return left < right ? 1 : left == right ? 2 : 4
        }
        guard found.kind == .int || found.kind == .double else { return 0 }
        // An int against a double is compared as a double, as expressions have it.
        let left = found.kind == .int ? Double(Int64(bitPattern: found.bits)) : Double(bitPattern: found.bits)
        let right = isInt ? Double(Int64(bitPattern: step.literal)) : Double(bitPattern: step.literal)
        return left < right ? 1 : left == right ? 2 : left > right ? 4 : 0
    }

    @inline(__always)
    private static func matches(_ found: Found, at start: Int, _ step: Step, _ texts: UnsafeRawBufferPointer) -> Bool {
        if step.count == 0 { return true }
        // SAFETY: the caller has compared the counts; what is not empty has an address.
        guard let text = unsafe found.text, let literal = texts.baseAddress else { return false }
        return unsafe ByteScanning.equal(text + start, literal + Int(step.literal), count: Int(step.count))
    }
}

// MARK: Building

extension Screen {
    /// Lays out comparisons as steps, the last of a condition first: each knows where to go from it.
    private struct Builder {
        private(set) var cells: [Cell] = []
        private(set) var steps: [Step] = []
        private(set) var texts: [UInt8] = []
        private var cellOfPath: [FieldPath: Int] = [:]
        private var cellOfSize: [FieldPath: Int] = [:]

        /// Where to begin with a condition that is to end at `yes` or `no`.
        mutating func entry(of comparisons: Comparisons, yes: Int32, no: Int32) -> Int32 {
            switch comparisons {
            case .undecided: return End.open
            case .constant(let value): return value ? yes : no
            case .flag(let path): return step(.isTrue, cell(path), yes, no)
            case .has(let path): return step(.isPresent, cell(path), yes, no)
            case .equal(let subject, let literal): return equality(subject, literal, yes, no)
            case .order(let subject, let relation, let literal): return order(subject, relation, literal, yes, no)
            case .prefix(let path, let text): return self.text(.hasPrefix, cell(path), text, yes, no)
            case .suffix(let path, let text): return self.text(.hasSuffix, cell(path), text, yes, no)
            case .not(let part): return entry(of: part, yes: no, no: yes)
            case .all(let parts): return parts.reversed().reduce(yes) { entry(of: $1, yes: $0, no: no) }
            case .any(let parts): return parts.reversed().reduce(no) { entry(of: $1, yes: yes, no: $0) }
            }
        }

        private mutating func equality(
            _ subject: Comparisons.Subject,
            _ literal: Comparisons.Literal,
            _ yes: Int32,
            _ no: Int32
        ) -> Int32 {
            let cell = cell(subject)
            return switch literal {
            case .null: step(.isNull, cell, yes, no)
            case .bool(let value): step(.equalsBool, cell, yes, no, literal: value ? 1 : 0)
            case .int(let value): step(.equalsInt, cell, yes, no, literal: UInt64(bitPattern: value))
            case .double(let value): step(.equalsDouble, cell, yes, no, literal: value.bitPattern)
            case .string(let value): text(.equalsText, cell, value, yes, no)
            }
        }

        private mutating func order(
            _ subject: Comparisons.Subject,
            _ relation: Comparisons.Relation,
            _ literal: Comparisons.Literal,
            _ yes: Int32,
            _ no: Int32
        ) -> Int32 {
            let orders: UInt8 =
                switch relation {
                case .less: 0b001
                case .lessOrEqual: 0b011
                case .greater: 0b100
                case .greaterOrEqual: 0b110
                }
            let entry: Int32
            switch literal {
            case .int(let value):
                entry = step(.ordersInt, cell(subject), yes, no, literal: UInt64(bitPattern: value))
            case .double(let value): entry = step(.ordersDouble, cell(subject), yes, no, literal: value.bitPattern)
            case .null, .bool, .string: return End.open
            }
            steps[Int(entry)].orders = orders
            return entry
        }

        private mutating func text(
            _ question: Step.Question,
            _ cell: Int,
            _ text: String,
            _ yes: Int32,
            _ no: Int32
        ) -> Int32 {
            let range = append(text)
            let entry = step(question, cell, yes, no, literal: UInt64(range.lowerBound))
            steps[Int(entry)].count = Int32(range.count)
            return entry
        }

        private mutating func step(
            _ question: Step.Question,
            _ cell: Int,
            _ yes: Int32,
            _ no: Int32,
            literal: UInt64 = 0
        ) -> Int32 {
            steps.append(Step(question: question, cell: Int32(cell), yes: yes, no: no, literal: literal))
            return Int32(steps.count - 1)
        }

        private mutating func append(_ text: String) -> Range<Int> {
            texts.append(contentsOf: text.utf8)
            return (texts.count - text.utf8.count)..<texts.count
        }

        private mutating func cell(_ subject: Comparisons.Subject) -> Int {
            switch subject {
            case .value(let path):
                return cell(path)
            case .size(let path):
                if let known = cellOfSize[path] { return known }
                let measured = cell(path)
                cells.append(Cell(place: .size(of: measured)))
                cellOfSize[path] = cells.count - 1
                return cells.count - 1
            }
        }

        /// The cell of a path; those of the paths it goes through stand before it.
        private mutating func cell(_ path: FieldPath) -> Int {
            if let known = cellOfPath[path] { return known }
            let place: Cell.Place
            if let name = path.fields.last {
                let parent = cell(path.parent)
                place = .field(of: parent, name: append(name))
            } else {
                place = path.slot == EventValues.eventSlot ? .attributes : .data
            }
            cells.append(Cell(place: place))
            cellOfPath[path] = cells.count - 1
            return cells.count - 1
        }
    }
}
