internal import Glibc

/// The address inside a socket address of that family, in network order: 4 octets, or 16; nil for other families.
///
/// An IPv4 address that is mapped into IPv6 (RFC 4291 section 2.5.5.2) leads to the IPv4 host, so it is given as 4 octets.
func addressOctets(family: CInt, _ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
    // SAFETY: nothing is read beyond the size of each structure, which the count is checked against.
    switch (family, bytes.count) {
    case (AF_INET, MemoryLayout<sockaddr_in>.size...):
        let start = 4  // After the family and the port (ip(7)).
        return unsafe [UInt8](bytes[start..<(start + 4)])
    case (AF_INET6, MemoryLayout<sockaddr_in6>.size...):
        let start = 8  // After the family, the port and the flow label (ipv6(7)).
        let octets = unsafe [UInt8](bytes[start..<(start + 16)])
        let isMapped = octets[..<10].allSatisfy { $0 == 0 } && octets[10] == 0xFF && octets[11] == 0xFF
        return isMapped ? [UInt8](octets[12...]) : octets
    default:
        return nil
    }
}

/// An address as people write it.
func addressText(_ octets: [UInt8]) -> String {
    guard octets.count == 16 else { return octets.map { "\($0)" }.joined(separator: ".") }
    let groups = stride(from: 0, to: 16, by: 2).map { Int(octets[$0]) << 8 | Int(octets[$0 + 1]) }
    return groups.map { String($0, radix: 16) }.joined(separator: ":")
}
