/// Reads Protobuf fields one after another, for the few records that everything waits for.
///
/// SwiftProtobuf reads every message through a general visitor; a notification costs it ten times the octets' own work. This
/// reader knows the layouts that our schema uses and nothing else. What it does not know it does not guess at: the reading
/// counts as failed, and the caller leaves the record to SwiftProtobuf, which also keeps fields of later versions.
///
/// Format: Protocol Buffers, "Encoding".
@safe
struct WireReader {
    private let octets: UnsafeRawBufferPointer
    /// What stands behind the numbers of a packed record (``SharedNames/table``); nil for any other.
    private let names: UnsafeRawBufferPointer?
    private let count: Int
    private var position = 0
    /// Up to where fields were copied: see ``copyRest(to:)``.
    private var copied = 0
    private var layout = WireLayout.varint
    /// Where the field at hand begins, its tag included.
    private(set) var fieldStart = 0
    /// The number of the field at hand.
    private(set) var number: UInt64 = 0
    /// False once something was read that is no field of the layout asked for.
    private(set) var isWellFormed = true

    /// `octets`: Lent for as long as the reader is used.
    init(_ octets: UnsafeRawBufferPointer) {
        unsafe self.octets = unsafe octets
        unsafe names = nil
        count = octets.count
    }

    /// Reads a packed record (``RecordPacking``). `names`: Lent likewise.
    init(_ octets: UnsafeRawBufferPointer, names: UnsafeRawBufferPointer?) {
        unsafe self.octets = unsafe octets
        unsafe self.names = unsafe names
        count = octets.count
    }

    /// All fields, lent as the reader's octets are.
    var all: UnsafeRawBufferPointer { unsafe octets }

    /// Whether strings may be replaced (``RecordPacking``).
    var isPacked: Bool { unsafe names != nil }

    /// Where the field at hand ends, after its value was read.
    var fieldEnd: Int { position }

    /// Goes to the next field; false at the end, and after a failure.
    @inline(__always)
    mutating func next() -> Bool {
        fieldStart = position
        guard isWellFormed, position < count else { return false }
        let tag = varint()
        number = tag >> 3
        layout = WireLayout(tag: tag)
        let isKnown = layout.isStandard || (layout.isReplaced && isPacked)
        if number == 0 || !isKnown { fail() }
        return isWellFormed
    }

    /// The octets of the field at hand, its tag included, after its value was read; they are lent as the whole is.
    var field: UnsafeRawBufferPointer {
        // SAFETY: both places lie inside the octets.
        unsafe UnsafeRawBufferPointer(rebasing: octets[fieldStart..<position])
    }

    /// Whether the field at hand is a string, bytes or a message, as the log has it.
    var isLengthDelimited: Bool { layout == .lengthDelimited }

    /// Says that the field at hand is not one that the caller knows.
    mutating func fail() {
        isWellFormed = false
        position = count
    }

    // MARK: Values of the field at hand

    mutating func uint64() -> UInt64 { expect(.varint) ? varint() : 0 }

    mutating func int64() -> Int64 { Int64(bitPattern: uint64()) }

    mutating func uint32() -> UInt32 { UInt32(truncatingIfNeeded: uint64()) }

    mutating func bool() -> Bool { uint64() != 0 }

    mutating func fixed64() -> UInt64 { expect(.fixed64) ? UInt64(littleEndian: load(UInt64.self)) : 0 }

    mutating func fixed32() -> UInt32 { expect(.fixed32) ? UInt32(littleEndian: load(UInt32.self)) : 0 }

    mutating func double() -> Double { Double(bitPattern: fixed64()) }

    /// The octets of a string, of bytes or of a message; they are lent as the whole is.
    mutating func slice() -> UnsafeRawBufferPointer {
        let range = range()
        // SAFETY: the range lies inside the octets.
        return unsafe UnsafeRawBufferPointer(rebasing: octets[range])
    }

    /// Where the value of a string, of bytes or of a message lies.
    mutating func range() -> Range<Int> {
        guard expect(.lengthDelimited) else { return position..<position }
        guard let length = Int(exactly: varint()), length <= count - position else {
            fail()
            return position..<position
        }
        position += length
        return position - length..<position
    }

    /// A string; one that is no UTF-8 is a failure.
    mutating func string() -> String {
        if layout.isReplaced { return replacedString() }
        let text = unsafe slice()
        // SAFETY: the octets are copied within the call.
        // Not String(validating:), which the library does not specialise: it costs more than looking twice.
        guard unsafe ByteScanning.firstInvalidUTF8(text) == nil else {
            fail()
            return ""
        }
        return unsafe String(decoding: text, as: UTF8.self)
    }

    /// A string of a record as the log has it, where it lies; one that is no UTF-8 is a failure.
    mutating func text() -> LentText {
        let text = unsafe slice()
        if unsafe ByteScanning.firstInvalidUTF8(text) == nil { return unsafe LentText(text) }
        fail()
        return LentText()
    }

    /// The string of a message's field, and nothing else of it; empty where it is absent.
    mutating func text(ofField number: UInt64) -> LentText {
        var text = LentText()
        while next() {
            if self.number == number { text = self.text() } else { skip() }
        }
        return text
    }

    /// A message, by what reads its fields.
    mutating func nested<Message>(_ read: (inout WireReader) -> Message) -> Message {
        // SAFETY: the inner reader is used within the call only.
        var inner = unsafe WireReader(slice(), names: names)
        let message = read(&inner)
        if !inner.isWellFormed { fail() }
        return message
    }

    /// Numbers as proto3 packs them.
    mutating func packed() -> [UInt32] {
        // SAFETY: as above.
        var inner = unsafe WireReader(slice())
        var values: [UInt32] = []
        while inner.isWellFormed, inner.position < inner.count {
            values.append(UInt32(truncatingIfNeeded: inner.varint()))
        }
        if !inner.isWellFormed { fail() }
        return values
    }

    /// Passes over the value, whatever it is.
    mutating func skip() {
        switch layout {
        case .varint: _ = varint()
        case .fixed64: _ = load(UInt64.self)
        case .fixed32: _ = load(UInt32.self)
        case .lengthDelimited: _ = range()
        case .uuid: position += 16
        case .shared: position += 1
        case .hexadecimal: position += 4 * Int(octet())
        case .groupEnd: fail()
        }
        if position > count { fail() }
    }

    // MARK: Copies in the form of the log

    /// Passes over the field at hand, whatever it holds, and copies it.
    mutating func copy(to writer: inout WireWriter) {
        if layout.isReplaced { _ = copyText(to: &writer) } else { skip() }
    }

    /// Copies a string; one that is no UTF-8 is a failure.
    ///
    /// - Returns: Where its octets lie in what the writer has written after ``copyRest(to:)``.
    mutating func copyText(to writer: inout WireWriter) -> Range<Int> {
        if !layout.isReplaced {
            let text = range()
            // SAFETY: the range lies inside the octets.
            if unsafe ByteScanning.firstInvalidUTF8(UnsafeRawBufferPointer(rebasing: octets[text])) != nil { fail() }
            let start = writer.count + text.lowerBound - copied
            return start..<start + text.count
        }
        copyFields(to: fieldStart, &writer)
        let count = copyReplaced(to: &writer)
        copied = position
        return writer.count - count..<writer.count
    }

    /// Copies a message, whose fields the closure copies.
    mutating func copyNested(to writer: inout WireWriter, _ copy: (inout WireReader, inout WireWriter) -> Void) {
        copyFields(to: fieldStart, &writer)
        writer.nested(number) { writer in nested { copy(&$0, &writer) } }
        copied = position
    }

    /// Copies all that was passed over, and was not copied before.
    ///
    /// Fields that a packed record has not replaced are copied together.
    mutating func copyRest(to writer: inout WireWriter) { copyFields(to: position, &writer) }

    private mutating func copyFields(to end: Int, _ writer: inout WireWriter) {
        guard isWellFormed, copied < end else { return }
        // SAFETY: both places lie inside the octets.
        unsafe writer.fields(UnsafeRawBufferPointer(rebasing: octets[copied..<end]))
        copied = end
    }

    /// - Returns: Octets of the string.
    private mutating func copyReplaced(to writer: inout WireWriter) -> Int {
        switch layout {
        case .hexadecimal:
            let start = position + 1
            skip()
            guard isWellFormed else { return 0 }
            // SAFETY: the octets are copied within the call.
            let words = unsafe UnsafeRawBufferPointer(rebasing: octets[start..<position])
            unsafe writer.hexadecimal(number, words)
            return 2 * words.count
        case .shared:
            guard let name = unsafe sharedName() else { return 0 }
            unsafe writer.string(number, behindLength: name)
            return name.count - 1
        default:
            let text = string()
            writer.string(number, present: text)
            return text.utf8.count
        }
    }

    /// The name at hand with its length in front of it, lent as the names are.
    private mutating func sharedName() -> UnsafeRawBufferPointer? {
        let number = Int(octet())
        if let names = unsafe names, let name = unsafe SharedNames.entry(number, in: names) { return unsafe name }
        fail()
        return nil
    }

    /// A string that a packed record has replaced.
    private mutating func replacedString() -> String {
        switch layout {
        case .shared:
            guard let name = unsafe sharedName() else { return "" }
            return unsafe String(decoding: name[1...], as: UTF8.self)
        case .hexadecimal:
            let words = Int(octet())
            guard count - position >= 4 * words else { break }
            // SAFETY: so many octets are left, and each word of them gives eight digits.
            let text = unsafe String(unsafeUninitializedCapacity: 8 * words) { digits in
                let digits = UnsafeMutableRawBufferPointer(digits)
                for word in 0..<words {
                    let octets = unsafe octets.loadUnaligned(fromByteOffset: position + 4 * word, as: UInt32.self)
                    let text = HexWords.digits(of: UInt32(littleEndian: octets)).littleEndian
                    unsafe digits.storeBytes(of: text, toByteOffset: 8 * word, as: UInt64.self)
                }
                return 8 * words
            }
            position += 4 * words
            return text
        case .uuid:
            let (first, second) = (load(UInt64.self), load(UInt64.self))
            guard isWellFormed else { break }
            return unsafe String(unsafeUninitializedCapacity: UUIDText.count) { text in
                unsafe UUIDText.write(
                    (UInt64(littleEndian: first), UInt64(littleEndian: second)),
                    to: UnsafeMutableRawBufferPointer(text)
                )
                return UUIDText.count
            }
        case .varint, .fixed64, .lengthDelimited, .fixed32, .groupEnd: break
        }
        fail()
        return ""
    }

    private mutating func octet() -> UInt8 { load(UInt8.self) }

    // MARK: Octets

    private mutating func expect(_ expected: WireLayout) -> Bool {
        if layout != expected { fail() }
        return isWellFormed
    }

    /// Most have one octet.
    @inline(__always)
    private mutating func varint() -> UInt64 {
        // SAFETY: the position is below the count, which was just compared.
        if position < count, case let octet = unsafe octets[position], octet < 0x80 {
            position += 1
            return UInt64(octet)
        }
        return longVarint()
    }

    private mutating func longVarint() -> UInt64 {
        if count - position >= 8 {
            // SAFETY: eight octets are left.
            let word = unsafe UInt64(littleEndian: octets.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            // The last octet is the first without the mark that more follow.
            let last = ~word & ByteScanning.highs
            if last != 0 {
                position += last.trailingZeroBitCount / 8 + 1
                return Self.joined(word & (last ^ (last &- 1)))
            }
        }
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while position < count, shift < 64 {
            // SAFETY: as above.
            let octet = unsafe octets[position]
            position += 1
            value |= UInt64(octet & 0x7F) << shift
            if octet < 0x80 { return value }
            shift += 7
        }
        fail()
        return 0
    }

    /// The seven lower bits of each octet, one behind the other.
    private static func joined(_ octets: UInt64) -> UInt64 {
        var bits = octets & ~ByteScanning.highs
        bits = (bits & 0x007F_007F_007F_007F) | (bits & 0x7F00_7F00_7F00_7F00) >> 1
        bits = (bits & 0x0000_3FFF_0000_3FFF) | (bits & 0x3FFF_0000_3FFF_0000) >> 2
        return (bits & 0x0FFF_FFFF) | (bits & 0x0FFF_FFFF_0000_0000) >> 4
    }

    private mutating func load<Word: FixedWidthInteger & BitwiseCopyable>(_ type: Word.Type) -> Word {
        let size = MemoryLayout<Word>.size
        guard count - position >= size else {
            fail()
            return 0
        }
        position += size
        // SAFETY: so many octets were left before the position went on.
        return unsafe octets.loadUnaligned(fromByteOffset: position - size, as: Word.self)
    }
}

/// How a field's value is laid out ("Encoding", "Message Structure"): the three lowest bits of its tag.
enum WireLayout: UInt8 {
    case varint = 0
    case fixed64 = 1
    case lengthDelimited = 2
    /// The end of a group. Groups are read by nobody: no schema has had any for years.
    case groupEnd = 4
    case fixed32 = 5

    // Strings in packed records (``RecordPacking``), in the place of a group's beginning and of what Protobuf leaves undefined.
    /// 16 octets.
    case uuid = 3
    /// One octet: a number of ``SharedNames``.
    case shared = 6
    /// The number of words of four octets, in one octet, and the words: eight digits each.
    case hexadecimal = 7

    @inline(__always)
    init(tag: UInt64) {
        guard let layout = Self(rawValue: UInt8(truncatingIfNeeded: tag & 0b111)) else {
            preconditionFailure("each of the eight is there")
        }
        self = layout
    }

    /// Whether records of the log have it.
    var isStandard: Bool { 0b0010_0111 >> rawValue & 1 == 1 }

    /// Whether packed records alone have it.
    var isReplaced: Bool { 0b1100_1000 >> rawValue & 1 == 1 }
}
