internal import SwiftProtobuf

/// Forgetting a person: what is held goes, and nothing that was said before brings it back.
///
/// In two steps, since a crash may have any command before it read again. `ForgetUser` ends what waits, takes preferences,
/// subscriptions, limits and devices out of the record, and has their addresses erased; decisions and devices that commands which are not
/// committed may ask for stay in it. When those are committed, and every address has answered, `FinishErasure` takes out the rest.
/// It carries all that the receipt says: read again when the record is gone, it says the same again.
///
/// The tombstone has a header that tells when the user was forgotten (`Forgotten`), so that Kafka itself forgets it with the tombstone. As
/// long, what was registered or said before is refused: it went through an address or waited somewhere, and comes too late.
extension UsersCore {
    // MARK: To a user

    mutating func forget(_ forget: ForgetUser, _ context: Context) -> Decided {
        var record = user(context)
        if context.position <= record.lastOffset {
            let outputs = settlements(in: record, by: context) + erasureCommands(in: record, by: context)
            return Decided(effects: Effects(outputs: outputs), disposition: .replayed)
        }
        let isKnown = record.erasures.contains { $0.idHigh == forget.idHigh && $0.idLow == forget.idLow }
        if isKnown || erasures.mark(of: context.key).map({ $0.id == forget.id }) == true {
            return Decided(effects: .none, disposition: .ignored)
        }
        record.erasures.append(erasure(by: forget, of: record, context))
        forgetWaiting(in: &record, context)
        for index in record.devices.indices where record.devices[index].removedAtMs == 0 {
            record.devices[index].remove(atMs: max(forget.atMs, record.devices[index].registeredAtMs + 1), context)
        }
        forgetPreferences(in: &record, context)
        record.log.drop(upTo: committed, marksUntilMs: context.nowMs)
        erasures.mark(context.key, Forgotten(forget, context))
        var decided = Decided(effects: .none, disposition: .applied)
        decided.endings = endings(in: record, by: context)
        decided.effects.outputs = settlements(in: record, by: context) + erasureCommands(in: record, by: context)
        decided.effects.state = store(&record, context)
        return decided
    }

    private func erasure(
        by forget: ForgetUser,
        of record: HeldUser,
        _ context: Context
    ) -> Erasure {
        var erasure = Erasure()
        erasure.idHigh = forget.idHigh
        erasure.idLow = forget.idLow
        erasure.offset = context.position
        erasure.event = forget.event
        erasure.decidedAtMs = context.nowMs
        let addresses = record.devices.compactMap { digests.fingerprint(of: $0) }
        erasure.addresses = Set(addresses).sorted()
        erasure.devices = UInt32(record.devices.count { $0.removedAtMs == 0 })
        erasure.topics = UInt32(record.topics.count(where: \.subscribed))
        let waiting = record.scheduled.filter(\.isWaiting)
        erasure.scheduled = UInt32(waiting.reduce(0) { $0 + ($1.isDigest ? $1.items.count(where: \.isWaiting) : 1) })
        erasure.decisions = UInt32(record.log.count + record.log.seen.count)
        erasure.limits = UInt32(record.limits.count)
        erasure.preferences = record.preferencesAtMs != 0
        return erasure
    }

    private func forgetWaiting(in record: inout HeldUser, _ context: Context) {
        for index in record.scheduled.indices where record.scheduled[index].isWaiting {
            record.scheduled[index].settleItems(as: { _ in .forgotten }, context)
            record.scheduled[index] = record.scheduled[index].settled(as: .forgotten, context)
        }
    }

    private mutating func forgetPreferences(in record: inout HeldUser, _ context: Context) {
        for topic in record.topics where topic.subscribed {
            subscribers.set(context.userID, topic: topic.topic, isSubscribed: false)
        }
        record.topics = []
        record.categories = [:]
        record.preferencesAtMs = 0
        record.locale = ""
        record.timezone = ""
        record.quietHoursStart = ""
        record.quietHoursEnd = ""
        record.quietHoursOff = false
        record.limits = []
        record.dedupe = []
        record.cancels = []
        record.badge = 0
        record.badgeAtMs = 0
    }

    /// Tells the addresses that have not answered the erasure that this command began.
    private func erasureCommands(in record: HeldUser, by context: Context) -> [Outgoing] {
        guard let erasure = record.erasures.first(where: { $0.offset == context.position }) else { return [] }
        return erasure.addresses.map { fingerprint in
            let held = record.devices.filter { digests.fingerprint(of: $0) == fingerprint }
            let registeredAtMs = held.map(\.registeredAtMs).max() ?? 0
            return Self.eraseCommand(fingerprint, of: context.userID, registeredAtMs, answering: erasure.offset)
        }
    }

    /// `offset`: 0 where nobody waits for the answer.
    static func eraseCommand(
        _ fingerprint: String,
        of userID: String,
        _ registeredAtMs: Int64,
        answering offset: Int64
    ) -> Outgoing {
        var release = ReleaseAddress()
        release.userID = userID
        release.registeredAtMs = registeredAtMs
        release.erase = true
        release.erasedByOffset = offset
        var command = Command()
        command.release = release
        return Outgoing(.inbox, key: Array("a:\(fingerprint)".utf8), value: command.encoded())
    }

    mutating func addressErased(_ erased: AddressErased, _ context: Context) -> Decided {
        var record = user(context)
        if context.position <= record.lastOffset { return Decided(effects: .none, disposition: .replayed) }
        guard let index = record.erasures.firstIndex(where: { $0.offset == erased.erasedByOffset }),
            let address = record.erasures[index].addresses.firstIndex(of: erased.fingerprint)
        else { return Decided(effects: .none, disposition: .ignored) }
        record.erasures[index].addresses.remove(at: address)
        return Decided(effects: Effects(state: store(&record, context)), disposition: .applied)
    }

    mutating func finishErasure(_ finish: FinishErasure, _ context: Context) -> Decided {
        let erasure = finish.erasure
        let receipt = ErasureReceipt(erasure, userID: context.userID, completedAtMs: context.nowMs)
        var decided = Decided(effects: Effects(outputs: [receipt.outgoing(digests)]), disposition: .replayed)
        var record = user(context)
        guard context.position > record.lastOffset,
            let index = record.erasures.firstIndex(where: { $0.offset == erasure.offset })
        else { return decided }
        record.erasures.remove(at: index)
        record.log.drop(upTo: erasure.offset, marksUntilMs: erasure.decidedAtMs)
        record.devices.removeAll { $0.removedAtMs != 0 && $0.changedByOffset <= erasure.offset }
        record.scheduled.removeAll { !$0.isWaiting && $0.settledByOffset <= erasure.offset }
        decided.effects.state = store(&record, context)
        decided.disposition = .erased
        return decided
    }

    // MARK: To an address

    /// Nothing is kept of the address that names the user; whoever else has it keeps it.
    mutating func erase(_ release: ReleaseAddress, _ context: Context) -> Decided {
        var record = address(context)
        var decided = Decided(effects: .none, disposition: .ignored)
        if release.erasedByOffset != 0 {
            var answer = AddressErased()
            answer.fingerprint = context.userID
            answer.erasedByOffset = release.erasedByOffset
            decided.effects.outputs = [command(.addressErased(answer), to: "u:\(release.userID)")]
        }
        let isTheirs = record.userID == release.userID || record.userID.isEmpty
        guard context.position > record.lastOffset, records[context.key] != nil, isTheirs,
            record.registeredAtMs <= release.registeredAtMs
        else { return decided }
        record.userID = ""
        record.deviceID = ""
        record.registeredAtMs = 0
        decided.effects.state = store(record, context)
        decided.disposition = .erased
        return decided
    }

    // MARK: What comes too late

    /// Whether a word from then is about a user who was forgotten since.
    func isForgotten(atMs: Int64, _ context: Context) -> Bool {
        guard let mark = erasures.mark(of: context.key) else { return false }
        return atMs <= mark.atMs
    }

    /// What follows from a delivery that dispatch hands back to a user who was forgotten after it was decided: its final receipt, and nothing
    /// that would have to be kept.
    ///
    /// Read again, it is answered so again: an entry, which says otherwise, was made by a command that is not committed, or was not made.
    func forgotten(_ delivery: Delivery, _ record: HeldUser, _ context: Context) -> Decided? {
        guard let mark = erasures.mark(of: context.key), delivery.decidedAtMs <= mark.decidedAtMs,
            !delivery.device.hasTarget,
            !record.scheduled.contains(where: { $0.deliveryID == delivery.id })
        else { return nil }
        let receipt = receipt(of: delivery, .forgotten, context)
        return Decided(effects: Effects(outputs: [receipt.outgoing()]), disposition: .ended(.forgotten))
    }

    // MARK: Ends

    /// Commands for the erasures that can be finished.
    mutating func erasuresDue(nowMs: Int64, max: Int) -> [Outgoing] {
        erasures.dropMarks(before: nowMs - configuration.removedDeviceMs)
        let due = erasures.toFinish(
            committed: committed,
            nowMs: nowMs,
            againMs: configuration.releaseTimeoutMs,
            max: max
        )
        return due.compactMap { key, offset in
            let record = records[key].flatMap { HeldUser(octets: $0) }
            guard let erasure = record?.erasures.first(where: { $0.offset == offset }) else { return nil }
            var finish = FinishErasure()
            finish.erasure = erasure
            return command(.finishErasure(finish), to: key)
        }
    }

    // MARK: Records

    /// Takes the mark of a user's tombstone; see ``UsersCore/forgottenHeader``.
    package mutating func restore(key: String, forgotten mark: [UInt8]) {
        if let mark = try? Forgotten(octets: mark) { erasures.mark(key, mark) }
    }

    /// The header of a tombstone that tells when the user was forgotten.
    package static let forgottenHeader = "forgotten"

    mutating func restoreFormers(of key: String, in record: [UInt8]?) {
        let offsets = record.flatMap { try? AddressRecord(serializedBytes: $0) }?.formers.map(\.offset)
        untidy.note(key, until: offsets?.max())
    }

    /// What there is of erasures in a user's record, read without the rest of it.
    mutating func restoreErasures(of key: String, in record: [UInt8]) {
        var found = false
        // SAFETY: the reader is used within the call.
        unsafe record.withUnsafeBytes { octets in
            var reader = unsafe WireReader(octets)
            while reader.next() {
                if reader.number >= 50 { found = true }
                reader.skip()
            }
        }
        guard found, let record = HeldUser(octets: record) else { return erasures.note([], of: key) }
        erasures.note(record.erasures, of: key)
        if let mark = record.forgotten { erasures.mark(key, mark) }
    }
}

extension ForgetUser {
    /// `event`: What asks for it; the same event asks for the same erasure.
    package init(userID: String, _ event: EventReference, atMs: Int64, _ digests: Digests) {
        self.init()
        id = digests.erasureIdentifier(eventSource: event.source, eventID: event.id, userID: userID)
        self.event = event
        self.atMs = atMs
    }

    package func command(to userID: String) -> KeyedCommand { KeyedCommand(.user(userID), .forget(self)) }

    package var id: Identifier {
        get { Identifier(high: idHigh, low: idLow) }
        set {
            idHigh = newValue.high
            idLow = newValue.low
        }
    }
}

extension Forgotten {
    var id: Identifier { Identifier(high: idHigh, low: idLow) }

    init(_ forget: ForgetUser, _ context: UsersCore.Context) {
        self.init()
        idHigh = forget.idHigh
        idLow = forget.idLow
        // A clock that is ahead must not refuse what is to come.
        atMs = min(forget.atMs, context.nowMs)
        decidedAtMs = context.nowMs
    }
}
