import Testing

@testable import HTTP2

/// SplitMix64: the same numbers from the same seed everywhere.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

@Suite("Deadlines, timers, backoff")
struct DeadlineTests {
    @Test(
        "The wheel gives each entry once, never early, at most a tick late",
        arguments: [1, 2, 3, UInt64.random(in: 4...9999)]
    )
    func wheel(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let tick = DeadlineWheel.tickNanoseconds
        var now = MonotonicInstant(nanoseconds: Int64.random(in: 0...1_000_000_000_000, using: &random))
        var wheel = DeadlineWheel(now: now)
        var expected: [Int32: MonotonicInstant] = [:]
        for _ in 0..<3000 {
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let index = Int32.random(in: 0..<500, using: &random)
                guard expected[index] == nil else { continue }
                let deadline = now + .milliseconds(Int.random(in: -50...30_000, using: &random))
                wheel.insert(index, deadline: deadline)
                // One that had passed when it was entered counts from then.
                expected[index] = max(deadline, now)
            }
            if let index = expected.keys.min(), Bool.random(using: &random) {
                wheel.remove(index)
                wheel.remove(index)
                expected[index] = nil
            }
            let limit = wheel.nextLook
            now = now + .microseconds(Int.random(in: 0...60_000, using: &random))
            for index in wheel.expire(now: now) {
                let deadline = expected.removeValue(forKey: index)
                #expect(deadline.map { $0 <= now } == true, "seed \(seed)")
                #expect(limit.map { $0 <= now } == true, "nextLook was too late, seed \(seed)")
            }
            let late = expected.values.filter { $0.nanoseconds + tick < now.nanoseconds - tick }
            #expect(late.isEmpty && wheel.count == expected.count, "seed \(seed)")
        }
    }

    @Test("The heap gives timers in order and forgets removed ones", arguments: [1, 2, UInt64.random(in: 3...9999)])
    func heap(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var heap = TimerHeap()
        var expected: [UInt64: Int64] = [:]
        var fired: [UInt64] = []
        let numbers = Reference<[Int: UInt64]>([:])
        for number in 0..<2000 {
            let due = Int64.random(in: 0...10_000, using: &random)
            let key = heap.insert(at: .init(nanoseconds: due)) { fired.append(numbers.value[number] ?? .max) }
            numbers.value[number] = key
            expected[key] = due
            if Int.random(in: 0..<3, using: &random) > 0, let victim = expected.keys.min() {
                heap.remove(victim)
                expected[victim] = nil
            }
        }
        #expect(heap.nextDue?.nanoseconds == expected.values.min())
        while let action = heap.popDue(at: .init(nanoseconds: 5000)) { action() }
        let due = expected.filter { $0.value <= 5000 }
        #expect(Set(fired) == Set(due.keys) && fired.count == due.count, "seed \(seed)")
        let instants = fired.compactMap { expected[$0] }
        #expect(instants == instants.sorted(), "seed \(seed)")
    }

    @Test("Backoff doubles its limit up to the end, draws from all of it, and starts again after success")
    func backoff() {
        var random = SeededRandom(seed: 7)
        for (failures, limit) in [(0, 100), (1, 200), (3, 800), (9, 1000), (200, 1000)] {
            var longest = Duration.zero
            for _ in 0..<200 {
                var backoff = Backoff(base: .milliseconds(100), max: .milliseconds(1000))
                for _ in 0..<failures { _ = backoff.next(using: &random) }
                longest = max(longest, backoff.next(using: &random))
                backoff.reset()
                #expect(backoff.next(using: &random) <= .milliseconds(100))
            }
            #expect(longest <= .milliseconds(limit) && longest > .milliseconds(limit * 8 / 10))
        }
    }

    @Test(
        "Instants stop at the distant future instead of overflowing",
        arguments: [Duration.seconds(Int64.max), .seconds(400 * 365 * 86_400)]
    )
    func overflow(duration: Duration) {
        #expect(MonotonicInstant.now() + duration == .distantFuture)
    }

    @Test("Sleeps are rounded up to whole milliseconds, so that a timer is never found early")
    func rounding() {
        #expect(Duration.nanoseconds(1).pollMilliseconds == 1)
        #expect(Duration.milliseconds(5).pollMilliseconds == 5)
        #expect(Duration.seconds(-1).pollMilliseconds == 0)
        #expect(Duration.seconds(Int64.max).pollMilliseconds == Int32.max)
    }
}
