/// Memory for many small pieces that come, go and change their size, without an allocation for each.
///
/// Segments of 32 KiB hold blocks of whole words, one behind another: used ones, and free ones, which are linked by size. A block
/// is taken from the free ones of its size, or from a larger one, or from the end of the newest segment. Where too much is free for
/// long, the emptiest segment is given up, and its blocks move (``giveUpEmptiest()``).
///
/// A value like any other: a copy shares the segments until one of both changes them.
struct BlockStore: Sendable {
    /// Where a block begins: the number of its segment and of the word in it.
    typealias Place = Int

    /// The first word of every block.
    struct Header {
        var word: UInt32

        /// `words`: The size, this one included.
        init(words: Int, isUsed: Bool) {
            word = UInt32(words) | (isUsed ? 1 << 12 : 0)
        }

        init(word: UInt32) {
            self.word = word
        }

        var words: Int { Int(word & 0xFFF) }
        var isUsed: Bool { word & 1 << 12 != 0 }
        /// For the owner of the block.
        var notes: UInt32 {
            get { word >> 13 }
            set { word = word & 0x1FFF | newValue << 13 }
        }
    }

    private struct Segment: Sendable {
        /// Empty while the segment is not in use.
        var memory: [UInt32]
        /// Words of used blocks.
        var used = 0
        /// Words behind which nothing was ever put.
        var end = 0
    }

    static let segmentBits = 13
    /// 32 KiB.
    static let segmentWords = 1 << segmentBits
    /// Of a block, its header included.
    static let wordsMax = 2048

    private var segments: [Segment] = []
    private var unusedSegments: [Int] = []
    /// The newest segment: the only one that is not full to its end.
    private var open = -1
    private var free = FreeLists()
    /// Words in free blocks.
    private(set) var freeWords = 0
    /// Words of all segments in use.
    private(set) var totalWords = 0
    private(set) var usedWords = 0

    // MARK: Blocks

    /// Takes a block of so many words, one for its header among them; at most ``wordsMax``.
    mutating func take(words: Int) -> Place {
        precondition(words > 0 && words <= Self.wordsMax, "a block fits into a segment many times")
        usedWords += words
        if let place = free.first(ofAtLeast: words, header: header) {
            let size = header(place).words
            unlink(place)
            if size > words { release(place + words, words: size - words) }
            mark(place, words: words)
            return place
        }
        if open < 0 || segments[open].end + words > Self.segmentWords { openSegment() }
        let place = open << Self.segmentBits | segments[open].end
        segments[open].end += words
        mark(place, words: words)
        return place
    }

    /// Gives a block back.
    mutating func giveBack(_ place: Place) {
        let words = header(place).words
        usedWords -= words
        segments[place >> Self.segmentBits].used -= words
        release(place, words: words)
        let segment = place >> Self.segmentBits
        if segments[segment].used == 0, segment != open { discard(segment) }
    }

    /// Gives the end of a block back.
    mutating func shorten(_ place: Place, toWords words: Int) {
        let former = header(place)
        if former.words == words { return }
        precondition(words < former.words, "a block is shortened")
        var header = Header(words: words, isUsed: true)
        header.notes = former.notes
        set(header, at: place)
        usedWords -= former.words - words
        segments[place >> Self.segmentBits].used -= former.words - words
        release(place + words, words: former.words - words)
    }

    func header(_ place: Place) -> Header {
        Header(word: segments[place >> Self.segmentBits].memory[place & (Self.segmentWords - 1)])
    }

    /// Sets what the owner keeps in the header.
    mutating func note(_ notes: UInt32, at place: Place) {
        var header = header(place)
        header.notes = notes
        set(header, at: place)
    }

    /// Lends the octets of a block behind its header.
    func withOctets<Answer>(of place: Place, _ body: (UnsafeRawBufferPointer) -> Answer) -> Answer {
        let word = place & (Self.segmentWords - 1)
        // SAFETY: a block lies within its segment, which is lent for the call.
        return unsafe segments[place >> Self.segmentBits].memory.withUnsafeBytes { memory in
            let words = unsafe Header(word: memory.load(fromByteOffset: 4 * word, as: UInt32.self)).words
            return unsafe body(UnsafeRawBufferPointer(rebasing: memory[4 * (word + 1)..<4 * (word + words)]))
        }
    }

    /// Lends them to be written.
    mutating func withMutableOctets(of place: Place, _ body: (UnsafeMutableRawBufferPointer) -> Void) {
        let word = place & (Self.segmentWords - 1)
        let words = header(place).words
        // SAFETY: as above.
        unsafe segments[place >> Self.segmentBits].memory.withUnsafeMutableBytes { memory in
            unsafe body(UnsafeMutableRawBufferPointer(rebasing: memory[4 * (word + 1)..<4 * (word + words)]))
        }
    }

    /// Visits all used blocks.
    func forEach(_ body: (Place) -> Void) {
        for segment in segments.indices { forEach(in: segment, body) }
    }

    private func forEach(in segment: Int, _ body: (Place) -> Void) {
        var word = 0
        while word < segments[segment].end {
            let place = segment << Self.segmentBits | word
            let header = header(place)
            if header.isUsed { body(place) }
            word += header.words
        }
    }

    // MARK: Giving up segments

    /// True when more is free than is good for anything.
    var isSparse: Bool { freeWords > totalWords / 20 + 2 * Self.segmentWords }

    /// Moves all blocks of the emptiest segment to others, and gives it up.
    ///
    /// Returns: The former place and the new one of each block that moved.
    mutating func giveUpEmptiest() -> [(from: Place, to: Place)] {
        var emptiest = -1
        for index in segments.indices where index != open && segments[index].end > 0 {
            if emptiest < 0 || segments[index].used < segments[emptiest].used { emptiest = index }
        }
        if emptiest < 0 { return [] }
        // None of its free blocks may be taken meanwhile.
        unlinkAll(in: emptiest)
        var moves: [(from: Place, to: Place)] = []
        forEach(in: emptiest) { moves.append(($0, $0)) }
        for index in moves.indices {
            let words = header(moves[index].from).words
            moves[index].to = take(words: words)
            copy(moves[index].from, to: moves[index].to)
            usedWords -= words
        }
        abandon(emptiest)
        return moves
    }

    private mutating func copy(_ place: Place, to target: Place) {
        note(header(place).notes, at: target)
        let source = segments[place >> Self.segmentBits].memory
        let first = (place & (Self.segmentWords - 1)) + 1
        let targetFirst = (target & (Self.segmentWords - 1)) + 1
        let count = 4 * (header(place).words - 1)
        // SAFETY: both blocks lie within their segments, which are two.
        unsafe segments[target >> Self.segmentBits].memory.withUnsafeMutableBytes { memory in
            unsafe source.withUnsafeBytes { source in
                let block = unsafe UnsafeRawBufferPointer(rebasing: source[4 * first..<4 * first + count])
                unsafe UnsafeMutableRawBufferPointer(rebasing: memory[(4 * targetFirst)...]).copyMemory(from: block)
            }
        }
    }

    /// A segment without used blocks.
    private mutating func discard(_ segment: Int) {
        unlinkAll(in: segment)
        abandon(segment)
    }

    private mutating func unlinkAll(in segment: Int) {
        var word = 0
        while word < segments[segment].end {
            let place = segment << Self.segmentBits | word
            let header = header(place)
            if !header.isUsed { unlink(place) }
            word += header.words
        }
    }

    private mutating func abandon(_ segment: Int) {
        segments[segment] = Segment(memory: [])
        unusedSegments.append(segment)
        totalWords -= Self.segmentWords
    }

    private mutating func openSegment() {
        if open >= 0 {
            let end = segments[open].end
            segments[open].end = Self.segmentWords
            if end < Self.segmentWords { release(open << Self.segmentBits | end, words: Self.segmentWords - end) }
            if segments[open].used == 0 { discard(open) }
        }
        let segment = Segment(memory: [UInt32](repeating: 0, count: Self.segmentWords))
        totalWords += Self.segmentWords
        if let unused = unusedSegments.popLast() {
            segments[unused] = segment
            open = unused
        } else {
            segments.append(segment)
            open = segments.count - 1
        }
    }

    // MARK: Free blocks

    private mutating func mark(_ place: Place, words: Int) {
        segments[place >> Self.segmentBits].used += words
        set(Header(words: words, isUsed: true), at: place)
    }

    private mutating func set(_ header: Header, at place: Place) {
        self[place] = header.word
    }

    private subscript(place: Place) -> UInt32 {
        get { segments[place >> Self.segmentBits].memory[place & (Self.segmentWords - 1)] }
        set { segments[place >> Self.segmentBits].memory[place & (Self.segmentWords - 1)] = newValue }
    }

    /// Makes a free block of words that nobody uses, together with a free one that follows. Blocks larger than any that is asked for
    /// are made in pieces.
    private mutating func release(_ place: Place, words: Int) {
        var words = words
        let next = place + words
        let isInside = (place & (Self.segmentWords - 1)) + words < segments[place >> Self.segmentBits].end
        if isInside {
            let following = header(next)
            if !following.isUsed, words + following.words <= Self.wordsMax {
                unlink(next)
                words += following.words
            }
        }
        var start = place
        while words > 0 {
            let piece = min(words, Self.wordsMax)
            link(start, words: piece)
            start += piece
            words -= piece
        }
    }

    private mutating func link(_ place: Place, words: Int) {
        set(Header(words: words, isUsed: false), at: place)
        freeWords += words
        guard words >= FreeLists.wordsMin else { return }
        let head = free.head(ofSize: words)
        self[place + 1] = FreeLists.link(head)
        self[place + 2] = FreeLists.link(nil)
        if let head { self[head + 2] = FreeLists.link(place) }
        free.setHead(place, ofSize: words)
    }

    private mutating func unlink(_ place: Place) {
        let words = header(place).words
        freeWords -= words
        guard words >= FreeLists.wordsMin else { return }
        let next = FreeLists.place(self[place + 1])
        let former = FreeLists.place(self[place + 2])
        if let next { self[next + 2] = FreeLists.link(former) }
        if let former { self[former + 1] = FreeLists.link(next) } else { free.setHead(next, ofSize: words) }
    }
}

/// The first free block of each size; the others follow in their own words. Sizes up to 128 words have lists of their own, larger ones
/// share one for each 32 words.
private struct FreeLists: Sendable {
    /// Smaller ones have no room for two links, and wait until their neighbour becomes free.
    static let wordsMin = 3
    private static let exact = 128
    private static let count = exact + 1 + BlockStore.wordsMax / 32

    private var heads = [UInt32](repeating: 0, count: count)
    /// A bit for each list that is not empty.
    private var filled = [UInt64](repeating: 0, count: count / 64 + 1)

    /// A link that is none is 0; a place has one added.
    static func link(_ place: Int?) -> UInt32 { place.map { UInt32($0 + 1) } ?? 0 }
    static func place(_ link: UInt32) -> Int? { link == 0 ? nil : Int(link) - 1 }

    private static func list(_ words: Int) -> Int { words <= exact ? words : exact + words / 32 }

    func head(ofSize words: Int) -> Int? { Self.place(heads[Self.list(words)]) }

    mutating func setHead(_ place: Int?, ofSize words: Int) {
        let list = Self.list(words)
        heads[list] = Self.link(place)
        if place == nil {
            filled[list / 64] &= ~(1 << UInt64(list % 64))
        } else {
            filled[list / 64] |= 1 << UInt64(list % 64)
        }
    }

    /// A free block that is large enough, one of the smallest such.
    func first(ofAtLeast words: Int, header: (Int) -> BlockStore.Header) -> Int? {
        var list = Self.list(max(words, Self.wordsMin))
        while let found = nextFilled(from: list) {
            if let place = Self.place(heads[found]), header(place).words >= words { return place }
            // The first of a shared list is too small: those of the next one are not.
            list = found + 1
        }
        return nil
    }

    private func nextFilled(from list: Int) -> Int? {
        var index = list / 64
        guard index < filled.count else { return nil }
        var bits = filled[index] & (~0 << UInt64(list % 64))
        while bits == 0 {
            index += 1
            guard index < filled.count else { return nil }
            bits = filled[index]
        }
        return index * 64 + bits.trailingZeroBitCount
    }
}
