import Foundation
import PushCore
import Testing

@testable import belfry

/// `fcm` and `webpush` of rules: mistakes at their places, and values as they are sent.
struct RuleFCMTests {
    private func load(_ text: String, from document: String = Sample.configuration) -> Loaded {
        var files = Sample.files
        files.files["belfry.yaml"] = Array(document.utf8)
        files.files["rules/orders.yaml"] = Array("- id: a\n  on: b\n  to: { users: data.u }\n  \(text)\n".utf8)
        return Sample.load(files)
    }

    // MARK: Values

    static let objects: [(yaml: String, json: String)] = [
        (
            "fcm: { notification: { title: t, image: https://a.example/i.png } }",
            #"{"notification":{"title":"t","image":"https://a.example/i.png"}}"#
        ),
        (
            "fcm: { android: { collapse_key: \"o-{{data.id}}\", priority: high, ttl: 3.5s, direct_boot_ok: true } }",
            #"{"android":{"collapseKey":"o-{{data.id}}","priority":"HIGH","ttl":"3.5s","directBootOk":true}}"#
        ),
        (
            "fcm: { android: { notification: { notification_count: 3, color: \"#aabbcc\", vibrate_timings: [1s, 0.5s] } } }",
            ##"{"android":{"notification":{"notificationCount":3,"color":"#aabbcc","vibrateTimings":["1s","0.5s"]}}}"##
        ),
        (
            "fcm: { android: { notification: { notification_count: \"{{data.n}}\", sticky: \"{{data.s}}\", image: } } }",
            #"{"android":{"notification":{"notificationCount":"{{data.n}}","sticky":"{{data.s}}","image":null}}}"#
        ),
        (
            "fcm: { webpush: { headers: { Urgency: high }, notification: { actions: [{ action: a, n: 1.5, ok: false }] } } }",
            #"{"webpush":{"headers":{"Urgency":"high"},"notification":{"actions":[{"action":"a","n":1.5,"ok":false}]}}}"#
        ),
        (
            "fcm: { apns: { payload: { aps: { badge: 2 } } }, fcm_options: { analytics_label: x }, data: { k: \"5\" } }",
            #"{"apns":{"payload":{"aps":{"badge":2}}},"fcmOptions":{"analyticsLabel":"x"},"data":{"k":"5"}}"#
        ),
        (
            "fcm: { android: { notification: { vibrate_timings: \"{{{data.v}}}\", sticky: \"{{{data.s}}}\" } } }",
            #"{"android":{"notification":{"vibrateTimings":"{{{data.v}}}","sticky":"{{{data.s}}}"}}}"#
        ),
        (
            "webpush: { notification: { icon: /i.png, big: 9223372036854775808, hex: 0x10 } }",
            #"{"icon":"/i.png","big":9223372036854775808,"hex":16}"#
        ),
    ]

    @Test("members become the JSON that is sent, with names as FCM spells them", arguments: objects)
    func object(yaml: String, json: String) throws {
        let loaded = load(yaml)
        #expect(!loaded.problems.contains { $0.severity == .error }, "\(loaded.problems)")
        let rule = try #require(loaded.rules.first)
        let members = try #require(rule.fcm ?? rule.webPush.notification)
        #expect(members.tree == (try JSONTree(text: json.utf8)))
        let texts = json.components(separatedBy: "{{").count - 1
        #expect(members.templates.count == texts && members.templates.allSatisfy { $0.value.contains("{{") })
    }

    @Test(
        "a section without members is as none",
        arguments: ["fcm: {}", "fcm:", "fcm: ~", "webpush: { notification: {} }"]
    )
    func empty(text: String) throws {
        let loaded = load(text)
        #expect(!loaded.problems.contains { $0.severity == .error }, "\(loaded.problems)")
        let rule = try #require(loaded.rules.first)
        #expect(rule.fcm == nil && rule.webPush.notification == nil)
    }

    @Test("what a rule sets for Web Push is read")
    func webPush() throws {
        let loaded = load(
            "webpush: { urgency: very-low, topic: \"o-{{data.id}}\", declarative: true, padding: 0 }"
        )
        #expect(!loaded.problems.contains { $0.severity == .error }, "\(loaded.problems)")
        let webPush = try #require(loaded.rules.first).webPush
        #expect(webPush.urgency == "very-low" && webPush.topic?.value == "o-{{data.id}}")
        #expect(webPush.declarative && webPush.padding == 0)
    }

    // MARK: Mistakes

    static let mistakes: [Mistake] = [
        Mistake("fcm: x", 4, 8, "rules[0].fcm", "a text where a map is needed"),
        Mistake("fcm: [a]", 4, 8, "rules[0].fcm", "a list where a map is needed"),
        Mistake(
            "fcm: { notificaton: { title: t } }",
            4,
            10,
            "rules[0].fcm.notificaton",
            "did you mean \"notification\"?"
        ),
        Mistake("fcm: { token: t }", 4, 10, "rules[0].fcm.token", "the target is the delivery's"),
        Mistake("fcm: { topic: \"{{data.t}}\" }", 4, 10, "rules[0].fcm.topic", "the target is the delivery's"),
        Mistake(
            "fcm: { notification: { title: 5 } }",
            4,
            33,
            "rules[0].fcm.notification.title",
            "\"5\": not text; write it in quotation marks"
        ),
        Mistake("fcm: { notification: t }", 4, 24, "rules[0].fcm.notification", "\"t\": not an object"),
        Mistake("fcm: { notification: [t] }", 4, 10, "rules[0].fcm.notification", "not an object"),
        Mistake(
            "fcm: { android: { ttl: 29d } }",
            4,
            26,
            "rules[0].fcm.android.ttl",
            "\"0s\" to \"2419200s\" (28 days)"
        ),
        Mistake("fcm: { android: { priority: urgent } }", 4, 31, "rules[0].fcm.android.priority", "NORMAL, HIGH"),
        Mistake(
            "fcm: { android: { notification: { color: red } } }",
            4,
            44,
            "rules[0].fcm.android.notification.color",
            "\"red\": not of this form (allowed: #rrggbb)"
        ),
        Mistake(
            "fcm: { android: { notification: { vibrate_timings: [1s, soon] } } }",
            4,
            59,
            "rules[0].fcm.android.notification.vibrate_timings[1]",
            "\"soon\""
        ),
        Mistake(
            "fcm: { android: { notification: { title_loc_args: [a, ~] } } }",
            4,
            57,
            "rules[0].fcm.android.notification.title_loc_args[1]",
            "null has no meaning in a list"
        ),
        Mistake(
            "fcm: { android: { notification: { light_settings: { light_on_duration: 1s, light_off_duration: 1s } } } }",
            4,
            37,
            "rules[0].fcm.android.notification.light_settings",
            "color is missing"
        ),
        Mistake(
            "fcm: { android: { collapse_key: a, collapseKey: b } }",
            4,
            38,
            "rules[0].fcm.android.collapseKey",
            "collapseKey is set twice"
        ),
        Mistake(
            "fcm: { android: { ttl: 1s }, android_v2: { ttl: 1s } }",
            4,
            3,
            "rules[0].fcm",
            "android and androidV2 exclude each other"
        ),
        Mistake("fcm: { data: { count: 5 } }", 4, 25, "rules[0].fcm.data.count", "write it in quotation marks"),
        Mistake("fcm: { data: { google.x: a } }", 4, 18, "rules[0].fcm.data.google.x", "a key that FCM reserves"),
        Mistake(
            "fcm: { webpush: { fcm_options: { link: http://a } } }",
            4,
            42,
            "rules[0].fcm.webpush.fcm_options.link",
            "https://"
        ),
        Mistake(
            "fcm: { apns: { headers: { apns-priority: \"7\" } } }",
            4,
            45,
            "rules[0].fcm.apns.headers.apns-priority",
            "1, 5, 10"
        ),
        Mistake("fcm: { apns: { payload: { aps: x } } }", 4, 34, "rules[0].fcm.apns.payload.aps", "not an object"),
        Mistake(
            "fcm: { fcm_options: { analytics_label: a b } }",
            4,
            42,
            "rules[0].fcm.fcm_options.analytics_label",
            "1 to 50"
        ),
        Mistake(
            "fcm: { apns: { payload: { n: 1e999 } } }",
            4,
            32,
            "rules[0].fcm.apns.payload.n",
            "not a number that JSON has"
        ),
        Mistake("fcm:\n    android:\n      ttl: soon", 6, 12, "rules[0].fcm.android.ttl", "\"soon\": not of this form"),
        Mistake("webpush: { urgency: urgent }", 4, 23, "rules[0].webpush.urgency", "very-low, low, normal, high"),
        Mistake("webpush: { topic: a.b }", 4, 21, "rules[0].webpush.topic", "1 to 32 of A-Z a-z 0-9 _ -"),
        Mistake(
            "webpush: { topic: \(String(repeating: "t", count: 33)) }",
            4,
            21,
            "rules[0].webpush.topic",
            "not a topic"
        ),
        Mistake("webpush: { padding: 3994 }", 4, 23, "rules[0].webpush.padding", "allowed: 0 to 3993"),
        Mistake("webpush: { declarative: 1 }", 4, 27, "rules[0].webpush.declarative", "not a bool"),
        Mistake(
            "webpush: { notification: icon }",
            4,
            28,
            "rules[0].webpush.notification",
            "a text where a map is needed"
        ),
        Mistake("webpush: { ttl: 5 }", 4, 14, "rules[0].webpush.ttl", "unknown key"),
    ]

    @Test("a mistake is found at its place, with its key", arguments: mistakes)
    func mistake(mistake: Mistake) throws {
        let loaded = load(mistake.text)
        #expect(loaded.problems.count == 1, "\(loaded.problems)")
        let problem = try #require(loaded.problems.first)
        #expect(problem.severity == .error)
        #expect(problem.place == SourcePlace(file: "rules/orders.yaml", line: mistake.line, column: mistake.column))
        #expect(problem.key == mistake.key)
        #expect(problem.description.contains(mistake.fragment), "\(problem)")
    }

    @Test("every mistake of a section is found in one go")
    func allAtOnce() {
        let loaded = load("fcm: { tokn: x, android: { ttl: soon, priority: 5 }, data: { from: a } }")
        let keys = loaded.problems.map(\.key)
        #expect(
            keys == [
                "rules[0].fcm.tokn", "rules[0].fcm.android.ttl", "rules[0].fcm.android.priority",
                "rules[0].fcm.data.from",
            ]
        )
    }

    @Test("a text that is no template is found when the rule is compiled, at its place")
    func template() throws {
        let loaded = load("fcm: { data: { a: \"x {{#data.y}}\" } }\n  webpush: { topic: \"{{\" }")
        #expect(!loaded.problems.contains { $0.severity == .error }, "\(loaded.problems)")
        var problems: [Problem] = []
        #expect(Rule(compiling: try #require(loaded.rules.first), problems: &problems) == nil)
        #expect(problems.map(\.place.description) == ["rules/orders.yaml:4:24", "rules/orders.yaml:5:22"])
        #expect(problems.map(\.key) == ["rules[0].fcm.data.a", "rules[0].webpush.topic"])
    }

    @Test(
        "with an app of FCM, names that FCM reserves are refused in a rule's data",
        arguments: ["from", "message_type", "google.sent", "gcm.x"]
    )
    func reservedData(name: String) {
        #expect(load("data: { \(name): x }").problems.isEmpty)
        let app = "  - { provider: fcm, app: shop, service_account_file: keys/fcm.json }\nrules:"
        let problems = load("data: { \(name): x }", from: Sample.configuration.replacing("rules:", with: app)).problems
        #expect(problems.map(\.place.description) == ["rules/orders.yaml:4:11"])
        #expect(problems.map(\.key) == ["rules[0].data.\(name)"])
    }

    // MARK: Hostile input

    static let hostileTexts: [(name: String, text: String, expected: String)] = [
        (
            "many members",
            "fcm: { data: { " + (0..<5_000).map { "k\($0): v" }.joined(separator: ", ") + " } }",
            "5002 values (allowed: at most 1000)"
        ),
        (
            "many elements",
            "webpush: { notification: { a: [" + [String](repeating: "1", count: 20_000).joined(separator: ",")
                + "] } }",
            "20002 values"
        ),
        (
            "deep maps",
            "webpush: { notification: " + String(repeating: "{ a: ", count: 50) + "1"
                + String(repeating: " }", count: 51),
            "nested too deep (allowed: 32 levels)"
        ),
        (
            "deep lists",
            "fcm: { apns: { payload: { a: " + String(repeating: "[", count: 40) + String(repeating: "]", count: 40)
                + " } } }",
            "nested too deep"
        ),
        ("a key of 100 KB", "fcm: { ? \(String(repeating: "k", count: 100_000)) : 1 }", "unknown key"),
        (
            "a value of 100 KB", "fcm: { android: { ttl: \(String(repeating: "s", count: 100_000)) } }",
            "not of this form"
        ),
        ("an empty key", "fcm: { \"\": 1 }", "unknown key"),
        ("an empty key of data", "fcm: { data: { \"\": a } }", "an empty key"),
        ("control characters", "fcm: { \"a\\e[31m\\u202e\": 1 }", "\\u{1b}"),
        ("a map as a value", "fcm: { notification: { title: { a: b } } }", "not text"),
    ]

    @Test("hostile sections give errors, soon and short", .timeLimit(.minutes(5)), arguments: hostileTexts)
    func hostile(name: String, text: String, expected: String) {
        let problems = load(text).problems
        #expect(
            problems.contains { $0.severity == .error && $0.description.contains(expected) },
            "\(name): \(problems.prefix(3))"
        )
        #expect(problems.count <= 2 && problems.allSatisfy { $0.description.utf8.count < 1_000 })
    }
}
