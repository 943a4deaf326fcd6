/// Short texts that many records have in common, such as the names of apps and languages: each is held once, and records name it
/// by a number of one octet.
///
/// Names are never given up: the first 256 are shared, and later ones stay in their records.
struct SharedNames: Sendable {
    /// By number.
    private(set) var texts: [String] = []
    private var octets: [[UInt8]] = []
    /// Numbers by hash, open-addressed; -1: free.
    private var places = [Int16](repeating: -1, count: 1024)

    static let octetsMax = 64
    private static let countMax = 256

    /// The number of a name, which it gets if there is one left; nil where the name stays in its record.
    mutating func number(of name: UnsafeRawBufferPointer) -> UInt8? {
        guard name.count > 0, name.count <= Self.octetsMax else { return nil }
        var place = unsafe Self.hash(name) & (places.count - 1)
        while places[place] >= 0 {
            let number = Int(places[place])
            if octets[number].count == name.count, unsafe Self.equals(octets[number], name) { return UInt8(number) }
            place = (place + 1) & (places.count - 1)
        }
        guard texts.count < Self.countMax, unsafe ByteScanning.firstInvalidUTF8(name) == nil else { return nil }
        places[place] = Int16(texts.count)
        unsafe texts.append(String(decoding: name, as: UTF8.self))
        unsafe octets.append(Array(name))
        return UInt8(texts.count - 1)
    }

    private static func equals(_ known: [UInt8], _ name: UnsafeRawBufferPointer) -> Bool {
        // SAFETY: both are lent for the call.
        unsafe known.withUnsafeBytes { unsafe $0.elementsEqual(name) }
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
