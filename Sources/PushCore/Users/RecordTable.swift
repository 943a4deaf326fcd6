/// The records of one partition by their keys, in as little memory as they can be worked with.
///
/// Records lie packed (``RecordPacking``) in the blocks of a ``BlockStore``, each behind its key, and a ``RecordIndex`` knows where. What is
/// too long for a block has an array of its own. There is no allocation for a record, no copy of a key, and growing doubles nothing.
///
/// A value like any other: a copy costs nothing until one of both is changed, and then only what is changed.
struct RecordTable: Sendable {
    /// What a block says beside its size.
    private struct Notes {
        /// 19 bits: two of unused octets, two of the key's form, eleven of its length, and flags.
        var word: UInt32

        init(word: UInt32) { self.word = word }

        init(unused: Int, form: StoredKey.Form, keyCount: Int, isPacked: Bool, isListed: Bool) {
            let flags: UInt32 = (isPacked ? 1 << 15 : 0) | (isListed ? 1 << 16 : 0)
            word = UInt32(unused) | form.rawValue << 2 | UInt32(keyCount) << 4 | flags
        }

        var unused: Int { Int(word & 3) }
        var form: UInt32 { word >> 2 & 3 }
        var keyCount: Int { Int(word >> 4 & 0x7FF) }
        var isPacked: Bool { word & 1 << 15 != 0 }
        var isListed: Bool { word & 1 << 16 != 0 }
    }

    /// What is too long for a block.
    fileprivate struct Long: Sendable {
        let key: [UInt8]
        let value: [UInt8]
    }

    private static let keyCountMax = 0x7FF
    /// Set in the index for what is no block.
    private static let longBit = 1 << 34

    private var store = BlockStore()
    private var index = RecordIndex()
    private var names = SharedNames()
    private var longs: [Int: Long] = [:]
    private var lastLong = 0
    /// How often a record was set.
    private var changes: UInt64 = 0

    var count: Int { index.count }

    /// Octets that keys and records take, packed as they are.
    var octetCount: Int {
        4 * store.usedWords + longs.values.reduce(0) { $0 + $1.key.count + $1.value.count }
    }

    // MARK: Reading

    /// A record as it stands in the log; nil where there is none.
    subscript(key: String) -> [UInt8]? {
        get { octets(spot(of: key)) }
        set {
            var key = key
            // SAFETY: the key is lent for the calls.
            key.withUTF8 { key in
                let key = UnsafeRawBufferPointer(key)
                unsafe set(newValue, for: key, at: spot(of: key))
            }
        }
    }

    /// Where the record of a key is, or that there is none: what a command asks for several times is looked for once.
    ///
    /// Any change of the table makes it worthless.
    struct Spot: Sendable {
        fileprivate let hash: UInt64
        fileprivate let position: RecordIndex.Position?
        /// In the index; nil where there is no record.
        fileprivate let number: Int?
        fileprivate let changes: UInt64
    }

    /// Looks for a key.
    func spot(of key: UnsafeRawBufferPointer) -> Spot {
        let stored = unsafe StoredKey(key)
        let hash = stored.hash
        let position = position(stored, hash)
        return Spot(hash: hash, position: position, number: position.map { index[$0] }, changes: changes)
    }

    func spot(of key: String) -> Spot {
        var key = key
        // SAFETY: the octets are lent for the call.
        return key.withUTF8 { unsafe spot(of: UnsafeRawBufferPointer($0)) }
    }

    /// Whether the table is as it was when the spot was looked for.
    func isCurrent(_ spot: Spot) -> Bool { spot.changes == changes }

    /// What a record says, read by hand; nil where there is no record.
    ///
    /// `spot`: A current one.
    /// `read`: Is given fields as they stand in the log, some of which only the reader's `string()` can read.
    func read<Answer>(_ spot: Spot, _ read: (inout WireReader) -> Answer) -> Answer? {
        number(spot).map { self.read($0, read) }
    }

    func contains(_ key: String) -> Bool { spot(of: key).number != nil }

    /// How late a record's word is; nil where there is no record.
    func standing(_ spot: Spot) -> Standing? { read(spot) { Standing(&$0) } }

    /// Whether there is more to find in a record than under its key: see ``RecordPacking/Packed``.
    func isListed(_ spot: Spot) -> Bool {
        guard let number = number(spot) else { return false }
        return number & Self.longBit != 0 || Notes(word: store.header(number).notes).isListed
    }

    /// A record as it stands in the log; nil where there is none.
    func octets(_ spot: Spot) -> [UInt8]? { number(spot).map(octets) }

    private func number(_ spot: Spot) -> Int? {
        precondition(isCurrent(spot), "a spot is looked for again after a change")
        return spot.number
    }

    /// The records as they are now: a copy that costs nothing, and little when the table goes on.
    var image: Image { Image(store: store, names: names.table, longs: longs, count: count) }

    /// Records without what they are found by.
    struct Image: Sendable {
        fileprivate let store: BlockStore
        fileprivate let names: [UInt8]
        fileprivate let longs: [Int: Long]
        let count: Int

        /// Visits all records as they stand in the log, in no order.
        func forEach(_ body: (_ key: [UInt8], _ value: [UInt8]) -> Void) {
            store.forEach { place in
                body(RecordTable.key(ofBlock: place, store), RecordTable.octets(ofBlock: place, store, names))
            }
            for long in longs.values { body(long.key, long.value) }
        }
    }

    /// Visits all records as they stand in the log, in no order.
    func forEach(_ body: (_ key: [UInt8], _ value: [UInt8]) -> Void) { image.forEach(body) }

    /// Tells how late the word of each record is.
    func forEachStanding(_ body: (Standing) -> Void) {
        store.forEach { place in body(read(place) { Standing(&$0) }) }
        for number in longs.keys { body(read(number | Self.longBit) { Standing(&$0) }) }
    }

    /// Room for so many records, some of it free: a walk over so many entries comes round.
    var capacity: Int { index.capacity }

    /// Goes on with a walk over all records: see ``RecordIndex/walk(_:entries:_:)``.
    ///
    /// `isWanted`: Is given a record as ``read(_:_:)`` gives it, and what it is about; the keys of those wanted are returned.
    func walk(
        _ cursor: inout RecordIndex.Cursor,
        entries: Int,
        _ isWanted: (RecordPacking.Kind, inout WireReader) -> Bool
    ) -> [[UInt8]] {
        var keys: [[UInt8]] = []
        index.walk(&cursor, entries: entries) { number in
            let kind = kind(number)
            if read(number, { isWanted(kind, &$0) }) { keys.append(key(number)) }
        }
        return keys
    }

    private func key(_ number: Int) -> [UInt8] {
        if let long = longs[number & ~Self.longBit], number & Self.longBit != 0 { return long.key }
        return Self.key(ofBlock: number, store)
    }

    private func kind(_ number: Int) -> RecordPacking.Kind {
        if let long = longs[number & ~Self.longBit], number & Self.longBit != 0 {
            // SAFETY: the array outlives the call.
            return unsafe long.key.withUnsafeBytes { unsafe RecordPacking.Kind(key: $0) }
        }
        let notes = Notes(word: store.header(number).notes)
        return unsafe store.withOctets(of: number) { unsafe Self.kind(notes, $0) }
    }

    private static func kind(_ notes: Notes, _ octets: UnsafeRawBufferPointer) -> RecordPacking.Kind {
        switch notes.form {
        case StoredKey.Form.address.rawValue: .address
        case StoredKey.Form.uuid.rawValue: .user
        default: unsafe .init(key: octets)
        }
    }

    private func octets(_ number: Int) -> [UInt8] {
        if let long = longs[number & ~Self.longBit], number & Self.longBit != 0 { return long.value }
        return Self.octets(ofBlock: number, store, names.table)
    }

    private static func octets(ofBlock place: Int, _ store: BlockStore, _ names: [UInt8]) -> [UInt8] {
        let notes = Notes(word: store.header(place).notes)
        return unsafe store.withOctets(of: place) { octets in
            let value = unsafe UnsafeRawBufferPointer(rebasing: octets[notes.keyCount..<octets.count - notes.unused])
            guard notes.isPacked else { return unsafe Array(value) }
            return unsafe RecordPacking.unpacked(value, kind(notes, octets), names)
        }
    }

    private func read<Answer>(_ number: Int, _ read: (inout WireReader) -> Answer) -> Answer {
        if let long = longs[number & ~Self.longBit], number & Self.longBit != 0 {
            // SAFETY: the array outlives the call.
            return unsafe long.value.withUnsafeBytes { octets in
                var reader = unsafe WireReader(octets)
                return read(&reader)
            }
        }
        let notes = Notes(word: store.header(number).notes)
        let names = names.table
        return unsafe store.withOctets(of: number) { octets in
            // SAFETY: octets and names are lent for the call.
            let value = unsafe UnsafeRawBufferPointer(rebasing: octets[notes.keyCount..<octets.count - notes.unused])
            return unsafe names.withUnsafeBytes { names in
                var reader = notes.isPacked ? unsafe WireReader(value, names: names) : unsafe WireReader(value)
                return read(&reader)
            }
        }
    }

    private static func key(ofBlock place: Int, _ store: BlockStore) -> [UInt8] {
        let notes = Notes(word: store.header(place).notes)
        return unsafe store.withOctets(of: place) { octets in
            let stored = unsafe UnsafeRawBufferPointer(rebasing: octets[..<notes.keyCount])
            return unsafe StoredKey.key(stored, form: notes.form)
        }
    }

    // MARK: Writing

    /// Sets a record; nil removes it.
    ///
    /// As ``set(octets:for:at:_:)`` does.
    mutating func set(
        _ value: [UInt8]?,
        for key: UnsafeRawBufferPointer,
        at spot: Spot,
        _ known: RecordPacking.Known = .init()
    ) {
        guard let value else { return unsafe _ = set(octets: nil, for: key, at: spot) }
        // SAFETY: the value is lent for the call.
        unsafe value.withUnsafeBytes { _ = unsafe set(octets: $0, for: key, at: spot, known) }
    }

    /// Sets a record; nil removes it.
    ///
    /// `key`, `value`: Lent for the call.
    /// `spot`: Of the key, and current.
    ///
    /// - Returns: Whether the record is listed now: see ``isListed(_:)``.
    @discardableResult
    mutating func set(
        octets value: UnsafeRawBufferPointer?,
        for key: UnsafeRawBufferPointer,
        at spot: Spot,
        _ known: RecordPacking.Known = .init()
    ) -> Bool {
        precondition(isCurrent(spot), "a spot is looked for again after a change")
        changes += 1
        let (hash, position) = (spot.hash, spot.position)
        defer { if store.isSparse { condense() } }
        guard let value = unsafe value else {
            if let position { remove(position) }
            return false
        }
        let stored = unsafe StoredKey(key)
        return unsafe withUnsafeTemporaryAllocation(byteCount: value.count, alignment: 8) { room in
            let packed = unsafe RecordPacking.pack(value, .init(key: key), &names, known, into: room)
            let octets = unsafe packed.count.map {
                unsafe UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(room)[..<$0])
            }
            let count = unsafe 4 + stored.count + (octets?.count ?? value.count)
            let words = (count + 3) / 4
            guard words <= BlockStore.wordsMax, stored.count <= Self.keyCountMax else {
                if let position { remove(position) }
                unsafe insert(Long(key: Array(key), value: Array(value)), hash)
                return true
            }
            let notes = Notes(
                unused: 4 * words - count,
                form: stored.form,
                keyCount: stored.count,
                isPacked: unsafe octets != nil,
                isListed: packed.isListed
            )
            let place = self.place(words: words, position, hash)
            store.note(notes.word, at: place)
            unsafe store.withMutableOctets(of: place) { block in
                unsafe stored.write(to: block)
                unsafe UnsafeMutableRawBufferPointer(rebasing: block[stored.count...])
                    .copyMemory(from: octets ?? value)
            }
            return packed.isListed
        }
    }

    /// A block of so many words for a record that the index then knows: the one that it has, where that is large enough.
    private mutating func place(words: Int, _ position: RecordIndex.Position?, _ hash: UInt64) -> Int {
        guard let position else {
            let place = store.take(words: words)
            index.insert(place, of: hash)
            return place
        }
        let former = index[position]
        if former & Self.longBit != 0 {
            longs[former & ~Self.longBit] = nil
        } else if store.header(former).words >= words {
            store.shorten(former, toWords: words)
            return former
        } else {
            store.giveBack(former)
        }
        let place = store.take(words: words)
        index[position] = place
        return place
    }

    private mutating func insert(_ long: Long, _ hash: UInt64) {
        lastLong += 1
        longs[lastLong] = long
        index.insert(lastLong | Self.longBit, of: hash)
    }

    private mutating func remove(_ position: RecordIndex.Position) {
        let number = index[position]
        index.remove(position)
        if number & Self.longBit != 0 { longs[number & ~Self.longBit] = nil } else { store.giveBack(number) }
    }

    /// Gives up the emptiest segment, whose records move.
    private mutating func condense() {
        for (from, to) in store.giveUpEmptiest() {
            let notes = Notes(word: store.header(to).notes)
            let hash = unsafe store.withOctets(of: to) { octets in
                unsafe StoredKey.hash(UnsafeRawBufferPointer(rebasing: octets[..<notes.keyCount]), notes.form)
            }
            var search = index.search(hash)
            var number = index.next(&search)
            while let other = number, other != from { number = index.next(&search) }
            precondition(number == from, "the index knows every block")
            index[search.position] = to
        }
    }

    // MARK: Keys

    private func position(_ key: StoredKey, _ hash: UInt64) -> RecordIndex.Position? {
        var search = index.search(hash)
        while let number = index.next(&search) {
            if isRecord(number, of: key) { return search.position }
        }
        return nil
    }

    private func isRecord(_ number: Int, of key: StoredKey) -> Bool {
        if number & Self.longBit != 0 {
            guard let long = longs[number & ~Self.longBit] else { return false }
            // SAFETY: the array outlives the call.
            return unsafe long.key.withUnsafeBytes { unsafe StoredKey($0) == key }
        }
        let notes = Notes(word: store.header(number).notes)
        guard notes.keyCount == key.count, notes.form == key.form.rawValue else { return false }
        return unsafe store.withOctets(of: number) { unsafe key.isPrefix(of: $0) }
    }
}
