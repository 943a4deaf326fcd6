import Foundation
import Kafka
import PushCore
import PushPipeline

/// Reads the topics of a run back, each from its beginning to its end.
///
/// Blocks, for seconds: called on a thread of its own.
struct BooksReader {
    let settings: KafkaSettings
    let topics: TopicNames
    let partitions: Int

    private static let timeout = Duration.seconds(30)

    /// Adds to the books what stands in Kafka.
    ///
    /// - Throws: where a topic cannot be read to its end.
    func read(into books: inout Books) throws(KafkaError) {
        let reader = try Kafka.KafkaReader(settings: settings, clientID: "demo-books")
        let decoder = JSONDecoder()
        for topic in topics.events {
            try read(topic, reader, &books) { books, record in
                guard let number = record.headers[Shop.numberHeader].flatMap({ Int($0) }) else { return false }
                books.stored.append(Books.StoredEvent(place: record.place, number: number))
                return true
            }
        }
        try read(topics.inbox, reader, &books) { books, record in record.addAsked(to: &books) }
        try read(topics.outbox(.apns), reader, &books) { books, record in record.addDelivered(to: &books) }
        try read(topics.receipts, reader, &books) { books, record in
            guard let receipt = try? decoder.decode(Books.Receipt.self, from: Data(record.value)) else { return false }
            books.receipts.append(receipt)
            return true
        }
        try read(topics.deadLetters, reader, &books) { books, record in record.addSetAside(to: &books) }
        try read(topics.invalidTokens, reader, &books) { books, record in
            guard let signal = try? decoder.decode(Signal.self, from: Data(record.value)) else { return false }
            books.invalidTokens.append(signal.token)
            return true
        }
    }

    private struct Signal: Decodable {
        let token: String
    }

    /// Reads one topic; `take` adds a record to the books and says whether it made sense.
    private func read(
        _ topic: String,
        _ reader: Kafka.KafkaReader,
        _ books: inout Books,
        _ take: (inout Books, CopiedRecord) -> Bool
    ) throws(KafkaError) {
        var next: [Int32: Int64] = [:]
        let ranges = (0..<partitions).map { number in
            Kafka.KafkaReader.Range(TopicPartition(topic: topic, partition: Int32(number)), from: .beginning)
        }
        let ends = try reader.read(ranges, timeout: Self.timeout) { message in
            let record = CopiedRecord(message, topic: topic)
            let place = record.place
            // The embedded broker drops the oldest without a word; the books would then not be whole.
            let expected = next[place.partition] ?? 0
            if place.offset != expected { books.unreadable.append("\(place): begins after \(expected)") }
            next[place.partition] = place.offset + 1
            if !take(&books, record) { books.unreadable.append("\(place): cannot be read") }
        }
        for (partition, end) in ends where end != (next[partition.partition] ?? 0) {
            books.unreadable.append("\(partition): ends at \(end), read up to \(next[partition.partition] ?? 0)")
        }
    }
}

/// A record, copied out of the library's memory.
private struct CopiedRecord {
    let place: Books.Place
    let key: String
    let value: [UInt8]
    private(set) var headers: [String: String] = [:]

    init(_ message: borrowing MessageView, topic: String) {
        place = Books.Place(topic: topic, partition: message.partition, offset: message.offset)
        // SAFETY: the octets are lent for the call, and copied.
        key = unsafe message.key.map { unsafe String(decoding: $0, as: UTF8.self) } ?? ""
        value = unsafe message.value.map { unsafe Array($0) } ?? []
        unsafe message.forEachHeader { name, value in
            // SAFETY: as above.
            guard let value = unsafe value else { return }
            unsafe headers[String(decoding: name, as: UTF8.self)] = unsafe String(decoding: value, as: UTF8.self)
        }
    }

    /// Commands of other kinds are no part of the books.
    func addAsked(to books: inout Books) -> Bool {
        // SAFETY: the array is lent for the call.
        guard let command = unsafe value.withUnsafeBytes({ unsafe try? Command(octets: $0) }) else { return false }
        guard case .notify(let notify) = command.kind else { return command.kind != nil }
        let event = notify.notification.event
        books.asked.append(
            Books.Asked(
                notificationID: notify.notification.id.description,
                origin: notify.origin,
                event: Books.EventKey(source: event.source, id: event.id),
                ruleID: notify.notification.ruleID,
                // Inbox keys of users are `u:` and the user id.
                userID: key.hasPrefix("u:") ? String(key.dropFirst(2)) : ""
            )
        )
        return true
    }

    func addDelivered(to books: inout Books) -> Bool {
        // SAFETY: the array is lent for the call.
        guard let delivery = unsafe value.withUnsafeBytes({ unsafe try? PushCore.Delivery(octets: $0) }) else {
            return false
        }
        books.delivered.append(
            Books.Delivered(
                deliveryID: delivery.id.description,
                notificationID: delivery.notification.id.description,
                deviceID: delivery.device.id
            )
        )
        return true
    }

    func addSetAside(to books: inout Books) -> Bool {
        guard let topic = headers["dlq_topic"], let reason = headers["dlq_reason"],
            let partition = headers["dlq_partition"].flatMap({ Int32($0) }),
            let offset = headers["dlq_offset"].flatMap({ Int64($0) })
        else { return false }
        let origin = Books.Place(topic: topic, partition: partition, offset: offset)
        books.setAside.append(Books.SetAside(place: origin, reason: reason))
        return true
    }
}
