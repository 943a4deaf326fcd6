import Glibc
import Kafka
import Testing

/// Properties for clients of the embedded broker: short waits, no statistics in between, and members that live through a busy machine.
private let quick = [
    "fetch.wait.max.ms": "10", "session.timeout.ms": "10000", "heartbeat.interval.ms": "300",
    "statistics.interval.ms": "0", "topic.metadata.refresh.interval.ms": "1000",
]

func settings(for broker: EmbeddedBroker, _ properties: [String: String] = [:]) -> KafkaSettings {
    KafkaSettings(
        bootstrapServers: [broker.bootstrapServers],
        properties: quick.merging(properties) { $1 }
    )
}

/// Repeats a step until it says that the condition holds, sleeping on the wake-up in between.
///
/// - Parameters:
///   - limit: how long to try.
///   - wakeUp: of the handles that the step works on.
///   - step: does what an owner thread does, and answers whether the condition holds.
/// - Returns: whether it held in time.
/// - Throws: what the step throws.
func eventually(
    within limit: Duration = .seconds(150),
    _ wakeUp: KafkaWakeUp,
    _ step: () throws -> Bool
) rethrows -> Bool {
    let deadline = ContinuousClock.now + limit
    while true {
        wakeUp.clear()
        if try step() { return true }
        guard ContinuousClock.now < deadline else { return false }
        _ = wakeUp.wait(timeout: .milliseconds(20))
    }
}

/// A record as it was read, copied.
struct ReadRecord: Hashable {
    var partition: Int32 = 0
    var offset: Int64 = 0
    var timestamp: Int64?
    var key: [UInt8]?
    var value: [UInt8]?
    var headers: [Header] = []

    /// A header, copied.
    struct Header: Hashable {
        let name: String
        let value: [UInt8]?
    }

    init(_ message: borrowing MessageView) {
        partition = message.partition
        offset = message.offset
        timestamp = message.timestampMilliseconds
        // SAFETY: the bytes are copied while the view is alive.
        key = unsafe message.key.map { unsafe Array($0) }
        value = unsafe message.value.map { unsafe Array($0) }
        var headers: [Header] = []
        unsafe message.forEachHeader { name, value in
            unsafe headers.append(
                Header(name: String(decoding: name, as: UTF8.self), value: value.map { unsafe Array($0) })
            )
        }
        self.headers = headers
    }

    var text: String { value.map { String(decoding: $0, as: UTF8.self) } ?? "(null)" }
}

/// A producer whose deliveries are kept by token.
final class TestProducer {
    let wakeUp = KafkaWakeUp()
    let producer: KafkaProducer
    var deliveries: [Delivery] = []
    var events: [ProducerEvent] = []

    init(_ settings: KafkaSettings) throws {
        producer = try KafkaProducer(settings: settings, clientID: "test-producer", wakeUp: wakeUp)
    }

    /// Produces texts to one partition and waits until they are acknowledged.
    ///
    /// - Parameters:
    ///   - texts: one record each.
    ///   - partition: where.
    /// - Throws: if the producer refuses.
    func produce(_ texts: [String], to partition: TopicPartition) throws {
        let topic = try producer.topic(partition.topic)
        for text in texts {
            let record = OutgoingRecord(topic: topic, partition: partition.partition, value: Array(text.utf8))
            guard case .enqueued = producer.produce(record, token: 0) else {
                Issue.record("not enqueued: \(text)")
                return
            }
        }
        #expect(producer.flush(timeout: .seconds(20), into: &deliveries))
    }

    func poll() { events += producer.pollDeliveries(into: &deliveries) }

    var acknowledgedTokens: [UInt32] {
        deliveries.compactMap { if case .acknowledged = $0.outcome { $0.token } else { nil } }
    }

    var failures: [UInt32: KafkaError] {
        var failures: [UInt32: KafkaError] = [:]
        for delivery in deliveries {
            if case .failed(let error) = delivery.outcome { failures[delivery.token] = error }
        }
        return failures
    }

    var recreations: [KafkaError] {
        events.compactMap { if case .recreated(let error) = $0 { error } else { nil } }
    }
}

/// Everything in a partition, read without a group.
func readAll(_ partition: TopicPartition, _ settings: KafkaSettings) throws -> [ReadRecord] {
    let reader = try KafkaReader(settings: settings, clientID: "test-reader")
    var records: [ReadRecord] = []
    _ = try reader.read([.init(partition, from: .beginning)], timeout: .seconds(20)) { records.append(ReadRecord($0)) }
    return records
}

/// A group member that starts every partition at its committed offset and keeps what it reads.
final class TestMember {
    let wakeUp: KafkaWakeUp
    let consumer: KafkaConsumer
    var lanes: [TopicPartition: Lane] = [:]
    var records: [ReadRecord] = []
    var problems: [MessageView.Kind] = []
    var committed: [TopicPartition: CommittedOffset] = [:]
    var commitResults: [CommitResult] = []
    var fatals: [KafkaError] = []
    var assignmentCount = 0
    var hasUnansweredRevocation = false
    var revocations: [Revocation] = []

    /// Where a partition that has no committed offset begins.
    var initial = StartOffset.beginning

    /// What `revoked` said.
    struct Revocation {
        let partitions: [TopicPartition]
        let lost: Bool
    }

    /// Holds a queue, which cannot be in a dictionary itself.
    final class Lane {
        var queue: PartitionQueue
        init(_ queue: consuming PartitionQueue) { self.queue = queue }
    }

    init(_ settings: KafkaSettings, group: String, name: String, wakeUp: KafkaWakeUp) throws {
        self.wakeUp = wakeUp
        consumer = try KafkaConsumer(
            settings: settings,
            membership: GroupMembership(groupID: group, instanceID: name, clientID: name),
            wakeUp: wakeUp
        )
    }

    /// Polls; answers assignments at once and revocations never: the test does, by `answerRevocation`.
    func poll() throws {
        for event in consumer.poll() {
            switch event {
            case .assigned(let partitions): try start(partitions)
            case .revoked(let partitions, let lost):
                revocations.append(Revocation(partitions: partitions, lost: lost))
                hasUnansweredRevocation = true
            case .commitFinished(let results): commitResults += results
            case .fatal(let error): fatals.append(error)
            case .error, .statistics, .log: break
            }
        }
    }

    /// Reads what the queues hold now, a batch of each.
    func read() {
        for partition in lanes.keys { read(partition, batchMax: 100) }
    }

    /// Reads a batch of one queue.
    ///
    /// - Parameters:
    ///   - partition: one that was started.
    ///   - batchMax: at most this many, and not more than 100.
    func read(_ partition: TopicPartition, batchMax: Int) {
        lanes[partition]?.queue.consumeBatch(upTo: batchMax) { batch in
            batch.forEach { message in
                if message.isRecord { records.append(ReadRecord(message)) } else { problems.append(message.kind) }
            }
        }
    }

    /// How many records of a partition were read.
    func count(of partition: TopicPartition) -> Int { records.count { $0.partition == partition.partition } }

    func answerRevocation() throws {
        lanes.removeAll()
        hasUnansweredRevocation = false
        try consumer.finishRevocation()
    }

    private func start(_ partitions: [TopicPartition]) throws {
        committed = try consumer.committed(partitions, timeout: .seconds(10))
        try consumer.startPartitions(
            partitions.map { partition in
                PartitionStart(partition, from: committed[partition]?.offset.map { .at($0) } ?? initial)
            }
        )
        for partition in partitions {
            lanes[partition] = Lane(try consumer.queue(for: partition, batchMax: 100))
        }
        assignmentCount += 1
    }
}
