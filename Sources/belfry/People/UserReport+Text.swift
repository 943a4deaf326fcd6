import PushCore

extension UserReport {
    /// For people: times by the user's clock.
    var text: String {
        let zone = overview.zone.isEmpty ? "UTC" : overview.zone
        var lines = ["user \(displayed(overview.userID)), times by the user's clock (\(zone))"]
        lines += section("devices", overview.devices.map(line))
        lines += section("preferences", preferenceLines)
        lines += section("topics", overview.topics.map { displayed($0) })
        lines += section("limits", overview.limits.map(line))
        lines += section("waiting", overview.waiting.map(line))
        lines += section("decisions, the newest first", overview.decisions.map(line))
        if overview.badge != 0 { lines.append("badge: \(overview.badge)") }
        lines.append("What the inbox still holds is not in this\(behindText).")
        return lines.joined(separator: "\n")
    }

    private var behindText: String {
        switch behind {
        case nil: ""
        case 0: ": nothing at all"
        case let count?: ": \(count) records of its partition are not taken in yet"
        }
    }

    private func section(_ title: String, _ lines: [String]) -> [String] {
        lines.isEmpty ? ["\(title): none"] : ["\(title):"] + lines.map { "  \($0)" }
    }

    private func time(_ atMs: Int64) -> String { overview.localTime(atMs) }

    private func line(_ device: UserOverview.Device) -> String {
        var parts = [displayed(device.id)]
        let place = [device.provider, device.app, device.environment, device.pushType].filter { !$0.isEmpty }
        if !place.isEmpty { parts.append(place.joined(separator: " ")) }
        if !device.fingerprint.isEmpty { parts.append("address \(device.fingerprint)") }
        if !device.locale.isEmpty { parts.append(device.locale) }
        if !device.timezone.isEmpty { parts.append(device.timezone) }
        if device.registeredAtMs != 0 { parts.append("registered \(time(device.registeredAtMs))") }
        if device.lastActiveMs > device.registeredAtMs { parts.append("last active \(time(device.lastActiveMs))") }
        if let removedAtMs = device.removedAtMs {
            parts.append("removed \(time(removedAtMs))")
        } else if !device.isHeld {
            parts.append("its address is on the way to somebody else")
        }
        return parts.joined(separator: ", ")
    }

    private var preferenceLines: [String] {
        var lines = overview.categories.sorted { $0.key < $1.key }.map { name, isWanted in
            "\(displayed(name)): \(isWanted ? "wanted" : "refused")"
        }
        if let hours = overview.quietHours {
            lines.append(
                "quiet hours: \(hours.start) to \(hours.end)\(hours.isDefault ? " (the configured ones)" : "")"
            )
        }
        if !overview.locale.isEmpty { lines.append("locale: \(displayed(overview.locale))") }
        if !overview.timezone.isEmpty { lines.append("timezone: \(displayed(overview.timezone))") }
        return lines
    }

    private func line(_ limit: UserOverview.Limit) -> String {
        var line = "\(limit.name), \(limit.max) per \(limit.per): \(limit.used) used, \(limit.left) left"
        if let nextAtMs = limit.nextAtMs { line += ", the next at \(time(nextAtMs))" }
        if let freeAtMs = limit.freeAtMs { line += ", all free at \(time(freeAtMs))" }
        return line
    }

    private func line(_ waiting: UserOverview.Waiting) -> String {
        var parts = ["\(waiting.kind.rawValue) \(waiting.id)"]
        if waiting.kind == .digest { parts.append("\(waiting.count) collected") }
        if !waiting.deviceID.isEmpty { parts.append("for \(displayed(waiting.deviceID))") }
        if !waiting.ruleID.isEmpty { parts.append("rule \(displayed(waiting.ruleID))") }
        if !waiting.reason.isEmpty { parts.append(waiting.reason) }
        parts.append("until \(time(waiting.notBeforeMs))")
        parts.append("expires \(time(waiting.expiresAtMs))")
        return parts.joined(separator: ", ")
    }

    private func line(_ decided: UserOverview.Decided) -> String {
        let how =
            switch decided.reason {
            case nil: "sent to \(decided.devices) device\(decided.devices == 1 ? "" : "s")"
            case let reason?: decided.isWaiting ? "waits: \(reason)" : "not sent: \(reason)"
            }
        return "\(time(decided.atMs)) \(decided.notificationID) \(how)"
    }
}
