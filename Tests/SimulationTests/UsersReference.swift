import PushCore

/// What the users stage must decide on notifications, told in another way than it is written there: a leaky bucket for each
/// window (ITU-T I.371, the other form of the algorithm), and the rules of refusal in their order.
struct UsersReference {
    private struct Bucket {
        var levelMs: Int64 = 0
        var atMs: Int64 = 0

        /// Pours one in, if it does not run over.
        func pouring(_ window: LimitWindow, at nowMs: Int64) -> Bucket? {
            let portion = window.portionMs
            let level = max(0, levelMs - (nowMs - atMs))
            if level > portion * (window.max - 1) { return nil }
            return Bucket(levelMs: level + portion, atMs: nowMs)
        }
    }

    /// A decision that stands: the first that came into the log.
    struct Standing {
        let decision: Decision
        /// Devices that it names.
        let deviceIDs: [String]
        /// Deliveries and receipts that must come of it: their ids.
        let outputs: [Identifier]
    }

    /// What stands in the place of devices where a channel is addressed: without an id, the first and only one.
    private static let channel: Device = {
        var device = Device()
        device.app = Settings.app
        device.number = 1
        return device
    }()

    private let windows: [String: LimitWindow]
    private(set) var decisions: [Identifier: Standing] = [:]
    private var latest: [String: UserRecord] = [:]
    private var buckets: [String: Bucket] = [:]

    init(windows: [String: LimitWindow]) { self.windows = windows }

    /// Takes a user's record as it comes into the log.
    ///
    /// - Returns: What is wrong with its newest decision.
    mutating func observe(_ key: String, _ record: UserRecord, _ expected: [Identifier: Scenario.Expected]) -> [String]
    {
        let before = latest[key] ?? UserRecord()
        // Produced again: the same octets as before.
        if record.lastOffset <= before.lastOffset, latest[key] != nil { return [] }
        latest[key] = record
        var complaints: [String] = []
        for decision in record.decisions where decision.offset == record.lastOffset {
            let id = Identifier(high: decision.notificationIDHigh, low: decision.notificationIDLow)
            guard let notification = expected[id] else {
                complaints.append("\(key) decided on \(id), which no rule asks for")
                continue
            }
            if decisions[id] != nil { complaints.append("\(key) decided twice on \(id)") }
            let numbers = decision.deviceNumbers + decision.unservedDeviceNumbers
            let held = key.hasPrefix("t:") ? [Self.channel] : before.devices
            let devices = held.filter { numbers.contains($0.number) }.map(\.id)
            let outputs = Self.outputs(of: decision, on: id, held)
            decisions[id] = Standing(decision: decision, deviceIDs: devices, outputs: outputs)
            let said = decision.suppressed.isEmpty ? "sent to \(devices.sorted())" : decision.suppressed
            let right = judge(notification, before, held, key, decision.decidedAtMs)
            if said != right { complaints.append("\(key)@\(decision.offset) \(id) is \(said), must be \(right)") }
        }
        return complaints
    }

    private static func outputs(of decision: Decision, on id: Identifier, _ devices: [Device]) -> [Identifier] {
        if !decision.suppressed.isEmpty { return [Digests.openSSL.identifier(id, "users")] }
        return devices.compactMap { device in
            let delivery = Digests.openSSL.identifier(id, device.id)
            if decision.deviceNumbers.contains(device.number) { return delivery }
            let isUnserved = decision.unservedDeviceNumbers.contains(device.number)
            return isUnserved ? Digests.openSSL.finalReceiptIdentifier(ofDelivery: delivery) : nil
        }
    }

    private mutating func judge(
        _ notification: Scenario.Expected,
        _ before: UserRecord,
        _ held: [Device],
        _ key: String,
        _ nowMs: Int64
    ) -> String {
        if nowMs >= notification.expiresAtMs { return "ttl_passed" }
        if before.categories[notification.rule.category] == false { return "opted_out" }
        let devices = held.filter { $0.removedAtMs == 0 }
        if devices.isEmpty { return "no_devices" }
        if devices.contains(where: { $0.app == Settings.app }) {
            var poured: [String: Bucket] = [:]
            for name in notification.rule.windows {
                guard let window = windows[name] else { continue }
                guard let bucket = buckets["\(key)/\(name)", default: Bucket()].pouring(window, at: nowMs) else {
                    return "rate_limited"
                }
                poured["\(key)/\(name)"] = bucket
            }
            buckets.merge(poured) { _, new in new }
        }
        return "sent to \(devices.map(\.id).sorted())"
    }
}
