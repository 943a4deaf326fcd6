import CRdKafka
private import Glibc

/// Records taken from a queue together; they are freed with it.
@safe
package struct MessageBatch: ~Copyable {
    private let messages: UnsafeMutableBufferPointer<UnsafeMutablePointer<rd_kafka_message_t>?>

    /// How many there are, errors and ends of partitions included.
    package var count: Int { unsafe messages.count }
    package var isEmpty: Bool { unsafe messages.isEmpty }

    /// Takes over messages that `rd_kafka_consume_batch_queue` wrote.
    ///
    /// - Parameter messages: all of them not null, none owned by anybody else. The memory of the array stays the caller's.
    init(taking messages: UnsafeMutableBufferPointer<UnsafeMutablePointer<rd_kafka_message_t>?>) {
        unsafe self.messages = unsafe messages
    }

    deinit {
        // SAFETY: each message was handed over by the library and is destroyed once, here.
        for index in unsafe messages.indices { unsafe rd_kafka_message_destroy(messages[index]) }
    }

    /// Visits the records in the order of their offsets.
    ///
    /// - Parameter body: the view, and every pointer got from it, is valid only until it returns.
    /// - Throws: what `body` throws. The records not visited are gone then: the queue does not give them again.
    package func forEach<Failure: Error>(
        _ body: (borrowing MessageView) throws(Failure) -> Void
    ) throws(Failure) {
        for index in unsafe messages.indices {
            // SAFETY: not null by the contract of `init`, and alive as long as this batch, which is borrowed here.
            guard let message = unsafe messages[index] else { continue }
            try body(unsafe MessageView(message))
        }
    }
}

/// One record, or one thing that happened in its place, without a copy of it.
///
/// A record that is kept pins the whole fetch response (hundreds of kilobytes): copy the bytes that are needed longer.
@safe
package struct MessageView: ~Copyable {
    private let message: UnsafeMutablePointer<rd_kafka_message_t>

    fileprivate init(_ message: UnsafeMutablePointer<rd_kafka_message_t>) { unsafe self.message = unsafe message }

    /// What came out of the queue.
    package enum Kind: Sendable {
        /// A record.
        case record
        /// Everything up to `offset` was read; more may come. Only where it was asked for.
        case endOfPartition
        /// The position is outside the log: records were deleted before they were read, or the topic is another one.
        /// Nothing more will come from this partition until it is started anew.
        case offsetOutOfRange(KafkaError)
        /// Reading has trouble; the library goes on trying.
        case error(KafkaError)
    }

    // SAFETY, for the whole type: the batch that owns the message outlives this view, which cannot be copied out of the call
    // that it was lent to.
    package var kind: Kind {
        let response = unsafe message.pointee.err
        switch response {
        case RD_KAFKA_RESP_ERR_NO_ERROR: return .record
        case RD_KAFKA_RESP_ERR__PARTITION_EOF: return .endOfPartition
        case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE, RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
            return .offsetOutOfRange(KafkaError(response, text: errorText))
        default: return .error(KafkaError(response, text: errorText))
        }
    }

    /// Whether this is a record, which is what nearly all are.
    package var isRecord: Bool { unsafe message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR }

    /// The record's offset; for the end of a partition the offset of the next record.
    package var offset: Int64 { unsafe message.pointee.offset }
    package var partition: Int32 { unsafe message.pointee.partition }

    /// The topic's name, newly copied: for the rare record, not for each.
    package var topic: String {
        guard let topic = unsafe message.pointee.rkt else { return "" }
        return unsafe String(cString: rd_kafka_topic_name(topic))
    }

    /// Equal for messages of one topic of one client, as long as that client lives.
    var topicAddress: UInt { unsafe UInt(bitPattern: message.pointee.rkt) }

    /// Milliseconds since 1970 as the producer or the broker set them, nil if the record has no time.
    package var timestampMilliseconds: Int64? {
        var kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
        let timestamp = unsafe rd_kafka_message_timestamp(message, &kind)
        return kind == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? nil : timestamp
    }

    /// The record's key; nil when it has none, which is not the same as an empty one.
    package var key: UnsafeRawBufferPointer? {
        guard isRecord, let start = unsafe message.pointee.key else { return nil }
        return unsafe UnsafeRawBufferPointer(start: start, count: message.pointee.key_len)
    }

    /// The record's value; nil is a null value: a tombstone, or an event that is all headers.
    package var value: UnsafeRawBufferPointer? {
        guard isRecord, let start = unsafe message.pointee.payload else { return nil }
        return unsafe UnsafeRawBufferPointer(start: start, count: message.pointee.len)
    }

    /// Visits the headers in their order; a name may come more than once.
    ///
    /// They are parsed here, not before.
    ///
    /// - Parameter body: told the bytes of the name, without a zero at the end, and of the value, nil when it is null; both
    ///   are valid only until it returns.
    /// - Throws: what `body` throws.
    package func forEachHeader<Failure: Error>(
        _ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer?) throws(Failure) -> Void
    ) throws(Failure) {
        guard isRecord else { return }
        var headers: OpaquePointer?
        // Headers that do not parse answer an error and are treated as absent, as every consumer of the library does.
        guard unsafe rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR else { return }
        var index = 0
        while true {
            var name: UnsafePointer<CChar>?
            var value: UnsafeRawPointer?
            var count = 0
            let response = unsafe rd_kafka_header_get_all(headers, index, &name, &value, &count)
            guard response == RD_KAFKA_RESP_ERR_NO_ERROR, let name = unsafe name else { return }
            let valueBytes = unsafe value.map { unsafe UnsafeRawBufferPointer(start: $0, count: count) }
            try unsafe body(UnsafeRawBufferPointer(start: name, count: strlen(name)), valueBytes)
            index += 1
        }
    }

    private var errorText: String { unsafe String(cString: rd_kafka_message_errstr(message)) }
}
