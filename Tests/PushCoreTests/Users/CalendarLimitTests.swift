import Testing

@testable import PushCore

@Suite("Users: limits by the calendar")
struct CalendarLimitTests {
    private static func bench(
        _ max: Int64 = 2,
        _ period: CalendarPeriod = .day,
        onExceed: LimitWindow.OnExceed = .drop,
        zone: String = "America/New_York"
    ) throws -> UsersBench {
        var bench = UsersBench(limits: ["all": [LimitWindow(max: max, .calendar(period), onExceed: onExceed)]]) {
            $0.timeZones = Zones.database
        }
        try bench.register()
        bench.travel(to: zone)
        return bench
    }

    private static func admitted(_ count: Int, _ prefix: String, _ bench: inout UsersBench) -> Int {
        (0..<count).count { bench.notify("\(prefix)\($0)").disposition == .admitted }
    }

    @Test(
        "a day admits its number, however long the clock makes it",
        arguments: [
            ("America/New_York", "2026-03-08T05:00:00Z", "2026-03-09T03:59:59.999Z"),
            ("America/New_York", "2026-11-01T04:00:00Z", "2026-11-02T04:59:59.999Z"),
            ("Asia/Kolkata", "2026-05-05T18:30:00Z", "2026-05-06T18:29:59.999Z"),
            ("Australia/Lord_Howe", "2026-04-04T13:00:00Z", "2026-04-05T13:29:59.999Z"),
            ("Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-31T09:59:59.999Z"),
        ]
    )
    func days(_ zone: String, _ first: String, _ last: String) throws {
        var bench = try Self.bench(zone: zone)
        bench.nowMs = Make.ms(first) - 1
        #expect(Self.admitted(5, "a", &bench) == 2)
        bench.nowMs = Make.ms(first)
        #expect(Self.admitted(1, "b", &bench) == 1)
        bench.nowMs = Make.ms(last)
        #expect(Self.admitted(5, "c", &bench) == 1, "the day goes on to its last millisecond")
        bench.nowMs = Make.ms(last) + 1
        #expect(Self.admitted(5, "d", &bench) == 2)
    }

    @Test("whoever flies east has a new day when it dawns, and back west finds the old one as it was")
    func travel() throws {
        var bench = try Self.bench()
        // 20:00 in New York, 02:00 of the next day in Berlin.
        bench.nowMs = Make.ms("2026-01-16T01:00:00Z")
        #expect(Self.admitted(5, "a", &bench) == 2)
        bench.travel(to: "Europe/Berlin")
        #expect(Self.admitted(1, "b", &bench) == 1)
        bench.travel(to: "America/New_York")
        #expect(Self.admitted(5, "c", &bench) == 0)
        bench.nowMs = Make.ms("2026-01-16T05:00:00Z")
        #expect(Self.admitted(5, "d", &bench) == 1, "one of that day was sent in Berlin")
    }

    @Test("the device's zone counts where the user has told none, and the latest of several; then the configured one")
    func zones() throws {
        var bench = UsersBench(limits: ["all": [LimitWindow(max: 1, .calendar(.day))]]) {
            $0.timeZones = Zones.database
            $0.timezone = "Asia/Kolkata"
        }
        try bench.register()
        bench.nowMs = Make.ms("2026-01-15T18:29:00Z")
        #expect(Self.admitted(2, "a", &bench) == 1)
        bench.nowMs = Make.ms("2026-01-15T18:30:00Z")
        #expect(Self.admitted(2, "b", &bench) == 1, "midnight in India")
        var device = Make.device("watch", token: "bb")
        device.timezone = "America/New_York"
        device.registeredAtMs += 5
        try bench.register(device)
        #expect(Self.admitted(2, "c", &bench) == 0)
        bench.nowMs = Make.ms("2026-01-17T04:59:00Z")
        #expect(Self.admitted(2, "d", &bench) == 0, "the 16th had its one in India")
        bench.nowMs = Make.ms("2026-01-17T05:00:00Z")
        #expect(Self.admitted(2, "d2", &bench) == 1, "midnight in New York")
        bench.travel(to: "Europe/Berlin")
        bench.nowMs = Make.ms("2026-01-17T23:00:00Z")
        #expect(Self.admitted(2, "e", &bench) == 1, "midnight in Berlin")
    }

    /// The books of a clerk who writes every notification down under the local date.
    @Test("the accepted ones are those of a ledger by local date", arguments: [21, 22, 23, 24, 25, 26] as [UInt64])
    func ledger(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let max = Int64.random(in: 1...4, using: &random)
        let period = [CalendarPeriod.day, .week, .month].randomElement(using: &random) ?? .day
        var zone = "Europe/Berlin"
        var bench = try Self.bench(max, period, zone: zone)
        bench.nowMs = Make.ms("2026-10-20T00:00:00Z")
        var ledger: [String: Int64] = [:]
        for number in 0..<600 {
            bench.nowMs += Int64.random(in: 0...(period == .day ? 4 : 30) * Make.hourMs, using: &random)
            if Int.random(in: 0..<40, using: &random) == 0 {
                zone = ["America/New_York", "Asia/Kolkata", "Europe/Berlin"].randomElement(using: &random) ?? zone
                bench.travel(to: zone)
            }
            let page = "\(period.number(at: bench.nowMs / 1000, Zones.clock(zone)))"
            let isRight = ledger[page, default: 0] < max
            let isAdmitted = bench.notify("e\(number)").disposition == .admitted
            #expect(isAdmitted == isRight, "seed \(seed): \(number) at \(RFC3339.text(bench.nowMs)) in \(zone)")
            if isAdmitted { ledger[page, default: 0] += 1 }
        }
    }

    // MARK: Clocks that are wrong

    @Test("a clock that was an hour ahead over midnight leaves today as it was, and tomorrow with what it was given")
    func jump() throws {
        var bench = try Self.bench(3, zone: "UTC")
        bench.nowMs = Make.ms("2026-01-15T23:30:00Z")
        #expect(Self.admitted(1, "a", &bench) == 1)
        bench.nowMs += Make.hourMs
        #expect(Self.admitted(1, "b", &bench) == 1)
        bench.nowMs -= Make.hourMs
        #expect(Self.admitted(9, "c", &bench) == 2)
        bench.nowMs += Make.hourMs
        #expect(Self.admitted(9, "d", &bench) == 2)
    }

    @Test("a clock that was far ahead is forgotten")
    func farJump() throws {
        var bench = try Self.bench(3, zone: "UTC")
        bench.nowMs += 400 * Make.dayMs
        #expect(Self.admitted(5, "a", &bench) == 3)
        bench.nowMs -= 400 * Make.dayMs
        #expect(Self.admitted(5, "b", &bench) == 3)
    }

    @Test("an even pace goes on one interval after a clock that was ahead, and not when its time comes")
    func pace() throws {
        var bench = UsersBench(limits: ["all": [LimitWindow(max: 2, periodMs: 20 * Make.minuteMs)]])
        try bench.register()
        bench.nowMs += Make.hourMs
        #expect(Self.admitted(5, "a", &bench) == 2)
        bench.nowMs -= Make.hourMs
        #expect(Self.admitted(5, "b", &bench) == 0, "full it is")
        bench.nowMs += 10 * Make.minuteMs
        #expect(Self.admitted(5, "c", &bench) == 1)
    }

    @Test("the difference of two hosts' clocks changes nothing")
    func skew() throws {
        var bench = UsersBench(limits: ["all": [LimitWindow(max: 2, periodMs: 20 * Make.minuteMs)]])
        try bench.register()
        #expect(Self.admitted(5, "a", &bench) == 2)
        bench.nowMs -= 500
        #expect(Self.admitted(5, "b", &bench) == 0)
        bench.nowMs += 10 * Make.minuteMs
        #expect(Self.admitted(5, "c", &bench) == 0)
        bench.nowMs += 500
        #expect(Self.admitted(5, "d", &bench) == 1)
    }

    @Test("a window's state leaves the record when nothing of it can count any more")
    func pruned() throws {
        var bench = try Self.bench()
        _ = bench.notify("a")
        #expect(try #require(try bench.record()).limits.count == 1)
        bench.nowMs += 3 * Make.dayMs
        _ = bench.notify("b") { $0.bypassLimits = true }
        #expect(try #require(try bench.record()).limits.isEmpty)
    }
}
