/// A wall clock that does not go backwards: behind what it has shown, it goes on at half its pace until it has caught up.
///
/// So whoever waits for a time waits for longer by the jump at most. A clock that goes back by more than a day was wrong before, and is
/// believed: to catch up would take longer than anything is kept for.
package struct ForwardClock {
    private static let believedMs: Int64 = 24 * 60 * 60 * 1000

    private var latestMs: Int64 = .min
    private var lastWallMs: Int64 = .min
    /// Where it began to catch up: the wall clock, and what was shown.
    private var jump: (wallMs: Int64, shownMs: Int64)?

    package init() {}

    package mutating func advance(to nowMs: Int64) -> Int64 {
        defer { lastWallMs = nowMs }
        if nowMs >= latestMs || latestMs - nowMs > Self.believedMs {
            jump = nil
            latestMs = nowMs
            return nowMs
        }
        // It may go back once more while it catches up: from there it goes on.
        let from = jump.flatMap { lastWallMs <= nowMs ? $0 : nil } ?? (wallMs: nowMs, shownMs: latestMs)
        jump = from
        latestMs = max(latestMs, from.shownMs + (nowMs - from.wallMs) / 2)
        return latestMs
    }
}
