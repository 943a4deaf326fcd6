/// Digests: notifications of a rule and a key that become one.
///
/// A digest is an entry of what waits. It holds its items one by one, so that each can expire or be cancelled, and the command of the
/// newest for all that is not words. Items beyond ``UsersConfiguration/digestItemsMax`` are only counted.
extension UsersCore {
    /// Collects a notification in the place of sending it.
    ///
    /// `notBeforeMs`: When the digest is sent that it begins; one that is there already keeps its time.
    func collect(
        _ notify: NotifyCommand,
        notBeforeMs: Int64,
        _ decision: inout Decision,
        _ record: inout UserRecord,
        _ context: Context
    ) {
        let key = "\(notify.ruleID)/\(notify.digest?.key ?? "")"
        // A digest that exceeds a limit waits for itself.
        let isOwn = record.scheduled.contains { $0.isWaiting && $0.isDigest && $0.deliveryID == notify.id }
        let index = isOwn ? nil : record.scheduled.firstIndex { $0.isWaiting && $0.digestKey == key }
        decision.waitsFor = Reason.digested.rawValue
        decision.notBeforeMs = index.map { record.scheduled[$0].notBeforeMs } ?? notBeforeMs
        if isOwn { return }
        guard let notification = notify.notification else { return }
        var entry =
            index.map { record.scheduled[$0] } ?? ScheduledEntry(digest: key, notify, decision, context, digests)
        decision.digestID = entry.deliveryID
        let item = DigestItem(notification, decision)
        let isFull =
            entry.items.count(where: \.isWaiting) >= configuration.digestItemsMax
            || entry.octetCount + item.octetCount > configuration.scheduledBytesMax / 2
        if isFull {
            entry.folded += 1
            decision.waitsFor = ""
            decision.suppressed = Reason.digested.rawValue
        } else {
            entry.items.append(item)
        }
        entry.expiresAtMs = max(entry.expiresAtMs, notify.expiresAtMs)
        // SAFETY: the octets are copied within the call.
        entry.command.removeAll()
        unsafe entry.command.append(contentsOf: notify.command)
        if let index {
            record.scheduled[index] = entry
        } else {
            record.scheduled.append(entry)
            limitScheduled(&record, context)
        }
    }
}

extension ScheduledEntry {
    /// A digest with nothing in it.
    init(
        digest key: String,
        _ notify: NotifyCommand,
        _ decision: Decision,
        _ context: UsersCore.Context,
        _ digests: Digests
    ) {
        self.init(notify, decision, context)
        let id = digests.digestIdentifier(first: notify.id)
        deliveryIDHigh = id.high
        deliveryIDLow = id.low
        digestKey = key
        collapseKey = ""
    }

    /// The command that asks for the notification which the digest becomes: the newest item's, with the words of all that the command
    /// at hand finds in it; nil where that is nothing.
    func digestCommand(by context: UsersCore.Context) -> [UInt8]? {
        let named = items.filter {
            $0.settledByOffset == context.position && $0.settled == Reason.digested.rawValue
        }
        let count = named.count + Int(folded)
        guard count > 0, var command = try? Command(octets: Array(self.command)) else { return nil }
        var notification = command.notify.notification
        let words = DigestWords(plan: notification.digest, items: named.map(\.fragments), count: count)
        if !notification.digest.contents.isEmpty {
            notification.contents = notification.digest.contents.map(words.content)
        }
        notification.id = deliveryID
        notification.expiresAtMs = expiresAtMs
        notification.dedupeKey = ""
        notification.cancels = ""
        notification.clearDigest()
        command.notify.notification = notification
        return command.encoded()
    }
}

extension DigestItem {
    /// What a receipt needs, and the words.
    init(_ notification: Notification, _ decision: Decision) {
        self.init()
        self.notification.id = notification.id
        self.notification.event = notification.event
        self.notification.ruleID = notification.ruleID
        self.notification.category = notification.category
        self.notification.expiresAtMs = notification.expiresAtMs
        self.notification.collapseKey = notification.collapseKey
        self.notification.traceparent = notification.traceparent
        self.notification.tracestate = notification.tracestate
        fragments = DigestWords.fragments(of: notification.digest)
        decidedAtMs = decision.decidedAtMs
    }
}
