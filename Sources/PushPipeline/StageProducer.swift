import Kafka
import PushCore

/// Produces what the cores ask for, in order, and takes the acknowledgements.
///
/// When Kafka's queue is full, records wait here and the loop stops reading: nothing is dropped.
final class StageProducer {
    private let producer: KafkaProducer
    /// By ``place(of:)``.
    private let topics: [ProducerTopic]
    private var waiting: [EffectLedger.Production] = []
    private var firstWaiting = 0
    private var deliveries: [Kafka.Delivery] = []
    private var record: OutgoingRecord

    init(settings: KafkaSettings, clientID: String, names: TopicNames, wakeUp: KafkaWakeUp) throws(KafkaError) {
        producer = try KafkaProducer(settings: settings, clientID: clientID, wakeUp: wakeUp)
        var topics: [ProducerTopic] = []
        let roles: [TopicRole] = [.inbox, .users, .receipts, .invalidTokens, .deadLetters]
        for role in roles + Provider.allCases.map(TopicRole.outbox) {
            precondition(Self.place(of: role) == topics.count, "topics lie in the order of their places")
            topics.append(try producer.topic(names.name(of: role)))
        }
        self.topics = topics
        record = OutgoingRecord(topic: topics[Self.place(of: .inbox)])
    }

    /// Every record asks for its topic: a place in an array, and no search.
    private static func place(of role: TopicRole) -> Int {
        switch role {
        case .inbox: 0
        case .users: 1
        case .receipts: 2
        case .invalidTokens: 3
        case .deadLetters: 4
        case .outbox(.apns): 5
        case .outbox(.fcm): 6
        case .outbox(.webpush): 7
        }
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
        record.topic = topics[Self.place(of: outgoing.topic)]
        record.partition = outgoing.partition
        record.key = outgoing.key
        record.value = outgoing.value
        record.headers.removeAll()
        for header in outgoing.headers {
            record.headers.append(header.name, octets: header.value)
        }
    }
}
