package import PushCrypto

/// One app at APNs: what it is called, who signs for it, and where its requests go.
///
/// Facts: Apple, "Sending notification requests to APNs" and "Establishing a token-based connection to APNs".
package struct APNsConfiguration: Hashable, Sendable {
    /// The two worlds of APNs.
    ///
    /// A token of one is a bad token in the other, so each has connections of its own.
    package enum Environment: String, CaseIterable, Sendable {
        case production
        case sandbox

        /// Apple's host for deliveries to devices.
        package var host: String {
            switch self {
            case .production: "api.push.apple.com"
            case .sandbox: "api.sandbox.push.apple.com"
            }
        }

        /// Where broadcasts to channels go.
        var broadcastServer: Server {
            switch self {
            case .production: Server(host: "api-broadcast.push.apple.com")
            case .sandbox: Server(host: "api-broadcast.sandbox.push.apple.com")
            }
        }

        /// Where channels are made and removed.
        var channelServer: Server {
            switch self {
            case .production: Server(host: "api-manage-broadcast.push.apple.com", port: 2196)
            case .sandbox: Server(host: "api-manage-broadcast.sandbox.push.apple.com", port: 2195)
            }
        }
    }

    /// How APNs knows whose requests these are.
    package enum Authentication: Hashable, Sendable {
        /// A JSON Web Token with each request; team and key have ten capital letters and digits each.
        case token(teamID: String, keyID: String)
        /// The certificate of the TLS connection; requests say nothing.
        case certificate

        /// Whether requests of this type are taken: Apple has location queries with tokens only.
        package func allows(_ pushType: APNsPushType) -> Bool {
            switch self {
            case .token: true
            case .certificate: pushType != .location
            }
        }
    }

    /// A host and a port to connect to, over TLS.
    package struct Server: Hashable, Sendable {
        package var host: String
        /// 443; 2197 means the same at Apple, for firewalls.
        package var port: UInt16

        package init(host: String, port: UInt16 = 443) {
            self.host = host
            self.port = port
        }
    }

    /// The provider token's life.
    ///
    /// Apple allows one renewal in 20 minutes, and no token older than an hour.
    package struct Token: Hashable, Sendable {
        /// Age at which the token is renewed: 20 to 60 minutes.
        package var renewal: Duration = .seconds(50 * 60)
        /// What ``renewal`` may be.
        package static let renewalRange: ClosedRange<Duration> = .seconds(20 * 60) ... .seconds(60 * 60)

        package init() {}
    }

    /// Bundle id: the topic, before the suffix that some push types add.
    ///
    /// For `mdm` the UID in the push certificate's subject.
    package var app: String
    package var authentication: Authentication
    /// Takes the place of Apple's servers, in both environments: for simulators and proxies.
    package var server: Server?
    /// Takes the place of Apple's servers for broadcasts, in both environments; nil: ``server``, where that is set.
    package var broadcastServer: Server?
    /// Takes the place of Apple's servers for channels, in both environments; nil: ``server``, where that is set.
    package var channelServer: Server?
    package var token = Token()

    package init(app: String, authentication: Authentication) {
        self.app = app
        self.authentication = authentication
    }

    /// With token authentication.
    package init(app: String, teamID: String, keyID: String) {
        self.init(app: app, authentication: .token(teamID: teamID, keyID: keyID))
    }

    /// Where deliveries to a device of this environment go.
    package func server(for environment: Environment) -> Server {
        server ?? Server(host: environment.host)
    }

    /// Where broadcasts go: Apple's samples name a host of its own, its text does not, so that it can be set.
    package func broadcastServer(for environment: Environment) -> Server {
        broadcastServer ?? server ?? environment.broadcastServer
    }

    /// Where requests to make and remove channels go.
    package func channelServer(for environment: Environment) -> Server {
        channelServer ?? server ?? environment.channelServer
    }

    /// What stands against using a certificate for this app at this time; empty where nothing does.
    package func findings(of certificate: APNsCertificate, nowMs: Int64) -> [APNsCertificate.Finding] {
        certificate.findings(topics: APNsPushType.allCases.map { $0.topic(of: app) }, nowMs: nowMs)
    }

    package typealias Violation = ConfigurationViolation

    /// Everything that is not allowed; empty where the configuration can be used.
    package var violations: [Violation] {
        var found: [Violation] = []
        let isTopic = !app.isEmpty && app.utf8.count <= 255 && app.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        if !isTopic {
            found.append(
                Violation(key: "app", value: app, allowed: "a bundle id: 1 to 255 ASCII characters without spaces")
            )
        }
        if case .token(let teamID, let keyID) = authentication {
            for (key, value) in [("team_id", teamID), ("key_id", keyID)] where !Self.isAppleID(value) {
                found.append(Violation(key: key, value: value, allowed: "10 capital letters and digits"))
            }
        }
        if !Token.renewalRange.contains(token.renewal) {
            found.append(Violation(key: "token.renewal", value: "\(token.renewal)", allowed: "20 to 60 minutes"))
        }
        let servers = [("server", server), ("broadcast_server", broadcastServer), ("channel_server", channelServer)]
        for case (let key, let server?) in servers where server.host.isEmpty || server.port == 0 {
            found.append(
                Violation(key: key, value: "\(server.host):\(server.port)", allowed: "a host and a port from 1")
            )
        }
        return found
    }

    private static func isAppleID(_ text: String) -> Bool {
        text.utf8.count == 10
            && text.utf8.allSatisfy { octet in
                (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(octet)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(octet)
            }
    }
}
