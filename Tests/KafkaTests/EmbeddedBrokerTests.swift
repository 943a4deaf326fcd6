private import Foundation
import Kafka
import Testing

@Suite struct EmbeddedBrokerTests {
    @Test("Topics have the partitions that they were given, and admin calls that are not served say so")
    func topics() throws {
        let broker = try EmbeddedBroker(topics: [.init("one", partitions: 1), .init("many", partitions: 64)])
        let admin = try KafkaAdmin(settings: settings(for: broker), clientID: "a")
        let counts = try admin.partitionCounts(of: ["one", "many", "missing"], timeout: .seconds(10))
        #expect(counts == ["one": 1, "many": 64])
        // Asking did not create it.
        #expect(try admin.partitionCounts(of: ["missing"], timeout: .seconds(10)).isEmpty)

        let topic = KafkaAdmin.NewTopic(name: "n", partitionCount: 2, configuration: ["cleanup.policy": "compact"])
        let creation = #expect(throws: KafkaError.self) {
            try admin.createTopics([topic], timeout: .milliseconds(500))
        }
        #expect(creation?.text.contains("embedded") == true, "\(String(describing: creation))")
        let description = #expect(throws: KafkaError.self) {
            try admin.configuration(of: "one", timeout: .milliseconds(500))
        }
        #expect(description?.text.contains("embedded") == true, "\(String(describing: description))")
        #expect(throws: KafkaError.self) {
            try admin.createTopics([.init(name: "n", partitionCount: -7)], timeout: .milliseconds(100))
        }
    }

    @Test("A cluster that is not there is an error within the time that was given")
    func unreachable() throws {
        var address = ""
        do { address = try EmbeddedBroker(topics: []).bootstrapServers }
        let gone = KafkaSettings(bootstrapServers: [address])
        let admin = try KafkaAdmin(settings: gone, clientID: "a")
        let start = ContinuousClock.now
        #expect(throws: KafkaError.self) { try admin.partitionCounts(of: ["t"], timeout: .milliseconds(300)) }
        #expect(ContinuousClock.now - start < .seconds(5))
    }

    @Test("The chosen port serves clients of this process; a port that is taken is an error", .timeLimit(.minutes(8)))
    func chosenPort() throws {
        // Port 0 is chosen by the system; the forwarder in front of the cluster is the same.
        let broker = try EmbeddedBroker(topics: [.init("t", partitions: 1)], port: 0)
        let port = try #require(broker.bootstrapServers.split(separator: ":").last.flatMap { UInt16($0) })
        #expect(broker.bootstrapServers == "127.0.0.1:\(port)")
        let test = try TestProducer(settings(for: broker))
        let partition = TopicPartition(topic: "t", partition: 0)
        try test.produce((0..<200).map { "\($0)" + String(repeating: "x", count: 10_000) }, to: partition)
        #expect(try readAll(partition, settings(for: broker)).count == 200)
        let taken = #expect(throws: KafkaError.self) { try EmbeddedBroker(topics: [], port: port) }
        #expect(taken?.text.contains("\(port)") == true)
    }

    @Test("The chosen port serves kcat, another process, both ways", .timeLimit(.minutes(8)))
    func kcat() throws {
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/kcat") else {
            print("SKIPPED: kcat is not installed, so no other process was tried on the embedded broker's port")
            return
        }
        let broker = try EmbeddedBroker(topics: [.init("t", partitions: 2)], port: 0)
        let server = broker.bootstrapServers
        let partition = TopicPartition(topic: "t", partition: 1)
        #expect(
            try run(["-b", server, "-P", "-t", "t", "-p", "1", "-k", "k", "-H", "h=v"], input: "hello\nworld\n") == ""
        )
        let read = try readAll(partition, settings(for: broker))
        #expect(read.map(\.text) == ["hello", "world"])
        #expect(read.first?.headers == [.init(name: "h", value: Array("v".utf8))])
        let test = try TestProducer(settings(for: broker))
        try test.produce(["from here"], to: partition)
        let output = try run(["-b", server, "-C", "-t", "t", "-p", "1", "-o", "beginning", "-e", "-q"], input: "")
        #expect(output == "hello\nworld\nfrom here\n")
    }

    private func run(_ arguments: [String], input: String) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/kcat")
        process.arguments = arguments
        let (stdin, stdout) = (Pipe(), Pipe())
        process.standardInput = stdin
        process.standardOutput = stdout
        try process.run()
        try stdin.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try stdin.fileHandleForWriting.close()
        let output = try stdout.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return String(decoding: output, as: UTF8.self)
    }
}
