import PushCore
import PushProviders
import Testing

@Suite("FCM access tokens")
struct FCMCredentialsTests {
    static let nowMs = FCMFixtures.nowMs
    static let minuteMs: Int64 = 60_000

    /// What PyJWT makes of the same claims, key and time.
    static let assertion =
        "eyJhbGciOiJSUzI1NiIsImtpZCI6IjAxMjM0NTY3ODlhYmNkZWYiLCJ0eXAiOiJKV1QifQ.eyJpc3MiOiJwdXNoQGV4YW1wb"
        + "GUtc2hvcC5pYW0uZ3NlcnZpY2VhY2NvdW50LmNvbSIsInNjb3BlIjoiaHR0cHM6Ly93d3cuZ29vZ2xlYXBpcy5jb20vYXV0a"
        + "C9maXJlYmFzZS5tZXNzYWdpbmciLCJhdWQiOiJodHRwczovL29hdXRoMi5nb29nbGVhcGlzLmNvbS90b2tlbiIsImlhdCI6M"
        + "Tc5NTAwMDAwMCwiZXhwIjoxNzk1MDAzNjAwfQ.EqaMkIHwsACGs8EXSOgjvaBLYTUfZUliTi1n3mED13lt0uqs-lXl5QZazM"
        + "2qtlitAZnSmgiHBPZLJwTY9qteYfjLEFAaNk-2eJuSAipJ9xL6Pn5MEtGwmU3nvNTC-IJVJvjwdMuVoxWm0vG_MgXZP5YDtP"
        + "9NBzhHp1LdHwBhsyY0lavk84y4lAdiGKgxa3ztFxL08w6pp_I6Nayc9kYgScWDuWiHgaD3n0hIJFSsgMFSGH3uEWe6yBlYPK"
        + "YiDvaL45pkFfNzzYc79IN7GMW0EXeCBc5-eVz4Ub5rGYDm60rcD4V3ywHG4rhHqdduF0N-GmqAChCFfUrKdbeG3j5sYA"

    private static func make() throws -> FCMCredentials {
        FCMCredentials(configuration: FCMConfiguration(app: "example-shop"), account: try FCMFixtures.account())
    }

    private static func granted(_ token: String, seconds: Int64 = 3_599) -> FCMTokenResponse {
        let body = #"{"access_token":"\#(token)","expires_in":\#(seconds),"token_type":"Bearer"}"#
        return FCMTokenResponse(status: 200, body: Array(body.utf8), nowMs: nowMs)
    }

    private static func answer(_ status: Int, _ body: String = "", retryAfter: String? = nil) -> FCMTokenResponse {
        FCMTokenResponse(status: status, body: Array(body.utf8), retryAfter: retryAfter, nowMs: nowMs)
    }

    private static func header(_ standing: FCMCredentials.Standing) -> String? {
        guard case .usable(let authorization) = standing else { return nil }
        return String(decoding: authorization.header, as: UTF8.self)
    }

    /// Asks for a token and gets it.
    private static func renew(_ credentials: inout FCMCredentials, _ token: String, nowMs: Int64) throws {
        #expect(try credentials.renewal(nowMs: nowMs) != nil)
        credentials.renewalEnded(granted(token), nowMs: nowMs)
    }

    @Test("the request is a form with the assertion, to Google's token endpoint")
    func request() throws {
        var credentials = try Self.make()
        let request = try #require(try credentials.renewal(nowMs: Self.nowMs + 999))
        #expect(request.endpoint.description == "https://oauth2.googleapis.com/token")
        #expect(FCMTokenRequest.contentType == "application/x-www-form-urlencoded")
        #expect(
            String(decoding: request.body, as: UTF8.self)
                == "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=" + Self.assertion
        )
    }

    @Test("the token endpoint is configured, and what the assertion names as its audience stays Google's")
    func endpoint() throws {
        var configuration = FCMConfiguration(app: "example-shop")
        configuration.tokenURI = "https://127.0.0.1:8443/token"
        var credentials = FCMCredentials(configuration: configuration, account: try FCMFixtures.account())
        let request = try #require(try credentials.renewal(nowMs: Self.nowMs))
        #expect(request.endpoint.description == "https://127.0.0.1:8443/token")
        #expect(String(decoding: request.body, as: UTF8.self).hasSuffix(Self.assertion))
    }

    @Test("one request is in flight, whoever asks, and all wait for it")
    func oneInFlight() throws {
        var credentials = try Self.make()
        #expect(credentials.authorization(nowMs: Self.nowMs) == .waiting(untilMs: Self.nowMs))
        #expect(try credentials.renewal(nowMs: Self.nowMs) != nil)
        for second in 0..<100 as Range<Int64> {
            #expect(try credentials.renewal(nowMs: Self.nowMs + second * 1_000) == nil)
            #expect(credentials.authorization(nowMs: Self.nowMs + second * 1_000) == .waiting(untilMs: nil))
        }
        #expect(credentials.nextRenewalMs == nil)
        credentials.renewalEnded(Self.granted("a.b-c_d"), nowMs: Self.nowMs + 100_000)
        #expect(Self.header(credentials.authorization(nowMs: Self.nowMs + 100_000)) == "Bearer a.b-c_d")
        #expect(try credentials.renewal(nowMs: Self.nowMs + 100_000) == nil)
    }

    @Test(
        "five minutes before its end a token is renewed, and serves until ten seconds before it",
        arguments: [
            (0, false, true), (3_298_999, false, true), (3_299_000, true, true), (3_588_999, true, true),
            (3_589_000, true, false), (10_000_000, true, false),
        ] as [(Int64, Bool, Bool)]
    )
    func earlyRenewal(ageMs: Int64, isRenewed: Bool, isUsable: Bool) throws {
        var credentials = try Self.make()
        try Self.renew(&credentials, "first", nowMs: Self.nowMs)
        #expect(credentials.nextRenewalMs == Self.nowMs + 3_299_000)
        let nowMs = Self.nowMs + ageMs
        #expect(try (credentials.renewal(nowMs: nowMs) != nil) == isRenewed)
        #expect((Self.header(credentials.authorization(nowMs: nowMs)) == "Bearer first") == isUsable)
        if isRenewed {
            credentials.renewalEnded(Self.granted("second"), nowMs: nowMs)
            #expect(Self.header(credentials.authorization(nowMs: nowMs)) == "Bearer second")
        }
    }

    @Test("a token that lives shorter than that is renewed after half of its life")
    func shortLife() throws {
        var credentials = try Self.make()
        _ = try credentials.renewal(nowMs: Self.nowMs)
        credentials.renewalEnded(Self.granted("short", seconds: 60), nowMs: Self.nowMs)
        #expect(credentials.nextRenewalMs == Self.nowMs + 30_000)
    }

    @Test("while renewals fail the former token serves, and the waits between them double up to five minutes")
    func failures() throws {
        var credentials = try Self.make()
        try Self.renew(&credentials, "first", nowMs: Self.nowMs)
        var nowMs = Self.nowMs + 3_299_000
        for waitMs in [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000] as [Int64] {
            #expect(try credentials.renewal(nowMs: nowMs) != nil)
            credentials.renewalFailed(nowMs: nowMs)
            #expect(credentials.nextRenewalMs == nowMs + waitMs)
            #expect(try credentials.renewal(nowMs: nowMs + waitMs - 1) == nil)
            #expect(Self.header(credentials.authorization(nowMs: nowMs)) == "Bearer first")
            nowMs += waitMs
        }
        for _ in 0..<40 {
            nowMs = try #require(credentials.nextRenewalMs)
            #expect(try credentials.renewal(nowMs: nowMs) != nil)
            credentials.renewalFailed(nowMs: nowMs)
        }
        #expect(credentials.nextRenewalMs == nowMs + 300_000)
        #expect(credentials.authorization(nowMs: nowMs) == .waiting(untilMs: nowMs + 300_000))
    }

    @Test(
        "Retry-After of the token endpoint is honoured, up to five minutes",
        arguments: [("7", 7_000), ("9999", 300_000)]
    )
    func retryAfter(value: String, waitMs: Int64) throws {
        var credentials = try Self.make()
        _ = try credentials.renewal(nowMs: Self.nowMs)
        credentials.renewalEnded(Self.answer(503, retryAfter: value), nowMs: Self.nowMs)
        #expect(credentials.nextRenewalMs == Self.nowMs + waitMs)
    }

    @Test("a refusal is a matter of configuration, and is asked about again every minute")
    func refusal() throws {
        var credentials = try Self.make()
        _ = try credentials.renewal(nowMs: Self.nowMs)
        let body = #"{"error":"invalid_grant","error_description":"Invalid JWT Signature."}"#
        credentials.renewalEnded(Self.answer(400, body), nowMs: Self.nowMs)
        guard case .refused(let refusal, let untilMs) = credentials.authorization(nowMs: Self.nowMs) else {
            Issue.record("not refused")
            return
        }
        #expect(refusal.verdict == .configuration(.credentialRejected))
        #expect(refusal.description == "invalid_grant: Invalid JWT Signature.")
        #expect(untilMs == Self.nowMs + 60_000)
        #expect(try credentials.renewal(nowMs: Self.nowMs + 59_999) == nil)
        try Self.renew(&credentials, "mended", nowMs: Self.nowMs + 60_000)
        #expect(Self.header(credentials.authorization(nowMs: Self.nowMs + 60_000)) == "Bearer mended")
    }

    @Test("a token that FCM refuses is renewed once, however many answers say so")
    func invalidation() throws {
        var credentials = try Self.make()
        try Self.renew(&credentials, "first", nowMs: Self.nowMs)
        guard case .usable(let first) = credentials.authorization(nowMs: Self.nowMs) else {
            Issue.record("no token")
            return
        }
        for _ in 0..<10 { credentials.invalidate(first, nowMs: Self.nowMs + 1_000) }
        #expect(credentials.authorization(nowMs: Self.nowMs + 1_000) == .waiting(untilMs: Self.nowMs + 1_000))
        try Self.renew(&credentials, "second", nowMs: Self.nowMs + 1_000)
        credentials.invalidate(first, nowMs: Self.nowMs + 2_000)
        #expect(Self.header(credentials.authorization(nowMs: Self.nowMs + 2_000)) == "Bearer second")
        #expect(try credentials.renewal(nowMs: Self.nowMs + 2_000) == nil)
    }

    @Test(
        "the successor of a refused token, refused within a minute, makes no third; later it does",
        arguments: [true, false]
    )
    func repeatedInvalidation(isSoon: Bool) throws {
        var credentials = try Self.make()
        var nowMs = Self.nowMs
        for name in ["first", "second"] {
            try Self.renew(&credentials, name, nowMs: nowMs)
            guard case .usable(let authorization) = credentials.authorization(nowMs: nowMs) else { continue }
            credentials.invalidate(authorization, nowMs: nowMs)
            if name == "first" {
                #expect(Self.header(credentials.authorization(nowMs: nowMs)) == nil)
                nowMs += isSoon ? 59_999 : 60_000
            }
        }
        #expect((Self.header(credentials.authorization(nowMs: nowMs)) == "Bearer second") == isSoon)
    }

    @Test("a clock that is set back does not keep a renewal waiting")
    func clockSetBack() throws {
        var credentials = try Self.make()
        _ = try credentials.renewal(nowMs: Self.nowMs)
        credentials.renewalFailed(nowMs: Self.nowMs)
        #expect(try credentials.renewal(nowMs: Self.nowMs + 500) == nil)
        #expect(try credentials.renewal(nowMs: Self.nowMs - 60 * Self.minuteMs) != nil)
    }

    @Test("nothing that is printed holds a token or an assertion")
    func keepsSecrets() throws {
        var credentials = try Self.make()
        let request = try #require(try credentials.renewal(nowMs: Self.nowMs))
        let response = Self.granted("secret-token")
        var texts = ["\(credentials)", "\(request)", "\(response)", String(reflecting: response)]
        credentials.renewalEnded(response, nowMs: Self.nowMs)
        texts += ["\(credentials)", "\(credentials.authorization(nowMs: Self.nowMs))", String(reflecting: credentials)]
        let header = "\(Array("Bearer secret-token".utf8))"
        for text in texts {
            #expect(
                !text.contains("secret-token") && !text.contains("eyJ") && !text.contains(header.dropFirst().dropLast())
            )
        }
    }

    // MARK: Answers

    static let refusals: [(status: Int, body: String, error: String?)] = [
        (400, #"{"error":"invalid_grant","error_description":"x"}"#, "invalid_grant"),
        (401, #"{"error":"invalid_client"}"#, "invalid_client"),
        (400, #"{"error":"unauthorized_client"}"#, "unauthorized_client"),
        (400, #"{"error":"invalid_scope"}"#, "invalid_scope"),
        (400, #"{"error":"invalid_request"}"#, "invalid_request"),
        (400, #"{"error":"unsupported_grant_type"}"#, "unsupported_grant_type"), (403, "<html>", nil), (404, "", nil),
        (400, "{", nil), (302, "", nil), (400, #"{"error":{"code":400}}"#, nil),
    ]

    @Test("what waiting does not change is refused", arguments: refusals)
    func refusedAnswers(status: Int, body: String, error: String?) {
        guard case .refused(let refusal) = Self.answer(status, body).meaning else {
            Issue.record("not refused")
            return
        }
        #expect(refusal.error == error && refusal.status == status)
    }

    @Test(
        "what may pass is retried, a success without a usable token among it",
        arguments: [
            (429, ""), (500, "<html>"), (502, ""), (503, #"{"error":"invalid_grant"}"#), (408, ""), (0, ""), (-1, ""),
            (400, #"{"error":"temporarily_unavailable"}"#), (400, #"{"error":"internal_failure"}"#), (200, ""),
            (200, "<html>"), (200, "{}"), (200, #"{"access_token":""}"#), (200, #"{"access_token":"a b"}"#),
            (200, #"{"access_token":"a\r\nx: y"}"#), (200, #"{"access_token":"a","expires_in":0}"#),
            (200, #"{"access_token":"a","token_type":"mac"}"#), (200, #"["a"]"#),
        ]
    )
    func retriedAnswers(status: Int, body: String) {
        #expect(Self.answer(status, body).meaning == .retry(after: nil))
    }

    @Test(
        "a grant is read in the forms that endpoints write",
        arguments: [
            (#"{"access_token":"a","expires_in":3599,"token_type":"Bearer"}"#, 3_599),
            (#"{"access_token":"a","expires_in":"120","token_type":"bearer"}"#, 120), (#"{"access_token":"a"}"#, 3_600),
            (#"{"access_token":"a","expires_in":9999999}"#, 86_400),
        ] as [(String, Int64)]
    )
    func grants(body: String, seconds: Int64) {
        #expect(Self.answer(200, body).meaning == .granted(token: "a", lifetime: .seconds(seconds)))
    }

    @Test(
        "a clock that is wrong by more than a minute is named",
        arguments: [
            ("Wed, 18 Nov 2026 11:06:40 GMT", " (our clock is 3600 s behind)"),
            ("Wed, 18 Nov 2026 09:06:40 GMT", " (our clock is 3600 s ahead)"), ("Tue, 18 Nov 2026 10:06:00 GMT", ""),
            ("nonsense", ""), ("120", ""),
        ]
    )
    func clockSkew(date: String, words: String) {
        let body = Array(#"{"error":"invalid_grant"}"#.utf8)
        let response = FCMTokenResponse(status: 400, body: body, date: date, nowMs: 1_794_996_400_000)
        guard case .refused(let refusal) = response.meaning else {
            Issue.record("not refused")
            return
        }
        #expect(refusal.description == "invalid_grant" + words)
    }

    // MARK: Another account

    private static let configuration = FCMConfiguration(app: "example-shop")

    @Test("with another key a token is asked for at once, while the former token serves")
    func replaced() throws {
        var credentials = try Self.make()
        try Self.renew(&credentials, "first", nowMs: Self.nowMs)
        #expect(try credentials.renewal(nowMs: Self.nowMs + 1) == nil)
        credentials.replace(try FCMFixtures.account(), configuration: Self.configuration)
        #expect(try credentials.renewal(nowMs: Self.nowMs + 1) != nil)
        #expect(Self.header(credentials.authorization(nowMs: Self.nowMs + 1)) == "Bearer first")
        credentials.renewalEnded(Self.granted("second"), nowMs: Self.nowMs + 2)
        #expect(Self.header(credentials.authorization(nowMs: Self.nowMs + 2)) == "Bearer second")
        #expect(try credentials.renewal(nowMs: Self.nowMs + 3) == nil)
    }

    @Test("another key after a refusal does not wait for the refusal's time")
    func replacedAfterRefusal() throws {
        var credentials = try Self.make()
        _ = try credentials.renewal(nowMs: Self.nowMs)
        credentials.renewalEnded(Self.answer(400, #"{"error":"invalid_grant"}"#), nowMs: Self.nowMs)
        #expect(credentials.lastRefusal?.error == "invalid_grant")
        #expect(try credentials.renewal(nowMs: Self.nowMs + 1) == nil)
        credentials.replace(try FCMFixtures.account(), configuration: Self.configuration)
        #expect(credentials.lastRefusal == nil)
        #expect(try credentials.renewal(nowMs: Self.nowMs + 1) != nil)
    }

    @Test("the answer to a request of the former key may bring a token, and refuses nobody", arguments: [true, false])
    func replacedWhileInFlight(isGranted: Bool) throws {
        var credentials = try Self.make()
        _ = try credentials.renewal(nowMs: Self.nowMs)
        credentials.replace(try FCMFixtures.account(), configuration: Self.configuration)
        #expect(try credentials.renewal(nowMs: Self.nowMs + 1) == nil, "one request is in flight")
        let answer = isGranted ? Self.granted("former") : Self.answer(400, #"{"error":"invalid_grant"}"#)
        credentials.renewalEnded(answer, nowMs: Self.nowMs + 1)
        #expect(credentials.lastRefusal == nil)
        let header = Self.header(credentials.authorization(nowMs: Self.nowMs + 1))
        #expect(header == (isGranted ? "Bearer former" : nil))
        // And now the other one is asked for.
        #expect(try credentials.renewal(nowMs: Self.nowMs + 1) != nil)
        credentials.renewalEnded(Self.answer(400, #"{"error":"invalid_grant"}"#), nowMs: Self.nowMs + 2)
        #expect(credentials.lastRefusal != nil)
    }
}
