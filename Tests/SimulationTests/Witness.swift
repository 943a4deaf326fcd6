import PushCore
import SwiftProtobuf

/// Watches every record and every commit as it happens, and says at once what must not be.
struct Witness {
    /// A command that is in the inbox, as far as its ending matters.
    private enum Asked {
        case notify(Identifier, origin: UInt64)
        case attach
        case detach(isMove: Bool, atMs: Int64)
        case rejected
        case other
    }

    /// A notification that reached the outbox.
    struct Admission {
        let userKey: String
        let ruleID: String
        let decidedAtMs: Int64
    }

    /// A receipt that says that an address is dead: the user must hear of it.
    struct DeadEnd: Hashable {
        let notificationID: Identifier
        let deviceID: String
    }

    /// A delivery as it stands in the outbox.
    struct Posted: Hashable {
        let id: Identifier
        /// How often it was handed back before.
        let handBacks: UInt32
    }

    weak var world: World?
    private(set) var violations: [String] = []
    private(set) var reference: UsersReference
    /// Users and addresses that a process wrote the state of which did not own them: two processes decided about them.
    private(set) var torn: Set<String> = []
    /// In the order of storing.
    private(set) var receipts: [(id: Identifier, fields: PublicRecord)] = []
    /// Final receipts by who had given the delivery back, or had lost it: they cannot know of its second sending.
    private(set) var lateReceipts: Set<Identifier> = []
    private(set) var admissions: [Identifier: Admission] = [:]
    /// The first command that carries it: its offset, and which event it came from.
    private(set) var firstAsked: [Identifier: (offset: Int64, origin: UInt64)] = [:]
    private(set) var deadEnds: Set<DeadEnd> = []
    private(set) var feedback: Set<DeadEnd> = []
    /// Fan-outs in the inbox, by event and partition: the offsets of the commands, one for each record of the event.
    private(set) var fanOuts: [String: [Int32: [UInt64: Int64]]] = [:]
    /// Where a user was subscribed first, by user and topic.
    private(set) var subscribed: [String: Int64] = [:]
    /// Notifications to subscribers that were asked for again by the same step.
    private(set) var stepsRepeated = 0
    private var asked: [Int32: [Int64: Asked]] = [:]
    private var askedOnce: Set<String> = []
    /// Where the receipt was stored first, and by whom.
    private var receiptPlaces: [Identifier: (offset: Int64, instances: Set<Int>)] = [:]
    /// Ids of deliveries, by where they stand.
    private var outbox: [Int32: [Int64: Posted]] = [:]
    /// Those whose record says that an attempt before the hand-back may have been taken.
    private var flagged: Set<Posted> = []
    private var released: Set<Posted> = []
    /// Hand-backs that are in the inbox.
    private var handBacks: Set<Posted> = []
    private var deliveries: Set<Identifier> = []
    /// Outputs that some decision in the log asks for.
    private var decided: Set<Identifier> = []
    private var signals: Set<Identifier> = []
    private var releases: Set<String> = []
    /// Signals and releases that must follow from a change of a user's record, by the position of the command behind it.
    private var due: [Int32: [Int64: (signals: [Identifier], releases: [String])]] = [:]
    /// What must follow from what a command decided again, or ended: by the position of the command.
    private var settled: [Int32: [Int64: [Identifier]]] = [:]
    private var states: [String: [Int64: [UInt8]]] = [:]
    private var deadLetters: Set<String> = []
    private var handlings: [TopicPartition: [Int64: [Handling]]] = [:]
    /// Registrations whose removal is in the log: user and number.
    private var removed: Set<String> = []
    /// Ends of the receipts when an instance of dispatch was assigned the partition.
    private var openedAt: [Int: [Int32: Int64]] = [:]

    init(_ settings: Settings) { reference = UsersReference(settings) }

    mutating func violation(_ text: String) { violations.append(text) }

    /// Whether something came into the outbox again that had been handed back.
    var hasReleases: Bool { outbox.values.contains { $0.values.contains { $0.handBacks > 0 } } }

    // MARK: Work

    mutating func handling(_ place: TopicPartition, _ offset: Int64) -> Handling {
        let handling = Handling()
        handlings[place, default: [:]][offset, default: []].append(handling)
        return handling
    }

    /// A record is taken to be worked on.
    mutating func took(_ offset: Int64, from input: SimulatedStage.Input, by stage: SimulatedStage, in world: World) {
        let name = "\(input.place)@\(offset)"
        if input.finishedBefore.contains(offset) { violation("\(name) was finished before, and is taken again") }
        guard world.owner(stage.kind, input.place) == stage.id else { return }
        guard let commit = world.committed(stage.kind, input.place),
            CommitMetadata(decoding: commit.metadata, offset: commit.offset)?.isClean == false
        else { return violation("\(name) is taken before Kafka has a commit that says that work began") }
        // A gap is no record, and takes no room.
        if world.settings.gapPercent == 0, offset >= commit.offset + world.settings.spanMax {
            violation("\(name) is taken too far beyond \(commit.offset)")
        }
    }

    mutating func opened(_ place: TopicPartition, by stage: SimulatedStage) {
        guard let world, stage.kind == .dispatch else { return }
        let receipts = TopicPartition(topic: .receipts, partition: place.partition)
        openedAt[stage.id, default: [:]][place.partition] = world.log.end(receipts)
    }

    /// The owner of the delivery sends it: nobody can have known its ending.
    mutating func sent(_ delivery: Delivery, by instance: Int) {
        let final = Digests.openSSL.finalReceiptIdentifier(ofDelivery: delivery.id)
        let deferred = Digests.openSSL.deferredReceiptIdentifier(
            ofDelivery: delivery.id,
            handBack: delivery.handBacks + 1
        )
        let partition = Log.partition(of: Array(delivery.recordKeyText.utf8))
        for id in [final, deferred] {
            guard let place = receiptPlaces[id] else { continue }
            if place.instances.contains(instance) {
                violation("\(delivery.id) is sent by who stored its receipt")
            } else if place.offset < openedAt[instance]?[partition] ?? 0 {
                violation("\(delivery.id) is sent, and its receipt was there at the assignment")
            }
        }
    }

    // MARK: Records

    /// A record that a stage produced is in the log.
    mutating func stored(_ record: OwnedRecord, by stage: SimulatedStage) {
        switch Topic(rawValue: record.topic) {
        case .inbox: storedCommand(record)
        case .receipts: storedReceipt(record, by: stage)
        case .users: storedState(record, by: stage)
        case .outbox: storedDelivery(record)
        case .invalidTokens: if let id = record.eventID { signals.insert(id) }
        case .deadLetters: deadLetters.insert(Self.deadLetter(record))
        case .events, .registrations, nil: break
        }
    }

    static func deadLetter(_ record: OwnedRecord) -> String {
        ["dlq_topic", "dlq_partition", "dlq_offset", "dlq_reason"].map { name in
            let value = record.headers.first { $0.name == Array(name.utf8) }?.value
            return String(decoding: value ?? [], as: UTF8.self)
        }.joined(separator: "/")
    }

    private mutating func storedCommand(_ record: OwnedRecord) {
        guard let command = try? Command(serializedBytes: record.value ?? []) else { return }
        let kind: Asked
        switch command.kind {
        case .notify(let notify):
            let id = notify.notification.id
            if firstAsked[id] == nil { firstAsked[id] = (record.offset, notify.origin) }
            let isNew = askedOnce.insert("\(id)/\(notify.origin)").inserted
            if !isNew, notify.notification.ruleID == Settings.flash.id { stepsRepeated += 1 }
            if !isNew, world?.settings.mode == .clean { violation("\(id) is asked for again, with no accident") }
            kind = .notify(id, origin: notify.origin)
        case .attach: kind = .attach
        case .detach(let detach): kind = .detach(isMove: !detach.fingerprint.isEmpty, atMs: detach.atMs)
        case .rejected(let rejected):
            let id = Identifier(high: rejected.notificationIDHigh, low: rejected.notificationIDLow)
            feedback.insert(DeadEnd(notificationID: id, deviceID: rejected.deviceID))
            kind = .rejected
        case .release(let release):
            let address = String(decoding: record.key ?? [], as: UTF8.self)
            releases.insert("\(address)/\(release.userID)/\(release.deviceID)/\(release.registeredAtMs)")
            kind = .other
        case .later(let schedule):
            if let delivery = try? Delivery(serializedBytes: schedule.delivery) {
                handBacks.insert(Posted(id: delivery.id, handBacks: delivery.handBacks))
            }
            kind = .other
        case .subscription(let subscription):
            let key = "\(String(decoding: record.key ?? [], as: UTF8.self))/\(subscription.topic)"
            if subscription.subscribed, subscribed[key] == nil { subscribed[key] = record.offset }
            kind = .other
        case .fanOut(let fanOut):
            stored(fanOut, at: record.offset, of: record.partition)
            kind = .other
        case .claim, .preferences, .releaseScheduled, .badge, .cancel, .continueFanOut, .tidy, nil: kind = .other
        case .forget, .finishErasure, .addressErased: kind = .other
        }
        asked[record.partition, default: [:]][record.offset] = kind
    }

    private mutating func stored(_ fanOut: FanOut, at offset: Int64, of partition: Int32) {
        guard let notification = try? Notification(serializedBytes: fanOut.notification) else {
            return violation("a fan-out without a notification")
        }
        let known = fanOuts[notification.event.id]?[partition]?[fanOut.origin]
        fanOuts[notification.event.id, default: [:]][partition, default: [:]][fanOut.origin] = known ?? offset
    }

    /// Decisions on notifications to subscribers.
    var subscribersTold: Int {
        reference.decisions.keys.count { world?.scenario.expected[$0]?.topic != nil }
    }

    private mutating func storedReceipt(_ record: OwnedRecord, by stage: SimulatedStage) {
        guard let world, let id = record.eventID else { return violation("a receipt without its id") }
        let fields = PublicRecord(record.value ?? [])
        receipts.append((id, fields))
        if receiptPlaces[id] != nil, world.settings.mode == .clean {
            violation("receipt \(id) is stored twice, with no accident")
        }
        receiptPlaces[id, default: (record.offset, [])].instances.insert(stage.id)
        let user = String(decoding: record.key ?? [], as: UTF8.self)
        if stage.kind == .users {
            let isTorn = torn.contains("u:\(user)") || torn.contains(user)
            let isDecided = decided.contains(id) || fields["reason"] == "duplicate" || isTorn
            if !isDecided { violation("receipt \(id) is stored without the decision behind it") }
        } else if world.owns(stage.id, .dispatch, key: user) {
            check(fields, by: stage, world)
        } else {
            lateReceipts.insert(id)
        }
    }

    /// A receipt by the owner of the delivery.
    private mutating func check(_ fields: PublicRecord, by stage: SimulatedStage, _ world: World) {
        guard let notification = fields.identifier("notification_id"),
            let device = fields["device_id"] ?? (fields["target"] == nil ? nil : "")
        else { return violation("a receipt of dispatch without notification and device") }
        if ["unregistered", "bad_device_token"].contains(fields["reason"]) {
            deadEnds.insert(DeadEnd(notificationID: notification, deviceID: device))
        }
        let delivery = Digests.openSSL.identifier(notification, device)
        let isRepeated = world.provider.taken[delivery]?.dropFirst().contains(stage.id) ?? false
        // Who is not the owner any more and does not know it may send what the owner answers for.
        if isRepeated, fields["possible_duplicate"] != "true", !world.provider.sentByZombies.contains(delivery) {
            violation("the provider took \(delivery) again from \(stage.name), whose receipt does not say so")
        }
    }

    private mutating func storedDelivery(_ record: OwnedRecord) {
        guard let delivery = try? Delivery(serializedBytes: record.value ?? []) else {
            return violation("a delivery that cannot be read")
        }
        let posted = Posted(id: delivery.id, handBacks: delivery.handBacks)
        outbox[record.partition, default: [:]][record.offset] = posted
        let isNew = posted.handBacks == 0 || released.insert(posted).inserted
        if !isNew, world?.settings.hasAccidents(.users) == false { violation("\(posted.id) is released twice") }
        if delivery.possibleDuplicate { flagged.insert(posted) }
        deliveries.insert(delivery.id)
        let userKey = delivery.partyKey
        if torn.contains(userKey) { return }
        if !decided.contains(delivery.id) { violation("\(delivery.id) is stored without the decision behind it") }
        let admission = Admission(
            userKey: userKey,
            ruleID: delivery.notification.ruleID,
            decidedAtMs: delivery.decidedAtMs
        )
        let first = admissions[delivery.notification.id, default: admission]
        admissions[delivery.notification.id] = first
        if first.decidedAtMs != delivery.decidedAtMs { violation("\(delivery.notification.id) is decided twice") }
    }

    // MARK: State

    private mutating func storedState(_ record: OwnedRecord, by stage: SimulatedStage) {
        guard let world else { return }
        let key = String(decoding: record.key ?? [], as: UTF8.self)
        // What is still on its way from an earlier assignment counts as somebody else's.
        let isHeld = stage.inputs.contains { $0.place.partition == record.partition }
        if world.owner(.users, of: record.partition) != stage.id || !isHeld { torn.insert(key) }
        guard !key.hasPrefix("a:"), !torn.contains(key) else { return }
        if key.hasPrefix("f:") {
            let fanOut = record.value.flatMap { try? FanOutRecord(serializedBytes: $0) }
            return check(record, key: "\(key)#\(record.partition)", position: fanOut?.lastOffset ?? 0)
        }
        let user = record.value.flatMap { try? UserRecord(serializedBytes: $0) } ?? UserRecord()
        check(record, key: key, position: user.lastOffset)
        for device in user.devices where device.removedAtMs != 0 { removed.insert("\(key)/\(device.number)") }
        for complaint in reference.observe(key, user, world.scenario.expected) { violation(complaint) }
        for decision in user.decisions where decision.offset == user.lastOffset {
            let id = Identifier(high: decision.notificationIDHigh, low: decision.notificationIDLow)
            let outputs = reference.decisions[id]?.outputs ?? []
            decided.formUnion(outputs)
            settled[record.partition, default: [:]][user.lastOffset, default: []] += outputs
        }
        for id in user.endings(at: user.lastOffset) {
            let receipt = Digests.openSSL.finalReceiptIdentifier(ofNotification: id)
            decided.insert(receipt)
            settled[record.partition, default: [:]][user.lastOffset, default: []].append(receipt)
        }
        for entry in user.scheduled where entry.settledByOffset == user.lastOffset && !entry.settled.isEmpty {
            let id = Identifier(high: entry.deliveryIDHigh, low: entry.deliveryIDLow)
            decided.insert(Digests.openSSL.finalReceiptIdentifier(ofDelivery: id))
        }
        // A digest was put off: all that is in it hears of the new time.
        for entry in user.scheduled where entry.putOffs.contains(where: { $0.offset == user.lastOffset }) {
            for item in entry.items where item.settledByOffset == 0 && item.offset < user.lastOffset {
                let receipt = Digests.openSSL.deferredReceiptIdentifier(
                    ofNotification: item.notification.id,
                    position: user.lastOffset
                )
                decided.insert(receipt)
                settled[record.partition, default: [:]][user.lastOffset, default: []].append(receipt)
            }
        }
        noteDue(of: user, key, record.partition)
    }

    /// The producer may say it twice; nobody may say anything else.
    private mutating func check(_ record: OwnedRecord, key: String, position: Int64) {
        guard let octets = record.value else { return }
        let known = states[key, default: [:]].updateValue(octets, forKey: position)
        if let known, known != octets { violation("\(key)@\(position) is written again, and differs") }
    }

    /// What the last command changed must be heard of outside: dead tokens by whoever listens, addresses that were let go by
    /// their records.
    private mutating func noteDue(of user: UserRecord, _ key: String, _ partition: Int32) {
        guard let command = asked[partition]?[user.lastOffset - 1] else { return }
        let userID = String(key.dropFirst(2))
        let changed = user.devices.filter { $0.changedByOffset == user.lastOffset && !$0.token.isEmpty }
        var signals: [Identifier] = []
        var released: [Device] = []
        if case .detach(_, let atMs) = command {
            for device in changed where device.registeredAtMs > atMs {
                violation("\(key) \(device.id) is removed by what was said before it was registered")
            }
        }
        switch command {
        case .attach, .detach(isMove: false, _): released = changed.filter { $0.removedAtMs != 0 }
        case .rejected:
            released = changed.filter { $0.removedAtMs != 0 }
            // That a registration was kept is news of less weight: what changes the device next may take it away.
            signals = released.map { Self.signal(ofRemoved: $0, userID) }
        case .notify, .detach(isMove: true, _), .other: return
        }
        let releases = released.map { device in
            "a:\(Digests.openSSL.fingerprint(of: device.token))/\(userID)/\(device.id)/\(device.registeredAtMs)"
        }
        due[partition, default: [:]][user.lastOffset] = (signals, releases)
    }

    private static func signal(ofRemoved device: Device, _ userID: String) -> Identifier {
        Digests.openSSL.identifier(
            Digests.eventNamespace,
            "token-removed",
            userID,
            device.id,
            Digests.openSSL.fingerprint(of: device.token),
            String(device.registeredAtMs)
        )
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

    /// A stage hands over a commit: it says what is acknowledged, no more and no less.
    mutating func submitted(_ commit: StageProgress.Commit, of input: SimulatedStage.Input, in world: World) {
        guard let metadata = CommitMetadata(decoding: commit.metadata, offset: commit.offset) else {
            return violation("\(input.place) is committed with metadata that cannot be read: \(commit.metadata)")
        }
        let end = max(input.position, commit.offset + world.settings.spanMax)
        for record in world.log.read(input.place, from: input.checkedBelow) {
            if record.offset >= end { break }
            let isSaid = record.offset < commit.offset || metadata.finished.contains(record.offset)
            if isSaid == input.isFinished(record.offset) { continue }
            violation(
                isSaid
                    ? "\(input.place)@\(record.offset) is committed before all of it is acknowledged"
                    : "\(input.place)@\(record.offset) is finished, and the commit does not say so"
            )
        }
    }

    /// Kafka took a commit.
    mutating func committed(_ kind: StageKind, _ place: TopicPartition, from before: Int64, _ commit: Group.Committed) {
        guard let world else { return }
        if commit.offset < before { violation("\(kind) commits \(place) back from \(before) to \(commit.offset)") }
        guard let metadata = CommitMetadata(decoding: commit.metadata, offset: commit.offset) else {
            return violation("\(kind) commits metadata that it cannot read: \(commit.metadata)")
        }
        for record in world.log.read(place, from: before) {
            if record.offset < commit.offset {
                checkConsequences(kind, place, record.offset)
            } else if metadata.finished.contains(record.offset) {
                // A delivery that stands in the outbox twice is finished by its receipt, or by standing there twice.
                if kind == .dispatch, isRepeat(place, record.offset, above: commit.offset) { continue }
                checkConsequences(kind, place, record.offset)
            } else if kind == .dispatch, metadata.isClean {
                checkUntouched(place, record.offset, world)
            }
        }
    }

    private func isRepeat(_ place: TopicPartition, _ offset: Int64, above committed: Int64) -> Bool {
        guard let all = outbox[place.partition], let delivery = all[offset] else { return false }
        return (committed..<offset).contains { all[$0]?.id == delivery.id }
    }

    /// All that must follow from the record is in the log.
    private mutating func checkConsequences(_ kind: StageKind, _ place: TopicPartition, _ offset: Int64) {
        // Some handling of it has brought everything into the log that it asked for.
        if !(handlings[place]?[offset]?.contains { $0.missing == 0 } ?? false) {
            violation("\(place)@\(offset) is committed with effects outside the log")
        }
        switch kind {
        case .rules:
            guard let consequences = world?.scenario.consequences[place]?[offset] else { return }
            for id in consequences.notifications where firstAsked[id] == nil {
                violation("\(place)@\(offset) is committed without its notification \(id)")
            }
            if let event = consequences.fanOut, (fanOuts[event]?.count ?? 0) < Int(Log.partitions) {
                violation("\(place)@\(offset) is committed, and not every partition hears of \(event)")
            }
            for reason in consequences.deadLetters
            where !deadLetters.contains("\(place.topic.rawValue)/\(place.partition)/\(offset)/\(reason)") {
                violation("\(place)@\(offset) is committed without its dead letter \(reason)")
            }
        case .users: checkCommand(place, offset)
        case .dispatch:
            guard let posted = outbox[place.partition]?[offset] else { return }
            let final = Digests.openSSL.finalReceiptIdentifier(ofDelivery: posted.id)
            if receiptPlaces[final] == nil, !isHandedBack(posted), !isPostedAgain(posted, place) {
                violation("\(place)@\(offset) is committed without a receipt")
            }
        }
    }

    /// The users stage has it, and a receipt says so.
    private func isHandedBack(_ posted: Posted) -> Bool {
        let next = posted.handBacks + 1
        let id = Digests.openSSL.deferredReceiptIdentifier(ofDelivery: posted.id, handBack: next)
        return receiptPlaces[id] != nil && handBacks.contains(Posted(id: posted.id, handBacks: next))
    }

    /// The delivery stands in the outbox behind it, as it was handed back since.
    private func isPostedAgain(_ posted: Posted, _ place: TopicPartition) -> Bool {
        outbox[place.partition]?.values.contains { $0.id == posted.id && $0.handBacks > posted.handBacks } ?? false
    }

    private mutating func checkCommand(_ place: TopicPartition, _ offset: Int64) {
        if let (signalsDue, releasesDue) = due[place.partition]?[offset + 1] {
            for id in signalsDue where !signals.contains(id) {
                violation("\(place)@\(offset) is committed without its signal \(id)")
            }
            for release in releasesDue where !releases.contains(release) {
                violation("\(place)@\(offset) is committed, and \(release) is not let go")
            }
        }
        for output in settled[place.partition]?[offset + 1] ?? []
        where !deliveries.contains(output) && receiptPlaces[output] == nil {
            violation("\(place)@\(offset) is committed without \(output), which it decided or ended")
        }
        guard case .notify(let id, let origin) = asked[place.partition]?[offset], let first = firstAsked[id] else {
            return
        }
        if first.offset != offset {
            if first.origin == origin { return }
            let receipt = Digests.openSSL.identifier(id, "duplicate", String(origin, radix: 16))
            if receiptPlaces[receipt] == nil { violation("\(place)@\(offset), a duplicate, is committed unsaid") }
            return
        }
        let isTorn = world?.scenario.expected[id].map { torn.contains($0.key) } ?? false
        if isTorn { return }
        guard let standing = reference.first[id], standing.decision.offset == offset + 1 else {
            return violation("\(place)@\(offset) is committed without a decision on \(id)")
        }
        for output in standing.outputs where !deliveries.contains(output) && receiptPlaces[output] == nil {
            violation("\(place)@\(offset) is committed without \(output), which its decision asks for")
        }
    }

    /// The owner said that it left in order: what it did not finish, the provider has not taken.
    private mutating func checkUntouched(_ place: TopicPartition, _ offset: Int64, _ world: World) {
        guard let posted = outbox[place.partition]?[offset], !flagged.contains(posted),
            world.provider.taken[posted.id] != nil,
            !world.provider.sentByZombies.contains(posted.id),
            receiptPlaces[Digests.openSSL.finalReceiptIdentifier(ofDelivery: posted.id)] == nil
        else { return }
        // It stands there twice, and was handed back since: who takes it finds that receipt, and sends nothing.
        let next = posted.handBacks + 1
        let handBack = Digests.openSSL.deferredReceiptIdentifier(ofDelivery: posted.id, handBack: next)
        if receiptPlaces[handBack] != nil { return }
        violation("\(place)@\(offset) is said to be untouched, and the provider took it")
    }
}

extension UserRecord {
    /// Notifications that waited and ended by the command at a position: alone, or in a digest.
    func endings(at position: Int64) -> [Identifier] {
        scheduled.flatMap { entry -> [Identifier] in
            let items = entry.items.filter { $0.settledByOffset == position }.map(\.notification.id)
            let isOwn =
                entry.settledByOffset == position && entry.digestKey.isEmpty && !entry.command.isEmpty
                && !entry.settled.isEmpty
            return items + (isOwn ? [Identifier(high: entry.deliveryIDHigh, low: entry.deliveryIDLow)] : [])
        }
    }
}

extension Delivery {
    /// Whose it is: the key in the inbox.
    var partyKey: String {
        userID.isEmpty ? "t:apns_channel/\(device.app)/\(device.target.channel)" : "u:\(userID)"
    }

    /// The key in the outbox and among the receipts.
    var recordKeyText: String { userID.isEmpty ? partyKey : userID }
}
