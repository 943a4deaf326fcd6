import PushCore
import Testing

@Suite("Hashes of words")
struct KeyedHashTests {
    @Test("a word has one hash, and another one for another table")
    func same() {
        for word: UInt64 in [0, 1, .max, 0x8000_0000_0000_0000] {
            #expect(KeyedHash.of(word, seed: 7) == KeyedHash.of(word, seed: 7))
            #expect(KeyedHash.of(word, seed: 7) != KeyedHash.of(word, seed: 8))
        }
    }

    @Test(
        "words that differ little are spread over the places of a table",
        arguments: [0, 8, 20, 32, 48]
    )
    func spread(_ shift: UInt64) {
        let places = 4096
        var taken: [Int: Int] = [:]
        for number in 0..<UInt64(places) {
            taken[KeyedHash.of(number << shift, seed: 12) & (places - 1), default: 0] += 1
        }
        // Of random hashes 63 % of the places are taken, and none by more than ten or so.
        #expect(taken.count > places / 2, "places taken: \(taken.count)")
        #expect(taken.values.max() ?? 0 < 24)
    }

    @Test("sets find what was put in, whatever was taken out between")
    func sets() {
        var members: Set<Identifier> = []
        for number in 0..<UInt64(10_000) {
            members.insert(Identifier(high: 1, low: number << 16))
            if number % 3 == 0 { members.remove(Identifier(high: 1, low: number / 2 << 16)) }
        }
        let expected = Set((0..<UInt64(10_000)).map { $0 << 16 })
            .subtracting(stride(from: UInt64(0), to: 10_000, by: 3).map { $0 / 2 << 16 })
        #expect(Set(members.map(\.low)) == expected)
        #expect(members.count == expected.count)
        #expect(expected.allSatisfy { members.contains(Identifier(high: 1, low: $0)) })
        #expect(!members.contains(Identifier(high: 2, low: 1 << 16)))
    }
}
