/// Notifications: duplicate, expired, refused, limited, or sent to the user's devices.
extension UsersCore {
    /// Decides a notify command.
    ///
    /// - Throws: where a part of it cannot be read, or it is for somebody else; it is a dead letter.
    mutating func decide(_ notify: NotifyCommand, _ context: Context) throws(NotifyCommand.Unreadable) -> Decided {
        if let target = notify.target {
            guard target.targetKey?.description == context.key else { throw .init() }
        } else if !context.hasUser {
            throw .init()
        }
        var record = user(context)
        if let earlier = record.log.first(about: notify.id) {
            if earlier.offset == context.position { return try repeated(earlier, record, notify, context) }
            if earlier.origin == notify.origin {
                // The rules stage read its record twice. The command before this one carries it all.
                return Decided(effects: .none, disposition: .replayed)
            }
            return try duplicate(notify, context)
        }
        if let origin = record.log.seen.origin(ofID: notify.id.high) {
            return origin == SeenMarks.origin(notify.origin)
                ? Decided(effects: .none, disposition: .replayed) : try duplicate(notify, context)
        }
        if context.position <= record.lastOffset {
            // Decided and finished: only what lies below the committed offset is no longer among the decisions.
            return Decided(effects: .none, disposition: .replayed)
        }
        if record.isWaiting(notify.id) { return try duplicate(notify, context) }
        var decision = Decision(notify, context)
        if !record.cancels.isEmpty, isCancelled(notify, record, context) {
            decision.suppressed = Reason.cancelled.rawValue
        }
        if !notify.cancels.isEmpty {
            cancel(in: &record, context) { $0.collapseKey == notify.cancels }
            remember(cancelled: cancelKey(notify.cancels), atMs: notify.eventTimeMs, in: &record, context)
        }
        if decision.suppressed.isEmpty, isNew(notify, &decision, &record, context) {
            judge(notify, &decision, &record, context)
        }
        if !decision.waitsFor.isEmpty { wait(notify, decision, &record, context) }
        supersede(by: decision, notify, &record, context)
        var decided = try outcome(of: decision, record, notify, context)
        if !record.scheduled.isEmpty { decided.endings = endings(in: record, by: context) }
        record.log.append(decision)
        decided.effects.state = store(&record, context)
        return decided
    }

    /// Fills in the decision, and charges the limits when something will be sent.
    ///
    /// A notification that waited is judged like any other, and a digest like a notification.
    func judge(
        _ notify: NotifyCommand,
        _ decision: inout Decision,
        _ record: inout HeldUser,
        _ context: Context
    ) {
        if notify.expiresAtMs <= context.nowMs {
            decision.suppressed = Reason.ttlPassed.rawValue
            return
        }
        if !isWanted(notify.category, record) {
            decision.suppressed = Reason.optedOut.rawValue
            return
        }
        let (served, unserved) = devices(for: notify, record, context)
        if served.isEmpty, unserved.isEmpty {
            decision.suppressed = Reason.noDevices.rawValue
            return
        }
        if !served.isEmpty, !isTime(for: notify, &decision, &record, context) { return }
        if notify.badgeIncrements, !served.isEmpty {
            record.badge = min(record.badge, Self.badgeMax - 1) + 1
            decision.badge = record.badge
        }
        decision.deviceNumbers = served
        decision.unservedDeviceNumbers = unserved
    }

    /// Whether it may interrupt now; the decision says why not, and until when.
    private func isTime(
        for notify: NotifyCommand,
        _ decision: inout Decision,
        _ record: inout HeldUser,
        _ context: Context
    ) -> Bool {
        if let plan = notify.digest, plan.windowMs > 0 {
            collect(notify, notBeforeMs: context.nowMs + plan.windowMs, &decision, &record, context)
            return false
        }
        if let quiet = quietEnd(for: notify, record, context) {
            switch configuration.onQuiet {
            case .defer:
                decision.waitsFor = Reason.quietHours.rawValue
                decision.notBeforeMs = spread(quiet.endMs, of: quiet.hours, notify, context)
                return false
            case .drop:
                decision.suppressed = Reason.quietHours.rawValue
                return false
            case .sendSilently:
                decision.silent = true
            }
        }
        if isDigestDue(for: notify, record, context) {
            collect(notify, notBeforeMs: context.nowMs, &decision, &record, context)
            decision.silent = false
            return false
        }
        switch charge(notify, &record, context) {
        case .admitted: return true
        case .refused(.drop, _): decision.suppressed = Reason.rateLimited.rawValue
        // A target is nobody's: nobody reads a summary of it.
        case .refused(let onExceed, let retryAtMs) where onExceed == .defer || notify.target != nil:
            decision.waitsFor = Reason.rateLimited.rawValue
            decision.notBeforeMs = retryAtMs
        case .refused(_, let retryAtMs):
            collect(notify, notBeforeMs: retryAtMs, &decision, &record, context)
        }
        decision.silent = false
        return false
    }

    /// What waits under the same collapse key is not sent any more: to the same device, or at all where it is to be decided again.
    private func supersede(
        by decision: Decision,
        _ notify: NotifyCommand,
        _ record: inout HeldUser,
        _ context: Context
    ) {
        if record.scheduled.isEmpty || notify.collapseKey.isEmpty || !decision.suppressed.isEmpty { return }
        supersede(in: &record, context) {
            guard $0.collapseKey == notify.collapseKey else { return false }
            if !$0.isNotification { return decision.deviceNumbers.contains($0.deviceNumber) }
            let isCollected = decision.waitsFor == Reason.digested.rawValue
            return !$0.isDigest && $0.deliveryID != notify.id && !isCollected
        }
    }

    /// The decision's outputs once more: the same ids, the same devices, nothing charged.
    private func repeated(
        _ decision: Decision,
        _ record: HeldUser,
        _ notify: NotifyCommand,
        _ context: Context
    ) throws(NotifyCommand.Unreadable) -> Decided {
        var decided = try outcome(of: decision, record, notify, context)
        decided.disposition = .replayed
        return decided
    }

    private func duplicate(
        _ notify: NotifyCommand,
        _ context: Context
    ) throws(NotifyCommand.Unreadable) -> Decided {
        let notification = try notify.notification
        let receipt = Receipt(
            id: digests.identifier(notify.id, "duplicate", String(notify.origin, radix: 16)),
            outcome: .suppressed,
            reason: .duplicate,
            userID: context.userID,
            notification: notification,
            device: notify.target,
            decidedAtMs: context.nowMs,
            completedAtMs: context.nowMs
        )
        return Decided(effects: Effects(outputs: [receipt.outgoing()]), disposition: .ended(.duplicate))
    }

    // MARK: What a decision says

    private func outcome(
        of decision: Decision,
        _ record: HeldUser,
        _ notify: NotifyCommand,
        _ context: Context
    ) throws(NotifyCommand.Unreadable) -> Decided {
        var decided = try consequences(of: decision, record, notify, context)
        if !record.scheduled.isEmpty { decided.effects.outputs += settlements(in: record, by: context) }
        return decided
    }

    /// What follows for the notification itself.
    ///
    /// - Throws: where a part of it cannot be read.
    func consequences(
        of decision: Decision,
        _ record: HeldUser,
        _ notify: NotifyCommand,
        _ context: Context
    ) throws(NotifyCommand.Unreadable) -> Decided {
        let told = decision.suppressed.isEmpty ? decision.waitsFor : decision.suppressed
        if !told.isEmpty, let reason = Reason(rawValue: told) {
            let notification = try notify.notification
            let isWaiting = decision.suppressed.isEmpty
            let receipt =
                isWaiting
                ? deferral(reason, notification, notify.target, decision, context)
                : suppression(reason, notification, notify.target, decision, context)
            return Decided(
                effects: Effects(outputs: [receipt.outgoing()]),
                disposition: isWaiting ? .waiting(reason) : .ended(reason)
            )
        }
        var outputs: [Outgoing] = []
        outputs.reserveCapacity(decision.deviceNumbers.count + decision.unservedDeviceNumbers.count)
        appendDeliveries(of: decision, record, notify, context, to: &outputs)
        if !decision.unservedDeviceNumbers.isEmpty {
            let notification = try notify.notification
            for number in decision.unservedDeviceNumbers {
                guard let device = notify.target ?? record.device(number)?.device else { continue }
                outputs.append(rejection(of: notification, device, decision, context).outgoing())
            }
        }
        let sent = decision.deviceNumbers.count
        return Decided(
            effects: Effects(outputs: outputs),
            disposition: sent > 0 ? .admitted : .ended(.appNotConfigured),
            deliveries: sent
        )
    }

    /// A delivery for each device, with the words in its language.
    private func appendDeliveries(
        of decision: Decision,
        _ record: HeldUser,
        _ notify: NotifyCommand,
        _ context: Context,
        to outputs: inout [Outgoing]
    ) {
        let (key, headers) = (context.recordKey, notify.traceHeaders)
        let devices = notify.target.map { [HeldDevice($0)] } ?? record.devices
        var writer = WireWriter(capacity: notify.octetCount + 512)
        for number in decision.deviceNumbers {
            guard let device = devices.first(where: { $0.number == number }) else { continue }
            // SAFETY: the device's id is lent for the call.
            let id = unsafe device.withID { unsafe digests.identifier(notify.id, octets: $0) }
            writer.removeAll()
            Delivery.write(
                id: id,
                userID: context.hasUser ? key : [],
                notify: notify,
                words: notify.choice(for: device, preferring: record.locale),
                badge: decision.badge,
                device: device,
                decidedAtMs: decision.decidedAtMs,
                isSilent: decision.silent,
                to: &writer
            )
            guard let provider = device.knownProvider else {
                preconditionFailure("a device of a configured app has a known provider")
            }
            outputs.append(Outgoing(.outbox(provider), key: key, value: writer.octets, headers: headers))
        }
    }

    /// The final receipt of a notification of which nothing is sent.
    func suppression(
        _ reason: Reason,
        _ notification: Notification,
        _ target: Device?,
        _ decision: Decision,
        _ context: Context
    ) -> Receipt {
        var receipt = Receipt(
            id: digests.finalReceiptIdentifier(ofNotification: notification.id),
            outcome: reason.outcomeOfNotification,
            reason: reason,
            userID: context.userID,
            notification: notification,
            device: target,
            decidedAtMs: decision.decidedAtMs,
            completedAtMs: context.nowMs
        )
        if reason == .digested { receipt.digestID = decision.digestID }
        return receipt
    }

    /// The interim receipt of a notification that waits.
    func deferral(
        _ reason: Reason,
        _ notification: Notification,
        _ target: Device?,
        _ decision: Decision,
        _ context: Context
    ) -> Receipt {
        var receipt = Receipt(
            id: digests.deferredReceiptIdentifier(ofNotification: notification.id, position: decision.offset),
            outcome: .deferred,
            reason: reason,
            userID: context.userID,
            notification: notification,
            device: target,
            decidedAtMs: decision.decidedAtMs,
            completedAtMs: context.nowMs
        )
        receipt.notBeforeMs = decision.notBeforeMs
        if reason == .digested { receipt.digestID = decision.digestID }
        return receipt
    }

    /// The receipt of a delivery to a device whose app is not configured.
    private func rejection(
        of notification: Notification,
        _ device: Device,
        _ decision: Decision,
        _ context: Context
    ) -> Receipt {
        let deliveryID = digests.identifier(notification.id, device.id)
        return Receipt(
            id: digests.finalReceiptIdentifier(ofDelivery: deliveryID),
            outcome: .rejected,
            reason: .appNotConfigured,
            userID: context.userID,
            notification: notification,
            device: device,
            fingerprint: digests.fingerprint(of: device),
            decidedAtMs: decision.decidedAtMs,
            completedAtMs: context.nowMs
        )
    }
}

extension UsersCore {
    /// The most that a badge counts to.
    static let badgeMax: Int64 = 99_999

    /// Takes what the app says its icon shows; what it said later counts.
    mutating func setBadge(_ badge: SetBadge, _ context: Context) -> Decided {
        var record = user(context)
        if context.position <= record.lastOffset { return Decided(effects: .none, disposition: .replayed) }
        if badge.atMs < record.badgeAtMs || isForgotten(atMs: badge.atMs, context) {
            return Decided(effects: .none, disposition: .ignored)
        }
        record.badge = min(max(badge.count, 0), Self.badgeMax)
        record.badgeAtMs = max(badge.atMs, 1)
        return Decided(effects: Effects(state: store(&record, context)), disposition: .applied)
    }
}

extension Reason {
    /// How a notification ended of which nothing is sent.
    var outcomeOfNotification: Outcome {
        switch self {
        case .ttlPassed: .expired
        case .superseded: .superseded
        default: .suppressed
        }
    }
}

extension Decision {
    /// On a notification, by the command at hand: nothing is said yet.
    init(_ notify: NotifyCommand, _ context: UsersCore.Context) {
        self.init()
        notificationIDHigh = notify.id.high
        notificationIDLow = notify.id.low
        offset = context.position
        origin = notify.origin
        decidedAtMs = context.nowMs
    }

    var digestID: Identifier {
        get { Identifier(high: digestIDHigh, low: digestIDLow) }
        set {
            digestIDHigh = newValue.high
            digestIDLow = newValue.low
        }
    }
}
