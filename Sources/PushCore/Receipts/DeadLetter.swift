/// A record that no retry can mend, set aside byte for byte with the reason.
///
/// `schemas/dead-letter-headers.schema.json` describes the headers that are added.
package struct DeadLetter: Sendable {
    package enum Stage: String, Sendable {
        case rules
        case users
        case dispatch
    }

    let stage: Stage
    /// Machine-readable.
    let reason: String
    /// For a person: names the field and what is allowed.
    let detail: String

    package init(stage: Stage, reason: String, detail: String) {
        self.stage = stage
        self.reason = reason
        self.detail = detail
    }

    /// The record to produce: key, value and headers as they came, and why.
    package func outgoing(for record: InputRecord) -> Outgoing {
        var headers: [RecordHeader] = []
        for header in record.headers {
            headers.append(
                RecordHeader(
                    unsafe String(decoding: header.name, as: UTF8.self),
                    unsafe header.value.map { unsafe Array($0) }
                )
            )
        }
        headers.append(RecordHeader("dlq_topic", record.topic))
        headers.append(RecordHeader("dlq_partition", String(record.partition)))
        headers.append(RecordHeader("dlq_offset", String(record.offset)))
        headers.append(RecordHeader("dlq_timestamp", String(record.timestampMs)))
        headers.append(RecordHeader("dlq_stage", stage.rawValue))
        headers.append(RecordHeader("dlq_reason", reason))
        headers.append(RecordHeader("dlq_detail", detail))
        return Outgoing(
            .deadLetters,
            key: unsafe record.key.map { unsafe Array($0) },
            value: unsafe record.value.map { unsafe Array($0) },
            headers: headers
        )
    }
}
