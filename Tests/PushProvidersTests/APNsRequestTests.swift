import Foundation
import PushCore
import PushProviders
import Testing

@Suite("APNs requests")
struct APNsRequestTests {
    static let nowMs: Int64 = 1_795_000_000_000
    static let configuration = APNsConfiguration(app: "com.example.shop", teamID: "ABCDE12345", keyID: "KEY1234567")
    static let token = "00fc13adff785122b4ad28809a3420982341241421348097878e577c991de8f0"
    static let notificationID = "00112233-4455-6677-8899-aabbccddeeff"
    static let deliveryID = "a0b1c2d3-e4f5-0617-2839-4a5b6c7d8e9f"

    /// A delivery with a title; `change` makes it the case at hand.
    static func delivery(_ change: (inout Delivery) -> Void = { _ in }) -> Delivery {
        var content = Content()
        content.title = "Order 17"
        var delivery = Delivery()
        delivery.idHigh = 0xA0B1_C2D3_E4F5_0617
        delivery.idLow = 0x2839_4A5B_6C7D_8E9F
        delivery.userID = "user-1"
        delivery.device.provider = Provider.apns.rawValue
        delivery.device.token = token
        delivery.notification.idHigh = 0x0011_2233_4455_6677
        delivery.notification.idLow = 0x8899_AABB_CCDD_EEFF
        delivery.notification.expiresAtMs = nowMs + 3_600_999
        delivery.notification.priority = .high
        delivery.notification.contents = [content]
        change(&delivery)
        return delivery
    }

    static func build(_ change: (inout Delivery) -> Void = { _ in }) -> Result<APNsRequest, APNsRequest.Refusal> {
        APNsRequest.build(delivery: delivery(change), configuration: configuration, nowMs: nowMs)
    }

    private static func value(of name: APNsRequest.Header.Name, _ change: (inout Delivery) -> Void) throws -> String? {
        try build(change).get().headers.first { $0.name == name }?.value
    }

    @Test("path, headers in their order, and body")
    func whole() throws {
        let request = try Self.build().get()
        #expect(request.path == "/3/device/" + Self.token)
        #expect(
            request.headers.map { "\($0.name.rawValue): \($0.value)" } == [
                "apns-id: \(Self.deliveryID)", "apns-expiration: 1795003600",
                "apns-collapse-id: \(Self.notificationID)", "apns-topic: com.example.shop", "apns-push-type: alert",
                "apns-priority: 10",
            ]
        )
        #expect(
            String(decoding: request.body, as: UTF8.self)
                == #"{"aps":{"alert":{"title":"Order 17"}},"notification_id":"\#(Self.notificationID)"}"#
        )
    }

    @Test("the same delivery makes the same request, whatever the order of its data")
    func deterministic() throws {
        let names = (0..<20).map { "key\($0)" }
        let one = try Self.build { for name in names { $0.notification.data[name] = "v" } }.get()
        let other = try Self.build { for name in names.reversed() { $0.notification.data[name] = "v" } }.get()
        #expect(one == other)
    }

    @Test(
        "every push type has its topic and its limit",
        arguments: [
            (.alert, "com.example.shop", 4_096), (.background, "com.example.shop", 4_096),
            (.voip, "com.example.shop.voip", 5_120), (.complication, "com.example.shop.complication", 4_096),
            (.fileprovider, "com.example.shop.pushkit.fileprovider", 4_096), (.mdm, "com.example.shop", 4_096),
            (.location, "com.example.shop.location-query", 4_096),
            (.liveactivity, "com.example.shop.push-type.liveactivity", 4_096),
            (.pushtotalk, "com.example.shop.voip-ptt", 4_096), (.widgets, "com.example.shop.push-type.widgets", 4_096),
            (.controls, "com.example.shop.push-type.controls", 4_096),
        ] as [(APNsPushType, String, Int)]
    )
    func topics(pushType: APNsPushType, topic: String, limit: Int) throws {
        #expect(pushType.topic(of: "com.example.shop") == topic)
        #expect(pushType.payloadBytesMax == limit)
        guard pushType != .liveactivity else { return }
        let headers = try Self.build {
            $0.notification.apns.pushType = pushType.rawValue
            $0.notification.data["mdm"] = "push magic"
        }
        .get().headers
        #expect(headers.first { $0.name == .topic }?.value == topic)
        #expect(headers.first { $0.name == .pushType }?.value == pushType.rawValue)
    }

    static let pushTypes: [(pushType: String, change: @Sendable (inout Delivery) -> Void)] = [
        ("alert", { _ in }),
        ("background", { $0.notification.contents = [] }),
        ("background", { $0.notification.contents = [Content()] }),
        ("background", { $0.notification.apns.pushType = "background" }),
        ("voip", { $0.notification.apns.pushType = "voip" }),
        (
            "alert",
            {
                $0.notification.contents = []
                $0.notification.apns.badge = 0
            }
        ),
        (
            "alert",
            {
                $0.notification.contents = []
                $0.notification.apns.sound = "default"
            }
        ),
        (
            "background",
            {
                $0.notification.contents = []
                $0.notification.data = ["a": "b"]
            }
        ),
    ]

    @Test("the push type is the one asked for, or follows from what a person would notice", arguments: pushTypes)
    func chosenPushType(pushType: String, change: @Sendable (inout Delivery) -> Void) throws {
        #expect(try Self.value(of: .pushType, change) == pushType)
    }

    @Test(
        "priority follows the notification's, within what the push type takes",
        arguments: [
            (.high, "", "10"), (.normal, "", "5"), (.low, "", "1"), (.unspecified, "", "10"),
            (.UNRECOGNIZED(9), "", "10"),
            (.high, "background", "5"), (.normal, "background", "5"), (.low, "background", "5"),
            (.low, "location", "5"), (.high, "location", "10"), (.low, "voip", "1"),
            (.low, "liveactivity", "5"), (.normal, "liveactivity", "5"), (.high, "liveactivity", "10"),
        ] as [(Priority, String, String)]
    )
    func priorities(priority: Priority, pushType: String, value: String) throws {
        let header = try Self.value(of: .priority) {
            $0.notification.priority = priority
            $0.notification.apns.pushType = pushType
            if pushType == "liveactivity" { $0.notification.apns.apsJson = #"{"event":"end"}"# }
        }
        #expect(header == value)
    }

    @Test(
        "expiration is the deadline in whole seconds, 0 within the last one, and absent without a deadline",
        arguments: [
            (nowMs + 3_600_000, "1795003600"), (nowMs + 3_600_999, "1795003600"), (nowMs + 1_000, "1795000001"),
            (nowMs + 999, "0"), (nowMs + 1, "0"), (0, nil), (.max, "9223372036854775"),
        ] as [(Int64, String?)]
    )
    func expirations(expiresAtMs: Int64, value: String?) throws {
        #expect(try Self.value(of: .expiration) { $0.notification.expiresAtMs = expiresAtMs } == value)
    }

    @Test("without storage the expiration is 0, whatever the deadline", arguments: [0, nowMs + 3_600_000, .max])
    func withoutStorage(expiresAtMs: Int64) throws {
        let value = try Self.value(of: .expiration) {
            $0.notification.expiresAtMs = expiresAtMs
            $0.notification.apns.withoutStorage = true
        }
        #expect(value == "0")
    }

    @Test("a location query is not sent with a certificate, all else is", arguments: APNsPushType.allCases)
    func certificates(pushType: APNsPushType) {
        let delivery = Self.delivery {
            $0.notification.apns.pushType = pushType.rawValue
            $0.notification.data["mdm"] = "push magic"
            if pushType == .liveactivity { $0.notification.apns.apsJson = #"{"event":"end"}"# }
        }
        let configuration = APNsConfiguration(app: "com.example.shop", authentication: .certificate)
        let result = APNsRequest.build(delivery: delivery, configuration: configuration, nowMs: Self.nowMs)
        if pushType == .location {
            #expect(result == .failure(.verdict(.badRequest(.invalidPushType))))
        } else {
            #expect((try? result.get()) != nil)
        }
    }

    @Test("a delivery whose time has come makes no request", arguments: [nowMs, nowMs - 1, 1, -1])
    func expired(expiresAtMs: Int64) {
        #expect(Self.build { $0.notification.expiresAtMs = expiresAtMs } == .failure(.expired))
    }

    @Test(
        "a collapse key that the header can hold is used as it is",
        arguments: ["order-17", "a", String(repeating: "k", count: 64), "!~"]
    )
    func collapseKeys(key: String) throws {
        #expect(try Self.value(of: .collapseID) { $0.notification.collapseKey = key } == key)
    }

    @Test(
        "a collapse key that the header cannot hold is replaced by its digest",
        arguments: [
            (String(repeating: "k", count: 65), "85zcJYR1jJnPgcH0HSVy9U4XBmr__J0Yeur-X3y-ISI"),
            ("order 17", "C8ySDjk4wbhuNIP8mIjG1tEwYV-nVExrQUUV0bqBWbs"), ("", notificationID),
        ]
    )
    func longCollapseKeys(key: String, value: String) throws {
        #expect(try Self.value(of: .collapseID) { $0.notification.collapseKey = key } == value)
    }

    @Test(
        "replaced collapse keys stay apart, fit, and are header text",
        arguments: ["é", "a\r\nb: c", "\u{0}", "\u{7F}", " a", "🎉"]
    )
    func unusualCollapseKeys(key: String) throws {
        let values = try [key, key + " ", key + String(repeating: "x", count: 70)].map { key in
            try #require(try Self.value(of: .collapseID) { $0.notification.collapseKey = key })
        }
        #expect(Set(values).count == 3)
        for value in values {
            #expect(value.utf8.count == 43)
            #expect(value.utf8.allSatisfy { (0x21...0x7E).contains($0) })
        }
    }

    @Test(
        "a token that cannot be part of a path makes no request",
        arguments: [
            ("", .badRequest(.missingDeviceToken)),
            ("00fc/../x", .addressDead(.badDeviceToken, invalidSinceMs: nil)),
            ("00fc 13", .addressDead(.badDeviceToken, invalidSinceMs: nil)),
            ("00fc\r\nx: y", .addressDead(.badDeviceToken, invalidSinceMs: nil)),
            ("00fc%2F", .addressDead(.badDeviceToken, invalidSinceMs: nil)),
            ("00fc?a=b", .addressDead(.badDeviceToken, invalidSinceMs: nil)),
            (String(repeating: "a", count: 1_025), .addressDead(.badDeviceToken, invalidSinceMs: nil)),
            ("é", .addressDead(.badDeviceToken, invalidSinceMs: nil)),
        ] as [(String, Verdict)]
    )
    func unusableTokens(token: String, verdict: Verdict) {
        #expect(Self.build { $0.device.token = token } == .failure(.verdict(verdict)))
    }

    @Test("tokens have no fixed length", arguments: [1, 64, 160, 200, 1_024])
    func tokenLengths(count: Int) throws {
        let token = String(repeating: "A", count: count)
        #expect(try Self.build { $0.device.token = token }.get().path == "/3/device/" + token)
    }

    @Test("a device without an APNs token makes no request")
    func otherAddress() {
        #expect(Self.build { $0.device.fid = "abc" } == .failure(.verdict(.badRequest(.missingDeviceToken))))
    }

    @Test(
        "a push type that does not exist makes no request",
        arguments: ["Alert", "push", "live-activity", "voip "]
    )
    func unknownPushTypes(pushType: String) {
        let result = Self.build { $0.notification.apns.pushType = pushType }
        #expect(result == .failure(.verdict(.badRequest(.invalidPushType))))
    }

    @Test("an alert with nothing to notice makes no request, unless the app is to be woken")
    func emptyAlert() throws {
        let empty: (inout Delivery) -> Void = {
            $0.notification.contents = []
            $0.notification.apns.pushType = "alert"
        }
        #expect(Self.build(empty) == .failure(.verdict(.badRequest(.payloadEmpty))))
        let woken = Self.build {
            empty(&$0)
            $0.notification.apns.contentAvailable = true
        }
        #expect(String(decoding: try woken.get().body, as: UTF8.self).hasPrefix(#"{"aps":{"content-available":1},"#))
    }

    @Test("a request prints neither token nor payload")
    func description() throws {
        let request = try Self.build().get()
        let texts = ["\(request)", String(reflecting: request), "\(Optional(request) as Any)", "\([request])"]
        for text in texts {
            #expect(text.contains(Self.deliveryID))
            #expect(!text.contains(Self.token) && !text.contains("Order 17") && !text.contains("\(request.body[5]), "))
        }
    }

    @Test("only the values that differ from request to request are kept out of the header table")
    func indexing() {
        #expect(APNsRequest.Header.Name.allCases.filter(\.variesPerRequest) == [.id, .expiration, .collapseID])
    }
}
