/// How long a delivery is tried: full-jitter backoff inside a budget of time.
package struct RetryPolicy: Sendable {
    /// From the moment a delivery is taken up to its last attempt, in milliseconds.
    package var budgetMs: Int64
    /// The longest wait before the second attempt.
    package var baseMs: Int64
    /// The longest wait at all.
    package var capMs: Int64

    package init(budgetMs: Int64 = 300_000, baseMs: Int64 = 500, capMs: Int64 = 30_000) {
        precondition(budgetMs >= 0 && baseMs > 0 && capMs >= baseMs, "a retry policy has a base within its cap")
        self.budgetMs = budgetMs
        self.baseMs = baseMs
        self.capMs = capMs
    }

    /// A uniformly random wait up to `base * 2^(failures - 1)`, at most the cap; none before the first failure: retries of many deliveries that failed together do
    /// not come together.
    func delayMs(afterFailures failures: Int, using random: inout some RandomNumberGenerator) -> Int64 {
        if failures < 1 { return 0 }
        let doublings = min(failures - 1, 20)
        return Int64.random(in: 0...min(capMs, baseMs << Int64(doublings)), using: &random)
    }
}
