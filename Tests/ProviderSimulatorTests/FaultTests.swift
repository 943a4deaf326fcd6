import Foundation
import NIOCore
import NIOHTTP2
import ProviderSimulator
import Testing

@Suite("Faults on the wire", .timeLimit(.minutes(5)))
struct FaultTests {
    @Test("410 carries the reason and the given time, or else that of the request")
    func gone() async throws {
        let faults = """
            - { token: "dead00*", status: 410, reason: Unregistered, timestamp: 1700000000123 }
            - { token: "dead*", status: 410, reason: ExpiredToken }
            """
        try await Fixture.run(faults: faults, configure: { $0.now = { Int64(Date().timeIntervalSince1970 * 1000) } }) {
            fixture in
            let client = try await fixture.connect()
            guard case .answered(410, _, let body) = try await client.send(fixture.request(token: "dead0001")) else {
                Issue.record("no 410")
                return
            }
            #expect(body == #"{"reason":"Unregistered","timestamp":1700000000123}"#)
            let before = Int64(Date().timeIntervalSince1970 * 1000)
            guard case .answered(410, _, let later) = try await client.send(fixture.request(token: "dead0101")) else {
                Issue.record("no 410")
                return
            }
            let object = try #require(JSONSerialization.jsonObject(with: Data(later.utf8)) as? [String: Any])
            #expect(object["reason"] as? String == "ExpiredToken")
            #expect(try #require(object["timestamp"] as? Int64) >= before)
            #expect(try await client.send(fixture.request(token: "beef")).status == 200)
            await client.close()
        }
    }

    @Test("any body and headers, such as a proxy's HTML page")
    func html() async throws {
        let faults = #"- { status: 502, body: "<h1>Bad Gateway</h1>", headers: { Content-Type: text/html } }"#
        try await Fixture.run(faults: faults) { fixture in
            let client = try await fixture.connect()
            guard case .answered(502, let headers, let body) = try await client.send(fixture.request()) else {
                Issue.record("no 502")
                return
            }
            #expect(body == "<h1>Bad Gateway</h1>")
            #expect(headers["content-type"] == "text/html")
            await client.close()
        }
    }

    @Test("a fault does not hide a client's mistake")
    func mistakesShow() async throws {
        try await Fixture.run(faults: "- { status: 503, reason: ServiceUnavailable }") { fixture in
            let client = try await fixture.connect()
            #expect(try await client.send(fixture.request()).reason == "ServiceUnavailable")
            var request = fixture.request()
            request.set("apns-topic", nil)
            #expect(try await client.send(request).reason == "MissingTopic")
            await client.close()
        }
    }

    @Test("refuse resets the stream with REFUSED_STREAM and keeps the connection")
    func refuse() async throws {
        try await Fixture.run(faults: "- { every: 2, action: refuse }") { fixture in
            let client = try await fixture.connect()
            #expect(try await client.send(fixture.request()).status == 200)
            guard case .reset(.refusedStream) = try await client.send(fixture.request()) else {
                Issue.record("not refused")
                return
            }
            #expect(try await client.send(fixture.request()).status == 200)
            await client.close()
        }
    }

    @Test("silence never answers, while other streams go on")
    func silence() async throws {
        try await Fixture.run(faults: "- { requests: \"1\", action: silence }") { fixture in
            let client = try await fixture.connect()
            let silent = try await client.begin(fixture.request())
            for _ in 0..<20 { #expect(try await client.send(fixture.request()).status == 200) }
            await client.close()
            guard case .dropped = try await silent.get() else {
                Issue.record("the silent request was answered")
                return
            }
            let ending = SimulatorCounters.Ending(status: 0, reason: "silence")
            #expect(fixture.simulator.counters.endings[ending] == 1)
        }
    }

    @Test("reset ends the TCP connection with RST, without GOAWAY")
    func reset() async throws {
        try await Fixture.run(faults: "- { requests: \"2\", action: reset }") { fixture in
            let client = try await fixture.connect()
            #expect(try await client.send(fixture.request()).status == 200)
            guard case .dropped = try await client.send(fixture.request()) else {
                Issue.record("answered")
                return
            }
            let view = try await client.wait { $0.isClosed }
            #expect(view.goAways.isEmpty)
            #expect(view.error?.contains("reset") == true, "\(view.error ?? "closed without an error")")
        }
    }

    @Test("goaway this: the request is answered, the next is not taken, the connection closes")
    func goAwayThis() async throws {
        let faults = "- { requests: \"2\", action: goaway, reason: Shutdown }"
        try await Fixture.run(faults: faults) { fixture in
            let client = try await fixture.connect()
            #expect(try await client.send(fixture.request()).status == 200)
            #expect(try await client.send(fixture.request()).status == 200)
            let view = try await client.wait { $0.isClosed }
            #expect(view.goAways == [.init(last: 3, code: 0, data: #"{"reason":"Shutdown"}"#)])
        }
    }

    @Test("goaway before: the request is not processed and may be sent again")
    func goAwayBefore() async throws {
        let faults = "- { requests: \"2\", action: goaway, last_stream: before, error_code: 11 }"
        try await Fixture.run(faults: faults) { fixture in
            let client = try await fixture.connect()
            #expect(try await client.send(fixture.request()).status == 200)
            #expect(try await client.send(fixture.request()).status == nil)
            let view = try await client.wait { $0.isClosed }
            #expect(view.goAways == [.init(last: 1, code: 11, data: "")])
            let ending = SimulatorCounters.Ending(status: 0, reason: "goaway")
            #expect(fixture.simulator.counters.endings[ending] == 1)
        }
    }

    @Test("goaway before refuses a request that a later stream has overtaken")
    func goAwayBeforeOvertaken() async throws {
        let faults = "- { requests: \"2\", action: goaway, last_stream: before }"
        try await Fixture.run(faults: faults) { fixture in
            let client = try await fixture.connect()
            let overtaken = try await client.begin(fixture.request(token: "51"), holdsBody: true)
            #expect(try await client.send(fixture.request()).status == 200)
            try await client.releaseBodies()
            guard case .reset(.refusedStream) = try await overtaken.get() else {
                Issue.record("not refused")
                return
            }
            #expect(try await client.wait { $0.isClosed }.goAways.map(\.last) == [3])
        }
    }

    @Test("goaway all: what is open is answered, then the true last stream is named")
    func goAwayAll() async throws {
        let faults = """
            - { token: "510a", latency: 300ms }
            - { requests: "2", action: goaway, last_stream: all }
            """
        try await Fixture.run(faults: faults) { fixture in
            let client = try await fixture.connect()
            let slow = try await client.begin(fixture.request(token: "510a"))
            #expect(try await client.send(fixture.request()).status == 200)
            #expect(try await slow.get().status == 200)
            let view = try await client.wait { $0.isClosed }
            #expect(view.goAways.map(\.last) == [Int(Int32.max), 3])
        }
    }

    @Test("goaway this waits for the open streams below before it closes")
    func goAwayIsGraceful() async throws {
        let faults = """
            - { token: "510a", latency: 300ms }
            - { requests: "2", action: goaway }
            """
        try await Fixture.run(faults: faults) { fixture in
            let client = try await fixture.connect()
            let slow = try await client.begin(fixture.request(token: "510a"))
            #expect(try await client.send(fixture.request()).status == 200)
            #expect(try await slow.get().status == 200)
            #expect(try await client.wait { $0.isClosed }.goAways.map(\.last) == [3])
        }
    }

    @Test("latency delays one answer and holds up no other")
    func latency() async throws {
        let faults = "- { token: \"510a\", latency: 2s, jitter: 100ms }"
        try await Fixture.run(faults: faults) { fixture in
            let client = try await fixture.connect()
            let start = ContinuousClock.now
            let slow = try await client.begin(fixture.request(token: "510a"))
            let fast = try await client.begin(fixture.request(token: "fa57"))
            #expect(try await fast.get().status == 200)
            #expect(try await slow.get().status == 200)
            #expect(ContinuousClock.now - start >= .milliseconds(1900))
            await client.close()
            await fixture.simulator.stop()
            #expect(try fixture.records().map { $0["token"] as? String } == ["fa57", "510a"])
        }
    }

    @Test("settings changes the limit of all connections, present and later")
    func settings() async throws {
        let faults = "- { requests: \"2\", action: settings, max_concurrent_streams: 1 }"
        try await Fixture.run(faults: faults) { fixture in
            let (first, second) = (try await fixture.connect(), try await fixture.connect())
            #expect(try await first.send(fixture.request()).status == 200)
            #expect(try await second.send(fixture.request()).status == 200)
            for client in [first, second] {
                let view = try await client.wait { $0.maxConcurrentStreams.count == 2 }
                #expect(view.maxConcurrentStreams == [1000, 1])
            }
            let third = try await fixture.connect()
            #expect(try await third.wait { !$0.maxConcurrentStreams.isEmpty }.maxConcurrentStreams == [1])
            for client in [first, second, third] { await client.close() }
        }
    }

    @Test("stop says GOAWAY")
    func stop() async throws {
        try await Fixture.run { fixture in
            let client = try await fixture.connect()
            #expect(try await client.send(fixture.request()).status == 200)
            await fixture.simulator.stop()
            #expect(try await client.wait { $0.isClosed }.goAways.map(\.last) == [1])
        }
    }
}
