/// What people want, and when: preferences, quiet hours, and the clock that both go by.
extension UsersCore {
    /// The user's clock: in the zone that they have told, or that their device registered last has; otherwise as configured.
    func clock(of record: HeldUser) -> LocalClock {
        let zones = configuration.timeZones
        if zones.isEmpty { return LocalClock(nil) }
        return LocalClock(zones.rules(of: zone(of: record)))
    }

    /// The name of the zone that the user's clock goes by; one that the system does not know counts as not told.
    func zone(of record: HeldUser) -> String {
        let zones = configuration.timeZones
        if !record.timezone.isEmpty, zones.has(record.timezone) { return record.timezone }
        var latest: (atMs: Int64, zone: String)?
        for device in record.devices where device.isActive && !device.timezone.isEmpty {
            if let latest, latest.atMs > device.registeredAtMs { continue }
            if zones.has(device.timezone) { latest = (device.registeredAtMs, device.timezone) }
        }
        return latest?.zone ?? configuration.timezone
    }

    // MARK: Preferences

    func category(_ name: String) -> UsersConfiguration.Category {
        configuration.categories.isEmpty
            ? configuration.otherCategories : configuration.categories[name] ?? configuration.otherCategories
    }

    /// Whether the user wants notifications of a category, or cannot refuse them.
    ///
    /// What was said about the category comes first, then what was said about all (`*`), then the configured default.
    func isWanted(_ name: @autoclosure () -> String, _ record: HeldUser) -> Bool {
        let hasNone = configuration.categories.isEmpty && record.categories.isEmpty
        let name = hasNone ? "" : name()
        let category = category(name)
        if !category.isRefusable { return true }
        if record.categories.isEmpty { return category.isWanted }
        return record.categories[name] ?? record.categories[Self.allCategories] ?? category.isWanted
    }

    /// In the place of a category's name: whatever was not named since.
    package static let allCategories = "*"

    // MARK: Quiet hours

    /// When the user's quiet hours end, if they hold now and for this notification; in milliseconds since 1970.
    func quietEnd(
        for notify: NotifyCommand,
        _ record: HeldUser,
        _ context: Context
    ) -> (endMs: Int64, hours: UsersConfiguration.QuietHours)? {
        // A target is nobody's, and has no night.
        guard let hours = quietHours(of: record), notify.target == nil else { return nil }
        if notify.bypassQuietHours || category(notify.category).bypassesQuietHours { return nil }
        let clock = clock(of: record)
        let second = context.nowMs.flooredQuotient(1000)
        guard hours.contains(local: clock.local(at: second)) else { return nil }
        let end = clock.first(after: second, remaining: hours.remaining) {
            !hours.contains(local: clock.local(at: $0))
        }
        return (end * 1000, hours)
    }

    func quietHours(of record: HeldUser) -> UsersConfiguration.QuietHours? {
        if record.quietHoursOff { return nil }
        if record.quietHoursStart.isEmpty { return configuration.quietHours }
        return UsersConfiguration.QuietHours(from: record.quietHoursStart, to: record.quietHoursEnd)
    }

    /// A time within the configured spread after the end of quiet hours: always the same for a user, and never beyond the
    /// notification's own end where it can be helped, nor in the next quiet hours.
    func spread(
        _ endMs: Int64,
        of hours: UsersConfiguration.QuietHours,
        _ notify: NotifyCommand,
        _ context: Context
    ) -> Int64 {
        let spreadMs = min(configuration.quietSpreadMs, hours.wakingMs)
        let laterMs = spreadMs == 0 ? 0 : Int64(context.key.fnv1a % UInt64(spreadMs))
        return endMs < notify.expiresAtMs && endMs + laterMs >= notify.expiresAtMs ? endMs : endMs + laterMs
    }

    /// Looks again, at once, at what waits by another clock or another night than the user has from now on.
    func reconsider(_ record: inout HeldUser, since before: HeldUser, _ context: Context) {
        if record.scheduled.isEmpty { return }
        let isElsewhere = zone(of: before) != zone(of: record)
        var reasons: [Reason] = isElsewhere ? [.rateLimited] : []
        if isElsewhere || quietHours(of: before) != quietHours(of: record) { reasons.append(.quietHours) }
        for index in record.scheduled.indices {
            let entry = record.scheduled[index]
            guard entry.isWaiting, entry.isNotification, let reason = Reason(rawValue: entry.waitsFor) else { continue }
            if reasons.contains(reason) { record.scheduled[index].notBeforeMs = context.nowMs }
        }
    }
}

extension UsersConfiguration.QuietHours {
    /// From two texts `HH:MM`, as a preference has them; nil for anything else.
    init?(from start: String, to end: String) {
        guard let start = Self.minute(start), let end = Self.minute(end), start != end else { return nil }
        self.init(startMinute: start, endMinute: end)
    }

    private static func minute(_ text: String) -> Int? {
        let parts = text.utf8.split(separator: UInt8(ascii: ":"))
        guard parts.count == 2, let hour = Int(Substring(parts[0])), let minute = Int(Substring(parts[1])),
            (0..<24).contains(hour), (0..<60).contains(minute)
        else { return nil }
        return hour * 60 + minute
    }

    /// Whether they hold at a local time.
    func contains(local: Int64) -> Bool {
        let second = local.flooredRemainder(86_400)
        let (start, end) = (Int64(startMinute) * 60, Int64(endMinute) * 60)
        return start < end ? start <= second && second < end : second >= start || second < end
    }

    /// From their end to their next beginning, on an undisturbed clock; above 0.
    var wakingMs: Int64 { Int64((startMinute - endMinute + 1_439) % 1_440 + 1) * 60_000 }

    /// Seconds of an undisturbed clock until they end; above 0.
    func remaining(local: Int64) -> Int64 { 86_400 - (local - Int64(endMinute) * 60).flooredRemainder(86_400) }
}

extension String {
    /// FNV-1a over its octets: stable over releases and machines.
    fileprivate var fnv1a: UInt64 {
        utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
