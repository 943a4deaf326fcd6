import Kafka
import Logging
import PushCore

/// The shell of the users stage: one core per partition of the inbox, restored from the compacted users topic.
final class UsersStage: Stage {
    let name = "users"
    let topics: [String]
    private let environment: StageEnvironment
    private let configuration: UsersConfiguration
    private let digests: Digests
    private var reporter: RestoreReporter
    /// By partition while it is being restored, then by lane.
    private var restored: [Int32: UsersRestore.Restored] = [:]
    private var keeper: SnapshotKeeper?
    private let status: StageStatus
    private var cores: [Int: UsersCore] = [:]
    private var clock = ForwardClock()
    private var commands: [UsersCore.Disposition: Int] = [:]
    private var endings: [UsersCore.Ending: Int] = [:]
    private var notifications = 0
    /// All cores together: another user's command waits behind so many at most.
    private let fanOutInFlightMax: Int
    /// The lane that asked for the last step of a fan-out: the next one is asked first.
    private var fanOutLane = 0

    init(
        configuration: UsersConfiguration,
        fanOutInFlightMax: Int,
        digests: Digests,
        snapshots: SnapshotSettings?,
        environment: StageEnvironment,
        status: StageStatus
    ) {
        self.status = status
        keeper = snapshots.map { SnapshotKeeper($0, environment: environment) }
        reporter = RestoreReporter(status: status, environment: environment)
        self.fanOutInFlightMax = fanOutInFlightMax
        self.configuration = configuration
        self.digests = digests
        self.environment = environment
        self.topics = [environment.topics.inbox]
    }

    func firstOffset(of topic: String) -> StageEnvironment.FirstOffset { .earliest }

    /// Restores the records of every assigned partition: nothing is decided before.
    func prepare(_ openings: inout [LaneOpening], kafka: LaneSources) throws {
        restored.removeAll()
        if openings.isEmpty { return }
        defer { reporter.end() }
        reporter.begin(nowMs: environment.clocks.monotonicMs())
        let restore = UsersRestore(
            topic: environment.topics.users,
            configuration: configuration,
            digests: digests,
            monotonicMs: environment.clocks.monotonicMs
        )
        let requests = openings.map {
            UsersRestore.Request(partition: $0.partition.partition, committed: $0.start.offset)
        }
        let reader = try kafka.reader()
        keeper?.assigned(requests.map(\.partition), reader: reader)
        let answer = try restore.run(
            requests,
            reader: reader,
            snapshots: { core, low, high in keeper?.restore(&core, low: low, high: high) },
            mayGoOn: { progress in
                reporter.report(progress, nowMs: environment.clocks.monotonicMs())
                return kafka.isWanted()
            }
        )
        guard let answer else { throw AssignmentWithdrawn() }
        restored = answer
        reporter.finish(nowMs: environment.clocks.monotonicMs())
        checkPositions(openings)
    }

    /// State that is ahead of its inbox belongs to an inbox that was deleted and made anew.
    private func checkPositions(_ openings: [LaneOpening]) {
        for opening in openings {
            let partition = opening.partition.partition
            guard let core = restored[partition]?.core, core.lastPosition > opening.start.inputEnd else { continue }
            environment.logger.error(
                "the inbox was made anew: positions in the users' records are forgotten",
                metadata: [
                    "partition": "\(partition)", "known": "\(core.lastPosition)", "end": "\(opening.start.inputEnd)",
                ]
            )
            restored[partition]?.core.forgetPositions()
        }
    }

    func opened(lane: Int, partition: Int32) {
        if let restored = restored.removeValue(forKey: partition) {
            cores[lane] = restored.core
            keeper?.opened(
                lane,
                partition: partition,
                end: restored.end,
                snapshot: restored.snapshot,
                mark: restored.mark
            )
        }
        reportSize()
    }

    func closed(lane: Int) {
        if let core = cores.removeValue(forKey: lane) {
            keeper?.closed(lane, core, isStopping: status.isStopping)
        }
        reportSize()
    }

    func stateAcknowledged(lane: Int, offset: Int64?) { keeper?.acknowledged(lane, offset: offset) }

    func mayRead(lane: Int) -> Bool { keeper?.mayRead(lane) ?? true }

    func stop() { keeper?.finish() }

    func committed(lane: Int, upTo offset: Int64) {
        cores[lane]?.committed(upTo: offset)
    }

    func handle(_ record: InputRecord, lane: Int, item: WorkItem, isUncertain: Bool) -> Effects? {
        let nowMs = clock.advance(to: environment.clocks.wallMs())
        guard let decided = cores[lane]?.handle(record, nowMs: nowMs) else {
            preconditionFailure("a lane has its core from opening to closing")
        }
        if let state = decided.effects.state { keep(state, decided.disposition, lane: lane) }
        commands[decided.disposition, default: 0] += 1
        notifications += decided.notifications
        for ending in decided.endings { endings[ending, default: 0] += 1 }
        return decided.effects
    }

    /// Tells the snapshots what becomes of the lane's state, before any of it goes out.
    private func keep(_ state: Outgoing, _ disposition: UsersCore.Disposition, lane: Int) {
        keeper?.produced(lane)
        if disposition == .erased { keeper?.erased(lane) }
        if state.value == nil, state.headers.contains(where: { $0.name == UsersCore.forgottenHeader }) {
            keeper?.marked(lane)
        }
    }

    /// Asks for the release of what waited long enough, and for the next steps of fan-outs.
    func takeDue() -> [Outgoing] {
        keeper?.turn { cores[$0] }
        let nowMs = clock.advance(to: environment.clocks.wallMs())
        var due: [Outgoing] = []
        if cores.values.contains(where: { ($0.nextDueMs ?? .max) <= nowMs }) {
            for lane in Array(cores.keys) { due += cores[lane]?.due(nowMs: nowMs) ?? [] }
        }
        if cores.values.contains(where: { $0.hasHousekeeping(nowMs: nowMs) }) {
            for lane in Array(cores.keys) { due += cores[lane]?.housekeeping(nowMs: nowMs) ?? [] }
        }
        if cores.values.contains(where: \.hasFanOuts) { appendFanOuts(nowMs, to: &due) }
        return due
    }

    /// Lanes have their turns one after another, as long as there is room for a whole step.
    private func appendFanOuts(_ nowMs: Int64, to due: inout [Outgoing]) {
        var load = cores.values.reduce(0) { $0 + $1.fanOutLoad }
        let lanes = cores.keys.sorted()
        for lane in lanes.filter({ $0 > fanOutLane }) + lanes.filter({ $0 <= fanOutLane }) {
            due += cores[lane]?.forgetFanOuts(nowMs: nowMs) ?? []
            guard load == 0 || load + configuration.fanOutStep <= fanOutInFlightMax,
                let step = cores[lane]?.continueFanOut(nowMs: nowMs)
            else { continue }
            due.append(step)
            load += configuration.fanOutStep
            fanOutLane = lane
        }
    }

    func publish() {
        keeper?.publish()
        if commands.isEmpty { return }
        var counts: [(Series, Int)] = []
        for (disposition, count) in commands {
            counts.append((Series(.commands, ["disposition": disposition.label]), count))
            if case .ended(let reason) = disposition {
                let outcome: Outcome =
                    switch reason {
                    case .ttlPassed: .expired
                    case .appNotConfigured: .rejected
                    default: .suppressed
                    }
                counts.append(
                    (
                        Series(
                            .outcomes,
                            ["provider": "", "outcome": outcome.rawValue, "reason": reason.rawValue]
                        ), count
                    )
                )
            }
        }
        for (ending, count) in endings {
            let labels: KeyValuePairs = [
                "provider": ending.provider, "outcome": ending.outcome.rawValue, "reason": ending.reason.rawValue,
            ]
            counts.append((Series(.outcomes, labels), count))
        }
        if notifications > 0 { counts.append((Series(.notifications), notifications)) }
        notifications = 0
        environment.metrics.add(counts)
        commands.removeAll(keepingCapacity: true)
        endings.removeAll(keepingCapacity: true)
        reportSize()
    }

    private func reportSize() {
        environment.metrics.set(Series(.userRecords), Double(cores.values.reduce(0) { $0 + $1.recordCount }))
        environment.metrics.set(Series(.fanOuts), Double(cores.values.reduce(0) { $0 + $1.fanOutCount }))
        environment.metrics.set(Series(.subscriptions), Double(cores.values.reduce(0) { $0 + $1.subscriptionCount }))
        environment.metrics.set(Series(.scheduled), Double(cores.values.reduce(0) { $0 + $1.scheduledCount }))
    }
}

extension UsersCore.Disposition {
    var label: String {
        switch self {
        case .admitted: "admitted"
        case .waiting: "waiting"
        case .ended: "ended"
        case .replayed: "replayed"
        case .applied: "applied"
        case .ignored: "ignored"
        case .erased: "erased"
        case .invalid: "invalid"
        }
    }
}
