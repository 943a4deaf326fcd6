internal import HTTP2

/// How requests are made.
package struct TransportConfiguration: Sendable {
    /// Deliveries taken and not over, in one dispatch stage.
    package var inFlightMax: Int
    /// Most connections to each app's servers.
    package var connections: Int
    /// Connections to each app's servers that stay although there is little to do; 0 to ``connections``.
    package var connectionsMin = 1
    /// When this long at most half of the streams of all connections but one were in use, one is closed.
    package var connectionIdle: Duration = .seconds(600)
    /// Connections of this age are replaced, the new one first; nil: never.
    package var connectionAge: Duration?
    /// How long making a connection may take.
    package var connectTimeout: Duration = .seconds(10)
    /// Most octets of the requests under way, for each app.
    package var requestBytesMax = 64 << 20
    /// Most requests at a time on one connection, even if the server allows more.
    package var streamsMax = 2_000
    /// When a connection is asked for a sign of life.
    package var ping = Ping()
    /// The longest that one attempt may take.
    package var requestTimeout: Duration
    /// PEM; nil: the system's trust store.
    package var caFile: String?

    /// When a connection is asked for a sign of life, and when it counts as dead.
    package struct Ping: Hashable, Sendable {
        /// With no request under way: after this long without an octet.
        package var idle: Duration = .seconds(3_600)
        /// With requests under way: after this long without an octet.
        package var silence: Duration = .seconds(5)
        /// Without an answer for this long the connection is dead.
        package var timeout: Duration = .seconds(5)
        /// A connection that was quiet for longer gets no request before it answered.
        package var beforeUse: Duration = .seconds(60)

        package init() {}
    }

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

    /// What an HTTP/2 client is told of it; what depends on the provider is the sender's to add.
    var http2: HTTP2Configuration {
        var http = HTTP2Configuration()
        http.connectionCount = connections
        http.connectionCountMin = min(connectionsMin, connections)
        http.connectionIdleMax = connectionIdle
        http.connectionAgeMax = connectionAge
        http.connectTimeout = connectTimeout
        http.requestsMax = inFlightMax
        http.requestBytesMax = requestBytesMax
        http.streamsPerConnectionMax = streamsMax
        http.pingAfterIdle = ping.idle
        http.pingAfterSilence = ping.silence
        http.pingTimeout = ping.timeout
        http.pingBeforeUseAfter = ping.beforeUse
        return http
    }
}
