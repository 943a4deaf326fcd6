package import PushCore

/// A change of topic subscriptions, or a question about them, as a request.
///
/// Source: the discovery document of fcm v1, revision 20261023; firebase-admin 7.7.0 for the older calls.
package struct FCMTopicRequest: Hashable, Sendable {
    package enum Change: Hashable, Sendable {
        case subscribe
        case unsubscribe
    }

    package let method: String
    /// Begins with the base address's own path.
    package let path: String
    /// Beside `authorization` and `content-type`.
    package let headers: [String: String]
    /// JSON; empty where the method has none.
    package let body: [UInt8]

    /// Registrations in one call of the older kind.
    package static let batchMax = 1_000
    /// Subscriptions in one page of a list: Google gives no more, and a registration has no more topics.
    package static let pageMax = 2_000
    /// firebase-admin has no more calls than this under way at a time.
    package static let concurrentMax = 100

    /// One registration's subscription, through the v1 API of ``FCMConfiguration/endpoint``.
    ///
    /// - Parameters:
    ///   - change: subscribe or unsubscribe.
    ///   - registration: a registration token or an installation id.
    ///   - topic: without `/topics/`.
    ///   - configuration: of the project.
    /// - Returns: nil where the registration or the topic cannot be one.
    package static func v1(
        _ change: Change,
        registration: String,
        topic: String,
        configuration: FCMConfiguration
    ) -> FCMTopicRequest? {
        guard FCMTarget.token(registration).verdict == nil, FCMTopicName.isWellFormed(topic) else { return nil }
        let collection = collection(of: registration, configuration)
        return switch change {
        case .subscribe:
            FCMTopicRequest(
                method: "POST",
                path: "\(collection)?topicName=\(URLPathSegment.encode(topic))",
                headers: [:],
                body: Array("{}".utf8)
            )
        case .unsubscribe:
            // A subscription that is not there is what was wanted.
            FCMTopicRequest(
                method: "DELETE",
                path: "\(collection)/\(URLPathSegment.encode(topic))?allowMissing=true",
                headers: [:],
                body: []
            )
        }
    }

    /// A page of the topics that one registration is subscribed to, through the v1 API.
    ///
    /// - Parameters:
    ///   - registration: a registration token or an installation id.
    ///   - pageToken: what the page before named (``FCMTopicPage/nextPageToken``); nil for the first page.
    ///   - configuration: of the project.
    /// - Returns: nil where the registration cannot be one.
    package static func list(
        registration: String,
        pageToken: String?,
        configuration: FCMConfiguration
    ) -> FCMTopicRequest? {
        guard FCMTarget.token(registration).verdict == nil else { return nil }
        let next = pageToken.map { "&pageToken=\(URLPathSegment.encode($0))" } ?? ""
        return FCMTopicRequest(
            method: "GET",
            path: "\(collection(of: registration, configuration))?pageSize=\(pageMax)\(next)",
            headers: [:],
            body: []
        )
    }

    private static func collection(of registration: String, _ configuration: FCMConfiguration) -> String {
        "\(configuration.endpoint.path)/v1/projects/\(configuration.app)/registrations/"
            + "\(URLPathSegment.encode(registration))/topicSubscriptions"
    }

    /// Up to 1,000 registrations at once, through the older API of ``FCMConfiguration/topicEndpoint``.
    ///
    /// - Returns: nil where there are none or too many, or where one of them or the topic cannot be one.
    package static func batch(
        _ change: Change,
        registrations: [String],
        topic: String,
        configuration: FCMConfiguration
    ) -> FCMTopicRequest? {
        guard (1...batchMax).contains(registrations.count), FCMTopicName.isWellFormed(topic),
            registrations.allSatisfy({ FCMTarget.token($0).verdict == nil })
        else { return nil }
        let call =
            switch change {
            case .subscribe: "batchAdd"
            case .unsubscribe: "batchRemove"
            }
        let body: JSONTree = [
            "to": .string("/topics/\(topic)"), "registration_tokens": .array(registrations.map { .string($0) }),
        ]
        return FCMTopicRequest(
            method: "POST",
            path: "\(configuration.topicEndpoint.path)/iid/v1:\(call)",
            headers: ["access_token_auth": "true"],
            body: body.octets
        )
    }
}

/// The answer to a change of topic subscriptions.
package struct FCMTopicResponse: Sendable {
    /// For each registration of the request, in order.
    ///
    /// ``Verdict/accepted(providerMessageID:)`` where the subscription is as it was wanted.
    package let verdicts: [Verdict]

    /// The answer to a request of ``FCMTopicRequest/v1(_:registration:topic:configuration:)``.
    ///
    /// - Parameters:
    ///   - status: the HTTP status.
    ///   - body: as received, of any kind and size.
    ///   - retryAfter: the header `Retry-After`.
    ///   - nowMs: when it arrived.
    package init(v1 status: Int, body: [UInt8], retryAfter: String? = nil, nowMs: Int64) {
        verdicts = [Self.verdict(FCMResponse(status: status, body: body, retryAfter: retryAfter, nowMs: nowMs))]
    }

    /// The answer to a request of ``FCMTopicRequest/batch(_:registrations:topic:configuration:)``.
    ///
    /// - Parameters:
    ///   - status: the HTTP status.
    ///   - body: as received, of any kind and size.
    ///   - count: registrations in the request. An answer with another number of results cannot be matched with them, and
    ///     is retried.
    ///   - retryAfter: the header `Retry-After`.
    ///   - nowMs: when it arrived.
    package init(batch status: Int, body: [UInt8], count: Int, retryAfter: String? = nil, nowMs: Int64) {
        let answer = FCMResponse(status: status, body: body, retryAfter: retryAfter, nowMs: nowMs)
        guard (200...299).contains(status) else {
            verdicts = Array(repeating: Self.verdict(answer), count: count)
            return
        }
        let document = JSONDocument()
        let isJSON = document.load(body, limits: JSONLimits(bytesMax: 1 << 20, depthMax: 16)) == nil
        let results = isJSON ? document.root.member("results") : nil
        guard let results, results.kind == .array, results.count == count else {
            verdicts = Array(repeating: .retry(.providerUnavailable, after: answer.retryAfter), count: count)
            return
        }
        verdicts = results.elements.map { Self.verdict(onResult: $0, retryAfter: answer.retryAfter) }
    }

    private static func verdict(_ answer: FCMResponse) -> Verdict {
        // ALREADY_EXISTS: subscribed before.
        if answer.status == 409 { return .accepted(providerMessageID: nil) }
        let verdict = answer.classify(payload: .unproven)
        // Of a message it says that the project is wrong; here the registration stands in the path too.
        return verdict == .configuration(.notFound) ? .badRequest(.notFound) : verdict
    }

    /// `{}` or `{"error": "NOT_FOUND"}`.
    ///
    /// Source: Google, "Instance ID server reference", batch results.
    private static func verdict(onResult result: JSONNode, retryAfter: Duration?) -> Verdict {
        guard let error = result.member("error") else {
            return result.kind == .object ? .accepted(providerMessageID: nil) : .badRequest(.rejectedByProvider)
        }
        return switch error.stringValue {
        case "NOT_FOUND": .addressDead(.unregistered, invalidSinceMs: nil)
        case "INVALID_ARGUMENT": .addressDead(.badDeviceToken, invalidSinceMs: nil)
        case "PERMISSION_DENIED": .configuration(.forbidden)
        case "INTERNAL": .retry(.internalServerError, after: retryAfter)
        case "UNAVAILABLE": .retry(.serviceUnavailable, after: retryAfter)
        case "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED": .retry(.quotaExceeded, after: retryAfter)
        // TOO_MANY_TOPICS among them: 2,000 for each app instance.
        default: .badRequest(.rejectedByProvider)
        }
    }
}

/// One page of the topics that a registration is subscribed to.
package struct FCMTopicPage: Hashable, Sendable {
    package let topics: [String]
    /// Nil on the last page.
    package let nextPageToken: String?

    /// The answer to a request of ``FCMTopicRequest/list(registration:pageToken:configuration:)``; nil where it is no page.
    ///
    /// - Parameter body: of an answer with a status of success.
    package init?(_ body: [UInt8]) {
        let document = JSONDocument()
        guard document.load(body, limits: JSONLimits(bytesMax: 4 << 20, depthMax: 16)) == nil,
            document.root.kind == .object
        else { return nil }
        let root = document.root
        // Google leaves out what is empty.
        var topics: [String] = []
        if let subscriptions = root.member("topicSubscriptions") {
            guard subscriptions.kind == .array else { return nil }
            for subscription in subscriptions.elements {
                let name = subscription.member("name")?.stringValue?.split(separator: "/").last.map(String.init)
                guard let topic = subscription.member("topicName")?.stringValue ?? name else { return nil }
                topics.append(topic)
            }
        }
        self.topics = topics
        nextPageToken = root.member("nextPageToken")?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
    }
}
