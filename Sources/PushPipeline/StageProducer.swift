import Kafka
import PushCore

/// Produces what the cores ask for, in order, and takes the acknowledgements.
///
/// When Kafka's queue is full, records wait here and the loop stops reading: nothing is dropped.
final class StageProducer {
    private let producer: KafkaProducer
    private let topics: [TopicRole: ProducerTopic]
    private var waiting: [EffectLedger.Production] = []
    private var firstWaiting = 0
    private var deliveries: [Kafka.Delivery] = []
    private var record: OutgoingRecord

    init(settings: KafkaSettings, clientID: String, names: TopicNames, wakeUp: KafkaWakeUp) throws(KafkaError) {
        producer = try KafkaProducer(settings: settings, clientID: clientID, wakeUp: wakeUp)
        var topics: [TopicRole: ProducerTopic] = [:]
        let roles: [TopicRole] = [.inbox, .users, .receipts, .invalidTokens, .deadLetters]
        for role in roles + Provider.allCases.map(TopicRole.outbox) {
            topics[role] = try producer.topic(names.name(of: role))
        }
        guard let inbox = topics[.inbox] else { preconditionFailure("the inbox is among the topics") }
        self.topics = topics
        record = OutgoingRecord(topic: inbox)
    }

    /// True when records wait for room: read nothing more until it is false.
    var isFull: Bool { firstWaiting < waiting.count }

    /// Records handed over and not acknowledged.
    var unacknowledged: Int { producer.undeliveredCount + (waiting.count - firstWaiting) }

    func produce(_ productions: [EffectLedger.Production]) throws(KafkaError) {
        for production in productions {
            if isFull {
                waiting.append(production)
            } else if try !enqueue(production) {
                waiting.append(production)
            }
        }
    }

    /// Hands over what waited, as far as there is room.
    func produceWaiting() throws(KafkaError) {
        while isFull {
            guard try enqueue(waiting[firstWaiting]) else { return }
            firstWaiting += 1
        }
        if firstWaiting > 0 {
            waiting.removeAll(keepingCapacity: true)
            firstWaiting = 0
        }
    }

    /// Takes the acknowledgements that came.
    ///
    /// `acknowledged`: Told the token, and the offset of the record; nil where a repeated record's first
    ///   acknowledgement got lost.
    /// Returns: What else there is to know.
    func poll(
        _ acknowledged: (EffectLedger.Token, Int64?) throws(KafkaError) -> Void
    ) throws(KafkaError) -> [ProducerEvent] {
        deliveries.removeAll(keepingCapacity: true)
        let events = producer.pollDeliveries(into: &deliveries)
        for delivery in deliveries {
            switch delivery.outcome {
            case .acknowledged(_, let offset): try acknowledged(delivery.token, offset)
            case .failed(let error): throw error
            }
        }
        return events
    }

    /// Waits for what is under way, when the stage stops.
    func flush(timeout: Duration) {
        deliveries.removeAll(keepingCapacity: true)
        _ = producer.flush(timeout: timeout, into: &deliveries)
    }

    private func enqueue(_ production: EffectLedger.Production) throws(KafkaError) -> Bool {
        fill(production.record)
        switch producer.produce(record, token: production.token) {
        case .enqueued: return true
        case .queueFull: return false
        case .failed(let error):
            guard production.record.topic == .deadLetters, record.value != nil else { throw error }
            // Larger than the topic takes: the reason and the place it came from are kept, and the value stays where it was.
            record.value = nil
            record.headers.append("dlq_value_omitted", "\(production.record.value?.count ?? 0) bytes: \(error)")
            switch producer.produce(record, token: production.token) {
            case .enqueued: return true
            case .queueFull: return false
            case .failed(let second): throw second
            }
        }
    }

    private func fill(_ outgoing: Outgoing) {
        guard let topic = topics[outgoing.topic] else { preconditionFailure("every role has a topic") }
        record.topic = topic
        record.partition = outgoing.partition
        record.key = outgoing.key
        record.value = outgoing.value
        record.headers.removeAll()
        for header in outgoing.headers {
            record.headers.append(header.name, octets: header.value)
        }
    }
}
