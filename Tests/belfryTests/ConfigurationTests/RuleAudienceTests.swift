import PushCore
import Testing

@testable import belfry

/// `to` of rules: targets, and the apps whose they are.
struct RuleAudienceTests {
    private static let fcm = "  - { provider: fcm, app: shop, service_account_file: keys/fcm.json }\n"

    private func load(_ to: String, rest: String = "", apps: String = fcm) -> Loaded {
        var files = Sample.files
        files.files["belfry.yaml"] = Array(Sample.configuration.replacing("rules:", with: apps + "rules:").utf8)
        files.files["rules/orders.yaml"] = Array("- id: a\n  on: b\n  to: \(to)\n\(rest)".utf8)
        return Sample.load(files)
    }

    private static let targets: [(to: String, target: TargetDefinition, expression: String)] = [
        ("{ fcm_topic: data.t }", TargetDefinition(.fcmTopic, app: "shop"), "data.t"),
        ("{ fcm_topic: \"'news'\", app: shop }", TargetDefinition(.fcmTopic, app: "shop"), "'news'"),
        ("{ fcm_condition: data.c }", TargetDefinition(.fcmCondition, app: "shop"), "data.c"),
    ]

    @Test("a topic or condition is the only app's, or that of the one which is named", arguments: targets)
    func fcm(to: String, target: TargetDefinition, expression: String) throws {
        let loaded = load(to, rest: "  content: { title: t }\n")
        #expect(loaded.problems.isEmpty, "\(loaded.problems)")
        let rule = try #require(loaded.rules.first)
        #expect(rule.target == target && rule.users.value == expression)
    }

    @Test("subscribers are users by their topics, of whatever app")
    func subscribers() throws {
        let loaded = load("{ subscribers: data.topics }", rest: "  content: { title: t }\n")
        #expect(loaded.problems.isEmpty, "\(loaded.problems)")
        let rule = try #require(loaded.rules.first)
        #expect(rule.isForSubscribers && rule.target == nil && rule.users.value == "data.topics")
        #expect(load("{ users: data.u }").rules.first?.isForSubscribers == false)
    }

    @Test("a channel is in the environment of its app, and its push type that of Live Activities")
    func channel() throws {
        let aps = "  apns: { aps: { event: update, content-state: { a: 1 } } }\n"
        let loaded = load("{ apns_channel: data.c }", rest: aps)
        #expect(loaded.problems.isEmpty, "\(loaded.problems)")
        let rule = try #require(loaded.rules.first)
        #expect(rule.target == TargetDefinition(.apnsChannel, app: "com.example.shop"))
        #expect(rule.apns.pushType == "liveactivity")
        let sandbox =
            "  - { provider: apns, app: com.example.two, team_id: ABCDE12345, key_id: KEY1234567, "
            + "key_file: keys/apns.p8, environment: sandbox }\n"
        let second = load("{ apns_channel: data.c, app: com.example.two }", rest: aps, apps: sandbox)
        #expect(second.rules.first?.target == TargetDefinition(.apnsChannel, app: "com.example.two", sandbox: true))
    }

    @Test("with several apps of the provider the rule must name one")
    func several() {
        let two = Self.fcm + Self.fcm.replacing("app: shop", with: "app: other")
        let problems = load("{ fcm_topic: data.t }", apps: two).problems.filter { $0.severity == .error }
        #expect(problems.map(\.place.description) == ["rules/orders.yaml:3:9"])
        #expect(problems.map(\.key) == ["rules[0].to.app"])
        #expect(problems.first?.description.contains("missing (allowed: shop, other)") == true)
        #expect(load("{ fcm_topic: data.t, app: other }", apps: two).rules.first?.target?.app == "other")
        let foreign = load("{ fcm_topic: data.t, app: com.example.shop }", apps: two).problems
        #expect(foreign.contains { $0.description.contains("no app of fcm has this name") })
    }

    @Test("what a broadcast cannot carry is warned about")
    func broadcastData() {
        let rest = "  link: https://a\n  data: { a: b }\n  apns: { aps: { event: end } }\n"
        let problems = load("{ apns_channel: data.c }", rest: rest).problems
        #expect(problems.map(\.severity) == [.warning, .warning])
        #expect(problems.map(\.key) == ["rules[0].link", "rules[0].data"])
    }
}
