import Testing

@testable import PushCore

@Suite("Rules: what protects people")
struct PeopleRulesTests {
    private static let event = #"{"user":"ann","order":7,"post":"p1","name":"Bo","flag":true}"#

    @Test("dedupe keys, cancellations and what bypasses quiet hours stand in the notification")
    func fields() throws {
        let rules = Make.rules(
            try Make.rule {
                $0.dedupeKey = Make.located("order-{{data.order}}")
                $0.dedupeWindow = .seconds(90)
                $0.cancels = Make.located("cart-{{data.order}}")
                $0.bypassQuietHours = true
            }
        )
        let notification = try #require(try rules.decide(Self.event).effects.notifications().first)
        #expect(notification.dedupeKey == "order-7" && notification.dedupeWindowMs == 90_000)
        #expect(notification.cancels == "cart-7" && notification.bypassQuietHours)
    }

    @Test("a rule that has nothing to say but what it cancels asks for no notification")
    func cancellation() throws {
        let rules = Make.rules(
            try Make.rule {
                $0.contents = []
                $0.cancels = Make.located("cart-{{data.order}}")
            }
        )
        let decided = rules.decide(Self.event)
        #expect(decided.disposition == .matched && decided.notifications == 0)
        #expect(try decided.effects.outputs(.inbox).map { try $0.command().cancel.collapseKey } == ["cart-7"])
        #expect(decided.effects.outputs(.inbox).map(\.keyText) == ["u:ann"])
    }

    @Test("a digest's words are filled in as far as the event goes, and joined with the others'")
    func digest() throws {
        let rule = try Make.rule {
            var digest = DigestDefinition()
            digest.window = .seconds(60)
            digest.key = Make.located("post-{{data.post}}")
            var content = ContentDefinition(locale: Make.located("en"))
            content.title = Make.located("{{ digest.count }} on {{data.post}}")
            content.body = Make.located(
                "{{#digest.items}}{{data.name}}{{#data.flag}}!{{/data.flag}} {{/digest.items}}"
                    + "{{#digest.more}}and {{{digest.more}}} more{{/digest.more}}{{^digest.more}}all{{/digest.more}}"
            )
            digest.contents = [content]
            $0.digest = digest
        }
        let notification = try #require(try Make.rules(rule).decide(Self.event).effects.notifications().first)
        #expect(notification.digest.windowMs == 60_000 && notification.digest.key == "post-p1")
        #expect(DigestWords.fragments(of: notification.digest) == ["Bo! "])
        func words(_ items: [[String]], _ count: Int) -> String {
            let words = DigestWords(plan: notification.digest, items: items, count: count)
            let content = words.content(notification.digest.contents[0])
            return "\(content.title)/\(content.body)"
        }
        #expect(words([["Al "], ["Bo! "]], 2) == "2 on p1/Al Bo! all")
        #expect(words([["Al "], ["Bo! "]], 5) == "5 on p1/Al Bo! and 3 more")
        #expect(words([["of", "another version"]], 1) == "1 on p1/and 1 more")
    }

    @Test(
        "a digest's template that cannot be is told at its place",
        arguments: [
            ("{{#digest.items}}x", 1, 1, "not closed"), ("a {{digest.total}}", 1, 3, "is none of"),
            ("{{#data.x}}{{digest.count}}{{/data.x}}", 1, 12, "in a section of something else"),
            ("{{#digest.items}}{{digest.count}}{{/digest.items}}", 1, 18, "in a section of items"),
            ("{{#digest.items}}\n{{data..x}}{{/digest.items}}", 2, 1, "is not a name"),
            ("{{#digest.more}}{{#data.x}}{{/digest.more}}", 1, 17, "not closed"),
        ]
    )
    func mistakes(_ source: String, _ line: Int, _ column: Int, _ message: String) {
        do throws(Template.Invalid) {
            _ = try DigestTemplate(source)
            Issue.record("\(source) is taken")
        } catch {
            #expect(error.line == line && error.column == column && error.message.contains(message), "\(error)")
        }
    }

    @Test("what one event contributes is cut at whole characters")
    func cut() throws {
        let rule = try Make.rule {
            var digest = DigestDefinition()
            var content = ContentDefinition(locale: Make.located("en"))
            content.body = Make.located("{{#digest.items}}{{data.name}}{{/digest.items}}")
            digest.contents = [content]
            $0.digest = digest
        }
        let long = String(repeating: "é", count: 400)
        let event = #"{"user":"ann","name":"\#(long)"}"#
        let notification = try #require(try Make.rules(rule).decide(event).effects.notifications().first)
        let fragment = try #require(DigestWords.fragments(of: notification.digest).first)
        #expect(fragment.utf8.count <= 512 && fragment.utf8.count > 508 && fragment.hasSuffix("é…"))
    }

    // MARK: Cancellations from outside

    private func decide(_ value: String, registration: Bool) throws -> RulesCore.Decided {
        var record = Sample.binary(["type": "push.notification.cancelled"], value: value)
        record.timestampMs = Make.timeMs
        let rules = Make.rules(try Make.rule(on: ["*"]))
        return record.withInputRecord { registration ? rules.handle(registration: $0) : rules.handle(event: $0) }
    }

    @Test("a cancellation is taken from both kinds of topic, by key or by id", arguments: [true, false])
    func cancelled(registration: Bool) throws {
        let byKey = try decide(#"{"user_id":"ann","collapse_key":"cart"}"#, registration: registration)
        #expect(try byKey.effects.outputs.map { try $0.command().cancel.collapseKey } == ["cart"])
        #expect(byKey.effects.outputs.map(\.keyText) == ["u:ann"])
        let id = Make.notification().id
        let byID = try decide(#"{"user_id":"ann","notification_id":"\#(id)"}"#, registration: registration)
        #expect(try byID.effects.outputs.map { try $0.command().cancel.notificationIDHigh } == [id.high])
        for wrong in [
            #"{"user_id":"ann"}"#, #"{"collapse_key":"cart"}"#, #"{"user_id":"ann","notification_id":"cart"}"#,
            #"{"user_id":"ann","notification_id":"\#(id)","collapse_key":"cart"}"#,
        ] {
            #expect(try decide(wrong, registration: registration).disposition == .deadLettered, "\(wrong)")
        }
    }
}
