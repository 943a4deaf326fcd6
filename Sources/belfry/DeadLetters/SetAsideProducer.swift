import Kafka
import PushCore

/// Produces records once more to where they came from.
struct SetAsideProducer {
    private let wakeUp = KafkaWakeUp()
    private let producer: KafkaProducer
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
        producer = try KafkaProducer(settings: settings, clientID: "belfry-dead-letters", wakeUp: wakeUp)
    }

    /// Produces them in their order, each to the partition that it was in, and waits until Kafka has them.
    ///
    /// A topic that has fewer partitions by now leaves it to the key.
    ///
    /// - Throws: the first refusal; what was acknowledged by then stays produced.
    func produce(_ letters: [SetAside]) throws {
        var deliveries: [Kafka.Delivery] = []
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
            try enqueue(record, &deliveries)
        }
        guard producer.flush(timeout: .seconds(60), into: &deliveries) else {
            throw Failure(description: "Kafka did not acknowledge \(producer.undeliveredCount) records within 60 s")
        }
        try Self.check(deliveries)
    }

    private func enqueue(_ record: OutgoingRecord, _ deliveries: inout [Kafka.Delivery]) throws {
        while true {
            switch producer.produce(record, token: 0) {
            case .enqueued: return
            case .failed(let error): throw error
            case .queueFull:
                wakeUp.clear()
                _ = producer.pollDeliveries(into: &deliveries)
                try Self.check(deliveries)
                _ = wakeUp.wait(timeout: .milliseconds(20))
            }
        }
    }

    private static func check(_ deliveries: [Kafka.Delivery]) throws {
        for delivery in deliveries {
            if case .failed(let error) = delivery.outcome { throw error }
        }
    }
}
