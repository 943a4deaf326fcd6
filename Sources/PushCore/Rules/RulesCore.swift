internal import CEL

/// The rules stage: what follows from one domain event, or one registration.
///
/// A pure function of the record and the rules; the only thing it keeps is the memory of the reader and of the screen.
package struct RulesCore {
    /// What became of a record, for the metrics and the reconciliation: events in are the sum of the first four.
    package enum Disposition: Hashable, Sendable {
        /// At least one rule matched.
        case matched
        /// No rule wants it.
        case unmatched
        /// Not an event, or every rule that could want it fails on it.
        case deadLettered
        /// A null value: nothing to read.
        case skipped
        /// A registration that went on to the users stage.
        case registration
    }

    /// What follows from a record, and its count.
    package struct Decided: Sendable {
        package var effects: Effects
        package var disposition: Disposition
        /// Notifications asked for.
        package var notifications = 0
        /// Rules that failed on this event.
        package var failures = 0
    }

    /// Users, or targets, that one rule may address with one event.
    package static let recipientsMax = 10_000

    package var ruleSet: RuleSet
    /// What addresses subscribers goes to each of them.
    package var inboxPartitions: Int32 = 1
    private let decoder: EventDecoder
    private let registrations: RegistrationDecoder
    let digests: Digests
    private let memory = ScreenMemory()

    package init(ruleSet: RuleSet, decoder: EventDecoder, registrations: RegistrationDecoder, digests: Digests) {
        self.ruleSet = ruleSet
        self.decoder = decoder
        self.registrations = registrations
        self.digests = digests
    }

    // MARK: Registrations

    /// Decides a record of the registrations topic.
    package func handle(registration record: InputRecord) -> Decided {
        switch decoder.decode(record) {
        case .event(let event):
            return registered(event, record)
        case .tombstone:
            return Decided(effects: .none, disposition: .skipped)
        case .invalid(let reason):
            return deadLetter(record, reason)
        }
    }

    private func registered(_ event: Event, _ record: InputRecord) -> Decided {
        switch registrations.decode(event, recordTimestampMs: record.timestampMs) {
        case .commands(let commands):
            let outputs = commands.map { keyed in
                Outgoing(.inbox, key: keyed.key.octets, value: keyed.command.encoded())
            }
            return Decided(effects: Effects(outputs: outputs), disposition: .registration)
        case .invalid(let reason):
            return deadLetter(record, reason)
        }
    }

    // MARK: Events

    /// Decides a record of an event topic.
    package func handle(event record: InputRecord) -> Decided {
        switch decoder.decode(record) {
        case .event(let event) where event.type == RegistrationType.notificationCancelled.rawValue:
            // Shops may say it where they say everything else.
            registered(event, record)
        case .event(let event): evaluate(event, record)
        case .tombstone: Decided(effects: .none, disposition: .skipped)
        case .invalid(let reason): deadLetter(record, reason)
        }
    }

    private func deadLetter(_ record: InputRecord, _ reason: DeadLetterReason) -> Decided {
        let letter = DeadLetter(stage: .rules, reason: reason.code.rawValue, detail: reason.detail)
        return Decided(effects: Effects(outputs: [letter.outgoing(for: record)]), disposition: .deadLettered)
    }

    private func evaluate(_ event: Event, _ record: InputRecord) -> Decided {
        let candidates = ruleSet.candidates(for: event.type)
        if candidates.isEmpty { return Decided(effects: .none, disposition: .unmatched) }
        ruleSet.screen.sift(candidates, event, memory, into: &memory.kept)
        if memory.kept.isEmpty { return Decided(effects: .none, disposition: .unmatched) }
        let values = EventValues(event)
        var outputs: [Outgoing] = []
        var notifications = 0
        var matches = 0
        var failures = 0
        var encoder: NotificationEncoder?
        for (index, holds) in memory.kept {
            let rule = ruleSet.rules[index]
            switch judge(rule, holds, values) {
            case .unmatched:
                break
            case .failed(let detail):
                failures += 1
                outputs.append(Self.failure(of: rule, detail, record))
            case .matched(let users):
                if users.isEmpty {
                    matches += 1
                    continue
                }
                let ready = encoder ?? NotificationEncoder(event, recordTimestampMs: record.timestampMs)
                encoder = ready
                let octets: [UInt8]
                do throws(RenderBudget.Failure) {
                    if rule.isCancellation {
                        outputs += try cancellations(rule, values, users, ready)
                        matches += 1
                        continue
                    }
                    octets = try ready.octets(rule, values, version: ruleSet.version)
                } catch {
                    failures += 1
                    outputs.append(Self.failure(of: rule, error.message, record))
                    continue
                }
                matches += 1
                // How many subscribers there are, the users stage knows, and counts.
                if !rule.isForSubscribers { notifications += users.count }
                append(octets, of: rule, users, ready, record, to: &outputs)
            }
        }
        return Decided(
            effects: Effects(outputs: outputs),
            disposition: matches > 0 ? .matched : failures > 0 ? .deadLettered : .unmatched,
            notifications: notifications,
            failures: failures
        )
    }

    /// The dead letter of the event for one rule: the others still apply.
    private static func failure(of rule: Rule, _ detail: String, _ record: InputRecord) -> Outgoing {
        DeadLetter(stage: .rules, reason: "rule_failed", detail: "rule \(rule.id): \(detail)").outgoing(for: record)
    }

    private enum Judgement {
        case matched([String])
        case unmatched
        case failed(String)
    }

    /// `holds`: Whether the condition is known to hold; otherwise it is evaluated.
    private func judge(_ rule: Rule, _ holds: Bool, _ values: EventValues) -> Judgement {
        if !holds, let condition = rule.condition {
            switch condition.evaluate(values).resolved {
            case .bool(true): break
            case .bool(false): return .unmatched
            case .error(let error): return .failed("when: \(error)")
            case let other: return .failed("when: gives \(other.type.rawValue), not bool")
            }
        }
        let result = rule.users.evaluate(values)
        if case .error(let error) = result { return .failed("\(rule.audience): \(error)") }
        return recipients(result, rule)
    }

    /// The user ids, or names of targets, that the expression gives: a string or an integer, or a list of them; each once.
    private func recipients(_ result: Value, _ rule: Rule) -> Judgement {
        let listed: [Value]
        switch result.resolved.materialised {
        case .list(let elements): listed = elements
        case let single: listed = [single]
        }
        if listed.count > rule.recipientsMax {
            return .failed("\(rule.audience): \(listed.count) of them (allowed: at most \(rule.recipientsMax))")
        }
        var users: [String] = []
        users.reserveCapacity(listed.count)
        for element in listed {
            let user: String
            switch element.resolved {
            case .string(let text): user = text
            case .int(let number): user = String(number)
            case .uint(let number): user = String(number)
            case .error(let error): return .failed("\(rule.audience): \(error)")
            case let other: return .failed("\(rule.audience): gives \(other.type.rawValue), not a string")
            }
            if user.isEmpty || user.utf8.count > rule.recipientBytesMax {
                let allowed = "allowed: 1 to \(rule.recipientBytesMax)"
                return .failed("\(rule.audience): gives a string of \(user.utf8.count) bytes (\(allowed))")
            }
            users.append(user)
        }
        if users.count > 1 {
            var seen: Set<String> = []
            users.removeAll { !seen.insert($0).inserted }
        }
        return .matched(users)
    }

    // MARK: Notifications

    /// A command for each user, or each target, that ends what waits there.
    private func cancellations(
        _ rule: Rule,
        _ values: EventValues,
        _ users: [String],
        _ encoder: NotificationEncoder
    ) throws(RenderBudget.Failure) -> [Outgoing] {
        guard let command = try encoder.cancellation(rule, values) else { return [] }
        return users.compactMap { user in
            let key = rule.target.map { $0.device(user).targetKey?.octets } ?? InboxKey.octets(user: user)
            return key.map { Outgoing(.inbox, key: $0, value: command, headers: encoder.traceHeaders) }
        }
    }

    /// Appends a command for each user, or each target.
    private func append(
        _ notification: [UInt8],
        of rule: Rule,
        _ users: [String],
        _ encoder: NotificationEncoder,
        _ record: InputRecord,
        to outputs: inout [Outgoing]
    ) {
        let origin = record.originHash
        if let target = rule.target {
            return append(notification, of: rule, target, names: users, encoder, origin: origin, to: &outputs)
        }
        if rule.isForSubscribers {
            return append(notification, of: rule, subscribersOf: users, encoder, origin: origin, to: &outputs)
        }
        for user in users {
            let id = digests.notificationIdentifier(
                eventSource: encoder.source,
                eventID: encoder.id,
                ruleID: rule.id,
                userID: user
            )
            outputs.append(
                Outgoing(
                    .inbox,
                    key: InboxKey.octets(user: user),
                    value: NotifyCommand.encoded(notification, id: id, origin: origin),
                    headers: encoder.traceHeaders
                )
            )
        }
    }
}

extension Rule {
    /// The key that says whom.
    fileprivate var audience: String { "to.\(target?.kind.rawValue ?? (isForSubscribers ? "subscribers" : "users"))" }
    fileprivate var recipientsMax: Int { isForSubscribers ? RulesCore.topicsMax : RulesCore.recipientsMax }
    fileprivate var recipientBytesMax: Int { target == nil ? 256 : RuleTarget.nameBytesMax }
}

extension InputRecord {
    /// FNV-1a over where the record was read: see `Notify.origin`.
    var originHash: UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in topic.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        for word in [UInt64(bitPattern: Int64(partition)), UInt64(bitPattern: offset)] {
            for shift in stride(from: UInt64(0), to: 64, by: 8) {
                hash = (hash ^ (word >> shift & 0xFF)) &* 0x100_0000_01b3
            }
        }
        return hash
    }
}
