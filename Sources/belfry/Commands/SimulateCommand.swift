import ArgumentParser
import Foundation
import ProviderSimulator

/// `belfry simulate`.
struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Runs the provider simulators: strict local stand-ins with scripted faults.",
        discussion: """
            Prints "ready" on standard output when it serves. The TLS directory gets the simulator's CA certificate (ca.pem); \
            provider tokens are accepted from every key AuthKey_<KEYID>.p8 (or other *.p8) found there, from those given with \
            --apns-key-file, or, where there is none, from one that it makes there.

            Example:  belfry simulate --apns-port 2197 --tls-dir tls --record received.jsonl --faults faults.yaml
            """
    )

    @Option(name: .long, help: "Port of the APNs simulator on 127.0.0.1; 0 takes any free one.")
    var apnsPort = 0

    @Option(name: .long, help: "Directory for ca.pem and keys.")
    var tlsDir: String

    @Option(name: .long, help: "Fault script (YAML or JSON).")
    var faults: String?

    @Option(name: .long, help: "File that gets one JSON line for each request received.")
    var record: String?

    @Option(name: .long, help: "A P-256 key (PEM) whose provider tokens are accepted; may be repeated.")
    var apnsKeyFile: [String] = []

    @Option(name: .long, help: "A team id that provider tokens may name; may be repeated. Default: any.")
    var apnsTeam: [String] = []

    @Option(name: .long, help: "A bundle id that may be pushed to; may be repeated. Default: any.")
    var apnsTopic: [String] = []

    @Option(name: .long, help: "Streams that one connection may have open.")
    var maxConcurrentStreams = 1000

    func run() async throws {
        var configuration = SimulatorConfiguration(directory: tlsDir)
        configuration.faultsFile = faults
        configuration.recordFile = record
        configuration.apns.port = apnsPort
        configuration.apns.keyFiles = apnsKeyFile
        configuration.apns.teamIDs = Set(apnsTeam)
        configuration.apns.bundleIDs = Set(apnsTopic)
        configuration.apns.maxConcurrentStreams = maxConcurrentStreams
        let signals = Signals()
        let simulator = ProviderSimulator(configuration)
        do {
            let addresses = try await simulator.start()
            StandardError.line("apns: https://localhost:\(addresses.apnsPort), CA \(addresses.caFile)")
            for key in addresses.apnsKeyFiles { StandardError.line("apns: accepts provider tokens signed by \(key)") }
            StandardOutput.line("ready")
        } catch let error as FaultScriptError {
            for problem in error.problems { StandardError.line("belfry: \(problem)") }
            throw ExitCode.configuration
        } catch {
            StandardError.line("belfry: \(error)")
            throw ExitCode.failure
        }
        for await _ in signals.received { break }
        await simulator.stop()
    }
}
