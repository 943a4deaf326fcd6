import PushCore
import PushProviders
import Testing

@Suite("Deliveries to topics, conditions and channels")
struct TargetRequestTests {
    // MARK: FCM

    @Test("an FCM delivery to a target names that and no address")
    func fcm() throws {
        func member(_ change: (inout Target) -> Void) throws -> JSONObject {
            let request = try FCMFixtures.build { delivery in
                delivery.device.address = nil
                change(&delivery.device.target)
            }.get()
            return try #require(try JSONTree(text: request.body).object?["message"]?.object)
        }
        let topic = try member { $0.topic = "news" }
        #expect(topic["topic"] == "news" && topic["token"] == nil && topic["condition"] == nil)
        #expect(try member { $0.condition = "'a' in topics" }["condition"] == "'a' in topics")
    }

    @Test("what FCM cannot spread is refused", arguments: ["a topic", "", "é"])
    func fcmRefused(name: String) {
        let result = FCMFixtures.build(FCMConfiguration(app: "example-shop")) { delivery in
            delivery.device.address = nil
            delivery.device.target.topic = name
        }
        #expect(result == .failure(.verdict(.badRequest(.badTarget))))
        let channel = FCMFixtures.build(FCMConfiguration(app: "example-shop")) { delivery in
            delivery.device.address = nil
            delivery.device.target.channel = "abcd"
        }
        #expect(channel == .failure(.verdict(.badRequest(.missingDeviceToken))))
    }

    // MARK: APNs

    private static func broadcast(
        _ change: (inout Delivery) -> Void = { _ in }
    ) -> Result<APNsBroadcastRequest, APNsRequest.Refusal> {
        let delivery = APNsRequestTests.delivery { delivery in
            delivery.device.address = nil
            delivery.device.target.channel = "dHN0LXNyY2gtY2hubA=="
            delivery.notification.event.timeMs = APNsRequestTests.nowMs - 5_000
            delivery.notification.apns.pushType = "liveactivity"
            delivery.notification.apns.apsJson = #"{"event":"update","content-state":{"score":"2:1"}}"#
            delivery.notification.data = ["a": "b"]
            change(&delivery)
        }
        return APNsBroadcastRequest.build(
            delivery: delivery,
            configuration: APNsRequestTests.configuration,
            nowMs: APNsRequestTests.nowMs
        )
    }

    @Test("path, headers and body of a delivery to a channel")
    func channel() throws {
        let request = try Self.broadcast().get()
        #expect(request.path == "/4/broadcasts/apps/com.example.shop")
        #expect(
            request.headers.map { "\($0.name): \($0.value)" } == [
                "apns-channel-id: dHN0LXNyY2gtY2hubA==", "apns-push-type: liveactivity",
                "apns-request-id: \(APNsRequestTests.deliveryID)", "apns-expiration: 1795003600", "apns-priority: 10",
            ]
        )
        let body = #"{"aps":{"alert":{"title":"Order 17"},"event":"update","content-state":{"score":"2:1"},"#
        #expect(String(decoding: request.body, as: UTF8.self) == body + #""timestamp":1794999995}}"#)
    }

    @Test("a channel without storage takes no expiration")
    func withoutStorage() throws {
        let request = try Self.broadcast { $0.notification.apns.withoutStorage = true }.get()
        #expect(request.headers.first { $0.name == "apns-expiration" }?.value == "0")
    }

    @Test("what cannot go to a channel is refused")
    func refused() {
        func refusal(_ change: (inout Delivery) -> Void) -> APNsRequest.Refusal? {
            guard case .failure(let refusal) = Self.broadcast(change) else { return nil }
            return refusal
        }
        #expect(refusal { $0.device.target.channel = "not base64!" } == .verdict(.badRequest(.badChannelID)))
        #expect(refusal { $0.device.target.topic = "news" } == .verdict(.badRequest(.badChannelID)))
        #expect(refusal { $0.notification.apns.pushType = "alert" } == .verdict(.badRequest(.invalidPushType)))
        #expect(refusal { $0.notification.apns.apsJson = "" } == .verdict(.badRequest(.invalidPayload)))
        #expect(
            refusal { $0.notification.apns.apsJson = #"{"event":"update"}"# } == .verdict(.badRequest(.invalidPayload))
        )
        #expect(refusal { $0.notification.expiresAtMs = APNsRequestTests.nowMs } == .expired)
        let large = #"{"event":"end","content-state":{"x":"\#(String(repeating: "x", count: 5_200))"}}"#
        #expect(refusal { $0.notification.apns.apsJson = large } == .verdict(.badRequest(.payloadTooLarge)))
    }
}
