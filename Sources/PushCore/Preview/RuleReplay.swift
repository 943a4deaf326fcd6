/// What rules would have asked for over past events, and how two sets of rules differ.
///
/// The rules stage only: whom, and in which words. What a user's preferences, limits and devices would have made of it is another
/// question, whose answers are not in the past events.
package struct RuleReplay {
    /// What one rule did.
    package struct RuleCount: Sendable, Hashable {
        /// Events that it matched.
        package var events = 0
        package var notifications = 0
        /// Users and targets, each once.
        package var recipients = 0
        /// Events for subscribers: how many notifications each of them is, is not known here.
        package var fanOuts = 0
        /// Topics whose subscribers were addressed, each once.
        package var topics = 0
        /// The first of them.
        package var topicNames: [String] = []
    }

    /// What one set of rules did.
    package struct Count: Sendable {
        package let version: String
        package var rules: [String: RuleCount] = [:]
        package var notifications = 0
        package var recipients = 0
        /// Events for subscribers, of each rule.
        package var fanOuts = 0
        /// Dead letters of rules that failed on an event.
        package var failures = 0
        /// What the first of them say.
        package var failureDetails: [String] = []
    }

    package enum Change: String, Sendable, Hashable, CaseIterable {
        case added
        case removed
        /// Other words: title, body, link or data.
        case words
        /// The same words in another manner: priority, category, options of providers and the like.
        case options
    }

    /// A notification, or a difference.
    package struct Item: Sendable, Hashable {
        /// Nil where nothing was compared.
        package let change: Change?
        package let rule: String
        /// A user or a target, or the topic whose subscribers are addressed.
        package let recipient: String
        package let isTopic: Bool
        package let eventID: String
        package let eventSource: String
        /// Title and body in the first language of the rule, before and after; nil where there is none.
        package let before: String?
        package let after: String?
    }

    /// Who is counted once, of one set of rules, at most.
    private static let recipientsMax = 1_000_000
    /// Topics of one rule that are named.
    private static let topicNamesMax = 20

    package private(set) var newCount: Count
    package private(set) var oldCount: Count?
    package private(set) var changes: [Change: Int] = [:]
    /// The first notifications, or, where two sets are compared, the first differences.
    package private(set) var items: [Item] = []
    package private(set) var events = 0
    package private(set) var deadLetters = 0
    package private(set) var tombstones = 0

    private let itemsMax: Int
    private let decoder: EventDecoder
    private let new: RulesCore
    private let old: RulesCore?
    private var seen: [Set<String>] = [[], []]
    private var seenByRule: [[String: Set<String>]] = [[:], [:]]
    private var topicsByRule: [[String: Set<String>]] = [[:], [:]]

    /// `itemsMax`: Notifications or differences that are kept to be shown.
    package init(
        new: RuleSet,
        old: RuleSet?,
        mappings: [String: PlainJSONMapping],
        digests: Digests,
        itemsMax: Int
    ) {
        let decoder = EventDecoder(mappings: mappings)
        self.decoder = decoder
        let registrations = RegistrationDecoder(digests: digests)
        let core = { (rules: RuleSet) in
            RulesCore(ruleSet: rules, decoder: decoder, registrations: registrations, digests: digests)
        }
        self.new = core(new)
        self.old = old.map(core)
        self.itemsMax = itemsMax
        newCount = Count(version: new.version)
        oldCount = old.map { Count(version: $0.version) }
    }

    /// Takes a record of an event topic.
    package mutating func take(_ record: InputRecord) {
        switch decoder.decode(record) {
        case .event: events += 1
        case .tombstone:
            tombstones += 1
            return
        case .invalid:
            deadLetters += 1
            return
        }
        var newCount = newCount
        let after = requests(new.handle(event: record), &newCount, 0)
        self.newCount = newCount
        guard let old, var count = oldCount else {
            for request in after { note(nil, before: nil, after: request) }
            return
        }
        let before = requests(old.handle(event: record), &count, 1)
        oldCount = count
        compare(before, after)
    }

    /// A notification that rules ask for; of a fan-out, one for each topic.
    private struct Request {
        let recipient: String
        var isTopic = false
        let notification: Notification

        var key: [String] { [notification.ruleID, isTopic ? "f" : "", recipient] }

        var words: String {
            guard let content = notification.contents.first else { return "" }
            return "\(content.title) | \(content.body)"
        }
    }

    private mutating func requests(_ decided: RulesCore.Decided, _ count: inout Count, _ side: Int) -> [Request] {
        var requests: [Request] = []
        var rules: Set<String> = []
        for output in decided.effects.outputs where output.topic == .inbox {
            let asked = Self.requests(output)
            guard let first = asked.first else { continue }
            requests += asked
            let rule = first.notification.ruleID
            rules.insert(rule)
            if first.isTopic {
                count.rules[rule, default: RuleCount()].fanOuts += 1
                count.fanOuts += 1
            } else {
                count.rules[rule, default: RuleCount()].notifications += 1
                count.notifications += 1
            }
            for request in asked { remember(request, &count, side) }
        }
        for rule in rules { count.rules[rule, default: RuleCount()].events += 1 }
        count.failures += decided.failures
        for output in decided.effects.outputs where output.topic == .deadLetters && count.failureDetails.count < 20 {
            let detail = output.headers.first { $0.name == "dlq_detail" }?.value ?? []
            let text = String(decoding: detail, as: UTF8.self)
            if !count.failureDetails.contains(text) { count.failureDetails.append(text) }
        }
        return requests
    }

    /// What a command of the rules stage asks for: one notification, or one for the subscribers of each topic.
    private static func requests(_ command: Outgoing) -> [Request] {
        if let fanOut = FanOut(asked: command) {
            let octets = Array(fanOut.notification)
            // SAFETY: the array is lent for the call.
            let read = unsafe octets.withUnsafeBytes { unsafe try? Notification(record: $0) }
            guard let read else { return [] }
            return fanOut.topics.map { Request(recipient: $0, isTopic: true, notification: read) }
        }
        let value = command.value ?? []
        // SAFETY: the command is used within the call.
        let read = unsafe value.withUnsafeBytes { unsafe try? NotifyCommand($0)?.notification }
        guard let read else { return [] }
        let key = String(decoding: command.key ?? [], as: UTF8.self)
        return [Request(recipient: String(key.dropFirst(2)), notification: read)]
    }

    private mutating func remember(_ request: Request, _ count: inout Count, _ side: Int) {
        let rule = request.notification.ruleID
        if request.isTopic {
            var known = count.rules[rule] ?? RuleCount()
            guard known.topics < Self.recipientsMax else { return }
            guard topicsByRule[side][rule, default: []].insert(request.recipient).inserted else { return }
            known.topics += 1
            if known.topics <= Self.topicNamesMax { known.topicNames.append(request.recipient) }
            count.rules[rule] = known
            return
        }
        guard count.recipients < Self.recipientsMax else { return }
        if seen[side].insert(request.recipient).inserted { count.recipients += 1 }
        if seenByRule[side][rule, default: []].insert(request.recipient).inserted {
            count.rules[rule, default: RuleCount()].recipients += 1
        }
    }

    // MARK: Differences

    private mutating func compare(_ before: [Request], _ after: [Request]) {
        let known = Dictionary(before.map { ($0.key, $0) }) { first, _ in first }
        let now = Dictionary(after.map { ($0.key, $0) }) { first, _ in first }
        for request in after {
            guard let former = known[request.key] else {
                note(.added, before: nil, after: request)
                continue
            }
            if let change = Self.change(former.notification, request.notification) {
                note(change, before: former, after: request)
            }
        }
        for request in before where now[request.key] == nil { note(.removed, before: request, after: nil) }
    }

    private static func change(_ before: Notification, _ after: Notification) -> Change? {
        if before.contents != after.contents || before.link != after.link || before.data != after.data { return .words }
        var before = before
        before.ruleSetVersion = after.ruleSetVersion
        return before == after ? nil : .options
    }

    private mutating func note(_ change: Change?, before: Request?, after: Request?) {
        if let change { changes[change, default: 0] += 1 }
        guard items.count < itemsMax, let request = after ?? before else { return }
        items.append(
            Item(
                change: change,
                rule: request.notification.ruleID,
                recipient: request.recipient,
                isTopic: request.isTopic,
                eventID: request.notification.event.id,
                eventSource: request.notification.event.source,
                before: before?.words,
                after: after?.words
            )
        )
    }
}
