/// Digests: notifications of a rule and a key that become one.
///
/// A digest is an entry of what waits. It holds its items one by one, so that each can expire or be cancelled, and for all that is not
/// words the command of the newest, and those of others before it, which may have to take its place. Items beyond
/// ``UsersConfiguration/digestItemsMax`` are only counted.
extension UsersCore {
    /// Collects a notification in the place of sending it.
    ///
    /// `notBeforeMs`: When the digest is sent that it begins; one that is there already keeps its time.
    func collect(
        _ notify: NotifyCommand,
        notBeforeMs: Int64,
        _ decision: inout Decision,
        _ record: inout HeldUser,
        _ context: Context
    ) {
        let key = Self.digestKey(of: notify)
        // A digest that exceeds a limit waits for itself.
        let isOwn = record.scheduled.contains { $0.isWaiting && $0.isDigest && $0.deliveryID == notify.id }
        let index = isOwn ? nil : record.scheduled.firstIndex { $0.isWaiting && $0.digestKey == key }
        decision.waitsFor = Reason.digested.rawValue
        decision.notBeforeMs = index.map { record.scheduled[$0].notBeforeMs } ?? notBeforeMs
        if isOwn { return }
        guard let notification = try? notify.notification else { return }
        var entry =
            index.map { record.scheduled[$0] } ?? ScheduledEntry(digest: key, notify, decision, context, digests)
        decision.digestID = entry.deliveryID
        let item = DigestItem(notification, decision, notify)
        let isFull =
            entry.items.count(where: \.isWaiting) >= configuration.digestItemsMax
            || entry.octetCount + item.octetCount > configuration.scheduledBytesMax / 2
        if isFull {
            entry.folded += 1
            decision.waitsFor = ""
            decision.suppressed = Reason.digested.rawValue
        } else {
            entry.items.append(item)
            entry.dropCommands(beyond: configuration.scheduledBytesMax / 8)
        }
        entry.faceIsFolded = isFull
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

    /// Whether a digest that the notification would be in is due: it was there first, and is not overtaken while its release is on its way.
    func isDigestDue(for notify: NotifyCommand, _ record: HeldUser, _ context: Context) -> Bool {
        if record.scheduled.isEmpty || notify.target != nil { return false }
        let key = Self.digestKey(of: notify)
        return record.scheduled.contains {
            $0.isWaiting && $0.digestKey == key && $0.notBeforeMs <= context.nowMs && $0.deliveryID != notify.id
        }
    }

    private static func digestKey(of notify: NotifyCommand) -> String {
        "\(notify.ruleID)/\(notify.digest?.key ?? "")"
    }

    // MARK: Put off

    /// A digest that is due, and may not be sent yet, goes on collecting.
    func putOff(_ entry: inout ScheduledEntry, by decision: Decision) {
        entry.notBeforeMs = decision.notBeforeMs
        entry.waitsFor = decision.waitsFor
        entry.handBacks += 1
        var putOff = PutOff()
        putOff.offset = decision.offset
        putOff.notBeforeMs = decision.notBeforeMs
        entry.putOffs.append(putOff)
    }

    /// The interim receipts of what is in the digests that the command at hand put off.
    func putOffReceipts(in record: HeldUser, by context: Context) -> [Receipt] {
        record.scheduled.flatMap { entry -> [Receipt] in
            guard let putOff = entry.putOffs.first(where: { $0.offset == context.position }) else { return [] }
            let items = entry.items.filter {
                $0.offset < context.position && ($0.isWaiting || $0.settledByOffset > context.position)
            }
            return items.map { item in
                var decision = Decision()
                decision.offset = context.position
                decision.decidedAtMs = item.decidedAtMs
                decision.notBeforeMs = putOff.notBeforeMs
                decision.digestID = entry.deliveryID
                return deferral(.digested, item.notification, nil, decision, context)
            }
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

    /// Keeps the commands of the newest items alone: so many octets, or that of the newest.
    mutating func dropCommands(beyond max: Int) {
        var octets = 0
        for index in items.indices.reversed() where !items[index].command.isEmpty {
            octets += items[index].command.count
            if octets > max, index + 1 < items.count { items[index].command.removeAll() }
        }
    }

    /// What the digest looks like: the newest of what is in it. What was cancelled or has expired is not shown.
    private func face(of named: [DigestItem]) -> [UInt8] {
        if faceIsFolded { return Array(command) }
        return Array(named.last { !$0.command.isEmpty }?.command ?? command)
    }

    /// The command that asks for the notification which the digest becomes: the newest item's, with the words of all that the command
    /// at hand finds in it; nil where that is nothing.
    func digestCommand(by context: UsersCore.Context) -> [UInt8]? {
        let named = items.filter {
            $0.settledByOffset == context.position && $0.settled == Reason.digested.rawValue
        }
        let count = named.count + Int(folded)
        guard count > 0, var command = try? Command(octets: face(of: named)) else { return nil }
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
    init(_ notification: Notification, _ decision: Decision, _ notify: NotifyCommand) {
        self.init()
        offset = decision.offset
        // SAFETY: the octets are copied within the call.
        unsafe command.append(contentsOf: notify.command)
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
