internal import SwiftProtobuf

/// The users stage for one partition of the inbox: what is decided about each person, and the records behind it.
///
/// A pure state machine. It is given commands in offset order and answers with effects; its memory is one encoded record
/// per user and per address, the same octets that stand in the compacted users topic, which is its log.
///
/// Replays. State is acknowledged before its outputs are produced (``Effects``), so after a crash the restored records may be
/// ahead of the committed offset. A command that a record's `lastOffset` covers was therefore decided already: it gives
/// the same outputs again and changes nothing.
package struct UsersCore: Sendable {
    /// What happened to a command, for the metrics.
    package enum Disposition: Hashable, Sendable {
        /// A notification with at least one delivery.
        case admitted
        /// A notification that waits.
        case waiting(Reason)
        /// A notification that ended here.
        case ended(Reason)
        /// Decided before: nothing was charged, what may be missing was produced again.
        case replayed
        /// A registration, a preference, or feedback that changed something.
        case applied
        /// One that came too late, or changes nothing.
        case ignored
        /// All that was held on a person, or on an address of theirs, is gone.
        case erased
        /// Cannot be decoded.
        case invalid
    }

    /// An effect on the outside and a name for what was decided.
    package struct Decided: Sendable {
        package var effects: Effects
        package var disposition: Disposition
        /// Deliveries among the outputs.
        package var deliveries = 0
        /// Notifications that a fan-out asked for, here and now.
        package var notifications = 0
        /// Deliveries that had waited, and ended here.
        package var endings: [Ending] = []
    }

    /// How a delivery ended that was not sent again, for the metrics.
    package struct Ending: Hashable, Sendable {
        /// As registered.
        package let provider: String
        package let outcome: Outcome
        package let reason: Reason
    }

    /// Of the inbox, and of the users topic.
    package let partition: Int32
    let configuration: UsersConfiguration
    let digests: Digests
    /// The configured ones, in UTF-8, to be gone through: they are few.
    private let apps: [(app: [UInt8], provider: [UInt8])]
    /// Encoded records by inbox key.
    var records = RecordTable()
    /// Who has deliveries that wait.
    var agenda = Agenda()
    /// Who subscribed to what, and what is on its way to subscribers.
    var subscribers = Subscribers()
    var fanOuts = FanOuts()
    /// Who is to be forgotten, and who was.
    var erasures = Erasures()
    /// Records that can say less soon: of addresses with former owners, and of users with devices that were removed.
    var untidy = Untidy()
    /// Records that have no command of their own for long.
    var sweep = Sweep()
    /// Inbox offset below which every command is finished: no replay reaches below it.
    var committed: Int64 = 0
    /// Above that of every record restored: see ``Standing``.
    private(set) package var epoch: UInt32 = 1

    /// `partition`: Of the inbox, and so of the users topic: both have the same number.
    package init(partition: Int32, configuration: UsersConfiguration, digests: Digests) {
        self.partition = partition
        self.configuration = configuration
        self.digests = digests
        apps = configuration.apps.map { (Array($0.app.utf8), Array($0.provider.utf8)) }
    }

    /// Whether the device's app is configured.
    func isServed(_ device: HeldDevice) -> Bool {
        if apps.count > 8 {
            return configuration.apps.contains(UsersConfiguration.App(device))
        }
        return apps.contains { device.isRegistered(with: $0.app, at: $0.provider) }
    }

    /// Users and addresses held.
    package var recordCount: Int { records.count }

    /// Octets that the records take with their keys, packed as they are held.
    package var recordOctets: Int { records.octetCount }

    /// Takes a record of the compacted users topic, oldest first, before the first command.
    ///
    /// `value`: nil for a tombstone.
    /// `tombstoneEpoch`: Of the owner that wrote it, as its header says; nil where there is none.
    ///
    /// Of two values the one that stands higher stays, whichever was written last.
    package mutating func restore(
        key: UnsafeRawBufferPointer,
        value: UnsafeRawBufferPointer?,
        tombstoneEpoch: UInt32? = nil
    ) {
        let standing =
            unsafe value.map { unsafe Standing(of: $0) }
            ?? Standing(epoch: tombstoneEpoch ?? 0, position: .max)
        epoch = max(epoch, standing.epoch &+ 1)
        let isLate = unsafe value != nil || tombstoneEpoch != nil
        let spot = unsafe records.spot(of: key)
        if isLate, let known = records.standing(spot), known > standing { return }
        let wasListed = records.isListed(spot)
        let letter = unsafe key.isEmpty ? 0 : key[0]
        let isFanOut = letter == UInt8(ascii: "f")
        // Few are: what waits, and who subscribed, is found by more than the key.
        let former = wasListed && !isFanOut ? records.octets(spot) : nil
        let isListed = unsafe records.set(octets: value, for: key, at: spot)
        guard isFanOut || wasListed || isListed else { return }
        let name = unsafe String(decoding: key, as: UTF8.self)
        switch letter {
        case UInt8(ascii: "a"): restoreFormers(of: name, in: records[name])
        case UInt8(ascii: "f"): restoreFanOut(name)
        default:
            let restored = records[name]
            note(ScheduledEntry.waiting(in: restored ?? []), of: name)
            restoreSubscriptions(of: name, from: former, to: restored)
            restoreErasures(of: name, in: restored ?? [])
        }
    }

    /// As above.
    package mutating func restore(key: String, value: [UInt8]?, tombstoneEpoch: UInt32? = nil) {
        let octets = Array(key.utf8)
        // SAFETY: both arrays outlive the call.
        unsafe octets.withUnsafeBytes { key in
            guard let value else { return unsafe restore(key: key, value: nil, tombstoneEpoch: tombstoneEpoch) }
            unsafe value.withUnsafeBytes { unsafe restore(key: key, value: $0) }
        }
    }

    /// The owner before wrote in this epoch: a snapshot tells it, in which tombstones are missing.
    package mutating func follow(epoch former: UInt32) { epoch = max(epoch, former &+ 1) }

    /// All records as they are now; a copy that costs nothing.
    package var image: Image { Image(records: records.image) }

    /// The records of a core as they were.
    package struct Image: Sendable {
        fileprivate let records: RecordTable.Image

        package var count: Int { records.count }

        /// Visits all records as they stand in the log, in no order.
        package func forEach(_ body: (_ key: [UInt8], _ value: [UInt8]) -> Void) { records.forEach(body) }
    }

    /// The highest inbox position that a record knows: above the end of the inbox it tells that the inbox was made anew.
    package var lastPosition: Int64 {
        var last: Int64 = 0
        records.forEachStanding { last = max(last, $0.position) }
        return last
    }

    /// The inbox was made anew, and counts from 0 again: what records say about positions is about another inbox.
    package mutating func forgetPositions() {
        let former = records
        former.forEach { key, octets in
            let key = String(decoding: key, as: UTF8.self)
            if key.hasPrefix("f:") {
                records[key] = Self.withoutPositions(fanOut: octets)
            } else if !key.hasPrefix("a:"), var record = HeldUser(octets: octets) {
                record.lastOffset = 0
                var decisions = record.log.decisions
                for index in decisions.indices { decisions[index].offset = 0 }
                record.log.decisions = decisions
                for index in record.devices.indices { record.devices[index].device.changedByOffset = 0 }
                for index in record.erasures.indices {
                    record.erasures[index].offset = 0
                    record.erasures[index].addresses = []
                }
                record.scheduled.removeAll { $0.settledByOffset != 0 }
                for index in record.scheduled.indices {
                    record.scheduled[index].offset = 0
                    record.scheduled[index].items.removeAll { !$0.isWaiting }
                    record.scheduled[index].putOffs = []
                    for item in record.scheduled[index].items.indices {
                        record.scheduled[index].items[item].offset = 0
                    }
                }
                records[key] = record.octets
                erasures.note(record.erasures, of: key)
            } else if var record = try? AddressRecord(serializedBytes: octets) {
                record.lastOffset = 0
                record.formers = []
                records[key] = record.encoded()
            }
        }
        untidy = Untidy()
    }

    /// Tells up to where commands are finished: decisions below it need not be kept for a replay.
    package mutating func committed(upTo offset: Int64) {
        committed = max(committed, offset)
    }

    /// Decides one command.
    ///
    /// `record`: A record of this partition of the inbox.
    /// `nowMs`: Wall-clock time; not below that of the call before, unless that was wrong by far.
    package mutating func handle(_ record: InputRecord, nowMs: Int64) -> Decided {
        guard let value = unsafe record.value, let key = unsafe record.key else { return invalid(record) }
        let spot = unsafe records.spot(of: key)
        let context = unsafe Context(key: key, spot, position: record.offset + 1, nowMs: nowMs)
        let letter = unsafe key.count > 1 && key[1] == UInt8(ascii: ":") ? key[0] : 0
        let mayBeNotified = letter == UInt8(ascii: "u") || letter == UInt8(ascii: "t")
        var notify = NotifyCommand()
        if mayBeNotified, unsafe notify.read(value) {
            if fanOuts.underWayCount > 0 { fanOuts.read(origin: notify.origin) }
            return (try? decide(notify, context)) ?? invalid(record)
        }
        return unsafe handle(value, record, context)
    }

    /// Decides what is no notify command, as most are.
    private mutating func handle(
        _ value: UnsafeRawBufferPointer,
        _ record: InputRecord,
        _ context: Context
    ) -> Decided {
        guard let command = unsafe try? Command(octets: value), let kind = command.kind,
            kind.keyPrefixes.contains(where: { context.key.hasPrefix($0) })
        else { return invalid(record) }
        return switch kind {
        case .notify: invalid(record)
        case .claim(let claim): self.claim(claim, context)
        case .release(let release): self.release(release, context)
        case .attach(let attach): self.attach(attach.device, context)
        case .detach(let detach): self.detach(detach, context)
        case .preferences(let preferences): setPreferences(preferences, context)
        case .subscription(let subscription): setSubscription(subscription, context)
        case .rejected(let rejected): addressRejected(rejected, context)
        case .later(let schedule): later(schedule, context) ?? invalid(record)
        case .releaseScheduled(let release): releaseScheduled(release, context)
        case .fanOut(let fanOut): self.fanOut(fanOut, context, record)
        case .continueFanOut(let command): continueFanOut(command, context)
        case .badge(let badge): setBadge(badge, context)
        case .cancel(let cancel): self.cancel(cancel, context)
        case .forget(let forget): self.forget(forget, context)
        case .finishErasure(let finish): finishErasure(finish, context)
        case .addressErased(let erased): addressErased(erased, context)
        case .tidy: tidy(context)
        }
    }

    func invalid(
        _ record: InputRecord,
        reason: String = "invalid_command",
        detail: String = "not a command of the inbox"
    ) -> Decided {
        let letter = DeadLetter(stage: .users, reason: reason, detail: detail)
        return Decided(effects: Effects(outputs: [letter.outgoing(for: record)]), disposition: .invalid)
    }

    // MARK: Records

    /// A record that cannot be read counts as absent: it was written by a later version, or damaged, and the users topic is
    /// its only copy. What is lost is what can be registered again.
    func user(_ context: Context) -> HeldUser { user(at: spot(context)) }

    /// `key`: Of a user, or of a target.
    func user(_ key: String) -> HeldUser { user(at: records.spot(of: key)) }

    private func user(at spot: RecordTable.Spot) -> HeldUser {
        var record = HeldUser()
        if !load(&record, spot) { record = HeldUser() }
        return record
    }

    /// Nil where there is no record, or one that cannot be read.
    func known(at spot: RecordTable.Spot) -> HeldUser? {
        var record = HeldUser()
        return load(&record, spot) ? record : nil
    }

    /// False where there is no record, or one that cannot be read.
    @inline(never)
    private func load(_ record: inout HeldUser, _ spot: RecordTable.Spot) -> Bool {
        records.read(spot) { record.readAll(&$0) } ?? false
    }

    func spot(_ context: Context) -> RecordTable.Spot {
        records.isCurrent(context.spot) ? context.spot : unsafe records.spot(of: context.keyOctets)
    }

    /// As for a user.
    func address(_ context: Context) -> AddressRecord { knownAddress(context) ?? AddressRecord() }

    /// As for a user.
    func knownAddress(_ context: Context) -> AddressRecord? {
        records.octets(spot(context)).flatMap { try? AddressRecord(serializedBytes: $0) }
    }

    /// Keeps the record and gives the effect that logs it.
    mutating func store(_ record: inout HeldUser, _ context: Context) -> Outgoing {
        record.lastOffset = context.position
        record.epoch = epoch
        prune(&record, context)
        noteRemovedDevices(of: record, context)
        erasures.note(record.erasures, of: context.key)
        let isEmpty = record.isEmpty
        record.forgotten = isEmpty ? nil : erasures.mark(of: context.key)
        note(record.scheduled.isEmpty ? [] : record.scheduled.filter(\.isWaiting), of: context.key)
        if isEmpty { return log(nil, context) }
        var known = RecordPacking.Known(devices: record.devices)
        return log(record.octets(plainFrom: &known.plainFrom), context, known)
    }

    mutating func store(_ record: AddressRecord, _ context: Context) -> Outgoing {
        var record = record
        record.lastOffset = context.position
        record.epoch = epoch
        record.formers.removeAll { $0.offset <= committed }
        // Let go, it is remembered as long as a removed device: an overtaken claim must not take it.
        let isForgotten = record.registeredAtMs < context.nowMs - configuration.removedDeviceMs
        let isEmpty = record.userID.isEmpty && record.formers.isEmpty && isForgotten
        untidy.note(context.key, until: record.formers.map(\.offset).max())
        return log(isEmpty ? nil : record.encoded(), context)
    }

    mutating func log(_ octets: [UInt8]?, _ context: Context, _ known: RecordPacking.Known = .init()) -> Outgoing {
        unsafe records.set(octets, for: context.keyOctets, at: spot(context), known)
        var headers: [RecordHeader] = []
        if octets == nil {
            headers.append(RecordHeader(Self.epochHeader, String(epoch)))
            if let mark = erasures.mark(of: context.key) {
                headers.append(RecordHeader(Self.forgottenHeader, mark.encoded()))
            }
        }
        let key = unsafe Array(context.keyOctets)
        return Outgoing(.users, partition: partition, key: key, value: octets, headers: headers)
    }

    /// Names the header of a tombstone, which has no value to say it in.
    package static let epochHeader = "epoch"

    /// Drops what no replay and no repeated event can ask for any more.
    private func prune(_ record: inout HeldUser, _ context: Context) {
        record.log.settle(
            upTo: committed,
            forgettingBefore: context.nowMs - configuration.dedupeWindowMs,
            marksMax: configuration.decisionsMax
        )
        let removedBefore = context.nowMs - configuration.removedDeviceMs
        record.devices.drop {
            // A dead address was removed at a time of registrations, which may be long ago; it was signalled at a time of ours.
            $0.removedAtMs != 0 && max($0.removedAtMs, $0.signalledAtMs) < removedBefore
                && $0.changedByOffset <= committed
        }
        for index in record.devices.indices where record.devices[index].hasIdleAddress(committed: committed) {
            record.devices[index].forgetAddress(digests)
        }
        record.limits.drop { $0.tatMs <= context.nowMs }
        record.topics.drop { !$0.subscribed && $0.atMs < removedBefore }
        record.dedupe.drop { $0.untilMs <= context.nowMs }
        record.cancels.drop { $0.untilMs <= context.nowMs }
        pruneScheduled(&record, context)
    }
}

extension Array {
    /// Removes what is to go, of which there is mostly nothing.
    fileprivate mutating func drop(where isToGo: (Element) -> Bool) {
        if contains(where: isToGo) { removeAll(where: isToGo) }
    }
}

extension Command.OneOf_Kind {
    /// Whom a command of this kind may be for: see ``InboxKey``.
    fileprivate var keyPrefixes: [String] {
        switch self {
        case .claim, .release: ["a:"]
        case .attach, .detach, .preferences, .subscription, .rejected, .badge: ["u:"]
        case .forget, .finishErasure, .addressErased: ["u:"]
        case .tidy: ["u:", "a:", "t:"]
        case .fanOut, .continueFanOut: ["f:"]
        case .notify, .later, .releaseScheduled, .cancel: ["u:", "t:"]
        }
    }
}
