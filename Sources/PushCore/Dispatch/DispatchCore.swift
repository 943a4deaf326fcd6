internal import SwiftProtobuf

/// The dispatch stage of one provider: which delivery is sent when, and when it is over.
///
/// A pure state machine between the outbox and the provider. The shell gives it deliveries, the ends of attempts and the time;
/// it answers what to send and, once for each delivery, how it ended.
///
/// What must wait for longer than the budget of ``RetryPolicy`` is handed back to the users stage, which puts it into the outbox
/// again when it is due. The receipt that says so is stored before the command to the users stage: who takes the same record of
/// the outbox again after a crash finds it, repeats the command and sends nothing. So a record of the outbox is either handed
/// back or ended, never both.
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

        package func _rawHashValue(seed: Int) -> Int { KeyedHash.of(rawValue, seed: seed) }

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
        /// ``Outcome/deferred`` where it was handed back.
        package let outcome: Outcome
        package let reason: Reason?
        package let latencyMs: Int64
        package let wasRetried: Bool
    }

    /// A delivery under way.
    struct Entry {
        var item: WorkItem
        let delivery: OutboxDelivery
        /// As often as the record says that is finished with this delivery.
        var handBacks: UInt32
        let receiptID: Identifier
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
        /// It waits for its app, and not because of its own answer.
        var waitsForApp = false
        /// A newer delivery takes its place: no further attempt is made.
        var isOvertaken = false

        /// The attempt under way has left.
        mutating func noteSent() {
            attempts.count += 1
            attempts.sentAtMs = begunAtMs
        }
    }

    let retry: RetryPolicy
    let digests: Digests
    private var entries: [Entry?] = []
    private var free: [Int] = []
    private var generation: UInt32 = 0
    private var waiting = DueQueue<Ticket>()
    /// Places in ``entries`` by the id of the delivery.
    private var underWay: [Identifier: Int] = [:]
    /// The newest delivery under way of those that take each other's place.
    private var newest: [OutboxDelivery.Collapse: Int] = [:]
    /// Receipts that were stored, by lane: final ones, and those of hand-backs.
    private var ended: [Int: RecentIdentifiers] = [:]
    /// Lanes among whose receipts those of hand-backs may be.
    private var lanesWithHandBacks: Set<Int> = []

    /// Deliveries taken and not over.
    package var count: Int { underWay.count }

    package init(retry: RetryPolicy, digests: Digests) {
        self.retry = retry
        self.digests = digests
    }

    /// When a wait is over next; nil when nothing waits.
    package var nextDueMs: Int64? { waiting.nextDueMs }

    /// A receipt that was found at the tail of the receipts topic: a delivery is over already, or was handed back.
    package mutating func remember(receipt id: Identifier, lane: Int) {
        ended[lane, default: RecentIdentifiers()].insert(id)
        lanesWithHandBacks.insert(lane)
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
        guard let value = unsafe record.value, let decoded = unsafe try? Delivery(record: value),
            decoded.hasNotification, decoded.hasDevice, decoded.inboxKey != nil
        else {
            let letter = DeadLetter(
                stage: .dispatch,
                reason: "invalid_delivery",
                detail: "not a delivery of the outbox"
            )
            return .finish(item, Effects(outputs: [letter.outgoing(for: record)]), nil)
        }
        let delivery = OutboxDelivery(decoded)
        let receiptID = digests.finalReceiptIdentifier(ofDelivery: delivery.id)
        if ended[item.lane]?.contains(receiptID) == true {
            // Answered before a restart, or read twice: its receipt is stored.
            return .finish(item, .none, nil)
        }
        if let index = underWay[delivery.id] { return meet(delivery, item, index) }
        let entry = entry(delivery, item, receiptID, mayHaveBeenSent, nowMs)
        if wasHandedBack(entry) { return .finish(item, handBackAgain(entry, nowMs), nil) }
        let index = free.popLast() ?? entries.count
        if index == entries.count { entries.append(nil) }
        entries[index] = entry
        underWay[delivery.id] = index
        supersede(by: index, nowMs)
        return attempt(index, nowMs)
    }

    private mutating func entry(
        _ delivery: OutboxDelivery,
        _ item: WorkItem,
        _ receiptID: Identifier,
        _ mayHaveBeenSent: Bool,
        _ nowMs: Int64
    ) -> Entry {
        generation &+= 1
        var entry = Entry(
            item: item,
            delivery: delivery,
            handBacks: delivery.record.handBacks,
            receiptID: receiptID,
            deadlineMs: min(delivery.expiresAtMs, nowMs + retry.budgetMs),
            generation: generation
        )
        let record = delivery.record
        entry.attempts.count = Int(record.attempts)
        entry.attempts.sentAtMs = record.sentAtMs == 0 ? nil : record.sentAtMs
        entry.attempts.possibleDuplicate = record.possibleDuplicate || mayHaveBeenSent
        return entry
    }

    /// Takes a record of a delivery that is under way already.
    ///
    /// The receipt comes from the record that was handed back more often: the other one is finished, whichever was first. What
    /// the earlier one would hand back is known to the users stage already, and would be ignored there.
    private mutating func meet(_ delivery: OutboxDelivery, _ item: WorkItem, _ index: Int) -> Step {
        guard let entry = entries[index], entry.item.lane == item.lane,
            delivery.record.handBacks > entry.handBacks
        else { return .finish(item, .none, nil) }
        entries[index]?.item = item
        entries[index]?.handBacks = delivery.record.handBacks
        return .finish(entry.item, .none, nil)
    }

    /// Lets the newer of two deliveries take the other's place: what waits ends, and what is being sent is not sent again.
    private mutating func supersede(by index: Int, _ nowMs: Int64) {
        guard let delivery = entries[index]?.delivery, let collapse = delivery.collapse else { return }
        guard let other = newest[collapse], let known = entries[other]?.delivery else {
            newest[collapse] = index
            return
        }
        // Of two decided in the same millisecond, the one that is later in the lane.
        let isNewer = delivery.record.decidedAtMs >= known.record.decidedAtMs
        if isNewer { newest[collapse] = index }
        overtake(isNewer ? other : index, nowMs)
    }

    private mutating func overtake(_ index: Int, _ nowMs: Int64) {
        entries[index]?.isOvertaken = true
        guard let ticket = ticket(index) else { preconditionFailure("what is overtaken is under way") }
        if entries[index]?.wait != 0 { entries[index]?.wait = waiting.push(ticket, dueMs: nowMs) }
    }

    /// The delivery behind a ticket; nil when it is over or was abandoned.
    package func delivery(_ ticket: Ticket) -> OutboxDelivery? {
        isUnderWay(ticket) ? entries[ticket.index]?.delivery : nil
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
        guard isUnderWay(ticket) else { return nil }
        let index = ticket.index
        precondition(entries[index]?.wait == 0, "an attempt ends while it is under way")
        switch end {
        case .answered(let verdict, let answer):
            entries[index]?.noteSent()
            entries[index]?.attempts.providerStatus = answer.status
            entries[index]?.attempts.providerReason = answer.reason
            entries[index]?.attempts.truncated = answer.isTruncated
            return judge(verdict, index, nowMs, &random)
        case .refused(let verdict):
            return judge(verdict, index, nowMs, &random)
        case .unsendable(let reason):
            return finish(index, reason == .ttlPassed ? .expired : .rejected, reason, nowMs)
        case .notProcessed(let reason):
            // The first time at once: another connection may be there. From the second on like any failure.
            entries[index]?.freeFailures = 1
            return postpone(index, reason, after: nil, nowMs, &random)
        case .unknown(let reason):
            entries[index]?.noteSent()
            entries[index]?.attempts.possibleDuplicate = true
            return postpone(index, reason, after: nil, nowMs, &random)
        case .held(let reason, let untilMs):
            return hold(index, reason, untilMs, nowMs, &random)
        }
    }

    /// What is due now.
    package mutating func due(nowMs: Int64) -> [Step] {
        var steps: [Step] = []
        while let next = waiting.pop(dueAtMs: nowMs) {
            guard isUnderWay(next.item), entries[next.item.index]?.wait == next.wait else { continue }
            steps.append(attempt(next.item.index, nowMs))
        }
        return steps
    }

    /// An app can be sent to again, it seems: what waits for it is due soon, and not all at once.
    package mutating func mended(app: String, nowMs: Int64, using random: inout some RandomNumberGenerator) {
        for index in entries.indices {
            guard let entry = entries[index], entry.wait != 0, entry.waitsForApp, entry.delivery.device.app == app
            else { continue }
            let ticket = Ticket(index: index, generation: entry.generation)
            let dueMs = nowMs + retry.delayMs(afterFailures: 1, using: &random)
            entries[index]?.wait = waiting.push(ticket, dueMs: dueMs)
        }
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
            _ = remove(index)
        }
        return (tickets, anyUncertain)
    }

    /// Forgets a lane that was given back.
    package mutating func close(lane: Int) {
        _ = abandon(lane: lane, waitingOnly: false)
        ended[lane] = nil
        lanesWithHandBacks.remove(lane)
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
            entries[index]?.waitsForApp = true
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
        guard let ticket = ticket(index), let expiresAtMs = entries[index]?.delivery.expiresAtMs else {
            preconditionFailure("an attempt belongs to a delivery")
        }
        if nowMs >= expiresAtMs { return finish(index, .expired, .ttlPassed, nowMs) }
        if entries[index]?.isOvertaken == true { return finish(index, .superseded, .superseded, nowMs) }
        entries[index]?.wait = 0
        entries[index]?.waitsForApp = false
        entries[index]?.begunAtMs = nowMs
        return .send(ticket)
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
        let namedMs = nowMs + (after?.wholeMilliseconds ?? 0)
        let dueMs = namedMs + jitter
        entries[index] = entry
        if endsHere(entry, nowMs) {
            // Chance alone lets no last attempt come too late.
            let (endMs, lastMs) = (entry.delivery.expiresAtMs, entry.delivery.expiresAtMs - Self.lastAttemptMs)
            let isLate = dueMs >= endMs
            return wait(index, until: !isLate ? dueMs : namedMs < lastMs ? lastMs : endMs, nowMs)
        }
        if dueMs >= entry.deadlineMs, after != nil || nowMs >= entry.deadlineMs {
            return handBack(index, reason, dueMs, nowMs, &random)
        }
        // The last attempt is made at the deadline rather than given up before it.
        return wait(index, until: min(dueMs, max(nowMs, entry.deadlineMs - 1)), nowMs)
    }

    /// Nothing was sent: waits for the time that was named, and costs neither an attempt nor a longer wait after the next one.
    private mutating func hold(
        _ index: Int,
        _ reason: Reason,
        _ untilMs: Int64,
        _ nowMs: Int64,
        _ random: inout some RandomNumberGenerator
    ) -> Step {
        guard let entry = entries[index] else { preconditionFailure("a wait belongs to a delivery") }
        // What was held together does not come together, and not before time goes on.
        let dueMs = max(untilMs, nowMs) + 1 + retry.delayMs(afterFailures: 1, using: &random)
        if dueMs >= entry.deadlineMs, !endsHere(entry, nowMs) { return handBack(index, reason, dueMs, nowMs, &random) }
        // The app may be mended before the time that was named.
        entries[index]?.waitsForApp = true
        return wait(index, until: min(dueMs, entry.delivery.expiresAtMs), nowMs)
    }

    /// So long before its end a delivery is tried once more, where that is not too soon.
    private static let lastAttemptMs: Int64 = 1_000

    /// What expires within the budget is not handed back any more: it is tried here to its end.
    private func endsHere(_ entry: Entry, _ nowMs: Int64) -> Bool {
        entry.delivery.expiresAtMs - nowMs <= retry.budgetMs
    }

    private mutating func wait(_ index: Int, until dueMs: Int64, _ nowMs: Int64) -> Step {
        guard let entry = entries[index] else { preconditionFailure("a wait belongs to a delivery") }
        if entry.isOvertaken { return attempt(index, nowMs) }
        let ticket = Ticket(index: index, generation: entry.generation)
        entries[index]?.wait = waiting.push(ticket, dueMs: dueMs)
        return .wait
    }

    // MARK: Hand-backs

    /// The next attempt would come later than the budget: the users stage keeps the delivery until then, where it lives so long.
    private mutating func handBack(
        _ index: Int,
        _ reason: Reason,
        _ dueMs: Int64,
        _ nowMs: Int64,
        _ random: inout some RandomNumberGenerator
    ) -> Step {
        guard let entry = entries[index] else { preconditionFailure("a hand-back belongs to a delivery") }
        let expiresAtMs = entry.delivery.expiresAtMs
        if dueMs >= expiresAtMs { return finish(index, .expired, .ttlPassed, nowMs) }
        if entry.isOvertaken { return finish(index, .superseded, .superseded, nowMs) }
        let delayMs = retry.laterDelayMs(afterHandBacks: entry.handBacks, using: &random)
        // Back in time for the attempts that are made here to its end.
        let notBeforeMs = max(dueMs, min(nowMs + delayMs, expiresAtMs - retry.budgetMs))
        guard entry.attempts.count < retry.attemptsMax else { return finish(index, .failed, reason, nowMs) }
        let receiptID = deferredReceiptID(entry)
        let receipt = receipt(receiptID, .deferred, reason, entry, nowMs)
        let command = later(entry, notBeforeMs: notBeforeMs, reason)
        ended[entry.item.lane, default: RecentIdentifiers()].insert(receiptID)
        lanesWithHandBacks.insert(entry.item.lane)
        _ = remove(index)
        // The receipt first: who takes this record again finds it, and does not send what the users stage has by then.
        let effects = Effects(state: receipt.outgoing(), outputs: [command])
        return .finish(entry.item, effects, ending(.deferred, reason, entry, nowMs))
    }

    /// It was handed back before a crash, or is read twice: the users stage may not know yet.
    ///
    /// Why, and until when, went with the crash. What it knows already, the users stage ignores.
    private func handBackAgain(_ entry: Entry, _ nowMs: Int64) -> Effects {
        Effects(outputs: [later(entry, notBeforeMs: nowMs + retry.capMs, nil)])
    }

    private func wasHandedBack(_ entry: Entry) -> Bool {
        // The id is a digest: it is not worked out for each delivery where there can be none.
        lanesWithHandBacks.contains(entry.item.lane)
            && ended[entry.item.lane]?.contains(deferredReceiptID(entry)) == true
    }

    private func deferredReceiptID(_ entry: Entry) -> Identifier {
        digests.deferredReceiptIdentifier(ofDelivery: entry.delivery.id, handBack: entry.handBacks + 1)
    }

    // MARK: Endings

    private mutating func finish(
        _ index: Int,
        _ outcome: Outcome,
        _ reason: Reason?,
        _ nowMs: Int64,
        feedback invalidSinceMs: Int64? = nil
    ) -> Step {
        // Taken out first, so that it is nobody else's and need not be copied.
        guard let entry = remove(index) else { preconditionFailure("an ending belongs to a delivery") }
        var effects = Effects(outputs: [receipt(entry.receiptID, outcome, reason, entry, nowMs).outgoing()])
        // A target has no user, and no address that could be given up.
        if let invalidSinceMs, let reason, !entry.delivery.hasTarget {
            // Before the receipt: a successor that finds the receipt takes the delivery for over, and tells nobody.
            effects.state = rejection(entry, reason, invalidSinceMs, nowMs)
        }
        ended[entry.item.lane, default: RecentIdentifiers()].insert(entry.receiptID)
        return .finish(entry.item, effects, ending(outcome, reason, entry, nowMs))
    }

    /// Takes a delivery out that is not under way any more.
    private mutating func remove(_ index: Int) -> Entry? {
        guard let entry = entries[index].take() else { return nil }
        underWay[entry.delivery.id] = nil
        if let collapse = entry.delivery.collapse, newest[collapse] == index { newest[collapse] = nil }
        free.append(index)
        return entry
    }

    private func ticket(_ index: Int) -> Ticket? {
        guard let generation = entries[index]?.generation else { return nil }
        return Ticket(index: index, generation: generation)
    }

    private func isUnderWay(_ ticket: Ticket) -> Bool {
        ticket.index < entries.count && entries[ticket.index]?.generation == ticket.generation
    }
}
