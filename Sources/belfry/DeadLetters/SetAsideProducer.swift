import Kafka
import PushCore

/// Produces records once more to where they came from.
struct SetAsideProducer {
    private let producer: PatientProducer
    private let partitionCounts: [String: Int32]

    /// What cannot go back, or was not acknowledged.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// `topics`: Where the records are to go.
    ///
    /// - Throws: `KafkaError`, or ``Failure`` for a topic that is not there.
    init(settings: KafkaSettings, topics: Set<String>) throws {
        let admin = try KafkaAdmin(settings: settings, clientID: "belfry-dead-letters-admin")
        partitionCounts = try admin.partitionCounts(of: topics, timeout: .seconds(15))
        for topic in topics.sorted() where partitionCounts[topic] == nil {
            throw Failure(description: "there is no topic \(displayed(topic)) any more")
        }
        producer = try PatientProducer(settings: settings, clientID: "belfry-dead-letters")
    }

    /// Produces them in their order, each to the partition that it was in, and waits until Kafka has them.
    ///
    /// A topic that has fewer partitions by now leaves it to the key.
    ///
    /// - Throws: the first refusal; what was acknowledged by then stays produced.
    func produce(_ letters: [SetAside]) throws {
        for letter in letters {
            let original = letter.original
            let hasPartition = original.partition < partitionCounts[original.topic] ?? 0
            var record = OutgoingRecord(
                topic: try producer.topic(original.topic),
                partition: hasPartition ? original.partition : nil,
                key: original.key,
                value: original.value
            )
            for header in original.headers {
                record.headers.append(String(decoding: header.name, as: UTF8.self), octets: header.value)
            }
            try producer.put(record)
        }
        let missing = try producer.flush(timeout: .seconds(60))
        if missing > 0 { throw Failure(description: "Kafka did not acknowledge \(missing) records within 60 s") }
    }
}
