import Foundation
import PushCore
import Testing

@Suite("RFC 3339 timestamps")
struct RFC3339Tests {
    static let valid: [(String, Int64)] = [
        ("1970-01-01T00:00:00Z", 0), ("1970-01-01T00:00:00.001Z", 1), ("1969-12-31T23:59:59.999Z", -1),
        ("2026-01-02T03:04:05.678Z", 1_767_323_045_678), ("2026-01-02t03:04:05.678z", 1_767_323_045_678),
        ("2026-01-02T03:04:05Z", 1_767_323_045_000), ("2026-01-02T03:04:05.6Z", 1_767_323_045_600),
        ("2026-01-02T03:04:05.67Z", 1_767_323_045_670), ("2026-01-02T03:04:05.6789999Z", 1_767_323_045_678),
        ("2026-01-02T05:04:05.678+02:00", 1_767_323_045_678), ("2026-01-01T21:34:05.678-05:30", 1_767_323_045_678),
        ("2026-01-02T03:04:05.678-00:00", 1_767_323_045_678), ("2000-02-29T00:00:00Z", 951_782_400_000),
        ("2024-02-29T12:00:00Z", 1_709_208_000_000), ("0000-01-01T00:00:00Z", RFC3339.earliest),
        ("9999-12-31T23:59:59.999Z", RFC3339.latest), ("2016-12-31T23:59:60Z", 1_483_228_800_000),
        ("2017-01-01T00:59:60.5+01:00", 1_483_228_800_500), ("1996-12-19T16:39:57-08:00", 851_042_397_000),
        ("1937-01-01T12:00:27.87+00:20", -1_041_337_172_130),
    ]

    static let invalid = [
        "", "2026", "2026-01-02", "2026-01-02T03:04:05", "2026-01-02 03:04:05Z", "2026-01-02T03:04Z",
        "2026-1-02T03:04:05Z",
        "2026-13-02T03:04:05Z", "2026-00-02T03:04:05Z", "2026-01-00T03:04:05Z", "2026-01-32T03:04:05Z",
        "2026-02-29T03:04:05Z",
        "1900-02-29T03:04:05Z", "2026-04-31T03:04:05Z", "2026-01-02T24:00:00Z", "2026-01-02T23:60:00Z",
        "2026-01-02T23:59:61Z",
        "2026-01-02T03:04:60Z", "2026-01-02T23:59:60Z", "2016-12-31T23:59:60+01:00", "2026-01-02T03:04:05.Z",
        "2026-01-02T03:04:05,5Z", "2026-01-02T03:04:05.5", "2026-01-02T03:04:05+24:00", "2026-01-02T03:04:05+01:60",
        "2026-01-02T03:04:05+0100", "2026-01-02T03:04:05+01", "2026-01-02T03:04:05ZZ", "2026-01-02T03:04:05Z ",
        " 2026-01-02T03:04:05Z", "+026-01-02T03:04:05Z", "2026-01-02T03:04:0aZ", "２026-01-02T03:04:05Z",
        "1767323045678",
    ]

    @Test("a timestamp means its instant", arguments: valid)
    func parses(_ text: String, _ milliseconds: Int64) {
        #expect(RFC3339.parse(text) == milliseconds)
    }

    @Test("what is no timestamp is none", arguments: invalid)
    func refuses(_ text: String) {
        #expect(RFC3339.parse(text) == nil)
    }

    @Test("what is written reads back, and agrees with Foundation's calendar", arguments: [UInt64(1), 2, 3])
    func roundTrip(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(identifier: "UTC"))
        for _ in 0..<500 {
            let milliseconds = Int64.random(in: RFC3339.earliest...RFC3339.latest, using: &random)
            let text = RFC3339.text(milliseconds)
            #expect(RFC3339.parse(text) == milliseconds, "seed \(seed)")
            // Foundation's calendar turns Julian before 1582-10-15.
            guard milliseconds > -12_219_292_800_000 else { continue }
            let seconds = (Double(milliseconds) / 1000).rounded(.down)
            let date = calendar.dateComponents(
                [.year, .month, .day, .hour, .minute, .second],
                from: Date(timeIntervalSince1970: seconds)
            )
            let parts = [date.year, date.month, date.day, date.hour, date.minute, date.second].compactMap { $0 }
            let written = text.split { "-T:.Z".contains($0) }.prefix(6).compactMap { Int($0) }
            #expect(written == parts, "seed \(seed), \(milliseconds)")
        }
    }

    @Test("times that four digits of a year cannot say become the nearest that can")
    func bounded() {
        #expect(RFC3339.text(.max) == "9999-12-31T23:59:59.999Z")
        #expect(RFC3339.text(.min) == "0000-01-01T00:00:00.000Z")
    }
}
