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
}
