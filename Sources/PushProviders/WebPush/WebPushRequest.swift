package import PushCore
private import PushCrypto

/// One delivery as a request to a push service: `POST` of ``body`` to ``path`` with ``headers``.
///
/// The header `authorization` is apart (``WebPushCredentials``). The time to live is counted from the deadline, so that a later
/// attempt is built anew, with a new encryption.
///
/// Source: RFC 8030 section 5.
package struct WebPushRequest: Hashable, Sendable {
    package struct Header: Hashable, Sendable {
        package let name: Name
        /// Printable ASCII.
        package let value: String

        /// The headers of every request, in the order in which they are sent.
        package enum Name: String, CaseIterable, Sendable {
            case timeToLive = "ttl"
            case urgency
            case topic
            case contentEncoding = "content-encoding"
            case contentType = "content-type"
        }
    }

    /// Why no request is made of a delivery: nothing is sent, and this is how it ends.
    package enum Refusal: Error, Hashable, Sendable {
        /// The notification's time has run out.
        case expired
        /// The push service would answer so; it is not asked.
        case verdict(Verdict)
    }

    /// The keys of a subscription, as the browser made them.
    package struct SubscriptionKeys: Hashable, Sendable {
        /// The browser's public key: 65 octets, the first of them 4 (RFC 8291 section 3.1).
        package let p256dh: [UInt8]
        /// The authentication secret: 16 octets (RFC 8291 section 3.2).
        package let auth: [UInt8]
    }

    /// Why a plaintext could not be encrypted.
    package enum EncryptionFailure: Error, Hashable, Sendable {
        /// The subscription's key is none: no message will ever reach it.
        case malformedKeys
        /// Nothing that the subscription is to blame for.
        case failed
    }

    /// Encrypts a plaintext for a subscription (RFC 8291), and fills it with so many octets of padding.
    package typealias Encryption =
        (_ plaintext: [UInt8], _ keys: SubscriptionKeys, _ paddingOctets: Int) throws(EncryptionFailure) -> [UInt8]

    /// What every push service has to take (RFC 8030 section 7.2).
    ///
    /// Mozilla and Apple take no more. WNS takes 5,000, which is not used: a notification that fits one browser fits all.
    /// Mozilla's older subscriptions on Android take about 2,744 and say so with 413: an endpoint does not tell.
    package static let bodyBytesMax = 4_096
    /// Octets that the encryption adds: header of 86, authentication tag of 16, delimiter of 1 (RFC 8188 section 2).
    private static let encryptionBytes = 103
    /// What can be in one message.
    package static let plaintextBytesMax = bodyBytesMax - encryptionBytes
    /// The longest time to live that all vendors take: 28 days (FCM).
    package static let timeToLiveSecondsMax: Int64 = 28 * 24 * 60 * 60

    package let endpoint: WebPushEndpoint
    /// In the order of ``Header/Name``, without those that have no value.
    package let headers: [Header]
    /// Encrypted.
    package let body: [UInt8]
    /// Whether the notification's body was cut to keep the limit.
    package let isTruncated: Bool

    /// The endpoint's path and query: a secret.
    package var path: String { endpoint.path }

    /// The request for a delivery, or why there is none.
    ///
    /// - Parameters:
    ///   - delivery: to a device with a subscription; its notification holds the words of one language, or none.
    ///   - configuration: of the device's app, without violations.
    ///   - nowMs: milliseconds since the Unix epoch: decides what is left of the notification's time.
    ///   - encrypt: asked last, and not at all where nothing can be sent.
    /// - Returns: the request, or the refusal: expired, an endpoint or options that cannot be used, too large.
    package static func build(
        delivery: Delivery,
        configuration: WebPushConfiguration,
        nowMs: Int64,
        encrypt: Encryption
    ) -> Result<WebPushRequest, Refusal> {
        Result { () throws(Refusal) in
            try checkTime(delivery.notification, nowMs: nowMs)
            let device = delivery.device
            guard case .subscription(let subscription)? = device.address, !subscription.endpoint.isEmpty else {
                throw .verdict(.badRequest(.missingDeviceToken))
            }
            let endpoint: WebPushEndpoint
            do throws(WebPushEndpoint.Refusal) {
                endpoint = try WebPushEndpoint(subscription.endpoint, configuration: configuration)
            } catch {
                throw .verdict(error.verdict)
            }
            return try build(
                subscription,
                at: endpoint,
                delivery.notification,
                configuration: configuration,
                nowMs: nowMs,
                encrypt: encrypt
            )
        }
    }

    /// The request for a notification to a subscription whose endpoint was read already.
    ///
    /// See ``build(delivery:configuration:nowMs:encrypt:)``.
    ///
    /// - Throws: why there is none.
    package static func build(
        _ subscription: Subscription,
        at endpoint: WebPushEndpoint,
        _ notification: Notification,
        configuration: WebPushConfiguration,
        nowMs: Int64,
        encrypt: Encryption
    ) throws(Refusal) -> WebPushRequest {
        try checkTime(notification, nowMs: nowMs)
        let keys = SubscriptionKeys(p256dh: Array(subscription.p256Dh), auth: Array(subscription.auth))
        guard keys.p256dh.count == 65, keys.p256dh[0] == 0x04, keys.auth.count == 16 else {
            throw .verdict(.addressDead(.badSubscription, invalidSinceMs: nil))
        }
        let headers = try headers(notification, nowMs: nowMs)
        let (plaintext, isTruncated) = try plaintext(notification, configuration: configuration)
        let wanted = notification.webPush.hasPadding ? Int(notification.webPush.padding) : configuration.padding
        let padding = max(0, min(wanted, plaintextBytesMax) - plaintext.count)
        let body = try encrypted(plaintext, keys: keys, padding: padding, encrypt: encrypt)
        return WebPushRequest(endpoint: endpoint, headers: headers, body: body, isTruncated: isTruncated)
    }

    private static func checkTime(_ notification: Notification, nowMs: Int64) throws(Refusal) {
        let expiresAtMs = notification.expiresAtMs
        guard expiresAtMs == 0 || expiresAtMs > nowMs else { throw .expired }
    }

    private static func headers(_ notification: Notification, nowMs: Int64) throws(Refusal) -> [Header] {
        var headers = [
            Header(name: .timeToLive, value: timeToLive(notification.expiresAtMs, nowMs: nowMs).description),
            Header(name: .urgency, value: try urgency(notification)),
        ]
        if let topic = try topic(notification) { headers.append(Header(name: .topic, value: topic)) }
        headers.append(Header(name: .contentEncoding, value: "aes128gcm"))
        headers.append(Header(name: .contentType, value: "application/octet-stream"))
        return headers
    }

    /// Whole seconds, rounded down so that nothing is shown after its time; 0 (only to a browser that is connected now) in the
    /// last of them.
    private static func timeToLive(_ expiresAtMs: Int64, nowMs: Int64) -> Int64 {
        if expiresAtMs == 0 { return timeToLiveSecondsMax }
        // Only a clock from before 1970 could make it overflow.
        let (leftMs, overflow) = expiresAtMs.subtractingReportingOverflow(nowMs)
        return overflow ? timeToLiveSecondsMax : min(leftMs / 1_000, timeToLiveSecondsMax)
    }

    /// RFC 8030 section 5.3: `high` wakes a device that has little power left, `low` waits for more of it.
    private static func urgency(_ notification: Notification) throws(Refusal) -> String {
        if notification.webPush.hasUrgency {
            let urgency = notification.webPush.urgency
            guard ["very-low", "low", "normal", "high"].contains(urgency) else {
                throw .verdict(.badRequest(.badPriority))
            }
            return urgency
        }
        return switch notification.priority {
        // A value from a newer version is none that we know to be lower.
        case .high, .unspecified, .UNRECOGNIZED: "high"
        case .normal: "normal"
        case .low: "low"
        }
    }

    /// The rule's own topic, or its collapse key, or 32 characters that stand for a key that the header cannot hold.
    ///
    /// None without a key: a topic costs, since FCM lets few messages with one topic through (20, then one in 3 minutes).
    private static func topic(_ notification: Notification) throws(Refusal) -> String? {
        if notification.webPush.hasTopic {
            guard isTopic(notification.webPush.topic) else { throw .verdict(.badRequest(.badCollapseID)) }
            return notification.webPush.topic
        }
        let key = notification.collapseKey
        if key.isEmpty { return nil }
        if isTopic(key) { return key }
        return Base64URL.encode(SHA256.digest(of: Array(key.utf8).span).span.extracting(first: 24))
    }

    /// RFC 8030 section 5.4: at most 32 characters of base64url.
    private static func isTopic(_ text: String) -> Bool {
        (1...32).contains(text.utf8.count)
            && text.utf8.allSatisfy { octet in
                switch octet {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default:
                    false
                }
            }
    }

    private static func plaintext(
        _ notification: Notification,
        configuration: WebPushConfiguration
    ) throws(Refusal) -> (octets: [UInt8], isTruncated: Bool) {
        let whole: [UInt8]
        do throws(WebPushPayload.Refused) {
            whole = try WebPushPayload(notification: notification, configuration: configuration).octets()
        } catch {
            throw .verdict(.badRequest(error.reason))
        }
        if whole.count <= plaintextBytesMax { return (whole, false) }
        let fitting = BodyShortening.fit(notification, octetsMax: plaintextBytesMax) { shorter in
            let octets = try? WebPushPayload(notification: shorter, configuration: configuration).octets()
            return octets.map { ($0, $0.count) }
        }
        guard let fitting else { throw .verdict(.badRequest(.payloadTooLarge)) }
        return (fitting, true)
    }

    private static func encrypted(
        _ plaintext: [UInt8],
        keys: SubscriptionKeys,
        padding: Int,
        encrypt: Encryption
    ) throws(Refusal) -> [UInt8] {
        let body: [UInt8]
        do throws(EncryptionFailure) {
            body = try encrypt(plaintext, keys, padding)
        } catch {
            switch error {
            case .malformedKeys: throw .verdict(.addressDead(.badSubscription, invalidSinceMs: nil))
            case .failed: throw .verdict(.badRequest(.encryptionFailed))
            }
        }
        guard body.count <= bodyBytesMax else { throw .verdict(.badRequest(.payloadTooLarge)) }
        return body
    }
}
