import Foundation
import Logging
import PushCore
import PushPipeline

/// Has the pipeline use rules as their files change or somebody asks for it, and says what became of it: in the log, the metrics and the
/// readiness.
struct RulesReload {
    /// Why the files are looked at.
    enum Occasion: Sendable {
        case interval
        /// SIGHUP.
        case asked
    }

    private var watch: RulesWatch
    private var version: String
    private let interval: Duration
    private let metrics: Metrics
    private let standing: ProviderStanding
    private let logger: Logger
    private let replace: (RuleSet) -> Void

    private static let noteName = "rules"

    /// `ruleSet`: The one in use.
    /// `nowMs`: Milliseconds since the Unix epoch.
    /// `replace`: Has the pipeline use another.
    init(
        _ watch: RulesWatch,
        inUse ruleSet: RuleSet,
        interval: Duration,
        metrics: Metrics,
        standing: ProviderStanding,
        logger: Logger,
        nowMs: Int64,
        replace: @escaping (RuleSet) -> Void
    ) {
        self.watch = watch
        self.interval = interval
        self.metrics = metrics
        self.standing = standing
        self.logger = logger
        self.replace = replace
        version = ruleSet.version
        for result in ["replaced", "refused", "unchanged"] {
            metrics.add(Series(.rulesReload, ["result": result]), 0)
        }
        metrics.set(Series(.rulesUnusable), 0)
        note(ruleSet, nowMs)
        logger.notice("rules loaded", metadata: Self.metadata(ruleSet))
    }

    /// Looks at the files again and again, and whenever asked to, until the task is cancelled.
    mutating func run(asked: AsyncStream<Void>) async {
        let (occasions, continuation) = AsyncStream<Occasion>.makeStream()
        let interval = interval
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                while (try? await Task.sleep(for: interval)) != nil { continuation.yield(.interval) }
                continuation.finish()
            }
            group.addTask {
                for await _ in asked { continuation.yield(.asked) }
            }
            for await occasion in occasions {
                look(occasion, nowMs: Int64(Date().timeIntervalSince1970 * 1_000))
            }
            group.cancelAll()
        }
    }

    /// `nowMs`: Milliseconds since the Unix epoch.
    mutating func look(_ occasion: Occasion, nowMs: Int64) {
        switch occasion {
        case .interval:
            if let finding = watch.look() { take(finding, nowMs) }
        case .asked:
            logger.info("asked to read the rules again")
            take(watch.lookNow(), nowMs)
            if watch.isConfigurationChanged {
                logger.warning(
                    "the configuration file changed since the start: rule files are read again, all else needs a restart"
                )
            }
        }
    }

    private mutating func take(_ finding: RulesWatch.Finding, _ nowMs: Int64) {
        switch finding {
        case .usable(let ruleSet, let warnings):
            let former = version
            version = ruleSet.version
            replace(ruleSet)
            count("replaced")
            mended()
            if former != version { metrics.remove(Series(.ruleSetInfo, ["version": former])) }
            note(ruleSet, nowMs)
            var metadata = Self.metadata(ruleSet)
            metadata["former_version"] = "\(former)"
            logger.notice("rules replaced", metadata: metadata)
            for warning in warnings { logger.warning("about the new rules", metadata: Self.said(warning)) }
        case .unusable(let problems):
            refuse(problems)
        case .restored:
            mended()
            logger.notice("the rule files hold again what is used", metadata: ["version": "\(version)"])
        case .unchanged:
            count("unchanged")
            logger.notice("rules unchanged", metadata: ["version": "\(version)"])
        }
    }

    private func refuse(_ problems: [Problem]) {
        count("refused")
        metrics.set(Series(.rulesUnusable), 1)
        let errors = problems.filter { $0.severity == .error }
        // All of them are in the log; a note that fills the screen helps nobody.
        let shown = errors.prefix(Self.problemsNoted).map(\.description).joined(separator: "; ")
        let rest = errors.count - Self.problemsNoted
        standing.note(
            "rules: the former ones are used (version \(version)), since \(shown)" + (rest > 0 ? "; \(rest) more" : ""),
            under: Self.noteName
        )
        for problem in errors {
            var metadata = Self.said(problem)
            metadata["version"] = "\(version)"
            logger.error("rules changed and cannot be used: the former ones stay", metadata: metadata)
        }
    }

    private static let problemsNoted = 5

    private func mended() {
        metrics.set(Series(.rulesUnusable), 0)
        standing.note(nil, under: Self.noteName)
    }

    private func note(_ ruleSet: RuleSet, _ nowMs: Int64) {
        metrics.set(Series(.rulesLoaded), Double(nowMs) / 1_000)
        metrics.set(Series(.ruleSetInfo, ["version": ruleSet.version]), Double(ruleSet.rules.count))
    }

    private func count(_ result: String) {
        metrics.add(Series(.rulesReload, ["result": result]))
    }

    private static func metadata(_ ruleSet: RuleSet) -> Logger.Metadata {
        ["version": "\(ruleSet.version)", "rules": "\(ruleSet.rules.count)"]
    }

    private static func said(_ problem: Problem) -> Logger.Metadata {
        ["problem": "\(problem)"]
    }
}
