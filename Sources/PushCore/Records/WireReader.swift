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
    /// What stands behind the numbers of a packed record; nil for any other.
    private let names: UnsafeBufferPointer<String>?
    private let count: Int
    private var position = 0
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
    init(_ octets: UnsafeRawBufferPointer, names: UnsafeBufferPointer<String>?) {
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
    mutating func next() -> Bool {
        fieldStart = position
        guard isWellFormed, position < count else { return false }
        let tag = varint()
        number = tag >> 3
        if let layout = WireLayout(rawValue: tag & 0b111), number > 0, unsafe !layout.isReplaced || names != nil {
            self.layout = layout
        } else {
            fail()
        }
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
        }
        if position > count { fail() }
    }

    // MARK: Copies of the field at hand

    /// Copies a field as the log has it, whatever it holds.
    mutating func copy(to writer: inout WireWriter) {
        if layout.isReplaced {
            _ = copyText(to: &writer)
            return
        }
        skip()
        copyField(to: &writer)
    }

    private func copyField(to writer: inout WireWriter) {
        // SAFETY: the field lies inside the octets.
        if isWellFormed { unsafe writer.fields(field) }
    }

    /// Copies a number, and tells it.
    mutating func copyNumber(to writer: inout WireWriter) -> Int64 {
        let value = int64()
        copyField(to: &writer)
        return value
    }

    /// Copies a string, and tells it.
    mutating func copyName(to writer: inout WireWriter) -> String {
        let isReplaced = layout.isReplaced
        let name = string()
        if isReplaced { writer.string(number, present: name) } else { copyField(to: &writer) }
        return name
    }

    /// Copies a string as the log has it; one that is no UTF-8 is a failure.
    ///
    /// - Returns: Where its octets lie in what was written.
    mutating func copyText(to writer: inout WireWriter) -> Range<Int> {
        var count = 0
        switch layout {
        case .hexadecimal:
            let words = Int(octet())
            count = 8 * words
            writer.begin(number, count: count)
            for _ in 0..<words { writer.append(HexWords.digits(of: UInt32(littleEndian: load(UInt32.self)))) }
        case .lengthDelimited:
            // SAFETY: the octets are copied within the call.
            let text = unsafe slice()
            if unsafe ByteScanning.firstInvalidUTF8(text) != nil { fail() }
            count = isWellFormed ? text.count : 0
            copyField(to: &writer)
        case .uuid, .shared, .varint, .fixed64, .fixed32:
            let text = string()
            count = text.utf8.count
            writer.string(number, present: text)
        }
        return writer.count - count..<writer.count
    }

    /// A string that a packed record has replaced.
    private mutating func replacedString() -> String {
        switch layout {
        case .shared:
            let number = Int(octet())
            guard let names = unsafe names, number < names.count else { break }
            return unsafe names[number]
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
        case .varint, .fixed64, .lengthDelimited, .fixed32: break
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

    private mutating func varint() -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while position < count, shift < 64 {
            // SAFETY: the position is below the count, which was just compared.
            let octet = unsafe octets[position]
            position += 1
            value |= UInt64(octet & 0x7F) << shift
            if octet < 0x80 { return value }
            shift += 7
        }
        fail()
        return 0
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

/// How a field's value is laid out ("Encoding", "Message Structure"). Groups are not among them: no schema has had any for years.
enum WireLayout: UInt64 {
    case varint = 0
    case fixed64 = 1
    case lengthDelimited = 2
    case fixed32 = 5

    // Strings in packed records (``RecordPacking``), in the place of groups and of what Protobuf leaves undefined.
    /// 16 octets.
    case uuid = 3
    /// One octet: a number of ``SharedNames``.
    case shared = 6
    /// The number of words of four octets, in one octet, and the words: eight digits each.
    case hexadecimal = 7

    var isReplaced: Bool {
        switch self {
        case .varint, .fixed64, .lengthDelimited, .fixed32: false
        case .uuid, .shared, .hexadecimal: true
        }
    }
}
