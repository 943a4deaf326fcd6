package import PushCore

/// Where the messages for one subscription go: the URL that a browser gave its page, and the page gave us.
///
/// It comes from a client, so it is an attack until it is shown to be none: it could name a host inside our network, or be
/// read by us as one host and by the HTTP client as another. So it is taken apart by hand, one way to read each part, and only
/// push services of the configured list are asked.
///
/// It lets its holder send (RFC 8030 section 8.3): never printed whole.
package struct WebPushEndpoint: Hashable, Sendable, CustomStringConvertible {
    /// Why no request is made to it.
    package enum Refusal: Error, Hashable, CaseIterable, Sendable {
        /// Over ``bytesMax`` octets.
        case tooLong
        case whitespaceOrControl
        /// Browsers read it as a slash; others do not.
        case backslash
        /// A URL is ASCII; names in other letters come as punycode.
        case notASCII
        case notHTTPS
        case fragment
        case userInformation
        case noHost
        case percentEncodedHost
        /// Another name for the same host, which no certificate and no list would have.
        case trailingDot
        case malformedHost
        /// A number, or what stands in brackets, that is no address of one certain form.
        case malformedAddress
        case malformedPort
        /// An address instead of a name.
        case addressLiteral
        /// No configured push service.
        case hostNotAllowed
        /// A configured push service at another port.
        case portNotAllowed

        /// How the delivery ends.
        ///
        /// What cannot be an endpoint will never be one: its registration goes. What is only not allowed may be allowed
        /// tomorrow, and says nothing of the app: one subscription must not stop the others.
        package var verdict: Verdict {
            switch self {
            case .tooLong, .whitespaceOrControl, .backslash, .notASCII, .notHTTPS, .fragment, .userInformation, .noHost,
                .percentEncodedHost, .trailingDot, .malformedHost, .malformedAddress, .malformedPort:
                .addressDead(.badSubscription, invalidSinceMs: nil)
            case .addressLiteral, .hostNotAllowed, .portNotAllowed:
                .badRequest(.endpointNotAllowed)
            }
        }
    }

    /// Octets of the whole URL, at most.
    package static let bytesMax = 2_048

    /// Lower case; of an IPv6 address without the brackets.
    package let host: String
    package let port: UInt16
    /// Path and query as they were given; begins with a slash.
    package let path: String
    private let isV6: Bool

    /// Host and port as the header `:authority` carries them: the port is left out where it is 443.
    package var authority: String {
        let name = isV6 ? "[\(host)]" : host
        return port == 443 ? name : "\(name):\(port)"
    }

    /// Scheme, host and any port but 443 (RFC 6454 section 6.2): what a VAPID token is for.
    package var origin: String { "https://\(authority)" }

    package var vendor: WebPushVendor { WebPushVendor(host: host) }

    /// Without the path: that is the secret.
    package var description: String { "\(origin)/…" }

    /// Reads a subscription's endpoint.
    ///
    /// - Throws: the first reason not to use it.
    package init(_ text: String, configuration: WebPushConfiguration) throws(Refusal) {
        guard text.utf8.count <= Self.bytesMax else { throw .tooLong }
        for octet in text.utf8 {
            if octet <= 0x20 || octet == 0x7F { throw .whitespaceOrControl }
            if octet > 0x7F { throw .notASCII }
            if octet == UInt8(ascii: "\\") { throw .backslash }
        }
        let scheme = "https://"
        guard text.prefix(scheme.count).lowercased() == scheme else { throw .notHTTPS }
        if text.contains("#") { throw .fragment }
        let rest = text.dropFirst(scheme.count)
        let written = rest.prefix { $0 != "/" && $0 != "?" }
        let authority = try WebPushAuthority(written).result.get()
        host = authority.host
        port = authority.port ?? 443
        isV6 = authority.address?.octets.count == 16
        let path = rest[written.endIndex...]
        self.path = path.first == "/" ? String(path) : "/\(path)"
        try configuration.admit(authority, port: port)
    }
}

extension WebPushConfiguration {
    /// - Throws: why this host is not asked.
    fileprivate func admit(_ authority: WebPushAuthority.Parts, port: UInt16) throws(WebPushEndpoint.Refusal) {
        if authority.address != nil, !allowPrivateAddresses { throw .addressLiteral }
        let matching = hostPatterns.filter { $0.matches(authority) }
        if matching.isEmpty { throw .hostNotAllowed }
        let isAllowed = matching.contains { pattern in
            if pattern.namesPort { return pattern.names(port: port) }
            return port == 443 || allowPrivateAddresses
        }
        if !isAllowed { throw .portNotAllowed }
    }
}
