import PushProviders
import Testing

@Suite("FCM quota")
struct FCMQuotaTests {
    static let startMs = FCMFixtures.nowMs

    private static func quota(_ messagesPerMinute: Int, rampUp: Duration = .zero) -> FCMQuota {
        var configuration = FCMConfiguration.Quota()
        configuration.messagesPerMinute = messagesPerMinute
        configuration.rampUp = rampUp
        return FCMQuota(configuration)
    }

    /// Takes as much as there is, every `step` milliseconds.
    private static func drain(_ quota: inout FCMQuota, from: Int64, for span: Int64, step: Int64 = 10) -> Int {
        var count = 0
        for nowMs in stride(from: from, to: from + span, by: Int64.Stride(step)) {
            while quota.take(nowMs: nowMs) == .admitted { count += 1 }
        }
        return count
    }

    @Test("a minute sees nearly the quota, and never more", arguments: [1, 60, 6_000, 600_000])
    func rate(messagesPerMinute: Int) {
        var quota = Self.quota(messagesPerMinute)
        for minute in 0..<3 as Range<Int64> {
            let count = Self.drain(&quota, from: Self.startMs + minute * 60_000, for: 60_000)
            #expect(count <= messagesPerMinute)
            #expect(Double(count) >= Double(messagesPerMinute) * 0.997 - 1)
        }
    }

    @Test(
        "no minute sees more than the quota, whenever it begins and however messages come",
        arguments: [41, 42, 43] as [UInt64]
    )
    func anyMinute(seed: UInt64) {
        var random = SplitMix64(state: seed)
        var quota = Self.quota(6_000)
        var times: [Int64] = []
        var nowMs = Self.startMs
        while times.count < 30_000 {
            nowMs += Int64.random(in: 0...(Bool.random(using: &random) ? 5 : 500), using: &random)
            for _ in 0..<Int.random(in: 0...40, using: &random) where quota.take(nowMs: nowMs) == .admitted {
                times.append(nowMs)
            }
        }
        var first = 0
        for (index, time) in times.enumerated() {
            while times[first] <= time - 60_000 { first += 1 }
            #expect(index - first + 1 <= 6_000, "seed \(seed), at \(time - Self.startMs) ms")
        }
    }

    @Test("what was given back may be taken again, once")
    func givenBack() {
        var quota = Self.quota(60_000)
        _ = Self.drain(&quota, from: Self.startMs, for: 1)
        #expect(quota.take(nowMs: Self.startMs) != .admitted)
        quota.giveBack()
        #expect(quota.take(nowMs: Self.startMs) == .admitted)
        #expect(quota.take(nowMs: Self.startMs) != .admitted)
    }

    @Test("the rate grows evenly from nothing over the time of the ramp")
    func rampUp() {
        var quota = Self.quota(60_000, rampUp: .seconds(60))
        // A thousand a second in the end: 15 s in, a quarter of that.
        var counts: [Int] = []
        for second in 0..<70 as Range<Int64> {
            counts.append(Self.drain(&quota, from: Self.startMs + second * 1_000, for: 1_000))
        }
        for second in 0..<60 {
            let expected = (Double(second) + 0.5) / 60 * 1_000
            #expect(abs(Double(counts[second]) - expected) < 12, "second \(second): \(counts[second])")
        }
        for second in 60..<70 { #expect(abs(counts[second] - 1_000) <= 12) }
    }

    @Test("the first message leaves at once, however slow the rate")
    func first() {
        var quota = Self.quota(1, rampUp: .seconds(60))
        #expect(quota.take(nowMs: Self.startMs) == .admitted)
        guard case .notBefore(let nextMs) = quota.take(nowMs: Self.startMs) else {
            Issue.record("a second one was admitted")
            return
        }
        #expect(nextMs > Self.startMs + 60_000)
    }

    @Test("a refusal names the time from which the next is admitted", arguments: [31, 32, 33] as [UInt64])
    func nextTime(seed: UInt64) {
        var random = SplitMix64(state: seed)
        var quota = Self.quota(Int.random(in: 1...600_000, using: &random), rampUp: .seconds(20))
        var nowMs = Self.startMs
        for step in 0..<2_000 {
            guard case .notBefore(let nextMs) = quota.take(nowMs: nowMs) else { continue }
            #expect(nextMs > nowMs)
            if nextMs - nowMs > 1 {
                // In a copy: who comes before its time is given another one.
                var early = quota
                #expect(early.take(nowMs: nextMs - 2) != .admitted, "seed \(seed), step \(step)")
            }
            #expect(quota.take(nowMs: nextMs) == .admitted, "seed \(seed), step \(step)")
            nowMs = nextMs
        }
    }

    @Test("many that come at once are given times of their own: each comes back about once, and none waits too long")
    func ownTimes() {
        var quota = Self.quota(6_000)
        var due = [Int64: Int]()
        due[Self.startMs] = 1_000
        var takes = 0
        var lastMs = Self.startMs
        while let nowMs = due.keys.min(), let count = due.removeValue(forKey: nowMs) {
            for _ in 0..<count {
                takes += 1
                switch quota.take(nowMs: nowMs) {
                case .admitted: lastMs = nowMs
                case .notBefore(let ms): due[ms, default: 0] += 1
                }
            }
        }
        // All but the first few wait; a hundred leave in each second.
        #expect(takes <= 2_200, "\(takes) calls for 1,000 messages")
        #expect(lastMs - Self.startMs <= 10_200, "\(lastMs - Self.startMs) ms")
    }

    @Test("those who were given times and never came keep the later ones waiting for seconds at most")
    func dropped() {
        var quota = Self.quota(6_000)
        for _ in 0..<100_000 { _ = quota.take(nowMs: Self.startMs) }
        for step in 1...100 as ClosedRange<Int64> {
            let nowMs = Self.startMs + step * 1_000
            #expect(quota.take(nowMs: nowMs) == .admitted)
            while case .admitted = quota.take(nowMs: nowMs) {}
            guard case .notBefore(let ms) = quota.take(nowMs: nowMs) else { continue }
            #expect(ms - nowMs <= 11_000)
        }
    }

    @Test("what is not used within a tenth of a second is lost")
    func noBursts() {
        var quota = Self.quota(600_000)
        _ = Self.drain(&quota, from: Self.startMs, for: 1_000)
        var burst = 0
        while quota.take(nowMs: Self.startMs + 1_900) == .admitted { burst += 1 }
        #expect((990...1_000).contains(burst))
    }

    @Test(
        "after an idle time as long as the ramp the rate grows from nothing again",
        arguments: [(60_000, false), (60_001, true)]
    )
    func idle(pauseMs: Int64, isNew: Bool) {
        var quota = Self.quota(600_000, rampUp: .seconds(60))
        _ = Self.drain(&quota, from: Self.startMs, for: 120_000)
        let lastMs = Self.startMs + 119_990
        var burst = 0
        while quota.take(nowMs: lastMs + pauseMs) == .admitted { burst += 1 }
        #expect((burst == 1) == isNew)
    }

    @Test(
        "a quota that is used up closes for what the answer names, or for a minute",
        arguments: [
            (nil, 60_000), (.seconds(7), 7_000), (.seconds(0), 0), (.seconds(1_000_000), 3_600_000),
            (.seconds(Int64.max), 3_600_000),
        ]
            as [(Duration?, Int64)]
    )
    func exceeded(retryAfter: Duration?, closedMs: Int64) {
        var quota = Self.quota(600_000)
        _ = Self.drain(&quota, from: Self.startMs, for: 1_000)
        let nowMs = Self.startMs + 1_000
        quota.exceeded(retryAfter: retryAfter, nowMs: nowMs)
        if closedMs > 0 {
            #expect(quota.take(nowMs: nowMs) == .notBefore(nowMs + closedMs))
            #expect(quota.take(nowMs: nowMs + closedMs - 1) == .notBefore(nowMs + closedMs))
        }
        #expect(quota.take(nowMs: nowMs + closedMs) == .admitted)
    }

    @Test("many answers about one shortage close until the latest time that they name, and the rate then grows anew")
    func manyAnswers() {
        var quota = Self.quota(600_000, rampUp: .seconds(60))
        _ = Self.drain(&quota, from: Self.startMs, for: 90_000)
        let nowMs = Self.startMs + 90_000
        for seconds in [3, 20, 1] as [Int64] { quota.exceeded(retryAfter: .seconds(seconds), nowMs: nowMs) }
        #expect(quota.take(nowMs: nowMs + 19_999) == .notBefore(nowMs + 20_000))
        #expect(Self.drain(&quota, from: nowMs + 20_000, for: 1_000) < 100)
    }

    @Test("a clock that is set back neither blocks nor opens the quota")
    func clockSetBack() {
        var quota = Self.quota(6_000)
        _ = Self.drain(&quota, from: Self.startMs, for: 10_000)
        let back = Self.startMs - 86_400_000
        #expect(abs(Self.drain(&quota, from: back, for: 10_000) - 1_000) <= 2)
        quota.exceeded(retryAfter: nil, nowMs: Self.startMs)
        #expect(quota.take(nowMs: back) == .admitted)
    }
}
