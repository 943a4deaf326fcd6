import Kafka
import PushCore
import PushPipeline

/// Reads from Kafka what is held on one person: the records of the user and of the user's addresses, and nothing else is kept.
struct UserReading {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    struct Answer {
        /// Nil for a user whom nothing is known of.
        let overview: UserOverview?
        /// Records of the inbox's partition that the users stage has not taken in, whomever they concern; nil where nobody could say.
        let behind: Int64?
    }

    let configuration: Configuration
    let users: UsersConfiguration
    let timeout: Duration

    /// - Throws: `KafkaError`, or ``Failure``.
    func read(_ userID: String, nowMs: Int64) throws -> Answer {
        let settings = PipelineAssembly.settings(configuration)
        let topics = PipelineAssembly.topics(configuration)
        let admin = try KafkaAdmin(settings: settings, clientID: "belfry-user-admin")
        guard let count = try admin.partitionCounts(of: [topics.users], timeout: .seconds(15))[topics.users] else {
            throw Failure(description: "there is no topic \(topics.users)")
        }
        let reader = try Kafka.KafkaReader(settings: settings, clientID: "belfry-user")
        let partition = KeyPartitioner.partition(of: InboxKey.user(userID).octets, partitionCount: count)
        var core = UsersCore(partition: partition, configuration: users, digests: .openSSL)
        try read([InboxKey.user(userID).octets], of: topics.users, count, reader, into: &core)
        let addresses = core.addressKeys(of: userID).map { Array($0.utf8) }
        if !addresses.isEmpty { try read(addresses, of: topics.users, count, reader, into: &core) }
        let behind = try? behind(TopicPartition(topic: topics.inbox, partition: partition), settings)
        return Answer(overview: core.overview(of: userID, nowMs: nowMs), behind: behind)
    }

    /// Reads the partitions of the keys, and takes the records of the keys.
    private func read(
        _ keys: [[UInt8]],
        of topic: String,
        _ partitionCount: Int32,
        _ reader: Kafka.KafkaReader,
        into core: inout UsersCore
    ) throws {
        let partitions = Set(keys.map { KeyPartitioner.partition(of: $0, partitionCount: partitionCount) })
        let ranges = partitions.sorted().map {
            Kafka.KafkaReader.Range(TopicPartition(topic: topic, partition: $0), from: .beginning)
        }
        _ = try reader.read(ranges, timeout: timeout) { message in
            // SAFETY: the key is lent for the call.
            guard let key = unsafe message.key, keys.contains(where: { unsafe key.elementsEqual($0) }) else {
                return
            }
            core.restore(message)
        }
    }

    private func behind(_ partition: TopicPartition, _ settings: KafkaSettings) throws -> Int64 {
        // It never subscribes: who only asks is no member.
        let membership = GroupMembership(
            groupID: "\(configuration.kafka.groupPrefix)-users",
            clientID: "belfry-user-lag"
        )
        let consumer = try KafkaConsumer(settings: settings, membership: membership, wakeUp: KafkaWakeUp())
        let (low, high) = try consumer.watermarks([partition], timeout: .seconds(5))[0]
        let committed = try consumer.committed([partition], timeout: .seconds(5))[partition]?.offset
        return max(0, high - max(low, committed ?? low))
    }
}
