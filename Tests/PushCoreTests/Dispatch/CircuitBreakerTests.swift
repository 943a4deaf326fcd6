import Testing

@testable import PushCore

@Suite("Dispatch: the circuit breaker of an app")
struct CircuitBreakerTests {
    private let start: Int64 = 1_700_000_000_000

    @Test("a refusal holds the stream, then one delivery probes it, and its acceptance opens the way")
    func probe() {
        var breaker = CircuitBreaker(first: .seconds(5), last: .seconds(60))
        #expect(breaker.admit(nowMs: start) == .admitted && breaker.reason == nil)
        let isNews = breaker.refused(.badTopic, nowMs: start)
        #expect(isNews)
        #expect(breaker.admit(nowMs: start + 4_999) == .held(.badTopic, untilMs: start + 5_000))
        #expect(breaker.reason == .badTopic)
        #expect(breaker.admit(nowMs: start + 5_000) == .admitted)
        // The probe is on its way: nobody else goes.
        #expect(breaker.admit(nowMs: start + 5_001) == .held(.badTopic, untilMs: start + 10_000))
        breaker.answered()
        #expect(breaker.admit(nowMs: start + 5_002) == .admitted && breaker.reason == nil)
    }

    @Test("each refused probe doubles the time, up to the longest; refusals of what was in flight before do not")
    func doubling() {
        var breaker = CircuitBreaker(first: .seconds(5), last: .seconds(12))
        var nowMs = start
        let first = breaker.refused(.forbidden, nowMs: nowMs)
        let second = breaker.refused(.forbidden, nowMs: nowMs + 1)
        #expect(first && !second)
        for expectedMs: Int64 in [10_000, 12_000, 12_000] {
            while breaker.admit(nowMs: nowMs) != .admitted { nowMs += 1_000 }
            let isNews = breaker.refused(.forbidden, nowMs: nowMs)
            #expect(!isNews)
            #expect(breaker.admit(nowMs: nowMs) == .held(.forbidden, untilMs: nowMs + expectedMs))
        }
        breaker.answered()
        _ = breaker.refused(.forbidden, nowMs: nowMs)
        #expect(breaker.admit(nowMs: nowMs) == .held(.forbidden, untilMs: nowMs + 5_000))
    }

    @Test("a probe without an answer does not hold the stream for ever")
    func lostProbe() {
        var breaker = CircuitBreaker(first: .seconds(5), last: .seconds(60))
        _ = breaker.refused(.badTopic, nowMs: start)
        #expect(breaker.admit(nowMs: start + 5_000) == .admitted)
        #expect(breaker.admit(nowMs: start + 10_000) == .admitted)
    }

    @Test("a clock that is set back holds the stream no longer than the longest time")
    func clockSetBack() {
        var breaker = CircuitBreaker(first: .seconds(5), last: .seconds(60))
        _ = breaker.refused(.badTopic, nowMs: start)
        #expect(breaker.admit(nowMs: start - 3_600_000) == .admitted)
    }

    @Test("another credential is tried at once, by one delivery, and its refusal holds as briefly as a first one")
    func mended() {
        var breaker = CircuitBreaker(first: .seconds(5), last: .seconds(60))
        var nowMs = start
        _ = breaker.refused(.badTopic, nowMs: nowMs)
        for _ in 0..<3 {
            while breaker.admit(nowMs: nowMs) != .admitted { nowMs += 1_000 }
            _ = breaker.refused(.badTopic, nowMs: nowMs)
        }
        #expect(breaker.admit(nowMs: nowMs) == .held(.badTopic, untilMs: nowMs + 40_000))
        breaker.mended(nowMs: nowMs)
        #expect(breaker.reason == .badTopic, "not closed before the provider said so")
        #expect(breaker.admit(nowMs: nowMs) == .admitted)
        #expect(breaker.admit(nowMs: nowMs) == .held(.badTopic, untilMs: nowMs + 5_000))
        _ = breaker.refused(.badTopic, nowMs: nowMs)
        #expect(breaker.admit(nowMs: nowMs) == .held(.badTopic, untilMs: nowMs + 10_000))
    }

    @Test("a probe whose credential was replaced is not waited for")
    func mendedWhileProbing() {
        var breaker = CircuitBreaker(first: .seconds(5), last: .seconds(60))
        _ = breaker.refused(.badTopic, nowMs: start)
        #expect(breaker.admit(nowMs: start + 5_000) == .admitted)
        breaker.mended(nowMs: start + 5_001)
        #expect(breaker.admit(nowMs: start + 5_001) == .admitted)
    }

    @Test("a closed breaker stays closed")
    func mendedWhileClosed() {
        var breaker = CircuitBreaker()
        breaker.mended(nowMs: start)
        #expect(breaker.reason == nil && breaker.admit(nowMs: start) == .admitted)
    }
}
