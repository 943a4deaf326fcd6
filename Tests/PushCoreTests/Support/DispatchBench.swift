import SwiftProtobuf
import Testing

@testable import PushCore

/// A dispatch stage with a clock that the test moves and a provider that answers what the test says.
struct DispatchBench {
    var core: DispatchCore
    var nowMs = Make.timeMs + 10
    var random = SeededGenerator(seed: 1)
    private var nextSlot = 0

    init(_ retry: RetryPolicy = RetryPolicy()) {
        core = DispatchCore(retry: retry, digests: .openSSL)
    }

    static func record(_ delivery: Delivery, offset: Int64 = 0) -> OwnedRecord {
        OwnedRecord(
            topic: "push.outbox.apns",
            offset: offset,
            key: Array(delivery.userID.utf8),
            value: delivery.encoded()
        )
    }

    mutating func take(
        _ delivery: Delivery = Make.delivery(),
        lane: Int = 1,
        mayHaveBeenSent: Bool = false
    ) -> DispatchCore.Step {
        take(Self.record(delivery), lane: lane, mayHaveBeenSent: mayHaveBeenSent)
    }

    mutating func take(_ record: OwnedRecord, lane: Int = 1, mayHaveBeenSent: Bool = false) -> DispatchCore.Step {
        let item = WorkItem(lane: lane, slot: nextSlot)
        nextSlot += 1
        return record.withInputRecord {
            core.take($0, item: item, mayHaveBeenSent: mayHaveBeenSent, nowMs: nowMs)
        }
    }

    /// Takes a delivery whose first attempt is to be made.
    mutating func begin(
        _ delivery: Delivery = Make.delivery(),
        lane: Int = 1,
        mayHaveBeenSent: Bool = false
    ) throws -> DispatchCore.Ticket {
        try take(delivery, lane: lane, mayHaveBeenSent: mayHaveBeenSent).ticket
    }

    mutating func end(_ ticket: DispatchCore.Ticket, _ end: AttemptEnd) throws -> DispatchCore.Step {
        try #require(core.attemptEnded(ticket, end, nowMs: nowMs, using: &random))
    }

    mutating func answer(
        _ ticket: DispatchCore.Ticket,
        _ verdict: Verdict,
        status: Int,
        reason: String? = nil
    ) throws -> DispatchCore.Step {
        try end(ticket, .answered(verdict, AttemptEnd.Answer(status: status, reason: reason)))
    }

    mutating func mended(app: String) {
        core.mended(app: app, nowMs: nowMs, using: &random)
    }

    /// Moves the clock to the next wait's end and gives what is due.
    mutating func skip() throws -> DispatchCore.Step {
        nowMs = max(nowMs, try #require(core.nextDueMs))
        let steps = core.due(nowMs: nowMs)
        #expect(steps.count == 1)
        return try #require(steps.first)
    }
}

extension DispatchCore.Step {
    struct Unexpected: Error { let step: String }

    var ticket: DispatchCore.Ticket {
        get throws {
            guard case .send(let ticket) = self else { throw Unexpected(step: "\(self)") }
            return ticket
        }
    }

    var isWait: Bool {
        if case .wait = self { return true }
        return false
    }

    var effects: Effects {
        get throws {
            guard case .finish(_, let effects, _) = self else { throw Unexpected(step: "\(self)") }
            return effects
        }
    }

    var ending: DispatchCore.Ending? {
        if case .finish(_, _, let ending) = self { return ending }
        return nil
    }

    var receipt: Outgoing {
        get throws { try #require(try effects.receipts.first) }
    }

    /// The interim receipt of a hand-back, and what the users stage is told.
    var handBack: (receipt: Outgoing, schedule: ScheduleDelivery, delivery: Delivery) {
        get throws {
            let effects = try effects
            let receipt = try #require(effects.state)
            guard effects.outputs.count == 1, case .later(let schedule) = try effects.outputs[0].command().kind else {
                throw Unexpected(step: "\(self)")
            }
            return (receipt, schedule, try Delivery(serializedBytes: schedule.delivery))
        }
    }
}
