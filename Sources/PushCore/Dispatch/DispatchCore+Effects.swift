internal import SwiftProtobuf

/// What dispatch says about a delivery: receipts, and commands to its user.
extension DispatchCore {
    func receipt(
        _ id: Identifier,
        _ outcome: Outcome,
        _ reason: Reason?,
        _ entry: Entry,
        _ nowMs: Int64
    ) -> Receipt {
        let delivery = entry.delivery
        return Receipt(
            id: id,
            outcome: outcome,
            reason: reason,
            userID: delivery.userID,
            notification: delivery.notification,
            device: delivery.device,
            fingerprint: digests.fingerprint(of: delivery.device),
            decidedAtMs: delivery.record.decidedAtMs,
            completedAtMs: nowMs,
            attempts: entry.attempts
        )
    }

    func ending(_ outcome: Outcome, _ reason: Reason?, _ entry: Entry, _ nowMs: Int64) -> Ending {
        let eventMs = entry.delivery.notification.event.timeMs
        let startMs = eventMs != 0 ? eventMs : entry.delivery.record.decidedAtMs
        return Ending(
            outcome: outcome,
            reason: reason,
            latencyMs: max(0, nowMs - startMs),
            wasRetried: entry.attempts.count > 1
        )
    }

    /// Tells the user that the provider holds the address for dead.
    func rejection(_ entry: Entry, _ reason: Reason, _ invalidSinceMs: Int64, _ nowMs: Int64) -> Outgoing {
        let delivery = entry.delivery
        var rejected = AddressRejected()
        rejected.deviceID = delivery.device.id
        rejected.fingerprint = digests.fingerprint(of: delivery.device)
        rejected.reason = reason.rawValue
        rejected.providerReason = entry.attempts.providerReason ?? ""
        rejected.invalidSinceMs = invalidSinceMs
        rejected.observedAtMs = nowMs
        rejected.notificationIDHigh = delivery.notification.idHigh
        rejected.notificationIDLow = delivery.notification.idLow
        rejected.registeredAtMs = delivery.device.registeredAtMs
        return command(.rejected(rejected), to: delivery)
    }

    /// Hands the delivery back to its user, with what was done for it so far.
    ///
    /// `reason`: nil where it is not known any more.
    func later(_ entry: Entry, notBeforeMs: Int64, _ reason: Reason?) -> Outgoing {
        var delivery = entry.delivery.record
        delivery.attempts = UInt32(clamping: entry.attempts.count)
        delivery.sentAtMs = entry.attempts.sentAtMs ?? 0
        delivery.possibleDuplicate = entry.attempts.possibleDuplicate
        delivery.handBacks = entry.handBacks + 1
        var schedule = ScheduleDelivery()
        schedule.delivery.append(contentsOf: delivery.encoded())
        schedule.notBeforeMs = notBeforeMs
        schedule.reason = reason?.rawValue ?? ""
        return command(.later(schedule), to: entry.delivery)
    }

    private func command(_ kind: Command.OneOf_Kind, to delivery: OutboxDelivery) -> Outgoing {
        var command = Command()
        command.kind = kind
        guard let key = delivery.record.inboxKey else { preconditionFailure("a delivery for nobody is never taken") }
        return Outgoing(.inbox, key: key.octets, value: command.encoded())
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
