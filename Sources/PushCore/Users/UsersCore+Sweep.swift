internal import SwiftProtobuf

/// What time alone asks for, beside what is due (``UsersCore/due(nowMs:max:)``): by commands to the keys themselves, so that only
/// commands change records.
extension UsersCore {
    /// Whether there is something to look at.
    package func hasHousekeeping(nowMs: Int64) -> Bool {
        !erasures.isIdle || !untidy.isIdle || records.count > 0 && sweep.isDue(nowMs: nowMs)
    }

    /// Commands for what nobody asks for otherwise: erasures that can be finished, and records that can say less.
    ///
    /// `max`: Of each kind.
    package mutating func housekeeping(nowMs: Int64, max: Int = 64) -> [Outgoing] {
        erasuresDue(nowMs: nowMs, max: max) + untidyDue(nowMs: nowMs, max: max) + sweepDue(nowMs: nowMs, max: max)
    }

    /// An address's record names former owners, and a user's has the addresses of removed devices, as long as a command may be read again
    /// that asks for them; then they can say less.
    private mutating func untidyDue(nowMs: Int64, max: Int) -> [Outgoing] {
        let due = untidy.due(
            committed: committed,
            nowMs: nowMs,
            againMs: configuration.releaseTimeoutMs,
            max: max
        )
        return due.map { command(.tidy(TidyRecord()), to: $0) }
    }

    /// Has the record looked at again when nobody can ask any more for the addresses of devices that were removed.
    mutating func noteRemovedDevices(of record: HeldUser, _ context: Context) {
        // The end of an erasure takes the devices out.
        if !record.erasures.isEmpty { return }
        var hasRemoved = false
        var until: Int64?
        for index in record.devices.indices where !record.devices[index].isActive {
            hasRemoved = true
            guard record.devices[index].hasAddress else { continue }
            until = max(until ?? 0, record.devices[index].changedByOffset)
        }
        if hasRemoved { untidy.note(context.key, until: until) }
    }

    // MARK: The sweep

    /// Goes on with the walk over all records: devices that became inactive, and records in which nothing is left, have no other command
    /// that would find them.
    private mutating func sweepDue(nowMs: Int64, max: Int) -> [Outgoing] {
        guard sweep.isDue(nowMs: nowMs), sweep.asked.count < max else { return [] }
        let entries = sweep.begin(nowMs: nowMs, capacity: records.capacity)
        var cursor = sweep.cursor
        let keys = records.walk(&cursor, entries: entries) { isUntidy($0, &$1, nowMs: nowMs) }
        sweep.cursor = cursor
        return keys.compactMap { octets in
            let key = String(decoding: octets, as: UTF8.self)
            return sweep.asked.insert(key).inserted ? command(.tidy(TidyRecord()), to: key) : nil
        }
    }

    private func isUntidy(_ kind: RecordPacking.Kind, _ reader: inout WireReader, nowMs: Int64) -> Bool {
        switch kind {
        case .user: isUntidyUser(&reader, nowMs: nowMs)
        case .address: isUntidyAddress(&reader, nowMs: nowMs)
        case .other: false
        }
    }

    /// Whether a user has an inactive device, or one to forget whole or in part, or nothing that has to be kept.
    private func isUntidyUser(_ reader: inout WireReader, nowMs: Int64) -> Bool {
        let decidedBefore = nowMs - configuration.dedupeWindowMs - 1_000
        var hasDeviceToDrop = false
        var isKept = false
        while reader.next() {
            switch reader.number {
            // It is in use: the next command of its own finds it.
            case 1: if reader.int64() > committed { return false }
            case 2:
                let device = reader.nested(DeviceTimes.init)
                if isToDrop(device, nowMs: nowMs) { hasDeviceToDrop = true } else { isKept = true }
            case 3: isKept = reader.nested(Decision.init).decidedAtMs >= decidedBefore || isKept
            case 4: isKept = reader.nested { unsafe HeldLimit(&$0) }.tatMs > nowMs || isKept
            case 40: isKept = reader.nested(DedupeMark.init).untilMs > nowMs || isKept
            case 44: isKept = reader.nested(CancelMark.init).untilMs > nowMs || isKept
            // SAFETY: the octets are copied within the call.
            case 43: isKept = unsafe SeenMarks(octets: reader.slice()).lastMs >= decidedBefore || isKept
            case 7, 8, 9, 10, 12, 42: reader.skip()
            // An erasure that is not finished has an end of its own.
            case 50: return false
            default:
                reader.skip()
                isKept = true
            }
        }
        return reader.isWellFormed && (hasDeviceToDrop || !isKept)
    }

    private func isToDrop(_ device: DeviceTimes, nowMs: Int64) -> Bool {
        if device.removedAtMs != 0 {
            if device.hasAddress, device.changedByOffset <= committed { return true }
            return max(device.removedAtMs, device.signalledAtMs) < nowMs - configuration.removedDeviceMs
        }
        return configuration.inactiveDeviceMs > 0
            && device.registeredAtMs < nowMs - configuration.inactiveDeviceMs
    }

    /// Whether an address is nobody's, and was for long enough.
    private func isUntidyAddress(_ reader: inout WireReader, nowMs: Int64) -> Bool {
        var isHeld = false
        var registeredAtMs: Int64 = 0
        while reader.next() {
            switch reader.number {
            case 1: if reader.int64() > committed { return false }
            case 4: registeredAtMs = reader.int64()
            case 3, 42: reader.skip()
            default:
                reader.skip()
                isHeld = true
            }
        }
        return reader.isWellFormed && !isHeld && registeredAtMs < nowMs - configuration.removedDeviceMs
    }

    /// Drops from a record what nobody can ask for any more. One that cannot be read stays: a later version may have written it.
    mutating func tidy(_ context: Context) -> Decided {
        sweep.asked.remove(context.key)
        if context.key.utf8.first == UInt8(ascii: "a") {
            guard let record = knownAddress(context), context.position > record.lastOffset else {
                return Decided(effects: .none, disposition: .ignored)
            }
            return Decided(effects: Effects(state: store(record, context)), disposition: .applied)
        }
        guard var record = known(at: spot(context)) else { return Decided(effects: .none, disposition: .ignored) }
        if context.position <= record.lastOffset {
            return Decided(effects: Effects(outputs: releases(in: record, by: context)), disposition: .replayed)
        }
        retireDevices(in: &record, context)
        let outputs = releases(in: record, by: context)
        let state = store(&record, context)
        return Decided(effects: Effects(state: state, outputs: outputs), disposition: .applied)
    }
}

/// When a device did what, read without the rest of it.
private struct DeviceTimes {
    var registeredAtMs: Int64 = 0
    var removedAtMs: Int64 = 0
    var signalledAtMs: Int64 = 0
    var changedByOffset: Int64 = 0
    var hasAddress = false

    init(_ reader: inout WireReader) {
        while reader.next() {
            switch reader.number {
            case 10: registeredAtMs = reader.int64()
            case 11: removedAtMs = reader.int64()
            case 12: signalledAtMs = reader.int64()
            case 13: changedByOffset = reader.int64()
            case 4, 5, 6:
                hasAddress = true
                reader.skip()
            default: reader.skip()
            }
        }
    }
}

/// A walk over all records of a partition that begins anew when it has come to the end: a little at a time, and round in ten minutes at
/// most.
struct Sweep: Sendable {
    var cursor = RecordIndex.Cursor()
    /// Whose commands are on their way.
    var asked: Set<String> = []
    private var nextMs: Int64 = .min

    private static let everyMs: Int64 = 100
    private static let stepsOfARound = 6_000

    /// A clock that was ahead and is right again does not stop it.
    func isDue(nowMs: Int64) -> Bool { nowMs >= nextMs || nextMs - nowMs > Self.everyMs }

    /// - Returns: How many entries are looked at now, of as many as there are.
    mutating func begin(nowMs: Int64, capacity: Int) -> Int {
        nextMs = nowMs + Self.everyMs
        return max(16, capacity / Self.stepsOfARound)
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
    /// Keys by the offsets up to which they wait: here these are what others have times for.
    private var noted = DueQueue<String>()
    /// Keys by when they were asked for.
    private var asked = DueQueue<String>()
    private var nextLookMs: Int64 = 0

    private static let lookEveryMs: Int64 = 100

    var isIdle: Bool { entries.isEmpty }

    /// `offset`: Nil for a record that can say no less.
    mutating func note(_ key: String, until offset: Int64?) {
        guard let offset else {
            guard entries.removeValue(forKey: key) != nil, entries.isEmpty else { return }
            // What the queues hold is about nobody.
            (noted, asked) = (DueQueue(), DueQueue())
            return
        }
        if let known = entries[key], known.offset == offset { return }
        entries[key] = Entry(offset: offset)
        _ = noted.push(key, dueMs: offset)
    }

    /// Each is given once, and again after a while if it is still there.
    mutating func due(committed: Int64, nowMs: Int64, againMs: Int64, max: Int) -> [String] {
        guard !entries.isEmpty, nowMs >= nextLookMs || nextLookMs - nowMs > Self.lookEveryMs else { return [] }
        nextLookMs = nowMs + Self.lookEveryMs
        var keys: [String] = []
        while keys.count < max, let next = noted.pop(dueAtMs: committed) {
            if entries[next.item]?.offset == next.dueMs { ask(next.item, nowMs, &keys) }
        }
        while keys.count < max, let next = asked.pop(dueAtMs: nowMs - againMs) {
            if entries[next.item]?.askedAtMs == next.dueMs { ask(next.item, nowMs, &keys) }
        }
        return keys
    }

    private mutating func ask(_ key: String, _ nowMs: Int64, _ keys: inout [String]) {
        entries[key]?.askedAtMs = nowMs
        _ = asked.push(key, dueMs: nowMs)
        keys.append(key)
    }
}
