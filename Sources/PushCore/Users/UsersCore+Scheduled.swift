/// What waits in its user's record: deliveries that dispatch handed back, which are put into the outbox again when they are due, and
/// notifications (UsersCore+Waiting), which are decided again.
///
/// Only commands change a record, in offset order: ``UsersCore/due(nowMs:)`` asks for a release by a command to the user's own
/// key, and that command decides.
///
/// An entry that was released or ended stays as a mark, so that a command which is read again repeats what it said, and a
/// hand-back which arrives again (dispatch crashed before it knew that it was stored) is recognised.
extension UsersCore {
    /// Commands for what is due.
    ///
    /// Each delivery is asked for once, and again when it is still there after ``UsersConfiguration/releaseTimeoutMs``.
    ///
    /// `max`: Users to look at in one call.
    package mutating func due(nowMs: Int64, max: Int = 64) -> [Outgoing] {
        guard let nextMs = agenda.nextDueMs, nextMs <= nowMs else { return [] }
        var commands: [Outgoing] = []
        for _ in 0..<max {
            guard let key = agenda.pop(dueAtMs: nowMs) else { break }
            let waiting = ScheduledEntry.waiting(in: records[key] ?? [])
            var askedAtMs = agenda.askedAtMs(key)
            for entry in waiting where askTime(entry, askedAtMs) <= nowMs {
                askedAtMs[entry.deliveryID] = nowMs
                commands.append(entry.release(to: key))
            }
            note(waiting, of: key, askedAtMs)
        }
        return commands
    }

    /// When something is due next; nil when nothing waits.
    package var nextDueMs: Int64? { agenda.nextDueMs }

    /// Deliveries that wait, of all users.
    package var scheduledCount: Int { agenda.count }

    private func askTime(_ entry: ScheduledEntry, _ askedAtMs: [Identifier: Int64]) -> Int64 {
        askedAtMs[entry.deliveryID].map { $0 + configuration.releaseTimeoutMs } ?? entry.dueMs
    }

    /// Puts a user on the agenda, or takes them off.
    mutating func note(_ waiting: [ScheduledEntry], of key: @autoclosure () -> String) {
        if waiting.isEmpty, agenda.isEmpty { return }
        let key = key()
        if waiting.isEmpty, agenda.isEmpty(for: key) { return }
        note(waiting, of: key, agenda.askedAtMs(key))
    }

    private mutating func note(_ waiting: [ScheduledEntry], of key: String, _ askedAtMs: [Identifier: Int64]) {
        // What is gone is forgotten; handed back again, it is asked for again.
        let asked = askedAtMs.filter { id, atMs in
            waiting.contains { $0.deliveryID == id && $0.dueMs <= atMs }
        }
        guard let dueMs = waiting.map({ askTime($0, asked) }).min() else { return agenda.remove(key) }
        agenda.set(key, dueMs: dueMs, deliveries: waiting.count, askedAtMs: asked)
    }

    // MARK: To a user, from dispatch

    /// Schedules a delivery; nil where it cannot be read.
    mutating func later(_ schedule: ScheduleDelivery, _ context: Context) -> Decided? {
        guard let delivery = try? Delivery(encoded: Array(schedule.delivery)),
            delivery.inboxKey?.description == context.key,
            delivery.hasNotification, Provider(rawValue: delivery.device.provider) != nil
        else { return nil }
        var record = user(context)
        if let decided = forgotten(delivery, record, context) { return decided }
        if context.position <= record.lastOffset { return repeated(record, context) }
        if let known = record.scheduled.firstIndex(where: { $0.deliveryID == delivery.id }) {
            if record.scheduled[known].handBacks >= delivery.handBacks {
                return Decided(effects: .none, disposition: .ignored)
            }
            // That it came back shows that its release was read.
            record.scheduled.remove(at: known)
        }
        let entry = ScheduledEntry(delivery, schedule, context)
        if entry.expiresAtMs <= context.nowMs {
            record.scheduled.append(entry.settled(as: .ttlPassed, context))
        } else if record.scheduled.contains(where: { $0.isWaiting && $0.supersedes(entry) }) {
            record.scheduled.append(entry.settled(as: .superseded, context))
        } else if entry.delivery.count > configuration.scheduledBytesMax {
            record.scheduled.append(entry.settled(as: .scheduledOverflow, context))
        } else {
            supersede(in: &record, context) { entry.supersedes($0) }
            record.scheduled.append(entry)
            limitScheduled(&record, context)
        }
        return settled(&record, context)
    }

    /// Ends what waits and is superseded.
    func supersede(in record: inout HeldUser, _ context: Context, where isSuperseded: (ScheduledEntry) -> Bool) {
        for index in record.scheduled.indices where record.scheduled[index].isWaiting {
            if isSuperseded(record.scheduled[index]) {
                record.scheduled[index] = record.scheduled[index].settled(as: .superseded, context)
            }
        }
    }

    /// Gives up what expires first, until the rest is within the limits.
    func limitScheduled(_ record: inout HeldUser, _ context: Context) {
        while true {
            let waiting = record.scheduled.indices.filter { record.scheduled[$0].isWaiting }
            let bytes = waiting.reduce(0) { $0 + record.scheduled[$1].octetCount }
            guard waiting.count > configuration.scheduledMax || bytes > configuration.scheduledBytesMax,
                let first = waiting.min(by: { record.scheduled[$0].expiresAtMs < record.scheduled[$1].expiresAtMs })
            else { return }
            record.scheduled[first].settleItems(as: { _ in .scheduledOverflow }, context)
            record.scheduled[first] = record.scheduled[first].settled(as: .scheduledOverflow, context)
        }
    }

    // MARK: To a user, from the users stage

    /// Releases what is due into the outbox, or ends it.
    mutating func releaseScheduled(_ release: ReleaseScheduled, _ context: Context) -> Decided {
        var record = user(context)
        if context.position <= record.lastOffset { return repeated(record, context) }
        let id = Identifier(high: release.deliveryIDHigh, low: release.deliveryIDLow)
        let index = record.scheduled.firstIndex {
            $0.isWaiting && $0.deliveryID == id && $0.handBacks == release.handBacks
        }
        guard let index else { return Decided(effects: .none, disposition: .ignored) }
        let entry = record.scheduled[index]
        if entry.isNotification { return releaseNotification(index, &record, context) }
        let delivery = try? Delivery(encoded: Array(entry.delivery))
        let refusal = refusal(of: entry, delivery ?? Delivery(), record, context)
        record.scheduled[index] = entry.settled(as: refusal, context)
        return settled(&record, context)
    }

    /// Why what is due is not sent; nil where it is.
    private func refusal(
        of entry: ScheduledEntry,
        _ delivery: Delivery,
        _ record: HeldUser,
        _ context: Context
    ) -> Reason? {
        if entry.expiresAtMs <= context.nowMs { return .ttlPassed }
        if !isWanted(delivery.notification.category, record) { return .optedOut }
        let held = delivery.device.hasTarget ? HeldDevice(delivery.device) : record.device(entry.deviceNumber)
        guard let device = held, device.isActive else { return .noDevices }
        return isServed(device) ? nil : .appNotConfigured
    }

    // MARK: What a command says

    mutating func settled(_ record: inout HeldUser, _ context: Context) -> Decided {
        var decided = repeated(record, context)
        decided.effects.state = store(&record, context)
        decided.disposition = .applied
        decided.endings = endings(in: record, by: context)
        return decided
    }

    func repeated(_ record: HeldUser, _ context: Context) -> Decided {
        let released = released(in: record, by: context)
        let outputs = (released?.effects.outputs ?? []) + settlements(in: record, by: context)
        let deliveries = outputs.count { $0.topic != .receipts }
        return Decided(effects: Effects(outputs: outputs), disposition: .replayed, deliveries: deliveries)
    }

    /// What follows from the entries that this command settled: deliveries and final receipts.
    ///
    /// What a notification that was released gives is not among them, see ``released(in:_:by:)``.
    func settlements(in record: HeldUser, by context: Context) -> [Outgoing] {
        let finals = record.scheduled.flatMap { notificationReceipts(of: $0, by: context) }
        let receipts = (finals + putOffReceipts(in: record, by: context)).map { $0.outgoing() }
        return receipts + settledDeliveries(in: record, by: context)
    }

    private func settledDeliveries(in record: HeldUser, by context: Context) -> [Outgoing] {
        settledEntries(in: record, by: context).map { entry, delivery in
            guard let reason = Reason(rawValue: entry.settled) else {
                guard let provider = Provider(rawValue: delivery.device.provider) else {
                    preconditionFailure("what is scheduled for an unknown provider is refused when it comes")
                }
                return Outgoing(
                    .outbox(provider),
                    key: context.recordKey,
                    value: Array(entry.delivery),
                    headers: delivery.notification.traceHeaders
                )
            }
            return receipt(of: delivery, reason, context).outgoing()
        }
    }

    func endings(in record: HeldUser, by context: Context) -> [Ending] {
        let notifications = record.scheduled.flatMap { notificationReceipts(of: $0, by: context) }.compactMap {
            receipt in
            receipt.reason.map { Ending(provider: "", outcome: receipt.outcome, reason: $0) }
        }
        return notifications
            + settledEntries(in: record, by: context).compactMap { entry, delivery in
                Reason(rawValue: entry.settled).map {
                    Ending(provider: delivery.device.provider, outcome: $0.outcomeOfScheduled, reason: $0)
                }
            }
    }

    private func settledEntries(
        in record: HeldUser,
        by context: Context
    ) -> [(entry: ScheduledEntry, delivery: Delivery)] {
        record.scheduled.compactMap { entry in
            guard entry.settledByOffset == context.position, !entry.delivery.isEmpty else { return nil }
            return (try? Delivery(encoded: Array(entry.delivery))).map { (entry, $0) }
        }
    }

    func receipt(of delivery: Delivery, _ reason: Reason, _ context: Context) -> Receipt {
        var attempts = Receipt.Attempts()
        attempts.count = Int(delivery.attempts)
        attempts.sentAtMs = delivery.sentAtMs == 0 ? nil : delivery.sentAtMs
        attempts.possibleDuplicate = delivery.possibleDuplicate
        return Receipt(
            id: digests.finalReceiptIdentifier(ofDelivery: delivery.id),
            outcome: reason.outcomeOfScheduled,
            reason: reason,
            userID: context.userID,
            notification: delivery.notification,
            device: delivery.device,
            fingerprint: digests.fingerprint(of: delivery.device),
            decidedAtMs: delivery.decidedAtMs,
            completedAtMs: context.nowMs,
            attempts: attempts
        )
    }

    // MARK: Memory

    /// Drops the octets of what no command can repeat any more, and marks that nobody can hand back again.
    func pruneScheduled(_ record: inout HeldUser, _ context: Context) {
        if record.scheduled.isEmpty { return }
        // Decisions remember notifications; of deliveries, marks do.
        record.scheduled.removeAll { $0.isNotification && $0.isSettled(before: committed) }
        for index in record.scheduled.indices where record.scheduled[index].isDigest {
            record.scheduled[index].items.removeAll { !$0.isWaiting && $0.settledByOffset <= committed }
            record.scheduled[index].putOffs.removeAll { $0.offset <= committed }
        }
        for index in record.scheduled.indices where record.scheduled[index].isSettled(before: committed) {
            if !record.scheduled[index].delivery.isEmpty { record.scheduled[index].delivery.removeAll() }
        }
        record.scheduled.removeAll {
            $0.isSettled(before: committed) && $0.expiresAtMs < context.nowMs - configuration.dedupeWindowMs
        }
        let marks = record.scheduled.filter { $0.isSettled(before: committed) }
        guard marks.count > configuration.scheduledMax else { return }
        let oldest = Set(marks.map(\.settledByOffset).sorted().prefix(marks.count - configuration.scheduledMax))
        record.scheduled.removeAll { $0.isSettled(before: committed) && oldest.contains($0.settledByOffset) }
    }
}

extension Reason {
    /// How a delivery ended that had waited.
    fileprivate var outcomeOfScheduled: Outcome {
        switch self {
        case .ttlPassed: .expired
        case .superseded: .superseded
        case .appNotConfigured: .rejected
        case .optedOut, .noDevices, .cancelled, .forgotten: .suppressed
        default: .failed
        }
    }
}
