/// Writes Protobuf fields, for the few records that everything waits for.
///
/// SwiftProtobuf measures a message anew for every level around it, and visits every field in general terms. Here fields are
/// appended as they come. In the order of their numbers, and none that holds its default, they give the octets that
/// SwiftProtobuf would give; tests compare them.
///
/// It has its memory to itself, on the stack for most records, so that an octet costs a store and a comparison.
///
/// Format: Protocol Buffers, "Encoding".
@safe
struct WireWriter: ~Copyable {
    private var base: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    /// Whether the memory is its own.
    private var isOwner: Bool
    /// Octets written.
    private(set) var count = 0
    /// For texts that are made piece by piece; empty between them.
    private var scratch: [UInt8] = []

    /// `memory`: Lent for as long as the writer is used, and not empty.
    private init(_ memory: UnsafeMutableBufferPointer<UInt8>) {
        guard let start = memory.baseAddress else { preconditionFailure("memory that is not empty has an address") }
        unsafe base = unsafe start
        capacity = memory.count
        isOwner = false
    }

    deinit { if isOwner { unsafe base.deallocate() } }

    /// What a closure writes.
    ///
    /// `capacity`: Octets that are expected; more cost a move.
    @inline(__always)
    static func octets(capacity: Int, _ write: (inout WireWriter) -> Void) -> [UInt8] {
        var octets: [UInt8] = []
        append(to: &octets, capacity: capacity, write)
        return octets
    }

    /// Appends what a closure writes; `capacity` as above.
    @inline(__always)
    static func append(to octets: inout [UInt8], capacity: Int, _ write: (inout WireWriter) -> Void) {
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: max(capacity, fieldMax)) { memory in
            var writer = unsafe WireWriter(memory)
            write(&writer)
            unsafe octets.append(contentsOf: UnsafeBufferPointer(start: writer.base, count: writer.count))
        }
    }

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
        unsafe UnsafeMutableRawPointer(base + count).copyMemory(from: source, byteCount: encoded.count)
        count += encoded.count
    }

    /// Eight octets of what was begun, the first one lowest.
    mutating func append(_ word: UInt64) {
        reserve(8)
        store(word)
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
        let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        // SAFETY: the new memory is larger than what was written.
        unsafe moved.update(from: base, count: count)
        if isOwner { unsafe base.deallocate() }
        unsafe base = moved
        isOwner = true
        capacity = larger
    }

    /// Puts the length in front of what was written behind the one octet kept for it; a long one moves the rest.
    private mutating func closeNested(from start: Int) {
        let length = count - start - 1
        let octets = Self.varintCount(UInt64(length))
        if octets > 1 {
            reserve(Self.fieldMax)
            // SAFETY: there is room for the octets that are added.
            unsafe UnsafeMutableRawPointer(base + start + octets).copyMemory(from: base + start + 1, byteCount: length)
        }
        count = start
        varint(UInt64(length))
        count = start + octets + length
    }

    /// The callers of these have made room.
    private mutating func tag(_ field: UInt64, _ layout: WireLayout) {
        varint(field << 3 | layout.rawValue)
    }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            // SAFETY: there is room.
            unsafe base[count] = UInt8(truncatingIfNeeded: rest) | 0x80
            count += 1
            rest >>= 7
        }
        unsafe base[count] = UInt8(truncatingIfNeeded: rest)
        count += 1
    }

    private mutating func store(_ word: some FixedWidthInteger & BitwiseCopyable) {
        // SAFETY: as above.
        unsafe UnsafeMutableRawPointer(base + count).storeBytes(of: word.littleEndian, as: type(of: word))
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
