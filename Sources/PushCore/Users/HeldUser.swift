internal import SwiftProtobuf

/// A user's record (`UserRecord`) while a command is decided.
///
/// A notification asks for little of it and changes less. So what it does not look into, devices and former decisions, stays encoded; and
/// so does what a later version has added. Written again, a record that nothing has changed gives the octets that SwiftProtobuf would give.
struct HeldUser {
    var lastOffset: Int64 = 0
    var devices: [HeldDevice] = []
    /// Decisions, and marks of former ones.
    var log = DecisionLog()
    var limits: [HeldLimit] = []
    var categories: [String: Bool] = [:]
    var preferencesAtMs: Int64 = 0
    var locale = ""
    var timezone = ""
    var quietHoursStart = ""
    var quietHoursEnd = ""
    var quietHoursOff = false
    var topics: [TopicSubscription] = []
    var lastDeviceNumber: UInt32 = 0
    var scheduled: [ScheduledEntry] = []
    var badge: Int64 = 0
    var badgeAtMs: Int64 = 0
    var dedupe: [DedupeMark] = []
    var epoch: UInt32 = 0
    var cancels: [CancelMark] = []
    var erasures: [Erasure] = []
    var forgotten: Forgotten?
    /// Fields of a later version, one after another.
    private var laterFields: [UInt8] = []
    /// Likewise of limits, by their windows.
    private var laterLimitFields: [UInt32: [UInt8]] = [:]

    init() {}

    /// Reads a record as the log has it; nil where it is none.
    init?(octets: [UInt8]) {
        // SAFETY: the reader is used within the call.
        let isKnown = unsafe octets.withUnsafeBytes { octets in
            var reader = unsafe WireReader(octets)
            return readAll(&reader)
        }
        if !isKnown { return nil }
    }

    /// Reads a record from the table that holds it.
    ///
    /// - Returns: false where it is none; this is not a record then.
    mutating func readAll(_ reader: inout WireReader) -> Bool {
        var scratch = WireWriter(capacity: 512)
        while reader.next() { read(&reader, &scratch) }
        return reader.isWellFormed
    }

    private mutating func read(_ reader: inout WireReader, _ scratch: inout WireWriter) {
        switch reader.number {
        case 1: lastOffset = reader.int64()
        case 2:
            if devices.isEmpty { devices.reserveCapacity(2) }
            devices.append(reader.nested { HeldDevice(&$0, &scratch) })
        case 3: log.take(&reader)
        case 4:
            if limits.isEmpty { limits.reserveCapacity(4) }
            limits.append(reader.nested { readLimit(&$0) })
        case 5:
            let entry = reader.nested(CategoryEntry.init)
            categories[entry.name] = entry.isWanted
        case 6: preferencesAtMs = reader.int64()
        case 7: locale = reader.string()
        case 8: timezone = reader.string()
        case 9: quietHoursStart = reader.string()
        case 10: quietHoursEnd = reader.string()
        case 11: topics.append(reader.message(TopicSubscription.init))
        case 12: lastDeviceNumber = reader.uint32()
        case 13: scheduled.append(reader.message(ScheduledEntry.init))
        case 31: badge = reader.int64()
        case 32: badgeAtMs = reader.int64()
        case 40: dedupe.append(reader.message(DedupeMark.init))
        case 41: quietHoursOff = reader.bool()
        case 42: epoch = reader.uint32()
        // SAFETY: the octets are copied within the call.
        case 43: unsafe log.seen = SeenMarks(octets: reader.slice())
        case 44: cancels.append(reader.message(CancelMark.init))
        case 50: erasures.append(reader.message())
        case 51: forgotten = reader.message()
        default:
            reader.skip()
            // SAFETY: as above.
            unsafe laterFields.append(contentsOf: reader.field)
        }
    }

    private mutating func readLimit(_ reader: inout WireReader) -> HeldLimit {
        var later: [UInt8] = []
        // SAFETY: the octets are copied within the call.
        let limit = unsafe HeldLimit(&reader) { unsafe later.append(contentsOf: $0) }
        if !later.isEmpty { laterLimitFields[limit.window] = later }
        return limit
    }

    /// Whether nothing is left that has to be kept.
    var isEmpty: Bool {
        devices.isEmpty && log.isEmpty && limits.isEmpty && topics.isEmpty && preferencesAtMs == 0 && scheduled.isEmpty
            && badge == 0 && dedupe.isEmpty && cancels.isEmpty && erasures.isEmpty
    }

    /// A registration by its number, removed or not: decisions name it as long as they may be repeated.
    func device(_ number: UInt32) -> HeldDevice? {
        devices.first { $0.number == number }
    }

    private var isForgotten: Bool { if case .some = forgotten { true } else { false } }

    // MARK: Writing

    /// The record's value.
    var octets: [UInt8] {
        var plainFrom = 0
        return octets(plainFrom: &plainFrom)
    }

    /// As above. `plainFrom`: See ``RecordPacking/Known``.
    func octets(plainFrom: inout Int) -> [UInt8] {
        var writer = WireWriter(capacity: room)
        writer.int64(1, lastOffset)
        for device in devices { device.write(2, to: &writer) }
        let isPlain = locale.isEmpty && timezone.isEmpty && topics.isEmpty && scheduled.isEmpty && erasures.isEmpty
        plainFrom = isPlain && !isForgotten && laterFields.isEmpty ? writer.count : .max
        writeRest(to: &writer)
        return writer.octets
    }

    /// Octets that it has, about: not fewer for most.
    private var room: Int {
        let devices = devices.reduce(0) { $0 + $1.octetCount + 4 }
        return 64 + devices + log.octets.count + log.seen.octets.count + 24 * limits.count + laterFields.count
    }

    private func writeRest(to writer: inout WireWriter) {
        writer.fields(log.octets)
        for limit in limits {
            writer.nested(4) { writer in
                limit.write(to: &writer)
                if !laterLimitFields.isEmpty { writer.fields(laterLimitFields[limit.window] ?? []) }
            }
        }
        for (name, isWanted) in categories {
            writer.nested(5) { writer in
                // SwiftProtobuf writes both fields of a map's entry, whatever they hold.
                writer.string(1, present: name)
                writer.int64(2, present: isWanted ? 1 : 0)
            }
        }
        writer.int64(6, preferencesAtMs)
        writer.string(7, locale)
        writer.string(8, timezone)
        writer.string(9, quietHoursStart)
        writer.string(10, quietHoursEnd)
        for topic in topics { writer.message(11, topic) { topic.write(to: &$0) } }
        writer.uint64(12, UInt64(lastDeviceNumber))
        for entry in scheduled { writer.message(13, entry) { entry.write(to: &$0) } }
        writer.int64(31, badge)
        writer.int64(32, badgeAtMs)
        for mark in dedupe { writer.message(40, mark) { mark.write(to: &$0) } }
        writer.bool(41, quietHoursOff)
        writer.uint64(42, UInt64(epoch))
        writer.bytes(43, log.seen.octets)
        for mark in cancels { writer.message(44, mark) { mark.write(to: &$0) } }
        for erasure in erasures { writer.message(50, erasure.encoded()) }
        if let forgotten { writer.message(51, forgotten.encoded()) }
        writer.fields(laterFields)
    }
}

/// An entry of the map of categories.
private struct CategoryEntry {
    var name = ""
    var isWanted = false

    init(_ reader: inout WireReader) {
        while reader.next() {
            switch reader.number {
            case 1: name = reader.string()
            case 2: isWanted = reader.bool()
            default: reader.fail()
            }
        }
    }
}

extension WireReader {
    /// A message of ours; what a later version has added to it is read by SwiftProtobuf, which keeps it.
    fileprivate mutating func message<Kind: Message>(_ read: (inout WireReader) -> Kind) -> Kind {
        // SAFETY: the octets lie inside the whole, and are used within the call.
        let octets = unsafe slice()
        var inner = unsafe WireReader(octets)
        let message = read(&inner)
        if inner.isWellFormed { return message }
        return unsafe general(octets)
    }

    /// A message that few records have.
    fileprivate mutating func message<Kind: Message>() -> Kind {
        // SAFETY: as above.
        unsafe general(slice())
    }

    private mutating func general<Kind: Message>(_ octets: UnsafeRawBufferPointer) -> Kind {
        // SAFETY: as above.
        if let message = unsafe try? Kind(octets: octets) { return message }
        fail()
        return Kind()
    }
}

extension WireWriter {
    /// A message of ours, by what writes its fields; one with fields of a later version by SwiftProtobuf.
    fileprivate mutating func message(_ field: UInt64, _ message: some Message, _ write: (inout WireWriter) -> Void) {
        if message.hasUnknownFields { self.message(field, message.encoded()) } else { nested(field, write) }
    }
}
