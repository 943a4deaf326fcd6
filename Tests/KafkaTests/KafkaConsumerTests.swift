import Testing

@testable import Kafka

@Suite struct KafkaConsumerTests {
    private static let zero = TopicPartition(topic: "t", partition: 0)
    private static let one = TopicPartition(topic: "t", partition: 1)

    @Test("A group resumes behind what was committed, with its metadata", .timeLimit(.minutes(8)))
    func commitAndResume() throws {
        let broker = try EmbeddedBroker(topics: [.init("t", partitions: 2)])
        let producer = try TestProducer(settings(for: broker))
        try producer.produce((0..<10).map(String.init), to: Self.zero)
        let doneSet = "v1:" + String(repeating: "Ab9-_é", count: 400)

        let first = try member("a", broker)
        try first.consumer.subscribe(["t"])
        #expect(try eventually(first.wakeUp) { try step(first) && first.records.count == 10 })
        #expect(first.records.map(\.text) == (0..<10).map(String.init))
        #expect(first.committed == [Self.zero: .init(nil), Self.one: .init(nil)])
        #expect(try first.consumer.watermarks([Self.zero], timeout: .seconds(5))[0] == (0, 10))

        let results = try first.consumer.commitNow(
            [OffsetCommit(Self.zero, offset: 4, metadata: doneSet), OffsetCommit(Self.one, offset: 0)],
            timeout: .seconds(5)
        )
        #expect(results.map(\.outcome) == [.committed, .committed])
        try first.consumer.commit([OffsetCommit(Self.zero, offset: 6, metadata: doneSet)])
        #expect(try eventually(first.wakeUp) { try step(first) && !first.commitResults.isEmpty })
        #expect(first.commitResults == [CommitResult(Self.zero, 6, .committed)])
        #expect(throws: KafkaError.self) {
            try first.consumer.commit([OffsetCommit(Self.zero, offset: 7, metadata: "\0")])
        }

        broker.fail(.offsetCommit, with: [12])
        let tooLarge = try first.consumer.commitNow([OffsetCommit(Self.zero, offset: 9)], timeout: .seconds(5))
        guard case .failed(let error) = try #require(tooLarge.first).outcome else {
            Issue.record("\(tooLarge)")
            return
        }
        #expect(error.name == "OFFSET_METADATA_TOO_LARGE")
        // A zombie: the group has gone on without it.
        broker.fail(.offsetCommit, with: [22])
        let fenced = try first.consumer.commitNow([OffsetCommit(Self.zero, offset: 9)], timeout: .seconds(5))
        #expect(fenced == [CommitResult(Self.zero, 9, .lost)])

        first.lanes.removeAll()
        #expect(first.consumer.close(timeout: .seconds(10)) == .closed)
        let afterClose = try first.consumer.commitNow([OffsetCommit(Self.zero, offset: 9)], timeout: .seconds(1))
        #expect(afterClose == [CommitResult(Self.zero, 9, .lost)])

        let second = try member("a", broker)
        try second.consumer.subscribe(["t"])
        #expect(try eventually(second.wakeUp) { try step(second) && second.records.count == 4 })
        #expect(second.records.map(\.text) == ["6", "7", "8", "9"])
        #expect(second.committed[Self.zero] == CommittedOffset(offset: 6, metadata: doneSet))
        #expect(second.committed[Self.one] == CommittedOffset(offset: 0, metadata: ""))
        #expect(second.consumer.close(timeout: .seconds(10)) == .closed)
    }

    @Test("A start outside the log is told as such, and nothing is skipped", .timeLimit(.minutes(8)))
    func outOfRange() throws {
        let broker = try EmbeddedBroker(topics: [.init("t", partitions: 1)])
        let producer = try TestProducer(settings(for: broker))
        try producer.produce(["0", "1"], to: Self.zero)
        let member = try member("a", broker)
        member.initial = .at(500)
        try member.consumer.subscribe(["t"])
        #expect(try eventually(member.wakeUp) { try step(member) && !member.problems.isEmpty })
        guard case .offsetOutOfRange(let error) = try #require(member.problems.first) else {
            Issue.record("\(member.problems)")
            return
        }
        #expect(!error.isRetriable)
        #expect(member.records.isEmpty)
        // Closing with a queue still in hand is safe too.
        #expect(member.consumer.close(timeout: .seconds(10)) == .closed)
        member.read()
    }

    @Test(
        "A revoked partition is drained and committed before the next owner gets it; nothing is lost",
        .timeLimit(.minutes(8))
    )
    func rebalance() throws {
        let broker = try EmbeddedBroker(topics: [.init("t", partitions: 2)])
        let producer = try TestProducer(settings(for: broker))
        let texts = (0..<200).map(String.init)
        for partition in [Self.zero, Self.one] { try producer.produce(texts, to: partition) }

        let wakeUp = KafkaWakeUp()
        let first = try member("a", broker, wakeUp)
        try first.consumer.subscribe(["t"])
        // A batch of 100 of each partition is taken, and the other half left in the queues: that is back-pressure.
        #expect(try eventually(wakeUp) { try poll(first) && first.assignmentCount == 1 })
        for partition in [Self.zero, Self.one] {
            #expect(
                eventually(wakeUp) {
                    first.read(partition, batchMax: 100 - first.count(of: partition))
                    return first.count(of: partition) == 100
                }
            )
        }
        let commits = [Self.zero, Self.one].map { OffsetCommit($0, offset: 100, metadata: "by a") }
        let results = try first.consumer.commitNow(commits, timeout: .seconds(5))
        #expect(results.map(\.outcome) == [.committed, .committed])

        let second = try member("b", broker, wakeUp)
        try second.consumer.subscribe(["t"])
        #expect(try eventually(wakeUp) { try poll(first) && poll(second) && first.hasUnansweredRevocation })
        #expect(first.revocations.map(\.lost) == [false])
        #expect(Set(first.revocations.flatMap(\.partitions)) == [Self.zero, Self.one])
        first.read()
        #expect(first.records.count == 200, "a revoked partition still gave records")

        // The application drains in its own time: the partitions go nowhere before it has answered.
        #expect(
            try !eventually(within: .seconds(1), wakeUp) {
                try poll(first) && poll(second) && second.assignmentCount > 0
            }
        )
        // They are not lost, so the commit is sent. Kafka takes it; the embedded broker, in this state, answers REBALANCE_IN_PROGRESS.
        #expect(!first.consumer.isAssignmentLost)
        broker.clearFailures(of: .offsetCommit)
        broker.fail(.offsetCommit, with: [28])
        let sent = try first.consumer.commitNow(commits, timeout: .seconds(5))
        #expect(sent.map(\.outcome) == Array(repeating: .failed(KafkaError(code: 28)), count: 2), "it was not sent")
        try first.answerRevocation()
        #expect(
            try first.consumer.commitNow(commits, timeout: .seconds(5)).map(\.outcome) == [.lost, .lost],
            "a commit after the partitions were given up was sent"
        )

        #expect(
            try eventually(wakeUp) {
                try poll(first) && poll(second) && first.assignmentCount == 2 && second.assignmentCount == 1
            }
        )
        #expect(first.lanes.count == 1 && second.lanes.count == 1)
        #expect(Set(first.lanes.keys).union(second.lanes.keys) == [Self.zero, Self.one])
        #expect((Array(first.committed.values) + second.committed.values).map(\.metadata) == ["by a", "by a"])
        #expect(
            try eventually(wakeUp) {
                try step(first) && step(second) && first.records.count + second.records.count >= 400
            }
        )
        let read = Set((first.records + second.records).map { "\($0.partition):\($0.text)" })
        #expect(first.records.count + second.records.count == 400, "a record was read twice")
        #expect(read == Set([0, 1].flatMap { partition in texts.map { "\(partition):\($0)" } }))
        #expect(first.consumer.close(timeout: .seconds(10)) == .closed)
        #expect(second.consumer.close(timeout: .seconds(10)) == .closed)
    }

    @Test(
        "Partitions that the group took away are lost: no commit is sent, and they are assigned again",
        .timeLimit(.minutes(8))
    )
    func lost() throws {
        let broker = try EmbeddedBroker(topics: [.init("t", partitions: 2)])
        let member = try member("a", broker)
        try member.consumer.subscribe(["t"])
        #expect(try eventually(member.wakeUp) { try poll(member) && member.assignmentCount == 1 })
        // UNKNOWN_MEMBER_ID: the coordinator has removed us.
        broker.fail(.heartbeat, with: [25])
        #expect(try eventually(member.wakeUp) { try poll(member) && member.hasUnansweredRevocation })
        #expect(member.revocations.map(\.lost) == [true])
        #expect(member.consumer.isAssignmentLost)
        let commit = OffsetCommit(Self.zero, offset: 1)
        #expect(try member.consumer.commitNow([commit], timeout: .seconds(5)).map(\.outcome) == [.lost])
        try member.consumer.commit([commit])
        #expect(try eventually(member.wakeUp) { try poll(member) && !member.commitResults.isEmpty })
        #expect(member.commitResults == [CommitResult(Self.zero, 1, .lost)])
        try member.answerRevocation()
        #expect(try eventually(member.wakeUp) { try poll(member) && member.assignmentCount == 2 })
        #expect(member.committed[Self.zero]?.offset == nil)

        // A coordinator that is gone cannot be left properly: the watchdog's way out.
        try broker.takeDown()
        member.lanes.removeAll()
        let start = ContinuousClock.now
        _ = member.consumer.close(timeout: .milliseconds(300))
        #expect(ContinuousClock.now - start < .seconds(5))
    }

    @Test("A consumer that never got an assignment closes at once", .timeLimit(.minutes(8)))
    func closeBeforeAssignment() throws {
        let broker = try EmbeddedBroker(topics: [.init("t", partitions: 1)])
        let member = try member("a", broker)
        #expect(throws: KafkaError.self) { _ = try member.consumer.queue(for: Self.zero, batchMax: 1) }
        try member.consumer.subscribe(["t"])
        try member.poll()
        #expect(member.consumer.close(timeout: .seconds(10)) == .closed)
        #expect(throws: KafkaError.self) { try member.consumer.subscribe([]) }
    }

    private func member(_ name: String, _ broker: EmbeddedBroker, _ wakeUp: KafkaWakeUp = .init()) throws -> TestMember
    {
        try TestMember(settings(for: broker), group: "g", name: name, wakeUp: wakeUp)
    }

    // Each answers true, so that steps can be chained before a condition.
    private func poll(_ member: TestMember) throws -> Bool {
        try member.poll()
        #expect(member.fatals == [])
        return true
    }

    private func read(_ member: TestMember) -> Bool {
        member.read()
        return true
    }

    private func step(_ member: TestMember) throws -> Bool {
        try poll(member) && read(member)
    }
}

extension CommittedOffset {
    fileprivate init(_ offset: Int64?) { self.init(offset: offset, metadata: "") }
}

extension CommitResult {
    fileprivate init(_ partition: TopicPartition, _ offset: Int64, _ outcome: Outcome) {
        self.init(topicPartition: partition, offset: offset, outcome: outcome)
    }
}
