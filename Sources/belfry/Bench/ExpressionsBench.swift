import CEL
import PushCore

/// One expression on a decoded event, on one thread: nothing but its evaluation, as rules do it that are no plain comparisons.
struct ExpressionsBench {
    let evaluations: Int
    let source: String

    /// - Throws: `CompileError`
    func run() throws -> BenchReport {
        let expression = try Expression(source, environment: EventValues.environment(TimeZoneDatabase()))
        let decoder = EventDecoder()
        let record = BenchScenario.record(event: 1, user: 1, timeMs: BenchClock.wallMs)
        return record.withInputRecord { record in
            guard case .event(let event) = decoder.decode(record) else {
                preconditionFailure("the scenario's records are events")
            }
            let values = EventValues(event)
            var holding = 0
            let cost = BenchClock.measure {
                for _ in 0..<evaluations {
                    if case .bool(true) = expression.evaluate(values) { holding += 1 }
                }
            }
            var report = BenchReport("expression, one thread")
            report.add("evaluations", "evaluations", evaluations)
            report.add("holding", "of which true", holding)
            report.add("evaluations_per_second", "evaluations", cost.perSecond(evaluations), "/s")
            let perCore = cost.perSecondOfCPU(evaluations)
            report.add("evaluations_per_cpu_second", "evaluations on a whole core", perCore, "/s")
            report.add(
                "cpu_nanoseconds_per_evaluation",
                "CPU",
                cost.microseconds(each: evaluations) * 1000,
                "ns each"
            )
            return report
        }
    }
}
