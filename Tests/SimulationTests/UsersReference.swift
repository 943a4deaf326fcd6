import PushCore

/// What the users stage must decide on notifications, told in another way than it is written there: a leaky bucket for each
/// window (ITU-T I.371, the other form of the algorithm), and the rules of refusal in their order.
struct UsersReference {
    private struct Bucket {
        var levelMs: Int64 = 0
        var atMs: Int64 = 0

        /// How long until one more has room, by the clock of the bucket.
        func waitMs(_ window: LimitWindow, at nowMs: Int64) -> Int64 {
            max(0, levelMs - (nowMs - atMs)) - window.portionMs * (window.max - 1)
        }

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
    private let hasWaits: Bool
    /// The first decision on each notification: what waits is decided more than once.
    private(set) var first: [Identifier: Standing] = [:]
    /// Digests that were sent, or ended: no rule asks for them by itself.
    private(set) var digests: Set<Identifier> = []
    /// How those ended that nothing was decided on at their end.
    private(set) var endings: [Identifier: String] = [:]
    /// The last decision on each.
    private(set) var decisions: [Identifier: Standing] = [:]
    private var latest: [String: UserRecord] = [:]
    private var buckets: [String: Bucket] = [:]

    init(_ settings: Settings) {
        windows = settings.windows
        hasWaits = settings.hasWaits
    }

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
            guard let notification = expected[id] ?? digest(id, in: before, of: key) else {
                complaints.append("\(key) decided on \(id), which no rule asks for")
                continue
            }
            if let last = decisions[id], last.decision.waitsFor.isEmpty || last.decision.waitsFor == "digested" {
                complaints.append("\(key) decided twice on \(id)")
            }
            let numbers = decision.deviceNumbers + decision.unservedDeviceNumbers
            let held = key.hasPrefix("t:") ? [Self.channel] : before.devices
            let devices = held.filter { numbers.contains($0.number) }.map(\.id)
            let outputs = Self.outputs(of: decision, on: id, held)
            let standing = Standing(decision: decision, deviceIDs: devices, outputs: outputs)
            decisions[id] = standing
            first[id] = first[id] ?? standing
            let waits = "waits for \(decision.waitsFor) until \(decision.notBeforeMs)"
            let said =
                !decision.waitsFor.isEmpty
                ? waits : decision.suppressed.isEmpty ? "sent to \(devices.sorted())" : decision.suppressed
            let right = judge(notification, before, held, key, decision.decidedAtMs)
            if said != right { complaints.append("\(key)@\(decision.offset) \(id) is \(said), must be \(right)") }
        }
        for entry in record.scheduled {
            for item in entry.items where item.settledByOffset == record.lastOffset {
                endings[item.notification.id] = item.settled
            }
            if entry.settledByOffset == record.lastOffset, !entry.command.isEmpty, !entry.settled.isEmpty {
                endings[Identifier(high: entry.deliveryIDHigh, low: entry.deliveryIDLow)] = entry.settled
            }
        }
        return complaints
    }

    /// A digest that waited, as if a rule asked for it: it has what its news have.
    private mutating func digest(_ id: Identifier, in before: UserRecord, of key: String) -> Scenario.Expected? {
        let entry = before.scheduled.first {
            Identifier(high: $0.deliveryIDHigh, low: $0.deliveryIDLow) == id && !$0.digestKey.isEmpty
        }
        guard hasWaits, let entry else { return nil }
        digests.insert(id)
        return Scenario.Expected(rule: Settings.news, key: key, expiresAtMs: entry.expiresAtMs, origins: 0)
    }

    private static func outputs(of decision: Decision, on id: Identifier, _ devices: [Device]) -> [Identifier] {
        if !decision.waitsFor.isEmpty {
            return [Digests.openSSL.deferredReceiptIdentifier(ofNotification: id, position: decision.offset)]
        }
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
            if let wait = wait(notification, before, key, nowMs) { return wait }
            if let refusal = pour(notification, key, nowMs) { return refusal }
        }
        return "sent to \(devices.map(\.id).sorted())"
    }

    /// What is collected, or comes in the quiet minute.
    private func wait(
        _ notification: Scenario.Expected,
        _ before: UserRecord,
        _ key: String,
        _ nowMs: Int64
    ) -> String? {
        guard hasWaits else { return nil }
        if notification.rule.id == Settings.news.id, notification.origins > 0 {
            let open = before.scheduled.first { $0.settledByOffset == 0 && !$0.digestKey.isEmpty }
            return "waits for digested until \(open?.notBeforeMs ?? nowMs + Settings.digestWindowMs)"
        }
        let minute = Int(nowMs / 60_000 % 1_440)
        guard minute == Settings.quietHours.startMinute, notification.rule.id != Settings.audit.id else { return nil }
        let endMs = (nowMs / 60_000 + 1) * 60_000
        // FNV-1a, so that nobody's time depends on the day.
        let hash = key.utf8.reduce(UInt64(0xcbf2_9ce4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        let spreadMs = Int64(hash % UInt64(Settings.quietSpreadMs))
        let isShort = endMs < notification.expiresAtMs && endMs + spreadMs >= notification.expiresAtMs
        return "waits for quiet_hours until \(isShort ? endMs : endMs + spreadMs)"
    }

    /// Pours one into every bucket, or says what happens where one is full.
    private mutating func pour(_ notification: Scenario.Expected, _ key: String, _ nowMs: Int64) -> String? {
        var poured: [String: Bucket] = [:]
        var waitMs: Int64 = 0
        var isDropped = false
        for name in notification.rule.windows {
            guard let window = windows[name] else { continue }
            let bucket = buckets["\(key)/\(name)", default: Bucket()]
            if let next = bucket.pouring(window, at: nowMs) {
                poured["\(key)/\(name)"] = next
            } else {
                waitMs = max(waitMs, bucket.waitMs(window, at: nowMs))
                isDropped = isDropped || window.onExceed == .drop
            }
        }
        if isDropped { return "rate_limited" }
        if waitMs > 0 { return "waits for rate_limited until \(nowMs + waitMs)" }
        buckets.merge(poured) { _, new in new }
        return nil
    }
}
