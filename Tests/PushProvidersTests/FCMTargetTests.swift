import PushCore
import PushProviders
import Testing

@Suite("FCM targets")
struct FCMTargetTests {
    static let many = String(repeating: "a", count: 901)

    @Test("names of topics", arguments: ["a", "news", "News-1_2.3~4%20", "0", String(repeating: "a", count: 900)])
    func topics(name: String) {
        #expect(FCMTarget.topic(name).verdict == nil)
        #expect(FCMCondition.problem(with: "'\(name)' in topics") == nil)
    }

    @Test(
        "what is no topic is refused before sending",
        arguments: ["", "/topics/news", "a b", "a/b", "é", "a'b", "a\"b", "a,b", "news\n", many]
    )
    func badTopics(name: String) {
        #expect(FCMTarget.topic(name).verdict == .badRequest(.badTarget))
    }

    @Test(
        "conditions",
        arguments: [
            "'a' in topics", "\"a\" in topics", "!('a' in topics)", "! 'a' in topics", "  'a'   in  topics ",
            "'a' in topics && 'b' in topics", "'a' in topics||'b' in topics",
            "'a' in topics && ('b' in topics || !('c' in topics))",
            "'a' in topics && 'b' in topics || 'c' in topics", "((('a' in topics)))",
            "'1' in topics && '2' in topics && '3' in topics && '4' in topics && '5' in topics",
        ]
    )
    func conditions(text: String) {
        #expect(FCMCondition.problem(with: text) == nil)
        #expect(FCMTarget.condition(text).verdict == nil)
    }

    @Test(
        "what is no condition is refused before sending, with the place",
        arguments: [
            ("", "expected a topic in quotation marks at position 1"),
            ("a in topics", "expected a topic in quotation marks at position 1"),
            ("'a", "the topic has no end at position 1"), ("'a'", "expected: in topics at position 4"),
            ("'a' in topic", "expected: in topics at position 7"),
            ("'a' in topicsx", "expected: in topics at position 7"),
            ("'a' intopics", "expected: in topics at position 4"),
            ("'' in topics", "not the name of a topic at position 1"),
            ("'a b' in topics", "not the name of a topic at position 1"),
            ("'a' in topics &&", "expected a topic in quotation marks at position 17"),
            ("'a' in topics & 'b' in topics", "unexpected text at position 15"),
            ("'a' in topics and 'b' in topics", "unexpected text at position 15"),
            ("('a' in topics", "expected ) at position 15"), ("'a' in topics)", "unexpected text at position 14"),
            (
                "'1' in topics || '2' in topics || '3' in topics || '4' in topics || '5' in topics || '6' in topics",
                "6 topics, at most 5 are allowed"
            ),
            (String(repeating: "(", count: 8_000), "nested deeper than 32 at position 33"),
            (String(repeating: "!", count: 8_000), "nested deeper than 32 at position 33"),
            (String(repeating: " ", count: 8_193), "longer than 8192 bytes"),
        ]
    )
    func badConditions(text: String, problem: String) {
        #expect(FCMCondition.problem(with: text) == problem)
        #expect(FCMTarget.condition(text).verdict == .badRequest(.badTarget))
    }

    @Test(
        "an address that cannot be one makes no request",
        arguments: [
            ("", .badRequest(.missingDeviceToken)), ("a b", .addressDead(.badDeviceToken, invalidSinceMs: nil)),
            ("é", .addressDead(.badDeviceToken, invalidSinceMs: nil)),
            (String(repeating: "a", count: 4_097), .addressDead(.badDeviceToken, invalidSinceMs: nil)),
            (String(repeating: "a", count: 4_096), nil), (FCMFixtures.token, nil),
        ] as [(String, Verdict?)]
    )
    func addresses(address: String, verdict: Verdict?) {
        #expect(FCMTarget.token(address).verdict == verdict)
        #expect(FCMTarget.fid(address).verdict == verdict)
    }

    @Test("a device has a token or an installation id")
    func devices() {
        var device = Device()
        #expect(FCMTarget(device) == nil)
        device.token = "t"
        #expect(FCMTarget(device) == .token("t"))
        device.fid = "f"
        #expect(FCMTarget(device) == .fid("f"))
        device.subscription = Subscription()
        #expect(FCMTarget(device) == nil)
    }
}
