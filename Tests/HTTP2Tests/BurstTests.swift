import NIOHTTP2
import Synchronization
import Testing

@testable import HTTP2

/// What a server acted on, by path, with what the scripts of these tests need to count.
private final class Books: Sendable {
    struct Entries: Sendable {
        var processed: [String: Int] = [:]
        var seen = 0
        var hasHappened = false
    }

    private let entries = Mutex(Entries())

    var now: Entries { entries.withLock { $0 } }

    /// Counts a request; true for the one with this number, once.
    func isTurn(_ number: Int) -> Bool {
        entries.withLock { entries in
            entries.seen += 1
            guard entries.seen >= number, !entries.hasHappened else { return false }
            entries.hasHappened = true
            return true
        }
    }

    func process(_ connection: ServerConnection, _ request: ServerRequest) {
        entries.withLock { $0.processed[request.path, default: 0] += 1 }
        connection.lastProcessed = max(connection.lastProcessed, request.stream)
    }

    func answer(_ connection: ServerConnection, _ request: ServerRequest) {
        process(connection, request)
        connection.answer(request.stream)
    }
}

/// A mishap in the middle of a burst, and whether it may leave requests of which nothing is known.
private struct Mishap: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let mayLeaveUnknown: Bool
    var mustRepeat = false
    let act: @Sendable (Books, ServerConnection, ServerRequest) -> Void

    static let all = [
        Mishap(testDescription: "GOAWAY, all that was sent is served", mayLeaveUnknown: false) {
            books,
            connection,
            request in
            if books.now.hasHappened { return books.answer(connection, request) }
            // As many as the client has under way on one connection, so that none is above the last stream id.
            books.process(connection, request)
            connection.held.append(request.stream)
            if books.isTurn(100) { connection.goAway(last: connection.lastProcessed) }
            connection.after(books.now.hasHappened ? 0 : 300) { connection in
                connection.held.forEach { connection.answer($0) }
                connection.held = []
            }
        },
        Mishap(testDescription: "GOAWAY, the rest is not processed", mayLeaveUnknown: false, mustRepeat: true) {
            books,
            connection,
            request in
            guard !connection.hasSaidGoAway else { return }
            guard books.isTurn(300) else { return books.answer(connection, request) }
            connection.hasSaidGoAway = true
            connection.goAway(last: connection.lastProcessed, debug: "moving")
        },
        Mishap(testDescription: "GOAWAY in two steps", mayLeaveUnknown: false, mustRepeat: true) {
            books,
            connection,
            request in
            guard !connection.hasSaidGoAway else { return }
            if books.isTurn(300) {
                connection.hasSaidGoAway = true
                connection.goAway(last: .maxID)
                let last = connection.lastProcessed
                connection.goAway(last: last)
            } else {
                books.answer(connection, request)
            }
        },
        Mishap(testDescription: "refused streams", mayLeaveUnknown: false, mustRepeat: true) {
            books,
            connection,
            request in
            if !books.isTurn(.max), books.now.seen % 5 == 0 { return connection.reset(request.stream, .refusedStream) }
            books.answer(connection, request)
        },
        Mishap(testDescription: "SETTINGS from 1000 to 1 and back", mayLeaveUnknown: false) {
            books,
            connection,
            request in
            if books.isTurn(300) {
                connection.announce(streams: 1)
                connection.after(100) { $0.announce(streams: 1000) }
            }
            books.answer(connection, request)
        },
        Mishap(testDescription: "a connection that falls silent", mayLeaveUnknown: true) { books, connection, request in
            if books.isTurn(300) { connection.stopReading() }
            guard !connection.hasSaidGoAway else { return }
            if books.now.seen == 300 { connection.hasSaidGoAway = true }
            books.answer(connection, request)
        },
        Mishap(testDescription: "TCP reset", mayLeaveUnknown: true) { books, connection, request in
            if books.isTurn(300) { return connection.resetConnection() }
            books.answer(connection, request)
        },
        Mishap(testDescription: "orderly end without GOAWAY", mayLeaveUnknown: true) { books, connection, request in
            if books.isTurn(300) { return connection.close() }
            books.answer(connection, request)
        },
    ]
}

@Suite("Bursts")
struct BurstTests {
    @Test(
        "In mid-burst: nothing lost, nothing sent twice but what was known not to be processed",
        .timeLimit(.minutes(5)),
        arguments: Mishap.all,
        [1, 3]
    )
    fileprivate func mishaps(_ mishap: Mishap, connections: Int) throws {
        let books = Books()
        let server = try TestServer(Script { mishap.act(books, $0, $1) })
        let client = try TestClient(port: server.port) {
            $0.connectionCount = connections
            $0.connectionStagger = .milliseconds(1)
            $0.concurrencyInitial = 400
            $0.streamsPerConnectionMax = 100
            $0.pingAfterSilence = .milliseconds(200)
            $0.pingTimeout = .milliseconds(500)
        }
        let count = 1500
        var paths: [UInt64: String] = [:]
        for number in 0..<count { paths[client.submit(path: "/\(number)")] = "/\(number)" }
        var ends: [String: String] = [:]
        var looked: Set<UInt64> = []
        var repeats = 0
        // What was not processed is sent again at once, as its outcome allows.
        client.run(until: {
            for (id, outcomes) in client.outcomes where looked.insert(id).inserted {
                guard let path = paths[id], let outcome = outcomes.first else { continue }
                if case .notProcessed = outcome {
                    repeats += 1
                    paths[client.submit(path: path)] = path
                } else {
                    ends[path] = client.summary(id)
                }
            }
            return ends.count == count
        })
        client.loop.run(until: .now() + .milliseconds(100))
        client.collect()
        #expect(client.outcomes.values.allSatisfy { $0.count == 1 }, "one outcome each")
        let processed = books.now.processed
        #expect(processed.values.allSatisfy { $0 == 1 }, "\(processed.filter { $0.value > 1 })")
        for (path, end) in ends {
            #expect(end == "200" || mishap.mayLeaveUnknown && end.hasPrefix("unknown"), "\(path): \(end)")
            if end == "200" { #expect(processed[path] == 1) }
        }
        #expect(ends.values.contains { $0 == "200" })
        #expect(!mishap.mustRepeat || repeats > 0, "the mishap happened")
        #expect(books.now.hasHappened || mishap.mustRepeat)
    }

    @Test("A slow server is given what it can answer, and the rest waits without harm", .timeLimit(.minutes(5)))
    func slowServer() throws {
        let books = Books()
        let server = try TestServer(
            Script { connection, request in
                // One at a time, 10 ms each: 100 in a second.
                books.process(connection, request)
                connection.held.append(request.stream)
                if connection.held.count == 1 { Self.work(connection) }
            }
        )
        let client = try TestClient(port: server.port) { $0.concurrencyInitial = 64 }
        var submitted = 0
        client.run(until: {
            // Without the limit all 800 would be sent now, and those of the last third would be late.
            while submitted < 800, client.client.outstandingCount < client.client.statistics.concurrencyLimit {
                submitted += 1
                client.submit(path: "/\(submitted)", within: .seconds(5))
            }
            return client.outcomes.count == 800
        })
        let unknown = client.outcomes.values.count { if case .unknown = $0[0] { true } else { false } }
        #expect(unknown == 0)
        #expect(books.now.processed.values.allSatisfy { $0 == 1 })
        #expect(server.log.now.openMost < 400)
    }

    private static func work(_ connection: ServerConnection) {
        connection.after(10) { connection in
            guard !connection.held.isEmpty else { return }
            connection.answer(connection.held.removeFirst())
            if !connection.held.isEmpty { work(connection) }
        }
    }

    @Test(
        "A connection that was quiet for long proves itself before it gets a request",
        .timeLimit(.minutes(5)),
        arguments: [false, true]
    )
    func proof(isDead: Bool) throws {
        let server = try TestServer(
            Script { connection, request in
                if isDead, request.path == "/first" { connection.stopReading() }
                connection.answer(request.stream)
            }
        )
        let client = try TestClient(port: server.port) {
            $0.pingBeforeUseAfter = .milliseconds(100)
            $0.pingTimeout = .milliseconds(isDead ? 300 : 20_000)
        }
        client.submit(path: "/first")
        client.runUntilAllEnded()
        client.loop.run(until: .now() + .milliseconds(150))
        let second = client.submit(path: "/second")
        client.runUntilAllEnded()
        #expect(client.summary(second) == "200")
        #expect(client.client.statistics.pings == 1 && client.client.statistics.unknown == 0)
        #expect(server.log.now.connections == (isDead ? 2 : 1))
    }

    @Test("After a deadline without any sign of life, nothing more goes to that connection", .timeLimit(.minutes(5)))
    func suspicion() throws {
        let server = try TestServer(
            Script { connection, request in
                if request.path == "/first" { connection.stopReading() }
                connection.answer(request.stream)
            }
        )
        let client = try TestClient(port: server.port) { $0.pingTimeout = .milliseconds(300) }
        client.submit(path: "/first")
        client.runUntilAllEnded()
        client.loop.run(until: .now() + .milliseconds(150))
        let lost = client.submit(path: "/lost", within: .milliseconds(200))
        client.runUntilAllEnded()
        let next = client.submit(path: "/next")
        client.runUntilAllEnded()
        #expect(client.summary(lost) == "unknown: deadline", "\(client.summary(lost))")
        #expect(client.summary(next) == "200")
        #expect(client.client.statistics.pings == 1 && server.log.now.connections == 2, "\(server.log.now.connections)")
    }
}
