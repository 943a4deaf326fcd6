/// Short texts that many records have in common, such as the names of apps and languages: each is held once, and records name it
/// by a number of one octet.
///
/// Names are never given up: the first 256 are shared, and later ones stay in their records.
struct SharedNames: Sendable {
    /// By number, each in ``entryOctets``: its length in one, and the name in UTF-8, as Protobuf has a string.
    private(set) var table: [UInt8] = []
    /// Numbers by hash, open-addressed; -1: free.
    private var places = [Int16](repeating: -1, count: 1024)

    static let octetsMax = 64
    private static let entryOctets = 1 + octetsMax
    private static let countMax = 256

    private var count: Int { table.count / Self.entryOctets }

    /// The name of a number with its length in front of it, where it stands in a table; nil where there is none.
    static func entry(_ number: Int, in table: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        let start = number * entryOctets
        guard start < table.count else { return nil }
        // SAFETY: entries are whole, and a name is no longer than they have room for.
        return unsafe UnsafeRawBufferPointer(rebasing: table[start...start + Int(table[start])])
    }

    /// The number of a name, which it gets if there is one left; nil where the name stays in its record.
    mutating func number(of name: UnsafeRawBufferPointer) -> UInt8? {
        guard name.count > 0, name.count <= Self.octetsMax else { return nil }
        var place = unsafe Self.hash(name) & (places.count - 1)
        while places[place] >= 0 {
            let number = Int(places[place])
            if unsafe isName(number, name) { return UInt8(number) }
            place = (place + 1) & (places.count - 1)
        }
        guard count < Self.countMax, unsafe ByteScanning.firstInvalidUTF8(name) == nil else { return nil }
        places[place] = Int16(count)
        table.append(UInt8(name.count))
        unsafe table.append(contentsOf: name)
        table.append(contentsOf: repeatElement(0, count: Self.octetsMax - name.count))
        return UInt8(count - 1)
    }

    private func isName(_ number: Int, _ name: UnsafeRawBufferPointer) -> Bool {
        // SAFETY: both are lent for the call.
        unsafe table.withUnsafeBytes { table in
            guard let entry = unsafe Self.entry(number, in: table) else { return false }
            return unsafe ByteScanning.equal(UnsafeRawBufferPointer(rebasing: entry[1...]), name)
        }
    }

    /// Who chooses names that meet makes 256 of them slow to find, and no more.
    private static func hash(_ name: UnsafeRawBufferPointer) -> Int {
        var hash: UInt64 = UInt64(name.count)
        var position = 0
        while position + 8 <= name.count {
            // SAFETY: eight octets are left.
            let word = unsafe name.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            hash = (hash ^ word) &* 0x9E37_79B9_7F4A_7C15
            hash ^= hash >> 32
            position += 8
        }
        while position < name.count {
            hash = unsafe (hash ^ UInt64(name[position])) &* 0x9E37_79B9_7F4A_7C15
            position += 1
        }
        return Int(truncatingIfNeeded: hash >> 40)
    }
}
