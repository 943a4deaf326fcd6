import ArgumentParser
import Foundation

/// `belfry bench`.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measures this machine: events end to end, or one part alone.",
        discussion: """
            Everything stays on 127.0.0.1. Use a release build, and compare figures of one machine only; docs/PERFORMANCE.md says \
            what they mean.

            Example:  belfry bench --events 50000 --json
                      belfry bench rules --rules 10
            """,
        subcommands: [
            BenchRunCommand.self, BenchRulesCommand.self, BenchUsersCommand.self, BenchHTTP2Command.self,
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
private func positive(_ text: String) throws -> Int {
    guard let number = Int(text), number > 0 else { throw ValidationError("\"\(text)\" is not a number above 0") }
    return number
}

/// `belfry bench run`.
struct BenchRunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Events end to end: embedded broker, provider simulator and pipeline, each a process of its own.",
        discussion: """
            CPU time is that of the pipeline process alone, and of its threads; latency is from the event's time. At full speed \
            latency is that of a full window; give --rate to see it under an ordinary load.

            Example:  belfry bench --events 20000 --rate 1000
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

    @Option(name: .long, help: "Port of a server to use in place of the simulator; with --ca and --key-file.")
    var port: Int?

    @Option(name: .long, help: "PEM file with the CA of that server.")
    var ca: String?

    @Option(name: .long, help: "P-256 key (PEM) to sign provider tokens with.")
    var keyFile: String?

    func validate() throws {
        if warmUp < 0 || rate < 0 { throw ValidationError("--warm-up and --rate are 0 or more") }
        if window > EventPlayer.windowMax {
            throw ValidationError(
                "--window is at most \(EventPlayer.windowMax): the embedded broker forgets what is older"
            )
        }
        if port != nil, ca == nil || keyFile == nil { throw ValidationError("--port needs --ca and --key-file") }
    }

    func run() async throws {
        var provider: PipelineBench.Provider?
        if let port, let ca, let keyFile {
            provider = .init(
                port: port,
                caFile: Self.absolute(ca),
                keyFile: Self.absolute(keyFile),
                keyID: "KEY1234567"
            )
        }
        let bench = PipelineBench(
            events: events,
            warmUp: warmUp,
            devices: devices,
            rate: rate,
            partitions: partitions,
            window: window,
            provider: provider
        )
        try await options.report { try await bench.run() }
    }

    /// The pipeline runs in another folder.
    private static func absolute(_ path: String) -> String { URL(fileURLWithPath: path).path }
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

    @Option(name: .long, help: "Notify commands to decide, at most 20 for each user.", transform: positive)
    var commands = 200_000

    func validate() throws {
        if devices > 32 { throw ValidationError("--devices is at most 32") }
        if commands > users * 20 {
            throw ValidationError("--commands is at most 20 for each user: above it limits refuse")
        }
    }

    func run() async throws {
        let bench = UsersBench(users: users, devicesPerUser: devices, commands: commands)
        try await options.report { bench.run() }
    }
}

/// `belfry bench http2`.
struct BenchHTTP2Command: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "http2",
        abstract: "The HTTP/2 client alone, on one thread.",
        discussion: """
            The simulator checks every request and is slower than the client; for the client's own figure give the port of a \
            server that takes everything.

            Example:  belfry bench http2 --port 8443 --ca ca.pem
            """
    )

    @OptionGroup var options: BenchOptions

    @Option(name: .long, help: "Requests to send.", transform: positive)
    var requests = 100_000

    @Option(name: .long, help: "Requests in flight at most.", transform: positive)
    var inFlight = 500

    @Option(name: .long, help: "Port on 127.0.0.1 of the server, with --ca. Default: a simulator of its own.")
    var port: UInt16?

    @Option(name: .long, help: "PEM file with the CA of the server.")
    var ca: String?

    func validate() throws {
        if (port == nil) != (ca == nil) { throw ValidationError("--port and --ca go together") }
    }

    func run() async throws {
        let (requests, inFlight) = (requests, inFlight)
        if let port, let ca {
            let bench = HTTP2Bench(port: port, caFile: ca, requests: requests, inFlight: inFlight)
            try await options.report { try bench.run() }
        } else {
            try await options.report {
                try await SimulatorProcess.use { port, ca in
                    try HTTP2Bench(port: port, caFile: ca, requests: requests, inFlight: inFlight).run()
                }
            }
        }
    }
}
