import Testing

@testable import PushCore

@Suite("Users: local clocks")
struct LocalClockTests {
    @Test(
        "a period ends when the user's clock says so, also where the clock changes",
        arguments: [
            // Ordinary days, west and east of Greenwich, and half hours.
            ("UTC", CalendarPeriod.day, "2026-01-15T12:00:00Z", "2026-01-16T00:00:00Z"),
            ("America/New_York", .day, "2026-01-15T12:00:00Z", "2026-01-16T05:00:00Z"),
            ("Asia/Kolkata", .day, "2026-01-15T12:00:00Z", "2026-01-15T18:30:00Z"),
            ("Asia/Kathmandu", .hour, "2026-01-15T12:00:00Z", "2026-01-15T12:15:00Z"),
            ("Asia/Kolkata", .hour, "2026-01-15T12:00:00Z", "2026-01-15T12:30:00Z"),
            // 23 and 25 hours.
            ("America/New_York", .day, "2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z"),
            ("America/New_York", .day, "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"),
            ("Europe/Berlin", .day, "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
            ("Europe/Berlin", .day, "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),
            // Half an hour of summer time.
            ("Australia/Lord_Howe", .day, "2026-04-04T13:00:00Z", "2026-04-05T13:30:00Z"),
            ("Australia/Lord_Howe", .day, "2026-10-03T13:30:00Z", "2026-10-04T13:00:00Z"),
            // Midnight that does not exist, and midnight that comes twice.
            ("America/Havana", .day, "2026-03-07T12:00:00Z", "2026-03-08T05:00:00Z"),
            ("America/Havana", .day, "2026-10-31T12:00:00Z", "2026-11-01T04:00:00Z"),
            // The 30th of December 2011 was left out.
            ("Pacific/Apia", .day, "2011-12-30T09:00:00Z", "2011-12-30T10:00:00Z"),
            ("Pacific/Apia", .day, "2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z"),
            // Each hour of a doubled pair is one.
            ("Europe/Berlin", .hour, "2026-10-25T00:10:00Z", "2026-10-25T01:00:00Z"),
            ("Europe/Berlin", .hour, "2026-10-25T01:10:00Z", "2026-10-25T02:00:00Z"),
            // Weeks begin on Monday.
            ("Europe/Berlin", .week, "2026-03-29T12:00:00Z", "2026-03-29T22:00:00Z"),
            ("Europe/Berlin", .week, "2026-03-23T00:00:00Z", "2026-03-29T22:00:00Z"),
            ("UTC", .week, "2026-01-05T00:00:00Z", "2026-01-12T00:00:00Z"),
            ("America/New_York", .month, "2026-10-15T00:00:00Z", "2026-11-01T04:00:00Z"),
            ("America/New_York", .month, "2026-11-15T00:00:00Z", "2026-12-01T05:00:00Z"),
            ("UTC", .month, "2028-02-29T23:59:59Z", "2028-03-01T00:00:00Z"),
            ("UTC", .month, "2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z"),
            ("Pacific/Kiritimati", .month, "2026-12-31T09:59:59Z", "2026-12-31T10:00:00Z"),
        ]
    )
    func ends(_ zone: String, _ period: CalendarPeriod, _ time: String, _ end: String) {
        let found = period.end(of: Make.ms(time) / 1000, Zones.clock(zone))
        #expect(RFC3339.text(found * 1000) == RFC3339.text(Make.ms(end)))
    }

    @Test(
        "a period's end is its successor's first second, whatever the zone and the time",
        arguments: [11, 12, 13, 14] as [UInt64]
    )
    func numbers(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            let zone =
                ["America/New_York", "Europe/Berlin", "Asia/Kolkata", "Pacific/Apia", "America/Havana"]
                .randomElement(using: &random) ?? ""
            let clock = Zones.clock(zone)
            let second = Int64.random(in: 1_200_000_000..<2_200_000_000, using: &random)
            for period in CalendarPeriod.allCases {
                let number = period.number(at: second, clock)
                let end = period.end(of: second, clock)
                #expect(end > second, "seed \(seed): \(zone) \(second)")
                #expect(period.number(at: end - 1, clock) == number, "seed \(seed): \(zone) \(period) \(second)")
                #expect(period.number(at: end, clock) > number, "seed \(seed): \(zone) \(period) \(second)")
            }
        }
    }
}
