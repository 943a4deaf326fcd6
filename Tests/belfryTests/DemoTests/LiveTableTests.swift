import PushPipeline
import Testing

@testable import belfry

struct LiveTableTests {
    private static let terminal = Terminal(isInteractive: true, hasColour: false, columns: 100)

    private static var moment: LiveTable.Moment {
        var numbers = LiveNumbers()
        numbers.eventsPlayed = 12_000
        numbers.matched = 11_000
        numbers.unmatched = 980
        numbers.deadLettered = 12
        numbers.notifications = 14_321
        numbers.attempts = 15_000
        numbers.outcomes = [
            .init(name: "suppressed", reason: "rate_limited"): 40, .init(name: "accepted", reason: ""): 14_000,
            .init(name: "suppressed", reason: "duplicate"): 7,
        ]
        numbers.underWay = 123
        numbers.p50Ms = 12.4
        numbers.p99Ms = 12_345
        return LiveTable.Moment(numbers: numbers, eventsTotal: 20_000, elapsedSeconds: 12.04, eventsPerSecond: 999.6)
    }

    @Test("The table has a row for each number, outcomes sorted by kind and reason")
    func rows() {
        let lines = LiveTable(terminal: Self.terminal).lines(Self.moment)
        #expect(
            lines == [
                "██████████████░░░░░░░░░░  60 %  12.0 s",
                "events              12,000  1,000/s",
                "  matched           11,000",
                "  unmatched            980",
                "  dead letters          12",
                "notifications       14,321",
                "attempts            15,000  at the provider",
                "  accepted          14,000",
                "  suppressed             7  duplicate",
                "  suppressed            40  rate_limited",
                "under way              123",
                "latency              12 ms  median, event to receipt; p99 12.3 s",
            ]
        )
    }

    @Test("Without a terminal the same is one line, with the reasons of an outcome added up")
    func plainLine() {
        #expect(
            LiveTable.plainLine(Self.moment)
                == "12.0 s  events 12,000 of 20,000 (1,000/s), notifications 14,321, attempts 15,000, accepted 14,000, "
                + "suppressed 47, under way 123, p50 12 ms, p99 12.3 s"
        )
    }

    @Test(
        "A bar is as full as its share, and never fuller than full",
        arguments: [
            (0, 10, "░░░░   0 %"), (5, 10, "██░░  50 %"), (10, 10, "████ 100 %"), (12, 10, "████ 100 %"),
            (0, 0, "░░░░   0 %"),
        ]
    )
    func bar(count: Int, total: Int, expected: String) {
        #expect(LiveTable.bar(count, of: total, width: 4) == expected)
    }

    @Test("Escape sequences appear only where colour is wanted", arguments: [true, false])
    func colour(isWanted: Bool) {
        let terminal = Terminal(isInteractive: true, hasColour: isWanted, columns: 100)
        let lines = LiveTable(terminal: terminal).lines(Self.moment)
        #expect(lines.contains { $0.contains("\u{1B}") } == isWanted)
    }

    @Test("NO_COLOR that is not empty takes the colours away")
    func noColour() {
        #expect(!Terminal.standardOutput(environment: ["TERM": "xterm", "NO_COLOR": "1"]).hasColour)
    }

    @Test(
        "Numbers are grouped by three",
        arguments: [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567"), (-1_000, "-1,000")]
    )
    func grouped(number: Int, text: String) {
        #expect(number.grouped == text)
    }

    @Test("The rate is that of the last seconds, not of the whole run")
    func rate() {
        var meter = RateMeter()
        #expect(meter.perSecond == 0)
        for second in 0...10 { meter.note(second < 5 ? 0 : (second - 5) * 100, seconds: Double(second)) }
        #expect(meter.perSecond == 100)
    }
}

struct LiveNumbersTests {
    @Test("Numbers come from the metrics, added up over stages and providers")
    func fromMetrics() {
        let metrics = Metrics()
        metrics.add(Series(.events, ["disposition": "matched"]), 5)
        metrics.add(Series(.events, ["disposition": "dead_lettered"]), 1)
        metrics.add(Series(.events, ["disposition": "registration"]), 9)
        metrics.add(Series(.commands, ["disposition": "admitted"]), 3)
        metrics.add(Series(.commands, ["disposition": "ended"]), 2)
        metrics.add(Series(.commands, ["disposition": "applied"]), 18)
        metrics.add(Series(.outcomes, ["provider": "apns", "outcome": "accepted", "reason": ""]), 4)
        metrics.add(Series(.outcomes, ["provider": "fcm", "outcome": "accepted", "reason": ""]), 2)
        metrics.set(Series(.underWay, ["stage": "rules"]), 1)
        metrics.set(Series(.underWay, ["stage": "users"]), 2)
        let numbers = LiveNumbers(metrics, eventsPlayed: 6)
        #expect(numbers.eventsDecided == 6)
        #expect(numbers.registrations == 9)
        #expect(numbers.decided == 5)
        #expect(numbers.applied == 18)
        #expect(numbers.outcomes == [.init(name: "accepted", reason: ""): 6])
        #expect(numbers.underWay == 3)
    }

    private static var complete: LiveNumbers {
        var numbers = LiveNumbers()
        numbers.matched = 10
        numbers.notifications = 12
        numbers.decided = 12
        return numbers
    }

    /// What is answered to these numbers at these times, in milliseconds.
    private func answers(_ moments: [(numbers: LiveNumbers, ms: Int64)]) -> [Bool] {
        var quiet = Quiet(events: 10)
        return moments.map { quiet.isReached($0.numbers, nowMs: $0.ms) }
    }

    @Test("Quiet is reached when the sums match and nothing has moved for a while")
    func quiet() {
        let times = [0, Quiet.quietMs - 1, Quiet.quietMs]
        #expect(answers(times.map { (Self.complete, $0) }) == [false, false, true])
    }

    @Test("Whatever moves begins the wait again")
    func movement() {
        var later = Self.complete
        later.attempts = 1
        let moved = [Quiet.quietMs, 2 * Quiet.quietMs - 1, 2 * Quiet.quietMs].map { (later, $0) }
        #expect(answers([(Self.complete, 0)] + moved) == [false, false, false, true])
    }

    @Test(
        "It is not quiet while something is missing",
        arguments: [
            { (numbers: inout LiveNumbers) in numbers.matched = 9 }, { numbers in numbers.decided = 11 },
            { numbers in numbers.underWay = 1 },
        ] as [@Sendable (inout LiveNumbers) -> Void]
    )
    func incomplete(change: @Sendable (inout LiveNumbers) -> Void) {
        var numbers = Self.complete
        change(&numbers)
        #expect(
            answers([(numbers, 0), (numbers, 5 * Quiet.quietMs), (numbers, 10 * Quiet.quietMs)]) == [
                false, false, false,
            ]
        )
    }
}
