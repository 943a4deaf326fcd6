import Foundation
import Testing

extension SystemTests {
    @Suite(.serialized)
    struct CommandLine {
        @Test(
            "an exit code tells what kind of trouble it was",
            .timeLimit(.minutes(5)),
            arguments: [
                (["--help"], 0), (["run", "--help"], 0), (["nonsense"], 64), (["run", "--stages", "nonsense"], 64),
                (["run", "--config", "missing.yaml"], 78), (["check", "--config", "missing.yaml"], 78),
                (["simulate", "--tls-dir", "tls", "--faults", "bad-faults.yaml"], 78),
                (["broker", "--topics", "bad-topics.yaml"], 78),
                (["bench", "dispatch", "--url", "https://127.0.0.1:1", "--ca-file", "missing.pem"], 1),
                (["bench", "sink", "--tls-dir", "missing"], 1),
            ] as [([String], Int32)]
        )
        func exitCode(_ arguments: [String], _ code: Int32) async throws {
            try await Self.withFolder { folder in
                try Data("- { every: none }\n".utf8).write(to: folder.appendingPathComponent("bad-faults.yaml"))
                try Data("shop.events: many\n".utf8).write(to: folder.appendingPathComponent("bad-topics.yaml"))
                let (ending, output, errors) = try await BelfryProcess.run("command", arguments, in: folder)
                #expect(ending == .exited(code), "\(output)\(errors)")
                #expect(!(output + errors).isEmpty)
            }
        }

        @Test("check names every problem at once, each with its place", .timeLimit(.minutes(5)))
        func check() async throws {
            try await Self.withFolder { folder in
                let configuration = """
                    kafka:
                      bootstrap_servers: 127.0.0.1:1
                      partitions: 0
                      topics: { events: [shop.events] }
                    apps:
                      - { provider: apns, app: com.example.shop, team_id: T, key_id: K, key_file: missing.p8 }
                    rules: [rules.yaml]
                    unknown: 1

                    """
                let rules = """
                    - id: broken
                      on: com.example.order
                      when: data.total >
                      to: { users: data.user }
                      content: { title: "{{#open}}" }

                    """
                try Data(configuration.utf8).write(to: folder.appendingPathComponent("belfry.yaml"))
                try Data(rules.utf8).write(to: folder.appendingPathComponent("rules.yaml"))
                let (ending, output, errors) = try await BelfryProcess.run("check", ["check"], in: folder)
                #expect(ending == .exited(78))
                let places = ["belfry.yaml:3:", "belfry.yaml:6:", "belfry.yaml:8:", "rules.yaml:3:", "rules.yaml:5:"]
                for place in places { #expect((output + errors).contains(place), "\(place)\n\(output)\(errors)") }
            }
        }

        @Test(
            "stages in processes of their own do what they do together, and the second signal ends one at once",
            .timeLimit(.minutes(3))
        )
        func stages() async throws {
            var setup = ClusterSetup()
            setup.faults = #"- { token: "*0001a", action: silence }"# + "\n"
            try await TestCluster.with(setup) { cluster in
                let good = try await BelfryProcess.run("check", ["check", "--cluster"], in: cluster.folder)
                #expect(good.ending == .exited(0), "\(good.output)\(good.errors)")
                let receipts = try ReceiptLog(settings: cluster.settings)
                // The drain would wait for the answer that never comes.
                let dispatch = try cluster.start(
                    ["--stages", "dispatch"],
                    environment: ["BELFRY_DISPATCH_REQUEST_TIMEOUT": "60s"]
                )
                let users = try cluster.start(["--stages", "users"])
                let rules = try cluster.start(["--stages", "rules"])
                for instance in [dispatch, users, rules] {
                    try await instance.line(beginningWith: "ready")
                    #expect(!instance.output.contains("ready"), "standard output is for what scripts read")
                }
                var load = Load(users: 20)
                try await cluster.register(load.registrations)
                // A new connection sends one request and waits for its answer: it must not be the one that has none.
                try await cluster.producer.produce(load.next(1), to: "shop.events")
                try await receipts.receipts(atLeast: load.expected.count)
                try await cluster.producer.produce(load.next(19), to: "shop.events")
                // All but the one that the provider does not answer.
                try await receipts.receipts(atLeast: load.expected.count - 1)
                for instance in [rules, users] {
                    instance.signal(SIGTERM)
                    #expect(try await instance.ended(within: .seconds(15)) == .exited(0))
                }
                dispatch.signal(SIGTERM)
                try await dispatch.log(containing: "revoked: draining")
                dispatch.signal(SIGTERM)
                #expect(try await dispatch.ended(within: .seconds(3)) == .exited(128 + SIGTERM))
            }
        }

        @Test("without a broker a check fails, and a run waits for it and can be ended", .timeLimit(.minutes(3)))
        func withoutBroker() async throws {
            try await TestCluster.with { cluster in
                cluster.broker.end()
                let check = try await BelfryProcess.run("check", ["check", "--cluster"], in: cluster.folder)
                #expect(check.ending == .exited(1))
                #expect(!check.errors.isEmpty)
                let instance = try cluster.start()
                try await instance.log(containing: "subscribed")
                try await instance.log(containing: "does not answer yet")
                instance.signal(SIGTERM)
                #expect(try await instance.ended(within: .seconds(45)) == .exited(0))
                #expect(!instance.errors.split(separator: "\n").contains("ready"))
            }
        }

        static func withFolder(_ body: (URL) async throws -> Void) async throws {
            let folder = FileManager.default.temporaryDirectory
                .appendingPathComponent("belfry-command-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            try await body(folder)
        }
    }
}
