/// Where records are, by the hashes of their keys: a number for each, and room for few more.
///
/// 64 open-addressed tables, each of which grows by an eighth when it is full, so that growing costs little at once and doubles
/// nothing. A hash may have several numbers; which one is meant, the record tells.
struct RecordIndex: Sendable {
    /// Below 2^35.
    typealias Number = Int

    private struct Shard: Sendable {
        /// 28 bits of the hash, 35 of the number, and one that says that there is an entry.
        var entries: [UInt64] = []
        var count = 0
    }

    /// Where an entry stands: valid until the index changes.
    struct Position {
        fileprivate let shard: Int
        fileprivate let entry: Int
    }

    private var shards = [Shard](repeating: Shard(), count: 64)
    private(set) var count = 0

    /// Entries that there is room for, of all tables.
    var capacity: Int { shards.reduce(0) { $0 + $1.entries.count } }

    /// Entries in use that stand behind one another: as many as a search looks at, at the most.
    var longestRun: Int {
        shards.map { shard in shard.entries.split(separator: 0).map(\.count).max() ?? 0 }.max() ?? 0
    }

    private static let numberBits: UInt64 = 35
    private static let numberMask: UInt64 = 1 << numberBits - 1
    private static let tagBits: UInt64 = 28

    /// A search for the numbers of one hash: see ``next(_:)``.
    struct Search {
        fileprivate let shard: Int
        fileprivate let tag: UInt64
        /// Where to look next; -1: nowhere.
        fileprivate var entry: Int

        /// The position of the number that was found last.
        fileprivate(set) var position: Position
    }

    /// Begins to look for the numbers of a hash.
    func search(_ hash: UInt64) -> Search {
        let shard = Self.shard(hash)
        let tag = Self.tag(hash)
        let capacity = shards[shard].entries.count
        let home = capacity == 0 ? -1 : Self.home(tag, capacity)
        return Search(shard: shard, tag: tag, entry: home, position: Position(shard: shard, entry: home))
    }

    /// The next number; nil when there are no more.
    func next(_ search: inout Search) -> Number? {
        if search.entry < 0 { return nil }
        while true {
            let found = search.entry
            let word = shards[search.shard].entries[found]
            if word == 0 { return nil }
            search.entry = found + 1 == shards[search.shard].entries.count ? 0 : found + 1
            guard Self.tag(ofEntry: word) == search.tag else { continue }
            search.position = Position(shard: search.shard, entry: found)
            return Int(word & Self.numberMask)
        }
    }

    /// Where a walk over all numbers has come to: see ``walk(_:entries:_:)``.
    struct Cursor: Sendable {
        fileprivate var shard = 0
        fileprivate var entry = 0
    }

    /// Visits the numbers in the next entries; behind the last it goes on with the first.
    ///
    /// What moves meanwhile, because others come and go, may be visited twice, or not before the next time round.
    func walk(_ cursor: inout Cursor, entries: Int, _ visit: (Number) -> Void) {
        var left = min(entries, capacity)
        while left > 0 {
            let shard = shards[cursor.shard].entries
            let end = min(shard.count, cursor.entry + left)
            if cursor.entry < end {
                for word in shard[cursor.entry..<end] where word != 0 { visit(Int(word & Self.numberMask)) }
                left -= end - cursor.entry
            }
            cursor.entry = end
            if cursor.entry >= shard.count { cursor = Cursor(shard: (cursor.shard + 1) % shards.count, entry: 0) }
        }
    }

    subscript(position: Position) -> Number {
        get { Int(shards[position.shard].entries[position.entry] & Self.numberMask) }
        set {
            let word = shards[position.shard].entries[position.entry]
            shards[position.shard].entries[position.entry] = word & ~Self.numberMask | UInt64(newValue)
        }
    }

    /// Adds a number to a hash that does not have it.
    mutating func insert(_ number: Number, of hash: UInt64) {
        precondition(number >= 0 && UInt64(number) <= Self.numberMask, "a number has 35 bits")
        let shard = Self.shard(hash)
        if (shards[shard].count + 1) * 20 > shards[shard].entries.count * 17 { grow(shard) }
        let word = 1 << 63 | Self.tag(hash) << Self.numberBits | UInt64(number)
        Self.put(word, into: &shards[shard].entries)
        shards[shard].count += 1
        count += 1
    }

    /// Takes a number away; entries behind it move up, so that no search ends before it should.
    mutating func remove(_ position: Position) {
        let shard = position.shard
        let capacity = shards[shard].entries.count
        var hole = position.entry
        var entry = hole
        while true {
            entry = entry + 1 == capacity ? 0 : entry + 1
            let word = shards[shard].entries[entry]
            if word == 0 { break }
            // May it stand in the hole? Not if its home lies behind the hole, up to where it stands.
            let home = Self.home(Self.tag(ofEntry: word), capacity)
            let isBehind = hole <= entry ? hole < home && home <= entry : hole < home || home <= entry
            if isBehind { continue }
            shards[shard].entries[hole] = word
            hole = entry
        }
        shards[shard].entries[hole] = 0
        shards[shard].count -= 1
        count -= 1
    }

    private mutating func grow(_ shard: Int) {
        let former = shards[shard].entries
        var entries = [UInt64](repeating: 0, count: max(8, former.count + former.count / 8))
        for word in former where word != 0 { Self.put(word, into: &entries) }
        shards[shard].entries = entries
    }

    private static func put(_ word: UInt64, into entries: inout [UInt64]) {
        var entry = home(tag(ofEntry: word), entries.count)
        while entries[entry] != 0 { entry = entry + 1 == entries.count ? 0 : entry + 1 }
        entries[entry] = word
    }

    private static func shard(_ hash: UInt64) -> Int { Int(hash >> 58) }
    private static func tag(_ hash: UInt64) -> UInt64 { hash >> 30 & (1 << tagBits - 1) }
    private static func tag(ofEntry word: UInt64) -> UInt64 { word >> numberBits & (1 << tagBits - 1) }
    private static func home(_ tag: UInt64, _ capacity: Int) -> Int { Int((tag * UInt64(capacity)) >> tagBits) }
}
