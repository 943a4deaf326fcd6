import CurlHTTP
import Glibc
import Synchronization
import Testing

/// A way in which a server ends a connection that is idle.
struct IdleEnd: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let act: @Sendable (ServerConnection) -> Void

    static let all = [
        IdleEnd(testDescription: "with TLS's goodbye") { $0.close() },
        IdleEnd(testDescription: "without") { $0.closeAbruptly() },
        IdleEnd(testDescription: "with a TCP reset") { $0.resetConnection() },
        IdleEnd(testDescription: "after an answer that nobody asked for") {
            $0.answer("408 Request Timeout")
            $0.close()
        },
    ]
}

@Suite("Connections")
struct ConnectionTests {
    @Test("A connection serves one request after another", .timeLimit(.minutes(5)))
    func reuse() async throws {
        let server = try TestServer()
        let client = try TestClient()
        for _ in 0..<5 { #expect(await client.send(server.url(), body: [1])?.summary == "200") }
        #expect(server.log.now.connections == 1 && server.log.now.requests.count == 5)
        let statistics = client.client.statistics
        #expect(statistics.connects == 1 && statistics.responses == 5 && statistics.requestsSent == 5)
        #expect(statistics.staleConnections == 0 && statistics.connectionsOpen == 1)
        #expect(statistics.bytesSent == 5 && statistics.bytesReceived > 200)
    }

    @Test(
        "A connection that the server ended while it was idle costs no request and sends none twice",
        .timeLimit(.minutes(5)),
        arguments: IdleEnd.all
    )
    func endedWhileIdle(_ end: IdleEnd) async throws {
        let idle = Mutex<ServerConnection.Handle?>(nil)
        let server = try TestServer(
            Script { connection, _ in
                let handle = connection.handle
                idle.withLock { $0 = handle }
                connection.answer()
            }
        )
        let client = try TestClient()
        #expect(await client.send(server.url("/1"), body: [1])?.summary == "200")
        try #require(idle.withLock { $0 }).perform(end.act)
        try await client.wait { server.log.now.openNow == 0 }
        #expect(await client.send(server.url("/2"), body: [2])?.summary == "200")
        #expect(server.log.now.requests.map(\.path) == ["/1", "/2"] && server.log.now.connections == 2)
    }

    @Test(
        "A request that was read on a used connection, and not answered, is unknown and is not sent again",
        .timeLimit(.minutes(5)),
        arguments: IdleEnd.all.dropLast(),
        [HTTPMethod.post, .get, .delete]
    )
    func endedAfterReading(_ end: IdleEnd, _ method: HTTPMethod) async throws {
        let server = try TestServer(
            Script { connection, _ in
                if connection.requestCount == 1 { connection.answer() } else { end.act(connection) }
            }
        )
        let client = try TestClient()
        #expect(await client.send(server.url("/1"), method)?.summary == "200")
        let summary = await client.send(server.url("/2"), method)?.summary ?? "none"
        #expect(summary.hasPrefix("unknown: connectionLost"), "\(summary)")
        #expect(server.log.now.requests.map(\.path) == ["/1", "/2"], "libcurl by itself would send it again")
    }

    @Test(
        "There are never more connections than the limits allow, and every request is served",
        .timeLimit(.minutes(5))
    )
    func limits() async throws {
        let present = Mutex((0..<3).map { _ in (now: 0, most: 0) })
        let servers = try (0..<3).map { number in
            try TestServer(
                Script { connection, _ in
                    present.withLock { $0[number] = ($0[number].now + 1, max($0[number].most, $0[number].now + 1)) }
                    connection.after(2) {
                        present.withLock { $0[number].now -= 1 }
                        $0.answer()
                    }
                }
            )
        }
        let client = try TestClient {
            $0.connectionsMax = 5
            $0.connectionsPerHostMax = 2
        }
        for index in 0..<150 { client.submit(servers[index % 3].url()) }
        await client.runUntilAllEnded()
        #expect(client.outcomes.values.allSatisfy { $0.map(\.summary) == ["200"] })
        #expect(servers.map(\.log.now.requests.count) == [50, 50, 50])
        #expect(present.withLock { $0.map(\.most) }.allSatisfy { $0 <= 2 })
        #expect(client.client.statistics.connectionsOpen <= 5)
    }

    @Test("A server that does not answer holds up no other", .timeLimit(.minutes(5)))
    func fairness() async throws {
        let stuck = try TestServer(Script { _, _ in })
        let server = try TestServer()
        let client = try TestClient { $0.connectionsPerHostMax = 4 }
        for _ in 0..<100 { client.submit(stuck.url(), within: .seconds(60)) }
        let id = client.submit(server.url())
        try await client.wait {
            client.collect()
            return client.outcome(id) != nil
        }
        #expect(client.outcome(id)?.summary == "200" && client.outcomes.count == 1)
        let statistics = client.client.statistics
        #expect(statistics.requestsActive == 4 && statistics.requestsWaiting == 96)
    }

    @Test("An idle connection that is too old is not used again", .timeLimit(.minutes(5)))
    func idleAge() async throws {
        let server = try TestServer()
        let client = try TestClient { $0.idleAgeMax = .seconds(1) }
        #expect(await client.send(server.url())?.summary == "200")
        let start = ContinuousClock.now
        try await client.wait { ContinuousClock.now - start > .seconds(3) }
        #expect(await client.send(server.url())?.summary == "200")
        #expect(server.log.now.connections == 2)
    }
}

@Suite("A proxy")
struct ProxyTests {
    @Test(
        "Requests go through a tunnel; the proxy sees its own credentials and nothing of theirs",
        .timeLimit(.minutes(5))
    )
    func tunnel() async throws {
        let server = try TestServer()
        var script = Script { connection, _ in connection.tunnel(to: Int(server.port)) }
        script.hasTLS = false
        let proxy = try TestServer(script)
        let client = try TestClient {
            $0.proxy = .init(url: "http://localhost:\(proxy.port)", credentials: .init(user: "u", password: "p"))
        }
        let outcome = await client.send(server.url("/x"), fields: [HTTPField("authorization", "Bearer x")], body: [1])
        let response = try #require(outcome?.response, "\(outcome?.summary ?? "none")")
        #expect(response.status == 200 && response.fields.map(\.name) == ["X-Server", "Content-Length"])
        let connect = try #require(proxy.log.now.requests.first)
        #expect(connect.lines.first == "CONNECT localhost:\(server.port) HTTP/1.1")
        #expect(connect.lines.contains("Proxy-Authorization: Basic dTpw"))
        #expect(!connect.head.contains("Bearer"))
        let request = try #require(server.log.now.requests.first)
        #expect(request.lines.contains("authorization: Bearer x") && !request.head.contains("Basic"))
    }

    @Test(
        "A proxy that gives no tunnel is not processed",
        .timeLimit(.minutes(5)),
        arguments: ["407 Proxy Authentication Required", "502 Bad Gateway", "403 Forbidden"]
    )
    func refusal(_ status: String) async throws {
        let server = try TestServer()
        var script = Script { connection, _ in connection.answer(status) }
        script.hasTLS = false
        let proxy = try TestServer(script)
        let client = try TestClient { $0.proxy = .init(url: "http://localhost:\(proxy.port)") }
        let summary = await client.send(server.url())?.summary ?? "none"
        #expect(summary.hasPrefix("not processed: connectFailed") && summary.contains(status.prefix(3)), "\(summary)")
        #expect(server.log.now.connections == 0)
    }

    @Test("What the environment says about proxies is not heard", .timeLimit(.minutes(5)))
    func environment() async {
        // In a process of its own, whose environment no other test reads.
        await #expect(processExitsWith: .success) {
            for name in ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
                // SAFETY: both texts are copied; this process has no other thread yet that could read the environment.
                precondition(unsafe setenv(name, "http://localhost:1", 1) == 0)
            }
            let server = try TestServer()
            let outcome = try await TestClient().send(server.url())
            precondition(outcome?.summary == "200", "\(outcome?.summary ?? "none")")
        }
    }
}
