import Testing

@testable import PushCore

@Suite("Users: what is held on one person")
struct OverviewTests {
    private let t = Make.timeMs

    @Test("nobody is held of whom nothing is known")
    func unknown() throws {
        let bench = UsersBench()
        #expect(bench.core.overview(of: "ann", nowMs: t) == nil && bench.core.addressKeys(of: "ann").isEmpty)
    }

    @Test("devices are told by their fingerprints, with whose their address is")
    func devices() throws {
        var bench = UsersBench()
        try bench.register(Make.device("phone", token: "aa01"))
        try bench.register(Make.device("pad", token: "bb02", at: t + 1))
        try bench.settle(UsersBench.unregister("pad", atMs: t + 2))
        try bench.register(Make.device("phone", token: "aa01", at: t + 3))
        let overview = try #require(bench.core.overview(of: "ann", nowMs: t + 10))
        let phone = try #require(overview.devices.first { $0.id == "phone" })
        #expect(phone.fingerprint == Digests.openSSL.fingerprint(of: "aa01") && phone.isHeld)
        #expect(phone.registeredAtMs == t + 3 && phone.removedAtMs == nil && phone.environment == "production")
        let pad = try #require(overview.devices.first { $0.id == "pad" && !$0.fingerprint.isEmpty })
        #expect(pad.removedAtMs == t + 2 && !pad.isHeld)
        let keys = Set(["aa01", "bb02"].map { "a:\(Digests.openSSL.fingerprint(of: $0))" })
        #expect(Set(bench.core.addressKeys(of: "ann")) == keys)
        // Nothing of it is an address.
        #expect(!"\(overview)".contains("aa01") && !"\(overview)".contains("bb02"))
    }

    /// What the overview says is left is what is admitted, and when it says that one more is, one more is, and not before.
    @Test(
        "what is left of a limit is what is admitted, and the next at the time that is told",
        arguments: [
            LimitWindow(max: 3, periodMs: 60_000), LimitWindow(max: 1, periodMs: 7),
            LimitWindow(max: 7, periodMs: 1_000),
            LimitWindow(max: 3, .calendar(.day)), LimitWindow(max: 1, .calendar(.hour)),
        ],
        [UInt64(1), 2, 3]
    )
    func left(_ window: LimitWindow, _ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var bench = UsersBench(limits: ["all": [window]])
        try bench.register()
        for step in 0..<60 {
            bench.nowMs += Int64.random(in: 0...20_000, using: &random)
            let limit = try #require(bench.core.overview(of: "ann", nowMs: bench.nowMs)?.limits.first)
            #expect(limit.name == "all" && limit.used + limit.left == window.max, "seed \(seed)")
            #expect((limit.nextAtMs == nil) == (limit.left > 0), "seed \(seed), step \(step)")
            if let nextAtMs = limit.nextAtMs {
                bench.nowMs = nextAtMs - 1
                #expect(bench.notify("early-\(step)").disposition == .ended(.rateLimited), "seed \(seed)")
                bench.nowMs = nextAtMs
                #expect(bench.notify("next-\(step)").disposition == .admitted, "seed \(seed)")
            } else {
                for number in 0..<limit.left {
                    #expect(bench.notify("\(step)-\(number)").disposition == .admitted, "seed \(seed), step \(step)")
                }
                #expect(bench.notify("\(step)-more").disposition == .ended(.rateLimited), "seed \(seed), step \(step)")
            }
        }
        let limit = try #require(bench.core.overview(of: "ann", nowMs: bench.nowMs)?.limits.first)
        let freeAtMs = try #require(limit.freeAtMs)
        #expect(bench.core.overview(of: "ann", nowMs: freeAtMs)?.limits.first?.used == 0)
        #expect(bench.core.overview(of: "ann", nowMs: freeAtMs - 1)?.limits.first?.used != 0)
    }

    @Test("what waits is told with its reason and times, a digest with the number of what it has collected")
    func waiting() throws {
        var bench = UsersBench(limits: ["all": [LimitWindow(max: 1, periodMs: Make.dayMs, onExceed: .defer)]])
        try bench.register()
        _ = bench.notify("sent")
        _ = bench.notify("waits") { $0.collapseKey = "offer" }
        for number in 1...3 { _ = bench.notify("item-\(number)") { $0.digest.windowMs = 60_000 } }
        let overview = try #require(bench.core.overview(of: "ann", nowMs: bench.nowMs))
        #expect(overview.waiting.map(\.kind) == [.notification, .digest])
        let (waits, digest) = (overview.waiting[0], overview.waiting[1])
        #expect(waits.reason == "rate_limited" && waits.collapseKey == "offer" && waits.ruleID == "shipped")
        #expect(waits.notBeforeMs == t + Make.dayMs && waits.count == 1)
        #expect(digest.count == 3 && digest.notBeforeMs == t + 60_000)
        #expect(overview.decisions.map(\.reason) == ["digested", "digested", "digested", "rate_limited", nil])
        #expect(overview.decisions.map(\.isWaiting) == [true, true, true, true, false])
    }

    @Test("the zone is the user's own, or that of the device registered last")
    func zone() throws {
        var bench = UsersBench { $0.timeZones = Zones.database }
        var device = Make.device()
        device.timezone = "Europe/Berlin"
        try bench.register(device)
        var overview = try #require(bench.core.overview(of: "ann", nowMs: t))
        #expect(overview.zone == "Europe/Berlin" && overview.offset(t) == 3_600)
        bench.travel(to: "Asia/Kolkata")
        overview = try #require(bench.core.overview(of: "ann", nowMs: t))
        #expect(overview.zone == "Asia/Kolkata" && overview.offset(t) == 19_800)
    }
}
