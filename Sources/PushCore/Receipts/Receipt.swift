/// What became of a notification, or of one delivery of it: the value of a record on the receipts topic.
///
/// `schemas/receipt.schema.json` describes the JSON form.
package struct Receipt: Sendable {
    /// How an attempt at a provider went; absent for what was never sent.
    package struct Attempts: Sendable {
        package var count = 0
        /// When the last attempt was sent.
        package var sentAtMs: Int64?
        /// HTTP status of the last answer.
        package var providerStatus: Int?
        /// The provider's own word.
        package var providerReason: String?
        /// The provider's id of the notification.
        package var providerMessageID: String?
        /// An attempt may have reached the provider without an answer that we know of.
        package var possibleDuplicate = false
        /// The body was cut, so that the payload kept the provider's limit.
        package var truncated = false

        package init() {}
    }

    let id: Identifier
    let outcome: Outcome
    let reason: Reason?
    let userID: String
    let notification: Notification
    let device: Device?
    let fingerprint: String
    let decidedAtMs: Int64
    let completedAtMs: Int64
    let attempts: Attempts
    /// Of an interim receipt: when it is looked at again.
    package var notBeforeMs: Int64?
    /// What it was collected into.
    package var digestID: Identifier?

    /// `userID`: Empty for a target.
    /// `device`: nil for a receipt about the notification as a whole. Or the target, which every receipt about it names.
    /// `fingerprint`: Of the device's address.
    package init(
        id: Identifier,
        outcome: Outcome,
        reason: Reason?,
        userID: String,
        notification: Notification,
        device: Device? = nil,
        fingerprint: String = "",
        decidedAtMs: Int64,
        completedAtMs: Int64,
        attempts: Attempts = Attempts()
    ) {
        self.id = id
        self.outcome = outcome
        self.reason = reason
        self.userID = userID
        self.notification = notification
        self.device = device
        self.fingerprint = fingerprint
        self.decidedAtMs = decidedAtMs
        self.completedAtMs = completedAtMs
        self.attempts = attempts
    }

    /// The record to produce.
    package func outgoing() -> Outgoing {
        let headers = PublicRecord.headers(type: Self.eventType, id: id, timeMs: completedAtMs, notification)
        let key = userID.isEmpty ? device?.targetKey?.description ?? "" : userID
        return Outgoing(.receipts, key: Array(key.utf8), value: json(), headers: headers)
    }

    static let eventType = Array("push.receipt".utf8)

    /// Octets of an ordinary receipt and some more, so that it is written without moving.
    private static let octetsUsual = 1024

    private func json() -> [UInt8] {
        var writer = JSONWriter(capacity: Self.octetsUsual)
        writer.beginObject()
        writer.member("receipt_id", id)
        writer.member("notification_id", notification.id)
        writer.member("outcome", outcome.rawValue)
        if let reason { writer.member("reason", reason.rawValue) }
        if let notBeforeMs { writer.member("not_before", timeMs: notBeforeMs) }
        if let digestID { writer.member("digest_id", digestID) }
        if !userID.isEmpty { writer.member("user_id", userID) }
        if let device { write(device, to: &writer) }
        write(attempts, to: &writer)
        writer.member("rule_id", notification.ruleID)
        if !notification.ruleSetVersion.isEmpty { writer.member("rule_set_version", notification.ruleSetVersion) }
        if !notification.category.isEmpty { writer.member("category", notification.category) }
        // Taken out once: each time costs a copy of all its texts.
        let event = notification.event
        writer.member("event_id", event.id)
        writer.member("event_source", event.source)
        writer.member("event_type", event.type)
        if event.timeMs != 0 { writer.member("event_time", timeMs: event.timeMs) }
        writer.member("decided_at", timeMs: decidedAtMs)
        if let sentAtMs = attempts.sentAtMs { writer.member("sent_at", timeMs: sentAtMs) }
        writer.member("completed_at", timeMs: completedAtMs)
        let startMs = event.timeMs != 0 ? event.timeMs : decidedAtMs
        writer.member("latency_ms", max(0, completedAtMs - startMs))
        writer.member("possible_duplicate", attempts.possibleDuplicate)
        if attempts.truncated { writer.member("truncated", true) }
        writer.endObject()
        return writer.bytes
    }

    private func write(_ device: Device, to writer: inout JSONWriter) {
        if let (kind, name) = device.target.parts {
            writer.member("target_kind", kind.rawValue)
            writer.member("target", name)
            writer.member("provider", device.provider)
            writer.member("app", device.app)
            return
        }
        writer.member("device_id", device.id)
        writer.member("provider", device.provider)
        writer.member("app", device.app)
        writer.member("token_fingerprint", fingerprint)
    }

    private func write(_ attempts: Attempts, to writer: inout JSONWriter) {
        if let status = attempts.providerStatus { writer.member("provider_status", Int64(status)) }
        if let reason = attempts.providerReason { writer.member("provider_reason", reason) }
        if let id = attempts.providerMessageID { writer.member("provider_message_id", id) }
        writer.member("attempts", Int64(attempts.count))
    }
}

/// What all public records have in common: binary-mode CloudEvents with a JSON value.
enum PublicRecord {
    /// The `ce_source` of everything that Belfry publishes.
    static let source = Array("/belfry".utf8)

    static func headers(type: [UInt8], id: Identifier, timeMs: Int64, _ notification: Notification) -> [RecordHeader] {
        var headers: [RecordHeader] = []
        headers.reserveCapacity(8)
        headers.append(RecordHeader("ce_specversion", specificationVersion))
        headers.append(RecordHeader("ce_type", type))
        headers.append(RecordHeader("ce_id", id.octets))
        headers.append(RecordHeader("ce_source", source))
        headers.append(RecordHeader("ce_time", RFC3339.octets(timeMs)))
        headers.append(RecordHeader("content-type", contentType))
        headers += notification.traceHeaders
        return headers
    }

    private static let specificationVersion = Array("1.0".utf8)
    private static let contentType = Array("application/json".utf8)
}
