import PushCore
import Testing

@testable import belfry

/// Rule files: mistakes at their places, and values with theirs.
struct RuleProblemTests {
    /// Put behind `- id: a`, `on` and `to`: the first line is line 4, from column 3.
    static let keyMistakes: [Mistake] = [
        Mistake("wen: x", 4, 3, "rules[0].wen", "did you mean \"when\"?"),
        Mistake("ttl: 0s", 4, 8, "rules[0].ttl", "allowed: 1s to 28d"),
        Mistake("ttl: 29d", 4, 8, "rules[0].ttl", "out of range"),
        Mistake("ttl: 4 hours", 4, 8, "rules[0].ttl", "not a duration"),
        Mistake("priority: urgent", 4, 13, "rules[0].priority", "allowed: high, normal, low"),
        Mistake("collapse: 5", 4, 13, "rules[0].collapse", "put it in quotation marks"),
        Mistake("link: true", 4, 9, "rules[0].link", "put it in quotation marks"),
        Mistake("category: [a]", 4, 13, "rules[0].category", "a list where a text is needed"),
        Mistake("data: { a: { b: c } }", 4, 14, "rules[0].data.a", "a map where a text, number or bool is needed"),
        Mistake("data: { a: }", 4, 14, "rules[0].data.a", "nothing where"),
        Mistake("data: { aps: x }", 4, 16, "rules[0].data.aps", "Apple's own"),
        Mistake("limit: marketign", 4, 10, "rules[0].limit", "did you mean \"marketing\"? (allowed: marketing, none)"),
        Mistake("bypass_limits: yes", 4, 18, "rules[0].bypass_limits", "\"yes\": not a bool (allowed: true, false)"),
        Mistake("content: {}", 4, 12, "rules[0].content", "an empty map"),
        Mistake("content: words", 4, 12, "rules[0].content", "a text where a map is needed"),
        Mistake("content: { en: { subtitle: s } }", 4, 18, "rules[0].content.en", "neither title nor body"),
        Mistake("content: { en: { title: 5 } }", 4, 27, "rules[0].content.en.title", "put it in quotation marks"),
        Mistake(
            "content: { en: { titel: x, body: y } }",
            4,
            20,
            "rules[0].content.en.titel",
            "did you mean \"title\"?"
        ),
        Mistake("content: { image: \"{{data.i}}\" }", 4, 12, "rules[0].content", "neither title nor body"),
        Mistake(
            "content: { title: x, image: \"http://a/{{data.i}}\" }",
            4,
            32,
            "rules[0].content.image",
            "not the address of a picture (allowed: https://"
        ),
        Mistake("content: { title: x, de: { title: y } }", 4, 24, "rules[0].content.de", "unknown key"),
        Mistake("content: { titel: x }", 4, 14, "rules[0].content.titel", "did you mean \"title\"?"),
        Mistake("content: { de_AT: { title: x } }", 4, 14, "rules[0].content.de_AT", "did you mean \"de-AT\"?"),
        Mistake("content: { e: { title: x } }", 4, 14, "rules[0].content.e", "not a language tag"),
        Mistake(
            "content: { en: { title: x }, EN: { title: y } }",
            4,
            32,
            "rules[0].content.EN",
            "this language is here"
        ),
        Mistake("content: { en: }", 4, 18, "rules[0].content.en", "empty"),
        Mistake("apns: { relevance_score: 1.5 }", 4, 28, "rules[0].apns.relevance_score", "allowed: 0.0 to 1.0"),
        Mistake("apns: { badge: -1 }", 4, 18, "rules[0].apns.badge", "out of range"),
        Mistake("apns: { interruption_level: loud }", 4, 31, "rules[0].apns.interruption_level", "passive, active"),
        Mistake("apns: { push_type: alert }", 4, 22, "rules[0].apns.push_type", "no content, sound or badge"),
        Mistake(
            "apns: { push_type: background, sound: default }",
            4,
            22,
            "rules[0].apns.push_type",
            "contradiction"
        ),
        Mistake("apns: { mutable_content: 1 }", 4, 28, "rules[0].apns.mutable_content", "not a bool"),
        Mistake("apns: { thread-id: x }", 4, 11, "rules[0].apns.thread-id", "did you mean \"thread_id\"?"),
        Mistake("limit: all", 4, 10, "rules[0].limit", "no limit has this name"),
    ]

    /// Whole rules, from line 1.
    static let ruleMistakes: [Mistake] = [
        Mistake("id: a", 1, 1, "", "a map where a list of rules is needed"),
        Mistake("hello", 1, 1, "", "a text where a list of rules is needed"),
        Mistake("- hello", 1, 3, "rules[0]", "a text where a map is needed"),
        Mistake("- { on: a, to: { users: u } }", 1, 3, "rules[0].id", "missing"),
        Mistake("- { id: r, to: { users: u } }", 1, 3, "rules[0].on", "missing"),
        Mistake("- { id: r, on: a }", 1, 3, "rules[0].to", "missing (allowed: a map such as { users:"),
        Mistake("- { id: r, on: a, to: u }", 1, 23, "rules[0].to", "a text where a map is needed"),
        Mistake(
            "- { id: r, on: a, to: {} }",
            1,
            23,
            "rules[0].to",
            "names nobody (allowed: one of users, subscribers, fcm_topic"
        ),
        Mistake(
            "- { id: r, on: a, to: { subscribers: s, users: u } }",
            1,
            48,
            "rules[0].to.users",
            "contradiction: beside subscribers"
        ),
        Mistake("- { id: r, on: a, to: { subscribers: s, app: x } }", 1, 46, "rules[0].to.app", "contradiction"),
        Mistake("- { id: r, on: a, to: { app: x } }", 1, 23, "rules[0].to", "names nobody"),
        Mistake(
            "- { id: r, on: a, to: { fcm_topic: s } }",
            1,
            25,
            "rules[0].to.fcm_topic",
            "no app of fcm is configured"
        ),
        Mistake(
            "- { id: r, on: a, to: { users: u, apns_channel: s } }",
            1,
            49,
            "rules[0].to.apns_channel",
            "contradiction: beside users"
        ),
        Mistake(
            "- { id: r, on: a, to: { users: u, app: com.example.shop } }",
            1,
            40,
            "rules[0].to.app",
            "users have devices of any app"
        ),
        Mistake(
            "- { id: r, on: a, to: { apns_channel: s, app: com.example.shpo }, apns: { aps: { event: end } } }",
            1,
            47,
            "rules[0].to.app",
            "did you mean \"com.example.shop\"?"
        ),
        Mistake(
            "- { id: r, on: a, to: { apns_channel: s } }",
            1,
            3,
            "rules[0].apns.aps",
            "event and content-state"
        ),
        Mistake(
            "- { id: r, on: a, to: { apns_channel: s }, apns: { push_type: alert, aps: { event: end } } }",
            1,
            63,
            "rules[0].apns.push_type",
            "channels spread Live Activities"
        ),
        Mistake("- { id: r, on: a, to: { user: s, users: u } }", 1, 25, "rules[0].to.user", "did you mean \"users\"?"),
        Mistake("- { id: r, on: [], to: { users: u } }", 1, 16, "rules[0].on", "an empty list"),
        Mistake("- { id: r, on: a.*.b, to: { users: u } }", 1, 16, "rules[0].on", "only stand at the end"),
        Mistake("- { id: r, on: [a, a], to: { users: u } }", 1, 20, "rules[0].on[1]", "named twice"),
        Mistake("- { id: r, on: [a, 5], to: { users: u } }", 1, 20, "rules[0].on[1]", "a number where a text"),
        Mistake("- { id: \" r\", on: a, to: { users: u } }", 1, 10, "rules[0].id", "no space at the ends"),
        Mistake("- { id: 7, on: a, to: { users: u } }", 1, 9, "rules[0].id", "put it in quotation marks"),
        Mistake(
            "- { id: r, on: a, to: { users: u } }\n- { id: r, on: b, to: { users: u } }",
            2,
            9,
            "rules[1].id",
            "already, at rules/orders.yaml:1:9"
        ),
        Mistake("- id: r\n  id: s\n  on: a\n  to: { users: u }", 2, 3, "id", "already set in line 1"),
        Mistake("- id: r\n  on: *\n  to: { users: u }", 2, 7, "", "put it in quotation marks"),
    ]

    private func expect(_ mistake: Mistake, in loaded: Loaded) throws {
        // Most have no words: that is said as well, and not what they are about.
        let problems = loaded.problems.filter { !$0.message.contains("nothing is shown to anybody") }
        #expect(problems.count == 1, "\(problems)")
        let problem = try #require(problems.first)
        #expect(problem.severity == .error)
        #expect(problem.place == SourcePlace(file: "rules/orders.yaml", line: mistake.line, column: mistake.column))
        #expect(problem.key == mistake.key)
        #expect(problem.description.contains(mistake.fragment), "\(problem)")
        #expect(loaded.configuration != nil, "the configuration itself is right")
    }

    @Test("a mistake in a key of a rule is found at its place", arguments: keyMistakes)
    func key(mistake: Mistake) throws {
        try expect(mistake, in: Sample.load(rules: "- id: a\n  on: b\n  to: { users: u }\n  \(mistake.text)\n"))
    }

    @Test("a mistake in a rule is found at its place", arguments: ruleMistakes)
    func rule(mistake: Mistake) throws {
        try expect(mistake, in: Sample.load(rules: mistake.text + "\n"))
    }

    @Test("an id in two files names both places")
    func duplicateID() {
        var files = Sample.files
        files.files["rules/zebra.yaml"] = Array(Sample.rule.utf8)
        let problems = Sample.load(files).problems
        #expect(problems.map(\.place.description) == ["rules/zebra.yaml:1:9"])
        #expect(problems.first?.message.contains("rules/orders.yaml:1:9") == true)
    }

    @Test("an empty rule file is a warning")
    func emptyFile() {
        let loaded = Sample.load(rules: "# nothing yet\n")
        #expect(loaded.problems.map(\.severity) == [.warning])
    }

    @Test("places point at the first character of the text, whatever its style")
    func places() throws {
        let loaded = Sample.load(
            rules: """
                - id: r
                  on: ["a", b]
                  when: |
                    data.total > 0 &&
                      data.kind == "x"
                  to:
                    users: 'data.user'
                  collapse: >-

                     folded {{data.id}}
                  link: plain {{data.id}}
                """
        )
        #expect(!loaded.problems.contains { $0.severity == .error }, "\(loaded.problems)")
        let rule = try #require(loaded.rules.first)
        func place(_ located: Located<String>?) -> String? { located.map { "\($0.place.line):\($0.place.column)" } }
        #expect(place(rule.id) == "1:7")
        #expect(rule.eventTypes.map(place) == ["2:9", "2:13"])
        #expect(place(rule.condition) == "4:5")
        #expect(rule.condition?.value == "data.total > 0 &&\n  data.kind == \"x\"\n")
        #expect(place(rule.users) == "7:13")
        #expect(place(rule.collapse) == "9:6")
        #expect(place(rule.link) == "11:9")
        #expect(rule.eventTypes.map(\.key) == ["rules[0].on[0]", "rules[0].on[1]"])
        #expect(rule.users.key == "rules[0].to.users")
    }
}
