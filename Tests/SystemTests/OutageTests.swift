import Foundation
import Testing

extension SystemTests {
    @Suite(.serialized)
    struct Outage {
        /// How long each trouble lasts.
        private static let length = Duration.seconds(8 * min(Load.scale, 4))
        /// Of a debug build, which needs several times what a release needs.
        private static let memoryMaxMiB = 700

        @Test("where APNs asks for another connection, the next attempt is made on one", .timeLimit(.minutes(3)))
        func reconnect() async throws {
            var setup = ClusterSetup()
            setup.faults = #"- { provider: apns, token: "*000a", status: 503, reason: Shutdown }"# + "\n"
            try await TestCluster.with(setup) { cluster in
                let instance = try await cluster.startReady()
                var load = Load(users: 1)
                try await cluster.register(load.registrations)
                try await cluster.producer.produce(load.next(1), to: "shop.events")
                let shutdowns: [RecordedRequest] = try await eventually("three attempts") {
                    try cluster.record.refresh()
                    let asked = cluster.record.requests.filter { $0.status == 503 }
                    return asked.count >= 3 ? asked : nil
                }
                #expect(Set(shutdowns.map(\.apnsID)).count == 1)
                try await eventually("three connections:\n\(instance.errors.suffix(2_000))") {
                    instance.errors.split(separator: "\n").count { $0.contains("connected(") } >= 3
                }
            }
        }

        @Test(
            "neither a broker that stands still nor a provider that is gone loses or repeats anything",
            .timeLimit(.minutes(15))
        )
        func brokerAndProvider() async throws {
            try await TestCluster.with { cluster in
                var load = Load()
                let receipts = try ReceiptLog(settings: cluster.settings)
                let instance = try await cluster.startReady()
                try await cluster.register(load.registrations)

                try await cluster.producer.produce(load.next(300 * Load.scale), to: "shop.events")
                try await cluster.record.requests(atLeast: 100)
                cluster.broker.signal(SIGSTOP)
                // The time that it stands still is what this is about.
                try await Task.sleep(for: Self.length)
                cluster.broker.signal(SIGCONT)
                try await cluster.producer.produce(load.next(300 * Load.scale), to: "shop.events")
                try await receipts.receipts(atLeast: load.expected.count, within: .seconds(120))

                cluster.simulator.end()
                try await cluster.producer.produce(load.next(600 * Load.scale), to: "shop.events")
                try await Task.sleep(for: Self.length)
                try await cluster.restartSimulator()
                try await receipts.receipts(atLeast: load.expected.count, within: .seconds(120))
                try await cluster.allIsCommitted()
                try receipts.refresh()
                try cluster.record.refresh()
                try load.check(receipts)
                #expect(load.checkRepeats(cluster.record, receipts) == 0)
                #expect(instance.isRunning)
                #expect(try #require(instance.memoryPeakMiB) < Self.memoryMaxMiB)
                instance.signal(SIGTERM)
                #expect(try await instance.ended() == .exited(0))
            }
        }

        @Test("a provider that refuses everything for a while gets it all afterwards", .timeLimit(.minutes(15)))
        func refusals() async throws {
            try await TestCluster.with { cluster in
                var load = Load()
                let receipts = try ReceiptLog(settings: cluster.settings)
                let instance = try await cluster.startReady()
                try await cluster.register(load.registrations)
                let seconds = Self.length.components.seconds
                try await cluster.restartSimulator(
                    faults: "- { for: \(seconds)s, status: 503, reason: ServiceUnavailable }\n"
                )
                try await cluster.producer.produce(load.next(600 * Load.scale), to: "shop.events")
                try await receipts.receipts(atLeast: load.expected.count, within: .seconds(120))
                try await cluster.allIsCommitted()
                try receipts.refresh()
                try cluster.record.refresh()
                try load.check(receipts)
                #expect(cluster.record.requests.contains { $0.status == 503 })
                #expect(receipts.receipts.allSatisfy { ($0["attempts"]?.integer ?? 0) > 1 })
                #expect(cluster.record.acceptedTwice.count == 0)
                #expect(try #require(instance.memoryPeakMiB) < Self.memoryMaxMiB)
            }
        }
    }
}
