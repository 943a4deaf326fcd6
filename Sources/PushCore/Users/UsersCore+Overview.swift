internal import SwiftProtobuf

/// What is held on one person, put together for people. Changes nothing.
extension UsersCore {
    /// The keys of the addresses that a user's record names: their records tell whose they are.
    package func addressKeys(of userID: String) -> [String] {
        guard let record = record(of: userID) else { return [] }
        let keys = record.devices.compactMap { digests.fingerprint(of: $0).map { "a:\($0)" } }
        return Set(keys).sorted()
    }

    /// What is held on a user; nil where that is nothing.
    ///
    /// Whether the addresses are the user's is told by their records, which may lie in other partitions: they have to be restored
    /// into this core too.
    package func overview(of userID: String, nowMs: Int64) -> UserOverview? {
        guard let record = record(of: userID) else { return nil }
        let clock = clock(of: record)
        return UserOverview(
            userID: userID,
            takenAtMs: nowMs,
            zone: zone(of: record),
            timezone: record.timezone,
            locale: record.locale,
            categories: record.categories,
            preferencesAtMs: record.preferencesAtMs == 0 ? nil : record.preferencesAtMs,
            quietHours: quietHoursShown(record),
            topics: record.topics.filter(\.subscribed).map(\.topic).sorted(),
            devices: record.devices.map { device($0.device, of: userID) },
            limits: configuration.limits.all.map { limit($0.name, $0.keyed, record, clock, nowMs: nowMs) },
            waiting: record.scheduled.filter(\.isWaiting).map { waiting($0, record) },
            decisions: record.log.decisions.map { Self.decided($0) }.reversed(),
            badge: record.badge,
            offset: { Int(clock.offset(at: $0.flooredQuotient(1000))) }
        )
    }

    private func record(of userID: String) -> HeldUser? {
        records["u:\(userID)"].map { HeldUser(octets: $0) ?? HeldUser() }
    }

    private func quietHoursShown(_ record: HeldUser) -> UserOverview.QuietHours? {
        guard let hours = quietHours(of: record) else { return nil }
        return UserOverview.QuietHours(
            start: Self.clockText(hours.startMinute),
            end: Self.clockText(hours.endMinute),
            isDefault: record.quietHoursStart.isEmpty
        )
    }

    private static func clockText(_ minute: Int) -> String {
        let parts = [minute / 60, minute % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
        return parts.joined(separator: ":")
    }

    private func device(_ device: Device, of userID: String) -> UserOverview.Device {
        let fingerprint = digests.fingerprint(of: device)
        let holder = records["a:\(fingerprint)"].flatMap { try? AddressRecord(serializedBytes: $0) }
        let isAPNs = device.provider == Provider.apns.rawValue
        return UserOverview.Device(
            id: device.id,
            provider: device.provider,
            app: device.app,
            environment: isAPNs ? device.sandbox ? "sandbox" : "production" : "",
            pushType: device.pushType,
            fingerprint: fingerprint,
            locale: device.locale,
            timezone: device.timezone,
            registeredAtMs: device.registeredAtMs,
            lastActiveMs: device.registeredAtMs,
            removedAtMs: device.removedAtMs == 0 ? nil : device.removedAtMs,
            isHeld: holder?.userID == userID && holder?.deviceID == device.id
        )
    }

    private func limit(
        _ name: String,
        _ keyed: Limits.KeyedWindow,
        _ record: HeldUser,
        _ clock: LocalClock,
        nowMs: Int64
    ) -> UserOverview.Limit {
        let window = keyed.window
        let room = LimitRoom(record.limits.first { $0.window == keyed.key }, window, clock, nowMs: nowMs)
        var paceMs: Int64?
        var calendar: CalendarPeriod?
        switch window.period {
        case .pace(let ms): paceMs = ms
        case .calendar(let period): calendar = period
        }
        return UserOverview.Limit(
            name: name,
            max: window.max,
            paceMs: paceMs,
            calendar: calendar,
            onExceed: window.onExceed,
            used: room.used,
            left: window.max - room.used,
            nextAtMs: room.nextAtMs,
            freeAtMs: room.freeAtMs
        )
    }

    private func waiting(_ entry: ScheduledEntry, _ record: HeldUser) -> UserOverview.Waiting {
        var notification = Notification()
        var deviceID = ""
        if entry.isNotification {
            notification = (try? Command(octets: Array(entry.command)))?.notify.notification ?? notification
        } else if let delivery = try? Delivery(encoded: Array(entry.delivery)) {
            notification = delivery.notification
            deviceID = delivery.device.id
        }
        let items = entry.items.count(where: \.isWaiting) + Int(entry.folded)
        return UserOverview.Waiting(
            kind: entry.isDigest ? .digest : entry.isNotification ? .notification : .delivery,
            id: entry.deliveryID,
            deviceID: deviceID,
            reason: entry.waitsFor,
            ruleID: notification.ruleID,
            category: notification.category,
            collapseKey: entry.collapseKey,
            notBeforeMs: entry.notBeforeMs,
            expiresAtMs: entry.expiresAtMs,
            count: entry.isDigest ? items : 1
        )
    }

    private static func decided(_ decision: Decision) -> UserOverview.Decided {
        let reason = decision.suppressed.isEmpty ? decision.waitsFor : decision.suppressed
        return UserOverview.Decided(
            notificationID: Identifier(high: decision.notificationIDHigh, low: decision.notificationIDLow),
            atMs: decision.decidedAtMs,
            reason: reason.isEmpty ? nil : reason,
            isWaiting: decision.suppressed.isEmpty && !decision.waitsFor.isEmpty,
            devices: decision.deviceNumbers.count
        )
    }
}
