import PushCore
import SwiftProtobuf

/// Watches every record and every commit as it happens, and says at once what must not be.
struct Witness {
    weak var world: World?
    private(set) var violations: [String] = []
    private(set) var reference = UsersReference()
    /// Users and addresses that a process wrote the state of which did not own them: two processes decided about them.
    private(set) var torn: Set<String> = []
    private(set) var receipts: Set<Identifier> = []
    private var notifications: Set<Identifier> = []
    private var deadLetters: Set<String> = []
    private var handlings: [TopicPartition: [Int64: [Handling]]] = [:]
    /// Registrations whose removal is in the log: user and number.
    private var removed: Set<String> = []

    mutating func violation(_ text: String) { violations.append(text) }

    // MARK: Records

    mutating func handling(_ kind: StageKind, _ place: TopicPartition, _ offset: Int64) -> Handling {
        let handling = Handling()
        handlings[place, default: [:]][offset, default: []].append(handling)
        return handling
    }

    /// A record that a stage produced is in the log.
    mutating func stored(_ record: OwnedRecord, by stage: SimulatedStage) {
        switch Topic(rawValue: record.topic) {
        case .inbox:
            guard let command = try? Command(serializedBytes: record.value ?? []) else { return }
            if case .notify(let notify) = command.kind { notifications.insert(notify.notification.id) }
        case .receipts:
            if let id = record.eventID { receipts.insert(id) }
        case .users: storedState(record, by: stage)
        case .deadLetters: deadLetters.insert(Self.deadLetter(record))
        case .events, .registrations, .outbox, .invalidTokens, nil: break
        }
    }

    static func deadLetter(_ record: OwnedRecord) -> String {
        ["dlq_topic", "dlq_partition", "dlq_offset", "dlq_reason"].map { name in
            let value = record.headers.first { $0.name == Array(name.utf8) }?.value
            return String(decoding: value ?? [], as: UTF8.self)
        }.joined(separator: "/")
    }

    private mutating func storedState(_ record: OwnedRecord, by stage: SimulatedStage) {
        guard let world else { return }
        let key = String(decoding: record.key ?? [], as: UTF8.self)
        if world.owner(.users, of: record.partition) != stage.id { torn.insert(key) }
        guard key.hasPrefix("u:"), !torn.contains(key) else { return }
        let user = record.value.flatMap { try? UserRecord(serializedBytes: $0) } ?? UserRecord()
        for device in user.devices where device.removedAtMs != 0 { removed.insert("\(key)/\(device.number)") }
        for complaint in reference.observe(key, user, world.scenario.expected) { violation(complaint) }
    }

    // MARK: Decisions

    /// The users stage decided: nothing new goes to a registration whose removal was acknowledged.
    mutating func decided(_ decided: UsersCore.Decided, on record: OwnedRecord, by instance: Int) {
        guard let world, decided.disposition == .admitted else { return }
        let key = String(decoding: record.key ?? [], as: UTF8.self)
        guard !torn.contains(key), world.owner(.users, of: record.partition) == instance else { return }
        for output in decided.effects.outputs {
            guard case .outbox = output.topic, let delivery = try? Delivery(serializedBytes: output.value ?? []) else {
                continue
            }
            if removed.contains("\(key)/\(delivery.device.number)") {
                violation("a new decision delivers to \(key) \(delivery.device.id), which was removed")
            }
            checkWords(delivery)
        }
    }

    private mutating func checkWords(_ delivery: Delivery) {
        guard delivery.notification.ruleID == Settings.order.id else { return }
        let wanted = delivery.device.locale == "de-AT" ? "de" : "en"
        if delivery.notification.contents.map(\.locale) != [wanted] {
            violation(
                "a device in \(delivery.device.locale) is told in \(delivery.notification.contents.map(\.locale))"
            )
        }
    }

    // MARK: Commits

    mutating func committed(_ kind: StageKind, _ place: TopicPartition, from before: Int64, _ commit: Group.Committed) {
        guard let world else { return }
        if commit.offset < before { violation("\(kind) commits \(place) back from \(before) to \(commit.offset)") }
        for record in world.log.read(place, from: before) {
            if record.offset >= commit.offset { break }
            check(kind, place, record)
        }
        guard let metadata = CommitMetadata(decoding: commit.metadata, offset: commit.offset) else {
            return violation("\(kind) commits metadata that it cannot read: \(commit.metadata)")
        }
        for record in world.log.read(place, from: commit.offset) where metadata.finished.contains(record.offset) {
            if !isComplete(place, record) { violation("\(place)@\(record.offset) is said to be finished, and is not") }
        }
    }

    /// Some handling of the record has brought everything into the log that it asked for.
    private func isComplete(_ place: TopicPartition, _ record: OwnedRecord) -> Bool {
        handlings[place]?[record.offset]?.contains { $0.missing == 0 } ?? false
    }

    /// All that must follow from the record is in the log.
    private mutating func check(_ kind: StageKind, _ place: TopicPartition, _ record: OwnedRecord) {
        if !isComplete(place, record) {
            violation("\(place)@\(record.offset) is committed with effects outside the log")
        }
        switch kind {
        case .rules:
            guard let consequences = world?.scenario.consequences[place]?[record.offset] else { return }
            for id in consequences.notifications where !notifications.contains(id) {
                violation("\(place)@\(record.offset) is committed without its notification \(id)")
            }
            for reason in consequences.deadLetters
            where !deadLetters.contains("\(place.topic.rawValue)/\(place.partition)/\(record.offset)/\(reason)") {
                violation("\(place)@\(record.offset) is committed without its dead letter \(reason)")
            }
        case .users: break
        case .dispatch:
            guard let delivery = try? Delivery(serializedBytes: record.value ?? []) else { return }
            if !receipts.contains(Digests.openSSL.finalReceiptIdentifier(ofDelivery: delivery.id)) {
                violation("\(place)@\(record.offset) is committed without a receipt")
            }
        }
    }
}
