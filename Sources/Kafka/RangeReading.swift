import CRdKafka

/// Partitions that are being read to their ends through one queue, some at a time; stops all of them when it is freed.
@safe
final class RangeReading {
    private let handle: KafkaHandle
    private var queue: MessageQueue
    private var topics: [String: OpaquePointer] = unsafe [:]
    private var unfinished: [Key: Remainder] = [:]
    /// What is begun when others are done, the last one first.
    private var waiting: [Request] = []

    /// Partitions that are fetched at once. A broker answers with up to a MiB of each, which then waits here as messages: of all
    /// partitions that would be more than the limits of the queue allow, and than a processor's caches hold.
    private static let openMax = 16

    /// A partition as its messages name it: without a string to hash.
    private struct Key: Hashable {
        let topicAddress: UInt
        let partition: Int32
    }

    /// What is asked for.
    private struct Request {
        let partition: TopicPartition
        let start: StartOffset
        let end: Int64
    }

    /// What is left to read of a partition.
    private struct Remainder {
        let topicPartition: TopicPartition
        let end: Int64
    }

    init(of handle: KafkaHandle, wakeUp: KafkaWakeUp) {
        self.handle = handle
        // SAFETY: the client is alive, and the queue becomes this object's.
        guard let created = unsafe rd_kafka_queue_new(handle.client) else {
            preconditionFailure("librdkafka is out of memory")
        }
        unsafe KafkaHandle.wake(wakeUp, by: created)
        queue = unsafe MessageQueue(taking: created, batchMax: 512, of: handle)
    }

    deinit {
        for remainder in unfinished.values { stop(remainder.topicPartition) }
        // SAFETY: made by `topic(named:)`, and no partition of them is being read any more.
        unsafe topics.values.forEach { unsafe rd_kafka_topic_destroy($0) }
    }

    var isDone: Bool { unfinished.isEmpty && waiting.isEmpty }

    /// The partitions that are not read to their ends, for an error's text.
    var pending: String {
        let partitions = unfinished.values.map(\.topicPartition) + waiting.map(\.partition)
        return partitions.map(\.description).sorted().joined(separator: ", ")
    }

    /// Asks for a partition, which is fetched as soon as there is room.
    ///
    /// - Parameters:
    ///   - partition: which.
    ///   - start: where.
    ///   - end: where to end, before this offset.
    /// - Throws: if the library refuses.
    func begin(_ partition: TopicPartition, at start: StartOffset, end: Int64) throws(KafkaError) {
        waiting.append(Request(partition: partition, start: start, end: end))
        try fill()
    }

    private func fill() throws(KafkaError) {
        while unfinished.count < Self.openMax, let request = waiting.popLast() { try fetch(request) }
    }

    private func fetch(_ request: Request) throws(KafkaError) {
        let partition = request.partition
        let topic = try unsafe topic(named: partition.topic)
        // SAFETY: topic and queue live as long as this object, and the partition is stopped before they go.
        let result = unsafe queue.startReading(topic, partition.partition, request.start)
        guard result == 0 else { throw KafkaError(rd_kafka_last_error(), text: "cannot read \(partition)") }
        let key = Key(topicAddress: UInt(bitPattern: topic), partition: partition.partition)
        unfinished[key] = Remainder(topicPartition: partition, end: request.end)
    }

    /// Takes what is there, without waiting.
    ///
    /// - Parameter body: gets the records that lie before the ends.
    /// - Returns: how many messages there were, and what went wrong last.
    /// - Throws: if the library refuses to fetch what comes next.
    func readBatch(
        _ body: (borrowing MessageView) -> Void
    ) throws(KafkaError) -> (count: Int, problem: KafkaError?) {
        var problem: KafkaError?
        var finished: [Key] = []
        let unfinished = unfinished
        let count = queue.consumeBatch(upTo: 512) { batch in
            batch.forEach { message in
                let key = Key(topicAddress: message.topicAddress, partition: message.partition)
                // What comes behind the end of a partition, before it is stopped, is not asked for.
                guard let remainder = unfinished[key] else { return }
                switch message.kind {
                case .record:
                    if message.offset < remainder.end { body(message) }
                    if message.offset + 1 >= remainder.end { finished.append(key) }
                // The last offsets may hold no record: compacted away, or the marks of transactions.
                case .endOfPartition: finished.append(key)
                case .offsetOutOfRange(let error), .error(let error): problem = error
                }
            }
            return batch.count
        }
        for key in finished {
            if let remainder = self.unfinished.removeValue(forKey: key) { stop(remainder.topicPartition) }
        }
        if !finished.isEmpty { try fill() }
        return (count, problem)
    }

    private func topic(named name: String) throws(KafkaError) -> OpaquePointer {
        if let topic = unsafe topics[name] { return unsafe topic }
        guard let topic = unsafe rd_kafka_topic_new(handle.client, name, nil) else {
            throw KafkaError(rd_kafka_last_error(), text: "topic \(name)")
        }
        unsafe topics[name] = unsafe topic
        return unsafe topic
    }

    private func stop(_ partition: TopicPartition) {
        guard let topic = unsafe topics[partition.topic] else { return }
        // SAFETY: the topic is alive. It fails only for what was never started.
        let result = unsafe rd_kafka_consume_stop(topic, partition.partition)
        precondition(result == 0, "a partition that was started can be stopped")
    }
}
