import Glibc
import PushPipeline

extension Clocks {
    /// The system's clocks: read here and nowhere below.
    static let system = Clocks(
        wallMs: { clockMilliseconds(CLOCK_REALTIME) },
        monotonicMs: { clockMilliseconds(CLOCK_MONOTONIC) }
    )

    private static func clockMilliseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        // SAFETY: `time` is ours for the call. Both clocks exist on every Linux, so that the call cannot fail.
        unsafe clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
