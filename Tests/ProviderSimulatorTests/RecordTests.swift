import Foundation
import NIOCore
import ProviderSimulator
import Synchronization
import Testing

@Suite("Records, counters and files", .timeLimit(.minutes(5)))
struct RecordTests {
    @Test("one line per request, with exactly the promised fields")
    func lines() async throws {
        let now: Int64 = 1_795_556_045_007
        let seconds = now / 1000
        try await Fixture.run(configure: { $0.now = { now } }) { fixture in
            let client = try await fixture.connect()
            let authorization = "bearer \(try fixture.key.token(issuedAt: seconds))"
            var request = fixture.request(token: "00aa", authorization: authorization)
            request.set("x-note", "a \"quoted\"\ttab")
            request.body = Array("{\n  \"aps\": {\"alert\": \"two\\nlines, é\"},\r\n  \"n\": 1.0\n}".utf8)
            #expect(try await client.send(request).status == 200)
            request.body = Array("not \"JSON\" \u{1}".utf8)
            #expect(try await client.send(request).status == 400)
            await client.close()
            await fixture.simulator.stop()

            let records = try fixture.records()
            try #require(records.count == 2)
            let fields: Set = ["at", "provider", "token", "headers", "payload", "status", "reason"]
            #expect(records.allSatisfy { Set($0.keys) == fields })
            #expect(records[0]["at"] as? String == "2026-11-24T21:34:05.007Z")
            #expect(records[0]["provider"] as? String == "apns")
            #expect(records[0]["token"] as? String == "00aa")
            #expect(records.map { $0["status"] as? Int } == [200, 400])
            #expect(records.map { $0["reason"] as? String } == ["", "PayloadEmpty"])
            let headers = try #require(records[0]["headers"] as? [String: String])
            #expect(headers[":path"] == "/3/device/00aa")
            #expect(headers["authorization"] == authorization)
            #expect(headers["x-note"] == "a \"quoted\"\ttab")
            let aps = (records[0]["payload"] as? [String: Any])?["aps"] as? [String: String]
            #expect(aps == ["alert": "two\nlines, é"])
            #expect(records[1]["payload"] as? String == "not \"JSON\" \u{1}")
        }
    }

    @Test(
        "requests without an answer have status 0 and say what happened",
        arguments: [
            "reset", "silence", "refuse", "goaway",
        ]
    )
    func unanswered(action: String) async throws {
        let more = action == "goaway" ? ", last_stream: before" : ""
        try await Fixture.run(faults: "- { action: \(action)\(more) }") { fixture in
            let client = try await fixture.connect()
            let answer = try await client.begin(fixture.request())
            if action == "silence" {
                // Nothing will come: the connection is done with the request once it is counted.
                let deadline = ContinuousClock.now + .seconds(10)
                while fixture.simulator.counters.endings.isEmpty, ContinuousClock.now < deadline { await Task.yield() }
                await client.close()
            }
            #expect(try await answer.get().status == nil)
            await client.close()
            await fixture.simulator.stop()
            let records = try fixture.records()
            #expect(records.map { $0["status"] as? Int } == [0])
            #expect(records.map { $0["reason"] as? String } == [action])
        }
    }

    @Test("lines reach the file while the simulator runs, and a second one appends")
    func flushes() async throws {
        let directory = try TemporaryDirectory()
        let file = "\(directory.path)/shared.jsonl"
        for round in 1...2 {
            try await Fixture.run(configure: { $0.recordFile = file }) { fixture in
                let client = try await fixture.connect()
                #expect(try await client.send(fixture.request()).status == 200)
                let deadline = ContinuousClock.now + .seconds(10)
                while try directory.read("shared.jsonl").count(where: { $0 == "\n" }) < round {
                    try #require(ContinuousClock.now < deadline, "the line was not written")
                    await Task.yield()
                }
                await client.close()
            }
        }
        #expect(try directory.read("shared.jsonl").count { $0 == "\n" } == 2)
    }

    @Test("the observer sees every request, and the counters agree")
    func observer() async throws {
        let seen = Mutex<[ObservedRequest]>([])
        let observe: @Sendable (ObservedRequest) -> Void = { request in seen.withLock { $0.append(request) } }
        try await Fixture.run(
            faults: "- { token: dead, status: 410, reason: Unregistered }",
            configure: { $0.observer = observe }
        ) { fixture in
            let client = try await fixture.connect()
            for token in ["aa", "dead", "zz"] { _ = try await client.send(fixture.request(token: token)) }
            let counters = fixture.simulator.counters
            #expect(counters.requests == 3)
            #expect(
                counters.endings == [
                    .init(status: 200, reason: ""): 1, .init(status: 410, reason: "Unregistered"): 1,
                    .init(status: 400, reason: "BadDeviceToken"): 1,
                ]
            )
            #expect(counters.connectionsOpened == 1)
            #expect(counters.connectionsOpen == 1)
            #expect(counters.recordsLost == 0)
            await client.close()
        }
        let requests = seen.withLock { $0 }
        #expect(requests.map(\.token) == ["aa", "dead", "zz"])
        #expect(requests.map(\.topic) == Array(repeating: "com.example.shop", count: 3))
        #expect(requests[0].payload.starts(with: #"{"aps""#.utf8))
    }

    @Test("a second start reuses the CA and the key; only a broken CA is made anew")
    func reuse() async throws {
        let directory = try TemporaryDirectory()
        func start() async throws -> (ca: String, addresses: SimulatorAddresses) {
            let simulator = ProviderSimulator(SimulatorConfiguration(directory: directory.path))
            let addresses = try await simulator.start()
            let client = try await TestClient.connect(port: addresses.apnsPort, caFile: addresses.caFile)
            _ = try await client.wait { !$0.maxConcurrentStreams.isEmpty }
            await client.close()
            await simulator.stop()
            return (try directory.read("ca.pem"), addresses)
        }
        let first = try await start()
        let keyFile = try #require(first.addresses.apnsKeyFiles.first)
        #expect(keyFile.wholeMatch(of: /.*\/AuthKey_[A-Z0-9]{10}\.p8/) != nil)
        for file in [keyFile, "\(directory.path)/ca-key.pem"] {
            let permissions = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
            #expect(permissions == 0o600)
        }
        let second = try await start()
        #expect(second.ca == first.ca)
        #expect(second.addresses.apnsKeyFiles == [keyFile])
        _ = try directory.write("no key", to: "ca-key.pem")
        #expect(try await start().ca != first.ca)
    }

    @Test("a fault script that is wrong stops the start")
    func wrongScript() async throws {
        await #expect(throws: FaultScriptError.self) {
            try await Fixture.run(faults: "- { every: never }") { _ in }
        }
    }

    @Test("a port that is taken is named")
    func takenPort() async throws {
        try await Fixture.run { fixture in
            let directory = try TemporaryDirectory()
            var configuration = SimulatorConfiguration(directory: directory.path)
            configuration.apns.port = fixture.addresses.apnsPort
            let second = ProviderSimulator(configuration)
            let error = await #expect(throws: SimulatorError.self) { try await second.start() }
            #expect(error?.description.contains("\(fixture.addresses.apnsPort)") == true)
        }
    }
}
