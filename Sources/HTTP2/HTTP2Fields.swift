/// Header fields in one flat buffer: one allocation, however many fields, and shared when copied.
package struct HTTP2Fields: Sendable {
    /// Whether a field enters the HPACK dynamic table (RFC 7541 section 6.2).
    package enum Indexing: UInt8, Sendable {
        /// Entered: for what the next requests on the connection repeat.
        case indexed = 0
        /// Not entered, because it changes with each request; intermediaries must keep it so, which costs nothing.
        case notIndexed = 1
        /// Not entered by anybody on the way, because it is a secret.
        case neverIndexed = 2
    }

    /// Length of what precedes each name: name length (2 bytes), value length (4 bytes), indexing (1 byte).
    static let prefixLength = 7
    /// Longest name and value taken; a peer that keeps the RFC's usual limits takes no more.
    static let partBytesMax = 65_535

    private(set) var storage: [UInt8] = []
    /// How many fields there are.
    package private(set) var count = 0
    /// Why a field cannot be sent, if one cannot: one word, which hardly any list has, since lists are copied often.
    private var fault: Fault?

    private final class Fault: Sendable {
        let text: String

        init(_ text: String) {
            self.text = text
        }
    }

    /// Why a field cannot be sent, if one cannot.
    var invalidity: String? { fault?.text }

    /// No fields; `bytes` is room for names and values made in advance.
    package init(reservingBytes bytes: Int = 0) {
        if bytes > 0 { storage.reserveCapacity(bytes) }
    }

    /// Adds a field.
    ///
    /// A name or value that HTTP forbids makes the request invalid: its outcome will say so.
    package mutating func append(_ name: String, _ value: String, _ indexing: Indexing = .indexed) {
        let nameLength = name.utf8.count
        let valueLength = value.utf8.count
        guard nameLength <= Self.partBytesMax, valueLength <= Self.partBytesMax else {
            fault = fault ?? Fault("a header field is longer than \(Self.partBytesMax) bytes")
            return
        }
        appendPrefix(nameLength, valueLength, indexing)
        let start = storage.count
        storage.append(contentsOf: name.utf8)
        storage.append(contentsOf: value.utf8)
        validate(from: start, nameLength)
    }

    /// Adds a field whose value is written in place, so that no text has to be made of it.
    ///
    /// - Parameters:
    ///   - name: as in ``append(_:_:_:)``.
    ///   - indexing: likewise.
    ///   - countMax: most octets that the value has.
    ///   - write: gets room for so many, and gives how many it wrote.
    package mutating func append(
        _ name: String,
        _ indexing: Indexing,
        countMax: Int,
        _ write: (UnsafeMutableBufferPointer<UInt8>) -> Int
    ) {
        let nameLength = name.utf8.count
        precondition(nameLength <= Self.partBytesMax && countMax <= Self.partBytesMax, "a field of known size is short")
        let prefixStart = storage.count
        appendPrefix(nameLength, countMax, indexing)
        let start = storage.count
        storage.append(contentsOf: name.utf8)
        // SAFETY: the temporary memory has room for `countMax` octets, of which the first `count` were written.
        let valueLength = unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: countMax) { room in
            let count = unsafe write(room)
            precondition((0...countMax).contains(count), "no more is written than there is room for")
            unsafe storage.append(contentsOf: UnsafeBufferPointer(rebasing: room[..<count]))
            return count
        }
        storage[prefixStart + 2] = UInt8(truncatingIfNeeded: valueLength)
        storage[prefixStart + 3] = UInt8(truncatingIfNeeded: valueLength >> 8)
        validate(from: start, nameLength)
    }

    private mutating func validate(from start: Int, _ nameLength: Int) {
        // SAFETY: the octets are lent for the call; they lie between `start` and the end.
        let reason = unsafe storage.withUnsafeBytes { octets in
            unsafe Self.whyInvalid(
                UnsafeRawBufferPointer(rebasing: octets[start..<start + nameLength]),
                UnsafeRawBufferPointer(rebasing: octets[(start + nameLength)...])
            )
        }
        guard let reason, fault == nil else { return }
        let name = String(decoding: storage[start..<start + nameLength], as: UTF8.self)
        fault = Fault("header field \(name.debugDescription): \(reason)")
    }

    /// Adds all fields of another list behind these.
    package mutating func append(contentsOf other: HTTP2Fields) {
        storage.append(contentsOf: other.storage)
        count += other.count
        fault = fault ?? other.fault
    }

    /// The first value of a field by its lower-case name.
    package subscript(name: String) -> String? {
        var name = name
        // SAFETY: the octets of the name are lent for the call, and those of the fields within it.
        return name.withUTF8 { name in
            unsafe storage.withUnsafeBytes { octets in
                var position = 0
                for _ in 0..<count {
                    let (nameLength, valueLength) = unsafe Self.lengths(octets, at: position)
                    let nameStart = position + Self.prefixLength
                    let valueStart = nameStart + nameLength
                    position = valueStart + valueLength
                    if unsafe nameLength == name.count
                        && octets[nameStart..<valueStart].elementsEqual(UnsafeRawBufferPointer(name))
                    {
                        return unsafe String(decoding: octets[valueStart..<position], as: UTF8.self)
                    }
                }
                return nil
            }
        }
    }

    /// Every field in order, as text; bytes that are not UTF-8 become replacement characters.
    package var pairs: [(name: String, value: String)] {
        var pairs: [(String, String)] = []
        var position = 0
        for _ in 0..<count {
            // SAFETY: the octets are lent for the call.
            let (nameLength, valueLength) = unsafe storage.withUnsafeBytes { unsafe Self.lengths($0, at: position) }
            let nameStart = position + Self.prefixLength
            let valueStart = nameStart + nameLength
            position = valueStart + valueLength
            pairs.append(
                (
                    String(decoding: storage[nameStart..<valueStart], as: UTF8.self),
                    String(decoding: storage[valueStart..<position], as: UTF8.self)
                )
            )
        }
        return pairs
    }

    /// The lengths of name and value in the prefix of a field.
    private static func lengths(_ octets: UnsafeRawBufferPointer, at position: Int) -> (name: Int, value: Int) {
        // SAFETY: a prefix stands at each position that the lengths before it lead to.
        let name = unsafe octets.loadUnaligned(fromByteOffset: position, as: UInt16.self)
        let value = unsafe octets.loadUnaligned(fromByteOffset: position + 2, as: UInt32.self)
        return (Int(UInt16(littleEndian: name)), Int(UInt32(littleEndian: value)))
    }

    /// Bytes of names and values, and 32 for each field, as RFC 9113 section 6.5.2 counts a header list.
    var listBytes: Int {
        storage.count + count * (32 - Self.prefixLength)
    }

    mutating func removeAll() {
        storage.removeAll(keepingCapacity: true)
        count = 0
        fault = nil
    }

    /// Adds a received field, which the HTTP/2 library has validated.
    mutating func appendReceived(_ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>) {
        // SAFETY: both buffers are valid during this call: the caller is nghttp2's header callback, or has made sure.
        appendPrefix(name.count, value.count, .indexed)
        unsafe storage.append(contentsOf: name)
        unsafe storage.append(contentsOf: value)
    }

    private mutating func appendPrefix(_ nameLength: Int, _ valueLength: Int, _ indexing: Indexing) {
        if storage.isEmpty { storage.reserveCapacity(192) }
        storage.append(UInt8(truncatingIfNeeded: nameLength))
        storage.append(UInt8(truncatingIfNeeded: nameLength >> 8))
        storage.append(UInt8(truncatingIfNeeded: valueLength))
        storage.append(UInt8(truncatingIfNeeded: valueLength >> 8))
        storage.append(UInt8(truncatingIfNeeded: valueLength >> 16))
        storage.append(UInt8(truncatingIfNeeded: valueLength >> 24))
        storage.append(indexing.rawValue)
        count += 1
    }

    /// RFC 9113 section 8.2.1: a lower-case token, after a colon for the four of HTTP itself; a value without control characters.
    private static func whyInvalid(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> String? {
        // SAFETY: both are lent for the call, and indexes are below their counts.
        let start = unsafe name.first == UInt8(ascii: ":") ? 1 : 0
        if name.count == start { return "the name is empty" }
        for index in start..<name.count where unsafe !isLowercaseTokenByte(name[index]) {
            return "the name is not a lower-case token"
        }
        for index in 0..<value.count where unsafe isControlByte(value[index]) {
            return "control character in the value"
        }
        if let first = unsafe value.first, let last = unsafe value.last, isSpace(first) || isSpace(last) {
            return "the value begins or ends with white space"
        }
        return nil
    }

    private static func isControlByte(_ byte: UInt8) -> Bool {
        byte < 0x20 && byte != 0x09 || byte == 0x7F
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09
    }

    private static func isLowercaseTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "!"), UInt8(ascii: "#"): true
        case UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "*"): true
        case UInt8(ascii: "+"), UInt8(ascii: "^"), UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"): true
        default: false
        }
    }
}
