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
        let apps = apnsApps(configuration, loaded.credentials)
        let fcmApps = fcmApps(configuration, loaded.credentials)
        let webPushApps = webPushApps(configuration, loaded.credentials)
        let names =
            apps.map { UsersConfiguration.App(provider: .apns, app: $0.configuration.app) }
            + fcmApps.map { UsersConfiguration.App(provider: .fcm, app: $0.configuration.app) }
            + webPushApps.map { UsersConfiguration.App(provider: .webpush, app: $0.configuration.app) }
        var parts = Pipeline.Parts(
            ruleSet: loaded.ruleSet,
            mappings: mappings(configuration),
            users: users(configuration, apps: Set(names), timeZones: loaded.timeZones),
            retry: retry(configuration.dispatch.retry),
            apnsApps: apps,
            transport: transport(configuration),
            digests: .openSSL
        )
        parts.inboxPartitions = Int32(configuration.kafka.partitions)
        parts.fanOutInFlightMax = configuration.users.fanOutInFlightMax
        parts.fcmApps = fcmApps
        parts.webPushApps = webPushApps
        parts.senderKeys = senderKeys(configuration.dispatch.webPush)
        parts.sandboxApps = sandboxApps(configuration)
        return parts
    }

    /// What the users stage decides by, for these apps.
    static func users(
        _ configuration: Configuration,
        apps: Set<UsersConfiguration.App>,
        timeZones: TimeZoneDatabase
    ) -> UsersConfiguration {
        var users = UsersConfiguration(apps: apps, limits: limits(configuration))
        users.dedupeWindowMs = configuration.users.dedupeWindow.wholeMilliseconds
        users.decisionsMax = configuration.users.decisionsMax
        users.dedupeKeysMax = configuration.users.dedupeKeysMax
        users.devicesMax = configuration.users.devicesMax
        users.inactiveDeviceMs = Int64(configuration.users.inactiveDeviceDays) * 24 * 60 * 60 * 1000
        users.scheduledMax = configuration.users.scheduledMax
        users.scheduledBytesMax = configuration.users.scheduledBytesMax
        users.fanOutsMax = configuration.users.fanOutsMax
        users.fanOutStep = min(users.fanOutStep, configuration.users.fanOutInFlightMax)
        users.timeZones = timeZones
        protect(&users, configuration)
        return users
    }

    /// Bundle ids whose devices are in the sandbox where their registration does not say.
    static func sandboxApps(_ configuration: Configuration) -> Set<String> {
        Set(
            configuration.apps.compactMap { app in
                if case .apns(let apns) = app.settings, apns.environment == .sandbox { return app.name }
                return nil
            }
        )
    }

    /// What keeps people from being interrupted.
    private static func protect(_ users: inout UsersConfiguration, _ configuration: Configuration) {
        users.digestItemsMax = configuration.users.digestItemsMax
        users.timezone = configuration.users.timezone
        users.quietHours = configuration.quietHours.map {
            UsersConfiguration.QuietHours(startMinute: $0.startMinute, endMinute: $0.endMinute)
        }
        users.onQuiet = configuration.onQuiet
        users.quietSpreadMs = configuration.quietSpread.wholeMilliseconds
        for category in configuration.categories {
            if category.name == UsersCore.allCategories {
                users.otherCategories = category.settings
            } else {
                users.categories[category.name] = category.settings
            }
        }
    }

    static func retry(_ retry: Configuration.Dispatch.Retry) -> RetryPolicy {
        var policy = RetryPolicy(
            budgetMs: retry.budget.wholeMilliseconds,
            baseMs: retry.base.wholeMilliseconds,
            capMs: retry.cap.wholeMilliseconds
        )
        policy.laterBaseMs = retry.laterBase.wholeMilliseconds
        policy.laterCapMs = retry.laterCap.wholeMilliseconds
        policy.attemptsMax = retry.attemptsMax
        return policy
    }

    static func senderKeys(_ webPush: Configuration.Dispatch.WebPush) -> WebPushEncryptor.SenderKeys {
        webPush.senderKeyMessages == 1
            ? .fresh : .reused(messagesMax: webPush.senderKeyMessages, lifetime: webPush.senderKeyLifetime)
    }

    static func apnsApps(_ configuration: Configuration, _ credentials: AppCredentials) -> [APNsApp] {
        configuration.apps.compactMap { app in
            guard case .apns(let apns) = app.settings, let credential = credentials.apns[app.name] else { return nil }
            return APNsApp(configuration: settings(apns, app: app.name), credential: credential)
        }
    }

    /// The app as APNs knows it.
    static func settings(_ apns: Configuration.APNs, app: String) -> APNsConfiguration {
        var settings =
            apns.certificateFile == nil
            ? APNsConfiguration(app: app, teamID: apns.teamID, keyID: apns.keyID)
            : APNsConfiguration(app: app, authentication: .certificate)
        settings.server = server(apns.baseURL)
        settings.broadcastServer = server(apns.broadcastBaseURL)
        settings.channelServer = server(apns.channelsBaseURL)
        settings.token.renewal = apns.tokenRenewal
        return settings
    }

    private static func server(_ url: Configuration.BaseURL?) -> APNsConfiguration.Server? {
        url.map { APNsConfiguration.Server(host: $0.host, port: UInt16($0.port)) }
    }

    static func fcmApps(_ configuration: Configuration, _ credentials: AppCredentials) -> [FCMApp] {
        configuration.apps.compactMap { app in
            guard case .fcm(let fcm) = app.settings, let account = credentials.fcm[app.name] else { return nil }
            return FCMApp(configuration: fcm.settings, account: account)
        }
    }

    static func webPushApps(_ configuration: Configuration, _ credentials: AppCredentials) -> [WebPushApp] {
        configuration.apps.compactMap { app in
            guard case .webpush(let webPush) = app.settings, let key = credentials.webpush[app.name] else { return nil }
            return WebPushApp(configuration: webPush.settings, key: key)
        }
    }

    static func transport(_ configuration: Configuration) -> TransportConfiguration {
        let dispatch = configuration.dispatch
        let configured = configuration.transport
        var transport = TransportConfiguration(
            inFlightMax: dispatch.inFlightMax,
            connections: configured.connections,
            requestTimeout: dispatch.requestTimeout,
            caFile: configuration.caFile
        )
        transport.connectionsMin = configured.connectionsMin
        transport.connectionIdle = configured.connectionIdle
        transport.connectionAge = configured.connectionAge
        transport.connectTimeout = configured.connectTimeout
        transport.requestBytesMax = configured.requestBytesMax
        transport.streamsMax = configured.streamsMax
        transport.ping.idle = configured.ping.idle
        transport.ping.silence = configured.ping.silence
        transport.ping.timeout = configured.ping.timeout
        transport.ping.beforeUse = configured.ping.beforeUse
        return transport
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

    static func limits(_ configuration: Configuration) -> Limits {
        var windows: [String: [LimitWindow]] = [:]
        for limit in configuration.limits {
            windows[limit.name] = limit.windows.map {
                LimitWindow(max: Int64($0.max), $0.per, onExceed: $0.onExceed)
            }
        }
        return Limits(windows)
    }

    static func mappings(_ configuration: Configuration) -> [String: PlainJSONMapping] {
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
