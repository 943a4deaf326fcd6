import Testing

@testable import PushCore

@Suite("Rules: what a rule says once for all providers")
struct NeutralOptionsTests {
    private static let event = #"{"user":"ann","order":7,"unread":3,"word":"x"}"#

    private func notification(_ change: (inout RuleDefinition) -> Void) throws -> Notification {
        try #require(try Make.rules(Make.rule(change: change)).decide(Self.event).effects.notifications().first)
    }

    @Test("sound, thread and actions reach each provider in its own words")
    func all() throws {
        let notification = try notification { rule in
            rule.sound = Make.located("ping")
            rule.thread = Make.located("order-{{data.order}}")
            rule.actions = Make.located("ORDER")
        }
        #expect(notification.apns.sound == "ping" && notification.apns.threadID == "order-7")
        #expect(notification.apns.category == "ORDER" && notification.data == ["actions": "ORDER"])
        #expect(
            notification.fcm.messageJson
                == #"{"android":{"notification":{"sound":"ping"}},"apns":{"payload":{"aps":{"sound":"ping","thread-id":"order-7","category":"ORDER"}}}}"#
        )
        #expect(notification.webPush.notificationJson == #"{"sound":"ping","thread":"order-7"}"#)
    }

    @Test("what a rule sets for one provider is merged last")
    func overrides() throws {
        let notification = try notification { rule in
            rule.sound = Make.located("ping")
            rule.apns.sound = Make.located("pong")
            rule.fcm = MembersDefinition(tree: ["android": ["notification": ["sound": "{{data.word}}"]]], templates: [])
            rule.webPush.notification = MembersDefinition(tree: ["sound": .null, "icon": "/i.png"], templates: [])
            rule.data = [("actions", Make.located("mine"))]
            rule.actions = Make.located("ORDER")
        }
        #expect(notification.apns.sound == "pong" && notification.data == ["actions": "mine"])
        #expect(notification.fcm.messageJson.contains(#""android":{"notification":{"sound":"x"}}"#))
        #expect(notification.webPush.notificationJson == #"{"icon":"/i.png"}"#)
    }

    @Test("a rule without them carries nothing of them")
    func none() throws {
        let notification = try notification { _ in }
        #expect(!notification.hasApns && !notification.hasFcm && !notification.hasWebPush && !notification.hasBadge)
        #expect(!notification.badgeIncrements && !notification.dropTooLong)
    }

    @Test("a badge is a number, what a template gives, or counted later")
    func badge() throws {
        #expect(try notification { $0.badge = .number(0) }.hasBadge)
        #expect(try notification { $0.badge = .template(Make.located("{{data.unread}}")) }.badge == 3)
        #expect(try !notification { $0.badge = .template(Make.located("{{data.none}}")) }.hasBadge)
        let counted = try notification { $0.badge = .increment }
        #expect(counted.badgeIncrements && !counted.hasBadge)
    }

    @Test("a badge that is no number dead-letters the event for the rule")
    func wrongBadge() throws {
        let rule = try Make.rule { $0.badge = .template(Make.located("{{data.word}}")) }
        let decided = Make.rules(rule).decide(Self.event)
        #expect(decided.disposition == .deadLettered && decided.failures == 1)
    }

    @Test("a rule may refuse to be shortened")
    func drop() throws {
        #expect(try notification { $0.dropTooLong = true }.dropTooLong)
    }

    @Test(
        "a mistake is said once, however many providers the key is for",
        arguments: ["{{data.x", "{{#a}}", "{{frm(data.x)}}"]
    )
    func saidOnce(text: String) {
        let (id, types) = (Make.located("r"), [Make.located("t")])
        var definition = RuleDefinition(id: id, eventTypes: types, users: Make.located("data.u"))
        var content = ContentDefinition(locale: Make.located("en"))
        content.title = Make.located("x")
        definition.contents = [content]
        let place = SourcePlace(file: "rules.yaml", line: 7)
        definition.sound = Located(text, at: place, key: "sound")
        definition.thread = Located(text, at: SourcePlace(file: "rules.yaml", line: 8), key: "thread")
        var problems: [Problem] = []
        _ = Rule(compiling: definition, problems: &problems)
        #expect(problems.map(\.key).filter { $0 == "sound" || $0 == "thread" } == ["sound", "thread"], "\(problems)")
    }
}
