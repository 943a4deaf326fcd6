import ArgumentParser
import Foundation

/// `belfry demo`.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Runs the whole system on this machine and balances its books.",
        discussion: """
            An embedded Kafka broker, the APNs simulator behind TLS and HTTP/2, all stages, and a shop: it registers phones and \
            plays orders, chat messages and price alerts, with dead tokens, refusals, repeated and broken events among them. In \
            the end every record is read back and counted against what was played.

            Needs no network and no other program. Exit code 0 when everything balances, 1 when it does not.

            Example:  belfry demo --events 5000 --rate 500 --keep
            """
    )

    @Option(name: .long, help: "Phones to register: 10 to 50,000.")
    var devices = 3_000

    @Option(name: .long, help: "Events to play: 1 to 200,000.")
    var events = 20_000

    @Option(name: .long, help: "Events per second: 1 to 20,000.")
    var rate = 1_000

    @Option(name: .long, help: "The same number plays the same events.")
    var seed: UInt64 = 1

    @Flag(name: .long, help: "Keep the folder with configuration, rules, keys and log, and print where it is.")
    var keep = false

    func validate() throws {
        try Self.check("--devices", devices, 10...50_000)
        try Self.check("--events", events, 1...200_000)
        try Self.check("--rate", rate, 1...20_000)
    }

    private static func check(_ name: String, _ value: Int, _ allowed: ClosedRange<Int>) throws {
        if allowed.contains(value) { return }
        throw ValidationError("\(name) \(value) (allowed: \(allowed.lowerBound) to \(allowed.upperBound))")
    }

    func run() async throws {
        let signals = Signals()
        let interruption = Interruption()
        let listener = Task {
            for await number in signals.received { interruption.raise(number) }
        }
        defer { listener.cancel() }
        let demo = Demo(
            options: Demo.Options(devices: devices, events: events, rate: rate, seed: seed, keepsFiles: keep),
            interruption: interruption,
            terminal: .standardOutput()
        )
        do {
            if try await !demo.run() { throw ExitCode.failure }
        } catch let interrupted as Interruption.Interrupted {
            StandardError.line("belfry: interrupted; everything was closed")
            throw ExitCode(128 + interrupted.signal)
        } catch let exit as ExitCode {
            throw exit
        } catch {
            StandardError.line("belfry: \(error)")
            throw ExitCode.failure
        }
    }
}
