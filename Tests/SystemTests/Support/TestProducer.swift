import Foundation
import Kafka

/// A record to produce.
struct TestRecord {
    var key: String?
    var value: [UInt8]?
    var headers: [(String, [UInt8]?)] = []

    init(key: String?, value: String?, headers: [(String, String)] = []) {
        self.key = key
        self.value = value.map { Array($0.utf8) }
        self.headers = headers.map { ($0.0, Array($0.1.utf8)) }
    }

    /// A CloudEvent in binary mode.
    init(
        type: String,
        id: String,
        key: String,
        value: String,
        time: Date? = Date(),
        extra: [(String, String)] = []
    ) {
        var headers = [
            ("ce_specversion", "1.0"), ("ce_type", type), ("ce_id", id), ("ce_source", "/shop"),
            ("content-type", "application/json"),
        ]
        if let time { headers.append(("ce_time", time.rfc3339)) }
        self.init(key: key, value: value, headers: headers + extra)
    }

    /// An order that was shipped, in binary mode.
    static func shipped(
        _ id: String,
        to user: String,
        time: Date = Date(),
        extra: [(String, String)] = []
    ) -> TestRecord {
        TestRecord(
            type: "com.example.order.shipped",
            id: id,
            key: user,
            value: #"{"order_id":"\#(id)","customer_id":"\#(user)","total":12.5,"tracking":"T1"}"#,
            time: time,
            extra: extra
        )
    }

    static func registered(
        _ user: String,
        _ device: String,
        token: String,
        locale: String = "en",
        time: Date = Date()
    ) -> TestRecord {
        TestRecord(
            type: "push.device.registered",
            id: UUID().uuidString,
            key: user,
            value: """
                {"user_id":"\(user)","device_id":"\(device)","provider":"apns","app":"com.example.shop",\
                "token":"\(token)","locale":"\(locale)"}
                """,
            time: time
        )
    }

    static func unregistered(_ user: String, _ device: String) -> TestRecord {
        TestRecord(
            type: "push.device.unregistered",
            id: UUID().uuidString,
            key: user,
            value: #"{"user_id":"\#(user)","device_id":"\#(device)"}"#
        )
    }
}

extension Date {
    /// With milliseconds, in UTC.
    var rfc3339: String { formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)) }
}

/// Writes what the shop writes, and waits until Kafka has it.
final class TestProducer {
    private let producer: KafkaProducer

    init(settings: KafkaSettings) throws {
        producer = try KafkaProducer(settings: settings, clientID: "test-producer", wakeUp: KafkaWakeUp())
    }

    /// - Throws: when Kafka does not take one of them.
    func produce(_ records: [TestRecord], to topic: String, within limit: Duration = .seconds(60)) async throws {
        let topic = try producer.topic(topic)
        var deliveries: [Delivery] = []
        for record in records {
            var outgoing = OutgoingRecord(topic: topic, key: record.key.map { Array($0.utf8) }, value: record.value)
            for (name, value) in record.headers { outgoing.headers.append(name: name.utf8, value: value) }
            if case .failed(let error) = producer.produce(outgoing, token: 0) { throw error }
        }
        try await eventually("\(records.count) records to be written", within: limit) {
            _ = producer.pollDeliveries(into: &deliveries)
            return deliveries.count == records.count
        }
        for delivery in deliveries {
            if case .failed(let error) = delivery.outcome { throw error }
        }
    }
}
