import PushCore

/// What `belfry user` says about one person.
struct UserReport {
    let overview: UserOverview
    /// See ``UserReading/Answer``.
    let behind: Int64?

    /// For programs: one object; times are UTC, and where the user's clock matters, `_local` has them by it.
    var json: String { JSONTree.object(object).line }

    private var object: PushCore.JSONObject {
        var object = PushCore.JSONObject()
        object["user_id"] = .string(overview.userID)
        object["taken_at"] = time(overview.takenAtMs)
        object["timezone_used"] = .string(overview.zone.isEmpty ? "UTC" : overview.zone)
        object["inbox_behind"] = behind.map { .integer($0) } ?? .null
        object["devices"] = .array(overview.devices.map { .object(self.object($0)) })
        object["preferences"] = .object(preferences)
        object["topics"] = .array(overview.topics.map { .string($0) })
        object["limits"] = .array(overview.limits.map { .object(self.object($0)) })
        object["scheduled"] = .array(overview.waiting.map { .object(self.object($0)) })
        object["decisions"] = .array(overview.decisions.map { .object(self.object($0)) })
        object["badge"] = .integer(overview.badge)
        return object
    }

    private func object(_ device: UserOverview.Device) -> PushCore.JSONObject {
        var object = PushCore.JSONObject()
        object["device_id"] = .string(device.id)
        object["provider"] = text(device.provider)
        object["app"] = text(device.app)
        object["environment"] = text(device.environment)
        object["push_type"] = text(device.pushType)
        object["token_fingerprint"] = text(device.fingerprint)
        object["locale"] = text(device.locale)
        object["timezone"] = text(device.timezone)
        object["registered_at"] = device.registeredAtMs == 0 ? nil : time(device.registeredAtMs)
        object["last_active_at"] = device.lastActiveMs == 0 ? nil : time(device.lastActiveMs)
        object["removed_at"] = device.removedAtMs.map(time)
        object["address_held"] = .boolean(device.isHeld)
        return object
    }

    private var preferences: PushCore.JSONObject {
        var object = PushCore.JSONObject()
        var categories = PushCore.JSONObject()
        for (name, isWanted) in overview.categories.sorted(by: { $0.key < $1.key }) {
            categories[name] = .boolean(isWanted)
        }
        object["categories"] = .object(categories)
        object["locale"] = text(overview.locale)
        object["timezone"] = text(overview.timezone)
        object["said_at"] = overview.preferencesAtMs.map(time)
        if let hours = overview.quietHours {
            var quiet = PushCore.JSONObject()
            quiet["start"] = .string(hours.start)
            quiet["end"] = .string(hours.end)
            quiet["default"] = .boolean(hours.isDefault)
            object["quiet_hours"] = .object(quiet)
        }
        return object
    }

    private func object(_ limit: UserOverview.Limit) -> PushCore.JSONObject {
        var object = PushCore.JSONObject()
        object["limit"] = .string(limit.name)
        object["max"] = .integer(limit.max)
        object["per"] = .string(limit.per)
        object["on_exceed"] = .string(limit.onExceed.rawValue)
        object["used"] = .integer(limit.used)
        object["left"] = .integer(limit.left)
        object["next_at"] = limit.nextAtMs.map(time)
        object["next_at_local"] = limit.nextAtMs.map { .string(overview.localTime($0)) }
        object["free_at"] = limit.freeAtMs.map(time)
        object["free_at_local"] = limit.freeAtMs.map { .string(overview.localTime($0)) }
        return object
    }

    private func object(_ waiting: UserOverview.Waiting) -> PushCore.JSONObject {
        var object = PushCore.JSONObject()
        object["kind"] = .string(waiting.kind.rawValue)
        object["id"] = .string(waiting.id.description)
        object["device_id"] = text(waiting.deviceID)
        object["rule_id"] = text(waiting.ruleID)
        object["category"] = text(waiting.category)
        object["reason"] = text(waiting.reason)
        object["collapse_key"] = text(waiting.collapseKey)
        object["not_before"] = time(waiting.notBeforeMs)
        object["not_before_local"] = .string(overview.localTime(waiting.notBeforeMs))
        object["expires_at"] = time(waiting.expiresAtMs)
        object["notifications"] = .integer(Int64(waiting.count))
        return object
    }

    private func object(_ decided: UserOverview.Decided) -> PushCore.JSONObject {
        var object = PushCore.JSONObject()
        object["notification_id"] = .string(decided.notificationID.description)
        object["decided_at"] = time(decided.atMs)
        object["decision"] = .string(decided.word)
        object["reason"] = decided.reason.map { .string($0) }
        object["devices"] = .integer(Int64(decided.devices))
        return object
    }

    /// Absent where empty.
    private func text(_ text: String) -> JSONTree? { text.isEmpty ? nil : .string(text) }

    private func time(_ atMs: Int64) -> JSONTree { .string(RFC3339.text(atMs)) }
}

extension UserOverview {
    /// As the user's clock shows it, with its distance from UTC: RFC 3339 to the second.
    func localTime(_ atMs: Int64) -> String {
        let offset = offset(atMs)
        let shown = RFC3339.text(atMs + Int64(offset) * 1000).prefix(19)
        if offset == 0 { return "\(shown)Z" }
        let minutes = abs(offset) / 60
        let parts = [minutes / 60, minutes % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
        return "\(shown)\(offset < 0 ? "-" : "+")\(parts.joined(separator: ":"))"
    }
}

extension UserOverview.Limit {
    /// As the configuration writes it.
    var per: String {
        calendar?.rawValue ?? DurationText.describe(.milliseconds(paceMs ?? 0))
    }
}

extension UserOverview.Decided {
    var word: String { reason == nil ? "sent" : isWaiting ? "waits" : "not_sent" }
}
