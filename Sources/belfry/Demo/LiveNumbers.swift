import PushPipeline

/// How far a run is, from the metrics of the pipeline.
struct LiveNumbers: Sendable, Equatable {
    struct Outcome: Sendable, Hashable, Comparable {
        let name: String
        let reason: String

        static func < (left: Outcome, right: Outcome) -> Bool {
            (left.name, left.reason) < (right.name, right.reason)
        }
    }

    var eventsPlayed = 0
    var matched = 0
    var unmatched = 0
    var deadLettered = 0
    var registrations = 0
    var notifications = 0
    /// Notifications that the users stage has decided, and commands of other kinds that it repeated.
    var decided = 0
    /// Registrations, preferences and feedback that changed something.
    var applied = 0
    var attempts = 0
    var outcomes: [Outcome: Int] = [:]
    var underWay = 0
    var p50Ms = 0.0
    var p99Ms = 0.0

    /// Events that the rules stage has decided.
    var eventsDecided: Int { matched + unmatched + deadLettered }
}

extension LiveNumbers {
    init(_ metrics: Metrics, eventsPlayed: Int) {
        self.eventsPlayed = eventsPlayed
        let (values, histograms) = metrics.snapshot()
        for (series, value) in values {
            let count = Int(value)
            switch series.name {
            case .events: addEvents(series["disposition"], count)
            case .commands: addCommands(series["disposition"], count)
            case .notifications: notifications += count
            case .attempts: attempts += count
            case .outcomes: outcomes[Outcome(name: series["outcome"], reason: series["reason"]), default: 0] += count
            case .underWay: underWay += count
            case .records, .recordsProduced, .recordsLost, .commits, .ruleFailures, .retries, .lag, .assigned,
                .userRecords, .restoring, .restoredRecords, .restoreTime, .snapshotAge, .snapshotBytes,
                .snapshotsWritten, .snapshotsFailed, .snapshotsDiscarded,
                .connections, .inFlight, .breakerOpen, .handBacks, .scheduled, .latency, .attemptLatency, .clockSkew,
                .credentialReloads, .credentialUnusable, .credentialExpiry, .rulesReload, .rulesLoaded, .rulesUnusable,
                .ruleSetInfo, .fanOuts, .subscriptions:
                break
            }
        }
        var latency = Histogram()
        for (series, histogram) in histograms where series.name == .latency { latency.merge(histogram) }
        p50Ms = latency.quantile(0.5)
        p99Ms = latency.quantile(0.99)
    }

    private mutating func addEvents(_ disposition: String, _ count: Int) {
        switch disposition {
        case "matched": matched += count
        case "unmatched": unmatched += count
        case "dead_lettered": deadLettered += count
        case "registration": registrations += count
        default: break
        }
    }

    private mutating func addCommands(_ disposition: String, _ count: Int) {
        switch disposition {
        case "admitted", "ended", "replayed": decided += count
        case "applied": applied += count
        default: break
        }
    }
}

extension Series {
    /// The value of a label; empty where there is none.
    subscript(label: String) -> String {
        labels.first { $0.name == label }?.value ?? ""
    }
}

/// Whether everything that was played has ended: nothing is under way, the sums match, and for a while nothing moves.
struct Quiet {
    static let quietMs: Int64 = 1_200

    private let events: Int
    private var last = LiveNumbers()
    private var sinceMs: Int64?

    /// - Parameter events: as many as were played.
    init(events: Int) {
        self.events = events
    }

    mutating func isReached(_ numbers: LiveNumbers, nowMs: Int64) -> Bool {
        let isStill = numbers == last
        last = numbers
        let isComplete =
            numbers.eventsDecided >= events && numbers.decided >= numbers.notifications && numbers.underWay == 0
        guard isStill, isComplete, let sinceMs else {
            sinceMs = isComplete ? nowMs : nil
            return false
        }
        return nowMs - sinceMs >= Self.quietMs
    }
}
