import ArgumentParser

/// `belfry bench fanout`.
struct BenchFanOutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fanout",
        abstract: "One event to all subscribers in one users core, and how long other users wait for it.",
        discussion: """
            The inbox is in memory. --in-flight is what users.fan_out_in_flight_max sets; a step as large as the number of \
            subscribers shows what steps are for.

            Example:  belfry bench fanout --subscribers 1000000 --others 1000
            """
    )

    @OptionGroup var options: BenchOptions

    @Option(name: .long, help: "Users who subscribed to the topic.", transform: positive)
    var subscribers = 1_000_000

    @Option(name: .long, help: "Other users' notifications in a second.", transform: positive)
    var others = 1_000

    @Option(name: .long, help: "Notifications of the fan-out under way at once.", transform: positive)
    var inFlight = 1_024

    @Option(name: .long, help: "Subscribers that one step asks for.", transform: positive)
    var step = 256

    func run() async throws {
        let bench = FanOutBench(subscribers: subscribers, othersPerSecond: others, inFlightMax: inFlight, step: step)
        try await options.report { try bench.run() }
    }
}
