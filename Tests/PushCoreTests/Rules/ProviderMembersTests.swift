import Testing

@testable import PushCore

@Suite("Rules: what a rule sets for one provider alone")
struct ProviderMembersTests {
    private static let event = #"{"user":"ann","order":7,"name":"Ann \"A\" {{x}}","count":3}"#

    private func members(_ json: String) throws -> MembersDefinition {
        let tree = try JSONTree(text: json.utf8)
        return MembersDefinition(tree: tree, templates: Self.texts(tree).filter { $0.contains("{{") }.map(Make.located))
    }

    private static func texts(_ tree: JSONTree) -> [String] {
        switch tree {
        case .null, .boolean, .integer, .number: []
        case .string(let text): [text]
        case .array(let elements): elements.flatMap(texts)
        case .object(let object): object.members.flatMap { texts($0.value) }
        }
    }

    private func notification(_ change: (inout RuleDefinition) -> Void) throws -> Notification {
        try #require(try Make.rules(Make.rule(change: change)).decide(Self.event).effects.notifications().first)
    }

    static let objects: [(json: String, expected: String)] = [
        (#"{"android":{"ttl":"60s","directBootOk":true}}"#, #"{"android":{"ttl":"60s","directBootOk":true}}"#),
        (
            #"{"notification":{"image":"https://a.example/{{data.order}}.png"},"data":{"n":"{{data.name}}"}}"#,
            #"{"notification":{"image":"https://a.example/7.png"},"data":{"n":"Ann \"A\" {{x}}"}}"#
        ),
        (
            #"{"android":{"notification":{"notificationCount":"{{data.count}}","image":null,"titleLocArgs":["{{data.none}}"]}}}"#,
            #"{"android":{"notification":{"notificationCount":"3","image":null,"titleLocArgs":[""]}}}"#
        ),
    ]

    @Test("members for FCM are rendered into the notification as JSON", arguments: objects)
    func fcm(json: String, expected: String) throws {
        let members = try members(json)
        let notification = try notification { $0.fcm = members }
        #expect(notification.hasFcm && notification.fcm.messageJson == expected)
        #expect(!notification.hasWebPush)
    }

    @Test("members for the service worker are rendered in the same way", arguments: objects)
    func webPushMembers(json: String, expected: String) throws {
        let members = try members(json)
        let notification = try notification { $0.webPush.notification = members }
        #expect(notification.webPush.notificationJson == expected)
        #expect(!notification.webPush.hasUrgency && !notification.webPush.hasTopic && !notification.webPush.hasPadding)
        #expect(!notification.hasFcm)
    }

    @Test("members of aps are rendered in the same way", arguments: objects)
    func apsMembers(json: String, expected: String) throws {
        let members = try members(json)
        let notification = try notification { $0.apns.aps = members }
        #expect(notification.apns.apsJson == expected)
        #expect(!notification.apns.withoutStorage && notification.apns.pushType.isEmpty && !notification.hasFcm)
    }

    @Test("push type and storage are in the notification as the rule has them")
    func apns() throws {
        let options = try notification {
            $0.apns.pushType = "liveactivity"
            $0.apns.withoutStorage = true
        }.apns
        #expect(options.pushType == "liveactivity" && options.withoutStorage && options.apsJson.isEmpty)
    }

    @Test("what a rule sets for Web Push is in the notification")
    func webPush() throws {
        let options = try notification {
            $0.webPush.urgency = "very-low"
            $0.webPush.topic = Make.located("order-{{data.order}}")
            $0.webPush.declarative = true
            $0.webPush.padding = 0
        }.webPush
        #expect(options.urgency == "very-low" && options.topic == "order-7" && options.declarative)
        #expect(options.hasPadding && options.padding == 0)
        #expect(options.notificationJson.isEmpty)
    }

    @Test("a rule that sets nothing for a provider leaves its field absent")
    func absent() throws {
        let notification = try notification { _ in }
        #expect(!notification.hasFcm && !notification.hasWebPush && !notification.hasApns)
    }

    @Test("every text that is no template is reported, each at its own place")
    func invalid() throws {
        var definition = RuleDefinition(
            id: Make.located("a"),
            eventTypes: [Make.located("b")],
            users: Make.located("data.user")
        )
        definition.fcm = MembersDefinition(
            tree: ["data": ["a": "{{", "b": "{{> partial}}", "c": "{{data.order}}"]],
            templates: [
                Located("{{", at: SourcePlace(file: "r.yaml", line: 4, column: 9), key: "rules[0].fcm.data.a"),
                Located(
                    "{{> partial}}",
                    at: SourcePlace(file: "r.yaml", line: 5, column: 9),
                    key: "rules[0].fcm.data.b"
                ),
                Located(
                    "{{data.order}}",
                    at: SourcePlace(file: "r.yaml", line: 6, column: 9),
                    key: "rules[0].fcm.data.c"
                ),
            ]
        )
        var problems: [Problem] = []
        #expect(Rule(compiling: definition, problems: &problems) == nil)
        #expect(problems.map(\.place.description) == ["r.yaml:4:9", "r.yaml:5:9"])
        #expect(problems.map(\.key) == ["rules[0].fcm.data.a", "rules[0].fcm.data.b"])
    }
}
