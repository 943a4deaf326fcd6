/// The value of a CloudEvents attribute, by the type system of the specification (section 3.1).
package enum EventAttribute: Hashable, Sendable {
    case string(String)
    /// An extension in structured mode. In binary mode every extension is a string: headers carry no types.
    case integer(Int32)
    /// As for ``integer(_:)``.
    case boolean(Bool)
    /// The attribute `time`: milliseconds since the epoch.
    case timestamp(milliseconds: Int64)
}

/// A domain event, checked: a CloudEvent of either mode, or plain JSON by a mapping.
///
/// Good during the call that its record is good for, and until its decoder decodes the next. Texts are made when asked for: most
/// events match no rule, and of those only the type is looked at.
package struct Event {
    /// Where the attributes stand.
    enum Attributes {
        /// Binary mode: headers named `ce_` and the attribute; `content-type` for `datacontenttype`.
        case headers
        /// Structured mode: members of this object.
        case envelope(JSONNode)
        /// Plain JSON: by a mapping.
        case mapped(MappedAttributes)
    }

    /// What `data` is.
    @safe
    enum Data {
        case absent
        case json(JSONNode)
        /// Of another content type, in a record's value.
        case lent(UnsafeRawBufferPointer)
        /// Of another content type, in base64.
        case owned([UInt8])
        /// Of another content type, as a JSON string.
        case text(JSONNode)
    }

    private let attributes: Attributes
    private let headers: RecordHeaders
    private let content: Data
    /// The attribute `time` in milliseconds since the epoch; nil where there is none.
    package let timeMs: Int64?

    init(_ attributes: Attributes, headers: RecordHeaders, timeMs: Int64?, data: Data) {
        self.attributes = attributes
        self.headers = headers
        self.timeMs = timeMs
        self.content = data
    }

    // MARK: Attributes

    package var id: String { required("id") }
    package var source: String { required("source") }
    package var type: String { required("type") }
    package var subject: String? { string("subject") }
    package var dataContentType: String? { string("datacontenttype") }
    package var dataSchema: String? { string("dataschema") }

    /// Lends the octets of the type, so that a rule can be found without making a string.
    package func withTypeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        guard let result = unsafe withBytes(of: "type", body) else {
            preconditionFailure("a checked event has a type")
        }
        return result
    }

    /// An attribute by its name, extensions included; nil where the event does not have it.
    ///
    /// `data` is none.
    package func attribute(named name: String) -> EventAttribute? {
        if name == "time" { return timeMs.map { .timestamp(milliseconds: $0) } }
        switch attributes {
        case .headers, .mapped:
            return string(name).map { .string($0) }
        case .envelope(let envelope):
            guard name != "data", name != "data_base64", let node = envelope.member(name) else { return nil }
            switch node.kind {
            case .string: return node.stringValue.map { .string($0) }
            case .boolean: return node.boolValue.map { .boolean($0) }
            case .number: return node.intValue.flatMap { Int32(exactly: $0) }.map { .integer($0) }
            case .null, .array, .object: return nil
            }
        }
    }

    /// The names of all attributes that the event has, in no particular order.
    package var attributeNames: [String] {
        switch attributes {
        case .headers:
            var names = headers.compactMap { header in
                unsafe AttributeNames.ofHeader(header.name).map { unsafe String(decoding: $0, as: UTF8.self) }
            }
            if dataContentType != nil { names.append("datacontenttype") }
            return names
        case .envelope(let envelope):
            return envelope.members
                .filter { !$0.value.isNull }
                .map(\.name)
                .filter { $0 != "data" && $0 != "data_base64" }
        case .mapped(let mapped):
            return mapped.names
        }
    }

    /// The octets of an attribute that is a text, where they lie as they read; nil for all else, which may be there all the same.
    ///
    /// Lent as long as the event.
    func lentText(_ name: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        // SAFETY: header values are lent as long as the record, nodes as long as the document.
        if unsafe ByteScanning.equal(name, "time") { return nil }
        switch attributes {
        case .headers:
            for header in headers {
                if let attribute = unsafe AttributeNames.ofHeader(header.name), attribute.count == name.count,
                    unsafe attribute.elementsEqual(name)
                {
                    return unsafe header.value
                }
            }
            return nil
        case .envelope(let envelope):
            if unsafe ByteScanning.equal(name, "data") || ByteScanning.equal(name, "data_base64") { return nil }
            return unsafe envelope.member(name)?.plainText
        case .mapped:
            return nil
        }
    }

    private func required(_ name: String) -> String {
        guard let text = string(name) else { preconditionFailure("a checked event has its required attributes") }
        return text
    }

    private func string(_ name: String) -> String? {
        if case .mapped(let mapped) = attributes { return mapped.value(name) }
        return unsafe withBytes(of: name) { unsafe String(decoding: $0, as: UTF8.self) }
    }

    /// Lends the octets of an attribute that is a text; nil where there is none.
    private func withBytes<Result>(of name: String, _ body: (UnsafeRawBufferPointer) -> Result) -> Result? {
        // SAFETY: header values and strings are lent as long as the record and the document, which outlive the call.
        switch attributes {
        case .headers:
            var name = name
            if name == "datacontenttype" {
                return unsafe headers.last { unsafe AttributeNames.isContentType($0.name) }?.value.map(body)
            }
            return name.withUTF8 { name in
                let header = headers.first {
                    unsafe AttributeNames.ofHeader($0.name).map { unsafe $0.elementsEqual(name) } ?? false
                }
                return unsafe header?.value.map(body)
            }
        case .envelope(let envelope):
            return unsafe envelope.member(name)?.withStringBytes(body)
        case .mapped(let mapped):
            guard var text = mapped.value(name) else { return nil }
            return text.withUTF8 { unsafe body(UnsafeRawBufferPointer($0)) }
        }
    }

    // MARK: Data

    /// The data where it is JSON; nil where there is none, or its content type is another.
    ///
    /// JSON `null` is data: a node of kind null.
    package var data: JSONNode? {
        if case .json(let node) = content { return node }
        return nil
    }

    /// Whether there is data of any content type.
    package var hasData: Bool {
        if case .absent = content { return false }
        return true
    }

    /// Lends the octets of data that is not JSON; nil for JSON and where there is none.
    package func withOpaqueData<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result? {
        // SAFETY: the octets are lent as long as the record and the document, which outlive the call.
        switch content {
        case .absent, .json: nil
        case .lent(let octets): unsafe body(octets)
        case .owned(let octets): unsafe octets.withUnsafeBytes(body)
        case .text(let node): unsafe node.withStringBytes(body)
        }
    }

    // MARK: Trace context

    /// The W3C `traceparent`; nil where there is none, or it is malformed.
    ///
    /// The header of that name, otherwise the attribute of the Distributed Tracing extension.
    package var traceparent: String? {
        if let header = unsafe headers.last("traceparent"), let parent = unsafe TraceContext.traceparent(header) {
            return parent
        }
        return unsafe withBytes(of: "traceparent") { unsafe TraceContext.traceparent($0) } ?? nil
    }

    /// The W3C `tracestate` that came the same way; nil where there is no good ``traceparent``.
    package var tracestate: String? {
        if let header = unsafe headers.last("traceparent"), unsafe TraceContext.traceparent(header) != nil {
            return unsafe headers.last("tracestate").flatMap { unsafe TraceContext.tracestate($0) }
        }
        if traceparent == nil { return nil }
        return unsafe withBytes(of: "tracestate") { unsafe TraceContext.tracestate($0) } ?? nil
    }

    /// The attributes that receipts repeat.
    package var reference: EventReference {
        var reference = EventReference()
        reference.id = id
        reference.source = source
        reference.type = type
        reference.timeMs = timeMs ?? 0
        return reference
    }
}
