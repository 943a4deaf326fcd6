/// What a client has done since it was made, and holds now.
package struct HTTP2Statistics: Hashable, Sendable {
    /// Connections that take new requests now.
    package internal(set) var connectionsOpen = 0
    /// Connections being made now.
    package internal(set) var connectionsOpening = 0
    /// Connections that only finish their streams now.
    package internal(set) var connectionsDraining = 0
    /// Streams open now, on all connections.
    package internal(set) var streamsOpen = 0
    /// Requests waiting for a stream now.
    package internal(set) var requestsWaiting = 0
    /// Bytes of the requests submitted and not ended.
    package internal(set) var requestBytes = 0
    /// Streams that may be open now, as far as the server's answers tell.
    package internal(set) var concurrencyLimit = 0
    /// Connections made.
    package internal(set) var connects = 0
    /// Attempts to make a connection that failed.
    package internal(set) var connectFailures = 0
    /// Connections that ended by an error, after having been made.
    package internal(set) var connectionsLost = 0
    /// Requests given to a connection.
    package internal(set) var requestsSent = 0
    /// Requests that ended with an answer.
    package internal(set) var responses = 0
    /// Requests that ended as certainly not processed.
    package internal(set) var notProcessed = 0
    /// Requests that ended with nothing known.
    package internal(set) var unknown = 0
    /// RST_STREAM frames received.
    package internal(set) var resetsReceived = 0
    /// Streams reset by this side.
    package internal(set) var resetsSent = 0
    /// GOAWAY frames received.
    package internal(set) var goAways = 0
    /// PING frames sent.
    package internal(set) var pings = 0
    /// Bytes received, TLS included.
    package internal(set) var bytesReceived = 0
    /// Bytes sent, TLS included.
    package internal(set) var bytesSent = 0
}

/// A change in a client's connections that an operator may want to read in a log.
package enum HTTP2Event: Hashable, Sendable {
    /// A connection is made: to which address, with which TLS version.
    case connected(address: String, tlsVersion: String)
    /// An attempt failed; the next comes after `retryIn`.
    case connectFailed(reason: String, retryIn: Duration)
    /// The server is ending a connection: error code (RFC 9113 section 7) and its debug text.
    case goAway(code: UInt32, lastStreamID: Int32, debug: String)
    /// A connection ended; `reason` tells why.
    case closed(reason: String)
}
