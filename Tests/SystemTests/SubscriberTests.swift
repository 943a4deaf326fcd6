import Foundation
import Testing

extension SystemTests {
    @Suite(.serialized)
    struct Subscribers {
        private static let count = 2_000

        private static let rule = """
            - id: team-scored
              on: com.example.match.goal
              to: { subscribers: "['team-' + data.team, 'everything']" }
              ttl: 1h
              content: { title: "Goal!", body: "{{data.score}}" }

            """

        private static func user(_ index: Int) -> String { "fan-\(index)" }

        /// A device with its topics. Every third user follows both, which is one notification.
        private static func fan(_ index: Int) -> TestRecord {
            let token = String(repeating: "0", count: 58) + String(100_000 + index)
            let topics = index % 3 == 0 ? #"["team-red","everything"]"# : #"["team-red"]"#
            return TestRecord(
                type: "push.device.registered",
                id: "r-\(index)",
                key: user(index),
                value: #"{"user_id":"\#(user(index))","device_id":"phone","provider":"apns","app":"com.example.shop","#
                    + #""token":"\#(token)","topics":\#(topics)}"#,
                time: Date()
            )
        }

        private static func goal(_ id: String) -> TestRecord {
            TestRecord(
                type: "com.example.match.goal",
                id: id,
                key: "match",
                value: #"{"team":"red","score":"1:0"}"#,
                time: Date()
            )
        }

        @Test(
            "some thousand subscribers are told once each, across a crash in the middle, while others have theirs",
            .timeLimit(.minutes(4))
        )
        func crash() async throws {
            let setup = ClusterSetup(rules: ClusterSetup.shippedRule + Self.rule)
            try await TestCluster.with(setup) { cluster in
                let receipts = try ReceiptLog(settings: cluster.settings)
                // Small steps, so that there are many.
                let environment = ["BELFRY_USERS_FAN_OUT_IN_FLIGHT_MAX": "32"]
                let first = try cluster.start(environment: environment)
                try await first.line(beginningWith: "ready")
                let token = String(repeating: "c0", count: 32)
                try await cluster.register((0..<Self.count).map(Self.fan) + [.registered("kim", "phone", token: token)])
                try await cluster.producer.produce([Self.goal("g-1")], to: "shop.events")
                try await receipts.receipts(atLeast: 200)
                #expect(receipts.count < Self.count)
                first.signal(SIGKILL)
                _ = try await first.ended()

                let second = try cluster.start(environment: environment)
                try await cluster.producer.produce([.shipped("k-1", to: "kim")], to: "shop.events")
                try await second.line(beginningWith: "ready")
                #expect(try await receipts.receipts(of: "k-1").first?.outcome == "accepted")
                let found = try await receipts.receipts(of: "g-1", count: Self.count, within: .seconds(120))
                try await cluster.allIsCommitted()
                try receipts.refresh()
                let final = receipts.receipts.filter { $0.eventID == "g-1" }
                #expect(Set(final.map(\.userID)) == Set((0..<Self.count).map(Self.user)))
                #expect(Set(final.map(\.id)).count == Self.count && found.count <= final.count)
                #expect(Set(final.map(\.outcome)) == ["accepted"])
                #expect(try receipts.problems().isEmpty)
                second.signal(SIGTERM)
                #expect(try await second.ended() == .exited(0))
            }
        }
    }
}
