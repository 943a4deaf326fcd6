/// Writes Protobuf fields, for the few records that everything waits for.
///
/// SwiftProtobuf measures a message anew for every level around it, and visits every field in general terms. Here fields are
/// appended as they come. In the order of their numbers, and none that holds its default, they give the octets that
/// SwiftProtobuf would give; tests compare them.
///
/// It has its memory to itself, so that an octet costs a store and a comparison.
///
/// Format: Protocol Buffers, "Encoding".
@safe
struct WireWriter: ~Copyable {
    private var base: UnsafeMutableRawPointer
    private var capacity: Int
    /// Octets written.
    private(set) var count = 0
    /// For texts that are made piece by piece; empty between them.
    private var scratch: [UInt8] = []

    /// `capacity`: Octets that are expected; more cost a move.
    init(capacity: Int) {
        self.capacity = max(capacity, Self.fieldMax)
        unsafe base = Self.allocate(self.capacity)
    }

    deinit { unsafe base.deallocate() }

    /// What was written, lent until more is.
    private var written: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(start: base, count: count) }

    /// Aligned for the words that are stored in it.
    private static func allocate(_ count: Int) -> UnsafeMutableRawPointer {
        UnsafeMutableRawPointer.allocate(byteCount: count, alignment: MemoryLayout<UInt64>.alignment)
    }

    /// What was written.
    var octets: [UInt8] { unsafe Array(written) }

    /// Forgets what was written, and keeps the memory.
    mutating func removeAll() { count = 0 }

    /// Appends what was written.
    func append(to octets: inout [UInt8]) { unsafe octets.append(contentsOf: written) }

    // MARK: Fields; one that holds its default is left out

    mutating func fixed64(_ field: UInt64, _ value: UInt64) {
        if value != 0 { fixed64(field, present: value) }
    }

    mutating func fixed32(_ field: UInt64, _ value: UInt32) {
        if value == 0 { return }
        reserve(Self.fieldMax)
        tag(field, .fixed32)
        store(value)
    }

    mutating func double(_ field: UInt64, present value: Double) { fixed64(field, present: value.bitPattern) }

    private mutating func fixed64(_ field: UInt64, present value: UInt64) {
        reserve(Self.fieldMax)
        tag(field, .fixed64)
        store(value)
    }

    mutating func uint64(_ field: UInt64, _ value: UInt64) {
        if value != 0 { uint64(field, present: value) }
    }

    mutating func int64(_ field: UInt64, _ value: Int64) { uint64(field, UInt64(bitPattern: value)) }

    /// A number that is there although it may be 0.
    mutating func int64(_ field: UInt64, present value: Int64) { uint64(field, present: UInt64(bitPattern: value)) }

    private mutating func uint64(_ field: UInt64, present value: UInt64) {
        reserve(Self.fieldMax)
        tag(field, .varint)
        varint(value)
    }

    mutating func bool(_ field: UInt64, _ value: Bool) { uint64(field, value ? 1 : 0) }

    mutating func string(_ field: UInt64, _ value: String) {
        if !value.isEmpty { string(field, present: value) }
    }

    /// A string that is there although it may be empty.
    mutating func string(_ field: UInt64, present value: String) {
        var value = value
        value.withUTF8 { text in
            begin(field, count: text.count)
            unsafe fields(UnsafeRawBufferPointer(text))
        }
    }

    /// A string that has its length in front of it, encoded, and is shorter than 128 octets; lent for the call.
    mutating func string(_ field: UInt64, behindLength text: UnsafeRawBufferPointer) {
        reserve(Self.fieldMax)
        tag(field, .lengthDelimited)
        unsafe fields(text)
    }

    mutating func bytes(_ field: UInt64, _ value: some Collection<UInt8>) {
        if !value.isEmpty { message(field, value) }
    }

    /// Numbers one after another without tags of their own, as proto3 packs them.
    mutating func packed(_ field: UInt64, _ values: [UInt32]) {
        if values.isEmpty { return }
        nested(field) { writer in
            for value in values {
                writer.reserve(Self.fieldMax)
                writer.varint(UInt64(value))
            }
        }
    }

    /// A message that is encoded already; present although it may be empty.
    mutating func message(_ field: UInt64, _ message: some Collection<UInt8>) {
        begin(field, count: message.count)
        fields(message)
    }

    /// A message whose fields the closure writes; present although there may be none.
    mutating func nested(_ field: UInt64, _ write: (inout WireWriter) -> Void) {
        reserve(Self.fieldMax)
        tag(field, .lengthDelimited)
        let start = count
        count += 1
        write(&self)
        closeNested(from: start)
    }

    /// Whether an empty string is written.
    enum Presence {
        case always
        case unlessEmpty
    }

    /// A string that the closure appends.
    mutating func text(_ field: UInt64, presence: Presence, _ append: (inout [UInt8]) -> Void) {
        append(&scratch)
        if presence == .always || !scratch.isEmpty {
            begin(field, count: scratch.count)
            fields(scratch)
        }
        scratch.removeAll(keepingCapacity: true)
    }

    /// Begins a message of so many octets, which are written next.
    mutating func begin(_ field: UInt64, count: Int) {
        reserve(Self.fieldMax)
        tag(field, .lengthDelimited)
        varint(UInt64(count))
    }

    /// Fields as they were encoded elsewhere.
    mutating func fields(_ encoded: some Collection<UInt8>) {
        let isDone: Void? = encoded.withContiguousStorageIfAvailable { unsafe fields(UnsafeRawBufferPointer($0)) }
        if isDone == nil { fields(Array(encoded)) }
    }

    /// As above, lent for the call.
    mutating func fields(_ encoded: UnsafeRawBufferPointer) {
        guard let source = encoded.baseAddress else { return }
        reserve(encoded.count)
        // SAFETY: there is room for so many.
        unsafe (base + count).copyMemory(from: source, byteCount: encoded.count)
        count += encoded.count
    }

    /// A string of hexadecimal digits.
    ///
    /// `octets`: What the digits stand for, a multiple of four; lent for the call.
    mutating func hexadecimal(_ field: UInt64, _ octets: UnsafeRawBufferPointer) {
        begin(field, count: 2 * octets.count)
        reserve(2 * octets.count)
        for position in stride(from: 0, to: octets.count - 3, by: 4) {
            let word = unsafe octets.loadUnaligned(fromByteOffset: position, as: UInt32.self)
            store(HexWords.digits(of: UInt32(littleEndian: word)))
        }
    }

    // MARK: Octets

    /// Octets of a tag and of a number, at most.
    private static let fieldMax = 20

    /// Makes room for so many octets.
    private mutating func reserve(_ more: Int) {
        if capacity - count < more { grow(more) }
    }

    @inline(never)
    private mutating func grow(_ more: Int) {
        let larger = max(2 * capacity, count + more)
        let moved = unsafe Self.allocate(larger)
        // SAFETY: the new memory is larger than what was written.
        unsafe moved.copyMemory(from: base, byteCount: count)
        unsafe base.deallocate()
        unsafe base = moved
        capacity = larger
    }

    /// Puts the length in front of what was written behind the one octet kept for it; a long one moves the rest.
    private mutating func closeNested(from start: Int) {
        let length = count - start - 1
        let octets = Self.varintCount(UInt64(length))
        if octets > 1 {
            reserve(Self.fieldMax)
            // SAFETY: there is room for the octets that are added.
            unsafe (base + start + octets).copyMemory(from: base + start + 1, byteCount: length)
        }
        count = start
        varint(UInt64(length))
        count = start + octets + length
    }

    /// The callers of these have made room.
    @inline(__always)
    private mutating func tag(_ field: UInt64, _ layout: WireLayout) {
        varint(field << 3 | UInt64(layout.rawValue))
    }

    /// Most have one octet.
    @inline(__always)
    private mutating func varint(_ value: UInt64) {
        if value >= 0x80 { return longVarint(value) }
        store(octet: value)
    }

    private mutating func longVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            store(octet: rest | 0x80)
            rest >>= 7
        }
        store(octet: rest)
    }

    /// The lowest octet of a word.
    @inline(__always)
    private mutating func store(octet word: UInt64) {
        // SAFETY: there is room.
        unsafe base.storeBytes(of: UInt8(truncatingIfNeeded: word), toByteOffset: count, as: UInt8.self)
        count += 1
    }

    private mutating func store(_ word: some FixedWidthInteger & BitwiseCopyable) {
        // SAFETY: as above.
        unsafe base.storeBytes(of: word.littleEndian, toByteOffset: count, as: type(of: word))
        count += MemoryLayout.size(ofValue: word)
    }

    /// Octets of a number.
    static func varintCount(_ value: UInt64) -> Int {
        var octets = 1
        var rest = value >> 7
        while rest > 0 {
            octets += 1
            rest >>= 7
        }
        return octets
    }
}
