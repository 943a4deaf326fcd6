/// What must not be too much: limits, and the same thing twice.
extension UsersCore {
    /// What the windows say that hold for a notification.
    enum Charge {
        /// All admit it, and are charged.
        case admitted
        /// At least one does not, and none is charged; when all will, if nothing comes between.
        case refused(LimitWindow.OnExceed, retryAtMs: Int64)
    }

    /// Charges every window that holds for the notification, or none.
    ///
    /// Where several are used up, what is stricter counts: to drop before to collect, and that before to wait.
    func charge(_ notify: NotifyCommand, _ record: inout HeldUser, _ context: Context) -> Charge {
        let windows = configuration.limits.windows(limit: notify.limit, bypassAll: notify.bypassLimits)
        if windows.isEmpty { return .admitted }
        var states: [HeldLimit] = []
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
        for state in states {
            if let index = record.limits.firstIndex(where: { $0.window == state.window }) {
                record.limits[index] = state
            } else {
                record.limits.append(state)
            }
        }
        return .admitted
    }

    private func admit(_ keyed: Limits.KeyedWindow, _ record: inout HeldUser, _ context: Context) -> Admission {
        let index = record.limits.firstIndex { $0.window == keyed.key }
        var state = index.map { record.limits[$0] } ?? HeldLimit()
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
        _ record: inout HeldUser,
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
