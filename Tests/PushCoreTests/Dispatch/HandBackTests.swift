import SwiftProtobuf
import Testing

@testable import PushCore

@Suite("Dispatch: hand-backs to the users stage")
struct HandBackTests {
    private let minutes = Verdict.retry(.tooManyRequests, after: .seconds(450))

    @Test("a delay beyond the budget hands back: the receipt first, then the delivery with what was done for it")
    func handBack() throws {
        var bench = DispatchBench()
        let delivery = Make.delivery()
        let ticket = try bench.begin(delivery, mayHaveBeenSent: true)
        let step = try bench.answer(ticket, minutes, status: 429)
        let (receipt, schedule, handed) = try step.handBack
        #expect(receipt.topic == .receipts && receipt.text("outcome") == "deferred")
        #expect(receipt.text("reason") == "too_many_requests" && schedule.reason == "too_many_requests")
        #expect(schedule.notBeforeMs >= bench.nowMs + 450_000 && schedule.notBeforeMs <= bench.nowMs + 450_500)
        var expected = delivery
        expected.attempts = 1
        expected.sentAtMs = bench.nowMs
        expected.possibleDuplicate = true
        expected.handBacks = 1
        #expect(handed == expected)
        #expect(try step.effects.outputs.first?.keyText == "u:ann")
        #expect(step.ending?.outcome == .deferred && bench.core.count == 0 && bench.core.nextDueMs == nil)
    }

    @Test("each hand-back has a receipt of its own, the same when it is repeated, and none is the final one")
    func receiptIDs() throws {
        var ids: [String] = []
        for handBacks in [0, 0, 1, 2] as [UInt32] {
            var bench = DispatchBench()
            var delivery = Make.delivery()
            delivery.handBacks = handBacks
            let receipt = try bench.answer(try bench.begin(delivery), minutes, status: 429).handBack.receipt
            ids.append(try #require(receipt.header("ce_id")))
        }
        #expect(ids[0] == ids[1] && Set(ids).count == 3)
        #expect(!ids.contains(Make.receiptID(Make.delivery()).description))
    }

    @Test("a released delivery has a new budget, and its attempts count on")
    func released() throws {
        var bench = DispatchBench(RetryPolicy(budgetMs: 60_000))
        let handed = try bench.answer(try bench.begin(), minutes, status: 429).handBack.delivery
        bench.nowMs += 500_000
        let ticket = try bench.begin(handed)
        #expect(try bench.answer(ticket, .retry(.serviceUnavailable, after: nil), status: 503).isWait)
        #expect(try bench.skip().ticket == ticket)
        let receipt = try bench.answer(ticket, .accepted(providerMessageID: nil), status: 200).receipt
        #expect(receipt.json.member("attempts")?.intValue == 3)
        #expect(receipt.header("ce_id") == Make.receiptID(handed).description)
    }

    @Test("possible duplicates stay said, and what was never sent says so", arguments: [true, false])
    func carried(_ wasSent: Bool) throws {
        var bench = DispatchBench()
        let ticket = try bench.begin()
        let end: AttemptEnd = wasSent ? .unknown(.timeout) : .notProcessed(.connectionLost)
        #expect(try bench.end(ticket, end).isWait)
        let again = try bench.skip().ticket
        let handed = try bench.end(again, .held(.quotaExceeded, untilMs: bench.nowMs + 400_000)).handBack.delivery
        #expect(handed.possibleDuplicate == wasSent && handed.attempts == (wasSent ? 1 : 0))
        #expect((handed.sentAtMs != 0) == wasSent)
        let receipt = try bench.answer(try bench.begin(handed), .accepted(providerMessageID: nil), status: 200).receipt
        #expect(receipt.json.member("possible_duplicate")?.boolValue == wasSent)
    }

    @Test("what comes back often stays away longer each time, up to a bound", arguments: [1, 2, 3] as [UInt64])
    func growingDelay(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let policy = RetryPolicy()
        for (handBacks, least) in [(0, 60_000), (1, 120_000), (4, 960_000), (5, 1_800_000), (.max, 1_800_000)]
            as [(UInt32, Int64)]
        {
            let delays = (0..<200).map { _ in policy.laterDelayMs(afterHandBacks: handBacks, using: &random) }
            #expect(delays.allSatisfy { $0 >= least && $0 <= least * 3 / 2 }, "seed \(seed)")
            #expect(Set(delays).count > 100, "seed \(seed)")
        }
    }

    @Test("a delivery that was tried too often fails instead of coming back")
    func attemptsMax() throws {
        for (attempts, isLast) in [(98, false), (99, true)] as [(UInt32, Bool)] {
            var bench = DispatchBench()
            var delivery = Make.delivery()
            delivery.attempts = attempts
            let step = try bench.answer(try bench.begin(delivery), minutes, status: 429)
            if isLast {
                #expect(try step.receipt.text("outcome") == "failed")
            } else {
                #expect(try step.handBack.delivery.attempts == attempts + 1)
            }
        }
    }

    // MARK: What is read again

    @Test("the record of what was handed back says so again and sends nothing, before and after a restart")
    func repeated() throws {
        var bench = DispatchBench()
        let first = try bench.answer(try bench.begin(), minutes, status: 429).handBack
        var restarted = DispatchBench()
        restarted.core.remember(receipt: try #require(first.receipt.receiptID), lane: 1)
        for step in [bench.take(), restarted.take(mayHaveBeenSent: true)] {
            let effects = try step.effects
            #expect(effects.state == nil && effects.outputs.count == 1 && step.ending == nil)
            guard case .later(let schedule) = try effects.outputs[0].command().kind else {
                Issue.record("no hand-back")
                return
            }
            let delivery = try Delivery(serializedBytes: schedule.delivery)
            #expect(delivery.handBacks == 1 && delivery.id == Make.delivery().id)
        }
        #expect(try bench.take(first.delivery).ticket.rawValue > 0, "the released one is another record")
    }

    @Test("a final receipt counts for every record of the delivery, one of a hand-back does not")
    func finalReceipt() throws {
        var bench = DispatchBench()
        let handed = try bench.answer(try bench.begin(), minutes, status: 429).handBack.delivery
        let ticket = try bench.begin(handed)
        _ = try bench.answer(ticket, .accepted(providerMessageID: nil), status: 200)
        for delivery in [Make.delivery(), handed] {
            #expect(try bench.take(delivery).effects.isEmpty)
        }
    }

    @Test("of two records of a delivery under way, the one that was handed back more often answers")
    func meeting() throws {
        var bench = DispatchBench()
        var handed = Make.delivery()
        handed.handBacks = 2
        let ticket = try bench.begin()
        guard case .finish(let freed, let effects, nil) = bench.take(handed) else {
            Issue.record("the earlier record is not finished")
            return
        }
        #expect(effects.isEmpty && freed.slot == 0)
        #expect(try bench.take().effects.isEmpty, "an earlier record is finished at once")
        guard case .finish(let item, let handBack, _) = try bench.answer(ticket, minutes, status: 429) else {
            Issue.record("not handed back")
            return
        }
        #expect(item.slot == 1 && handBack.state?.text("outcome") == "deferred")
        guard case .later(let schedule) = try handBack.outputs[0].command().kind else { return }
        #expect(try Delivery(serializedBytes: schedule.delivery).handBacks == 3)
    }

    // MARK: What is held

    @Test("what is held counts neither attempt nor failure, and is sent when its time has come")
    func held() throws {
        var bench = DispatchBench(RetryPolicy(budgetMs: 300_000, baseMs: 100, capMs: 30_000))
        var ticket = try bench.begin()
        for _ in 0..<20 {
            let untilMs = bench.nowMs + 5_000
            #expect(try bench.end(ticket, .held(.quotaExceeded, untilMs: untilMs)).isWait)
            let due = try #require(bench.core.nextDueMs)
            #expect(due > untilMs && due <= untilMs + 101)
            ticket = try bench.skip().ticket
        }
        let receipt = try bench.answer(ticket, .accepted(providerMessageID: nil), status: 200).receipt
        #expect(receipt.json.member("attempts")?.intValue == 1)
    }

    @Test(
        "what is held beyond the budget is handed back, beyond the lifetime it expires, and the past is not waited for"
    )
    func heldLong() throws {
        for (heldMs, outcome) in [(301_000, "deferred"), (2 * Make.dayMs, "expired")] as [(Int64, String)] {
            var bench = DispatchBench()
            let step = try bench.end(try bench.begin(), .held(.serviceUnavailable, untilMs: bench.nowMs + heldMs))
            let receipt = try outcome == "deferred" ? step.handBack.receipt : step.receipt
            #expect(receipt.text("outcome") == outcome && receipt.json.member("attempts")?.intValue == 0)
        }
        var bench = DispatchBench()
        #expect(try bench.end(try bench.begin(), .held(.quotaExceeded, untilMs: 0)).isWait)
        #expect(try #require(bench.core.nextDueMs) > bench.nowMs)
    }

    @Test("what is held until after its end waits until then, and is sent where the app is mended before")
    func heldBeyondTheEnd() throws {
        for isMended in [false, true] {
            var bench = DispatchBench()
            var notification = Make.notification()
            notification.expiresAtMs = bench.nowMs + 20_000
            let ticket = try bench.begin(Make.delivery(notification))
            #expect(try bench.end(ticket, .held(.serviceUnavailable, untilMs: bench.nowMs + 60_000)).isWait)
            #expect(bench.core.nextDueMs == notification.expiresAtMs)
            if isMended {
                bench.mended(app: "com.example.shop")
                _ = try bench.skip().ticket
            } else {
                bench.nowMs += 20_000
                let receipt = try bench.skip().receipt
                #expect(receipt.text("outcome") == "expired" && receipt.text("reason") == "ttl_passed")
            }
        }
    }
}

@Suite("Dispatch: newer deliveries take the place of older ones")
struct SupersedeTests {
    private let again = Verdict.retry(.serviceUnavailable, after: nil)

    private func delivery(
        _ event: String,
        at ms: Int64,
        key: String = "order-1",
        device: String = "phone",
        user: String = "ann"
    ) -> Delivery {
        var notification = Make.notification(event: event, user: user, timeMs: Make.timeMs + ms)
        notification.collapseKey = key
        return Make.delivery(notification, to: Make.device(device), user: user)
    }

    @Test("an older one that waits ends as superseded, at once and for good")
    func waiting() throws {
        var bench = DispatchBench()
        let old = try bench.begin(delivery("e1", at: 0))
        #expect(try bench.answer(old, again, status: 503).isWait)
        let new = try bench.begin(delivery("e2", at: 1))
        #expect(try #require(bench.core.nextDueMs) <= bench.nowMs)
        let step = try bench.skip()
        let receipt = try step.receipt
        #expect(receipt.text("outcome") == "superseded" && receipt.text("reason") == "superseded")
        #expect(receipt.json.member("attempts")?.intValue == 1)
        #expect(receipt.header("ce_id") == Make.receiptID(delivery("e1", at: 0)).description)
        #expect(bench.core.due(nowMs: bench.nowMs + 1_000_000).isEmpty)
        #expect(
            try bench.answer(new, .accepted(providerMessageID: nil), status: 200).receipt.text("outcome") == "accepted"
        )
    }

    @Test("one in flight keeps its answer, and is not tried again", arguments: [true, false])
    func inFlight(_ isAccepted: Bool) throws {
        var bench = DispatchBench()
        let old = try bench.begin(delivery("e1", at: 0))
        _ = try bench.begin(delivery("e2", at: 1))
        let verdict = isAccepted ? Verdict.accepted(providerMessageID: nil) : again
        let receipt = try bench.answer(old, verdict, status: isAccepted ? 200 : 503).receipt
        #expect(receipt.text("outcome") == (isAccepted ? "accepted" : "superseded"))
    }

    @Test("one in flight that would be handed back is superseded instead")
    func handBack() throws {
        var bench = DispatchBench()
        let old = try bench.begin(delivery("e1", at: 0))
        _ = try bench.begin(delivery("e2", at: 1))
        let step = try bench.end(old, .held(.quotaExceeded, untilMs: bench.nowMs + 1_000_000))
        #expect(try step.receipt.text("outcome") == "superseded")
    }

    @Test("an older one that comes later is superseded before it is sent")
    func olderComesLater() throws {
        var bench = DispatchBench()
        _ = try bench.begin(delivery("e2", at: 1))
        #expect(try bench.take(delivery("e1", at: 0)).receipt.text("outcome") == "superseded")
    }

    static let others: [(String, Delivery)] = [
        ("another key", SupersedeTests().delivery("e2", at: 1, key: "order-2")),
        ("another device", SupersedeTests().delivery("e2", at: 1, device: "tablet")),
        ("another user", SupersedeTests().delivery("e2", at: 1, user: "bob")),
    ]

    @Test("deliveries of another key, device or user do not touch each other", arguments: others.indices)
    func apart(_ index: Int) throws {
        var bench = DispatchBench()
        let old = try bench.begin(delivery("e1", at: 0))
        #expect(try bench.answer(old, again, status: 503).isWait)
        _ = try bench.begin(Self.others[index].1)
        #expect(try bench.skip().ticket == old, "\(Self.others[index].0)")
    }

    @Test("without a collapse key nothing is superseded")
    func noKey() throws {
        var bench = DispatchBench()
        let old = try bench.begin(delivery("e1", at: 0, key: ""))
        #expect(try bench.answer(old, again, status: 503).isWait)
        _ = try bench.begin(delivery("e2", at: 1, key: ""))
        #expect(try bench.skip().ticket == old)
    }

    @Test("of many that wait, the newest alone is sent, whatever their order", arguments: [1, 2, 3, 4] as [UInt64])
    func many(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var bench = DispatchBench()
        var outcomes: [String: Int] = [:]
        var sent: Set<DispatchCore.Ticket> = []
        let order = Array(0..<50).shuffled(using: &random)
        func note(_ step: DispatchCore.Step) throws {
            switch step {
            case .send(let ticket): sent.insert(ticket)
            case .wait: break
            case .finish: outcomes[try step.receipt.text("outcome") ?? "", default: 0] += 1
            }
        }
        for number in order {
            try note(bench.take(delivery("e\(number)", at: Int64(number))))
            if let ticket = sent.popFirst() { try note(bench.end(ticket, .notProcessed(.connectionLost))) }
            for step in bench.core.due(nowMs: bench.nowMs) { try note(step) }
        }
        bench.nowMs += 60_000
        for step in bench.core.due(nowMs: bench.nowMs) { try note(step) }
        for ticket in sent { try note(bench.answer(ticket, .accepted(providerMessageID: nil), status: 200)) }
        #expect(outcomes["accepted"] == 1 && outcomes["superseded"] == 49 && bench.core.count == 0, "seed \(seed)")
    }
}

extension Outgoing {
    /// The id of a receipt.
    var receiptID: Identifier? {
        let text = Array((header("ce_id") ?? "").utf8)
        // SAFETY: the octets are lent for the call.
        return unsafe text.withUnsafeBytes { unsafe Identifier(text: $0) }
    }
}
