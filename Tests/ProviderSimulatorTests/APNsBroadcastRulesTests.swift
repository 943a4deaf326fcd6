import Foundation
import ProviderSimulator
import Testing

@Suite("The APNs simulator takes broadcasts by Apple's rules", .timeLimit(.minutes(5)))
struct APNsBroadcastRulesTests {
    static let id = "eabeae54-14a8-11e5-b60b-1697f925ec7b"
    static let body = #"{"aps":{"event":"update","timestamp":1790000000,"content-state":{}}}"#

    private static func body(_ name: String, _ body: String, _ status: Int, _ reason: String) -> RuleCase {
        RuleCase(name, status, reason) { $0.body = Array(body.utf8) }
    }

    static let cases: [RuleCase] = [
        RuleCase("a complete broadcast", 200) { _ in },
        .header(":method", "GET", 405, "MethodNotAllowed"),
        .path("/4/broadcasts/apps/", 404, "BadPath"),
        .path("/4/broadcasts/apps/com.example.shop/x", 404, "BadPath"),
        .path("/4/broadcasts/apps/com.example.other", 403, "TopicMismatch"),
        RuleCase("a repeated header", 400, "DuplicateHeaders") { $0.headers.append(("apns-channel-id", "aa")) },
        .header("authorization", nil, 403, "MissingProviderToken"),
        .header("apns-channel-id", nil, 400, "MissingChannelId"),
        .header("apns-channel-id", "no base64!", 400, "BadChannelId"),
        .header("apns-push-type", nil, 400, "MissingPushType"),
        .header("apns-push-type", "alert", 400, "InvalidPushType"),
        .header("apns-priority", "5", 200),
        .header("apns-priority", "7", 400, "BadPriority"),
        .header("apns-expiration", nil, 400, "BadExpirationDate"),
        .header("apns-expiration", "soon", 400, "BadExpirationDate"),
        .header("apns-expiration", "1893456000", 200),
        body("no JSON", "x", 400, "BadRequestPayload"),
        body("no aps", "{}", 400, "BadRequestPayload"),
        body("no timestamp", #"{"aps":{"event":"end"}}"#, 400, "BadRequestPayload"),
        body(
            "a start",
            #"{"aps":{"event":"start","timestamp":1,"content-state":{},"alert":"x","attributes-type":"A"}}"#,
            400,
            "BadRequestPayload"
        ),
        body("too large", "{\"x\":\"" + String(repeating: "x", count: 5_120) + "\"}", 413, "PayloadTooLarge"),
    ]

    @Test("each rule has its reason; the request's id comes back, and the channel is recorded as the token")
    func rules() async throws {
        try await Fixture.run(configure: { $0.apns.bundleIDs = ["com.example.shop"] }) { fixture in
            let client = try await fixture.connect()
            for ruleCase in Self.cases {
                var request = fixture.request()
                request.set(":path", "/4/broadcasts/apps/com.example.shop")
                request.set("apns-topic", nil)
                request.set("apns-channel-id", "dHN0LXNyY2gtY2hubA==")
                request.set("apns-push-type", "liveactivity")
                request.set("apns-request-id", Self.id)
                request.set("apns-expiration", "0")
                request.body = Array(Self.body.utf8)
                ruleCase.change(&request)
                let answer = try await client.send(request)
                #expect(answer.status == ruleCase.status, "\(ruleCase.testDescription)")
                #expect(answer.reason == ruleCase.reason, "\(ruleCase.testDescription)")
                if answer.status != 404 {
                    #expect(answer.header["apns-request-id"] == Self.id, "\(ruleCase.testDescription)")
                }
            }
            await client.close()
            await fixture.simulator.stop()
            let first = try #require(try fixture.records().first)
            #expect(first["token"] as? String == "dHN0LXNyY2gtY2hubA==" && first["status"] as? Int == 200)
        }
    }
}
