/// The headers of a record to produce, in one buffer: refilled for each record, it allocates nothing.
package struct RecordHeaders: Hashable, Sendable {
    private var bytes: [UInt8] = []
    private var entries: [Entry] = []

    /// Where one header lies: the name, and behind it the value.
    private struct Entry: Hashable {
        let nameStart: Int
        let valueStart: Int
        let end: Int
        let hasValue: Bool
    }

    package init() {}

    package var count: Int { entries.count }
    package var isEmpty: Bool { entries.isEmpty }

    /// Adds a header behind the others; a name may come more than once.
    ///
    /// - Parameters:
    ///   - name: not empty.
    ///   - value: nil for a null value.
    package mutating func append(_ name: String, _ value: String?) {
        append(name: name.utf8, value: value?.utf8)
    }

    /// Adds a header whose value is octets.
    ///
    /// - Parameters:
    ///   - name: not empty.
    ///   - value: nil for a null value.
    package mutating func append(_ name: String, octets value: [UInt8]?) {
        // Not generic to its callers in other modules, for whom a generic copies octet by octet.
        append(name: name.utf8, value: value)
    }

    /// Adds a header from bytes, such as another record's.
    ///
    /// - Parameters:
    ///   - name: not empty.
    ///   - value: nil for a null value.
    package mutating func append(name: some Sequence<UInt8>, value: (some Sequence<UInt8>)?) {
        let nameStart = bytes.count
        bytes.append(contentsOf: name)
        let valueStart = bytes.count
        if let value { bytes.append(contentsOf: value) }
        entries.append(
            Entry(nameStart: nameStart, valueStart: valueStart, end: bytes.count, hasValue: value != nil)
        )
    }

    /// Forgets the headers and keeps the memory.
    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        entries.removeAll(keepingCapacity: true)
    }

    /// Visits the headers in their order.
    ///
    /// - Parameter body: told the name and the value, nil when it is null; both are valid only until it returns.
    func forEach(_ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer?) -> Void) {
        unsafe bytes.withUnsafeBytes { bytes in
            for entry in entries {
                // SAFETY: entries lie inside `bytes` by construction.
                let name = unsafe UnsafeRawBufferPointer(rebasing: bytes[entry.nameStart..<entry.valueStart])
                let value = unsafe UnsafeRawBufferPointer(rebasing: bytes[entry.valueStart..<entry.end])
                unsafe body(name, entry.hasValue ? value : nil)
            }
        }
    }
}

/// A topic to which a producer produces; belongs to the producer that made it.
package struct ProducerTopic: Hashable, Sendable {
    let index: Int
}

/// A record to produce.
///
/// Keep one and refill it: its buffers are copied by the library, and keep their capacity.
package struct OutgoingRecord: Sendable {
    package var topic: ProducerTopic

    /// Where it goes; nil lets the key decide as in Java (murmur2), or chance when there is no key.
    package var partition: Int32?

    /// Null and empty are different: all records with an empty key go to one partition.
    package var key: [UInt8]?

    /// A null value deletes the key in a compacted topic.
    package var value: [UInt8]?
    package var headers = RecordHeaders()

    package init(topic: ProducerTopic, partition: Int32? = nil, key: [UInt8]? = nil, value: [UInt8]? = nil) {
        self.topic = topic
        self.partition = partition
        self.key = key
        self.value = value
    }
}

/// What became of a record that was given to `produce`.
package enum ProduceResult: Sendable {
    /// It is in the queue; a delivery with its token will come.
    case enqueued
    /// There is no room now, and nothing happened: stop reading, and produce it again after the next deliveries.
    case queueFull
    /// It can never be produced, for example because it is too large. No delivery will come.
    case failed(KafkaError)
}

/// The end of a record that was enqueued.
package struct Delivery: Sendable {
    /// How it ended.
    package enum Outcome: Sendable {
        /// All replicas that are in sync have it. The offset is nil when it was a repeated batch whose first answer got lost.
        case acknowledged(partition: Int32, offset: Int64?)
        /// Kafka refuses it, and would again.
        case failed(KafkaError)
    }

    /// What the caller gave with it.
    package let token: UInt32
    package let outcome: Outcome
}

/// What a producer tells its application beside deliveries.
package enum ProducerEvent: Sendable {
    /// The client has trouble and goes on trying.
    case error(KafkaError)

    /// The client was useless and has been replaced; what was not acknowledged is produced again. Copies are possible.
    case recreated(after: KafkaError)

    /// The library's statistics, JSON as in its STATISTICS.md, every `statistics.interval.ms`.
    case statistics(String)
    case log(KafkaLog)
}
