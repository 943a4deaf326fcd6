internal import Foundation

/// The push services whose manners the simulator can take on; the names stand in endpoints.
///
/// Sources: Mozilla, autopush-rs, docs/src/errors.md and http.md; Apple, "Sending web push notifications in web apps and
/// browsers"; for Google, what its service was seen to answer; Microsoft, "Push notification service request and response
/// headers".
enum PushVendor: String, CaseIterable {
    case mozilla, apple, google, wns

    /// Whether `sub` must stand in a VAPID token.
    var needsSubject: Bool {
        switch self {
        case .mozilla, .apple: true
        case .google, .wns: false
        }
    }

    var bodyOctetsMax: Int { self == .wns ? 5000 : WebPushRules.bodyOctetsMax }

    /// Longer times to live are lowered to this, in seconds.
    private var ttlMax: Int { self == .google ? 2_419_200 : 2_592_000 }

    // MARK: Acceptance

    /// The answer to an accepted message.
    ///
    /// - Parameters:
    ///   - ttl: seconds, as asked for.
    ///   - origin: the push service's own.
    /// - Returns: 201 with the message's address; for WNS 200 with its headers.
    func acceptance(ttl: Int, origin: String) -> ProviderAnswer {
        let id = UUID().uuidString.lowercased()
        switch self {
        case .mozilla, .google:
            return created(ttl, location: "\(origin)/m/\(id)")
        case .apple:
            var answer = created(ttl, location: "\(origin)/m/\(id)")
            answer.headers.append(HeaderField("apns-id", id))
            return answer
        case .wns:
            return notified(status: 200, "received")
        }
    }

    private func created(_ ttl: Int, location: String) -> ProviderAnswer {
        let fields = [HeaderField("location", location), HeaderField("ttl", String(min(ttl, ttlMax)))]
        return ProviderAnswer(status: 201, reason: "", headers: fields)
    }

    /// WNS says in a header what became of the message; `dropped` and `channelthrottled` are not deliveries.
    private func notified(status: Int, _ state: String) -> ProviderAnswer {
        let id = String(UInt64.random(in: 1...UInt64.max), radix: 16, uppercase: true)
        var fields = [
            HeaderField("x-wns-status", state), HeaderField("x-wns-notificationstatus", state),
            HeaderField("x-wns-deviceconnectionstatus", "connected"), HeaderField("x-wns-msg-id", id),
            HeaderField("x-wns-debug-trace", "SIMULATOR-\(id)"), HeaderField("ms-cv", "\(id).0"),
        ]
        if state == "channelthrottled" { fields.append(HeaderField("x-wns-continue-after", "60")) }
        return ProviderAnswer(status: status, reason: state == "received" ? "" : state, headers: fields)
    }

    // MARK: Refusals

    func refusal(_ reason: WebPushReason) -> ProviderAnswer {
        switch self {
        case .mozilla:
            let (status, errno) = Self.mozilla(reason)
            return Self.mozillaError(status: status, errno: errno, message: reason.text)
        case .apple:
            let (status, name) = Self.apple(reason)
            return Self.appleError(status: status, reason: name)
        case .google:
            return Self.googleError(status: Self.google(reason), text: reason.text)
        case .wns:
            return wnsError(status: Self.wns(reason), text: reason.text)
        }
    }

    private static func mozilla(_ reason: WebPushReason) -> (status: Int, errno: Int) {
        switch reason {
        case .methodNotAllowed: (405, 999)
        case .unknownEndpoint: (404, 102)
        case .missingTTL, .badUrgency: (400, 111)
        case .negativeTTL: (400, 114)
        case .badTTL: (400, 112)
        case .badTopic: (400, 113)
        case .missingAuthorization, .badPublicKey, .badToken, .keyMismatch: (401, 109)
        case .payloadTooLarge: (413, 104)
        case .badEncoding: (400, 101)
        case .badEncryption: (400, 110)
        }
    }

    private static func apple(_ reason: WebPushReason) -> (status: Int, name: String) {
        switch reason {
        case .methodNotAllowed: (405, "MethodNotAllowed")
        case .unknownEndpoint: (404, "BadPath")
        case .missingTTL, .negativeTTL, .badTTL: (400, "BadTtl")
        case .badUrgency: (400, "BadUrgency")
        case .badTopic: (400, "BadWebPushTopic")
        case .missingAuthorization: (403, "BadAuthorizationHeader")
        case .badPublicKey: (403, "BadVapidPublicKey")
        case .badToken: (403, "BadJwtToken")
        case .keyMismatch: (400, "VapidPkHashMismatch")
        case .payloadTooLarge: (413, "PayloadTooLarge")
        case .badEncoding, .badEncryption: (400, "BadWebPushRequest")
        }
    }

    private static func google(_ reason: WebPushReason) -> Int {
        switch reason {
        case .methodNotAllowed: 405
        case .unknownEndpoint: 404
        case .missingTTL, .negativeTTL, .badTTL, .badUrgency, .badTopic, .badEncoding, .badEncryption: 400
        case .missingAuthorization: 401
        case .badPublicKey, .badToken, .keyMismatch: 403
        case .payloadTooLarge: 413
        }
    }

    private static func wns(_ reason: WebPushReason) -> Int {
        switch reason {
        case .methodNotAllowed: 405
        case .unknownEndpoint: 404
        case .missingTTL, .negativeTTL, .badTTL, .badUrgency, .badTopic, .badEncoding, .badEncryption: 400
        case .missingAuthorization, .badPublicKey, .badToken: 401
        case .keyMismatch: 403
        case .payloadTooLarge: 413
        }
    }

    // MARK: What a fault script asks for

    /// The vendor's form of a status and, maybe, its own reason.
    ///
    /// - Parameters:
    ///   - status: the HTTP status.
    ///   - reason: Mozilla's errno, Apple's reason, Google's text, for WNS the text of `X-WNS-Error-Description`, or with
    ///     a 2xx the state.
    ///   - ttl: seconds, as the request asked for.
    ///   - origin: the push service's own.
    /// - Returns: an answer as the vendor would make it.
    func scripted(status: Int, reason: String?, ttl: Int, origin: String) -> ProviderAnswer {
        if self == .wns, status < 300 { return notified(status: status, reason ?? "received") }
        if status < 300 {
            var answer = acceptance(ttl: ttl, origin: origin)
            answer.status = status
            return answer
        }
        switch self {
        case .mozilla:
            let errno = reason.flatMap { Int($0) } ?? Self.mozillaErrno[status] ?? 999
            let text = reason.flatMap { Int($0) == nil ? $0 : nil }
            return Self.mozillaError(status: status, errno: errno, message: text ?? Self.phrase(status))
        case .apple:
            return Self.appleError(status: status, reason: reason ?? Self.appleReasons[status] ?? "")
        case .google:
            let gone = "push subscription has unsubscribed or expired."
            let text = reason ?? (status == 404 || status == 410 ? gone : Self.phrase(status))
            return Self.googleError(status: status, text: text)
        case .wns:
            return wnsError(status: status, text: reason ?? Self.phrase(status))
        }
    }

    private static let mozillaErrno = [404: 102, 410: 106, 413: 104, 401: 109, 429: 201, 502: 900, 503: 201]

    private static let appleReasons = [
        400: "BadWebPushRequest", 403: "BadJwtToken", 404: "BadPath", 405: "MethodNotAllowed", 410: "Unregistered",
        413: "PayloadTooLarge", 429: "TooManyRequests", 500: "InternalServerError", 503: "ServiceUnavailable",
    ]

    // MARK: Bodies

    /// `{"code", "errno", "error", "message", "more_info"}`; the errno is what a record shows as the reason.
    private static func mozillaError(status: Int, errno: Int, message: String) -> ProviderAnswer {
        var body = JSONLine(capacity: 256)
        body.raw(#"{"code":"#)
        body.number(status)
        body.raw(#","errno":"#)
        body.number(errno)
        body.raw(#","error":"#)
        body.string(Self.phrase(status))
        body.raw(#","message":"#)
        body.string(message)
        body.raw(#","more_info":"http://autopush.readthedocs.io/en/latest/http.html#error-codes"}"#)
        var answer = ProviderAnswer(
            status: status,
            reason: String(errno),
            headers: [HeaderField("content-type", "application/json")],
            body: body.octets
        )
        if status == 410 { answer.headers.append(HeaderField("cache-control", "max-age=86400")) }
        if status == 503, errno == 201 { answer.headers.append(HeaderField("retry-after", "120")) }
        return answer
    }

    private static func appleError(status: Int, reason: String) -> ProviderAnswer {
        var answer = ProviderAnswer(status: status, reason: reason)
        guard !reason.isEmpty else { return answer }
        var body = JSONLine(capacity: 64)
        body.raw(#"{"reason":"#)
        body.string(reason)
        body.raw("}")
        answer.headers.append(HeaderField("content-type", "application/json"))
        answer.body = body.octets
        return answer
    }

    private static func googleError(status: Int, text: String) -> ProviderAnswer {
        ProviderAnswer(
            status: status,
            reason: text,
            headers: [HeaderField("content-type", "text/plain; charset=utf-8")],
            body: Array((text + "\n").utf8)
        )
    }

    private func wnsError(status: Int, text: String) -> ProviderAnswer {
        var answer = notified(status: status, "dropped")
        answer.headers.append(HeaderField("x-wns-error-description", text))
        return ProviderAnswer(status: status, reason: text, headers: answer.headers)
    }

    /// The status in words, as far as a push service uses it.
    private static func phrase(_ status: Int) -> String {
        switch status {
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 410: "Gone"
        case 413: "Payload Too Large"
        case 429: "Too Many Requests"
        case 500: "Internal Server Error"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        default: "Error"
        }
    }
}
