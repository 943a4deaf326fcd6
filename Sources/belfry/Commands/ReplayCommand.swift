import ArgumentParser
import Foundation
import Kafka
import PushCore
import PushPipeline

/// `belfry replay`.
struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Reads past events from Kafka, and tells whom other rules would have notified.",
        discussion: """
            Sends nothing, joins no group and commits nothing. It tells what rules ask for: preferences, limits and devices of the users are \
            not looked at. With --compare it tells what is added, removed and worded differently.

            Example:  belfry replay --config belfry.yaml --since 1d --rules new/ --compare rules/
            """
    )

    @OptionGroup var options: ConfigurationOptions

    @Option(name: .long, help: "From when: a time (RFC 3339), or how long ago, such as 90m, 2h or 7d.")
    var since: String

    @Option(name: .long, help: "Until when, likewise; otherwise now.")
    var until: String?

    @Option(name: .long, help: "The rules: a file, a folder or a pattern.")
    var rules: String

    @Option(name: .long, help: "The rules to compare with.")
    var compare: String?

    @Option(name: .long, help: "Events that are read at most, 1 to 100000000.")
    var limit = 1_000_000

    @Option(name: .long, help: "Notifications, or differences, that are listed.")
    var show = 20

    @Option(name: .long, help: "How long the reading may take, such as 10m.", transform: ReplayCommand.duration)
    var timeout = Duration.seconds(600)

    @Flag(name: .long, help: "Print one JSON object.")
    var json = false

    func validate() throws {
        let nowMs = Int64(Date().timeIntervalSince1970 * 1_000)
        for (name, text) in [("--since", since), ("--until", until ?? "0s")]
        where PastTime.parse(text, nowMs: nowMs) == nil { throw PastTime.refused(name, text) }
        guard (1...100_000_000).contains(limit) else { throw ValidationError("--limit: 1 to 100000000") }
        guard (0...1_000_000).contains(show) else { throw ValidationError("--show: 0 to 1000000") }
    }

    func run() async throws {
        let nowMs = Int64(Date().timeIntervalSince1970 * 1_000)
        let loaded = try DryRunConfiguration.load(path: options.config)
        let new = try loaded.ruleSet(files: RuleFiles.find(rules))
        let old = try compare.map { try loaded.ruleSet(files: RuleFiles.find($0)) }
        let past = PastEvents(
            settings: PipelineAssembly.settings(loaded.configuration),
            topics: loaded.configuration.kafka.topics.events,
            sinceMs: PastTime.parse(since, nowMs: nowMs) ?? nowMs,
            untilMs: until.flatMap { PastTime.parse($0, nowMs: nowMs) } ?? nowMs + 1,
            eventsMax: limit,
            timeout: timeout
        )
        let report = await DeepStack.run { [show, json] in
            Self.report(past, new, old, loaded.mappings, itemsMax: show).map { json ? $0.json : $0.text }
        }
        switch report {
        case .success(let text): StandardOutput.line(text)
        case .failure(let failure):
            StandardError.line("belfry: \(failure.reason)")
            throw ExitCode.failure
        }
    }

    private struct Failure: Error {
        let reason: String
    }

    private static func report(
        _ past: PastEvents,
        _ new: RuleSet,
        _ old: RuleSet?,
        _ mappings: [String: PlainJSONMapping],
        itemsMax: Int
    ) -> Result<ReplayReport, Failure> {
        var replay = RuleReplay(new: new, old: old, mappings: mappings, digests: .openSSL, itemsMax: itemsMax)
        do {
            let isCut = try past.read { replay.take($0) }
            return .success(
                ReplayReport(
                    replay: replay,
                    topics: past.topics,
                    sinceMs: past.sinceMs,
                    untilMs: past.untilMs,
                    isCut: isCut
                )
            )
        } catch {
            return .failure(Failure(reason: "\(error)"))
        }
    }

    @Sendable
    private static func duration(_ text: String) throws -> Duration {
        guard let duration = DurationText.parse(text), duration > .zero, duration <= .seconds(86_400) else {
            throw ValidationError("\"\(text)\": a duration from 1ms to 1d, such as 10m")
        }
        return duration
    }
}

/// Rule files that a command was given.
enum RuleFiles {
    /// The files of a file, a folder or a pattern, without rule tests.
    ///
    /// - Throws: a validation error, which ends with exit code 64, where there is none.
    static func find(_ path: String) throws -> [String] {
        let isFolder = FileSystem.live.status(path)?.kind == .directory
        let folder = path.hasSuffix("/") && path.count > 1 ? String(path.dropLast()) : path
        let patterns = isFolder ? ["\(folder)/**/*.yaml", "\(folder)/**/*.yml"] : [path]
        let files = patterns.flatMap { pattern -> [String] in
            if case .files(let files) = FileGlob(fileSystem: .live).match(pattern) { files } else { [] }
        }.filter { !FileChecks.isRuleTest($0) }
        if files.isEmpty { throw ValidationError("\(path): no rule file") }
        return files.sorted()
    }
}
