package import PushCore

/// An update of all Live Activities that follow a channel.
package struct APNsBroadcast: Sendable {
    package var channel: APNsChannelID
    /// The channel's policy, as it was made.
    package var storage: APNsChannelStorage
    /// `event`, `content-state` and what else `aps` may hold.
    package var aps: JSONObject
    package var priority: Priority
    /// When it is not worth sending any more, in milliseconds since the Unix epoch; 0: never, and kept as long as may be.
    package var expiresAtMs: Int64
    /// When what it shows was true, in milliseconds since the Unix epoch; 0: now.
    ///
    /// Becomes `timestamp`, where ``aps`` has none.
    package var contentTimeMs: Int64

    package init(channel: APNsChannelID, storage: APNsChannelStorage, aps: JSONObject) {
        self.channel = channel
        self.storage = storage
        self.aps = aps
        priority = .high
        expiresAtMs = 0
        contentTimeMs = 0
    }
}

/// A broadcast as a request to APNs: `POST` of ``body`` to ``path`` with ``headers``.
///
/// It goes to ``APNsConfiguration/broadcastServer(for:)`` and is answered as deliveries are (``APNsResponse``). The header
/// `authorization` is apart (``APNsCredentials``). There is no topic.
///
/// Source: Apple, "Sending broadcast push notification requests to APNs".
package struct APNsBroadcastRequest: Hashable, Sendable {
    /// Apple's limit on the body.
    package static let payloadBytesMax = 5_120
    /// The longest that a channel keeps a broadcast.
    private static let storageMs: Int64 = 8 * 60 * 60 * 1_000

    package let path: String
    package let headers: [APNsChannelRequest.Header]
    /// JSON.
    package let body: [UInt8]

    /// The request for a broadcast.
    ///
    /// - Parameters:
    ///   - broadcast: what is sent.
    ///   - app: bundle id.
    ///   - id: goes with the request, and comes back with the answer.
    ///   - nowMs: milliseconds since the Unix epoch: decides whether the broadcast has expired.
    /// - Returns: the request, or why there is none: expired, a payload that a device cannot use, too large.
    package static func build(
        _ broadcast: APNsBroadcast,
        app: String,
        id: Identifier,
        nowMs: Int64
    ) -> Result<APNsBroadcastRequest, APNsRequest.Refusal> {
        let expiresAtMs = broadcast.expiresAtMs
        guard expiresAtMs == 0 || expiresAtMs > nowMs else { return .failure(.expired) }
        // As in a delivery, null stands for a member that is not there.
        guard var aps = JSONTree.object(JSONObject()).merged(with: .object(broadcast.aps)).object else {
            preconditionFailure("an object merged with an object is one")
        }
        if aps["timestamp"] == nil {
            aps["timestamp"] = .integer((broadcast.contentTimeMs > 0 ? broadcast.contentTimeMs : nowMs) / 1_000)
        }
        let checked = APNsPayloadSchema.check(.object(aps), pushType: .liveactivity, .rendered)
        guard checked.problems.isEmpty else { return .failure(.verdict(.badRequest(.invalidPayload))) }
        let payload: JSONTree = ["aps": .object(checked.aps)]
        let body = payload.octets
        guard body.count <= payloadBytesMax else { return .failure(.verdict(.badRequest(.payloadTooLarge))) }
        let expiration =
            switch broadcast.storage {
            // Apple: such a channel takes no other.
            case .none: "0"
            case .mostRecent:
                APNsRequest.expiration(expiresAtMs == 0 ? nowMs + storageMs : expiresAtMs, nowMs: nowMs)
            }
        return .success(
            APNsBroadcastRequest(
                path: "/4/broadcasts/apps/\(URLPathSegment.encode(app))",
                headers: [
                    .init(name: "apns-channel-id", value: broadcast.channel.description),
                    .init(name: "apns-push-type", value: APNsPushType.liveactivity.rawValue),
                    .init(name: "apns-request-id", value: id.description),
                    .init(name: "apns-expiration", value: expiration),
                    .init(
                        name: "apns-priority",
                        value: APNsRequest.priority(broadcast.priority, pushType: .liveactivity)
                    ),
                ],
                body: body
            )
        )
    }
}
