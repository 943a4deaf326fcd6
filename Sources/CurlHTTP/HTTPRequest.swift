/// One header field, as it stands in a request or came in an answer.
package struct HTTPField: Hashable, Sendable {
    /// The name; requests carry it as it is written here, comparing ignores case.
    package var name: String
    /// The value, without white space around it.
    package var value: String

    /// A field of that name and value; a request with one that HTTP forbids is not sent.
    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// The methods that are sent.
package enum HTTPMethod: String, Sendable {
    case get = "GET"
    case post = "POST"
    case put = "PUT"
    case delete = "DELETE"
}

/// One request: method, URL, fields, body, and how long it may take.
package struct HTTPRequest: Sendable {
    /// The method.
    package var method: HTTPMethod
    /// The absolute URL, in ASCII and percent-encoded; no user name in it.
    package var url: String
    /// All header fields but those that belong to the connection and the body's length (`Host`, `Content-Length`, …).
    ///
    /// They are sent as they are and nothing is added: no `Accept`, no `Content-Type`, no `User-Agent`.
    package var fields: [HTTPField]
    /// The whole body; empty means none.
    ///
    /// A GET has none.
    package var body: [UInt8]
    /// How long after `submit` to give up, whether waiting for a connection or for the answer.
    package var timeout: Duration

    /// A request of these parts.
    package init(
        _ method: HTTPMethod,
        _ url: String,
        fields: [HTTPField] = [],
        body: [UInt8] = [],
        timeout: Duration
    ) {
        self.method = method
        self.url = url
        self.fields = fields
        self.body = body
        self.timeout = timeout
    }
}

/// A complete answer of the server.
package struct HTTPResponse: Hashable, Sendable {
    /// The status code of the final answer, 200 to 999; informational answers (1xx) are dropped, redirects are answers.
    package var status: Int
    /// The header fields in order; trailers are dropped.
    package var fields: [HTTPField]
    /// The body without its chunks, up to the configured limit.
    package var body: [UInt8]
    /// True when fields or body were above their limit: the rest was not read and the connection was closed.
    package var isTruncated: Bool

    /// The value of the first field of this name, in any case.
    package subscript(name: String) -> String? {
        let name = name.lowercased()
        return fields.first { $0.name.lowercased() == name }?.value
    }
}

/// How a request ended: each has exactly one outcome.
package enum HTTPOutcome: Hashable, Sendable {
    /// The server answered, whatever the status.
    case response(HTTPResponse)
    /// The server has certainly not acted on the request: it may be sent again without doubt.
    case notProcessed(NotProcessedReason)
    /// The request left, or a part of it; the answer did not come: the server may or may not have acted on it.
    case unknown(UnknownReason)

    /// Why a request was certainly not processed.
    package enum NotProcessedReason: Hashable, Sendable {
        /// No connection could be made: name lookup, TCP, the proxy; with libcurl's words.
        case connectFailed(String)
        /// The TLS handshake failed (expired certificate, wrong host name); with libcurl's words.
        case tlsFailed(String)
        /// The address filter refused every address of the host; with the last of them.
        case addressRefused(String)
        /// The deadline passed before a connection was ready for the request.
        case deadline
        /// The caller cancelled before a connection was ready for the request.
        case cancelled
        /// The request breaks a rule of HTTP, of URLs or a limit, so it was not sent; with the rule.
        case invalidRequest(String)
        /// More requests were submitted than `capacity` allowed.
        case overCapacity
        /// The client was draining or closed.
        case closed
    }

    /// Why nothing is known about a request that left.
    package enum UnknownReason: Hashable, Sendable {
        /// The connection ended; with libcurl's words.
        case connectionLost(String)
        /// The answer is not one of HTTP/1; with libcurl's words.
        case malformedResponse(String)
        /// The deadline passed after the request was begun to be sent.
        case deadline
        /// The caller cancelled after the request was begun to be sent.
        case cancelled
        /// The client was closed after the request was begun to be sent.
        case closed
    }
}
