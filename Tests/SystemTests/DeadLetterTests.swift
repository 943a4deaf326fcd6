import Foundation
import Testing

extension SystemTests {
    @Suite(.serialized)
    struct DeadLetters {
        private static let token = String(repeating: "cd", count: 32)

        @Test(
            "dead letters are listed with their reasons, and go back as they were once the rule is mended",
            .timeLimit(.minutes(5))
        )
        func replayed() async throws {
            var setup = ClusterSetup()
            setup.rules = setup.rules.replacingOccurrences(of: "data.total > 0", with: "data.total / 0 > 0")
            try await TestCluster.with(setup) { cluster in
                let instance = try await cluster.startReady()
                try await cluster.register([.registered("ann", "phone", token: Self.token)])
                var broken = TestRecord(key: "ann", value: "{", headers: [("content-type", "application/json")])
                broken.key = "ann"
                try await cluster.producer.produce([broken, .shipped("e-1", to: "ann")], to: "shop.events")
                let letters = try TopicLog("push.dead-letters", settings: cluster.settings)
                try await eventually("two dead letters", within: .seconds(60)) {
                    try letters.refresh()
                    return letters.records.count == 2
                }

                let listed = try await Self.run(["list", "--json", "--values"], cluster)
                #expect(listed.ending == .exited(0), "\(listed.errors)")
                let objects = try listed.output.split(separator: "\n").map { try JSONValue(parsing: $0.utf8) }
                #expect(Set(objects.map { $0["reason"]?.text }).count == 2)
                #expect(objects.allSatisfy { $0["topic"]?.text == "shop.events" && $0["key"]?.text == "ann" })
                #expect(objects.contains { $0["value"]?.text == "{" })
                let failed = try #require(objects.first { $0["value"]?.text != "{" })
                let reason = try #require(failed["reason"]?.text)
                let text = try await Self.run(["list", "--reason", reason], cluster).output
                #expect(text.contains("rules: \(reason)") && text.contains("1 dead letters"), "\(text)")

                let unsaid = try await Self.run(["replay"], cluster)
                #expect(unsaid.ending == .exited(64), "\(unsaid.errors)")
                let tried = try await Self.run(["replay", "--reason", reason, "--dry-run"], cluster)
                #expect(tried.output == "shop.events: 1 would be produced\n")

                try cluster.write(ClusterSetup.shippedRule, to: "rules/rules.yaml")
                instance.signal(SIGHUP)
                try await instance.log(containing: "rules replaced")
                let events = try TopicLog("shop.events", settings: cluster.settings)
                let done = try await Self.run(["replay", "--reason", reason], cluster)
                #expect(done.ending == .exited(0) && done.output == "shop.events: 1 produced\n", "\(done.errors)")
                try await cluster.record.requests(atLeast: 1)
                try events.refresh()
                let same = events.records.filter { String(decoding: $0.value ?? [], as: UTF8.self) != "{" }
                #expect(same.count == 2 && same[0].value == same[1].value && same[0].key == same[1].key)
                #expect(same[0].partition == same[1].partition)
                #expect(same[0].headers.map(\.name) == same[1].headers.map(\.name))
                #expect(same[0].headers.map(\.value) == same[1].headers.map(\.value))
            }
        }

        private static func run(
            _ arguments: [String],
            _ cluster: TestCluster
        ) async throws -> (ending: BelfryProcess.Ending, output: String, errors: String) {
            try await BelfryProcess.run("dead-letters", ["dead-letters"] + arguments, in: cluster.folder)
        }
    }
}
