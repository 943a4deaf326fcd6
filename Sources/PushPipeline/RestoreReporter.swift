import Logging

/// Says how far the users' records are restored: in the stage's status, in metrics, and every few seconds in the log.
struct RestoreReporter {
    private static let logIntervalMs: Int64 = 3_000

    private let status: StageStatus
    private let environment: StageEnvironment
    private var beganMs: Int64 = 0
    private var loggedMs: Int64 = 0
    private var latest = UsersRestore.Progress()

    init(status: StageStatus, environment: StageEnvironment) {
        self.status = status
        self.environment = environment
    }

    mutating func begin(nowMs: Int64) {
        beganMs = nowMs
        loggedMs = nowMs
        latest = UsersRestore.Progress()
    }

    mutating func report(_ progress: UsersRestore.Progress, nowMs: Int64) {
        status.restoring(progress)
        environment.metrics.set(Series(.restoring), Double(progress.partitions))
        environment.metrics.add(Series(.restoredRecords), Double(progress.records - latest.records))
        latest = progress
        guard nowMs - loggedMs >= Self.logIntervalMs else { return }
        loggedMs = nowMs
        environment.logger.info(
            "restoring the users' records",
            metadata: [
                "stage": "users", "partitions": "\(progress.partitions)", "records": "\(progress.records)",
                "percent": "\(progress.percent)", "records_per_second": "\(rate(nowMs))",
            ]
        )
    }

    /// All of it is there.
    func finish(nowMs: Int64) {
        let seconds = Double(nowMs - beganMs) / 1_000
        environment.metrics.set(Series(.restoreTime), seconds)
        environment.logger.info(
            "the users' records are restored",
            metadata: [
                "stage": "users", "partitions": "\(latest.partitions)", "records": "\(latest.records)",
                "from_snapshots": "\(latest.snapshotRecords)", "seconds": "\(seconds)",
                "records_per_second": "\(rate(nowMs))",
            ]
        )
    }

    /// Whether it is done or given up.
    func end() {
        status.restoring(nil)
        environment.metrics.set(Series(.restoring), 0)
    }

    private func rate(_ nowMs: Int64) -> Int64 {
        Int64(latest.records + latest.snapshotRecords) * 1_000 / max(1, nowMs - beganMs)
    }
}
