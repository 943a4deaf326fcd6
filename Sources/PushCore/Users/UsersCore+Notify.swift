/// Notifications: duplicate, expired, refused, limited, or sent to the user's devices.
extension UsersCore {
    mutating func decide(_ notify: Notify, _ context: Context) -> Decided {
        var record = user(context)
        let notification = notify.notification
        if let earlier = record.decisions.first(where: { $0.isAbout(notification) }) {
            if earlier.offset == context.position { return repeated(earlier, record, notification, context) }
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
        decision.notificationIDHigh = notification.idHigh
        decision.notificationIDLow = notification.idLow
        decision.offset = context.position
        decision.origin = notify.origin
        decision.decidedAtMs = context.nowMs
        judge(notification, &decision, &record, context)
        record.decisions.append(decision)
        let state = store(record, context)
        var decided = outcome(of: decision, record, notification, context)
        decided.effects.state = state
        return decided
    }

    /// Fills in the decision, and charges the limits when something will be sent.
    private func judge(
        _ notification: Notification,
        _ decision: inout Decision,
        _ record: inout UserRecord,
        _ context: Context
    ) {
        if notification.expiresAtMs <= context.nowMs {
            decision.suppressed = Reason.ttlPassed.rawValue
            return
        }
        if record.categories[notification.category] == false {
            decision.suppressed = Reason.optedOut.rawValue
            return
        }
        var served: [UInt32] = []
        var unserved: [UInt32] = []
        for device in record.devices where device.removedAtMs == 0 {
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
        if !served.isEmpty, !charge(notification, &record, context) {
            decision.suppressed = Reason.rateLimited.rawValue
            return
        }
        decision.deviceNumbers = served
        decision.unservedDeviceNumbers = unserved
    }

    /// Charges every window that holds for the notification, or none.
    private func charge(_ notification: Notification, _ record: inout UserRecord, _ context: Context) -> Bool {
        let windows = configuration.limits.windows(limit: notification.limit, bypassAll: notification.bypassLimits)
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
        _ notification: Notification,
        _ context: Context
    ) -> Decided {
        var decided = outcome(of: decision, record, notification, context)
        decided.disposition = .replayed
        return decided
    }

    private func duplicate(_ notify: Notify, _ context: Context) -> Decided {
        let receipt = Receipt(
            id: digests.identifier(notify.notification.id, "duplicate", String(notify.origin, radix: 16)),
            outcome: .suppressed,
            reason: .duplicate,
            userID: context.userID,
            notification: notify.notification,
            decidedAtMs: context.nowMs,
            completedAtMs: context.nowMs
        )
        return Decided(effects: Effects(outputs: [receipt.outgoing()]), disposition: .ended(.duplicate))
    }

    // MARK: What a decision says

    private func outcome(
        of decision: Decision,
        _ record: UserRecord,
        _ notification: Notification,
        _ context: Context
    ) -> Decided {
        if let reason = Reason(rawValue: decision.suppressed) {
            let receipt = suppression(reason, notification, decision, context)
            return Decided(effects: Effects(outputs: [receipt.outgoing()]), disposition: .ended(reason))
        }
        var outputs: [Outgoing] = []
        outputs.reserveCapacity(decision.deviceNumbers.count + decision.unservedDeviceNumbers.count)
        var words = ChosenWords(of: notification)
        let headers = notification.traceHeaders
        for number in decision.deviceNumbers {
            guard let device = record.device(number) else { continue }
            let encoded = words.encoded(preferred: [device.locale, record.locale])
            outputs.append(delivery(of: notification, encoded, headers, to: device, decision, context))
        }
        for number in decision.unservedDeviceNumbers {
            guard let device = record.device(number) else { continue }
            let deliveryID = digests.identifier(notification.id, device.id)
            let receipt = Receipt(
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
            outputs.append(receipt.outgoing())
        }
        let sent = decision.deviceNumbers.count
        return Decided(
            effects: Effects(outputs: outputs),
            disposition: sent > 0 ? .admitted : .ended(.appNotConfigured),
            deliveries: sent
        )
    }

    private func suppression(
        _ reason: Reason,
        _ notification: Notification,
        _ decision: Decision,
        _ context: Context
    ) -> Receipt {
        Receipt(
            id: digests.identifier(notification.id, "users"),
            outcome: reason == .ttlPassed ? .expired : .suppressed,
            reason: reason,
            userID: context.userID,
            notification: notification,
            decidedAtMs: decision.decidedAtMs,
            completedAtMs: context.nowMs
        )
    }

    private func delivery(
        of notification: Notification,
        _ encoded: [UInt8],
        _ headers: [RecordHeader],
        to device: Device,
        _ decision: Decision,
        _ context: Context
    ) -> Outgoing {
        guard let provider = Provider(rawValue: device.provider) else {
            preconditionFailure("a device of a configured app has a known provider")
        }
        let delivery = Delivery.encoded(
            id: digests.identifier(notification.id, device.id),
            userID: context.userID,
            notification: encoded,
            device: device,
            decidedAtMs: decision.decidedAtMs
        )
        return Outgoing(.outbox(provider), key: Array(context.userID.utf8), value: delivery, headers: headers)
    }
}

/// A notification with the words of one language, encoded once for all devices that are to show these.
private struct ChosenWords {
    private var notification: Notification
    private let contents: [Content]
    private var octets: [UInt8]?

    init(of notification: Notification) {
        self.notification = notification
        contents = notification.contents
    }

    mutating func encoded(preferred: [String]) -> [UInt8] {
        if contents.count > 1 {
            let chosen = Locale.choose(from: contents, preferred: preferred.filter { !$0.isEmpty })
            if notification.contents != [chosen] {
                notification.contents = [chosen]
                octets = nil
            }
        }
        let encoded = octets ?? notification.encoded()
        octets = encoded
        return encoded
    }
}

extension UserRecord {
    /// A registration by its number, removed or not: decisions name it as long as they may be repeated.
    func device(_ number: UInt32) -> Device? {
        devices.first { $0.number == number }
    }
}

extension Decision {
    fileprivate func isAbout(_ notification: Notification) -> Bool {
        notificationIDLow == notification.idLow && notificationIDHigh == notification.idHigh
    }
}
