/// Where a server is, and how it proves who it is.
package struct HTTP2Endpoint: Hashable, Sendable {
    /// Host name, or IP address in text form.
    package var host: String
    /// TCP port.
    package var port: UInt16
    /// What the server's certificate is checked against.
    package var tls: TLS

    /// How a server proves who it is; verification of chain and name cannot be turned off.
    package struct TLS: Hashable, Sendable {
        /// A PEM file of trusted CA certificates; nil means the system's store.
        package var caFile: String?
        /// The name (or IP address) that the certificate must carry, sent as SNI; nil means the endpoint's host.
        package var serverName: String?
        /// What this side proves itself with when the server asks; nil means nothing.
        package var clientCertificate: ClientCertificate?

        /// Trusts the system's store, or one file instead.
        package init(
            caFile: String? = nil,
            serverName: String? = nil,
            clientCertificate: ClientCertificate? = nil
        ) {
            self.caFile = caFile
            self.serverName = serverName
            self.clientCertificate = clientCertificate
        }

        /// Tries what a client would: reads the CA file, and the client certificate with its key.
        ///
        /// - Throws: what cannot be used, and the library's reason.
        package func check() throws(HTTP2SetupError) {
            _ = try TLSContext.make(self)
        }
    }

    /// An endpoint, with the usual port and the system's trust store unless told otherwise.
    package init(host: String, port: UInt16 = 443, tls: TLS = TLS()) {
        self.host = host
        self.port = port
        self.tls = tls
    }

    /// The name that the server's certificate must carry.
    var verifiedName: String { tls.serverName ?? host }

    /// The authority for requests: host, and the port unless it is 443.
    package var authority: String {
        // RFC 3986 section 3.2.2: an IPv6 address stands in brackets.
        let name = host.contains(":") ? "[\(host)]" : host
        return port == 443 ? name : "\(name):\(port)"
    }
}

/// How a client makes and keeps its connections, and its limits.
package struct HTTP2Configuration: Sendable {
    /// Most connections that take requests; they are made one by one, as requests wait for a stream on those there are.
    ///
    /// One that is being replaced, or only finishes its streams, does not count. At least 1.
    package var connectionCount = 1
    /// Connections that stay although there is little to do; 0 to `connectionCount`.
    package var connectionCountMin = 1
    /// When this long at most half of the streams of all connections but one were in use, one is closed.
    package var connectionIdleMax = Duration.seconds(600)
    /// Least time between two connections made because requests wait.
    package var connectionStagger = Duration.milliseconds(250)
    /// Most requests submitted and not ended, waiting ones included.
    ///
    /// At least 1.
    package var requestsMax = 4_000
    /// Most bytes of bodies and header fields of all requests submitted and not ended.
    package var requestBytesMax = 64 << 20
    /// Requests under way, on all connections, that are allowed however slow or overloaded the server seems.
    ///
    /// At least 1. Upwards the limit adapts to the server, up to `requestsMax`: see `ConcurrencyLimit`.
    package var concurrencyMin = 8
    /// Requests under way that are allowed before anything is known of the server.
    package var concurrencyInitial = 64
    /// Most streams on one connection, even if the server allows more.
    ///
    /// At least 1.
    package var streamsPerConnectionMax = 2_000
    /// Streams opened before the server's SETTINGS have come (the RFC's recommended least limit is 100).
    ///
    /// None with a client certificate: in TLS 1.3 only what comes after the handshake tells that the server took it.
    package var streamsBeforeSettings = 100
    /// One stream only, until SETTINGS came and one answer too: APNs with token authentication wants that.
    package var startsWithOneStream = false
    /// Whether an address may be connected to, asked right before each attempt; nil means any.
    ///
    /// Given the 4 octets of an IPv4 address (also of one inside IPv6, RFC 4291 section 2.5.5.2) or the 16 of IPv6.
    package var addressFilter: (@Sendable ([UInt8]) -> Bool)?
    /// Whole limit for making a connection: name lookup, TCP, TLS.
    package var connectTimeout = Duration.seconds(10)
    /// Limit for TCP to one address, before the next address is tried.
    package var addressTimeout = Duration.seconds(3)
    /// After a failed attempt: wait a random time up to this, doubled with each failure in a row (full jitter).
    package var backoffBase = Duration.milliseconds(200)
    /// Upper end of that doubling.
    package var backoffMax = Duration.seconds(30)
    /// With no stream open: PING after this long without a byte from the server.
    package var pingAfterIdle = Duration.seconds(3600)
    /// With streams open: PING after this long without a byte from the server.
    package var pingAfterSilence = Duration.seconds(5)
    /// The connection is dead when nothing came for this long after a PING; until something comes it gets no request.
    package var pingTimeout = Duration.seconds(5)
    /// A connection that was quiet for longer, with no stream open, must answer a PING before it gets the next request.
    package var pingBeforeUseAfter = Duration.seconds(60)
    /// Replace a connection of this age, less a random part of up to a tenth; nil means never.
    ///
    /// The replacement is made first.
    package var connectionAgeMax: Duration?
    /// Most bytes of a response body that are kept; more is cut and the stream reset.
    package var responseBodyBytesMax = 65_536
    /// Most bytes of response header fields, counted as in RFC 9113 section 6.5.2.
    package var responseFieldBytesMax = 16_384
    /// Asks for the addresses of a host; runs on a thread of its own.
    var resolve: NameLookup.Resolve = {
        SocketAddress.resolve(host: $0, port: $1, isNumeric: false)
    }

    /// The defaults above.
    package init() {}

    /// What a connection's liveness is judged by.
    var livenessLimits: Liveness.Limits {
        Liveness.Limits(
            idle: pingAfterIdle,
            silence: pingAfterSilence,
            answer: pingTimeout,
            trust: pingBeforeUseAfter
        )
    }

    /// The bounds of the adaptive limit; `requestsMax` is the strongest.
    var concurrencyBounds: ConcurrencyLimit.Bounds {
        let least = min(concurrencyMin, requestsMax)
        return ConcurrencyLimit.Bounds(
            min: least,
            max: requestsMax,
            initial: min(max(concurrencyInitial, least), requestsMax)
        )
    }
}
