import HTTP2
import Testing
import Yardstick

@Suite("The sink and the plain client", .timeLimit(.minutes(5)))
struct SinkTests {
    private static let small = [Array("{}".utf8), Array("{\"aps\":{\"alert\":\"Hello\"}}".utf8)]

    @Test("every request is answered once, also beyond the streams of a connection", arguments: [1, 7, 1000, 3000])
    func answersAll(inFlight: Int) throws {
        try RunningSink.use { sink in
            let client = try sink.client(bodies: Self.small)
            for count in [1, 5000] { #expect(try client.play(count, inFlightMax: inFlight) == count) }
        }
    }

    @Test("a body that is longer than the window arrives in parts")
    func longBodies() throws {
        try RunningSink.use { sink in
            let client = try sink.client(bodies: [[UInt8](repeating: 1, count: 300_000), [2]])
            #expect(try client.play(20, inFlightMax: 10) == 20)
        }
    }

    @Test("several clients are served, and one that leaves takes nobody with it")
    func severalClients() throws {
        try RunningSink.use { sink in
            let first = try sink.client(bodies: Self.small)
            do {
                let second = try sink.client(serverName: "127.0.0.1", bodies: Self.small)
                #expect(try second.play(100, inFlightMax: 10) == 100)
            }
            #expect(try first.play(100, inFlightMax: 10) == 100)
        }
    }

    @Test("Belfry's client gets the status 200 and an id from it")
    func belfryClient() throws {
        try RunningSink.use { sink in
            let loop = try EventLoop()
            let tls = HTTP2Endpoint.TLS(caFile: sink.caFile)
            let client = try HTTP2Client(HTTP2Endpoint(host: "127.0.0.1", port: sink.port, tls: tls), loop: loop)
            defer { client.close() }
            let deadline = MonotonicInstant.now() + .seconds(30)
            client.submit(HTTP2Request(authority: "localhost", path: "/", body: [1], deadline: deadline), id: 7)
            var completions: [(id: UInt64, outcome: HTTP2Outcome)] = []
            while completions.isEmpty {
                loop.turn(timeout: .seconds(1))
                completions = client.takeCompletions()
            }
            guard case .response(let response) = completions[0].outcome else {
                Issue.record("\(completions)")
                return
            }
            #expect(response.status == 200 && response.fields["apns-id"]?.utf8.count == 36)
        }
    }

    @Test("a certificate that names another host is refused")
    func otherName() throws {
        try RunningSink.use { sink in
            let error = #expect(throws: YardstickError.self) {
                try sink.client(serverName: "example.com", bodies: Self.small)
            }
            #expect(error?.description.contains("certificate verify failed") == true)
        }
    }

    @Test("a server that is gone is an error in words, not the end of the process")
    func gone() throws {
        var client: PlainClient?
        var port: UInt16 = 0
        try RunningSink.use { sink in
            port = sink.port
            client = try sink.client(bodies: Self.small)
        }
        let error = #expect(throws: YardstickError.self) { try client?.play(10, inFlightMax: 10) }
        #expect(error?.description == "the connection ended")
        #expect(throws: YardstickError.self) {
            try PlainClient(
                port: port,
                caFile: "/nowhere/ca.pem",
                serverName: "localhost",
                requests: PlainRequests([.init(fields: [], body: [1])])
            )
        }
    }
}
