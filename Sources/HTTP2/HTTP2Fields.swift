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
    /// Why a field cannot be sent, if one cannot.
    private(set) var invalidity: String?

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
            invalidity = invalidity ?? "a header field is longer than \(Self.partBytesMax) bytes"
            return
        }
        appendPrefix(nameLength, valueLength, indexing)
        storage.append(contentsOf: name.utf8)
        storage.append(contentsOf: value.utf8)
        if let reason = Self.whyInvalid(storage[(storage.count - nameLength - valueLength)...], nameLength) {
            invalidity = invalidity ?? "header field \(name.debugDescription): \(reason)"
        }
    }

    /// Adds all fields of another list behind these.
    package mutating func append(contentsOf other: HTTP2Fields) {
        storage.append(contentsOf: other.storage)
        count += other.count
        invalidity = invalidity ?? other.invalidity
    }

    /// The first value of a field by its lower-case name.
    package subscript(name: String) -> String? {
        first { $0 == name }
    }

    /// Every field in order, as text; bytes that are not UTF-8 become replacement characters.
    package var pairs: [(name: String, value: String)] {
        var pairs: [(String, String)] = []
        _ = walk { name, value in
            pairs.append((String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self)))
            return false
        }
        return pairs
    }

    /// Bytes of names and values, and 32 for each field, as RFC 9113 section 6.5.2 counts a header list.
    var listBytes: Int {
        storage.count + count * (32 - Self.prefixLength)
    }

    mutating func removeAll() {
        storage.removeAll(keepingCapacity: true)
        count = 0
        invalidity = nil
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

    private func first(where matches: (String) -> Bool) -> String? {
        var found: String?
        _ = walk { name, value in
            guard matches(String(decoding: name, as: UTF8.self)) else { return false }
            found = String(decoding: value, as: UTF8.self)
            return true
        }
        return found
    }

    /// Calls `visit` for each field until it gives true.
    private func walk(_ visit: (ArraySlice<UInt8>, ArraySlice<UInt8>) -> Bool) -> Bool {
        var position = 0
        for _ in 0..<count {
            let nameStart = position + Self.prefixLength
            let valueStart = nameStart + Int(storage[position]) + Int(storage[position + 1]) << 8
            let valueLength =
                Int(storage[position + 2]) + Int(storage[position + 3]) << 8 + Int(storage[position + 4]) << 16
                + Int(storage[position + 5]) << 24
            position = valueStart + valueLength
            if visit(storage[nameStart..<valueStart], storage[valueStart..<position]) { return true }
        }
        return false
    }

    /// RFC 9113 section 8.2.1: a lower-case token, after a colon for the four of HTTP itself; a value without control characters.
    private static func whyInvalid(_ bytes: ArraySlice<UInt8>, _ nameLength: Int) -> String? {
        let name = bytes.prefix(nameLength)
        let value = bytes.dropFirst(nameLength)
        let token = name.first == UInt8(ascii: ":") ? name.dropFirst() : name
        if token.isEmpty { return "the name is empty" }
        if !token.allSatisfy(isLowercaseTokenByte) { return "the name is not a lower-case token" }
        if !value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) { return "control character in the value" }
        if let first = value.first, let last = value.last, isSpace(first) || isSpace(last) {
            return "the value begins or ends with white space"
        }
        return nil
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
