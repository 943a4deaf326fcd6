import Foundation
import PushCore
import PushPipeline
import PushProviders
import Testing

@testable import belfry

/// What explain and replay say about rules that address subscribers.
struct SubscriberReportsTests {
    private static let rules = """
        - id: stock
          on: com.example.stock
          to: { subscribers: "['stock-' + data.sku]" }
          content: { title: "{{data.sku}} is back" }

        """

    private static let event = """
        {"specversion":"1.0","id":"1","source":"/s","type":"com.example.stock","time":"2026-01-01T00:00:00Z",\
        "data":{"sku":"S-1"}}
        """

    private static func loaded() throws -> DryRunConfiguration {
        var files = MemoryFiles(["belfry.yaml": Sample.configuration, "rules/a.yaml": rules])
        files.files["other.yaml"] = Array(rules.replacing("'stock-'", with: "'sku-'").utf8)
        let (configuration, definitions, problems) = ConfigurationLoader.load(
            path: "belfry.yaml",
            environment: [:],
            keys: .mayBeAbsent,
            fileSystem: files.fileSystem
        )
        return DryRunConfiguration(
            configuration: try #require(configuration, "\(problems)"),
            definitions: definitions,
            setAside: problems,
            timeZones: TimeZoneDatabase(),
            fileSystem: files.fileSystem
        )
    }

    private static func explanation(_ people: String?) throws -> Explanation {
        let loaded = try loaded()
        let log = ProblemLog()
        let read = people.map { text in
            YAMLDocument.read(Array(text.utf8), file: "people.yaml", log: log).map { PersonReader(log: log).read($0) }
        }
        try #require(!log.hasErrors, "\(log.problems)")
        return try Explanation.make(
            EventText.record(Array(event.utf8), topic: nil, timestampMs: 1_767_225_600_000),
            loaded,
            try loaded.ruleSet(),
            (read ?? nil) ?? [loaded.sample],
            nowMs: 1_767_225_600_000,
            wallMs: 1_767_225_600_000,
            notes: []
        ).get()
    }

    @Test(
        "explain says whose topics they are, and what each known subscriber gets",
        arguments: [
            (
                """
                user_id: ann
                topics: [stock-S-1]
                devices: [{ provider: apns, app: com.example.shop, token: 12 }]
                """,
                ["  to the subscribers of stock-S-1: 1 user of those who are known here", "  for user ann"]
            ),
            (
                "[{ user_id: ann, topics: [stock-S-1] }, { user_id: bob, topics: [stock-S-1] }, { user_id: cem }]",
                ["of stock-S-1: 2 users of those", "  for user ann\n", "  for user bob\n"]
            ),
            ("{ user_id: ann, topics: [stock-S-2] }", ["of stock-S-1: nobody of those who are known here"]),
            (nil, ["of stock-S-1: 1 user of", "  for user subscriber\n", "      POST https://api.push.apple.com"]),
        ]
    )
    func explain(people: String?, wanted: [String]) throws {
        let text = try Self.explanation(people).text
        for part in wanted { #expect(text.contains(part), "\(text)") }
        let named = wanted.count { $0.contains("for user") }
        #expect(text.components(separatedBy: "  for user ").count == named + 1, "\(text)")
    }

    @Test("the JSON of explain names the topics, and each subscriber's notification")
    func json() throws {
        let json = try Self.explanation("{ user_id: ann, topics: [stock-S-1] }").json
        let part = #""subscribers_of":["stock-S-1"],"notifications":[{"user_id":"ann","outcome":"suppressed""#
        #expect(json.contains(part), "\(json)")
    }

    @Test("replay counts fan-outs, names topics, and tells differences by topic")
    func replay() throws {
        let loaded = try Self.loaded()
        var replay = RuleReplay(
            new: try loaded.ruleSet(files: ["other.yaml"]),
            old: try loaded.ruleSet(),
            mappings: [:],
            digests: .openSSL,
            itemsMax: 10
        )
        let record = EventText.record(Array(Self.event.utf8), topic: nil, timestampMs: 0)
        record.withInputRecord { replay.take($0) }
        let report = ReplayReport(replay: replay, topics: ["shop.events"], sinceMs: 0, untilMs: 1, isCut: false)
        let text = report.text
        for part in [
            "0 notifications for 0 users or targets, and 1 fan-outs to subscribers",
            "  stock: 1 events, 1 fan-outs to the subscribers of 1 topic: sku-S-1 (who they are is not known here)",
            "difference: 1 added, 1 removed, 0 with", "  + stock for subscribers of sku-S-1, event 1: S-1 is back | ",
            "  - stock for subscribers of stock-S-1, event 1: S-1 is back | ",
        ] { #expect(text.contains(part), "\(text)") }
        let json = report.json
        for part in [
            #""fan_outs":1"#, #""topic_names":["sku-S-1"]"#,
            #""change":"added","rule":"stock","subscribers_of":"sku-S-1""#,
        ] { #expect(json.contains(part), "\(json)") }
    }
}
