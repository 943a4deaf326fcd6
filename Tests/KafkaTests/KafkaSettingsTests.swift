import Testing

@testable import Kafka

@Suite struct KafkaSettingsTests {
    @Test(
        "A property that would break a promise is refused, and the error says what is allowed",
        arguments: [
            ("enable.auto.commit", "true", "only false"), ("enable.auto.offset.store", "1", "only false"),
            ("auto.offset.reset", "latest", "only error"), ("enable.idempotence", "false", "only true"),
            ("acks", "1", "only all"), ("request.required.acks", "0", "only all"),
            ("delivery.report.only.error", "True", "only false"), ("partitioner", "consistent_random", "murmur2"),
            ("transactional.id", "t", "not used"), ("group.id", "g", "own place"),
            ("bootstrap.servers", "elsewhere:9092", "own place"), ("test.mock.num.brokers", "3", "in memory"),
            ("rebalance_cb", "1", "cannot be properties"), ("log.queue", "false", "cannot be a property"),
        ]
    )
    func refused(name: String, value: String, part: String) throws {
        let settings = KafkaSettings(bootstrapServers: ["localhost:9092"], properties: [name: value])
        let problem = try #require(settings.problems().first)
        #expect(problem.property == name)
        #expect(problem.text.contains(part), "\(problem.text)")
        #expect(throws: KafkaError.self) {
            try KafkaConsumer(
                settings: settings,
                membership: GroupMembership(groupID: "g", clientID: "c"),
                wakeUp: KafkaWakeUp()
            )
        }
    }

    @Test(
        "A property that repeats the promise in any spelling is accepted",
        arguments: [
            ("enable.auto.commit", "FALSE"), ("enable.idempotence", "t"), ("acks", "-1"), ("acks", "all"),
            ("partitioner", "murmur2"), ("auto.offset.reset", "error"), ("security.protocol", "plaintext"),
        ]
    )
    func accepted(name: String, value: String) {
        let settings = KafkaSettings(bootstrapServers: ["localhost:9092"], properties: [name: value])
        #expect(settings.problems() == [])
    }

    @Test("All problems are found at once, the library's among them, in the order of the names")
    func allProblems() {
        let settings = KafkaSettings(
            bootstrapServers: [],
            properties: ["linger.ms": "soon", "acks": "0", "no.such.property": "1", "client.rack": "a"]
        )
        #expect(settings.problems().map(\.property) == ["bootstrap.servers", "acks", "linger.ms", "no.such.property"])
    }

    @Test("Cooperative rebalance is offered from librdkafka 2.10 only")
    func cooperativeGate() {
        let settings = KafkaSettings(
            bootstrapServers: ["localhost:9092"],
            properties: ["partition.assignment.strategy": "cooperative-sticky"]
        )
        #expect(settings.problems().isEmpty == (KafkaLibrary.version >= KafkaLibrary.Version(2, 10)))
        #expect(KafkaLibrary.version >= KafkaLibrary.Version(2, 0, 2))
    }

    @Test("The user's property wins over the default, and the caller's identity over both")
    func precedence() throws {
        let settings = KafkaSettings(bootstrapServers: ["a:1", "b:2"], properties: ["linger.ms": "50"])
        let resolved = try settings.resolved(defaults: KafkaSettings.producerDefaults, identity: [("client.id", "me")])
        #expect(resolved.last { $0.0 == "linger.ms" }?.1 == "50")
        #expect(resolved.last { $0.0 == "bootstrap.servers" }?.1 == "a:1,b:2")
        #expect(resolved.last { $0.0 == "client.id" }?.1 == "me")
        #expect(resolved.last { $0.0 == "compression.type" }?.1 == "lz4")
    }

    @Test(
        "Durations become whole milliseconds, rounded up, never negative",
        arguments: [
            (Duration.zero, Int32(0)), (.microseconds(1), 1), (.milliseconds(1), 1), (.microseconds(1001), 2),
            (.seconds(3), 3_000), (.seconds(-5), 0), (.milliseconds(-1), 0), (.seconds(1 << 40), .max),
        ]
    )
    func milliseconds(duration: Duration, expected: Int32) {
        #expect(duration.milliseconds == expected)
    }
}

@Suite struct KeyPartitionerTests {
    // The hashes are those of `UtilsTest.testMurmur2` in Apache Kafka, and of librdkafka's own comparison with Java.
    @Test(
        "A key's partition is the one that Java computes",
        arguments: [
            ("21", -973_932_308), ("foobar", -790_332_482), ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971), ("abc", 479_470_107),
            ("kafka", Int32(bitPattern: 0xd067_cf64)), ("", Int32(bitPattern: 0x106e_08d9)),
            ("1234", Int32(bitPattern: 0x9fc9_7b14)), ("4", Int32(bitPattern: 0x5a4b_5ca1)),
        ] as [(String, Int32)]
    )
    func agreesWithJava(key: String, hash: Int32) {
        for count in [1, 2, 7, 64, 1_000] as [Int32] {
            let expected = (hash & 0x7fff_ffff) % count
            #expect(KeyPartitioner.partition(of: Array(key.utf8), partitionCount: count) == expected)
        }
    }
}

@Suite struct KafkaWakeUpTests {
    @Test("A signal is kept until it is cleared, however many there were")
    func signals() {
        let wakeUp = KafkaWakeUp()
        #expect(!wakeUp.wait(timeout: .zero))
        wakeUp.signal()
        wakeUp.signal()
        #expect(wakeUp.wait(timeout: .seconds(5)))
        #expect(wakeUp.wait(timeout: .zero))
        wakeUp.clear()
        #expect(!wakeUp.wait(timeout: .milliseconds(1)))
        wakeUp.clear()
    }
}
