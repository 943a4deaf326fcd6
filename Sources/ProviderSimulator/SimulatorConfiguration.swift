internal import Foundation

/// The providers that there are simulators of; the names stand in records and fault scripts.
package enum SimulatedProvider: String, Sendable, CaseIterable {
    case apns, fcm, webpush
}

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

    /// How the FCM simulator behaves.
    package struct FCM: Sendable {
        /// TCP port on 127.0.0.1; 0 takes any free one.
        package var port = 0
        /// Project ids that may be sent to, the first of which stands in the service account; empty accepts any.
        package var projects: [String] = []
        /// Sends per minute and project, refilled as a whole; nil for no limit.
        package var quotaPerMinute: Int?
        /// Seconds that an access token is good for.
        package var accessTokenSeconds = 3599
        /// `SETTINGS_MAX_CONCURRENT_STREAMS` of a connection.
        package var maxConcurrentStreams = 100

        package init() {}
    }

    /// How the Web Push simulator behaves.
    package struct WebPush: Sendable {
        /// TCP port on 127.0.0.1; 0 takes any free one.
        package var port = 0
        /// `SETTINGS_MAX_CONCURRENT_STREAMS` of a connection.
        package var maxConcurrentStreams = 100

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
    /// The providers that are served.
    package var providers: Set<SimulatedProvider> = [.apns]
    /// The APNs simulator.
    package var apns = APNs()
    /// The FCM simulator.
    package var fcm = FCM()
    /// The Web Push simulator.
    package var webPush = WebPush()
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
    /// Port of the APNs simulator on 127.0.0.1; 0 where it is not served.
    package internal(set) var apnsPort = 0
    /// Port of the FCM simulator on 127.0.0.1; 0 where it is not served.
    package internal(set) var fcmPort = 0
    /// Port of the Web Push simulator on 127.0.0.1; 0 where it is not served.
    package internal(set) var webPushPort = 0
    /// The CA certificate (PEM) that clients must trust.
    package let caFile: String
    /// Files of the keys that sign accepted provider tokens: those given, those found in the directory, or else the one
    /// that this start made there.
    package internal(set) var apnsKeyFiles: [String] = []
    /// The service account (JSON) whose OAuth assertions the FCM simulator accepts; nil where that is not served.
    package internal(set) var serviceAccountFile: String?
}

/// One request as the simulator received and ended it.
package struct ObservedRequest: Sendable {
    /// When the request was complete, in milliseconds since 1970.
    package let receivedAt: Int64
    /// The simulated provider, such as `apns`.
    package let provider: String
    /// Address of the device: what fault rules call `token`; empty where the request names none.
    package let token: String
    /// Topic of the message; empty where the request names none.
    package let topic: String
    /// All header fields as received, pseudo-header fields included.
    package let headers: [HeaderField]
    /// The body as received; for Web Push what it held, once decrypted.
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
