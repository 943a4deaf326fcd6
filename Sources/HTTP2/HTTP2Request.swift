/// One request: fields of its own, fields it shares with others, a body, and the time by which it must have ended.
package struct HTTP2Request: Sendable {
    /// Fields that are sent before `fields`: pseudo-header fields that many requests have, built once and never copied.
    package var leadingFields: HTTP2Fields
    /// The pseudo-header fields that are not among `leadingFields`, then the fields that only this request has.
    package var fields: HTTP2Fields
    /// Fields that many requests have (credentials, topic): built once, sent after `fields`, never copied.
    package var sharedFields: HTTP2Fields
    /// The whole body; empty means none.
    package var body: [UInt8]
    /// When to give up, whether waiting for a stream or for the answer.
    package var deadline: MonotonicInstant

    /// A request for an `https` resource; `authority` is the host name as the server knows it, `path` begins with a slash.
    ///
    /// `fields` follow the pseudo-header fields; more can be added to them.
    ///
    /// The path is not entered into the header table: it names a device, so it never repeats soon.
    package init(
        method: String = "POST",
        authority: String,
        path: String,
        fields ownFields: HTTP2Fields = HTTP2Fields(),
        sharedFields: HTTP2Fields = HTTP2Fields(),
        body: [UInt8],
        deadline: MonotonicInstant
    ) {
        leadingFields = HTTP2Fields()
        fields = HTTP2Fields(reservingBytes: 160 + path.utf8.count + ownFields.storage.count)
        fields.append(":method", method)
        fields.append(":scheme", "https")
        fields.append(":authority", authority)
        fields.append(":path", path, .notIndexed)
        fields.append(contentsOf: ownFields)
        self.sharedFields = sharedFields
        self.body = body
        self.deadline = deadline
    }

    /// A request like others before it: only `:path`, at the latest at the beginning of `fields` or `sharedFields`, is not among
    /// the `leadingFields`.
    package init(
        leadingFields: HTTP2Fields,
        fields: HTTP2Fields,
        sharedFields: HTTP2Fields,
        body: [UInt8],
        deadline: MonotonicInstant
    ) {
        self.leadingFields = leadingFields
        self.fields = fields
        self.sharedFields = sharedFields
        self.body = body
        self.deadline = deadline
    }

    /// The pseudo-header fields of an `https` resource without its path, for `leadingFields`.
    package static func leadingFields(method: String = "POST", authority: String) -> HTTP2Fields {
        var fields = HTTP2Fields()
        fields.append(":method", method)
        fields.append(":scheme", "https")
        fields.append(":authority", authority)
        return fields
    }

    /// Bytes of all its fields.
    var listBytes: Int { leadingFields.listBytes + fields.listBytes + sharedFields.listBytes }

    /// Why a field of it cannot be sent, if one cannot.
    var invalidity: String? { fields.invalidity ?? sharedFields.invalidity ?? leadingFields.invalidity }

    /// What it counts for in `requestBytesMax`: the body and the fields of its own.
    var bytes: Int { body.count + fields.listBytes }

    /// A request of nothing, to hold the place of one.
    init() {
        leadingFields = HTTP2Fields()
        fields = HTTP2Fields()
        sharedFields = HTTP2Fields()
        body = []
        deadline = .distantFuture
    }
}

/// A complete answer of the server.
package struct HTTP2Response: Sendable {
    /// The status code of the final answer, 200 to 599; informational answers (1xx) are dropped.
    package var status: Int
    /// The header fields in order, without `:status`; trailers are dropped.
    package var fields: HTTP2Fields
    /// The body, up to the configured limit.
    package var body: [UInt8]
    /// True when fields or body were above their limit: the rest was not read and the stream was reset.
    package var isTruncated: Bool
}

/// How a request ended: each has exactly one outcome.
package enum HTTP2Outcome: Sendable {
    /// The server answered, whatever the status.
    case response(HTTP2Response)
    /// The server has certainly not acted on the request: it may be sent again without doubt.
    case notProcessed(NotProcessedReason)
    /// The request left, the answer did not come: the server may or may not have acted on it.
    case unknown(UnknownReason)
}

/// Why a request was certainly not processed.
package enum NotProcessedReason: Hashable, Sendable {
    /// The server reset the stream with REFUSED_STREAM (RFC 9113 section 8.7).
    case refusedStream
    /// The server said GOAWAY with a last stream id below this stream (RFC 9113 section 6.8); `debug` is its text.
    case goAway(code: UInt32, debug: String)
    /// No connection could be made: name lookup, TCP; with the system's words.
    case connectFailed(String)
    /// The configuration's `addressFilter` allows none of the host's addresses; with these.
    case addressRefused(String)
    /// The TLS handshake failed (expired certificate, wrong host name, certificate of this side refused); with OpenSSL's words.
    case tlsFailed(String)
    /// The server does not speak HTTP/2, as the TLS handshake showed (ALPN, RFC 7301): another client may reach it.
    case protocolNotNegotiated
    /// The connection ended before any byte of the request was given to the operating system; with the cause.
    case neverWritten(String)
    /// The deadline passed while the request waited for a stream.
    case deadline
    /// The caller cancelled while the request waited for a stream.
    case cancelled
    /// The request breaks a rule of HTTP or a limit, so it was not sent; with the rule.
    case invalidRequest(String)
    /// More requests, or more bytes of them, were submitted than the configuration allows.
    case overCapacity
    /// The client was draining or closed.
    case closed
}

/// Why nothing is known about a request that left.
package enum UnknownReason: Hashable, Sendable {
    /// The connection ended; with the cause.
    case connectionLost(String)
    /// The deadline passed after the request was sent.
    case deadline
    /// The caller cancelled after the request was sent.
    case cancelled
    /// The server reset the stream with this error code, not REFUSED_STREAM (RFC 9113 section 7).
    case reset(code: UInt32)
    /// The answer breaks a rule of HTTP/2, so this side reset the stream with this error code.
    case malformedResponse(code: UInt32)
    /// The client was closed.
    case closed
}
