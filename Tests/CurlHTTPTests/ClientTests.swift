import CurlHTTP
import Synchronization
import Testing

@Suite("The client")
struct ClientTests {
    @Test("A thousand requests at once have a thousand outcomes, whatever the server does", .timeLimit(.minutes(5)))
    func thousand() async throws {
        let processed = Mutex<[String: Int]>([:])
        let server = try TestServer(
            Script { connection, request in
                processed.withLock { $0[request.path, default: 0] += 1 }
                switch (Int(request.path.dropFirst()) ?? 0) % 10 {
                case 0: connection.close()
                case 1: connection.resetConnection()
                case 2: connection.answer("503 Service Unavailable", ["Connection: close"])
                case 3: connection.after(20) { $0.answer(body: "late") }
                default: connection.answer(body: "ok")
                }
            }
        )
        let client = try TestClient()
        var paths: [UInt64: String] = [:]
        for number in 0..<1000 { paths[client.submit(server.url("/\(number)"), body: [1])] = "/\(number)" }
        await client.runUntilAllEnded()
        client.client.close()
        client.collect()
        #expect(client.outcomes.count == 1000 && client.outcomes.values.allSatisfy { $0.count == 1 })
        let counts = processed.withLock { $0 }
        for (id, path) in paths {
            let times = counts[path] ?? 0
            switch try #require(client.outcome(id)) {
            case .response: #expect(times == 1, "\(path)")
            case .unknown: #expect(times <= 1, "\(path)")
            case .notProcessed(let reason): #expect(times == 0, "\(path): \(reason)")
            }
        }
        let statistics = client.client.statistics
        #expect(
            statistics.responses == 800 && statistics.responses + statistics.unknown + statistics.notProcessed == 1000
        )
        #expect(client.client.outstandingCount == 0)
    }

    @Test("More requests than the capacity are refused at once", .timeLimit(.minutes(5)))
    func capacity() async throws {
        let gate = Gate()
        let server = try TestServer(gate.script)
        let client = try TestClient { $0.requestsMax = 2 }
        #expect(client.client.capacity == 2)
        let ids = (0..<3).map { _ in client.submit(server.url()) }
        #expect(client.client.capacity == 0 && client.client.outstandingCount == 2)
        client.collect()
        #expect(client.outcome(ids[2]) == .notProcessed(.overCapacity))
        gate.open()
        await client.runUntilAllEnded()
        #expect(client.outcome(ids[0])?.summary == "200" && client.outcome(ids[1])?.summary == "200")
        #expect(client.client.capacity == 2 && client.bellCount >= 2)
    }

    @Test(
        "Cancelling ends a request as unknown when it was sent, as not processed when it waited",
        .timeLimit(.minutes(5))
    )
    func cancel() async throws {
        let server = try TestServer(Script { _, _ in })
        let client = try TestClient { $0.connectionsMax = 1 }
        let sent = client.submit(server.url("/sent"))
        let waiting = client.submit(server.url("/waiting"))
        try await client.wait { server.log.now.requests.count == 1 }
        client.client.cancel(waiting)
        client.client.cancel(sent)
        client.client.cancel(12_345)
        await client.runUntilAllEnded()
        #expect(client.outcome(sent) == .unknown(.cancelled))
        #expect(client.outcome(waiting) == .notProcessed(.cancelled))
        try await client.wait { server.log.now.openNow == 0 }
        #expect(server.log.now.requests.map(\.path) == ["/sent"])
    }

    @Test("A deadline passes while a request waits for a connection: not processed", .timeLimit(.minutes(5)))
    func deadlineWhileWaiting() async throws {
        let gate = Gate()
        let server = try TestServer(gate.script)
        let client = try TestClient { $0.connectionsMax = 1 }
        let first = client.submit(server.url())
        try await client.wait { server.log.now.requests.count == 1 }
        let second = client.submit(server.url(), within: .milliseconds(50))
        let third = client.submit(server.url(), within: .zero)
        try await client.wait {
            client.collect()
            return client.outcomes.count == 2
        }
        gate.open()
        await client.runUntilAllEnded()
        #expect(client.outcome(first)?.summary == "200")
        #expect(client.outcome(second) == .notProcessed(.deadline))
        #expect(client.outcome(third) == .notProcessed(.deadline))
        #expect(server.log.now.requests.count == 1)
    }

    @Test("Closing gives every request its outcome before it returns", .timeLimit(.minutes(5)))
    func close() async throws {
        let server = try TestServer(Script { _, _ in })
        let client = try TestClient { $0.connectionsMax = 1 }
        let sent = client.submit(server.url())
        let waiting = client.submit(server.url())
        try await client.wait { server.log.now.requests.count == 1 }
        client.client.close()
        let late = client.submit(server.url())
        client.client.close()
        client.collect()
        #expect(client.outcome(sent) == .unknown(.closed))
        #expect(client.outcome(waiting) == .notProcessed(.closed))
        #expect(client.outcome(late) == .notProcessed(.closed))
        #expect(client.client.isDrained && client.client.capacity == 0)
        try await client.wait { server.log.now.openNow == 0 }
    }

    @Test("Draining takes no more requests and ends those it has", .timeLimit(.minutes(5)))
    func drain() async throws {
        let gate = Gate()
        let server = try TestServer(gate.script)
        let client = try TestClient()
        let first = client.submit(server.url())
        client.client.drain()
        let late = client.submit(server.url())
        #expect(!client.client.isDrained && client.client.capacity == 0)
        gate.open()
        await client.runUntilAllEnded()
        #expect(client.outcome(first)?.summary == "200" && client.outcome(late) == .notProcessed(.closed))
        #expect(client.client.isDrained)
    }

    @Test("Letting go of a client closes its connections, also from its own thread", .timeLimit(.minutes(5)))
    func letGo() async throws {
        let server = try TestServer()
        let holder = Mutex<CurlClient?>(nil)
        var configuration = CurlConfiguration()
        configuration.caFile = try TestCertificates.shared.get().caFile
        let client = try CurlClient(configuration) { holder.withLock { $0.take() }?.close() }
        holder.withLock { $0 = client }
        client.submit(HTTPRequest(.post, server.url(), timeout: .seconds(30)), id: 1)
        try await TestClient().wait { holder.withLock { $0 == nil } && server.log.now.openNow == 0 }
        #expect(client.takeCompletions().count == 1)
    }
}
