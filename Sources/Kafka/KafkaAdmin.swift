import CRdKafka

/// Asks and changes what topics a cluster has.
///
/// Every call blocks; use it at the start and on the command line.
@safe
package final class KafkaAdmin {
    private let handle: KafkaHandle

    /// A topic to create.
    package struct NewTopic: Hashable, Sendable {
        package var name: String
        package var partitionCount: Int32

        /// Copies of each partition; nil leaves it to the broker's `default.replication.factor`.
        package var replicationFactor: Int32?

        /// Topic settings by Kafka's names, such as `cleanup.policy`.
        package var configuration: [String: String]

        package init(
            name: String,
            partitionCount: Int32,
            replicationFactor: Int32? = nil,
            configuration: [String: String] = [:]
        ) {
            self.name = name
            self.partitionCount = partitionCount
            self.replicationFactor = replicationFactor
            self.configuration = configuration
        }
    }

    /// How the creation of one topic ended.
    package enum Creation: Hashable, Sendable {
        case created
        /// There was one already; how it is configured was not compared.
        case existed
        case failed(KafkaError)
    }

    /// Makes the client; it connects on its own.
    ///
    /// - Parameters:
    ///   - settings: the cluster.
    ///   - clientID: names the client in the broker's logs and quotas.
    /// - Throws: `_INVALID_ARG` if a setting is refused.
    package init(settings: KafkaSettings, clientID: String) throws(KafkaError) {
        handle = try KafkaHandle(
            .admin,
            properties: settings.resolved(
                defaults: KafkaSettings.adminDefaults,
                identity: [("client.id", clientID)]
            ),
            // Results come on queues of their own, and nothing else is waited for.
            wakeUp: KafkaWakeUp()
        )
    }

    // SAFETY, for the whole type: `handle.client` lives as long as `handle`; results live as long as the event that holds them, and
    // are copied from it before it goes.

    /// How many partitions each topic has.
    ///
    /// All topics are asked for, and those of interest picked out: asking for one by name could create it.
    ///
    /// - Parameters:
    ///   - topics: which.
    ///   - timeout: how long to wait.
    /// - Returns: the count of each topic that exists; a topic that is not in it does not exist, or may not be described.
    /// - Throws: if no broker answers in time, or the metadata of one of these topics carry an error.
    package func partitionCounts(of topics: Set<String>, timeout: Duration) throws(KafkaError) -> [String: Int32] {
        try handle.partitionCounts(of: topics, timeout: timeout)
    }

    /// Creates topics; those that exist are left as they are.
    ///
    /// - Parameters:
    ///   - topics: at least one, each name once.
    ///   - timeout: how long to wait.
    /// - Returns: the result for each name.
    /// - Throws: if a count is not possible, or no answer came in time. The embedded broker never answers: it is given its topics
    ///   when it is made.
    package func createTopics(_ topics: [NewTopic], timeout: Duration) throws(KafkaError) -> [String: Creation] {
        var requests: [OpaquePointer?] = unsafe []
        defer { unsafe requests.forEach { unsafe rd_kafka_NewTopic_destroy($0) } }
        for topic in topics { try unsafe requests.append(Self.request(for: topic)) }
        let answer = try unsafe ask("the creation of topics", timeout: timeout) { queue in
            unsafe rd_kafka_CreateTopics(handle.client, &requests, requests.count, nil, queue)
        }
        var count = 0
        let result = unsafe rd_kafka_event_CreateTopics_result(answer.pointer)
        let entries = unsafe rd_kafka_CreateTopics_result_topics(result, &count)
        var creations: [String: Creation] = [:]
        for index in 0..<count {
            guard let entry = unsafe entries?[index] else { continue }
            let name = unsafe String(cString: rd_kafka_topic_result_name(entry))
            switch unsafe rd_kafka_topic_result_error(entry) {
            case RD_KAFKA_RESP_ERR_NO_ERROR: creations[name] = .created
            case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS: creations[name] = .existed
            case let error:
                let text = unsafe rd_kafka_topic_result_error_string(entry).map { unsafe String(cString: $0) }
                creations[name] = .failed(KafkaError(error, text: text))
            }
        }
        return creations
    }

    /// The settings of a topic, defaults included.
    ///
    /// - Parameters:
    ///   - topic: its name.
    ///   - timeout: how long to wait.
    /// - Returns: values by Kafka's names; values that the broker keeps secret are not in it.
    /// - Throws: if the topic is unknown, may not be described, or no answer came in time (as from the embedded broker).
    package func configuration(of topic: String, timeout: Duration) throws(KafkaError) -> [String: String] {
        var requests: [OpaquePointer?] = unsafe [rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic)]
        defer { unsafe requests.forEach { unsafe rd_kafka_ConfigResource_destroy($0) } }
        let answer = try unsafe ask("the configuration of \(topic)", timeout: timeout) { queue in
            unsafe rd_kafka_DescribeConfigs(handle.client, &requests, requests.count, nil, queue)
        }
        var count = 0
        let result = unsafe rd_kafka_event_DescribeConfigs_result(answer.pointer)
        let resources = unsafe rd_kafka_DescribeConfigs_result_resources(result, &count)
        guard count == 1, let resource = unsafe resources?[0] else {
            throw KafkaError(RD_KAFKA_RESP_ERR__BAD_MSG, text: "the configuration of \(topic) was not in the answer")
        }
        let error = unsafe rd_kafka_ConfigResource_error(resource)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
            let text = unsafe rd_kafka_ConfigResource_error_string(resource).map { unsafe String(cString: $0) }
            throw KafkaError(error, text: text)
        }
        let entries = unsafe rd_kafka_ConfigResource_configs(resource, &count)
        var configuration: [String: String] = [:]
        for index in 0..<count {
            guard let entry = unsafe entries?[index], let value = unsafe rd_kafka_ConfigEntry_value(entry) else {
                continue
            }
            configuration[unsafe String(cString: rd_kafka_ConfigEntry_name(entry))] = unsafe String(cString: value)
        }
        return configuration
    }

    private static func request(for topic: NewTopic) throws(KafkaError) -> OpaquePointer {
        let capacity = 512
        var request: OpaquePointer?
        let text = unsafe String(unsafeUninitializedCapacity: capacity) { buffer in
            // SAFETY: the library writes at most `capacity` bytes with a zero at the end, or nothing.
            unsafe buffer.withMemoryRebound(to: CChar.self) { characters in
                guard let start = characters.baseAddress else { return 0 }
                unsafe start.pointee = 0
                unsafe request = rd_kafka_NewTopic_new(
                    topic.name,
                    topic.partitionCount,
                    topic.replicationFactor ?? -1,
                    start,
                    capacity
                )
                return unsafe String(cString: start).utf8.count
            }
        }
        guard let request = unsafe request else { throw .invalidArgument("topic \(topic.name): \(text)") }
        for (name, value) in topic.configuration.sorted(by: { $0.key < $1.key }) {
            let response = unsafe rd_kafka_NewTopic_set_config(request, name, value)
            guard response == RD_KAFKA_RESP_ERR_NO_ERROR else {
                unsafe rd_kafka_NewTopic_destroy(request)
                throw KafkaError(response, text: "topic \(topic.name): \(name)=\(value)")
            }
        }
        return unsafe request
    }

    /// Sends a request and waits for its result.
    private func ask(
        _ what: String,
        timeout: Duration,
        _ send: (OpaquePointer) -> Void
    ) throws(KafkaError) -> KafkaEvent {
        guard let queue = unsafe rd_kafka_queue_new(handle.client) else {
            preconditionFailure("librdkafka is out of memory")
        }
        // A result that comes after this is dropped by the library.
        defer { unsafe rd_kafka_queue_destroy(queue) }
        unsafe send(queue)
        guard let event = unsafe KafkaEvent.next(on: queue, timeout: timeout) else {
            throw .timedOut(
                "no answer to \(what) within \(timeout): is this a full broker? The embedded one never answers"
            )
        }
        if let error = event.error { throw error }
        return event
    }
}
