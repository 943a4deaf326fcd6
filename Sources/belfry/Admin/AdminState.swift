import PushCore
package import PushPipeline

/// What the admin server asks the process, each time it is asked itself.
package struct AdminState: Sendable {
    /// Why stages ended that should run; empty while all is well.
    package var failures: @Sendable () -> [String]
    /// What is still waited for before work can be taken; empty when ready.
    package var notReady: @Sendable () -> [String]
    /// What needs a person although the process is ready; empty while nothing does.
    package var notes: @Sendable () -> [String]
    /// The rules in use; nil in a process that has none.
    package var rules: @Sendable () -> Rules?
    /// The metrics in Prometheus' text format.
    package var metrics: @Sendable () -> String

    /// Which rules decide.
    package struct Rules: Sendable {
        /// As in receipts.
        package var version: String
        package var count: Int

        package init(version: String, count: Int) {
            self.version = version
            self.count = count
        }
    }

    package init(
        failures: @escaping @Sendable () -> [String],
        notReady: @escaping @Sendable () -> [String],
        notes: @escaping @Sendable () -> [String] = { [] },
        rules: @escaping @Sendable () -> Rules? = { nil },
        metrics: @escaping @Sendable () -> String
    ) {
        self.failures = failures
        self.notReady = notReady
        self.notes = notes
        self.rules = rules
        self.metrics = metrics
    }

    /// The state of a process that runs the pipeline.
    ///
    /// - Parameters:
    ///   - pipeline: Its stages are asked for failures, assignments and lag.
    ///   - metrics: The counters of that pipeline.
    ///   - version: Of Belfry.
    /// - Returns: Closures that may be called before the start and after the end of the pipeline.
    package static func of(_ pipeline: Pipeline, _ metrics: Metrics, version: String) -> AdminState {
        var state = of(pipeline.stages, pipeline.standing, metrics, version: version)
        state.rules = { pipeline.ruleSet.map { Rules(version: $0.version, count: $0.rules.count) } }
        return state
    }

    static func of(
        _ stages: [StageStatus],
        _ standing: ProviderStanding,
        _ metrics: Metrics,
        version: String
    ) -> AdminState {
        let report = MetricsReport(metrics: metrics, version: version) { stages.map(MetricsReport.Stage.init) }
        return AdminState(
            failures: {
                stages.compactMap { stage in stage.failure.map { "stage \(stage.name) failed: \($0)" } }
            },
            notReady: {
                // A stage that failed is told among the failures.
                stages.filter { $0.failure == nil }.compactMap { stage in
                    let reason = Self.reason(stage)
                    return reason.map { "stage \(stage.name) \($0)" }
                } + standing.all
            },
            notes: { standing.notes },
            metrics: report.text
        )
    }

    /// Why a stage is not ready; nil when it is. While it restores newly assigned partitions it is not, be it the first time or later.
    private static func reason(_ stage: StageStatus) -> String? {
        if stage.hasEnded { return "has ended" }
        if let restoring = stage.restoring { return text(restoring) }
        return stage.isReady ? nil : "has no assignment yet"
    }

    private static func text(_ restoring: UsersRestore.Progress) -> String {
        "restores the users' records of \(restoring.partitions) partitions: \(restoring.percent) %, \(restoring.records) records"
    }
}
