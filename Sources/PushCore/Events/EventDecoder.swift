/// What a record turned out to be.
package enum EventDecodingResult {
    case event(Event)
    /// A record without value that is no event in binary mode: to be skipped and counted.
    case tombstone
    case invalid(DeadLetterReason)
}

/// Reads events from records: CloudEvents 1.0 in binary and structured JSON mode, and plain JSON by mapping.
///
/// One decoder serves one lane: it has one text at a time, and an event is good until the next is decoded.
///
/// - The header `content-type` decides (Kafka binding 1.0.2 section 3): `application/cloudevents+json` is structured mode.
///   Batches and other event formats are refused. All else with a `ce_` header is binary mode.
/// - A record of binary mode without value, or with an empty one, is an event without data. Any other record without value is
///   a tombstone.
/// - Header values are UTF-8 as they stand: this binding knows no percent-encoding.
/// - Everything is checked, also what no rule may ask for, so that what becomes of a record does not depend on the rules.
package final class EventDecoder {
    let limits: JSONLimits
    private let mappings: [String: PlainJSONMapping]
    /// The value of the record.
    let document = JSONDocument()
    /// JSON data that stands in an envelope in base64.
    let embedded = JSONDocument()

    /// - Parameters:
    ///   - limits: Hold for the value of a record.
    ///   - mappings: By topic. A topic without one carries CloudEvents only.
    package init(limits: JSONLimits = JSONLimits(), mappings: [String: PlainJSONMapping] = [:]) {
        self.limits = limits
        self.mappings = mappings
    }

    /// Reads one record.
    package func decode(_ record: InputRecord) -> EventDecodingResult {
        do {
            return try decoded(record)
        } catch {
            return .invalid(error)
        }
    }

    private func decoded(_ record: InputRecord) throws(DeadLetterReason) -> EventDecodingResult {
        let headers = EventHeaders(record.headers)
        // SAFETY: key, value and headers are lent for the call.
        if let contentType = headers.structuredContentType {
            guard let value = unsafe record.value else { return .tombstone }
            guard !headers.repeatsContentType else {
                throw DeadLetterReason(.invalidAttribute, "header content-type: occurs more than once")
            }
            try check(eventFormat: contentType)
            return .event(try unsafe structured(value, record))
        }
        if headers.hasAttributes { return .event(try binary(record)) }
        guard let value = unsafe record.value else { return .tombstone }
        if let mapping = mappings[record.topic] { return .event(try unsafe plain(value, record, mapping)) }
        throw unsafe notAnEvent(value)
    }

    private func check(eventFormat: MediaType) throws(DeadLetterReason) {
        guard eventFormat.essence == "application/cloudevents+json" else {
            let isBatch = eventFormat.essence.hasPrefix("application/cloudevents-batch")
            throw DeadLetterReason(
                .unsupportedContentType,
                "header content-type: "
                    + (isBatch
                        ? "batched mode is not part of the Kafka binding; send one event per record"
                        : "of the event formats only application/cloudevents+json is supported")
            )
        }
        guard !eventFormat.hasForeignCharset else {
            throw DeadLetterReason(.unsupportedContentType, "header content-type: JSON is read in UTF-8 only")
        }
    }

    /// Says what is missing, with a hint where the value looks like an event whose header was forgotten.
    private func notAnEvent(_ value: UnsafeRawBufferPointer) -> DeadLetterReason {
        // SAFETY: the octets are lent for the call.
        let isEnvelope =
            unsafe document.load(value, limits: limits) == nil && document.root.member("specversion") != nil
        return DeadLetterReason(
            .notAnEvent,
            isEnvelope
                ? "the value looks like a CloudEvent, but the header content-type: application/cloudevents+json is missing"
                : "no ce_ headers, no content-type of a CloudEvent, and no mapping for plain JSON of this topic"
        )
    }

    // MARK: Binary mode

    private func binary(_ record: InputRecord) throws(DeadLetterReason) -> Event {
        // SAFETY: key, value and headers are lent for the call.
        var check = AttributeCheck()
        for position in record.headers.indices {
            let header = record.headers[position]
            if unsafe AttributeNames.isContentType(header.name) {
                let value = try unsafe required(header.value, "header content-type")
                try check.note(.datacontenttype)
                try unsafe check.take(.datacontenttype, value)
            } else if let name = unsafe AttributeNames.ofHeader(header.name) {
                try unsafe binary(header, name, &check)
                try refuseRepeated(header, before: position, in: record.headers)
            }
        }
        try check.finish()
        return Event(
            .headers,
            headers: record.headers,
            timeMs: check.timeMs,
            data: try binaryData(record, isJSON: check.isJSON)
        )
    }

    private func binary(
        _ header: InputHeader,
        _ name: UnsafeRawBufferPointer,
        _ check: inout AttributeCheck
    ) throws(DeadLetterReason) {
        // SAFETY: the octets are lent for the call.
        let value = try unsafe required(header.value, "header \(AttributeNames.printable(header.name))")
        if unsafe ByteScanning.equal(name, "datacontenttype") {
            throw DeadLetterReason(.invalidAttribute, "header ce_datacontenttype: write it as content-type")
        }
        if unsafe ByteScanning.equal(name, "data") {
            throw DeadLetterReason(.invalidAttribute, "header ce_data: the data of an event is the value of the record")
        }
        try unsafe check.take(name, value)
    }

    /// Repeated extensions; the attributes of CloudEvents itself are noted by the check.
    private func refuseRepeated(
        _ header: InputHeader,
        before position: Int,
        in headers: RecordHeaders
    ) throws(DeadLetterReason) {
        // SAFETY: the octets are lent for the call.
        for earlier in headers[..<position] where unsafe earlier.name.count == header.name.count {
            guard unsafe !earlier.name.elementsEqual(header.name) else {
                throw unsafe DeadLetterReason(
                    .invalidAttribute,
                    "header \(AttributeNames.printable(header.name)): occurs more than once"
                )
            }
        }
    }

    private func binaryData(_ record: InputRecord, isJSON: Bool) throws(DeadLetterReason) -> Event.Data {
        // SAFETY: the value is lent as long as the event.
        guard let value = unsafe record.value, value.count > 0 else { return .absent }
        guard isJSON else { return unsafe .lent(value) }
        return .json(try unsafe load(value, into: document, "the value"))
    }

    private func required(
        _ value: UnsafeRawBufferPointer?,
        _ name: @autoclosure () -> String
    ) throws(DeadLetterReason) -> UnsafeRawBufferPointer {
        guard let value = unsafe value else {
            throw DeadLetterReason(.invalidAttribute, "\(name()): must have a value")
        }
        return unsafe value
    }

    // MARK: Plain JSON

    private func plain(
        _ value: UnsafeRawBufferPointer,
        _ record: InputRecord,
        _ mapping: PlainJSONMapping
    ) throws(DeadLetterReason) -> Event {
        // SAFETY: key and value are lent for the call.
        let root = try unsafe load(value, into: document, "the value")
        var attributes = MappedAttributes()
        var check = AttributeCheck()
        try take("specversion", "1.0", &check)
        let sources: [(name: String, source: PlainJSONMapping.Source?)] = [
            ("id", mapping.id), ("source", mapping.source), ("type", mapping.type), ("subject", mapping.subject),
            ("time", mapping.time),
        ]
        for (name, source) in sources {
            guard let source, let value = try mapped(name, source, root, record) else { continue }
            try take(name, value, &check)
            attributes.append(name, value)
        }
        try check.finish()
        let data = mapping.data.map { $0.value(in: root) } ?? root
        return Event(
            .mapped(attributes),
            headers: record.headers,
            timeMs: check.timeMs,
            data: data.map { .json($0) } ?? .absent
        )
    }

    private func take(_ name: String, _ value: String, _ check: inout AttributeCheck) throws(DeadLetterReason) {
        let name = Array(name.utf8)
        let value = Array(value.utf8)
        // SAFETY: both arrays outlive the calls.
        try unsafe name.withUnsafeBufferPointer { (name) throws(DeadLetterReason) in
            try unsafe value.withUnsafeBufferPointer { (value) throws(DeadLetterReason) in
                _ = try unsafe check.take(UnsafeRawBufferPointer(name), UnsafeRawBufferPointer(value))
            }
        }
    }

    /// The value of an attribute; nil where the place it comes from holds nothing, or null.
    private func mapped(
        _ name: String,
        _ source: PlainJSONMapping.Source,
        _ root: JSONNode,
        _ record: InputRecord
    ) throws(DeadLetterReason) -> String? {
        switch source {
        case .constant(let text):
            return text
        case .recordPosition:
            return "\(record.topic)/\(record.partition)/\(record.offset)"
        case .recordKey:
            // SAFETY: the key is lent for the call.
            guard let key = unsafe record.key else { return nil }
            guard unsafe ByteScanning.firstInvalidUTF8(key) == nil else {
                throw DeadLetterReason(.invalidUTF8, "\(name): the key of the record must be UTF-8")
            }
            return unsafe String(decoding: key, as: UTF8.self)
        case .path(let path):
            guard let node = path.value(in: root), !node.isNull else { return nil }
            if let text = node.stringValue { return text }
            guard let number = node.intValue else {
                throw DeadLetterReason(
                    .invalidAttribute,
                    "\(name): \(path) must be a string or a whole number"
                )
            }
            return name == "time" ? RFC3339.text(number) : String(number)
        }
    }

    // MARK: JSON

    func load(
        _ octets: UnsafeRawBufferPointer,
        into document: JSONDocument,
        _ subject: String
    ) throws(DeadLetterReason) -> JSONNode {
        // SAFETY: the octets are lent for the call; the document copies them.
        if let error = unsafe document.load(octets, limits: limits) { throw DeadLetterReason(error, in: subject) }
        return document.root
    }
}
