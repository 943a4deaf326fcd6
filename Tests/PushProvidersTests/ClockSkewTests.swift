import PushProviders
import Testing

@Suite("The clock, by the servers' dates")
struct ClockSkewTests {
    /// 2026-11-18T06:40:00Z.
    static let serverMs: Int64 = 1_794_984_000_000
    static let date = "Wed, 18 Nov 2026 06:40:00 GMT"

    private static func skew(aheadMs: Int64, tookMs: Int64 = 40, samples: Int = 3) -> ClockSkew {
        var skew = ClockSkew()
        for _ in 0..<samples {
            // The server writes its date half a second after that second began.
            let sentMs = serverMs + 500 + aheadMs
            skew.note(date: date, sentMs: sentMs, nowMs: sentMs + tookMs)
        }
        return skew
    }

    static let cases: [(aheadMs: Int64, tookMs: Int64, expectedMs: Int64, isWrong: Bool)] = [
        (0, 40, 0, false), (400, 40, 0, false), (-400, 40, 0, false),
        // An answer that took long explains as much.
        (-5_000, 10_000, 0, false), (5_000, 10_000, 4_501, false),
        (10_000, 40, 9_501, false), (-10_000, 40, -9_460, false),
        (30_499, 40, 30_000, true), (30_498, 40, 29_999, false), (-31_000, 40, -30_460, true),
        (3_600_000, 40, 3_599_501, true),
    ]

    @Test("what the way and the whole seconds of a date explain is no skew; the rest is said", arguments: cases)
    func estimates(aheadMs: Int64, tookMs: Int64, expectedMs: Int64, isWrong: Bool) {
        let skew = Self.skew(aheadMs: aheadMs, tookMs: tookMs)
        #expect(skew.aheadMs == expectedMs)
        #expect(skew.isWrong == isWrong)
    }

    @Test("few answers say nothing")
    func few() {
        #expect(Self.skew(aheadMs: 3_600_000, samples: 2).aheadMs == nil)
        #expect(!Self.skew(aheadMs: 3_600_000, samples: 2).isWrong)
    }

    @Test("one server whose own clock is wrong changes nothing, and a clock that was set is soon believed")
    func middle() {
        var skew = Self.skew(aheadMs: 0, samples: 9)
        for _ in 0..<4 { skew.note(date: "Wed, 18 Nov 2020 06:40:00 GMT", sentMs: Self.serverMs, nowMs: Self.serverMs) }
        #expect(skew.aheadMs == 0)
        skew = Self.skew(aheadMs: 600_000, samples: 9)
        #expect(skew.isWrong)
        for _ in 0..<5 { skew.note(date: Self.date, sentMs: Self.serverMs, nowMs: Self.serverMs + 10) }
        #expect(skew.aheadMs == 0)
    }

    @Test("what is no date is ignored", arguments: ["", "today", "2026-11-18T06:40:00Z", "Wed, 18 Nov 2026 06:40:00"])
    func noDate(text: String) {
        var skew = ClockSkew()
        for _ in 0..<9 { skew.note(date: text, sentMs: Self.serverMs, nowMs: Self.serverMs) }
        #expect(skew.aheadMs == nil)
    }
}
