import CEL
import PushCore
import PushProviders

extension Explanation {
    /// For a person.
    var text: String {
        var lines: [String] = []
        switch account.reading {
        case .event(let event):
            let time = event.timeMs.map { RFC3339.text($0) } ?? "without a time"
            lines.append(
                "event \(displayed(event.id)) of \(displayed(event.source)): \(displayed(event.type)), \(time)"
            )
        case .tombstone: lines.append("no event: the record has no value, and would be skipped")
        case .deadLetter(let reason, let detail):
            lines.append("no event: it would be a dead letter")
            lines.append("  dlq_reason: \(reason)")
            lines.append("  dlq_detail: \(detail)")
        }
        lines.append("decided as of \(RFC3339.text(account.nowMs)), rules \(version)")
        lines += notes.map { "note: \($0)" }
        for rule in account.rules { lines += [""] + self.lines(rule) }
        return lines.joined(separator: "\n")
    }

    private func lines(_ rule: RuleAccount) -> [String] {
        let place = places[rule.id].map { " (\($0.file):\($0.line))" } ?? ""
        let name = "rule \(rule.id)\(place)"
        switch rule.judgement {
        case .otherType:
            return ["\(name): other events", "  on: \(rule.eventTypes.joined(separator: ", "))"]
        case .unmatched:
            return ["\(name): does not match"] + lines(rule.condition, "when")
        case .failed(let detail):
            return ["\(name): FAILS on this event, which becomes a dead letter", "  dlq_detail: \(detail)"]
                + lines(rule.condition, "when") + lines(rule.audience, "to")
        case .matched:
            let to = rule.audience.map { ["  to: \($0.source)", "    gives \($0.value)"] } ?? []
            return ["\(name): MATCHES"] + lines(rule.condition, "when") + to + audience(rule)
                + rule.notifications.flatMap { lines($0) }
        }
    }

    /// Who is told as a subscriber, what is cancelled, or that nobody is told.
    private func audience(_ rule: RuleAccount) -> [String] {
        if !rule.cancellations.isEmpty {
            return rule.cancellations.map {
                "  cancels what waits for \(displayed($0.recipient)) under \(displayed($0.collapseKey))"
            }
        }
        guard let topics = rule.subscribedTopics, !topics.isEmpty else {
            return rule.notifications.isEmpty ? ["  nobody is notified"] : []
        }
        let names = topics.map { displayed($0) }.joined(separator: ", ")
        let count = rule.notifications.count
        let found = count == 0 ? "nobody" : count == 1 ? "1 user" : "\(count) users"
        return ["  to the subscribers of \(names): \(found) of those who are known here"]
    }

    /// The expression, and what decided it.
    private func lines(_ expression: ExpressionAccount?, _ key: String) -> [String] {
        guard let expression else { return [] }
        var lines = ["  \(key): \(Self.oneLine(expression.source))"]
        if let error = expression.error { lines += error.split(separator: "\n").map { "    \($0)" } }
        for finding in expression.findings {
            let seen = finding.seen.map { "\($0.expression) is \($0.value)" }.joined(separator: ", ")
            let element = finding.element.map { "for \($0): " } ?? ""
            let value = finding.isError ? "fails: \(finding.value)" : "is \(finding.value)"
            lines.append("    \(element)\(finding.expression) \(value)\(seen.isEmpty ? "" : ": \(seen)")")
        }
        return lines
    }

    private func lines(_ account: NotificationAccount) -> [String] {
        var lines = ["  \(account.isTarget ? "to all of" : "for user") \(displayed(account.recipient))"]
        if let words = account.words, !words.title.isEmpty || !words.body.isEmpty {
            lines.append("    \(words.locale): \(displayed(words.title)) | \(displayed(words.body))")
        }
        for ending in account.endings {
            let device = ending.deviceID.isEmpty ? "" : "device \(displayed(ending.deviceID)): "
            lines.append("    \(device)\(ending.outcome)\(ending.reason.isEmpty ? "" : ": \(ending.reason)")")
        }
        for sent in account.sent { lines += self.lines(sent) }
        return lines
    }

    private func lines(_ sent: NotificationAccount.Sent) -> [String] {
        let device = sent.delivery.device
        let name = device.id.isEmpty ? "" : ", device \(displayed(device.id))"
        var lines = ["    \(sent.provider.rawValue), \(device.app)\(name)"]
        switch request(sent) {
        case .failure(let refused):
            lines.append(
                "      not sent: \(refused.outcome.rawValue)\(refused.reason.map { ": \($0.rawValue)" } ?? "")"
            )
        case .success(let request):
            lines.append("      \(request.method) \(request.origin)\(request.path)")
            lines += request.headers.map { "      \($0.name): \($0.value)" }
            if sent.provider == .webpush {
                lines.append("      encrypted to \(request.sentBytes) bytes from this plaintext:")
            }
            let tree = try? JSONTree(text: request.body)
            let body = tree.map { Self.pretty($0) } ?? [String(decoding: request.body, as: UTF8.self)]
            lines += body.map { "      \($0)" }
        }
        return lines
    }

    /// JSON with a line for each member.
    static func pretty(_ tree: JSONTree) -> [String] {
        switch tree {
        case .object(let object) where !object.isEmpty:
            let members = object.members.map { member in
                [JSONTree.string(member.name).line + ": "] + pretty(member.value)
            }
            return block("{", members.map { [$0[0] + $0[1]] + $0.dropFirst(2) }, "}")
        case .array(let elements) where !elements.isEmpty: return block("[", elements.map { pretty($0) }, "]")
        case .object, .array, .null, .boolean, .integer, .number, .string: return [tree.line]
        }
    }

    private static func block(_ open: String, _ parts: [[String]], _ close: String) -> [String] {
        var lines = [open]
        for (index, part) in parts.enumerated() {
            var part = part
            if index < parts.count - 1 { part[part.count - 1] += "," }
            lines += part.map { "  " + $0 }
        }
        return lines + [close]
    }

    private static func oneLine(_ text: String) -> String {
        text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}

extension JSONTree {
    /// On one line.
    var line: String { String(decoding: octets, as: UTF8.self) }
}
