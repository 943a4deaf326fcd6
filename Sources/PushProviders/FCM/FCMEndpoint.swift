/// A base address of Google's, or of what stands in for it: `https://host[:port][/path]`.
///
/// Without TLS only on this machine (`localhost`, `127.0.0.1`, `[::1]`): every request carries a credential.
package struct FCMEndpoint: Hashable, Sendable, CustomStringConvertible {
    /// Lower case, without the brackets of an IPv6 address.
    package let host: String
    package let port: UInt16
    package let isSecure: Bool
    /// What stands before the path of every request: empty, or begins with a slash and ends with none.
    package let path: String

    /// What is allowed, for messages.
    package static let allowed = "https://host[:port][/path], or http:// on this machine"

    /// - Returns: nil for a text of another form: no such scheme, user information, query or fragment, a port out of range.
    package init?(_ text: String) {
        let isPrintable = text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        guard isPrintable, let scheme = text.firstRange(of: "://") else { return nil }
        switch text[..<scheme.lowerBound].lowercased() {
        case "https": isSecure = true
        case "http": isSecure = false
        default: return nil
        }
        let rest = text[scheme.upperBound...]
        let authority = rest.prefix { $0 != "/" }
        var path = rest[authority.endIndex...]
        while path.last == "/" { path.removeLast() }
        guard !text.contains(where: { "?#@\\".contains($0) }), let split = Self.split(authority) else { return nil }
        host = split.host
        port = split.port ?? (isSecure ? 443 : 80)
        self.path = String(path)
        guard isSecure || ["localhost", "127.0.0.1", "::1"].contains(host) else { return nil }
    }

    /// Host and port; the port is nil where none is written.
    private static func split(_ authority: Substring) -> (host: String, port: UInt16?)? {
        let host: Substring
        var rest: Substring
        if authority.first == "[" {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            host = authority[authority.index(after: authority.startIndex)..<end]
            rest = authority[authority.index(after: end)...]
        } else {
            host = authority.prefix { $0 != ":" }
            rest = authority[host.endIndex...]
        }
        guard !host.isEmpty else { return nil }
        if rest.isEmpty { return (host.lowercased(), nil) }
        guard rest.removeFirst() == ":", let port = UInt16(rest), port > 0 else { return nil }
        return (host.lowercased(), port)
    }

    /// Host and port as the header `:authority` carries them: the port is left out where the scheme implies it.
    package var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }

    /// The address, without a slash at the end.
    package var description: String { "\(isSecure ? "https" : "http")://\(authority)\(path)" }
}
