/// The decisions of a user as they stand encoded in the record: looked through and added to, never all decoded.
///
/// A notification asks one question of them, whether it is there already, and adds one. Most users have many; taking them apart
/// and putting them together again would be most of the work of a notification.
struct DecisionLog {
    /// Fields 3 of `UserRecord`, one after another, the oldest first.
    private(set) var octets: [UInt8] = []
    private(set) var count = 0
    /// What is remembered of decisions that stand here no more.
    var seen = SeenMarks()

    var isEmpty: Bool { count == 0 && seen.isEmpty }

    /// Takes the field at hand of a record.
    mutating func take(_ reader: inout WireReader) {
        reader.skip()
        guard reader.isWellFormed else { return }
        // One more decision will follow.
        if octets.isEmpty { octets.reserveCapacity(unsafe reader.all.count / 2 + Self.decisionOctets) }
        // SAFETY: the octets are copied within the call.
        unsafe octets.append(contentsOf: reader.field)
        count += 1
    }

    mutating func append(_ decision: Decision) {
        var writer = WireWriter(capacity: Self.decisionOctets)
        writer.nested(3) { decision.write(to: &$0) }
        writer.append(to: &octets)
        count += 1
    }

    /// Octets of most decisions, at most.
    private static let decisionOctets = 96

    /// All of them, the oldest first.
    var decisions: [Decision] {
        get {
            var decisions: [Decision] = []
            forEach { entry in
                var reader = entry
                decisions.append(Decision(&reader))
                return true
            }
            return decisions
        }
        set {
            octets = []
            count = 0
            for decision in newValue { append(decision) }
        }
    }

    /// The decision on a notification; nil where there is none.
    func first(about id: Identifier) -> Decision? {
        first { entry in
            // Its first field is the id's first half, for all but one id in 2^64.
            var first = entry
            if id.high != 0, first.next(), first.number == 1, first.fixed64() != id.high { return false }
            var reader = entry
            let decision = Decision(&reader)
            return Identifier(high: decision.notificationIDHigh, low: decision.notificationIDLow) == id
        }
    }

    /// The decision of a command; nil where it made none.
    func first(at position: Int64) -> Decision? {
        first { entry in
            var reader = entry
            return Decision(&reader).offset == position
        }
    }

    private func first(where isWanted: (WireReader) -> Bool) -> Decision? {
        var end = 0
        var isFound = false
        forEach { entry in
            isFound = isWanted(entry)
            return !isFound
        } after: { position in
            end = position
        }
        return isFound ? decision(at: end) : nil
    }

    /// `start`: Where its field begins.
    ///
    /// Few commands come twice: what is big and rare stays out of the way of the others.
    @inline(never)
    private func decision(at start: Int) -> Decision {
        // SAFETY: the reader is used within the call.
        unsafe octets.withUnsafeBytes { octets in
            var reader = unsafe WireReader(UnsafeRawBufferPointer(rebasing: octets[start...]))
            return reader.next() ? reader.nested(Decision.init) : Decision()
        }
    }

    /// Forgets what was decided up to an offset, and what is remembered of a time.
    mutating func drop(upTo offset: Int64, marksUntilMs: Int64) {
        settle(upTo: offset, forgettingBefore: marksUntilMs + 1_000, marksMax: .max)
    }

    /// Makes marks of decisions that no command can repeat any more, and drops marks that are too old or too many.
    ///
    /// `committed`: The offset up to which nothing is read again. `beforeMs`: what was decided earlier is forgotten.
    ///
    /// Offsets rise from one decision to the next, so that what may go stands in front.
    mutating func settle(upTo committed: Int64, forgettingBefore beforeMs: Int64, marksMax: Int) {
        var settled = 0
        var end = 0
        var seen = SeenMarks()
        swap(&seen, &self.seen)
        forEach { entry in
            var reader = entry
            var (idHigh, origin) = (UInt64(0), UInt64(0))
            var (offset, decidedAtMs) = (Int64(0), Int64(0))
            while offset <= committed, reader.next() {
                switch reader.number {
                case 1: idHigh = reader.fixed64()
                case 2: offset = reader.int64()
                case 3: origin = reader.fixed64()
                case 4: decidedAtMs = reader.int64()
                default: reader.skip()
                }
            }
            guard offset <= committed else { return false }
            seen.append(idHigh: idHigh, origin: origin, atMs: decidedAtMs)
            settled += 1
            return true
        } after: { position in
            end = position
        }
        seen.drop(beforeMs: beforeMs, keeping: marksMax)
        self.seen = seen
        if end > 0 { octets.removeFirst(end) }
        count -= settled
    }

    /// Visits the decisions, the oldest first, until the closure answers false; `after` is told where each accepted one ends.
    private func forEach(_ body: (WireReader) -> Bool, after: (Int) -> Void = { _ in }) {
        // SAFETY: the readers are used within the call.
        unsafe octets.withUnsafeBytes { octets in
            var reader = unsafe WireReader(octets)
            while reader.next() {
                let entry = unsafe WireReader(reader.slice())
                guard body(entry) else { return }
                after(reader.fieldEnd)
            }
        }
    }
}
