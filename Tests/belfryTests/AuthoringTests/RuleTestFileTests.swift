import PushCore
import PushPipeline
import PushProviders
import Testing

@testable import belfry

/// Files of rule tests: what is wrong with one, and what differs from what is expected.
struct RuleTestFileTests {
    private static let rules = """
        - id: shipped
          on: com.example.order
          when: data.total > 10 && data.id != ""
          to: { users: data.user }
          category: news
          collapse: "order-{{data.id}}"
          content:
            en: { title: "Order {{data.id}}", body: Sent }
            de: { title: "Bestellung {{data.id}}", body: Unterwegs }
        - id: broken
          on: com.example.broken
          to: { users: data.nope }
          content: { en: { title: x }, de: { title: x } }
        - id: stock
          on: com.example.stock
          when: has(data.sku)
          to: { subscribers: "['stock-' + data.sku, 'stock']" }
          content: { en: { title: "{{data.sku}} is back" }, de: { title: "{{data.sku}} ist da" } }

        """

    /// The problems of a file, or the results of its cases.
    private static func run(_ text: String) throws -> (problems: [String], results: [RuleTestResult]) {
        var files = MemoryFiles([
            "belfry.yaml": Sample.configuration, "rules/a.yaml": rules, "rules/a.test.yaml": "not: rules",
            "tests/event.json": #"{"specversion":"1.0","id":"1","source":"/s","type":"com.example.order","data":{}}"#,
        ])
        files.files["tests/t.yaml"] = Array(text.utf8)
        let (configuration, definitions, problems) = ConfigurationLoader.load(
            path: "belfry.yaml",
            environment: [:],
            keys: .mayBeAbsent,
            fileSystem: files.fileSystem
        )
        #expect(
            problems.map(\.severity) == [.warning],
            "the key's file is not there, and rule tests are no rules: \(problems)"
        )
        let loaded = DryRunConfiguration(
            configuration: try #require(configuration),
            definitions: definitions,
            setAside: problems,
            timeZones: TimeZoneDatabase(),
            fileSystem: files.fileSystem
        )
        let log = ProblemLog()
        let document = ConfigurationLoader.document("tests/t.yaml", files.fileSystem, log)
        let cases = document.map { RuleTestReader(fileSystem: files.fileSystem, log: log).read($0) } ?? []
        let run = RuleTestRun(settings: loaded.settings(try loaded.ruleSet()), apps: loaded.apps, sample: loaded.sample)
        return (ProblemReport.sorted(log.problems).map(\.description), cases.map { run.result(of: $0) })
    }

    @Test(
        "What is wrong with a test file is told with its place",
        arguments: [
            ("name: x", "tests/t.yaml:1:1: error: a map where a list of cases is needed"),
            (
                "- nam: x\n  event: { type: t }\n  expect: []",
                "tests/t.yaml:1:3: error: [0].nam: unknown key; did you mean \"name\"?"
            ),
            ("- name: x\n  expect: []", "tests/t.yaml:1:3: error: [0].event: missing"),
            (
                "- name: x\n  event: 5\n  expect: []",
                "tests/t.yaml:2:10: error: [0].event: a number where an event is needed"
            ),
            ("- name: x\n  event: { type: t }", "tests/t.yaml:1:3: error: [0].expect: missing"),
            (
                "- name: x\n  event_file: no.json\n  expect: []",
                "tests/t.yaml:2:15: error: [0].event_file: \"tests/no.json\": no such file"
            ),
            (
                "- name: x\n  event: { type: t }\n  at: noon\n  expect: []",
                "tests/t.yaml:3:7: error: [0].at: \"noon\" is no time"
            ),
            (
                "- name: x\n  event: { type: t }\n  expect: [{ user: u }]",
                "tests/t.yaml:3:12: error: [0].expect[0].rule: missing"
            ),
            (
                "- name: x\n  event: { type: t }\n  expect: [{ rule: r, requests: [{ body: { 'a..b': 1 } }] }]",
                "error: [0].expect[0].requests[0].body: \"a..b\" is no path"
            ),
            (
                "- name: x\n  event: { type: t }\n  user: { device: [] }\n  expect: []",
                "error: [0].user.device: unknown key; did you mean \"devices\"?"
            ),
            ("- name: [", "tests/t.yaml:"),
        ]
    )
    func problems(text: String, wanted: String) throws {
        let problems = try Self.run(text).problems
        #expect(problems.contains { $0.contains(wanted) }, "\(problems)")
    }

    @Test("A case passes where all that it says is so, and only that is looked at")
    func passes() throws {
        let (problems, results) = try Self.run(
            """
            - name: words of the user's language, and the request
              event: { type: com.example.order, data: { id: 1, total: 20, user: ann } }
              user: { user_id: ann, locale: de-AT, devices: [{ device_id: p, provider: apns, app: com.example.shop, token: 12 }] }
              expect:
                - rule: shipped
                  user: ann
                  title: Bestellung 1
                  collapse: order-1
                  deliveries: 1
                  requests:
                    - { device: p, path: /3/device/12, headers: { Apns-Priority: 10 }, body: { aps.alert.body: Unterwegs, aps.badge: null } }
            - name: a sample user has a device for each app
              event: { type: com.example.order, data: { id: 1, total: 20, user: ann } }
              expect: [{ rule: shipped, outcome: sent, locale: en, requests: [{ provider: apns }] }]
            - name: opted out
              event: { type: com.example.order, data: { id: 1, total: 20, user: ann } }
              user: { preferences: { news: false }, devices: [{ provider: apns, app: com.example.shop, token: 0a }] }
              expect: [{ rule: shipped, user: ann, outcome: suppressed, reason: opted_out, title: Order 1 }]
            - name: without devices
              event: { type: com.example.order, data: { id: 1, total: 20, user: ann } }
              users: []
              expect: [{ rule: shipped, outcome: suppressed, reason: no_devices }]
            - name: the same event again
              before: [{ type: com.example.order, id: e, data: { id: 1, total: 20, user: ann } }]
              event: { type: com.example.order, id: e, data: { id: 1, total: 20, user: ann } }
              expect: [{ rule: shipped, outcome: suppressed, reason: duplicate }]
            - name: too late
              event: { type: com.example.order, time: "2026-01-01T00:00:00Z", data: { id: 1, total: 20, user: ann } }
              at: "2026-01-03T00:00:00Z"
              expect: [{ rule: shipped, outcome: expired }]
            - name: subscribers, each once, and nobody else
              event: { type: com.example.stock, data: { sku: S-1 } }
              users:
                - { user_id: ann, topics: [stock-S-1, stock], devices: [{ provider: apns, app: com.example.shop, token: 12 }] }
                - { user_id: bob, topics: [stock-S-2] }
                - { user_id: cem, topics: [stock] }
              expect:
                - { rule: stock, user: ann, title: S-1 is back, deliveries: 1 }
                - { rule: stock, user: cem, outcome: suppressed, reason: no_devices }
            - name: the sample user is a subscriber
              event: { type: com.example.stock, data: { sku: S-1 } }
              expect: [{ rule: stock, user: subscriber, outcome: sent }]
            - name: no match
              event: { type: com.example.order, data: { total: 1 } }
              expect: []
            - { name: a dead letter, event: { type: com.example.broken, data: {} }, dead_letters: [rule_failed] }
            - { name: no event, event: { type: "" }, dead_letters: [invalid_attribute], expect: [] }
            - { name: from a file, event_file: event.json, dead_letters: [rule_failed] }
            """
        )
        #expect(problems.isEmpty, "\(problems)")
        #expect(results.count == 12)
        for result in results { #expect(result.hasPassed, "\(result.testCase.name): \(result.differences)") }
    }

    @Test(
        "What differs is told with what was expected and what came",
        arguments: [
            ("[{ rule: shipped, title: Other }]", "4: shipped for ann: title: Other: Order 1"),
            ("[{ rule: shipped, link: x }]", "4: shipped for ann: link: x: nothing"),
            ("[{ rule: shipped, deliveries: 2 }]", "4: shipped for ann: deliveries: 2: 1"),
            ("[]", "1: shipped for ann: nothing: sent: Order 1 | Sent"),
            ("[{ rule: shipped }, { rule: shipped }]", "4: shipped: a notification: nothing"),
            ("[{ rule: shipped }, { rule: nope }]", "4: nope: a notification: there is no rule nope"),
            (
                "[{ rule: shipped }, { rule: broken }]",
                "4: broken: a notification: no notification: its on names other types"
            ),
            ("[{ rule: shipped, user: bob }]", "4: shipped for bob: a notification: nothing"),
            (
                "[{ rule: shipped, requests: [{ headers: { apns-priority: 5 } }] }]",
                "4: shipped for ann: request: apns-priority: 5: 10"
            ),
            (
                "[{ rule: shipped, requests: [{ body: { aps.alert.title: x } }] }]",
                #"4: shipped for ann: request: body aps.alert.title: "x": "Order 1""#
            ),
            (
                "[{ rule: shipped, requests: [{ provider: fcm }] }]",
                "4: shipped for ann: request fcm: a request: nothing"
            ),
        ]
    )
    func differences(expect: String, wanted: String) throws {
        let (problems, results) = try Self.run(
            """
            - name: x
              event: { type: com.example.order, data: { id: 1, total: 20, user: ann } }

              expect: \(expect)
            """
        )
        #expect(problems.isEmpty, "\(problems)")
        let shown = results.flatMap(\.differences).map {
            "\($0.place.line): \($0.subject): \($0.expected ?? "nothing"): \($0.actual ?? "nothing")"
        }
        #expect(shown.contains(wanted), "\(shown)")
    }

    @Test("A rule that does not match is told by what decided")
    func unmatched() throws {
        let (_, results) = try Self.run(
            """
            - name: x
              event: { type: com.example.order, data: { total: 1 } }
              expect: [{ rule: shipped }]
            """
        )
        let actual = results.first?.differences.first?.actual
        #expect(actual == "no notification: data.total > 10 is false: data.total is 1")
    }

    @Test(
        "Who is expected to be told and is not subscribed is told with the topics",
        arguments: [
            ("{ rule: stock, user: ann }", "ann is not subscribed to stock-S-1, stock"),
            ("{ rule: stock }", "nobody is subscribed to stock-S-1, stock"),
        ]
    )
    func notSubscribed(expected: String, wanted: String) throws {
        let (problems, results) = try Self.run(
            """
            - name: x
              event: { type: com.example.stock, data: { sku: S-1 } }
              user: { user_id: ann, topics: [stock-S-2] }
              expect: [\(expected)]
            """
        )
        #expect(problems.isEmpty && results.first?.differences.count == 1)
        #expect(results.first?.differences.first?.actual == "no notification: \(wanted)")
    }

    @Test("A glob that only rule tests match has no rules")
    func onlyTests() {
        let files = MemoryFiles([
            "belfry.yaml": Sample.configuration, "rules/a.test.yaml": "[]", "keys/apns.p8": "x",
        ])
        let loaded = ConfigurationLoader.load(path: "belfry.yaml", environment: [:], fileSystem: files.fileSystem)
        #expect(loaded.problems.contains { $0.message.contains("only rule tests match") }, "\(loaded.problems)")
    }
}
