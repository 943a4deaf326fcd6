import Testing

@testable import PushCore

@Suite("Users: which devices are used")
struct ActivityTests {
    private let t = Make.timeMs
    private static let fcmApp = UsersConfiguration.App(provider: .fcm, app: "example-shop")

    private static func device(_ id: String, _ provider: Provider = .apns, atMs: Int64) -> Device {
        var device = Make.device(id, token: "token of \(id)", at: atMs)
        device.provider = provider.rawValue
        if provider == .fcm { device.app = fcmApp.app }
        return device
    }

    private static func choice(_ kind: DeviceChoice.Kind, _ providers: [String] = []) -> DeviceChoice {
        var choice = DeviceChoice()
        choice.kind = kind
        choice.providers = providers
        return choice
    }

    @Test(
        "a rule chooses among the devices",
        arguments: [
            (nil, ["a1", "a2", "f1", "f2"]), (choice(.all), ["a1", "a2", "f1", "f2"]),
            (choice(.mostRecent), ["f2"]), (choice(.perPlatform), ["a2", "f2"]),
            (choice(.all, ["apns"]), ["a1", "a2"]), (choice(.mostRecent, ["apns"]), ["a2"]),
            (choice(.perPlatform, ["fcm", "webpush"]), ["f2"]),
            (choice(.all, ["apns", "fcm"]), ["a1", "a2", "f1", "f2"]),
            (choice(.mostRecent, ["webpush"]), []),
        ] as [(DeviceChoice?, [String])]
    )
    func chosen(_ choice: DeviceChoice?, _ expected: [String]) throws {
        var bench = UsersBench { $0.apps.insert(Self.fcmApp) }
        // Registered in another order than they were active in.
        for (id, provider, atMs) in [("f2", .fcm, 40), ("a2", .apns, 30), ("a1", .apns, 10), ("f1", .fcm, 20)]
            as [(String, Provider, Int64)]
        {
            try bench.register(Self.device(id, provider, atMs: t + atMs))
        }
        let decided = bench.notify("e1") { if let choice { $0.devices = choice } }
        let reached = try [Provider.apns, .fcm].flatMap { try decided.effects.deliveries($0).map(\.device.id) }
        #expect(reached.sorted() == expected)
        if expected.isEmpty { #expect(decided.said == ["suppressed/no_devices"]) }
        // Registered once more, the device is the one that was active last.
        try bench.register(Self.device("a1", atMs: t + 50))
        let later = bench.notify("e2") { $0.devices = Self.choice(.mostRecent) }
        #expect(try later.effects.deliveries().map(\.device.id) == ["a1"])
    }

    @Test("a device whose app is not configured is chosen where there is no other")
    func unserved() throws {
        var bench = UsersBench()
        try bench.register(Self.device("f1", .fcm, atMs: t + 2))
        let alone = bench.notify("e1") { $0.devices = Self.choice(.mostRecent) }
        #expect(alone.said == ["rejected/app_not_configured"])
        try bench.register(Self.device("a1", atMs: t + 1))
        let decided = bench.notify("e2") { $0.devices = Self.choice(.mostRecent) }
        #expect(try decided.effects.deliveries().map(\.device.id) == ["a1"] && decided.said.isEmpty)
    }

    @Test("a choice holds for what waited, by the devices that there are then")
    func waited() throws {
        var bench = UsersBench(limits: ["slow": [LimitWindow(max: 1, periodMs: Make.hourMs, onExceed: .defer)]])
        try bench.register(Self.device("a1", atMs: t + 1))
        #expect(bench.notify("e1") { $0.limit = "slow" }.sent == 1)
        _ = bench.notify("e2") {
            $0.limit = "slow"
            $0.devices = Self.choice(.mostRecent)
        }
        try bench.register(Self.device("a2", atMs: t + 2))
        let released = try bench.releaseNext()
        #expect(try released.flatMap { try $0.effects.deliveries() }.map(\.device.id) == ["a2"])
    }

    // MARK: Inactive

    @Test("a device that did not register for long gets nothing, and is taken out with a receipt")
    func inactive() throws {
        var bench = UsersBench { $0.inactiveDeviceMs = 10 * Make.dayMs }
        try bench.register(Self.device("old", atMs: t))
        try bench.register(Self.device("new", atMs: t + Make.dayMs))
        bench.commit()
        bench.nowMs = t + 10 * Make.dayMs
        #expect(try bench.reached("e1") == ["old", "new"], "not longer ago than the time")
        bench.nowMs += 1
        #expect(try bench.reached("e2") == ["new"])
        let outside = try Self.swept(&bench)
        #expect(outside.map(\.topic) == [.receipts])
        let receipt = try #require(outside.first)
        #expect(receipt.keyText == "ann")
        #expect(receipt.text("outcome") == "removed" && receipt.text("reason") == "inactive")
        #expect(receipt.text("device_id") == "old" && receipt.text("last_active_at") == RFC3339.text(t))
        // Its address is nobody's.
        let address = UsersBench.addressKey(Self.device("old", atMs: t))
        #expect(try #require(bench.changelog.last { $0.keyText == address }).value == nil)
        #expect(try Self.swept(&bench).isEmpty, "once")
        // It comes back when it registers.
        try bench.register(Self.device("old", atMs: bench.nowMs))
        #expect(try bench.reached("e3") == ["old", "new"])
    }

    @Test("a device that registered long ago is taken out as it comes")
    func registeredLongAgo() throws {
        var bench = UsersBench { $0.inactiveDeviceMs = 270 * Make.dayMs }
        let outside = try bench.register(Self.device("old", atMs: t - 271 * Make.dayMs))
        #expect(outside.map { $0.text("reason") } == ["inactive"])
        #expect(bench.notify("e1").said == ["suppressed/no_devices"])
    }

    @Test("without a time, no device is too old")
    func never() throws {
        var bench = UsersBench()
        try bench.register(Self.device("old", atMs: 1))
        bench.nowMs += 10_000 * Make.dayMs
        #expect(try bench.reached("e1") == ["old"])
        #expect(try Self.swept(&bench).isEmpty)
    }

    @Test("one device too many: the one that goes has a receipt, and says it again when the command is read again")
    func tooMany() throws {
        var bench = UsersBench { $0.devicesMax = 2 }
        try bench.register(Self.device("a", atMs: t + 1))
        try bench.register(Self.device("b", atMs: t + 2))
        let offset = bench.nextOffset
        var attach = AttachDevice()
        attach.device = Self.device("c", atMs: t + 3)
        let decided = bench.handle(.attach(attach))
        #expect(decided.said == ["removed/device_limit"])
        #expect(decided.effects.receipts.first?.text("device_id") == "a")
        bench.nowMs += 5
        let again = bench.handle(.attach(attach), offset: offset)
        #expect(again.disposition == .replayed && again.said == ["removed/device_limit"])
        let ids = [decided, again].map { $0.effects.receipts.first?.text("receipt_id") }
        #expect(ids[0] == ids[1])
    }

    @Test("what the sweep took out is said again when its command is read again")
    func sweptTwice() throws {
        var bench = UsersBench { $0.inactiveDeviceMs = Make.dayMs }
        try bench.register(Self.device("old", atMs: t))
        bench.commit()
        bench.nowMs += Make.dayMs + 1
        let asked = try #require(bench.housekeeping().first)
        let (committed, offset) = (bench.nextOffset, bench.nextOffset)
        let first = try bench.handle(asked)
        #expect(first.said == ["removed/inactive"])
        bench.restart(committed: committed)
        let again = try bench.handle(asked, offset: offset)
        #expect(again.disposition == .replayed && again.effects.state == nil)
        #expect(again.effects.outputs.map(\.keyText) == first.effects.outputs.map(\.keyText))
        #expect(again.said == first.said)
    }

    // MARK: Nothing left

    @Test("a record in which nothing is left becomes a tombstone without being asked for")
    func emptied() throws {
        var bench = UsersBench(limits: ["all": [LimitWindow(max: 5, periodMs: Make.hourMs)]])
        #expect(bench.notify("e1").said == ["suppressed/no_devices"])
        // Who never had a device, and whoever gave it back.
        #expect(bench.notify("e2", user: "bob").said == ["suppressed/no_devices"])
        try bench.register(Self.device("a", atMs: t))
        try bench.settle(UsersBench.unregister("a", atMs: t + 1))
        bench.commit()
        #expect(try Self.swept(&bench).isEmpty && bench.core.recordCount == 3, "all of it is remembered for a day")
        bench.nowMs += Make.dayMs + Make.hourMs
        _ = try Self.swept(&bench)
        #expect(bench.core.recordCount == 0)
        #expect(Set(bench.changelog.filter { $0.value == nil }.map { $0.keyText.prefix(2) }) == ["u:", "a:"])
    }

    @Test("what has to be kept is not asked about, however often one looks")
    func kept() throws {
        var bench = UsersBench()
        try bench.register(Self.device("a", atMs: t))
        _ = bench.handle(UsersBench.preferences(["news": false]), to: "u:bob")
        bench.commit()
        bench.nowMs += 30 * Make.dayMs
        for _ in 0..<100 {
            bench.nowMs += 1_000
            #expect(bench.housekeeping().isEmpty)
        }
        #expect(bench.core.recordCount == 3)
    }

    /// Goes once round all records, and handles what that asks for; gives what went out.
    private static func swept(_ bench: inout UsersBench) throws -> [Outgoing] {
        bench.commit()
        var outside: [Outgoing] = []
        for _ in 0..<200 {
            bench.nowMs += 100
            outside += try bench.settle(Effects(outputs: bench.housekeeping()))
            bench.commit()
        }
        return outside
    }
}
