import Foundation
import PushCore
import PushProviders
import Testing

@Suite("Web Push requests")
struct WebPushRequestTests {
    private static func refusal(
        _ configuration: WebPushConfiguration = WebPushFixtures.configuration,
        _ change: (inout Delivery) -> Void
    ) -> WebPushRequest.Refusal? {
        guard case .failure(let refusal) = WebPushFixtures.build(configuration, change) else { return nil }
        return refusal
    }

    private static func value(
        of name: WebPushRequest.Header.Name,
        _ change: (inout Delivery) -> Void
    ) throws -> String? {
        try WebPushFixtures.build(WebPushFixtures.configuration, change).get().headers.first { $0.name == name }?.value
    }

    @Test("endpoint, headers in their order, and body")
    func whole() throws {
        let request = try WebPushFixtures.build { $0.notification.collapseKey = "order-17" }.get()
        #expect(request.endpoint.authority == "fcm.googleapis.com" && request.path == "/fcm/send/abc:APA91b?x=1")
        #expect(
            request.headers.map { "\($0.name.rawValue): \($0.value)" } == [
                "ttl: 3600", "urgency: high", "topic: order-17", "content-encoding: aes128gcm",
                "content-type: application/octet-stream",
            ]
        )
        let plaintext = #"{"notification_id":"\#(WebPushFixtures.notificationID)","title":"Order 17","tag":"order-17"}"#
        #expect(request.body == Array(plaintext.utf8) + [UInt8](repeating: 0, count: 103))
    }

    @Test("the service worker is given all that the notification holds, data in the order of its keys")
    func serviceWorker() throws {
        let plaintext = try WebPushFixtures.plaintext {
            $0.notification.contents[0].subtitle = "Shipped"
            $0.notification.contents[0].body = "On its \"way\""
            $0.notification.contents[0].locale = "de"
            $0.notification.link = "https://shop.example.com/17"
            $0.notification.data = ["b": "2", "a": "1"]
        }
        #expect(
            plaintext
                == #"{"notification_id":"\#(WebPushFixtures.notificationID)","title":"Order 17","subtitle":"Shipped","#
                + #""body":"On its \"way\"","lang":"de","tag":"\#(WebPushFixtures.notificationID)","#
                + #""link":"https://shop.example.com/17","data":{"a":"1","b":"2"}}"#
        )
    }

    @Test("a rule's members are merged in, and the id stays")
    func merged() throws {
        let plaintext = try WebPushFixtures.plaintext {
            $0.notification.data = ["a": "1", "b": "2"]
            $0.notification.webPush.notificationJson =
                #"{"icon":"/i.png","tag":null,"title":"T","data":{"a":null,"c":[1]},"notification_id":"x"}"#
        }
        #expect(
            plaintext
                == #"{"notification_id":"\#(WebPushFixtures.notificationID)","title":"T","data":{"b":"2","c":[1]},"#
                + #""icon":"/i.png"}"#
        )
    }

    @Test("the declarative form has title and navigate, the site itself where there is no link")
    func declarative() throws {
        let id = WebPushFixtures.notificationID
        let plaintext = try WebPushFixtures.plaintext { $0.notification.webPush.declarative = true }
        #expect(
            plaintext
                == #"{"web_push":8030,"notification":{"title":"Order 17","navigate":"https://shop.example.com/","#
                + #""tag":"\#(id)","data":{"notification_id":"\#(id)"}}}"#
        )
        var configuration = WebPushFixtures.configuration
        configuration.declarative = true
        let full = try WebPushFixtures.plaintext(configuration) {
            $0.notification.contents[0].body = "B"
            $0.notification.contents[0].locale = "de"
            $0.notification.link = "https://shop.example.com/17"
            $0.notification.data = ["a": "1"]
            $0.notification.webPush.notificationJson = #"{"silent":true,"data":{"notification_id":"x"}}"#
        }
        #expect(
            full
                == #"{"web_push":8030,"notification":{"title":"Order 17","navigate":"https://shop.example.com/17","#
                + #""lang":"de","body":"B","tag":"\#(id)","data":{"a":"1","notification_id":"\#(id)"},"silent":true}}"#
        )
    }

    @Test(
        "time to live is what is left in whole seconds, and at most 28 days",
        arguments: [
            (1, "0"), (999, "0"), (1_000, "1"), (3_600_999, "3600"), (2_419_200_000, "2419200"),
            (2_419_201_000, "2419200"), (Int64.max - 1_795_000_000_000, "2419200"),
        ] as [(Int64, String)]
    )
    func timeToLive(leftMs: Int64, value: String) throws {
        #expect(
            try Self.value(of: .timeToLive) { $0.notification.expiresAtMs = WebPushFixtures.nowMs + leftMs } == value
        )
    }

    @Test("without a deadline, the time to live is the longest")
    func noDeadline() throws {
        #expect(try Self.value(of: .timeToLive) { $0.notification.expiresAtMs = 0 } == "2419200")
    }

    @Test(
        "urgency follows the priority, unless the rule names one",
        arguments: [
            (.high, nil, "high"), (.normal, nil, "normal"), (.low, nil, "low"), (.unspecified, nil, "high"),
            (.UNRECOGNIZED(9), nil, "high"), (.high, "very-low", "very-low"), (.low, "high", "high"),
            (.high, "low", "low"), (.high, "normal", "normal"),
        ] as [(Priority, String?, String)]
    )
    func urgency(priority: Priority, option: String?, value: String) throws {
        let header = try Self.value(of: .urgency) {
            $0.notification.priority = priority
            if let option { $0.notification.webPush.urgency = option }
        }
        #expect(header == value)
    }

    @Test(
        "the topic is the collapse key or stands for it, unless the rule names one",
        arguments: [
            ("", nil, nil), ("order-17", nil, "order-17"), ("A_z-9", nil, "A_z-9"),
            (String(repeating: "a", count: 32), nil, String(repeating: "a", count: 32)),
            // The first 24 octets of SHA-256, by Python's hashlib.
            (String(repeating: "a", count: 33), nil, "hSeFyAXHfnGiI0ClTp2Vkz7UkSHn0r88"),
            ("order 17", nil, "C8ySDjk4wbhuNIP8mIjG1tEwYV-nVExr"), ("ü", nil, "YHR0ykdalyTXNgq6caVtXfd-YTUOP3JM"),
            ("order-17", "mine", "mine"), ("", "mine", "mine"),
        ] as [(String, String?, String?)]
    )
    func topics(key: String, option: String?, value: String?) throws {
        let header = try Self.value(of: .topic) {
            $0.notification.collapseKey = key
            if let option { $0.notification.webPush.topic = option }
        }
        #expect(header == value)
    }

    static let refusals: [(refusal: WebPushRequest.Refusal, change: @Sendable (inout Delivery) -> Void)] = [
        (.expired, { $0.notification.expiresAtMs = WebPushFixtures.nowMs }),
        (.expired, { $0.notification.expiresAtMs = 1 }),
        (.verdict(.badRequest(.missingDeviceToken)), { $0.device.token = "a" }),
        (.verdict(.badRequest(.missingDeviceToken)), { $0.device.subscription.endpoint = "" }),
        (.verdict(.badRequest(.endpointNotAllowed)), { $0.device.subscription.endpoint = "https://evil.example/a" }),
        (
            .verdict(.addressDead(.badSubscription, invalidSinceMs: nil)),
            { $0.device.subscription.endpoint = "http://fcm.googleapis.com/a" }
        ),
        (.verdict(.addressDead(.badSubscription, invalidSinceMs: nil)), { $0.device.subscription.auth.removeLast() }),
        (.verdict(.addressDead(.badSubscription, invalidSinceMs: nil)), { $0.device.subscription.p256Dh.append(1) }),
        (.verdict(.addressDead(.badSubscription, invalidSinceMs: nil)), { $0.device.subscription.p256Dh[0] = 2 }),
        (.verdict(.badRequest(.badPriority)), { $0.notification.webPush.urgency = "urgent" }),
        (.verdict(.badRequest(.badPriority)), { $0.notification.webPush.urgency = "" }),
        (.verdict(.badRequest(.badCollapseID)), { $0.notification.webPush.topic = "" }),
        (.verdict(.badRequest(.badCollapseID)), { $0.notification.webPush.topic = "a b" }),
        (.verdict(.badRequest(.badCollapseID)), { $0.notification.webPush.topic = "a\r\nx: y" }),
        (.verdict(.badRequest(.badCollapseID)), { $0.notification.webPush.topic = String(repeating: "a", count: 33) }),
        (.verdict(.badRequest(.invalidRequest)), { $0.notification.webPush.notificationJson = "{" }),
        (.verdict(.badRequest(.invalidRequest)), { $0.notification.webPush.notificationJson = "[]" }),
        (
            .verdict(.badRequest(.payloadEmpty)),
            {
                $0.notification.webPush.declarative = true
                $0.notification.contents = []
            }
        ),
        (
            .verdict(.badRequest(.invalidRequest)),
            {
                $0.notification.webPush.declarative = true
                $0.notification.webPush.notificationJson = #"{"navigate":7}"#
            }
        ),
        (
            .verdict(.badRequest(.payloadTooLarge)),
            { $0.notification.contents[0].title = String(repeating: "x", count: 4_000) }
        ),
    ]

    @Test("what cannot be sent is not, and says why", arguments: refusals)
    func refused(refusal: WebPushRequest.Refusal, change: @Sendable (inout Delivery) -> Void) {
        #expect(Self.refusal(WebPushFixtures.configuration, change) == refusal)
    }

    @Test("the body is at most 4096 octets, to the octet")
    func limit() throws {
        func body(_ count: Int) -> Result<WebPushRequest, WebPushRequest.Refusal> {
            WebPushFixtures.build {
                $0.notification.contents[0].body = String(repeating: "x", count: count)
                $0.notification.dropTooLong = true
            }
        }
        let rest = 4_096 - (try body(1).get().body.count)
        #expect(try body(1 + rest).get().body.count == 4_096)
        #expect(body(2 + rest) == .failure(.verdict(.badRequest(.payloadTooLarge))))
    }

    @Test(
        "an encryption that gives more than a push service takes is not sent, and one that fails says whose fault it is"
    )
    func encryption() {
        func build(_ encrypt: WebPushRequest.Encryption) -> WebPushRequest.Refusal? {
            let result = WebPushRequest.build(
                delivery: WebPushFixtures.delivery(),
                configuration: WebPushFixtures.configuration,
                nowMs: WebPushFixtures.nowMs,
                encrypt: encrypt
            )
            guard case .failure(let refusal) = result else { return nil }
            return refusal
        }
        #expect(build { _, _, _ in [UInt8](repeating: 0, count: 4_096) } == nil)
        #expect(build { _, _, _ in [UInt8](repeating: 0, count: 4_097) } == .verdict(.badRequest(.payloadTooLarge)))
        #expect(
            build { (_, _, _) throws(WebPushRequest.EncryptionFailure) in throw .malformedKeys }
                == .verdict(.addressDead(.badSubscription, invalidSinceMs: nil))
        )
        #expect(
            build { (_, _, _) throws(WebPushRequest.EncryptionFailure) in throw .failed }
                == .verdict(.badRequest(.encryptionFailed))
        )
    }

    @Test(
        "the plaintext is filled to the rule's length, or the app's, as far as there is room",
        arguments: [
            (0, nil, nil), (1_000, nil, 1_103), (1_000, 2_000, 2_103), (1_000, 0, nil), (0, 9_999, 4_096),
            (10, nil, nil),
        ]
            as [(Int, UInt32?, Int?)]
    )
    func padding(app: Int, rule: UInt32?, bytes: Int?) throws {
        var configuration = WebPushFixtures.configuration
        let unpadded = try WebPushFixtures.build(configuration).get().body.count
        configuration.padding = app
        let request = try WebPushFixtures.build(configuration) {
            if let rule { $0.notification.webPush.padding = rule }
        }.get()
        #expect(request.body.count == bytes ?? unpadded)
    }

    @Test("the encryption is given the subscription's own keys")
    func keys() throws {
        var seen: WebPushRequest.SubscriptionKeys?
        _ = WebPushRequest.build(
            delivery: WebPushFixtures.delivery(),
            configuration: WebPushFixtures.configuration,
            nowMs: WebPushFixtures.nowMs
        ) { plaintext, keys, _ in
            seen = keys
            return plaintext
        }
        #expect(seen?.p256dh == WebPushFixtures.keys.p256dh && seen?.auth == WebPushFixtures.keys.auth)
    }
}
