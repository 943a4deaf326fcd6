/// That a device is not kept any more: a receipt about no notification.
///
/// `schemas/receipt.schema.json` describes the JSON form.
struct RemovalReceipt: Sendable {
    private let device: Device
    private let reason: Reason
    private let fingerprint: String
    private let userID: String
    private let completedAtMs: Int64

    /// `fingerprint`: Of the device's address.
    init(_ device: Device, _ reason: Reason, _ fingerprint: String, _ context: UsersCore.Context) {
        self.device = device
        self.reason = reason
        self.fingerprint = fingerprint
        userID = context.userID
        completedAtMs = context.nowMs
    }

    func outgoing(_ digests: Digests) -> Outgoing {
        // Of the registration: whoever takes it out twice says the same.
        let registration = String(device.registeredAtMs)
        let id = digests.identifier(
            Digests.eventNamespace,
            "device-removed",
            userID,
            device.id,
            fingerprint,
            registration
        )
        let headers = PublicRecord.headers(type: Receipt.eventType, id: id, timeMs: completedAtMs, Notification())
        return Outgoing(.receipts, key: Array(userID.utf8), value: json(id), headers: headers)
    }

    private func json(_ id: Identifier) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("receipt_id", id)
        writer.member("outcome", Outcome.removed.rawValue)
        writer.member("reason", reason.rawValue)
        writer.member("user_id", userID)
        writer.member("device_id", device.id)
        writer.member("provider", device.provider)
        writer.member("app", device.app)
        writer.member("token_fingerprint", fingerprint)
        writer.member("last_active_at", timeMs: device.registeredAtMs)
        writer.member("decided_at", timeMs: completedAtMs)
        writer.member("completed_at", timeMs: completedAtMs)
        writer.endObject()
        return writer.bytes
    }
}
