import CRdKafka

/// librdkafka's mock cluster in this process: a Kafka-protocol server on 127.0.0.1 for any client of any process.
///
/// For development and tests. In memory only, and smaller than Kafka in ways that matter (librdkafka 2.0.2):
/// - a partition keeps 5 MiB and 100,000 batches; the oldest are dropped without a word, and a reader behind gets
///   OFFSET_OUT_OF_RANGE. Nothing is compacted or expires by time;
/// - topics come into being on first use, with 4 partitions; creating and describing topics is not served, time look-up answers -1;
/// - a fetch that finds nothing waits all of `fetch.wait.max.ms`: use 10 ms;
/// - a group's first assignment takes 3 s, and `session.timeout.ms` has to be more than 3,000; members of one group have to name
///   the same strategies, or this process aborts; static membership is ignored;
/// - a batch whose acknowledgement was lost is stored twice, transactions are accepted and mean nothing;
/// - no TLS, no SASL.
@safe
package final class EmbeddedBroker {
    private let client: OpaquePointer
    private let cluster: OpaquePointer
    private let forwarder: LoopbackForwarder?

    /// `host:port` of every broker, or the chosen port alone, separated by commas.
    package let bootstrapServers: String

    /// A topic to make at the start.
    package struct Topic: Hashable, Sendable {
        package let name: String
        package let partitionCount: Int

        package init(_ name: String, partitions: Int) {
            self.name = name
            partitionCount = partitions
        }
    }

    /// Starts it.
    ///
    /// - Parameters:
    ///   - topics: made before any client can connect.
    ///   - port: where clients find it. The cluster itself binds ports that the system chooses, and its metadata names those; a
    ///     client begins here and is sent there, which works on this machine only. Nil: the chosen ports are the only ones.
    ///   - brokerCount: one or more.
    /// - Throws: if the port is taken, or a topic cannot be made.
    package init(topics: [Topic], port: UInt16? = nil, brokerCount: Int = 1) throws(KafkaError) {
        precondition(brokerCount > 0, "a cluster has at least one broker")
        let configuration = KafkaConfiguration()
        // It reports each client that goes away. Nobody wants to read that.
        try configuration.set("log_level", "0")
        let client = try unsafe configuration.makeClient(RD_KAFKA_PRODUCER)
        // SAFETY: the cluster belongs to the client and is destroyed before it.
        guard let cluster = unsafe rd_kafka_mock_cluster_new(client, Int32(brokerCount)),
            let servers = unsafe rd_kafka_mock_cluster_bootstraps(cluster)
        else {
            unsafe rd_kafka_destroy(client)
            throw KafkaError(RD_KAFKA_RESP_ERR__FAIL, text: "the embedded broker found no port to listen on")
        }
        let addresses = unsafe String(cString: servers)
        do {
            for topic in topics {
                let count = Int32(topic.partitionCount)
                try KafkaError.check(
                    unsafe rd_kafka_mock_topic_create(cluster, topic.name, count, Int32(brokerCount))
                )
            }
            forwarder = try port.map { (port) throws(KafkaError) in
                try LoopbackForwarder(from: port, to: Self.firstPort(of: addresses))
            }
        } catch {
            unsafe rd_kafka_mock_cluster_destroy(cluster)
            unsafe rd_kafka_destroy(client)
            throw error
        }
        bootstrapServers = forwarder.map { "127.0.0.1:\($0.port)" } ?? addresses
        unsafe self.client = unsafe client
        unsafe self.cluster = unsafe cluster
    }

    /// Ends it: connections are closed and all records are gone.
    deinit {
        // SAFETY: in this order, as the library demands. Nothing else holds either.
        unsafe rd_kafka_mock_cluster_destroy(cluster)
        unsafe rd_kafka_destroy(client)
    }

    private static func firstPort(of addresses: String) -> UInt16 {
        let first = addresses.prefix { $0 != "," }
        guard let colon = first.lastIndex(of: ":"), let port = UInt16(first[first.index(after: colon)...]) else {
            preconditionFailure("the mock cluster names its brokers as host:port")
        }
        return port
    }
}

// MARK: - Faults

extension EmbeddedBroker {
    /// The requests that can be made to fail, by their protocol keys.
    package enum Request: Int16, Sendable {
        case produce = 0
        case fetch = 1
        case listOffsets = 2
        case metadata = 3
        case offsetCommit = 8
        case offsetFetch = 9
        case findCoordinator = 10
        case joinGroup = 11
        case heartbeat = 12
        case leaveGroup = 13
        case syncGroup = 14
        case initProducerID = 22
    }

    // SAFETY, for all that follows: the cluster is alive, and these functions lock it; strings and arrays are copied.

    /// Lets the next requests of a kind fail, one after the other, at whichever broker they arrive.
    ///
    /// - Parameters:
    ///   - request: the kind.
    ///   - codes: protocol error codes; 0 lets one pass, -195 (`_TRANSPORT`) closes the connection in place of an answer.
    package func fail(_ request: Request, with codes: [Int32]) {
        let errors = codes.map { rd_kafka_resp_err_t($0) }
        unsafe rd_kafka_mock_push_request_errors_array(cluster, request.rawValue, errors.count, errors)
    }

    /// Forgets the failures that were not used up.
    ///
    /// - Parameter request: the kind.
    package func clearFailures(of request: Request) {
        unsafe rd_kafka_mock_clear_request_errors(cluster, request.rawValue)
    }

    /// Delays the answer to the next request of a kind; what it asked for happens at once.
    ///
    /// - Parameters:
    ///   - request: the kind.
    ///   - delay: longer than the client's `socket.timeout.ms` loses the answer.
    ///   - broker: from 1 on.
    /// - Throws: if there is no such broker.
    package func delayNext(_ request: Request, by delay: Duration, broker: Int32 = 1) throws(KafkaError) {
        try KafkaError.check(
            unsafe belfry_mock_push_answer(
                cluster,
                broker,
                request.rawValue,
                RD_KAFKA_RESP_ERR_NO_ERROR,
                delay.milliseconds
            )
        )
    }

    /// Delays every answer.
    ///
    /// - Parameters:
    ///   - time: zero for none.
    ///   - broker: from 1 on; -1 is all of them.
    /// - Throws: if there is no such broker.
    package func setRoundTripTime(_ time: Duration, broker: Int32 = -1) throws(KafkaError) {
        try KafkaError.check(unsafe rd_kafka_mock_broker_set_rtt(cluster, broker, time.milliseconds))
    }

    /// Closes a broker's connections and refuses new ones; leaders stay where they are.
    ///
    /// - Parameter broker: from 1 on; -1 is all of them.
    /// - Throws: if there is no such broker.
    package func takeDown(broker: Int32 = -1) throws(KafkaError) {
        try KafkaError.check(unsafe rd_kafka_mock_broker_set_down(cluster, broker))
    }

    /// Lets a broker accept connections again.
    ///
    /// - Parameter broker: from 1 on; -1 is all of them.
    /// - Throws: if there is no such broker.
    package func bringUp(broker: Int32 = -1) throws(KafkaError) {
        try KafkaError.check(unsafe rd_kafka_mock_broker_set_up(cluster, broker))
    }

    /// Moves a partition's leader.
    ///
    /// - Parameters:
    ///   - partition: which; its topic is made if there is none.
    ///   - broker: from 1 on; nil leaves it without a leader.
    /// - Throws: if there is no such broker.
    package func setLeader(of partition: TopicPartition, to broker: Int32?) throws(KafkaError) {
        try KafkaError.check(
            unsafe rd_kafka_mock_partition_set_leader(cluster, partition.topic, partition.partition, broker ?? -1)
        )
    }

    /// Names the coordinator of a group.
    ///
    /// - Parameters:
    ///   - groupID: the group.
    ///   - broker: one that does not exist leaves the group without a coordinator.
    /// - Throws: if the library refuses.
    package func setCoordinator(of groupID: String, to broker: Int32) throws(KafkaError) {
        try KafkaError.check(unsafe rd_kafka_mock_coordinator_set(cluster, "group", groupID, broker))
    }

    /// Sets what metadata say about a topic.
    ///
    /// - Parameters:
    ///   - topic: its name.
    ///   - code: a protocol error code; 0 for none.
    package func setError(ofTopic topic: String, to code: Int32) {
        unsafe rd_kafka_mock_topic_set_error(cluster, topic, rd_kafka_resp_err_t(code))
    }
}
