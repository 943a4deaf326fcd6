/// Messages inside a user's record, which is read and written for every notification (``HeldUser``): by hand, and in the octets that
/// SwiftProtobuf would give. A reader fails where there is anything else than what this version writes.

extension Device {
    init(_ reader: inout WireReader) {
        while reader.next() {
            switch reader.number {
            case 1: id = reader.string()
            case 2: provider = reader.string()
            case 3: app = reader.string()
            case 4: address = .token(reader.string())
            case 5: address = .fid(reader.string())
            case 6: readSubscription(&reader)
            case 7: sandbox = reader.bool()
            case 8: locale = reader.string()
            case 9: timezone = reader.string()
            case 10: registeredAtMs = reader.int64()
            case 11: removedAtMs = reader.int64()
            case 12: signalledAtMs = reader.int64()
            case 13: changedByOffset = reader.int64()
            case 14: number = reader.uint32()
            case 15: pushType = reader.string()
            case 16: readTarget(&reader)
            case 17: removedBecause = reader.string()
            case 18: addressFingerprint = reader.string()
            default: reader.fail()
            }
        }
    }

    private mutating func readTarget(_ reader: inout WireReader) {
        if hasTarget { reader.fail() } else { target = reader.nested(Target.init) }
    }

    private mutating func readSubscription(_ reader: inout WireReader) {
        // SAFETY: the octets are copied within the call.
        if let subscription = unsafe try? Subscription(octets: reader.slice()), address == nil {
            address = .subscription(subscription)
        } else {
            reader.fail()
        }
    }
}

extension Target {
    fileprivate init(_ reader: inout WireReader) {
        while reader.next() {
            switch reader.number {
            case 1: kind = .topic(reader.string())
            case 2: kind = .condition(reader.string())
            case 3: kind = .channel(reader.string())
            default: reader.fail()
            }
        }
    }
}

extension Decision {
    init(_ reader: inout WireReader) {
        while reader.next() {
            switch reader.number {
            case 1: notificationIDHigh = reader.fixed64()
            case 2: offset = reader.int64()
            case 3: origin = reader.fixed64()
            case 4: decidedAtMs = reader.int64()
            case 5: deviceNumbers = reader.packed()
            case 6: suppressed = reader.string()
            case 7: notificationIDLow = reader.fixed64()
            case 8: unservedDeviceNumbers = reader.packed()
            case 31: badge = reader.int64()
            case 20: waitsFor = reader.string()
            case 21: notBeforeMs = reader.int64()
            case 22: digestIDHigh = reader.fixed64()
            case 23: digestIDLow = reader.fixed64()
            case 24: silent = reader.bool()
            // The octets stay as they are: see ``DecisionLog``.
            default: reader.skip()
            }
        }
    }

    func write(to writer: inout WireWriter) {
        writer.fixed64(1, notificationIDHigh)
        writer.int64(2, offset)
        writer.fixed64(3, origin)
        writer.int64(4, decidedAtMs)
        writer.packed(5, deviceNumbers)
        writer.string(6, suppressed)
        writer.fixed64(7, notificationIDLow)
        writer.packed(8, unservedDeviceNumbers)
        writer.string(20, waitsFor)
        writer.int64(21, notBeforeMs)
        writer.fixed64(22, digestIDHigh)
        writer.fixed64(23, digestIDLow)
        writer.bool(24, silent)
        writer.int64(31, badge)
    }
}

extension ScheduledEntry {
    init(_ reader: inout WireReader) {
        while reader.next() {
            switch reader.number {
            case 1: deliveryIDHigh = reader.fixed64()
            case 2: deliveryIDLow = reader.fixed64()
            case 3: notBeforeMs = reader.int64()
            case 4: expiresAtMs = reader.int64()
            case 5: offset = reader.int64()
            // SAFETY: the octets are copied within the call.
            case 6: unsafe delivery.append(contentsOf: reader.slice())
            case 7: handBacks = reader.uint32()
            case 8: deviceNumber = reader.uint32()
            case 9: collapseKey = reader.string()
            case 10: decidedAtMs = reader.int64()
            case 11: settledByOffset = reader.int64()
            case 12: settled = reader.string()
            // SAFETY: as above.
            case 20: unsafe command.append(contentsOf: reader.slice())
            case 21: waitsFor = reader.string()
            case 22: digestKey = reader.string()
            case 23: readItem(&reader)
            case 24: folded = reader.uint32()
            case 25: faceIsFolded = reader.bool()
            case 26: readPutOff(&reader)
            default: reader.fail()
            }
        }
    }

    /// Few have items: the general reader is good enough for them.
    private mutating func readItem(_ reader: inout WireReader) {
        // SAFETY: the octets are copied within the call.
        if let item = unsafe try? DigestItem(octets: reader.slice()) { items.append(item) } else { reader.fail() }
    }

    private mutating func readPutOff(_ reader: inout WireReader) {
        // SAFETY: as above.
        if let putOff = unsafe try? PutOff(octets: reader.slice()) { putOffs.append(putOff) } else { reader.fail() }
    }

    func write(to writer: inout WireWriter) {
        writer.fixed64(1, deliveryIDHigh)
        writer.fixed64(2, deliveryIDLow)
        writer.int64(3, notBeforeMs)
        writer.int64(4, expiresAtMs)
        writer.int64(5, offset)
        writer.bytes(6, delivery)
        writer.uint64(7, UInt64(handBacks))
        writer.uint64(8, UInt64(deviceNumber))
        writer.string(9, collapseKey)
        writer.int64(10, decidedAtMs)
        writer.int64(11, settledByOffset)
        writer.string(12, settled)
        writer.bytes(20, command)
        writer.string(21, waitsFor)
        writer.string(22, digestKey)
        for item in items { writer.message(23, item.encoded()) }
        writer.uint64(24, UInt64(folded))
        writer.bool(25, faceIsFolded)
        for putOff in putOffs { writer.message(26, putOff.encoded()) }
    }
}

extension DedupeMark {
    init(_ reader: inout WireReader) {
        while reader.next() {
            switch reader.number {
            case 1: key = reader.fixed64()
            case 2: untilMs = reader.int64()
            default: reader.fail()
            }
        }
    }

    func write(to writer: inout WireWriter) {
        writer.fixed64(1, key)
        writer.int64(2, untilMs)
    }
}

extension CancelMark {
    init(_ reader: inout WireReader) {
        while reader.next() {
            switch reader.number {
            case 1: key = reader.fixed64()
            case 2: atMs = reader.int64()
            case 3: untilMs = reader.int64()
            default: reader.fail()
            }
        }
    }

    func write(to writer: inout WireWriter) {
        writer.fixed64(1, key)
        writer.int64(2, atMs)
        writer.int64(3, untilMs)
    }
}

extension TopicSubscription {
    init(_ reader: inout WireReader) {
        while reader.next() {
            switch reader.number {
            case 1: topic = reader.string()
            case 2: subscribed = reader.bool()
            case 3: atMs = reader.int64()
            default: reader.fail()
            }
        }
    }

    func write(to writer: inout WireWriter) {
        writer.string(1, topic)
        writer.bool(2, subscribed)
        writer.int64(3, atMs)
    }
}
