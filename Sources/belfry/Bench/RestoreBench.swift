import Foundation
import Kafka
import PushCore
import PushPipeline

/// A million users' records in an embedded broker, and what restoring them takes.
struct RestoreBench {
    let users: Int
    let partitions: Int

    private static let topic = "push.users"

    /// - Throws: where the broker does not start, or does not take the records.
    func run() async throws -> BenchReport {
        try await BenchFolder.use { folder in
            try Data("\(Self.topic): \(partitions)\n".utf8).write(to: folder.appendingPathComponent("topics.yaml"))
            let broker = try ChildProcess("broker", ["--port", "0", "--topics", "topics.yaml"], folder: folder)
            let result: Result<BenchReport, any Error>
            do {
                let servers = try await broker.line(after: "bootstrap.servers=")
                let settings = KafkaSettings(
                    bootstrapServers: [servers],
                    properties: ["fetch.wait.max.ms": "10", "linger.ms": "100", "batch.size": "1000000"]
                )
                let octets = try fill(settings)
                result = .success(try measure(settings, octets, in: folder))
            } catch {
                result = .failure(error)
            }
            await broker.stop()
            return try result.get()
        }
    }

    private func measure(_ settings: KafkaSettings, _ octets: Int, in folder: URL) throws -> BenchReport {
        var report = BenchReport("restoring users' records")
        report.add("users", "users", users)
        report.add("partitions", "partitions", partitions)
        report.add("log_mib", "records in the log", octets / 1_048_576, "MiB")
        let rssBefore = ProcessUsage.ownRSSOctets
        var restored: [Int32: UsersRestore.Restored] = [:]
        let cost = try BenchClock.measure { restored = try restore(settings) }
        let records = restored.values.reduce(0) { $0 + $1.core.recordCount }
        precondition(records == 3 * users, "every record is there again")
        report.add("records", "records of users and addresses", records)
        report.add("restore_seconds", "restored from Kafka", Double(cost.wallNanoseconds) / 1e9, "s", decimals: 2)
        report.add("records_per_second", "records", cost.perSecond(records), "/s")
        report.add(
            "cpu_microseconds",
            "CPU of the stage's thread",
            cost.microseconds(each: records),
            "µs each",
            decimals: 2
        )
        let rss = ProcessUsage.ownRSSOctets - rssBefore
        report.add("rss_bytes_per_user", "memory for each user, the reader's included", rss / users, "bytes")
        try measureSnapshots(settings, restored, in: folder, &report)
        return report
    }

    /// Writes all partitions into a folder, and restores them from there.
    private func measureSnapshots(
        _ settings: KafkaSettings,
        _ restored: [Int32: UsersRestore.Restored],
        in folder: URL,
        _ report: inout BenchReport
    ) throws {
        let snapshots = try SnapshotFolder(path: folder.appendingPathComponent("state").path)
        let cluster = SnapshotCluster(
            clusterID: "bench",
            partitionCount: Int32(partitions),
            nowMs: BenchClock.wallMs
        )
        var octets = 0
        let writing = try BenchClock.measure {
            for partition in restored.values { octets += try restore.write(partition, to: snapshots, cluster) }
        }
        report.add("snapshot_mib", "snapshots", octets / 1_048_576, "MiB")
        report.add("snapshot_write_seconds", "written", Double(writing.wallNanoseconds) / 1e9, "s", decimals: 2)
        let reader = try Kafka.KafkaReader(settings: settings, clientID: "belfry-bench-snapshots")
        var again: [Int32: UsersRestore.Restored]? = nil
        let reading = try BenchClock.measure {
            again = try restore.run(requests, reader: reader, from: snapshots, cluster)
        }
        let count = again?.values.reduce(0) { $0 + $1.core.recordCount }
        precondition(count == 3 * users, "every record is in the snapshots")
        precondition(again?.values.allSatisfy { $0.snapshot == $0.end } == true, "nothing is read from the log")
        report.add(
            "snapshot_restore_seconds",
            "restored from them",
            Double(reading.wallNanoseconds) / 1e9,
            "s",
            decimals: 2
        )
    }

    private var restore: UsersRestore {
        UsersRestore(
            topic: Self.topic,
            configuration: bench.configuration,
            digests: .openSSL,
            monotonicMs: { BenchClock.monotonic / 1_000_000 }
        )
    }

    private var requests: [UsersRestore.Request] {
        (0..<Int32(partitions)).map { UsersRestore.Request(partition: $0, committed: 0) }
    }

    private func restore(_ settings: KafkaSettings) throws -> [Int32: UsersRestore.Restored] {
        let reader = try Kafka.KafkaReader(settings: settings, clientID: "belfry-bench-restore")
        guard let restored = try restore.run(requests, reader: reader, mayGoOn: { _ in true }) else {
            preconditionFailure("nobody ends it")
        }
        return restored
    }

    private var bench: UsersBench { UsersBench(users: users, devicesPerUser: 2, commands: 0) }

    // MARK: The log

    /// Produces the records of all users.
    ///
    /// - Returns: Octets of keys and values.
    private func fill(_ settings: KafkaSettings) throws -> Int {
        let wakeUp = KafkaWakeUp()
        let producer = try KafkaProducer(settings: settings, clientID: "belfry-bench-fill", wakeUp: wakeUp)
        var record = OutgoingRecord(topic: try producer.topic(Self.topic))
        var octets = 0
        var deliveries: [Kafka.Delivery] = []
        func settle() throws {
            deliveries.removeAll(keepingCapacity: true)
            _ = producer.pollDeliveries(into: &deliveries)
            for case .failed(let error) in deliveries.map(\.outcome) { throw error }
        }
        try bench.forEachRecord { user, key, value in
            // One partition after another: the embedded broker answers with one batch of each partition, so that they have to be large.
            record.partition = Int32(user * partitions / users)
            record.key = key
            record.value = value
            octets += key.count + value.count
            loop: while true {
                switch producer.produce(record, token: 0) {
                case .enqueued: break loop
                case .failed(let error): throw error
                case .queueFull:
                    try settle()
                    _ = wakeUp.wait(timeout: .milliseconds(10))
                    wakeUp.clear()
                }
            }
        }
        while producer.undeliveredCount > 0 {
            try settle()
            _ = wakeUp.wait(timeout: .milliseconds(10))
            wakeUp.clear()
        }
        return octets
    }
}
