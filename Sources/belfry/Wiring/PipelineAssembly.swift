import Foundation
import Kafka
import Logging
import PushCore
import PushCrypto
import PushPipeline
import PushProviders

/// Makes a pipeline of what was configured: the one place where the names of configuration and pipeline meet.
enum PipelineAssembly {
    static func parts(_ loaded: LoadedConfiguration, _ configuration: Configuration) -> Pipeline.Parts {
        var apps: [APNsApp] = []
        for app in configuration.apps {
            guard case .apns(let apns) = app.credentials, let credential = loaded.credentials[app.name] else {
                continue
            }
            var settings = LoadedConfiguration.settings(apns, app: app.name)
            settings.server = app.baseURL.map { .init(host: $0.host, port: UInt16($0.port)) }
            apps.append(APNsApp(configuration: settings, credential: credential))
        }
        var users = UsersConfiguration(
            apps: Set(apps.map { UsersConfiguration.App(provider: .apns, app: $0.configuration.app) }),
            limits: limits(configuration)
        )
        users.dedupeWindowMs = configuration.users.dedupeWindow.wholeMilliseconds
        users.devicesMax = configuration.users.devicesMax
        let retry = configuration.dispatch.retry
        var parts = Pipeline.Parts(
            ruleSet: loaded.ruleSet,
            mappings: mappings(configuration),
            users: users,
            retry: RetryPolicy(
                budgetMs: retry.budget.wholeMilliseconds,
                baseMs: retry.base.wholeMilliseconds,
                capMs: retry.cap.wholeMilliseconds
            ),
            apnsApps: apps,
            transport: TransportConfiguration(
                inFlightMax: configuration.dispatch.inFlightMax,
                connections: configuration.dispatch.connections,
                requestTimeout: configuration.dispatch.requestTimeout,
                caFile: configuration.caFile
            ),
            digests: .openSSL
        )
        parts.sandboxApps = Set(
            configuration.apps.compactMap { app in
                if case .apns(let apns) = app.credentials, apns.environment == .sandbox { return app.name }
                return nil
            }
        )
        return parts
    }

    static func environment(_ configuration: Configuration, metrics: Metrics, logger: Logger) -> StageEnvironment {
        let kafka = configuration.kafka
        var environment = StageEnvironment(
            kafka: settings(configuration),
            topics: topics(configuration),
            clocks: .system,
            metrics: metrics,
            logger: logger
        )
        environment.groupPrefix = kafka.groupPrefix
        environment.instanceID = kafka.instanceID
        environment.clientID = kafka.clientID
        environment.firstOffset = kafka.startFrom == .earliest ? .earliest : .latest
        environment.commitInterval = kafka.commitInterval
        environment.drainTimeout = kafka.drainTimeout
        return environment
    }

    static func settings(_ configuration: Configuration) -> KafkaSettings {
        KafkaSettings(
            bootstrapServers: configuration.kafka.bootstrapServers,
            properties: Dictionary(configuration.kafka.properties.map { ($0.name, $0.value) }) { _, last in last }
        )
    }

    static func topics(_ configuration: Configuration) -> TopicNames {
        let names = configuration.kafka.topics
        var topics = TopicNames(events: names.events)
        topics.registrations = names.registrations
        topics.receipts = names.receipts
        topics.invalidTokens = names.invalidTokens
        topics.deadLetters = names.deadLetters
        topics.inbox = names.inbox
        topics.users = names.users
        topics.outboxPrefix = names.outboxPrefix
        return topics
    }

    private static func limits(_ configuration: Configuration) -> Limits {
        var windows: [String: [LimitWindow]] = [:]
        for limit in configuration.limits {
            windows[limit.name] = limit.windows.map {
                LimitWindow(max: Int64($0.max), periodMs: $0.per.wholeMilliseconds)
            }
        }
        return Limits(windows)
    }

    private static func mappings(_ configuration: Configuration) -> [String: PlainJSONMapping] {
        var mappings: [String: PlainJSONMapping] = [:]
        for mapping in configuration.kafka.plainJSON {
            mappings[mapping.topic] = PlainJSONMapping(
                id: source(mapping.id),
                source: source(mapping.source),
                type: source(mapping.type),
                subject: mapping.subject.map(source),
                time: source(mapping.time),
                data: mapping.data.flatMap { data in
                    guard case .path(let names) = data else { return nil }
                    return JSONPath(names.joined(separator: "."))
                }
            )
        }
        return mappings
    }

    private static func source(_ source: Configuration.PlainJSON.Source) -> PlainJSONMapping.Source {
        switch source {
        case .constant(let text): return .constant(text)
        case .path(let names):
            guard let path = JSONPath(names.joined(separator: ".")) else {
                preconditionFailure("a configured path was checked when it was read")
            }
            return .path(path)
        }
    }
}
