import Foundation
import FoundationNetworking
import Testing

extension SystemTests {
    @Suite(.serialized)
    struct RulesReload {
        /// The version that `belfry check` gives the files of now; nil where it refuses them.
        private static func checked(_ cluster: TestCluster, _ number: Int) async throws -> String? {
            let arguments = ["check", "--config", "belfry.yaml"]
            let check = try await BelfryProcess.run("check-\(number)", arguments, in: cluster.folder)
            return check.output.firstMatch(of: /version ([0-9a-f]{12})/).map { String($0.output.1) }
        }

        private static func readiness(_ instance: BelfryProcess) async throws -> String {
            let port = try #require(instance.errors.firstMatch(of: /admin server listens.*port=([0-9]+)/)?.output.1)
            let url = try #require(URL(string: "http://127.0.0.1:\(port)/readyz"))
            let (data, _) = try await URLSession.shared.data(from: url)
            return String(decoding: data, as: UTF8.self)
        }

        private static let renamed = ClusterSetup.shippedRule.replacing("id: order-shipped", with: "id: order-sent")

        @Test(
            "rules change while events come: by file, by signal, and not at all when they are wrong",
            .timeLimit(.minutes(4))
        )
        func reload() async throws {
            try await TestCluster.with { cluster in
                let receipts = try ReceiptLog(settings: cluster.settings)
                let instance = try cluster.start(environment: ["BELFRY_RULES_CHECK_INTERVAL": "1s"])
                try await instance.line(beginningWith: "ready")
                try await cluster.register([.registered("kim", "phone", token: String(repeating: "c0", count: 32))])
                func receipt(of event: String) async throws -> (rule: String?, version: String?) {
                    try await cluster.producer.produce([.shipped(event, to: "kim")], to: "shop.events")
                    let found = try await receipts.receipts(of: event)
                    return (found.first?["rule_id"]?.text, found.first?["rule_set_version"]?.text)
                }
                let first = try #require(try await Self.checked(cluster, 0))
                var decided = try await receipt(of: "k-1")
                #expect(decided.rule == "order-shipped" && decided.version == first)

                // By file: noticed without being told.
                try cluster.write(Self.renamed, to: "rules/rules.yaml")
                let second = try #require(try await Self.checked(cluster, 1))
                try await instance.log(containing: "rules replaced former_version=\(first)")
                decided = try await receipt(of: "k-2")
                #expect(decided.rule == "order-sent" && decided.version == second && second != first)

                // A bad file beside a good one changes nothing but what is said.
                try cluster.write("- { id: x, on: a, to: { users: data. } }\n", to: "rules/bad.yaml")
                #expect(try await Self.checked(cluster, 2) == nil)
                try await instance.log(containing: "rules changed and cannot be used")
                #expect(instance.errors.contains("rules/bad.yaml:1:"))
                let answer = try await Self.readiness(instance)
                #expect(answer.hasPrefix("ready\nrules: 1, version \(second)\nnote: rules: the former ones are used"))
                #expect(answer.contains("rules/bad.yaml:1:"))
                decided = try await receipt(of: "k-3")
                #expect(decided.rule == "order-sent" && decided.version == second)

                // By signal: at once.
                let more = ClusterSetup.shippedRule.replacing("id: order-shipped", with: "id: order-again")
                try cluster.write(more, to: "rules/bad.yaml")
                instance.signal(SIGHUP)
                let third = try #require(try await Self.checked(cluster, 3))
                try await instance.log(containing: "former_version=\(second) rules=2 version=\(third)")
                try await cluster.producer.produce([.shipped("k-4", to: "kim")], to: "shop.events")
                let both = try await receipts.receipts(of: "k-4", count: 2)
                #expect(Set(both.map { $0["rule_id"]?.text }) == ["order-sent", "order-again"])
                #expect(Set(both.map { $0["rule_set_version"]?.text }) == [third])
                #expect(try await Self.readiness(instance) == "ready\nrules: 2, version \(third)\n")
                #expect(try receipts.problems().isEmpty)
                instance.signal(SIGTERM)
                #expect(try await instance.ended() == .exited(0))
            }
        }
    }
}
