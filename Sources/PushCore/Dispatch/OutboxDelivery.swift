internal import SwiftProtobuf

/// A delivery as it was read from the outbox: made once, then shared and never changed.
///
/// The record is a value of two dozen counted references; whoever passes it on pays for each. What dispatch asks for on every
/// delivery stands here on its own.
package final class OutboxDelivery: Sendable {
    /// The whole record.
    package let record: Delivery
    package let id: Identifier
    package let notification: Notification
    package let device: Device
    /// Milliseconds since the Unix epoch.
    package let expiresAtMs: Int64
    /// Of the device; each answer is judged by them, and a device taken out is a copy of all its texts.
    package let hasTarget: Bool
    package let isSandbox: Bool
    /// Whose place a newer one takes; nil where none does.
    let collapse: Collapse?

    var userID: String { record.userID }

    /// Whose notifications take the place of each other on a device, or at a target.
    struct Collapse: Hashable {
        let recordKey: String
        let deviceID: String
        let key: String
    }

    package init(_ delivery: Delivery) {
        var record = delivery
        if record.silent { record.notification = record.notification.silenced() }
        self.record = record
        id = record.id
        let notification = record.notification
        let device = record.device
        let key = notification.collapseKey
        expiresAtMs = notification.expiresAtMs
        collapse = key.isEmpty ? nil : Collapse(recordKey: record.recordKey ?? "", deviceID: device.id, key: key)
        hasTarget = device.hasTarget
        isSandbox = device.sandbox
        self.notification = notification
        self.device = device
    }
}
