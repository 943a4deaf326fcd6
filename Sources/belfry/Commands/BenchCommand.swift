import ArgumentParser
import Foundation
import ProviderSimulator
import PushCore
import Yardstick

/// `belfry bench`.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measures this machine: events end to end, or one part alone.",
        discussion: """
            Everything stays on 127.0.0.1. Use a release build, and compare figures of one machine only; docs/PERFORMANCE.md says \
            what they mean.

            Example:  belfry bench --events 50000 --json
                      belfry bench --provider webpush
                      belfry bench dispatch
            """,
        subcommands: [
            BenchRunCommand.self, BenchRulesCommand.self, BenchExpressionsCommand.self, BenchUsersCommand.self,
            BenchRestoreCommand.self,
            BenchFanOutCommand.self, BenchDispatchCommand.self, BenchEncryptionCommand.self, BenchSinkCommand.self,
        ],
        defaultSubcommand: BenchRunCommand.self
    )
}

/// Options that all benchmarks share.
struct BenchOptions: ParsableArguments {
    @Flag(name: .long, help: "Print one JSON object.")
    var json = false

    /// Measures until it is done, or a signal ends it.
    ///
    /// - Throws: exit code 1 for a failure, which is printed; 128 and the signal's number for a signal.
    func report(_ work: sending @escaping () async throws -> BenchReport) async throws {
        let signals = Signals()
        let measuring = Task { try await work() }
        let watcher = Task<Int32?, Never> {
            for await number in signals.received {
                measuring.cancel()
                return number
            }
            return nil
        }
        do {
            try await measuring.value.print(asJSON: json)
            watcher.cancel()
        } catch {
            watcher.cancel()
            if measuring.isCancelled, let number = await watcher.value { throw ExitCode(128 + number) }
            StandardError.line("belfry: \(error)")
            throw ExitCode.failure
        }
    }
}

/// A number that must be positive.
func positive(_ text: String) throws -> Int {
    guard let number = Int(text), number > 0 else { throw ValidationError("\"\(text)\" is not a number above 0") }
    return number
}

/// The name of a provider.
private func providerNamed(_ text: String) throws -> Provider {
    guard let provider = Provider(rawValue: text) else {
        let names = Provider.allCases.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("\"\(text)\" is no provider (allowed: \(names))")
    }
    return provider
}

/// `belfry bench run`.
struct BenchRunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Events end to end: embedded broker, provider simulator and pipeline, each a process of its own.",
        discussion: """
            CPU time is that of the pipeline process alone, and of its threads; latency is from the event's time. At full speed \
            latency is that of a full window; give --rate to see it under an ordinary load. Web Push encrypts each message with a \
            key of its own.

            Example:  belfry bench --events 20000 --rate 1000
                      belfry bench --provider webpush --sink
            """
    )

    @OptionGroup var options: BenchOptions

    @Option(name: .long, help: "Events to measure; each is one notification for one device.", transform: positive)
    var events = 20_000

    @Option(name: .long, help: "Events before those, which are not measured.")
    var warmUp = 2000

    @Option(name: .long, help: "Devices, each of a user of its own.", transform: positive)
    var devices = 1000

    @Option(name: .long, help: "Events per second; 0: as fast as possible.")
    var rate = 0

    @Option(name: .long, help: "Partitions of each topic.", transform: positive)
    var partitions = 8

    @Option(name: .long, help: "Events without receipt at most.", transform: positive)
    var window = 2000

    @Option(name: .long, help: "Where the devices are: apns, fcm or webpush.", transform: providerNamed)
    var provider = Provider.apns

    @Flag(
        name: .long,
        help: "Send to a server that answers 200 to everything; of FCM the simulator then gives access tokens alone."
    )
    var sink = false

    private var server: BenchServer.Kind { sink ? .sink : .simulator }

    func validate() throws {
        if warmUp < 0 || rate < 0 { throw ValidationError("--warm-up and --rate are 0 or more") }
        if window > EventPlayer.windowMax {
            throw ValidationError(
                "--window is at most \(EventPlayer.windowMax): the embedded broker forgets what is older"
            )
        }
    }

    func run() async throws {
        let bench = PipelineBench(
            events: events,
            warmUp: warmUp,
            devices: devices,
            rate: rate,
            partitions: partitions,
            window: window,
            provider: provider,
            server: server
        )
        try await options.report { try await bench.run() }
    }
}

/// `belfry bench rules`.
struct BenchRulesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules",
        abstract: "The rules core alone, on one thread.",
        discussion: "Example:  belfry bench rules --events 500000 --rules 10"
    )

    @OptionGroup var options: BenchOptions

    @Option(name: .long, help: "Events to decide.", transform: positive)
    var events = 200_000

    @Option(name: .long, help: "Rules that name the events' type.", transform: positive)
    var rules = 10

    @Option(name: .long, help: "Rules of those that match; all by default where there are fewer.", transform: positive)
    var matches = 2

    func run() async throws {
        let bench = RulesBench(events: events, rules: rules, matches: min(matches, rules))
        try await options.report { bench.run() }
    }
}

/// `belfry bench expressions`.
struct BenchExpressionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "expressions",
        abstract: "One expression of CEL on a decoded event, on one thread.",
        discussion: """
            The event has {"total":12.5,"currency":"EUR",...} as its data, and comes from /shop/orders.

            Example:  belfry bench expressions --expr 'data.items.exists(i, i.quantity > 1)'
            """
    )

    @OptionGroup var options: BenchOptions

    @Option(name: .long, help: "How often to evaluate it.", transform: positive)
    var evaluations = 2_000_000

    @Option(name: .long, help: "The expression, of event and data.")
    var expr = #"data.total > 10 && event.source.startsWith("/shop")"#

    func run() async throws {
        let bench = ExpressionsBench(evaluations: evaluations, source: expr)
        try await options.report { try bench.run() }
    }
}

/// `belfry bench users`.
struct BenchUsersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "users",
        abstract: "The users core alone, on one thread.",
        discussion: "Example:  belfry bench users --users 100000 --commands 200000"
    )

    @OptionGroup var options: BenchOptions

    @Option(name: .long, help: "Users held.", transform: positive)
    var users = 100_000

    @Option(name: .long, help: "Devices of each user.", transform: positive)
    var devices = 2

    @Option(name: .long, help: "Limits that each notification is charged to.", transform: positive)
    var limits = 3

    @Option(name: .long, help: "Notify commands to decide, at most 20 for each user.", transform: positive)
    var commands = 200_000

    func validate() throws {
        if devices > 32 { throw ValidationError("--devices is at most 32") }
        if limits > 16 { throw ValidationError("--limits is at most 16") }
        if commands > users * 20 {
            throw ValidationError("--commands is at most 20 for each user: above it limits refuse")
        }
    }

    func run() async throws {
        let bench = UsersBench(users: users, devicesPerUser: devices, commands: commands, limits: limits)
        try await options.report { bench.run() }
    }
}

/// `belfry bench dispatch`.
struct BenchDispatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dispatch",
        abstract: "What sends to APNs, on one thread, beside a plain nghttp2 loop that sends the same.",
        discussion: """
            Three take turns on one connection each: a plain loop on nghttp2 and OpenSSL, the HTTP/2 client with requests ready \
            made, and what the dispatch stage sends with, from deliveries to verdicts. CPU time is that of the sending thread. The \
            server is a sink that answers 200 to everything, a process of its own; --url names another one, on this machine only.

            Example:  belfry bench dispatch --requests 100000
                      belfry bench dispatch --url https://127.0.0.1:8443 --ca-file ca.pem
            """
    )

    @OptionGroup var options: BenchOptions

    @Option(name: .long, help: "Pushes that each of the three sends in a round.", transform: positive)
    var requests = 100_000

    @Option(name: .long, help: "Rounds; the figures are medians.", transform: positive)
    var rounds = 5

    @Option(name: .long, help: "Pushes in flight at most.", transform: positive)
    var inFlight = 500

    @Option(name: .long, help: "HTTP/2 server on 127.0.0.1 to send to, with --ca-file. Default: a sink of its own.")
    var url: String?

    @Option(name: .long, help: "PEM file with the CA of that server.")
    var caFile: String?

    func validate() throws {
        if (url == nil) != (caFile == nil) { throw ValidationError("--url and --ca-file go together") }
        if let url { _ = try Self.local(url) }
    }

    /// The name and port of a server on this machine: a benchmark is no load for anybody else's.
    static func local(_ url: String) throws -> (host: String, port: UInt16) {
        guard let origin = HTTPSOrigin.parse(url), ["127.0.0.1", "localhost"].contains(origin.host) else {
            throw ValidationError("--url: \"\(url)\" (allowed: https://127.0.0.1:PORT or https://localhost:PORT)")
        }
        return (origin.host, UInt16(origin.port))
    }

    func run() async throws {
        let (requests, rounds, inFlight) = (requests, rounds, inFlight)
        @Sendable func bench(_ server: DispatchBench.Server) -> DispatchBench {
            DispatchBench(server: server, requests: requests, rounds: rounds, inFlight: inFlight)
        }
        if let url, let caFile {
            let (host, port) = try Self.local(url)
            let chosen = bench(DispatchBench.Server(host: host, port: port, caFile: caFile))
            try await options.report { try chosen.run() }
        } else {
            try await options.report {
                try await SinkProcess.use { sink in
                    let own = DispatchBench.Server(
                        host: "127.0.0.1",
                        port: sink.port,
                        caFile: sink.caFile,
                        processID: sink.process.id
                    )
                    return try bench(own).run()
                }
            }
        }
    }
}

/// `belfry bench encryption`.
struct BenchEncryptionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "encryption",
        abstract: "Web Push encryption with a fresh key for each message, beside OpenSSL's own calls.",
        discussion: """
            Both make the same: a key, its agreement with the subscription's, the derived secrets, one sealed record (RFC 8291). \
            Each message has another subscription; they take turns.

            Example:  belfry bench encryption --messages 20000 --bytes 300
            """
    )

    @OptionGroup var options: BenchOptions

    @Option(name: .long, help: "Messages that each encrypts in a round.", transform: positive)
    var messages = 10_000

    @Option(name: .long, help: "Rounds; the figures are medians.", transform: positive)
    var rounds = 5

    @Option(name: .long, help: "Size of a message, at most \(EncryptionBench.bytesMax).", transform: positive)
    var bytes = 300

    func validate() throws {
        if bytes > EncryptionBench.bytesMax {
            throw ValidationError("--bytes: \(bytes) (allowed: 1 to \(EncryptionBench.bytesMax))")
        }
    }

    func run() async throws {
        let bench = EncryptionBench(messages: messages, rounds: rounds, bytes: bytes)
        try await options.report { try bench.run() }
    }
}

/// `belfry bench sink`: started by the other benchmarks.
struct BenchSinkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sink",
        abstract: "An HTTP/2 server on 127.0.0.1 that answers 200 to everything.",
        discussion: "Example:  belfry bench sink --tls-dir tls",
        shouldDisplay: false
    )

    @Option(name: .long, help: "Directory that exists; gets ca.pem and a throw-away key.")
    var tlsDir: String

    @Option(name: .long, help: "Process that started it, and without which it ends.")
    var parent: Int32?

    func run() throws {
        let sink: Sink
        do {
            let identity = try LocalServerIdentity(directory: tlsDir)
            sink = try Sink(certificate: identity.certificate, key: identity.key)
            StandardOutput.line(SinkProcess.announcement(port: sink.port, caFile: identity.caFile))
        } catch {
            StandardError.line("belfry: \(error)")
            throw ExitCode.failure
        }
        sink.run { parent == nil || parent == getppid() }
    }
}
