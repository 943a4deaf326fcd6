internal import SwiftProtobuf

/// Fan-outs: a notification for all of the partition's users who subscribed to a topic.
///
/// A fan-out to few is made at once. Any other gets a record of its own, and goes on in steps, each of which is a command to
/// itself: it asks for the notifications of at most ``UsersConfiguration/fanOutStep`` users by commands to them, and moves
/// the cursor behind the last of them. So every notification takes the way that it would take if a rule had named its user, and
/// commands that came meanwhile to other users stand between two steps. ``UsersCore/continueFanOut(nowMs:)`` asks for the next
/// step when the shell finds that there is room.
///
/// Replays. Users stand in the order of their ids, and a step goes from one id to another. A step that is read again asks for the
/// same range; who was asked before is known by the origin of the command (``UsersCore/decide(_:_:)``). Whoever was subscribed
/// when the fan-out was read, and still is when the cursor comes by, is asked; who subscribes meanwhile is, if the cursor has not
/// passed.
extension UsersCore {
    /// Notifications of fan-outs that are under way; a step that was asked for counts in full.
    package var fanOutLoad: Int { fanOuts.underWayCount + (fanOuts.hasAsked ? configuration.fanOutStep : 0) }

    /// Fan-outs in progress.
    package var fanOutCount: Int { fanOuts.inProgress.count }

    /// True while there are fan-outs, be it that they are only remembered.
    package var hasFanOuts: Bool { !fanOuts.isIdle }

    /// Subscriptions held: of each user to each topic.
    package var subscriptionCount: Int { subscribers.count }

    /// The command that asks for the next step; nil while one is asked for, or nothing is in progress.
    package mutating func continueFanOut(nowMs: Int64) -> Outgoing? {
        fanOuts.forgetUnderWay(nowMs: nowMs, timeoutMs: configuration.releaseTimeoutMs)
        guard let key = fanOuts.ask(nowMs: nowMs, timeoutMs: configuration.releaseTimeoutMs) else { return nil }
        return next(key)
    }

    /// Commands to fan-outs that are over, and whose records may say less.
    package mutating func forgetFanOuts(nowMs: Int64, max: Int = 64) -> [Outgoing] {
        fanOuts.toForget(nowMs: nowMs, againMs: Self.forgetAfterMs, max: max).map(next)
    }

    /// Commands are committed after a second or so; then nobody reads them again.
    private static let forgetAfterMs: Int64 = 60_000

    private func next(_ key: String) -> Outgoing {
        var command = Command()
        command.continueFanOut.cursor = fanOut(key)?.cursor ?? ""
        return Outgoing(.inbox, partition: partition, key: Array(key.utf8), value: command.encoded())
    }

    private func fanOut(_ key: String) -> FanOutRecord? {
        records[key].flatMap { try? FanOutRecord(octets: $0) }
    }

    // MARK: To the subscribers, from the rules stage

    /// Begins a fan-out; a dead letter where its notification cannot be read, or there are too many.
    mutating func fanOut(_ fanOut: FanOut, _ context: Context, _ record: InputRecord) -> Decided {
        guard let template = FanOutTemplate(fanOut) else { return invalid(record) }
        // Its id holds the origin: whoever asks again is the rules stage, which read its record twice.
        if records.contains(context.key) { return Decided(effects: .none, disposition: .replayed) }
        let few = subscribers.users(of: fanOut.topics, after: "", max: configuration.fanOutAtOnce + 1)
        if few.count <= configuration.fanOutAtOnce { return decided(few, template, .applied, context) }
        guard fanOuts.inProgress.count < configuration.fanOutsMax else {
            let detail = "\(configuration.fanOutsMax) fan-outs of this partition are in progress: users.fan_outs_max"
            return invalid(record, reason: "fan_outs_max", detail: detail)
        }
        var begun = FanOutRecord()
        begun.fanOut = fanOut
        fanOuts.begin(context.key)
        return Decided(effects: Effects(state: store(begun, context)), disposition: .applied)
    }

    // MARK: To a fan-out, from the users stage

    mutating func continueFanOut(_ command: ContinueFanOut, _ context: Context) -> Decided {
        fanOuts.wasRead(context.key)
        guard var record = fanOut(context.key) else { return Decided(effects: .none, disposition: .ignored) }
        if let step = record.steps.first(where: { $0.offset == context.position }) {
            return repeated(step, record, context)
        }
        if context.position <= record.lastOffset { return Decided(effects: .none, disposition: .replayed) }
        if command.cursor != record.cursor { return Decided(effects: .none, disposition: .ignored) }
        if record.overAtMs != 0 { return forget(record, context) }
        guard let template = FanOutTemplate(record.fanOut) else {
            return Decided(effects: .none, disposition: .ignored)
        }
        let users = subscribers.users(of: record.fanOut.topics, after: record.cursor, max: configuration.fanOutStep)
        record.steps.removeAll { $0.offset <= committed }
        if let last = users.last {
            var step = FanOutStep()
            step.offset = context.position
            step.after = record.cursor
            step.upTo = last
            record.steps.append(step)
            record.cursor = last
        }
        if users.count < configuration.fanOutStep {
            record.overAtMs = context.nowMs
            fanOuts.end(context.key, forgetAtMs: context.nowMs + Self.forgetAfterMs)
        }
        var decided = decided(users, template, .applied, context)
        decided.effects.state = store(record, context)
        return decided
    }

    /// The same range once more: nobody is left out who was in it and still is.
    private mutating func repeated(_ step: FanOutStep, _ record: FanOutRecord, _ context: Context) -> Decided {
        guard let template = FanOutTemplate(record.fanOut) else {
            return Decided(effects: .none, disposition: .replayed)
        }
        let users = subscribers.users(of: record.fanOut.topics, after: step.after, upTo: step.upTo)
        var decided = decided(users, template, .replayed, context)
        decided.notifications = 0
        return decided
    }

    /// When no command can be read again, the record keeps that there was this fan-out, and later nothing.
    private mutating func forget(_ record: FanOutRecord, _ context: Context) -> Decided {
        var record = record
        let forgetAtMs = record.overAtMs + configuration.dedupeWindowMs
        let mayBeRepeated = record.steps.contains { $0.offset > committed }
        if mayBeRepeated { return Decided(effects: .none, disposition: .ignored) }
        if record.hasFanOut {
            record.clearFanOut()
            record.steps = []
            // It names a user.
            record.cursor = ""
            fanOuts.end(context.key, forgetAtMs: max(forgetAtMs, context.nowMs + Self.forgetAfterMs))
            return Decided(effects: Effects(state: store(record, context)), disposition: .applied)
        }
        if forgetAtMs > context.nowMs { return Decided(effects: .none, disposition: .ignored) }
        fanOuts.remove(context.key)
        return Decided(effects: Effects(state: log(nil, context)), disposition: .applied)
    }

    // MARK: What follows

    /// A command to each user.
    private mutating func decided(
        _ users: [String],
        _ template: FanOutTemplate,
        _ disposition: Disposition,
        _ context: Context
    ) -> Decided {
        fanOuts.produced(users.count, origin: template.origin, nowMs: context.nowMs)
        let outputs = users.map { template.command(to: $0, partition, digests) }
        return Decided(
            effects: Effects(outputs: outputs),
            disposition: disposition,
            notifications: users.count
        )
    }

    private mutating func store(_ record: FanOutRecord, _ context: Context) -> Outgoing {
        var record = record
        record.lastOffset = context.position
        record.epoch = epoch
        return log(record.encoded(), context)
    }

    // MARK: Restoring

    /// Takes a fan-out's record of the users topic; the last one stays.
    mutating func restoreFanOut(_ key: String) {
        guard let record = fanOut(key) else { return fanOuts.remove(key) }
        if record.overAtMs == 0 { return fanOuts.begin(key) }
        let afterMs = record.hasFanOut ? Self.forgetAfterMs : configuration.dedupeWindowMs
        fanOuts.end(key, forgetAtMs: record.overAtMs + afterMs)
    }

    /// Takes what changed between two records of a user.
    mutating func restoreSubscriptions(of key: String, from former: [UInt8]?, to record: [UInt8]?) {
        let before = former.map(TopicSubscription.subscribed) ?? []
        let after = record.map(TopicSubscription.subscribed) ?? []
        if before.isEmpty, after.isEmpty { return }
        let user = String(key.dropFirst(2))
        for topic in before where !after.contains(topic) {
            subscribers.set(user, topic: topic, isSubscribed: false)
        }
        for topic in after where !before.contains(topic) {
            subscribers.set(user, topic: topic, isSubscribed: true)
        }
    }

    /// The inbox was made anew: what is in progress goes on, and no command of the former one is read again.
    static func withoutPositions(fanOut octets: [UInt8]) -> [UInt8]? {
        guard var record = try? FanOutRecord(octets: octets) else { return nil }
        record.lastOffset = 0
        record.steps = []
        return record.encoded()
    }
}

/// What all notifications of a fan-out have in common.
struct FanOutTemplate {
    let origin: UInt64
    private let notification: [UInt8]
    private let eventSource: String
    private let eventID: String
    private let ruleID: String
    private let traceHeaders: [RecordHeader]

    /// Nil where the notification cannot be read.
    init?(_ fanOut: FanOut) {
        notification = Array(fanOut.notification)
        // SAFETY: the array is lent for the call.
        let known = unsafe notification.withUnsafeBytes { unsafe try? Notification(record: $0) }
        guard let read = known, read.hasEvent, !read.ruleID.isEmpty else { return nil }
        origin = fanOut.origin
        eventSource = read.event.source
        eventID = read.event.id
        ruleID = read.ruleID
        traceHeaders = read.traceHeaders
    }

    /// The command that a rule would have given if it had named the user.
    func command(to user: String, _ partition: Int32, _ digests: Digests) -> Outgoing {
        let id = digests.notificationIdentifier(
            eventSource: eventSource,
            eventID: eventID,
            ruleID: ruleID,
            userID: user
        )
        return Outgoing(
            .inbox,
            partition: partition,
            key: InboxKey.octets(user: user),
            value: NotifyCommand.encoded(notification, id: id, origin: origin),
            headers: traceHeaders
        )
    }
}
