/// Deliveries are written by the users stage around a notification that is encoded already, and read by dispatch.
extension Delivery {
    /// Reads the value of a record of the outbox.
    ///
    /// `octets`: Lent for the call.
    ///
    /// - Throws: `BinaryDecodingError` where it is none.
    init(record octets: UnsafeRawBufferPointer) throws {
        let known = unsafe Delivery(known: octets)
        self = if let known { known } else { try unsafe Delivery(octets: octets) }
    }

    /// Reads an encoded delivery.
    ///
    /// - Throws: `BinaryDecodingError` where it is none.
    package init(encoded octets: [UInt8]) throws {
        // SAFETY: the array outlives the call.
        self = try unsafe octets.withUnsafeBytes { try unsafe Delivery(record: $0) }
    }

    /// Reads a delivery by hand; nil where there is anything else in it than what this version writes.
    init?(known octets: UnsafeRawBufferPointer) {
        var reader = unsafe WireReader(octets)
        self.init(&reader)
        if !reader.isWellFormed { return nil }
    }

    private init(_ reader: inout WireReader) {
        while reader.next() {
            switch reader.number {
            case 1: idHigh = reader.fixed64()
            case 2: userID = reader.string()
            case 3: notification = reader.nested(Notification.init)
            case 4: device = reader.nested(Device.init)
            case 5: decidedAtMs = reader.int64()
            case 6: idLow = reader.fixed64()
            case 7: attempts = reader.uint32()
            case 8: possibleDuplicate = reader.bool()
            case 9: sentAtMs = reader.int64()
            case 10: handBacks = reader.uint32()
            case 30: silent = reader.bool()
            default: reader.fail()
            }
        }
    }

    /// Writes what ``encoded()`` gives of a delivery whose notification is encoded already.
    ///
    /// `userID`: In UTF-8; empty for a target.
    /// `words`, `badge`: See ``NotifyCommand/write(_:words:badge:to:)``.
    static func write(
        id: Identifier,
        userID: [UInt8],
        notify: NotifyCommand,
        words: Int,
        badge: Int64,
        device: HeldDevice,
        decidedAtMs: Int64,
        isSilent: Bool = false,
        to writer: inout WireWriter
    ) {
        writer.fixed64(1, id.high)
        writer.bytes(2, userID)
        notify.write(3, words: words, badge: badge, to: &writer)
        device.write(4, to: &writer)
        writer.int64(5, decidedAtMs)
        writer.fixed64(6, id.low)
        writer.bool(30, isSilent)
    }
}

extension Notification {
    /// Reads an encoded notification, which is lent for the call.
    ///
    /// - Throws: `BinaryDecodingError` where it is none.
    init(record octets: UnsafeRawBufferPointer) throws {
        var reader = unsafe WireReader(octets)
        let known = Notification(&reader)
        self = if reader.isWellFormed { known } else { try unsafe Notification(octets: octets) }
    }

    fileprivate init(_ reader: inout WireReader) {
        while reader.next() {
            switch reader.number {
            case 1: idHigh = reader.fixed64()
            case 2: event = reader.nested(EventReference.init)
            case 3: ruleID = reader.string()
            case 4: category = reader.string()
            case 5: expiresAtMs = reader.int64()
            case 6: priority = Priority(rawValue: Int(truncatingIfNeeded: reader.int64())) ?? .unspecified
            case 7: collapseKey = reader.string()
            case 8: contents.append(reader.nested(Content.init))
            case 9:
                let entry = reader.nested(DataEntry.init)
                data[entry.key] = entry.value
            case 10: link = reader.string()
            case 11: apns = reader.nested(APNsOptions.init)
            case 12: limit = reader.string()
            case 13: bypassLimits = reader.bool()
            case 14: ruleSetVersion = reader.string()
            case 15: traceparent = reader.string()
            case 16: tracestate = reader.string()
            case 17: idLow = reader.fixed64()
            case 18: fcm = reader.nested(FCMOptions.init)
            case 19: webPush = reader.nested(WebPushOptions.init)
            case 31: dropTooLong = reader.bool()
            case 32: badgeIncrements = reader.bool()
            case 33: badge = reader.int64()
            case 40: dedupeKey = reader.string()
            case 41: dedupeWindowMs = reader.int64()
            case 42: bypassQuietHours = reader.bool()
            case 43: cancels = reader.string()
            case 44: readDigest(&reader)
            case 45: readDevices(&reader)
            default: reader.fail()
            }
        }
    }
}

extension Notification {
    /// Few have one: the general reader is good enough for them.
    private mutating func readDigest(_ reader: inout WireReader) {
        // SAFETY: the octets are copied within the call.
        if let digest = unsafe try? DigestPlan(octets: reader.slice()), !hasDigest {
            self.digest = digest
        } else {
            reader.fail()
        }
    }

    private mutating func readDevices(_ reader: inout WireReader) {
        // SAFETY: as above.
        if let devices = unsafe try? DeviceChoice(octets: reader.slice()), !hasDevices {
            self.devices = devices
        } else {
            reader.fail()
        }
    }
}

/// An entry of the map of data.
private struct DataEntry {
    var key = ""
    var value = ""

    init(_ reader: inout WireReader) {
        while reader.next() {
            switch reader.number {
            case 1: key = reader.string()
            case 2: value = reader.string()
            default: reader.fail()
            }
        }
    }
}

extension EventReference {
    init(_ reader: inout WireReader) {
        while reader.next() {
            switch reader.number {
            case 1: id = reader.string()
            case 2: source = reader.string()
            case 3: type = reader.string()
            case 4: timeMs = reader.int64()
            default: reader.fail()
            }
        }
    }
}

extension Content {
    fileprivate init(_ reader: inout WireReader) {
        while reader.next() {
            switch reader.number {
            case 1: locale = reader.string()
            case 2: title = reader.string()
            case 3: subtitle = reader.string()
            case 4: body = reader.string()
            case 5: image = reader.string()
            default: reader.fail()
            }
        }
    }
}

extension FCMOptions {
    fileprivate init(_ reader: inout WireReader) {
        while reader.next() {
            switch reader.number {
            case 1: messageJson = reader.string()
            default: reader.fail()
            }
        }
    }
}

extension WebPushOptions {
    fileprivate init(_ reader: inout WireReader) {
        while reader.next() {
            switch reader.number {
            case 1: urgency = reader.string()
            case 2: topic = reader.string()
            case 3: notificationJson = reader.string()
            case 4: declarative = reader.bool()
            case 5: padding = reader.uint32()
            default: reader.fail()
            }
        }
    }
}

extension APNsOptions {
    fileprivate init(_ reader: inout WireReader) {
        while reader.next() {
            switch reader.number {
            case 1: sound = reader.string()
            case 2: interruptionLevel = reader.string()
            case 3: threadID = reader.string()
            case 4: category = reader.string()
            case 5: targetContentID = reader.string()
            case 6: filterCriteria = reader.string()
            case 7: relevanceScore = reader.double()
            case 8: badge = reader.int64()
            case 9: mutableContent = reader.bool()
            case 10: contentAvailable = reader.bool()
            case 11: pushType = reader.string()
            case 12: apsJson = reader.string()
            case 13: withoutStorage = reader.bool()
            default: reader.fail()
            }
        }
    }
}
