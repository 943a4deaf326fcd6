/// One web app: its origin, who signs for it, and which push services its subscriptions may name.
///
/// Facts: RFC 8030 (the protocol), RFC 8292 (VAPID), RFC 8291 (encryption).
package struct WebPushConfiguration: Hashable, Sendable {
    /// The VAPID token's life.
    package struct Token: Hashable, Sendable {
        /// From issue to expiry.
        ///
        /// RFC 8292 section 2 allows 24 hours; half of that leaves room for clocks that differ. It is renewed after half
        /// of its life, and Apple wants no second one within an hour: so two hours at least.
        package var lifetime: Duration = .seconds(12 * 60 * 60)
        /// What ``lifetime`` may be.
        package static let lifetimeRange: ClosedRange<Duration> = .seconds(2 * 60 * 60) ... .seconds(24 * 60 * 60)

        package init() {}
    }

    /// Origin of the site: what a device's `app` names.
    package var app: String
    /// Whom a push service asks about our messages: `mailto:` or `https:`.
    ///
    /// RFC 8292 section 2.1 recommends it; Apple insists.
    package var subject: String
    package var token = Token()
    /// The push services that subscriptions may name: see ``WebPushHostPattern``.
    package var allowedHosts: [String] {
        didSet { hostPatterns = Self.patterns(allowedHosts) }
    }
    /// Whether a listed push service may be an address, or stand at any port; for simulators.
    package var allowPrivateAddresses = false
    /// Octets up to which a plaintext is filled, so that its length says less; what a rule asks for goes before.
    package var padding = 0
    /// Whether browsers are given the declarative form, unless a rule says otherwise.
    package var declarative = false

    private(set) var hostPatterns: [WebPushHostPattern]

    /// - Parameters:
    ///   - app: such as `https://shop.example.com`.
    ///   - subject: such as `mailto:push@example.com`.
    package init(app: String, subject: String) {
        self.app = app
        self.subject = subject
        allowedHosts = WebPushVendor.knownHosts
        hostPatterns = Self.patterns(WebPushVendor.knownHosts)
    }

    private static func patterns(_ hosts: [String]) -> [WebPushHostPattern] {
        hosts.compactMap(WebPushHostPattern.init)
    }

    /// What ``padding`` may be.
    package static let paddingRange = 0...WebPushRequest.plaintextBytesMax

    package typealias Violation = ConfigurationViolation

    /// Everything that is not allowed; empty where the configuration can be used.
    package var violations: [Violation] {
        var found: [Violation] = []
        if !Self.isOrigin(app) {
            let allowed = "a web origin in lower case, such as https://shop.example.com"
            found.append(Violation(key: "app", value: app, allowed: allowed))
        }
        if !Self.isSubject(subject) {
            let allowed = "mailto: and an e-mail address, or an https: URL"
            found.append(Violation(key: "subject", value: subject, allowed: allowed))
        }
        if !Token.lifetimeRange.contains(token.lifetime) {
            found.append(Violation(key: "token.lifetime", value: "\(token.lifetime)", allowed: "2 to 24 hours"))
        }
        if allowedHosts.isEmpty {
            found.append(Violation(key: "allowed_hosts", value: "[]", allowed: "at least one host"))
        }
        for (index, host) in allowedHosts.enumerated() where WebPushHostPattern(host) == nil {
            found.append(
                Violation(key: "allowed_hosts[\(index)]", value: host, allowed: WebPushHostPattern.allowed)
            )
        }
        if !Self.paddingRange.contains(padding) {
            let allowed = "0 to \(Self.paddingRange.upperBound)"
            found.append(Violation(key: "padding", value: "\(padding)", allowed: allowed))
        }
        return found
    }

    private static func isOrigin(_ text: String) -> Bool {
        guard text.hasPrefix("https://"), let parts = WebPushAuthority(text.dropFirst("https://".count)).value else {
            return false
        }
        // As browsers write it: small letters, and no port that the scheme implies.
        return text.utf8.count <= 512 && text == text.lowercased() && parts.port != 443
    }

    private static func isSubject(_ text: String) -> Bool {
        let isPrintable = text.utf8.allSatisfy { (0x21...0x7E).contains($0) && !"<>\"\\".utf8.contains($0) }
        guard isPrintable, text.utf8.count <= 512 else { return false }
        if text.hasPrefix("mailto:") {
            let parts = text.dropFirst("mailto:".count).split(separator: "@", omittingEmptySubsequences: false)
            return parts.count == 2 && !parts[0].isEmpty && WebPushAuthority(parts[1]).value?.port == nil
                && WebPushAuthority(parts[1]).value != nil
        }
        guard text.hasPrefix("https://") else { return false }
        return WebPushAuthority(text.dropFirst("https://".count).prefix { !"/?#".contains($0) }).value != nil
    }
}
