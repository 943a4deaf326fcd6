internal import Glibc

/// One address to connect to.
struct SocketAddress: Sendable, Hashable {
    let family: CInt
    /// A `sockaddr` of that family, byte for byte.
    let bytes: [UInt8]
    /// Numeric address and port, for people.
    let text: String

    /// Asks the system for the addresses of a host, in its order of preference; blocks unless `isNumeric`.
    static func resolve(host: String, port: UInt16, isNumeric: Bool) -> Result<[SocketAddress], LookupError> {
        // SAFETY: a zeroed addrinfo, as getaddrinfo wants; its pointers are nil.
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        unsafe hints.ai_flags = AI_NUMERICSERV
        if isNumeric { unsafe hints.ai_flags = AI_NUMERICSERV | AI_NUMERICHOST }
        var list: UnsafeMutablePointer<addrinfo>?
        // SAFETY: `hints` is zeroed but for the fields set; `list` is freed once, below, if the call gave one.
        let code = unsafe getaddrinfo(host, String(port), &hints, &list)
        guard code == 0 else {
            // SAFETY: gai_strerror returns a constant string for every code.
            return .failure(LookupError(text: unsafe String(cString: gai_strerror(code))))
        }
        defer { unsafe freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var next = unsafe list
        // SAFETY: getaddrinfo gave a list of valid entries that ends with nil; it is freed after the loop.
        while let entry = unsafe next {
            if let address = unsafe SocketAddress(entry.pointee), !addresses.contains(address) {
                addresses.append(address)
            }
            unsafe next = entry.pointee.ai_next
        }
        return .success(addresses)
    }

    /// The same addresses, the first of each family chosen by `draw`: connections of a pool, each with a draw of its own,
    /// spread over a host's addresses, while the system's preference of one family over the other stays.
    static func rotated(_ addresses: [SocketAddress], by draw: UInt64) -> [SocketAddress] {
        var result: [SocketAddress] = []
        for family in addresses.map(\.family) where !result.contains(where: { $0.family == family }) {
            let same = addresses.filter { $0.family == family }
            let first = Int(draw % UInt64(same.count))
            result += same[first...] + same[..<first]
        }
        return result
    }

    /// The 4 octets of an IPv4 address, or the 16 of IPv6; one of IPv4 inside IPv6 (RFC 4291 section 2.5.5.2) gives its 4,
    /// since that is where a connection to it goes.
    var octets: [UInt8] {
        // A sockaddr_in has its address behind family and port, a sockaddr_in6 behind the flow label too.
        if family == AF_INET { return Array(bytes[4..<8]) }
        let octets = Array(bytes[8..<24])
        let isMapped = octets[..<10].allSatisfy { $0 == 0 } && octets[10] == 0xFF && octets[11] == 0xFF
        return isMapped ? Array(octets[12...]) : octets
    }

    private init?(_ entry: addrinfo) {
        guard let address = unsafe entry.ai_addr else { return nil }
        family = unsafe entry.ai_family
        // SAFETY: `ai_addr` points at `ai_addrlen` bytes, as getaddrinfo says.
        let length = unsafe entry.ai_addrlen
        let isInternet =
            family == AF_INET && length == socklen_t(MemoryLayout<sockaddr_in>.size)
            || family == AF_INET6 && length == socklen_t(MemoryLayout<sockaddr_in6>.size)
        guard isInternet else { return nil }
        unsafe bytes = [UInt8](UnsafeRawBufferPointer(start: address, count: Int(length)))
        text = unsafe Self.numericText(address, length)
    }

    private static func numericText(_ address: UnsafeMutablePointer<sockaddr>, _ length: socklen_t) -> String {
        let hostMax = 64
        let portMax = 8
        var host = [CChar](repeating: 0, count: hostMax)
        var port = [CChar](repeating: 0, count: portMax)
        let flags = NI_NUMERICHOST | NI_NUMERICSERV
        // SAFETY: both buffers have the size given; on success both hold zero-terminated text.
        unsafe getnameinfo(address, length, &host, socklen_t(hostMax), &port, socklen_t(portMax), flags)
        let hostText = String(decoding: host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let portText = String(decoding: port.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return hostText.contains(":") ? "[\(hostText)]:\(portText)" : "\(hostText):\(portText)"
    }
}

/// A failed name lookup, in the system's words.
struct LookupError: Error, Hashable, Sendable {
    let text: String
}
