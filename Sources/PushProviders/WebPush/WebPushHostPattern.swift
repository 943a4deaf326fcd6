/// A push service that subscriptions may name: `host`, `*.suffix`, or an address, each with `:port` where that is not 443.
package struct WebPushHostPattern: Hashable, Sendable {
    /// What is allowed, for messages.
    package static let allowed = "a host name, *.suffix or an address, perhaps with :port"

    /// In lower case, after the `*` of a suffix: that begins with a dot.
    private let name: String
    private let isSuffix: Bool
    private let address: IPAddress?
    private let port: UInt16?

    /// - Returns: nil for a text of another form.
    package init?(_ text: String) {
        let isSuffix = text.hasPrefix("*.")
        guard let authority = WebPushAuthority(isSuffix ? text.dropFirst(2) : text[...]).value else { return nil }
        // A suffix of one label would allow a whole top-level domain.
        if isSuffix, authority.address != nil || !authority.host.contains(".") { return nil }
        self.isSuffix = isSuffix
        address = authority.address
        name = isSuffix ? "." + authority.host : authority.host
        port = authority.port
    }

    /// Whether the host is meant, whatever the port.
    func matches(_ authority: WebPushAuthority.Parts) -> Bool {
        if let address { return authority.address == address }
        guard authority.address == nil else { return false }
        return isSuffix ? authority.host.hasSuffix(name) : authority.host == name
    }

    /// Whether the host is meant together with this port.
    func names(port: UInt16) -> Bool { self.port == port }

    /// Whether the pattern is for one port alone.
    var namesPort: Bool { port != nil }
}
