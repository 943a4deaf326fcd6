import Kafka
import Testing

@Suite struct RoundTripTests {
    @Test("Keys, values and headers come back byte for byte; null and empty stay different", .timeLimit(.minutes(8)))
    func roundTrip() throws {
        let broker = try EmbeddedBroker(topics: [.init("t", partitions: 3)])
        let large = ["message.max.bytes": "3000000"]
        let test = try TestProducer(settings(for: broker, large))
        let topic = try test.producer.topic("t")
        let megabyte = (0..<1_048_576).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        var records = [
            OutgoingRecord(topic: topic, partition: 1, key: Array("k".utf8), value: Array("v".utf8)),
            OutgoingRecord(topic: topic, partition: 1, key: nil, value: nil),
            OutgoingRecord(topic: topic, partition: 1, key: [], value: []),
            OutgoingRecord(topic: topic, partition: 1, key: [0, 255], value: megabyte),
            OutgoingRecord(topic: topic, partition: 1, key: Array("k".utf8), value: nil),
        ]
        records[0].headers.append("ce_id", "1")
        records[0].headers.append("ce_id", "é")
        records[0].headers.append("empty", "")
        records[0].headers.append("null", nil)
        records[4].headers.append(name: Array("raw".utf8), value: [0, 1, 2] as [UInt8])
        for (token, record) in records.enumerated() {
            guard case .enqueued = test.producer.produce(record, token: UInt32(token)) else {
                Issue.record("record \(token) was not enqueued")
                return
            }
        }
        #expect(test.producer.undeliveredCount == records.count)
        #expect(test.producer.flush(timeout: .seconds(20), into: &test.deliveries))
        #expect(test.producer.undeliveredCount == 0)
        #expect(Set(test.acknowledgedTokens) == Set(0..<UInt32(records.count)))
        for delivery in test.deliveries {
            guard case .acknowledged(let partition, let offset) = delivery.outcome else { continue }
            #expect(partition == 1)
            #expect(offset == Int64(delivery.token))
        }

        let read = try readAll(TopicPartition(topic: "t", partition: 1), settings(for: broker, large))
        #expect(read.map(\.key) == records.map(\.key))
        #expect(read.map(\.value) == records.map(\.value))
        #expect(read.map(\.offset) == [0, 1, 2, 3, 4])
        #expect(read.allSatisfy { ($0.timestamp ?? 0) > 1_600_000_000_000 })
        #expect(
            read.first?.headers == [
                .init(name: "ce_id", value: Array("1".utf8)), .init(name: "ce_id", value: Array("é".utf8)),
                .init(name: "empty", value: []), .init(name: "null", value: nil),
            ]
        )
        #expect(read.last?.headers == [.init(name: "raw", value: [0, 1, 2])])
    }

    @Test("A record without a partition goes where its key belongs", .timeLimit(.minutes(8)))
    func partitionByKey() throws {
        let broker = try EmbeddedBroker(topics: [.init("t", partitions: 16)])
        let test = try TestProducer(settings(for: broker))
        let topic = try test.producer.topic("t")
        let keys = ["21", "foobar", "abc", "kafka", "u:1", "u:2", "a:0123456789abcdef", ""]
        for (token, key) in keys.enumerated() {
            let record = OutgoingRecord(topic: topic, key: Array(key.utf8), value: [1])
            guard case .enqueued = test.producer.produce(record, token: UInt32(token)) else {
                Issue.record("not enqueued")
                return
            }
        }
        #expect(test.producer.flush(timeout: .seconds(20), into: &test.deliveries))
        #expect(test.acknowledgedTokens.count == keys.count)
        for delivery in test.deliveries {
            guard case .acknowledged(let partition, _) = delivery.outcome else { continue }
            let key = Array(keys[Int(delivery.token)].utf8)
            #expect(partition == KeyPartitioner.partition(of: key, partitionCount: 16))
        }
    }

    @Test("A range ends at the end of the time of the call; empty partitions end at once", .timeLimit(.minutes(8)))
    func ranges() throws {
        let broker = try EmbeddedBroker(topics: [.init("t", partitions: 3)])
        let test = try TestProducer(settings(for: broker))
        let full = TopicPartition(topic: "t", partition: 0)
        let short = TopicPartition(topic: "t", partition: 1)
        let empty = TopicPartition(topic: "t", partition: 2)
        try test.produce((0..<1_000).map(String.init), to: full)
        try test.produce(["a", "b"], to: short)
        let reader = try KafkaReader(settings: settings(for: broker), clientID: "r")

        var byPartition: [Int32: [String]] = [:]
        let ends = try reader.read(
            [.init(full, from: .at(990)), .init(short, from: .last(100)), .init(empty, from: .beginning)],
            timeout: .seconds(20)
        ) { byPartition[$0.partition, default: []].append(ReadRecord($0).text) }
        #expect(ends == [full: 1_000, short: 2, empty: 0])
        #expect(byPartition == [0: (990..<1_000).map(String.init), 1: ["a", "b"]])

        // The same reader again, and a record that comes while it reads is not waited for.
        var texts: [String] = []
        var late = false
        _ = try reader.read([.init(full, from: .last(3))], timeout: .seconds(20)) { message in
            texts.append(ReadRecord(message).text)
            guard !late else { return }
            late = true
            do { try test.produce(["late"], to: full) } catch { Issue.record(error) }
        }
        #expect(texts == ["997", "998", "999"])
        texts = []
        let floors: [KafkaReader.Range] = [.init(full, from: .notBefore(999)), .init(short, from: .notBefore(-5))]
        _ = try reader.read(floors, timeout: .seconds(20)) { texts.append(ReadRecord($0).text) }
        #expect(texts.sorted() == ["999", "a", "b", "late"])
        _ = try reader.read([.init(full, from: .at(1_001)), .init(short, from: .last(0))], timeout: .seconds(20)) { _ in
            Issue.record("nothing is there to read")
        }
    }

    @Test("A range that cannot be read is an error, not an empty answer", .timeLimit(.minutes(8)))
    func unreadableRanges() throws {
        let broker = try EmbeddedBroker(topics: [.init("t", partitions: 1)])
        let test = try TestProducer(settings(for: broker))
        let partition = TopicPartition(topic: "t", partition: 0)
        try test.produce(["a"], to: partition)
        let reader = try KafkaReader(settings: settings(for: broker), clientID: "r")
        let outside = #expect(throws: KafkaError.self) {
            try reader.read([.init(partition, from: .at(7))], timeout: .seconds(10)) { _ in }
        }
        #expect(outside?.name == "OFFSET_OUT_OF_RANGE")

        // The offsets are answered, the records are not.
        broker.fail(.fetch, with: Array(repeating: 6, count: 10_000))
        let late = #expect(throws: KafkaError.self) {
            try reader.read([.init(partition, from: .beginning)], timeout: .milliseconds(700)) { _ in }
        }
        #expect(late?.name == "_TIMED_OUT")
        #expect(late?.text.contains("t[0]") == true)
        broker.clearFailures(of: .fetch)
        var count = 0
        _ = try reader.read([.init(partition, from: .beginning)], timeout: .seconds(20)) { _ in count += 1 }
        #expect(count == 1)
    }
}
