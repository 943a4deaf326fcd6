import Testing

@testable import PushCore

@Suite("Dispatch: retries")
struct RetryTests {
    private let again = Verdict.retry(.serviceUnavailable, after: nil)

    @Test("a wait lies between nothing and the doubled base, at most the cap", arguments: [1, 2, 3] as [UInt64])
    func jitter(_ seed: UInt64) {
        let policy = RetryPolicy(budgetMs: 1, baseMs: 100, capMs: 1500)
        var random = SeededGenerator(seed: seed)
        #expect((0..<100).allSatisfy { _ in policy.delayMs(afterFailures: 0, using: &random) == 0 })
        for (failures, most) in [(1, 100), (2, 200), (3, 400), (4, 800), (5, 1500), (6, 1500), (1000, 1500)] {
            let delays = (0..<400).map { _ in policy.delayMs(afterFailures: failures, using: &random) }
            #expect(delays.allSatisfy { $0 >= 0 && $0 <= most }, "seed \(seed)")
            #expect((delays.max() ?? 0) > most * 9 / 10 && (delays.min() ?? .max) < most / 10, "seed \(seed)")
        }
    }

    @Test("a provider's delay is waited for in full, and the jitter comes on top", arguments: [1, 2, 3] as [UInt64])
    func retryAfter(_ seed: UInt64) throws {
        var bench = DispatchBench(RetryPolicy(budgetMs: 300_000, baseMs: 500, capMs: 30_000))
        bench.random = SeededGenerator(seed: seed)
        let ticket = try bench.begin()
        let start = bench.nowMs
        #expect(try bench.answer(ticket, .retry(.tooManyRequests, after: .seconds(20)), status: 429).isWait)
        let due = try #require(bench.core.nextDueMs)
        #expect(due >= start + 20_000 && due <= start + 20_500, "seed \(seed)")
        #expect(bench.core.due(nowMs: due - 1).isEmpty)
        #expect(try bench.skip().ticket == ticket)
    }

    @Test(
        "a delivery is handed back when its budget is used up, with the last reason",
        arguments: [1, 2, 3, 4] as [UInt64]
    )
    func budget(_ seed: UInt64) throws {
        var bench = DispatchBench(RetryPolicy(budgetMs: 60_000, baseMs: 500, capMs: 5000))
        bench.random = SeededGenerator(seed: seed)
        let start = bench.nowMs
        let ticket = try bench.begin()
        var attempts: Int64 = 0
        while true {
            attempts += 1
            bench.nowMs += 20
            let step = try bench.answer(ticket, again, status: 503, reason: "ServiceUnavailable")
            if step.isWait {
                #expect(try bench.skip().ticket == ticket, "seed \(seed)")
                continue
            }
            let (receipt, _, delivery) = try step.handBack
            #expect(receipt.text("outcome") == "deferred" && receipt.text("reason") == "service_unavailable")
            #expect(Int64(delivery.attempts) == attempts, "seed \(seed)")
            #expect(receipt.json.member("attempts")?.intValue == attempts, "seed \(seed)")
            break
        }
        #expect(bench.nowMs >= start + 60_000 && bench.nowMs < start + 60_100, "seed \(seed)")
        #expect(attempts > 10, "seed \(seed)")
    }

    @Test("the last attempt is made although the wake-up for it comes late")
    func lateWakeUp() throws {
        var bench = DispatchBench(RetryPolicy(budgetMs: 1000, baseMs: 5000, capMs: 5000))
        bench.random = SeededGenerator(seed: 2)
        let ticket = try bench.begin()
        bench.nowMs += 990
        #expect(try bench.answer(ticket, again, status: 503).isWait)
        bench.nowMs += 30
        #expect(try bench.skip().ticket == ticket)
        #expect(
            try bench.answer(ticket, .accepted(providerMessageID: nil), status: 200).receipt.text("outcome")
                == "accepted"
        )
    }

    @Test("without a budget a delivery is tried once")
    func noBudget() throws {
        var bench = DispatchBench(RetryPolicy(budgetMs: 0))
        let ticket = try bench.begin()
        let (receipt, _, delivery) = try bench.answer(ticket, again, status: 503).handBack
        #expect(receipt.text("outcome") == "deferred" && receipt.json.member("attempts")?.intValue == 1)
        #expect(delivery.attempts == 1 && delivery.handBacks == 1)
    }

    @Test("a fresh credential is tried although the budget is used up")
    func reauthenticationAtTheEnd() throws {
        var bench = DispatchBench(RetryPolicy(budgetMs: 1000))
        let ticket = try bench.begin()
        bench.nowMs += 1000
        let renewed = try bench.answer(ticket, .reauthenticate(.expiredProviderToken), status: 403).ticket
        let receipt = try bench.answer(renewed, again, status: 503).handBack.receipt
        #expect(receipt.text("outcome") == "deferred" && receipt.text("reason") == "service_unavailable")
    }

    @Test("a delay beyond a long lifetime expires at once; what can be back in time is handed back until then")
    func delayTooLong() throws {
        let cases: [(Int64, Int64, String)] = [(400_000, 450, "expired"), (50_000, 2, "deferred")]
        for (lifetimeMs, afterS, outcome) in cases {
            var bench = DispatchBench(RetryPolicy(budgetMs: 1000))
            var notification = Make.notification()
            notification.expiresAtMs = bench.nowMs + lifetimeMs
            let ticket = try bench.begin(Make.delivery(notification))
            let step = try bench.answer(ticket, .retry(.tooManyRequests, after: .seconds(afterS)), status: 429)
            let receipt = try outcome == "deferred" ? step.handBack.receipt : step.receipt
            #expect(receipt.text("outcome") == outcome)
            if outcome == "deferred" {
                let notBeforeMs = try step.handBack.schedule.notBeforeMs
                #expect(notBeforeMs == notification.expiresAtMs - 1000, "in time for its last attempts")
            }
        }
    }

    @Test("in its last minutes a delivery is tried to its end, and does not end before")
    func triedToTheEnd() throws {
        // What the provider names, and how many attempts there are at least in 40 seconds.
        for (after, attempts) in [(nil, 5), (10, 3), (39, 2), (41, 1)] as [(Int64?, Int)] {
            var bench = DispatchBench()
            var notification = Make.notification()
            notification.expiresAtMs = bench.nowMs + 40_000
            var ticket = try bench.begin(Make.delivery(notification))
            let verdict = Verdict.retry(.serviceUnavailable, after: after.map { .seconds($0) })
            while true {
                #expect(try bench.answer(ticket, verdict, status: 503).isWait)
                let step = try bench.skip()
                guard let next = try? step.ticket else {
                    let receipt = try step.receipt
                    #expect(receipt.text("outcome") == "expired" && bench.nowMs >= notification.expiresAtMs)
                    #expect(receipt.text("provider_reason") != nil || receipt.json.member("provider_status") != nil)
                    let made = try #require(receipt.json.member("attempts")?.intValue)
                    #expect(made >= attempts, "after \(after as Any)")
                    break
                }
                ticket = next
            }
        }
    }

    @Test(
        "no delay that a provider names is too long to be reckoned with",
        arguments: [Int64.max, Int64.max / 1000, Int64.max / 1000 - 1, Int64.max / 2000]
    )
    func absurdDelay(_ seconds: Int64) throws {
        var bench = DispatchBench()
        let step = try bench.answer(try bench.begin(), .retry(.tooManyRequests, after: .seconds(seconds)), status: 429)
        #expect(try step.receipt.text("outcome") == "expired")
    }

    @Test("a delivery expires while it waits")
    func expiresWaiting() throws {
        var bench = DispatchBench()
        var notification = Make.notification()
        notification.expiresAtMs = bench.nowMs + 100
        let ticket = try bench.begin(Make.delivery(notification))
        #expect(try bench.answer(ticket, again, status: 503).isWait)
        bench.nowMs += 100
        let receipt = try bench.skip().receipt
        #expect(receipt.text("outcome") == "expired" && receipt.text("reason") == "ttl_passed")
        #expect(receipt.json.member("attempts")?.intValue == 1)
    }

    @Test("a lost connection is tried again")
    func reconnect() throws {
        var bench = DispatchBench()
        let ticket = try bench.begin()
        #expect(try bench.answer(ticket, .reconnect(.idleTimeout), status: 400).isWait)
        #expect(try bench.skip().ticket == ticket)
    }
}

@Suite("Dispatch: what is given up")
struct AbandonTests {
    private func delivery(_ event: String) -> Delivery { Make.delivery(Make.notification(event: event)) }

    @Test("waiting deliveries are given up alone, those under way with the lane")
    func abandon() throws {
        var bench = DispatchBench()
        let waiting = try bench.begin(delivery("e1"))
        #expect(try bench.end(waiting, .notProcessed(.connectionLost)).isWait)
        let sent = try bench.begin(delivery("e2"))
        let elsewhere = try bench.begin(delivery("e3"), lane: 2)
        let first = bench.core.abandon(lane: 1, waitingOnly: true)
        #expect(first.tickets == [waiting] && !first.anyUncertain)
        let second = bench.core.abandon(lane: 1, waitingOnly: false)
        #expect(second.tickets == [sent] && second.anyUncertain)
        #expect(bench.core.count == 1 && bench.core.delivery(elsewhere) != nil)
        #expect(bench.core.due(nowMs: .max).isEmpty)
    }

    @Test("a waiting delivery that may have been sent makes the lane uncertain")
    func uncertain() throws {
        var bench = DispatchBench()
        _ = try bench.end(try bench.begin(), .unknown(.timeout))
        #expect(bench.core.abandon(lane: 1, waitingOnly: true).anyUncertain)
    }

    @Test("the answer to an abandoned attempt is nobody's, although its place is used again")
    func generations() throws {
        var bench = DispatchBench()
        let old = try bench.begin(delivery("e1"))
        _ = bench.core.abandon(lane: 1, waitingOnly: false)
        let new = try bench.begin(delivery("e2"))
        #expect(new != old && new.rawValue & 0xFFFF_FFFF == old.rawValue & 0xFFFF_FFFF)
        #expect(bench.core.delivery(old) == nil)
        let accepted = AttemptEnd.answered(.accepted(providerMessageID: nil), .init(status: 200, reason: nil))
        #expect(bench.core.attemptEnded(old, accepted, nowMs: bench.nowMs, using: &bench.random) == nil)
        #expect(bench.core.delivery(new)?.record == delivery("e2"))
        let stranger = DispatchCore.Ticket(rawValue: 1 << 32 | 999)
        #expect(bench.core.attemptEnded(stranger, accepted, nowMs: bench.nowMs, using: &bench.random) == nil)
    }

    @Test("the wait of an abandoned delivery does not wake the one in its place")
    func staleWait() throws {
        var bench = DispatchBench()
        _ = try bench.end(try bench.begin(delivery("e1")), .notProcessed(.timeout))
        _ = bench.core.abandon(lane: 1, waitingOnly: false)
        _ = try bench.begin(delivery("e2"))
        #expect(bench.core.due(nowMs: bench.nowMs + 1_000_000).isEmpty)
    }

    @Test("an abandoned delivery may be taken again")
    func takenAgain() throws {
        var bench = DispatchBench()
        _ = try bench.begin()
        _ = bench.core.abandon(lane: 1, waitingOnly: false)
        #expect(throws: Never.self) { try bench.begin(lane: 2) }
    }

    @Test("when an app is mended, what waited for it is due; what waits for its own sake, or for another app, is not")
    func mended() throws {
        var bench = DispatchBench(RetryPolicy(budgetMs: 600_000, baseMs: 500, capMs: 30_000))
        let expiresAtMs = bench.nowMs + 3_600_000
        func delivery(_ number: Int, app: String = "com.example.shop") -> Delivery {
            var delivery = Make.delivery()
            delivery.idLow = UInt64(number)
            delivery.notification.collapseKey = ""
            delivery.notification.expiresAtMs = expiresAtMs
            delivery.device.app = app
            return delivery
        }
        let held = try bench.begin(delivery(1))
        let refused = try bench.begin(delivery(2))
        let throttled = try bench.begin(delivery(3))
        let other = try bench.begin(delivery(4, app: "com.example.other"))
        #expect(try bench.end(held, .held(.badTopic, untilMs: bench.nowMs + 300_000)).isWait)
        #expect(try bench.end(other, .held(.badTopic, untilMs: bench.nowMs + 300_000)).isWait)
        #expect(try bench.answer(throttled, .retry(.tooManyRequests, after: .seconds(200)), status: 429).isWait)
        for _ in 0..<8 {
            #expect(try bench.answer(refused, .configuration(.badTopic), status: 400).isWait)
            #expect(try bench.skip().ticket == refused)
        }
        #expect(try bench.answer(refused, .configuration(.badTopic), status: 400).isWait)
        bench.mended(app: "com.example.shop")
        bench.nowMs += 500
        #expect(try Set(bench.core.due(nowMs: bench.nowMs).map { try $0.ticket }) == [held, refused])
        // Their former waits do not come up as well.
        bench.nowMs += 199_000
        #expect(try bench.core.due(nowMs: bench.nowMs).map { try $0.ticket } == [throttled])
        bench.nowMs += 200_000
        #expect(try bench.core.due(nowMs: bench.nowMs).map { try $0.ticket } == [other])
    }
}
