import CRdKafka
private import Glibc

/// One partition of a topic.
package struct TopicPartition: Hashable, Sendable, CustomStringConvertible {
    package let topic: String
    package let partition: Int32

    package init(topic: String, partition: Int32) {
        self.topic = topic
        self.partition = partition
    }

    package var description: String { "\(topic)[\(partition)]" }
}

/// Where reading begins.
package enum StartOffset: Hashable, Sendable {
    /// The oldest record that the broker still has.
    case beginning
    /// Behind the newest record at the time of the first fetch.
    case end
    /// The record with this offset, or the first one after it; outside the log it is an error, never a silent skip.
    case at(Int64)

    var rawOffset: Int64 {
        switch self {
        case .beginning: Int64(RD_KAFKA_OFFSET_BEGINNING)
        case .end: Int64(RD_KAFKA_OFFSET_END)
        case .at(let offset): offset
        }
    }
}

/// A partition and where to begin in it.
package struct PartitionStart: Hashable, Sendable {
    package let topicPartition: TopicPartition
    package let offset: StartOffset

    package init(_ topicPartition: TopicPartition, from offset: StartOffset) {
        self.topicPartition = topicPartition
        self.offset = offset
    }
}

/// What the group has committed for a partition.
package struct CommittedOffset: Hashable, Sendable {
    /// The next offset to read; nil when nothing was ever committed, or it has expired.
    package let offset: Int64?

    /// What was committed with it, empty if nothing was.
    ///
    /// Bytes that are not UTF-8 are replaced: treat it as untrusted.
    package let metadata: String

    package init(offset: Int64?, metadata: String) {
        self.offset = offset
        self.metadata = metadata
    }
}

/// A commit of one partition.
package struct OffsetCommit: Hashable, Sendable {
    package let topicPartition: TopicPartition

    /// The next offset to read, that is, the last finished one plus one.
    package let offset: Int64

    /// Text without zero bytes, 4,096 bytes at most by the broker's default (`offset.metadata.max.bytes`).
    package let metadata: String

    package init(_ topicPartition: TopicPartition, offset: Int64, metadata: String = "") {
        self.topicPartition = topicPartition
        self.offset = offset
        self.metadata = metadata
    }
}

/// How the commit of one partition ended.
package struct CommitResult: Hashable, Sendable {
    /// The three ends of a commit.
    package enum Outcome: Hashable, Sendable {
        /// The group's coordinator stored it.
        case committed
        /// The partition is not ours any more: forget its state, do not try again.
        case lost
        /// It was not stored; the next commit supersedes it.
        case failed(KafkaError)
    }

    package let topicPartition: TopicPartition
    package let offset: Int64
    package let outcome: Outcome

    package init(topicPartition: TopicPartition, offset: Int64, outcome: Outcome) {
        self.topicPartition = topicPartition
        self.offset = offset
        self.outcome = outcome
    }
}

/// Owns a list of partitions in the library's form.
@safe
struct TopicPartitionList: ~Copyable {
    let pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

    init(capacity: Int) {
        // SAFETY: the library aborts rather than answer null; `deinit` frees it once.
        unsafe pointer = rd_kafka_topic_partition_list_new(Int32(capacity))
    }

    init(_ partitions: some Collection<TopicPartition>) {
        self.init(capacity: partitions.count)
        for partition in partitions { add(partition) }
    }

    init(_ starts: [PartitionStart]) {
        self.init(capacity: starts.count)
        for start in starts { add(start.topicPartition, offset: start.offset.rawOffset) }
    }

    deinit {
        unsafe rd_kafka_topic_partition_list_destroy(pointer)
    }

    func add(_ partition: TopicPartition, offset: Int64? = nil, metadata: String = "") {
        // SAFETY: the element belongs to the list, which outlives this call, and is not kept.
        let element = unsafe rd_kafka_topic_partition_list_add(pointer, partition.topic, partition.partition)
        guard let element = unsafe element else { preconditionFailure("librdkafka adds to a list or aborts") }
        if let offset { unsafe element.pointee.offset = offset }
        var metadata = metadata
        metadata.withUTF8 { text in
            guard text.count > 0, let copy = unsafe malloc(text.count), let source = text.baseAddress else { return }
            // SAFETY: `copy` holds `text.count` bytes; the list frees it with `free` when it is destroyed.
            unsafe memcpy(copy, source, text.count)
            unsafe element.pointee.metadata = unsafe copy
            unsafe element.pointee.metadata_size = text.count
        }
    }

    /// Calls with each element of a list that somebody else owns.
    ///
    /// - Parameters:
    ///   - list: null means an empty list.
    ///   - body: told the partition and the element; must not keep the element.
    static func forEach(
        in list: UnsafePointer<rd_kafka_topic_partition_list_t>?,
        _ body: (TopicPartition, borrowing Element) -> Void
    ) {
        guard let list = unsafe list else { return }
        for index in 0..<Int(unsafe list.pointee.cnt) {
            // SAFETY: the list holds `cnt` elements, each with a topic name, for the time of this call.
            let element = unsafe list.pointee.elems + index
            let partition = unsafe TopicPartition(
                topic: String(cString: element.pointee.topic),
                partition: element.pointee.partition
            )
            body(partition, unsafe Element(pointer: element))
        }
    }

    func forEach(_ body: (TopicPartition, borrowing Element) -> Void) {
        unsafe Self.forEach(in: pointer, body)
    }

    /// One element of a list, valid for a call.
    @safe
    struct Element: ~Copyable {
        fileprivate let pointer: UnsafePointer<rd_kafka_topic_partition_t>

        fileprivate init(pointer: UnsafePointer<rd_kafka_topic_partition_t>) { unsafe self.pointer = unsafe pointer }

        // SAFETY: an element exists only while `forEach` runs over its list.
        var offset: Int64 { unsafe pointer.pointee.offset }
        var error: rd_kafka_resp_err_t { unsafe pointer.pointee.err }
        var metadata: String {
            guard let bytes = unsafe pointer.pointee.metadata else { return "" }
            return unsafe String(
                decoding: UnsafeRawBufferPointer(start: bytes, count: pointer.pointee.metadata_size),
                as: UTF8.self
            )
        }
    }
}
