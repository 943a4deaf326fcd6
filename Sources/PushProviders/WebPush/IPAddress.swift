/// An IP address as a URL writes it: 4 or 16 octets, most significant first.
package struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    package let octets: [UInt8]

    /// Reads four decimal numbers without leading zeros (RFC 3986 section 3.2.2, `IPv4address`).
    ///
    /// The older forms (`127.1`, `0x7f000001`, `0177.0.0.1`) are none.
    package init?(v4 text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var octets: [UInt8] = []
        for part in parts {
            guard Self.isNumber(part, digitsMax: 3), part == "0" || part.first != "0", let octet = UInt8(part) else {
                return nil
            }
            octets.append(octet)
        }
        self.octets = octets
    }

    /// Reads what stands between the brackets (RFC 3986 section 3.2.2, `IPv6address`): no zone.
    package init?(v6 text: some StringProtocol) {
        let text = String(text)
        let halves: [String]
        if let gap = text.firstRange(of: "::") {
            halves = [String(text[..<gap.lowerBound]), String(text[gap.upperBound...])]
        } else {
            halves = [text]
        }
        var groups: [[UInt8]] = []
        for (index, half) in halves.enumerated() {
            // Only what ends the address may be an IPv4 address.
            guard let octets = Self.octets(half, endsAddress: index == halves.count - 1) else { return nil }
            groups.append(octets)
        }
        let count = groups.reduce(0) { $0 + $1.count }
        if groups.count == 1 {
            guard count == 16 else { return nil }
            octets = groups[0]
        } else {
            // The gap stands for one group at least (RFC 4291 section 2.2).
            guard count <= 14 else { return nil }
            octets = groups[0] + [UInt8](repeating: 0, count: 16 - count) + groups[1]
        }
    }

    /// The octets of groups that colons separate; nil where one is none.
    private static func octets(_ text: String, endsAddress: Bool) -> [UInt8]? {
        if text.isEmpty { return [] }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 8 else { return nil }
        var octets: [UInt8] = []
        for (index, part) in parts.enumerated() {
            if endsAddress, index == parts.count - 1, part.contains(".") {
                guard let tail = IPAddress(v4: part) else { return nil }
                octets += tail.octets
                continue
            }
            guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy(isHexadecimal),
                let group = UInt16(part, radix: 16)
            else { return nil }
            octets += [UInt8(group >> 8), UInt8(truncatingIfNeeded: group)]
        }
        return octets
    }

    /// Whether a host name would be read as an IPv4 address, in any form that a resolver knows.
    ///
    /// WHATWG URL section 3.5: the last label is a number, decimal or with `0x`.
    static func looksNumeric(_ host: String) -> Bool {
        guard let last = host.split(separator: ".").last else { return false }
        if last.utf8.allSatisfy(isDigit) { return true }
        return last.lowercased().hasPrefix("0x") && last.utf8.dropFirst(2).allSatisfy(isHexadecimal)
    }

    /// The usual text: IPv6 as RFC 5952 section 4 has it, without brackets.
    package var description: String {
        if octets.count == 4 { return octets.map(\.description).joined(separator: ".") }
        let groups = stride(from: 0, to: 16, by: 2).map { UInt16(octets[$0]) << 8 | UInt16(octets[$0 + 1]) }
        func text(_ range: Range<Int>) -> String {
            groups[range].map { String($0, radix: 16) }.joined(separator: ":")
        }
        let gap = Self.longestZeros(groups)
        guard gap.count > 1 else { return text(0..<8) }
        return "\(text(0..<gap.lowerBound))::\(text(gap.upperBound..<8))"
    }

    /// The first of the longest runs of zeros.
    private static func longestZeros(_ groups: [UInt16]) -> Range<Int> {
        var longest = 0..<0
        var start = 0
        for index in groups.indices {
            if groups[index] != 0 {
                start = index + 1
            } else if index + 1 - start > longest.count {
                longest = start..<index + 1
            }
        }
        return longest
    }

    private static func isNumber(_ text: some StringProtocol, digitsMax: Int) -> Bool {
        (1...digitsMax).contains(text.utf8.count) && text.utf8.allSatisfy(isDigit)
    }

    private static func isDigit(_ octet: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(octet) }

    private static func isHexadecimal(_ octet: UInt8) -> Bool {
        isDigit(octet) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(octet | 0x20)
    }
}
