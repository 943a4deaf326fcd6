import Testing

@testable import PushCore

@Suite("Users: limits")
struct LimitTests {
    private static let threeADay = LimitWindow(max: 3, periodMs: Make.dayMs)

    @Test("a window admits exactly its number at once, then one for each part of it")
    func exactCounts() throws {
        var bench = UsersBench(limits: ["all": [Self.threeADay]])
        try bench.register()
        func admitted(_ count: Int, _ prefix: String, _ bench: inout UsersBench) -> Int {
            var admitted = 0
            for number in 0..<count where bench.notify("\(prefix)\(number)").disposition == .admitted { admitted += 1 }
            return admitted
        }
        #expect(admitted(10, "a", &bench) == 3)
        bench.nowMs += Make.dayMs / 3 - 1
        #expect(admitted(5, "b", &bench) == 0)
        bench.nowMs += 1
        #expect(admitted(5, "c", &bench) == 1)
        bench.nowMs += Make.dayMs
        #expect(admitted(5, "d", &bench) == 3)
    }

    @Test("several windows charge all or none")
    func allOrNothing() throws {
        let minute = LimitWindow(max: 2, periodMs: Make.minuteMs)
        let marketing = LimitWindow(max: 1, periodMs: Make.hourMs)
        var bench = UsersBench(limits: ["all": [minute], "marketing": [marketing]])
        try bench.register()
        func send(_ event: String, _ limit: String, _ bench: inout UsersBench) -> UsersCore.Disposition {
            bench.notify(event) { $0.limit = limit }.disposition
        }
        #expect(send("e1", "marketing", &bench) == .admitted)
        // Refused by its own window: the one for all keeps its room.
        for number in 0..<5 { #expect(send("m\(number)", "marketing", &bench) == .ended(.rateLimited)) }
        #expect(send("e2", "", &bench) == .admitted)
        #expect(send("e3", "", &bench) == .ended(.rateLimited))
    }

    @Test("a rule that bypasses the limits for all is held by its own only")
    func bypass() throws {
        let one = LimitWindow(max: 1, periodMs: Make.hourMs)
        var bench = UsersBench(limits: ["all": [one], "own": [one]])
        try bench.register()
        #expect(bench.notify("e1").disposition == .admitted)
        #expect(bench.notify("e2") { $0.bypassLimits = true }.disposition == .admitted)
        let bypassing: (inout Notification) -> Void = {
            $0.bypassLimits = true
            $0.limit = "own"
        }
        #expect(bench.notify("e3", change: bypassing).disposition == .admitted)
        #expect(bench.notify("e4", change: bypassing).disposition == .ended(.rateLimited))
        #expect(bench.notify("e5") { $0.bypassLimits = true }.disposition == .admitted)
    }

    @Test("limits are of one user alone")
    func perUser() throws {
        var bench = UsersBench(limits: ["all": [LimitWindow(max: 1, periodMs: Make.hourMs)]])
        try bench.register(Make.device(token: "01"), user: "ann")
        try bench.register(Make.device(token: "02"), user: "bob")
        #expect(bench.notify("e1", user: "ann").disposition == .admitted)
        #expect(bench.notify("e1", user: "bob").disposition == .admitted)
        #expect(bench.notify("e2", user: "ann").disposition == .ended(.rateLimited))
    }

    @Test("what ends for another reason charges nothing")
    func notCharged() throws {
        var bench = UsersBench(limits: ["all": [LimitWindow(max: 1, periodMs: Make.hourMs)]])
        #expect(bench.notify("e1").disposition == .ended(.noDevices))
        try bench.register()
        #expect(bench.notify("e2") { $0.expiresAtMs = 1 }.disposition == .ended(.ttlPassed))
        #expect(bench.notify("e3").disposition == .admitted)
        #expect(bench.notify("e4").disposition == .ended(.rateLimited))
    }

    @Test("a window that is full again leaves the record")
    func pruned() throws {
        var bench = UsersBench(limits: ["all": [LimitWindow(max: 2, periodMs: Make.hourMs)]])
        try bench.register()
        _ = bench.notify("e1")
        #expect(try #require(try bench.record()).limits.count == 1)
        bench.nowMs += Make.hourMs
        _ = bench.notify("e2") { $0.bypassLimits = true }
        #expect(try #require(try bench.record()).limits.isEmpty)
    }

    /// The promise of the cell rate algorithm, against counting over a sliding window.
    @Test(
        "over any stretch as long as the window at most twice its number passes",
        arguments: [1, 2, 3, 4] as [UInt64]
    )
    func slidingBound(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let max = Int64.random(in: 1...7, using: &random)
        var state = HeldLimit()
        var nowMs: Int64 = 1_000_000
        var passed: [Int64] = []
        for _ in 0..<2000 {
            nowMs += Int64.random(in: 0...200, using: &random)
            guard case .admitted(let next) = CellRate.admit(state, max: max, periodMs: 1000, nowMs: nowMs) else {
                continue
            }
            state = next
            passed.append(nowMs)
        }
        for (index, start) in passed.enumerated() {
            let count = passed[index...].prefix { $0 < start + 1000 }.count
            #expect(count <= Int(2 * max), "seed \(seed)")
        }
        let elapsed = nowMs - 1_000_000
        #expect(Int64(passed.count) <= max + elapsed * max / 1000 + 1, "seed \(seed)")
    }
}
