import CRdKafka

/// One life of a producer: a client and its topics, thrown away together after a fatal error.
@safe
final class ProducerClient {
    let handle: KafkaHandle
    private var topics: [OpaquePointer] = unsafe []

    /// Records in the library that have no delivery report yet.
    private(set) var outstandingCount = 0

    init(properties: [(String, String)], wakeUp: KafkaWakeUp) throws(KafkaError) {
        handle = try KafkaHandle(.producer, properties: properties, wakeUp: wakeUp)
    }

    deinit {
        // SAFETY: made by `openTopic`; `handle` goes after them.
        unsafe topics.forEach { unsafe rd_kafka_topic_destroy($0) }
    }

    /// Adds a topic; its index is the number of topics before it.
    ///
    /// - Parameter name: its name.
    /// - Throws: if the name is not possible.
    func openTopic(_ name: String) throws(KafkaError) {
        guard let topic = unsafe rd_kafka_topic_new(handle.client, name, nil) else {
            throw KafkaError(rd_kafka_last_error(), text: "topic \(name)")
        }
        unsafe topics.append(topic)
    }

    /// Gives a record to the library, which copies it.
    ///
    /// - Parameters:
    ///   - record: what.
    ///   - ticket: comes back with the report.
    ///   - timestamp: milliseconds since 1970; nil for now.
    /// - Returns: what the library says.
    func produce(_ record: OutgoingRecord, ticket: ProducerTicket, timestamp: Int64? = nil) -> rd_kafka_resp_err_t {
        let headers = record.headers.isEmpty ? nil : unsafe Self.makeHeaders(record.headers)
        return unsafe Self.withBytes(record.key) { key, keyCount in
            unsafe Self.withBytes(record.value) { value, valueCount in
                // SAFETY: key and value are valid during the call, which copies them; the ticket is a number and never followed.
                let description = unsafe belfry_record_t(
                    topic: topics[record.topic.index],
                    partition: record.partition ?? RD_KAFKA_PARTITION_UA,
                    key: key,
                    key_length: keyCount,
                    value: value,
                    value_length: valueCount,
                    timestamp_ms: timestamp ?? 0,
                    token: UnsafeMutableRawPointer(bitPattern: ticket.bits)
                )
                return unsafe enqueue(description, headers: headers)
            }
        }
    }

    /// Gives a record whose delivery failed to the library once more, from the memory of its report.
    ///
    /// - Parameter message: of a delivery report that is alive; keeps its headers if the library refuses.
    /// - Returns: what the library says.
    func produceAgain(_ message: UnsafePointer<rd_kafka_message_t>) -> rd_kafka_resp_err_t {
        var headers: OpaquePointer?
        // SAFETY: the report owns key and value, which are copied during the call, and the headers, which are copied before.
        let hasHeaders = unsafe rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR
        let copy = unsafe hasHeaders ? rd_kafka_headers_copy(headers) : nil
        let description = unsafe belfry_record_t(
            topic: message.pointee.rkt,
            partition: message.pointee.partition,
            key: message.pointee.key,
            key_length: message.pointee.key_len,
            value: message.pointee.payload,
            value_length: message.pointee.len,
            timestamp_ms: Self.timestamp(of: message) ?? 0,
            token: message.pointee._private
        )
        return unsafe enqueue(description, headers: copy)
    }

    /// Copies the record out of a delivery report.
    ///
    /// - Parameter message: of a delivery report that is alive.
    /// - Returns: nil if the topic is not one of this client's, which cannot be.
    func copy(_ message: UnsafePointer<rd_kafka_message_t>) -> (record: OutgoingRecord, timestamp: Int64?) {
        // SAFETY: the report owns everything that is read here. Few topics and rare failures: a search is fine.
        guard let index = unsafe topics.firstIndex(where: { unsafe $0 == message.pointee.rkt }) else {
            preconditionFailure("a delivery report of a topic that was never opened")
        }
        var record = OutgoingRecord(topic: ProducerTopic(index: index))
        let partition = unsafe message.pointee.partition
        record.partition = partition == RD_KAFKA_PARTITION_UA ? nil : partition
        record.key = unsafe Self.bytes(message.pointee.key, count: message.pointee.key_len)
        record.value = unsafe Self.bytes(message.pointee.payload, count: message.pointee.len)
        var headers: OpaquePointer?
        if unsafe rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR {
            var index = 0
            var name: UnsafePointer<CChar>?
            var value: UnsafeRawPointer?
            var count = 0
            while unsafe rd_kafka_header_get_all(headers, index, &name, &value, &count) == RD_KAFKA_RESP_ERR_NO_ERROR,
                let start = unsafe name
            {
                unsafe record.headers.append(
                    name: String(cString: start).utf8,
                    value: value.map { unsafe UnsafeRawBufferPointer(start: $0, count: count) }
                )
                index += 1
            }
        }
        return unsafe (record, Self.timestamp(of: message))
    }

    /// Counts a delivery report.
    func reported() {
        outstandingCount -= 1
        assert(outstandingCount >= 0, "more reports than records")
    }

    private func enqueue(_ record: belfry_record_t, headers: OpaquePointer?) -> rd_kafka_resp_err_t {
        var record = unsafe record
        let response = unsafe belfry_produce(handle.client, &record, headers)
        if response == RD_KAFKA_RESP_ERR_NO_ERROR {
            outstandingCount += 1
        } else if let headers = unsafe headers {
            unsafe rd_kafka_headers_destroy(headers)
        }
        return response
    }

    // MARK: Bytes

    private static func makeHeaders(_ headers: RecordHeaders) -> OpaquePointer? {
        let made = unsafe rd_kafka_headers_new(headers.count)
        unsafe headers.forEach { name, value in
            // SAFETY: name and value are valid for the call, which copies them. An empty value needs an address to be told from null.
            var start: UnsafeRawPointer?
            if let value = unsafe value { unsafe start = value.baseAddress ?? UnsafeRawPointer(name.baseAddress) }
            let response = unsafe rd_kafka_header_add(made, name.baseAddress, name.count, start, value?.count ?? 0)
            precondition(response == RD_KAFKA_RESP_ERR_NO_ERROR, "a new list of headers can be added to")
        }
        return unsafe made
    }

    /// Calls with an address and a count, the address null only when the bytes are null.
    private static func withBytes<Answer>(
        _ bytes: [UInt8]?,
        _ body: (UnsafeRawPointer?, Int) -> Answer
    ) -> Answer {
        guard let bytes else { return body(nil, 0) }
        return unsafe bytes.withUnsafeBytes { bytes in
            if let start = bytes.baseAddress { return unsafe body(start, bytes.count) }
            var nothing: UInt8 = 0
            return unsafe withUnsafeBytes(of: &nothing) { unsafe body($0.baseAddress, 0) }
        }
    }

    private static func bytes(_ start: UnsafeMutableRawPointer?, count: Int) -> [UInt8]? {
        guard let start = unsafe start else { return nil }
        return unsafe Array(UnsafeRawBufferPointer(start: start, count: count))
    }

    private static func timestamp(of message: UnsafePointer<rd_kafka_message_t>) -> Int64? {
        var kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
        let timestamp = unsafe rd_kafka_message_timestamp(message, &kind)
        return kind == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? nil : timestamp
    }
}
