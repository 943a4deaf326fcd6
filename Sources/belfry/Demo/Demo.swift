import Foundation
import Kafka
import ProviderSimulator
import PushCore
import PushPipeline

/// One run of the demo, from an empty folder to balanced books.
///
/// The flow: files, simulator and broker; the pipeline on them; phones registered; events played under a live table; all
/// stages stopped; every topic read back; the books balanced.
struct Demo {
    struct Options: Sendable {
        let devices: Int
        let events: Int
        let rate: Int
        let seed: UInt64
        let keepsFiles: Bool
    }

    /// Something that should not happen on any machine.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private static let startDeadline = Duration.seconds(30)
    private static let endDeadline = Duration.seconds(40)
    private static let phonesShown = 4

    let options: Options
    let interruption: Interruption
    let terminal: Terminal

    /// Runs it, and leaves nothing behind.
    ///
    /// - Returns: whether the books balance.
    /// - Throws: `Interruption.Interrupted`, or why it could not be run.
    func run() async throws -> Bool {
        let start = ContinuousClock.now
        terminal.line(
            terminal.styled("Belfry demo: the whole system in one process", .bold)
                + " (\(options.devices.grouped) phones, \(options.events.grouped) events, seed \(options.seed))"
        )
        let files = try DemoFiles()
        let result: Result<Bool, any Error>
        do {
            result = .success(try await withSimulator(files))
        } catch {
            result = .failure(error)
        }
        if options.keepsFiles {
            terminal.line("files kept in \(files.folder)")
        } else {
            try files.remove()
        }
        let isBalanced = try result.get()
        let seconds = Int((start.duration(to: .now) / .seconds(1)).rounded())
        let verdict =
            isBalanced
            ? terminal.styled("Everything balances.", .green) : terminal.styled("The books do not balance.", .red)
        terminal.line("\(verdict) \(seconds) s")
        return isBalanced
    }

    // MARK: Surroundings

    /// What a run stands on.
    private struct Stand {
        let files: DemoFiles
        let log: DemoLog
        let witness: SimulatorWitness
        let simulator: ProviderSimulator
        let configuration: Configuration
        let loaded: LoadedConfiguration
    }

    private func withSimulator(_ files: DemoFiles) async throws -> Bool {
        try files.write(DemoTexts.faults, to: files.faults)
        let witness = SimulatorWitness()
        var configuration = SimulatorConfiguration(directory: files.keys)
        configuration.faultsFile = files.faults
        configuration.apns.bundleIDs = [DemoTexts.app]
        configuration.apns.teamIDs = [DemoTexts.teamID]
        configuration.observer = { witness.note($0) }
        let simulator = ProviderSimulator(configuration)
        let result: Result<Bool, any Error>
        do {
            let addresses = try await simulator.start()
            result = .success(try await withBroker(files, witness, simulator, addresses))
        } catch {
            result = .failure(error)
        }
        await simulator.stop()
        return try result.get()
    }

    private func withBroker(
        _ files: DemoFiles,
        _ witness: SimulatorWitness,
        _ simulator: ProviderSimulator,
        _ addresses: SimulatorAddresses
    ) async throws -> Bool {
        let partitions = Self.partitions(events: options.events)
        let names = TopicNames(events: DemoTexts.eventTopics)
        let topics =
            names.events + [names.registrations, names.receipts, names.invalidTokens, names.deadLetters]
            + [names.inbox, names.users] + Provider.allCases.map { names.outbox($0) }
        let broker = try EmbeddedBroker(topics: topics.map { EmbeddedBroker.Topic($0, partitions: partitions) })
        defer { withExtendedLifetime(broker) {} }
        guard let keyFile = addresses.apnsKeyFiles.first else {
            throw Failure(description: "the simulator made no key")
        }
        let keyName = URL(fileURLWithPath: keyFile).deletingPathExtension().lastPathComponent
        let text = DemoTexts.configuration(
            DemoTexts.Addresses(
                bootstrapServers: broker.bootstrapServers,
                partitions: partitions,
                apnsPort: addresses.apnsPort,
                keyFile: keyFile,
                keyID: String(keyName.dropFirst("AuthKey_".count)),
                caFile: addresses.caFile
            )
        )
        try files.write(DemoTexts.rules, to: files.rules)
        try files.write(text, to: files.configuration)
        // The demo is the same wherever it runs: BELFRY_ variables are for the real thing.
        let loaded = LoadedConfiguration.load(path: files.configuration, environment: [:])
        guard let configuration = loaded.configuration, loaded.isUsable else {
            throw Failure(description: "the demo's own files have problems\n" + ProblemReport(loaded.problems).text)
        }
        terminal.line("  broker      \(broker.bootstrapServers), embedded, \(partitions) partitions for each topic")
        terminal.line("  simulator   https://localhost:\(addresses.apnsPort), APNs over TLS and HTTP/2")
        terminal.line("  files       \(files.folder)\(options.keepsFiles ? "" : ", removed at the end (--keep)")")
        let log = try DemoLog(path: files.log)
        return try await withPipeline(
            Stand(
                files: files,
                log: log,
                witness: witness,
                simulator: simulator,
                configuration: configuration,
                loaded: loaded
            )
        )
    }

    /// As many as keep every partition below the 5 MiB at which the embedded broker drops its oldest records: about 1.5 KiB
    /// of receipts for each event, unevenly spread.
    static func partitions(events: Int) -> Int {
        max(16, (events + 1249) / 1250)
    }

    private func withPipeline(_ stand: Stand) async throws -> Bool {
        let metrics = Metrics()
        let pipeline = Pipeline(
            stages: Set(Pipeline.StageName.allCases),
            parts: PipelineAssembly.parts(stand.loaded, stand.configuration),
            environment: PipelineAssembly.environment(stand.configuration, metrics: metrics, logger: stand.log.logger)
        )
        let start = ContinuousClock.now
        pipeline.start()
        var books: Books
        do {
            try await wait(Self.startDeadline, for: "the stages to join their groups", pipeline) { pipeline.isReady }
            terminal.line("  stages      rules, users and dispatch have joined their groups, \(Self.since(start))")
            books = try await play(stand, pipeline, metrics)
        } catch {
            try? await stop(pipeline)
            throw error
        }
        try await stop(pipeline)
        books.counted = Self.counted(metrics)
        books.errorsLogged = stand.log.errors
        return try await close(books, stand)
    }

    /// All stages drain, commit and leave their groups.
    ///
    /// - Throws: where one does not, or had failed.
    private func stop(_ pipeline: Pipeline) async throws {
        pipeline.stop()
        let deadline = ContinuousClock.now + Self.endDeadline
        while !pipeline.hasEnded, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(20))
        }
        if let failure = pipeline.failures.first { throw Failure(description: failure) }
        if !pipeline.hasEnded { throw Failure(description: "the stages did not end within \(Self.endDeadline)") }
    }

    // MARK: Play

    private func play(_ stand: Stand, _ pipeline: Pipeline, _ metrics: Metrics) async throws -> Books {
        let till = ShopTill(
            settings: PipelineAssembly.settings(stand.configuration),
            interruption: interruption,
            isAhead: { metrics.sum(.underWay) >= Double(DemoTexts.inFlightMax) }
        )
        let shop = Shop(phoneCount: options.devices, eventCount: options.events, seed: options.seed)
        let start = ContinuousClock.now
        let records = shop.registrations(nowMs: Clocks.system.wallMs())
        try await OwnThread.run("shop") { try till.register(records) }
        // Two commands for each phone: to its address, and to its user.
        try await wait(Self.startDeadline, for: "the phones to be registered", pipeline) {
            LiveNumbers(metrics, eventsPlayed: 0).applied >= 2 * shop.phones.count
        }
        terminal.line("  registered  \(shop.phones.count.grouped) phones, \(Self.since(start))")
        terminal.line()
        let player = Task { [options] in
            try await OwnThread.run("shop") {
                try till.play(shop, count: options.events, rate: options.rate, nowMs: Clocks.system.wallMs)
            }
        }
        let played: Shop
        do {
            try await watch(till, pipeline, metrics)
            played = try await player.value
        } catch {
            till.cancel()
            _ = await player.result
            throw error
        }
        show(stand, shop)
        var books = Books()
        books.played = played.played
        books.playedSeconds = start.duration(to: .now) / .seconds(1)
        return books
    }

    /// Shows the table until everything has ended.
    private func watch(_ till: ShopTill, _ pipeline: Pipeline, _ metrics: Metrics) async throws {
        var table = LiveTable(terminal: terminal)
        var quiet = Quiet(events: options.events)
        var meter = RateMeter()
        let start = ContinuousClock.now
        var deadline: ContinuousClock.Instant?
        var nextTable = start
        while true {
            let now = ContinuousClock.now
            let numbers = LiveNumbers(metrics, eventsPlayed: till.playedCount)
            let isPlayed = numbers.eventsPlayed == options.events
            if isPlayed, deadline == nil { deadline = now + Self.endDeadline }
            let isOver = isPlayed && quiet.isReached(numbers, nowMs: Clocks.system.monotonicMs())
            let isLate = deadline.map { now > $0 } ?? false
            if now >= nextTable || isOver || isLate {
                let seconds = start.duration(to: now) / .seconds(1)
                meter.note(numbers.eventsPlayed, seconds: seconds)
                table.show(
                    LiveTable.Moment(
                        numbers: numbers,
                        eventsTotal: options.events,
                        elapsedSeconds: seconds,
                        eventsPerSecond: meter.perSecond
                    )
                )
                nextTable = now + table.interval
            }
            if isOver { return }
            if isLate {
                terminal.line("not everything ended within \(Self.endDeadline) after the last event")
                return
            }
            try failIfFailed(pipeline)
            if till.hasFailed { return }
            try await interruption.pause(.milliseconds(50))
        }
    }

    private func show(_ stand: Stand, _ shop: Shop) {
        let phones = Dictionary(shop.phones.map { ($0.token, $0) }) { first, _ in first }
        let views = PhoneView.selection(of: stand.witness.shown, phones: phones, count: Self.phonesShown)
        terminal.line()
        for line in PhoneView.columns(views, terminalColumns: terminal.columns) { terminal.line(line) }
        terminal.line()
    }

    // MARK: Books

    private func close(_ books: Books, _ stand: Stand) async throws -> Bool {
        let reader = BooksReader(
            settings: PipelineAssembly.settings(stand.configuration),
            topics: PipelineAssembly.topics(stand.configuration),
            partitions: stand.configuration.kafka.partitions
        )
        let requests = stand.witness.requests
        let lines = try await OwnThread.run("books") {
            var books = books
            books.requests = requests
            try reader.read(into: &books)
            return Reconciliation(books).lines
        }
        try interruption.check()
        return BalanceSheet(terminal: terminal).show(lines)
    }

    private static func counted(_ metrics: Metrics) -> Books.Counted {
        let numbers = LiveNumbers(metrics, eventsPlayed: 0)
        return Books.Counted(
            matched: numbers.matched,
            unmatched: numbers.unmatched,
            deadLettered: numbers.deadLettered,
            notifications: numbers.notifications,
            outcomes: numbers.outcomes.values.reduce(0, +),
            recordsLost: Int(metrics.sum(.recordsLost))
        )
    }

    // MARK: Waiting

    /// - Throws: when the time is up, a stage failed, or somebody wants the end.
    private func wait(
        _ time: Duration,
        for what: String,
        _ pipeline: Pipeline,
        until isTrue: () -> Bool
    ) async throws {
        let deadline = ContinuousClock.now + time
        while !isTrue() {
            try failIfFailed(pipeline)
            if ContinuousClock.now > deadline { throw Failure(description: "waited \(time) for \(what), in vain") }
            try await interruption.pause(.milliseconds(20))
        }
    }

    private func failIfFailed(_ pipeline: Pipeline) throws {
        if let failure = pipeline.failures.first { throw Failure(description: failure) }
    }

    private static func since(_ start: ContinuousClock.Instant) -> String {
        let tenths = Int((start.duration(to: .now) / .milliseconds(100)).rounded())
        return "after \(tenths / 10).\(tenths % 10) s"
    }
}

/// Events per second over the last few tables.
struct RateMeter {
    private var samples: [(count: Int, seconds: Double)] = []

    mutating func note(_ count: Int, seconds: Double) {
        samples.append((count, seconds))
        samples.removeAll { seconds - $0.seconds > 2.5 }
    }

    /// 0 before there are two samples.
    var perSecond: Double {
        guard let first = samples.first, let last = samples.last, last.seconds > first.seconds else { return 0 }
        return Double(last.count - first.count) / (last.seconds - first.seconds)
    }
}
