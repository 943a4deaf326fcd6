internal import CEL

/// The rules stage and the users stage in one, over values: what would become of an event. Nothing is sent and nothing stays.
///
/// The cores are those that `belfry run` has; what they would write to the inbox is given to the users core at once.
package struct DryRun {
    package struct Settings: Sendable {
        package var ruleSet: RuleSet
        package var mappings: [String: PlainJSONMapping]
        package var users: UsersConfiguration
        package var sandboxApps: Set<String>
        package var timeZones: TimeZoneDatabase
        package var digests: Digests

        package init(ruleSet: RuleSet, users: UsersConfiguration, digests: Digests) {
            self.ruleSet = ruleSet
            self.users = users
            self.digests = digests
            mappings = [:]
            sandboxApps = []
            timeZones = TimeZoneDatabase()
        }
    }

    /// A registration that cannot be used: where it stands, and what is wrong.
    package struct BadRegistration: Error, Hashable, Sendable {
        package let name: String
        package let detail: String
    }

    /// Commands that one event may lead to.
    private static let commandsMax = 200_000

    /// Who is a subscriber where somebody without a user id is.
    package static let subscriberID = "subscriber"

    private let settings: Settings
    private let people: [PreviewPerson]
    private let decoder: EventDecoder
    private var users: UsersCore
    private var known: Set<String> = []
    /// Whoever has the devices of the person without a user id: the last one who was addressed.
    private var holder: String?
    private var heldSinceMs = Int64.min
    private var offset: Int64 = 0

    package init(_ settings: Settings, people: [PreviewPerson]) {
        self.settings = settings
        self.people = people
        decoder = EventDecoder(mappings: settings.mappings)
        users = UsersCore(partition: 0, configuration: settings.users, digests: settings.digests)
    }

    /// What follows from an event that is decided at a time.
    ///
    /// - Throws: ``BadRegistration`` where somebody who is addressed cannot be registered.
    package mutating func account(for record: OwnedRecord, nowMs: Int64) throws(BadRegistration) -> EventAccount {
        let reading = Self.reading(record, decoder)
        guard case .event(let attributes) = reading else {
            return EventAccount(reading: reading, nowMs: nowMs, rules: [])
        }
        for person in people {
            if let id = person.userID { try register(id, nowMs: nowMs) }
        }
        var rules: [RuleAccount] = []
        for rule in settings.ruleSet.rules {
            rules.append(try account(of: rule, for: record, attributes, nowMs: nowMs))
        }
        return EventAccount(reading: reading, nowMs: nowMs, rules: rules)
    }

    private static func reading(_ record: OwnedRecord, _ decoder: EventDecoder) -> EventAccount.Reading {
        record.withInputRecord { record in
            switch decoder.decode(record) {
            case .event(let event):
                .event(
                    EventAccount.Attributes(id: event.id, source: event.source, type: event.type, timeMs: event.timeMs)
                )
            case .tombstone: .tombstone
            case .invalid(let reason): .deadLetter(reason: reason.code.rawValue, detail: reason.detail)
            }
        }
    }

    // MARK: Rules

    private mutating func account(
        of rule: Rule,
        for record: OwnedRecord,
        _ event: EventAccount.Attributes,
        nowMs: Int64
    ) throws(BadRegistration) -> RuleAccount {
        let alone = RuleSet([rule], version: settings.ruleSet.version)
        guard !alone.candidates(for: event.type).isEmpty else {
            return RuleAccount(
                id: rule.id,
                eventTypes: rule.eventTypes,
                judgement: .otherType,
                condition: nil,
                audience: nil,
                notifications: []
            )
        }
        let core = rulesCore(alone)
        let decided = record.withInputRecord { core.handle(event: $0) }
        let judgement = Self.judgement(decided)
        var notifications: [NotificationAccount] = []
        if judgement == .matched { notifications = try notified(by: decided.effects.outputs, nowMs: nowMs) }
        let topics = decided.effects.outputs.lazy.compactMap { FanOut(asked: $0)?.topics }.first
        let (condition, audience) = expressions(of: rule, record)
        return RuleAccount(
            id: rule.id,
            eventTypes: rule.eventTypes,
            judgement: judgement,
            condition: condition,
            audience: judgement == .unmatched ? nil : audience,
            subscribedTopics: rule.isForSubscribers && judgement == .matched ? topics ?? [] : nil,
            cancellations: decided.effects.outputs.compactMap(RuleAccount.Cancellation.init(asked:)),
            notifications: notifications
        )
    }

    private func rulesCore(_ ruleSet: RuleSet) -> RulesCore {
        RulesCore(
            ruleSet: ruleSet,
            decoder: decoder,
            registrations: RegistrationDecoder(digests: settings.digests, sandboxApps: settings.sandboxApps),
            digests: settings.digests
        )
    }

    private static func judgement(_ decided: RulesCore.Decided) -> RuleAccount.Judgement {
        switch decided.disposition {
        case .matched: return .matched
        case .unmatched, .skipped, .registration: return .unmatched
        case .deadLettered: return .failed(detail: detail(ofDeadLetterIn: decided.effects.outputs))
        }
    }

    private static func detail(ofDeadLetterIn outputs: [Outgoing]) -> String {
        let headers = outputs.flatMap(\.headers)
        let detail = headers.first { $0.name == "dlq_detail" }?.value ?? []
        return String(decoding: detail, as: UTF8.self)
    }

    private func expressions(
        of rule: Rule,
        _ record: OwnedRecord
    ) -> (condition: ExpressionAccount?, audience: ExpressionAccount?) {
        record.withInputRecord { record in
            guard case .event(let event) = decoder.decode(record) else { return (nil, nil) }
            let values = EventValues(event)
            return (rule.condition.map { account(of: $0, values) }, account(of: rule.users, values))
        }
    }

    private func account(of expression: Expression, _ values: EventValues) -> ExpressionAccount {
        let value = expression.evaluate(values)
        let environment = EventValues.environment(settings.timeZones)
        return ExpressionAccount(
            source: expression.source,
            value: value.text(),
            error: value.evaluationError.map { CompileError.rendered($0, in: expression.source) },
            findings: EvaluationTrace.findings(of: expression.source, environment: environment, bindings: values)
        )
    }

    // MARK: Users

    /// Registers somebody, unless that was done.
    private mutating func register(_ userID: String, nowMs: Int64) throws(BadRegistration) {
        if let person = people.first(where: { $0.userID == userID }) {
            guard known.insert(userID).inserted else { return }
            // Before the decision, so that it holds for it.
            try register(person.registrations, of: userID, atMs: nowMs - 1)
        } else if let anybody, holder != userID {
            // Addresses have one owner. Whoever is addressed takes them, later than whoever was before.
            holder = userID
            heldSinceMs = max(heldSinceMs &+ 1, nowMs - 600_000)
            try register(anybody.registrations, of: userID, atMs: min(heldSinceMs, nowMs - 1))
        }
    }

    /// Stands for whoever is addressed and is nobody else.
    private var anybody: PreviewPerson? { people.first { $0.userID == nil } }

    private mutating func register(
        _ registrations: [PreviewPerson.Registration],
        of userID: String,
        atMs: Int64
    ) throws(BadRegistration) {
        for registration in registrations {
            offset += 1
            let record = registration.record(of: userID, atMs: atMs, offset: offset)
            let core = rulesCore(RuleSet([], version: ""))
            let decided = record.withInputRecord { core.handle(registration: $0) }
            guard decided.disposition == .registration else {
                let detail = Self.detail(ofDeadLetterIn: decided.effects.outputs)
                throw BadRegistration(name: registration.name, detail: detail)
            }
            _ = settle(decided.effects.outputs, nowMs: atMs + 1)
        }
    }

    /// Gives commands to the users core, and those that follow from them; what else follows is returned.
    private mutating func settle(_ commands: [Outgoing], nowMs: Int64) -> [Outgoing] {
        var waiting = commands
        var next = 0
        var outputs: [Outgoing] = []
        while next < waiting.count, next < Self.commandsMax {
            let command = waiting[next]
            next += 1
            guard command.topic == .inbox else {
                outputs.append(command)
                continue
            }
            waiting += decided(command, nowMs: nowMs)
        }
        return outputs
    }

    /// Gives one command to the users core.
    private mutating func decided(_ command: Outgoing, nowMs: Int64) -> [Outgoing] {
        offset += 1
        let record = OwnedRecord(
            topic: "inbox",
            offset: offset,
            timestampMs: nowMs,
            key: command.key,
            value: command.value,
            headers: command.headers.map { OwnedRecord.Header($0.name, $0.value) }
        )
        return record.withInputRecord { users.handle($0, nowMs: nowMs) }.effects.outputs
    }

    private mutating func notified(
        by commands: [Outgoing],
        nowMs: Int64
    ) throws(BadRegistration) -> [NotificationAccount] {
        var accounts: [NotificationAccount] = []
        var toOne: [Outgoing] = []
        for command in commands {
            if RuleAccount.Cancellation(asked: command) == nil {
                toOne += try single(command, nowMs: nowMs)
            } else {
                _ = settle([command], nowMs: nowMs)
            }
        }
        for command in toOne {
            let key = String(decoding: command.key ?? [], as: UTF8.self)
            let recipient = String(key.dropFirst(2))
            let isTarget = !key.hasPrefix("u:")
            if !isTarget { try register(recipient, nowMs: nowMs) }
            let outputs = settle([command], nowMs: nowMs)
            accounts.append(account(of: command, outputs, recipient: recipient, isTarget: isTarget))
        }
        return accounts
    }

    /// The commands to users and targets that a command of the rules stage stands for: of a fan-out, one to each subscriber.
    private mutating func single(_ command: Outgoing, nowMs: Int64) throws(BadRegistration) -> [Outgoing] {
        guard command.topic == .inbox else { return [] }
        guard let fanOut = FanOut(asked: command) else { return [command] }
        if let anybody {
            try register(Self.subscriberID, nowMs: nowMs)
            let subscriptions = (anybody.isSample ? fanOut.topics : []).map { topic in
                var data = JSONObject()
                data["topic"] = .string(topic)
                return PreviewPerson.Registration(.userSubscribed, data, name: topic)
            }
            try register(subscriptions, of: Self.subscriberID, atMs: nowMs - 1)
        }
        var found = decided(command, nowMs: nowMs)
        while let step = users.continueFanOut(nowMs: nowMs), found.count < Self.commandsMax {
            found += decided(step, nowMs: nowMs)
        }
        return found.filter { $0.topic == .inbox }
    }

    private func account(
        of command: Outgoing,
        _ outputs: [Outgoing],
        recipient: String,
        isTarget: Bool
    ) -> NotificationAccount {
        var sent: [NotificationAccount.Sent] = []
        var endings: [NotificationAccount.Ending] = []
        for output in outputs {
            switch output.topic {
            case .outbox(let provider):
                guard let delivery = try? Delivery(encoded: output.value ?? []) else { continue }
                sent.append(NotificationAccount.Sent(provider: provider, delivery: delivery))
            case .receipts: endings.append(Self.ending(output.value ?? []))
            case .inbox, .users, .invalidTokens, .deadLetters: break
            }
        }
        let notification = Self.notification(command.value ?? [])
        return NotificationAccount(
            recipient: recipient,
            isTarget: isTarget,
            notification: notification,
            sent: sent,
            endings: endings,
            words: sent.first?.delivery.notification.contents.first ?? notification.flatMap { words(of: $0, recipient) }
        )
    }

    private static func notification(_ command: [UInt8]) -> Notification? {
        // SAFETY: the command is used within the call.
        unsafe command.withUnsafeBytes { unsafe try? NotifyCommand($0)?.notification }
    }

    /// What somebody would have read.
    private func words(of notification: Notification, _ userID: String) -> Content? {
        let record = users.user("u:\(userID)")
        let preferred = record.devices.map(\.locale) + [record.locale]
        let choice = Locale.choose(from: notification.contents.map(\.locale), preferred: preferred)
        return notification.contents.indices.contains(choice) ? notification.contents[choice] : nil
    }

    private static func ending(_ receipt: [UInt8]) -> NotificationAccount.Ending {
        let members = (try? JSONTree(text: receipt))?.object
        return NotificationAccount.Ending(
            outcome: members?["outcome"]?.string ?? "",
            reason: members?["reason"]?.string ?? "",
            deviceID: members?["device_id"]?.string ?? ""
        )
    }
}

extension FanOut {
    /// What a command of the rules stage asks for; nil where it asks for something else.
    init?(asked command: Outgoing) {
        guard command.topic == .inbox, command.key?.starts(with: "f:".utf8) == true else { return nil }
        guard case .fanOut(let fanOut)? = (try? Command(octets: command.value ?? []))?.kind else { return nil }
        self = fanOut
    }
}

extension RuleAccount.Cancellation {
    /// What a command of the rules stage asks for; nil where it asks for something else.
    fileprivate init?(asked command: Outgoing) {
        guard command.topic == .inbox, let key = command.key,
            case .cancel(let cancel)? = (try? Command(octets: command.value ?? []))?.kind
        else { return nil }
        self.init(recipient: String(decoding: key.dropFirst(2), as: UTF8.self), collapseKey: cancel.collapseKey)
    }
}
