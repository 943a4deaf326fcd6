/// JSON being written: the few things that provider requests need, straight into octets.
///
/// Commas are put between members; the order is the caller's.
struct JSONText {
    private(set) var octets: [UInt8] = []
    private var needsComma = false

    init(capacity: Int) {
        octets.reserveCapacity(capacity)
    }

    /// Starts an object: the whole text.
    mutating func beginObject() {
        octets.append(UInt8(ascii: "{"))
        needsComma = false
    }

    /// Starts an object that is the value of a member.
    mutating func beginObject(_ name: StaticString) {
        key(name)
        beginObject()
    }

    mutating func endObject() {
        octets.append(UInt8(ascii: "}"))
        needsComma = true
    }

    mutating func member(_ name: StaticString, _ value: String) {
        key(name)
        string(value)
    }

    /// A member whose name comes from outside.
    mutating func member(named name: String, _ value: String) {
        comma()
        string(name)
        octets.append(UInt8(ascii: ":"))
        string(value)
    }

    mutating func member(_ name: StaticString, integer value: Int64) {
        key(name)
        octets.append(contentsOf: value.description.utf8)
    }

    /// A number.
    ///
    /// One that JSON cannot write (infinite, not a number) is left out.
    mutating func member(_ name: StaticString, number value: Double) {
        guard value.isFinite else { return }
        key(name)
        octets.append(contentsOf: value.description.utf8)
    }

    /// The name is our own constant: printable ASCII with nothing to escape.
    private mutating func key(_ name: StaticString) {
        comma()
        octets.append(UInt8(ascii: "\""))
        // SAFETY: a static string has so many octets, for the life of the process.
        unsafe octets.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        octets.append(UInt8(ascii: "\""))
        octets.append(UInt8(ascii: ":"))
    }

    private mutating func comma() {
        if needsComma { octets.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    /// RFC 8259 section 7: quotation mark, reverse solidus and control characters are escaped, all else stays UTF-8.
    private mutating func string(_ value: String) {
        octets.append(UInt8(ascii: "\""))
        if Self.needsEscape(value.utf8.span) {
            for octet in value.utf8 {
                if Self.needsEscape(octet) { escape(octet) } else { octets.append(octet) }
            }
        } else {
            octets.append(contentsOf: value.utf8)
        }
        octets.append(UInt8(ascii: "\""))
    }

    private static func needsEscape(_ octets: Span<UInt8>) -> Bool {
        for index in octets.indices where needsEscape(octets[index]) { return true }
        return false
    }

    private static func needsEscape(_ octet: UInt8) -> Bool {
        octet < 0x20 || octet == UInt8(ascii: "\"") || octet == UInt8(ascii: "\\")
    }

    private mutating func escape(_ octet: UInt8) {
        octets.append(UInt8(ascii: "\\"))
        switch octet {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): octets.append(octet)
        case 0x08: octets.append(UInt8(ascii: "b"))
        case 0x09: octets.append(UInt8(ascii: "t"))
        case 0x0A: octets.append(UInt8(ascii: "n"))
        case 0x0C: octets.append(UInt8(ascii: "f"))
        case 0x0D: octets.append(UInt8(ascii: "r"))
        default:
            octets.append(contentsOf: "u00".utf8)
            octets.append(octet < 0x10 ? UInt8(ascii: "0") : UInt8(ascii: "1"))
            let low = octet & 0x0F
            octets.append(low < 10 ? UInt8(ascii: "0") + low : UInt8(ascii: "a") + low - 10)
        }
    }
}
