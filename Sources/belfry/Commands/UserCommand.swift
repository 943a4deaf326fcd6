import ArgumentParser
import Foundation
import Kafka
import PushCore

/// `belfry user`.
struct UserCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user",
        abstract: "Shows what is held on one person, or erases it.",
        discussion: """
            Addresses are told by their fingerprint, which is that of receipts and of push.invalid-tokens. Keys of apps are not needed.

            Example:  belfry user customer-7 --config belfry.yaml
            """,
        subcommands: [Show.self],
        defaultSubcommand: Show.self
    )

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "Shows what is held on one person: devices, preferences, limits, what waits, recent decisions.",
            discussion: """
                Read from the users topic, so that what the inbox still holds is not in it. Exit code 0 when the user is known, 1 when not \
                or when Kafka does not answer, 64 for wrong usage, 78 for a wrong configuration.

                Example:  belfry user customer-7 --config belfry.yaml --json
                """
        )

        @OptionGroup var target: UserOptions

        func run() async throws {
            let nowMs = Int64(Date().timeIntervalSince1970 * 1_000)
            let reading = try target.reading()
            let answer: UserReading.Answer
            do {
                answer = try reading.read(target.userID, nowMs: nowMs)
            } catch {
                StandardError.line("belfry: \(error)")
                throw ExitCode.failure
            }
            guard let overview = answer.overview else {
                StandardError.line("belfry: nothing is held on user \(displayed(target.userID))")
                throw ExitCode.failure
            }
            let report = UserReport(overview: overview, behind: answer.behind)
            StandardOutput.line(target.json ? report.json : report.text)
        }
    }
}

/// What the subcommands of `belfry user` have in common.
struct UserOptions: ParsableArguments {
    @Argument(help: "The user's id.")
    var userID: String

    @OptionGroup var options: ConfigurationOptions

    @Flag(name: .long, help: "Print one JSON object.")
    var json = false

    func reading() throws -> UserReading {
        let loaded = try DryRunConfiguration.load(path: options.config)
        return UserReading(
            configuration: loaded.configuration,
            users: PipelineAssembly.users(loaded.configuration, apps: [], timeZones: loaded.timeZones),
            timeout: .seconds(60)
        )
    }

    func validate() throws {
        guard TextForm.identifier.accepts(userID) else {
            throw ValidationError("USER_ID: must be \(TextForm.identifier.allowed)")
        }
    }
}
