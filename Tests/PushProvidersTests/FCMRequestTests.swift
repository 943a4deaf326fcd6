import PushCore
import PushProviders
import Testing

@Suite("FCM requests")
struct FCMRequestTests {
    static let nowMs = FCMFixtures.nowMs
    static let id = FCMFixtures.notificationID

    private static func body(_ change: (inout Delivery) -> Void = { _ in }) throws -> String {
        let request = try FCMFixtures.build(FCMConfiguration(app: "example-shop"), change).get()
        return String(decoding: request.body, as: UTF8.self)
    }

    private static func override(_ json: String) -> (inout Delivery) -> Void {
        { $0.notification.fcm.messageJson = json }
    }

    // MARK: Whole requests

    @Test("path and body of a notification with words")
    func whole() throws {
        let request = try FCMFixtures.build().get()
        #expect(request.path == "/v1/projects/example-shop/messages:send")
        #expect(
            String(decoding: request.body, as: UTF8.self)
                == #"{"message":{"token":"\#(FCMFixtures.token)","data":{"notification_id":"\#(Self.id)"},"#
                + #""notification":{"title":"Order 17"},"#
                + #""android":{"ttl":"3600s","priority":"HIGH","notification":{"tag":"\#(Self.id)"}},"#
                + #""webpush":{"headers":{"TTL":"3600","Urgency":"high"},"notification":{"tag":"\#(Self.id)"}},"#
                + #""apns":{"headers":{"apns-expiration":"1795003600","apns-priority":"10","#
                + #""apns-collapse-id":"\#(Self.id)"}}}}"#
        )
    }

    @Test("a notification without words is data, and wakes an app of Apple's in the background")
    func dataOnly() throws {
        let body = try Self.body {
            $0.notification.contents = []
            $0.notification.data = ["b": "2", "a": "1"]
            $0.notification.expiresAtMs = 0
        }
        #expect(
            body
                == #"{"message":{"token":"\#(FCMFixtures.token)","data":{"a":"1","b":"2","notification_id":"\#(Self.id)"},"#
                + #""android":{"priority":"HIGH"},"webpush":{"headers":{"Urgency":"high"}},"#
                + #""apns":{"headers":{"apns-priority":"5","apns-push-type":"background","apns-collapse-id":"\#(Self.id)"},"#
                + #""payload":{"aps":{"content-available":1}}}}}"#
        )
    }

    @Test("the same delivery makes the same request, whatever the order of its data")
    func deterministic() throws {
        let names = (0..<20).map { "key\($0)" }
        let one = try Self.body { for name in names { $0.notification.data[name] = "v" } }
        let other = try Self.body { for name in names.reversed() { $0.notification.data[name] = "v" } }
        #expect(one == other)
    }

    @Test(
        "each target has its member",
        arguments: [
            (.token("t"), "token", "t"), (.fid("f"), "fid", "f"), (.topic("news"), "topic", "news"),
            (.condition("'a' in topics"), "condition", "'a' in topics"),
        ] as [(FCMTarget, String, String)]
    )
    func targets(target: FCMTarget, name: String, value: String) throws {
        let notification = FCMFixtures.delivery().notification
        let request = try FCMRequest.build(
            target: target,
            notification: notification,
            configuration: FCMConfiguration(app: "example-shop"),
            nowMs: Self.nowMs
        ).get()
        let message = try #require(try JSONTree(text: request.body).at("message")?.object)
        #expect(message[name] == .string(value))
        #expect(["token", "fid", "topic", "condition"].filter { message[$0] != nil } == [name])
    }

    @Test("the configuration gives the base address's path, the label and the dry run")
    func configured() throws {
        var configuration = FCMConfiguration(app: "example-shop")
        configuration.baseURL = "https://127.0.0.1:8443/fcm"
        configuration.validateOnly = true
        configuration.analyticsLabel = "belfry"
        let request = try FCMFixtures.build(configuration).get()
        #expect(request.path == "/fcm/v1/projects/example-shop/messages:send")
        let body = try JSONTree(text: request.body)
        #expect(body.at("validateOnly") == true)
        #expect(body.at("message fcmOptions analyticsLabel") == "belfry")
        let other = try FCMFixtures.build(configuration, Self.override(#"{"fcmOptions":{"analyticsLabel":"sale"}}"#))
            .get()
        #expect(try JSONTree(text: other.body).at("message fcmOptions analyticsLabel") == "sale")
    }

    // MARK: What the notification gives

    @Test(
        "a link is data, and where a browser may follow it, its click",
        arguments: [("https://shop.example.com/17", true), ("shop://17", false), ("http://shop.example.com", false)]
    )
    func links(link: String, isClick: Bool) throws {
        let message = try FCMFixtures.message {
            $0.notification.link = link
            $0.notification.data = ["link": "another", "notification_id": "another"]
        }
        #expect(message.at("data link") == .string(link))
        #expect(message.at("data notification_id") == .string(Self.id))
        #expect(message.at("webpush fcmOptions link") == (isClick ? .string(link) : nil))
    }

    @Test("a subtitle is Apple's, with the words beside it")
    func subtitle() throws {
        let message = try FCMFixtures.message {
            $0.notification.contents[0].subtitle = "On its way"
            $0.notification.contents[0].body = "Arrives today"
        }
        #expect(message.at("notification") == ["title": "Order 17", "body": "Arrives today"])
        #expect(
            message.at("apns payload aps alert")
                == ["title": "Order 17", "subtitle": "On its way", "body": "Arrives today"]
        )
    }

    @Test(
        "priority is each platform's own",
        arguments: [
            (.high, "HIGH", "high", "10"), (.unspecified, "HIGH", "high", "10"),
            (.UNRECOGNIZED(9), "HIGH", "high", "10"),
            (.normal, "NORMAL", "normal", "5"), (.low, "NORMAL", "low", "5"),
        ] as [(Priority, String, String, String)]
    )
    func priorities(priority: Priority, android: String, webpush: String, apns: String) throws {
        let message = try FCMFixtures.message { $0.notification.priority = priority }
        #expect(message.at("android priority") == .string(android))
        #expect(message.at("webpush headers Urgency") == .string(webpush))
        #expect(message.at("apns headers apns-priority") == .string(apns))
    }

    @Test(
        "a collapse key is each platform's own, replaced by its digest where a header cannot hold it",
        arguments: [
            ("order-17", "order-17", "order-17"),
            ("order 17", "C8ySDjk4wbhuNIP8mIjG1tEwYV-nVExr", "C8ySDjk4wbhuNIP8mIjG1tEwYV-nVExrQUUV0bqBWbs"),
            ("order.17", nil, "order.17"), (String(repeating: "k", count: 33), nil, String(repeating: "k", count: 33)),
            (
                String(repeating: "k", count: 65), "85zcJYR1jJnPgcH0HSVy9U4XBmr__J0Y",
                "85zcJYR1jJnPgcH0HSVy9U4XBmr__J0Yeur-X3y-ISI"
            ),
        ] as [(String, String?, String)]
    )
    func collapseKeys(key: String, topic: String?, collapseID: String) throws {
        let message = try FCMFixtures.message { $0.notification.collapseKey = key }
        #expect(message.at("android collapseKey") == .string(key))
        #expect(message.at("android notification tag") == .string(key))
        #expect(message.at("webpush notification tag") == .string(key))
        #expect(message.at("apns headers apns-collapse-id") == .string(collapseID))
        let header = try #require(message.at("webpush headers Topic")?.string)
        if let topic { #expect(header == topic) } else { #expect(header != key && header.utf8.count == 32) }
    }

    @Test(
        "the time to live is what is left of the notification's, in whole seconds, at most 28 days",
        arguments: [
            (nowMs + 3_600_999, "3600", "1795003600"), (nowMs + 1_000, "1", "1795000001"), (nowMs + 999, "0", "0"),
            (nowMs + 2_419_200_000, "2419200", "1797419200"), (nowMs + 9_000_000_000, "2419200", "1804000000"),
            (.max, "2419200", "9223372036854775"),
        ] as [(Int64, String, String)]
    )
    func timeToLive(expiresAtMs: Int64, seconds: String, expiration: String) throws {
        let message = try FCMFixtures.message { $0.notification.expiresAtMs = expiresAtMs }
        #expect(message.at("android ttl") == .string(seconds + "s"))
        #expect(message.at("webpush headers TTL") == .string(seconds))
        #expect(message.at("apns headers apns-expiration") == .string(expiration))
    }

    @Test("a delivery whose time has come makes no request", arguments: [nowMs, nowMs - 1, 1, -1])
    func expired(expiresAtMs: Int64) {
        #expect(FCMFixtures.build { $0.notification.expiresAtMs = expiresAtMs } == .failure(.expired))
    }

    // MARK: What the rule gives

    @Test("a rule's members are merged: objects by member, null removes, all else replaces")
    func merged() throws {
        let message = try FCMFixtures.message(
            Self.override(
                #"""
                {"notification":{"image":"https://i.example/x.png"},"data":{"extra":"1"},
                "android":{"notification":{"channel_id":"orders","tag":null,"color":"#aabbcc"},"priority":"normal"},
                "webpush":{"headers":{"urgency":"low"},"notification":{"icon":"/i.png"}},
                "apns":{"headers":{"APNS-PRIORITY":"1"},"payload":{"aps":{"sound":"default"},"own":1}}}
                """#
            )
        )
        #expect(message.at("notification") == ["title": "Order 17", "image": "https://i.example/x.png"])
        #expect(message.at("data") == ["notification_id": .string(Self.id), "extra": "1"])
        #expect(message.at("android priority") == "NORMAL")
        #expect(message.at("android notification") == ["channelId": "orders", "color": "#aabbcc"])
        #expect(message.at("webpush headers") == ["TTL": "3600", "Urgency": "low"])
        #expect(message.at("webpush notification") == ["tag": .string(Self.id), "icon": "/i.png"])
        #expect(message.at("apns headers apns-priority") == "1")
        #expect(message.at("apns payload") == ["aps": ["sound": "default"], "own": 1])
    }

    @Test("a section can be removed whole")
    func removed() throws {
        let message = try FCMFixtures.message(Self.override(#"{"webpush":null,"android":{"ttl":null}}"#))
        #expect(message.at("webpush") == nil)
        #expect(message.at("android ttl") == nil)
        #expect(message.at("android priority") == "HIGH")
    }

    @Test("androidV2 takes the place of android, with what both have")
    func androidV2() throws {
        let message = try FCMFixtures.message {
            $0.notification.collapseKey = "k"
            $0.notification.fcm.messageJson = #"{"android_v2":{"remote_notification":{"mutable_content":true}}}"#
        }
        #expect(message.at("android") == nil)
        #expect(
            message.at("androidV2") == [
                "collapseKey": "k", "ttl": "3600s",
                "remoteNotification": ["notification": ["tag": "k"], "mutableContent": true],
            ]
        )
    }

    @Test(
        "a notification whose words are the rule's own is no background notification",
        arguments: [#"{"notification":{"title":"t"}}"#, #"{"apns":{"payload":{"aps":{"badge":1}}}}"#]
    )
    func perceptible(json: String) throws {
        let message = try FCMFixtures.message {
            $0.notification.contents = []
            $0.notification.fcm.messageJson = json
        }
        #expect(message.at("apns headers apns-push-type") == nil)
        #expect(message.at("apns headers apns-priority") == "10")
        #expect(message.at("apns payload aps content-available") == nil)
    }

    @Test(
        "a rule may shorten the time to live, and not go beyond the notification's deadline",
        arguments: [
            ("0s", "0s"), ("60s", "60s"), ("59.5s", "59.5s"), ("3600s", "3600s"), ("3600.5s", "3600s"),
            ("7200s", "3600s"),
        ]
    )
    func boundedTimeToLive(ttl: String, sent: String) throws {
        let seconds = ttl.prefix { $0 != "." && $0 != "s" }
        let expiration = try #require(Int64(seconds)) + Self.nowMs / 1_000
        let message = try FCMFixtures.message(
            Self.override(
                #"{"android":{"ttl":"\#(ttl)"},"webpush":{"headers":{"TTL":"\#(seconds)"}},"#
                    + #""apns":{"headers":{"apns-expiration":"\#(expiration)"}}}"#
            )
        )
        #expect(message.at("android ttl") == .string(sent))
        let sentSeconds = try #require(Int64(sent.prefix { $0 != "." && $0 != "s" }))
        #expect(message.at("webpush headers TTL") == .string("\(sentSeconds)"))
        #expect(message.at("apns headers apns-expiration") == .string("\(Self.nowMs / 1_000 + sentSeconds)"))
    }

    @Test("a live activity's token and payload are handed on")
    func liveActivity() throws {
        let message = try FCMFixtures.message(
            Self.override(
                #"{"apns":{"live_activity_token":"tok","payload":{"aps":{"event":"update","content-state":{"a":null}}}}}"#
            )
        )
        #expect(message.at("apns liveActivityToken") == "tok")
        #expect(message.at("apns payload aps event") == "update")
    }

    // MARK: Refusals

    static let refusals: [(change: @Sendable (inout Delivery) -> Void, reason: Reason)] = [
        ({ $0.device.token = "" }, .missingDeviceToken),
        ({ $0.device.subscription = Subscription() }, .missingDeviceToken),
        ({ $0.notification.data = ["from": "x"] }, .badDataKey),
        ({ $0.notification.data = ["google.a": "x"] }, .badDataKey),
        ({ $0.notification.data = ["": "x"] }, .badDataKey),
        ({ $0.notification.fcm.messageJson = "{" }, .invalidRequest),
        ({ $0.notification.fcm.messageJson = "[]" }, .invalidRequest),
        ({ $0.notification.fcm.messageJson = #"{"topic":"news"}"# }, .invalidRequest),
        ({ $0.notification.fcm.messageJson = #"{"data":{"gcm":"x"}}"# }, .badDataKey),
        ({ $0.notification.fcm.messageJson = #"{"android":{"ttl":"2419201s"}}"# }, .badTimeToLive),
        (
            { $0.notification.fcm.messageJson = #"{"data":{"a":"\#(String(repeating: "x", count: 70_000))"}}"# },
            .invalidRequest
        ),
    ]

    @Test("what FCM would not take makes no request", arguments: refusals)
    func refused(change: @Sendable (inout Delivery) -> Void, reason: Reason) {
        let result = FCMFixtures.build(FCMConfiguration(app: "example-shop"), change)
        #expect(result == .failure(.verdict(.badRequest(reason))))
    }

    /// Octets of data beside a key of one letter that make the payload exactly this large.
    private static func filler(_ octets: Int) -> String {
        // `notification_id` and its value, the words, the tag under its name, and the key.
        String(repeating: "x", count: octets - (15 + 36) - ("title".utf8.count + 8) - (3 + 36) - 1)
    }

    @Test(
        "a payload has 4,096 bytes at most, for topics 2,048",
        arguments: [
            (.token("t"), 4_096), (.fid("f"), 4_096), (.topic("news"), 2_048), (.condition("'a' in topics"), 2_048),
        ] as [(FCMTarget, Int)]
    )
    func sizes(target: FCMTarget, limit: Int) {
        for (octets, isTaken) in [(limit, true), (limit + 1, false)] {
            var notification = FCMFixtures.delivery().notification
            notification.data = ["a": Self.filler(octets)]
            notification.fcm.messageJson = #"{"webpush":null}"#
            let result = FCMRequest.build(
                target: target,
                notification: notification,
                configuration: FCMConfiguration(app: "example-shop"),
                nowMs: Self.nowMs
            )
            #expect(((try? result.get()) != nil) == isTaken)
            if !isTaken { #expect(result == .failure(.verdict(.badRequest(.payloadTooLarge)))) }
        }
    }

    @Test("the platforms' own parts count, the largest of them", arguments: ["android", "webpush"])
    func platformSizes(section: String) {
        let large = String(repeating: "é", count: 2_048)
        let result = FCMFixtures.build(
            FCMConfiguration(app: "example-shop"),
            Self.override(#"{"\#(section)":{"data":{"a":"\#(large)"}}}"#)
        )
        #expect(result == .failure(.verdict(.badRequest(.payloadTooLarge))))
        let apart = FCMFixtures.build(
            FCMConfiguration(app: "example-shop"),
            Self.override(
                #"{"android":{"data":{"a":"\#(large.prefix(1_500))"}},"webpush":{"data":{"a":"\#(large.prefix(1_500))"}}}"#
            )
        )
        #expect((try? apart.get()) != nil)
    }

    @Test(
        "whatever is merged, the target is the delivery's and every other member is the rule's",
        arguments: [51, 52, 53] as [UInt64]
    )
    func mergeProperty(seed: UInt64) throws {
        var random = SplitMix64(state: seed)
        let sections = [
            #""notification":{"title":"N"}"#, #""data":{"k":"v"}"#, #""android":{"priority":"NORMAL","ttl":"5s"}"#,
            #""webpush":{"headers":{"x-own":"1"},"fcmOptions":{"analyticsLabel":"w"}}"#,
            #""apns":{"payload":{"aps":{"badge":3}},"headers":{"apns-topic":"t"}}"#,
            #""fcmOptions":{"analyticsLabel":"l"}"#,
        ]
        for round in 0..<200 {
            let chosen = sections.shuffled(using: &random).prefix(Int.random(in: 0...sections.count, using: &random))
            let json = "{\(chosen.joined(separator: ","))}"
            let message = try FCMFixtures.message {
                $0.notification.collapseKey = ["", "k"].randomElement(using: &random) ?? ""
                $0.notification.priority = [.high, .normal, .low].randomElement(using: &random) ?? .high
                $0.notification.data = Bool.random(using: &random) ? ["own": "1"] : [:]
                $0.notification.fcm.messageJson = json
            }
            #expect(message.at("token") == .string(FCMFixtures.token))
            let wanted = try JSONTree(text: json.utf8)
            // Merging what is there already changes nothing: every member of the rule is in the message as it was written.
            #expect(message.merged(with: wanted) == message, "seed \(seed), round \(round): \(json)")
            #expect(FCMMessageSchema.check(Self.withoutTarget(message), .rendered).problems.isEmpty)
        }
    }

    private static func withoutTarget(_ message: JSONTree) -> JSONTree {
        var object = message.object ?? JSONObject()
        object["token"] = nil
        return .object(object)
    }
}
