import Testing

@testable import HTTP2

/// A server in virtual time: so many workers, each request a time of work, and a way to it and back.
private struct ModelServer: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// How many requests it works on at the same time, while the rest stand in a queue; nil: any number.
    var workers: Int?
    /// Work for one request.
    var work: Duration
    /// There and back.
    var way: Duration

    /// What it can do in a second.
    var rate: Double { workers.map { Double($0) / (work / .seconds(1)) } ?? .infinity }
}

/// What came of a client that always has more to send than it may.
private struct Play {
    var answered = 0
    var timedOut = 0
    var longest = Duration.zero
    var limitAtEnd = 0
    var limitMost = 0

    /// Plays `time` of virtual time against a server, with 4,096 requests at most and a deadline of 10 s each.
    init(_ server: ModelServer, for time: Duration, seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let start = MonotonicInstant(nanoseconds: 1_000_000_000)
        let end = start + time
        let deadline = Duration.seconds(10)
        var limit = ConcurrencyLimit(.init(min: 8, max: 4096, initial: 64), now: start)
        var free = [MonotonicInstant](repeating: start, count: server.workers ?? 0)
        /// Answers on their way, by arrival.
        var timers = TimerHeap()
        var now = start
        var inFlight = 0
        var played = Play()
        while now < end {
            while inFlight < limit.limit {
                inFlight += 1
                let sentAt = now
                // Work varies by a fifth; the worker that is free first takes it.
                let work = server.work / 100 * Int.random(in: 80...120, using: &random)
                var done = sentAt + server.way / 2 + work
                if let worker = free.indices.min(by: { free[$0] < free[$1] }) {
                    done = max(free[worker], sentAt + server.way / 2) + work
                    free[worker] = done
                }
                let answeredAt = done + server.way / 2
                _ = timers.insert(at: min(answeredAt, sentAt + deadline)) {
                    if answeredAt - sentAt > deadline {
                        played.timedOut += 1
                        limit.timedOut(sentAt: sentAt, at: now, inFlight: inFlight)
                    } else {
                        played.answered += 1
                        played.longest = max(played.longest, answeredAt - sentAt)
                        limit.served(sentAt: sentAt, at: now, inFlight: inFlight)
                    }
                    inFlight -= 1
                }
            }
            guard let next = timers.nextDue else { break }
            now = next
            timers.popDue(at: now)?()
            played.limitMost = max(played.limitMost, limit.limit)
        }
        played.limitAtEnd = limit.limit
        self = played
    }

    private init() {}
}

@Suite("Concurrency limit")
struct ConcurrencyLimitTests {
    fileprivate static let healthy = [
        ModelServer(testDescription: "near", workers: nil, work: .milliseconds(2), way: .milliseconds(1)),
        ModelServer(testDescription: "100 ms away", workers: nil, work: .milliseconds(5), way: .milliseconds(100)),
        ModelServer(testDescription: "300 ms away", workers: nil, work: .milliseconds(5), way: .milliseconds(300)),
        ModelServer(testDescription: "thinks for a second", workers: nil, work: .seconds(1), way: .milliseconds(20)),
    ]

    fileprivate static let slow = [
        ModelServer(testDescription: "10 a second", workers: 1, work: .milliseconds(100), way: .milliseconds(20)),
        ModelServer(testDescription: "100 a second", workers: 1, work: .milliseconds(10), way: .milliseconds(20)),
        ModelServer(testDescription: "100 a second, far", workers: 1, work: .milliseconds(10), way: .milliseconds(200)),
        ModelServer(testDescription: "1,000 a second", workers: 20, work: .milliseconds(20), way: .milliseconds(5)),
    ]

    @Test("A server that is merely far gets all it can take within some round trips", arguments: healthy, [1, 2])
    fileprivate func far(_ server: ModelServer, seed: UInt64) {
        let rounds = 8
        let trip = server.way + server.work
        let play = Play(server, for: trip * rounds + .milliseconds(20), seed: seed)
        #expect(play.limitMost == 4096, "\(play)")
        let later = Play(server, for: trip * 20, seed: seed)
        #expect(later.timedOut == 0 && later.limitAtEnd == 4096, "\(later)")
    }

    @Test("A slow server is never given so much that answers come late, and is kept busy", arguments: slow, [1, 2])
    fileprivate func queues(_ server: ModelServer, seed: UInt64) {
        // Long enough for several epochs of the shortest latency: what is accepted must not creep upwards.
        let seconds = 100
        let play = Play(server, for: .seconds(seconds), seed: seed)
        #expect(play.timedOut == 0 && play.longest < .seconds(8), "\(play)")
        #expect(Double(play.answered) > 0.9 * server.rate * Double(seconds), "\(play)")
        let queue = Double(play.limitAtEnd) / server.rate
        #expect(queue < 2.5, "a new request waits \(queue) s, \(play)")
    }

    @Test("Without a limit the same servers would let most requests time out")
    func comparison() {
        for server in Self.slow where server.rate < 400 {
            // What stands before a request when all 4,096 are sent at once.
            #expect(4096 / server.rate > 10)
        }
    }

    @Test("Words of overload lower it once for each round trip, and never below the bound")
    func overload() {
        var now = MonotonicInstant(nanoseconds: 0)
        var limit = ConcurrencyLimit(.init(min: 8, max: 4096, initial: 1000), now: now)
        #expect(!limit.wasCut)
        for _ in 0..<50 { limit.overloaded(at: now, inFlight: 1000) }
        #expect(limit.limit == 700 && limit.wasCut)
        for _ in 0..<50 {
            now = now + .milliseconds(60)
            limit.overloaded(at: now, inFlight: limit.limit)
        }
        #expect(limit.limit == 8)
    }

    @Test("It recovers from overload, more slowly than it grew at first")
    func recovery() {
        var now = MonotonicInstant(nanoseconds: 0)
        var limit = ConcurrencyLimit(.init(min: 8, max: 4096, initial: 1000), now: now)
        limit.overloaded(at: now, inFlight: 1000)
        var rounds = 0
        while limit.limit < 1000, rounds < 1000 {
            rounds += 1
            let sentAt = now
            now = now + .milliseconds(100)
            let inFlight = limit.limit
            for _ in 0..<inFlight { limit.served(sentAt: sentAt, at: now, inFlight: inFlight) }
        }
        #expect((8...16).contains(rounds))
    }

    @Test("It does not rise by answers while it is not in use")
    func unused() {
        var now = MonotonicInstant(nanoseconds: 0)
        var limit = ConcurrencyLimit(.init(min: 8, max: 4096, initial: 100), now: now)
        for _ in 0..<1000 {
            let sentAt = now
            now = now + .milliseconds(10)
            limit.served(sentAt: sentAt, at: now, inFlight: 49)
            limit.refused(sentAt: sentAt, at: now, inFlight: 49)
        }
        #expect(limit.limit == 100)
        limit.served(sentAt: now, at: now + .milliseconds(10), inFlight: 50)
        limit.refused(sentAt: now, at: now + .milliseconds(10), inFlight: 51)
        #expect(limit.limit == 102)
    }

    @Test("Deadlines that pass without an answer lower it, though no latency is known")
    func silence() {
        var now = MonotonicInstant(nanoseconds: 0)
        var limit = ConcurrencyLimit(.init(min: 8, max: 4096, initial: 64), now: now)
        for _ in 0..<20 {
            let sentAt = now
            now = now + .seconds(10)
            for _ in 0..<8 { limit.timedOut(sentAt: sentAt, at: now, inFlight: limit.limit) }
        }
        #expect(limit.limit == 8)
    }

    @Test("A pause of the server lowers it by half at most, and only once")
    func pause() {
        var now = MonotonicInstant(nanoseconds: 0)
        var limit = ConcurrencyLimit(.init(min: 8, max: 4096, initial: 2000), now: now)
        for _ in 0..<200 {
            limit.served(sentAt: now, at: now + .milliseconds(20), inFlight: 2000)
            now = now + .milliseconds(1)
        }
        let before = limit.limit
        // Everything that was under way comes back three seconds late.
        let sentAt = now
        now = now + .seconds(3)
        for _ in 0..<2000 {
            limit.served(sentAt: sentAt, at: now, inFlight: 2000)
            now = now + .microseconds(100)
        }
        #expect(limit.limit >= 1000 && limit.limit < before)
    }

    @Test("A way that became longer for good is learnt")
    func longerWay() {
        var now = MonotonicInstant(nanoseconds: 0)
        var limit = ConcurrencyLimit(.init(min: 8, max: 1000, initial: 64), now: now)
        func rounds(_ count: Int, _ way: Duration) {
            for _ in 0..<count {
                let sentAt = now
                now = now + way
                let inFlight = limit.limit
                for _ in 0..<inFlight { limit.served(sentAt: sentAt, at: now, inFlight: inFlight) }
            }
        }
        rounds(100, .milliseconds(10))
        #expect(limit.limit == 1000)
        rounds(500, .milliseconds(600))
        #expect(limit.limit == 1000)
        #expect(limit.latencyAccepted.map { $0 > .milliseconds(600) } == true)
    }
}
