/// How a client makes and keeps its connections, whom it trusts, and its limits.
///
/// Verification of the server's certificate, chain and name, cannot be turned off.
package struct CurlConfiguration: Sendable {
    /// Most requests submitted and not ended, waiting ones included.
    ///
    /// At least 1.
    package var requestsMax = 1_000
    /// Most connections, idle ones included; a request that finds none free waits.
    ///
    /// At least 1.
    package var connectionsMax = 64
    /// Most connections to one host and port.
    ///
    /// At least 1.
    package var connectionsPerHostMax = 16
    /// Whole limit for making a connection: name lookup, TCP, proxy, TLS.
    package var connectTimeout = Duration.seconds(10)
    /// A connection that was idle for longer is not used again; whole seconds.
    package var idleAgeMax = Duration.seconds(30)
    /// TCP keep-alive: when to begin asking on a silent connection, and how often to ask again; whole seconds.
    package var keepAliveInterval = Duration.seconds(30)
    /// Most bytes of a response body that are kept; more is cut and the connection closed.
    package var responseBodyBytesMax = 65_536
    /// Most bytes of a response's status line and header fields.
    package var responseFieldBytesMax = 16_384
    /// A PEM file of trusted CA certificates; nil means the system's store.
    package var caFile: String?
    /// What this side proves its identity with, if servers ask.
    package var clientCertificate: ClientCertificate?
    /// The HTTP proxy for all requests; nil means none, whatever the environment says.
    package var proxy: Proxy?
    /// Whether URLs that begin with `http:` are allowed.
    package var allowsPlainHTTP = false
    /// Says whether a connection may be made to an address: its 4 or 16 octets, in network order.
    ///
    /// Asked for each connection, after the name lookup, about the address that is then connected to. An IPv4 address inside an IPv6
    /// one (::ffff:0:0/96) is given as its 4 octets. Called on the client's own thread: it must be quick. Not together with a
    /// proxy, which connects where this filter cannot see.
    package var addressFilter: (@Sendable ([UInt8]) -> Bool)?

    /// The defaults above.
    package init() {}

    /// A certificate and its key.
    package struct ClientCertificate: Hashable, Sendable {
        /// A PEM file: the certificate, then those between it and the authority.
        package var certificateFile: String
        /// A PEM file with the private key, not encrypted.
        package var keyFile: String

        /// The two files.
        package init(certificateFile: String, keyFile: String) {
            self.certificateFile = certificateFile
            self.keyFile = keyFile
        }
    }

    /// An HTTP proxy; every request goes through a tunnel (`CONNECT`), so that the proxy sees neither path nor fields.
    package struct Proxy: Hashable, Sendable {
        /// `http://host:port` or `https://host:port`; the port must be there.
        package var url: String
        /// User name and password for Basic authentication.
        package var credentials: Credentials?

        /// A proxy, and what it asks for.
        package init(url: String, credentials: Credentials? = nil) {
            self.url = url
            self.credentials = credentials
        }
    }

    /// A user name and a password.
    package struct Credentials: Hashable, Sendable, CustomStringConvertible {
        /// The name.
        package var user: String
        /// The password.
        package var password: String

        /// The two.
        package init(user: String, password: String) {
            self.user = user
            self.password = password
        }

        /// The name only.
        package var description: String { "Credentials(user: \(user))" }
    }
}

/// A set-up that cannot work, whatever the network does: an unreadable CA file, a proxy that is no URL.
package struct CurlSetupError: Error, Hashable, CustomStringConvertible {
    /// What was refused, and the reason.
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
