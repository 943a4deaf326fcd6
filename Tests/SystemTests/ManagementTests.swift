import Foundation
import Testing

extension SystemTests {
    /// `belfry channels` and `belfry subscriptions`, against the simulators.
    @Suite(.serialized)
    struct Management {
        private static func with(
            faults: String? = nil,
            _ body: (TestCluster) async throws -> Void
        ) async throws {
            var setup = ClusterSetup()
            setup.hasFCM = true
            setup.faults = faults
            try await TestCluster.with(setup, body)
        }

        private static func belfry(
            _ cluster: TestCluster,
            _ arguments: String...
        ) async throws -> (code: BelfryProcess.Ending, output: String, errors: String) {
            try await belfry(cluster, arguments)
        }

        private static func belfry(
            _ cluster: TestCluster,
            _ arguments: [String]
        ) async throws -> (code: BelfryProcess.Ending, output: String, errors: String) {
            let (ending, output, errors) = try await BelfryProcess.run("command", arguments, in: cluster.folder)
            return (ending, output.trimmingCharacters(in: .newlines), errors)
        }

        @Test("a channel is made, shown, listed and removed", .timeLimit(.minutes(3)))
        func channels() async throws {
            try await Self.with { cluster in
                let empty = try await Self.belfry(cluster, "channels", "list")
                #expect(empty.code == .exited(0) && empty.output.isEmpty, "\(empty)")
                let made = try await Self.belfry(cluster, "channels", "create", "--storage", "most-recent", "--json")
                #expect(made.code == .exited(0), "\(made)")
                let object = try JSONValue(parsing: made.output.utf8)
                let channel = try #require(object["channel"]?.text)
                let members: [String: JSONValue] = [
                    "app": "com.example.shop", "environment": "production", "channel": .string(channel),
                    "storage": "most-recent",
                ]
                #expect(object == .object(members))
                let shown = try await Self.belfry(cluster, "channels", "show", channel)
                #expect(shown.code == .exited(0) && shown.output == "most-recent", "\(shown)")
                let plain = try await Self.belfry(cluster, "channels", "create", "--app", "com.example.shop")
                let list = try await Self.belfry(cluster, "channels", "list", "--environment", "sandbox")
                #expect(list.output == "\(channel)\n\(plain.output)", "\(list)")
                #expect(try await Self.belfry(cluster, "channels", "delete", channel).code == .exited(0))
                let gone = try await Self.belfry(cluster, "channels", "show", channel)
                #expect(gone.code == .exited(1) && gone.errors.contains("400 ChannelNotRegistered"), "\(gone)")
            }
        }

        @Test("a request for a channel that APNs turns away is made again; one that it answers is not")
        func channelFaults() async throws {
            let faults = """
                - { provider: apns, path: "/1/apps/*/all-channels", status: 503, reason: Service Unavailable }
                - { provider: apns, path: "/1/apps/*", every: 2, action: refuse }

                """
            try await Self.with(faults: faults) { cluster in
                for _ in 1...2 {
                    let made = try await Self.belfry(cluster, "channels", "create")
                    #expect(made.code == .exited(0), "\(made)")
                }
                let answer = try await Self.belfry(cluster, "channels", "list")
                #expect(answer.code == .exited(1) && answer.errors.contains("503 Service Unavailable"), "\(answer)")
                let statuses = try await cluster.record.requests(atLeast: 4).map(\.status)
                #expect(statuses == [201, 0, 201, 503])
            }
        }

        @Test("subscriptions are added, listed and removed, by both kinds of call", .timeLimit(.minutes(3)))
        func subscriptions() async throws {
            try await Self.with { cluster in
                try cluster.write("one\n\n two \r\nno token\nfour", to: "tokens.txt")
                for legacy in [[], ["--legacy"]] {
                    let arguments = ["subscriptions", "add", "--topic", "news", "--file", "tokens.txt"] + legacy
                    let (ending, output, errors) = try await BelfryProcess.run("add", arguments, in: cluster.folder)
                    #expect(ending == .exited(1), "\(errors)")
                    let lines = output.split(separator: "\n").map { $0.split(separator: "  ") }
                    #expect(lines.dropLast().map { $0[0] } == ["1", "3", "4", "5"])
                    let ends = lines.dropLast().map { $0[2] }
                    #expect(ends == ["subscribed", "subscribed", "failed: bad_device_token", "subscribed"])
                    #expect(lines.last == ["3 of 4 subscribed"])
                    #expect(!output.contains("two"), "tokens are told by their fingerprints")
                }
                let question = ["subscriptions", "list", "--token", "two", "--fid", "none", "--json"]
                let list = try await Self.belfry(cluster, question)
                let results = try JSONValue(parsing: list.output.utf8)["results"]?.elements ?? []
                #expect(list.code == .exited(0), "\(list)")
                #expect(results.map { $0["topics"] } == [.array(["news"]), .array([])], "\(list)")
                for legacy in [[], ["--legacy"]] {
                    let arguments = ["subscriptions", "remove", "--topic", "news", "--token", "one", "--token", "two"]
                    let (ending, output, _) = try await BelfryProcess.run(
                        "remove",
                        arguments + legacy,
                        in: cluster.folder
                    )
                    #expect(ending == .exited(0) && output.hasSuffix("2 of 2 unsubscribed\n"))
                }
                let after = try await Self.belfry(cluster, "subscriptions", "list", "--token", "two")
                #expect(after.output.hasSuffix("  -\n1 of 1 listed"), "\(after)")
                let requests = try await cluster.record.requests(atLeast: 12)
                #expect(requests.contains { $0.header(":path") == "/iid/v1:batchRemove" && $0.status == 200 })
                #expect(requests.count { $0.status == 409 } == 0, "the older calls do not mind what is there already")
            }
        }

        @Test("what is subscribed already is done, and a busy server is asked again", .timeLimit(.minutes(3)))
        func again() async throws {
            let faults = """
                - { provider: fcm, path: "*/busy/topicSubscriptions/*", every: 2, status: 503, reason: UNAVAILABLE,
                    headers: { retry-after: "1" } }
                - { provider: fcm, path: "*/wrong/topicSubscriptions*", status: 403, reason: PERMISSION_DENIED }

                """
            try await Self.with(faults: faults) { cluster in
                for (word, ending) in [("add", "subscribed"), ("remove", "unsubscribed")] {
                    for _ in 1...2 {
                        let arguments = ["subscriptions", word, "--topic", "news", "--fid", "busy", "--fid", "free"]
                        let change = try await Self.belfry(cluster, arguments)
                        #expect(change.code == .exited(0), "\(change)")
                        #expect(change.output.hasSuffix("2 of 2 \(ending)"), "\(change)")
                    }
                }
                let wrong = try await Self.belfry(cluster, "subscriptions", "add", "--topic", "news", "--fid", "wrong")
                #expect(wrong.code == .exited(1) && wrong.output.contains("failed: forbidden"), "\(wrong)")
                let statuses = try await cluster.record.requests(atLeast: 15).map(\.status)
                #expect(statuses.count { $0 == 409 } == 2 && statuses.count { $0 == 503 } == 1, "\(statuses)")
            }
        }

        @Test("with a proxy, nothing goes to Google's hosts by another way", .timeLimit(.minutes(3)))
        func proxy() async throws {
            try await Self.with { cluster in
                let arguments = ["subscriptions", "add", "--topic", "news", "--fid", "a"]
                let (ending, output, errors) = try await BelfryProcess.run(
                    "proxied",
                    arguments,
                    in: cluster.folder,
                    // Nobody listens there.
                    environment: ["BELFRY_APPS_1_PROXY": "http://ann:secret@127.0.0.1:1"]
                )
                #expect(ending == .exited(1) && output.contains("provider_unavailable"), "\(output)\(errors)")
                #expect(errors.contains("port 1") && !errors.contains("secret"), "\(errors)")
                try cluster.record.refresh()
                #expect(cluster.record.requests.isEmpty)
            }
        }

        @Test(
            "wrong usage is told before anything is asked",
            arguments: [
                (["channels", "show"], 64, "channel"), (["channels", "show", "no base64!"], 64, "channel"),
                (["channels", "create", "--storage", "all"], 64, "most-recent"),
                (["channels", "list", "--app", "com.example.none"], 64, "com.example.shop"),
                (["channels", "list", "--config", "none.yaml"], 78, "none.yaml"),
                (["subscriptions", "add", "--token", "a"], 64, "--topic"),
                (["subscriptions", "add", "--topic", "a b", "--token", "a"], 64, "not a topic"),
                (["subscriptions", "add", "--topic", "a"], 64, "--file"),
                (["subscriptions", "add", "--topic", "a", "--token", "b", "--file", "c"], 64, "two lists"),
                (["subscriptions", "add", "--topic", "a", "--fid", "b", "--legacy"], 64, "tokens only"),
                (["subscriptions", "add", "--topic", "a", "--file", "none.txt"], 1, "none.txt: no such file"),
                (["subscriptions", "list", "--token", "a", "--app", "other"], 64, "example-shop"),
            ] as [([String], Int32, String)]
        )
        func usage(arguments: [String], code: Int32, words: String) async throws {
            try await Self.with { cluster in
                let (ending, output, errors) = try await BelfryProcess.run("usage", arguments, in: cluster.folder)
                #expect(ending == .exited(code), "\(output)\(errors)")
                #expect(errors.contains(words), "\(errors)")
            }
        }
    }
}
