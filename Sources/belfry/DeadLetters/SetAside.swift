import PushCore

/// A dead letter as it was read from its topic: the original record, and why it was set aside.
struct SetAside {
    /// Its own place, in the topic of dead letters.
    let partition: Int32
    let offset: Int64
    let timestampMs: Int64
    /// The record as it was: topic, place, key, value and headers.
    let original: OwnedRecord
    let stage: String
    let reason: String
    let detail: String
    /// Set where the value was too large to be kept: how large it was, and what Kafka said.
    let omittedValue: String?

    /// Nil for a record that has no place to go back to: somebody else's.
    init?(_ record: InputRecord) {
        var headers = record.headers.map { header in
            var owned = OwnedRecord.Header("", unsafe header.value.map { unsafe Array($0) })
            owned.name = unsafe Array(header.name)
            return owned
        }
        // Ours are the last ones: a dead letter that was replayed and set aside again may have others before them.
        guard let first = headers.lastIndex(where: { $0.name == Array("dlq_topic".utf8) }) else { return nil }
        var words: [String: String] = [:]
        for header in headers[first...] {
            words[String(decoding: header.name, as: UTF8.self)] = String(decoding: header.value ?? [], as: UTF8.self)
        }
        guard let topic = words["dlq_topic"], !topic.isEmpty,
            let partition = words["dlq_partition"].flatMap(Int32.init), partition >= 0,
            let offset = words["dlq_offset"].flatMap(Int64.init), offset >= 0
        else { return nil }
        headers.removeSubrange(first...)
        self.partition = record.partition
        self.offset = record.offset
        timestampMs = record.timestampMs
        original = OwnedRecord(
            topic: topic,
            partition: partition,
            offset: offset,
            timestampMs: words["dlq_timestamp"].flatMap(Int64.init) ?? -1,
            key: unsafe record.key.map { unsafe Array($0) },
            value: unsafe record.value.map { unsafe Array($0) },
            headers: headers
        )
        stage = words["dlq_stage"] ?? ""
        reason = words["dlq_reason"] ?? ""
        detail = words["dlq_detail"] ?? ""
        omittedValue = words["dlq_value_omitted"]
    }

    /// As it is named on the command line.
    var place: String { "\(partition):\(offset)" }

    /// The place that it came from.
    var origin: String { "\(original.topic)[\(original.partition)]@\(original.offset)" }
}

/// Which dead letters are meant; what is nil or empty says nothing.
struct SetAsideFilter {
    var places: Set<String> = []
    var reason: String?
    var stage: String?
    var topic: String?

    var isEmpty: Bool { places.isEmpty && reason == nil && stage == nil && topic == nil }

    func includes(_ letter: SetAside) -> Bool {
        (places.isEmpty || places.contains(letter.place)) && (reason ?? letter.reason) == letter.reason
            && (stage ?? letter.stage) == letter.stage && (topic ?? letter.original.topic) == letter.original.topic
    }
}
