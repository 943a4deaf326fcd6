import Foundation
import Kafka

/// A record as it was read, copied.
struct LoggedRecord {
    /// A header, copied.
    struct Header: Hashable {
        let name: String
        let value: [UInt8]?
    }

    let partition: Int32
    let offset: Int64
    let key: [UInt8]?
    let value: [UInt8]?
    let headers: [Header]

    init(_ message: borrowing MessageView) {
        partition = message.partition
        offset = message.offset
        // SAFETY: the bytes are copied while the view is alive.
        key = unsafe message.key.map { unsafe Array($0) }
        value = unsafe message.value.map { unsafe Array($0) }
        var headers: [Header] = []
        unsafe message.forEachHeader { name, value in
            unsafe headers.append(
                Header(name: String(decoding: name, as: UTF8.self), value: value.map { unsafe Array($0) })
            )
        }
        self.headers = headers
    }

    var keyText: String { String(decoding: key ?? [], as: UTF8.self) }

    /// The last value of the header as text.
    func header(_ name: String) -> String? {
        headers.last { $0.name == name }.flatMap { $0.value.map { String(decoding: $0, as: UTF8.self) } }
    }

    /// The headers as the schemas see them.
    var headersValue: JSONValue {
        var members: [String: JSONValue] = [:]
        for header in headers { members[header.name] = .string(String(decoding: header.value ?? [], as: UTF8.self)) }
        return .object(members)
    }
}

/// Everything in a topic so far; `refresh()` reads on from where it ended.
final class TopicLog {
    let topic: String
    private let reader: KafkaReader
    private var next: [TopicPartition: Int64] = [:]
    private(set) var records: [LoggedRecord] = []

    init(_ topic: String, settings: KafkaSettings) throws {
        self.topic = topic
        reader = try KafkaReader(settings: settings, clientID: "test-\(topic)")
        let admin = try KafkaAdmin(settings: settings, clientID: "test-admin")
        let count = try admin.partitionCounts(of: [topic], timeout: .seconds(20))[topic] ?? 0
        for partition in 0..<count { next[TopicPartition(topic: topic, partition: partition)] = 0 }
    }

    func refresh() throws {
        let ranges = next.map { KafkaReader.Range($0.key, from: .at($0.value)) }
        next.merge(try reader.read(ranges, timeout: .seconds(30)) { records.append(LoggedRecord($0)) }) { $1 }
    }

    /// Waits until there are so many records.
    func records(atLeast count: Int, within limit: Duration = .seconds(60)) async throws -> [LoggedRecord] {
        try await eventually("\(count) records of \(topic), there are \(records.count)", within: limit) {
            try refresh()
            return records.count >= count ? records : nil
        }
    }

    /// The offsets after the last record, as of the last refresh.
    var ends: [TopicPartition: Int64] { next }
}
