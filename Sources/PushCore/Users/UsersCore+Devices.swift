/// Devices and addresses: who holds which, and what a provider says about it.
///
/// A registration goes to the address first. The address knows whose it is, tells the former owner to let go and the new
/// owner to take it, so that a phone that changes hands rings for one person only.
extension UsersCore {
    // MARK: To an address

    mutating func claim(_ claim: ClaimAddress, _ context: Context) -> Decided {
        var record = address(context)
        let claimed = claim.device
        if context.position <= record.lastOffset { return repeatedClaim(claim, record, context) }
        if record.registeredAtMs > claimed.registeredAtMs {
            return Decided(effects: Effects(outputs: lateClaimOutputs(claim, record, context)), disposition: .ignored)
        }
        let isSameOwner = record.userID == claim.userID && record.deviceID == claimed.id
        if !record.userID.isEmpty, !isSameOwner {
            var former = FormerOwner()
            former.userID = record.userID
            former.deviceID = record.deviceID
            former.offset = context.position
            former.atMs = claimed.registeredAtMs
            record.formers.append(former)
        }
        record.userID = claim.userID
        record.deviceID = claimed.id
        record.registeredAtMs = claimed.registeredAtMs
        let state = store(record, context)
        var decided = claimOutputs(claim, record, context)
        decided.effects.state = state
        return decided
    }

    /// What the claim said when it was decided; where a later claim has taken the address since, what a late claim says.
    private func repeatedClaim(_ claim: ClaimAddress, _ record: AddressRecord, _ context: Context) -> Decided {
        let isOwner = record.userID == claim.userID && record.deviceID == claim.device.id
        if isOwner {
            var decided = claimOutputs(claim, record, context)
            decided.disposition = .replayed
            return decided
        }
        let outputs = formerOutputs(record, context) + lateClaimOutputs(claim, record, context)
        return Decided(effects: Effects(outputs: outputs), disposition: .replayed)
    }

    /// The device held the address before the one that holds it now: its user hears of both ends, in their order, since what the
    /// device had before is replaced all the same. Attach and detach have one key, so that they arrive in that order.
    private func lateClaimOutputs(_ claim: ClaimAddress, _ record: AddressRecord, _ context: Context) -> [Outgoing] {
        if record.userID == claim.userID, record.deviceID == claim.device.id { return [] }
        var attach = AttachDevice()
        attach.device = claim.device
        var detach = DetachDevice()
        detach.deviceID = claim.device.id
        detach.fingerprint = context.userID
        detach.atMs = record.registeredAtMs
        let user = "u:\(claim.userID)"
        return [command(.attach(attach), to: user), command(.detach(detach), to: user)]
    }

    /// Tells whoever held the address before this claim, which may be another device of the same user.
    private func formerOutputs(_ record: AddressRecord, _ context: Context) -> [Outgoing] {
        record.formers.filter { $0.offset == context.position }.map { former in
            var detach = DetachDevice()
            detach.deviceID = former.deviceID
            detach.fingerprint = context.userID
            detach.atMs = former.atMs
            return command(.detach(detach), to: "u:\(former.userID)")
        }
    }

    private func claimOutputs(_ claim: ClaimAddress, _ record: AddressRecord, _ context: Context) -> Decided {
        var outputs = formerOutputs(record, context)
        var attach = AttachDevice()
        attach.device = claim.device
        outputs.append(command(.attach(attach), to: "u:\(claim.userID)"))
        return Decided(effects: Effects(outputs: outputs), disposition: .applied)
    }

    mutating func release(_ release: ReleaseAddress, _ context: Context) -> Decided {
        if release.erase { return erase(release, context) }
        var record = address(context)
        guard record.userID == release.userID, record.deviceID == release.deviceID,
            context.position > record.lastOffset,
            release.registeredAtMs == 0 || record.registeredAtMs <= release.registeredAtMs
        else {
            // Not its holder, or its holder by a later registration, which was on its way here when this was said.
            return Decided(effects: .none, disposition: .ignored)
        }
        record.userID = ""
        record.deviceID = ""
        return Decided(effects: Effects(state: store(record, context)), disposition: .applied)
    }

    // MARK: To a user

    mutating func attach(_ device: Device, _ context: Context) -> Decided {
        var record = user(context)
        if context.position <= record.lastOffset {
            return Decided(effects: Effects(outputs: releases(in: record, by: context)), disposition: .replayed)
        }
        if isForgotten(atMs: device.registeredAtMs, context) {
            // The address believes that it is held, and names the user.
            let fingerprint = digests.fingerprint(of: device)
            let erase = Self.eraseCommand(fingerprint, of: context.userID, device.registeredAtMs, answering: 0)
            return Decided(effects: Effects(outputs: [erase]), disposition: .ignored)
        }
        if record.devices.contains(where: { $0.id == device.id && $0.device.overtakes(device) }) {
            // The address believes that it is held: it is told otherwise, unless the device holds it by a later registration.
            let fingerprint = digests.fingerprint(of: device)
            let isHeld = record.devices.contains { $0.isActive && digests.fingerprint(of: $0) == fingerprint }
            let outputs = isHeld ? [] : [releaseCommand(device, context)]
            return Decided(effects: Effects(outputs: outputs), disposition: .ignored)
        }
        if let loss = record.devices.firstIndex(where: { $0.id == device.id && isLoss($0, of: device) }) {
            return attachLost(device, loss, &record, context)
        }
        let before = record
        replace(with: device, in: &record, context)
        retireDevices(in: &record, context)
        reconsider(&record, since: before, context)
        let state = store(&record, context)
        let outputs = releases(in: record, by: context)
        return Decided(effects: Effects(state: state, outputs: outputs), disposition: .applied)
    }

    /// A registration whose address is gone before it arrives: the device does not get it. What it had before, it has left all
    /// the same, and what it registered before this comes too late from now on.
    private mutating func attachLost(
        _ device: Device,
        _ loss: Int,
        _ record: inout HeldUser,
        _ context: Context
    ) -> Decided {
        if let index = record.devices.firstIndex(where: { $0.id == device.id && $0.isActive }) {
            record.devices[index].remove(atMs: device.registeredAtMs, context)
        }
        let isKnown = record.devices.contains { entry in
            entry.id == device.id && entry.registeredAtMs == device.registeredAtMs
                && digests.fingerprint(of: entry) == digests.fingerprint(of: device)
        }
        if !isKnown {
            // An entry of its own: what was said about the registration before it may have to be said again, as it was.
            var lost = numbered(device, in: &record)
            lost.removedAtMs = record.devices[loss].removedAtMs
            lost.signalledAtMs = record.devices[loss].signalledAtMs
            lost.changedByOffset = context.position
            record.devices.append(HeldDevice(lost))
        }
        let state = store(&record, context)
        let outputs = releases(in: record, by: context) + (isKnown ? [releaseCommand(device, context)] : [])
        return Decided(effects: Effects(state: state, outputs: outputs), disposition: .applied)
    }

    /// Whether an entry of the same device id says that the registration's address was lost since: it moved, or it is dead. What happened to
    /// another address says nothing.
    private func isLoss(_ entry: HeldDevice, of registration: Device) -> Bool {
        entry.removedAtMs > registration.registeredAtMs
            && digests.fingerprint(of: entry) == digests.fingerprint(of: registration)
    }

    private func replace(with device: Device, in record: inout HeldUser, _ context: Context) {
        if let index = record.devices.firstIndex(where: { $0.id == device.id && $0.isActive }) {
            if record.devices[index].device.address == device.address {
                // The same address once more: it keeps its number, so that decisions under way still find it.
                var renewed = device
                renewed.number = record.devices[index].number
                record.devices[index].device = renewed
                return
            }
            record.devices[index].remove(atMs: device.registeredAtMs, context)
        }
        record.devices.append(HeldDevice(numbered(device, in: &record)))
    }

    private func numbered(_ device: Device, in record: inout HeldUser) -> Device {
        record.lastDeviceNumber += 1
        var device = device
        device.number = record.lastDeviceNumber
        return device
    }

    mutating func detach(_ detach: DetachDevice, _ context: Context) -> Decided {
        var record = user(context)
        if context.position <= record.lastOffset {
            let outputs = detach.fingerprint.isEmpty ? releases(in: record, by: context) : []
            return Decided(effects: Effects(outputs: outputs), disposition: .replayed)
        }
        if isForgotten(atMs: detach.atMs, context) { return Decided(effects: .none, disposition: .ignored) }
        let index = record.devices.firstIndex { $0.id == detach.deviceID && $0.isActive }
        if let index {
            let device = record.devices[index].device
            let isOther = !detach.fingerprint.isEmpty && digests.fingerprint(of: device) != detach.fingerprint
            if isOther || device.registeredAtMs > detach.atMs {
                return Decided(effects: .none, disposition: .ignored)
            }
            record.devices[index].remove(atMs: max(detach.atMs, 1), context)
        } else if !detach.fingerprint.isEmpty {
            return Decided(effects: .none, disposition: .ignored)
        }
        if detach.fingerprint.isEmpty { takeBack(detach, in: &record, context) }
        let state = store(&record, context)
        let outputs = detach.fingerprint.isEmpty ? releases(in: record, by: context) : []
        return Decided(effects: Effects(state: state, outputs: outputs), disposition: .applied)
    }

    /// A registration with any address may still be on its way: remembers, without an address, that the device was taken back.
    private func takeBack(_ detach: DetachDevice, in record: inout HeldUser, _ context: Context) {
        // One trace is enough, the latest.
        let isTrace = { (held: HeldDevice) in held.id == detach.deviceID && held.device.isTrace }
        if record.devices.contains(where: { isTrace($0) && $0.removedAtMs > detach.atMs }) { return }
        record.devices.removeAll(where: isTrace)
        var removed = Device()
        removed.id = detach.deviceID
        removed.removedAtMs = max(detach.atMs, 1)
        removed.changedByOffset = context.position
        record.devices.append(HeldDevice(numbered(removed, in: &record)))
    }

    /// Tells the addresses that this command took from the user's devices, and everybody which devices we do not keep.
    func releases(in record: HeldUser, by context: Context) -> [Outgoing] {
        let released = record.devices
            .filter { !$0.isActive && $0.changedByOffset == context.position }
            .map(\.device)
            .filter { !$0.isTrace }
            .map { releaseCommand($0, context) }
        return released + retirements(in: record, by: context)
    }

    private func releaseCommand(_ device: Device, _ context: Context) -> Outgoing {
        var release = ReleaseAddress()
        release.userID = context.userID
        release.deviceID = device.id
        release.registeredAtMs = device.registeredAtMs
        return command(.release(release), to: "a:\(digests.fingerprint(of: device))")
    }

    // MARK: Feedback

    /// The provider says that an address is dead: the device goes, unless it was registered again since.
    mutating func addressRejected(_ rejected: AddressRejected, _ context: Context) -> Decided {
        var record = user(context)
        let isMeant = { [digests] (held: HeldDevice) in
            held.id == rejected.deviceID && digests.fingerprint(of: held) == rejected.fingerprint
        }
        if context.position <= record.lastOffset {
            // The same address may have been registered again since: what is meant is what this command changed.
            let changed = record.devices.first { $0.changedByOffset == context.position && isMeant($0) }
            let outputs = changed.map { rejectionOutputs(rejected, $0.device, context) } ?? []
            return Decided(effects: Effects(outputs: outputs), disposition: .replayed)
        }
        guard let index = record.devices.lastIndex(where: isMeant) else {
            return Decided(effects: .none, disposition: .ignored)
        }
        if !record.devices[index].isActive { return Decided(effects: .none, disposition: .ignored) }
        let registeredAt = record.devices[index].registeredAtMs
        let isKept =
            rejected.invalidSinceMs != 0
            ? registeredAt > rejected.invalidSinceMs : registeredAt > rejected.registeredAtMs
        if isKept, record.devices[index].signalledAtMs != 0 {
            return Decided(effects: .none, disposition: .ignored)
        }
        var device = record.devices[index].device
        device.signalledAtMs = context.nowMs
        if !isKept {
            // In the time of registrations, not in ours: a later one brings the device back, a repeated one does not.
            device.removedAtMs = max(rejected.invalidSinceMs, registeredAt + 1)
        }
        device.changedByOffset = context.position
        record.devices[index].device = device
        let outputs = rejectionOutputs(rejected, device, context)
        return Decided(effects: Effects(state: store(&record, context), outputs: outputs), disposition: .applied)
    }

    private func rejectionOutputs(_ rejected: AddressRejected, _ device: Device, _ context: Context) -> [Outgoing] {
        let isRemoved = device.removedAtMs != 0
        let signal = InvalidToken(
            // Of the registration, not of the notification that found out: whoever says it twice says the same.
            id: digests.identifier(
                Digests.eventNamespace,
                isRemoved ? "token-removed" : "token-kept",
                context.userID,
                device.id,
                rejected.fingerprint,
                String(device.registeredAtMs)
            ),
            userID: context.userID,
            device: device,
            rejected: rejected,
            isRemoved: isRemoved
        )
        return isRemoved ? [signal.outgoing(), releaseCommand(device, context)] : [signal.outgoing()]
    }

    // MARK: Preferences

    mutating func setPreferences(_ preferences: SetPreferences, _ context: Context) -> Decided {
        var record = user(context)
        if context.position <= record.lastOffset { return Decided(effects: .none, disposition: .replayed) }
        let isLate = preferences.atMs < record.preferencesAtMs || isForgotten(atMs: preferences.atMs, context)
        if isLate { return Decided(effects: .none, disposition: .ignored) }
        let before = record
        // A word about all categories takes back what was said about single ones before.
        if preferences.categories[Self.allCategories] != nil { record.categories = [:] }
        record.categories.merge(preferences.categories) { _, new in new }
        record.preferencesAtMs = max(preferences.atMs, 1)
        if !preferences.keepsQuietHours {
            record.quietHoursStart = preferences.quietHoursStart
            record.quietHoursEnd = preferences.quietHoursEnd
            record.quietHoursOff = preferences.quietHoursOff
        }
        if !preferences.locale.isEmpty { record.locale = preferences.locale }
        if !preferences.timezone.isEmpty { record.timezone = preferences.timezone }
        reconsider(&record, since: before, context)
        return Decided(effects: Effects(state: store(&record, context)), disposition: .applied)
    }

    mutating func setSubscription(_ subscription: SetSubscription, _ context: Context) -> Decided {
        var record = user(context)
        if context.position <= record.lastOffset { return Decided(effects: .none, disposition: .replayed) }
        if isForgotten(atMs: subscription.atMs, context) { return Decided(effects: .none, disposition: .ignored) }
        let index = record.topics.firstIndex { $0.topic == subscription.topic }
        if let index, record.topics[index].atMs > subscription.atMs {
            return Decided(effects: .none, disposition: .ignored)
        }
        if let index { record.topics.remove(at: index) }
        var state = TopicSubscription()
        state.topic = subscription.topic
        state.subscribed = subscription.subscribed
        state.atMs = max(subscription.atMs, 1)
        record.topics.append(state)
        subscribers.set(context.userID, topic: state.topic, isSubscribed: state.subscribed)
        return Decided(effects: Effects(state: store(&record, context)), disposition: .applied)
    }

    func command(_ kind: Command.OneOf_Kind, to key: String) -> Outgoing {
        var command = Command()
        command.kind = kind
        return Outgoing(.inbox, key: Array(key.utf8), value: command.encoded())
    }
}

extension Device {
    /// Whether this entry of the same device id is later news than a registration: a later registration, or the device taken
    /// back since (an entry without address).
    fileprivate func overtakes(_ registration: Device) -> Bool {
        registeredAtMs > registration.registeredAtMs
            || removedAtMs > registration.registeredAtMs && isTrace
    }

    /// Whether it says that the device was taken back, whatever its address: it never had one.
    fileprivate var isTrace: Bool { address == nil && addressFingerprint.isEmpty }
}
