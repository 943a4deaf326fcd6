import Testing

@testable import Kafka

@Suite struct KafkaProducerTests {
    private let partition = TopicPartition(topic: "t", partition: 0)

    private func enqueue(_ tokens: Range<UInt32>, _ test: TestProducer, headers: RecordHeaders = .init()) throws {
        let topic = try test.producer.topic("t")
        for token in tokens {
            var record = OutgoingRecord(topic: topic, partition: 0, key: [1], value: Array("\(token)".utf8))
            record.headers = headers
            let result = test.producer.produce(record, token: token)
            guard case .enqueued = result else {
                Issue.record("record \(token): \(result)")
                return
            }
        }
    }

    @Test(
        "What times out is produced again, and is in the log once when the broker comes back",
        .timeLimit(.minutes(8))
    )
    func timedOut() throws {
        let broker = try EmbeddedBroker(topics: [.init("t", partitions: 1)])
        let test = try TestProducer(settings(for: broker, ["delivery.timeout.ms": "300"]))
        try enqueue(0..<1, test)
        #expect(test.producer.flush(timeout: .seconds(10), into: &test.deliveries))
        try broker.takeDown()
        var headers = RecordHeaders()
        headers.append("h", "1")
        headers.append("null", nil)
        try enqueue(1..<6, test, headers: headers)
        // Five records time out twice.
        #expect(
            eventually(test.wakeUp) {
                test.poll()
                return test.producer.producedAgainCount >= 10
            }
        )
        #expect(test.failures.isEmpty)
        #expect(test.producer.undeliveredCount == 5)
        try broker.bringUp()
        #expect(test.producer.flush(timeout: .seconds(20), into: &test.deliveries))
        #expect(test.acknowledgedTokens.sorted() == Array(0..<6))
        let log = try readAll(partition, settings(for: broker))
        #expect(log.map(\.text).sorted() == ["0", "1", "2", "3", "4", "5"])
        let expected = [ReadRecord.Header(name: "h", value: [0x31]), .init(name: "null", value: nil)]
        #expect(log.dropFirst().allSatisfy { $0.headers == expected && $0.key == [1] })
    }

    @Test("A broker's passing refusal is repeated until it is acknowledged once", .timeLimit(.minutes(8)))
    func retriableRefusal() throws {
        let broker = try EmbeddedBroker(topics: [.init("t", partitions: 1)])
        let test = try TestProducer(settings(for: broker, ["retry.backoff.ms": "10"]))
        // NOT_ENOUGH_REPLICAS, NOT_LEADER_FOR_PARTITION, a connection that closes.
        broker.fail(.produce, with: [19, 6, -195])
        try enqueue(0..<3, test)
        #expect(test.producer.flush(timeout: .seconds(20), into: &test.deliveries))
        #expect(test.acknowledgedTokens.sorted() == [0, 1, 2])
        #expect(try readAll(partition, settings(for: broker)).map(\.text) == ["0", "1", "2"])
    }

    @Test(
        "A refusal for good is reported with its token, and the next record passes",
        .timeLimit(.minutes(8)),
        arguments: [(Int32(29), "TOPIC_AUTHORIZATION_FAILED"), (10, "MSG_SIZE_TOO_LARGE")]
    )
    func permanentRefusal(code: Int32, name: String) throws {
        let broker = try EmbeddedBroker(topics: [.init("t", partitions: 1)])
        let test = try TestProducer(settings(for: broker))
        broker.fail(.produce, with: [code])
        try enqueue(7..<8, test)
        #expect(test.producer.flush(timeout: .seconds(20), into: &test.deliveries))
        #expect(test.failures[7]?.name == name)
        #expect(test.failures[7]?.isRetriable == false)
        // After an authorization failure the library refuses the topic at once, until its metadata come in anew.
        let record = OutgoingRecord(topic: try test.producer.topic("t"), partition: 0, value: [1])
        #expect(
            eventually(test.wakeUp) {
                test.poll()
                if case .enqueued = test.producer.produce(record, token: 8) { return true }
                return false
            }
        )
        #expect(test.producer.flush(timeout: .seconds(20), into: &test.deliveries))
        #expect(test.acknowledgedTokens == [8])
        #expect(test.deliveries.count == 2)
        #expect(test.producer.producedAgainCount == 0)
    }

    @Test("A record that can never be enqueued fails at once, without a delivery", .timeLimit(.minutes(8)))
    func refusedAtOnce() throws {
        let broker = try EmbeddedBroker(topics: [.init("t", partitions: 1)])
        let test = try TestProducer(settings(for: broker))
        let topic = try test.producer.topic("t")
        let huge = OutgoingRecord(topic: topic, partition: 0, value: [UInt8](repeating: 0, count: 1_100_000))
        guard case .failed(let error) = test.producer.produce(huge, token: 1) else {
            Issue.record("more than message.max.bytes was enqueued")
            return
        }
        #expect(error.name == "MSG_SIZE_TOO_LARGE")
        #expect(test.producer.undeliveredCount == 0)
        #expect(throws: KafkaError.self) { try test.producer.topic(String(repeating: "x", count: 600)) }
    }

    @Test("A full queue is reported, loses nothing, and has room again after deliveries", .timeLimit(.minutes(8)))
    func queueFull() throws {
        let broker = try EmbeddedBroker(topics: [.init("t", partitions: 1)])
        let test = try TestProducer(
            settings(for: broker, ["queue.buffering.max.messages": "10", "delivery.timeout.ms": "400"])
        )
        try broker.takeDown()
        try enqueue(0..<10, test)
        let record = OutgoingRecord(topic: try test.producer.topic("t"), partition: 0, value: Array("10".utf8))
        guard case .queueFull = test.producer.produce(record, token: 10) else {
            Issue.record("the eleventh record had room among ten")
            return
        }
        // All ten come back as timed out while they still fill the queue: they have to wait in our memory.
        #expect(
            eventually(test.wakeUp) {
                test.poll()
                return test.producer.producedAgainCount >= 10
            }
        )
        #expect(test.producer.undeliveredCount == 10)
        try broker.bringUp()
        #expect(test.producer.flush(timeout: .seconds(20), into: &test.deliveries))
        guard case .enqueued = test.producer.produce(record, token: 10) else {
            Issue.record("an empty queue has room")
            return
        }
        #expect(test.producer.flush(timeout: .seconds(20), into: &test.deliveries))
        #expect(test.acknowledgedTokens.sorted() == Array(0...10))
        #expect(test.failures.isEmpty)
        let log = try readAll(partition, settings(for: broker)).map(\.text)
        #expect(log.sorted() == (0...10).map(String.init).sorted())
    }

    @Test(
        "After a fatal error the client is replaced and the unacknowledged are produced again",
        .timeLimit(.minutes(8))
    )
    func fatal() throws {
        let broker = try EmbeddedBroker(topics: [.init("t", partitions: 1)])
        let test = try TestProducer(settings(for: broker))
        try enqueue(0..<2, test)
        #expect(test.producer.flush(timeout: .seconds(20), into: &test.deliveries))
        try broker.takeDown()
        try enqueue(2..<7, test)
        test.producer.raiseFatalError("for the test")
        let record = OutgoingRecord(topic: try test.producer.topic("t"), partition: 0, value: Array("7".utf8))
        guard case .queueFull = test.producer.produce(record, token: 7) else {
            Issue.record("a useless client has no room")
            return
        }
        try broker.bringUp()
        #expect(
            eventually(test.wakeUp) {
                test.poll()
                return test.producer.undeliveredCount == 0
            }
        )
        #expect(test.recreations.count == 1)
        #expect(test.recreations.first?.isFatal == true)
        #expect(test.producer.recreatedCount == 1)
        #expect(test.acknowledgedTokens.sorted() == Array(0..<7))
        // The topic handle is of the first client and still good.
        guard case .enqueued = test.producer.produce(record, token: 7) else {
            Issue.record("the new client has room")
            return
        }
        #expect(test.producer.flush(timeout: .seconds(20), into: &test.deliveries))
        #expect(test.acknowledgedTokens.count == 8)
        let log = try readAll(partition, settings(for: broker)).map(\.text)
        #expect(log == (0..<8).map(String.init), "\(log)")
    }

    @Test(
        "What was in flight at a fatal error is produced again before what was queued behind it",
        .timeLimit(.minutes(8))
    )
    func fatalOrder() throws {
        let broker = try EmbeddedBroker(topics: [.init("t", partitions: 1)])
        let properties = ["max.in.flight": "1", "linger.ms": "0", "statistics.interval.ms": "50"]
        let test = try TestProducer(settings(for: broker, properties))
        try enqueue(0..<1, test)
        #expect(test.producer.flush(timeout: .seconds(20), into: &test.deliveries))
        try broker.delayNext(.produce, by: .seconds(4))
        try enqueue(1..<2, test)
        // On its way, and short of its answer.
        #expect(
            eventually(test.wakeUp) {
                test.poll()
                return test.events.contains {
                    if case .statistics(let text) = $0 { text.contains("\"msgs_inflight\": 1") } else { false }
                }
            }
        )
        try enqueue(2..<6, test)
        test.producer.raiseFatalError("for the test")
        #expect(
            eventually(test.wakeUp) {
                test.poll()
                return test.producer.undeliveredCount == 0
            }
        )
        #expect(test.acknowledgedTokens.sorted() == Array(0..<6))
        // The broker may have stored the delayed record as well: what counts is who comes last.
        let log = try readAll(partition, settings(for: broker)).map(\.text)
        #expect(log.suffix(5) == ["1", "2", "3", "4", "5"], "\(log)")
    }

    @Test("Tickets keep token and sequence, and their order where the sequence starts over")
    func tickets() {
        for (sequence, token) in [(0, 0), (1, 0), (0, 1), (.max, .max), (1 << 31, 7)] as [(UInt32, UInt32)] {
            let ticket = ProducerTicket(sequence: sequence, token: token)
            #expect(ProducerTicket(bits: ticket.bits) == ticket)
        }
        let order: [UInt32] = [.max - 1, .max, 0, 1, 2]
        for (first, second) in zip(order, order.dropFirst()) {
            let first = ProducerTicket(sequence: first, token: 9)
            let second = ProducerTicket(sequence: second, token: 0)
            #expect(first.precedes(second))
            #expect(!second.precedes(first))
            #expect(!first.precedes(first))
        }
    }

    @Test("An acknowledgement that comes too late still ends in one delivery", .timeLimit(.minutes(8)))
    func lostAcknowledgement() throws {
        let broker = try EmbeddedBroker(topics: [.init("t", partitions: 1)])
        let test = try TestProducer(settings(for: broker, ["socket.timeout.ms": "300", "retry.backoff.ms": "10"]))
        try enqueue(0..<1, test)
        #expect(test.producer.flush(timeout: .seconds(20), into: &test.deliveries))
        try broker.delayNext(.produce, by: .seconds(4))
        try enqueue(1..<2, test)
        #expect(test.producer.flush(timeout: .seconds(20), into: &test.deliveries))
        #expect(test.acknowledgedTokens == [0, 1])
        // The library looks for time-outs once a second, and repeats. The embedded broker may store the repeated batch
        // twice, where Kafka recognises it.
        let log = try readAll(partition, settings(for: broker)).map(\.text)
        #expect(Set(log) == ["0", "1"])
    }
}
