import Kafka
import PushCore

/// Reads past events from Kafka: outside of any group, without a commit.
struct PastEvents {
    let settings: KafkaSettings
    let topics: [String]
    /// `.min`: from the beginning.
    let sinceMs: Int64
    let untilMs: Int64
    let eventsMax: Int
    let timeout: Duration

    /// A topic that is not there.
    struct MissingTopic: Error, CustomStringConvertible {
        let description: String
    }

    /// Reads them.
    ///
    /// `body`: Gets each record of the time, of one partition in order, and of several in any order.
    ///
    /// - Returns: Whether there were more than ``eventsMax``.
    /// - Throws: `KafkaError`, or ``MissingTopic``.
    func read(_ body: (InputRecord) -> Void) throws -> Bool {
        let admin = try KafkaAdmin(settings: settings, clientID: "belfry-replay-admin")
        let counts = try admin.partitionCounts(of: Set(topics), timeout: .seconds(15))
        var partitions: [TopicPartition] = []
        for topic in topics {
            guard let count = counts[topic] else { throw MissingTopic(description: "there is no topic \(topic)") }
            partitions += (0..<count).map { TopicPartition(topic: topic, partition: $0) }
        }
        let reader = try Kafka.KafkaReader(settings: settings, clientID: "belfry-replay")
        let ranges = try ranges(of: partitions, reader)
        var taken = 0
        var isCut = false
        var headers: [InputHeader] = []
        _ = try reader.read(ranges, timeout: timeout, isEnough: { isCut }) { message in
            let timestampMs = message.timestampMilliseconds ?? -1
            guard timestampMs >= sinceMs, timestampMs < untilMs else { return }
            guard taken < eventsMax else {
                isCut = true
                return
            }
            taken += 1
            headers.removeAll(keepingCapacity: true)
            unsafe message.forEachHeader { name, value in
                unsafe headers.append(InputHeader(name: name, value: value))
            }
            // SAFETY: the record points into the message and the array, which both outlive the call it is lent for.
            unsafe headers.withUnsafeBufferPointer { headers in
                let record = unsafe InputRecord(
                    topic: message.topic,
                    partition: message.partition,
                    offset: message.offset,
                    timestampMs: timestampMs,
                    key: message.key,
                    value: message.value,
                    headers: PushCore.RecordHeaders(headers)
                )
                body(record)
            }
        }
        return isCut
    }

    /// Where the time begins in each partition.
    ///
    /// A broker without an index of times knows none, as one that has nothing so new: the partition is then read from its beginning,
    /// and the records tell.
    private func ranges(of partitions: [TopicPartition], _ reader: Kafka.KafkaReader) throws -> [Kafka.KafkaReader
        .Range]
    {
        if sinceMs == .min { return partitions.map { Kafka.KafkaReader.Range($0, from: .beginning) } }
        let found = try reader.offsets(from: sinceMs, of: partitions, timeout: .seconds(15))
        var isNewest: [TopicPartition: Bool] = [:]
        let unknown = partitions.filter { found[$0] == nil }
        let last = unknown.map { Kafka.KafkaReader.Range($0, from: .last(1)) }
        _ = try reader.read(last, timeout: timeout) { message in
            let partition = TopicPartition(topic: message.topic, partition: message.partition)
            isNewest[partition] = (message.timestampMilliseconds ?? -1) >= sinceMs
        }
        return partitions.compactMap { partition in
            if let offset = found[partition] { return Kafka.KafkaReader.Range(partition, from: .at(offset)) }
            // The last offset may hold no record; then what lies before it is looked at.
            return isNewest[partition] == false ? nil : Kafka.KafkaReader.Range(partition, from: .beginning)
        }
    }
}
