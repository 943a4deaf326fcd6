/// The form of a record in memory: that of the users topic, where texts that many records share, and those that are hexadecimal, are
/// replaced by shorter ones.
///
/// A replaced field keeps its number, under one of the layouts that Protobuf has no use for (3, 6 and 7): see ``WireLayout``. So
/// ``WireReader`` reads both forms. Nothing of it leaves the process: the log and snapshots hold records as they were.
///
/// A record that this cannot give back octet for octet stays as it is.
enum RecordPacking {
    /// What a record is about, as the first letter of its key says.
    enum Kind {
        /// A user or a target: `UserRecord`.
        case user
        case address
        /// A fan-out, or what a later version has added: never packed.
        case other

        init(key: UnsafeRawBufferPointer) {
            switch unsafe key.isEmpty ? 0 : key[0] {
            case UInt8(ascii: "u"), UInt8(ascii: "t"): self = .user
            case UInt8(ascii: "a"): self = .address
            default: self = .other
            }
        }
    }

    /// What became of a record.
    struct Packed {
        /// Octets written; nil where the record stays as it is.
        var count: Int?
        /// Whether the record has subscriptions, former owners, or something that waits: what is found again by more than the key.
        var isListed: Bool
    }

    /// What is known of a user's record that was written here; nothing of any other.
    struct Known {
        /// In the record's order: what is packed of them already.
        var devices: [HeldDevice] = []
        /// From this place on nothing is replaced, and nothing makes it listed.
        var plainFrom = Int.max
    }

    /// What is done with a field.
    fileprivate enum Treatment {
        case keep
        case keepAndList
        case device
        /// Shared, if it is short.
        case name
        /// Hexadecimal, or a UUID, perhaps.
        case text
    }

    /// The messages whose fields are looked at.
    fileprivate enum Level {
        case user, device, address

        func treatment(of number: UInt64) -> Treatment {
            switch (self, number) {
            case (.user, 2): .device
            case (.user, 7), (.user, 8): .name
            case (.user, 11), (.user, 13), (.user, 50), (.user, 51): .keepAndList
            case (.device, 1), (.device, 4): .text
            case (.device, 2), (.device, 3), (.device, 8), (.device, 9), (.device, 15): .name
            case (.address, 5): .keepAndList
            case (.address, 2), (.address, 3): .text
            default: .keep
            }
        }
    }

    /// Packs a record.
    ///
    /// `target`: Has room for as many octets as the record has; it never needs more.
    static func pack(
        _ record: UnsafeRawBufferPointer,
        _ kind: Kind,
        _ names: inout SharedNames,
        _ known: Known = Known(),
        into target: UnsafeMutableRawBufferPointer
    ) -> Packed {
        let level: Level
        switch kind {
        case .user: level = .user
        case .address: level = .address
        case .other: return Packed(count: nil, isListed: false)
        }
        var packer = unsafe Packer(source: record, known, target: target)
        let isDone = packer.walk(to: record.count, level, &names)
        // Nobody knows what is in a record that cannot be read: it is looked at whenever one asks.
        return isDone ? Packed(count: packer.count, isListed: packer.isListed) : Packed(count: nil, isListed: true)
    }

    /// The record as it was.
    static func unpacked(_ packed: UnsafeRawBufferPointer, _ kind: Kind, _ names: [UInt8]) -> [UInt8] {
        // SAFETY: names and octets are lent for the call.
        return unsafe names.withUnsafeBytes { names in
            var reader = unsafe WireReader(packed, names: names)
            var writer = WireWriter(capacity: 2 * packed.count)
            unpack(&reader, kind == .address ? .address : .user, to: &writer)
            return writer.octets
        }
    }

    private static func unpack(_ reader: inout WireReader, _ level: Level, to writer: inout WireWriter) {
        while reader.next() {
            if level == .user, reader.number == 2, reader.isLengthDelimited {
                reader.copyNested(to: &writer) { unpack(&$0, .device, to: &$1) }
            } else {
                reader.copy(to: &writer)
            }
        }
        reader.copyRest(to: &writer)
        precondition(reader.isWellFormed, "what was packed can be read")
    }
}

/// Goes over a record and writes it packed.
@safe
private struct Packer {
    private let source: UnsafeRawBufferPointer
    private let target: UnsafeMutableRawBufferPointer
    private let known: RecordPacking.Known
    private var nextDevice = 0
    private var position = 0
    /// Up to where the source was copied: fields that stay as they are go together.
    private var copied = 0
    private(set) var count = 0
    private(set) var isListed = false

    init(source: UnsafeRawBufferPointer, _ known: RecordPacking.Known, target: UnsafeMutableRawBufferPointer) {
        precondition(target.count >= source.count, "packing makes no record longer")
        unsafe self.source = unsafe source
        unsafe self.target = unsafe target
        self.known = known
    }

    /// - Returns: false where the fields are not such that they could be given back as they are.
    mutating func walk(to end: Int, _ level: RecordPacking.Level, _ names: inout SharedNames) -> Bool {
        while position < end {
            if position >= known.plainFrom {
                position = end
                break
            }
            let start = position
            guard let tag = varint(end), tag >> 3 > 0 else { return false }
            let isPlain = position - start == 1
            switch tag & 7 {
            case 0: guard varint(end) != nil else { return false }
            case 1: position += 8
            case 5: position += 4
            case 2:
                let lengthStart = position
                guard let length = varint(end).flatMap({ Int(exactly: $0) }), length <= end - position else {
                    return false
                }
                let isMinimal = isPlain && position - lengthStart == Self.varintCount(length)
                let value = position..<position + length
                let treatment = level.treatment(of: tag >> 3)
                if treatment == .keepAndList { isListed = true }
                if treatment == .device {
                    copy(to: start)
                    guard isMinimal, packDevice(value, &names) else { return false }
                    copied = position
                    continue
                }
                position = value.upperBound
                if isMinimal, replace(value, from: start, tag, treatment, &names) { copied = position }
            default: return false
            }
            guard position <= end else { return false }
        }
        copy(to: end)
        return true
    }

    /// Writes the field in another layout; false where it is to be kept.
    ///
    /// `start`: Of the field.
    private mutating func replace(
        _ value: Range<Int>,
        from start: Int,
        _ tag: UInt64,
        _ treatment: RecordPacking.Treatment,
        _ names: inout SharedNames
    ) -> Bool {
        // SAFETY: the range lies inside the source.
        let text = unsafe UnsafeRawBufferPointer(rebasing: source[value])
        switch treatment {
        case .keep, .keepAndList, .device: return false
        case .name:
            guard let number = unsafe names.number(of: text) else { return false }
            copy(to: start)
            begin(tag, .shared)
            append(number)
            return true
        case .text:
            if text.count == UUIDText.count {
                guard let octets = unsafe UUIDText.octets(of: text) else { return false }
                copy(to: start)
                begin(tag, .uuid)
                append(word: octets.0)
                append(word: octets.1)
                return true
            }
            return unsafe replace(hexadecimal: text, from: start, tag)
        }
    }

    private mutating func replace(hexadecimal text: UnsafeRawBufferPointer, from start: Int, _ tag: UInt64) -> Bool {
        guard text.count >= 8, text.count % 8 == 0, text.count / 8 <= 255 else { return false }
        let before = (count, copied)
        copy(to: start)
        begin(tag, .hexadecimal)
        append(UInt8(text.count / 8))
        for position in stride(from: 0, to: text.count, by: 8) {
            // SAFETY: the count is a multiple of eight.
            let digits = unsafe text.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            guard let octets = HexWords.octets(of: UInt64(littleEndian: digits)) else {
                (count, copied) = before
                return false
            }
            // SAFETY: the target is as long as the source, which has twice as many octets here.
            unsafe target.storeBytes(of: octets.littleEndian, toByteOffset: count, as: UInt32.self)
            count += 4
        }
        return true
    }

    private mutating func packDevice(_ value: Range<Int>, _ names: inout SharedNames) -> Bool {
        append(UInt8(2 << 3 | 2))
        if nextDevice < known.devices.count {
            defer { nextDevice += 1 }
            if let packed = known.devices[nextDevice].packed {
                append(varint: packed.count)
                append(packed)
                position = value.upperBound
                return true
            }
        }
        let lengthAt = count
        let room = Self.varintCount(value.count)
        count += room
        copied = value.lowerBound
        guard walk(to: value.upperBound, .device, &names) else { return false }
        let length = count - lengthAt - room
        if Self.varintCount(length) < room {
            // SAFETY: both places lie inside what was written.
            let base = unsafe target.baseAddress.unsafelyUnwrapped + lengthAt
            unsafe (base + Self.varintCount(length)).copyMemory(from: base + room, byteCount: length)
        }
        count = lengthAt
        append(varint: length)
        count += length
        return true
    }

    // MARK: Octets

    /// Numbers of the fields that are replaced are below 16, so that their tags are one octet.
    private mutating func begin(_ tag: UInt64, _ layout: WireLayout) {
        append(UInt8(tag & ~7) | layout.rawValue)
    }

    private mutating func append(_ octet: UInt8) {
        unsafe target[count] = octet
        count += 1
    }

    private mutating func append(_ octets: ArraySlice<UInt8>) {
        // SAFETY: the target has room for as many octets as the source has.
        unsafe octets.withUnsafeBytes {
            unsafe UnsafeMutableRawBufferPointer(rebasing: target[count...]).copyMemory(from: $0)
        }
        count += octets.count
    }

    private mutating func append(word: UInt64) {
        // SAFETY: a UUID's text had more room.
        unsafe target.storeBytes(of: word.littleEndian, toByteOffset: count, as: UInt64.self)
        count += 8
    }

    private mutating func append(varint value: Int) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        append(UInt8(rest))
    }

    /// Copies the source as it is, up to a place in it.
    private mutating func copy(to end: Int) {
        let more = end - copied
        if more == 0 { return }
        // SAFETY: both places lie inside the source, and the target has room for all of it.
        unsafe (target.baseAddress.unsafelyUnwrapped + count)
            .copyMemory(from: source.baseAddress.unsafelyUnwrapped + copied, byteCount: more)
        count += more
        copied = end
    }

    /// Most have one octet.
    @inline(__always)
    private mutating func varint(_ end: Int) -> UInt64? {
        // SAFETY: the position is below the end, which was just compared.
        if position < end, case let octet = unsafe source[position], octet < 0x80 {
            position += 1
            return UInt64(octet)
        }
        return longVarint(end)
    }

    private mutating func longVarint(_ end: Int) -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while position < end, shift < 64 {
            let octet = unsafe source[position]
            position += 1
            value |= UInt64(octet & 0x7F) << shift
            if octet < 0x80 { return value }
            shift += 7
        }
        return nil
    }

    private static func varintCount(_ value: Int) -> Int { WireWriter.varintCount(UInt64(value)) }
}
