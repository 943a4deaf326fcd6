import PushCore

/// What `belfry replay` says.
struct ReplayReport {
    let replay: RuleReplay
    let topics: [String]
    let sinceMs: Int64
    let untilMs: Int64
    /// Whether there were more events than were asked for.
    let isCut: Bool

    /// For a person.
    var text: String {
        var lines = [
            "\(replay.events) events of \(topics.joined(separator: ", ")) from \(RFC3339.text(sinceMs)) to \(RFC3339.text(untilMs))"
        ]
        if isCut { lines.append("note: there were more events; --limit says how many are read") }
        if replay.deadLetters > 0 { lines.append("\(replay.deadLetters) records that are no events (dead letters)") }
        if replay.tombstones > 0 { lines.append("\(replay.tombstones) records without value (skipped)") }
        lines += Self.lines(replay.newCount, "would have been asked for")
        if let old = replay.oldCount {
            lines += [""] + Self.lines(old, "to compare with")
            let words = RuleReplay.Change.allCases.map { "\(replay.changes[$0] ?? 0) \(Self.name($0))" }
            lines += ["", "difference: \(words.joined(separator: ", "))"]
        }
        if !replay.items.isEmpty { lines.append("") }
        lines += replay.items.map(Self.line)
        return lines.joined(separator: "\n")
    }

    private static func lines(_ count: RuleReplay.Count, _ what: String) -> [String] {
        let fanOuts = count.fanOuts > 0 ? ", and \(count.fanOuts) fan-outs to subscribers" : ""
        var lines = [
            "rules \(count.version), \(what): \(count.notifications) notifications for \(count.recipients) users or targets\(fanOuts)"
        ]
        for (id, rule) in count.rules.sorted(by: { $0.key < $1.key }) {
            lines.append("  \(displayed(id)): \(rule.events) events, \(Self.asked(rule))")
        }
        if count.failures > 0 { lines.append("  failures (dead letters): \(count.failures)") }
        return lines + count.failureDetails.map { "    \(displayed($0))" }
    }

    private static func asked(_ rule: RuleReplay.RuleCount) -> String {
        if rule.fanOuts == 0 { return "\(rule.notifications) notifications, \(rule.recipients) users or targets" }
        let more = rule.topics - rule.topicNames.count
        let names = rule.topicNames.map { displayed($0) } + (more > 0 ? ["\(more) more"] : [])
        let topics = "\(rule.topics) \(rule.topics == 1 ? "topic" : "topics"): \(names.joined(separator: ", "))"
        return "\(rule.fanOuts) fan-outs to the subscribers of \(topics) (who they are is not known here)"
    }

    private static func name(_ change: RuleReplay.Change) -> String {
        switch change {
        case .added: "added"
        case .removed: "removed"
        case .words: "with other words"
        case .options: "with other options"
        }
    }

    private static func line(_ item: RuleReplay.Item) -> String {
        let whom = "\(item.isTopic ? "subscribers of " : "")\(displayed(item.recipient))"
        let what = "\(displayed(item.rule)) for \(whom), event \(displayed(item.eventID))"
        let before = displayed(item.before ?? "")
        let after = displayed(item.after ?? "")
        return switch item.change {
        case nil: "  \(what): \(after)"
        case .added: "  + \(what): \(after)"
        case .removed: "  - \(what): \(before)"
        case .words: "  ~ \(what): \(before) -> \(after)"
        case .options: "  ~ \(what): other options: \(after)"
        }
    }

    /// One object, on one line.
    var json: String {
        var object = PushCore.JSONObject()
        object["topics"] = .array(topics.map { .string($0) })
        object["since"] = .string(RFC3339.text(sinceMs))
        object["until"] = .string(RFC3339.text(untilMs))
        object["events"] = .integer(Int64(replay.events))
        object["dead_letters"] = .integer(Int64(replay.deadLetters))
        object["tombstones"] = .integer(Int64(replay.tombstones))
        object["more_events"] = .boolean(isCut)
        object["rules"] = Self.tree(replay.newCount)
        if let old = replay.oldCount {
            object["compare"] = Self.tree(old)
            var difference = PushCore.JSONObject()
            for change in RuleReplay.Change.allCases {
                difference[change.rawValue] = .integer(Int64(replay.changes[change] ?? 0))
            }
            object["difference"] = .object(difference)
        }
        object[replay.oldCount == nil ? "notifications" : "changes"] = .array(replay.items.map(Self.tree))
        return JSONTree.object(object).line
    }

    private static func tree(_ count: RuleReplay.Count) -> JSONTree {
        let rules = count.rules.sorted { $0.key < $1.key }.map { id, rule -> JSONTree in
            [
                "rule": .string(id), "events": .integer(Int64(rule.events)),
                "notifications": .integer(Int64(rule.notifications)), "recipients": .integer(Int64(rule.recipients)),
                "fan_outs": .integer(Int64(rule.fanOuts)), "topics": .integer(Int64(rule.topics)),
                "topic_names": .array(rule.topicNames.map { .string($0) }),
            ]
        }
        return [
            "version": .string(count.version), "notifications": .integer(Int64(count.notifications)),
            "recipients": .integer(Int64(count.recipients)), "fan_outs": .integer(Int64(count.fanOuts)),
            "failures": .integer(Int64(count.failures)),
            "failure_details": .array(count.failureDetails.map { .string($0) }), "by_rule": .array(rules),
        ]
    }

    private static func tree(_ item: RuleReplay.Item) -> JSONTree {
        var object = PushCore.JSONObject()
        if let change = item.change { object["change"] = .string(change.rawValue) }
        object["rule"] = .string(item.rule)
        object[item.isTopic ? "subscribers_of" : "recipient"] = .string(item.recipient)
        object["event_id"] = .string(item.eventID)
        object["event_source"] = .string(item.eventSource)
        if let before = item.before { object["before"] = .string(before) }
        if let after = item.after { object["after"] = .string(after) }
        return .object(object)
    }
}
