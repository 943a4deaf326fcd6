internal import SwiftProtobuf

extension ScheduledEntry {
    init(_ delivery: Delivery, _ schedule: ScheduleDelivery, _ context: UsersCore.Context) {
        self.init()
        deliveryIDHigh = delivery.idHigh
        deliveryIDLow = delivery.idLow
        notBeforeMs = schedule.notBeforeMs
        expiresAtMs = delivery.notification.expiresAtMs
        offset = context.position
        self.delivery = schedule.delivery
        handBacks = delivery.handBacks
        deviceNumber = delivery.device.number
        collapseKey = delivery.notification.collapseKey
        decidedAtMs = delivery.decidedAtMs
        waitsFor = schedule.reason
    }

    /// A notification that is decided again when it is due.
    init(_ notify: NotifyCommand, _ decision: Decision, _ context: UsersCore.Context) {
        self.init()
        deliveryIDHigh = notify.id.high
        deliveryIDLow = notify.id.low
        notBeforeMs = decision.notBeforeMs
        expiresAtMs = notify.expiresAtMs
        offset = context.position
        collapseKey = notify.collapseKey
        decidedAtMs = decision.decidedAtMs
        waitsFor = decision.waitsFor
        // SAFETY: the octets are copied within the call.
        unsafe command.append(contentsOf: notify.command)
    }

    /// Of the delivery, the notification or the digest.
    var deliveryID: Identifier { Identifier(high: deliveryIDHigh, low: deliveryIDLow) }

    /// A notification, or a digest, and no delivery.
    var isNotification: Bool { !command.isEmpty }

    var isDigest: Bool { !digestKey.isEmpty }

    /// Octets that count, about as many as it has in the record.
    var octetCount: Int {
        delivery.count + command.count + items.reduce(0) { $0 + $1.octetCount }
    }

    /// When its release is to be asked for: what expires before it is due ends then.
    var dueMs: Int64 { isDigest ? notBeforeMs : min(notBeforeMs, expiresAtMs) }

    /// Neither released nor ended.
    var isWaiting: Bool { settledByOffset == 0 }

    func isSettled(before committed: Int64) -> Bool { !isWaiting && settledByOffset <= committed }

    /// Whether this one takes the other's place: of two decided in the same millisecond, the one that came first stays.
    func supersedes(_ other: ScheduledEntry) -> Bool {
        !collapseKey.isEmpty && collapseKey == other.collapseKey && deviceNumber == other.deviceNumber
            && !other.isNotification
            && decidedAtMs > other.decidedAtMs
    }

    /// `reason`: nil for one that is released.
    func settled(as reason: Reason?, _ context: UsersCore.Context) -> ScheduledEntry {
        var entry = self
        entry.settledByOffset = context.position
        entry.settled = reason?.rawValue ?? ""
        return entry
    }

    /// Ends the items that nothing ended before.
    mutating func settleItems(as reason: (DigestItem) -> Reason, _ context: UsersCore.Context) {
        for index in items.indices where items[index].isWaiting {
            items[index].settledByOffset = context.position
            items[index].settled = reason(items[index]).rawValue
        }
    }

    /// The command that asks for its release.
    func release(to key: String) -> Outgoing {
        var release = ReleaseScheduled()
        release.deliveryIDHigh = deliveryIDHigh
        release.deliveryIDLow = deliveryIDLow
        release.handBacks = handBacks
        var command = Command()
        command.releaseScheduled = release
        return Outgoing(.inbox, key: Array(key.utf8), value: command.encoded())
    }

    /// The entries of a user's record that wait, read without the rest of it.
    static func waiting(in record: [UInt8]) -> [ScheduledEntry] {
        var entries: [ScheduledEntry] = []
        // SAFETY: the reader is used within the call.
        let isKnown = unsafe record.withUnsafeBytes { octets in
            var reader = unsafe WireReader(octets)
            while reader.next() {
                if reader.number == 13 {
                    entries.append(reader.nested(ScheduledEntry.init))
                } else {
                    reader.skip()
                }
            }
            return reader.isWellFormed
        }
        // A later version has added something.
        if !isKnown { entries = HeldUser(octets: record)?.scheduled ?? [] }
        return entries.filter(\.isWaiting)
    }
}

extension DigestItem {
    var isWaiting: Bool { settledByOffset == 0 }

    var octetCount: Int {
        let event = notification.event
        let texts = fragments + [event.id, event.source, event.type]
        return texts.reduce(64 + command.count) { $0 + $1.utf8.count }
    }
}
