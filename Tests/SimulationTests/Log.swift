import PushCore

/// The topics of the simulated cluster.
enum Topic: String, CaseIterable {
    case events
    case registrations
    case inbox
    case users
    case outbox
    case receipts
    case invalidTokens
    case deadLetters

    init(_ role: TopicRole) {
        switch role {
        case .inbox: self = .inbox
        case .users: self = .users
        case .receipts: self = .receipts
        case .invalidTokens: self = .invalidTokens
        case .deadLetters: self = .deadLetters
        case .outbox: self = .outbox
        }
    }
}

struct TopicPartition: Hashable, CustomStringConvertible {
    let topic: Topic
    let partition: Int32

    var description: String { "\(topic.rawValue)/\(partition)" }
}

/// A partitioned log in memory: appended at the end, read from any offset, compacted where it is said.
struct Log {
    /// Of every topic: what keeps a user's inbox, outbox and receipts in step is the same number of partitions.
    static let partitions: Int32 = 2

    private var records: [TopicPartition: [OwnedRecord]] = [:]
    private var ends: [TopicPartition: Int64] = [:]

    static func partition(of key: [UInt8]?) -> Int32 {
        var hash: UInt32 = 2_166_136_261
        for byte in key ?? [] { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
        return Int32((hash >> 7) % UInt32(partitions))
    }

    /// - Returns: The offset after the last record.
    func end(_ place: TopicPartition) -> Int64 { ends[place] ?? 0 }

    /// Records at or above an offset, at most so many.
    func read(_ place: TopicPartition, from offset: Int64, max: Int = .max) -> ArraySlice<OwnedRecord> {
        guard let all = records[place] else { return [] }
        var low = 0
        var high = all.count
        while low < high {
            let middle = (low + high) / 2
            if all[middle].offset < offset { low = middle + 1 } else { high = middle }
        }
        return all[low..<Swift.min(all.count, max == .max ? all.count : low + max)]
    }

    func all(_ topic: Topic) -> [OwnedRecord] {
        (0..<Self.partitions).flatMap { records[TopicPartition(topic: topic, partition: $0)] ?? [] }
    }

    /// Appends a record: its offset is set, after a gap where one is asked for.
    mutating func append(_ record: OwnedRecord, to place: TopicPartition, gap: Int64 = 0) -> OwnedRecord {
        var record = record
        record.topic = place.topic.rawValue
        record.partition = place.partition
        record.offset = end(place) + gap
        records[place, default: []].append(record)
        ends[place] = record.offset + 1
        return record
    }

    /// Keeps the last record of each key among those that are old enough, as the cleaner of Kafka does
    /// (`min.compaction.lag.ms`); deletes tombstones that it meets for the second time.
    mutating func compact(_ place: TopicPartition, olderThanMs: Int64) {
        guard let all = records[place] else { return }
        let cleanable = all.prefix { $0.timestampMs < olderThanMs }
        var last: [[UInt8]: Int64] = [:]
        for record in cleanable { last[record.key ?? []] = record.offset }
        let kept = cleanable.filter { last[$0.key ?? []] == $0.offset }
        let isSecondTime = kept.count == cleanable.count
        records[place] = kept.filter { $0.value != nil || !isSecondTime } + all[cleanable.count...]
    }
}
