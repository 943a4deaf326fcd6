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

    /// Whose it is.
    package let service: WebPushService
    /// Path and query as they were given; begins with a slash.
    package let path: String

    package var host: String { service.host }
    package var port: UInt16 { service.port }
    package var authority: String { service.authority }
    package var origin: String { service.origin }
    package var vendor: WebPushVendor { service.vendor }

    /// Without the path: that is the secret.
    package var description: String { "\(origin)/…" }

    /// Reads a subscription's endpoint.
    ///
    /// - Throws: the first reason not to use it.
    package init(_ text: String, configuration: WebPushConfiguration) throws(Refusal) {
        var services = WebPushServices()
        try self.init(text, configuration: configuration, services: &services)
    }

    /// Reads a subscription's endpoint, one of many of few push services.
    ///
    /// - Parameters:
    ///   - text: of a subscription.
    ///   - configuration: of the device's app.
    ///   - services: what was found out about them, with the same configuration.
    /// - Throws: the first reason not to use it.
    package init(
        _ text: String,
        configuration: WebPushConfiguration,
        services: inout WebPushServices
    ) throws(Refusal) {
        let octets = text.utf8
        guard octets.count <= Self.bytesMax else { throw .tooLong }
        var hasFragment = false
        for octet in octets {
            if octet <= 0x20 || octet == 0x7F { throw .whitespaceOrControl }
            if octet > 0x7F { throw .notASCII }
            if octet == UInt8(ascii: "\\") { throw .backslash }
            hasFragment = hasFragment || octet == UInt8(ascii: "#")
        }
        // From here on a character is an octet.
        guard octets.prefix(Self.scheme.utf8.count).elementsEqual(Self.scheme.utf8, by: Self.isSameLetter) else {
            throw .notHTTPS
        }
        if hasFragment { throw .fragment }
        let rest = octets.dropFirst(Self.scheme.utf8.count)
        let end = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
        service = try services.service(text[rest.startIndex..<end], configuration: configuration)
        let path = text[end...]
        self.path = path.utf8.first == UInt8(ascii: "/") ? String(path) : "/\(path)"
    }

    private static let scheme = "https://"

    /// Of a text, and of one in lower case.
    private static func isSameLetter(_ octet: UInt8, _ lower: UInt8) -> Bool {
        octet == lower || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(octet) && octet | 0x20 == lower
    }
}

/// A push service: what stands before the path of its endpoints.
package struct WebPushService: Hashable, Sendable {
    /// Lower case; of an IPv6 address without the brackets.
    package let host: String
    package let port: UInt16
    /// Host and port as the header `:authority` carries them: the port is left out where it is 443.
    package let authority: String
    /// Scheme, host and any port but 443 (RFC 6454 section 6.2): what a VAPID token is for.
    package let origin: String
    package let vendor: WebPushVendor

    fileprivate init(_ parts: WebPushAuthority.Parts) {
        host = parts.host
        port = parts.port ?? 443
        let name = parts.address?.octets.count == 16 ? "[\(host)]" : host
        authority = port == 443 ? name : "\(name):\(port)"
        origin = "https://\(authority)"
        vendor = WebPushVendor(host: host)
    }
}

/// The push services that were met and may be asked, by what endpoints have between scheme and path.
///
/// Of one configuration. Clients name them, so that their number is bounded.
package struct WebPushServices: Sendable {
    private static let countMax = 256

    private var known: [Substring: WebPushService] = [:]

    package init() {}

    /// - Throws: why the authority is none, or is not asked.
    fileprivate mutating func service(
        _ written: Substring,
        configuration: WebPushConfiguration
    ) throws(WebPushEndpoint.Refusal) -> WebPushService {
        if let service = known[written] { return service }
        let parts = try WebPushAuthority(written).result.get()
        try configuration.admit(parts, port: parts.port ?? 443)
        let service = WebPushService(parts)
        if known.count >= Self.countMax { known.removeAll(keepingCapacity: true) }
        // Not the slice: it would keep the whole endpoint.
        known[String(written)[...]] = service
        return service
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
