import Testing

@testable import PushCore

@Suite("Users: a clock that goes forward")
struct ForwardClockTests {
    @Test("after an hour's jump and its return it goes on at half its pace, and is right again after another two")
    func hour() {
        var clock = ForwardClock()
        let start = Make.timeMs
        #expect(clock.advance(to: start) == start)
        #expect(clock.advance(to: start + Make.hourMs) == start + Make.hourMs)
        #expect(clock.advance(to: start + 1_000) == start + Make.hourMs)
        #expect(clock.advance(to: start + 21_000) == start + Make.hourMs + 10_000)
        #expect(clock.advance(to: start + Make.hourMs) < start + 2 * Make.hourMs)
        let later = start + 3 * Make.hourMs
        #expect(clock.advance(to: later) == later)
    }

    @Test("calls in quick succession lose nothing to rounding")
    func rounding() {
        var clock = ForwardClock()
        _ = clock.advance(to: Make.timeMs + 10_000)
        var shown: Int64 = 0
        for ms in 0...1_000 { shown = clock.advance(to: Make.timeMs + Int64(ms)) }
        #expect(shown == Make.timeMs + 10_500)
    }

    @Test("a second jump back is one more, and nothing shown is taken back", arguments: [61, 62, 63] as [UInt64])
    func monotonic(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var clock = ForwardClock()
        var wallMs = Make.timeMs
        var shown: Int64 = 0
        for _ in 0..<2_000 {
            let isJump = Int.random(in: 0..<50, using: &random) == 0
            wallMs +=
                isJump
                ? Int64.random(in: -Make.hourMs...Make.hourMs, using: &random)
                : Int64.random(in: 0...60_000, using: &random)
            let next = clock.advance(to: wallMs)
            #expect(next >= shown && next >= wallMs, "seed \(seed)")
            shown = next
        }
    }

    @Test("a jump back while it catches up does not stop it")
    func again() {
        var clock = ForwardClock()
        let start = Make.timeMs
        _ = clock.advance(to: start + Make.hourMs)
        _ = clock.advance(to: start)
        let shown = clock.advance(to: start + 20 * Make.minuteMs)
        #expect(shown == start + Make.hourMs + 10 * Make.minuteMs)
        // Back by ten minutes, which is not behind where it began to catch up.
        #expect(clock.advance(to: start + 10 * Make.minuteMs) == shown)
        #expect(clock.advance(to: start + 14 * Make.minuteMs) == shown + 2 * Make.minuteMs)
    }

    @Test("a clock that was wrong by years is not waited for")
    func years() {
        var clock = ForwardClock()
        _ = clock.advance(to: Make.timeMs + 3_650 * Make.dayMs)
        #expect(clock.advance(to: Make.timeMs) == Make.timeMs)
    }
}
