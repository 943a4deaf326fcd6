import Foundation
import Kafka
import PushCore
import PushPipeline

/// Asks the users stage to erase a person, and waits for its receipt.
struct UserErasing {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let configuration: Configuration
    /// How long the receipt is waited for; zero: not at all.
    let wait: Duration

    /// - Returns: the value of the receipt; nil where it is not waited for.
    /// - Throws: `KafkaError`, or ``Failure``.
    func erase(_ userID: String, nowMs: Int64) throws -> JSONTree? {
        let settings = PipelineAssembly.settings(configuration)
        let topics = PipelineAssembly.topics(configuration)
        let admin = try KafkaAdmin(settings: settings, clientID: "belfry-user-admin")
        let counts = try admin.partitionCounts(of: [topics.inbox, topics.receipts], timeout: .seconds(15))
        for topic in [topics.inbox, topics.receipts] where counts[topic] == nil {
            throw Failure(description: "there is no topic \(topic)")
        }
        let place = TopicPartition(
            topic: topics.receipts,
            partition: KeyPartitioner.partition(
                of: Array(userID.utf8),
                partitionCount: counts[topics.receipts] ?? 1
            )
        )
        let reader = try Kafka.KafkaReader(settings: settings, clientID: "belfry-user")
        // Where the receipts end before it is asked for: its own stands behind that.
        var next = try reader.read([.init(place, from: .last(0))], timeout: .seconds(15)) { _ in }[place] ?? 0
        let forget = Self.command(userID, nowMs: nowMs)
        try send(forget.command(to: userID), to: topics.inbox, settings)
        if wait == .zero { return nil }
        let receiptID = Digests.openSSL.receiptIdentifier(ofErasure: forget.id).description
        let deadline = ContinuousClock.now + wait
        var found: JSONTree?
        while found == nil, ContinuousClock.now < deadline {
            let ends = try reader.read([.init(place, from: .at(next))], timeout: .seconds(15)) { message in
                // SAFETY: the value is copied within the call.
                guard let value = unsafe message.value.map({ unsafe Array($0) }), let tree = try? JSONTree(text: value),
                    tree.object?["receipt_id"]?.string == receiptID
                else { return }
                found = tree
            }
            next = ends[place] ?? next
            if found == nil { Thread.sleep(forTimeInterval: 0.1) }
        }
        guard let found else {
            throw Failure(
                description: "asked for, and not done within \(DurationText.describe(wait)): "
                    + "the users stage does it as soon as it runs and comes by"
            )
        }
        return found
    }

    /// Each call is an event of its own.
    private static func command(_ userID: String, nowMs: Int64) -> ForgetUser {
        var event = EventReference()
        event.id = UUID().uuidString.lowercased()
        event.source = "/belfry/user/forget"
        event.type = RegistrationType.userForgotten.rawValue
        event.timeMs = nowMs
        return ForgetUser(userID: userID, event, atMs: nowMs, .openSSL)
    }

    private func send(_ command: KeyedCommand, to topic: String, _ settings: KafkaSettings) throws {
        let producer = try PatientProducer(settings: settings, clientID: "belfry-user-producer")
        let topic = try producer.topic(topic)
        try producer.put(OutgoingRecord(topic: topic, key: command.key.octets, value: command.command.encoded()))
        guard try producer.flush(timeout: .seconds(30)) == 0 else {
            throw Failure(description: "Kafka did not acknowledge the command within 30s")
        }
    }
}
