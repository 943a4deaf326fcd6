import PushCore
import Testing

@testable import PushProviders

@Suite("Bodies that are too long")
struct BodyShorteningTests {
    /// Letters of one to 25 octets in UTF-8, and what JSON has to escape.
    private static let letters = ["a", "é", "e\u{301}", "語", "😀", "👨‍👩‍👧‍👦", "🇩🇪", "\"", "\n", "\u{1}", " "]

    private static func body(_ count: Int, _ random: inout SeededNumbers) -> String {
        (0..<count).map { _ in letters[Int(random.next() % UInt64(letters.count))] }.joined()
    }

    struct SeededNumbers {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 33
        }
    }

    private func alert(_ body: [UInt8]) throws -> String {
        let tree = try JSONTree(text: body)
        return try #require(tree.object?["aps"]?.object?["alert"]?.object?["body"]?.string)
    }

    @Test("APNs: the longest beginning that fits, cut between characters, with an ellipsis", arguments: 1...20)
    func apns(_ seed: Int) throws {
        var random = SeededNumbers(state: UInt64(seed))
        let body = Self.body(5_000, &random)
        let request = try APNsRequestTests.build { $0.notification.contents[0].body = body }.get()
        #expect(request.isTruncated)
        let shown = try alert(request.body)
        #expect(shown.hasSuffix("…"))
        let kept = shown.dropLast()
        #expect(body.hasPrefix(kept))
        // One character more would not have fitted.
        let next = String(body.dropFirst(kept.count).prefix(1))
        let more =
            try JSONTree(text: request.body).octets.count - JSONTree.string(shown).octets.count
            + JSONTree.string(kept + next + "…").octets.count
        #expect(request.body.count <= 4_096 && more > 4_096, "seed \(seed): \(request.body.count), \(more)")
    }

    @Test("a payload that fits to the octet is left as it is")
    func exact() throws {
        let empty = try APNsRequestTests.build { $0.notification.contents[0].body = "x" }.get().body.count
        let fits = try APNsRequestTests.build {
            $0.notification.contents[0].body = String(repeating: "x", count: 4_096 - empty + 1)
        }.get()
        #expect(fits.body.count == 4_096 && !fits.isTruncated)
        let cut = try APNsRequestTests.build {
            $0.notification.contents[0].body = String(repeating: "x", count: 4_096 - empty + 2)
        }.get()
        #expect(cut.body.count == 4_096 && cut.isTruncated)
    }

    @Test("a rule that drops, words without a body, and a rest that is too long are refused")
    func refused() {
        let long = String(repeating: "x", count: 5_000)
        let tooLarge: Result<APNsRequest, APNsRequest.Refusal> = .failure(.verdict(.badRequest(.payloadTooLarge)))
        let drop = APNsRequestTests.build {
            $0.notification.contents[0].body = long
            $0.notification.dropTooLong = true
        }
        #expect(drop == tooLarge)
        #expect(APNsRequestTests.build { $0.notification.contents[0].title = long } == tooLarge)
        let data = APNsRequestTests.build {
            $0.notification.contents[0].body = "short"
            $0.notification.data["x"] = long
        }
        #expect(data == tooLarge)
    }

    @Test("FCM: devices have 4096 octets, topics 2048", arguments: 1...10)
    func fcm(_ seed: Int) throws {
        var random = SeededNumbers(state: UInt64(seed))
        let body = Self.body(5_000, &random)
        for (device, limit) in [(true, 4_096), (false, 2_048)] {
            var notification = APNsRequestTests.delivery().notification
            notification.contents[0].body = body
            notification.contents[0].subtitle = "s"
            let request = try FCMRequest.build(
                target: device ? .token("t") : .topic("news"),
                notification: notification,
                configuration: FCMConfiguration(app: "example-shop"),
                nowMs: APNsRequestTests.nowMs
            ).get()
            #expect(request.isTruncated)
            let message = try #require(try JSONTree(text: request.body).object?["message"]?.object)
            let size = FCMPayloadSize.octets(of: message)
            // The largest part has the body escaped: the next character has at most some 30 octets.
            #expect(size <= limit && size > limit - 60, "seed \(seed): \(size)")
            let shown = try #require(message["notification"]?.object?["body"]?.string)
            #expect(shown.hasSuffix("…") && body.hasPrefix(shown.dropLast()))
        }
    }

    @Test("a badge is in all payloads; what a rule sets for APNs alone counts more")
    func badge() throws {
        let request = try APNsRequestTests.build { $0.notification.badge = 7 }.get()
        #expect(try JSONTree(text: request.body).object?["aps"]?.object?["badge"] == .integer(7))
        let own = try APNsRequestTests.build {
            $0.notification.badge = 7
            $0.notification.apns.badge = 3
        }.get()
        #expect(try JSONTree(text: own.body).object?["aps"]?.object?["badge"] == .integer(3))
        var notification = APNsRequestTests.delivery().notification
        notification.badge = 0
        let fcm = try FCMRequest.build(
            target: .token("t"),
            notification: notification,
            configuration: FCMConfiguration(app: "example-shop"),
            nowMs: APNsRequestTests.nowMs
        ).get()
        let message = try #require(try JSONTree(text: fcm.body).object?["message"]?.object)
        #expect(message["android"]?.object?["notification"]?.object?["notificationCount"] == .integer(0))
        #expect(message["apns"]?.object?["payload"]?.object?["aps"]?.object?["badge"] == .integer(0))
    }
}
