import Kafka

/// A producer for who does nothing else meanwhile: it waits for room, and at the end for the acknowledgements.
///
/// What Kafka refuses for good is thrown, by the call that hears of it.
struct PatientProducer {
    private let wakeUp = KafkaWakeUp()
    private let producer: KafkaProducer

    init(settings: KafkaSettings, clientID: String) throws(KafkaError) {
        producer = try KafkaProducer(settings: settings, clientID: clientID, wakeUp: wakeUp)
    }

    func topic(_ name: String) throws(KafkaError) -> ProducerTopic { try producer.topic(name) }

    /// Enqueues a record; `whileFull` is called before each wait for room, and may throw to give up.
    func put(_ record: OutgoingRecord, whileFull: () throws -> Void = {}) throws {
        while true {
            switch producer.produce(record, token: 0) {
            case .enqueued: return
            case .failed(let error): throw error
            case .queueFull:
                try whileFull()
                try rest(.milliseconds(20))
            }
        }
    }

    /// Takes what Kafka says, and waits a little.
    func rest(_ time: Duration) throws {
        wakeUp.clear()
        var deliveries: [Delivery] = []
        _ = producer.pollDeliveries(into: &deliveries)
        try Self.check(deliveries)
        _ = wakeUp.wait(timeout: time)
    }

    /// Waits until Kafka has all of it.
    ///
    /// - Returns: how many records are not acknowledged when the time is up.
    func flush(timeout: Duration) throws -> Int {
        var deliveries: [Delivery] = []
        _ = producer.flush(timeout: timeout, into: &deliveries)
        try Self.check(deliveries)
        return producer.undeliveredCount
    }

    private static func check(_ deliveries: [Delivery]) throws {
        for delivery in deliveries {
            if case .failed(let error) = delivery.outcome { throw error }
        }
    }
}
