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

        @Test("a person who is forgotten leaves nothing in the users topic", .timeLimit(.minutes(3)))
        func forget() async throws {
            try await TestCluster.with(Self.setup) { cluster in
                let receipts = try ReceiptLog(settings: cluster.settings)
                let users = try TopicLog("push.users", settings: cluster.settings)
                let instance = try await cluster.startReady()
                try await Self.settle("ann", cluster, receipts)
                try await Self.settle("bob", cluster, receipts)
                let erased = try await Self.belfry(cluster, "user", "forget", "bob")
                #expect(erased.ending == .exited(0), "\(erased)")
                let words =
                    "erased user bob: 2 devices, 1 subscription, 1 that waited, 3 decisions, 1 limit in use, preferences"
                #expect(erased.output == words, "\(erased.output)")
                #expect(try await Self.belfry(cluster, "user", "bob").ending == .exited(1))
                try receipts.refresh()
                let ends = receipts.receipts.filter { $0.userID == "bob" && $0.reason == "forgotten" }
                #expect(ends.map(\.outcome) == ["suppressed", "erased"])
                // By an event, and a user who is the other's former owner of an address.
                let event = TestRecord(type: "push.user.forgotten", id: "f-1", key: "ann", value: #"{"user_id":"ann"}"#)
                try await cluster.register([event])
                try await eventually("the receipt of ann's erasure") {
                    try receipts.refresh()
                    return receipts.receipts.contains { $0.userID == "ann" && $0.outcome == "erased" }
                }
                try users.refresh()
                let last = Dictionary(grouping: users.records, by: \.keyText).compactMapValues { $0.last?.value }
                #expect(last.isEmpty, "\(last.keys.sorted())")
                // A new registration starts afresh.
                try await cluster.register([.registered("ann", "phone", token: Self.token)])
                try await cluster.producer.produce([.shipped("afresh", to: "ann")], to: "shop.events")
                #expect(try await receipts.receipts(of: "afresh").map(\.outcome) == ["accepted"])
                let json = try await Self.belfry(cluster, "user", "forget", "nobody", "--json")
                let receipt = try JSONValue(parsing: json.output.utf8)
                #expect(receipt["outcome"] == "erased" && receipt["erased_devices"] == 0, "\(json)")
                #expect(try receipts.problems() == [])
                let log = instance.errors
                #expect(!log.contains("ann") && !log.contains("bob"), "logs name nobody")
            }
        }

        @Test("without a users stage it is asked for, and code 1 says that it is not done", .timeLimit(.minutes(3)))
        func forgetLater() async throws {
            try await TestCluster.with(Self.setup) { cluster in
                let late = try await Self.belfry(cluster, "user", "forget", "ann", "--wait", "1s")
                #expect(late.ending == .exited(1) && late.errors.contains("not done within 1s"), "\(late)")
                let unwaited = try await Self.belfry(cluster, "user", "forget", "ann", "--wait", "0s")
                #expect(unwaited.ending == .exited(0) && unwaited.output.contains("asked for"), "\(unwaited)")
                let bad = try await Self.belfry(cluster, "user", "forget", "ann", "--wait", "soon")
                #expect(bad.ending == .exited(64) && bad.errors.contains("such as 30s"), "\(bad)")
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
