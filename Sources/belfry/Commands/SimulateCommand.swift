import ArgumentParser
import Foundation
import ProviderSimulator

/// `belfry simulate`.
struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Runs the provider simulators: strict local stand-ins with scripted faults.",
        discussion: """
            Serves the providers whose ports are given; without any, APNs on a free port. Prints "ready" on standard output \
            when it serves. The TLS directory gets the simulator's CA certificate (ca.pem).

            APNs: provider tokens are accepted from every key AuthKey_<KEYID>.p8 (or other *.p8) found in the TLS directory, \
            from those given with --apns-key-file, or, where there is none, from one that it makes there.
            FCM: the TLS directory gets a service account (service-account.json) whose token_uri is the simulator.
            Web Push: GET /subscriptions/<name>?vendor=mozilla|apple|google|wns answers a subscription whose messages the \
            simulator can decrypt; the same name gives the same keys.

            Example:  belfry simulate --apns-port 2197 --fcm-port 8443 --webpush-port 8444 --tls-dir tls \
            --record received.jsonl --faults faults.yaml
            """
    )

    @Option(name: .long, help: "Port of the APNs simulator on 127.0.0.1; 0 takes any free one.")
    var apnsPort: Int?

    @Option(name: .long, help: "Port of the FCM simulator on 127.0.0.1; 0 takes any free one.")
    var fcmPort: Int?

    @Option(name: .long, help: "Port of the Web Push simulator on 127.0.0.1; 0 takes any free one.")
    var webpushPort: Int?

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

    @Option(name: .long, help: "A Firebase project that may be sent to; may be repeated. Default: any.")
    var fcmProject: [String] = []

    @Option(name: .long, help: "Sends that FCM takes per minute and project. Default: any number.")
    var fcmQuotaPerMinute: Int?

    @Option(name: .long, help: "Streams that one connection to APNs may have open.")
    var maxConcurrentStreams = 1000

    func validate() throws {
        if let fcmQuotaPerMinute, fcmQuotaPerMinute < 0 {
            throw ValidationError("--fcm-quota-per-minute: \(fcmQuotaPerMinute) (allowed: a whole number from 0 up)")
        }
    }

    private var simulatorConfiguration: SimulatorConfiguration {
        var configuration = SimulatorConfiguration(directory: tlsDir)
        configuration.faultsFile = faults
        configuration.recordFile = record
        let ports: [SimulatedProvider: Int?] = [.apns: apnsPort, .fcm: fcmPort, .webpush: webpushPort]
        let given = ports.compactMapValues { $0 }
        configuration.providers = given.isEmpty ? [.apns] : Set(given.keys)
        configuration.apns.port = apnsPort ?? 0
        configuration.apns.keyFiles = apnsKeyFile
        configuration.apns.teamIDs = Set(apnsTeam)
        configuration.apns.bundleIDs = Set(apnsTopic)
        configuration.apns.maxConcurrentStreams = maxConcurrentStreams
        configuration.fcm.port = fcmPort ?? 0
        configuration.fcm.projects = fcmProject
        configuration.fcm.quotaPerMinute = fcmQuotaPerMinute
        configuration.webPush.port = webpushPort ?? 0
        return configuration
    }

    func run() async throws {
        let configuration = simulatorConfiguration
        let signals = Signals()
        let simulator = ProviderSimulator(configuration)
        do {
            let addresses = try await simulator.start()
            for provider in SimulatedProvider.allCases where configuration.providers.contains(provider) {
                Self.describe(provider, addresses)
            }
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
    /// Where a provider is found, for people and for scripts.
    private static func describe(_ provider: SimulatedProvider, _ addresses: SimulatorAddresses) {
        switch provider {
        case .apns:
            StandardError.line("apns: https://localhost:\(addresses.apnsPort), CA \(addresses.caFile)")
            for key in addresses.apnsKeyFiles { StandardError.line("apns: accepts provider tokens signed by \(key)") }
        case .fcm:
            StandardError.line("fcm: https://localhost:\(addresses.fcmPort), CA \(addresses.caFile)")
            if let file = addresses.serviceAccountFile { StandardError.line("fcm: service account \(file)") }
        case .webpush:
            StandardError.line("webpush: https://127.0.0.1:\(addresses.webPushPort), CA \(addresses.caFile)")
            StandardError.line(
                "webpush: subscriptions at https://127.0.0.1:\(addresses.webPushPort)/subscriptions/<name>"
            )
        }
    }
}
