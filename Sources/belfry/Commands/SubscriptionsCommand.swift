import ArgumentParser
import PushCore
import PushPipeline
import PushProviders

/// `belfry subscriptions`.
struct SubscriptionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "subscriptions",
        abstract: "Adds, removes and lists the topic subscriptions of registrations at FCM.",
        discussion: """
            Registrations are tokens or installation ids; what is said about them names their place in the list and their \
            fingerprint, which is that of receipts and of push.invalid-tokens.

            Exit code 0 when all was done, 1 when some was not, 64 for wrong usage, 78 for a wrong configuration.

            Example:  belfry subscriptions add --app example-shop --topic news --file tokens.txt
            """,
        subcommands: [Add.self, Remove.self, List.self]
    )

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "add",
            abstract: "Subscribes registrations to a topic; one that is subscribed already is done.",
            discussion: "Example:  belfry subscriptions add --app example-shop --topic news --fid cJtYbYoRQ"
        )

        @OptionGroup var change: SubscriptionChangeOptions

        func validate() throws { try change.check() }
        func run() throws { try change.perform(.subscribe) }
    }

    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "remove",
            abstract: "Ends the subscription of registrations to a topic; one that is not subscribed is done.",
            discussion: "Example:  belfry subscriptions remove --topic news --file tokens.txt --legacy"
        )

        @OptionGroup var change: SubscriptionChangeOptions

        func validate() throws { try change.check() }
        func run() throws { try change.perform(.unsubscribe) }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "Prints the topics that registrations are subscribed to.",
            discussion: "Example:  belfry subscriptions list --app example-shop --fid cJtYbYoRQ"
        )

        @OptionGroup var target: SubscriptionOptions

        @Option(name: .long, help: "Say only of this topic whether they are subscribed to it.")
        var topic: String?

        func validate() throws {
            try target.check()
            if let topic { try SubscriptionOptions.check(topic: topic) }
        }

        func run() throws {
            let (registrations, endings) = try target.perform(.list)
            let listed = endings.map { ending in
                topic.map { topic in
                    FCMSubscriptionCaller.Ending(verdict: ending.verdict, topics: ending.topics.filter { $0 == topic })
                } ?? ending
            }
            try target.print(SubscriptionReport(operation: .list, topic: topic, registrations, listed))
        }
    }
}

/// What `add` and `remove` have in common.
struct SubscriptionChangeOptions: ParsableArguments {
    @OptionGroup var target: SubscriptionOptions

    @Option(name: .long, help: "The topic, without /topics/.")
    var topic: String

    @Flag(name: .long, help: "By the older calls, up to 1,000 tokens in each, instead of the v1 API.")
    var legacy = false

    func check() throws {
        try SubscriptionOptions.check(topic: topic)
        try target.check()
        if legacy, !target.fid.isEmpty {
            throw ValidationError("--fid: the older calls take tokens only (allowed with --legacy: --token, --file)")
        }
    }

    func perform(_ change: FCMTopicRequest.Change) throws {
        let operation: FCMSubscriptionCaller.Operation =
            legacy ? .batch(change, topic: topic) : .change(change, topic: topic)
        let (registrations, endings) = try target.perform(operation)
        let report = SubscriptionReport(operation: .change(change), topic: topic, registrations, endings)
        try target.print(report)
    }
}

/// What the subcommands of `belfry subscriptions` have in common.
struct SubscriptionOptions: ParsableArguments {
    @OptionGroup var options: ConfigurationOptions

    @Option(name: .long, help: "Project id, as in the configuration. Default: its only app of FCM.")
    var app: String?

    @Option(name: .long, help: "A registration token; may be repeated.")
    var token: [String] = []

    @Option(name: .long, help: "An installation id; may be repeated.")
    var fid: [String] = []

    @Option(name: .long, help: "A file with one registration a line.")
    var file: String?

    @Flag(name: .long, help: "Print one JSON object.")
    var json = false

    static func check(topic: String) throws {
        if FCMTarget.topic(topic).verdict == nil { return }
        throw ValidationError("--topic \(topic): not a topic (allowed: 1 to 900 of a-z A-Z 0-9 - _ . ~ %)")
    }

    func check() throws {
        let hasOptions = !token.isEmpty || !fid.isEmpty
        if hasOptions == (file != nil) {
            let problem = hasOptions ? "two lists" : "none"
            throw ValidationError("registrations: \(problem) (allowed: --token and --fid, or --file)")
        }
    }

    /// - Throws: an exit code, after a line on standard error, where nothing could be asked.
    func perform(
        _ operation: FCMSubscriptionCaller.Operation
    ) throws -> (RegistrationList, [FCMSubscriptionCaller.Ending]) {
        let loaded = try options.load()
        guard let configuration = loaded.configuration else { throw ExitCode.configuration }
        let apps = PipelineAssembly.fcmApps(configuration, loaded.credentials)
        let name = try AppChoice.choose(app, among: apps.map(\.configuration.app), provider: .fcm)
        guard let app = apps.first(where: { $0.configuration.app == name }) else { throw ExitCode.configuration }
        let registrations = try list()
        do throws(FCMSubscriptionCaller.Failure) {
            let caller = try FCMSubscriptionCaller(
                app: app,
                transport: PipelineAssembly.transport(configuration),
                wallMs: Clocks.system.wallMs
            )
            defer { caller.close() }
            let endings = caller.perform(operation, registrations: registrations.entries.map(\.registration))
            if let trouble = caller.trouble { StandardError.line("belfry: \(trouble)") }
            return (registrations, endings)
        } catch {
            StandardError.line("belfry: \(error)")
            throw ExitCode.failure
        }
    }

    private func list() throws -> RegistrationList {
        guard let file else { return RegistrationList(arguments: token + fid) }
        do throws(RegistrationList.Failure) {
            return try RegistrationList(file: file, .live)
        } catch {
            StandardError.line("belfry: \(error)")
            throw ExitCode.failure
        }
    }

    /// - Throws: exit code 1 where something was not done.
    func print(_ report: SubscriptionReport) throws {
        StandardOutput.line(json ? report.json : report.text)
        if report.failed > 0 { throw ExitCode.failure }
    }
}
