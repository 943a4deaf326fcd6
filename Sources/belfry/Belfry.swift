import ArgumentParser

/// The command line.
///
/// Exit codes are conventional: 0 success, 1 a failure while running, 64 wrong usage, 78 wrong configuration.
@main
struct Belfry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "belfry",
        abstract: "Turns domain events on Kafka into push notifications.",
        discussion: """
            Events in, receipts out: rules map each event to notifications, limits and preferences decide, providers are \
            sent to, and every notification ends with a receipt on Kafka.

            Try it:  belfry demo
            Use it:  belfry check --config belfry.yaml && belfry run --config belfry.yaml
            """,
        version: BuildInformation.version,
        subcommands: [
            RunCommand.self, CheckCommand.self, ExplainCommand.self, EvalCommand.self, TestCommand.self,
            ReplayCommand.self, DeadLettersCommand.self, UserCommand.self, TopicsCommand.self, ChannelsCommand.self,
            SubscriptionsCommand.self, BrokerCommand.self, SimulateCommand.self, VapidCommand.self, DemoCommand.self,
            BenchCommand.self,
        ]
    )
}

/// What this program is.
enum BuildInformation {
    static let version = "0.1.0"
}

/// Exit codes of sysexits(3).
extension ExitCode {
    static let configuration = ExitCode(78)
}
