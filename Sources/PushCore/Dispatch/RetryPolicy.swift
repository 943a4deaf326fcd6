/// How long a delivery is tried: full-jitter backoff inside a budget of time.
package struct RetryPolicy: Sendable {
    /// From the moment a delivery is taken up to its last attempt, in milliseconds.
    package var budgetMs: Int64
    /// The longest wait before the second attempt.
    package var baseMs: Int64
    /// The longest wait at all.
    package var capMs: Int64

    /// What is handed back to the users stage comes again after this time at the earliest, doubled with each hand-back.
    package var laterBaseMs: Int64
    /// The longest such time.
    package var laterCapMs: Int64
    /// A delivery that was tried so often is not handed back once more.
    package var attemptsMax: Int

    package init(budgetMs: Int64 = 300_000, baseMs: Int64 = 500, capMs: Int64 = 30_000) {
        precondition(budgetMs >= 0 && baseMs > 0 && capMs >= baseMs, "a retry policy has a base within its cap")
        self.budgetMs = budgetMs
        self.baseMs = baseMs
        self.capMs = capMs
        self.laterBaseMs = 60_000
        self.laterCapMs = 1_800_000
        self.attemptsMax = 100
    }

    /// A uniformly random wait up to `base * 2^(failures - 1)`, at most the cap; none before the first failure: retries of many deliveries that failed together do
    /// not come together.
    func delayMs(afterFailures failures: Int, using random: inout some RandomNumberGenerator) -> Int64 {
        if failures < 1 { return 0 }
        let doublings = min(failures - 1, 20)
        return Int64.random(in: 0...min(capMs, baseMs << Int64(doublings)), using: &random)
    }

    /// How long what is handed back is kept at least: between the doubled base and half as much again, so that what was handed
    /// back together does not come back together.
    func laterDelayMs(afterHandBacks handBacks: UInt32, using random: inout some RandomNumberGenerator) -> Int64 {
        let delay = min(laterCapMs, laterBaseMs << Int64(min(handBacks, 20)))
        return delay + Int64.random(in: 0...delay / 2, using: &random)
    }
}
