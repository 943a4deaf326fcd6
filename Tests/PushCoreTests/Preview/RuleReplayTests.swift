import Testing

@testable import PushCore

/// Past events against one set of rules, and the difference between two.
struct RuleReplayTests {
    private static func replay(_ new: [Rule], _ old: [Rule]?, itemsMax: Int = 10, _ values: [String]) -> RuleReplay {
        var replay = RuleReplay(
            new: RuleSet(new, version: "new"),
            old: old.map { RuleSet($0, version: "old") },
            mappings: [:],
            digests: .openSSL,
            itemsMax: itemsMax
        )
        for (index, value) in values.enumerated() {
            let record = Sample.binary(["id": "e\(index)", "time": "2026-01-01T00:00:00Z"], value: value)
            record.withInputRecord { replay.take($0) }
        }
        return replay
    }

    @Test("Events, notifications and people are counted for each rule, each person once")
    func counts() throws {
        let rules = [
            try Make.rule("a"), try Make.rule("b", when: "data.order == '2'"), try Make.rule("c", when: "data.nope"),
            try Make.rule("d", on: ["other"]),
        ]
        let replay = Self.replay(
            rules,
            nil,
            itemsMax: 2,
            [#"{"order":"1","user":"u"}"#, #"{"order":"2","user":["u","v"]}"#, "nope"]
        )
        #expect(replay.events == 2 && replay.deadLetters == 1)
        let count = replay.newCount
        #expect(count.rules["a"] == RuleReplay.RuleCount(events: 2, notifications: 3, recipients: 2))
        #expect(count.rules["b"] == RuleReplay.RuleCount(events: 1, notifications: 2, recipients: 2))
        #expect(count.rules["c"] == nil && count.rules["d"] == nil)
        #expect(count.notifications == 5 && count.recipients == 2 && count.failures == 2)
        #expect(count.failureDetails == ["rule c: when: 1:6: no such key: nope"])
        #expect(replay.items.map(\.after) == ["Order 1 | ", "Order 2 | "] && replay.oldCount == nil)
    }

    @Test("What is added, removed, worded differently or sent in another manner is told apart")
    func differences() throws {
        let old = [
            try Make.rule("same"), try Make.rule("gone"), try Make.rule("worded"), try Make.rule("manner"),
            try Make.rule("stricter"),
        ]
        let new = [
            try Make.rule("same"),
            try Make.rule("worded") { $0.contents[0].title = Make.located("Now {{data.order}}") },
            try Make.rule("manner") { $0.priority = .low }, try Make.rule("stricter", when: "data.order == '1'"),
            try Make.rule("extra", when: "data.order == '2'"),
        ]
        let replay = Self.replay(new, old, [#"{"order":"1","user":"u"}"#, #"{"order":"2","user":"u"}"#])
        #expect(replay.changes == [.added: 1, .removed: 3, .words: 2, .options: 2])
        let shown = replay.items.map { "\($0.change?.rawValue ?? "") \($0.rule) \($0.eventID)" }
        #expect(
            Set(shown) == [
                "words worded e0", "options manner e0", "removed gone e0", "words worded e1", "options manner e1",
                "added extra e1", "removed gone e1", "removed stricter e1",
            ]
        )
        let words = replay.items.first { $0.change == .words }
        #expect(words?.before == "Order 1 | " && words?.after == "Now 1 | ")
        #expect(replay.oldCount?.notifications == 10 && replay.newCount.notifications == 8)
    }
}
