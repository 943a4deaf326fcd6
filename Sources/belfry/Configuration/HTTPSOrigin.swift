/// Reads `https://host[:port]`.
enum HTTPSOrigin {
    /// Nil for another scheme, a path, a query or user information.
    static func parse(_ text: String) -> Configuration.BaseURL? {
        guard text.lowercased().hasPrefix("https://") else { return nil }
        var authority = text.dropFirst(8)
        if authority.hasSuffix("/") { authority = authority.dropLast() }
        var host = authority
        var port: Substring?
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            host = authority[authority.index(after: authority.startIndex)..<end]
            let rest = authority[authority.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
            port = rest.isEmpty ? nil : rest.dropFirst()
            guard host.contains(":"), host.utf8.allSatisfy({ $0 == UInt8(ascii: ":") || isNameOctet($0) }) else {
                return nil
            }
        } else {
            if let colon = authority.firstIndex(of: ":") {
                host = authority[..<colon]
                port = authority[authority.index(after: colon)...]
            }
            guard !host.isEmpty, host.utf8.count <= 253, host.utf8.allSatisfy(isNameOctet) else { return nil }
        }
        guard let port else { return Configuration.BaseURL(host: String(host), port: 443) }
        guard port.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let number = UInt16(port),
            number > 0
        else { return nil }
        return Configuration.BaseURL(host: String(host), port: Int(number))
    }
}
