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
    var limits: [LimitState] = []
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

    init() {}

    /// Reads a record as the log has it; nil where it is none.
    init?(octets: [UInt8]) {
        // SAFETY: the reader is used within the call.
        let record = unsafe octets.withUnsafeBytes { octets in
            var reader = unsafe WireReader(octets)
            return HeldUser(&reader)
        }
        guard let record else { return nil }
        self = record
    }

    /// Reads a record from the table that holds it; nil where it is none.
    init?(_ reader: inout WireReader) {
        while reader.next() { read(&reader) }
        if !reader.isWellFormed { return nil }
    }

    private mutating func read(_ reader: inout WireReader) {
        switch reader.number {
        case 1: lastOffset = reader.int64()
        case 2:
            if devices.isEmpty { devices.reserveCapacity(2) }
            devices.append(reader.nested(HeldDevice.init))
        case 3: log.take(&reader)
        case 4:
            if limits.isEmpty { limits.reserveCapacity(4) }
            limits.append(reader.message(LimitState.init))
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

    /// Whether nothing is left that has to be kept.
    var isEmpty: Bool {
        devices.isEmpty && log.isEmpty && limits.isEmpty && topics.isEmpty && preferencesAtMs == 0 && scheduled.isEmpty
            && badge == 0 && dedupe.isEmpty && cancels.isEmpty && erasures.isEmpty
    }

    /// A registration by its number, removed or not: decisions name it as long as they may be repeated.
    func device(_ number: UInt32) -> HeldDevice? {
        devices.first { $0.number == number }
    }

    // MARK: Writing

    /// The record's value.
    var octets: [UInt8] {
        WireWriter.octets(capacity: room) { write(to: &$0) }
    }

    /// Octets that it has, about: not fewer for most.
    private var room: Int {
        let devices = devices.reduce(0) { $0 + $1.octets.count + 4 }
        return 64 + devices + log.octets.count + log.seen.octets.count + 24 * limits.count + laterFields.count
    }

    private func write(to writer: inout WireWriter) {
        writer.int64(1, lastOffset)
        for index in devices.indices { writer.message(2, devices[index].octets) }
        writer.fields(log.octets)
        for limit in limits { writer.message(4, limit) { limit.write(to: &$0) } }
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
