import PushCore
import PushProviders
import Testing

@Suite("Pictures beside the words")
struct ImageTests {
    private static let image = "https://shop.example.com/17.png"

    @Test(
        "a picture's address is https, short, and printable",
        arguments: [
            ("https://a", true), ("HTTPS://a/b?c=d#e", true), ("https://", false), ("http://a/b.png", false),
            ("//a/b.png", false), ("data:image/png;base64,AA", false), ("https://a/b c.png", false),
            ("https://a/é.png", false), ("https://a/" + String(repeating: "x", count: 2_039), false), ("", false),
            ("https://a/" + String(repeating: "x", count: 2_038), true),
        ]
    )
    func address(text: String, isUsable: Bool) {
        #expect(ImageAddress.isUsable(text) == isUsable)
        #expect(ImageAddress.mayBeUsable(template: text) == isUsable)
    }

    @Test(
        "of a template, what stands before its first tag must begin so",
        arguments: [
            ("{{data.image}}", true), ("https://a/{{data.id}}.png", true), ("https://{{data.host}}/x", true),
            ("http://a/{{data.id}}.png", false), ("x{{data.image}}", false), ("https:{{data.rest}}", false),
        ]
    )
    func template(text: String, mayBeUsable: Bool) {
        #expect(ImageAddress.mayBeUsable(template: text) == mayBeUsable)
    }

    // MARK: APNs

    private static func apnsText(_ change: (inout PushCore.Notification) -> Void) throws -> String {
        let result = APNsRequestTests.build { delivery in
            delivery.notification.contents[0].image = image
            change(&delivery.notification)
        }
        return String(decoding: try result.get().body, as: UTF8.self)
    }

    private static func apns(_ change: (inout PushCore.Notification) -> Void) throws -> JSONTree {
        try JSONTree(text: apnsText(change).utf8)
    }

    @Test("APNs: the address is beside aps, and the service extension may fetch it", arguments: ["", "{}"])
    func apns(overrides: String) throws {
        let text = try Self.apnsText {
            $0.apns.apsJson = overrides
            $0.data = ["image": "mine", "a": "1"]
        }
        // A name that appears twice would be read differently by different readers.
        #expect(text.ranges(of: #""image":"#).count == 1)
        let payload = try JSONTree(text: text.utf8)
        #expect(payload.object?["image"] == .string(Self.image))
        #expect(payload.object?["aps"]?.object?["mutable-content"] == 1)
        #expect(payload.object?.members.map(\.name) == ["aps", "a", "image", "notification_id"])
    }

    @Test("APNs: a rule may say that it is not to be changed, and without a picture its own data stays")
    func apnsOwnWords() throws {
        let payload = try Self.apns { $0.apns.apsJson = #"{"mutable-content":null}"# }
        #expect(payload.object?["aps"]?.object?["mutable-content"] == nil)
        let without = try Self.apns {
            $0.contents[0].image = ""
            $0.data = ["image": "mine"]
        }
        #expect(without.object?["image"] == "mine" && without.object?["aps"]?.object?["mutable-content"] == nil)
    }

    // MARK: FCM

    @Test("FCM: the picture is the notification's, and Apple's devices may fetch it")
    func fcm() throws {
        let request = try FCMFixtures.build { $0.notification.contents[0].image = Self.image }.get()
        let message = try #require(try JSONTree(text: request.body).object?["message"]?.object)
        #expect(message["notification"] == ["title": "Order 17", "image": .string(Self.image)])
        #expect(message["apns"]?.object?["payload"] == ["aps": ["mutable-content": 1]])
    }

    @Test("FCM: a picture without words is none, and a rule's own takes its place")
    func fcmOwnWords() throws {
        let silent = try FCMFixtures.build {
            $0.notification.contents[0].title = ""
            $0.notification.contents[0].image = Self.image
        }.get()
        #expect(try JSONTree(text: silent.body).object?["message"]?.object?["notification"] == nil)
        let own = try FCMFixtures.build {
            $0.notification.contents[0].image = Self.image
            $0.notification.fcm.messageJson = #"{"notification":{"image":"https://other.example/i"}}"#
        }.get()
        let words = try JSONTree(text: own.body).object?["message"]?.object?["notification"]
        #expect(words == ["title": "Order 17", "image": "https://other.example/i"])
    }

    // MARK: Web Push

    @Test("Web Push: the picture is the notification's, in both forms", arguments: [false, true])
    func webPush(isDeclarative: Bool) throws {
        let text = try WebPushFixtures.plaintext {
            $0.notification.contents[0].image = Self.image
            $0.notification.webPush.declarative = isDeclarative
        }
        let tree = try JSONTree(text: text.utf8)
        let shown = isDeclarative ? tree.object?["notification"] : tree
        #expect(shown?.object?["image"] == .string(Self.image))
    }

    // MARK: All

    @Test("a picture that no device would fetch is refused", arguments: ["http://a/b.png", "b.png", "javascript:x"])
    func refused(image: String) {
        let refusal = Verdict.badRequest(.invalidPayload)
        func change(_ delivery: inout Delivery) { delivery.notification.contents[0].image = image }
        #expect(APNsRequestTests.build(change) == .failure(.verdict(refusal)))
        #expect(FCMFixtures.build(FCMConfiguration(app: "example-shop"), change) == .failure(.verdict(refusal)))
        #expect(WebPushFixtures.build(WebPushFixtures.configuration, change) == .failure(.verdict(refusal)))
    }
}
