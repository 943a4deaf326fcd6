import Foundation
import Testing

extension SystemTests {
    @Suite(.serialized)
    struct Targets {
        private static let rules = """
            - id: topic
              on: com.example.goal
              to: { fcm_topic: data.topic }
              content:
                en: { title: "Goal {{data.score}}" }
                de: { title: "Tor {{data.score}}" }
            - id: condition
              on: com.example.final
              to: { fcm_condition: "\\"'goals' in topics && 'finals' in topics\\"", app: example-shop }
              content: { title: "The end" }
            - id: channel
              on: com.example.goal
              when: has(data.channel)
              to: { apns_channel: data.channel }
              apns: { aps: { event: update, content-state: { score: "{{data.score}}" } } }

            """

        private static let channel = "dHN0LXNyY2gtY2hubA=="
        private static let unknownChannel = "bm8tc3VjaC1jaG5s"

        private static func goal(_ id: String, _ topic: String, channel: String? = nil) -> TestRecord {
            let member = channel.map { #","channel":"\#($0)""# } ?? ""
            let value = #"{"topic":"\#(topic)","score":"2:1"\#(member)}"#
            return TestRecord(type: "com.example.goal", id: id, key: topic, value: value)
        }

        @Test(
            "topics, conditions and channels are sent to once, tried again, and have receipts of their own",
            .timeLimit(.minutes(4))
        )
        func targets() async throws {
            var setup = ClusterSetup()
            setup.rules = Self.rules
            setup.hasFCM = true
            setup.configuration = "limits: { all: [{ max: 2, per: 1d }] }"
            setup.faults = """
                - { provider: fcm, topic: flaky, every: 2, status: 503, reason: UNAVAILABLE, headers: { retry-after: "1" } }
                - { provider: fcm, topic: gone, status: 404, reason: UNREGISTERED }
                - { provider: apns, token: "\(Self.unknownChannel)", status: 400, reason: ChannelNotRegistered }

                """
            try await TestCluster.with(setup) { cluster in
                let receipts = try ReceiptLog(settings: cluster.settings)
                let instance = try await cluster.startReady()
                try await Self.once(cluster, receipts)
                try await Self.endings(cluster, receipts)
                try receipts.refresh()
                #expect(try receipts.problems() == [])
                #expect(receipts.receipts.allSatisfy { $0.userID.isEmpty && $0.deviceID == nil })
                instance.signal(SIGTERM)
                #expect(try await instance.ended() == .exited(0))
            }
        }

        private static func once(_ cluster: TestCluster, _ receipts: ReceiptLog) async throws {
            let final = TestRecord(type: "com.example.final", id: "f1", key: "f", value: "{}")
            try await cluster.producer.produce([goal("g1", "match-1", channel: channel), final], to: "shop.events")
            let goals = try await receipts.receipts(of: "g1", count: 2)
            #expect(Set(goals.map(\.outcome)) == ["accepted"])
            #expect(Set(goals.compactMap { $0["target"]?.text }) == ["match-1", channel])
            let ending = try await receipts.receipts(of: "f1")
            #expect(ending.map { $0["target"]?.text } == ["'goals' in topics && 'finals' in topics"])
            let requests = try await cluster.record.requests(atLeast: 3)
            let topic = try #require(requests.first { $0.token == "/topics/match-1" })
            #expect(topic.payload["message"]?["notification"]?["title"]?.text == "Goal 2:1")
            #expect(requests.contains { $0.token == "'goals' in topics && 'finals' in topics" && $0.status == 200 })
            let broadcast = try #require(requests.first { $0.token == channel })
            #expect(broadcast.header(":path") == "/4/broadcasts/apps/com.example.shop")
            #expect(broadcast.header("apns-topic") == nil && broadcast.header("apns-channel-id") == channel)
            #expect(broadcast.payload["aps"]?["content-state"]?["score"]?.text == "2:1")
        }

        private static func endings(_ cluster: TestCluster, _ receipts: ReceiptLog) async throws {
            // The same event again: nothing is sent a second time.
            try await cluster.producer.produce([goal("g1", "match-1", channel: channel)], to: "shop.events")
            let repeated = try await receipts.receipts(of: "g1", count: 4)
            #expect(repeated.filter { $0.reason == "duplicate" }.count == 2)
            // The limit counts for each topic by itself.
            try await cluster.producer.produce([goal("g2", "match-1")], to: "shop.events")
            #expect(try await receipts.receipts(of: "g2").map(\.outcome) == ["accepted"])
            try await cluster.producer.produce([goal("g3", "match-1"), goal("g4", "no name")], to: "shop.events")
            #expect(try await receipts.receipts(of: "g3").map(\.reason) == ["rate_limited"])
            #expect(try await receipts.receipts(of: "g4").map(\.reason) == ["bad_target"])
            // Every second request to this topic fails, and is made again.
            try await cluster.producer.produce([goal("g5", "flaky"), goal("g6", "flaky")], to: "shop.events")
            let flaky = try await receipts.receipts(of: "g5") + receipts.receipts(of: "g6")
            #expect(flaky.map(\.outcome) == ["accepted", "accepted"])
            #expect(flaky.compactMap { $0["attempts"]?.integer }.sorted() == [1, 2])
            // What is said of dead addresses is about none here.
            try await cluster.producer.produce([goal("g8", "gone")], to: "shop.events")
            let gone = try await receipts.receipts(of: "g8")
            #expect(gone.map(\.reason) == ["bad_target"])
            #expect(gone.map { $0["provider_reason"]?.text } == ["UNREGISTERED"])
            try await cluster.producer.produce([goal("g7", "m", channel: unknownChannel)], to: "shop.events")
            let unknown = try #require(
                try await receipts.receipts(of: "g7", count: 2).first { $0["target"]?.text == unknownChannel }
            )
            #expect(unknown.outcome == "rejected" && unknown.reason == "channel_not_registered")
        }
    }
}
