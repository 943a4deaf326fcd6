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
    }

    /// What one set of rules did.
    package struct Count: Sendable {
        package let version: String
        package var rules: [String: RuleCount] = [:]
        package var notifications = 0
        package var recipients = 0
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
        package let recipient: String
        package let eventID: String
        package let eventSource: String
        /// Title and body in the first language of the rule, before and after; nil where there is none.
        package let before: String?
        package let after: String?
    }

    /// Who is counted once, of one set of rules, at most.
    private static let recipientsMax = 1_000_000

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

    /// A notification that rules ask for.
    private struct Request {
        let recipient: String
        let notification: Notification

        var key: [String] { [notification.ruleID, recipient] }

        var words: String {
            guard let content = notification.contents.first else { return "" }
            return "\(content.title) | \(content.body)"
        }
    }

    private mutating func requests(_ decided: RulesCore.Decided, _ count: inout Count, _ side: Int) -> [Request] {
        var requests: [Request] = []
        var rules: Set<String> = []
        for output in decided.effects.outputs where output.topic == .inbox {
            let value = output.value ?? []
            // SAFETY: the command is used within the call.
            let read = unsafe value.withUnsafeBytes { unsafe NotifyCommand($0)?.notification }
            guard let notification = read else { continue }
            let key = String(decoding: output.key ?? [], as: UTF8.self)
            let request = Request(recipient: String(key.dropFirst(2)), notification: notification)
            requests.append(request)
            rules.insert(notification.ruleID)
            count.rules[notification.ruleID, default: RuleCount()].notifications += 1
            remember(request, &count, side)
        }
        for rule in rules { count.rules[rule, default: RuleCount()].events += 1 }
        count.notifications += requests.count
        count.failures += decided.failures
        for output in decided.effects.outputs where output.topic == .deadLetters && count.failureDetails.count < 20 {
            let detail = output.headers.first { $0.name == "dlq_detail" }?.value ?? []
            let text = String(decoding: detail, as: UTF8.self)
            if !count.failureDetails.contains(text) { count.failureDetails.append(text) }
        }
        return requests
    }

    private mutating func remember(_ request: Request, _ count: inout Count, _ side: Int) {
        guard count.recipients < Self.recipientsMax else { return }
        if seen[side].insert(request.recipient).inserted { count.recipients += 1 }
        let rule = request.notification.ruleID
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
                eventID: request.notification.event.id,
                eventSource: request.notification.event.source,
                before: before?.words,
                after: after?.words
            )
        )
    }
}
