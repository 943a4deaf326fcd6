/// The rules of Web Push, one property per rule, in the order in which they are checked.
///
/// Sources: RFC 8030 (delivery), RFC 8188 (encryption), RFC 8291 (keys), RFC 8292 (VAPID). Push services cannot decrypt a
/// message and accept whatever is inside: that the simulator refuses what the browser could not read is its own rule.
struct WebPushRules {
    let request: ProviderRequest
    let subscription: PushSubscription
    /// The origins under which the push service is known.
    let origins: [String]

    /// Values of `Urgency` (RFC 8030 section 5.3).
    static let urgencies = ["very-low", "low", "normal", "high"]
    /// Octets of a body that every push service takes (RFC 8030 section 7.2).
    static let bodyOctetsMax = 4096

    /// What became of the request.
    struct Judgement {
        var refusal: WebPushReason?
        var isAuthenticated = false
        var payload = RecordedPayload.text
    }

    func judge() -> Judgement {
        var judgement = Judgement()
        let vapid = VAPIDRules(
            authorization: request.header("authorization"),
            subscription: subscription,
            origins: origins,
            now: request.receivedAt / 1000
        ).refusal
        judgement.isAuthenticated = vapid == nil
        judgement.refusal = method ?? timeToLive ?? urgency ?? topic ?? vapid ?? bodySize ?? encoding
        guard !request.body.isEmpty else { return judgement }
        judgement.payload = .sealed
        let key = VAPIDRules.credentials(request.header("authorization"))?.key
        let decryption = PushMessageDecryption(
            privateKey: subscription.privateKey,
            authSecret: subscription.authSecret,
            serverKey: key
        )
        do {
            judgement.payload = .decrypted(try decryption.open(request.body))
        } catch {
            judgement.refusal = judgement.refusal ?? .badEncryption(error.description)
        }
        return judgement
    }

    /// Only POST (RFC 8030 section 5).
    private var method: WebPushReason? {
        request.header(":method") == "POST" ? nil : .methodNotAllowed
    }

    /// `TTL` is there, and is a number of seconds (section 5.2).
    private var timeToLive: WebPushReason? {
        guard let text = request.header("ttl") else { return .missingTTL }
        if text.hasPrefix("-"), Int(text) != nil { return .negativeTTL }
        return text.utf8.allSatisfy(\.isDigit) && Int32(text) != nil ? nil : .badTTL
    }

    /// One of four words (section 5.3).
    private var urgency: WebPushReason? {
        request.header("urgency").map(Self.urgencies.contains) ?? true ? nil : .badUrgency
    }

    /// At most 32 characters of base64url (section 5.4).
    private var topic: WebPushReason? {
        guard let topic = request.header("topic") else { return nil }
        return (1...32).contains(topic.utf8.count) && topic.utf8.allSatisfy(\.isBase64URLCharacter) ? nil : .badTopic
    }

    /// At most 4096 octets; WNS takes 5000 (section 7.2).
    private var bodySize: WebPushReason? {
        request.body.count <= subscription.vendor.bodyOctetsMax ? nil : .payloadTooLarge
    }

    /// A body is encoded with `aes128gcm` (RFC 8291 section 4).
    private var encoding: WebPushReason? {
        request.body.isEmpty || request.header("content-encoding") == "aes128gcm" ? nil : .badEncoding
    }
}
