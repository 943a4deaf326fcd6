internal import SwiftProtobuf

/// The dispatch stage of one provider: which delivery is sent when, and when it is over.
///
/// A pure state machine between the outbox and the provider. The shell gives it deliveries, the ends of attempts and the time;
/// it answers what to send and, once for each delivery, how it ended.
package struct DispatchCore: Sendable {
    /// Names a delivery under way. A ticket that was abandoned is never used again.
    package struct Ticket: Hashable, Sendable {
        /// Fits the number that a transport carries along with a request.
        package let rawValue: UInt64

        package init(rawValue: UInt64) {
            self.rawValue = rawValue
        }

        fileprivate init(index: Int, generation: UInt32) {
            self.rawValue = UInt64(generation) << 32 | UInt64(index)
        }

        fileprivate var index: Int { Int(rawValue & 0xFFFF_FFFF) }
        fileprivate var generation: UInt32 { UInt32(rawValue >> 32) }
    }

    /// What to do next about a delivery.
    package enum Step: Sendable {
        /// Make an attempt.
        case send(Ticket)
        /// Nothing until it is due.
        case wait
        /// It is over: these effects, and the record is finished when they are acknowledged.
        case finish(WorkItem, Effects, Ending?)
    }

    /// The ending of a delivery, for the metrics.
    package struct Ending: Hashable, Sendable {
        package let outcome: Outcome
        package let reason: Reason?
        package let latencyMs: Int64
        package let wasRetried: Bool
    }

    private struct Entry {
        let item: WorkItem
        let delivery: Delivery
        let deadlineMs: Int64
        let generation: UInt32
        var attempts = Receipt.Attempts()
        /// Ends that count for the backoff, those without an attempt among them.
        var failures = 0
        /// Failures that cost no wait.
        var freeFailures = 0
        var wasReauthenticated = false
        /// When the attempt under way was begun.
        var begunAtMs: Int64 = 0
        /// The number of the wait that it is in; 0 while an attempt is under way.
        var wait: UInt64 = 0
    }

    let retry: RetryPolicy
    let digests: Digests
    private var entries: [Entry?] = []
    private var free: [Int] = []
    private var generation: UInt32 = 0
    private var waiting = DueQueue()
    private var underWay: Set<Identifier> = []
    private var ended: [Int: RecentIdentifiers] = [:]

    /// Deliveries taken and not over.
    package var count: Int { underWay.count }

    package init(retry: RetryPolicy, digests: Digests) {
        self.retry = retry
        self.digests = digests
    }

    /// When a wait is over next; nil when nothing waits.
    package var nextDueMs: Int64? { waiting.nextDueMs }

    /// A final receipt that was found at the tail of the receipts topic: its delivery is over already.
    package mutating func remember(finalReceipt id: Identifier, lane: Int) {
        ended[lane, default: RecentIdentifiers()].insert(id)
    }

    /// Takes a record of the outbox.
    ///
    /// `mayHaveBeenSent`: An earlier owner may have sent it without leaving a receipt.
    package mutating func take(
        _ record: InputRecord,
        item: WorkItem,
        mayHaveBeenSent: Bool,
        nowMs: Int64
    ) -> Step {
        guard let value = unsafe record.value, let delivery = unsafe try? Delivery(record: value),
            delivery.hasNotification, delivery.hasDevice, !delivery.userID.isEmpty
        else {
            let letter = DeadLetter(
                stage: .dispatch,
                reason: "invalid_delivery",
                detail: "not a delivery of the outbox"
            )
            return .finish(item, Effects(outputs: [letter.outgoing(for: record)]), nil)
        }
        let receiptID = digests.finalReceiptIdentifier(ofDelivery: delivery.id)
        if ended[item.lane]?.contains(receiptID) == true || underWay.contains(delivery.id) {
            // Answered before a restart, or read twice: its receipt is stored, or comes from the record before this one.
            return .finish(item, .none, nil)
        }
        underWay.insert(delivery.id)
        generation &+= 1
        var entry = Entry(
            item: item,
            delivery: delivery,
            deadlineMs: min(delivery.notification.expiresAtMs, nowMs + retry.budgetMs),
            generation: generation
        )
        entry.attempts.possibleDuplicate = mayHaveBeenSent
        let index = free.popLast() ?? entries.count
        if index == entries.count { entries.append(nil) }
        entries[index] = entry
        return attempt(index, nowMs)
    }

    /// The delivery behind a ticket; nil when it is over or was abandoned.
    package func delivery(_ ticket: Ticket) -> Delivery? {
        entry(ticket)?.delivery
    }

    /// Takes the end of an attempt.
    ///
    /// - Returns: nil when the delivery was abandoned meanwhile.
    package mutating func attemptEnded(
        _ ticket: Ticket,
        _ end: AttemptEnd,
        nowMs: Int64,
        using random: inout some RandomNumberGenerator
    ) -> Step? {
        guard var entry = entry(ticket) else { return nil }
        precondition(entry.wait == 0, "an attempt ends while it is under way")
        switch end {
        case .answered(let verdict, let answer):
            entry.attempts.count += 1
            entry.attempts.sentAtMs = entry.begunAtMs
            entry.attempts.providerStatus = answer.status
            entry.attempts.providerReason = answer.reason
            entries[ticket.index] = entry
            return judge(verdict, ticket.index, nowMs, &random)
        case .refused(let verdict):
            return judge(verdict, ticket.index, nowMs, &random)
        case .unsendable(let reason):
            return finish(ticket.index, reason == .ttlPassed ? .expired : .rejected, reason, nowMs)
        case .notProcessed(let reason):
            // The first time at once: another connection may be there. From the second on like any failure.
            entry.freeFailures = 1
            entries[ticket.index] = entry
            return postpone(ticket.index, reason, after: nil, nowMs, &random)
        case .held(let reason, let untilMs):
            return wait(ticket.index, reason, untilMs: untilMs, nowMs)
        case .unknown(let reason):
            entry.attempts.count += 1
            entry.attempts.sentAtMs = entry.begunAtMs
            entry.attempts.possibleDuplicate = true
            entries[ticket.index] = entry
            return postpone(ticket.index, reason, after: nil, nowMs, &random)
        }
    }

    /// What is due now.
    package mutating func due(nowMs: Int64) -> [Step] {
        var steps: [Step] = []
        while let next = waiting.pop(dueAtMs: nowMs) {
            guard let entry = entry(Ticket(index: next.index, generation: next.generation)), entry.wait == next.wait
            else { continue }
            steps.append(attempt(next.index, nowMs))
        }
        return steps
    }

    /// Gives up what is under way for a lane: the next owner of its partition takes it again.
    ///
    /// `waitingOnly`: Keep the attempts that are under way: their answers are worth waiting for.
    /// Returns: The tickets given up, and whether the provider may have taken one of them.
    package mutating func abandon(lane: Int, waitingOnly: Bool) -> (tickets: [Ticket], anyUncertain: Bool) {
        var tickets: [Ticket] = []
        var anyUncertain = false
        for index in entries.indices {
            guard let entry = entries[index], entry.item.lane == lane, !waitingOnly || entry.wait != 0 else { continue }
            tickets.append(Ticket(index: index, generation: entry.generation))
            anyUncertain = anyUncertain || entry.wait == 0 || entry.attempts.possibleDuplicate
            release(index)
        }
        return (tickets, anyUncertain)
    }

    /// Forgets a lane that was given back.
    package mutating func close(lane: Int) {
        _ = abandon(lane: lane, waitingOnly: false)
        ended[lane] = nil
    }

    // MARK: Policy

    private mutating func judge(
        _ verdict: Verdict,
        _ index: Int,
        _ nowMs: Int64,
        _ random: inout some RandomNumberGenerator
    ) -> Step {
        switch verdict {
        case .accepted(let providerMessageID):
            entries[index]?.attempts.providerMessageID = providerMessageID
            return finish(index, .accepted, nil, nowMs)
        case .addressDead(let reason, let invalidSinceMs):
            return finish(index, .rejected, reason, nowMs, feedback: invalidSinceMs ?? 0)
        case .addressKept(let reason, let invalidSinceMs):
            // The users stage compares again, with the registration that it holds by then, and says what it did.
            return finish(index, .rejected, reason, nowMs, feedback: invalidSinceMs)
        case .badRequest(let reason):
            return finish(index, .rejected, reason, nowMs)
        case .configuration(let reason):
            // The delivery is not at fault: it waits, with all others of the app, until somebody has mended the app.
            return postpone(index, reason, after: nil, nowMs, &random)
        case .retry(let reason, let after):
            return postpone(index, reason, after: after, nowMs, &random)
        case .reconnect(let reason):
            return postpone(index, reason, after: nil, nowMs, &random)
        case .reauthenticate(let reason):
            guard let entry = entries[index], !entry.wasReauthenticated else {
                return finish(index, .rejected, reason, nowMs)
            }
            entries[index]?.wasReauthenticated = true
            return attempt(index, nowMs)
        }
    }

    private mutating func attempt(_ index: Int, _ nowMs: Int64) -> Step {
        guard var entry = entries[index] else { preconditionFailure("an attempt belongs to a delivery") }
        if nowMs >= entry.delivery.notification.expiresAtMs { return finish(index, .expired, .ttlPassed, nowMs) }
        entry.wait = 0
        entry.begunAtMs = nowMs
        entries[index] = entry
        return .send(Ticket(index: index, generation: entry.generation))
    }

    private mutating func postpone(
        _ index: Int,
        _ reason: Reason,
        after: Duration?,
        _ nowMs: Int64,
        _ random: inout some RandomNumberGenerator
    ) -> Step {
        guard var entry = entries[index] else { preconditionFailure("a wait belongs to a delivery") }
        entry.failures += 1
        let jitter = retry.delayMs(afterFailures: entry.failures - entry.freeFailures, using: &random)
        let dueMs = nowMs + jitter + (after?.wholeMilliseconds ?? 0)
        if dueMs >= entry.deadlineMs, after != nil || nowMs >= entry.deadlineMs {
            entries[index] = entry
            let isExpired = dueMs >= entry.delivery.notification.expiresAtMs
            return isExpired
                ? finish(index, .expired, .ttlPassed, nowMs) : finish(index, .failed, reason, nowMs)
        }
        // The last attempt is made at the deadline rather than given up before it.
        entry.wait = waiting.push(
            dueMs: min(dueMs, max(nowMs, entry.deadlineMs - 1)),
            index: index,
            generation: entry.generation
        )
        entries[index] = entry
        return .wait
    }

    /// Waits without having tried.
    private mutating func wait(_ index: Int, _ reason: Reason, untilMs: Int64, _ nowMs: Int64) -> Step {
        guard var entry = entries[index] else { preconditionFailure("a wait belongs to a delivery") }
        if nowMs >= entry.deadlineMs {
            let isExpired = nowMs >= entry.delivery.notification.expiresAtMs
            return isExpired
                ? finish(index, .expired, .ttlPassed, nowMs) : finish(index, .failed, reason, nowMs)
        }
        let dueMs = min(max(untilMs, nowMs + 1), max(nowMs + 1, entry.deadlineMs))
        entry.wait = waiting.push(dueMs: dueMs, index: index, generation: entry.generation)
        entries[index] = entry
        return .wait
    }

    // MARK: Endings

    private mutating func finish(
        _ index: Int,
        _ outcome: Outcome,
        _ reason: Reason?,
        _ nowMs: Int64,
        feedback invalidSinceMs: Int64? = nil
    ) -> Step {
        guard let entry = entries[index] else { preconditionFailure("an ending belongs to a delivery") }
        let delivery = entry.delivery
        let fingerprint = digests.fingerprint(of: delivery.device)
        let receiptID = digests.finalReceiptIdentifier(ofDelivery: delivery.id)
        let receipt = Receipt(
            id: receiptID,
            outcome: outcome,
            reason: reason,
            userID: delivery.userID,
            notification: delivery.notification,
            device: delivery.device,
            fingerprint: fingerprint,
            decidedAtMs: delivery.decidedAtMs,
            completedAtMs: nowMs,
            attempts: entry.attempts
        )
        var effects = Effects(outputs: [receipt.outgoing()])
        if let invalidSinceMs, let reason {
            var rejected = AddressRejected()
            rejected.deviceID = delivery.device.id
            rejected.fingerprint = fingerprint
            rejected.reason = reason.rawValue
            rejected.providerReason = entry.attempts.providerReason ?? ""
            rejected.invalidSinceMs = invalidSinceMs
            rejected.observedAtMs = nowMs
            rejected.notificationIDHigh = delivery.notification.idHigh
            rejected.notificationIDLow = delivery.notification.idLow
            rejected.registeredAtMs = delivery.device.registeredAtMs
            // Before the receipt: a successor that finds the receipt takes the delivery for over, and tells nobody.
            effects.state = feedback(rejected, to: delivery.userID)
        }
        ended[entry.item.lane, default: RecentIdentifiers()].insert(receiptID)
        release(index)
        let startMs =
            delivery.notification.event.timeMs != 0 ? delivery.notification.event.timeMs : delivery.decidedAtMs
        let ending = Ending(
            outcome: outcome,
            reason: reason,
            latencyMs: max(0, nowMs - startMs),
            wasRetried: entry.attempts.count > 1
        )
        return .finish(entry.item, effects, ending)
    }

    private func feedback(_ rejected: AddressRejected, to userID: String) -> Outgoing {
        var command = Command()
        command.rejected = rejected
        return Outgoing(.inbox, key: Array("u:\(userID)".utf8), value: command.encoded())
    }

    private mutating func release(_ index: Int) {
        if let entry = entries[index] { underWay.remove(entry.delivery.id) }
        entries[index] = nil
        free.append(index)
    }

    private func entry(_ ticket: Ticket) -> Entry? {
        guard ticket.index < entries.count, let entry = entries[ticket.index] else { return nil }
        return entry.generation == ticket.generation ? entry : nil
    }
}

extension Duration {
    /// Rounded down; saturates.
    package var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (milliseconds, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        // Half of what fits: a time can be added to it.
        return overflow ? .max / 2 : min(milliseconds, .max / 2) + attoseconds / 1_000_000_000_000_000
    }
}
