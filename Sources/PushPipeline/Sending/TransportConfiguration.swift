/// How requests are made.
package struct TransportConfiguration: Sendable {
    /// Deliveries taken and not over, in one dispatch stage.
    package var inFlightMax: Int
    /// Connections to each app's servers.
    package var connections: Int
    /// The longest that one attempt may take.
    package var requestTimeout: Duration
    /// PEM; nil: the system's trust store.
    package var caFile: String?

    package init(
        inFlightMax: Int = 4096,
        connections: Int = 1,
        requestTimeout: Duration = .seconds(10),
        caFile: String? = nil
    ) {
        self.inFlightMax = inFlightMax
        self.connections = connections
        self.requestTimeout = requestTimeout
        self.caFile = caFile
    }
}
