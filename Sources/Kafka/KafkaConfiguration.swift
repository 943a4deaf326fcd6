import CRdKafka

/// Owns a configuration object of the library until a client takes it over.
@safe
struct KafkaConfiguration: ~Copyable {
    private let pointer: OpaquePointer

    init() {
        // SAFETY: the library aborts rather than answer null; freed in `deinit` or taken over by `consumePointer`.
        guard let created = unsafe rd_kafka_conf_new() else { preconditionFailure("librdkafka is out of memory") }
        unsafe pointer = unsafe created
    }

    deinit {
        unsafe rd_kafka_conf_destroy(pointer)
    }

    /// Sets one property.
    ///
    /// - Parameters:
    ///   - name: the library's name of it, or an alias.
    ///   - value: its text.
    /// - Throws: `_INVALID_ARG` with the library's explanation if it knows no such property, or not that value.
    func set(_ name: String, _ value: String) throws(KafkaError) {
        let capacity = 512
        var result = RD_KAFKA_CONF_OK
        let text = unsafe String(unsafeUninitializedCapacity: capacity) { buffer in
            // SAFETY: the library writes at most `capacity` bytes with a zero at the end, or nothing.
            unsafe buffer.withMemoryRebound(to: CChar.self) { characters in
                guard let start = characters.baseAddress else { return 0 }
                unsafe start.pointee = 0
                unsafe result = rd_kafka_conf_set(pointer, name, value, start, capacity)
                return unsafe String(cString: start).utf8.count
            }
        }
        if result != RD_KAFKA_CONF_OK { throw .invalidArgument(text) }
    }

    /// Chooses which events arrive on queues, to be polled, in place of being given to functions.
    ///
    /// - Parameter events: the sum of `RD_KAFKA_EVENT_…`.
    func setEvents(_ events: Int32) {
        unsafe rd_kafka_conf_set_events(pointer, events)
    }

    /// Makes a client of it.
    ///
    /// - Parameter kind: producer or consumer.
    /// - Returns: the client, to be freed by the caller.
    /// - Throws: what is wrong with the combination of properties, or that the system is out of threads.
    consuming func makeClient(_ kind: rd_kafka_type_t) throws(KafkaError) -> OpaquePointer {
        let capacity = 512
        var client: OpaquePointer?
        let text = unsafe String(unsafeUninitializedCapacity: capacity) { buffer in
            // SAFETY: as in `set`. The library takes over a copy, so that this object is freed here whatever happens.
            unsafe buffer.withMemoryRebound(to: CChar.self) { characters in
                guard let start = characters.baseAddress else { return 0 }
                unsafe start.pointee = 0
                let copy = unsafe rd_kafka_conf_dup(pointer)
                unsafe client = rd_kafka_new(kind, copy, start, capacity)
                if unsafe client == nil { unsafe rd_kafka_conf_destroy(copy) }
                return unsafe String(cString: start).utf8.count
            }
        }
        guard let client = unsafe client else { throw .invalidArgument(text) }
        return unsafe client
    }
}
