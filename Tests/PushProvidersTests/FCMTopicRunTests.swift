import PushCore
import PushProviders
import Testing

@Suite("Many calls about topic subscriptions")
struct FCMTopicRunTests {
    private static let done = Verdict.accepted(providerMessageID: nil)
    private static let busy = Verdict.retry(.serviceUnavailable, after: .seconds(10))

    private static func limits(_ change: (inout FCMTopicRun.Limits) -> Void) -> FCMTopicRun.Limits {
        var limits = FCMTopicRun.Limits()
        change(&limits)
        return limits
    }

    private static func tokens(_ count: Int) -> [String] { (0..<count).map { "token-\($0)" } }

    /// All calls that can be made at this time.
    private func calls(_ run: inout FCMTopicRun, _ nowMs: Int64) -> ([FCMTopicRun.Call], FCMTopicRun.Step) {
        var calls: [FCMTopicRun.Call] = []
        while true {
            let step = run.next(nowMs: nowMs)
            guard case .call(let call) = step else { return (calls, step) }
            calls.append(call)
        }
    }

    @Test("at most a hundred calls are under way, each about one registration, and each ends once")
    func concurrency() {
        var run = FCMTopicRun(registrations: Self.tokens(250))
        var seen: [Int] = []
        while true {
            let (calls, step) = calls(&run, 0)
            if calls.isEmpty { #expect(step == .done) }
            if step == .done { break }
            #expect(calls.count <= 100 && step == .wait(untilMs: nil))
            for call in calls {
                #expect(call.registrations.count == 1)
                seen += call.registrations
                run.ended(call, verdicts: [Self.done], nowMs: 0, spread: 0)
            }
        }
        #expect(seen == Array(0..<250))
        #expect(run.verdicts == Array(repeating: Self.done, count: 250))
    }

    @Test("the older calls take a thousand; those of a batch that are to be asked again are asked again alone")
    func batches() throws {
        var run = FCMTopicRun(registrations: Self.tokens(2_500), limits: Self.limits { $0.batch = 1_000 })
        let (calls, _) = calls(&run, 0)
        #expect(calls.map(\.registrations.count) == [1_000, 1_000, 500])
        var verdicts = Array(repeating: Self.done, count: 500)
        verdicts[7] = Self.busy
        run.ended(calls[2], verdicts: verdicts, nowMs: 0, spread: 0)
        for call in calls.prefix(2) {
            run.ended(call, verdicts: Array(repeating: Self.done, count: 1_000), nowMs: 0, spread: 0)
        }
        #expect(run.next(nowMs: 9_999) == .wait(untilMs: 10_000))
        guard case .call(let again) = run.next(nowMs: 10_000) else {
            Issue.record("it is due")
            return
        }
        #expect(again.registrations == [2_007] && again.attempt == 2)
        run.ended(again, verdicts: [Self.done], nowMs: 10_000, spread: 0)
        #expect(run.next(nowMs: 10_000) == .done)
    }

    @Test("what cannot be an address is not asked about, and spoils no batch")
    func invalid() {
        var run = FCMTopicRun(registrations: ["a", "b c", "", "d"], limits: Self.limits { $0.batch = 1_000 })
        let (calls, _) = calls(&run, 0)
        #expect(calls.map(\.registrations) == [[0, 3]])
        #expect(run.verdicts[1] == .addressDead(.badDeviceToken, invalidSinceMs: nil))
        #expect(run.verdicts[2] == .badRequest(.missingDeviceToken))
    }

    @Test("waits double, are spread, are never shorter than what was asked for, and come to an end")
    func waits() {
        var run = FCMTopicRun(registrations: ["a"])
        var nowMs: Int64 = 0
        for wait in [10_000, 20_000, 40_000] as [Int64] {
            guard case .call(let call) = run.next(nowMs: nowMs) else {
                Issue.record("it is due at \(nowMs)")
                return
            }
            run.ended(call, verdicts: [Self.busy], nowMs: nowMs, spread: 0.5)
            #expect(run.next(nowMs: nowMs) == .wait(untilMs: nowMs + wait + wait / 4))
            nowMs += wait + wait / 4
        }
        guard case .call(let last) = run.next(nowMs: nowMs) else {
            Issue.record("it is due")
            return
        }
        #expect(last.attempt == 4)
        run.ended(last, verdicts: [Self.busy], nowMs: nowMs, spread: 0)
        #expect(run.next(nowMs: nowMs) == .done && run.verdicts == [Self.busy])
    }

    @Test("what asks for a longer wait than a command has is given up at once")
    func patience() {
        let verdict = Verdict.retry(.serviceUnavailable, after: .seconds(3_600))
        var run = FCMTopicRun(registrations: ["a"])
        let (calls, _) = calls(&run, 0)
        run.ended(calls[0], verdicts: [verdict], nowMs: 0, spread: 0)
        #expect(run.next(nowMs: 0) == .done && run.verdicts == [verdict])
    }

    @Test(
        "a rate that is used up holds the other registrations too",
        arguments: [Reason.quotaExceeded, .tooManyRequests]
    )
    func rate(reason: Reason) {
        var run = FCMTopicRun(registrations: ["a", "b"], limits: Self.limits { $0.callsMax = 1 })
        let (calls, _) = calls(&run, 0)
        run.ended(calls[0], verdicts: [.retry(reason, after: .seconds(60))], nowMs: 0, spread: 0)
        #expect(run.next(nowMs: 59_999) == .wait(untilMs: 60_000))
        // The one that was refused comes first.
        guard case .call(let again) = run.next(nowMs: 60_000) else {
            Issue.record("it is due")
            return
        }
        #expect(again.registrations == [0])
    }

    @Test("a clock that is set back holds nothing for longer than the longest wait")
    func clock() {
        var run = FCMTopicRun(registrations: ["a"])
        let (calls, _) = calls(&run, 1_000_000_000)
        run.ended(calls[0], verdicts: [.retry(.quotaExceeded, after: .seconds(60))], nowMs: 1_000_000_000, spread: 0)
        guard case .call = run.next(nowMs: 0) else {
            Issue.record("it is due")
            return
        }
    }

    @Test("where the project itself is refused, the rest is not asked; what is under way still counts")
    func refused() {
        var run = FCMTopicRun(registrations: Self.tokens(5), limits: Self.limits { $0.callsMax = 2 })
        let (calls, _) = calls(&run, 0)
        run.ended(calls[0], verdicts: [.configuration(.forbidden)], nowMs: 0, spread: 0)
        #expect(run.next(nowMs: 0) == .wait(untilMs: nil))
        run.ended(calls[1], verdicts: [Self.done], nowMs: 0, spread: 0)
        #expect(run.next(nowMs: 0) == .done)
        #expect(run.verdicts[1] == Self.done)
        #expect([0, 2, 3, 4].allSatisfy { run.verdicts[$0] == .configuration(.forbidden) })
    }

    @Test("a fresh access token is asked with at once")
    func reauthentication() {
        var run = FCMTopicRun(registrations: ["a"])
        for attempt in 1...4 {
            guard case .call(let call) = run.next(nowMs: 0) else {
                Issue.record("attempt \(attempt) is due")
                return
            }
            run.ended(call, verdicts: [.reauthenticate(.unauthenticated)], nowMs: 0, spread: 0)
        }
        #expect(run.next(nowMs: 0) == .done)
    }

    @Test("another page of the same answer is no other attempt")
    func pages() {
        var run = FCMTopicRun(registrations: ["a"])
        for _ in 1...10 {
            guard case .call(let call) = run.next(nowMs: 0) else {
                Issue.record("it is due")
                return
            }
            #expect(call.attempt == 1)
            run.goOn(call, nowMs: 0)
        }
    }

    @Test("a run that is stopped is done as soon as nothing is under way, also where nothing ever was")
    func stopped() {
        let verdict = Verdict.configuration(.credentialRejected)
        var idle = FCMTopicRun(registrations: ["a", "b"])
        #expect(!idle.isDone)
        idle.stop(verdict)
        #expect(idle.isDone && idle.verdicts == [verdict, verdict])
        var busy = FCMTopicRun(registrations: ["a", "b"], limits: Self.limits { $0.callsMax = 1 })
        let (calls, _) = calls(&busy, 0)
        busy.stop(verdict)
        #expect(!busy.isDone)
        busy.ended(calls[0], verdicts: [Self.done], nowMs: 0, spread: 0)
        #expect(busy.isDone && busy.verdicts == [Self.done, verdict])
        #expect(FCMTopicRun(registrations: ["a b"]).isDone)
    }
}
