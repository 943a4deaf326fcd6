/// Ids are derived, never drawn: the same event gives the same ids, however often it is read.
///
/// Every id is a version 5 UUID (RFC 9562) in one of two kinds of namespace: ``Digests/eventNamespace`` for notifications,
/// and the id that it belongs to for all else.
extension Digests {
    /// Of all notification ids. A random UUID, fixed for ever.
    package static let eventNamespace = Identifier(high: 0x7c1f_6f5e_9d0b_4c8a, low: 0x9f3e_2b64_d1a7_5e90)

    /// The id of what a rule makes of an event for one user.
    package func notificationIdentifier(
        eventSource: String,
        eventID: String,
        ruleID: String,
        userID: String
    ) -> Identifier {
        uuidV5(namespace: Self.eventNamespace, parts: [eventSource, eventID, ruleID, userID])
    }

    /// The id of what a rule makes of an event for a target: in the place of the user id an empty one, which no user has, and
    /// the target's key.
    package func notificationIdentifier(
        eventSource: String,
        eventID: String,
        ruleID: String,
        target: InboxKey
    ) -> Identifier {
        uuidV5(namespace: Self.eventNamespace, parts: [eventSource, eventID, ruleID, "", target.description])
    }

    /// The id of what a rule makes of an event for subscribers, as it was read from one place: an event that is sent again is another
    /// fan-out, whose notifications are the same.
    package func fanOutIdentifier(
        eventSource: String,
        eventID: String,
        ruleID: String,
        origin: UInt64
    ) -> Identifier {
        let parts = [eventSource, eventID, ruleID, "", "subscribers", String(origin, radix: 16)]
        return uuidV5(namespace: Self.eventNamespace, parts: parts)
    }

    /// The id of something that belongs to `parent`: of a delivery (notification and device id), of a receipt.
    package func identifier(_ parent: Identifier, _ parts: String...) -> Identifier {
        uuidV5(namespace: parent, parts: parts)
    }

    /// The same of one part.
    package func identifier(_ parent: Identifier, _ part: String) -> Identifier {
        var part = part
        // SAFETY: the octets are lent for the call.
        return part.withUTF8 { unsafe identifier(parent, octets: UnsafeRawBufferPointer($0)) }
    }

    /// The same of one part in UTF-8, which is lent for the call: that is asked for with every delivery.
    func identifier(_ parent: Identifier, octets part: UnsafeRawBufferPointer) -> Identifier {
        unsafe uuidV5(namespace: parent, count: 4 + part.count) { name in
            _ = unsafe Self.append(part, to: name, at: 0)
        }
    }

    /// The id of the one final receipt of a delivery, whatever the outcome.
    package func finalReceiptIdentifier(ofDelivery delivery: Identifier) -> Identifier {
        identifier(delivery, "final")
    }

    /// The id of the interim receipt that says that a delivery was handed back for the so-manieth time, from 1.
    package func deferredReceiptIdentifier(ofDelivery delivery: Identifier, handBack: UInt32) -> Identifier {
        identifier(delivery, "deferred", String(handBack))
    }

    /// The id of the one final receipt of a notification that ends as a whole.
    package func finalReceiptIdentifier(ofNotification notification: Identifier) -> Identifier {
        identifier(notification, "users")
    }

    /// The id of the interim receipt that says that a notification waits.
    ///
    /// `position`: Of the command that decided so.
    package func deferredReceiptIdentifier(ofNotification notification: Identifier, position: Int64) -> Identifier {
        identifier(notification, "deferred", String(position))
    }

    /// The id of what an event asks for that has a person forgotten.
    package func erasureIdentifier(eventSource: String, eventID: String, userID: String) -> Identifier {
        uuidV5(namespace: Self.eventNamespace, parts: [eventSource, eventID, "", "forget", userID])
    }

    /// The id of the receipt that says that a person is erased.
    package func receiptIdentifier(ofErasure erasure: Identifier) -> Identifier {
        identifier(erasure, "erased")
    }

    /// The id of the digest whose first item is a notification.
    package func digestIdentifier(first notification: Identifier) -> Identifier {
        identifier(notification, "digest")
    }

    /// The fingerprint of the device's address; empty for a device without one.
    package func fingerprint(of device: Device) -> String {
        switch device.address {
        case .token(let token): fingerprint(of: token)
        case .fid(let fid): fingerprint(of: fid)
        case .subscription(let subscription): fingerprint(of: subscription.endpoint)
        case nil: device.addressFingerprint
        }
    }
}

extension Notification {
    package var id: Identifier {
        get { Identifier(high: idHigh, low: idLow) }
        set {
            idHigh = newValue.high
            idLow = newValue.low
        }
    }

    /// The W3C trace context of the event, as headers of what follows from it.
    var traceHeaders: [RecordHeader] { TraceContext.headers(Array(traceparent.utf8), Array(tracestate.utf8)) }
}

extension Delivery {
    package var id: Identifier { Identifier(high: idHigh, low: idLow) }
}
