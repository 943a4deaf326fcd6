import Testing

@testable import PushCore

@Suite("Users: quiet hours")
struct QuietTests {
    private static func bench(
        _ hours: (Int, Int)? = (22 * 60, 8 * 60),
        zone: String = "",
        change: (inout UsersConfiguration) -> Void = { _ in }
    ) throws -> UsersBench {
        var bench = UsersBench {
            $0.timeZones = Zones.database
            $0.quietHours = hours.map { .init(startMinute: $0, endMinute: $1) }
            $0.quietSpreadMs = 0
            change(&$0)
        }
        try bench.register()
        if !zone.isEmpty { bench.travel(to: zone) }
        return bench
    }

    @Test(
        "they hold from their start to their end by the user's clock, and what comes in them waits for the end",
        arguments: [
            ("", "2026-01-15T21:59:59.999Z", nil), ("", "2026-01-15T22:00:00Z", "2026-01-16T08:00:00.000Z"),
            ("", "2026-01-16T07:59:59.999Z", "2026-01-16T08:00:00.000Z"), ("", "2026-01-16T08:00:00Z", nil),
            ("Europe/Berlin", "2026-01-15T21:00:00Z", "2026-01-16T07:00:00.000Z"),
            ("Asia/Kolkata", "2026-01-15T16:29:00Z", nil),
            ("Asia/Kolkata", "2026-01-15T16:30:00Z", "2026-01-16T02:30:00.000Z"),
            // Nights of nine and of eleven hours.
            ("America/New_York", "2026-03-08T03:00:00Z", "2026-03-08T12:00:00.000Z"),
            ("America/New_York", "2026-11-01T02:00:00Z", "2026-11-01T13:00:00.000Z"),
            ("Europe/Berlin", "2026-03-28T21:00:00Z", "2026-03-29T06:00:00.000Z"),
            ("Europe/Berlin", "2026-10-24T20:00:00Z", "2026-10-25T07:00:00.000Z"),
            ("Australia/Lord_Howe", "2026-04-04T12:00:00Z", "2026-04-04T21:30:00.000Z"),
            ("Australia/Lord_Howe", "2026-10-03T12:00:00Z", "2026-10-03T21:00:00.000Z"),
            // The night from the 29th to the 31st.
            ("Pacific/Apia", "2011-12-30T09:00:00Z", "2011-12-30T18:00:00.000Z"),
        ] as [(String, String, String?)]
    )
    func hours(_ zone: String, _ time: String, _ end: String?) throws {
        var bench = try Self.bench(zone: zone)
        bench.nowMs = Make.ms(time)
        let decided = bench.notify("e1")
        if let end {
            #expect(decided.said == ["deferred/quiet_hours"])
            #expect(decided.effects.receipts[0].text("not_before") == end)
            #expect(try bench.releaseNext().map(\.sent) == [1])
            #expect(bench.nowMs == Make.ms(end))
        } else {
            #expect(decided.sent == 1)
        }
    }

    @Test(
        "an end that the clock jumps over, or shows twice, comes the first time that it is past",
        arguments: [
            // 02:30 does not exist in this night; at 03:00 it is past.
            ("Europe/Berlin", "2026-03-28T23:00:00Z", "2026-03-29T01:00:00.000Z"),
            // 02:30 comes twice: the first ends the hours, and the clock then shows some of them again.
            ("Europe/Berlin", "2026-10-24T23:00:00Z", "2026-10-25T00:30:00.000Z"),
            ("Europe/Berlin", "2026-10-25T01:10:00Z", "2026-10-25T01:30:00.000Z"),
        ]
    )
    func jumps(_ zone: String, _ time: String, _ end: String) throws {
        var bench = try Self.bench((23 * 60, 2 * 60 + 30), zone: zone)
        bench.nowMs = Make.ms(time)
        #expect(bench.notify("e1").effects.receipts[0].text("not_before") == end)
    }

    /// Asks the clock minute by minute.
    @Test("another zone, told or of a device, has what waits looked at again; nothing else does")
    func reconsidered() throws {
        let limits = ["all": [LimitWindow(max: 1, .calendar(.day), onExceed: .defer)]]
        var bench = UsersBench(limits: limits) {
            $0.timeZones = Zones.database
            $0.quietHours = .init(startMinute: 22 * 60, endMinute: 8 * 60)
            $0.quietSpreadMs = 0
        }
        try bench.register()
        bench.nowMs = Make.ms("2026-01-15T20:00:00Z")
        #expect(bench.notify("e1").sent == 1)
        #expect(bench.notify("e2").said == ["deferred/rate_limited"])
        bench.nowMs = Make.ms("2026-01-15T22:30:00Z")
        #expect(bench.notify("e3").said == ["deferred/quiet_hours"])
        _ = bench.handle(UsersBench.preferences(["news": false], atMs: bench.nowMs))
        #expect(bench.due().isEmpty, "nothing of it has to do with time")
        // In Kolkata it is four in the morning: night still, and another day.
        var device = Make.device(at: bench.nowMs)
        device.timezone = "Asia/Kolkata"
        try bench.register(device)
        let again = try bench.release()
        #expect(again.map(\.said) == [["deferred/quiet_hours"], ["deferred/quiet_hours"]])
        let ends = again.flatMap(\.effects.receipts).map { $0.text("not_before") }
        #expect(ends == Array(repeating: "2026-01-16T02:30:00.000Z", count: 2))
        _ = bench.handle(UsersBench.preferences(zone: "America/New_York", atMs: bench.nowMs))
        #expect(try bench.release().map(\.said) == [["deferred/rate_limited"], ["deferred/rate_limited"]])
    }

    @Test("the end is the first minute that is not quiet, in every zone", arguments: [41, 42, 43, 44] as [UInt64])
    func minutes(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let zones = ["America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia", ""]
        for _ in 0..<40 {
            let zone = zones.randomElement(using: &random) ?? ""
            let start = Int.random(in: 0..<1440, using: &random)
            let end = (start + Int.random(in: 1..<1440, using: &random)) % 1440
            var bench = try Self.bench((start, end), zone: zone)
            let base: Int64 = [Make.ms("2026-03-07T00:00:00Z"), Make.ms("2026-10-24T00:00:00Z")][
                Int.random(in: 0...1, using: &random)
            ]
            bench.nowMs = base + Int64.random(in: 0..<14 * 1440, using: &random) * Make.minuteMs
            let clock = Zones.clock(zone)
            func isQuiet(_ ms: Int64) -> Bool {
                let local = ms / 1000 + clock.offset(at: ms / 1000)
                let minute = Int(local.flooredRemainder(86_400)) / 60
                return start < end ? (start..<end).contains(minute) : minute >= start || minute < end
            }
            var endMs = bench.nowMs
            while isQuiet(endMs) { endMs += Make.minuteMs }
            let decided = bench.notify("e1") { $0.expiresAtMs += 2 * Make.dayMs }
            let said = decided.effects.receipts.first?.text("not_before")
            #expect(said == (endMs == bench.nowMs ? nil : RFC3339.text(endMs)), "seed \(seed): \(zone) \(start)-\(end)")
        }
    }

    @Test("a user's own hours take the place of the default, or say that there are none")
    func own() throws {
        var bench = try Self.bench()
        bench.nowMs = Make.ms("2026-01-15T23:00:00Z")
        #expect(bench.notify("e1").sent == 0)
        var preferences = SetPreferences()
        preferences.atMs = Make.timeMs
        preferences.quietHoursOff = true
        _ = bench.handle(.preferences(preferences))
        #expect(try bench.release().map(\.sent) == [1], "and what waited is looked at again")
        #expect(bench.notify("e2").sent == 1)
        _ = bench.handle(UsersBench.preferences(quiet: ("12:00", "13:30")))
        #expect(bench.notify("e3").sent == 1)
        bench.nowMs = Make.ms("2026-01-16T12:00:00Z")
        #expect(bench.notify("e4").effects.receipts[0].text("not_before") == "2026-01-16T13:30:00.000Z")
        var none = try Self.bench(nil)
        none.nowMs = Make.ms("2026-01-15T23:00:00Z")
        #expect(none.notify("e1").sent == 1)
    }

    @Test("whoever travels is woken by neither clock")
    func travel() throws {
        var bench = try Self.bench(zone: "Europe/Berlin")
        bench.nowMs = Make.ms("2026-01-15T22:00:00Z")
        _ = bench.notify("e1")
        bench.travel(to: "America/New_York")
        #expect(try bench.release().map(\.sent) == [1], "17:00 in New York")
        bench.nowMs = Make.ms("2026-01-16T04:00:00Z")
        #expect(bench.notify("e2").effects.receipts[0].text("not_before") == "2026-01-16T13:00:00.000Z")
        bench.travel(to: "Asia/Kolkata")
        #expect(try bench.release().map(\.sent) == [1], "09:30 in Kolkata")
        bench.travel(to: "Europe/Berlin")
        let waiting = bench.notify("e3")
        #expect(waiting.effects.receipts[0].text("not_before") == "2026-01-16T07:00:00.000Z")
        bench.travel(to: "America/New_York")
        let again = try bench.release()
        #expect(again.flatMap(\.said) == ["deferred/quiet_hours"])
        #expect(again[0].effects.receipts[0].text("not_before") == "2026-01-16T13:00:00.000Z")
        #expect(again[0].effects.receipts[0].text("receipt_id") != waiting.effects.receipts[0].text("receipt_id"))
    }

    @Test("the end is spread, each user's time is their own, and nobody's notification expires of it")
    func spread() throws {
        var bench = try Self.bench { $0.quietSpreadMs = 10 * Make.minuteMs }
        bench.nowMs = Make.ms("2026-01-15T23:00:00Z")
        let end = Make.ms("2026-01-16T08:00:00Z")
        var times: Set<Int64> = []
        for number in 0..<200 {
            try bench.register(Make.device(token: "\(number)"), user: "user-\(number)")
            let first = bench.notify("e1", user: "user-\(number)").effects.receipts[0]
            let second = bench.notify("e2", user: "user-\(number)").effects.receipts[0]
            #expect(first.text("not_before") == second.text("not_before"))
            let ms = Make.ms(first.text("not_before") ?? "")
            #expect((end..<end + 10 * Make.minuteMs).contains(ms))
            times.insert((ms - end) / Make.minuteMs)
            let short = bench.notify("e3", user: "user-\(number)") { $0.expiresAtMs = end + 1 }
            #expect(short.effects.receipts[0].text("not_before") == RFC3339.text(end))
        }
        #expect(times.count == 10, "every minute has somebody")
    }

    @Test("drop ends it, send_silently sends it so, and some are not held by them at all")
    func choices() throws {
        var bench = try Self.bench { $0.onQuiet = .drop }
        bench.nowMs = Make.ms("2026-01-15T23:00:00Z")
        #expect(bench.notify("e1").said == ["suppressed/quiet_hours"])
        #expect(bench.notify("e2") { $0.bypassQuietHours = true }.sent == 1)
        bench = try Self.bench {
            $0.onQuiet = .sendSilently
            $0.categories["security"] = {
                var category = UsersConfiguration.Category()
                category.bypassesQuietHours = true
                return category
            }()
        }
        bench.nowMs = Make.ms("2026-01-15T23:00:00Z")
        #expect(try bench.notify("e1").effects.deliveries().map(\.silent) == [true])
        #expect(try bench.notify("e2") { $0.category = "security" }.effects.deliveries().map(\.silent) == [false])
        bench.nowMs = Make.ms("2026-01-16T12:00:00Z")
        #expect(try bench.notify("e3").effects.deliveries().map(\.silent) == [false])
    }

    @Test("what waits for the night to end is charged in the morning")
    func charged() throws {
        var bench = try Self.bench { $0.limits = Limits(["all": [LimitWindow(max: 1, .calendar(.day))]]) }
        bench.nowMs = Make.ms("2026-01-15T23:00:00Z")
        for number in 1...3 { _ = bench.notify("e\(number)") }
        #expect(try bench.record()?.limits.isEmpty == true)
        let decided = try bench.releaseNext()
        #expect(decided.map(\.sent) == [1, 0, 0])
        #expect(decided.flatMap(\.said) == ["suppressed/rate_limited", "suppressed/rate_limited"])
    }
}
