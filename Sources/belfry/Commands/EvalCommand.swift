import ArgumentParser
import CEL
import Foundation
import PushCore

/// `belfry eval`.
struct EvalCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "eval",
        abstract: "Evaluates a CEL expression, on an event if one is given.",
        discussion: """
            The expression sees what a rule's `when` sees: event (the attributes) and data. Exit code 0 when there is a value, 1 when \
            the evaluation fails, 64 when the expression is none.

            With --batch, each line of standard input is {"id", "expr", "bindings": {name: value}, "container"?} and is answered with \
            {"id", "value"} or {"id", "error"}, in order; values have the protobuf JSON form of cel.expr.Value.

            Example:  belfry eval --expr 'data.total > 100' --event order.json
            """
    )

    @Option(name: .long, help: "The expression.")
    var expr: String?

    @Option(name: .long, help: "File with one event, a CloudEvent in JSON; - is standard input.")
    var event: String?

    @Option(name: .long, help: "The event is plain JSON, as the configuration maps it on this topic.")
    var topic: String?

    @Option(name: .long, help: "The configuration that has the mapping of --topic.")
    var config: String?

    @Flag(name: .long, help: "Answer requests that come as JSON lines on standard input.")
    var batch = false

    @Flag(name: .long, help: "Print one JSON object.")
    var json = false

    func validate() throws {
        if batch, expr != nil || event != nil || topic != nil {
            throw ValidationError("--batch reads everything from standard input, and takes no --expr, --event, --topic")
        }
        if !batch, expr == nil { throw ValidationError("give an expression with --expr, or requests with --batch") }
        if topic != nil, config == nil || event == nil {
            throw ValidationError("--topic needs --event, and --config for the topic's mapping")
        }
    }

    func run() async throws {
        let timeZones = TimeZoneDatabase.read(environment: ProcessInfo.processInfo.environment)
        let code =
            batch
            ? await DeepStack.run { Self.answerBatch(timeZones) }
            : try await evaluate(timeZones)
        if code != .success { throw code }
    }

    // MARK: One expression

    private func evaluate(_ timeZones: TimeZoneDatabase) async throws -> ExitCode {
        let nowMs = Int64(Date().timeIntervalSince1970 * 1_000)
        let mappings = try config.map { try DryRunConfiguration.load(path: $0).mappings } ?? [:]
        let record = try event.map {
            EventText.record(try InputFile.read($0), topic: topic, timestampMs: nowMs)
        }
        return await DeepStack.run { [expr, json] in
            Self.evaluate(expr ?? "", record, mappings, timeZones, asJSON: json)
        }
    }

    private static func evaluate(
        _ source: String,
        _ record: OwnedRecord?,
        _ mappings: [String: PlainJSONMapping],
        _ timeZones: TimeZoneDatabase,
        asJSON: Bool
    ) -> ExitCode {
        do throws(CompileError) {
            return try ExpressionTrial.evaluate(
                source,
                on: record,
                decoder: EventDecoder(mappings: mappings),
                timeZones: timeZones
            ) { ending in
                let report = EvaluationReport(ending, source: source)
                if asJSON {
                    StandardOutput.line(report.json)
                } else if report.isFailure {
                    StandardError.line(report.text)
                } else {
                    StandardOutput.line(report.text)
                }
                return report.isFailure ? .failure : .success
            }
        } catch {
            if asJSON { StandardOutput.line(EvaluationReport.json(error)) }
            StandardError.line(error.rendered)
            return .validationFailure
        }
    }

    // MARK: Batch

    private static func answerBatch(_ timeZones: TimeZoneDatabase) -> ExitCode {
        var input = LineInput(lineBytesMax: ExpressionBatch.lineBytesMax)
        let batch = ExpressionBatch(timeZones: timeZones)
        do throws(FileSystem.Failure) {
            while let lines = try input.next() {
                var answers = Data()
                for line in lines {
                    switch line {
                    case .whole(let octets) where octets.allSatisfy({ [0x20, 0x09, 0x0D].contains($0) }): continue
                    case .whole(let octets): answers.append(contentsOf: batch.answer(to: octets))
                    case .cut(let octets): answers.append(contentsOf: batch.answer(toOverlong: octets))
                    }
                    answers.append(UInt8(ascii: "\n"))
                }
                if !answers.isEmpty { FileHandle.standardOutput.write(answers) }
            }
            return .success
        } catch {
            StandardError.line("belfry: standard input: \(error.message)")
            return .failure
        }
    }
}
