import Testing

@testable import ProviderSimulator

@Suite("Fault scripts")
struct FaultScriptTests {
    /// The statuses of requests 1 to `count`, one per 100 ms; 200 where no rule strikes.
    private func statuses(_ script: String, count: Int, token: (Int) -> String = { _ in "00" }) throws -> [Int] {
        var engine = FaultEngine(try FaultScriptReader.read(script, file: "faults.yaml"))
        return (1...count).map { number in
            let request = FaultEngine.Request(
                number: number,
                provider: .apns,
                token: token(number),
                topic: "com.example.shop",
                elapsed: .milliseconds(number * 100)
            )
            if case .answer(let answer) = engine.decide(request).effect { return answer.status }
            return 200
        }
    }

    @Test("every strikes the n-th, 2n-th, … of the requests that match all else")
    func every() throws {
        let struck = try statuses(#"- { token: "a*", every: 3, status: 503 }"#, count: 12) { $0 % 2 == 0 ? "ab" : "cd" }
        #expect(struck.enumerated().filter { $1 == 503 }.map { $0.offset + 1 } == [6, 12])
    }

    @Test(
        "a window begins with after and lasts for",
        arguments: [
            ("- { after: 300ms, for: 200ms, status: 503 }", [3, 4]),
            ("- { after: 0.6s, status: 503 }", [6, 7, 8]),
            ("- { for: 200ms, status: 503 }", [1]),
            ("- { requests: \"2..4\", status: 503 }", [2, 3, 4]),
            ("- { requests: \"7..\", status: 503 }", [7, 8]),
            ("- { requests: 5, status: 503 }", [5]),
            ("- { provider: fcm, status: 503 }", []),
            ("- { topic: \"com.example.*\", provider: apns, requests: 1, status: 503 }", [1]),
            ("- { topic: \"com.other.*\", status: 503 }", []),
        ]
    )
    func window(script: String, struck: [Int]) throws {
        #expect(try statuses(script, count: 8).enumerated().filter { $1 == 503 }.map { $0.offset + 1 } == struck)
    }

    @Test("the first rule that strikes decides; one that only counts lets the next ones try")
    func firstWins() throws {
        let script = """
            - { every: 3, status: 503 }
            - { every: 2, status: 500 }
            """
        #expect(try statuses(script, count: 8) == [200, 500, 503, 200, 500, 503, 200, 500])
    }

    @Test("a share is near what is asked and the same for the same seed", arguments: [1, 7, 42])
    func share(seed: Int) throws {
        let script = "- { share: 0.1, seed: \(seed), status: 500 }"
        let struck = try statuses(script, count: 5000)
        #expect((400...600).contains(struck.count { $0 == 500 }), "seed \(seed)")
        #expect(try statuses(script, count: 5000) == struck, "seed \(seed)")
        #expect(try statuses("- { share: 0.1, seed: \(seed + 1), status: 500 }", count: 5000) != struck)
    }

    @Test("latency stays within its jitter and never below zero")
    func jitter() throws {
        var engine = FaultEngine(
            try FaultScriptReader.read("- { latency: 20ms, jitter: 30ms, seed: 3 }", file: "faults.yaml")
        )
        let request = FaultEngine.Request(number: 1, provider: .apns, token: "", topic: "", elapsed: .zero)
        let delays = (0..<1000).map { _ in engine.decide(request).delay }
        #expect(delays.allSatisfy { (.zero ... .milliseconds(50)).contains($0) })
        #expect(Set(delays).count > 100)
    }

    @Test(
        "globs",
        arguments: [
            ("*", "", true), ("dead*", "dead01", true), ("dead*", "adead", false), ("*beef", "deadbeef", true),
            ("a*b*c", "aXXbYYbZc", true), ("a*b*c", "aXXbYY", false), ("d?ad", "dead", true), ("d?ad", "dad", false),
            ("", "a", false), ("**a", "bba", true), ("a?", "a", false),
        ]
    )
    func glob(pattern: String, text: String, matches: Bool) {
        #expect(Glob(pattern).matches(text) == matches)
    }

    @Test(
        "JSON is read as well, and an empty file is an empty script",
        arguments: [
            (#"[{"every": 1, "status": 503, "headers": {"Retry-After": "5"}}]"#, 1), ("", 0), ("# nothing\n", 0),
            ("[]", 0),
        ]
    )
    func otherForms(text: String, count: Int) throws {
        #expect(try FaultScriptReader.read(text, file: "faults.json").rules.count == count)
    }

    @Test("the example of the documentation holds every kind of rule")
    func example() throws {
        let script = """
            - { token: "dead*", status: 410, reason: Unregistered, timestamp: 1700000000000 }
            - { every: 50, status: 503, reason: ServiceUnavailable }
            - { after: 10s, for: 30s, status: 503, reason: ServiceUnavailable }
            - { requests: "100..200", action: goaway, last_stream: before, reason: Shutdown, error_code: 0 }
            - { every: 1000, action: reset }
            - { token: "slow*", latency: 200ms, jitter: 50ms }
            - { every: 777, action: silence }
            - { every: 500, action: refuse }
            - { requests: "500", action: settings, max_concurrent_streams: 1 }
            - { share: 0.02, seed: 7, status: 502, body: "<html>", headers: { content-type: text/html } }
            """
        var goAway = FaultGoAway()
        goAway.lastStream = .before
        goAway.reason = "Shutdown"
        let effects = try FaultScriptReader.read(script, file: "faults.yaml").rules.map(\.effect)
        #expect(effects.count == 10)
        #expect(effects[3] == .goAway(goAway))
        #expect(
            effects[4...8] == [.reset, .normalAnswer, .silence, .refuse, .settings(maxConcurrentStreams: 1)]
        )
    }

    static let mistakes: [(script: String, line: Int, text: String)] = [
        ("rules: 1", 1, "a fault script is a list of rules"),
        ("- { every: 2, status: 503 }\n- later", 2, "a rule is a mapping"),
        ("-\n  every: 2\n  statu: 503\n  latency: 1s", 3, "unknown key \"statu\" (allowed: provider, token"),
        ("- { every: 0, status: 503 }", 1, "every: \"0\" (allowed: a whole number from 1 up)"),
        ("- { every: x, status: 503 }", 1, "every: \"x\""),
        ("- { status: 99 }", 1, "status: \"99\" (allowed: a whole number from 200 to 599)"),
        ("- { token: [a], status: 500 }", 1, "token: a list or mapping (allowed: text)"),
        ("- { after: 10, status: 500 }", 1, "after: \"10\" (allowed: a time with its unit"),
        ("- { for: -1s, status: 500 }", 1, "for: \"-1s\""),
        ("- { requests: \"9..2\", status: 500 }", 1, "requests: \"9..2\" (allowed:"),
        ("- { requests: \"0\", status: 500 }", 1, "requests: \"0\""),
        ("- { share: 2, status: 500 }", 1, "share: \"2\" (allowed: a number from 0 to 1)"),
        ("- { share: 0.1, every: 2, status: 500 }", 1, "share: cannot stand beside every"),
        ("- { seed: 1, status: 500 }", 1, "seed: needs share or jitter"),
        ("- { provider: gcm, status: 500 }", 1, "provider: \"gcm\" (allowed: apns, fcm, webpush)"),
        ("- { action: explode }", 1, "action: \"explode\" (allowed: goaway, reset, silence, refuse, settings)"),
        ("- { action: reset, status: 500 }", 1, "status: cannot stand beside action"),
        ("- { action: reset, latency: 1s }", 1, "latency: cannot stand beside action"),
        ("- { action: reset, last_stream: this }", 1, "last_stream: has no meaning in action reset"),
        ("- { action: goaway, last_stream: some }", 1, "last_stream: \"some\" (allowed: this, before, all)"),
        ("- { action: settings }", 1, "action settings: needs max_concurrent_streams"),
        ("- { status: 500, max_concurrent_streams: 1 }", 1, "max_concurrent_streams: has no meaning"),
        ("- { latency: 1s, body: x }", 1, "body: has no meaning in a rule without status"),
        ("- { jitter: 1s, status: 500 }", 1, "jitter: needs latency"),
        ("- { every: 3 }", 1, "the rule does nothing (needed: status, action or latency)"),
        ("- { status: 500, headers: [a] }", 1, "headers: a list or mapping (allowed: a mapping"),
        ("- { status: 500, headers: { \"a b\": c } }", 1, "headers: \"a b\": not a header field"),
        ("- { status: 500, status: 501 }", 1, "repeated key: status"),
        ("- { status: 500\n- { status: 501", 2, "not YAML"),
    ]

    @Test("a mistake is an error with its line and what is allowed", arguments: mistakes)
    func mistake(script: String, line: Int, text: String) throws {
        let error = try #require(throws: FaultScriptError.self) {
            try FaultScriptReader.read(script, file: "faults.yaml")
        }
        #expect(error.problems.contains { $0.line == line && $0.message.contains(text) }, "\(error)")
    }

    @Test("all mistakes are told at once, in order, with the file")
    func allMistakes() throws {
        let script = "- { statu: 1, latency: 1s }\n- { every: 2, status: 503 }\n- { action: nothing }"
        let error = try #require(throws: FaultScriptError.self) {
            try FaultScriptReader.read(script, file: "faults.yaml")
        }
        #expect(error.problems.map(\.line) == [1, 3])
        #expect(error.description.hasPrefix("faults.yaml:1: unknown key \"statu\""))
    }
}
