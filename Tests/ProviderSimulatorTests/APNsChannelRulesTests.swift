import Foundation
import ProviderSimulator
import Testing

@Suite("The APNs simulator manages broadcast channels by Apple's rules", .timeLimit(.minutes(5)))
struct APNsChannelRulesTests {
    static let id = "eabeae54-14a8-11e5-b60b-1697f925ec7b"

    private static func body(_ name: String, _ body: String, _ status: Int, _ reason: String = "") -> RuleCase {
        RuleCase(name, status, reason) { $0.body = Array(body.utf8) }
    }

    static let creations: [RuleCase] = [
        RuleCase("a complete request", 201) { _ in },
        .header(":method", "PUT", 405, "MethodNotAllowed"),
        .path("/1/apps/com.example.shop/channel", 404, "BadPath"),
        .path("/1/apps//channels", 404, "BadPath"),
        .path("/2/apps/com.example.shop/channels", 404, "BadPath"),
        .path("/1/apps/com.example.shop/all-channels", 405, "MethodNotAllowed"),
        .path("/1/apps/com.example.other/channels", 403, "TopicMismatch"),
        RuleCase("a repeated header", 400, "DuplicateHeaders") { $0.headers.append(("apns-request-id", id)) },
        .header("authorization", nil, 403, "MissingProviderToken"),
        .header("apns-request-id", nil, 201),
        .header("apns-request-id", "1", 400, "BadRequestParams"),
        body("most recent", #"{"message-storage-policy":1,"push-type":"LiveActivity"}"#, 201),
        body("no JSON", "x", 400, "BadRequestPayload"),
        body("no object", "[]", 400, "BadRequestPayload"),
        body("no push type", #"{"message-storage-policy":0}"#, 400, "MissingPushType"),
        body("another push type", #"{"message-storage-policy":0,"push-type":"alert"}"#, 400, "InvalidPushType"),
        body("no policy", #"{"push-type":"LiveActivity"}"#, 400, "BadRequestPayload"),
        body("another policy", #"{"message-storage-policy":2,"push-type":"LiveActivity"}"#, 400, "BadRequestPayload"),
    ]

    private func creation(_ fixture: Fixture, policy: Int = 0) -> TestRequest {
        var request = fixture.request()
        request.set(":path", "/1/apps/com.example.shop/channels")
        request.set("apns-topic", nil)
        request.set("apns-push-type", nil)
        request.set("apns-request-id", Self.id)
        request.body = Array(#"{"message-storage-policy":\#(policy),"push-type":"LiveActivity"}"#.utf8)
        return request
    }

    private func question(_ fixture: Fixture, _ method: String, channel: String?) -> TestRequest {
        var request = creation(fixture)
        request.set(":method", method)
        request.set("apns-channel-id", channel)
        request.body = []
        return request
    }

    @Test("each rule has its reason, and the request's id comes back")
    func rules() async throws {
        try await Fixture.run(configure: { $0.apns.bundleIDs = ["com.example.shop"] }) { fixture in
            let client = try await fixture.connect()
            for ruleCase in Self.creations {
                var request = creation(fixture)
                ruleCase.change(&request)
                let answer = try await client.send(request)
                #expect(answer.status == ruleCase.status, "\(ruleCase.testDescription)")
                #expect(answer.reason == ruleCase.reason, "\(ruleCase.testDescription)")
                #expect((answer.header["apns-channel-id"] != nil) == (ruleCase.status == 201))
            }
            await client.close()
        }
    }

    @Test("a channel is there from its making until it is removed, and what it keeps decides about broadcasts")
    func life() async throws {
        try await Fixture.run { fixture in
            let client = try await fixture.connect()
            let made = try await client.send(creation(fixture, policy: 0))
            let channel = try #require(made.header["apns-channel-id"])
            #expect(Data(base64Encoded: channel)?.count == 16)
            #expect(made.header["apns-request-id"] == Self.id)
            let read = try await client.send(question(fixture, "GET", channel: channel))
            #expect(read.status == 200)
            #expect(read.body == #"{"message-storage-policy":0,"push-type":"LiveActivity"}"#)
            #expect(try await broadcast(fixture, client, channel, expiration: "0") == "200 ")
            #expect(try await broadcast(fixture, client, channel, expiration: "1893456000") == "400 BadExpirationDate")
            #expect(try await list(fixture, client) == #"{"channels":["\#(channel)"]}"#)
            let removed = try await client.send(question(fixture, "DELETE", channel: channel))
            #expect(removed.status == 204 && removed.body.isEmpty)
            #expect(try await list(fixture, client) == #"{"channels":[]}"#)
            for method in ["GET", "DELETE"] {
                let answer = try await client.send(question(fixture, method, channel: channel))
                #expect(answer.reason == "ChannelNotRegistered", "\(method)")
            }
            #expect(try await broadcast(fixture, client, channel, expiration: "0") == "400 ChannelNotRegistered")
            await client.close()
        }
    }

    @Test(
        "a question names a channel that was made",
        arguments: [(nil, "MissingChannelId"), ("no base64!", "BadChannelId"), ("bm9uZQ==", "ChannelNotRegistered")]
            as [(String?, String)]
    )
    func questions(channel: String?, reason: String) async throws {
        try await Fixture.run { fixture in
            let client = try await fixture.connect()
            for method in ["GET", "DELETE"] {
                let answer = try await client.send(question(fixture, method, channel: channel))
                #expect(answer.status == 400 && answer.reason == reason, "\(method)")
            }
            await client.close()
        }
    }

    private func list(_ fixture: Fixture, _ client: TestClient) async throws -> String {
        var request = question(fixture, "GET", channel: nil)
        request.set(":path", "/1/apps/com.example.shop/all-channels")
        return try await client.send(request).body
    }

    private func broadcast(
        _ fixture: Fixture,
        _ client: TestClient,
        _ channel: String,
        expiration: String
    ) async throws -> String {
        var request = fixture.request()
        request.set(":path", "/4/broadcasts/apps/com.example.shop")
        request.set("apns-topic", nil)
        request.set("apns-channel-id", channel)
        request.set("apns-push-type", "liveactivity")
        request.set("apns-expiration", expiration)
        request.body = Array(APNsBroadcastRulesTests.body.utf8)
        let answer = try await client.send(request)
        return "\(answer.status.map(String.init) ?? "-") \(answer.reason)"
    }
}
