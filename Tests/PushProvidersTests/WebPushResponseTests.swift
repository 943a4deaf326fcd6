import PushCore
import PushProviders
import Testing

@Suite("Web Push answers")
struct WebPushResponseTests {
    static let nowMs: Int64 = 1_795_000_000_000
    static let mismatch = Verdict.addressDead(.vapidKeyMismatch, invalidSinceMs: nil)
    static let gone = Verdict.addressDead(.unregistered, invalidSinceMs: nil)

    static func response(
        _ status: Int,
        _ body: String = "",
        _ headers: [String: String] = [:],
        vendor: WebPushVendor = .other
    ) -> WebPushResponse {
        WebPushResponse(status: status, body: Array(body.utf8), header: { headers[$0] }, vendor: vendor, nowMs: nowMs)
    }

    // MARK: Mozilla

    static let mozilla: [(status: Int, errno: Int, verdict: Verdict)] = [
        (400, 101, .badRequest(.invalidRequest)), (400, 108, .badRequest(.invalidRequest)),
        (400, 110, .badRequest(.invalidRequest)), (400, 111, .badRequest(.invalidRequest)),
        (400, 112, .badRequest(.badTimeToLive)), (400, 113, .badRequest(.badCollapseID)),
        (400, 114, .badRequest(.badTimeToLive)), (401, 109, .configuration(.invalidProviderToken)),
        (404, 102, gone), (410, 103, gone), (410, 105, gone), (410, 106, gone),
        (413, 104, .badRequest(.payloadTooLarge)), (500, 999, .retry(.internalServerError, after: nil)),
        (502, 900, .retry(.providerUnavailable, after: nil)), (502, 901, .retry(.providerUnavailable, after: nil)),
        (502, 902, .retry(.providerUnavailable, after: nil)), (502, 903, .retry(.providerUnavailable, after: nil)),
        (503, 201, .retry(.serviceUnavailable, after: nil)), (503, 202, .retry(.serviceUnavailable, after: .zero)),
    ]

    private static func autopush(_ status: Int, _ errno: Int, _ message: String = "words") -> String {
        #"{"code":\#(status),"errno":\#(errno),"error":"Some","message":"\#(message)","more_info":"https://x"}"#
    }

    @Test("every row of Mozilla's table has its verdict", arguments: mozilla)
    func mozillaTable(status: Int, errno: Int, verdict: Verdict) {
        for vendor in [WebPushVendor.mozilla, .other] {
            let response = Self.response(status, Self.autopush(status, errno), vendor: vendor)
            #expect(response.classify(key: .unproven) == verdict)
            #expect(response.reason == "errno \(errno): words")
        }
    }

    @Test("a delay that Mozilla names counts")
    func mozillaDelay() {
        for errno in [201, 202] {
            let response = Self.response(503, Self.autopush(503, errno), ["retry-after": "120"], vendor: .mozilla)
            #expect(response.classify(key: .unproven) == .retry(.serviceUnavailable, after: .seconds(120)))
        }
    }

    @Test("Mozilla's 109 is the subscription's fault where it says so, or where our key is good for others")
    func mozillaKey() {
        let named = Self.response(401, Self.autopush(401, 109, "VAPID public key mismatch"), vendor: .mozilla)
        #expect(named.classify(key: .unproven) == Self.mismatch)
        let bare = Self.response(401, Self.autopush(401, 109), vendor: .mozilla)
        #expect(bare.classify(key: .proven) == Self.mismatch)
        #expect(bare.classify(key: .unproven) == .configuration(.invalidProviderToken))
    }

    // MARK: Apple

    static let apple: [(status: Int, reason: String, verdict: Verdict)] = [
        (400, "BadTtl", .badRequest(.badTimeToLive)), (400, "BadUrgency", .badRequest(.badPriority)),
        (400, "BadWebPushTopic", .badRequest(.badCollapseID)),
        (400, "BadWebPushRequest", .badRequest(.invalidRequest)),
        (413, "PayloadTooLarge", .badRequest(.payloadTooLarge)),
        (400, "PayloadTooLarge", .badRequest(.payloadTooLarge)),
        (404, "BadPath", .badRequest(.badPath)), (400, "BadPath", .badRequest(.badPath)),
        (405, "MethodNotAllowed", .badRequest(.methodNotAllowed)),
        (400, "BadAuthorizationHeader", .configuration(.missingProviderToken)),
        (403, "BadAuthorizationHeader", .configuration(.missingProviderToken)),
        (400, "BadJwtToken", .configuration(.invalidProviderToken)),
        (403, "BadJwtToken", .configuration(.invalidProviderToken)),
        (400, "BadVapidPublicKey", .configuration(.invalidProviderToken)),
        (403, "BadVapidPublicKey", .configuration(.invalidProviderToken)),
        (400, "VapidPkHashMismatch", mismatch), (403, "VapidPkHashMismatch", mismatch),
        (429, "TooManyRequests", .retry(.tooManyRequests, after: nil)),
        (500, "InternalServerError", .retry(.internalServerError, after: nil)),
        (503, "ServiceUnavailable", .retry(.serviceUnavailable, after: nil)),
        (400, "IdleTimeout", .reconnect(.idleTimeout)), (503, "IdleTimeout", .reconnect(.idleTimeout)),
        (503, "Shutdown", .reconnect(.shutdown)), (410, "Unregistered", gone), (410, "", gone),
    ]

    @Test("every row of Apple's table has its verdict", arguments: apple)
    func appleTable(status: Int, reason: String, verdict: Verdict) {
        for vendor in [WebPushVendor.apple, .other] {
            let response = Self.response(status, #"{"reason":"\#(reason)"}"#, vendor: vendor)
            for key in [WebPushResponse.KeyStanding.proven, .unproven] {
                #expect(response.classify(key: key) == verdict)
            }
            #expect(response.reason == (reason.isEmpty ? nil : reason))
        }
    }

    // MARK: Google

    static let google: [(status: Int, body: String, verdict: Verdict)] = [
        (
            403,
            "the VAPID credentials in the authorization header do not correspond to the credentials used to create the subscriptions.\n",
            mismatch
        ),
        (401, "authorization header must be specified.\n", .configuration(.missingProviderToken)),
        (401, "authorization header must be specified", .configuration(.missingProviderToken)),
        (400, "UnauthorizedRegistration", .configuration(.invalidProviderToken)),
        (404, "push subscription has unsubscribed or expired.\n", gone),
        (410, "push subscription has unsubscribed or expired.\n", gone),
        (413, "<HTML><TITLE>Request Entity Too Large</TITLE></HTML>", .badRequest(.payloadTooLarge)),
        (429, "<html>429</html>", .retry(.tooManyRequests, after: nil)),
        (500, "", .retry(.internalServerError, after: nil)),
        (503, "<html>503</html>", .retry(.serviceUnavailable, after: nil)),
        (
            403, "<html>do not correspond to the credentials used to create the subscriptions</html>",
            .configuration(.forbidden)
        ),
        (403, "Forbidden", .configuration(.forbidden)), (400, "invalid", .badRequest(.invalidRequest)),
    ]

    @Test("every row of Google's table has its verdict", arguments: google)
    func googleTable(status: Int, body: String, verdict: Verdict) {
        for vendor in [WebPushVendor.google, .other] {
            #expect(Self.response(status, body, vendor: vendor).classify(key: .unproven) == verdict)
        }
    }

    @Test("UnauthorizedRegistration is the subscription's fault where our key is good for others")
    func googleKey() {
        let response = Self.response(400, "UnauthorizedRegistration\n", vendor: .google)
        #expect(response.classify(key: .proven) == Self.mismatch)
        #expect(Self.response(403, "Forbidden", vendor: .google).classify(key: .proven) == .configuration(.forbidden))
    }

    // MARK: Microsoft

    static let microsoft: [(status: Int, headers: [String: String], verdict: Verdict)] = [
        (200, ["x-wns-status": "received", "x-wns-msg-id": "7F"], .accepted(providerMessageID: "7F")),
        (201, ["x-wns-status": "Received", "location": "https://x/1"], .accepted(providerMessageID: "1")),
        (201, [:], .accepted(providerMessageID: nil)),
        (200, ["x-wns-status": "dropped"], .badRequest(.rejectedByProvider)),
        (201, ["x-wns-status": "dropped"], .badRequest(.rejectedByProvider)),
        (201, ["x-wns-notificationstatus": "Dropped"], .badRequest(.rejectedByProvider)),
        (200, ["x-wns-status": "channelthrottled"], .retry(.tooManyRequests, after: nil)),
        (
            200, ["x-wns-status": "channelThrottled", "x-wns-continue-after": "30"],
            .retry(.tooManyRequests, after: .seconds(30))
        ),
        (401, [:], .configuration(.invalidProviderToken)), (403, [:], .configuration(.forbidden)), (404, [:], gone),
        (410, [:], gone), (406, [:], .retry(.tooManyRequests, after: nil)),
        (406, ["x-wns-continue-after": "9", "retry-after": "5"], .retry(.tooManyRequests, after: .seconds(9))),
        (413, [:], .badRequest(.payloadTooLarge)), (500, [:], .retry(.internalServerError, after: nil)),
        (503, ["retry-after": "5"], .retry(.serviceUnavailable, after: .seconds(5))),
    ]

    @Test("every row of Microsoft's table has its verdict", arguments: microsoft)
    func microsoftTable(status: Int, headers: [String: String], verdict: Verdict) {
        #expect(Self.response(status, "", headers, vendor: .microsoft).classify(key: .unproven) == verdict)
    }

    @Test("a bare 401 of Microsoft's is the subscription's fault where our key is good for others")
    func microsoftKey() {
        #expect(Self.response(401, vendor: .microsoft).classify(key: .proven) == Self.mismatch)
        #expect(Self.response(403, vendor: .microsoft).classify(key: .proven) == .configuration(.forbidden))
    }

    @Test("Microsoft's headers mean nothing from others")
    func foreignHeaders() {
        for vendor in [WebPushVendor.mozilla, .apple, .google] {
            let response = Self.response(201, "", ["x-wns-status": "dropped"], vendor: vendor)
            #expect(response.classify(key: .unproven) == .accepted(providerMessageID: nil))
        }
    }

    // MARK: RFC 8030

    static let byStatus: [(status: Int, verdict: Verdict)] = [
        (200, .accepted(providerMessageID: nil)), (201, .accepted(providerMessageID: nil)),
        (202, .accepted(providerMessageID: nil)), (204, .accepted(providerMessageID: nil)),
        (301, .badRequest(.rejectedByProvider)), (307, .badRequest(.rejectedByProvider)),
        (406, .retry(.tooManyRequests, after: nil)),
        (400, .badRequest(.invalidRequest)), (401, .configuration(.invalidProviderToken)),
        (403, .configuration(.forbidden)), (404, gone), (405, .badRequest(.methodNotAllowed)),
        (407, .configuration(.rejectedByProvider)), (408, .retry(.timeout, after: nil)), (410, gone),
        (413, .badRequest(.payloadTooLarge)), (415, .badRequest(.rejectedByProvider)),
        (421, .reconnect(.connectionLost)), (429, .retry(.tooManyRequests, after: nil)),
        (451, .badRequest(.rejectedByProvider)), (500, .retry(.internalServerError, after: nil)),
        (502, .retry(.providerUnavailable, after: nil)), (503, .retry(.serviceUnavailable, after: nil)),
        (504, .retry(.providerUnavailable, after: nil)), (599, .retry(.providerUnavailable, after: nil)),
        (0, .retry(.providerUnavailable, after: nil)), (-1, .retry(.providerUnavailable, after: nil)),
        (1_000, .retry(.providerUnavailable, after: nil)),
    ]

    /// Bodies that say nothing, or nothing that counts.
    static let speechless = [
        "", " \n", "null", "[]", "{}", "{", "{\"errno\":", "{\"errno\":\"106\"}", "{\"errno\":1e400}", "{\"reason\":7}",
        "{\"reason\":\"\"}", "{\"reason\":\"NeverHeardOf\"}", "{\"errno\":7}", "{\"error\":{\"reason\":\"BadTtl\"}}",
        "<html><body>Bad Gateway</body></html>", "  <!DOCTYPE html>{\"errno\":106}", "Unavailable", "\u{0}\u{1}\u{FF}",
        String(repeating: "[", count: 100_000),
        "{\"pad\":\"" + String(repeating: "x", count: 5_000) + "\",\"errno\":106}",
        "é",
    ]

    @Test("a body without a known word leaves the word to the status", arguments: byStatus)
    func statuses(status: Int, verdict: Verdict) {
        for body in Self.speechless {
            for vendor in WebPushVendor.allCases where vendor != .microsoft {
                let response = Self.response(status, body, vendor: vendor)
                #expect(response.classify(key: .proven) == verdict, "\(vendor), body \(body.prefix(60))")
            }
        }
    }

    @Test("a known word under another status does not count")
    func contradictions() {
        let bodies: [(WebPushVendor, Int, String)] =
            Self.mozilla.map { (.mozilla, $0.status, Self.autopush($0.status, $0.errno)) }
            + Self.google.prefix(5).map { (.google, $0.status, $0.body) }
        for (vendor, own, body) in bodies {
            for (status, verdict) in Self.byStatus where status != own {
                #expect(
                    Self.response(status, body, vendor: vendor).classify(key: .proven) == verdict,
                    "\(status) \(body)"
                )
            }
        }
        for (_, reason, _) in Self.apple {
            for (status, verdict) in Self.byStatus
            where !Self.apple.contains(where: { $0.status == status && $0.reason == reason }) {
                let response = Self.response(status, #"{"reason":"\#(reason)"}"#, vendor: .apple)
                #expect(response.classify(key: .proven) == verdict, "\(status) \(reason)")
            }
        }
    }

    @Test("one vendor's words mean nothing from another")
    func foreignWords() {
        let body = Self.autopush(401, 109, "VAPID public key mismatch")
        for vendor in [WebPushVendor.apple, .google] {
            #expect(
                Self.response(401, body, vendor: vendor).classify(key: .proven) == .configuration(.invalidProviderToken)
            )
        }
        let apple = Self.response(403, #"{"reason":"VapidPkHashMismatch"}"#, vendor: .google)
        #expect(apple.classify(key: .proven) == .configuration(.forbidden))
    }

    @Test("accepted names the message: the end of Location, then the vendor's own id", arguments: [200, 201, 202, 204])
    func accepted(status: Int) {
        let ids = ["location": "https://push.example/m/1", "apns-id": "A", "x-wns-msg-id": "W"]
        #expect(
            Self.response(status, "", ids).classify(key: .unproven)
                == .accepted(providerMessageID: "1")
        )
        #expect(Self.response(status, "", ["apns-id": "A"]).messageID == "A")
        let long = String(repeating: "a", count: 5_000)
        #expect(Self.response(status, "", ["location": long]).messageID?.utf8.count == 1_024)
    }

    @Test(
        "Retry-After is heard wherever a retry may be, as seconds or a date",
        arguments: [408, 429, 500, 502, 503, 504],
        ["42", "Wed, 18 Nov 2026 11:07:22 GMT"]
    )
    func delays(status: Int, value: String) {
        let verdict = Self.response(status, "", ["retry-after": value]).classify(key: .unproven)
        guard case .retry(_, let after) = verdict else {
            Issue.record("no retry: \(verdict)")
            return
        }
        #expect(after == .seconds(42))
        #expect(Self.response(status, "", ["retry-after": "soon"]).retryAfter == nil)
    }

    @Test(
        "the vendor is known by its host",
        arguments: [
            ("fcm.googleapis.com", .google), ("jmt17.google.com", .google), ("google.com", .other),
            ("updates.push.services.mozilla.com", .mozilla), ("push.services.mozilla.com", .other),
            ("web.push.apple.com", .apple), ("evilpush.apple.com", .other),
            ("wns2-am3p.notify.windows.com", .microsoft),
            ("notify.windows.com", .other), ("127.0.0.1", .other), ("", .other),
        ] as [(String, WebPushVendor)]
    )
    func vendors(host: String, vendor: WebPushVendor) {
        #expect(WebPushVendor(host: host) == vendor)
    }
}
