import Foundation
import Kafka
import Testing

/// What a test starts from: the embedded broker, a simulator and a configuration, in a folder of their own.
struct ClusterSetup {
    var partitions = 8
    /// Fault script of the simulator.
    var faults: String?
    /// Whether there is an app of FCM, `example-shop`, beside that of APNs.
    var hasFCM = false
    /// Added to the configuration.
    var configuration = ""
    /// Added below `kafka:`, indented by two.
    var kafka = ""
    var rules = ClusterSetup.shippedRule

    static let shippedRule = """
        - id: order-shipped
          on: com.example.order.shipped
          when: data.total > 0 && has(data.tracking)
          to: { users: data.customer_id }
          category: transactional
          limit: none
          bypass_limits: true
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
}

/// A broker, a simulator and any number of Belfry instances, as processes over sockets.
final class TestCluster {
    let folder: URL
    let settings: KafkaSettings
    let broker: BelfryProcess
    let producer: TestProducer
    let record: RecordFile
    let partitions: Int
    private(set) var simulator: BelfryProcess
    /// Every instance ever started; the last ones may be running.
    private(set) var instances: [BelfryProcess] = []
    private let simulatorPorts: [String]
    /// The provider token key that the simulator knows.
    let apnsKeyFile: URL

    static let topics = [
        "shop.events", "push.registrations", "push.receipts", "push.inbox", "push.users", "push.outbox.apns",
        "push.outbox.fcm", "push.outbox.webpush", "push.invalid-tokens", "push.dead-letters",
    ]

    /// Starts broker and simulator, runs the body and ends every process, also when the body throws.
    ///
    /// The folder stays when the body throws, since the logs are in it.
    static func with(_ setup: ClusterSetup = ClusterSetup(), _ body: (TestCluster) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("belfry-system-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: folder.appendingPathComponent("rules"),
            withIntermediateDirectories: true
        )
        let topics = topics.map { "\($0): \(setup.partitions)\n" }.joined()
        try Data(topics.utf8).write(to: folder.appendingPathComponent("topics.yaml"))
        if let faults = setup.faults { try Data(faults.utf8).write(to: folder.appendingPathComponent("faults.yaml")) }
        let broker = try BelfryProcess("broker", ["broker", "--topics", "topics.yaml"], in: folder)
        defer { broker.end() }
        let servers = try await broker.line(beginningWith: "bootstrap.servers=")
        let ports = ["--apns-port", "0"] + (setup.hasFCM ? ["--fcm-port", "0"] : [])
        let simulator = try startSimulator(0, ports, setup.faults != nil, folder)
        defer { simulator.end() }
        try await simulator.line(beginningWith: "ready")
        let cluster = try await TestCluster(setup, folder, broker, servers, simulator)
        defer { cluster.endAll() }
        do {
            try await body(cluster)
        } catch {
            Issue.record("the logs are in \(folder.path)")
            throw error
        }
        try FileManager.default.removeItem(at: folder)
    }

    private init(
        _ setup: ClusterSetup,
        _ folder: URL,
        _ broker: BelfryProcess,
        _ servers: String,
        _ simulator: BelfryProcess
    ) async throws {
        self.folder = folder
        self.broker = broker
        self.simulator = simulator
        let address = try await simulator.line(beginningWith: "apns: https://localhost:")
        let apnsPort = String(address.prefix { $0 != "," })
        let keyFile = try await simulator.line(beginningWith: "apns: accepts provider tokens signed by ")
        let keyID = try #require(keyFile.firstMatch(of: /AuthKey_(.*)\.p8/)?.output.1)
        var ports = ["--apns-port", apnsPort]
        var fcmApp = ""
        if setup.hasFCM {
            let port = try await simulator.line(beginningWith: "fcm: https://localhost:").prefix { $0 != "," }
            ports += ["--fcm-port", String(port)]
            fcmApp =
                "  - { provider: fcm, app: example-shop, service_account_file: tls/service-account.json, "
                + "base_url: \"https://localhost:\(port)\", topic_base_url: \"https://localhost:\(port)\" }\n"
        }
        simulatorPorts = ports
        apnsKeyFile = folder.appendingPathComponent(keyFile)
        partitions = setup.partitions
        settings = KafkaSettings(
            bootstrapServers: [servers],
            properties: ["fetch.wait.max.ms": "10", "statistics.interval.ms": "0"]
        )
        producer = try TestProducer(settings: settings)
        record = RecordFile(folder.appendingPathComponent("record.jsonl"))
        try write(setup.rules, to: "rules/rules.yaml")
        let configuration = """
            kafka:
              bootstrap_servers: \(servers)
              properties: { session.timeout.ms: 6000, heartbeat.interval.ms: 300, fetch.wait.max.ms: 10 }
              partitions: \(setup.partitions)
              topics: { events: [shop.events] }
            \(setup.kafka.isEmpty ? "" : setup.kafka + "\n")\
            apps:
              - { provider: apns, app: com.example.shop, team_id: ABCDE12345, key_id: \(keyID),
                  key_file: \(keyFile), base_url: "https://localhost:\(apnsPort)" }
            \(fcmApp)\
            tls: { ca_file: tls/ca.pem }
            dispatch: { retry: { base: 100ms, cap: 1s } }
            rules: [rules/*.yaml]
            admin: { port: 0 }
            \(setup.configuration)

            """
        try write(configuration, to: "belfry.yaml")
    }

    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: folder.appendingPathComponent(name))
    }

    private static func startSimulator(
        _ number: Int,
        _ ports: [String],
        _ hasFaults: Bool,
        _ folder: URL
    ) throws -> BelfryProcess {
        var arguments = ["simulate"] + ports + ["--tls-dir", "tls", "--record", "record.jsonl"]
        if hasFaults { arguments += ["--faults", "faults.yaml"] }
        return try BelfryProcess("simulator-\(number)", arguments, in: folder)
    }

    private var simulatorCount = 1

    /// Ends the simulator at once, if it runs, and starts it anew on its port.
    ///
    /// - Parameter faults: its fault script, whose times begin now.
    /// - Throws: if it does not serve in time.
    func restartSimulator(faults: String? = nil) async throws {
        simulator.end()
        if let faults { try write(faults, to: "faults.yaml") }
        simulator = try Self.startSimulator(simulatorCount, simulatorPorts, faults != nil, folder)
        simulatorCount += 1
        try await simulator.line(beginningWith: "ready")
    }

    /// Starts an instance, and does not wait until it is ready.
    @discardableResult
    func start(_ arguments: [String] = [], environment: [String: String] = [:]) throws -> BelfryProcess {
        let instance = try BelfryProcess(
            "run-\(instances.count)",
            ["run", "--config", "belfry.yaml"] + arguments,
            in: folder,
            environment: environment
        )
        instances.append(instance)
        return instance
    }

    /// Starts an instance and waits until it is ready.
    @discardableResult
    func startReady(_ arguments: [String] = []) async throws -> BelfryProcess {
        let instance = try start(arguments)
        try await instance.line(beginningWith: "ready")
        return instance
    }

    /// Registers devices and waits until the users stage has them, by what it has committed.
    func register(_ records: [TestRecord]) async throws {
        try await producer.produce(records, to: "push.registrations")
        try await allIsCommitted()
    }

    /// Waits until every group has committed all that there is, twice around, since a stage's work is the next one's input.
    ///
    /// - Throws: ``TimedOut`` with what is missing.
    func allIsCommitted(within limit: Duration = .seconds(60)) async throws {
        let groups = try GroupOffsets(settings: settings, partitions: partitions)
        var lag: [String] = []
        var quietRounds = 0
        try await eventually("commits up to the ends: \(lag)", within: limit) {
            lag = try groups.lag()
            quietRounds = lag.isEmpty ? quietRounds + 1 : 0
            return quietRounds == 2
        }
    }

    private func endAll() {
        for instance in instances { instance.end() }
        simulator.end()
        broker.end()
    }
}

/// What the groups have committed, beside what there is.
final class GroupOffsets {
    private static let inputs = [
        "belfry-rules": ["shop.events", "push.registrations"], "belfry-users": ["push.inbox"],
        "belfry-dispatch-apns": ["push.outbox.apns"],
    ]

    private let partitions: Int
    private let consumers: [String: KafkaConsumer]

    init(settings: KafkaSettings, partitions: Int) throws {
        self.partitions = partitions
        // They never subscribe: who only asks is no member.
        var consumers: [String: KafkaConsumer] = [:]
        for group in Self.inputs.keys {
            let membership = GroupMembership(groupID: group, clientID: "test-\(group)")
            consumers[group] = try KafkaConsumer(settings: settings, membership: membership, wakeUp: KafkaWakeUp())
        }
        self.consumers = consumers
    }

    /// Partitions that are not committed up to their end.
    func lag() throws -> [String] {
        var result: [String] = []
        for (group, consumer) in consumers {
            let all = (Self.inputs[group] ?? []).flatMap { topic in
                (0..<Int32(partitions)).map { TopicPartition(topic: topic, partition: $0) }
            }
            let committed = try consumer.committed(all, timeout: .seconds(20))
            for partition in all {
                let end = try consumer.watermarks([partition], timeout: .seconds(20))[0].high
                let offset = committed[partition]?.offset ?? 0
                if offset != end { result.append("\(group) \(partition): \(offset) of \(end)") }
            }
        }
        return result.sorted()
    }
}
