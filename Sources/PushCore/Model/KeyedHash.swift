/// The hash of one word, for keys that every record is looked up by: two multiplications in the place of SipHash.
///
/// Keyed with a number of the process's own, so that nobody outside can choose words that meet.
package enum KeyedHash {
    private static let keys = (UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max) | 1)

    /// `seed`: Of the table: tables of different sizes have different ones.
    package static func of(_ word: UInt64, seed: Int) -> Int {
        let (first, second) = keys
        let product = (word ^ first).multipliedFullWidth(by: second)
        let mixed = product.high ^ product.low ^ UInt64(bitPattern: Int64(seed))
        let folded = mixed.multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        return Int(truncatingIfNeeded: folded.high ^ folded.low)
    }

    /// The hash of octets, such as the key of a record: a multiplication for each eight of them, and one more.
    static func of(_ octets: UnsafeRawBufferPointer, seed: UInt32) -> UInt64 {
        let (first, second) = keys
        var hash = first ^ UInt64(octets.count) ^ UInt64(seed) << 32
        var position = 0
        while position < octets.count {
            let left = octets.count - position
            var word: UInt64 = 0
            if left >= 8 {
                // SAFETY: eight octets are left.
                word = unsafe octets.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            } else {
                for offset in 0..<left { unsafe word |= UInt64(octets[position + offset]) << UInt64(8 * offset) }
            }
            let product = (hash ^ word).multipliedFullWidth(by: second)
            hash = product.high ^ product.low ^ first
            position += 8
        }
        let folded = hash.multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        return folded.high ^ folded.low
    }
}
