import Crypto
import Foundation
import ProviderSimulator
import Testing

/// One request and what each push service answers: status, and the reason as the record shows it.
struct PushCase: Sendable, CustomTestStringConvertible {
    struct Expectation: Sendable {
        let status: Int
        /// Mozilla's errno, Apple's reason; nil where it is not looked at.
        var reason: String?
    }

    let testDescription: String
    let mozilla: Expectation
    let apple: Expectation
    let google: Int
    let wns: Int
    let change: @Sendable (inout TestRequest) -> Void

    static func good(_ name: String, _ change: @escaping @Sendable (inout TestRequest) -> Void) -> PushCase {
        PushCase(
            testDescription: name,
            mozilla: Expectation(status: 201, reason: ""),
            apple: Expectation(status: 201, reason: ""),
            google: 201,
            wns: 200,
            change: change
        )
    }

    static func bad(
        _ name: String,
        errno: Int,
        _ apple: String,
        _ change: @escaping @Sendable (inout TestRequest) -> Void
    ) -> PushCase {
        PushCase(
            testDescription: name,
            mozilla: Expectation(status: 400, reason: "\(errno)"),
            apple: Expectation(status: 400, reason: apple),
            google: 400,
            wns: 400,
            change: change
        )
    }
}

@Suite("The Web Push simulator answers by the RFCs, in each vendor's words", .timeLimit(.minutes(5)))
struct WebPushRulesTests {
    static let cases: [PushCase] = [
        .good("a complete request") { _ in },
        .good("an empty push has no encoding") {
            $0.body = []
            $0.set("content-encoding", nil)
        },
        .good("TTL 0") { $0.set("ttl", "0") },
        .bad("no TTL", errno: 111, "BadTtl") { $0.set("ttl", nil) },
        .bad("TTL in words", errno: 112, "BadTtl") { $0.set("ttl", "1h") },
        .bad("an empty TTL", errno: 112, "BadTtl") { $0.set("ttl", "") },
        .bad("a huge TTL", errno: 112, "BadTtl") { $0.set("ttl", "99999999999999999999") },
        .bad("a negative TTL", errno: 114, "BadTtl") { $0.set("ttl", "-1") },
        .good("urgency very-low") { $0.set("urgency", "very-low") },
        .good("urgency high") { $0.set("urgency", "high") },
        .bad("an unknown urgency", errno: 111, "BadUrgency") { $0.set("urgency", "now") },
        .good("a topic of 32 characters") { $0.set("topic", String(repeating: "a-", count: 16)) },
        .bad("a topic of 33 characters", errno: 113, "BadWebPushTopic") {
            $0.set("topic", String(repeating: "a", count: 33))
        },
        .bad("a topic with other characters", errno: 113, "BadWebPushTopic") { $0.set("topic", "order.1") },
        .bad("an empty topic", errno: 113, "BadWebPushTopic") { $0.set("topic", "") },
        .bad("no Content-Encoding", errno: 101, "BadWebPushRequest") { $0.set("content-encoding", nil) },
        .bad("the old Content-Encoding", errno: 101, "BadWebPushRequest") { $0.set("content-encoding", "aesgcm") },
        .bad("one bit of the body is another", errno: 110, "BadWebPushRequest") { $0.body[100] ^= 1 },
        .bad("a body cut short", errno: 110, "BadWebPushRequest") { $0.body.removeLast() },
        .bad("a body without a record", errno: 110, "BadWebPushRequest") { $0.body = Array($0.body.prefix(86)) },
        PushCase(
            testDescription: "another method",
            mozilla: .init(status: 405),
            apple: .init(status: 405, reason: "MethodNotAllowed"),
            google: 405,
            wns: 405
        ) { $0.set(":method", "PUT") },
        PushCase(
            testDescription: "no authorization",
            mozilla: .init(status: 401, reason: "109"),
            apple: .init(status: 403, reason: "BadAuthorizationHeader"),
            google: 401,
            wns: 401
        ) { $0.set("authorization", nil) },
        PushCase(
            testDescription: "authorization of the old scheme",
            mozilla: .init(status: 401, reason: "109"),
            apple: .init(status: 403, reason: "BadAuthorizationHeader"),
            google: 401,
            wns: 401
        ) { $0.set("authorization", "WebPush x.y.z") },
        PushCase(
            testDescription: "a key that is no point",
            mozilla: .init(status: 401, reason: "109"),
            apple: .init(status: 403, reason: "BadVapidPublicKey"),
            google: 403,
            wns: 401
        ) { $0.set("authorization", "vapid t=a.b.c, k=BAAA") },
        PushCase(
            testDescription: "more than any push service takes",
            mozilla: .init(status: 413, reason: "104"),
            apple: .init(status: 413, reason: "PayloadTooLarge"),
            google: 413,
            wns: 413
        ) { $0.body += [UInt8](repeating: 0, count: 5000) },
    ]

    @Test("one rule, four vendors", arguments: cases)
    func rule(_ rule: PushCase) async throws {
        try await Fixture.runWebPush { client in
            let expectations: [(vendor: String, expected: PushCase.Expectation)] = [
                ("mozilla", rule.mozilla), ("apple", rule.apple), ("google", .init(status: rule.google)),
                ("wns", .init(status: rule.wns)),
            ]
            for (vendor, _) in expectations {
                var request = try client.message(to: try await client.subscription(vendor: vendor))
                rule.change(&request)
                _ = try await client.connection.send(request)
            }
            await client.fixture.simulator.stop()
            let records = try client.fixture.records().filter { $0["token"] as? String == "alice" }
            try #require(records.count == 4)
            for (record, (vendor, expected)) in zip(records, expectations) {
                #expect(record["status"] as? Int == expected.status, "\(vendor)")
                if let reason = expected.reason { #expect(record["reason"] as? String == reason, "\(vendor)") }
            }
        }
    }

    @Test("answers look as the vendor's: body, headers")
    func forms() async throws {
        try await Fixture.runWebPush { client in
            func answers(_ vendor: String) async throws -> (good: TestAnswer, bad: TestAnswer) {
                var request = try client.message(to: try await client.subscription(vendor: vendor))
                request.set("ttl", "9999999")
                let good = try await client.connection.send(request)
                request.set("urgency", "now")
                return (good, try await client.connection.send(request))
            }
            let mozilla = try await answers("mozilla")
            #expect(mozilla.good.header["location"]?.hasPrefix("https://127.0.0.1:") == true)
            #expect(mozilla.good.header["ttl"] == "2592000")
            #expect(mozilla.bad.body.hasPrefix(#"{"code":400,"errno":111,"error":"Bad Request","message":""#))
            let apple = try await answers("apple")
            #expect(UUID(uuidString: apple.good.header["apns-id"] ?? "") != nil)
            #expect(apple.bad.body == #"{"reason":"BadUrgency"}"#)
            let google = try await answers("google")
            #expect(google.good.header["ttl"] == "2419200")
            #expect(google.bad.header["content-type"] == "text/plain; charset=utf-8")
            let wns = try await answers("wns")
            #expect(wns.good.header["x-wns-status"] == "received")
            #expect(wns.good.header["x-wns-msg-id"]?.isEmpty == false)
            #expect(wns.bad.header["x-wns-error-description"] == "Invalid Urgency header")
            #expect(wns.bad.body.isEmpty)
        }
    }

    static let tokens: [(name: String, isGood: Bool, change: @Sendable (inout TestVAPID) -> Void)] = [
        ("as it should be", true, { _ in }),
        ("exp in 23 hours", true, { $0.numbers["exp"] = Int64(Date().timeIntervalSince1970) + 82_800 }),
        ("exp in 25 hours", false, { $0.numbers["exp"] = Int64(Date().timeIntervalSince1970) + 90_000 }),
        ("exp has passed", false, { $0.numbers["exp"] = Int64(Date().timeIntervalSince1970) - 1 }),
        ("no exp", false, { $0.numbers = [:] }),
        ("sub is a URL", true, { $0.text["sub"] = "https://shop.example.com" }),
        ("sub is a bare address", false, { $0.text["sub"] = "ops@example.com" }),
        ("aud is another origin", false, { $0.text["aud"] = "https://push.example.com" }),
        ("aud has a path", false, { $0.text["aud"] = "https://127.0.0.1/push" }),
        ("aud under which the client connected", true, { $0.text["aud"] = "https://127.0.0.1" }),
        ("another algorithm", false, { $0.algorithm = "RS256" }),
        ("a signature in DER", false, { $0.usesDER = true }),
    ]

    @Test("a VAPID token is judged by its claims", arguments: tokens.indices)
    func token(index: Int) async throws {
        try await Fixture.runWebPush { client in
            var client = client
            Self.tokens[index].change(&client.vapid)
            let answer = try await client.connection.send(client.message(to: try await client.subscription()))
            #expect(answer.status == (Self.tokens[index].isGood ? 201 : 401), "\(Self.tokens[index].name)")
        }
    }

    @Test(
        "sub must be there for Mozilla and Apple",
        arguments: [("mozilla", 401), ("apple", 403), ("google", 201), ("wns", 200)]
    )
    func subject(vendor: String, status: Int) async throws {
        try await Fixture.runWebPush { client in
            var client = client
            client.vapid.text = [:]
            let subscription = try await client.subscription(vendor: vendor)
            #expect(try await client.connection.send(client.message(to: subscription)).status == status)
        }
    }

    @Test("a token signed by another key than k is refused")
    func signature() async throws {
        try await Fixture.runWebPush { client in
            var request = try client.message(to: try await client.subscription())
            let own = base64URL(client.vapid.key.publicKey.x963Representation)
            let other = base64URL(P256.Signing.PrivateKey().publicKey.x963Representation)
            let header = try #require(request.headers.first { $0.0 == "authorization" }?.1)
            request.set("authorization", header.replacing(own, with: other))
            #expect(try await client.connection.send(request).status == 401)
        }
    }

    @Test(
        "a subscription made with a key takes no other",
        arguments: [
            ("mozilla", 401, "109"), ("apple", 400, "VapidPkHashMismatch"), ("google", 403, nil), ("wns", 403, nil),
        ]
    )
    func binding(vendor: String, status: Int, reason: String?) async throws {
        try await Fixture.runWebPush { client in
            let key = base64URL(client.vapid.key.publicKey.x963Representation)
            let subscription = try await client.subscription(vendor: vendor, more: "&applicationServerKey=\(key)")
            let good = try await client.connection.send(client.message(to: subscription))
            #expect(good.status == (vendor == "wns" ? 200 : 201))
            let stranger = WebPushClient(fixture: client.fixture, connection: client.connection)
            let refused = try await client.connection.send(stranger.message(to: subscription))
            #expect(refused.status == status)
            if let reason { #expect(refused.body.contains(reason)) }
        }
    }
}
