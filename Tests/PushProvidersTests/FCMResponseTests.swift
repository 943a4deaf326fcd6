import PushCore
import PushProviders
import Testing

@Suite("FCM answers")
struct FCMResponseTests {
    static let nowMs = FCMFixtures.nowMs
    static let minimum: Duration = .seconds(10)
    static let minute: Duration = .seconds(60)

    /// One row of Google's table: what FCM answers, and what becomes of the delivery.
    struct Row: Sendable, CustomTestStringConvertible {
        let status: Int
        let errorCode: String?
        var googleStatus = ""
        var details: [String] = []
        let verdict: Verdict

        var body: String {
            var details = details
            if let errorCode {
                details.insert(
                    #"{"@type":"type.googleapis.com/google.firebase.fcm.v1.FcmError","errorCode":"\#(errorCode)"}"#,
                    at: 0
                )
            }
            let list = details.isEmpty ? "" : #","details":[\#(details.joined(separator: ","))]"#
            return #"{"error":{"code":\#(status),"message":"m","status":"\#(googleStatus)"\#(list)}}"#
        }

        var testDescription: String { "\(status) \(errorCode ?? googleStatus)" }
    }

    private static func badRequest(_ fields: String...) -> String {
        let violations = fields.map { #"{"field":"\#($0)","description":"Invalid value"}"# }.joined(separator: ",")
        return #"{"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[\#(violations)]}"#
    }

    private static func apnsError(_ reason: String) -> String {
        #"{"@type":"type.googleapis.com/google.firebase.fcm.v1.ApnsError","statusCode":400,"reason":"\#(reason)"}"#
    }

    static let deadToken: Verdict = .addressDead(.badDeviceToken, invalidSinceMs: nil)

    /// With a message of which nothing is known.
    static let table: [Row] = [
        Row(
            status: 400,
            errorCode: "INVALID_ARGUMENT",
            googleStatus: "INVALID_ARGUMENT",
            details: [badRequest("message.data[0].value")],
            verdict: .badRequest(.invalidRequest)
        ),
        Row(
            status: 400,
            errorCode: nil,
            googleStatus: "INVALID_ARGUMENT",
            details: [badRequest("message.android.ttl")],
            verdict: .badRequest(.invalidRequest)
        ),
        Row(
            status: 400,
            errorCode: "INVALID_ARGUMENT",
            googleStatus: "INVALID_ARGUMENT",
            verdict: .badRequest(.invalidRequest)
        ),
        Row(
            status: 400,
            errorCode: "INVALID_ARGUMENT",
            googleStatus: "INVALID_ARGUMENT",
            details: [badRequest("message.token")],
            verdict: deadToken
        ),
        Row(
            status: 400,
            errorCode: "INVALID_ARGUMENT",
            googleStatus: "INVALID_ARGUMENT",
            details: [badRequest("message.fid")],
            verdict: deadToken
        ),
        Row(
            status: 400,
            errorCode: "INVALID_ARGUMENT",
            googleStatus: "INVALID_ARGUMENT",
            details: [badRequest("message.token", "message.data")],
            verdict: .badRequest(.invalidRequest)
        ),
        Row(
            status: 400,
            errorCode: "INVALID_ARGUMENT",
            googleStatus: "INVALID_ARGUMENT",
            details: [badRequest()],
            verdict: .badRequest(.invalidRequest)
        ),
        Row(
            status: 400,
            errorCode: "INVALID_ARGUMENT",
            googleStatus: "INVALID_ARGUMENT",
            details: [apnsError("PayloadTooLarge")],
            verdict: .badRequest(.payloadTooLarge)
        ),
        Row(
            status: 400,
            errorCode: "INVALID_ARGUMENT",
            googleStatus: "INVALID_ARGUMENT",
            details: [apnsError("BadPriority")],
            verdict: .badRequest(.invalidRequest)
        ),
        Row(
            status: 401,
            errorCode: "THIRD_PARTY_AUTH_ERROR",
            googleStatus: "UNAUTHENTICATED",
            details: [apnsError("InvalidProviderToken")],
            verdict: .configuration(.thirdPartyAuthError)
        ),
        Row(
            status: 401,
            errorCode: "APNS_AUTH_ERROR",
            googleStatus: "UNAUTHENTICATED",
            verdict: .configuration(.thirdPartyAuthError)
        ),
        Row(status: 401, errorCode: nil, googleStatus: "UNAUTHENTICATED", verdict: .reauthenticate(.unauthenticated)),
        Row(
            status: 403,
            errorCode: "SENDER_ID_MISMATCH",
            googleStatus: "PERMISSION_DENIED",
            verdict: .addressDead(.senderIDMismatch, invalidSinceMs: nil)
        ),
        Row(status: 403, errorCode: nil, googleStatus: "PERMISSION_DENIED", verdict: .configuration(.forbidden)),
        Row(
            status: 404,
            errorCode: "UNREGISTERED",
            googleStatus: "NOT_FOUND",
            verdict: .addressDead(.unregistered, invalidSinceMs: nil)
        ),
        Row(status: 404, errorCode: nil, googleStatus: "NOT_FOUND", verdict: .configuration(.notFound)),
        Row(
            status: 429,
            errorCode: "QUOTA_EXCEEDED",
            googleStatus: "RESOURCE_EXHAUSTED",
            verdict: .retry(.quotaExceeded, after: minute)
        ),
        Row(
            status: 429,
            errorCode: nil,
            googleStatus: "RESOURCE_EXHAUSTED",
            verdict: .retry(.quotaExceeded, after: minute)
        ),
        Row(
            status: 500,
            errorCode: "INTERNAL",
            googleStatus: "INTERNAL",
            verdict: .retry(.internalServerError, after: minimum)
        ),
        Row(
            status: 503,
            errorCode: "UNAVAILABLE",
            googleStatus: "UNAVAILABLE",
            verdict: .retry(.serviceUnavailable, after: minimum)
        ),
    ]

    /// What holds where the body says nothing that is known.
    static let byStatus: [(status: Int, verdict: Verdict)] = [
        (200, .accepted(providerMessageID: nil)), (204, .accepted(providerMessageID: nil)),
        (302, .configuration(.rejectedByProvider)), (400, .badRequest(.invalidRequest)),
        (401, .reauthenticate(.unauthenticated)), (403, .configuration(.forbidden)), (404, .configuration(.notFound)),
        (405, .badRequest(.methodNotAllowed)), (407, .configuration(.rejectedByProvider)),
        (408, .retry(.timeout, after: minimum)), (409, .badRequest(.rejectedByProvider)),
        (413, .badRequest(.payloadTooLarge)), (421, .reconnect(.connectionLost)),
        (429, .retry(.tooManyRequests, after: minute)), (499, .retry(.providerUnavailable, after: minimum)),
        (500, .retry(.internalServerError, after: minimum)), (501, .retry(.providerUnavailable, after: minimum)),
        (502, .retry(.providerUnavailable, after: minimum)), (503, .retry(.serviceUnavailable, after: minimum)),
        (504, .retry(.providerUnavailable, after: minimum)), (0, .retry(.providerUnavailable, after: minimum)),
        (-1, .retry(.providerUnavailable, after: minimum)), (1_000, .retry(.providerUnavailable, after: minimum)),
    ]

    /// Bodies that say nothing, or nothing that counts.
    static let speechless: [String] = {
        let unregistered = Row(status: 404, errorCode: "UNREGISTERED", verdict: deadToken).body
        return [
            "", " ", "null", "[]", "{}", "{", "17", "\"UNREGISTERED\"", "<html>\(unregistered)</html>",
            String(unregistered.dropLast()), String(unregistered.prefix(80)), unregistered + "x",
            #"{"error":"UNREGISTERED"}"#, #"{"error":{"status":"UNREGISTERED","details":"UNREGISTERED"}}"#,
            #"{"error":{"details":[null,1,[],{},{"@type":1,"errorCode":"UNREGISTERED"}]}}"#,
            #"{"error":{"details":[{"@type":"type.googleapis.com/other.FcmError","errorCode":"UNREGISTERED"}]}}"#,
            #"{"error":{"details":{"@type":"google.firebase.fcm.v1.FcmError","errorCode":"UNREGISTERED"}}}"#,
            Row(status: 404, errorCode: "UNSPECIFIED_ERROR", verdict: deadToken).body,
            Row(status: 404, errorCode: "NEVER_HEARD_OF", verdict: deadToken).body,
            Row(status: 404, errorCode: "unregistered", verdict: deadToken).body,
            unregistered.replacing(#""message":"m""#, with: #""message":"\#(String(repeating: "x", count: 70_000))""#),
            String(repeating: "[", count: 60_000), "\0\0\0",
        ]
    }()

    private static func answer(_ status: Int, _ body: String, retryAfter: String? = nil) -> FCMResponse {
        FCMResponse(status: status, body: Array(body.utf8), retryAfter: retryAfter, nowMs: nowMs)
    }

    @Test("every error of Google's table has its verdict", arguments: table)
    func reasons(row: Row) {
        #expect(Self.answer(row.status, row.body).classify(payload: .unproven) == row.verdict)
    }

    @Test("what is known about the message changes one row: a bad argument that FCM does not name", arguments: table)
    func provenPayload(row: Row) {
        let isUnnamed = row.status == 400 && row.details.isEmpty
        let verdict = Self.answer(row.status, row.body).classify(payload: .proven)
        #expect(verdict == (isUnnamed ? Self.deadToken : row.verdict))
    }

    @Test(
        "a body that is HTML, empty, cut off or without a known code leaves the word to the status",
        arguments: byStatus
    )
    func statuses(status: Int, verdict: Verdict) {
        for body in Self.speechless {
            for payload in [FCMResponse.PayloadStanding.proven, .unproven] {
                #expect(Self.answer(status, body).classify(payload: payload) == verdict, "\(status) \(body.prefix(60))")
            }
        }
    }

    @Test("a known code under another status does not count", arguments: table.filter { $0.errorCode != nil })
    func contradictions(row: Row) {
        for (status, verdict) in Self.byStatus where status != row.status {
            #expect(Self.answer(status, row.body).classify(payload: .proven) == verdict, "status \(status)")
        }
    }

    @Test("the message's name is kept, and nothing else of a success is needed")
    func accepted() {
        let name = "projects/example-shop/messages/0:1500415314455276%31bd1c9631bd1c96"
        #expect(
            Self.answer(200, #"{ "name": "\#(name)" }"#).classify(payload: .unproven)
                == .accepted(providerMessageID: name)
        )
    }

    @Test("the answer is found in a list too, as some front ends write it")
    func list() {
        let body = Self.table.first { $0.errorCode == "UNREGISTERED" }?.body ?? ""
        #expect(
            Self.answer(404, "[\(body)]").classify(payload: .unproven)
                == .addressDead(.unregistered, invalidSinceMs: nil)
        )
    }

    @Test(
        "a delay that the answer names is honoured wherever sending again makes sense",
        arguments: [408, 429, 499, 500, 502, 503, 504],
        [("120", 120), ("0", 0), ("Tue, 17 Nov 2026 20:27:40 GMT", 0)]
    )
    func retryAfter(status: Int, header: (value: String, seconds: Int)) {
        guard case .retry(_, let delay) = Self.answer(status, "", retryAfter: header.value).classify(payload: .unproven)
        else {
            Issue.record("not a retry")
            return
        }
        #expect(delay == .seconds(header.seconds))
    }

    @Test("Retry-After may be a date, and RetryInfo in the body counts where it is longer")
    func delays() {
        let info = #"{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"33.5s"}"#
        let body = Row(status: 503, errorCode: "UNAVAILABLE", details: [info], verdict: Self.deadToken).body
        #expect(Self.answer(503, body).retryAfter == .milliseconds(33_500))
        #expect(Self.answer(503, body, retryAfter: "20").retryAfter == .milliseconds(33_500))
        #expect(Self.answer(503, body, retryAfter: "40").retryAfter == .seconds(40))
        // 1 795 000 000 s is 2026-11-18T11:06:40Z.
        #expect(Self.answer(503, "", retryAfter: "Wed, 18 Nov 2026 11:08:10 GMT").retryAfter == .seconds(90))
        #expect(Self.answer(503, "", retryAfter: "soon").retryAfter == nil)
    }

    @Test(
        "an exhausted quota is the project's unless the answer names something smaller",
        arguments: [
            (nil, true), ("project:example-shop", true), ("", true), ("device:abc", false), ("token:abc", false),
            ("topic:news", false),
        ] as [(String?, Bool)]
    )
    func quotas(subject: String?, isProject: Bool) {
        let failure = subject.map {
            #"{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"subject":"\#($0)","description":"d"}]}"#
        }
        let body = Row(
            status: 429,
            errorCode: "QUOTA_EXCEEDED",
            details: [failure].compactMap(\.self),
            verdict: Self.deadToken
        )
        #expect(Self.answer(429, body.body).exceedsProjectQuota == isProject)
        #expect(!Self.answer(503, body.body).exceedsProjectQuota)
    }

    @Test("reason and details are kept as FCM worded them, and cut")
    func words() {
        let row = Self.table[0]
        #expect(Self.answer(400, row.body).reason == "INVALID_ARGUMENT")
        #expect(Self.answer(400, row.body).detail == "message.data[0].value: Invalid value")
        #expect(Self.answer(401, Self.table[9].body).detail == "APNs: InvalidProviderToken")
        #expect(Self.answer(403, #"{"error":{"status":"PERMISSION_DENIED"}}"#).reason == "PERMISSION_DENIED")
        let long = String(repeating: "A", count: 3_000)
        #expect(Self.answer(403, #"{"error":{"status":"\#(long)"}}"#).reason == String(long.prefix(64)))
        #expect(Self.answer(403, "<html>").reason == nil && Self.answer(403, "<html>").detail == nil)
    }

    @Test("no octets crash, and none make more of a status than it says", arguments: [21, 22, 23, 24] as [UInt64])
    func hostileBodies(seed: UInt64) {
        var random = SplitMix64(state: seed)
        for round in 0..<1_000 {
            var body = Array(Self.table[round % Self.table.count].body.utf8)
            for _ in 0..<Int.random(in: 0...6, using: &random) where !body.isEmpty {
                let index = Int.random(in: 0..<body.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: body[index] = UInt8.random(in: .min ... .max, using: &random)
                case 1: body.remove(at: index)
                case 2: body.insert(Array("{}[]\":,\\".utf8).randomElement(using: &random) ?? 0, at: index)
                default: body.removeLast(body.count - index)
                }
            }
            let verdict = FCMResponse(status: 502, body: body, nowMs: Self.nowMs).classify(payload: .proven)
            #expect(verdict == .retry(.providerUnavailable, after: Self.minimum), "seed \(seed), round \(round)")
        }
    }
}

@Suite("FCM payload record")
struct FCMPayloadRecordTests {
    private static func notification(_ rule: String, version: String = "1") -> Notification {
        var notification = Notification()
        notification.ruleID = rule
        notification.ruleSetVersion = version
        return notification
    }

    @Test("a rule of which FCM took a message is proven, for three refusals in a row")
    func streak() {
        var record = FCMPayloadRecord()
        let notification = Self.notification("a")
        #expect(record.refused(notification, nowMs: 0) == .unproven)
        for _ in 0..<2 {
            record.accepted(notification, nowMs: 0)
            for _ in 0..<3 { #expect(record.refused(notification, nowMs: 1) == .proven) }
            for _ in 0..<3 { #expect(record.refused(notification, nowMs: 1) == .unproven) }
        }
    }

    @Test("other rules, a changed rule set and an old acceptance prove nothing")
    func scope() {
        var record = FCMPayloadRecord()
        record.accepted(Self.notification("a"), nowMs: 0)
        #expect(record.refused(Self.notification("b"), nowMs: 0) == .unproven)
        #expect(record.refused(Self.notification("a", version: "2"), nowMs: 0) == .unproven)
        #expect(record.refused(Self.notification("a"), nowMs: 3_600_001) == .unproven)
        #expect(record.refused(Self.notification("a"), nowMs: 3_600_000) == .proven)
    }

    @Test("what is remembered is bounded")
    func bound() {
        var record = FCMPayloadRecord(rulesMax: 2)
        for rule in ["a", "b", "c"] { record.accepted(Self.notification(rule), nowMs: 0) }
        #expect(record.refused(Self.notification("a"), nowMs: 0) == .unproven)
        #expect(record.refused(Self.notification("c"), nowMs: 0) == .proven)
    }
}
