import Testing

@testable import PushCore

/// Targets through the three stages: what a rule addresses in the place of users.
@Suite("Targets in the place of users")
struct TargetTests {
    private static let fcm = UsersConfiguration.App(provider: .fcm, app: "example-shop")
    private static let key = "t:fcm_topic/example-shop/news"

    private static func rules(_ kind: TargetKind = .fcmTopic, app: String = "example-shop") throws -> RulesCore {
        Make.rules(
            try Make.rule(users: "data.to") {
                $0.target = TargetDefinition(kind, app: app, sandbox: kind == .apnsChannel)
                $0.apns.pushType = kind == .apnsChannel ? "liveactivity" : nil
                $0.collapse = Make.located("{{data.collapse}}")
                var german = ContentDefinition(locale: Make.located("de"))
                german.title = Make.located("Bestellung")
                $0.contents.append(german)
            }
        )
    }

    private static func command(_ event: String = #"{"to":"news"}"#, kind: TargetKind = .fcmTopic) throws -> Outgoing {
        try #require(try rules(kind).decide(event).effects.outputs.first)
    }

    private static func bench(_ limits: [String: [LimitWindow]] = [:]) -> UsersBench {
        UsersBench(limits: limits) { $0.apps.insert(fcm) }
    }

    // MARK: Rules

    @Test("each target gets one command under its own key, with an id of its own", arguments: TargetKind.allCases)
    func commands(kind: TargetKind) throws {
        let core = try Self.rules(kind, app: "shop")
        let decided = core.decide(#"{"to":["a","b","a"]}"#)
        #expect(decided.notifications == 2)
        #expect(decided.effects.outputs.map(\.keyText) == ["a", "b"].map { "t:\(kind.rawValue)/shop/\($0)" })
        let notify = try decided.effects.outputs[0].command().notify
        let id = Digests.openSSL.notificationIdentifier(
            eventSource: "/shop",
            eventID: "e-1",
            ruleID: "shipped",
            target: .target(kind, app: "shop", name: "a")
        )
        #expect(notify.notification.id == id && notify.origin != 0)
        #expect(notify.target.provider == kind.provider.rawValue && notify.target.app == "shop")
        #expect(notify.target.target == kind.target("a") && notify.target.sandbox == (kind == .apnsChannel))
        #expect(notify.target.pushType == (kind == .apnsChannel ? "liveactivity" : ""))
    }

    @Test(
        "what is no name fails the rule on this event",
        arguments: [#"{"to":""}"#, #"{"to":[true]}"#, #"{}"#, #"{"to":"\#(String(repeating: "x", count: 8_193))"}"#]
    )
    func noName(event: String) throws {
        let decided = try Self.rules().decide(event)
        #expect(decided.disposition == .deadLettered)
        #expect(decided.effects.deadLetters[0].header("dlq_detail")?.hasPrefix("rule shipped: to.fcm_topic: ") == true)
    }

    // MARK: Users

    @Test("a target's delivery has the first language and no user, and its records one key")
    func delivered() throws {
        var bench = Self.bench()
        let decided = try bench.handle(Self.command())
        #expect(decided.disposition == .admitted)
        let output = try #require(decided.effects.outputs.first)
        #expect(output.topic == .outbox(.fcm) && output.keyText == Self.key)
        #expect(decided.effects.state?.keyText == Self.key)
        let delivery = try output.delivery()
        #expect(delivery.userID.isEmpty && delivery.device.id.isEmpty && delivery.device.target.topic == "news")
        #expect(delivery.notification.contents.map(\.locale) == ["en"])
        #expect(delivery.id == Digests.openSSL.identifier(delivery.notification.id, ""))
        #expect(delivery.recordKey == Self.key && delivery.inboxKey?.description == Self.key)
    }

    @Test("a command that is read again says the same, and a repeated event is a duplicate of the target's")
    func repeats() throws {
        var bench = Self.bench()
        let first = try bench.handle(Self.command(), offset: 200)
        bench.restart(committed: 200)
        let again = try bench.handle(Self.command(), offset: 200)
        #expect(again.disposition == .replayed && again.effects.outputs == first.effects.outputs)
        var other = try Self.command().command()
        other.notify.origin += 1
        let duplicate = bench.handle(try #require(other.kind), to: Self.key, offset: 201)
        #expect(duplicate.disposition == .ended(.duplicate))
        let receipt = duplicate.effects.outputs[0]
        #expect(receipt.keyText == Self.key && receipt.text("target") == "news" && receipt.text("user_id") == nil)
    }

    @Test("limits hold for each target by itself")
    func limited() throws {
        var bench = Self.bench(["all": [LimitWindow(max: 1, periodMs: Make.dayMs)]])
        #expect(try bench.handle(Self.command()).disposition == .admitted)
        #expect(try bench.handle(Self.command(#"{"to":"sport"}"#)).disposition == .admitted)
        var second = try Self.command().command()
        second.notify.notification.idLow += 1
        let refused = bench.handle(try #require(second.kind), to: Self.key)
        #expect(refused.disposition == .ended(.rateLimited))
        #expect(refused.effects.outputs.map { $0.text("target") } == ["news"])
    }

    @Test("an expired one, and one whose app is not configured, end with a receipt that names the target")
    func refused() throws {
        var bench = Self.bench()
        bench.nowMs = Make.timeMs + 2 * Make.dayMs
        let expired = try bench.handle(Self.command())
        #expect(expired.disposition == .ended(.ttlPassed))
        #expect(expired.effects.outputs.map { $0.text("target_kind") } == ["fcm_topic"])
        var foreign = UsersBench()
        let unserved = try foreign.handle(Self.command())
        #expect(unserved.disposition == .ended(.appNotConfigured))
        #expect(unserved.effects.outputs.map { $0.text("outcome") } == ["rejected"])
        #expect(unserved.effects.outputs.map { $0.text("target") } == ["news"])
    }

    @Test(
        "a command whose key is not its target's is none",
        arguments: ["t:fcm_topic/example-shop/sport", "t:fcm_condition/example-shop/news", "u:ann", "t:", "u:"]
    )
    func foreignKey(key: String) throws {
        var bench = Self.bench()
        let kind = try #require(try Self.command().command().kind)
        #expect(bench.handle(kind, to: key).disposition == .invalid)
        var withoutTarget = Make.notification()
        withoutTarget.ruleID = "x"
        #expect(bench.handle(UsersBench.notify(withoutTarget), to: Self.key).disposition == .invalid)
        #expect(bench.handle(.detach(DetachDevice()), to: Self.key).disposition == .invalid)
    }

    // MARK: Dispatch

    private static func delivery(_ event: String = #"{"to":"news"}"#) throws -> Delivery {
        var bench = bench()
        return try #require(try bench.handle(command(event)).effects.outputs.first).delivery()
    }

    @Test("what the provider took has a receipt under the target's key")
    func accepted() throws {
        var bench = DispatchBench()
        let ticket = try bench.begin(try Self.delivery())
        let step = try bench.answer(ticket, .accepted(providerMessageID: "m"), status: 200)
        let receipt = try step.receipt
        #expect(
            receipt.keyText == Self.key && receipt.text("target") == "news" && receipt.text("outcome") == "accepted"
        )
    }

    @Test("a word that an address is dead reaches nobody: a target has none")
    func deadAddress() throws {
        var bench = DispatchBench()
        let ticket = try bench.begin(try Self.delivery())
        let dead = Verdict.addressDead(.unregistered, invalidSinceMs: nil)
        #expect(dead.aboutTarget == .badRequest(.badTarget))
        #expect(Verdict.retry(.timeout, after: nil).aboutTarget == .retry(.timeout, after: nil))
        let effects = try bench.answer(ticket, dead, status: 404).effects
        #expect(effects.state == nil && effects.outputs.map(\.topic) == [.receipts])
    }

    @Test("a newer delivery takes the place of an older at the same target, and at no other")
    func superseded() throws {
        func delivery(_ target: String, at decidedAtMs: Int64) throws -> Delivery {
            var delivery = try Self.delivery(#"{"to":"\#(target)","collapse":"score"}"#)
            delivery.decidedAtMs = decidedAtMs
            delivery.idLow &+= UInt64(decidedAtMs)
            return delivery
        }
        var bench = DispatchBench()
        let old = try bench.begin(try delivery("news", at: Make.timeMs))
        #expect(try bench.answer(old, .retry(.serviceUnavailable, after: nil), status: 503).isWait)
        _ = try bench.begin(try delivery("sport", at: Make.timeMs + 1))
        #expect(bench.core.due(nowMs: bench.nowMs).isEmpty)
        _ = try bench.begin(try delivery("news", at: Make.timeMs + 2))
        #expect(try bench.skip().ending?.outcome == .superseded)
    }

    @Test("a hand-back waits in the target's record, and comes out again under its key")
    func handedBack() throws {
        var users = Self.bench()
        let delivery = try #require(try users.handle(Self.command()).effects.outputs.first).delivery()
        var dispatch = DispatchBench()
        let ticket = try dispatch.begin(delivery)
        let step = try dispatch.answer(ticket, .retry(.serviceUnavailable, after: .seconds(3_600)), status: 503)
        let (receipt, schedule, _) = try step.handBack
        #expect(receipt.keyText == Self.key && receipt.text("outcome") == "deferred")
        let command = try step.effects.outputs[0]
        #expect(command.keyText == Self.key)
        #expect(try users.handle(command).disposition == .applied && users.core.scheduledCount == 1)
        users.restart(committed: 0)
        users.nowMs = schedule.notBeforeMs
        let release = try #require(users.due().first)
        let released = try users.handle(release)
        let output = try #require(released.effects.outputs.first)
        #expect(output.topic == .outbox(.fcm) && output.keyText == Self.key)
        #expect(try output.delivery().handBacks == 1 && output.delivery().device.target.topic == "news")
    }
}
