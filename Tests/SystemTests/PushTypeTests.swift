import Foundation
import Testing

extension SystemTests {
    @Suite(.serialized)
    struct PushTypes {
        private static let rules =
            ClusterSetup.shippedRule + """
                - id: starts
                  on: com.example.parcel.loaded
                  to: { users: data.user }
                  content: { title: "On its way" }
                  apns:
                    push_type: liveactivity
                    aps:
                      event: start
                      attributes-type: Parcel
                      attributes: { id: "{{data.parcel}}" }
                      content-state: { stops: "{{data.stops}}" }
                - id: moves
                  on: com.example.parcel.moved
                  to: { users: data.user }
                  priority: low
                  apns:
                    push_type: liveactivity
                    without_storage: true
                    aps: { event: update, content-state: { stops: "{{data.stops}}" } }
                - id: arrives
                  on: com.example.parcel.delivered
                  to: { users: data.user }
                  apns: { push_type: liveactivity, aps: { event: end, dismissal-date: "{{event.time}}" } }
                - id: rings
                  on: com.example.call
                  to: { users: data.user }
                  apns: { push_type: voip }

                """

        private static func token(_ start: String) -> String { start + String(repeating: "0", count: 64 - start.count) }

        private static func registered(_ device: String, _ token: String, pushType: String) -> TestRecord {
            TestRecord(
                type: "push.device.registered",
                id: UUID().uuidString,
                key: "alice",
                value: """
                    {"user_id":"alice","device_id":"\(device)","provider":"apns","app":"com.example.shop",\
                    "token":"\(token)","push_type":"\(pushType)"}
                    """
            )
        }

        private static func event(_ type: String, _ id: String, time: Date) -> TestRecord {
            let value = #"{"user":"alice","parcel":"p1","stops":4}"#
            return TestRecord(type: "com.example.\(type)", id: id, key: "alice", value: value, time: time)
        }

        @Test("each push type goes to its own token, under its own topic", .timeLimit(.minutes(3)))
        func pushTypes() async throws {
            var setup = ClusterSetup()
            setup.rules = Self.rules
            let now = Date(timeIntervalSince1970: Date().timeIntervalSince1970.rounded(.down))
            try await TestCluster.with(setup) { cluster in
                let receipts = try ReceiptLog(settings: cluster.settings)
                try await cluster.startReady()
                try await cluster.register([
                    .registered("alice", "phone", token: Self.token("aa")),
                    Self.registered("phone/activity", Self.token("bb"), pushType: "liveactivity"),
                    Self.registered("phone/calls", Self.token("cc"), pushType: "voip"),
                ])
                let events = [
                    .shipped("e0", to: "alice"), Self.event("parcel.loaded", "e1", time: now),
                    Self.event("parcel.moved", "e2", time: now), Self.event("parcel.delivered", "e3", time: now),
                    Self.event("call", "e4", time: now),
                ]
                for (index, record) in events.enumerated() {
                    try await cluster.producer.produce([record], to: "shop.events")
                    let found = try await receipts.receipts(of: "e\(index)")
                    #expect(found.map(\.outcome) == ["accepted"])
                }
                #expect(try receipts.problems() == [])
                try Self.check(try await cluster.record.requests(atLeast: 5), at: Int(now.timeIntervalSince1970))
            }
        }

        private static func check(_ requests: [RecordedRequest], at seconds: Int) throws {
            try #require(requests.count == 5)
            #expect(requests.map { $0.token.prefix(2) } == ["aa", "bb", "bb", "bb", "cc"])
            let activity = "com.example.shop.push-type.liveactivity"
            #expect(
                requests.map { $0.header("apns-topic") } == [
                    "com.example.shop", activity, activity, activity, "com.example.shop.voip",
                ]
            )
            #expect(requests.map { $0.header("apns-priority") } == ["10", "10", "5", "10", "10"])
            #expect(requests[2].header("apns-expiration") == "0")
            let time = String(seconds)
            let aps = requests.map { $0.payload["aps"] ?? .null }
            #expect(aps[1]["event"]?.text == "start" && aps[1]["attributes"]?["id"]?.text == "p1")
            #expect(aps[1]["alert"]?["title"]?.text == "On its way")
            #expect(aps[2]["event"]?.text == "update" && aps[2]["content-state"]?["stops"]?.text == "4")
            #expect(aps[3]["event"]?.text == "end" && aps[3]["dismissal-date"]?.integer.map(String.init) == time)
            #expect(aps[1...3].allSatisfy { $0["timestamp"]?.integer.map(String.init) == time })
        }
    }
}
