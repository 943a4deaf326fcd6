import Foundation
import Testing

extension SystemTests {
    @Suite(.serialized)
    struct Devices {
        /// A token that names what it is for; tokens are hexadecimal.
        private static func token(_ start: String) -> String {
            start + String(repeating: "0", count: 64 - start.count)
        }

        private static let rules =
            ClusterSetup.shippedRule + """
                - id: offer
                  on: com.example.offer
                  to: { users: data.user }
                  category: marketing
                  limit: marketing
                  ttl: 1h
                  content: { title: "An offer" }

                """

        private static func offer(_ id: String, to user: String, time: Date = Date()) -> TestRecord {
            TestRecord(type: "com.example.offer", id: id, key: user, value: #"{"user":"\#(user)"}"#, time: time)
        }

        @Test("who gets what follows the registrations, the limits and the providers' word", .timeLimit(.minutes(4)))
        func devices() async throws {
            let diedAt = Date().addingTimeInterval(-60)
            let timestamp = Int(diedAt.timeIntervalSince1970 * 1000)
            var setup = ClusterSetup()
            setup.rules = Self.rules
            setup.configuration = "limits: { marketing: [{ max: 2, per: 1d }] }"
            setup.faults = """
                - { token: "dead*", status: 410, reason: Unregistered, timestamp: \(timestamp) }
                - { token: "bad*", status: 400, reason: BadDeviceToken }

                """
            try await TestCluster.with(setup) { cluster in
                let receipts = try ReceiptLog(settings: cluster.settings)
                let invalid = try TopicLog("push.invalid-tokens", settings: cluster.settings)
                try await cluster.startReady()
                try await Self.deadTokens(cluster, receipts, invalid, diedAt)
                try await Self.moves(cluster, receipts)
                try await Self.decisions(cluster, receipts)
                try receipts.refresh()
                #expect(try receipts.problems() == [])
                try Self.validate(invalid)
            }
        }

        // MARK: Dead tokens

        private static func deadTokens(
            _ cluster: TestCluster,
            _ receipts: ReceiptLog,
            _ invalid: TopicLog,
            _ diedAt: Date
        ) async throws {
            let (before, after) = (diedAt.addingTimeInterval(-600), diedAt.addingTimeInterval(30))
            try await cluster.register([
                .registered("dora", "old", token: token("dead1"), time: before),
                .registered("dora", "bad", token: token("bad1"), time: before),
                .registered("dora", "renewed", token: token("dead2"), time: after),
                .registered("dora", "well", token: token("a11ce"), time: before),
            ])
            try await cluster.producer.produce([.shipped("dead-1", to: "dora")], to: "shop.events")
            let first = try await receipts.receipts(of: "dead-1", count: 4)
            let outcomes = Dictionary(
                uniqueKeysWithValues: first.map { ($0.deviceID ?? "", [$0.outcome, $0.reason ?? ""]) }
            )
            #expect(outcomes["old"] == ["rejected", "unregistered"])
            #expect(outcomes["bad"] == ["rejected", "bad_device_token"])
            #expect(outcomes["renewed"] == ["rejected", "unregistered"])
            #expect(outcomes["well"] == ["accepted", ""])
            let signalled = try await invalid.records(atLeast: 3).map { try JSONValue(parsing: $0.value ?? []) }
            let byDevice = Dictionary(grouping: signalled) { $0["device_id"]?.text ?? "" }
            #expect(byDevice.mapValues(\.count) == ["old": 1, "bad": 1, "renewed": 1])
            let old = try #require(byDevice["old"]?.first)
            #expect(old["removed"] == true)
            #expect(old["token"]?.text == token("dead1"))
            #expect(old["provider_reason"] == "Unregistered")
            #expect(old["invalid_since"]?.text == diedAt.rfc3339)
            #expect(byDevice["bad"]?.first?["removed"] == true)
            #expect(byDevice["renewed"]?.first?["removed"] == false)

            try await cluster.allIsCommitted()
            try await cluster.producer.produce([.shipped("dead-2", to: "dora")], to: "shop.events")
            let second = try await receipts.receipts(of: "dead-2", count: 2)
            // What was registered again after the provider's time is still tried, and not signalled twice.
            #expect(Set(second.compactMap(\.deviceID)) == ["renewed", "well"])
            try await cluster.allIsCommitted()
            try invalid.refresh()
            #expect(invalid.records.count == 3)
            try cluster.record.refresh()
            #expect(cluster.record.requests.filter { $0.token == token("dead1") }.count == 1)
            #expect(cluster.record.requests.filter { $0.token == token("dead2") }.count == 2)
        }

        private static func validate(_ log: TopicLog) throws {
            let validator = SchemaValidator()
            for record in log.records {
                let value = try JSONValue(parsing: record.value ?? [])
                #expect(try validator.problems(value, schema: "invalid-token.schema.json") == [])
                #expect(try validator.problems(record.headersValue, schema: "invalid-token-headers.schema.json") == [])
                #expect(record.keyText == value["user_id"]?.text)
            }
        }

        // MARK: Devices that move and go

        private static func moves(_ cluster: TestCluster, _ receipts: ReceiptLog) async throws {
            let shared = token("5a4ed")
            try await cluster.register([.registered("eve", "phone", token: shared)])
            try await cluster.producer.produce([.shipped("move-1", to: "eve")], to: "shop.events")
            #expect(try await receipts.receipts(of: "move-1").map(\.outcome) == ["accepted"])

            try await cluster.register([.registered("finn", "phone", token: shared)])
            try await cluster.producer.produce(
                [.shipped("move-2", to: "eve"), .shipped("move-3", to: "finn")],
                to: "shop.events"
            )
            let former = try await receipts.receipts(of: "move-2")
            #expect(former.map { [$0.outcome, $0.reason ?? ""] } == [["suppressed", "no_devices"]])
            let present = try await receipts.receipts(of: "move-3")
            #expect(present.map(\.outcome) == ["accepted"])

            try await cluster.register([.unregistered("finn", "phone")])
            try await cluster.producer.produce([.shipped("move-4", to: "finn")], to: "shop.events")
            let gone = try await receipts.receipts(of: "move-4")
            #expect(gone.map { [$0.outcome, $0.reason ?? ""] } == [["suppressed", "no_devices"]])
            try cluster.record.refresh()
            #expect(cluster.record.requests.filter { $0.token == shared }.count == 2)
        }

        // MARK: What is decided before anything is sent

        private static func decisions(_ cluster: TestCluster, _ receipts: ReceiptLog) async throws {
            let preferences = TestRecord(
                type: "push.user.preferences",
                id: "preferences",
                key: "gus",
                value: #"{"user_id":"gus","categories":{"marketing":false}}"#
            )
            try await cluster.register([
                .registered("gus", "phone", token: token("905")), preferences,
                .registered("hal", "phone", token: token("4a1")),
            ])
            let late = Date().addingTimeInterval(-5 * 3600)
            try await cluster.producer.produce(
                [
                    offer("opted-out", to: "gus"), .shipped("not-opted-out", to: "gus"), offer("nobody", to: "ida"),
                    offer("limit-1", to: "hal"), offer("limit-2", to: "hal"), offer("limit-3", to: "hal"),
                    .shipped("late", to: "hal", time: late), offer("limit-1", to: "hal"),
                ],
                to: "shop.events"
            )
            let expected: [(event: String, endings: Set<[String]>)] = [
                ("opted-out", [["suppressed", "opted_out"]]), ("not-opted-out", [["accepted", ""]]),
                ("nobody", [["suppressed", "no_devices"]]), ("limit-2", [["accepted", ""]]),
                ("limit-3", [["suppressed", "rate_limited"]]), ("late", [["expired", "ttl_passed"]]),
                // Its event came twice.
                ("limit-1", [["accepted", ""], ["suppressed", "duplicate"]]),
            ]
            for (event, endings) in expected {
                let found = try await receipts.receipts(of: event, count: endings.count)
                #expect(Set(found.map { [$0.outcome, $0.reason ?? ""] }) == endings, "\(event)")
            }
            try await cluster.allIsCommitted()
            try cluster.record.refresh()
            #expect(cluster.record.requests.filter { $0.token == token("4a1") }.count == 2)
            #expect(cluster.record.requests.filter { $0.token == token("905") }.count == 1)
        }
    }
}
