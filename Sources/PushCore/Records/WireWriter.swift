/// Writes Protobuf fields, for the few records that everything waits for.
///
/// SwiftProtobuf measures a message anew for every level around it, and visits every field in general terms. Here fields are
/// appended as they come. In the order of their numbers, and none that holds its default, they give the octets that
/// SwiftProtobuf would give; tests compare them.
///
/// Format: Protocol Buffers, "Encoding".
struct WireWriter {
    /// What was written.
    private(set) var octets: [UInt8] = []

    init(capacity: Int) {
        octets.reserveCapacity(capacity)
    }

    // MARK: Fields; one that holds its default is left out

    mutating func fixed64(_ field: UInt64, _ value: UInt64) {
        if value == 0 { return }
        tag(field, .fixed64)
        // SAFETY: the octets of a word are read while it is held.
        unsafe withUnsafeBytes(of: value.littleEndian) { unsafe octets.append(contentsOf: $0) }
    }

    mutating func fixed32(_ field: UInt64, _ value: UInt32) {
        if value == 0 { return }
        tag(field, .fixed32)
        // SAFETY: as above.
        unsafe withUnsafeBytes(of: value.littleEndian) { unsafe octets.append(contentsOf: $0) }
    }

    mutating func double(_ field: UInt64, present value: Double) {
        tag(field, .fixed64)
        // SAFETY: as above.
        unsafe withUnsafeBytes(of: value.bitPattern.littleEndian) { unsafe octets.append(contentsOf: $0) }
    }

    mutating func uint64(_ field: UInt64, _ value: UInt64) {
        if value == 0 { return }
        tag(field, .varint)
        varint(value)
    }

    mutating func int64(_ field: UInt64, _ value: Int64) { uint64(field, UInt64(bitPattern: value)) }

    /// A number that is there although it may be 0.
    mutating func int64(_ field: UInt64, present value: Int64) {
        tag(field, .varint)
        varint(UInt64(bitPattern: value))
    }

    mutating func bool(_ field: UInt64, _ value: Bool) { uint64(field, value ? 1 : 0) }

    mutating func string(_ field: UInt64, _ value: String) {
        if !value.isEmpty { string(field, present: value) }
    }

    /// A string that is there although it may be empty.
    mutating func string(_ field: UInt64, present value: String) {
        begin(field, count: value.utf8.count)
        octets.append(contentsOf: value.utf8)
    }

    mutating func bytes(_ field: UInt64, _ value: some Collection<UInt8>) {
        if value.isEmpty { return }
        begin(field, count: value.count)
        octets.append(contentsOf: value)
    }

    /// Numbers one after another without tags of their own, as proto3 packs them.
    mutating func packed(_ field: UInt64, _ values: [UInt32]) {
        if values.isEmpty { return }
        nested(field) { writer in
            for value in values { writer.varint(UInt64(value)) }
        }
    }

    /// A message that is encoded already; present although it may be empty.
    mutating func message(_ field: UInt64, _ message: [UInt8]) {
        begin(field, count: message.count)
        octets += message
    }

    /// A message whose fields the closure writes; present although there may be none.
    mutating func nested(_ field: UInt64, _ write: (inout WireWriter) -> Void) {
        tag(field, .lengthDelimited)
        let start = octets.count
        octets.append(0)
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
        let tagStart = octets.count
        tag(field, .lengthDelimited)
        let start = octets.count
        octets.append(0)
        append(&octets)
        if octets.count == start + 1, presence == .unlessEmpty {
            octets.removeLast(octets.count - tagStart)
        } else {
            closeNested(from: start)
        }
    }

    /// Begins a message of so many octets, which are written next.
    mutating func begin(_ field: UInt64, count: Int) {
        tag(field, .lengthDelimited)
        varint(UInt64(count))
    }

    /// Fields as they were encoded elsewhere.
    mutating func fields(_ encoded: some Sequence<UInt8>) {
        octets.append(contentsOf: encoded)
    }

    // MARK: Octets

    /// Puts the length in front of what was written behind the one octet kept for it; a long one moves the rest.
    private mutating func closeNested(from start: Int) {
        let count = octets.count - start - 1
        if count < 0x80 {
            octets[start] = UInt8(truncatingIfNeeded: count)
            return
        }
        var length = WireWriter(capacity: 4)
        length.varint(UInt64(count))
        octets.replaceSubrange(start...start, with: length.octets)
    }

    private mutating func tag(_ field: UInt64, _ layout: WireLayout) {
        varint(field << 3 | layout.rawValue)
    }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            octets.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        octets.append(UInt8(truncatingIfNeeded: rest))
    }

    // MARK: Sizes

    /// Octets of a fixed64 field below 16, or of one from 16 on, which needs one more.
    static func fixed64Count(_ field: UInt64, _ value: UInt64) -> Int {
        value == 0 ? 0 : field < 16 ? 9 : 10
    }

    /// Octets of a message field below 16.
    static func messageCount(_ count: Int) -> Int {
        var octets = 2 + count
        var rest = count >> 7
        while rest > 0 {
            octets += 1
            rest >>= 7
        }
        return octets
    }
}
