/// That a person was forgotten: a receipt about nobody's notification.
///
/// `schemas/receipt.schema.json` describes the JSON form.
struct ErasureReceipt: Sendable {
    private let erasure: Erasure
    private let userID: String
    private let completedAtMs: Int64

    init(_ erasure: Erasure, userID: String, completedAtMs: Int64) {
        self.erasure = erasure
        self.userID = userID
        self.completedAtMs = completedAtMs
    }

    func outgoing(_ digests: Digests) -> Outgoing {
        let id = digests.receiptIdentifier(ofErasure: Identifier(high: erasure.idHigh, low: erasure.idLow))
        let headers = PublicRecord.headers(type: Receipt.eventType, id: id, timeMs: completedAtMs, Notification())
        return Outgoing(.receipts, key: Array(userID.utf8), value: json(id), headers: headers)
    }

    private func json(_ id: Identifier) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("receipt_id", id)
        writer.member("outcome", Outcome.erased.rawValue)
        writer.member("reason", Reason.forgotten.rawValue)
        writer.member("user_id", userID)
        writer.member("erased_devices", Int64(erasure.devices))
        writer.member("erased_topics", Int64(erasure.topics))
        writer.member("erased_scheduled", Int64(erasure.scheduled))
        writer.member("erased_decisions", Int64(erasure.decisions))
        writer.member("erased_limits", Int64(erasure.limits))
        writer.member("erased_preferences", erasure.preferences)
        let event = erasure.event
        writer.member("event_id", event.id)
        writer.member("event_source", event.source)
        writer.member("event_type", event.type)
        if event.timeMs != 0 { writer.member("event_time", timeMs: event.timeMs) }
        writer.member("decided_at", timeMs: erasure.decidedAtMs)
        writer.member("completed_at", timeMs: completedAtMs)
        writer.endObject()
        return writer.bytes
    }
}
