import HTTP2
import PushCore
import PushCrypto
import PushProviders
import Testing

@testable import PushPipeline
@testable import belfry

/// What right apps of FCM and Web Push become.
struct AppReadingTests {
    private func settings(of app: String) throws -> Configuration.App.Settings {
        let loaded = Sample.load(Sample.configuration.replacing("rules:", with: "  - \(app)\nrules:"))
        #expect(loaded.problems.allSatisfy { $0.severity == .warning }, "\(loaded.problems)")
        return try #require(loaded.configuration?.apps.last).settings
    }

    private func fcm(_ keys: String = "") throws -> Configuration.FCM {
        let app = "{ provider: fcm, app: example-shop, service_account_file: keys/fcm.json\(keys) }"
        guard case .fcm(let fcm) = try settings(of: app) else { throw NotThatProvider() }
        return fcm
    }

    private func webPush(_ keys: String = "") throws -> Configuration.WebPush {
        let app = """
            { provider: webpush, app: https://shop.example.com, vapid_key_file: keys/vapid.pem, \
            subject: mailto:ops@example.com\(keys) }
            """
        guard case .webpush(let webPush) = try settings(of: app) else { throw NotThatProvider() }
        return webPush
    }

    private struct NotThatProvider: Error {}

    @Test("an app of APNs can have servers of its own for broadcasts and channels")
    func serversOfAPNs() throws {
        let app = """
            { provider: apns, app: com.example.other, team_id: ABCDE12345, key_id: KEY1234567, key_file: keys/apns.p8, \
            base_url: "https://a.example", broadcast_base_url: "https://b.example:2", channels_base_url: "https://c.example:3" }
            """
        guard case .apns(let apns) = try settings(of: app) else { throw NotThatProvider() }
        let configuration = PipelineAssembly.settings(apns, app: "com.example.other")
        for environment in APNsConfiguration.Environment.allCases {
            #expect(configuration.server(for: environment) == .init(host: "a.example"))
            #expect(configuration.broadcastServer(for: environment) == .init(host: "b.example", port: 2))
            #expect(configuration.channelServer(for: environment) == .init(host: "c.example", port: 3))
        }
    }

    @Test("an app of FCM with the least it needs has FCM's defaults")
    func fcmDefaults() throws {
        let fcm = try fcm()
        #expect(fcm.serviceAccountFile == "keys/fcm.json")
        #expect(fcm.settings == FCMConfiguration(app: "example-shop"))
    }

    @Test("every key of an app of FCM is read")
    func everyKeyOfFCM() throws {
        let settings = try fcm(
            """
            , base_url: "https://127.0.0.1:8443/fcm", token_uri: "http://localhost:8080/token", \
            topic_base_url: "https://iid.example", proxy: "http://ann:p%40ss@proxy.example:3128", quota: { messages_per_minute: 120000, ramp_up: 5m }, \
            validate_only: true, analytics_label: belfry
            """
        ).settings
        #expect(settings.endpoint.description == "https://127.0.0.1:8443/fcm")
        #expect(settings.tokenURI == "http://localhost:8080/token")
        #expect(settings.topicEndpoint.host == "iid.example")
        #expect(settings.proxy == FCMProxy("http://ann:p%40ss@proxy.example:3128"))
        #expect(settings.quota.messagesPerMinute == 120_000 && settings.quota.rampUp == .seconds(300))
        #expect(settings.validateOnly && settings.analyticsLabel == "belfry")
        #expect(settings.violations.isEmpty)
    }

    @Test(
        "a project may be named by its number, and have the old form",
        arguments: ["123456789012", "example.com:shop"]
    )
    func projects(name: String) throws {
        let app = "{ provider: fcm, app: \"\(name)\", service_account_file: keys/fcm.json }"
        guard case .fcm(let fcm) = try settings(of: app) else { throw NotThatProvider() }
        #expect(fcm.settings.app == name)
    }

    @Test("an app of Web Push with the least it needs has the defaults")
    func webPushDefaults() throws {
        let webPush = try webPush()
        #expect(webPush.vapidKeyFile == "keys/vapid.pem")
        let standard = WebPushConfiguration(app: "https://shop.example.com", subject: "mailto:ops@example.com")
        #expect(webPush.settings == standard)
    }

    @Test("every key of an app of Web Push is read")
    func everyKeyOfWebPush() throws {
        let settings = try webPush(
            """
            , allowed_hosts: ["*.push.example", "127.0.0.1:8443", "[::1]:1"], allow_private_addresses: true, \
            token: { lifetime: 6h }, padding: 3993, declarative: true
            """
        ).settings
        #expect(settings.allowedHosts == ["*.push.example", "127.0.0.1:8443", "[::1]:1"])
        #expect(settings.allowPrivateAddresses && settings.declarative)
        #expect(settings.token.lifetime == .seconds(21_600) && settings.padding == 3_993)
    }

    @Test("every key of transport is read")
    func transport() throws {
        let loaded = Sample.load(
            Sample.configuration + """
                transport:
                  connections: 4
                  connections_min: 0
                  connection_idle: 1m
                  connection_age: 12h
                  connect_timeout: 2s
                  request_bytes_max: 1048576
                  streams_max: 500
                  ping: { idle: 10m, silence: 2s, timeout: 1s, before_use: 30s }

                """
        )
        #expect(loaded.problems.isEmpty, "\(loaded.problems)")
        let http = PipelineAssembly.transport(try #require(loaded.configuration)).http2
        #expect(http.connectionCount == 4 && http.connectionCountMin == 0)
        #expect(http.connectionIdleMax == .seconds(60) && http.connectionAgeMax == .seconds(43_200))
        #expect(http.connectTimeout == .seconds(2))
        #expect(http.requestsMax == 4_096 && http.requestBytesMax == 1 << 20 && http.streamsPerConnectionMax == 500)
        #expect(http.pingAfterIdle == .seconds(600) && http.pingAfterSilence == .seconds(2))
        #expect(http.pingTimeout == .seconds(1) && http.pingBeforeUseAfter == .seconds(30))
    }

    @Test("without transport, connections are as the HTTP/2 client has them by itself")
    func transportDefaults() throws {
        let http = PipelineAssembly.transport(try #require(Sample.load(Sample.configuration).configuration)).http2
        let standard = HTTP2Configuration()
        #expect(http.connectionCount == standard.connectionCount)
        #expect(http.connectionCountMin == standard.connectionCountMin)
        #expect(http.connectionIdleMax == standard.connectionIdleMax)
        #expect(http.connectionAgeMax == standard.connectionAgeMax)
        #expect(http.connectTimeout == standard.connectTimeout)
        #expect(http.requestBytesMax == standard.requestBytesMax)
        #expect(http.streamsPerConnectionMax == standard.streamsPerConnectionMax)
        #expect(http.pingAfterIdle == standard.pingAfterIdle && http.pingTimeout == standard.pingTimeout)
        #expect(http.pingAfterSilence == standard.pingAfterSilence)
        #expect(http.pingBeforeUseAfter == standard.pingBeforeUseAfter)
    }

    @Test("what waits for later is limited, and keys are shared, as configured")
    func later() throws {
        let text =
            Sample.configuration + """
                users: { scheduled_max: 5, scheduled_bytes_max: 20000 }
                dispatch:
                  retry: { budget: 10s, base: 1s, cap: 2s, later_base: 3s, later_cap: 4s, attempts_max: 6 }
                  webpush: { sender_key_messages: 7, sender_key_lifetime: 8s }

                """
        let configuration = try #require(Sample.load(text).configuration)
        let retry = PipelineAssembly.retry(configuration.dispatch.retry)
        #expect([retry.budgetMs, retry.baseMs, retry.capMs] == [10_000, 1_000, 2_000])
        #expect(retry.laterBaseMs == 3_000 && retry.laterCapMs == 4_000 && retry.attemptsMax == 6)
        #expect(
            PipelineAssembly.senderKeys(configuration.dispatch.webPush)
                == .reused(messagesMax: 7, lifetime: .seconds(8))
        )
        let parts = PipelineAssembly.parts(.init(configuration), configuration)
        #expect(parts.users.scheduledMax == 5 && parts.users.scheduledBytesMax == 20_000)
        #expect(parts.senderKeys == .reused(messagesMax: 7, lifetime: .seconds(8)) && parts.retry.attemptsMax == 6)
    }

    @Test("unless configured, each message has a key pair of its own")
    func freshKeys() throws {
        let configuration = try #require(Sample.load(Sample.configuration).configuration)
        #expect(PipelineAssembly.senderKeys(configuration.dispatch.webPush) == .fresh)
    }
}

extension LoadedConfiguration {
    /// Without rules and credentials.
    fileprivate init(_ configuration: Configuration) {
        self.init(
            configuration: configuration,
            ruleSet: RuleSet([], version: ""),
            credentials: AppCredentials(),
            credentialWatch: nil,
            rulesWatch: nil,
            problems: []
        )
    }
}
