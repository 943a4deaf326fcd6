import Foundation
import NIOHTTP2
import ProviderSimulator
import Testing

/// One request and what APNs answers.
struct RuleCase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let status: Int
    let reason: String
    let change: @Sendable (inout TestRequest) -> Void

    init(
        _ name: String,
        _ status: Int,
        _ reason: String = "",
        _ change: @escaping @Sendable (inout TestRequest) -> Void
    ) {
        testDescription = name
        self.status = status
        self.reason = reason
        self.change = change
    }

    static func header(_ name: String, _ value: String?, _ status: Int, _ reason: String = "") -> RuleCase {
        RuleCase("\(name): \(value ?? "absent")", status, reason) { $0.set(name, value) }
    }

    static func path(_ path: String, _ status: Int, _ reason: String = "") -> RuleCase {
        RuleCase("path \(path)", status, reason) { $0.set(":path", path) }
    }

    /// A push type with its topic suffix, priority and body.
    static func push(
        _ type: String?,
        topic: String = "com.example.shop",
        priority: String? = nil,
        _ body: String,
        _ status: Int,
        _ reason: String = ""
    ) -> RuleCase {
        RuleCase("\(type ?? "no push type") to \(topic), priority \(priority ?? "absent"), \(body)", status, reason) {
            $0.set("apns-push-type", type)
            $0.set("apns-topic", topic)
            $0.set("apns-priority", priority)
            $0.body = Array(body.utf8)
        }
    }

    static func size(_ octets: Int, _ type: String, topic: String, _ status: Int, _ reason: String = "") -> RuleCase {
        let frame = #"{"aps":{"alert":""}}"#
        let body = #"{"aps":{"alert":"\#(String(repeating: "x", count: octets - frame.utf8.count))"}}"#
        return RuleCase("\(octets) octets of \(type)", status, reason) {
            $0.set("apns-push-type", type)
            $0.set("apns-topic", topic)
            $0.body = Array(body.utf8)
        }
    }
}

@Suite("The APNs simulator answers by Apple's rules", .timeLimit(.minutes(5)))
struct APNsRulesTests {
    static let requestCases: [RuleCase] = [
        RuleCase("a complete request", 200) { _ in },
        .header(":method", "GET", 405, "MethodNotAllowed"),
        .header(":method", "PUT", 405, "MethodNotAllowed"),
        .path("/", 404, "BadPath"),
        .path("/3/devices/00aa", 404, "BadPath"),
        .path("/3/device/00aa/11bb", 404, "BadPath"),
        .path("/4/device/00aa", 404, "BadPath"),
        .path("/3/device", 400, "MissingDeviceToken"),
        .path("/3/device/", 400, "MissingDeviceToken"),
        .path("/3/device/00aaXY", 400, "BadDeviceToken"),
        .path("/3/device/00a", 400, "BadDeviceToken"),
        .path("/3/device/00aa?x=1", 400, "BadDeviceToken"),
        .path("/3/device/00AAff", 200),
        .path("/3/device/" + String(repeating: "0f", count: 100), 200),
        RuleCase("a repeated APNs header", 400, "DuplicateHeaders") {
            $0.headers.append(("apns-topic", "com.example.b"))
        },
        RuleCase("any repeated header", 400, "DuplicateHeaders") { $0.headers += [("x-a", "1"), ("x-a", "1")] },
        .header("apns-id", "eabeae54-14a8-11e5-b60b-1697f925ec7b", 200),
        .header("apns-id", "EABEAE54-14A8-11E5-B60B-1697F925EC7B", 400, "BadMessageId"),
        .header("apns-id", "eabeae54-14a8-11e5-b60b-1697f925ec7", 400, "BadMessageId"),
        .header("apns-id", "eabeae5414a811e5b60b1697f925ec7b0000", 400, "BadMessageId"),
        .header("apns-id", "", 400, "BadMessageId"),
        .header("apns-expiration", "0", 200),
        .header("apns-expiration", "1893456000", 200),
        .header("apns-expiration", "-1", 400, "BadExpirationDate"),
        .header("apns-expiration", "soon", 400, "BadExpirationDate"),
        .header("apns-expiration", "", 400, "BadExpirationDate"),
        .header("apns-expiration", "99999999999999999999", 400, "BadExpirationDate"),
        .header("apns-priority", "10", 200),
        .header("apns-priority", "5", 200),
        .header("apns-priority", "1", 200),
        .header("apns-priority", "7", 400, "BadPriority"),
        .header("apns-priority", "high", 400, "BadPriority"),
        .header("apns-collapse-id", String(repeating: "c", count: 64), 200),
        .header("apns-collapse-id", String(repeating: "c", count: 65), 400, "BadCollapseId"),
        .header("apns-collapse-id", String(repeating: "é", count: 33), 400, "BadCollapseId"),
        .header("apns-push-type", nil, 200),
        .header("apns-push-type", "banner", 400, "InvalidPushType"),
        .header("apns-topic", nil, 400, "MissingTopic"),
        .header("apns-topic", "", 400, "MissingTopic"),
        .header("apns-topic", "com.example.my shop", 400, "BadTopic"),
        .header("apns-topic", "com.example.", 400, "BadTopic"),
        .header("apns-topic", "com.example.shop.voip", 400, "DeviceTokenNotForTopic"),
    ]

    static let payloadCases: [RuleCase] = [
        .push("alert", "", 400, "PayloadEmpty"),
        .push("alert", "hello", 400, "PayloadEmpty"),
        .push("alert", "[1]", 400, "PayloadEmpty"),
        .push("alert", #"{"aps":{"alert":"x"}"#, 400, "PayloadEmpty"),
        .push("alert", #"{"order":1}"#, 400, "PayloadEmpty"),
        .push("alert", #"{"aps":"x"}"#, 400, "PayloadEmpty"),
        .push("alert", #"{"\u0061ps":{"badge":0}}"#, 200),
        .push("alert", #"{"aps":{"sound":"default"},"order":{"id":[1,2.5e3,null,true]}}"#, 200),
        .push("alert", #"{"aps":{"content-available":1}}"#, 400, "InvalidPushType"),
        .push(nil, #"{"aps":{"content-available":1}}"#, 200),
        .push("background", priority: "5", #"{"aps":{"content-available":1}}"#, 200),
        .push("background", priority: "5", #"{"aps":{"content-available":0}}"#, 400, "InvalidPushType"),
        .push("background", priority: "5", #"{"aps":{}}"#, 400, "InvalidPushType"),
        .push("background", priority: "5", #"{"aps":{"content-available":1,"badge":1}}"#, 400, "InvalidPushType"),
        .push("background", priority: "10", #"{"aps":{"content-available":1}}"#, 400, "BadPriority"),
        .push("background", #"{"aps":{"content-available":1}}"#, 400, "BadPriority"),
        .push("voip", topic: "com.example.shop.voip", #"{"aps":{}}"#, 200),
        .push("voip", #"{"aps":{}}"#, 400, "DeviceTokenNotForTopic"),
        .push("complication", topic: "com.example.shop.complication", #"{"aps":{}}"#, 200),
        .push("fileprovider", topic: "com.example.shop.pushkit.fileprovider", #"{"domain":"d"}"#, 200),
        .push("mdm", topic: "com.apple.mgmt.External.b7", #"{"mdm":"magic"}"#, 200),
        .push("mdm", topic: "com.apple.mgmt.External.b7", #"{"aps":{}}"#, 400, "PayloadEmpty"),
        .push("location", topic: "com.example.shop.location-query", priority: "5", #"{"aps":{}}"#, 200),
        .push("location", topic: "com.example.shop.location-query", priority: "1", #"{"aps":{}}"#, 400, "BadPriority"),
        .push("pushtotalk", topic: "com.example.shop.voip-ptt", #"{"aps":{}}"#, 200),
        .push("pushtotalk", topic: "com.example.shop.voip", #"{"aps":{}}"#, 400, "DeviceTokenNotForTopic"),
        .push("widgets", topic: "com.example.shop.push-type.widgets", #"{"aps":{"content-changed":true}}"#, 200),
        .push("controls", topic: "com.example.shop.push-type.controls", #"{"aps":{}}"#, 200),
        .push(
            "liveactivity",
            topic: "com.example.shop.push-type.liveactivity",
            #"{"aps":{"timestamp":1,"event":"update","content-state":{"eta":5}}}"#,
            200
        ),
        .push(
            "liveactivity",
            topic: "com.example.shop.push-type.liveactivity",
            #"{"aps":{"timestamp":1,"event":"start","content-state":{},"attributes-type":"T"}}"#,
            400,
            "InvalidPushType"
        ),
        .push(
            "liveactivity",
            topic: "com.example.shop.push-type.liveactivity",
            #"{"aps":{"event":"end"}}"#,
            400,
            "InvalidPushType"
        ),
        .size(4096, "alert", topic: "com.example.shop", 200),
        .size(4097, "alert", topic: "com.example.shop", 413, "PayloadTooLarge"),
        .size(5120, "voip", topic: "com.example.shop.voip", 200),
        .size(5121, "voip", topic: "com.example.shop.voip", 413, "PayloadTooLarge"),
        .size(300_000, "alert", topic: "com.example.shop", 413, "PayloadTooLarge"),
    ]

    @Test("one rule, one reason", arguments: requestCases + payloadCases)
    func rule(_ rule: RuleCase) async throws {
        try await Fixture.run { fixture in
            let client = try await fixture.connect()
            var request = fixture.request()
            rule.change(&request)
            let answer = try await client.send(request)
            #expect(answer.status == rule.status)
            #expect(answer.reason == rule.reason)
            // The connection survives every refusal.
            #expect(try await client.send(fixture.request()).status == 200)
            await client.close()
        }
    }

    @Test("a bundle id that is not on the list is TopicDisallowed, and a listed one is taken literally")
    func bundleIDs() async throws {
        try await Fixture.run(configure: { $0.apns.bundleIDs = ["com.example.shop", "com.example.voip"] }) { fixture in
            let client = try await fixture.connect()
            let expected = [
                ("com.example.shop", "alert", ""), ("com.example.voip", "alert", ""),
                ("com.example.shop.voip", "voip", ""), ("com.example.other", "alert", "TopicDisallowed"),
                ("com.example.voip", "voip", "DeviceTokenNotForTopic"),
            ]
            for (topic, type, reason) in expected {
                var request = fixture.request()
                request.set("apns-topic", topic)
                request.set("apns-push-type", type)
                #expect(try await client.send(request).reason == reason, "\(topic) as \(type)")
            }
            await client.close()
        }
    }

    @Test("apns-id is echoed, also in a refusal, and made where absent")
    func messageID() async throws {
        try await Fixture.run { fixture in
            let client = try await fixture.connect()
            var request = fixture.request()
            #expect(UUID(uuidString: try await client.send(request).header["apns-id"] ?? "") != nil)
            request.set("apns-id", "eabeae54-14a8-11e5-b60b-1697f925ec7b")
            #expect(try await client.send(request).header["apns-id"] == "eabeae54-14a8-11e5-b60b-1697f925ec7b")
            request.set("apns-priority", "3")
            let refusal = try await client.send(request)
            #expect(refusal.header["apns-id"] == "eabeae54-14a8-11e5-b60b-1697f925ec7b")
            #expect(refusal.header["content-type"] == "application/json")
            await client.close()
        }
    }

    @Test("a connection allows one stream until a valid provider token was answered")
    func oneStreamFirst() async throws {
        try await Fixture.run(configure: {
            $0.apns.startsWithOneStream = true
            $0.apns.maxConcurrentStreams = 321
        }) { fixture in
            let client = try await fixture.connect()
            #expect(try await client.wait { !$0.maxConcurrentStreams.isEmpty }.maxConcurrentStreams == [1])
            #expect(try await client.send(fixture.request(authorization: "bearer x")).reason == "InvalidProviderToken")
            #expect(try await client.send(fixture.request()).status == 200)
            #expect(try await client.wait { $0.maxConcurrentStreams.count == 2 }.maxConcurrentStreams == [1, 321])
            await client.close()
        }
    }

    @Test("a request that HTTP/2 itself forbids loses its stream, not the connection")
    func malformed() async throws {
        try await Fixture.run { fixture in
            let client = try await fixture.connect()
            var request = fixture.request()
            request.set(":path", nil)
            guard case .reset(.protocolError) = try await client.send(request) else {
                Issue.record("the stream was not reset")
                return
            }
            #expect(try await client.send(fixture.request()).status == 200)
            await client.close()
        }
    }

    @Test("a client that does not speak h2 is turned away")
    func onlyHTTP2() async throws {
        try await Fixture.run { fixture in
            let client = try await TestClient.connect(
                port: fixture.addresses.apnsPort,
                caFile: fixture.addresses.caFile,
                protocols: []
            )
            #expect(try await client.wait { $0.isClosed }.maxConcurrentStreams.isEmpty)
            #expect(fixture.simulator.counters.connectionsOpened == 0)
        }
    }
}
