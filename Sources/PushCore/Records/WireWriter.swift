/// Writes Protobuf fields around messages that are encoded already.
///
/// SwiftProtobuf measures a message anew for every level around it, and encodes it anew for every message that it goes into. A
/// notification lies two levels deep in its command, and goes to many users and devices. Fields in the order of their
/// numbers, and none that holds its default, give the octets that SwiftProtobuf would give; a test compares them.
struct WireWriter {
    private(set) var octets: [UInt8] = []

    init(capacity: Int) {
        octets.reserveCapacity(capacity)
    }

    /// How a field's value is laid out (encoding guide of Protocol Buffers, "Message Structure").
    private enum Layout: UInt64 {
        case varint = 0
        case fixed64 = 1
        case lengthDelimited = 2
    }

    mutating func fixed64(_ field: UInt64, _ value: UInt64) {
        if value == 0 { return }
        tag(field, .fixed64)
        for shift in stride(from: UInt64(0), to: 64, by: 8) { octets.append(UInt8(truncatingIfNeeded: value >> shift)) }
    }

    mutating func int64(_ field: UInt64, _ value: Int64) {
        if value == 0 { return }
        tag(field, .varint)
        varint(UInt64(bitPattern: value))
    }

    mutating func string(_ field: UInt64, _ value: String) {
        if value.isEmpty { return }
        begin(field, count: value.utf8.count)
        octets.append(contentsOf: value.utf8)
    }

    mutating func message(_ field: UInt64, _ message: [UInt8]) {
        begin(field, count: message.count)
        octets += message
    }

    /// Begins a message of so many octets, which are written next.
    mutating func begin(_ field: UInt64, count: Int) {
        tag(field, .lengthDelimited)
        varint(UInt64(count))
    }

    /// Fields as they were encoded elsewhere.
    mutating func fields(_ encoded: [UInt8]) {
        octets += encoded
    }

    private mutating func tag(_ field: UInt64, _ layout: Layout) {
        varint(field << 3 | layout.rawValue)
    }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            octets.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        octets.append(UInt8(truncatingIfNeeded: rest))
    }

    // MARK: Sizes

    /// Octets of a fixed64 field below 16, or of one from 16 on, which needs one more.
    static func fixed64Count(_ field: UInt64, _ value: UInt64) -> Int {
        value == 0 ? 0 : field < 16 ? 9 : 10
    }

    /// Octets of a message field below 16.
    static func messageCount(_ count: Int) -> Int {
        var octets = 2 + count
        var rest = count >> 7
        while rest > 0 {
            octets += 1
            rest >>= 7
        }
        return octets
    }
}

extension Command {
    /// A notify command, encoded.
    ///
    /// - Parameters:
    ///   - notification: The notification without its id, encoded: the same for all users that a rule addresses.
    ///   - id: Its id for one of them.
    ///   - origin: See `Notify.origin`.
    /// - Returns: What ``encoded()`` gives of that command.
    static func encodedNotify(_ notification: [UInt8], id: Identifier, origin: UInt64) -> [UInt8] {
        let count =
            WireWriter.fixed64Count(1, id.high) + notification.count + WireWriter.fixed64Count(17, id.low)
        let notifyCount = WireWriter.messageCount(count) + WireWriter.fixed64Count(2, origin)
        var writer = WireWriter(capacity: notifyCount + 8)
        writer.begin(1, count: notifyCount)
        writer.begin(1, count: count)
        writer.fixed64(1, id.high)
        writer.fields(notification)
        writer.fixed64(17, id.low)
        writer.fixed64(2, origin)
        return writer.octets
    }
}

extension Delivery {
    /// What ``encoded()`` gives of a delivery whose notification is encoded already.
    static func encoded(
        id: Identifier,
        userID: String,
        notification: [UInt8],
        device: Device,
        decidedAtMs: Int64
    ) -> [UInt8] {
        let device = device.encoded()
        var writer = WireWriter(capacity: notification.count + device.count + userID.utf8.count + 48)
        writer.fixed64(1, id.high)
        writer.string(2, userID)
        writer.message(3, notification)
        writer.message(4, device)
        writer.int64(5, decidedAtMs)
        writer.fixed64(6, id.low)
        return writer.octets
    }
}
