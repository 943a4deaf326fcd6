import ArgumentParser

/// `belfry bench restore`.
struct BenchRestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "What it takes to restore users' records from Kafka, and from snapshots.",
        discussion: """
            Each user has two devices and three limits in use: three records. The embedded broker keeps 5 MiB of a partition, which \
            is enough for about 10,000 users of each.

            Example:  belfry bench restore --users 1000000 --partitions 128
            """
    )

    @OptionGroup var options: BenchOptions

    @Option(name: .long, help: "Users.", transform: positive)
    var users = 1_000_000

    @Option(name: .long, help: "Partitions of the users topic.", transform: positive)
    var partitions = 128

    func run() async throws {
        let bench = RestoreBench(users: users, partitions: partitions)
        try await options.report { try await bench.run() }
    }
}
