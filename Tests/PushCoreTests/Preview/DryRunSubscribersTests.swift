import Testing

@testable import PushCore

/// Dry runs of rules that address subscribers: a fan-out goes to its end, and each notification to its user.
@Suite("Dry run: subscribers")
struct DryRunSubscribersTests {
    private static func person(_ id: String?, topics: [String]) -> PreviewPerson {
        let device: JSONTree = [
            "device_id": "phone", "provider": "fcm", "app": "shop", "token": .string("token-\(id ?? "any")"),
        ]
        let subscribed = topics.map { (RegistrationType.userSubscribed, JSONTree.object(topic($0))) }
        let registrations = ([(.deviceRegistered, device)] + subscribed).map { type, data in
            PreviewPerson.Registration(type, data.object ?? JSONObject(), name: type.rawValue)
        }
        return PreviewPerson(userID: id, registrations: registrations)
    }

    private static func topic(_ name: String) -> JSONObject {
        var object = JSONObject()
        object["topic"] = .string(name)
        return object
    }

    private static let sample = PreviewPerson(
        userID: nil,
        registrations: person(nil, topics: []).registrations,
        isSample: true
    )

    private static func toSubscribers(_ id: String, of topics: String = "data.topics") throws -> Rule {
        try Make.rule(id, users: topics) { $0.isForSubscribers = true }
    }

    private static func dryRun(_ rules: [Rule], _ people: [PreviewPerson]) -> DryRun {
        let apps: Set = [UsersConfiguration.App(provider: .fcm, app: "shop")]
        let ruleSet = RuleSet(rules, version: "v1")
        return DryRun(.init(ruleSet: ruleSet, users: UsersConfiguration(apps: apps), digests: .openSSL), people: people)
    }

    /// What an event leads to, rule by rule.
    private static func told(
        _ dryRun: inout DryRun,
        _ value: String,
        offset: Int64 = 0
    ) throws -> [[NotificationAccount]] {
        var record = Sample.binary(["time": "2026-01-01T00:00:00Z"], value: value)
        record.offset = offset
        return try dryRun.account(for: record, nowMs: Make.timeMs).rules.map(\.notifications)
    }

    @Test(
        "each subscriber is told once, however many steps that takes, and nobody else is",
        arguments: [0, 1, 16, 17, 256, 257, 600]
    )
    func everybody(count: Int) throws {
        let names = (0..<count).map { "user-\($0)" }
        let people = names.map { Self.person($0, topics: ["s", "x"]) } + [Self.person("other", topics: ["x"])]
        var dryRun = Self.dryRun([try Self.toSubscribers("r")], people)
        let accounts = try Self.told(&dryRun, #"{"topics":["s"],"order":1}"#)[0]
        #expect(accounts.map(\.recipient).sorted() == names.sorted())
        #expect(accounts.allSatisfy { !$0.isTarget && $0.sent.count == 1 && $0.words?.title == "Order 1" })
        #expect(Set(accounts.flatMap(\.sent).map(\.delivery.device.token)).count == count)
    }

    @Test("who subscribed to several of the topics is told once, and an event that comes again is a duplicate")
    func union() throws {
        let people = [Self.person("ann", topics: ["a", "b"]), Self.person("bob", topics: ["b"])]
        var dryRun = Self.dryRun([try Self.toSubscribers("r"), try Self.toSubscribers("q", of: "['a']")], people)
        let first = try Self.told(&dryRun, #"{"topics":["a","b"],"order":1}"#)
        #expect(first.map { $0.map(\.recipient) } == [["ann", "bob"], ["ann"]])
        let again = try Self.told(&dryRun, #"{"topics":["a","b"],"order":1}"#, offset: 1)
        #expect(again.flatMap { $0 }.map { $0.endings.map(\.reason) } == [["duplicate"], ["duplicate"], ["duplicate"]])
    }

    @Test("the topics are told, also where nobody is subscribed; another rule has none")
    func topics() throws {
        let rules = [
            try Self.toSubscribers("r"), try Make.rule("users", users: "data.topics"),
            try Self.toSubscribers("other", of: "[]"),
        ]
        var dryRun = Self.dryRun(rules, [Self.person("ann", topics: ["z"])])
        let record = Sample.binary(value: #"{"topics":["a","b"],"order":1}"#)
        let account = try dryRun.account(for: record, nowMs: Make.timeMs)
        #expect(account.rules.map(\.subscribedTopics) == [["a", "b"], nil, []])
        #expect(account.rules.map { $0.notifications.count } == [0, 2, 0])
    }

    @Test("the sample user is a subscriber of every topic; one of a file, of those that the file says")
    func unnamed() throws {
        let value = #"{"topics":["a"],"order":1}"#
        for (person, isTold) in [
            (Self.sample, true), (Self.person(nil, topics: ["a"]), true), (Self.person(nil, topics: ["b"]), false),
        ] {
            var dryRun = Self.dryRun([try Self.toSubscribers("r"), try Self.toSubscribers("q")], [person])
            let expected = isTold ? ["subscriber 1"] : []
            for accounts in try Self.told(&dryRun, value) {
                #expect(accounts.map { "\($0.recipient) \($0.sent.count)" } == expected)
            }
        }
    }

    @Test("whoever is addressed has the sample devices, whoever had them before")
    func sampleDevices() throws {
        let rules = [
            try Make.rule("a", users: "['ann', 'bob']"), try Self.toSubscribers("b", of: "['t']"),
            try Make.rule("c", users: "['ann']"), try Self.toSubscribers("d", of: "['t']"),
        ]
        var dryRun = Self.dryRun(rules, [Self.sample])
        let accounts = try Self.told(&dryRun, #"{"order":1}"#)
        #expect(accounts.map { $0.map(\.recipient) } == [["ann", "bob"], ["subscriber"], ["ann"], ["subscriber"]])
        #expect(accounts.flatMap { $0 }.map(\.sent.count) == [1, 1, 1, 1, 1])
    }
}
