/// One value of a loaded JSON text, or the name of a member: sixteen octets on a flat list in the order of the text.
struct JSONTapeEntry {
    enum Kind: UInt8 {
        case null
        case no
        case yes
        /// A number without fraction and exponent.
        case integer
        /// A number with a fraction or an exponent.
        case decimal
        /// A string that reads as it stands.
        case string
        /// A string with escapes.
        case escapedString
        case array
        case object
    }

    /// Offset of the first octet; of a string, of what follows its quotation mark.
    var start: UInt32
    /// Offset of what follows the last octet; of a string, of its closing quotation mark.
    var end: UInt32
    /// Index of the entry that follows this value.
    ///
    /// While an array or object is open: index of the one that holds it.
    var next: UInt32
    /// Kind in the lowest four bits; above them the number of elements or members.
    var info: UInt32

    @inline(__always)
    init(_ kind: Kind, start: Int, end: Int, next: Int) {
        self.start = UInt32(truncatingIfNeeded: start)
        self.end = UInt32(truncatingIfNeeded: end)
        self.next = UInt32(truncatingIfNeeded: next)
        self.info = UInt32(kind.rawValue)
    }

    @inline(__always)
    var kind: Kind {
        guard let kind = Kind(rawValue: UInt8(truncatingIfNeeded: info & 0xF)) else {
            preconditionFailure("a tape entry always holds one of the kinds")
        }
        return kind
    }

    @inline(__always)
    var count: Int { Int(info >> 4) }
}

/// The list of entries: memory that is used again by the next text.
@safe
struct JSONTape: ~Copyable {
    private(set) var count = 0
    private var capacity: Int
    private var entries: UnsafeMutablePointer<JSONTapeEntry>

    init(capacity: Int) {
        precondition(capacity > 0, "a tape has room for one entry at least")
        self.capacity = capacity
        unsafe self.entries = .allocate(capacity: capacity)
    }

    deinit {
        // SAFETY: allocated in `init` or `grow`, freed here only; entries hold no references.
        unsafe entries.deallocate()
    }

    mutating func removeAll() { count = 0 }

    @inline(__always)
    mutating func append(_ entry: JSONTapeEntry) {
        if count == capacity { grow() }
        // SAFETY: `count` is below `capacity`.
        unsafe (entries + count).initialize(to: entry)
        count += 1
    }

    @inline(__always)
    subscript(index: Int) -> JSONTapeEntry {
        get {
            assert(index >= 0 && index < count, "an index on the tape comes from the tape")
            // SAFETY: indices are made by `append` and by `next` of entries; nodes check the generation before they read.
            return unsafe entries[index]
        }
        set {
            assert(index >= 0 && index < count, "an index on the tape comes from the tape")
            // SAFETY: as above.
            unsafe entries[index] = newValue
        }
    }

    @inline(never)
    private mutating func grow() {
        // SAFETY: the new memory is larger than `count` entries, which are moved before the old memory is freed.
        let larger = UnsafeMutablePointer<JSONTapeEntry>.allocate(capacity: capacity * 2)
        unsafe larger.moveInitialize(from: entries, count: count)
        unsafe entries.deallocate()
        unsafe entries = larger
        capacity *= 2
    }
}
