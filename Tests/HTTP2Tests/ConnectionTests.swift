import Glibc
import NIOHTTP2
import Testing

@testable import HTTP2

/// A server that must not be talked to, or cannot be, and the words the operator gets.
struct BadServer: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let kind: TestCertificates.Kind
    var protocols = ["h2"]
    var serverName = "localhost"
    let words: [String]

    static let all = [
        BadServer(testDescription: "expired", kind: .expired, words: ["tlsFailed", "certificate has expired"]),
        BadServer(testDescription: "wrong host", kind: .otherHost, words: ["tlsFailed", "hostname mismatch"]),
        BadServer(
            testDescription: "wrong IP address",
            kind: .valid,
            serverName: "127.0.0.1",
            words: ["tlsFailed", "IP address mismatch"]
        ),
        BadServer(testDescription: "unknown authority", kind: .otherAuthority, words: ["tlsFailed", "certificate"]),
        BadServer(testDescription: "no ALPN", kind: .valid, protocols: [], words: ["protocolNotNegotiated"]),
        BadServer(
            testDescription: "only HTTP/1.1",
            kind: .valid,
            protocols: ["http/1.1"],
            words: ["protocolNotNegotiated"]
        ),
        BadServer(
            testDescription: "expired, and only HTTP/1.1",
            kind: .expired,
            protocols: ["http/1.1"],
            words: ["tlsFailed", "certificate has expired"]
        ),
    ]
}

@Suite("Connections")
struct ConnectionTests {
    @Test("No request goes to a server that does not prove itself", .timeLimit(.minutes(5)), arguments: BadServer.all)
    func badServers(_ bad: BadServer) throws {
        let server = try TestServer(Script(certificate: bad.kind, protocols: bad.protocols))
        let client = try TestClient(port: server.port, serverName: bad.serverName)
        let id = client.submit()
        client.runUntilAllEnded()
        for word in ["not processed"] + bad.words {
            #expect(client.summary(id).contains(word), "\(client.summary(id))")
        }
        #expect(server.log.now.requests.isEmpty)
    }

    @Test("A refused connection fails the waiting requests with the address and the reason", .timeLimit(.minutes(5)))
    func refused() throws {
        // Port 9 (discard) is not served on test machines; nothing else may bind a port below 1024 by chance.
        let client = try TestClient(port: 9)
        let id = client.submit()
        client.runUntilAllEnded()
        #expect(client.summary(id).contains("connectFailed(\"127.0.0.1:9: connect: Connection refused\")"))
    }

    @Test(
        "A name without an address fails the waiting requests; a name that has one is looked up",
        .timeLimit(.minutes(5))
    )
    func names() throws {
        let missing = try TestClient(port: 443, host: "no-such-host.invalid")
        let lost = missing.submit()
        missing.runUntilAllEnded()
        #expect(missing.summary(lost).contains("connectFailed(\"no-such-host.invalid: name lookup"))

        let server = try TestServer(Script())
        let client = try TestClient(port: server.port, host: "localhost")
        let id = client.submit()
        client.runUntilAllEnded()
        #expect(client.summary(id) == "200")
    }

    @Test("A CA file that cannot be read is refused when the client is made")
    func badAuthorityFile() throws {
        let loop = try EventLoop()
        let tls = HTTP2Endpoint.TLS(caFile: "/nonexistent/ca.pem")
        #expect(throws: HTTP2SetupError.self) {
            try HTTP2Client(HTTP2Endpoint(host: "localhost", tls: tls), loop: loop)
        }
    }

    @Test(
        "A deadline that passes while no connection can be made leaves the request not processed",
        .timeLimit(.minutes(5))
    )
    func deadlineWhileWaiting() throws {
        let server = try TestServer(Script(settings: [HTTP2Setting(parameter: .maxConcurrentStreams, value: 0)]))
        let client = try TestClient(port: server.port) { $0.streamsBeforeSettings = 0 }
        let id = client.submit(within: .milliseconds(200))
        client.runUntilAllEnded()
        #expect(client.summary(id) == "not processed: deadline")
        #expect(server.log.now.requests.isEmpty)
    }

    @Test(
        "Cancelling ends a waiting request as not processed and a sent one as unknown, with RST_STREAM",
        .timeLimit(.minutes(5))
    )
    func cancel() throws {
        let settings = [HTTP2Setting(parameter: .maxConcurrentStreams, value: 1)]
        let server = try TestServer(Script(settings: settings) { _, _ in })
        let client = try TestClient(port: server.port) { $0.streamsBeforeSettings = 1 }
        let sent = client.submit()
        let waiting = client.submit()
        client.run(until: { server.log.now.requests.count == 1 })
        client.client.cancel(waiting)
        client.client.cancel(sent)
        client.runUntilAllEnded()
        #expect(client.summary(waiting) == "not processed: cancelled")
        #expect(client.summary(sent) == "unknown: cancelled")
        client.run(until: { server.log.now.resetCodes == [8] })
    }

    @Test("The stream limit is obeyed as the server changes it: 1000, 1, 1000", .timeLimit(.minutes(5)))
    func changingLimit() throws {
        let server = try TestServer(
            Script { connection, request in
                connection.held.append(request.stream)
                if request.path == "/fill/99" {
                    connection.announce(streams: 1)
                    for stream in connection.held { connection.answer(stream) }
                    connection.held = []
                } else if request.path == "/one/49" {
                    connection.announce(streams: 1000)
                }
                if request.path.hasPrefix("/one") { connection.answer(request.stream) }
            }
        )
        let client = try TestClient(port: server.port)
        for number in 0..<100 { client.submit(path: "/fill/\(number)") }
        client.runUntilAllEnded()
        #expect(server.log.now.openMost == 100)
        server.log.note { $0.openMost = 0 }
        for number in 0..<50 { client.submit(path: "/one/\(number)") }
        client.runUntilAllEnded()
        #expect(server.log.now.openMost == 1)
        for number in 0..<300 { client.submit(path: "/many/\(number)") }
        client.run(until: { server.log.now.openMost == 300 })
        client.client.close()
        client.runUntilAllEnded()
    }

    @Test("A connection that starts with one stream fans out only after the first answer", .timeLimit(.minutes(5)))
    func startsWithOne() throws {
        let server = try TestServer(
            Script { connection, request in
                if connection.requestCount == 1 {
                    connection.after(200) { $0.answer(request.stream) }
                } else {
                    connection.held.append(request.stream)
                }
            }
        )
        let client = try TestClient(port: server.port) { $0.startsWithOneStream = true }
        for _ in 0..<200 { client.submit() }
        client.run(until: { client.outcomeCount == 1 })
        #expect(server.log.now.requests.count == 1)
        client.run(until: { server.log.now.requests.count == 200 })
    }

    @Test(
        "After GOAWAY new requests use a new connection while the old one finishes its streams",
        .timeLimit(.minutes(5))
    )
    func replacement() throws {
        let server = try TestServer(
            Script { connection, request in
                guard request.path == "/first" else { return connection.answer(request.stream) }
                connection.goAway(last: request.stream)
                connection.after(400) { $0.answer(request.stream) }
            }
        )
        let client = try TestClient(port: server.port)
        let first = client.submit(path: "/first")
        client.run(until: { client.client.statistics.goAways == 1 })
        let second = client.submit(path: "/second")
        client.run(until: { client.outcomeCount == 1 })
        #expect(client.summary(second) == "200" && client.client.statistics.connectionsDraining == 1)
        client.runUntilAllEnded()
        #expect(client.summary(first) == "200" && server.log.now.connections == 2)
    }

    @Test(
        "A server that says goodbye to every connection is not hammered with new ones",
        .timeLimit(.minutes(5))
    )
    func unansweredConnections() throws {
        let server = try TestServer(
            Script { connection, _ in connection.goAway(last: .rootStream, .enhanceYourCalm, debug: "busy") }
        )
        let client = try TestClient(port: server.port) { $0.backoffBase = .milliseconds(100) }
        let end = MonotonicInstant.now() + .seconds(2)
        while MonotonicInstant.now() < end {
            let id = client.submit(within: .seconds(20))
            client.runUntilAllEnded()
            #expect(client.summary(id) == "not processed: goAway(code: 11, debug: \"busy\")")
        }
        // Limits of 100, 200, 400, 800 ms and so on: some ten attempts fit, even with lucky draws; without a wait, hundreds.
        #expect(server.log.now.connections < 40)
        #expect(client.client.statistics.connects == server.log.now.connections)
    }

    @Test("An answer that is there when its deadline is looked at counts", .timeLimit(.minutes(5)))
    func lateLook() throws {
        let server = try TestServer(Script())
        let client = try TestClient(port: server.port)
        let first = client.submit()
        client.runUntilAllEnded()
        let second = client.submit(within: .milliseconds(300))
        client.loop.turn(timeout: .zero)
        // This thread is busy elsewhere until the answer has come and the deadline has passed.
        let busyUntil = MonotonicInstant.now() + .milliseconds(400)
        while MonotonicInstant.now() < busyUntil || server.log.now.answers < 2 { sched_yield() }
        client.runUntilAllEnded()
        #expect(client.summary(first) == "200" && client.summary(second) == "200")
    }

    @Test("A silent server is asked with PING and given up when it does not answer", .timeLimit(.minutes(5)))
    func keepAlive() throws {
        let server = try TestServer(Script { _, _ in })
        let client = try TestClient(port: server.port) {
            $0.pingAfterSilence = .milliseconds(100)
            $0.pingTimeout = .seconds(5)
        }
        client.submit()
        // It answers each PING, so the connection stays.
        client.run(until: { client.client.statistics.pings >= 3 })
        #expect(client.outcomeCount == 0)

        let silent = try TestClient(port: server.port) {
            $0.pingAfterSilence = .milliseconds(100)
            $0.pingTimeout = .zero
        }
        let id = silent.submit()
        silent.runUntilAllEnded()
        #expect(silent.summary(id).contains("after a PING"), "\(silent.summary(id))")
    }

    @Test("Draining finishes what was submitted, refuses more, and then closes", .timeLimit(.minutes(5)))
    func drain() throws {
        let server = try TestServer(
            Script { connection, request in connection.after(100) { $0.answer(request.stream) } }
        )
        let client = try TestClient(port: server.port)
        let early = client.submit()
        client.client.drain()
        #expect(client.client.capacity == 0)
        let late = client.submit()
        client.run(until: { client.client.isDrained })
        client.collect()
        #expect(client.summary(early) == "200" && client.summary(late) == "not processed: closed")
        client.run(until: { server.log.now.openNow == 0 && client.client.statistics.connectionsOpen == 0 })
    }

    @Test("More requests than capacity are refused, not queued")
    func overCapacity() throws {
        let client = try TestClient(port: 9) { $0.requestsMax = 2 }
        client.submit()
        client.submit()
        let third = client.submit()
        client.collect()
        #expect(client.summary(third) == "not processed: overCapacity")
    }

    @Test("An old connection is replaced without losing a request", .timeLimit(.minutes(5)))
    func ageLimit() throws {
        let server = try TestServer(Script())
        let client = try TestClient(port: server.port) { $0.connectionAgeMax = .milliseconds(60) }
        client.run(until: {
            let id = client.submit()
            client.runUntilAllEnded()
            #expect(client.summary(id) == "200")
            return server.log.now.connections >= 4
        })
    }
}
