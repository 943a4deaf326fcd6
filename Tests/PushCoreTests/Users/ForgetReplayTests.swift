import Testing

@testable import PushCore

@Suite("Users: a crash while a person is forgotten")
struct ForgetReplayTests {
    private let t = Make.timeMs

    @Test("decided before, read again: the same deliveries, although the devices are forgotten")
    func decidedBefore() throws {
        var bench = UsersBench()
        try bench.register()
        bench.commit()
        let committed = bench.nextOffset
        let first = bench.handle(UsersBench.notify(Make.notification()))
        _ = bench.handle(UsersBench.forget(atMs: t + 1))
        bench.restart(committed: committed)
        let again = bench.handle(UsersBench.notify(Make.notification()), offset: committed)
        #expect(again.disposition == .replayed && first.deliveries == 1)
        let (before, after) = (try first.effects.deliveries(), try again.effects.deliveries())
        #expect(after.map(\.id) == before.map(\.id) && after.map(\.device.token) == before.map(\.device.token))
    }

    @Test("read again before its end, the command ends again what waited, and asks the addresses again")
    func forgetRepeated() throws {
        var bench = UsersBench(limits: ["all": [LimitWindow(max: 1, periodMs: Make.dayMs, onExceed: .defer)]])
        try bench.register()
        _ = bench.notify("e1")
        _ = bench.notify("e2")
        let committed = bench.nextOffset
        let first = bench.handle(UsersBench.forget(atMs: t + 1))
        #expect(first.effects.outputs.count == 2 && first.said == ["suppressed/forgotten"])
        for _ in 0..<2 {
            bench.restart(committed: committed)
            let again = bench.handle(UsersBench.forget(atMs: t + 1), offset: committed)
            #expect(again.effects.outputs == first.effects.outputs && again.effects.state == nil)
        }
        // The end is asked for by who comes after the crash.
        try bench.settle(Effects(outputs: first.effects.outputs(.inbox)))
        let outside = try bench.commitAndTidy()
        #expect(outside.map { $0.text("outcome") } == ["erased"] && bench.core.recordCount == 0)
    }

    @Test("a crash between the tombstone and the receipt: the command says the receipt again")
    func finishRepeated() throws {
        var bench = UsersBench()
        try bench.register()
        try bench.settle(UsersBench.forget(atMs: t + 1))
        bench.commit()
        bench.nowMs += 1_000
        let asked = try #require(bench.housekeeping().first)
        let committed = bench.nextOffset
        let first = try bench.handle(asked)
        #expect(first.effects.state?.value == nil && first.effects.state?.header("forgotten") != nil)
        bench.restart(committed: committed)
        let again = try bench.handle(asked, offset: committed)
        #expect(again.effects.outputs == first.effects.outputs && again.effects.state == nil)
        #expect(bench.core.recordCount == 0)
    }

    @Test("an address's answer that is read again changes nothing")
    func answerRepeated() throws {
        var bench = UsersBench()
        try bench.register()
        let decided = bench.handle(UsersBench.forget(atMs: t + 1))
        let release = try #require(decided.effects.outputs(.inbox).first)
        let committed = bench.nextOffset
        let erased = try bench.handle(release)
        #expect(erased.disposition == .erased && erased.effects.state?.value == nil)
        bench.restart(committed: committed)
        let again = try bench.handle(release, offset: committed)
        #expect(again.effects.outputs == erased.effects.outputs && again.effects.state == nil)
        let answer = try #require(again.effects.outputs.first)
        #expect(try bench.handle(answer).disposition == .applied)
        #expect(try bench.handle(answer).disposition == .ignored)
    }

    /// One partition with all that may happen to a few people, among it that they are forgotten, and a process that crashes at any
    /// point: in the end the same has been said as if it had never crashed, and nothing is left of whoever was forgotten last.
    @Test("whatever crashes when: each command says in the end what it would have said", arguments: UInt64(0)..<300)
    func anyOrder(seed: UInt64) throws {
        var calm = Partition(seed: seed, crashes: false)
        var stormy = Partition(seed: seed, crashes: true)
        try calm.run()
        try stormy.run()
        let different = calm.said.symmetricDifference(stormy.said).sorted()
        #expect(different.isEmpty, "seed \(seed)")
        let erased = calm.said.count { $0.contains("erased") }
        #expect(erased >= 2, "seed \(seed)")
        let leftovers = stormy.leftovers()
        #expect(leftovers.isEmpty, "seed \(seed)")
    }
}

/// A partition of the inbox as a log, and a users stage that reads it, stores state before outputs, and may end between any two steps.
private struct Partition {
    private var random: SeededGenerator
    private let crashes: Bool
    private var script: SeededGenerator
    private var inbox: [(key: [UInt8]?, value: [UInt8]?)] = []
    private var changelog: [Outgoing] = []
    private var core: UsersCore
    private var next = 0
    /// Below it, all outputs are stored.
    private var committed = 0
    private var nowMs = Make.timeMs
    /// What the world has seen: receipts and deliveries by their ids, each once.
    private(set) var said: Set<String> = []
    private static let users = ["ann", "bob"]
    private static var configuration: UsersConfiguration {
        var configuration = UsersConfiguration(
            apps: [UsersBench.app],
            limits: Limits(["all": [LimitWindow(max: 2, periodMs: Make.dayMs, onExceed: .defer)]])
        )
        configuration.dedupeWindowMs = 3_600_000
        return configuration
    }

    init(seed: UInt64, crashes: Bool) {
        script = SeededGenerator(seed: seed)
        random = SeededGenerator(seed: seed &+ 77)
        self.crashes = crashes
        core = Self.made()
    }

    private static func made() -> UsersCore {
        UsersCore(partition: 0, configuration: configuration, digests: .openSSL)
    }

    /// Each step puts a command into the inbox; the same seed gives the same, whatever crashes.
    mutating func run() throws {
        for step in 0..<40 {
            for (key, kind) in command(step) { append(kind, to: key) }
            try readAll()
            if Int.random(in: 0..<3, using: &script) == 0 { try commitAll() }
        }
        for user in Self.users { append(UsersBench.forget("last", user: user, atMs: nowMs), to: "u:\(user)") }
        for _ in 0..<6 { try commitAll() }
    }

    private mutating func command(_ step: Int) -> [(String, Command.OneOf_Kind)] {
        nowMs += 1_000
        let user = Self.users[Int.random(in: 0..<2, using: &script)]
        let device = Make.device("d\(Int.random(in: 0..<3, using: &script))", token: "0\(step % 4)", at: nowMs)
        switch Int.random(in: 0..<10, using: &script) {
        case 0...2: return [(UsersBench.addressKey(device), UsersBench.claim(device, user))]
        case 3: return [("u:\(user)", UsersBench.unregister(device.id, atMs: nowMs))]
        case 4: return [("u:\(user)", UsersBench.preferences(["chat": true], atMs: nowMs))]
        case 5: return [("u:\(user)", UsersBench.forget("f\(step)", user: user, atMs: nowMs))]
        default:
            let notification = Make.notification(event: "e\(step)", user: user, timeMs: nowMs)
            return [("u:\(user)", UsersBench.notify(notification, origin: UInt64(step)))]
        }
    }

    private mutating func append(_ kind: Command.OneOf_Kind, to key: String) {
        var command = Command()
        command.kind = kind
        inbox.append((Array(key.utf8), command.encoded()))
    }

    private mutating func commitAll() throws {
        try readAll()
        committed = next
        core.committed(upTo: Int64(committed))
        nowMs += 2_000
        for asked in core.housekeeping(nowMs: nowMs) { inbox.append((asked.key, asked.value)) }
        try readAll()
    }

    private mutating func readAll() throws {
        var repeats = 0
        while next < inbox.count {
            let record = OwnedRecord(
                topic: "push.inbox",
                offset: Int64(next),
                key: inbox[next].key,
                value: inbox[next].value
            )
            let decided = record.withInputRecord { core.handle($0, nowMs: nowMs) }
            if let state = decided.effects.state { changelog.append(state) }
            let isCrash = crashes && repeats < 8 && Int.random(in: 0..<6, using: &random) == 0
            if isCrash {
                // Between state and outputs: some of them may have gone out.
                for output in decided.effects.outputs where output.topic != .inbox && Bool.random(using: &random) {
                    try see(output)
                }
                repeats += 1
                crash()
                continue
            }
            for output in decided.effects.outputs {
                if output.topic == .inbox, !isKnown(output) { inbox.append((output.key, output.value)) }
                try see(output)
            }
            next += 1
        }
    }

    /// What a command says to others once more would be one more command: all of ours do nothing the second time, which other tests
    /// show; left out, both logs stay the same.
    private var asked: Set<[UInt8]> = []

    private mutating func isKnown(_ output: Outgoing) -> Bool {
        !asked.insert((output.key ?? []) + [0] + (output.value ?? [])).inserted
    }

    private mutating func see(_ output: Outgoing) throws {
        switch output.topic {
        case .receipts:
            // An interim receipt is named after the offset, which other commands may have moved.
            let isInterim = output.text("outcome") == Outcome.deferred.rawValue
            let id = output.text(isInterim ? "notification_id" : "receipt_id") ?? ""
            said.insert("\(id) \(output.text("outcome") ?? "") \(output.text("reason") ?? "")")
        case .outbox: said.insert("delivery \(try output.delivery().id)")
        default: break
        }
    }

    private mutating func crash() {
        core = Self.made()
        core.committed(upTo: Int64(committed))
        for record in changelog {
            core.restore(record)
        }
        next = committed
    }

    /// Keys whose last value still stands.
    func leftovers() -> [String] {
        var last: [String: [UInt8]?] = [:]
        for record in changelog { last[record.keyText] = .some(record.value) }
        return last.filter { $0.value != nil }.keys.sorted()
    }
}
