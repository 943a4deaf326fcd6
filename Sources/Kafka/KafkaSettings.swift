/// How to reach a cluster, and which of the library's properties differ from ours.
package struct KafkaSettings: Hashable, Sendable {
    /// Addresses as `host:port`, at least one.
    package var bootstrapServers: [String]

    /// librdkafka properties by name.
    ///
    /// They win over our defaults, except where that would break a promise (see `problems()`).
    package var properties: [String: String]

    package init(bootstrapServers: [String], properties: [String: String] = [:]) {
        self.bootstrapServers = bootstrapServers
        self.properties = properties
    }

    /// A property that cannot be used as it is.
    package struct Problem: Hashable, Sendable {
        package let property: String
        package let value: String

        /// What is wrong, and what is allowed.
        package let text: String

        var error: KafkaError { .invalidArgument("\(property)=\(value): \(text)") }
    }

    /// Everything that is wrong with these settings, in the order of the property names.
    ///
    /// - Returns: empty if clients can be made with them, as far as can be known without asking the cluster.
    package func problems() -> [Problem] {
        var problems: [Problem] = []
        if !bootstrapServers.contains(where: { !$0.isEmpty }) {
            problems.append(Problem(property: "bootstrap.servers", value: "", text: "at least one host:port is needed"))
        }
        let configuration = KafkaConfiguration()
        for (name, value) in properties.sorted(by: { $0.key < $1.key }) {
            if let text = Self.refusal(of: name, value: value) {
                problems.append(Problem(property: name, value: value, text: text))
                continue
            }
            do {
                try configuration.set(name, value)
            } catch {
                problems.append(Problem(property: name, value: value, text: error.text))
            }
        }
        return problems
    }

    /// The complete property list of one client, later entries overriding earlier ones.
    ///
    /// - Parameters:
    ///   - defaults: ours.
    ///   - identity: what the caller decides, such as the client's and the group's name; wins over everything.
    /// - Returns: names and values in the order in which they are to be set.
    /// - Throws: the first problem.
    func resolved(
        defaults: [(String, String)],
        identity: [(String, String)]
    ) throws(KafkaError) -> [(String, String)] {
        if let problem = problems().first { throw problem.error }
        let servers = [("bootstrap.servers", bootstrapServers.joined(separator: ","))]
        return defaults + properties.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } + servers + identity
    }
}

// MARK: - What is refused

extension KafkaSettings {
    private static func refusal(of name: String, value: String) -> String? {
        let value = value.lowercased()
        switch name {
        case "enable.auto.commit", "enable.auto.offset.store":
            return isFalse(value)
                ? nil : "only false is allowed: an offset is committed when its work is acknowledged, not on a timer"
        case "auto.offset.reset":
            return value == "error"
                ? nil : "only error is allowed: records outside the log's range are an alarm, not skipped silently"
        case "enable.idempotence":
            return isTrue(value)
                ? nil : "only true is allowed: retries inside the library would write copies and change the order"
        case "acks", "request.required.acks":
            return value == "all" || value == "-1"
                ? nil : "only all is allowed: what one replica has acknowledged can be lost with it"
        case "delivery.report.only.error":
            return isFalse(value) ? nil : "only false is allowed: progress is counted by acknowledgements"
        case "partitioner":
            return value == "murmur2_random" || value == "murmur2"
                ? nil
                : "only murmur2_random and murmur2 are allowed: the key's owner has to be the same for all producers"
        case "partition.assignment.strategy":
            return value.contains("cooperative") && !KafkaLibrary.allowsCooperativeRebalance
                ? "cooperative strategies need librdkafka 2.10; this is \(KafkaLibrary.version)" : nil
        case "group.protocol":
            return value == "classic" ? nil : "only classic is allowed"
        case "transactional.id":
            return "transactions are not used"
        case "test.mock.num.brokers":
            return "this replaces the cluster by one in memory; start the embedded broker instead"
        case "bootstrap.servers", "metadata.broker.list", "client.id", "group.id", "group.instance.id":
            return "this has its own place in the configuration and cannot be a property"
        case "enable.partition.eof", "log.queue":
            return "this is decided by the reader of the queue and cannot be a property"
        case _ where name.hasSuffix("_cb") || name == "opaque":
            return "functions and addresses cannot be properties"
        default:
            // The library's names are open-ended; what it does not know it says itself.
            return nil
        }
    }

    // The spellings that librdkafka takes for booleans.
    private static func isTrue(_ value: String) -> Bool { ["true", "t", "1"].contains(value) }
    private static func isFalse(_ value: String) -> Bool { ["false", "f", "0"].contains(value) }
}

// MARK: - Our defaults

extension KafkaSettings {
    private static let everyClient: [(String, String)] = [
        ("log.queue", "true"),
        ("socket.keepalive.enable", "true"),
        ("socket.nagle.disable", "true"),
        ("statistics.interval.ms", "5000"),
    ]

    /// For members of a consumer group.
    static var consumerDefaults: [(String, String)] {
        everyClient + readerDefaults + queueBackoff + [
            ("partition.assignment.strategy", "range"),
            ("session.timeout.ms", "\(sessionTimeoutDefaultMs)"),
            ("heartbeat.interval.ms", "3000"),
            ("max.poll.interval.ms", "300000"),
        ]
    }

    /// After this silence of a member the group goes on without it, in milliseconds (`session.timeout.ms`).
    package var sessionTimeoutMs: Int64 {
        properties["session.timeout.ms"].flatMap { Int64($0) } ?? Self.sessionTimeoutDefaultMs
    }

    private static let sessionTimeoutDefaultMs: Int64 = 45_000

    /// For clients that read a partition from one offset to another, without a group.
    static var rangeReaderDefaults: [(String, String)] {
        everyClient + readerDefaults + queueBackoff + [
            ("enable.partition.eof", "true"),
            // More than whoever reads takes in a second; see ``RangeReading/openMax`` for what is there in fact.
            ("queued.min.messages", "1000000"),
            ("queued.max.messages.kbytes", "65536"),
            // Nobody reads the statistics of a client that lives for seconds.
            ("statistics.interval.ms", "0"),
        ]
    }

    private static var queueBackoff: [(String, String)] {
        KafkaLibrary.hasFetchQueueBackoff ? [("fetch.queue.backoff.ms", "100")] : []
    }

    /// What everybody who fetches needs.
    ///
    /// The limits hold for a queue: where partitions share one, for all of them together. They are large on purpose: librdkafka before
    /// 2.2 does not fetch a partition for a second that finds one reached, so they bound memory and are no means of back-pressure.
    private static let readerDefaults: [(String, String)] = [
        ("enable.auto.commit", "false"),
        ("enable.auto.offset.store", "false"),
        ("auto.offset.reset", "error"),
        ("queued.min.messages", "100000"),
        ("queued.max.messages.kbytes", "8192"),
        ("fetch.wait.max.ms", "100"),
        ("fetch.error.backoff.ms", "100"),
        ("check.crcs", "true"),
        ("isolation.level", "read_committed"),
        ("allow.auto.create.topics", "false"),
    ]

    /// For producers.
    ///
    /// The time-out is the library's; after it, the producer produces the record again itself.
    static let producerDefaults: [(String, String)] =
        everyClient + [
            ("enable.idempotence", "true"),
            ("linger.ms", "5"),
            ("compression.type", "lz4"),
            ("delivery.timeout.ms", "60000"),
            ("queue.buffering.max.kbytes", "65536"),
            ("partitioner", "murmur2_random"),
        ]

    /// For clients that ask and change, and move no records.
    static let adminDefaults: [(String, String)] = everyClient + [("statistics.interval.ms", "0")]
}
