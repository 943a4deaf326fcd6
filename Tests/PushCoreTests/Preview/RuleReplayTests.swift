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

    @Test("Fan-outs are counted and their topics named: who is subscribed is not known; differences are told by topic")
    func subscribers() throws {
        let rule = { (topics: String, title: String) in
            try Make.rule("stock", users: topics) {
                $0.isForSubscribers = true
                $0.contents[0].title = Make.located(title)
            }
        }
        let values = (1...3).map { #"{"order":"\#($0)","user":["s-1","s-\#($0)"]}"# } + [#"{"order":"4","user":[]}"#]
        let alone = Self.replay([try rule("data.user", "T")], nil, values)
        var wanted = RuleReplay.RuleCount(events: 3)
        wanted.fanOuts = 3
        wanted.topics = 3
        wanted.topicNames = ["s-1", "s-2", "s-3"]
        #expect(alone.newCount.rules == ["stock": wanted])
        #expect(alone.newCount.fanOuts == 3 && alone.newCount.notifications == 0 && alone.newCount.recipients == 0)
        #expect(alone.items.map(\.recipient) == ["s-1", "s-1", "s-2", "s-1", "s-3"])
        #expect(alone.items.allSatisfy { $0.isTopic })

        let changed = try rule("[data.user[0], 'new']", "T")
        let other = Self.replay([changed], [try rule("data.user", "T")], Array(values[1...2]))
        #expect(other.changes == [.added: 2, .removed: 2])
        let shown = Set(other.items.map { "\($0.change?.rawValue ?? "") \($0.recipient)" })
        #expect(shown == ["added new", "removed s-2", "removed s-3"])
        let worded = Self.replay([try rule("data.user", "U")], [try rule("data.user", "T")], [values[1]])
        #expect(worded.changes == [.words: 2])

        // A user and a topic of the same name are two.
        let users = Self.replay([try rule("data.user", "T")], [try Make.rule("stock")], [values[0]])
        #expect(users.changes == [.added: 1, .removed: 1])
    }

    @Test("Of many topics the first are named, and all are counted")
    func manyTopics() throws {
        let rule = try Make.rule("stock", users: "data.user") { $0.isForSubscribers = true }
        let names = (1...30).map { "\"t-\($0)\"" }.joined(separator: ",")
        let count = Self.replay([rule], nil, [#"{"order":"1","user":[\#(names)]}"#]).newCount.rules["stock"]
        #expect(count?.topics == 30 && count?.topicNames == (1...20).map { "t-\($0)" } && count?.fanOuts == 1)
    }
}
