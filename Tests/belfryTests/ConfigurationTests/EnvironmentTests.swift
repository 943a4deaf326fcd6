import PushCore
import PushProviders
import Testing

@testable import belfry

/// Environment variables over the file.
struct EnvironmentTests {
    private func load(_ environment: [String: String], adding text: String = "") -> Loaded {
        Sample.load(Sample.configuration + text, environment: environment)
    }

    @Test("variables override keys of every type")
    func override() throws {
        let loaded = load([
            "BELFRY_KAFKA_BOOTSTRAP_SERVERS": "a:1,b:2",
            "BELFRY_KAFKA_CLIENT_ID": "5",
            "BELFRY_KAFKA_TOPICS_EVENTS": "x, y",
            "BELFRY_KAFKA_TOPICS_INVALID_TOKENS": "dead",
            "BELFRY_ADMIN_PORT": "0",
            "BELFRY_DISPATCH_RETRY_CAP": "1m",
            "BELFRY_APPS_0_ENVIRONMENT": "sandbox",
            "BELFRY_TRANSPORT_PING_BEFORE_USE": "9s",
            "BELFRY_TRANSPORT_CONNECTION_AGE": "12h",
            "BELFRY_LOG_FORMAT": "json",
            "BELFRY_LIMITS_ALL_0_MAX": "4",
            "BELFRY_LIMITS_ALL_0_PER": "1h",
            "OTHER": "ignored",
        ])
        #expect(loaded.problems.isEmpty, "\(loaded.problems)")
        let configuration = try #require(loaded.configuration)
        #expect(configuration.kafka.bootstrapServers == ["a:1", "b:2"])
        #expect(configuration.kafka.clientID == "5")
        #expect(configuration.kafka.topics.events == ["x", "y"])
        #expect(configuration.kafka.topics.invalidTokens == "dead")
        #expect(configuration.admin.port == 0)
        #expect(configuration.dispatch.retry.cap == .seconds(60))
        #expect(configuration.transport.ping.beforeUse == .seconds(9))
        #expect(configuration.transport.connectionAge == .seconds(43_200))
        #expect(configuration.log.format == .json)
        #expect(configuration.limits.first?.windows.map(\.max) == [4])
        guard case .apns(let apns) = try #require(configuration.apps.first).settings else {
            Issue.record("not APNs")
            return
        }
        #expect(apns.environment == .sandbox)
        #expect(apns.teamID == "ABCDE12345")
    }

    @Test("elements of a list are set and added by index, in the order of the numbers")
    func lists() throws {
        var environment = ["BELFRY_KAFKA_TOPICS_EVENTS_0": "first"]
        for index in 1...10 { environment["BELFRY_KAFKA_TOPICS_EVENTS_\(index)"] = "topic\(index)" }
        environment["BELFRY_APPS_1_PROVIDER"] = "fcm"
        environment["BELFRY_APPS_1_APP"] = "project"
        environment["BELFRY_APPS_1_SERVICE_ACCOUNT_FILE"] = "keys/fcm.json"
        environment["BELFRY_APPS_1_QUOTA_MESSAGES_PER_MINUTE"] = "120"
        environment["BELFRY_APPS_1_BASE_URL"] = "https://127.0.0.1:8443/proxy"
        let configuration = try #require(load(environment).configuration)
        #expect(configuration.kafka.topics.events == ["first"] + (1...10).map { "topic\($0)" })
        #expect(configuration.apps.map(\.provider) == [.apns, .fcm])
        guard case .fcm(let fcm) = configuration.apps[1].settings else {
            Issue.record("not FCM")
            return
        }
        #expect(fcm.settings.quota.messagesPerMinute == 120 && fcm.settings.quota.rampUp == .seconds(60))
        #expect(fcm.settings.endpoint.description == "https://127.0.0.1:8443/proxy")
    }

    @Test("a single text counts as the first element")
    func singleText() throws {
        let loaded = load(["BELFRY_KAFKA_BOOTSTRAP_SERVERS_1": "b:2"])
        #expect(loaded.configuration?.kafka.bootstrapServers == ["localhost:9092", "b:2"])
    }

    @Test("librdkafka properties take dots for underscores, and names of the file are found again")
    func properties() throws {
        let text = "kafka:\n  properties: { ssl.ca.location: a, x_y.z: b }\n"
        let loaded = Sample.load(
            Sample.configuration.replacing("kafka:\n", with: text),
            environment: [
                "BELFRY_KAFKA_PROPERTIES_SASL_PASSWORD": "s", "BELFRY_KAFKA_PROPERTIES_X_Y_Z": "c",
                "BELFRY_KAFKA_PROPERTIES_SSL_CA_LOCATION": "d",
            ]
        )
        let properties = try #require(loaded.configuration).kafka.properties
        #expect(properties.map(\.name) == ["ssl.ca.location", "x_y.z", "sasl.password"])
        #expect(properties.map(\.value) == ["d", "c", "s"])
    }

    @Test("names of limits with underscores and digits are found")
    func limitNames() throws {
        let loaded = load(
            ["BELFRY_LIMITS_TOP_10_0_MAX": "7", "BELFRY_LIMITS_ON_SALE_0_MAX": "8"],
            adding: "limits: { top-10: [{ max: 1, per: 1d }], on_sale: [{ max: 1, per: 1d }] }\n"
        )
        #expect(loaded.configuration?.limits.map { $0.windows[0].max } == [7, 8])
    }

    static let mistakes: [(name: String, value: String, expected: String)] = [
        ("BELFRY_ADMIN_PORT", "x", "error: admin.port: \"x\": not a whole number"),
        ("BELFRY_LOG_LEVEL", "loud", "error: log.level: \"loud\": unknown"),
        ("BELFRY_DISPATCH_REQUEST_TIMEOUT", "10", "error: dispatch.request_timeout: \"10\": not a duration"),
        ("BELFRY_APPS_0_KEY_FILE", "none", "error: apps[0].key_file: \"none\": no such file"),
        ("BELFRY_APPS_2_APP", "a", "error: index 2 leaves a gap: the list has 1 elements (allowed: 0 to 1)"),
        ("BELFRY_ADMIN_PROT", "1", "warning: no key has this name, so it is ignored; did you mean BELFRY_ADMIN_PORT?"),
        ("BELFRY_APPS_0_KEYFILE", "1", "did you mean BELFRY_APPS_0_KEY_FILE?"),
        ("BELFRY_ADMIN", "1", "warning: no key has this name"),
        ("BELFRY_", "1", "warning: no key has this name"),
        ("BELFRY_APPS__KEY_FILE", "1", "warning: no key has this name"),
        ("BELFRY_APPS_99999999999999999999_APP", "1", "warning: no key has this name"),
    ]

    @Test("a mistake in a variable names the variable", arguments: mistakes)
    func mistake(name: String, value: String, expected: String) throws {
        let problems = load([name: value]).problems
        #expect(problems.count == 1, "\(problems)")
        let text = try #require(problems.first).description
        #expect(text.hasPrefix("environment variable \(name): "), "\(text)")
        #expect(text.contains(expected), "\(text)")
    }

    @Test("empty variables and those of Kubernetes services are no overrides")
    func ignored() {
        let loaded = load([
            "BELFRY_ADMIN_PORT": "", "BELFRY_SERVICE_HOST": "10.0.0.1", "BELFRY_PORT": "tcp://10.0.0.1:9090",
            "BELFRY_PORT_9090_TCP_ADDR": "10.0.0.1",
        ])
        #expect(loaded.problems.isEmpty, "\(loaded.problems)")
        #expect(loaded.configuration?.admin.port == 9_090)
    }

    @Test("every key has a variable that reaches it", arguments: ConfigurationKeys.all.map(\.environmentName))
    func everyKey(pattern: String) {
        let name = pattern.replacing("<n>", with: "0").replacing("<name>", with: "SOME")
        let problems = load([name: "?"]).problems
        #expect(!problems.contains { $0.message.contains("no key has this name") }, "\(problems)")
    }
}
