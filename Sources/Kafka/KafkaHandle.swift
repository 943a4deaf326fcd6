import CRdKafka

/// Owns one client of the library and the queue on which its events arrive.
///
/// Queues and topics of a client have to be destroyed before the client. Each of them keeps a reference to this object, so the
/// client goes last whatever the order in which the application lets go of them.
@safe
final class KafkaHandle {
    let client: OpaquePointer
    let events: OpaquePointer

    /// Kept until the client's threads, which write to its descriptor, are gone.
    private let wakeUp: KafkaWakeUp

    /// Which clients there are.
    enum Kind {
        /// A member of a group.
        case groupConsumer
        /// A reader of partitions without a group.
        case plainConsumer
        case producer
        case admin
    }

    init(_ kind: Kind, properties: [(String, String)], wakeUp: KafkaWakeUp) throws(KafkaError) {
        let configuration = KafkaConfiguration()
        for (name, value) in properties { try configuration.set(name, value) }
        var enabled = RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_LOG | RD_KAFKA_EVENT_STATS
        switch kind {
        case .groupConsumer: enabled |= RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_OFFSET_COMMIT
        case .producer: enabled |= RD_KAFKA_EVENT_DR
        case .plainConsumer, .admin: break
        }
        configuration.setEvents(enabled)
        let client: OpaquePointer
        switch kind {
        case .groupConsumer, .plainConsumer: unsafe client = try configuration.makeClient(RD_KAFKA_CONSUMER)
        case .producer, .admin: unsafe client = try configuration.makeClient(RD_KAFKA_PRODUCER)
        }
        // SAFETY: the client was just made and belongs to this object. A group consumer's main queue is first joined to its
        // consumer queue, so that there is one queue to poll.
        let queue: OpaquePointer?
        if kind == .groupConsumer {
            unsafe rd_kafka_poll_set_consumer(client)
            unsafe queue = rd_kafka_queue_get_consumer(client)
        } else {
            unsafe queue = rd_kafka_queue_get_main(client)
        }
        guard let queue = unsafe queue else { preconditionFailure("every client has its queue") }
        unsafe self.client = unsafe client
        unsafe events = unsafe queue
        self.wakeUp = wakeUp
        unsafe rd_kafka_set_log_queue(client, queue)
        unsafe Self.wake(wakeUp, by: queue)
    }

    deinit {
        // SAFETY: whoever holds a queue, a topic or a record of this client holds this object too, so nothing of it is in use.
        // Without leaving the group: a consumer that was closed has left it, one that was abandoned must not block here.
        unsafe rd_kafka_queue_destroy(events)
        unsafe rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
    }

    /// Takes the next event from the client's queue.
    ///
    /// - Parameter timeout: how long to wait for it.
    /// - Returns: nil if there is none.
    func nextEvent(timeout: Duration = .zero) -> KafkaEvent? {
        // SAFETY: the queue lives as long as this object; the event belongs to the caller.
        unsafe KafkaEvent(taking: rd_kafka_queue_poll(events, timeout.milliseconds))
    }

    /// The error that made the client useless, if one did.
    var fatalError: KafkaError? {
        let capacity = 512
        var code = RD_KAFKA_RESP_ERR_NO_ERROR
        let text = unsafe String(unsafeUninitializedCapacity: capacity) { buffer in
            // SAFETY: the library writes at most `capacity` bytes with a zero at the end, or nothing.
            unsafe buffer.withMemoryRebound(to: CChar.self) { characters in
                guard let start = characters.baseAddress else { return 0 }
                unsafe start.pointee = 0
                unsafe code = rd_kafka_fatal_error(client, start, capacity)
                return unsafe String(cString: start).utf8.count
            }
        }
        return code == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : KafkaError(code, text: text, isFatal: true)
    }

    /// Lets a queue signal a descriptor when it gets something to read.
    ///
    /// - Parameters:
    ///   - wakeUp: has to outlive the client.
    ///   - queue: a queue of the client.
    static func wake(_ wakeUp: KafkaWakeUp, by queue: OpaquePointer) {
        var one: UInt64 = 1
        // SAFETY: the library copies the payload during the call. Eight bytes, as an eventfd demands.
        unsafe rd_kafka_queue_io_event_enable(queue, wakeUp.fileDescriptor, &one, MemoryLayout<UInt64>.size)
    }
}

/// Owns one event from a queue.
@safe
struct KafkaEvent: ~Copyable {
    let pointer: OpaquePointer

    fileprivate init?(taking pointer: OpaquePointer?) {
        guard let pointer = unsafe pointer else { return nil }
        unsafe self.pointer = unsafe pointer
    }

    deinit {
        unsafe rd_kafka_event_destroy(pointer)
    }

    /// Waits on a queue that the caller owns.
    ///
    /// - Parameters:
    ///   - queue: the queue.
    ///   - timeout: how long to wait.
    /// - Returns: nil if nothing came in time.
    static func next(on queue: OpaquePointer, timeout: Duration) -> KafkaEvent? {
        unsafe KafkaEvent(taking: rd_kafka_queue_poll(queue, timeout.milliseconds))
    }

    // SAFETY: this struct holds the only reference to the event, and strings are copied before it goes.
    var kind: Int32 { unsafe rd_kafka_event_type(pointer) }
    var response: rd_kafka_resp_err_t { unsafe rd_kafka_event_error(pointer) }
    var statistics: String { unsafe String(cString: rd_kafka_event_stats(pointer)) }

    /// The error that the event carries, if it does.
    var error: KafkaError? {
        guard response != RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
        let isFatal = unsafe rd_kafka_event_error_is_fatal(pointer) != 0
        return unsafe KafkaError(
            response,
            text: String(cString: rd_kafka_event_error_string(pointer)),
            isFatal: isFatal
        )
    }

    var log: KafkaLog? {
        var facility: UnsafePointer<CChar>?
        var text: UnsafePointer<CChar>?
        var level: Int32 = 0
        guard unsafe rd_kafka_event_log(pointer, &facility, &text, &level) == 0 else { return nil }
        guard let facility = unsafe facility, let text = unsafe text else { return nil }
        return unsafe KafkaLog(level: level, facility: String(cString: facility), text: String(cString: text))
    }
}

/// A line of the library's own log.
package struct KafkaLog: Hashable, Sendable {
    /// As in syslog(3): 3 is an error, 4 a warning, 6 information, 7 debugging.
    package let level: Int32

    /// The library's short code of the kind of line, such as `FAIL`.
    package let facility: String
    package let text: String
}

extension KafkaHandle {
    /// The offsets that partitions have: see `KafkaConsumer.watermarks`.
    func watermarks(
        _ partitions: [TopicPartition],
        timeout: Duration
    ) throws(KafkaError) -> [(low: Int64, high: Int64)] {
        let deadline = ContinuousClock.now + timeout
        // The protocol has times that stand for the two ends of a log ("ListOffsets").
        let lows = try offsets(atTime: Int64(RD_KAFKA_OFFSET_BEGINNING), of: partitions, timeout: timeout)
        let remaining = max(.zero, ContinuousClock.now.duration(to: deadline))
        let highs = try offsets(atTime: Int64(RD_KAFKA_OFFSET_END), of: partitions, timeout: remaining)
        var watermarks: [(low: Int64, high: Int64)] = []
        for partition in partitions {
            guard let low = lows[partition], let high = highs[partition] else {
                throw KafkaError(RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, text: "offsets of \(partition)")
            }
            watermarks.append((low, high))
        }
        return watermarks
    }

    /// The offsets of a time, of all partitions together: one request to each broker.
    ///
    /// - Returns: none for a partition that has no such offset.
    func offsets(
        atTime timestampMs: Int64,
        of partitions: [TopicPartition],
        timeout: Duration
    ) throws(KafkaError) -> [TopicPartition: Int64] {
        if partitions.isEmpty { return [:] }
        let list = TopicPartitionList(capacity: partitions.count)
        // The library reads the time from where it will write the offset.
        for partition in partitions { list.add(partition, offset: timestampMs) }
        let response = unsafe rd_kafka_offsets_for_times(client, list.pointer, timeout.milliseconds)
        if response != RD_KAFKA_RESP_ERR_NO_ERROR {
            let names = partitions.prefix(3).map(\.description).joined(separator: ", ")
            let others = partitions.count > 3 ? " and \(partitions.count - 3) more" : ""
            throw KafkaError(response, text: "offsets of \(names)\(others): \(KafkaError(response).text)")
        }
        var found: [TopicPartition: Int64] = [:]
        var failure: KafkaError?
        list.forEach { partition, element in
            if element.error != RD_KAFKA_RESP_ERR_NO_ERROR {
                let text = "offsets of \(partition): \(KafkaError(element.error).text)"
                failure = failure ?? KafkaError(element.error, text: text)
            }
            if element.offset >= 0 { found[partition] = element.offset }
        }
        if let failure { throw failure }
        return found
    }

    /// How many partitions topics have: see `KafkaAdmin.partitionCounts`.
    ///
    /// All topics are asked for, and those of interest picked out: asking for one by name could create it.
    ///
    /// - Parameters:
    ///   - topics: which.
    ///   - timeout: how long to wait; this blocks.
    /// - Returns: the count of each topic that exists.
    /// - Throws: if no broker answers in time, or the metadata of one of these topics carry an error.
    func partitionCounts(of topics: Set<String>, timeout: Duration) throws(KafkaError) -> [String: Int32] {
        var metadata: UnsafePointer<rd_kafka_metadata>?
        let response = unsafe rd_kafka_metadata(client, 1, nil, &metadata, timeout.milliseconds)
        guard response == RD_KAFKA_RESP_ERR_NO_ERROR, let metadata = unsafe metadata else {
            throw KafkaError(response, text: "topics of the cluster: \(KafkaError(response).text)")
        }
        defer { unsafe rd_kafka_metadata_destroy(metadata) }
        var counts: [String: Int32] = [:]
        for index in 0..<Int(unsafe metadata.pointee.topic_cnt) {
            let topic = unsafe metadata.pointee.topics[index]
            let name = unsafe String(cString: topic.topic)
            guard topics.contains(name) else { continue }
            let error = unsafe topic.err
            switch error {
            case RD_KAFKA_RESP_ERR_NO_ERROR: counts[name] = unsafe topic.partition_cnt
            case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART: continue
            default: throw KafkaError(error, text: "topic \(name): \(KafkaError(error).text)")
            }
        }
        return counts
    }
}
