import PushProviders
import Testing

@Suite("Addresses of the public Internet")
struct AddressPolicyTests {
    static let publicAddresses = [
        "1.0.0.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "17.57.144.1", "34.107.221.82", "100.63.255.255",
        "100.128.0.0", "126.255.255.255", "128.0.0.0", "142.250.74.10", "169.253.255.255", "169.255.0.0",
        "172.15.255.255", "172.32.0.0", "191.255.255.255", "192.0.1.0", "192.0.3.0", "192.88.98.255", "192.88.100.0",
        "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "198.51.99.255", "198.51.101.0",
        "203.0.112.255", "203.0.114.0", "223.255.255.255",
        "2606:4700::1111", "2a00:1450:4001:830::200a", "2620:149:208:4302::a", "2001:200::", "2001:4860:4860::8888",
        "2001:db7:ffff:ffff::", "2001:db9::", "2003::1", "2000::", "3ffe::", "3fff:1000::", "3ffe:ffff::",
        "::ffff:8.8.8.8", "::8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1",
    ]

    static let specialAddresses = [
        // IPv4: both ends of each range.
        "0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255", "127.0.0.0",
        "127.0.0.1", "127.255.255.255", "169.254.0.0", "169.254.169.254", "169.254.255.255",
        "168.63.129.16", "172.16.0.0",
        "172.31.255.255", "192.0.0.0", "192.0.0.170", "192.0.0.255", "192.0.2.0", "192.0.2.255", "192.31.196.1",
        "192.52.193.1", "192.88.99.0", "192.88.99.255", "192.168.0.0", "192.168.255.255", "192.175.48.1", "198.18.0.0",
        "198.19.255.255", "198.51.100.0", "198.51.100.255", "203.0.113.0", "203.0.113.255", "224.0.0.0",
        "239.255.255.255", "240.0.0.0", "254.1.2.3", "255.255.255.255",
        // IPv6.
        "::", "::1", "::2", "::ffff", "100::", "100::ffff:ffff:ffff:ffff", "100:0:0:1::", "64:ff9b:1::",
        "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "64:ff9b::1:0:0", "2001::", "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2001:2::", "2001:10::", "2001:2f:ffff::", "2001:1ff:ffff::", "2001:db8::", "2001:db8:ffff:ffff::1",
        "2620:4f:8000::1", "3fff::", "3fff:fff:ffff::1", "5f00::1", "fc00::", "fd00:ec2::254", "fdff:ffff::", "fe80::",
        "fe80::1", "febf:ffff::", "fec0::", "feff::1", "ff00::", "ff02::1", "ffff::", "4000::", "1fff:ffff::",
        "0:0:1::", "fe00::",
        // IPv4 inside of IPv6.
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0.0.0.0", "::ffff:255.255.255.255",
        "::127.0.0.1", "::192.168.1.1", "64:ff9b::127.0.0.1", "64:ff9b::10.1.2.3", "64:ff9b::169.254.169.254",
        "2002:7f00:1::", "2002:a00:1::", "2002:a9fe:a9fe::1", "2002:c0a8:101::", "2002:e000:1::", "::fffe:8.8.8.8",
    ]

    private static func octets(_ text: String) throws -> [UInt8] {
        try #require(text.contains(":") ? IPAddress(v6: text) : IPAddress(v4: text), "\(text)").octets
    }

    @Test("addresses next to every special range are public", arguments: publicAddresses)
    func isPublic(text: String) throws {
        #expect(AddressPolicy.isPublic(try Self.octets(text)))
    }

    @Test("addresses of every special range are not", arguments: specialAddresses)
    func isSpecial(text: String) throws {
        #expect(!AddressPolicy.isPublic(try Self.octets(text)))
    }

    @Test("what has another length is no address", arguments: [0, 1, 3, 5, 15, 17, 128])
    func lengths(count: Int) {
        #expect(!AddressPolicy.isPublic([UInt8](repeating: 8, count: count)))
    }

    @Test(
        "an address is read, and written in one way",
        arguments: [
            ("::", [:], "::"), ("::1", [15: 1], "::1"), ("1::", [1: 1], "1::"),
            ("0001:0:0:0:0:0:0:00AB", [1: 1, 15: 0xAB], "1::ab"),
            ("1:0:0:2:0:0:0:3", [1: 1, 7: 2, 15: 3], "1:0:0:2::3"),
            ("1:0:0:2::", [1: 1, 7: 2], "1:0:0:2::"),
            ("::ffff:1.2.3.4", [10: 255, 11: 255, 12: 1, 13: 2, 14: 3, 15: 4], "::ffff:102:304"),
            ("1:2:3:4:5:6:7::", [1: 1, 3: 2, 5: 3, 7: 4, 9: 5, 11: 6, 13: 7], "1:2:3:4:5:6:7:0"),
            ("::2:3:4:5:6:7:8", [3: 2, 5: 3, 7: 4, 9: 5, 11: 6, 13: 7, 15: 8], "0:2:3:4:5:6:7:8"),
        ] as [(String, [Int: UInt8], String)]
    )
    func reading(text: String, octets: [Int: UInt8], written: String) throws {
        let address = try #require(IPAddress(v6: text))
        #expect(address.octets == (0..<16).map { octets[$0] ?? 0 })
        #expect(address.description == written)
        #expect(IPAddress(v6: written) == address)
    }

    @Test("whatever is written reads back", arguments: [1, 2, 3] as [UInt64])
    func roundTrip(seed: UInt64) throws {
        var random = SplitMix64(state: seed)
        for step in 0..<500 {
            var octets = (0..<16).map { _ in UInt8.random(in: 0...255, using: &random) }
            for group in 0..<8 where Bool.random(using: &random) {
                octets.replaceSubrange(group * 2..<group * 2 + 2, with: [0, 0])
            }
            let text = stride(from: 0, to: 16, by: 2).map {
                String(Int(octets[$0]) << 8 | Int(octets[$0 + 1]), radix: 16)
            }
            .joined(separator: ":")
            let address = try #require(IPAddress(v6: text), "seed \(seed), step \(step)")
            #expect(address.octets == octets, "seed \(seed), step \(step)")
            #expect(IPAddress(v6: address.description) == address, "seed \(seed), step \(step)")
        }
    }
}
