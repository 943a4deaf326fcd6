internal import Foundation

/// What the provider simulators serve, where, and how strictly.
package struct SimulatorConfiguration: Sendable {
    /// How the APNs simulator behaves.
    package struct APNs: Sendable {
        /// TCP port on 127.0.0.1; 0 takes any free one.
        package var port = 0
        /// Files with P-256 keys, private or public, in PEM; used beside every `*.p8` of the TLS directory.
        package var keyFiles: [String] = []
        /// Team ids that a provider token may name; empty accepts any ten characters.
        package var teamIDs: Set<String> = []
        /// Bundle ids (without suffix) that may be pushed to; empty accepts any well-formed one.
        package var bundleIDs: Set<String> = []
        /// `SETTINGS_MAX_CONCURRENT_STREAMS` of a connection; from 1 to 2^31-1.
        package var maxConcurrentStreams = 1000
        /// Whether a connection allows one stream until a request with a valid provider token was answered, as APNs does.
        package var startsWithOneStream = true

        package init() {}
    }

    /// Directory for the CA certificate (`ca.pem`), its key and generated provider keys; created where missing.
    package var directory: String
    /// Names and addresses for the server certificate, beside `localhost` and `127.0.0.1`.
    package var extraHosts: [String] = []
    /// File with the fault script; nil for none.
    package var faultsFile: String?
    /// File that gets one JSON line per request, appended; nil for none.
    package var recordFile: String?
    /// Event loop threads; from 1.
    package var threads = 1
    /// The APNs simulator.
    package var apns = APNs()
    /// Told of every request once its end is known, on an event loop thread: it must not block.
    package var observer: (@Sendable (ObservedRequest) -> Void)?
    /// The time, in milliseconds since 1970.
    package var now: @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970 * 1000) }

    package init(directory: String) {
        self.directory = directory
    }
}

/// Where a started simulator is found.
package struct SimulatorAddresses: Sendable {
    /// Port of the APNs simulator on 127.0.0.1.
    package let apnsPort: Int
    /// The CA certificate (PEM) that clients must trust.
    package let caFile: String
    /// Files of the keys that sign accepted provider tokens: those given, those found in the directory, or else the one
    /// that this start made there.
    package let apnsKeyFiles: [String]
}

/// One request as the simulator received and ended it.
package struct ObservedRequest: Sendable {
    /// When the request was complete, in milliseconds since 1970.
    package let receivedAt: Int64
    /// The simulated provider, such as `apns`.
    package let provider: String
    /// Address of the device; empty where the request names none.
    package let token: String
    /// For APNs, the topic; empty where the request names none.
    package let topic: String
    /// All header fields as received, pseudo-header fields included.
    package let headers: [HeaderField]
    /// The body as received.
    package let payload: [UInt8]
    /// HTTP status of the answer; 0 where none was given.
    package let status: Int
    /// The provider's reason string, empty for success; without an answer, what happened instead.
    package let reason: String
}

/// One header field of a request or an answer.
package struct HeaderField: Sendable, Hashable {
    /// Lower case, as HTTP/2 requires.
    package let name: String
    package let value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// How often what happened since the start.
package struct SimulatorCounters: Sendable, Hashable {
    /// How requests ended: status and reason, as in the record file.
    package struct Ending: Sendable, Hashable {
        package let status: Int
        package let reason: String

        package init(status: Int, reason: String) {
            self.status = status
            self.reason = reason
        }
    }

    /// Complete requests received.
    package internal(set) var requests = 0
    /// Requests by ending; their sum trails `requests` while answers are delayed.
    package internal(set) var endings: [Ending: Int] = [:]
    /// Connections that finished the TLS handshake.
    package internal(set) var connectionsOpened = 0
    /// Of these, how many are open now.
    package internal(set) var connectionsOpen = 0
    /// Record lines that could not be written.
    package internal(set) var recordsLost = 0
}
