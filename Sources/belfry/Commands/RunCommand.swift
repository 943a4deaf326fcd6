import ArgumentParser
import Foundation
import Kafka
import Logging
import PushPipeline

/// `belfry run`.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Runs the stages until SIGTERM or SIGINT.",
        discussion: """
            Prints "ready" on standard error when every stage has its first assignment. The first signal drains what is in \
            flight, commits and leaves the groups; the second ends at once. SIGHUP has the rule files read again; that they \
            changed is noticed without it.

            Example:  belfry run --config belfry.yaml --stages rules,users
            """
    )

    @OptionGroup var options: ConfigurationOptions

    @Option(
        name: .long,
        help: "Stages to run: rules, users, dispatch, separated by commas.",
        transform: StageList.init(parsing:)
    )
    var stages = StageList.all

    func run() async throws {
        let loaded = try options.load()
        guard let configuration = loaded.configuration else { throw ExitCode.configuration }
        LogSetup.bootstrap(level: configuration.log.level, format: configuration.log.format)
        let logger = Logger(label: "belfry")
        try TopicCheck.run(configuration, logger)
        let metrics = Metrics()
        var parts = PipelineAssembly.parts(loaded, configuration)
        if stages.names.contains(.users) { parts.snapshots = try Self.snapshots(configuration.state) }
        let pipeline = Pipeline(
            stages: stages.names,
            parts: parts,
            environment: PipelineAssembly.environment(configuration, metrics: metrics, logger: logger)
        )
        let signals = Signals()
        let admin = try await startAdmin(
            configuration.admin,
            .of(pipeline, metrics, version: BuildInformation.version),
            logger
        )
        pipeline.start()
        let reloader = Self.reload(loaded, configuration, pipeline, metrics, logger)
        let rules = Self.reloadRules(loaded, configuration, pipeline, metrics, logger, asked: signals.reloads)
        let watcher = Task { await Self.announce(pipeline) }
        let stopper = Task {
            for await number in signals.received {
                logger.info("signal received; draining", metadata: ["signal": "\(number)"])
                pipeline.stop()
            }
        }
        await Self.untilEnded(pipeline)
        watcher.cancel()
        reloader?.cancel()
        rules?.cancel()
        stopper.cancel()
        await admin.stop()
        for failure in pipeline.failures { StandardError.line("belfry: \(failure)") }
        if !pipeline.failures.isEmpty { throw ExitCode.failure }
    }

    /// The directory of snapshots, locked for this process.
    private static func snapshots(_ state: Configuration.State) throws -> SnapshotSettings? {
        guard let directory = state.directory else { return nil }
        do {
            return SnapshotSettings(
                folder: try SnapshotFolder(path: directory),
                interval: state.snapshotInterval,
                maxAge: state.snapshotMaxAge
            )
        } catch {
            StandardError.line("belfry: \(error)")
            throw ExitCode.failure
        }
    }

    /// Watches the files of credentials.
    private static func reload(
        _ loaded: LoadedConfiguration,
        _ configuration: Configuration,
        _ pipeline: Pipeline,
        _ metrics: Metrics,
        _ logger: Logger
    ) -> Task<Void, Never>? {
        guard let watch = loaded.credentialWatch else { return nil }
        return Task {
            var reload = CredentialReload(
                configuration,
                loaded.credentials,
                watch: watch,
                metrics: metrics,
                standing: pipeline.standing,
                logger: logger
            ) { pipeline.replace($0, of: $1) }
            await reload.run()
        }
    }

    /// Watches the rule files, where there is a stage that decides by them.
    private static func reloadRules(
        _ loaded: LoadedConfiguration,
        _ configuration: Configuration,
        _ pipeline: Pipeline,
        _ metrics: Metrics,
        _ logger: Logger,
        asked: AsyncStream<Void>
    ) -> Task<Void, Never>? {
        guard let watch = loaded.rulesWatch, let ruleSet = pipeline.ruleSet else { return nil }
        return Task {
            var reload = RulesReload(
                watch,
                inUse: ruleSet,
                interval: configuration.rulesCheckInterval,
                metrics: metrics,
                standing: pipeline.standing,
                logger: logger,
                nowMs: Clocks.system.wallMs()
            ) { pipeline.replace($0) }
            await reload.run(asked: asked)
        }
    }

    private func startAdmin(
        _ admin: Configuration.Admin,
        _ state: AdminState,
        _ logger: Logger
    ) async throws -> AdminServer {
        do {
            return try await AdminServer.start(host: admin.host, port: admin.port, state: state, logger: logger)
        } catch let error as AdminServerError {
            StandardError.line("belfry: \(error)")
            throw ExitCode.failure
        }
    }

    private static func announce(_ pipeline: Pipeline) async {
        while !pipeline.isReady {
            if (try? await Task.sleep(for: .milliseconds(20))) == nil { return }
        }
        StandardError.line("ready")
    }

    /// Waits for the end of all stages. When one fails, the others are asked to end in order.
    private static func untilEnded(_ pipeline: Pipeline) async {
        while !pipeline.hasEnded {
            if !pipeline.failures.isEmpty { pipeline.stop() }
            if (try? await Task.sleep(for: .milliseconds(50))) == nil { return }
        }
    }
}

/// The value of `--stages`.
struct StageList: Equatable {
    let names: Set<Pipeline.StageName>

    static let all = StageList(names: Set(Pipeline.StageName.allCases))

    private init(names: Set<Pipeline.StageName>) {
        self.names = names
    }

    /// - Throws: for an unknown name, with the known ones.
    init(parsing text: String) throws {
        var names: Set<Pipeline.StageName> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let word = part.filter { !$0.isWhitespace }
            guard let name = Pipeline.StageName(rawValue: String(word)) else {
                let known = Pipeline.StageName.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("\"\(word)\" is no stage (allowed: \(known))")
            }
            names.insert(name)
        }
        self.names = names
    }
}
