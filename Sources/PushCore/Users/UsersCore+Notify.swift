/// Notifications: duplicate, expired, refused, limited, or sent to the user's devices.
extension UsersCore {
    /// Decides a notify command; nil where a part of it cannot be read.
    mutating func decide(_ notify: NotifyCommand, _ context: Context) -> Decided? {
        if let target = notify.target {
            guard target.targetKey?.description == context.key else { return nil }
        } else if context.userID.isEmpty {
            return nil
        }
        var (record, log) = userAndLog(context)
        if let earlier = log.first(about: notify.id) {
            if earlier.offset == context.position { return repeated(earlier, record, notify, context) }
            if earlier.origin == notify.origin {
                // The rules stage read its record twice. The command before this one carries it all.
                return Decided(effects: .none, disposition: .replayed)
            }
            return duplicate(notify, context)
        }
        if context.position <= record.lastOffset {
            // Decided, finished, and forgotten: only what lies below the committed offset is.
            return Decided(effects: .none, disposition: .replayed)
        }
        var decision = Decision()
        decision.notificationIDHigh = notify.id.high
        decision.notificationIDLow = notify.id.low
        decision.offset = context.position
        decision.origin = notify.origin
        decision.decidedAtMs = context.nowMs
        judge(notify, &decision, &record, context)
        supersede(by: decision, notify, &record, context)
        guard var decided = outcome(of: decision, record, notify, context) else { return nil }
        if !record.scheduled.isEmpty { decided.endings = endings(in: record, by: context) }
        log.append(decision)
        decided.effects.state = store(record, log, context)
        return decided
    }

    /// Fills in the decision, and charges the limits when something will be sent.
    private func judge(
        _ notify: NotifyCommand,
        _ decision: inout Decision,
        _ record: inout UserRecord,
        _ context: Context
    ) {
        if notify.expiresAtMs <= context.nowMs {
            decision.suppressed = Reason.ttlPassed.rawValue
            return
        }
        if record.categories[notify.category] == false {
            decision.suppressed = Reason.optedOut.rawValue
            return
        }
        var served: [UInt32] = []
        var unserved: [UInt32] = []
        // Beside the app's own token, APNs has others: each for one push type, and that for no other.
        for device in notify.target.map({ [$0] }) ?? record.devices
        where device.removedAtMs == 0 && device.pushType == notify.tokenKind {
            if configuration.apps.contains(UsersConfiguration.App(device)) {
                served.append(device.number)
            } else {
                unserved.append(device.number)
            }
        }
        if served.isEmpty, unserved.isEmpty {
            decision.suppressed = Reason.noDevices.rawValue
            return
        }
        if !served.isEmpty, !charge(notify, &record, context) {
            decision.suppressed = Reason.rateLimited.rawValue
            return
        }
        if notify.badgeIncrements, !served.isEmpty {
            record.badge = min(record.badge, Self.badgeMax - 1) + 1
            decision.badge = record.badge
        }
        decision.deviceNumbers = served
        decision.unservedDeviceNumbers = unserved
    }

    /// What waits to be sent to the same device under the same collapse key is not sent any more.
    private func supersede(
        by decision: Decision,
        _ notify: NotifyCommand,
        _ record: inout UserRecord,
        _ context: Context
    ) {
        if notify.collapseKey.isEmpty || record.scheduled.isEmpty { return }
        supersede(in: &record, context) {
            $0.collapseKey == notify.collapseKey && decision.deviceNumbers.contains($0.deviceNumber)
        }
    }

    /// Charges every window that holds for the notification, or none.
    private func charge(_ notify: NotifyCommand, _ record: inout UserRecord, _ context: Context) -> Bool {
        let windows = configuration.limits.windows(limit: notify.limit, bypassAll: notify.bypassLimits)
        if windows.isEmpty { return true }
        var states: [LimitState] = []
        states.reserveCapacity(windows.count)
        for keyed in windows {
            let before = record.limits.first { $0.window == keyed.key }?.tatMs ?? 0
            guard let after = CellRate.admit(arrivalMs: before, window: keyed.window, nowMs: context.nowMs) else {
                return false
            }
            var state = LimitState()
            state.window = keyed.key
            state.tatMs = after
            states.append(state)
        }
        record.limits.removeAll { old in states.contains { $0.window == old.window } }
        record.limits.append(contentsOf: states)
        return true
    }

    /// The decision's outputs once more: the same ids, the same devices, nothing charged.
    private func repeated(
        _ decision: Decision,
        _ record: UserRecord,
        _ notify: NotifyCommand,
        _ context: Context
    ) -> Decided? {
        var decided = outcome(of: decision, record, notify, context)
        decided?.disposition = .replayed
        return decided
    }

    private func duplicate(_ notify: NotifyCommand, _ context: Context) -> Decided? {
        guard let notification = notify.notification else { return nil }
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
        _ record: UserRecord,
        _ notify: NotifyCommand,
        _ context: Context
    ) -> Decided? {
        if let reason = Reason(rawValue: decision.suppressed) {
            guard let notification = notify.notification else { return nil }
            let receipt = suppression(reason, notification, notify.target, decision, context)
            return Decided(effects: Effects(outputs: [receipt.outgoing()]), disposition: .ended(reason))
        }
        var outputs: [Outgoing] = []
        outputs.reserveCapacity(decision.deviceNumbers.count + decision.unservedDeviceNumbers.count)
        appendDeliveries(of: decision, record, notify, context, to: &outputs)
        if !decision.unservedDeviceNumbers.isEmpty {
            guard let notification = notify.notification else { return nil }
            for number in decision.unservedDeviceNumbers {
                guard let device = notify.target ?? record.device(number) else { continue }
                outputs.append(rejection(of: notification, device, decision, context).outgoing())
            }
        }
        if !record.scheduled.isEmpty { outputs += settlements(in: record, by: context) }
        let sent = decision.deviceNumbers.count
        return Decided(
            effects: Effects(outputs: outputs),
            disposition: sent > 0 ? .admitted : .ended(.appNotConfigured),
            deliveries: sent
        )
    }

    /// A delivery for each device, with the words in its language; the notification is encoded once for each language.
    private func appendDeliveries(
        of decision: Decision,
        _ record: UserRecord,
        _ notify: NotifyCommand,
        _ context: Context,
        to outputs: inout [Outgoing]
    ) {
        let headers = notify.traceHeaders
        let locales = notify.locales
        let key = context.recordKey
        var encoded: (choice: Int, octets: [UInt8])?
        for number in decision.deviceNumbers {
            guard let device = notify.target ?? record.device(number) else { continue }
            guard let provider = Provider(rawValue: device.provider) else {
                preconditionFailure("a device of a configured app has a known provider")
            }
            let choice = Locale.choose(from: locales, preferred: [device.locale, record.locale])
            let notification = encoded?.choice == choice ? encoded?.octets : nil
            let octets = notification ?? notify.encoded(words: choice, badge: decision.badge)
            encoded = (choice, octets)
            let delivery = Delivery.encoded(
                id: digests.identifier(notify.id, device.id),
                userID: context.userID,
                notification: octets,
                device: device,
                decidedAtMs: decision.decidedAtMs
            )
            outputs.append(Outgoing(.outbox(provider), key: key, value: delivery, headers: headers))
        }
    }

    private func suppression(
        _ reason: Reason,
        _ notification: Notification,
        _ target: Device?,
        _ decision: Decision,
        _ context: Context
    ) -> Receipt {
        Receipt(
            id: digests.identifier(notification.id, "users"),
            outcome: reason == .ttlPassed ? .expired : .suppressed,
            reason: reason,
            userID: context.userID,
            notification: notification,
            device: target,
            decidedAtMs: decision.decidedAtMs,
            completedAtMs: context.nowMs
        )
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
        if badge.atMs < record.badgeAtMs { return Decided(effects: .none, disposition: .ignored) }
        record.badge = min(max(badge.count, 0), Self.badgeMax)
        record.badgeAtMs = max(badge.atMs, 1)
        return Decided(effects: Effects(state: store(record, context)), disposition: .applied)
    }
}

extension UserRecord {
    /// A registration by its number, removed or not: decisions name it as long as they may be repeated.
    func device(_ number: UInt32) -> Device? {
        devices.first { $0.number == number }
    }
}
