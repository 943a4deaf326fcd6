/// What must not be too much: limits, and the same thing twice.
extension UsersCore {
    /// What the windows say that hold for a notification.
    enum Charge {
        /// All admit it, and are charged.
        case admitted
        /// At least one does not, and none is charged; when all will, if nothing comes between.
        case refused(LimitWindow.OnExceed, retryAtMs: Int64)
    }

    /// Charges the notification after what waited for longer, is due, and is not released yet.
    ///
    /// Its release is on its way; who comes in between would take its place.
    func chargeInTurn(_ notify: NotifyCommand, _ record: inout UserRecord, _ context: Context) -> Charge {
        let ahead = dueAhead(of: notify.id, in: record, context)
        if ahead.isEmpty { return charge(notify, &record, context) }
        var others = record
        for entry in ahead { charge(waiting: entry, &others, context) }
        let inTurn = charge(notify, &others, context)
        if case .refused = inTurn { return inTurn }
        return charge(notify, &record, context)
    }

    /// When a notification has its turn that a limit puts off: behind those that wait already.
    ///
    /// Each of them is charged, in a copy, at its own time; so each wakes once, and not with every other.
    func turnMs(
        of notify: NotifyCommand,
        notBeforeMs: Int64,
        _ record: UserRecord,
        _ context: Context
    ) -> Int64 {
        let waiting = record.scheduled.filter {
            $0.isWaiting && $0.isNotification && !$0.isDigest && $0.waitsFor == Reason.rateLimited.rawValue
                && $0.deliveryID != notify.id && $0.expiresAtMs > $0.notBeforeMs
        }
        var turnMs = notBeforeMs
        var others = record
        for entry in waiting.sorted(by: { $0.notBeforeMs < $1.notBeforeMs }) {
            if entry.notBeforeMs > turnMs { break }
            charge(waiting: entry, &others, context.at(max(entry.notBeforeMs, context.nowMs)))
            var trial = others
            if case .refused(_, let retryAtMs) = charge(notify, &trial, context.at(turnMs)) { turnMs = retryAtMs }
        }
        return turnMs
    }

    private func charge(waiting entry: ScheduledEntry, _ record: inout UserRecord, _ context: Context) {
        // SAFETY: the array outlives the call.
        unsafe Array(entry.command).withUnsafeBytes { octets in
            if let notify = unsafe NotifyCommand(octets) { _ = charge(notify, &record, context) }
        }
    }

    private func dueAhead(of id: Identifier, in record: UserRecord, _ context: Context) -> [ScheduledEntry] {
        if record.scheduled.isEmpty { return [] }
        let due = record.scheduled.filter {
            $0.isWaiting && $0.isNotification && $0.notBeforeMs <= context.nowMs && $0.expiresAtMs > context.nowMs
                && ($0.isDigest || $0.waitsFor == Reason.rateLimited.rawValue)
        }
        // Of those that are due, itself among them, the one that was to be sent first goes first.
        let ordered = due.sorted { $0.notBeforeMs < $1.notBeforeMs }
        return Array(ordered.prefix { $0.deliveryID != id })
    }

    /// Charges every window that holds for the notification, or none.
    ///
    /// Where several are used up, what is stricter counts: to drop before to collect, and that before to wait.
    func charge(_ notify: NotifyCommand, _ record: inout UserRecord, _ context: Context) -> Charge {
        let windows = configuration.limits.windows(limit: notify.limit, bypassAll: notify.bypassLimits)
        if windows.isEmpty { return .admitted }
        var states: [LimitState] = []
        states.reserveCapacity(windows.count)
        var refusal: (onExceed: LimitWindow.OnExceed, retryAtMs: Int64)?
        for keyed in windows {
            switch admit(keyed, &record, context) {
            case .admitted(let state): states.append(state)
            case .refused(let retryAtMs):
                let before = refusal ?? (.defer, 0)
                refusal = (keyed.window.onExceed.stricter(before.onExceed), max(retryAtMs, before.retryAtMs))
            }
        }
        if let refusal { return .refused(refusal.onExceed, retryAtMs: refusal.retryAtMs) }
        record.limits.removeAll { old in states.contains { $0.window == old.window } }
        record.limits.append(contentsOf: states)
        return .admitted
    }

    private func admit(_ keyed: Limits.KeyedWindow, _ record: inout UserRecord, _ context: Context) -> Admission {
        let index = record.limits.firstIndex { $0.window == keyed.key }
        var state = index.map { record.limits[$0] } ?? LimitState()
        state.window = keyed.key
        let max = keyed.window.max
        switch keyed.window.period {
        case .pace(let periodMs):
            if let index {
                state = CellRate.healed(state, max: max, periodMs: periodMs, nowMs: context.nowMs)
                record.limits[index] = state
            }
            return CellRate.admit(state, max: max, periodMs: periodMs, nowMs: context.nowMs)
        case .calendar(let period):
            return CalendarCount.admit(state, max: max, period: period, clock(of: record), nowMs: context.nowMs)
        }
    }

    // MARK: The same thing twice

    /// Whether nothing with the same dedupe key was asked for within its window; from now on, something was.
    ///
    /// What has expired counts as little as what never came.
    func isNew(
        _ notify: NotifyCommand,
        _ decision: inout Decision,
        _ record: inout UserRecord,
        _ context: Context
    ) -> Bool {
        if notify.dedupeKey.isEmpty || notify.expiresAtMs <= context.nowMs { return true }
        // Of the rule: another one may call something else by the same name.
        let key = digests.identifier(Digests.eventNamespace, "dedupe", notify.ruleID, notify.dedupeKey).high
        record.dedupe.removeAll { $0.untilMs <= context.nowMs }
        if record.dedupe.contains(where: { $0.key == key }) {
            decision.suppressed = Reason.duplicate.rawValue
            return false
        }
        var mark = DedupeMark()
        mark.key = key
        mark.untilMs = context.nowMs + notify.dedupeWindowMs
        record.dedupe.append(mark)
        if record.dedupe.count > configuration.dedupeKeysMax,
            let first = record.dedupe.indices.min(by: { record.dedupe[$0].untilMs < record.dedupe[$1].untilMs })
        {
            record.dedupe.remove(at: first)
        }
        return true
    }
}

extension LimitWindow.OnExceed {
    fileprivate func stricter(_ other: Self) -> Self {
        if self == .drop || other == .drop { return .drop }
        return self == .digest || other == .digest ? .digest : .defer
    }
}
