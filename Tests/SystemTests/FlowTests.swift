import Foundation
import Testing

extension SystemTests {
    @Suite(.serialized)
    struct Flow {
        private static let token = String(repeating: "ab", count: 32)
        private static let german = String(repeating: "cd", count: 32)

        @Test(
            "an event in any of its forms becomes the right request, and a receipt that says so",
            .timeLimit(.minutes(3))
        )
        func forms() async throws {
            var setup = ClusterSetup()
            setup.kafka = """
                  plain_json:
                    - { topic: shop.events, id: event_number, type: "=com.example.order.shipped", time: at, source: "=/legacy" }
                """
            setup.rules += """
                - id: failing
                  on: com.example.order.failing
                  to: { users: data.nobody }
                  content: { title: "never" }

                """
            try await TestCluster.with(setup) { cluster in
                let deadLetters = try TopicLog("push.dead-letters", settings: cluster.settings)
                let receipts = try ReceiptLog(settings: cluster.settings)
                let instance = try await cluster.startReady()
                try await cluster.register([
                    .registered("alice", "phone", token: Self.token),
                    .registered("alice", "tablet", token: Self.german, locale: "de-AT"),
                ])
                try await cluster.producer.produce(Self.good + Self.bad, to: "shop.events")
                for id in ["binary", "structured", "plain"] {
                    let found = try await receipts.receipts(of: id, count: 2)
                    #expect(found.allSatisfy { $0.outcome == "accepted" })
                    #expect(Set(found.compactMap(\.deviceID)) == ["phone", "tablet"])
                }
                try await cluster.allIsCommitted()
                try receipts.refresh()
                #expect(receipts.count == 6)
                try cluster.record.refresh()
                for request in cluster.record.requests { Self.check(request) }
                #expect(cluster.record.requests.count == 6)
                try Self.checkTrace(receipts)
                try await Self.check(deadLetters)
                try await Self.poison(cluster, receipts, deadLetters)
                instance.signal(SIGTERM)
                #expect(try await instance.ended() == .exited(0))
            }
        }

        private static let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

        private static let good: [TestRecord] = [
            .shipped("binary", to: "alice", extra: [("traceparent", trace), ("tracestate", "vendor=1")]),
            TestRecord(
                key: "alice",
                value: """
                    {"specversion":"1.0","type":"com.example.order.shipped","id":"structured","source":"/shop",\
                    "time":"\(Date().rfc3339)","data":{"order_id":"structured","customer_id":"alice","total":1,\
                    "tracking":"T2"}}
                    """,
                headers: [("content-type", "application/cloudevents+json; charset=utf-8")]
            ),
            TestRecord(
                key: nil,
                value: """
                    {"event_number":"plain","at":"\(Date().rfc3339)","order_id":"plain","customer_id":"alice","total":3,\
                    "tracking":"T3"}
                    """
            ),
            // Nothing to read, and no error.
            TestRecord(key: "alice", value: nil),
            // No rule wants these.
            TestRecord(type: "com.example.other", id: "unmatched", key: "alice", value: "{}"),
            TestRecord(
                type: "com.example.order.shipped",
                id: "refused",
                key: "alice",
                value: #"{"customer_id":"alice","total":0}"#
            ),
        ]

        /// Each with the reason for which it cannot be used.
        private static let badByReason: [(reason: String, record: TestRecord)] = [
            (
                "rule_failed",
                TestRecord(type: "com.example.order.failing", id: "failing", key: "bob", value: #"{"a":1}"#)
            ),
            ("", TestRecord(key: "carol", value: "not json \u{0}\u{7f}", headers: [("x", "kept"), ("x", "twice")])),
            (
                "",
                TestRecord(
                    key: "dave",
                    value: "{}",
                    headers: [("ce_specversion", "1.0"), ("ce_type", "com.example.order.shipped")]
                )
            ),
            ("", TestRecord(key: nil, value: "", headers: [])),
        ]

        private static var bad: [TestRecord] { badByReason.map(\.record) }

        private static func check(_ request: RecordedRequest) {
            let id = request.payload["order_id"]?.text ?? ""
            let isGerman = request.token == german
            #expect(request.status == 200)
            #expect(["binary", "structured", "plain"].contains(id))
            #expect(
                request.payload["aps"]
                    == .object([
                        "alert": .object([
                            "title": .string(isGerman ? "Bestellung \(id)" : "Order \(id)"),
                            "body": isGerman ? "Ihr Paket ist unterwegs." : "Your parcel is on its way.",
                        ]),
                        "sound": "default",
                        "interruption-level": "time-sensitive",
                    ])
            )
            #expect(request.payload["link"]?.text == "https://shop.example.com/orders/\(id)")
            #expect(request.header(":method") == "POST")
            #expect(request.header(":path") == "/3/device/\(request.token)")
            #expect(request.header("apns-topic") == "com.example.shop")
            #expect(request.header("apns-push-type") == "alert")
            #expect(request.header("apns-priority") == "10")
            #expect(request.header("apns-collapse-id") == "order-\(id)")
            #expect(request.header("authorization")?.hasPrefix("bearer ") == true)
            let expiration = Double(request.header("apns-expiration") ?? "") ?? 0
            #expect(abs(expiration - Date().timeIntervalSince1970 - 4 * 3600) < 300)
        }

        private static func checkTrace(_ receipts: ReceiptLog) throws {
            for receipt in receipts.receipts {
                let isTraced = receipt.eventID == "binary"
                #expect(receipt.record.header("traceparent") == (isTraced ? trace : nil))
                #expect(receipt.record.header("tracestate") == (isTraced ? "vendor=1" : nil))
            }
        }

        /// Key, value and headers as they came, byte for byte, and behind them why.
        private static func check(_ log: TopicLog) async throws {
            let letters = try await log.records(atLeast: bad.count)
            #expect(letters.count == bad.count)
            let validator = SchemaValidator()
            for (reason, record) in badByReason {
                let key = record.key.map { Array($0.utf8) }
                let letter = try #require(letters.first { $0.key == key && $0.value == record.value })
                let original = letter.headers.filter { !$0.name.hasPrefix("dlq_") }
                #expect(original == record.headers.map { LoggedRecord.Header(name: $0.0, value: $0.1) })
                #expect(try validator.problems(letter.headersValue, schema: "dead-letter-headers.schema.json") == [])
                #expect(letter.header("dlq_topic") == "shop.events")
                #expect(letter.header("dlq_stage") == "rules")
                if !reason.isEmpty { #expect(letter.header("dlq_reason") == reason) }
            }
        }

        /// One event in every hundred cannot be read: those go aside, all others flow.
        private static func poison(
            _ cluster: TestCluster,
            _ receipts: ReceiptLog,
            _ deadLetters: TopicLog
        ) async throws {
            let before = (receipts: receipts.count, letters: deadLetters.records.count)
            let records = (0..<500).map { number in
                number % 100 == 50
                    ? TestRecord(key: "alice", value: #"{"half":"#) : TestRecord.shipped("p-\(number)", to: "alice")
            }
            try await cluster.producer.produce(records, to: "shop.events")
            try await receipts.receipts(atLeast: before.receipts + 2 * 495)
            try await cluster.allIsCommitted()
            try deadLetters.refresh()
            try receipts.refresh()
            #expect(deadLetters.records.count == before.letters + 5)
            #expect(receipts.count == before.receipts + 2 * 495)
            #expect(receipts.receipts.allSatisfy { $0.outcome == "accepted" })
            #expect(try receipts.problems() == [])
        }
    }
}
