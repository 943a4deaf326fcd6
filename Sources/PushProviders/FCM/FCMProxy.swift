/// An HTTP proxy that requests to Google's hosts go through: `http://[user:password@]host:port`, or `https://…`.
///
/// It is asked for a tunnel (`CONNECT`), so that it sees neither paths nor tokens, and speaks TLS itself only with `https`.
package struct FCMProxy: Hashable, Sendable, CustomStringConvertible {
    /// A user name and a password, for Basic authentication.
    package struct Credentials: Hashable, Sendable {
        package let user: String
        package let password: String
    }

    /// Without user and password.
    package let url: String
    package let credentials: Credentials?

    /// What is allowed, for messages.
    package static let allowed = "http://[user:password@]host:port, or https://"

    /// Without the password.
    package var description: String { url }

    /// - Returns: nil for a text of another form: another scheme, no port, a path, a user without a password.
    package init?(_ text: String) {
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), let scheme = text.firstRange(of: "://"),
            ["http", "https"].contains(text[..<scheme.lowerBound].lowercased())
        else { return nil }
        var authority = text[scheme.upperBound...]
        if authority.last == "/" { authority = authority.dropLast() }
        var credentials: Credentials?
        if let at = authority.lastIndex(of: "@") {
            guard let read = Self.credentials(authority[..<at]) else { return nil }
            credentials = read
            authority = authority[authority.index(after: at)...]
        }
        // The same reader as for other addresses; the scheme does not matter to it here.
        guard !authority.contains(where: { "/?#@\\".contains($0) }), let colon = authority.lastIndex(of: ":"),
            UInt16(authority[authority.index(after: colon)...]) ?? 0 > 0,
            FCMEndpoint("https://\(authority)") != nil
        else { return nil }
        self.credentials = credentials
        url = "\(text[..<scheme.lowerBound].lowercased())://\(authority)"
    }

    /// `user:password`, where other characters than those of a URL are percent-encoded.
    private static func credentials(_ text: Substring) -> Credentials? {
        guard let colon = text.firstIndex(of: ":"),
            let user = decoded(text[..<colon]), let password = decoded(text[text.index(after: colon)...]),
            !user.isEmpty
        else { return nil }
        return Credentials(user: user, password: password)
    }

    /// Nil where a percent sign begins nothing, and for control characters.
    private static func decoded(_ text: Substring) -> String? {
        var octets: [UInt8] = []
        var rest = text.utf8
        while let octet = rest.popFirst() {
            guard octet == UInt8(ascii: "%") else {
                octets.append(octet)
                continue
            }
            let digits = Substring(rest.prefix(2))
            guard digits.utf8.count == 2, digits.allSatisfy(\.isHexDigit), let value = UInt8(digits, radix: 16) else {
                return nil
            }
            octets.append(value)
            rest = rest.dropFirst(2)
        }
        let isPrintable = octets.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
        return isPrintable ? String(validating: octets, as: UTF8.self) : nil
    }
}
