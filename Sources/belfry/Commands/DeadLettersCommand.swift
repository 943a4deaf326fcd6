import ArgumentParser
import Foundation
import Kafka
import PushCore

/// `belfry dead-letters`.
struct DeadLettersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead-letters",
        abstract: "Lists what was set aside, and puts it back once its cause is mended.",
        discussion: """
            A dead letter is a record that no retry can mend, byte for byte, with the reason. Exit code 0 when all was done, 1 when \
            something was not, 64 for wrong usage, 78 for a wrong configuration.

            Example:  belfry dead-letters list --since 1d --reason invalid_json
            """,
        subcommands: [List.self, Replay.self]
    )

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "Prints dead letters with their reasons, oldest first within each partition.",
            discussion: "Example:  belfry dead-letters list --since 2h --values"
        )

        @OptionGroup var choice: DeadLetterOptions

        @Flag(name: .long, help: "Print the values too.")
        var values = false

        @Flag(name: .long, help: "Print JSON, one object a line.")
        var json = false

        func run() throws {
            let (letters, others, isCut) = try choice.read(choice.load())
            let report = SetAsideReport(letters: letters, others: others, isCut: isCut, showsValues: values)
            let text = json ? report.json : report.text
            if !text.isEmpty { StandardOutput.line(text) }
        }
    }

    struct Replay: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "replay",
            abstract: "Produces dead letters once more to the topics that they came from, as they were.",
            discussion: """
                Key, value, headers and partition are those of the original record; the dead letters stay where they are. Whoever was \
                notified of the same event before is not notified again while the decision is remembered (users.dedupe_window).

                Example:  belfry dead-letters replay --reason rule_failed --since 1d --dry-run
                """
        )

        @OptionGroup var choice: DeadLetterOptions

        @Flag(name: .long, help: "All dead letters, where nothing else says which.")
        var all = false

        @Flag(name: .long, help: "Only say what would be produced.")
        var dryRun = false

        func validate() throws {
            if choice.filter.isEmpty, choice.since == nil, choice.until == nil, !all {
                throw ValidationError(
                    "which? (allowed: --letter, --reason, --stage, --topic, --since, --until, or --all)"
                )
            }
        }

        func run() throws {
            let loaded = try choice.load()
            let (letters, _, isCut) = try choice.read(loaded)
            let whole = letters.filter { $0.omittedValue == nil }
            if !dryRun, !whole.isEmpty {
                do {
                    let topics = Set(whole.map(\.original.topic))
                    let settings = PipelineAssembly.settings(loaded.configuration)
                    try SetAsideProducer(settings: settings, topics: topics).produce(whole)
                } catch {
                    StandardError.line("belfry: \(error)")
                    throw ExitCode.failure
                }
            }
            let counts = Dictionary(grouping: whole, by: \.original.topic).mapValues(\.count)
            for (topic, count) in counts.sorted(by: { $0.key < $1.key }) {
                StandardOutput.line("\(displayed(topic)): \(count) \(dryRun ? "would be produced" : "produced")")
            }
            if whole.isEmpty { StandardOutput.line("none to produce") }
            let left = letters.filter { $0.omittedValue != nil }
            for letter in left {
                StandardError.line(
                    "belfry: \(letter.place): the value was too large to be kept; it may still be at \(displayed(letter.origin))"
                )
            }
            if isCut { StandardError.line("belfry: there are more; --limit says how many are taken") }
            if !left.isEmpty || isCut { throw ExitCode.failure }
        }
    }
}

/// Which dead letters.
struct DeadLetterOptions: ParsableArguments {
    @OptionGroup var options: ConfigurationOptions

    @Option(name: .long, help: "Set aside since: a time (RFC 3339), or how long ago, such as 90m, 2h or 7d.")
    var since: String?

    @Option(name: .long, help: "Set aside until, likewise.")
    var until: String?

    @Option(name: .long, help: "Those of this reason (dlq_reason).")
    var reason: String?

    @Option(name: .long, help: "Those of this stage: rules, users or dispatch.")
    var stage: String?

    @Option(name: .long, help: "Those that came from this topic.")
    var topic: String?

    @Option(name: .long, help: "This one: partition:offset, as listed; may be repeated.")
    var letter: [String] = []

    @Option(name: .long, help: "How many at most, 1 to 1000000.")
    var limit = 10_000

    var filter: SetAsideFilter { SetAsideFilter(places: Set(letter), reason: reason, stage: stage, topic: topic) }

    func validate() throws {
        for (name, text) in [("--since", since), ("--until", until)] {
            if let text, PastTime.parse(text, nowMs: 0) == nil { throw PastTime.refused(name, text) }
        }
        if let stage, DeadLetter.Stage(rawValue: stage) == nil {
            throw ValidationError("--stage: \"\(stage)\" is no stage (allowed: rules, users, dispatch)")
        }
        for place in letter where place.wholeMatch(of: /[0-9]{1,9}:[0-9]{1,18}/) == nil {
            throw ValidationError("--letter: \"\(place)\" is no place (allowed: partition:offset, such as 0:17)")
        }
        guard (1...1_000_000).contains(limit) else { throw ValidationError("--limit: 1 to 1000000") }
    }

    /// - Throws: exit code 78.
    func load() throws -> DryRunConfiguration { try DryRunConfiguration.load(path: options.config) }

    /// - Throws: exit code 1, after a line on standard error, where Kafka does not answer.
    func read(_ loaded: DryRunConfiguration) throws -> (letters: [SetAside], others: Int, isCut: Bool) {
        let nowMs = Int64(Date().timeIntervalSince1970 * 1_000)
        let past = PastEvents(
            settings: PipelineAssembly.settings(loaded.configuration),
            topics: [loaded.configuration.kafka.topics.deadLetters],
            sinceMs: since.flatMap { PastTime.parse($0, nowMs: nowMs) } ?? .min,
            untilMs: until.flatMap { PastTime.parse($0, nowMs: nowMs) } ?? .max,
            eventsMax: .max,
            timeout: .seconds(600)
        )
        var letters: [SetAside] = []
        var others = 0
        var isCut = false
        do {
            _ = try past.read { record in
                guard let letter = SetAside(record) else { return others += 1 }
                guard filter.includes(letter) else { return }
                if letters.count < limit { letters.append(letter) } else { isCut = true }
            }
        } catch {
            StandardError.line("belfry: \(error)")
            throw ExitCode.failure
        }
        letters.sort { ($0.partition, $0.offset) < ($1.partition, $1.offset) }
        return (letters, others, isCut)
    }
}
