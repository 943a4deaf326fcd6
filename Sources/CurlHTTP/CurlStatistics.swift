/// What a client has done since it was made, and holds now.
package struct CurlStatistics: Hashable, Sendable {
    /// Requests waiting for a connection now.
    package internal(set) var requestsWaiting = 0
    /// Requests that have a connection, or are making one, now.
    package internal(set) var requestsActive = 0
    /// Connections open now, idle ones and those being made included.
    package internal(set) var connectionsOpen = 0
    /// Connections made.
    package internal(set) var connects = 0
    /// Requests that ended because no connection could be made.
    package internal(set) var connectFailures = 0
    /// Idle connections that were found closed by the server, in time, when a request was about to use them.
    package internal(set) var staleConnections = 0
    /// Requests that were begun to be sent.
    package internal(set) var requestsSent = 0
    /// Requests that ended with an answer.
    package internal(set) var responses = 0
    /// Requests that ended as certainly not processed.
    package internal(set) var notProcessed = 0
    /// Requests that ended with nothing known.
    package internal(set) var unknown = 0
    /// Bytes of heads and bodies received.
    package internal(set) var bytesReceived = 0
    /// Bytes of bodies sent.
    package internal(set) var bytesSent = 0

    mutating func count(_ outcome: HTTPOutcome) {
        switch outcome {
        case .response: responses += 1
        case .unknown: unknown += 1
        case .notProcessed(let reason):
            notProcessed += 1
            switch reason {
            case .connectFailed, .tlsFailed, .addressRefused: connectFailures += 1
            case .deadline, .cancelled, .invalidRequest, .overCapacity, .closed: break
            }
        }
    }
}
