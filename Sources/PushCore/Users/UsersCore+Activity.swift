/// Which devices are used: those that registered lately, and of them those that a rule wants.
///
/// Apps register again whenever they start; so a device was active when it registered last. One that was not for
/// ``UsersConfiguration/inactiveDeviceMs`` gets nothing from that moment on, and goes with the next command to its user that looks at devices: a
/// registration, or the sweep's (UsersCore+Sweep).
extension UsersCore {
    func isInactive(_ device: HeldDevice, _ nowMs: Int64) -> Bool {
        configuration.inactiveDeviceMs > 0 && device.registeredAtMs < nowMs - configuration.inactiveDeviceMs
    }

    // MARK: Choice

    /// The numbers of the devices that a notification is for, by whether their app is configured.
    func devices(
        for notify: NotifyCommand,
        _ record: HeldUser,
        _ context: Context
    ) -> (served: [UInt32], unserved: [UInt32]) {
        var served: [UInt32] = []
        var unserved: [UInt32] = []
        func take(_ device: HeldDevice) {
            if isServed(device) { served.append(device.number) } else { unserved.append(device.number) }
        }
        if let target = notify.target {
            if target.pushType == notify.tokenKind { take(HeldDevice(target)) }
        } else if let choice = notify.devices {
            let used = record.devices.filter { isUsed($0, for: notify, context) }
            for device in chosen(choice, from: used) { take(device) }
        } else {
            for device in record.devices where isUsed(device, for: notify, context) { take(device) }
        }
        return (served, unserved)
    }

    /// Beside the app's own token, APNs has others: each for one push type, and that for no other.
    private func isUsed(_ device: HeldDevice, for notify: NotifyCommand, _ context: Context) -> Bool {
        device.isActive && device.pushType == notify.tokenKind && !isInactive(device, context.nowMs)
    }

    /// A device whose app is not configured is chosen where there is no other.
    private func chosen(_ choice: DeviceChoice, from devices: [HeldDevice]) -> [HeldDevice] {
        let asked = devices.filter { choice.providers.isEmpty || choice.providers.contains($0.provider) }
        let isBetter = { (first: HeldDevice, second: HeldDevice) in
            (isServed(first) ? 1 : 0, first.registeredAtMs, first.number)
                > (isServed(second) ? 1 : 0, second.registeredAtMs, second.number)
        }
        switch choice.kind {
        case .all, .UNRECOGNIZED: return asked
        case .mostRecent: return asked.max { isBetter($1, $0) }.map { [$0] } ?? []
        case .perPlatform:
            return asked.filter { device in !asked.contains { $0.provider == device.provider && isBetter($0, device) } }
        }
    }

    // MARK: Ends

    /// Takes out the devices that are inactive, and those that are too many: of these, whichever registered longest ago.
    func retireDevices(in record: inout HeldUser, _ context: Context) {
        var active = record.devices.indices.filter { record.devices[$0].isActive }
        for index in active where isInactive(record.devices[index], context.nowMs) {
            record.devices[index].device.retire(because: .inactive, context)
        }
        active.removeAll { !record.devices[$0].isActive }
        active.sort {
            (record.devices[$0].registeredAtMs, record.devices[$0].number)
                < (record.devices[$1].registeredAtMs, record.devices[$1].number)
        }
        for index in active.dropLast(configuration.devicesMax) {
            record.devices[index].device.retire(because: .deviceLimit, context)
        }
    }

    /// The receipts of the devices that this command took out.
    func retirements(in record: HeldUser, by context: Context) -> [Outgoing] {
        record.devices
            .filter { $0.changedByOffset == context.position }
            .map(\.device)
            .compactMap { device in
                Reason(rawValue: device.removedBecause).map {
                    RemovalReceipt(device, $0, digests.fingerprint(of: device), context).outgoing(digests)
                }
            }
    }
}

extension Device {
    /// In the time of registrations: a later one brings the device back, the same one does not.
    fileprivate mutating func retire(because reason: Reason, _ context: UsersCore.Context) {
        removedAtMs = registeredAtMs + 1
        removedBecause = reason.rawValue
        changedByOffset = context.position
    }
}
