import ArgumentParser
import PushCore
import Testing

@testable import belfry

/// What `belfry bench` takes, and with which words it refuses the rest.
struct BenchOptionsTests {
    @Test(
        "what cannot be measured is refused, with what is allowed",
        arguments: [
            (["--provider", "sms"], "\"sms\" is no provider (allowed: apns, fcm, webpush)"),
            (["--events", "0"], "\"0\" is not a number above 0"),
            (["--window", "4001"], "--window is at most 4000"),
            (["dispatch", "--requests=-1"], "\"-1\" is not a number above 0"),
            (["dispatch", "--in-flight", "many"], "\"many\" is not a number above 0"),
            (["dispatch", "--url", "https://127.0.0.1:8443"], "--url and --ca-file go together"),
            (["dispatch", "--ca-file", "ca.pem"], "--url and --ca-file go together"),
            (["dispatch", "--ca-file", "ca.pem", "--url", "http://127.0.0.1:8443"], "allowed: https://127.0.0.1:PORT"),
            (
                ["dispatch", "--ca-file", "ca.pem", "--url", "https://api.push.apple.com"],
                "allowed: https://127.0.0.1:PORT"
            ),
            (["dispatch", "--ca-file", "ca.pem", "--url", "https://127.0.0.1:0"], "allowed: https://127.0.0.1:PORT"),
            (["encryption", "--bytes", "3994"], "--bytes: 3994 (allowed: 1 to 3993)"),
            (["users", "--devices", "33"], "--devices is at most 32"),
        ] as [([String], String)]
    )
    func refusals(arguments: [String], words: String) {
        let error = #expect(throws: (any Error).self) { try BenchCommand.parseAsRoot(arguments) }
        guard let error else { return }
        #expect(BenchCommand.fullMessage(for: error).contains(words))
        #expect(BenchCommand.exitCode(for: error) == .validationFailure)
    }

    @Test("the default is a run with APNs against the simulator")
    func defaults() throws {
        let run = try #require(try BenchCommand.parseAsRoot([]) as? BenchRunCommand)
        #expect(run.provider == .apns && !run.sink && !run.options.json)
        let webPush = try #require(
            try BenchCommand.parseAsRoot(["--provider", "webpush", "--sink"]) as? BenchRunCommand
        )
        #expect(webPush.provider == .webpush && webPush.sink)
        let fcm = try #require(try BenchCommand.parseAsRoot(["--provider", "fcm", "--sink"]) as? BenchRunCommand)
        #expect(fcm.provider == .fcm && fcm.sink)
    }

    @Test("a server of this machine may be named, by either of its names")
    func localServers() throws {
        #expect(try BenchDispatchCommand.local("https://localhost:8443") == ("localhost", 8443))
        #expect(try BenchDispatchCommand.local("https://127.0.0.1") == ("127.0.0.1", 443))
    }

    @Test("every benchmark that people start shows an example, and the sink is not one of them")
    func help() {
        let commands = BenchCommand.configuration.subcommands
        for command in commands { #expect(command.helpMessage().contains("Example:"), "\(command)") }
        #expect(!BenchCommand.helpMessage().contains("sink "))
        #expect(commands.contains { $0 == BenchSinkCommand.self })
    }
}
