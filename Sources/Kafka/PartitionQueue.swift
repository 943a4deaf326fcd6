import CRdKafka

/// The records of one assigned partition, apart from all others: not reading it is the back-pressure.
///
/// Holds on to its consumer's client; drop it before `finishRevocation()`. Read after that, it yields nothing.
package struct PartitionQueue: ~Copyable {
    package let topicPartition: TopicPartition
    private var queue: MessageQueue

    init(_ topicPartition: TopicPartition, batchMax: Int, of handle: KafkaHandle) throws(KafkaError) {
        self.topicPartition = topicPartition
        queue = try MessageQueue(of: topicPartition, batchMax: batchMax, of: handle)
    }

    /// Takes what is there, without waiting, and gives it to a closure.
    ///
    /// - Parameters:
    ///   - max: how many at most; not more than the queue was made for.
    ///   - body: gets the batch, which may be empty. What it does not handle is gone: the queue gives nothing twice.
    /// - Returns: what `body` returned.
    /// - Throws: what `body` throws.
    package mutating func consumeBatch<Answer, Failure: Error>(
        upTo max: Int,
        _ body: (borrowing MessageBatch) throws(Failure) -> Answer
    ) throws(Failure) -> Answer {
        try queue.consumeBatch(upTo: max, body)
    }
}

/// Owns a queue of a client, and room for one batch of its messages.
@safe
struct MessageQueue: ~Copyable {
    private let queue: OpaquePointer
    private let slots: UnsafeMutableBufferPointer<UnsafeMutablePointer<rd_kafka_message_t>?>
    private let handle: KafkaHandle

    init(of partition: TopicPartition, batchMax: Int, of handle: KafkaHandle) throws(KafkaError) {
        // SAFETY: the client lives as long as `handle`. The queue is this struct's own reference to it.
        let queue = unsafe rd_kafka_queue_get_partition(handle.client, partition.topic, partition.partition)
        guard let queue = unsafe queue else {
            throw KafkaError(RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, text: "\(partition) has no queue")
        }
        unsafe self.init(taking: queue, batchMax: batchMax, of: handle)
    }

    /// Takes over a reference to a queue.
    ///
    /// - Parameters:
    ///   - queue: of the handle's client.
    ///   - batchMax: the size of the largest batch.
    ///   - handle: kept, because the queue has to go before its client.
    init(taking queue: OpaquePointer, batchMax: Int, of handle: KafkaHandle) {
        precondition(batchMax > 0, "a batch holds at least one record")
        unsafe self.queue = unsafe queue
        unsafe slots = .allocate(capacity: batchMax)
        unsafe slots.initialize(repeating: nil)
        self.handle = handle
    }

    deinit {
        // SAFETY: no batch is alive, since batches exist only inside `consumeBatch`. `handle` is released after this.
        unsafe slots.deallocate()
        unsafe rd_kafka_queue_destroy(queue)
    }

    /// Keeps the queue's records out of the consumer's main queue, and lets them wake the owner.
    ///
    /// - Parameter wakeUp: has to outlive the client.
    func detach(wakeUp: KafkaWakeUp) {
        // SAFETY: the queue is alive; null means "forward to nobody".
        unsafe rd_kafka_queue_forward(queue, nil)
        unsafe KafkaHandle.wake(wakeUp, by: queue)
    }

    /// Begins to fetch a partition without a group into this queue.
    ///
    /// - Parameters:
    ///   - topic: of the handle's client.
    ///   - partition: which.
    ///   - start: where.
    /// - Returns: 0, or -1 with the reason in the library's last error.
    func startReading(_ topic: OpaquePointer, _ partition: Int32, _ start: StartOffset) -> Int32 {
        unsafe rd_kafka_consume_start_queue(topic, partition, start.rawOffset, queue)
    }

    /// See `PartitionQueue.consumeBatch`.
    ///
    /// - Parameters:
    ///   - max: how many at most.
    ///   - body: gets the batch.
    /// - Returns: what `body` returned.
    /// - Throws: what `body` throws.
    mutating func consumeBatch<Answer, Failure: Error>(
        upTo max: Int,
        _ body: (borrowing MessageBatch) throws(Failure) -> Answer
    ) throws(Failure) -> Answer {
        let limit = unsafe min(max, slots.count)
        // SAFETY: `slots` holds at least `limit` pointers, and this mutating function cannot be entered twice.
        let count = unsafe rd_kafka_consume_batch_queue(queue, 0, slots.baseAddress, limit)
        precondition(count >= 0, "a queue that exists can be read")
        return try body(unsafe MessageBatch(taking: UnsafeMutableBufferPointer(rebasing: slots[..<count])))
    }
}
