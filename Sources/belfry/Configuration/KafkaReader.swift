import PushCore

/// Reads `kafka`.
struct KafkaReader {
    private let kafka: SectionReader

    /// Properties that have a key of their own.
    private static let propertiesWithKey = [
        "bootstrap.servers": "bootstrap_servers",
        "metadata.broker.list": "bootstrap_servers",
        "client.id": "client_id",
        "group.instance.id": "instance_id",
        "group.id": "group_prefix",
    ]

    /// Properties that carry a promise: no loss, one owner per user.
    private static let propertiesOfOurs: Set<String> = [
        "enable.auto.commit", "enable.auto.offset.store", "auto.offset.reset", "enable.idempotence", "partitioner",
        "log.queue", "isolation.level", "enable.partition.eof", "acks", "request.required.acks",
    ]

    init(_ kafka: SectionReader) {
        self.kafka = kafka
    }

    func read() -> Configuration.Kafka {
        let topics = readTopics()
        return Configuration.Kafka(
            bootstrapServers: readBootstrapServers(),
            clientID: kafka.text("client_id")?.value ?? "",
            instanceID: readName("instance_id"),
            groupPrefix: readName("group_prefix") ?? "",
            properties: readProperties(),
            partitions: Int(kafka.wholeNumber("partitions") ?? 1),
            replicationFactor: Int(kafka.wholeNumber("replication_factor") ?? 1),
            startFrom: kafka.choice("start_from").flatMap(Configuration.StartFrom.init) ?? .earliest,
            commitInterval: kafka.duration("commit_interval") ?? .zero,
            drainTimeout: kafka.duration("drain_timeout") ?? .zero,
            topics: topics,
            plainJSON: readPlainJSON(topics: topics)
        )
    }

    private func readBootstrapServers() -> [String] {
        kafka.texts("bootstrap_servers").flatMap { text -> [String] in
            let servers = text.value.split(separator: ",", omittingEmptySubsequences: false)
                .map { trimmed($0) }
            for server in servers where !isServer(server) {
                kafka.log.add(
                    Problem(
                        at: text.place,
                        key: text.key,
                        value: displayed(server),
                        message: "not a broker address",
                        allowed: "host:port, port 1 to 65535"
                    )
                )
            }
            return servers
        }
    }

    private func trimmed(_ text: Substring) -> String {
        let front = text.drop { $0 == " " }
        return String(
            front.prefix(front.lastIndex { $0 != " " }.map { front.distance(from: front.startIndex, to: $0) + 1 } ?? 0)
        )
    }

    /// `host`, `host:port` or `protocol://host:port`, as librdkafka takes it.
    private func isServer(_ server: String) -> Bool {
        let parts = server.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = parts.last, !address.isEmpty else { return false }
        let isPlain = address.utf8.allSatisfy { isNameOctet($0) || ":[]".utf8.contains($0) }
        guard isPlain else { return false }
        if address.hasPrefix("[") {
            guard let end = address.firstIndex(of: "]") else { return false }
            let rest = address[address.index(after: end)...]
            return rest.isEmpty || (rest.hasPrefix(":") && isPort(rest.dropFirst()))
        }
        let fields = address.split(separator: ":", omittingEmptySubsequences: false)
        return fields.count <= 2 && !fields[0].isEmpty && (fields.count == 1 || isPort(fields[1]))
    }

    private func isPort(_ text: Substring) -> Bool {
        UInt16(text).map { $0 > 0 } ?? false
    }

    /// A group or member name.
    private func readName(_ name: String) -> String? {
        guard let text = kafka.text(name) else { return nil }
        guard text.value.utf8.count <= 200, text.value.utf8.allSatisfy(isNameOctet) else {
            kafka.report(
                name,
                at: kafka.node(name),
                value: text.value,
                "not a name for Kafka",
                allowed: "1 to 200 of A-Z a-z 0-9 . _ -"
            )
            return nil
        }
        return text.value
    }

    /// Values are never shown: most SASL and TLS secrets live here.
    private func readProperties() -> [(name: String, value: String)] {
        let properties = kafka.section("properties")
        return properties.entries.compactMap { entry in
            if let own = Self.propertiesWithKey[entry.key] {
                properties.report(entry.key, at: entry.value, "contradiction: set kafka.\(own) instead")
                return nil
            }
            if Self.propertiesOfOurs.contains(entry.key) {
                properties.warn(
                    entry.key,
                    at: entry.value,
                    "ignored: Belfry sets this property itself, to lose nothing"
                )
                return nil
            }
            guard case .scalar(let scalar) = entry.value.content else {
                properties.report(
                    entry.key,
                    at: entry.value,
                    "\(entry.value.kindName) where a text, number or bool is needed; names are written in one piece, "
                        + "such as security.protocol"
                )
                return nil
            }
            return (entry.key, entry.value.isNull ? "" : scalar.text)
        }
    }

    // MARK: Topics

    private func readTopics() -> Configuration.Topics {
        let section = kafka.section("topics")
        var uses = TopicUses(log: kafka.log)
        let events = section.texts("events")
        for event in events { uses.add(event) }
        func name(_ key: String) -> String {
            guard let text = section.text(key) else { return "" }
            uses.add(text)
            return text.value
        }
        let prefix = section.text("outbox")
        let topics = Configuration.Topics(
            events: events.map(\.value),
            registrations: name("registrations"),
            receipts: name("receipts"),
            invalidTokens: name("invalid_tokens"),
            deadLetters: name("dead_letters"),
            inbox: name("inbox"),
            users: name("users"),
            outboxPrefix: prefix?.value ?? ""
        )
        if let prefix {
            for provider in Provider.allCases {
                uses.add(Located(topics.outbox(provider), at: prefix.place, key: prefix.key))
            }
        }
        return topics
    }

    // MARK: Plain JSON

    private func readPlainJSON(topics: Configuration.Topics) -> [Configuration.PlainJSON] {
        var seen: Set<String> = []
        return kafka.sections("plain_json").compactMap { mapping in
            let topic = mapping.text("topic")
            if let topic, !topics.events.contains(topic.value) {
                let nearest = NearestName.find(topic.value, in: topics.events)
                let hint = nearest.map { "; did you mean \"\($0)\"?" } ?? ""
                mapping.report(
                    "topic",
                    at: mapping.node("topic"),
                    value: topic.value,
                    "not one of kafka.topics.events\(hint)"
                )
            }
            if let topic, !seen.insert(topic.value).inserted {
                mapping.report(
                    "topic",
                    at: mapping.node("topic"),
                    value: topic.value,
                    "contradiction: this topic has a mapping already"
                )
            }
            // One id for all events would make every event but the first a repeat; one time would let all expire.
            let id = readSource("id", in: mapping, mayBeConstant: false)
            let type = readSource("type", in: mapping, mayBeConstant: true)
            let time = readSource("time", in: mapping, mayBeConstant: false)
            let source = readSource("source", in: mapping, mayBeConstant: true)
            let subject = readSource("subject", in: mapping, mayBeConstant: true)
            let data = readSource("data", in: mapping, mayBeConstant: false)
            guard let topic, let id, let type, let time, let source else { return nil }
            return Configuration.PlainJSON(
                topic: topic.value,
                id: id,
                type: type,
                time: time,
                source: source,
                subject: subject,
                data: data
            )
        }
    }

    private func readSource(
        _ name: String,
        in mapping: SectionReader,
        mayBeConstant: Bool
    ) -> Configuration.PlainJSON.Source? {
        guard let text = mapping.text(name) else { return nil }
        let allowed = mayBeConstant ? "a dotted path, or = and a constant" : "a dotted path"
        if text.value.hasPrefix("=") {
            guard mayBeConstant, text.value.utf8.count > 1 else {
                let message = mayBeConstant ? "an empty constant" : "cannot be the same for every event"
                mapping.report(name, at: mapping.node(name), value: text.value, message, allowed: allowed)
                return nil
            }
            return .constant(String(text.value.dropFirst()))
        }
        let parts = text.value.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.allSatisfy({ !$0.isEmpty && !$0.contains(" ") }) else {
            mapping.report(name, at: mapping.node(name), value: text.value, "not a dotted path", allowed: allowed)
            return nil
        }
        return .path(parts)
    }
}

/// Which topic is used for what: names are checked, and none may serve two purposes.
private struct TopicUses {
    let log: ProblemLog
    private var keys: [String: String] = [:]

    init(log: ProblemLog) {
        self.log = log
    }

    mutating func add(_ topic: Located<String>) {
        let name = topic.value
        let isName = name.utf8.allSatisfy(isNameOctet) && name.utf8.count <= 249 && name != "." && name != ".."
        guard isName else {
            log.add(
                Problem(
                    at: topic.place,
                    key: topic.key,
                    value: displayed(name),
                    message: "not a topic name",
                    allowed: "1 to 249 of A-Z a-z 0-9 . _ -"
                )
            )
            return
        }
        if let other = keys[name] {
            let message = "contradiction: this topic is already used as \(other)"
            log.add(Problem(at: topic.place, key: topic.key, value: name, message: message))
        }
        keys[name] = topic.key
    }
}
