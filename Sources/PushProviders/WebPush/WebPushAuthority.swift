/// `host[:port]` of a URL, read strictly: nothing that another reader could understand otherwise.
struct WebPushAuthority {
    struct Parts: Hashable, Sendable {
        /// Lower case; of an IPv6 address the text of RFC 5952, without brackets.
        let host: String
        /// nil: the host is a name.
        let address: IPAddress?
        /// nil where none is written.
        let port: UInt16?
    }

    let result: Result<Parts, WebPushEndpoint.Refusal>

    /// The parts; nil where there are none.
    var value: Parts? { try? result.get() }

    init(_ text: Substring) {
        result = Result { () throws(WebPushEndpoint.Refusal) in try Self.read(text) }
    }

    private static func read(_ text: Substring) throws(WebPushEndpoint.Refusal) -> Parts {
        if text.contains("@") { throw .userInformation }
        if text.contains("%") { throw .percentEncodedHost }
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]"),
                let address = IPAddress(v6: text[text.index(after: text.startIndex)..<end])
            else { throw .malformedAddress }
            let port = try port(text[text.index(after: end)...])
            return Parts(host: address.description, address: address, port: port)
        }
        let name = text.prefix { $0 != ":" }
        let port = try port(text[name.endIndex...])
        let host = name.lowercased()
        if host.isEmpty { throw .noHost }
        if host.last == "." { throw .trailingDot }
        if IPAddress.looksNumeric(host) {
            guard let address = IPAddress(v4: host) else { throw .malformedAddress }
            return Parts(host: host, address: address, port: port)
        }
        guard isName(host) else { throw .malformedHost }
        return Parts(host: host, address: nil, port: port)
    }

    private static func port(_ text: Substring) throws(WebPushEndpoint.Refusal) -> UInt16? {
        if text.isEmpty { return nil }
        let digits = text.dropFirst()
        // One way to write each: no sign, no zeros in front.
        guard text.first == ":", digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            digits.first != "0", let port = UInt16(digits)
        else { throw .malformedPort }
        return port
    }

    /// RFC 1123 section 2.1: labels of letters, digits and hyphens, 253 characters at most.
    ///
    /// An internationalized name comes as its punycode and is a name like any other.
    private static func isName(_ host: String) -> Bool {
        guard host.utf8.count <= 253 else { return false }
        return host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                && label.utf8.allSatisfy { octet in
                    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(octet)
                        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(octet) || octet == UInt8(ascii: "-")
                }
        }
    }
}
