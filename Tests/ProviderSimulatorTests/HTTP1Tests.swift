import Foundation
import NIOCore
import ProviderSimulator
import Testing

@Suite("HTTP/1.1", .timeLimit(.minutes(5)))
struct HTTP1Tests {
    private static func connect(_ client: FCMClient, protocols: [String] = ["http/1.1"]) async throws -> TestHTTP1Client
    {
        let addresses = client.fixture.addresses
        return try await TestHTTP1Client.connect(
            port: addresses.fcmPort,
            caFile: addresses.caFile,
            protocols: protocols
        )
    }

    @Test("a client that does not offer h2 is answered by the same rules", arguments: [["http/1.1"], []])
    func answers(protocols: [String]) async throws {
        try await Fixture.runFCM { client in
            let http1 = try await Self.connect(client, protocols: protocols)
            for _ in 0..<3 {
                let good = FCMAnswer(try await http1.send(client.message()))
                #expect(good.name.hasPrefix("projects/example-shop/messages/"))
                let bad = FCMAnswer(try await http1.send(client.message("{}")))
                #expect((bad.status, bad.errorCode) == (400, "INVALID_ARGUMENT"))
            }
            await http1.close()
            await client.fixture.simulator.stop()
            let records = try client.fixture.records()
            #expect(records.count == 7)
            let headers = try #require(records[1]["headers"] as? [String: String])
            #expect(headers[":path"] == "/v1/projects/example-shop/messages:send")
            #expect(headers[":authority"] == "localhost")
            #expect(headers["content-type"] == "application/json")
        }
    }

    @Test("a body far too large is read to its end and refused")
    func largeBody() async throws {
        try await Fixture.runFCM { client in
            let http1 = try await Self.connect(client)
            let body = #"{"token":"t","data":{"k":"\#(String(repeating: "x", count: 1_000_000))"}}"#
            #expect(try await http1.send(client.message(body)).status == 400)
            #expect(try await http1.send(client.message()).status == 200)
            await http1.close()
        }
    }

    static let faults: [(action: String, status: Int?, closes: Bool)] = [
        ("action: goaway", 200, true), ("action: goaway, last_stream: all", 200, true),
        ("action: goaway, last_stream: before", nil, true), ("action: refuse", nil, true),
        ("action: settings, max_concurrent_streams: 1", 200, false), ("latency: 50ms", 200, false),
        ("status: 503", 503, false), ("status: 503, latency: 50ms", 503, false),
    ]

    @Test("what a fault means without frames", arguments: faults)
    func fault(action: String, status: Int?, closes: Bool) async throws {
        try await Fixture.runFCM(faults: "- { requests: \"1\", \(action) }") { client in
            let http1 = try await Self.connect(client)
            let answer = try await http1.send(client.message())
            #expect(answer.status == status)
            if closes {
                #expect(try await http1.closed() == nil)
                #expect(status == nil || answer.header["connection"] == "close")
            } else {
                #expect(try await http1.send(client.message()).status == 200)
                await http1.close()
            }
        }
    }

    @Test("reset ends the TCP connection with RST, silence keeps it")
    func resetAndSilence() async throws {
        let faults = "- { token: cut, action: reset }\n- { token: mute, action: silence }"
        try await Fixture.runFCM(faults: faults) { client in
            let first = try await Self.connect(client)
            #expect(try await first.send(client.message(#"{"token":"cut"}"#)).status == nil)
            let error = try await first.closed()
            #expect(error?.contains("reset") == true, "\(error ?? "closed without an error")")
            let second = try await Self.connect(client)
            let silent = try await second.begin(client.message(#"{"token":"mute"}"#))
            let ending = SimulatorCounters.Ending(status: 0, reason: "silence")
            let deadline = ContinuousClock.now + .seconds(10)
            while client.fixture.simulator.counters.endings[ending] == nil {
                try #require(ContinuousClock.now < deadline)
                await Task.yield()
            }
            await second.close()
            #expect(try await silent.get().status == nil)
        }
    }

    @Test("stop closes the connections")
    func stop() async throws {
        try await Fixture.runFCM { client in
            let http1 = try await Self.connect(client)
            #expect(try await http1.send(client.message()).status == 200)
            await client.fixture.simulator.stop()
            #expect(try await http1.closed() == nil)
            #expect(client.fixture.simulator.counters.connectionsOpen == 0)
        }
    }
}
