import Foundation
import Testing

extension SystemTests {
    @Suite(.serialized)
    struct Content {
        private static let rules = """
            - id: counts
              on: com.example.chat
              to: { users: data.user }
              badge: increment
              sound: ping
              thread: "chat-{{data.chat}}"
              content:
                en: { title: "{{plural(data.count, one: '# message', other: '# messages')}}", body: "{{data.text}}" }
                de: { title: "{{plural(data.count, one: '# Nachricht', other: '# Nachrichten')}}", body: "{{data.text}}" }
            - id: wakes
              on: com.example.sync
              to: { users: data.user }
              silent: true
              data: { screen: inbox }
            - id: drops
              on: com.example.long
              to: { users: data.user }
              on_too_long: drop
              content: { title: Long, body: "{{data.text}}" }

            """

        private static func event(_ type: String, _ id: String, text: String = "hello") -> TestRecord {
            let value = #"{"user":"alice","chat":"c1","count":12345,"text":"\#(text)"}"#
            return TestRecord(type: "com.example.\(type)", id: id, key: "alice", value: value, time: Date())
        }

        @Test("badges count and are reset, silent rules wake, bodies are cut or refused", .timeLimit(.minutes(3)))
        func content() async throws {
            var setup = ClusterSetup()
            setup.rules = Self.rules
            try await TestCluster.with(setup) { cluster in
                let receipts = try ReceiptLog(settings: cluster.settings)
                try await cluster.startReady()
                try await cluster.register([
                    .registered("alice", "phone", token: String(repeating: "ab", count: 32), locale: "de-AT")
                ])
                let long = String(repeating: "語", count: 3_000)
                let events = [
                    Self.event("chat", "e0"), Self.event("chat", "e1", text: long), Self.event("sync", "e2"),
                    Self.event("long", "e3", text: long),
                ]
                var found: [ReadReceipt] = []
                for (index, record) in events.enumerated() {
                    try await cluster.producer.produce([record], to: "shop.events")
                    found += try await receipts.receipts(of: "e\(index)")
                }
                #expect(found.map(\.outcome) == ["accepted", "accepted", "accepted", "rejected"])
                #expect(found.last?.reason == "payload_too_large")
                #expect(found.map { $0["truncated"] == true } == [false, true, false, false])
                try await cluster.register([
                    TestRecord(
                        type: "push.user.badge",
                        id: "b1",
                        key: "alice",
                        value: #"{"user_id":"alice","badge":0}"#
                    )
                ])
                try await cluster.producer.produce([Self.event("chat", "e4")], to: "shop.events")
                _ = try await receipts.receipts(of: "e4")
                #expect(try receipts.problems() == [])
                try Self.check(try await cluster.record.requests(atLeast: 4))
            }
        }

        private static func check(_ requests: [RecordedRequest]) throws {
            try #require(requests.count == 4)
            let aps = requests.map { $0.payload["aps"] ?? .null }
            #expect(aps.map { $0["badge"]?.integer } == [1, 2, nil, 1])
            #expect(aps[0]["alert"]?["title"]?.text == "12.345 Nachrichten")
            #expect(aps[0]["sound"]?.text == "ping" && aps[0]["thread-id"]?.text == "chat-c1")
            #expect(aps[1]["alert"]?["body"]?.text?.hasSuffix("語…") == true)
            #expect(aps[2]["content-available"]?.integer == 1 && requests[2].payload["screen"]?.text == "inbox")
            #expect(requests.map { $0.header("apns-push-type") } == ["alert", "alert", "background", "alert"])
            #expect(requests[2].header("apns-priority") == "5")
        }
    }
}
