import ArgumentParser
import Foundation
import PushCore

/// `belfry explain`.
struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Tells what one event leads to: each rule, whom it notifies, and what each device would get.",
        discussion: """
            Sends nothing and needs no Kafka, and no keys. The event is a CloudEvent in JSON; with --topic it may be plain JSON that the \
            configuration maps on that topic. Without --user, whoever is addressed has one device for each app. Exit code 0 when the \
            event is one, 1 when it would be a dead letter.

            Example:  belfry explain --config belfry.yaml --event order.json --user alice.yaml
            """
    )

    @OptionGroup var options: ConfigurationOptions

    @Option(name: .long, help: "File with one event; - is standard input.")
    var event: String

    @Option(
        name: .long,
        help: "File with a user, or a list of them: devices as registered, preferences, locale, timezone."
    )
    var user: String?

    @Option(name: .long, help: "The event is plain JSON from this topic.")
    var topic: String?

    @Option(
        name: .long,
        help: "When it is decided (RFC 3339); otherwise at the event's time, or now where it has none."
    )
    var at: String?

    @Flag(name: .long, help: "Print one JSON object.")
    var json = false

    func validate() throws {
        if let at, RFC3339.parse(at) == nil {
            throw ValidationError("--at: \"\(at)\" is no time such as 2026-01-02T03:04:05Z")
        }
    }

    func run() async throws {
        let loaded = try DryRunConfiguration.load(path: options.config)
        let ruleSet = try loaded.ruleSet()
        let people = try user.map { try PersonFile.read($0) } ?? [loaded.sample]
        let wallMs = Int64(Date().timeIntervalSince1970 * 1_000)
        let atMs = at.flatMap { RFC3339.parse($0) }
        let record = EventText.record(try InputFile.read(event), topic: topic, timestampMs: atMs ?? wallMs)
        let nowMs = atMs ?? EventText.timeMs(record, mappings: loaded.mappings) ?? wallMs
        var notes = loaded.notes
        if user == nil {
            notes.append("no --user: whoever is addressed has one sample device for each configured app")
            if ruleSet.rules.contains(where: \.isForSubscribers) {
                notes.append("no --user: a sample user, \(DryRun.subscriberID), is subscribed to all topics of rules")
            }
        }
        let explanation = await DeepStack.run { [notes] in
            Explanation.make(record, loaded, ruleSet, people, nowMs: nowMs, wallMs: wallMs, notes: notes)
        }
        switch explanation {
        case .failure(let bad):
            StandardError.line("belfry: \(bad.name): \(bad.detail)")
            throw ExitCode.configuration
        case .success(let explanation):
            StandardOutput.line(json ? explanation.json : explanation.text)
            if !explanation.isEvent { throw ExitCode.failure }
        }
    }
}

/// A file with people.
enum PersonFile {
    /// - Throws: exit code 78, after every problem was printed to standard error.
    static func read(_ path: String) throws -> [PreviewPerson] {
        let log = ProblemLog()
        let people = YAMLDocument.read(try InputFile.read(path), file: path, log: log).map {
            PersonReader(log: log).read($0)
        }
        if log.hasErrors { throw DryRunConfiguration.refused(log.problems) }
        return people ?? []
    }
}
