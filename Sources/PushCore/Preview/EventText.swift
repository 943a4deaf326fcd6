/// An event as a person keeps it in a file: made a record as Kafka would have it.
package enum EventText {
    /// The record of an event in structured CloudEvents JSON, or of plain JSON that the mapping of a topic makes an event.
    ///
    /// `topic`: Of plain JSON; what says `specversion` is a CloudEvent on any topic.
    /// `timestampMs`: Of the record, since the epoch.
    package static func record(_ octets: [UInt8], topic: String?, timestampMs: Int64) -> OwnedRecord {
        let document = JSONDocument()
        let isEvent = document.load(octets) == nil && document.root.member("specversion") != nil
        let isPlain = topic != nil && !isEvent
        return OwnedRecord(
            topic: topic ?? "events",
            timestampMs: timestampMs,
            value: octets,
            headers: isPlain ? [] : [OwnedRecord.Header("content-type", "application/cloudevents+json")]
        )
    }
}

extension EventText {
    /// The time of the event in a record; nil where it has none, or is no event.
    package static func timeMs(_ record: OwnedRecord, mappings: [String: PlainJSONMapping]) -> Int64? {
        let decoder = EventDecoder(mappings: mappings)
        return record.withInputRecord { record in
            if case .event(let event) = decoder.decode(record) { event.timeMs } else { nil }
        }
    }
}
