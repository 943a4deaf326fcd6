/// The calls that subscribe registrations to topics: what each answers and what it changes.
///
/// Sources: the discovery document of fcm.googleapis.com (v1); Google's Instance ID server reference for the batch calls.
struct FCMTopicRules {
    /// An answer, and what happens when it is sent.
    struct Outcome {
        let answer: ProviderAnswer
        var effect: (@Sendable () -> Void)?
    }

    let projects: FCMProjects
    /// Milliseconds since 1970.
    let now: Int64

    // MARK: v1

    func outcome(of call: FCMTopicCall, body: [UInt8]) -> Outcome {
        let isNamed = if case .list = call.action { false } else { true }
        guard FCMMessageRules.isAddress(call.registration.address) else {
            return Outcome(answer: refusal(.invalidToken))
        }
        if isNamed, !FCMMessageRules.isTopic(call.topic) {
            let violation = FCMError.Violation(field: "topic_name", description: "Invalid topic name: \(call.topic)")
            return Outcome(answer: refusal(.invalid(violation)))
        }
        var checker = FCMSchemaChecker()
        if !body.isEmpty { _ = checker.check(body, .topicSubscription) }
        if !checker.violations.isEmpty { return Outcome(answer: refusal(.malformed(checker.violations))) }
        let existing = projects.subscriptions(of: call.registration)
        let found = existing.first { $0.topic == call.topic }
        switch call.action {
        case .create:
            return found == nil ? create(call, existing) : Outcome(answer: refusal(.alreadyExists))
        case .update(_, let allowsMissing):
            if let found { return Outcome(answer: success(json(found, of: call.registration))) }
            return allowsMissing ? create(call, existing) : Outcome(answer: refusal(.notFound))
        case .delete(let topic, let allowsMissing):
            guard found != nil || allowsMissing else { return Outcome(answer: refusal(.notFound)) }
            return Outcome(answer: success(Array("{}".utf8))) { [projects] in
                projects.unsubscribe(call.registration, from: topic)
            }
        case .get:
            guard let found else { return Outcome(answer: refusal(.notFound)) }
            return Outcome(answer: success(json(found, of: call.registration)))
        case .list(let pageSize, let pageToken):
            return Outcome(answer: list(existing, call.registration, pageSize: pageSize, pageToken: pageToken))
        }
    }

    private func create(_ call: FCMTopicCall, _ existing: [FCMProjects.Subscription]) -> Outcome {
        guard existing.count < FCMProjects.topicsMax else { return Outcome(answer: refusal(.tooManyTopics)) }
        let subscription = FCMProjects.Subscription(topic: call.topic, createdAt: now)
        return Outcome(answer: success(json(subscription, of: call.registration))) { [projects] in
            projects.subscribe(call.registration, to: subscription)
        }
    }

    /// A page's token is the number of the subscriptions before it.
    private func list(
        _ all: [FCMProjects.Subscription],
        _ registration: FCMProjects.Registration,
        pageSize: Int,
        pageToken: String?
    ) -> ProviderAnswer {
        guard let start = pageToken.map({ Int($0) }) ?? 0, (0...all.count).contains(start) else {
            return refusal(.invalid(.init(field: "page_token", description: "Invalid page token.")))
        }
        let end = min(start + pageSize, all.count)
        var body = JSONLine(capacity: 256)
        body.raw(#"{"topicSubscriptions":["#)
        for index in start..<end {
            if index > start { body.raw(",") }
            body.raw(json(all[index], of: registration))
        }
        body.raw("]")
        if end < all.count {
            body.raw(#","nextPageToken":"#)
            body.string(String(end))
        }
        body.raw("}")
        return success(body.octets)
    }

    private func json(
        _ subscription: FCMProjects.Subscription,
        of registration: FCMProjects.Registration
    ) -> [UInt8] {
        var line = JSONLine(capacity: 256)
        let parent = "projects/\(registration.project)/registrations/\(registration.address)"
        line.raw(#"{"name":"#)
        line.string("\(parent)/topicSubscriptions/\(subscription.topic)")
        line.raw(#","topicName":"#)
        line.string(subscription.topic)
        line.raw(#","createTime":"#)
        line.time(subscription.createdAt)
        line.raw("}")
        return line.octets
    }

    private func success(_ body: [UInt8]) -> ProviderAnswer {
        ProviderAnswer(
            status: 200,
            reason: "",
            headers: [HeaderField("content-type", "application/json; charset=UTF-8")],
            body: body
        )
    }

    private func refusal(_ error: FCMError) -> ProviderAnswer { error.answer }

    // MARK: Legacy batches

    /// Tokens in one batch, at most.
    private static let batchMax = 1000

    /// `{"to": "/topics/<t>", "registration_tokens": […]}`; the answer has one result per token, in order.
    func outcome(ofBatch body: [UInt8], adds: Bool, project: String) -> Outcome {
        let prefix = "/topics/"
        guard let value = JSONValue(body), let to = value["to"]?.string, to.hasPrefix(prefix),
            FCMMessageRules.isTopic(String(to.dropFirst(prefix.count))),
            case .array(let tokens)? = value["registration_tokens"], (1...Self.batchMax).contains(tokens.count)
        else {
            let body = Array(#"{"error":"INVALID_ARGUMENT"}"#.utf8)
            let type = HeaderField("content-type", "application/json; charset=UTF-8")
            let answer = ProviderAnswer(status: 400, reason: "INVALID_ARGUMENT", headers: [type], body: body)
            return Outcome(answer: answer)
        }
        let topic = String(to.dropFirst(prefix.count))
        var results = JSONLine(capacity: 16 * tokens.count)
        var changed: [FCMProjects.Registration] = []
        results.raw(#"{"results":["#)
        for (index, token) in tokens.enumerated() {
            if index > 0 { results.raw(",") }
            let registration = FCMProjects.Registration(project: project, address: token.string ?? "")
            let subscriptions = projects.subscriptions(of: registration)
            let isFull = subscriptions.count >= FCMProjects.topicsMax && !subscriptions.contains { $0.topic == topic }
            if !FCMMessageRules.isAddress(registration.address) {
                results.raw(#"{"error":"INVALID_ARGUMENT"}"#)
            } else if adds, isFull {
                results.raw(#"{"error":"TOO_MANY_TOPICS"}"#)
            } else {
                results.raw("{}")
                changed.append(registration)
            }
        }
        results.raw("]}")
        return Outcome(answer: success(results.octets)) { [projects, now, changed] in
            for registration in changed {
                if adds {
                    projects.subscribe(registration, to: .init(topic: topic, createdAt: now))
                } else {
                    projects.unsubscribe(registration, from: topic)
                }
            }
        }
    }
}
