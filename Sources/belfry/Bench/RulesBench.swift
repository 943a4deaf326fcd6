import PushCore
import PushPipeline

/// The rules core alone, on one thread: decoding, conditions, templates, ids, encoding of commands.
struct RulesBench {
    let events: Int
    let rules: Int
    let matches: Int

    /// Events laid out in memory; they are read again and again.
    private static let distinctEvents = 1024

    func run() -> BenchReport {
        let records = LentRecords(
            (0..<Self.distinctEvents).map { BenchScenario.record(event: $0, user: $0, timeMs: BenchClock.wallMs) }
        )
        let core = Self.core(rules: rules, matches: matches)
        _ = play(records, core, Self.distinctEvents)
        var notifications = 0
        let cost = BenchClock.measure { notifications = play(records, core, events) }
        precondition(notifications == events * matches, "every event of the scenario matches its rules")
        var report = BenchReport("rules core, one thread")
        report.add("events", "events", events)
        report.add("rules", "rules", rules)
        report.add("matching_rules", "of which match", matches)
        report.add("event_bytes", "event", records.firstRecordOctets, "bytes")
        report.add("events_per_second", "events", cost.perSecond(events), "/s")
        report.add("events_per_cpu_second", "events on a whole core", cost.perSecondOfCPU(events), "/s")
        report.add("cpu_microseconds_per_event", "CPU", cost.microseconds(each: events), "µs per event", decimals: 2)
        return report
    }

    static func core(rules: Int, matches: Int) -> RulesCore {
        RulesCore(
            ruleSet: BenchScenario.ruleSet(rules, matches: matches),
            decoder: EventDecoder(),
            registrations: RegistrationDecoder(digests: .openSSL),
            digests: .openSSL
        )
    }

    /// - Returns: Notifications asked for.
    private func play(_ records: LentRecords, _ core: RulesCore, _ count: Int) -> Int {
        var notifications = 0
        for index in 0..<count {
            notifications += records.withRecord(index % records.count, offset: Int64(index)) { record in
                core.handle(event: record).effects.outputs.count
            }
        }
        return notifications
    }
}
