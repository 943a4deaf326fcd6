import SwiftProtobuf
import Testing

@testable import PushCore

@Suite("Rules: what follows from an event")
struct RulesCoreTests {
    @Test("a rule that matches asks for a notification, with a derived id and where it came from")
    func matched() throws {
        let core = Make.rules(
            try Make.rule(when: "data.total > 0") {
                $0.category = "orders"
                $0.collapse = Make.located("order-{{data.order}}")
                $0.contents[0].image = Make.located("https://shop.example.com/{{data.order}}.png")
                $0.link = Make.located("https://shop.example.com/{{data.order}}")
                $0.data = [("order", Make.located("{{data.order}}"))]
                $0.apns.sound = Make.located("{{data.sound}}")
                $0.apns.badge = 3
                $0.limit = Make.located("slow")
                $0.bypassLimits = true
                $0.priority = .low
            }
        )
        let decided = core.decide(#"{"user":"ann","order":7,"total":2,"sound":"bell"}"#)
        #expect(decided.disposition == .matched && decided.notifications == 1 && decided.failures == 0)
        let output = try #require(decided.effects.outputs.first)
        #expect(decided.effects.outputs.count == 1 && output.topic == .inbox && output.keyText == "u:ann")
        let notification = try output.command().notify.notification
        let id = Digests.openSSL.notificationIdentifier(
            eventSource: "/shop",
            eventID: "e-1",
            ruleID: "shipped",
            userID: "ann"
        )
        #expect(notification.id == id && notification.ruleID == "shipped" && notification.ruleSetVersion == "v1")
        #expect(notification.event.id == "e-1" && notification.event.type == "com.example.order.shipped")
        #expect(notification.event.source == "/shop" && notification.event.timeMs == Make.timeMs)
        #expect(notification.category == "orders" && notification.priority == .low)
        #expect(notification.collapseKey == "order-7" && notification.data == ["order": "7"])
        #expect(notification.link == "https://shop.example.com/7")
        #expect(notification.contents.map(\.title) == ["Order 7"] && notification.contents[0].locale == "en")
        #expect(notification.contents[0].image == "https://shop.example.com/7.png")
        #expect(notification.apns.sound == "bell" && notification.apns.badge == 3)
        #expect(notification.limit == "slow" && notification.bypassLimits)
    }

    @Test("the same record gives the same commands; another record with the same event, another origin")
    func stable() throws {
        let core = Make.rules(try Make.rule())
        let value = #"{"user":"ann","order":1}"#
        #expect(core.decide(value).effects == core.decide(value).effects)
        let first = try core.decide(value).effects.outputs[0].command().notify
        for change in [{ $0.offset = 78 }, { $0.partition = 3 }, { $0.topic = "other" }]
            as [(inout OwnedRecord) -> Void]
        {
            let other = try core.decide(value, change).effects.outputs[0].command().notify
            #expect(other.notification.id == first.notification.id && other.origin != first.origin)
        }
    }

    @Test(
        "what no rule wants is counted and leaves nothing behind",
        arguments: ["com.example.order.paid", "com.example.order.shipped"]
    )
    func unmatched(_ type: String) throws {
        let core = Make.rules(try Make.rule(when: "data.total > 100"))
        let decided = core.decide(#"{"user":"ann","total":1}"#) { $0.headers[3].value = Array(type.utf8) }
        #expect(decided.disposition == .unmatched && decided.effects.isEmpty)
    }

    @Test("a rule that fails sets the event aside for itself alone; the others apply")
    func failing() throws {
        let core = Make.rules(
            try Make.rule("bad", when: "data.missing > 1"),
            try Make.rule("good"),
            try Make.rule("odd", users: "data.order > 0")
        )
        let decided = core.decide(#"{"user":"ann","order":1}"#)
        #expect(decided.disposition == .matched && decided.failures == 2 && decided.notifications == 1)
        let letters = decided.effects.deadLetters
        #expect(letters.count == 2)
        #expect(letters.allSatisfy { $0.header("dlq_reason") == "rule_failed" && $0.header("dlq_stage") == "rules" })
        #expect(letters[0].header("dlq_detail")?.hasPrefix("rule bad: when: ") == true)
        #expect(letters[1].header("dlq_detail")?.hasPrefix("rule odd: to.users: ") == true)
        #expect(try decided.effects.notifications().map(\.ruleID) == ["good"])
        let only = Make.rules(try Make.rule("bad", when: "data.missing > 1")).decide(#"{"user":"ann"}"#)
        #expect(only.disposition == .deadLettered && only.effects.outputs.count == 1)
    }

    @Test(
        "users are a string, an integer, or a list of them, each once",
        arguments: [
            (#""ann""#, ["ann"]), ("42", ["42"]), (#"["ann","bob","ann"]"#, ["ann", "bob"]),
            (#"[1,"1",2]"#, ["1", "2"]),
            ("[]", []), ("-5", ["-5"]),
            (#""\#(String(repeating: "x", count: 256))""#, [String(repeating: "x", count: 256)]),
        ] as [(String, [String])]
    )
    func users(_ user: String, _ expected: [String]) throws {
        let decided = Make.rules(try Make.rule()).decide(#"{"user":\#(user)}"#)
        #expect(decided.disposition == .matched && decided.notifications == expected.count)
        #expect(decided.effects.outputs.map(\.keyText) == expected.map { "u:\($0)" })
        let ids = Set(try decided.effects.notifications().map(\.id))
        #expect(ids.count == expected.count)
    }

    @Test(
        "what names no user sets the event aside",
        arguments: [
            "null", "true", "1.5", "{}", #""""#, #"["ann",""]"#, #"["ann",null]"#, #"[["ann"]]"#,
            #""\#(String(repeating: "x", count: 257))""#,
        ]
    )
    func noUsers(_ user: String) throws {
        let decided = Make.rules(try Make.rule()).decide(#"{"user":\#(user)}"#)
        #expect(decided.disposition == .deadLettered && decided.effects.outputs.count == 1)
        #expect(decided.effects.deadLetters.first?.header("dlq_detail")?.hasPrefix("rule shipped: to.users: ") == true)
    }

    @Test("one event addresses no more users than allowed")
    func tooManyUsers() throws {
        let core = Make.rules(try Make.rule())
        func list(_ count: Int) -> String { "{\"user\":[\((0..<count).map(String.init).joined(separator: ","))]}" }
        #expect(core.decide(list(RulesCore.recipientsMax)).notifications == RulesCore.recipientsMax)
        #expect(core.decide(list(RulesCore.recipientsMax + 1)).disposition == .deadLettered)
    }

    @Test("the lifetime counts from the event's time, or the record's; a receipt repeats the event's alone")
    func lifetime() throws {
        let core = Make.rules(try Make.rule { $0.timeToLive = .seconds(60) })
        let value = #"{"user":"ann"}"#
        let timed = try core.decide(value).effects.notifications()[0]
        #expect(timed.expiresAtMs == Make.timeMs + 60_000 && timed.event.timeMs == Make.timeMs)
        let untimed = try core.decide(value) { record in
            record.headers.removeAll { $0.name == Array("ce_time".utf8) }
        }.effects.notifications()[0]
        #expect(untimed.expiresAtMs == Make.timeMs + 9 + 60_000)
        #expect(untimed.event.timeMs == 0, "the event carries no time")
    }

    @Test("each language has its words, in the order of the rule")
    func contents() throws {
        let core = Make.rules(
            try Make.rule {
                var german = ContentDefinition(locale: Make.located("de"))
                german.body = Make.located("Bestellung {{data.order}}")
                $0.contents.append(german)
            }
        )
        let contents = try core.decide(#"{"user":"ann","order":"7"}"#).effects.notifications()[0].contents
        #expect(contents.map(\.locale) == ["en", "de"])
        #expect(contents[1].body == "Bestellung 7" && contents[1].title.isEmpty)
    }

    @Test("the trace context goes along")
    func traceContext() throws {
        let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        let decided = Make.rules(try Make.rule()).decide(#"{"user":"ann"}"#) {
            $0.headers += [.init("traceparent", parent), .init("tracestate", "a=b")]
        }
        let output = try #require(decided.effects.outputs.first)
        #expect(output.header("traceparent") == parent && output.header("tracestate") == "a=b")
        #expect(try decided.effects.notifications()[0].traceparent == parent)
    }

    @Test("what is no event is set aside, and a tombstone is skipped")
    func noEvent() throws {
        let core = Make.rules(try Make.rule())
        let letter = core.decide(#"{"user":"#)
        #expect(letter.disposition == .deadLettered)
        #expect(letter.effects.deadLetters.first?.header("dlq_reason") == "invalid_json")
        let tombstone = OwnedRecord(topic: "shop.events", key: [1])
        #expect(tombstone.withInputRecord { core.handle(event: $0) }.disposition == .skipped)
        #expect(tombstone.withInputRecord { core.handle(registration: $0) }.disposition == .skipped)
    }

    @Test("a registration goes to its address, and a bad one aside")
    func registrations() throws {
        let core = Make.rules()
        let record = Registration.record("push.device.registered", Registration.apns)
        let decided = record.withInputRecord { core.handle(registration: $0) }
        #expect(decided.disposition == .registration)
        let fingerprint = Digests.openSSL.fingerprint(of: "0123456789abcdefabcdef")
        #expect(decided.effects.outputs.map(\.keyText) == ["a:\(fingerprint)"])
        let bad = Registration.record("push.device.registered", ["user_id": #""u""#])
        let letter = bad.withInputRecord { core.handle(registration: $0) }
        #expect(letter.disposition == .deadLettered && letter.effects.deadLetters.count == 1)
    }

    @Test(
        "candidates are the rules of the type and of its prefixes, each once, in their order",
        arguments: [
            ("a.b.c", [0, 1, 2, 4]), ("a.b.d", [1, 2, 4]), ("a.b.", [1, 2, 4]), ("a.b", [2, 4]), ("x", [3, 4]),
            ("y", [4]),
        ] as [(String, [Int])]
    )
    func candidates(_ type: String, _ expected: [Int]) throws {
        let rules = try [["a.b.c"], ["a.b.c", "a.b.*"], ["a.*", "a.b*"], ["x"], ["*"]].enumerated().map {
            try Make.rule("r\($0.offset)", on: $0.element)
        }
        #expect(RuleSet(rules, version: "").candidates(for: type) == expected)
    }
}

@Suite("Rules: subscribers")
struct RuleSubscribersTests {
    private func core(_ topics: String) throws -> RulesCore {
        var core = Make.rules(try Make.rule(users: topics) { $0.isForSubscribers = true })
        core.inboxPartitions = 3
        return core
    }

    @Test("one command goes to each partition of the inbox, the same to all; nobody is counted yet")
    func commands() throws {
        let decided = try core("data.topics").decide(#"{"topics":["a","b","a"],"order":7}"#)
        #expect(decided.disposition == .matched && decided.notifications == 0)
        let outputs = decided.effects.outputs
        #expect(outputs.map(\.partition) == [0, 1, 2] && Set(outputs.map(\.keyText)).count == 1)
        #expect(outputs[0].keyText.hasPrefix("f:") && outputs.allSatisfy { $0.value == outputs[0].value })
        let fanOut = try outputs[0].command().fanOut
        let notification = try Notification(serializedBytes: fanOut.notification)
        #expect(fanOut.topics == ["a", "b"] && notification.contents.map(\.title) == ["Order 7"])
        #expect(notification.id == Identifier(high: 0, low: 0) && notification.ruleSetVersion == "v1")
        // Another record of the same event is another fan-out, to the same notifications.
        let again = try core("data.topics").decide(#"{"topics":["a","b"],"order":7}"#) { $0.offset = 78 }
        #expect(again.effects.outputs[0].keyText != outputs[0].keyText)
    }

    @Test("no topic is nobody; what is no topic, and too many of them, fail the rule")
    func refused() throws {
        let none = try core("[]").decide("{}")
        #expect(none.disposition == .matched && none.effects.outputs.isEmpty)
        let list = "[" + (0...RulesCore.topicsMax).map { "\"t\($0)\"" }.joined(separator: ",") + "]"
        for (value, words) in [
            (#"{"t":""}"#, "to.subscribers: gives a string of 0 bytes"), (#"{"t":{}}"#, "to.subscribers: gives map"),
            ("{\"t\":\(list)}", "to.subscribers: 101 of them (allowed: at most 100)"),
        ] {
            let decided = try core("data.t").decide(value)
            #expect(decided.disposition == .deadLettered && decided.failures == 1)
            let detail = decided.effects.outputs.first?.headers.first { $0.name == "dlq_detail" }?.value ?? []
            #expect(String(decoding: detail, as: UTF8.self).contains(words))
        }
    }
}
