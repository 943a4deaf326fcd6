import Foundation
import Testing

extension SystemTests {
    /// Restarts with snapshots of users' records.
    @Suite(.serialized)
    struct Snapshots {
        private static let setup: ClusterSetup = {
            var setup = ClusterSetup()
            setup.configuration = "state: { directory: state, snapshot_interval: 1h }\n"
            return setup
        }()

        private static func files(_ cluster: TestCluster) throws -> [URL] {
            let folder = cluster.folder.appendingPathComponent("state")
            return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
                .filter { $0.pathExtension == "snapshot" }
        }

        private static let person = "somebody-unmistakable"

        /// Whether any snapshot names the person.
        private static func named(_ cluster: TestCluster) throws -> Bool {
            try files(cluster).contains { try Data(contentsOf: $0).range(of: Data(person.utf8)) != nil }
        }

        private static func end(_ instance: BelfryProcess) async throws {
            instance.signal(SIGTERM)
            #expect(try await instance.ended(within: .seconds(40)) == .exited(0))
        }

        @Test(
            "a restart goes on from snapshots, reads the log where one is damaged, and nothing of who was forgotten is in them",
            .timeLimit(.minutes(5))
        )
        func restart() async throws {
            try await TestCluster.with(Self.setup) { cluster in
                var load = Load(users: 100)
                let receipts = try ReceiptLog(settings: cluster.settings)
                let first = try await cluster.startReady()
                // One instance for a directory.
                let second = try cluster.start()
                #expect(try await second.ended() == .exited(1))
                try await second.log(containing: "in use by another instance")
                let person = TestRecord.registered(Self.person, "phone", token: String(repeating: "c", count: 64))
                try await cluster.register(load.registrations + [person])
                try await cluster.producer.produce(load.next(200), to: "shop.events")
                try await receipts.receipts(atLeast: load.expected.count)
                try await cluster.allIsCommitted()
                try await Self.end(first)
                let files = try Self.files(cluster)
                #expect(files.count == 8)

                let third = try await cluster.startReady()
                // 101 users and 121 addresses, and not a record of the log.
                try await third.log(containing: "from_snapshots=222 partitions=8 records=0")
                #expect(try Self.named(cluster))
                let (ending, _, errors) = try await BelfryProcess.run(
                    "forget",
                    ["user", "forget", Self.person, "--config", "belfry.yaml"],
                    in: cluster.folder
                )
                #expect(ending == .exited(0), "\(errors)")
                // Their own partition's file is gone at once, and that of the address.
                #expect(try Self.files(cluster).count < 8)
                #expect(try !Self.named(cluster))
                try await cluster.allIsCommitted()
                try await Self.end(third)
                #expect(try Self.files(cluster).count == 8)
                #expect(try !Self.named(cluster))

                let damaged = try #require(try Self.files(cluster).first)
                var octets = try Data(contentsOf: damaged)
                octets[octets.count / 2] ^= 1
                try octets.write(to: damaged)
                let fourth = try await cluster.startReady()
                try await fourth.log(containing: "reason=damaged")
                try await cluster.producer.produce([.shipped("late", to: "u-8")], to: "shop.events")
                _ = try await receipts.receipts(of: "late")
                try await Self.end(fourth)
            }
        }
    }
}
