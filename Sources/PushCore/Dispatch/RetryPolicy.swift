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

    /// A uniformly random wait up to `base * 2^failures`, at most the cap: retries of many deliveries that failed together do
    /// not come together.
    func delayMs(afterFailures failures: Int, using random: inout some RandomNumberGenerator) -> Int64 {
        let doublings = min(max(failures - 1, 0), 20)
        return Int64.random(in: 0...min(capMs, baseMs << Int64(doublings)), using: &random)
    }
}
