import Foundation

/// The clocks of the benchmarks, in nanoseconds.
enum BenchClock {
    /// CPU time of the calling thread, user and system.
    static var threadCPU: Int64 { read(CLOCK_THREAD_CPUTIME_ID) }

    /// Time that passes, from some fixed moment.
    static var monotonic: Int64 { read(CLOCK_MONOTONIC) }

    /// Milliseconds since the Unix epoch.
    static var wallMs: Int64 { read(CLOCK_REALTIME) / 1_000_000 }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        // SAFETY: `time` is ours for the call. All three clocks exist on every Linux, so that the call cannot fail.
        unsafe clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// What a stretch of work took of the thread and of the time.
    struct Cost {
        let cpuNanoseconds: Int64
        let wallNanoseconds: Int64

        /// CPU time for each of so many.
        func microseconds(each count: Int) -> Double { Double(cpuNanoseconds) / 1000 / Double(max(count, 1)) }

        /// How many a core would do in a second.
        ///
        /// A thread that is not always given its core does fewer.
        func perSecondOfCPU(_ count: Int) -> Double { Double(count) * 1e9 / Double(max(cpuNanoseconds, 1)) }

        /// How many were done in a second.
        func perSecond(_ count: Int) -> Double { Double(count) * 1e9 / Double(max(wallNanoseconds, 1)) }
    }

    /// Measures a stretch of work of the calling thread.
    static func measure(_ work: () throws -> Void) rethrows -> Cost {
        let (cpu, wall) = (threadCPU, monotonic)
        try work()
        return Cost(cpuNanoseconds: threadCPU - cpu, wallNanoseconds: monotonic - wall)
    }
}
