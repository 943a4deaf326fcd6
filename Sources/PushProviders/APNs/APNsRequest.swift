package import PushCore
private import PushCrypto

/// One delivery as a request to APNs: `POST` of ``body`` to ``path`` with ``headers``.
///
/// Built once and sent as often as it takes: nothing in it depends on the attempt or the connection. The header
/// `authorization` is apart (``APNsCredentials``), since it may change between attempts.
///
/// Source: Apple, "Sending notification requests to APNs".
package struct APNsRequest: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    package struct Header: Hashable, Sendable {
        package let name: Name
        /// Printable ASCII.
        package let value: String

        /// The headers of every request, in the order in which they are sent.
        package enum Name: String, CaseIterable, Sendable {
            case id = "apns-id"
            case expiration = "apns-expiration"
            case collapseID = "apns-collapse-id"
            case topic = "apns-topic"
            case pushType = "apns-push-type"
            case priority = "apns-priority"

            /// Whether the value differs from request to request.
            ///
            /// Such values are sent as literals without indexing: APNs keeps a small HPACK table, and asks not to fill
            /// it with them.
            package var variesPerRequest: Bool {
                switch self {
                case .topic, .pushType, .priority: false
                case .id, .expiration, .collapseID: true
                }
            }
        }
    }

    /// Why no request is made of a delivery: nothing is sent, and this is how it ends.
    package enum Refusal: Error, Hashable, Sendable {
        /// The notification's time has run out.
        case expired
        /// APNs would answer so; it is not asked.
        case verdict(Verdict)
    }

    /// What a later request takes the place of.
    package enum Collapse: Hashable, Sendable {
        /// Requests with the same key.
        case key(String)
        /// Repeats of the same notification.
        case notification(Identifier)
    }

    /// Of the app and the push type.
    package let topic: String
    package let token: String
    package let pushType: APNsPushType
    package let priority: String
    package let id: Identifier
    /// UNIX seconds, or 0: one attempt without storing; nil: as long as APNs keeps it.
    package let expiration: Int64?
    package let collapse: Collapse
    /// JSON.
    package let body: [UInt8]
    /// Whether the notification's body was cut to keep the limit.
    package let isTruncated: Bool

    /// What stands before the token in a path.
    package static let pathPrefix = "/3/device/"
    package var path: String { Self.pathPrefix + token }

    /// In the order of ``Header/Name``, without those that have no value.
    package var headers: [Header] {
        var headers = [Header(name: .id, value: id.description)]
        if let expiration { headers.append(Header(name: .expiration, value: expiration.description)) }
        let collapseID =
            switch collapse {
            case .key(let key): key
            case .notification(let id): id.description
            }
        headers.append(Header(name: .collapseID, value: collapseID))
        headers.append(Header(name: .topic, value: topic))
        headers.append(Header(name: .pushType, value: pushType.rawValue))
        headers.append(Header(name: .priority, value: priority))
        return headers
    }

    /// Without token and payload.
    package var description: String {
        "the request of delivery \(id), \(body.count) octets"
    }
    package var debugDescription: String { description }

    /// The request for a delivery, or why there is none.
    ///
    /// - Parameters:
    ///   - delivery: to a device with an APNs token; its notification holds the words of one language, or none.
    ///   - configuration: of the device's app.
    ///   - nowMs: milliseconds since the Unix epoch: decides whether the notification has expired.
    /// - Returns: the request, or the refusal: expired, a token or push type that cannot be sent (location queries with a
    ///   certificate among them), a payload that a device cannot use, too large.
    package static func build(
        delivery: Delivery,
        configuration: APNsConfiguration,
        nowMs: Int64
    ) -> Result<APNsRequest, Refusal> {
        build(OutboxDelivery(delivery), configuration: configuration, nowMs: nowMs)
    }

    /// The request for a delivery as it was read from the outbox.
    ///
    /// See ``build(delivery:configuration:nowMs:)``.
    package static func build(
        _ delivery: OutboxDelivery,
        configuration: APNsConfiguration,
        nowMs: Int64
    ) -> Result<APNsRequest, Refusal> {
        let notification = delivery.notification
        let expiresAtMs = delivery.expiresAtMs
        guard expiresAtMs == 0 || expiresAtMs > nowMs else { return .failure(.expired) }

        guard case .token(let token)? = delivery.device.address else {
            return .failure(.verdict(.badRequest(.missingDeviceToken)))
        }
        if let verdict = verdict(onToken: token) { return .failure(.verdict(verdict)) }

        let options = notification.apns
        guard let payload = APNsPayload(notification: notification, options: options) else {
            return .failure(.verdict(.badRequest(.invalidPayload)))
        }
        guard let pushType = pushType(named: options.pushType, payload: payload),
            configuration.authentication.allows(pushType)
        else { return .failure(.verdict(.badRequest(.invalidPushType))) }
        guard pushType != .alert || payload.isPerceptible || options.contentAvailable else {
            return .failure(.verdict(.badRequest(.payloadEmpty)))
        }
        let timestampMs = contentTimeMs(of: delivery.record, nowMs: nowMs)
        guard let whole = payload.octets(pushType: pushType, timestampMs: timestampMs) else {
            return .failure(.verdict(.badRequest(.invalidPayload)))
        }
        let isTruncated = whole.count > pushType.payloadBytesMax
        let fitting =
            !isTruncated
            ? whole
            : BodyShortening.fit(notification, octetsMax: pushType.payloadBytesMax) { shorter in
                APNsPayload(notification: shorter, options: options)?
                    .octets(pushType: pushType, timestampMs: timestampMs).map { ($0, $0.count) }
            }
        guard let body = fitting else { return .failure(.verdict(.badRequest(.payloadTooLarge))) }

        return .success(
            APNsRequest(
                topic: pushType.topic(of: configuration.app),
                token: token,
                pushType: pushType,
                priority: priority(notification.priority, pushType: pushType),
                id: delivery.id,
                expiration: options.withoutStorage ? 0 : expirationSeconds(expiresAtMs, nowMs: nowMs),
                collapse: collapse(notification.collapseKey, notificationID: payload.notificationID),
                body: body,
                isTruncated: isTruncated
            )
        )
    }

    /// What APNs would say to a token that cannot be part of a path; nil for all others.
    ///
    /// Apple's tokens are hexadecimal and of no fixed length. That much is left to APNs to judge; what is refused here
    /// could change the path of the request.
    private static func verdict(onToken token: String) -> Verdict? {
        guard !token.isEmpty else { return .badRequest(.missingDeviceToken) }
        let octets = token.utf8.span
        let isSafe = octets.count <= tokenBytesMax && octets.indices.allSatisfy { isPathCharacter(octets[$0]) }
        return isSafe ? nil : .addressDead(.badDeviceToken, invalidSinceMs: nil)
    }

    /// Letters, digits, `-` and `_`.
    private static func isPathCharacter(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default:
            false
        }
    }

    /// Far above any token seen (64 digits is usual), and small beside the limits on header blocks.
    private static let tokenBytesMax = 1_024

    /// The type that is asked for, or the one that fits what is shown; nil for one that cannot be sent.
    private static func pushType(named name: String, payload: APNsPayload) -> APNsPushType? {
        guard !name.isEmpty else { return payload.isPerceptible ? .alert : .background }
        return APNsPushType(rawValue: name)
    }

    /// When what a Live Activity shows was true: the device drops what is older than what it shows.
    ///
    /// The event's time, or that of the decision, so that every attempt says the same.
    static func contentTimeMs(of delivery: Delivery, nowMs: Int64) -> Int64 {
        let times = [delivery.notification.event.timeMs, delivery.decidedAtMs]
        return times.first { $0 > 0 } ?? nowMs
    }

    /// Seconds since the Unix epoch, rounded down so that nothing is shown after its time.
    ///
    /// Where that is not in the future any more: `0`, one attempt without storing.
    static func expiration(_ expiresAtMs: Int64, nowMs: Int64) -> String {
        (expirationSeconds(expiresAtMs, nowMs: nowMs) ?? 0).description
    }

    /// Nil without a deadline.
    private static func expirationSeconds(_ expiresAtMs: Int64, nowMs: Int64) -> Int64? {
        if expiresAtMs == 0 { return nil }
        let seconds = expiresAtMs / 1_000
        return seconds > nowMs / 1_000 ? seconds : 0
    }

    /// `10`: now; `5`: when it suits the device's power; `1`: never wakes the device.
    static func priority(_ priority: Priority, pushType: APNsPushType) -> String {
        // Apple: 10 with a background notification is an error.
        if pushType == .background { return "5" }
        switch priority {
        // Apple's own default is 10. A value from a newer version is none that we know to be lower.
        case .high, .unspecified, .UNRECOGNIZED: return "10"
        case .normal: return "5"
        // Location queries take 10 and 5 only; of Live Activities Apple names no other.
        case .low: return pushType == .location || pushType == .liveactivity ? "5" : "1"
        }
    }

    /// The rule's collapse key, or the notification's id, so that a repeat replaces what it repeats.
    ///
    /// A key that the header cannot hold (over 64 octets, or others than visible ASCII) is replaced by base64url of
    /// its SHA-256: 43 characters, the same for the same key.
    private static func collapse(_ key: String, notificationID: Identifier) -> Collapse {
        if key.isEmpty { return .notification(notificationID) }
        let fits = key.utf8.count <= collapseIDBytesMax && key.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        return .key(fits ? key : Base64URL.encode(SHA256.digest(of: Array(key.utf8).span).span))
    }

    /// Apple's limit on `apns-collapse-id`.
    private static let collapseIDBytesMax = 64
}
