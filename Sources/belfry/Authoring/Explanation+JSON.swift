import CEL
import PushCore
import PushProviders

extension Explanation {
    /// One object, on one line.
    var json: String { String(decoding: tree.octets, as: UTF8.self) }

    private var tree: JSONTree {
        var object = PushCore.JSONObject()
        switch account.reading {
        case .event(let event):
            var attributes = PushCore.JSONObject()
            attributes["id"] = .string(event.id)
            attributes["source"] = .string(event.source)
            attributes["type"] = .string(event.type)
            if let timeMs = event.timeMs { attributes["time"] = .string(RFC3339.text(timeMs)) }
            object["event"] = .object(attributes)
        case .tombstone: object["skipped"] = "the record has no value"
        case .deadLetter(let reason, let detail):
            object["dead_letter"] = ["stage": "rules", "reason": .string(reason), "detail": .string(detail)]
        }
        object["decided_at"] = .string(RFC3339.text(account.nowMs))
        object["rule_set_version"] = .string(version)
        object["notes"] = .array(notes.map { .string($0) })
        object["rules"] = .array(account.rules.map { tree($0) })
        return .object(object)
    }

    private func tree(_ rule: RuleAccount) -> JSONTree {
        var object = PushCore.JSONObject()
        object["rule"] = .string(rule.id)
        if let place = places[rule.id] {
            object["file"] = .string(place.file)
            object["line"] = .integer(Int64(place.line))
        }
        object["on"] = .array(rule.eventTypes.map { .string($0) })
        switch rule.judgement {
        case .otherType: object["result"] = "other_type"
        case .unmatched: object["result"] = "unmatched"
        case .matched: object["result"] = "matched"
        case .failed(let detail):
            object["result"] = "failed"
            object["dead_letter"] = ["stage": "rules", "reason": "rule_failed", "detail": .string(detail)]
        }
        object["when"] = rule.condition.map { tree($0) }
        object["to"] = rule.audience.map { tree($0) }
        if !rule.cancellations.isEmpty {
            object["cancels"] = .array(
                rule.cancellations.map {
                    ["recipient": .string($0.recipient), "collapse_key": .string($0.collapseKey)]
                }
            )
        }
        if let topics = rule.subscribedTopics { object["subscribers_of"] = .array(topics.map { .string($0) }) }
        object["notifications"] = .array(rule.notifications.map { tree($0) })
        return .object(object)
    }

    private func tree(_ expression: ExpressionAccount) -> JSONTree {
        var object = PushCore.JSONObject()
        object["expression"] = .string(expression.source)
        if let error = expression.error {
            object["error"] = .string(error)
        } else {
            object["value"] = .string(expression.value)
        }
        object["findings"] = .array(
            expression.findings.map { finding in
                var object = PushCore.JSONObject()
                object["expression"] = .string(finding.expression)
                object["line"] = .integer(Int64(finding.position.line))
                object["column"] = .integer(Int64(finding.position.column))
                object[finding.isError ? "error" : "value"] = .string(finding.value)
                if let element = finding.element { object["for"] = .string(element) }
                object["seen"] = .array(
                    finding.seen.map { ["expression": .string($0.expression), "value": .string($0.value)] }
                )
                return .object(object)
            }
        )
        return .object(object)
    }

    private func tree(_ account: NotificationAccount) -> JSONTree {
        var object = PushCore.JSONObject()
        object[account.isTarget ? "target" : "user_id"] = .string(account.recipient)
        object["outcome"] = .string(account.endings.first { $0.deviceID.isEmpty }?.outcome ?? "sent")
        if let notification = account.notification {
            let id = Identifier(high: notification.idHigh, low: notification.idLow)
            object["notification_id"] = .string(id.description)
            if !notification.category.isEmpty { object["category"] = .string(notification.category) }
            if !notification.collapseKey.isEmpty { object["collapse"] = .string(notification.collapseKey) }
            if !notification.limit.isEmpty { object["limit"] = .string(notification.limit) }
            object["expires_at"] = .string(RFC3339.text(notification.expiresAtMs))
        }
        if let words = account.words {
            object["locale"] = .string(words.locale)
            object["title"] = .string(words.title)
            object["body"] = .string(words.body)
        }
        object["endings"] = .array(
            account.endings.map { ending in
                var object = PushCore.JSONObject()
                object["outcome"] = .string(ending.outcome)
                if !ending.reason.isEmpty { object["reason"] = .string(ending.reason) }
                if !ending.deviceID.isEmpty { object["device_id"] = .string(ending.deviceID) }
                return .object(object)
            }
        )
        object["deliveries"] = .array(account.sent.map { tree($0) })
        return .object(object)
    }

    private func tree(_ sent: NotificationAccount.Sent) -> JSONTree {
        var object = PushCore.JSONObject()
        let device = sent.delivery.device
        if !device.id.isEmpty { object["device_id"] = .string(device.id) }
        object["provider"] = .string(sent.provider.rawValue)
        object["app"] = .string(device.app)
        object["delivery_id"] = .string(Identifier(high: sent.delivery.idHigh, low: sent.delivery.idLow).description)
        switch request(sent) {
        case .success(let request): object["request"] = Self.tree(request, sent.provider)
        case .failure(let refused):
            object["refused"] = [
                "outcome": .string(refused.outcome.rawValue),
                "reason": refused.reason.map { .string($0.rawValue) } ?? .null,
            ]
        }
        return .object(object)
    }

    static func tree(_ request: RequestPreview, _ provider: Provider) -> JSONTree {
        var headers = PushCore.JSONObject()
        for header in request.headers { headers[header.name] = .string(header.value) }
        let body = (try? JSONTree(text: request.body)) ?? .string(String(decoding: request.body, as: UTF8.self))
        var object = PushCore.JSONObject()
        object["method"] = .string(request.method)
        object["origin"] = .string(request.origin)
        object["path"] = .string(request.path)
        object["headers"] = .object(headers)
        // What a browser reads is not what is sent.
        object[provider == .webpush ? "plaintext" : "body"] = body
        object["body_bytes"] = .integer(Int64(request.sentBytes))
        return .object(object)
    }
}
