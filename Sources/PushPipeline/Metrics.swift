import Synchronization

/// The names of all metrics, in one place.
package enum MetricName: String, CaseIterable, Sendable {
    case records = "belfry_records_total"
    case recordsProduced = "belfry_records_produced_total"
    case recordsLost = "belfry_records_lost_total"
    case commits = "belfry_commits_total"
    case events = "belfry_events_total"
    case ruleFailures = "belfry_rule_failures_total"
    case rulesReload = "belfry_rules_reload_total"
    case rulesLoaded = "belfry_rules_loaded_timestamp_seconds"
    case rulesUnusable = "belfry_rules_unusable"
    case ruleSetInfo = "belfry_rule_set_info"
    case notifications = "belfry_notifications_total"
    case commands = "belfry_commands_total"
    case outcomes = "belfry_outcomes_total"
    case attempts = "belfry_attempts_total"
    case retries = "belfry_retries_total"
    case handBacks = "belfry_hand_backs_total"
    case scheduled = "belfry_scheduled_deliveries"
    case underWay = "belfry_under_way"
    case lag = "belfry_lag_records"
    case assigned = "belfry_assigned_partitions"
    case userRecords = "belfry_user_records"
    case restoring = "belfry_restoring_partitions"
    case restoredRecords = "belfry_restored_records_total"
    case restoreTime = "belfry_restore_seconds"
    case snapshotAge = "belfry_snapshot_age_seconds"
    case snapshotBytes = "belfry_snapshot_bytes"
    case snapshotsWritten = "belfry_snapshots_written_total"
    case snapshotsFailed = "belfry_snapshots_failed_total"
    case snapshotsDiscarded = "belfry_snapshots_discarded_total"
    case fanOuts = "belfry_fan_outs"
    case subscriptions = "belfry_subscriptions"
    case connections = "belfry_provider_connections"
    case inFlight = "belfry_provider_in_flight"
    case breakerOpen = "belfry_provider_breaker_open"
    case clockSkew = "belfry_provider_clock_skew_seconds"
    case credentialReloads = "belfry_credential_reloads_total"
    case credentialUnusable = "belfry_credential_file_unusable"
    case credentialExpiry = "belfry_credential_expiry_timestamp_seconds"
    case latency = "belfry_latency_seconds"
    case attemptLatency = "belfry_attempt_latency_seconds"

    /// One line for `# HELP`.
    package var help: String {
        switch self {
        case .records: "Records taken from Kafka, by stage."
        case .recordsProduced: "Records produced to Kafka, by stage."
        case .recordsLost: "Records that retention removed before they were read, by stage."
        case .commits: "Offsets committed, by stage."
        case .events: "Events, by what became of them."
        case .ruleFailures: "Rules that failed on an event."
        case .rulesReload: "Rules read again, by what became of it."
        case .rulesLoaded: "When the rules in use were loaded, since the Unix epoch."
        case .rulesUnusable: "1 while the rule files hold what cannot be used, and the former rules stay."
        case .ruleSetInfo: "Rules in use; the label names their version."
        case .notifications: "Notifications that rules asked for."
        case .commands: "Commands decided by the users stage, by what became of them."
        case .outcomes: "Final receipts, by provider, outcome and reason."
        case .attempts: "Attempts at a provider, by how they ended."
        case .retries: "Deliveries that took more than one attempt."
        case .handBacks: "Deliveries handed back to the users stage, to be sent later."
        case .scheduled: "Deliveries that wait in their user's record."
        case .underWay: "Records taken and not finished, by stage."
        case .lag: "Records behind the end of the input, by stage."
        case .assigned: "Partitions assigned, by stage."
        case .fanOuts: "Notifications on their way to subscribers, in steps; each partition counts by itself."
        case .subscriptions: "Subscriptions held, of each user to each topic."
        case .userRecords: "User and address records held."
        case .restoring: "Partitions whose users' records are being restored."
        case .restoredRecords: "Records read to restore users' state."
        case .snapshotAge: "Since the oldest of the partitions' snapshots was made."
        case .snapshotBytes: "Size of all snapshots written by this process and still there."
        case .snapshotsWritten: "Snapshots of partitions written."
        case .snapshotsFailed: "Snapshots that could not be written."
        case .snapshotsDiscarded: "Snapshots removed or not used, by reason."
        case .restoreTime: "How long the last restoring of users' state took."
        case .connections: "Connections to providers, by app."
        case .inFlight: "Requests to providers without an answer yet, by app."
        case .breakerOpen: "1 while a provider refuses an app and its deliveries wait."
        case .clockSkew: "How far this machine's clock is ahead of the provider's."
        case .credentialReloads: "Changed credential files, by what became of them."
        case .credentialUnusable:
            "1 while a credential file holds what cannot be used, and the former credential stays."
        case .credentialExpiry: "When a certificate ends, since the Unix epoch."
        case .latency: "From the event's time to the receipt."
        case .attemptLatency: "From sending a request to its answer."
        }
    }

    package var type: String {
        switch self {
        case .underWay, .lag, .assigned, .userRecords, .restoring, .restoreTime, .snapshotAge,
            .snapshotBytes, .connections, .inFlight, .breakerOpen, .scheduled, .clockSkew,
            .credentialUnusable, .credentialExpiry, .rulesLoaded, .rulesUnusable, .ruleSetInfo,
            .fanOuts, .subscriptions:
            "gauge"
        case .latency, .attemptLatency: "histogram"
        case .records, .recordsProduced, .recordsLost, .commits, .events, .ruleFailures, .notifications, .commands,
            .outcomes, .attempts, .retries, .handBacks, .credentialReloads, .rulesReload, .restoredRecords,
            .snapshotsWritten, .snapshotsFailed, .snapshotsDiscarded:
            "counter"
        }
    }
}

/// A metric and its labels, such as `belfry_events_total{disposition="matched"}`.
package struct Series: Hashable, Sendable {
    package let name: MetricName
    package let labels: [Label]

    package struct Label: Hashable, Sendable {
        package let name: String
        package let value: String
    }

    package init(_ name: MetricName, _ labels: KeyValuePairs<String, String> = [:]) {
        self.name = name
        self.labels = labels.map { Label(name: $0.key, value: $0.value) }
    }
}

/// Durations counted by size: 4 buckets to each doubling, from 0.1 ms on.
package struct Histogram: Sendable {
    /// Upper ends in milliseconds; what is longer counts in the total alone.
    package static let bounds: [Double] = (0..<96).map { 0.1 * exponential(Double($0) / 4) }

    package private(set) var counts = [Int](repeating: 0, count: bounds.count)
    package private(set) var total = 0
    package private(set) var sumMs = 0.0
    package private(set) var maxMs = 0.0

    package init() {}

    package mutating func record(_ milliseconds: Double) {
        total += 1
        sumMs += milliseconds
        maxMs = max(maxMs, milliseconds)
        var low = 0
        var high = Self.bounds.count
        while low < high {
            let middle = (low + high) / 2
            if Self.bounds[middle] < milliseconds { low = middle + 1 } else { high = middle }
        }
        if low < counts.count { counts[low] += 1 }
    }

    package mutating func merge(_ other: Histogram) {
        total += other.total
        sumMs += other.sumMs
        maxMs = max(maxMs, other.maxMs)
        for index in counts.indices { counts[index] += other.counts[index] }
    }

    /// An upper bound of the share-quantile, within a fifth of the value; 0 when nothing was recorded.
    ///
    /// `share`: 0 to 1.
    package func quantile(_ share: Double) -> Double {
        let rank = share * Double(total)
        var seen = 0
        for (index, count) in counts.enumerated() {
            seen += count
            if count > 0, Double(seen) >= rank { return min(Self.bounds[index], maxMs) }
        }
        return maxMs
    }

    /// 2 to the power of `exponent`, for quarters: exact enough for bucket bounds, without a mathematics library.
    private static func exponential(_ exponent: Double) -> Double {
        let quarters = [1, 1.189_207_115_002_721, 1.414_213_562_373_095_1, 1.681_792_830_507_429]
        let whole = Int(exponent.rounded(.down))
        return Double(1 << whole) * quarters[Int((exponent - Double(whole)) * 4)]
    }
}

/// What a stage's loop counts between two reports.
struct StageTally {
    var recordsIn = 0
    var recordsOut = 0
    var recordsLost = 0
    var commits = 0
    var underWay = 0
}

/// All counters of the process.
///
/// A stage counts on its own thread in plain values and hands them over once a turn: one lock for a whole batch.
package final class Metrics: Sendable {
    private struct State {
        var values: [Series: Double] = [:]
        var histograms: [Series: Histogram] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    /// Adds to several counters at once.
    package func add(_ counts: some Sequence<(Series, Int)>) {
        state.withLock { state in
            for (series, count) in counts { state.values[series, default: 0] += Double(count) }
        }
    }

    package func add(_ series: Series, _ amount: Double = 1) {
        state.withLock { $0.values[series, default: 0] += amount }
    }

    package func set(_ series: Series, _ value: Double) {
        state.withLock { $0.values[series] = value }
    }

    /// Forgets a series, whose labels say what is not so any more.
    package func remove(_ series: Series) {
        state.withLock { $0.values[series] = nil }
    }

    package func merge(_ histogram: Histogram, into series: Series) {
        if histogram.total == 0 { return }
        state.withLock { $0.histograms[series, default: Histogram()].merge(histogram) }
    }

    func merge(_ tally: StageTally, stage: String) {
        let label: KeyValuePairs = ["stage": stage]
        state.withLock { state in
            if tally.recordsIn > 0 { state.values[Series(.records, label), default: 0] += Double(tally.recordsIn) }
            if tally.recordsOut > 0 {
                state.values[Series(.recordsProduced, label), default: 0] += Double(tally.recordsOut)
            }
            if tally.recordsLost > 0 {
                state.values[Series(.recordsLost, label), default: 0] += Double(tally.recordsLost)
            }
            if tally.commits > 0 { state.values[Series(.commits, label), default: 0] += Double(tally.commits) }
            state.values[Series(.underWay, label)] = Double(tally.underWay)
        }
    }

    // MARK: Reading

    /// The value of a series; 0 when it was never touched.
    package func value(_ series: Series) -> Double {
        state.withLock { $0.values[series] ?? 0 }
    }

    /// The sum over all series of a name, or those with the label.
    package func sum(_ name: MetricName, where label: String? = nil, is value: String? = nil) -> Double {
        state.withLock { state in
            state.values.reduce(0) { sum, entry in
                guard entry.key.name == name else { return sum }
                let matches =
                    label == nil
                    || entry.key.labels.contains { $0.name == label && (value == nil || $0.value == value) }
                return matches ? sum + entry.value : sum
            }
        }
    }

    /// Everything, for a report.
    package func snapshot() -> (values: [Series: Double], histograms: [Series: Histogram]) {
        state.withLock { ($0.values, $0.histograms) }
    }
}
