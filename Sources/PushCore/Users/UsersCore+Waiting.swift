/// Notifications that wait in their user's record, beside the deliveries that dispatch handed back: for the end of quiet hours, for a
/// limit to admit them, or in a digest.
///
/// When one is due it is decided again, by the command that releases it, and charged then. What that command decided stands
/// among the decisions, under its offset; so a command that is read again repeats it.
extension UsersCore {
    /// Keeps a notification that waits, unless a digest has it.
    func wait(_ notify: NotifyCommand, _ decision: Decision, _ record: inout HeldUser, _ context: Context) {
        if decision.waitsFor == Reason.digested.rawValue { return }
        record.scheduled.append(ScheduledEntry(notify, decision, context))
        limitScheduled(&record, context)
    }

    /// Decides again on a notification, or a digest, that is due.
    mutating func releaseNotification(
        _ index: Int,
        _ record: inout HeldUser,
        _ context: Context
    ) -> Decided {
        var entry = record.scheduled[index]
        if entry.isDigest {
            entry.settleItems(as: { $0.notification.expiresAtMs <= context.nowMs ? .ttlPassed : .digested }, context)
            guard let command = entry.digestCommand(by: context) else {
                // All of it expired meanwhile.
                record.scheduled[index] = entry.settled(as: .ttlPassed, context)
                return settled(&record, context)
            }
            entry.command.removeAll()
            entry.command.append(contentsOf: command)
        }
        let octets = Array(entry.command)
        // SAFETY: the array outlives the call.
        return unsafe octets.withUnsafeBytes { octets in
            guard let notify = unsafe NotifyCommand(octets) else {
                preconditionFailure("what waits was read when it came")
            }
            var decision = Decision(notify, context)
            judge(notify, &decision, &record, context)
            if entry.isDigest, !decision.waitsFor.isEmpty {
                // It goes on collecting.
                putOff(&record.scheduled[index], by: decision)
                return settled(&record, context)
            }
            record.scheduled[index] = entry.settled(as: nil, context)
            if !decision.waitsFor.isEmpty {
                wait(notify, decision, &record, context)
                // The release of the former wait may be asked for twice.
                if let last = record.scheduled.indices.last, record.scheduled[last].deliveryID == notify.id {
                    record.scheduled[last].handBacks = entry.handBacks + 1
                }
            }
            record.log.append(decision)
            return settled(&record, context)
        }
    }

    /// What a released notification gives, by the decision that the command at hand made.
    func released(in record: HeldUser, by context: Context) -> Decided? {
        let entry = record.scheduled.first {
            $0.settledByOffset == context.position && $0.isNotification && $0.settled.isEmpty
        }
        guard let entry, let decision = record.log.first(at: context.position) else { return nil }
        // SAFETY: the array outlives the call.
        return unsafe Array(entry.command).withUnsafeBytes { octets in
            unsafe NotifyCommand(octets).flatMap { try? consequences(of: decision, record, $0, context) }
        }
    }

    // MARK: Ends

    /// To a user: what waits under a key, or under its own id, is not sent any more.
    mutating func cancel(_ cancel: CancelScheduled, _ context: Context) -> Decided {
        var record = user(context)
        if context.position <= record.lastOffset { return repeated(record, context) }
        let id = Identifier(high: cancel.notificationIDHigh, low: cancel.notificationIDLow)
        let isKnown = self.cancel(in: &record, context) { notification in
            cancel.collapseKey.isEmpty ? notification.id == id : notification.collapseKey == cancel.collapseKey
        }
        let key = cancel.collapseKey.isEmpty ? id.high : cancelKey(cancel.collapseKey)
        let isNews = remember(cancelled: key, atMs: cancel.event.timeMs, in: &record, context)
        return isKnown || isNews ? settled(&record, context) : Decided(effects: .none, disposition: .ignored)
    }

    /// What is meant may be on its way still: it is not sent when it comes, if it is older than this.
    ///
    /// `atMs`: Time of the event that cancels; 0: now.
    /// - Returns: Whether it was not known yet.
    @discardableResult
    func remember(cancelled key: UInt64, atMs: Int64, in record: inout HeldUser, _ context: Context) -> Bool {
        if atMs != 0, isForgotten(atMs: atMs, context) { return false }
        var mark = CancelMark()
        mark.key = key
        mark.atMs = atMs == 0 ? context.nowMs : atMs
        mark.untilMs = context.nowMs + configuration.dedupeWindowMs
        if record.cancels.contains(where: { $0.key == key && $0.atMs >= mark.atMs }) { return false }
        record.cancels.removeAll { $0.key == key }
        record.cancels.append(mark)
        record.cancels.removeFirst(max(0, record.cancels.count - Self.cancelsMax))
        return true
    }

    /// Whether it was cancelled before it came: by its own id, or by a later event under its collapse key.
    func isCancelled(_ notify: NotifyCommand, _ record: HeldUser, _ context: Context) -> Bool {
        let marks = record.cancels.filter { $0.untilMs > context.nowMs }
        if marks.isEmpty { return false }
        if marks.contains(where: { $0.key == notify.id.high }) { return true }
        if notify.collapseKey.isEmpty { return false }
        let (key, timeMs) = (cancelKey(notify.collapseKey), notify.eventTimeMs)
        return timeMs != 0 && marks.contains { $0.key == key && $0.atMs > timeMs }
    }

    func cancelKey(_ collapseKey: String) -> UInt64 {
        digests.identifier(Digests.eventNamespace, "cancel", collapseKey).high
    }

    /// Cancellations remembered of one user; of more, the one that came first is forgotten.
    private static let cancelsMax = 64

    /// A notification that waits, or of which a delivery does.
    struct Waiting {
        let id: Identifier
        let collapseKey: String
    }

    /// Ends what waits and is meant.
    ///
    /// - Returns: Whether there was anything.
    @discardableResult
    func cancel(in record: inout HeldUser, _ context: Context, where isMeant: (Waiting) -> Bool) -> Bool {
        var isAny = false
        for index in record.scheduled.indices where record.scheduled[index].isWaiting {
            let entry = record.scheduled[index]
            if entry.isDigest {
                isAny = cancelItems(of: index, in: &record, context, where: isMeant) || isAny
            } else if isMeant(Waiting(id: notificationID(of: entry), collapseKey: entry.collapseKey)) {
                record.scheduled[index] = entry.settled(as: .cancelled, context)
                isAny = true
            }
        }
        return isAny
    }

    private func notificationID(of entry: ScheduledEntry) -> Identifier {
        if entry.isNotification { return entry.deliveryID }
        return (try? Delivery(encoded: Array(entry.delivery)))?.notification.id ?? entry.deliveryID
    }

    private func cancelItems(
        of index: Int,
        in record: inout HeldUser,
        _ context: Context,
        where isMeant: (Waiting) -> Bool
    ) -> Bool {
        var entry = record.scheduled[index]
        var isAny = false
        for item in entry.items.indices where entry.items[item].isWaiting {
            let notification = entry.items[item].notification
            guard isMeant(Waiting(id: notification.id, collapseKey: notification.collapseKey)) else { continue }
            entry.items[item].settledByOffset = context.position
            entry.items[item].settled = Reason.cancelled.rawValue
            isAny = true
        }
        // Nothing is left to be told of.
        if entry.folded == 0, !entry.items.contains(where: \.isWaiting) {
            entry = entry.settled(as: .cancelled, context)
        }
        record.scheduled[index] = entry
        return isAny
    }

    // MARK: Receipts

    /// The final receipts of what the command at hand ended in an entry: of a notification, or of items of a digest.
    func notificationReceipts(of entry: ScheduledEntry, by context: Context) -> [Receipt] {
        var receipts: [Receipt] = []
        for item in entry.items where item.settledByOffset == context.position {
            guard let reason = Reason(rawValue: item.settled) else { continue }
            var decision = Decision()
            decision.decidedAtMs = item.decidedAtMs
            decision.digestID = entry.deliveryID
            receipts.append(suppression(reason, item.notification, nil, decision, context))
        }
        if entry.settledByOffset == context.position, entry.isNotification, !entry.isDigest,
            let reason = Reason(rawValue: entry.settled),
            let command = try? Command(octets: Array(entry.command))
        {
            var decision = Decision()
            decision.decidedAtMs = entry.decidedAtMs
            let target = command.notify.hasTarget ? command.notify.target : nil
            receipts.append(suppression(reason, command.notify.notification, target, decision, context))
        }
        return receipts
    }
}

extension HeldUser {
    /// Whether a notification waits.
    func isWaiting(_ id: Identifier) -> Bool {
        if scheduled.isEmpty { return false }
        return scheduled.contains { entry in
            guard entry.isWaiting, entry.isNotification else { return false }
            return entry.isDigest
                ? entry.items.contains { $0.isWaiting && $0.notification.id == id } : entry.deliveryID == id
        }
    }
}
