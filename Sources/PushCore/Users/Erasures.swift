/// Erasures of one partition in memory: which are not finished, and who was forgotten lately.
///
/// What must survive is in the users' records, and in headers of their tombstones; this follows from them.
struct Erasures: Sendable {
    /// One that is not finished, of a user.
    private struct Pending {
        let offset: Int64
        /// Addresses that have not answered.
        var addresses: Int
        /// When its end was asked for.
        var askedAtMs: Int64?
    }

    private var pending: [String: [Pending]] = [:]
    private var nextLookMs: Int64 = 0
    private var marks: [String: Forgotten] = [:]
    /// Keys in the order of their marks, so that those that ended are found.
    private var marked: [(key: String, decidedAtMs: Int64)] = []
    private var firstMarked = 0

    /// Commits come once a second; a look at all of them costs little, but not nothing.
    private static let lookEveryMs: Int64 = 200

    var isIdle: Bool { pending.isEmpty && firstMarked == marked.count }

    // MARK: Not finished

    mutating func note(_ erasures: [Erasure], of key: @autoclosure () -> String) {
        if erasures.isEmpty, pending.isEmpty { return }
        let key = key()
        if erasures.isEmpty {
            pending[key] = nil
            return
        }
        let before = pending[key] ?? []
        pending[key] = erasures.map { erasure in
            Pending(
                offset: erasure.offset,
                addresses: erasure.addresses.count,
                askedAtMs: before.first { $0.offset == erasure.offset }?.askedAtMs
            )
        }
    }

    /// Those whose end may be asked for: no command behind them can be read again, and no address has still to answer.
    ///
    /// Each is given once, and again after a while if it is still there.
    mutating func toFinish(
        committed: Int64,
        nowMs: Int64,
        againMs: Int64,
        max: Int
    ) -> [(key: String, offset: Int64)] {
        guard !pending.isEmpty, nowMs >= nextLookMs else { return [] }
        nextLookMs = nowMs + Self.lookEveryMs
        var found: [(key: String, offset: Int64)] = []
        for (key, list) in pending.sorted(by: { $0.key < $1.key }) {
            for (index, entry) in list.enumerated() where entry.addresses == 0 && entry.offset <= committed {
                if let askedAtMs = entry.askedAtMs, askedAtMs + againMs > nowMs { continue }
                if found.count == max { return found }
                pending[key]?[index].askedAtMs = nowMs
                found.append((key, entry.offset))
            }
        }
        return found
    }

    // MARK: Who was forgotten

    /// What is remembered of a user who was forgotten; nil for all others.
    func mark(of key: @autoclosure () -> String) -> Forgotten? { marks.isEmpty ? nil : marks[key()] }

    mutating func mark(_ key: String, _ mark: Forgotten) {
        marks[key] = mark
        marked.append((key, mark.decidedAtMs))
    }

    /// Drops the marks of whoever was forgotten before.
    mutating func dropMarks(before atMs: Int64) {
        while firstMarked < marked.count, marked[firstMarked].decidedAtMs < atMs {
            let (key, decidedAtMs) = marked[firstMarked]
            // Forgotten once more, a user has a later mark.
            if marks[key]?.decidedAtMs == decidedAtMs { marks[key] = nil }
            firstMarked += 1
        }
        if firstMarked > 1_024, firstMarked > marked.count / 2 {
            marked.removeFirst(firstMarked)
            firstMarked = 0
        }
    }
}
