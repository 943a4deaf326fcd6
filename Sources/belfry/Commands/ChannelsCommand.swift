import ArgumentParser
import PushCore
import PushPipeline
import PushProviders

/// `belfry channels`.
struct ChannelsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "channels",
        abstract: "Makes, shows, lists and removes an app's broadcast channels at APNs (Live Activities).",
        discussion: """
            Channels of one environment do not exist in the other. An app has at most 10,000 in each.

            Exit code 0 when APNs did it, 1 when it did not, 64 for wrong usage, 78 for a wrong configuration.

            Example:  belfry channels create --config belfry.yaml --app com.example.shop
            """,
        subcommands: [Create.self, Show.self, List.self, Delete.self]
    )

    enum Storage: String, ExpressibleByArgument, CaseIterable {
        case none
        case mostRecent = "most-recent"

        var storage: APNsChannelStorage {
            switch self {
            case .none: .none
            case .mostRecent: .mostRecent
            }
        }

        init(_ storage: APNsChannelStorage) {
            switch storage {
            case .none: self = .none
            case .mostRecent: self = .mostRecent
            }
        }
    }

    struct Create: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "create",
            abstract: "Makes a channel and prints its id.",
            discussion: "Example:  belfry channels create --app com.example.shop --storage most-recent"
        )

        @OptionGroup var target: ChannelOptions

        @Option(
            name: .long,
            help: "What it keeps for devices that are away: none, or the most-recent broadcast (8 hours at most)."
        )
        var storage = Storage.none

        func run() throws {
            let result = try target.call(.create(storage.storage))
            guard case .created(let channel) = result.answer else { throw ExitCode.failure }
            let id = channel.description
            result.print(id, ("channel", .string(id)), ("storage", .string(storage.rawValue)))
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "Prints what a channel keeps: none or most-recent.",
            discussion: "Example:  belfry channels show --app com.example.shop dHN0LXNyY2gtY2hubA=="
        )

        @OptionGroup var target: ChannelOptions

        @Argument(help: "The channel's id.")
        var channel: ChannelArgument

        func run() throws {
            let result = try target.call(.read(channel.id))
            guard case .channel(let storage) = result.answer else { throw ExitCode.failure }
            let word = Storage(storage).rawValue
            result.print(word, ("channel", .string("\(channel.id)")), ("storage", .string(word)))
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "Prints the ids of all channels, one a line.",
            discussion: "Example:  belfry channels list --app com.example.shop --environment sandbox"
        )

        @OptionGroup var target: ChannelOptions

        func run() throws {
            let result = try target.call(.list)
            guard case .channels(let channels) = result.answer else { throw ExitCode.failure }
            let text = channels.isEmpty ? nil : channels.map(\.description).joined(separator: "\n")
            result.print(text, ("channels", .array(channels.map { .string($0.description) })))
        }
    }

    struct Delete: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "delete",
            abstract: "Removes a channel for good: its id is never given again.",
            discussion: "Example:  belfry channels delete --app com.example.shop dHN0LXNyY2gtY2hubA=="
        )

        @OptionGroup var target: ChannelOptions

        @Argument(help: "The channel's id.")
        var channel: ChannelArgument

        func run() throws {
            let result = try target.call(.delete(channel.id))
            guard case .deleted = result.answer else { throw ExitCode.failure }
            result.print("deleted \(channel.id)", ("channel", .string("\(channel.id)")), ("deleted", .boolean(true)))
        }
    }
}

/// A channel's id on the command line.
struct ChannelArgument: ExpressibleByArgument {
    let id: APNsChannelID

    init?(argument: String) {
        guard let id = APNsChannelID(argument) else { return nil }
        self.id = id
    }
}

/// What the subcommands of `belfry channels` have in common.
struct ChannelOptions: ParsableArguments {
    enum Environment: String, ExpressibleByArgument, CaseIterable {
        case production
        case sandbox
    }

    @OptionGroup var options: ConfigurationOptions

    @Option(name: .long, help: "Bundle id, as in the configuration. Default: its only app of APNs.")
    var app: String?

    @Option(name: .long, help: "Where the channel is: production or sandbox. Default: the app's own.")
    var environment: Environment?

    @Flag(name: .long, help: "Print one JSON object.")
    var json = false

    /// Asks APNs.
    ///
    /// - Throws: an exit code, after a line on standard error, where the configuration cannot be used or APNs does not do it.
    func call(_ operation: APNsChannelRequest.Operation) throws -> ChannelResult {
        let loaded = try options.load()
        guard let configuration = loaded.configuration else { throw ExitCode.configuration }
        let (app, settings) = try Self.find(app, configuration, loaded.credentials)
        let environment = environment.map(Self.environment) ?? Self.environment(of: settings)
        let caller = APNsChannelCaller(
            app: app,
            environment: environment,
            transport: PipelineAssembly.transport(configuration),
            wallMs: Clocks.system.wallMs
        )
        do throws(APNsChannelCaller.Failure) {
            let answer = try caller.call(operation)
            guard case .refused(let verdict) = answer.answer else {
                let name = app.configuration.app
                return ChannelResult(answer: answer.answer, app: name, environment: environment, isJSON: json)
            }
            StandardError.line("belfry: \(Self.text(of: verdict, answer))")
        } catch {
            StandardError.line("belfry: \(error)")
            if error.isUnknown { StandardError.line("belfry: it may have been done: belfry channels list tells") }
        }
        throw ExitCode.failure
    }

    private static func find(
        _ name: String?,
        _ configuration: Configuration,
        _ credentials: AppCredentials
    ) throws -> (APNsApp, Configuration.APNs) {
        let apps = PipelineAssembly.apnsApps(configuration, credentials)
        let app = try AppChoice.choose(name, among: apps.map(\.configuration.app), provider: .apns)
        for configured in configuration.apps {
            guard case .apns(let settings) = configured.settings, configured.name == app,
                let found = apps.first(where: { $0.configuration.app == app })
            else { continue }
            return (found, settings)
        }
        throw ExitCode.configuration
    }

    private static func environment(_ environment: Environment) -> APNsConfiguration.Environment {
        switch environment {
        case .production: .production
        case .sandbox: .sandbox
        }
    }

    private static func environment(of settings: Configuration.APNs) -> APNsConfiguration.Environment {
        switch settings.environment {
        case .production: .production
        case .sandbox: .sandbox
        }
    }

    private static func text(of verdict: Verdict, _ answer: APNsChannelCaller.Answer) -> String {
        let words = answer.reason.map { "\(answer.status) \($0)" } ?? "\(answer.status)"
        let meaning = verdict.reason?.rawValue ?? "accepted"
        switch verdict {
        case .reauthenticate:
            return "APNs answered \(words) to a new provider token: is this machine's clock right?"
        case .retry, .reconnect:
            return "APNs answered \(words) (\(meaning)): try again later"
        case .accepted, .addressDead, .addressKept, .configuration, .badRequest:
            return "APNs answered \(words) (\(meaning))"
        }
    }
}

/// What APNs did, and how it is told.
struct ChannelResult {
    let answer: APNsChannelAnswer
    let app: String
    let environment: APNsConfiguration.Environment
    let isJSON: Bool

    /// - Parameters:
    ///   - text: for people; nil: nothing.
    ///   - members: for programs, beside those that every answer has.
    func print(_ text: String?, _ members: (name: String, value: JSONTree)...) {
        guard isJSON else {
            if let text { StandardOutput.line(text) }
            return
        }
        var object = PushCore.JSONObject()
        object["app"] = .string(app)
        object["environment"] = .string(environment.rawValue)
        for member in members { object[member.name] = member.value }
        StandardOutput.line(String(decoding: JSONTree.object(object).octets, as: UTF8.self))
    }
}

/// Which of the configured apps a command is about.
enum AppChoice {
    /// - Throws: exit code 64 after a line on standard error, where the name is none of them, or there are several and no name.
    static func choose(_ name: String?, among apps: [String], provider: Provider) throws -> String {
        let known = apps.isEmpty ? "none is configured" : "configured: \(apps.sorted().joined(separator: ", "))"
        guard let name else {
            if apps.count == 1 { return apps[0] }
            StandardError.line("belfry: --app is needed: an app of provider \(provider.rawValue) (\(known))")
            throw ExitCode.validationFailure
        }
        if apps.contains(name) { return name }
        StandardError.line("belfry: --app \(name): no such app of provider \(provider.rawValue) (\(known))")
        throw ExitCode.validationFailure
    }
}
