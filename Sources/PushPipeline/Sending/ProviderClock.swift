import Logging
import PushCore
import PushProviders

/// Compares this machine's clock with a provider's, and says so where they differ.
///
/// Belongs to the dispatch stage's thread.
struct ProviderClock {
    /// Answers are looked at once in this time: a date costs more to read than it is worth in each.
    private static let intervalMs: Int64 = 1_000
    /// What is wrong is logged again after this time.
    private static let repeatMs: Int64 = 3_600_000

    private let provider: Provider
    private let metrics: Metrics
    private let logger: Logger
    private let standing: ProviderStanding
    private var skew = ClockSkew()
    private var warnedMs: Int64?
    private var lastMs: Int64?

    init(provider: Provider, metrics: Metrics, logger: Logger, standing: ProviderStanding) {
        self.provider = provider
        self.metrics = metrics
        self.logger = logger
        self.standing = standing
    }

    /// Whether an answer is to be looked at now. A distance, so that a clock that is set back does not end it.
    func isDue(nowMs: Int64) -> Bool {
        lastMs.map { abs(nowMs - $0) >= Self.intervalMs } ?? true
    }

    /// Takes note of an answer's header `Date`.
    mutating func note(_ date: String, sentMs: Int64, nowMs: Int64) {
        lastMs = nowMs
        skew.note(date: date, sentMs: sentMs, nowMs: nowMs)
        guard let aheadMs = skew.aheadMs else { return }
        metrics.set(Series(.clockSkew, ["provider": provider.rawValue]), Double(aheadMs) / 1_000)
        guard skew.isWrong else {
            if warnedMs != nil { logger.notice("this machine's clock agrees with the provider's again") }
            warnedMs = nil
            return standing.note(nil, under: "clock \(provider.rawValue)")
        }
        let words =
            "this machine's clock is \(abs(aheadMs) / 1_000) s \(aheadMs > 0 ? "ahead of" : "behind") the provider's"
        standing.note("\(provider.rawValue): \(words)", under: "clock \(provider.rawValue)")
        if let warnedMs, abs(nowMs - warnedMs) < Self.repeatMs { return }
        warnedMs = nowMs
        logger.warning(
            "this machine's clock is wrong: set it by NTP before tokens are refused",
            metadata: ["ahead_ms": "\(aheadMs)"]
        )
    }
}
