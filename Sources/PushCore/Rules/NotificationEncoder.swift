/// Writes what rules ask for about one event straight into the octets of notifications.
///
/// A notification is made once and sent on many times as octets, so the rules stage never holds one as a value: templates are
/// rendered into the record. Without the id, which depends on the user.
///
/// A class: the rules that match one event share it.
final class NotificationEncoder {
    let source: String
    let id: String
    /// Of what follows from the event.
    let traceHeaders: [RecordHeader]
    private let event: [UInt8]
    private let timeMs: Int64
    private let traceparent: String
    private let tracestate: String
    /// What is left for the rule at hand.
    private var budget = RenderBudget()

    /// `recordTimestampMs`: Counts where the event has no time of its own.
    init(_ event: Event, recordTimestampMs: Int64) {
        id = event.id
        source = event.source
        timeMs = event.timeMs ?? max(0, recordTimestampMs)
        traceparent = event.traceparent ?? ""
        tracestate = event.tracestate ?? ""
        traceHeaders = TraceContext.headers(Array(traceparent.utf8), Array(tracestate.utf8))
        var writer = WireWriter(capacity: 256)
        writer.string(1, id)
        writer.string(2, source)
        writer.string(3, event.type)
        writer.int64(4, event.timeMs ?? 0)
        self.event = writer.octets
    }

    /// The notification of a rule, encoded; the field numbers are those of `Notification`.
    ///
    /// - Throws: what a template fails on.
    func octets(_ rule: Rule, _ values: EventValues, version: String) throws(RenderBudget.Failure) -> [UInt8] {
        budget = RenderBudget()
        var writer = WireWriter(capacity: 1024)
        render(rule, values, version: version, to: &writer)
        if let failure = budget.failure { throw failure }
        return writer.octets
    }

    private func render(_ rule: Rule, _ values: EventValues, version: String, to writer: inout WireWriter) {
        writer.message(2, event)
        writer.string(3, rule.id)
        writer.string(4, rule.category)
        writer.int64(5, timeMs + rule.timeToLiveMs)
        writer.int64(6, Int64(rule.priority.rawValue))
        writer.template(7, rule.collapse, values, &budget)
        // By index: going through the elements would copy each with all its parts.
        for index in rule.contents.indices {
            writer.nested(8) { writer in
                writer.string(1, rule.contents[index].locale)
                writer.template(2, rule.contents[index].title, values, &budget)
                writer.template(3, rule.contents[index].subtitle, values, &budget)
                writer.template(4, rule.contents[index].body, values, &budget)
                writer.template(5, rule.contents[index].image, values, &budget)
            }
        }
        for index in rule.data.indices {
            writer.nested(9) { writer in
                writer.string(1, present: rule.data[index].key)
                writer.text(2, presence: .always) { rule.data[index].template.append(values, to: &$0, &budget) }
            }
        }
        writer.template(10, rule.link, values, &budget)
        if let apns = rule.apns { writer.nested(11) { write(apns, values, to: &$0) } }
        writer.string(12, rule.limit)
        writer.bool(13, rule.bypassLimits)
        writer.string(14, version)
        writer.string(15, traceparent)
        writer.string(16, tracestate)
        if let fcm = rule.fcm { writer.nested(18) { $0.bytes(1, fcm.octets(values, &budget)) } }
        if let webPush = rule.webPush { writer.nested(19) { write(webPush, values, to: &$0) } }
        writer.bool(31, rule.dropTooLong)
        switch rule.badge {
        case nil: break
        case .number(let number): writer.int64(33, present: number)
        case .increment: writer.bool(32, true)
        case .template(let template):
            if let number = badge(template, values) { writer.int64(33, present: number) }
        }
        if let key = rule.dedupeKey {
            writer.template(40, key, values, &budget)
            writer.int64(41, rule.dedupeWindowMs)
        }
        writer.bool(42, rule.bypassQuietHours)
        writer.template(43, rule.cancels, values, &budget)
        if let digest = rule.digest { writer.nested(44) { write(digest, values, to: &$0) } }
        if let devices = rule.devices { writer.message(45, devices) }
    }

    /// The number that a template gives; nil where it gives nothing.
    private func badge(_ template: Template, _ values: EventValues) -> Int64? {
        let text = template.render(values, &budget)
        if text.isEmpty || budget.failure != nil { return nil }
        guard let number = Int64(text), (0...BadgeDefinition.numberMax).contains(number) else {
            budget.fail("badge: \"\(text.prefix(80))\" is not a whole number from 0 to \(BadgeDefinition.numberMax)")
            return nil
        }
        return number
    }

    /// A command that ends what waits under a rule's key, encoded; nil where the event gives no key.
    ///
    /// - Throws: what a template fails on.
    func cancellation(_ rule: Rule, _ values: EventValues) throws(RenderBudget.Failure) -> [UInt8]? {
        budget = RenderBudget()
        let key = rule.cancels?.render(values, &budget) ?? ""
        if let failure = budget.failure { throw failure }
        if key.isEmpty { return nil }
        var cancel = CancelScheduled()
        cancel.collapseKey = key
        cancel.event.timeMs = timeMs
        var command = Command()
        command.cancel = cancel
        return command.encoded()
    }

    private func write(_ digest: Rule.DigestTemplates, _ values: EventValues, to writer: inout WireWriter) {
        writer.int64(1, digest.windowMs)
        writer.template(2, digest.key, values, &budget)
        for content in digest.contents {
            writer.nested(3) { writer in
                writer.string(1, content.locale)
                content.title?.write(2, values, to: &writer, &budget)
                content.subtitle?.write(3, values, to: &writer, &budget)
                content.body?.write(4, values, to: &writer, &budget)
                writer.template(5, content.image, values, &budget)
            }
        }
        writer.int64(4, digest.itemsMax)
    }

    private func write(_ apns: Rule.APNsTemplates, _ values: EventValues, to writer: inout WireWriter) {
        let fixed = apns.fixed
        writer.template(1, apns.sound, values, &budget, presence: .always)
        if fixed.hasInterruptionLevel { writer.string(2, present: fixed.interruptionLevel) }
        writer.template(3, apns.threadID, values, &budget, presence: .always)
        writer.template(4, apns.category, values, &budget, presence: .always)
        writer.template(5, apns.targetContentID, values, &budget, presence: .always)
        writer.template(6, apns.filterCriteria, values, &budget, presence: .always)
        if fixed.hasRelevanceScore { writer.double(7, present: fixed.relevanceScore) }
        if fixed.hasBadge { writer.int64(8, present: fixed.badge) }
        writer.bool(9, fixed.mutableContent)
        writer.bool(10, fixed.contentAvailable)
        writer.string(11, fixed.pushType)
        if let aps = apns.aps { writer.bytes(12, aps.octets(values, &budget)) }
        writer.bool(13, fixed.withoutStorage)
    }

    private func write(_ webPush: Rule.WebPushTemplates, _ values: EventValues, to writer: inout WireWriter) {
        let fixed = webPush.fixed
        if fixed.hasUrgency { writer.string(1, present: fixed.urgency) }
        writer.template(2, webPush.topic, values, &budget, presence: .always)
        if let notification = webPush.notification { writer.bytes(3, notification.octets(values, &budget)) }
        writer.bool(4, fixed.declarative)
        if fixed.hasPadding { writer.int64(5, present: Int64(fixed.padding)) }
    }
}

extension WireWriter {
    /// The text of a template; nothing where the rule has none.
    fileprivate mutating func template(
        _ field: UInt64,
        _ template: Template?,
        _ values: EventValues,
        _ budget: inout RenderBudget,
        presence: Presence = .unlessEmpty
    ) {
        guard let template, budget.failure == nil else { return }
        text(field, presence: presence) { template.append(values, to: &$0, &budget) }
    }
}
