import PushCore
import Testing

@testable import belfry

/// What a right configuration becomes.
struct ConfigurationReadingTests {
    @Test("a configuration with the least it needs has the defaults")
    func defaults() throws {
        let loaded = Sample.load(Sample.configuration)
        #expect(loaded.problems.isEmpty, "\(loaded.problems)")
        let configuration = try #require(loaded.configuration)
        let kafka = configuration.kafka
        #expect(kafka.bootstrapServers == ["localhost:9092"])
        #expect(kafka.clientID == "belfry")
        #expect(kafka.instanceID == nil)
        #expect(kafka.groupPrefix == "belfry")
        #expect(kafka.properties.isEmpty)
        #expect(kafka.partitions == 64)
        #expect(kafka.replicationFactor == 3)
        #expect(kafka.startFrom == .earliest)
        #expect(kafka.commitInterval == .seconds(1))
        #expect(kafka.drainTimeout == .seconds(15))
        #expect(kafka.topics.events == ["shop.events"])
        #expect(kafka.topics.registrations == "push.registrations")
        #expect(kafka.topics.receipts == "push.receipts")
        #expect(kafka.topics.invalidTokens == "push.invalid-tokens")
        #expect(kafka.topics.deadLetters == "push.dead-letters")
        #expect(kafka.topics.inbox == "push.inbox")
        #expect(kafka.topics.users == "push.users")
        #expect(
            Provider.allCases.map(kafka.topics.outbox) == [
                "push.outbox.apns", "push.outbox.fcm", "push.outbox.webpush",
            ]
        )
        #expect(kafka.plainJSON.isEmpty)
        #expect(configuration.caFile == nil)
        #expect(configuration.limits.isEmpty)
        #expect(configuration.quietHours == nil)
        #expect(configuration.users.dedupeWindow == .seconds(3_600))
        #expect(configuration.users.devicesMax == 32)
        #expect(configuration.users.scheduledMax == 32 && configuration.users.scheduledBytesMax == 262_144)
        #expect(configuration.credentials.checkInterval == .seconds(5))
        #expect(configuration.dispatch.inFlightMax == 4_096)
        #expect(configuration.dispatch.requestTimeout == .seconds(10))
        #expect(configuration.dispatch.retry.budget == .seconds(300))
        #expect(configuration.dispatch.retry.base == .milliseconds(500))
        #expect(configuration.dispatch.retry.cap == .seconds(30))
        #expect(configuration.dispatch.retry.laterBase == .seconds(60))
        #expect(configuration.dispatch.retry.laterCap == .seconds(1_800))
        #expect(configuration.dispatch.retry.attemptsMax == 100)
        #expect(configuration.dispatch.webPush.senderKeyMessages == 1)
        #expect(configuration.dispatch.webPush.senderKeyLifetime == .seconds(60))
        let transport = configuration.transport
        #expect(transport.connections == 1 && transport.connectionsMin == 1)
        #expect(transport.connectionIdle == .seconds(600) && transport.connectionAge == nil)
        #expect(transport.connectTimeout == .seconds(10))
        #expect(transport.requestBytesMax == 64 << 20 && transport.streamsMax == 2_000)
        #expect(transport.ping.idle == .seconds(3_600) && transport.ping.silence == .seconds(5))
        #expect(transport.ping.timeout == .seconds(5) && transport.ping.beforeUse == .seconds(60))
        #expect(configuration.admin.host == "127.0.0.1")
        #expect(configuration.admin.port == 9_090)
        #expect(configuration.log.level == "info")
        #expect(configuration.log.format == .text)
        #expect(configuration.ruleFiles == ["rules/orders.yaml"])
        let app = try #require(configuration.apps.first)
        #expect(app.provider == .apns)
        #expect(app.name == "com.example.shop")
        guard case .apns(let apns) = app.settings else {
            Issue.record("not APNs")
            return
        }
        #expect([apns.teamID, apns.keyID, apns.keyFile] == ["ABCDE12345", "KEY1234567", "keys/apns.p8"])
        #expect(apns.environment == .production && apns.baseURL == nil)
        #expect(apns.tokenRenewal == .seconds(3_000))
    }

    /// The example of the design, word for word.
    static let design = """
        kafka:
          bootstrap_servers: localhost:9092
          properties: { security.protocol: SASL_SSL }    # any librdkafka property, passed through
          topics: { events: [shop.events, chat.events], registrations: push.registrations }
        apps:                                            # any number; a device's provider + app picks one
          - { provider: apns, app: com.example.shop, team_id: ABCDE12345, key_id: KEY1234567, key_file: keys/apns.p8 }
          - { provider: fcm, app: example-shop, service_account_file: keys/fcm.json }
          - { provider: webpush, app: https://shop.example.com, vapid_key_file: keys/vapid.pem, subject: mailto:ops@example.com }
        limits:
          all:       [{ max: 20, per: 1d }]              # across all rules
          marketing: [{ max: 3, per: 1d, on_exceed: defer }, { max: 1, per: 1h, on_exceed: drop }]
        quiet_hours: { start: "22:00", end: "08:00", on_quiet: defer }
        rules: [rules/*.yaml]
        admin: { host: 127.0.0.1, port: 9090 }
        """

    static let designRule = """
        # rules/orders.yaml
        - id: order-shipped
          on: com.example.order.shipped                  # CloudEvents type, or a list, or a prefix with *
          when: data.total > 0 && has(data.tracking)     # CEL; variables: event (attributes), data
          to: { users: data.customer_id }                # CEL giving a string or a list
          category: transactional
          limit: none                                    # or a name from limits
          ttl: 4h
          priority: high
          collapse: "order-{{data.order_id}}"
          content:
            en: { title: "Order {{data.order_id}}", body: "Your parcel is on its way." }
            de: { title: "Bestellung {{data.order_id}}", body: "Ihr Paket ist unterwegs." }
          link: "https://shop.example.com/orders/{{data.order_id}}"
          data: { order_id: "{{data.order_id}}" }
          apns: { sound: default, interruption_level: time-sensitive }
        """

    @Test("the example of the design loads")
    func designExample() throws {
        var files = Sample.files
        files.files["belfry.yaml"] = Array(Self.design.utf8)
        files.files["rules/orders.yaml"] = Array(Self.designRule.utf8)
        let loaded = Sample.load(files)
        #expect(loaded.problems.isEmpty, "\(loaded.problems)")
        let configuration = try #require(loaded.configuration)
        #expect(configuration.apps.map(\.provider) == [.apns, .fcm, .webpush])
        #expect(configuration.kafka.properties.map(\.value) == ["SASL_SSL"])
        #expect(configuration.limits.map(\.name) == ["all", "marketing"])
        #expect(configuration.limits.last?.windows.map(\.max) == [3, 1])
        #expect(configuration.limits.last?.windows.map(\.per) == [.pace(ms: 86_400_000), .pace(ms: 3_600_000)])
        #expect(configuration.limits.last?.windows.map(\.onExceed) == [.defer, .drop])
        #expect(configuration.quietHours?.startMinute == 22 * 60)
        #expect(configuration.quietHours?.endMinute == 8 * 60)
        #expect(configuration.onQuiet == .defer && configuration.quietSpread == .seconds(600))
        #expect(loaded.rules.map(\.id.value) == ["order-shipped"])
        #expect(loaded.rules.first?.contents.map(\.locale.value) == ["en", "de"])
    }

    @Test("what protects people is read: periods of the calendar, categories, quiet hours, a zone")
    func people() throws {
        let loaded = Sample.load(
            Sample.configuration + """
                limits:
                  all: [{ max: 5, per: day, on_exceed: digest }, { max: 1, per: hour }, { max: 9, per: month }]
                quiet_hours: { start: "22:30", end: "07:15", on_quiet: send_silently, spread: 1h }
                categories:
                  security: { mandatory: true, bypass_quiet_hours: true }
                  "*": { default: opted_out }
                users: { timezone: Europe/Berlin, digest_items_max: 7 }

                """
        )
        #expect(loaded.problems.isEmpty, "\(loaded.problems)")
        let configuration = try #require(loaded.configuration)
        #expect(configuration.limits[0].windows.map(\.per) == [.calendar(.day), .calendar(.hour), .calendar(.month)])
        #expect(configuration.limits[0].windows.map(\.onExceed) == [.digest, .drop, .drop])
        #expect(configuration.onQuiet == .sendSilently && configuration.quietSpread == .seconds(3_600))
        #expect(configuration.categories.map(\.name) == ["security", "*"])
        let security = configuration.categories[0].settings
        #expect(!security.isRefusable && security.isWanted && security.bypassesQuietHours)
        let others = configuration.categories[1].settings
        #expect(others.isRefusable && !others.isWanted && !others.bypassesQuietHours)
        #expect(configuration.users.timezone == "Europe/Berlin" && configuration.users.digestItemsMax == 7)
    }

    @Test("mappings for plain JSON are paths and constants")
    func plainJSON() throws {
        let mapping = """
              plain_json:
                - { topic: shop.events, id: order.id, type: =com.example.order, time: at, source: "=/shop", data: order }

            """
        let loaded = Sample.load(Sample.configuration.replacing("apps:", with: mapping + "apps:"))
        #expect(loaded.problems.isEmpty, "\(loaded.problems)")
        let plain = try #require(loaded.configuration?.kafka.plainJSON.first)
        #expect(plain.id == .path(["order", "id"]))
        #expect(plain.type == .constant("com.example.order"))
        #expect(plain.source == .constant("/shop"))
        #expect(plain.subject == nil)
        #expect(plain.data == .path(["order"]))
    }

    static let servers: [(String, [String]?)] = [
        ("a:9092", ["a:9092"]), ("a", ["a"]), ("'a:1, b:2'", ["a:1", "b:2"]), ("[a:1, 'b:2']", ["a:1", "b:2"]),
        ("'[::1]:9092'", ["[::1]:9092"]), ("SSL://a:9093", ["SSL://a:9093"]), ("a:0", nil), ("a:65536", nil),
        ("a:b", nil),
        ("'a:1,,b:2'", nil), ("'a b'", nil), ("'::1'", nil), ("'[::1'", nil), ("'a/b'", nil),
    ]

    @Test("broker addresses are a text or a list", arguments: servers)
    func bootstrapServers(text: String, expected: [String]?) {
        let loaded = Sample.load(Sample.configuration.replacing("localhost:9092", with: text))
        #expect(loaded.configuration?.kafka.bootstrapServers == expected)
    }

    static let origins: [(String, Configuration.BaseURL?)] = [
        ("https://a.example", Configuration.BaseURL(host: "a.example", port: 443)),
        ("https://127.0.0.1:8443/", Configuration.BaseURL(host: "127.0.0.1", port: 8443)),
        ("https://[::1]:8443", Configuration.BaseURL(host: "::1", port: 8443)),
        ("http://a", nil), ("https://", nil), ("https://a:0", nil), ("https://a:65536", nil), ("https://a/b", nil),
        ("https://a?b", nil), ("https://u@a", nil), ("https://[::1", nil), ("https://a:+1", nil), ("https://a:", nil),
    ]

    @Test("the address of a server is an HTTPS origin", arguments: origins)
    func origin(text: String, expected: Configuration.BaseURL?) {
        #expect(HTTPSOrigin.parse(text) == expected)
    }

    @Test("relative paths start at the folder of the configuration file")
    func folder() throws {
        let files = MemoryFiles([
            "/etc/belfry/belfry.yaml": Sample.configuration, "/etc/belfry/keys/apns.p8": "key",
            "/etc/belfry/rules/a.yaml": Sample.rule,
        ])
        let loaded = ConfigurationLoader.load(
            path: "/etc/belfry/belfry.yaml",
            environment: [:],
            fileSystem: files.fileSystem
        )
        let configuration = try #require(loaded.configuration)
        #expect(configuration.ruleFiles == ["/etc/belfry/rules/a.yaml"])
        guard case .apns(let apns) = try #require(configuration.apps.first).settings else {
            Issue.record("not APNs")
            return
        }
        #expect(apns.keyFile == "/etc/belfry/keys/apns.p8")
    }

    @Test("a missing configuration file is one error")
    func missing() {
        let loaded = ConfigurationLoader.load(path: "none.yaml", environment: [:], fileSystem: MemoryFiles().fileSystem)
        #expect(loaded.problems.map(\.description) == ["none.yaml: error: no such file"])
        #expect(loaded.configuration == nil)
    }

    @Test("a byte order mark and Windows line ends change nothing")
    func lineEnds() throws {
        let text = "\u{FEFF}" + Sample.configuration.replacing("\n", with: "\r\n") + "admin: { port: x }\r\n"
        let loaded = Sample.load(text)
        #expect(loaded.problems.map(\.place.description) == ["belfry.yaml:7:16"])
    }

    static let durations: [(String, Duration?)] = [
        ("500ms", .milliseconds(500)), ("30s", .seconds(30)), ("15m", .seconds(900)), ("4h", .seconds(14_400)),
        ("1d", .seconds(86_400)), ("0s", .zero), ("", nil), ("s", nil), ("5", nil), ("-5s", nil), ("+5s", nil),
        ("1.5h", nil),
        ("5 s", nil), ("5S", nil), ("5sec", nil), ("1h30m", nil), ("999999999999999999d", nil), ("١s", nil),
        ("9999999999999999999s", nil),
    ]

    @Test("durations are a whole number and a unit", arguments: durations)
    func duration(text: String, expected: Duration?) {
        #expect(DurationText.parse(text) == expected)
    }

    @Test(
        "a duration that is described reads back",
        arguments: ["500ms", "1500ms", "30s", "90s", "15m", "4h", "366d", "0s"]
    )
    func describedDuration(text: String) throws {
        #expect(DurationText.describe(try #require(DurationText.parse(text))) == text)
    }

    static let names: [(String, String?)] = [
        ("kafak", "kafka"), ("keyFile", "key_file"), ("key-file", "key_file"), ("limit", "limits"), ("x", nil),
        ("something", nil), ("", nil), (String(repeating: "k", count: 1_000), nil),
    ]

    @Test("the nearest name is near", arguments: names)
    func nearest(name: String, expected: String?) {
        #expect(NearestName.find(name, in: ["kafka", "apps", "limits", "key_file"]) == expected)
    }
}
