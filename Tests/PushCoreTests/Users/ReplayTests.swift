import SwiftProtobuf
import Testing

@testable import PushCore

@Suite("Users: what is read again")
struct ReplayTests {
    private static let two = ["all": [LimitWindow(max: 2, periodMs: Make.dayMs)]]

    @Test("the same offset gives the same outputs, charges nothing and stores nothing")
    func sameOffset() throws {
        var bench = UsersBench(limits: Self.two)
        try bench.register()
        let notification = Make.notification()
        let offset = bench.nextOffset
        let first = bench.handle(UsersBench.notify(notification))
        for _ in 0..<5 {
            let again = bench.handle(UsersBench.notify(notification), offset: offset)
            #expect(again.disposition == .replayed && again.effects.state == nil)
            #expect(again.effects.outputs == first.effects.outputs)
        }
        #expect(bench.notify("e2").disposition == .admitted)
        #expect(bench.notify("e3").disposition == .ended(.rateLimited))
    }

    @Test("after a restart from the changelog, what was decided is decided the same way")
    func afterRestore() throws {
        var bench = UsersBench(limits: Self.two)
        try bench.register()
        let committed = bench.nextOffset
        let commands = (1...4).map { UsersBench.notify(Make.notification(event: "e\($0)")) }
        let before = commands.map { bench.handle($0).effects.outputs }
        bench.restart(committed: committed)
        for (index, command) in commands.enumerated() {
            let again = bench.handle(command, offset: committed + Int64(index))
            #expect(again.disposition == .replayed)
            #expect(again.effects.outputs == before[index])
        }
        bench.nowMs += Make.dayMs / 2
        #expect(bench.notify("e5").disposition == .admitted)
        #expect(bench.notify("e6").disposition == .ended(.rateLimited))
    }

    @Test("a decision is repeated for the devices of then, although one went and one came since")
    func devicesOfThen() throws {
        var bench = UsersBench()
        try bench.register(Make.device("a", token: "01"))
        let offset = bench.nextOffset
        let first = bench.handle(UsersBench.notify(Make.notification()))
        try bench.settle(UsersBench.unregister("a", atMs: Make.timeMs + 1))
        try bench.register(Make.device("b", token: "02"))
        bench.nowMs += 3 * Make.dayMs
        _ = bench.notify("later")
        let again = bench.handle(UsersBench.notify(Make.notification()), offset: offset)
        #expect(try again.effects.deliveries().map(\.device.id) == ["a"])
        #expect(try again.effects.deliveries().map(\.id) == first.effects.deliveries().map(\.id))
    }

    @Test("what lies below the committed offset and is forgotten stays silent")
    func forgotten() throws {
        var bench = UsersBench {
            $0.decisionsMax = 1
            $0.dedupeWindowMs = 10
        }
        try bench.register()
        let offset = bench.nextOffset
        #expect(bench.handle(UsersBench.notify(Make.notification())).disposition == .admitted)
        bench.commit()
        bench.nowMs += 100
        for number in 0..<3 { #expect(bench.notify("n\(number)").disposition == .admitted) }
        let again = bench.handle(UsersBench.notify(Make.notification()), offset: offset)
        #expect(again.disposition == .replayed && again.effects.isEmpty)
    }

    @Test("decisions stand in the record until they are committed, and are then remembered up to their number")
    func pruning() throws {
        var bench = UsersBench { $0.decisionsMax = 4 }
        try bench.register()
        for number in 0..<10 { _ = bench.notify("a\(number)") }
        #expect(try #require(try bench.record()).decisions.count == 10)
        bench.commit()
        _ = bench.notify("b")
        let record = try #require(try bench.record())
        // A record keeps the offset after the command's own.
        #expect(record.decisions.map(\.offset) == [bench.nextOffset])
        #expect(record.seen.count == 4 * 16)
        for number in 0..<6 { #expect(bench.notify("a\(number)", origin: 7 << 32).disposition == .admitted) }
        #expect(bench.notify("a9", origin: 7 << 32).disposition == .ended(.duplicate))
    }

    @Test(
        "a repeated event is recognised through the whole window, however many others came",
        arguments: [15, 16, 200]
    )
    func remembered(_ others: Int) throws {
        var bench = UsersBench(limits: ["all": [LimitWindow(max: 1_000, periodMs: 3_600_000)]])
        try bench.register()
        #expect(bench.notify("x", origin: 1).disposition == .admitted)
        for number in 0..<others {
            #expect(bench.notify("n\(number)", origin: 1).disposition == .admitted)
            if number % 7 == 0 { bench.commit() }
        }
        bench.commit()
        let before = try #require(try bench.record()).limits
        // The rules stage read its record twice: nothing is said.
        let same = bench.notify("x", origin: 1)
        #expect(same.disposition == .replayed && same.effects.isEmpty)
        let again = bench.notify("x", origin: 2 << 32)
        #expect(again.disposition == .ended(.duplicate))
        #expect(again.effects.state == nil)
        #expect(try #require(try bench.record()).limits == before)
        bench.nowMs += 3_601_000
        _ = bench.notify("y", origin: 1)
        #expect(bench.notify("x", origin: 2 << 32).disposition == .admitted)
    }

    @Test("a record that holds nothing any more becomes a tombstone")
    func tombstone() throws {
        var bench = UsersBench {
            $0.dedupeWindowMs = 10
            $0.removedDeviceMs = 10
        }
        #expect(bench.notify("e1").disposition == .ended(.noDevices))
        #expect(bench.core.recordCount == 1)
        bench.commit()
        bench.nowMs += 1_100
        var unsubscribed = SetSubscription()
        unsubscribed.topic = "news"
        let decided = bench.handle(.subscription(unsubscribed))
        #expect(decided.effects.state?.value == nil && decided.effects.state?.keyText == "u:ann")
        #expect(bench.core.recordCount == 0 && bench.core.recordOctets == 0)
    }

    @Test("a restored tombstone removes the record")
    func restoredTombstone() throws {
        var bench = UsersBench()
        try bench.register()
        var core = UsersCore(partition: 3, configuration: bench.configuration, digests: .openSSL)
        for record in bench.changelog { core.restore(key: record.keyText, value: record.value) }
        #expect(core.recordCount == 2)
        core.restore(key: "u:ann", value: nil)
        #expect(core.recordCount == 1)
    }

    /// Epoch and position of a user's record, or the epoch of a tombstone; the badge tells records apart.
    private static func written(_ epoch: UInt32, _ position: Int64?, _ badge: Int64) -> ([UInt8]?, UInt32?) {
        guard let position else { return (nil, epoch) }
        var record = UserRecord()
        (record.epoch, record.lastOffset, record.badge) = (epoch, position, badge)
        return (record.encoded(), nil)
    }

    @Test(
        "of two records of a key the one of the later owner stays, and of one owner's the one that knows more",
        arguments: [
            (first: (1, 5), second: (1, 6), stays: 2),
            (first: (1, 6), second: (1, 5), stays: 1),
            (first: (1, 5), second: (1, 5), stays: 2),
            (first: (2, 3), second: (1, 90), stays: 1),
            (first: (1, 90), second: (2, 3), stays: 2),
            (first: (2, 3), second: (1, nil), stays: 1),
            (first: (2, 3), second: (2, nil), stays: 0),
            (first: (2, 3), second: (3, nil), stays: 0),
            (first: (2, nil), second: (2, 4), stays: 2),
        ] as [(first: (UInt32, Int64?), second: (UInt32, Int64?), stays: Int64)]
    )
    func overtaken(_ first: (UInt32, Int64?), _ second: (UInt32, Int64?), _ stays: Int64) throws {
        var core = UsersCore(partition: 3, configuration: UsersBench().configuration, digests: .openSSL)
        for (badge, written) in [(1, first), (2, second)] as [(Int64, (UInt32, Int64?))] {
            let (value, epoch) = Self.written(written.0, written.1, badge)
            core.restore(key: "u:ann", value: value, tombstoneEpoch: epoch)
        }
        #expect(core.recordCount == (stays == 0 ? 0 : 1))
        #expect(core.epoch == max(first.0, second.0) + 1)
        var bench = UsersBench()
        bench.core = core
        var subscription = SetSubscription()
        (subscription.topic, subscription.subscribed, subscription.atMs) = ("news", true, 10)
        let state = try #require(bench.handle(.subscription(subscription)).effects.state?.value)
        let record = try UserRecord(serializedBytes: state)
        #expect(record.badge == stays && record.epoch == core.epoch)
    }

    @Test("what a later version has added to a record stays when a command of this one changes it")
    func laterVersion() throws {
        // Field 99, a varint, in the record and in its device.
        let later: [UInt8] = [0x98, 0x06, 0x2A]
        var device = Device()
        (device.id, device.provider, device.token) = ("phone", "apns", String(repeating: "ab", count: 32))
        var written = UserRecord()
        written.devices = [try Device(serializedBytes: device.encoded() + later)]
        let octets = written.encoded() + later
        var bench = UsersBench()
        bench.core.restore(key: "u:ann", value: octets)
        bench.core.image.forEach { #expect($1 == octets) }
        var subscription = SetSubscription()
        (subscription.topic, subscription.subscribed, subscription.atMs) = ("news", true, 10)
        let state = try #require(bench.handle(.subscription(subscription)).effects.state?.value)
        let record = try UserRecord(octets: state)
        #expect(record.topics.map(\.topic) == ["news"])
        #expect(Array(record.unknownFields.data) == later)
        #expect(record.devices.map { Array($0.unknownFields.data) } == [later])
    }

    @Test("a topic keeps its latest word, and an earlier one is ignored")
    func subscriptions() throws {
        var bench = UsersBench()
        func set(_ isSubscribed: Bool, _ atMs: Int64, _ bench: inout UsersBench) -> UsersCore.Disposition {
            var subscription = SetSubscription()
            subscription.topic = "news"
            subscription.subscribed = isSubscribed
            subscription.atMs = atMs
            return bench.handle(.subscription(subscription)).disposition
        }
        bench.nowMs = 1000
        #expect(set(true, 10, &bench) == .applied)
        #expect(set(false, 30, &bench) == .applied)
        #expect(set(true, 20, &bench) == .ignored)
        let topics = try #require(try bench.record()).topics
        #expect(topics.count == 1 && topics.first?.subscribed == false && topics.first?.atMs == 30)
    }

    static let damaged: [(String, OwnedRecord)] = [
        ("no value", OwnedRecord(topic: "push.inbox", key: Array("u:ann".utf8))),
        ("an empty command", OwnedRecord(topic: "push.inbox", key: Array("u:ann".utf8), value: [])),
        (
            "octets that are no command",
            OwnedRecord(topic: "push.inbox", key: Array("u:ann".utf8), value: [0xFF, 0xFF])
        ),
        ("no key", OwnedRecord(topic: "push.inbox", value: command(UsersBench.notify(Make.notification())))),
        ("a key of no kind", record("ann", UsersBench.notify(Make.notification()))),
        ("a user's command for an address", record("a:0123", UsersBench.notify(Make.notification()))),
        ("an address's command for a user", record("u:ann", UsersBench.claim(Make.device(), "ann"))),
    ]

    @Test("what is no command becomes a dead letter as it came", arguments: damaged.indices)
    func deadLetter(_ index: Int) throws {
        let (name, record) = Self.damaged[index]
        var bench = UsersBench()
        let decided = bench.handle(record)
        #expect(decided.disposition == .invalid, "\(name)")
        let letter = try #require(decided.effects.deadLetters.first, "\(name)")
        #expect(letter.key == record.key && letter.value == record.value)
        #expect(letter.header("dlq_stage") == "users" && letter.header("dlq_reason") == "invalid_command")
        #expect(letter.header("dlq_offset") == "100" && letter.header("dlq_partition") == "3")
        #expect(bench.core.recordCount == 0)
    }

    private static func command(_ kind: Command.OneOf_Kind) -> [UInt8] {
        var command = Command()
        command.kind = kind
        return command.encoded()
    }

    private static func record(_ key: String, _ kind: Command.OneOf_Kind) -> OwnedRecord {
        OwnedRecord(topic: "push.inbox", key: Array(key.utf8), value: command(kind))
    }
}
