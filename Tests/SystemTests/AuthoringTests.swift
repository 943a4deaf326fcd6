import Foundation
import Testing

extension SystemTests {
    @Suite(.serialized)
    struct Authoring {
        private static let token = String(repeating: "ab", count: 32)

        @Test("explain tells the request that the running system then sends", .timeLimit(.minutes(3)))
        func explainIsTrue() async throws {
            try await TestCluster.with { cluster in
                try cluster.write(
                    """
                    user_id: alice
                    devices:
                      - { device_id: phone, provider: apns, app: com.example.shop, token: \(Self.token), locale: de-AT }
                    """,
                    to: "alice.yaml"
                )
                let event = """
                    {"specversion":"1.0","type":"com.example.order.shipped","id":"e1","source":"/shop",\
                    "time":"\(Date().rfc3339)","data":{"order_id":"A-1","customer_id":"alice","total":1,"tracking":"T"}}
                    """
                try cluster.write(event, to: "event.json")
                let explained = try await BelfryProcess.run(
                    "explain",
                    ["explain", "--event", "event.json", "--user", "alice.yaml", "--json"],
                    in: cluster.folder
                )
                #expect(explained.ending == .exited(0), "\(explained.errors)")
                let rule = try JSONValue(parsing: explained.output.utf8)["rules"]?.elements?.first
                let delivery = rule?["notifications"]?.elements?.first?["deliveries"]?.elements?.first
                let request = try #require(delivery?["request"])

                try await cluster.startReady()
                try await cluster.register([.registered("alice", "phone", token: Self.token, locale: "de-AT")])
                let headers = [("content-type", "application/cloudevents+json")]
                let record = TestRecord(key: "alice", value: event, headers: headers)
                try await cluster.producer.produce([record], to: "shop.events")
                let sent = try #require(try await cluster.record.requests(atLeast: 1).first)
                #expect(sent.payload == request["body"])
                #expect(request["path"]?.text == "/3/device/\(sent.token)")
                for name in [
                    "apns-topic", "apns-push-type", "apns-id", "apns-expiration", "apns-priority", "apns-collapse-id",
                ] {
                    #expect(sent.header(name) != nil && sent.header(name) == request["headers"]?[name]?.text, "\(name)")
                }
            }
        }

        @Test("explain tells why a rule does not match, and needs neither keys nor Kafka", .timeLimit(.minutes(2)))
        func explainWithoutKeys() async throws {
            try await CommandLine.withFolder { folder in
                try Self.write(folder)
                let event =
                    #"{"specversion":"1.0","type":"order","id":"1","source":"/s","data":{"total":40,"user":"ann"}}"#
                try Data(event.utf8).write(to: folder.appendingPathComponent("event.json"))
                let (ending, output, errors) = try await BelfryProcess.run(
                    "explain",
                    ["explain", "--event", "event.json"],
                    in: folder
                )
                #expect(ending == .exited(0), "\(errors)")
                for line in [
                    "rule big (rules/a.yaml:1): does not match", "    data.total > 100 is false: data.total is 40",
                    "rule all (rules/a.yaml:6): MATCHES", "  for user ann", "    en: Order | 40",
                    "      POST https://api.push.apple.com:443/3/device/", "      authorization: bearer <redacted>",
                    "a placeholder stands for what it would sign", "one sample device for each configured app",
                    "rule chat (rules/a.yaml:10): other events",
                ] { #expect(output.contains(line), "\(line)\n\(output)") }
                try Data("{}".utf8).write(to: folder.appendingPathComponent("event.json"))
                let broken = try await BelfryProcess.run("broken", ["explain", "--event", "event.json"], in: folder)
                #expect(broken.ending == .exited(1))
                #expect(broken.output.contains("dlq_reason: missing_attribute"), "\(broken.output)")
            }
        }

        @Test("test finds the cases of a folder, and its exit code tells how they ended", .timeLimit(.minutes(2)))
        func ruleTests() async throws {
            try await CommandLine.withFolder { folder in
                try Self.write(folder)
                let good =
                    "- { name: good, event: { type: order, data: { total: 1, user: ann } }, expect: [{ rule: all }] }\n"
                let bad = "- { name: bad, event: { type: order, data: { total: 1, user: ann } }, expect: [] }\n"
                let file = folder.appendingPathComponent("rules/a.test.yaml")
                for (text, code, shown) in [
                    (good, 0, "1 passed, 0 failed"), (good + bad, 1, "1 passed, 1 failed"),
                    ("- { name: x }", 78, "rules/a.test.yaml:1:3: error: [0].event: missing"),
                ] as [(String, Int32, String)] {
                    try Data(text.utf8).write(to: file)
                    let (ending, output, errors) = try await BelfryProcess.run("test", ["test", "rules"], in: folder)
                    #expect(ending == .exited(code), "\(output)\(errors)")
                    #expect((output + errors).contains(shown), "\(output)\(errors)")
                }
                let none = try await BelfryProcess.run("test", ["test", "absent"], in: folder)
                #expect(none.ending == .exited(64))
            }
        }

        @Test("replay compares rules over past events, of the time that was asked for", .timeLimit(.minutes(3)))
        func replay() async throws {
            try await TestCluster.with { cluster in
                let records = (1...20).map { TestRecord.shipped("o\($0)", to: "user\($0 % 4)") }
                try await cluster.producer.produce(records, to: "shop.events")
                try await cluster.producer.produce([TestRecord(key: "x", value: "nope")], to: "shop.events")
                try cluster.write(
                    ClusterSetup.shippedRule.replacingOccurrences(of: "parcel", with: "order"),
                    to: "new.yaml"
                )
                let arguments = ["replay", "--rules", "new.yaml", "--compare", "rules", "--json", "--since"]
                let (ending, output, errors) = try await BelfryProcess.run(
                    "replay",
                    arguments + ["1h"],
                    in: cluster.folder
                )
                #expect(ending == .exited(0), "\(errors)")
                let report = try JSONValue(parsing: output.utf8)
                #expect(report["events"] == 20 && report["dead_letters"] == 1, "\(output)")
                #expect(report["rules"]?["notifications"] == 20 && report["rules"]?["recipients"] == 4)
                let difference: JSONValue = .object(["added": 0, "removed": 0, "words": 20, "options": 0])
                #expect(report["difference"] == difference)
                let later = try await BelfryProcess.run(
                    "later",
                    arguments + ["2100-01-01T00:00:00Z", "--until", "2100-01-02T00:00:00Z"],
                    in: cluster.folder
                )
                #expect(try JSONValue(parsing: later.output.utf8)["events"] == 0)
                let few = try await BelfryProcess.run("few", arguments + ["1h", "--limit", "5"], in: cluster.folder)
                let cut = try JSONValue(parsing: few.output.utf8)
                #expect(cut["more_events"] == true && cut["events"]?.integer ?? 9 <= 5)
            }
        }

        private static func write(_ folder: URL) throws {
            let rules = folder.appendingPathComponent("rules")
            try FileManager.default.createDirectory(at: rules, withIntermediateDirectories: true)
            let configuration = """
                kafka: { bootstrap_servers: "127.0.0.1:1", topics: { events: [shop.events] } }
                apps:
                  - { provider: apns, app: com.example.shop, team_id: ABCDE12345, key_id: KEY1234567, key_file: missing.p8 }
                rules: [rules/*.yaml]

                """
            let text = """
                - id: big
                  on: order
                  when: data.total > 100
                  to: { users: data.user }
                  content: { title: Big }
                - id: all
                  on: order
                  to: { users: data.user }
                  content: { en: { title: Order, body: "{{data.total}}" } }
                - { id: chat, on: chat, to: { users: data.user }, content: { title: x } }

                """
            try Data(configuration.utf8).write(to: folder.appendingPathComponent("belfry.yaml"))
            try Data(text.utf8).write(to: rules.appendingPathComponent("a.yaml"))
        }
    }
}
