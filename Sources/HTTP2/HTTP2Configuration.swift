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

        /// Trusts the system's store, or one file instead.
        package init(caFile: String? = nil, serverName: String? = nil) {
            self.caFile = caFile
            self.serverName = serverName
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
    /// Connections to keep at the same time; old ones that only finish their streams do not count.
    ///
    /// At least 1.
    package var connectionCount = 1
    /// Most requests submitted and not ended, waiting ones included.
    ///
    /// At least 1.
    package var requestsMax = 4_000
    /// Most streams on one connection, even if the server allows more.
    ///
    /// At least 1.
    package var streamsPerConnectionMax = 2_000
    /// Streams opened before the server's SETTINGS have come (the RFC's recommended least limit is 100).
    package var streamsBeforeSettings = 100
    /// One stream only, until SETTINGS came and one answer too: APNs with token authentication wants that.
    package var startsWithOneStream = false
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
    package var pingAfterSilence = Duration.seconds(15)
    /// The connection is dead when nothing came for this long after a PING.
    package var pingTimeout = Duration.seconds(10)
    /// Replace a connection of this age; nil means never.
    package var connectionAgeMax: Duration?
    /// Most bytes of a response body that are kept; more is cut and the stream reset.
    package var responseBodyBytesMax = 65_536
    /// Most bytes of response header fields, counted as in RFC 9113 section 6.5.2.
    package var responseFieldBytesMax = 16_384

    /// The defaults above.
    package init() {}
}
