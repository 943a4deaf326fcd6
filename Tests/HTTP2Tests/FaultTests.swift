import NIOHTTP2
import Synchronization
import Testing

@testable import HTTP2

/// What a lawful but unreliable server does, chosen by a seed, and which requests it acted on.
private final class UnreliableServer: Sendable {
    private struct State: Sendable {
        var random: SeededRandom
        var processed: Set<String> = []
    }

    private let state: Mutex<State>

    init(seed: UInt64) {
        state = Mutex(State(random: SeededRandom(seed: seed)))
    }

    /// Paths of the requests that the server acted on, whether it answered or not.
    var processed: Set<String> { state.withLock { $0.processed } }

    /// Deals with a request as chance will have it.
    func handle(_ connection: ServerConnection, _ request: ServerRequest) {
        // After GOAWAY everything above its last stream id is ignored, as it promised.
        guard !connection.hasSaidGoAway else { return }
        switch state.withLock({ Int.random(in: 0..<10_000, using: &$0.random) }) {
        case 0..<300:
            return connection.reset(request.stream, .refusedStream)
        case 300..<308:
            connection.hasSaidGoAway = true
            connection.goAway(last: connection.lastProcessed, debug: "not this one")
            return connection.after(30) { $0.close() }
        case 308..<315:
            return connection.resetConnection()
        case 315..<340:
            connection.announce(streams: 1)
            connection.after(20) { $0.announce(streams: 1000) }
        default: break
        }
        process(connection, request)
    }

    private func process(_ connection: ServerConnection, _ request: ServerRequest) {
        connection.lastProcessed = request.stream
        let path = request.path
        let chance = state.withLock { state in
            state.processed.insert(path)
            return Int.random(in: 0..<10_000, using: &state.random)
        }
        switch chance {
        case 0..<100: break
        case 100..<200: connection.answerHalf(request.stream)
        case 200..<400: connection.reset(request.stream, .internalError)
        case 400..<405: connection.close()
        case 405..<410: connection.resetConnection()
        case 410..<418:
            connection.hasSaidGoAway = true
            connection.goAway(last: request.stream, debug: "after this one")
            connection.answer(request.stream)
            connection.after(30) { $0.close() }
        case 418..<1500: connection.after(Int64(chance % 20)) { $0.answer(request.stream) }
        default: connection.answer(request.stream)
        }
    }
}

@Suite("Faults")
struct FaultTests {
    @Test(
        "Whatever the server does, each request has one outcome, and none called not processed was acted on",
        .timeLimit(.minutes(5)),
        arguments: [1, UInt64.random(in: 2...999_999)]
    )
    func oneOutcomeEach(seed: UInt64) throws {
        let unreliable = UnreliableServer(seed: seed)
        let server = try TestServer(Script { unreliable.handle($0, $1) })
        let client = try TestClient(port: server.port) { $0.requestsMax = 150 }
        var random = SeededRandom(seed: ~seed)
        var paths: [UInt64: String] = [:]
        let count = 3000
        client.run(until: {
            while paths.count < count, client.client.capacity > 0 {
                let path = "/\(paths.count)"
                let body = [UInt8](repeating: 1, count: Int.random(in: 0...600, using: &random))
                let isHurried = Int.random(in: 0..<20, using: &random) == 0
                let limits = isHurried ? 20...200 : 3000...5000
                let deadline = Duration.milliseconds(Int.random(in: limits, using: &random))
                let id = client.submit(path: path, body: body, within: deadline)
                paths[id] = path
                if Int.random(in: 0..<100, using: &random) == 0 { client.client.cancel(id) }
                if Int.random(in: 0..<100, using: &random) == 0, id > 20 { client.client.cancel(id - 20) }
            }
            return client.outcomes.count == count
        })
        // A second outcome could come late.
        client.loop.run(until: .now() + .milliseconds(700))
        client.collect()

        #expect(client.outcomeCount == count, "seed \(seed)")
        var kinds: [String: Int] = [:]
        let processed = unreliable.processed
        for (id, outcomes) in client.outcomes {
            let path = try #require(paths[id])
            #expect(outcomes.count == 1, "\(path) has \(outcomes), seed \(seed)")
            switch outcomes[0] {
            case .response:
                kinds["response", default: 0] += 1
                #expect(processed.contains(path), "\(path) was answered by nobody, seed \(seed)")
            case .notProcessed(let reason):
                kinds["not processed", default: 0] += 1
                #expect(!processed.contains(path), "\(path) was acted on, yet \(reason), seed \(seed)")
            case .unknown: kinds["unknown", default: 0] += 1
            }
        }
        #expect(kinds.count == 3 && kinds["response", default: 0] > count / 10, "\(kinds), seed \(seed)")
        #expect(client.client.outstandingCount == 0)
    }

    @Test(
        "A request that never left this process is not processed, though others on its connection are unknown",
        .timeLimit(.minutes(5))
    )
    func neverWritten() throws {
        let server = try TestServer(
            Script { connection, request in
                guard request.path == "/first" else { return connection.answer(request.stream) }
                connection.stopReading()
                connection.after(1000) { $0.resetConnection() }
            }
        )
        let client = try TestClient(port: server.port)
        client.submit(path: "/first")
        client.run(until: { server.log.now.requests.count == 1 })
        // Header fields are not subject to flow control, so these fill every buffer on the way.
        let filler = String(repeating: "a~", count: 7000)
        for number in 0..<1000 { client.submit(path: "/\(number)", fields: [("x-filler", filler + "\(number)")]) }
        client.runUntilAllEnded()
        var kinds: [String: Int] = [:]
        let processed = Set(server.log.now.requests.map(\.path))
        for (id, outcomes) in client.outcomes {
            let kind = client.summary(id).prefix { $0 != "(" }
            kinds[String(kind), default: 0] += 1
            if kind.hasPrefix("not processed") { #expect(!processed.contains("/\(id - 2)")) }
            #expect(outcomes.count == 1)
        }
        #expect(kinds["not processed: neverWritten", default: 0] > 0, "\(kinds)")
        #expect(kinds["unknown: connectionLost", default: 0] > 0, "\(kinds)")
        #expect(kinds["200", default: 0] > 0, "the rest went over a new connection: \(kinds)")
    }

    @Test("Closing the client ends what is sent as unknown and what waits as not processed", .timeLimit(.minutes(5)))
    func closing() throws {
        let server = try TestServer(
            Script(settings: [HTTP2Setting(parameter: .maxConcurrentStreams, value: 5)]) { _, _ in }
        )
        let client = try TestClient(port: server.port) { $0.streamsBeforeSettings = 5 }
        for _ in 0..<20 { client.submit() }
        client.run(until: { server.log.now.requests.count == 5 })
        client.client.close()
        client.runUntilAllEnded()
        let summaries = client.outcomes.keys.sorted().map { client.summary($0) }
        #expect(
            summaries == Array(repeating: "unknown: closed", count: 5)
                + Array(repeating: "not processed: closed", count: 15)
        )
    }
}
