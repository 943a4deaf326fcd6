internal import SwiftProtobuf

/// What time alone asks for, beside what is due (``UsersCore/due(nowMs:max:)``): by commands to the keys themselves, so that only
/// commands change records.
extension UsersCore {
    /// False while there is nothing to keep in order but records that are not used.
    package var hasHousekeeping: Bool { !erasures.isIdle || !formers.isIdle }

    /// Commands for what nobody asks for otherwise: erasures that can be finished, and records that can say less.
    ///
    /// `max`: Of each kind.
    package mutating func housekeeping(nowMs: Int64, max: Int = 64) -> [Outgoing] {
        erasuresDue(nowMs: nowMs, max: max) + formersDue(nowMs: nowMs, max: max)
    }

    /// Former owners are named in an address's record as long as a claim may be read again; then it can say less.
    private mutating func formersDue(nowMs: Int64, max: Int) -> [Outgoing] {
        let due = formers.due(
            committed: committed,
            nowMs: nowMs,
            againMs: configuration.releaseTimeoutMs,
            max: max
        )
        return due.map { command(.tidy(TidyRecord()), to: $0) }
    }

    /// Drops from a record what nobody can ask for any more. One that cannot be read stays: a later version may have written it.
    mutating func tidy(_ context: Context) -> Decided {
        guard let octets = records[context.key] else { return Decided(effects: .none, disposition: .ignored) }
        let state: Outgoing
        if context.key.utf8.first == UInt8(ascii: "a") {
            guard let record = try? AddressRecord(serializedBytes: octets), context.position > record.lastOffset else {
                return Decided(effects: .none, disposition: .ignored)
            }
            state = store(record, context)
        } else {
            guard let known = try? UserRecord(record: octets), context.position > known.lastOffset else {
                return Decided(effects: .none, disposition: .ignored)
            }
            let (record, log) = userAndLog(context)
            state = store(record, log, context)
        }
        return Decided(effects: Effects(state: state), disposition: .applied)
    }
}

/// Records of one partition that can say less as soon as what they hold for replays is committed, in memory.
struct Untidy: Sendable {
    private struct Entry {
        /// The last command that may be read again.
        let offset: Int64
        var askedAtMs: Int64?
    }

    private var entries: [String: Entry] = [:]
    private var nextLookMs: Int64 = 0

    private static let lookEveryMs: Int64 = 1_000

    var isIdle: Bool { entries.isEmpty }

    /// `offset`: Nil for a record that can say no less.
    mutating func note(_ key: String, until offset: Int64?) {
        if let offset {
            entries[key] = Entry(offset: offset, askedAtMs: entries[key]?.askedAtMs)
        } else if !entries.isEmpty {
            entries[key] = nil
        }
    }

    /// Each is given once, and again after a while if it is still there.
    mutating func due(committed: Int64, nowMs: Int64, againMs: Int64, max: Int) -> [String] {
        guard !entries.isEmpty, nowMs >= nextLookMs else { return [] }
        nextLookMs = nowMs + Self.lookEveryMs
        let due = entries.filter { $0.value.offset <= committed && ($0.value.askedAtMs ?? .min) <= nowMs - againMs }
        let keys = due.keys.sorted().prefix(max)
        for key in keys { entries[key]?.askedAtMs = nowMs }
        return Array(keys)
    }
}
