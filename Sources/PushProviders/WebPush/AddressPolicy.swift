/// Whether an IP address belongs to the public Internet.
///
/// An endpoint comes from a client, and a name that it holds may lead anywhere: to this machine, to its neighbours, to the
/// cloud's metadata service. So what a name leads to is judged once more when a connection is made.
///
/// Source: the IANA registries of special-purpose addresses for IPv4 and IPv6 (RFC 6890, as of 2025), and the RFC beside
/// each range.
package enum AddressPolicy {
    /// Whether a connection to it leaves for the public Internet.
    ///
    /// An IPv6 address that stands for an IPv4 address is judged by that one.
    ///
    /// - Parameter octets: 4 or 16, most significant first. Any other number of octets is no address, and not public.
    /// - Returns: false for every special-purpose range, also for the few that are routed (AS112, AMT).
    package static func isPublic(_ octets: [UInt8]) -> Bool {
        switch octets.count {
        case 4:
            return !specialV4.contains { $0.contains(octets) }
        case 16:
            if let carrier = carriers.first(where: { $0.range.contains(octets) }) {
                return isPublic(Array(octets[carrier.innerAt..<carrier.innerAt + 4]))
            }
            // RFC 4291 section 2.4: nothing but 2000::/3 is given out for global unicast.
            return globalUnicast.contains(octets) && !specialV6.contains { $0.contains(octets) }
        default:
            return false
        }
    }

    /// Addresses that begin with the same bits.
    private struct Range: Sendable {
        let first: [UInt8]
        let bits: Int

        init(_ first: [UInt8], _ bits: Int) {
            self.first = first
            self.bits = bits
        }

        /// IPv6: the octets up to the last that is not zero.
        init(v6 start: [UInt8], _ bits: Int) {
            self.init(start + [UInt8](repeating: 0, count: 16 - start.count), bits)
        }

        func contains(_ octets: [UInt8]) -> Bool {
            for index in 0..<bits / 8 where octets[index] != first[index] { return false }
            guard bits % 8 != 0 else { return true }
            return (octets[bits / 8] ^ first[bits / 8]) >> UInt8(8 - bits % 8) == 0
        }
    }

    private static let specialV4 = [
        // This host on this network: RFC 791 section 3.2. Linux takes 0.0.0.0 for itself.
        Range([0, 0, 0, 0], 8),
        // Private use: RFC 1918.
        Range([10, 0, 0, 0], 8),
        // Shared by a carrier's customers: RFC 6598.
        Range([100, 64, 0, 0], 10),
        // Loopback: RFC 1122 section 3.2.1.3.
        Range([127, 0, 0, 0], 8),
        // Link-local, 169.254.169.254 (metadata of clouds) among them: RFC 3927.
        Range([169, 254, 0, 0], 16),
        // Public by number, and a platform's services to the machines of that platform: Microsoft, "What is IP address 168.63.129.16?"
        Range([168, 63, 129, 16], 32),
        // Private use: RFC 1918.
        Range([172, 16, 0, 0], 12),
        // IETF protocol assignments: RFC 6890 section 2.1.
        Range([192, 0, 0, 0], 24),
        // Documentation (TEST-NET-1): RFC 5737.
        Range([192, 0, 2, 0], 24),
        // AS112, name servers for what is never delegated: RFC 7535.
        Range([192, 31, 196, 0], 24),
        // Automatic multicast tunneling: RFC 7450.
        Range([192, 52, 193, 0], 24),
        // 6to4 relay anycast, deprecated: RFC 7526.
        Range([192, 88, 99, 0], 24),
        // Private use: RFC 1918.
        Range([192, 168, 0, 0], 16),
        // AS112 direct delegation: RFC 7534.
        Range([192, 175, 48, 0], 24),
        // Benchmarks: RFC 2544.
        Range([198, 18, 0, 0], 15),
        // Documentation (TEST-NET-2 and 3): RFC 5737.
        Range([198, 51, 100, 0], 24),
        Range([203, 0, 113, 0], 24),
        // Multicast: RFC 5771.
        Range([224, 0, 0, 0], 4),
        // Reserved, RFC 1112 section 4, and with its last address limited broadcast, RFC 919 section 7.
        Range([240, 0, 0, 0], 4),
    ]

    /// IPv6 ranges whose addresses hold an IPv4 address, and where in them.
    private static let carriers: [(range: Range, innerAt: Int)] = [
        // IPv4-mapped: RFC 4291 section 2.5.5.2.
        (Range(v6: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF], 96), 12),
        // IPv4-compatible, deprecated: RFC 4291 section 2.5.5.1. `::` and `::1` fall under 0.0.0.0/8.
        (Range(v6: [], 96), 12),
        // NAT64: RFC 6052 section 2.1.
        (Range(v6: [0x00, 0x64, 0xFF, 0x9B], 96), 12),
        // 6to4: RFC 3056 section 2.
        (Range(v6: [0x20, 0x02], 16), 2),
    ]

    private static let globalUnicast = Range(v6: [0x20], 3)

    /// Inside of 2000::/3.
    ///
    /// What lies outside is not listed: 64:ff9b:1::/48 (local NAT64, RFC 8215), 100::/64 (discard, RFC 6666), 100:0:0:1::/64
    /// (dummy, RFC 9780), 5f00::/16 (segment routing, RFC 9602), fc00::/7 (unique local, RFC 4193), fe80::/10 (link-local,
    /// RFC 4291), fec0::/10 (site-local, RFC 3879), ff00::/8 (multicast, RFC 4291).
    private static let specialV6 = [
        // IETF protocol assignments: RFC 2928. Teredo (2001::/32, RFC 4380), benchmarks (2001:2::/48, RFC 5180) and ORCHID
        // (2001:10::/28 and 2001:20::/28, RFC 4843 and 7343) are in it.
        Range(v6: [0x20, 0x01], 23),
        // Documentation: RFC 3849.
        Range(v6: [0x20, 0x01, 0x0D, 0xB8], 32),
        // AS112 direct delegation: RFC 7534.
        Range(v6: [0x26, 0x20, 0x00, 0x4F, 0x80], 48),
        // Documentation: RFC 9637.
        Range(v6: [0x3F, 0xFF], 20),
    ]
}
