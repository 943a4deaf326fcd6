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
    }

    var deliveryID: Identifier { Identifier(high: deliveryIDHigh, low: deliveryIDLow) }

    /// Neither released nor ended.
    var isWaiting: Bool { settledByOffset == 0 }

    func isSettled(before committed: Int64) -> Bool { !isWaiting && settledByOffset <= committed }

    /// Whether this one takes the other's place: of two decided in the same millisecond, the one that came first stays.
    func supersedes(_ other: ScheduledEntry) -> Bool {
        !collapseKey.isEmpty && collapseKey == other.collapseKey && deviceNumber == other.deviceNumber
            && decidedAtMs > other.decidedAtMs
    }

    /// `reason`: nil for one that is released.
    func settled(as reason: Reason?, _ context: UsersCore.Context) -> ScheduledEntry {
        var entry = self
        entry.settledByOffset = context.position
        entry.settled = reason?.rawValue ?? ""
        return entry
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
        if !isKnown { entries = (try? UserRecord(octets: record))?.scheduled ?? [] }
        return entries.filter(\.isWaiting)
    }
}
