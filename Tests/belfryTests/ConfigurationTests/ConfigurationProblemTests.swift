import PushCore
import Testing

@testable import belfry

/// Each mistake gives exactly one problem, at its place, with its key.
struct ConfigurationProblemTests {
    private func expect(_ mistake: Mistake, in loaded: Loaded) throws {
        let found = loaded.problems.filter { $0.severity == mistake.severity }
        #expect(found.count == 1, "\(loaded.problems)")
        let problem = try #require(found.first)
        #expect(problem.place == SourcePlace(file: "belfry.yaml", line: mistake.line, column: mistake.column))
        #expect(problem.key == mistake.key)
        #expect(problem.description.contains(mistake.fragment), "\(problem)")
        #expect((loaded.configuration == nil) == (mistake.severity == .error))
    }

    /// Added behind the sample: the first line is line 7.
    static let sectionMistakes: [Mistake] = [
        Mistake("admn: { port: 1 }", 7, 1, "admn", "did you mean \"admin\"?"),
        Mistake("zzzzzzzzzz: 1", 7, 1, "zzzzzzzzzz", "allowed: kafka, apps, limits"),
        Mistake("admin: { prot: 1 }", 7, 10, "admin.prot", "did you mean \"port\"?"),
        Mistake("admin: { port: 70000 }", 7, 16, "admin.port", "\"70000\": out of range (allowed: 0 to 65535)"),
        Mistake("admin: { port: -1 }", 7, 16, "admin.port", "out of range"),
        Mistake("admin: { port: many }", 7, 16, "admin.port", "not a whole number"),
        Mistake("admin: { port: \"80\" }", 7, 17, "admin.port", "not a whole number"),
        Mistake("admin: { port: 8.5 }", 7, 16, "admin.port", "not a whole number"),
        Mistake("admin: { port: 99999999999999999999 }", 7, 16, "admin.port", "not a whole number"),
        Mistake("admin: { port: [1] }", 7, 16, "admin.port", "not a whole number"),
        Mistake("admin: { host: 5 }", 7, 16, "admin.host", "put it in quotation marks"),
        Mistake("admin: { host: true }", 7, 16, "admin.host", "a bool where a text is needed"),
        Mistake("admin: { host: \"\" }", 7, 17, "admin.host", "empty"),
        Mistake("admin: { host: [a] }", 7, 16, "admin.host", "a list where a text is needed"),
        Mistake("admin: 9090", 7, 8, "admin", "a number where a map is needed"),
        Mistake("log: { level: debgu }", 7, 15, "log.level", "did you mean \"debug\"?"),
        Mistake("log: { format: xml }", 7, 16, "log.format", "allowed: text, json"),
        Mistake("limits: { all: { max: 1, per: 1d } }", 7, 16, "limits.all", "where a list of maps is needed"),
        Mistake("limits: { all: [] }", 7, 16, "limits.all", "an empty list"),
        Mistake("limits: { all: }", 7, 9, "limits.all", "missing"),
        Mistake("limits: { all: [3] }", 7, 17, "limits.all[0]", "a number where a map is needed"),
        Mistake("limits: { all: [{ max: 0, per: 1d }] }", 7, 24, "limits.all[0].max", "allowed: 1 to 1000000"),
        Mistake("limits: { all: [{ max: 1000001, per: 1d }] }", 7, 24, "limits.all[0].max", "out of range"),
        Mistake("limits: { all: [{ per: 1d }] }", 7, 17, "limits.all[0].max", "missing"),
        Mistake("limits: { all: [{ max: 1 }] }", 7, 17, "limits.all[0].per", "missing"),
        Mistake("limits: { all: [{ max: 1, per: 500ms }] }", 7, 32, "limits.all[0].per", "allowed: 1s to 366d"),
        Mistake("limits: { all: [{ max: 1, per: 367d }] }", 7, 32, "limits.all[0].per", "out of range"),
        Mistake("limits: { all: [{ max: 1, per: 60 }] }", 7, 32, "limits.all[0].per", "a whole number and a unit"),
        Mistake("limits: { all: [{ max: 1, per: 1w }] }", 7, 32, "limits.all[0].per", "neither a duration"),
        Mistake("limits: { all: [{ max: 1, per: days }] }", 7, 32, "limits.all[0].per", "did you mean \"day\""),
        Mistake("limits: { all: [{ max: 1, per: [day] }] }", 7, 32, "limits.all[0].per", "a list"),
        Mistake(
            "limits: { all: [{ max: 1, per: 1d, on_exceed: block }] }",
            7,
            47,
            "limits.all[0].on_exceed",
            "unknown"
        ),
        Mistake(
            "limits: { a: [{ max: 1, per: 24h }, { max: 2, per: 1d }] }",
            7,
            52,
            "limits.a[1].per",
            "another window of the same length"
        ),
        Mistake("limits: { none: [{ max: 1, per: 1d }] }", 7, 17, "limits.none", "reserved"),
        Mistake("limits: { \"a b\": [{ max: 1, per: 1d }] }", 7, 12, "limits.a b", "not a name for a limit"),
        Mistake("dispatch: { in_flight_max: 0 }", 7, 28, "dispatch.in_flight_max", "out of range"),
        Mistake("dispatch: { request_timeout: 10 }", 7, 30, "dispatch.request_timeout", "not a duration"),
        Mistake("dispatch: { retry: { base: 1m, cap: 2s } }", 7, 37, "dispatch.retry.cap", "less than base (1m)"),
        Mistake("dispatch: { retry: { base: 1m } }", 7, 28, "dispatch.retry.base", "contradiction"),
        Mistake(
            "dispatch: { retry: { later_base: 1h, later_cap: 1m } }",
            7,
            49,
            "dispatch.retry.later_cap",
            "less than later_base (1h)"
        ),
        Mistake("dispatch: { retry: { attempts_max: 0 } }", 7, 36, "dispatch.retry.attempts_max", "out of range"),
        Mistake(
            "dispatch: { webpush: { sender_key_messages: 0 } }",
            7,
            45,
            "dispatch.webpush.sender_key_messages",
            "out of range"
        ),
        Mistake("users: { scheduled_max: 0 }", 7, 25, "users.scheduled_max", "out of range"),
        Mistake("users: { scheduled_bytes_max: 1000000 }", 7, 31, "users.scheduled_bytes_max", "out of range"),
        Mistake("credentials: { check_interval: 0s }", 7, 32, "credentials.check_interval", "out of range"),
        Mistake("users: { devices_max: 1001 }", 7, 23, "users.devices_max", "out of range"),
        Mistake("users: { dedupe_window: 99999999999999999d }", 7, 25, "users.dedupe_window", "not a duration"),
        Mistake("tls: { ca_file: keys/none.pem }", 7, 17, "tls.ca_file", "\"keys/none.pem\": no such file"),
        Mistake("tls: { ca_file: keys }", 7, 17, "tls.ca_file", "a folder, not a file"),
        Mistake("quiet_hours: { start: \"22:00\", end: \"24:00\" }", 7, 38, "quiet_hours.end", "not a time of day"),
        Mistake("quiet_hours: { start: \"22:00\", end: \"22:00\" }", 7, 38, "quiet_hours.end", "end when they start"),
        Mistake("users: { timezone: Berlin }", 7, 20, "users.timezone", "not the name of a time zone"),
        Mistake("categories: { a: { default: yes } }", 7, 29, "categories.a.default", "unknown"),
        Mistake("quiet_hours: { start: \"22:00\" }", 7, 14, "quiet_hours.end", "missing"),
        Mistake("dispatch: { connections: 2 }", 7, 13, "dispatch.connections", "unknown key"),
        Mistake("transport: { connections: 0 }", 7, 27, "transport.connections", "allowed: 1 to 64"),
        Mistake("transport: { connections: 65 }", 7, 27, "transport.connections", "out of range"),
        Mistake(
            "transport: { connections: 2, connections_min: 3 }",
            7,
            47,
            "transport.connections_min",
            "\"3\": contradiction: more than connections (2)"
        ),
        Mistake("transport: { connections_min: 2 }", 7, 31, "transport.connections_min", "more than connections (1)"),
        Mistake("transport: { connection_age: 59s }", 7, 30, "transport.connection_age", "allowed: 1m to 30d"),
        Mistake("transport: { connection_idle: 0s }", 7, 31, "transport.connection_idle", "out of range"),
        Mistake("transport: { connect_timeout: 2m }", 7, 31, "transport.connect_timeout", "allowed: 100ms to 1m"),
        Mistake("transport: { request_bytes_max: 1 }", 7, 33, "transport.request_bytes_max", "out of range"),
        Mistake("transport: { streams_max: many }", 7, 27, "transport.streams_max", "not a whole number"),
        Mistake("transport: { ping: 5s }", 7, 20, "transport.ping", "a text where a map is needed"),
        Mistake("transport: { ping: { timeout: 5 } }", 7, 31, "transport.ping.timeout", "not a duration"),
        Mistake("transport: { ping: { idel: 5s } }", 7, 22, "transport.ping.idel", "did you mean \"idle\"?"),
        // YAML itself.
        Mistake("admin: { port: 1 }\nlog: {}\nadmin: { port: 2 }", 9, 1, "admin", "already set in line 7"),
        Mistake("admin:\n\tport: 1", 8, 1, "", "a tab is used for indentation"),
        Mistake("admin: &a { port: 1 }", 7, 8, "", "anchors and aliases (&a, *a) are not supported"),
        Mistake("admin: *a", 7, 8, "", "YAML alias, which is not supported"),
        Mistake("admin: { <<: { port: 1 } }", 7, 10, "", "merge keys"),
        Mistake("admin: { port: !!int \"1\" }", 7, 16, "", "tags are not supported"),
        Mistake("---\nadmin: { port: 1 }", 7, 1, "", "a second YAML document begins here"),
        Mistake("admin: { host: @here }", 7, 16, "", "cannot begin with @"),
        Mistake("admin: a: b", 7, 9, "", "\":\" that belongs to no key"),
        Mistake("[a]: 1", 7, 1, "", "a key must be a text, not a list"),
        Mistake("admin: { host: \"a", 8, 1, "", "opened and not closed"),
    ]

    @Test("a mistake in a section is found at its place", arguments: sectionMistakes)
    func section(mistake: Mistake) throws {
        try expect(mistake, in: Sample.load(Sample.configuration + mistake.text + "\n"))
    }

    /// Put after line 2, inside `kafka`: the first line is line 3, and begins in column 3.
    static let kafkaMistakes: [Mistake] = [
        Mistake("partitions: 0", 3, 15, "kafka.partitions", "allowed: 1 to 10000"),
        Mistake("partitions: 10001", 3, 15, "kafka.partitions", "out of range"),
        Mistake("start_from: newest", 3, 15, "kafka.start_from", "allowed: earliest, latest"),
        Mistake("instance_id: a/b", 3, 16, "kafka.instance_id", "not a name for Kafka"),
        Mistake("bootstrap_server: x", 3, 3, "kafka.bootstrap_server", "did you mean \"bootstrap_servers\"?"),
        Mistake("properties: [a]", 3, 15, "kafka.properties", "a list where a map is needed"),
        Mistake("properties: { group.id: g }", 3, 27, "kafka.properties.group.id", "set kafka.group_prefix"),
        Mistake(
            "properties: { group.instance.id: a }",
            3,
            36,
            "kafka.properties.group.instance.id",
            "set kafka.instance_id"
        ),
        Mistake("properties: { security: { protocol: SSL } }", 3, 27, "kafka.properties.security", "in one piece"),
        Mistake(
            "plain_json: [{ topic: shop.event, id: a, type: b, time: c, source: d }]",
            3,
            25,
            "kafka.plain_json[0].topic",
            "did you mean \"shop.events\"?"
        ),
        Mistake(
            "plain_json: [{ topic: shop.events, id: =1, type: b, time: c, source: d }]",
            3,
            42,
            "kafka.plain_json[0].id",
            "cannot be the same for every event"
        ),
        Mistake(
            "plain_json: [{ topic: shop.events, id: a..b, type: b, time: c, source: d }]",
            3,
            42,
            "kafka.plain_json[0].id",
            "not a dotted path"
        ),
        Mistake(
            "plain_json: [{ topic: shop.events, id: a, type: \"=\", time: c, source: d }]",
            3,
            52,
            "kafka.plain_json[0].type",
            "an empty constant"
        ),
        Mistake(
            "plain_json: [{ topic: shop.events, id: a, type: b, source: d }]",
            3,
            16,
            "kafka.plain_json[0].time",
            "missing"
        ),
        Mistake("drain_timeout: 10m", 3, 18, "kafka.drain_timeout", "allowed: 1s to 5m"),
    ]

    @Test("a mistake under kafka is found at its place", arguments: kafkaMistakes)
    func kafka(mistake: Mistake) throws {
        let text = Sample.configuration.replacing("  topics:", with: "  \(mistake.text)\n  topics:")
        try expect(mistake, in: Sample.load(text))
    }

    /// In place of the topics, in line 3.
    static let topicMistakes: [Mistake] = [
        Mistake("{ events: [] }", 3, 21, "kafka.topics.events", "an empty list"),
        Mistake("{ receipts: r }", 3, 11, "kafka.topics.events", "missing"),
        Mistake("{ events: [a, b, a] }", 3, 28, "kafka.topics.events[2]", "already used as kafka.topics.events[0]"),
        Mistake("{ events: [a b] }", 3, 22, "kafka.topics.events[0]", "not a topic name"),
        Mistake("{ events: [.] }", 3, 22, "kafka.topics.events[0]", "not a topic name"),
        Mistake("{ events: [5] }", 3, 22, "kafka.topics.events[0]", "a number where a text is needed"),
        Mistake(
            "{ events: [push.receipts] }",
            3,
            11,
            "kafka.topics.receipts",
            "already used as kafka.topics.events[0]"
        ),
        Mistake("{ events: a, inbox: i, users: i }", 3, 41, "kafka.topics.users", "already used as kafka.topics.inbox"),
        Mistake("{ events: [push.outbox.fcm] }", 3, 11, "kafka.topics.outbox", "\"push.outbox.fcm\": contradiction"),
    ]

    @Test("a mistake in the topics is found at its place", arguments: topicMistakes)
    func topics(mistake: Mistake) throws {
        try expect(
            mistake,
            in: Sample.load(Sample.configuration.replacing("{ events: [shop.events] }", with: mistake.text))
        )
    }

    @Test("a property that Belfry sets itself is ignored with a warning")
    func ownProperty() throws {
        let text = Sample.configuration.replacing(
            "  topics:",
            with: "  properties: { enable.auto.commit: true, security.protocol: SSL }\n  topics:"
        )
        let loaded = Sample.load(text)
        #expect(loaded.problems.map(\.key) == ["kafka.properties.enable.auto.commit"])
        #expect(try #require(loaded.configuration).kafka.properties.map(\.name) == ["security.protocol"])
    }

    @Test("every problem is found in one go")
    func allAtOnce() {
        let loaded = Sample.load("admin: { port: x }\nlog: { level: y }\nlimits: { all: 3 }\nfoo: 1\n")
        let keys = Set(loaded.problems.map(\.key))
        let expected: Set = [
            "admin.port", "log.level", "limits.all", "foo", "kafka.bootstrap_servers", "kafka.topics.events", "apps",
            "rules",
        ]
        #expect(keys == expected)
    }

    @Test("a glob without a match is an error")
    func glob() {
        let loaded = Sample.load(Sample.configuration.replacing("rules/*.yaml", with: "rules/*.yaml, none/*.yaml"))
        #expect(loaded.problems.map(\.message) == ["no file matches"])
        #expect(loaded.problems.map(\.key) == ["rules[1]"])
    }

    @Test("a key file that others can read is a warning")
    func permissions() {
        var files = Sample.files
        files.permissions["keys/apns.p8"] = 0o644
        let loaded = Sample.load(files)
        #expect(loaded.configuration != nil)
        #expect(loaded.problems.map(\.severity) == [.warning])
        #expect(loaded.problems.first?.message.contains("mode 644") == true)
    }

    @Test("a key file that cannot be read, or holds nothing, is an error")
    func unreadableKey() {
        var files = Sample.files
        files.forbidden = ["keys/apns.p8"]
        #expect(Sample.load(files).problems.map(\.message) == ["the file may not be read (permissions)"])
        files = Sample.files
        files.files["keys/apns.p8"] = []
        #expect(Sample.load(files).problems.map(\.message) == ["the file is empty"])
    }

    @Test("secrets are in no problem")
    func secrets() {
        let secret = "hunter2hunter2"
        let key = "-----BEGIN PRIVATE KEY-----\\n\(secret)"
        let text = """
            kafka:
              properties: { sasl.password: [\(secret)], client.id: \(secret), acks: \(secret) }
              sasl_password: \(secret)
            apps:
              - { provider: apns, app: a, team_id: ABCDE12345, key_id: KEY1234567, key_file: "\(key)" }
              - { provider: apns, app: b, team_id: ABCDE12345, key_id: KEY1234567, key_file: \(secret)\(String(repeating: "A", count: 184)) }
            rules: x
            """
        let loaded = Sample.load(text, environment: ["BELFRY_SASL_PASSWORD": secret])
        #expect(loaded.problems.count >= 7)
        #expect(!ProblemReport(loaded.problems).text.contains(secret))
        #expect(!ProblemReport(loaded.problems).json.contains(secret))
    }

    @Test("what is shown of a file cannot steer a terminal")
    func controlCharacters() {
        let loaded = Sample.load(Sample.configuration + "\"a\\e[31m\\u202e\": 1\nlog: { level: \"\\e]0;x\\a\" }\n")
        #expect(loaded.problems.count == 2)
        let text = ProblemReport(loaded.problems).text
        #expect(!text.unicodeScalars.contains { $0.value == 0x1B || $0.value == 0x07 || $0.value == 0x202E })
    }
}
