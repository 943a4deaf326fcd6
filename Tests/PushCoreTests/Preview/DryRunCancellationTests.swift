import Testing

@testable import PushCore

/// Dry runs of rules that end what waits.
@Suite("Dry run: cancellations")
struct DryRunCancellationTests {
    private static func account(of rule: Rule, _ value: String) throws -> RuleAccount {
        let settings = DryRun.Settings(
            ruleSet: RuleSet([rule], version: "v1"),
            users: UsersConfiguration(apps: []),
            digests: .openSSL
        )
        var dryRun = DryRun(settings, people: [])
        let record = Sample.binary(["time": "2026-01-01T00:00:00Z"], value: value)
        return try #require(try dryRun.account(for: record, nowMs: Make.timeMs).rules.first)
    }

    private static func cancelling() throws -> Rule {
        try Make.rule("returned", users: "data.users") {
            $0.contents = []
            $0.cancels = Make.located("order-{{data.order}}")
        }
    }

    @Test("a rule that only cancels tells nobody anything, and says what it ends and for whom")
    func cancels() throws {
        let account = try Self.account(of: try Self.cancelling(), #"{"users":["ann","bob"],"order":7}"#)
        #expect(account.judgement == .matched)
        #expect(account.notifications.isEmpty)
        let wanted = ["ann", "bob"].map { RuleAccount.Cancellation(recipient: $0, collapseKey: "order-7") }
        #expect(account.cancellations == wanted)
    }

    @Test("a rule that has something to say cancels nothing by itself")
    func says() throws {
        let account = try Self.account(of: try Make.rule(), #"{"user":"ann","order":7}"#)
        #expect(account.cancellations.isEmpty)
        #expect(account.notifications.map(\.recipient) == ["ann"])
    }
}
