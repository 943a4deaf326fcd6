import Glibc
import NIOHTTP2
import Synchronization
import Testing

@testable import HTTP2

/// A resolver that counts, and gives what it was made with.
private final class CountingResolver: Sendable {
    private let addresses: [String]
    private let times = Mutex<[MonotonicInstant]>([])

    init(_ addresses: [String] = ["127.0.0.1"]) {
        self.addresses = addresses
    }

    /// When it was asked.
    var asked: [MonotonicInstant] { times.withLock { $0 } }

    func resolve(_ host: String, _ port: UInt16) -> Result<[SocketAddress], LookupError> {
        times.withLock { $0.append(.now()) }
        var found: [SocketAddress] = []
        for address in addresses {
            switch SocketAddress.resolve(host: address, port: port, isNumeric: true) {
            case .success(let some): found += some
            case .failure(let error): return .failure(error)
            }
        }
        return .success(found)
    }
}

private func streamsMax(_ count: Int) -> HTTP2Settings {
    [HTTP2Setting(parameter: .maxConcurrentStreams, value: count)]
}

@Suite("Connection pool")
struct PoolTests {
    @Test(
        "Connections are added one at a time, staggered, each with a look-up of its own, and go when idle",
        .timeLimit(.minutes(5)),
        arguments: [0, 1]
    )
    func byDemand(least: Int) throws {
        let server = try TestServer(
            Script(settings: streamsMax(10)) { connection, request in
                connection.held.append(request.stream)
                if request.path == "/last" { connection.after(50) { held in held.held.forEach { held.answer($0) } } }
                if connection.held.count == 10 {
                    connection.after(200) { held in held.held.forEach { held.answer($0) } }
                }
            }
        )
        let resolver = CountingResolver()
        let client = try TestClient(port: server.port, host: "push.example.com") {
            $0.resolve = { resolver.resolve($0, $1) }
            $0.connectionCount = 3
            $0.connectionCountMin = least
            $0.connectionStagger = .milliseconds(100)
            $0.connectionIdleMax = .milliseconds(300)
            $0.streamsBeforeSettings = 10
        }
        for _ in 0..<30 { client.submit() }
        var openingMost = 0
        client.run(until: {
            openingMost = max(openingMost, client.client.statistics.connectionsOpening)
            return server.log.now.requests.count == 30
        })
        #expect(server.log.now.connections == 3 && openingMost == 1)
        let asked = resolver.asked
        #expect(asked.count == 3)
        for (earlier, later) in zip(asked, asked.dropFirst()) { #expect(later - earlier > .milliseconds(50)) }
        client.runUntilAllEnded()
        client.run(until: { client.client.statistics.connectionsOpen == least })
    }

    @Test("One connection stays alone while its streams suffice", .timeLimit(.minutes(5)))
    func alone() throws {
        let server = try TestServer(Script())
        let client = try TestClient(port: server.port) { $0.connectionCount = 4 }
        for _ in 0..<500 { client.submit() }
        client.runUntilAllEnded()
        #expect(server.log.now.connections == 1)
    }

    @Test("A server that allows one stream gets one on each connection, and answers all", .timeLimit(.minutes(5)))
    func oneStreamEach() throws {
        let server = try TestServer(
            Script(settings: streamsMax(1)) { connection, request in connection.after(10) { $0.answer(request.stream) }
            }
        )
        let client = try TestClient(port: server.port) {
            $0.connectionCount = 4
            $0.connectionStagger = .milliseconds(1)
            $0.startsWithOneStream = true
        }
        for _ in 0..<200 { client.submit() }
        client.runUntilAllEnded()
        let log = server.log.now
        #expect(client.outcomes.values.allSatisfy { $0.map(TestClient.summary) == ["200"] })
        #expect(log.connections == 4 && log.openMost <= 4 && log.requests.count == 200)
    }

    @Test(
        "An aged connection serves until its replacement does; requests never find none",
        .timeLimit(.minutes(5)),
        arguments: [false, true]
    )
    func replacedFirst(startsWithOne: Bool) throws {
        let server = try TestServer(
            Script { connection, request in connection.after(5) { $0.answer(request.stream) } }
        )
        let client = try TestClient(port: server.port) {
            $0.connectionAgeMax = .milliseconds(150)
            $0.startsWithOneStream = startsWithOne
        }
        client.submit()
        client.runUntilAllEnded()
        var gaps = 0
        client.run(until: {
            if client.client.outstandingCount < 20 { client.submit() }
            if client.client.statistics.connectionsOpen == 0 { gaps += 1 }
            return server.log.now.connections >= 5
        })
        client.runUntilAllEnded()
        #expect(gaps == 0)
        #expect(client.outcomes.values.allSatisfy { $0.map(TestClient.summary) == ["200"] })
        #expect(server.log.now.requests.count == client.outcomeCount, "none twice")
    }

    @Test("Every address of a name is tried", .timeLimit(.minutes(5)))
    func severalAddresses() throws {
        let server = try TestServer(Script())
        let resolver = CountingResolver(["127.0.0.2", "127.0.0.3", "127.0.0.1"])
        for _ in 0..<10 {
            let client = try TestClient(port: server.port, host: "push.example.com") {
                $0.resolve = { resolver.resolve($0, $1) }
            }
            let id = client.submit()
            client.runUntilAllEnded()
            #expect(client.summary(id) == "200")
        }
        #expect(server.log.now.requests.count == 10)
    }

    @Test("Which address of a family comes first is drawn; the system's order of families stays")
    func rotation() throws {
        let names = ["::2", "::3", "127.0.0.1", "127.0.0.2", "127.0.0.3"]
        let addresses = try names.flatMap { try SocketAddress.resolve(host: $0, port: 443, isNumeric: true).get() }
        let texts = SocketAddress.rotated(addresses, by: 4).map(\.text)
        #expect(texts == ["[::2]:443", "[::3]:443", "127.0.0.2:443", "127.0.0.3:443", "127.0.0.1:443"])
        #expect(SocketAddress.rotated([], by: 7).isEmpty)
    }

    @Test(
        "The filter sees the octets that a connection goes to",
        arguments: [
            ("127.0.0.1", [127, 0, 0, 1]), ("::ffff:10.1.2.3", [10, 1, 2, 3]),
            ("2001:db8::7", [0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7]),
        ]
    )
    func octets(_ text: String, _ octets: [UInt8]) throws {
        let addresses = try SocketAddress.resolve(host: text, port: 443, isNumeric: true).get()
        #expect(addresses.map(\.octets) == [octets])
    }

    @Test("No connection is made to an address that the filter forbids", .timeLimit(.minutes(5)))
    func filter() throws {
        let server = try TestServer(Script())
        let resolver = CountingResolver(["127.0.0.2", "127.0.0.1"])
        let refused = try TestClient(port: server.port, host: "push.example.com") {
            $0.resolve = { resolver.resolve($0, $1) }
            $0.addressFilter = { $0[0] != 127 }
        }
        let id = refused.submit()
        refused.runUntilAllEnded()
        #expect(refused.summary(id).hasPrefix("not processed: addressRefused"), "\(refused.summary(id))")
        #expect(refused.summary(id).contains("127.0.0.2") && refused.summary(id).contains("127.0.0.1"))
        // An address in place of a name does not go round it.
        let numeric = try TestClient(port: server.port) { $0.addressFilter = { $0 != [127, 0, 0, 1] } }
        let numericID = numeric.submit()
        numeric.runUntilAllEnded()
        #expect(numeric.summary(numericID).hasPrefix("not processed: addressRefused"))
        #expect(server.log.now.connections == 0)

        let allowed = try TestClient(port: server.port, host: "push.example.com") {
            $0.resolve = { resolver.resolve($0, $1) }
            $0.addressFilter = { $0 == [127, 0, 0, 1] }
        }
        let allowedID = allowed.submit()
        allowed.runUntilAllEnded()
        #expect(allowed.summary(allowedID) == "200")
    }

    @Test("A name lookup without end is not waited for", .timeLimit(.minutes(5)))
    func endlessLookup() throws {
        let lookup = EndlessLookup()
        defer { lookup.end() }
        let client = try TestClient(port: 443, host: "push.example.com") {
            $0.connectTimeout = .milliseconds(200)
            $0.resolve = { _, _ in lookup.wait() }
        }
        let id = client.submit()
        client.runUntilAllEnded()
        #expect(client.summary(id).contains("name lookup not answered"), "\(client.summary(id))")
    }

    @Test("Bytes are limited as well as the count", .timeLimit(.minutes(5)))
    func bytes() throws {
        let server = try TestServer(Script())
        let client = try TestClient(port: server.port) { $0.requestBytesMax = 10_000 }
        let body = [UInt8](repeating: 1, count: 4000)
        let first = client.submit(body: body)
        let second = client.submit(body: body)
        let third = client.submit(body: body)
        let tooLong = client.submit(body: [UInt8](repeating: 1, count: 10_000))
        #expect(client.client.statistics.requestBytes > 8000)
        client.runUntilAllEnded()
        #expect(client.summary(first) == "200" && client.summary(second) == "200")
        #expect(client.summary(third) == "not processed: overCapacity")
        #expect(client.summary(tooLong).hasPrefix("not processed: invalidRequest"))
        #expect(client.client.statistics.requestBytes == 0 && client.client.capacity > 0)
    }

    @Test("A report of overload lowers capacity; without one it is all that the configuration allows")
    func overload() throws {
        let client = try TestClient(port: 9) {
            $0.requestsMax = 4000
            $0.concurrencyInitial = 64
        }
        #expect(client.client.capacity == 4000)
        client.client.reportOverload()
        #expect(client.client.capacity < 100 && client.client.statistics.concurrencyLimit < 64)
    }
}

/// A name lookup that goes on until the test is over.
private final class EndlessLookup: Sendable {
    private let isOver = Atomic<Bool>(false)

    func end() {
        isOver.store(true, ordering: .relaxed)
    }

    func wait() -> Result<[SocketAddress], LookupError> {
        while !isOver.load(ordering: .relaxed) { sched_yield() }
        return .success([])
    }
}
