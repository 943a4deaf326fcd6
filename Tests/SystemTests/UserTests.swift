import Foundation
import Testing

extension SystemTests {
    /// `belfry user`, beside a pipeline that runs.
    @Suite(.serialized)
    struct People {
        private static let setup: ClusterSetup = {
            var setup = ClusterSetup()
            setup.rules += """
                - id: offer
                  on: com.example.offer
                  to: { users: data.user }
                  category: marketing
                  limit: marketing
                  ttl: 10d
                  collapse: "offer-{{data.user}}"
                  content: { title: "An offer" }

                """
            setup.configuration = """
                limits: { marketing: [{ max: 2, per: 1d, on_exceed: defer }] }
                quiet_hours: { start: "03:00", end: "03:01" }
                """
            return setup
        }()

        private static func belfry(_ cluster: TestCluster, _ arguments: String...) async throws -> Answer {
            let (ending, output, errors) = try await BelfryProcess.run("user", arguments, in: cluster.folder)
            return Answer(ending: ending, output: output.trimmingCharacters(in: .newlines), errors: errors)
        }

        private struct Answer {
            let ending: BelfryProcess.Ending
            let output: String
            let errors: String
        }

        private static let token = "c0ffee" + String(repeating: "1", count: 58)

        private static func preferences(_ user: String) -> TestRecord {
            TestRecord(
                type: "push.user.preferences",
                id: "preferences-\(user)",
                key: user,
                value: #"""
                    {"user_id":"\#(user)","categories":{"chat":false},"timezone":"Asia/Kolkata","locale":"de",
                     "quiet_hours":{"start":"02:00","end":"02:01"}}
                    """#
            )
        }

        private static func subscribed(_ user: String, to topic: String) -> TestRecord {
            TestRecord(
                type: "push.user.subscribed",
                id: "subscribed-\(user)-\(topic)",
                key: user,
                value: #"{"user_id":"\#(user)","topic":"\#(topic)"}"#
            )
        }

        private static func offers(_ count: Int, to user: String) -> [TestRecord] {
            (1...count).map {
                TestRecord(type: "com.example.offer", id: "o\($0)-\(user)", key: user, value: #"{"user":"\#(user)"}"#)
            }
        }

        /// A person with two devices, preferences, a topic, a limit used up, and something that waits.
        private static func settle(_ user: String, _ cluster: TestCluster, _ receipts: ReceiptLog) async throws {
            try await cluster.register([
                .registered(user, "phone", token: token), .registered(user, "pad", token: "d00d" + token.dropFirst(4)),
                preferences(user), subscribed(user, to: "news"),
            ])
            try await cluster.producer.produce(offers(3, to: user), to: "shop.events")
            _ = try await receipts.receipts(of: "o3-\(user)")
            try await cluster.allIsCommitted()
        }

        @Test("what is held on one person is shown, and neither tokens nor keys", .timeLimit(.minutes(3)))
        func show() async throws {
            try await TestCluster.with(Self.setup) { cluster in
                let receipts = try ReceiptLog(settings: cluster.settings)
                try await cluster.startReady()
                try await Self.settle("ann", cluster, receipts)
                let shown = try await Self.belfry(cluster, "user", "ann", "--json")
                #expect(shown.ending == .exited(0), "\(shown)")
                #expect(!shown.output.contains("c0ffee") && !shown.output.contains("d00d"), "\(shown.output)")
                let person = try JSONValue(parsing: shown.output.utf8)
                #expect(person["inbox_behind"] == 0 && person["timezone_used"] == "Asia/Kolkata")
                let devices = person["devices"]?.elements ?? []
                #expect(Set(devices.compactMap { $0["device_id"]?.text }) == ["phone", "pad"])
                #expect(devices.allSatisfy { $0["address_held"] == true && $0["environment"] == "production" })
                #expect(devices.allSatisfy { $0["token_fingerprint"]?.text?.count == 16 })
                #expect(person["topics"] == .array(["news"]) && person["preferences"]?["locale"] == "de")
                #expect(person["preferences"]?["categories"] == .object(["chat": false]))
                let limit = try #require(person["limits"]?.elements?.first)
                #expect(limit["limit"] == "marketing" && limit["used"] == 2 && limit["left"] == 0)
                #expect(limit["next_at_local"]?.text?.hasSuffix("+05:30") == true)
                let waiting = try #require(person["scheduled"]?.elements?.first)
                #expect(waiting["reason"] == "rate_limited" && waiting["rule_id"] == "offer")
                let decisions = (person["decisions"]?.elements ?? []).map { $0["decision"]?.text }
                #expect(decisions == ["waits", "sent", "sent"])
                let plain = try await Self.belfry(cluster, "user", "ann")
                #expect(plain.ending == .exited(0) && plain.output.contains("marketing, 2 per 1d: 2 used, 0 left"))
                #expect(plain.output.contains("is not in this: nothing at all"), "\(plain.output)")
            }
        }

        @Test("a user who is not known is code 1, as is a cluster that does not answer", .timeLimit(.minutes(3)))
        func failures() async throws {
            try await TestCluster.with(Self.setup) { cluster in
                let unknown = try await Self.belfry(cluster, "user", "nobody")
                #expect(unknown.ending == .exited(1) && unknown.errors.contains("nothing is held on user nobody"))
                let badID = try await Self.belfry(cluster, "user", "")
                #expect(badID.ending == .exited(64) && badID.errors.contains("1 to 256 bytes"), "\(badID)")
                let noFile = try await Self.belfry(cluster, "user", "ann", "--config", "none.yaml")
                #expect(noFile.ending == .exited(78), "\(noFile)")
                cluster.broker.end()
                let silent = try await Self.belfry(cluster, "user", "ann")
                #expect(silent.ending == .exited(1) && !silent.errors.contains("nothing is held"), "\(silent)")
            }
        }
    }
}
