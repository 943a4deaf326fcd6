import Foundation
import HTTP2
import Kafka
import Logging
package import PushCore
package import PushCrypto
import PushProviders

/// What `belfry run` runs: some of the stages, each on a thread of its own.
package final class Pipeline: Sendable {
    /// A stage as the command line names it.
    package enum StageName: String, CaseIterable, Sendable {
        case rules
        case users
        case dispatch
    }

    /// All that the stages need beside their surroundings.
    package struct Parts: Sendable {
        package var ruleSet: RuleSet
        package var mappings: [String: PlainJSONMapping]
        package var users: UsersConfiguration
        package var retry: RetryPolicy
        package var apnsApps: [APNsApp]
        package var fcmApps: [FCMApp] = []
        package var webPushApps: [WebPushApp] = []
        /// What addresses subscribers goes to each of them.
        package var inboxPartitions: Int32 = 1
        /// Notifications of fan-outs that are under way at once.
        package var fanOutInFlightMax = 1_024
        /// Where users' records are kept beside the log; nil: nowhere.
        package var snapshots: SnapshotSettings?
        /// How many messages of Web Push share one key pair of the sender.
        package var senderKeys = WebPushEncryptor.SenderKeys.fresh
        /// Bundle ids whose devices are in the sandbox where their registration does not say.
        package var sandboxApps: Set<String> = []
        package var transport: TransportConfiguration
        package var digests: Digests

        package init(
            ruleSet: RuleSet,
            mappings: [String: PlainJSONMapping] = [:],
            users: UsersConfiguration,
            retry: RetryPolicy = RetryPolicy(),
            apnsApps: [APNsApp],
            transport: TransportConfiguration = TransportConfiguration(),
            digests: Digests
        ) {
            self.ruleSet = ruleSet
            self.mappings = mappings
            self.users = users
            self.retry = retry
            self.apnsApps = apnsApps
            self.transport = transport
            self.digests = digests
        }
    }

    /// Why apps cannot be sent to now; empty while all can.
    package let standing = ProviderStanding()
    private let handover = CredentialHandover()
    private let rules: RuleSetHandover
    /// The stages in the order in which they are started.
    package let stages: [StageStatus]
    private let environment: StageEnvironment
    private let parts: Parts

    package init(stages names: Set<StageName>, parts: Parts, environment: StageEnvironment) {
        self.parts = parts
        self.environment = environment
        rules = RuleSetHandover(parts.ruleSet)
        var stages: [StageStatus] = []
        // The last stage first: what a stage produces then finds somebody who reads it.
        if names.contains(.dispatch) {
            for provider in parts.providers { stages.append(StageStatus(name: "dispatch-\(provider.rawValue)")) }
        }
        if names.contains(.users) { stages.append(StageStatus(name: "users")) }
        if names.contains(.rules) { stages.append(StageStatus(name: "rules")) }
        self.stages = stages
    }

    /// True when every stage has its first assignment.
    package var isReady: Bool { stages.allSatisfy(\.isReady) }

    /// True when every stage has ended.
    package var hasEnded: Bool { stages.allSatisfy(\.hasEnded) }

    /// Why stages ended, of those that did not end in order.
    package var failures: [String] { stages.compactMap(\.failure) }

    /// Starts the threads.
    package func start() {
        for status in stages {
            let thread = Thread { [parts, environment, standing, handover, rules] in
                Self.nameThread("belfry-\(status.name)")
                Self.run(status, parts, environment, standing, handover, rules)
            }
            // Expressions nest up to 250 levels, each of which costs stack; a debug build needs most.
            thread.stackSize = 8 << 20
            thread.start()
        }
    }

    /// Names the calling thread for `top`, `perf` and /proc, which show 15 octets.
    ///
    /// Through proc(5), since on Linux Foundation's name reaches them by luck only: it is lost when it is longer, or given
    /// before the thread runs. Without a name everything works, so that a failure is no news.
    private static func nameThread(_ name: String) {
        try? FileHandle(forWritingAtPath: "/proc/thread-self/comm")?.write(contentsOf: Data(name.utf8))
    }

    /// Asks all stages to drain, commit and end.
    package func stop() {
        for status in stages { status.stop() }
    }

    /// Has an app use another credential, of the kind that it has.
    ///
    /// Requests under way go on; connections that show the former credential are replaced. Where the provider refused the app,
    /// it is asked again at once. In a process without the dispatch stage nothing happens.
    package func replace(_ credential: AppCredential, of app: String) {
        handover.put(credential, app: app)
        for status in stages where status.name == "dispatch-\(credential.provider.rawValue)" { status.wakeUp.signal() }
    }

    /// The rules in use; nil in a process without the rules stage.
    package var ruleSet: RuleSet? { stages.contains { $0.name == "rules" } ? rules.current : nil }

    /// Has other rules decide, from the next batch on. In a process without the rules stage nothing happens.
    package func replace(_ ruleSet: RuleSet) {
        rules.put(ruleSet)
        for status in stages where status.name == "rules" { status.wakeUp.signal() }
    }

    /// The life of a stage's thread. Every handle is made here, on the thread that owns it.
    private static func run(
        _ status: StageStatus,
        _ parts: Parts,
        _ environment: StageEnvironment,
        _ standing: ProviderStanding,
        _ handover: CredentialHandover,
        _ rules: RuleSetHandover
    ) {
        do {
            switch status.name {
            case "rules":
                let decoder = EventDecoder(mappings: parts.mappings)
                var core = RulesCore(
                    ruleSet: parts.ruleSet,
                    decoder: decoder,
                    registrations: RegistrationDecoder(digests: parts.digests, sandboxApps: parts.sandboxApps),
                    digests: parts.digests
                )
                core.inboxPartitions = parts.inboxPartitions
                try StageLoop(
                    stage: RulesStage(core: core, rules: rules, environment: environment),
                    environment: environment,
                    status: status
                ).run()
            case "users":
                let stage = UsersStage(
                    configuration: parts.users,
                    fanOutInFlightMax: parts.fanOutInFlightMax,
                    digests: parts.digests,
                    snapshots: parts.snapshots,
                    environment: environment,
                    status: status
                )
                try StageLoop(stage: stage, environment: usersEnvironment(environment), status: status).run()
            default:
                for provider in parts.providers where status.name == "dispatch-\(provider.rawValue)" {
                    try runDispatch(provider, status, parts, environment, standing, handover)
                }
            }
            status.ended(nil)
        } catch {
            environment.logger.critical("stage failed", metadata: ["stage": "\(status.name)", "error": "\(error)"])
            status.ended("\(error)")
        }
    }

    /// State must not be overtaken by older state: the library itself repeats what fails, in order, for as long as it
    /// can be told to (24 days). And a
    /// record grows with what may be replayed, so less of it may be.
    private static func usersEnvironment(_ environment: StageEnvironment) -> StageEnvironment {
        var environment = environment
        environment.kafka.properties["delivery.timeout.ms"] = "2147483647"
        environment.spanMax = min(environment.spanMax, 2048)
        return environment
    }

    private static func runDispatch(
        _ provider: Provider,
        _ status: StageStatus,
        _ parts: Parts,
        _ environment: StageEnvironment,
        _ standing: ProviderStanding,
        _ handover: CredentialHandover
    ) throws {
        let loop = try EventLoop()
        var logger = environment.logger
        logger[metadataKey: "provider"] = "\(provider.rawValue)"
        // Generic, so that the compiler knows the whole way of a delivery.
        func run<Dialect: ProviderDialect>(_ dialect: Dialect) throws {
            let sender = HTTPSender(
                dialect,
                transport: parts.transport,
                loop: loop,
                metrics: environment.metrics,
                logger: logger,
                standing: standing,
                handover: handover
            )
            let stage = DispatchStage(
                provider: provider,
                core: DispatchCore(retry: parts.retry, digests: parts.digests),
                sender: sender,
                loop: loop,
                inFlightMax: parts.transport.inFlightMax,
                digests: parts.digests,
                environment: environment
            )
            try StageLoop(stage: stage, environment: environment, status: status).run()
        }
        switch provider {
        case .apns: try run(APNsDialect(apps: parts.apnsApps, logger: logger))
        case .fcm:
            try run(
                FCMDialect(apps: parts.fcmApps, transport: parts.transport, waker: loop.waker, logger: logger)
            )
        case .webpush: try run(WebPushDialect(apps: parts.webPushApps, senderKeys: parts.senderKeys, logger: logger))
        }
    }
}

extension Pipeline.Parts {
    /// The providers with an app: each has a dispatch stage of its own.
    fileprivate var providers: [Provider] {
        var providers: [Provider] = []
        // With no app at all the outbox of APNs is read, so that what lies there is ended and not left.
        if !apnsApps.isEmpty || fcmApps.isEmpty && webPushApps.isEmpty { providers.append(.apns) }
        if !fcmApps.isEmpty { providers.append(.fcm) }
        if !webPushApps.isEmpty { providers.append(.webpush) }
        return providers
    }
}
