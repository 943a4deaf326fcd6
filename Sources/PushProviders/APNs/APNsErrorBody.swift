/// `{"reason": "…", "timestamp": n}`, read from whatever arrived.
///
/// Only members of the outermost object count, and the first of each name. What cannot be read is nil; what was read
/// before the text breaks off stays. Never fails, and looks at the first 4,096 octets only.
struct APNsErrorBody {
    /// As worded, cut to 64 octets.
    private(set) var reason: String?
    private(set) var timestampMs: Int64?

    private static let bytesMax = 4_096
    private static let reasonBytesMax = 64

    init(_ body: [UInt8]) {
        var scanner = Scanner(octets: body.prefix(Self.bytesMax))
        guard scanner.take("{") else { return }
        while let name = scanner.string(), scanner.take(":") {
            switch name {
            case "reason" where reason == nil:
                reason = scanner.string().map { String(decoding: $0.utf8.prefix(Self.reasonBytesMax), as: UTF8.self) }
            case "timestamp" where timestampMs == nil:
                timestampMs = scanner.integer()
            default:
                break
            }
            // What is left of the value: all of it, where it is none of ours or of another type.
            scanner.skipValue()
            guard scanner.take(",") else { return }
        }
    }
}

/// Steps through JSON text as far as it is JSON.
private struct Scanner {
    var octets: ArraySlice<UInt8>

    /// Takes the character, after white space; false where another one comes.
    mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard octets.first == UInt8(ascii: character) else { return false }
        octets.removeFirst()
        return true
    }

    /// Takes a string; nil where none comes, or it does not end.
    ///
    /// Escapes stay as they are: APNs needs none.
    mutating func string() -> String? {
        guard take("\"") else { return nil }
        var end = octets.startIndex
        while end < octets.endIndex, octets[end] != UInt8(ascii: "\"") {
            end += octets[end] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard end < octets.endIndex else { return nil }
        defer { octets = octets[(end + 1)...] }
        return String(decoding: octets[octets.startIndex..<end], as: UTF8.self)
    }

    /// Takes a whole number from 0; nil where none comes, or it is out of range.
    ///
    /// A number with a fraction or an exponent is none.
    mutating func integer() -> Int64? {
        skipSpace()
        let digits = octets.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        octets = octets[digits.endIndex...]
        // What breaks off after a digit may have had more of them.
        guard let next = octets.first, !".eE".utf8.contains(next) else { return nil }
        return Int64(String(decoding: digits, as: UTF8.self))
    }

    /// Takes what comes up to the comma or bracket that ends the value, over strings, objects and arrays inside.
    mutating func skipValue() {
        var depth = 0
        while let octet = octets.first {
            switch octet {
            case UInt8(ascii: "\""):
                if string() == nil { octets = [] }
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 0 { return }
                depth -= 1
            case UInt8(ascii: ",") where depth == 0:
                return
            default:
                break
            }
            octets.removeFirst()
        }
    }

    private mutating func skipSpace() {
        octets = octets.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
    }
}
