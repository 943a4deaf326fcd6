/// How long to wait before the next attempt: a random part of a limit that doubles with each failure in a row (full jitter).
struct Backoff {
    let base: Duration
    let max: Duration
    private(set) var failures = 0

    init(base: Duration, max: Duration) {
        self.base = base
        self.max = max
    }

    /// Counts a failure and gives the wait, from zero to the present limit.
    mutating func next(using random: inout some RandomNumberGenerator) -> Duration {
        let limit = min(max, base * (1 << min(failures, 20)))
        failures += 1
        return .nanoseconds(Int64.random(in: 0...Swift.max(0, limit.wholeNanoseconds), using: &random))
    }

    /// Forgets the failures, after a proof that the server works.
    mutating func reset() {
        failures = 0
    }
}
