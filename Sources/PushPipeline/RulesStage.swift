import Kafka
import PushCore

/// The shell of the rules stage: domain events and registrations in, commands out.
final class RulesStage: Stage {
    let name = "rules"
    let topics: [String]
    private let registrationsTopic: String
    private let first: StageEnvironment.FirstOffset
    private let metrics: Metrics
    private var core: RulesCore
    private let rules: RuleSetHandover
    /// The replacement that the core has.
    private var generation: UInt64 = 0
    private var events: [RulesCore.Disposition: Int] = [:]
    private var notifications = 0
    private var failures = 0

    init(core: RulesCore, rules: RuleSetHandover, environment: StageEnvironment) {
        self.core = core
        self.rules = rules
        self.topics = environment.topics.events + [environment.topics.registrations]
        self.registrationsTopic = environment.topics.registrations
        self.first = environment.firstOffset
        self.metrics = environment.metrics
    }

    func firstOffset(of topic: String) -> StageEnvironment.FirstOffset { first }

    func handle(_ record: InputRecord, lane: Int, item: WorkItem, isUncertain: Bool) -> Effects? {
        let isRegistration = record.topic == registrationsTopic
        let decided = isRegistration ? core.handle(registration: record) : core.handle(event: record)
        events[decided.disposition, default: 0] += 1
        notifications += decided.notifications
        failures += decided.failures
        return decided.effects
    }

    /// Asked once a turn, between two batches: where rules were replaced, the next batch is decided by the new ones.
    func takeDue() -> [Outgoing] {
        if let ruleSet = rules.take(after: &generation) { core.ruleSet = ruleSet }
        return []
    }

    func publish() {
        if events.isEmpty { return }
        metrics.add(events.map { (Self.series[$0.key] ?? Series(.events), $0.value) })
        if notifications > 0 { metrics.add(Series(.notifications), Double(notifications)) }
        if failures > 0 { metrics.add(Series(.ruleFailures), Double(failures)) }
        events.removeAll(keepingCapacity: true)
        notifications = 0
        failures = 0
    }

    private static let series: [RulesCore.Disposition: Series] = [
        .matched: Series(.events, ["disposition": "matched"]),
        .unmatched: Series(.events, ["disposition": "unmatched"]),
        .deadLettered: Series(.events, ["disposition": "dead_lettered"]),
        .skipped: Series(.events, ["disposition": "skipped"]),
        .registration: Series(.events, ["disposition": "registration"]),
    ]
}
