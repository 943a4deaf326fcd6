/// When a time zone's clocks were, are and will be how far from UTC: one file of the time zone database (RFC 9636).
package struct TimeZoneRules: Sendable {
    /// Seconds since 1970 of each change, ascending, and the seconds east of UTC from then on.
    private let changes: [Int64]
    private let offsets: [Int]
    private let firstOffset: Int
    /// What holds after the last change; nil where the last change holds for good.
    private let footer: TimeZoneFooter?

    /// The rules in the octets of a file of the database; nil for anything else.
    package init?(_ octets: [UInt8]) {
        var reader = Reader(octets)
        // The first part has 32-bit times and is there for readers of 1995; the second repeats it with 64 bits.
        guard let first = reader.header() else { return nil }
        var header = first
        var timeOctets = 4
        if first.version >= UInt8(ascii: "2") {
            guard reader.skip(first.bodyOctets(timeOctets: 4)), let second = reader.header() else { return nil }
            (header, timeOctets) = (second, 8)
        }
        guard let body = reader.body(header, timeOctets: timeOctets) else { return nil }
        changes = body.changes
        offsets = body.kinds.map { body.typeOffsets[$0] }
        firstOffset = body.typeOffsets[0]
        footer = timeOctets == 8 ? TimeZoneFooter(reader.rest()) : nil
    }

    /// The seconds east of UTC at a time in seconds since 1970.
    package func offset(at time: Int64) -> Int {
        var low = 0
        var high = changes.count
        while low < high {
            let middle = (low + high) / 2
            if changes[middle] <= time { low = middle + 1 } else { high = middle }
        }
        if low == changes.count, let footer { return footer.offset(at: time) }
        return low == 0 ? firstOffset : offsets[low - 1]
    }

    private struct Header {
        let version: UInt8
        let utcCount: Int
        let standardCount: Int
        let leapCount: Int
        let changeCount: Int
        let typeCount: Int
        let nameOctets: Int

        func bodyOctets(timeOctets: Int) -> Int {
            changeCount * (timeOctets + 1) + typeCount * 6 + nameOctets + leapCount * (timeOctets + 4) + standardCount
                + utcCount
        }
    }

    private struct Body {
        let changes: [Int64]
        /// Indexes into `typeOffsets`, one for each change.
        let kinds: [Int]
        let typeOffsets: [Int]
    }

    /// Takes a file apart; every count in it is checked against its length.
    private struct Reader {
        private let octets: [UInt8]
        private var position = 0

        init(_ octets: [UInt8]) { self.octets = octets }

        mutating func skip(_ count: Int) -> Bool {
            guard count <= octets.count - position else { return false }
            position += count
            return true
        }

        func rest() -> ArraySlice<UInt8> { octets[position...] }

        /// A big-endian number with a sign; the octets must be there.
        private mutating func number(_ count: Int) -> Int64 {
            let isNegative = octets[position] >= 0x80
            let value = octets[position..<position + count].reduce(isNegative ? -1 : 0) { $0 << 8 | Int64($1) }
            position += count
            return value
        }

        mutating func header() -> Header? {
            guard octets.count - position >= 44, octets[position...].starts(with: "TZif".utf8) else { return nil }
            let version = octets[position + 4]
            position += 20
            let counts = (0..<6).map { _ in Int(number(4)) }
            guard counts.allSatisfy({ (0...1_000_000).contains($0) }), counts[4] > 0 else { return nil }
            return Header(
                version: version,
                utcCount: counts[0],
                standardCount: counts[1],
                leapCount: counts[2],
                changeCount: counts[3],
                typeCount: counts[4],
                nameOctets: counts[5]
            )
        }

        mutating func body(_ header: Header, timeOctets: Int) -> Body? {
            guard header.bodyOctets(timeOctets: timeOctets) <= octets.count - position else { return nil }
            let changes = (0..<header.changeCount).map { _ in number(timeOctets) }
            let kinds = (0..<header.changeCount).map { _ in Int(number(1)) }
            var typeOffsets: [Int] = []
            for _ in 0..<header.typeCount {
                typeOffsets.append(Int(number(4)))
                position += 2
            }
            position += header.nameOctets + header.leapCount * (timeOctets + 4) + header.standardCount + header.utcCount
            let isSound =
                kinds.allSatisfy { typeOffsets.indices.contains($0) }
                && typeOffsets.allSatisfy { (-86_400...86_400).contains($0) }
                && zip(changes, changes.dropFirst()).allSatisfy { $0 < $1 }
            return isSound ? Body(changes: changes, kinds: kinds, typeOffsets: typeOffsets) : nil
        }
    }
}
