import PushCore
import PushProviders
import Testing

@testable import belfry

/// `apns` of rules: push types with what they need, and `aps`.
struct RuleAPNsTests {
    private func load(_ text: String, from document: String = Sample.configuration) -> Loaded {
        var files = Sample.files
        files.files["belfry.yaml"] = Array(document.utf8)
        files.files["keys/apns.pem"] = Array("certificate".utf8)
        files.files["rules/orders.yaml"] = Array("- id: a\n  on: b\n  to: { users: data.u }\n  \(text)\n".utf8)
        return Sample.load(files)
    }

    /// A rule of each push type with the least that it needs.
    static func least(_ pushType: APNsPushType) -> String {
        switch pushType {
        case .alert: "apns: { push_type: alert, badge: 1 }"
        case .liveactivity: "apns: { push_type: liveactivity, aps: { event: end } }"
        case .mdm: "data: { mdm: \"{{data.magic}}\" }\n  apns: { push_type: mdm }"
        case .background, .voip, .complication, .fileprovider, .location, .pushtotalk, .widgets, .controls:
            "apns: { push_type: \(pushType.rawValue) }"
        }
    }

    @Test("a rule may ask for any push type", arguments: APNsPushType.allCases)
    func pushType(pushType: APNsPushType) throws {
        let loaded = load(Self.least(pushType))
        #expect(loaded.problems.isEmpty, "\(loaded.problems)")
        #expect(try #require(loaded.rules.first).apns.pushType == pushType.rawValue)
    }

    @Test("of each push type but those of the app's own token, there are tokens to register")
    func tokenKinds() {
        let others = APNsPushType.allCases.filter { $0 != .alert && $0 != .background }.map(\.rawValue)
        #expect(Set(TokenKind.pushTypes) == Set(others) && TokenKind.pushTypes.count == others.count)
    }

    static let activities = [
        "{ event: start, attributes-type: Order, attributes: { id: \"{{data.id}}\" }, content-state: { step: 1 } }",
        "{ event: update, content-state: { step: 2, eta: \"{{data.eta}}\" }, stale-date: \"{{data.stale}}\" }",
        "{ event: end, dismissal-date: 2026-01-02T03:04:05Z }",
        "{ event: \"{{data.event}}\", content-state: { step: 2 } }",
        "{ event: update, content-state: \"{{{data.state}}}\", stale-date: \"{{{data.stale}}}\" }",
    ]

    @Test("Live Activities are started, updated and ended", arguments: activities)
    func liveActivity(aps: String) throws {
        let loaded = load("content: { title: t }\n  apns: { push_type: liveactivity, aps: \(aps) }")
        #expect(loaded.problems.isEmpty, "\(loaded.problems)")
        #expect(try #require(loaded.rules.first).apns.aps != nil)
    }

    static let mistakes: [Mistake] = [
        Mistake("apns: { push_type: life }", 4, 22, "rules[0].apns.push_type", "unknown"),
        Mistake("apns: { push_type: mdm }", 4, 22, "rules[0].apns.push_type", "data.mdm"),
        Mistake("apns: { push_type: liveactivity }", 4, 9, "rules[0].apns.aps", "event and content-state"),
        Mistake("apns: { push_type: liveactivity, aps: {} }", 4, 41, "rules[0].apns.aps", "event and content-state"),
        Mistake(
            "apns: { push_type: liveactivity, aps: { content-state: { a: 1 } } }",
            4,
            36,
            "rules[0].apns.aps.event",
            "missing (allowed: start, update, end)"
        ),
        Mistake(
            "apns: { push_type: liveactivity, aps: { event: update } }",
            4,
            36,
            "rules[0].apns.aps.content-state",
            "an update needs it"
        ),
        Mistake(
            "apns: { push_type: liveactivity, aps: { event: update, content-state: \"{{data.state}}\" } }",
            4,
            74,
            "rules[0].apns.aps.content-state",
            "not an object"
        ),
        Mistake("apns: { aps: x }", 4, 16, "rules[0].apns.aps", "a text where a map is needed"),
        Mistake("apns: { aps: { event: end } }", 4, 18, "rules[0].apns.aps.event", "not a key of push type alert"),
        Mistake("apns: { aps: { badge: -1 } }", 4, 25, "rules[0].apns.aps.badge", "0 to 2147483647"),
        Mistake("apns: { aps: { sonud: x } }", 4, 18, "rules[0].apns.aps.sonud", "did you mean \"sound\"?"),
        Mistake(
            "apns: { aps: { alert: { loc-args: [a, 5], loc-key: k } } }",
            4,
            41,
            "rules[0].apns.aps.alert.loc-args[1]",
            "not text"
        ),
        Mistake(
            "apns: { push_type: background, aps: { alert: x } }",
            4,
            41,
            "rules[0].apns.aps.alert",
            "not a key of push type background"
        ),
        Mistake("apns: { without_storage: 1 }", 4, 28, "rules[0].apns.without_storage", "not a bool"),
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

    @Test("what is shown may also come from aps alone", arguments: ["alert: { loc-key: K }", "badge: 0", "sound: s"])
    func shownByMembers(member: String) {
        #expect(load("apns: { push_type: alert, aps: { \(member) } }").problems.isEmpty)
        #expect(load("apns: { push_type: alert, aps: { \(member), category: c } }").problems.isEmpty)
        #expect(load("apns: { push_type: alert, aps: { category: c } }").problems.count == 1)
    }

    @Test("location queries go with tokens only")
    func certificate() {
        let token = "team_id: ABCDE12345, key_id: KEY1234567, key_file: keys/apns.p8"
        let document = Sample.configuration.replacing(token, with: "certificate_file: keys/apns.pem")
        #expect(load("apns: { push_type: voip }", from: document).problems.isEmpty)
        let problems = load("apns: { push_type: location }", from: document).problems
        #expect(problems.map(\.key) == ["rules[0].apns.push_type"])
        #expect(problems.first?.message.contains("com.example.shop has a certificate") == true)
    }

    @Test("what APNs would make of it otherwise is warned about")
    func warnings() {
        let activity = "priority: low\n  apns: { push_type: liveactivity, aps: { event: end } }"
        #expect(load(activity).problems.map(\.severity) == [.warning])
        #expect(load(activity).problems.map(\.key) == ["rules[0].priority"])
        let document = Sample.configuration.replacing("com.example.shop", with: "com.example.shop.voip")
        let problems = load("apns: { push_type: voip }", from: document).problems
        #expect(problems.map(\.severity) == [.warning])
        #expect(problems.first?.message.contains("the topic has it twice") == true)
        #expect(load("apns: { push_type: pushtotalk }", from: document).problems.isEmpty)
    }
}
