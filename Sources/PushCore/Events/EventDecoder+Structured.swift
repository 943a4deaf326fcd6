/// Structured mode: the JSON event format (CloudEvents JSON format 1.0.2).
extension EventDecoder {
    func structured(_ value: UnsafeRawBufferPointer, _ record: InputRecord) throws(DeadLetterReason) -> Event {
        // SAFETY: the value is lent for the call.
        let envelope = try unsafe load(value, into: document, "the value")
        guard envelope.kind == .object else {
            throw DeadLetterReason(.notAnEvent, "the value: a CloudEvent in structured mode is a JSON object")
        }
        // Before the members are compared with one another.
        guard envelope.count <= AttributeCheck.countMax + 2 else {
            throw DeadLetterReason(.tooLarge, "more than \(AttributeCheck.countMax) attributes")
        }
        var check = AttributeCheck()
        var data: JSONNode?
        var base64: JSONNode?
        for member in envelope.members {
            if member.key.isString("data") {
                guard data == nil else { throw repeated("data") }
                data = member.value
            } else if member.key.isString("data_base64") {
                guard base64 == nil else { throw repeated("data_base64") }
                base64 = member.value
            } else {
                try take(member, of: envelope, &check)
            }
        }
        try check.finish()
        if let node = base64, node.isNull { base64 = nil }
        guard data == nil || base64 == nil else {
            throw DeadLetterReason(.invalidData, "data and data_base64: only one of them is allowed")
        }
        return Event(
            .envelope(envelope),
            headers: record.headers,
            timeMs: check.timeMs,
            data: try structuredData(data, base64, isJSON: check.isJSON)
        )
    }

    /// Takes one attribute.
    ///
    /// `null` is as good as absent (JSON format section 2.2).
    private func take(
        _ member: JSONMember,
        of envelope: JSONNode,
        _ check: inout AttributeCheck
    ) throws(DeadLetterReason) {
        // SAFETY: names and values are lent by the document for the calls.
        try unsafe member.key.withStringBytes { (name) throws(DeadLetterReason) in
            if let attribute = try unsafe check.note(name) {
                if member.value.isNull { return }
                let taken: Bool? = try unsafe member.value.withStringBytes { (value) throws(DeadLetterReason) in
                    try unsafe check.take(attribute, value)
                    return true
                }
                if taken == nil { throw DeadLetterReason(.invalidAttribute, "\(attribute.name): must be a string") }
                return
            }
            if let last = unsafe envelope.member(name), last.index != member.value.index {
                throw unsafe repeated(AttributeNames.printable(name))
            }
            try unsafe takeExtension(name, member.value, check)
        }
    }

    private func takeExtension(
        _ name: UnsafeRawBufferPointer,
        _ node: JSONNode,
        _ check: AttributeCheck
    ) throws(DeadLetterReason) {
        // SAFETY: the document lends the value for the call.
        let isAllowed: Bool
        switch node.kind {
        case .null, .boolean: isAllowed = true
        case .number: isAllowed = node.intValue.flatMap { Int32(exactly: $0) } != nil
        case .array, .object: isAllowed = false
        case .string:
            isAllowed = true
            try unsafe node.withStringBytes { (value) throws(DeadLetterReason) in
                try unsafe check.checkText(value, AttributeNames.printable(name))
            }
        }
        guard isAllowed else {
            throw unsafe DeadLetterReason(
                .invalidAttribute,
                "\(AttributeNames.printable(name)): must be a string, a boolean or an integer of 32 bits"
            )
        }
    }

    private func structuredData(
        _ data: JSONNode?,
        _ base64: JSONNode?,
        isJSON: Bool
    ) throws(DeadLetterReason) -> Event.Data {
        if let data {
            if isJSON { return .json(data) }
            guard data.kind == .string else {
                throw DeadLetterReason(
                    .invalidData,
                    "data: must be a string, since datacontenttype says that it is not JSON"
                )
            }
            return .text(data)
        }
        guard let base64 else { return .absent }
        // SAFETY: the document lends the text for the call.
        guard let octets = unsafe base64.withStringBytes({ unsafe Base64.decode($0, .standard) }) ?? nil else {
            throw DeadLetterReason(.invalidData, "data_base64: must be a string in base64 with padding")
        }
        guard isJSON else { return .owned(octets) }
        return try unsafe octets.withUnsafeBufferPointer { (octets) throws(DeadLetterReason) in
            .json(try unsafe load(UnsafeRawBufferPointer(octets), into: embedded, "data_base64"))
        }
    }

    private func repeated(_ name: String) -> DeadLetterReason {
        DeadLetterReason(.invalidAttribute, "\(name): occurs more than once")
    }
}
