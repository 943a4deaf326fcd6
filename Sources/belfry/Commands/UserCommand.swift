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
        subcommands: [Show.self, Forget.self],
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

extension UserCommand {
    struct Forget: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "forget",
            abstract: "Erases all that is held on one person.",
            discussion: """
                Sends a command to the inbox, as the event push.user.forgotten does, and waits for the receipt of the users stage, which \
                has to run somewhere. What waits for the person ends first, with receipts (suppressed, forgotten). Topics that are kept for a \
                time (inbox, outboxes, receipts, registrations, events) hold what they hold until their retention ends.

                Exit code 0 when it was done, 1 when it was not within the time or Kafka does not answer, 64 for wrong usage, 78 for a wrong \
                configuration.

                Example:  belfry user forget customer-7 --config belfry.yaml
                """
        )

        @OptionGroup var target: UserOptions

        @Option(
            name: .long,
            help: "How long to wait for the receipt, such as 2m; 0s: send the command and do not wait.",
            transform: Forget.duration
        )
        var wait = Duration.seconds(30)

        func run() async throws {
            let nowMs = Int64(Date().timeIntervalSince1970 * 1_000)
            let erasing = UserErasing(configuration: try target.loaded().configuration, wait: wait)
            do {
                let receipt = try erasing.erase(target.userID, nowMs: nowMs)
                StandardOutput.line(target.json ? (receipt ?? .null).line : Self.text(target.userID, receipt?.object))
            } catch {
                StandardError.line("belfry: \(error)")
                throw ExitCode.failure
            }
        }

        private static func text(_ userID: String, _ receipt: PushCore.JSONObject?) -> String {
            guard let receipt else { return "asked for: user \(displayed(userID)) is to be forgotten" }
            let parts: [(name: String, one: String, many: String)] = [
                ("erased_devices", "device", "devices"), ("erased_topics", "subscription", "subscriptions"),
                ("erased_scheduled", "that waited", "that waited"), ("erased_decisions", "decision", "decisions"),
                ("erased_limits", "limit in use", "limits in use"),
            ]
            var erased = parts.compactMap { name, one, many -> String? in
                guard case .integer(let count)? = receipt[name], count > 0 else { return nil }
                return "\(count) \(count == 1 ? one : many)"
            }
            if receipt["erased_preferences"] == .boolean(true) { erased.append("preferences") }
            let what = erased.isEmpty ? "nothing was held" : erased.joined(separator: ", ")
            return "erased user \(displayed(userID)): \(what)"
        }

        @Sendable
        private static func duration(_ text: String) throws -> Duration {
            guard let duration = DurationText.parse(text), duration <= .seconds(86_400) else {
                throw ValidationError("\"\(text)\": a duration from 0s to 1d, such as 30s")
            }
            return duration
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

    func loaded() throws -> DryRunConfiguration { try DryRunConfiguration.load(path: options.config) }

    func reading() throws -> UserReading {
        let loaded = try loaded()
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
