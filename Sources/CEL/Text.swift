/// Operations on strings as code points, done on their UTF-8 bytes.
///
/// Swift's own comparisons treat canonically equivalent strings as equal and work on grapheme clusters; CEL does neither.
/// UTF-8 keeps the order of code points, and no code point's bytes occur inside another's, so that bytes are enough.
enum Text {
    @inline(__always)
    static func equal(_ left: String, _ right: String) -> Bool {
        let left = left.utf8Span.span
        let right = right.utf8Span.span
        return left.count == right.count && matches(left, right, at: 0)
    }

    static func isLess(_ left: String, _ right: String) -> Bool {
        let left = left.utf8Span.span
        let right = right.utf8Span.span
        for index in 0..<min(left.count, right.count) where left[index] != right[index] {
            return left[index] < right[index]
        }
        return left.count < right.count
    }

    @inline(__always)
    static func hasPrefix(_ text: String, _ prefix: String) -> Bool {
        let text = text.utf8Span.span
        let prefix = prefix.utf8Span.span
        return prefix.count <= text.count && matches(text, prefix, at: 0)
    }

    static func hasSuffix(_ text: String, _ suffix: String) -> Bool {
        let text = text.utf8Span.span
        let suffix = suffix.utf8Span.span
        return suffix.count <= text.count && matches(text, suffix, at: text.count - suffix.count)
    }

    static func contains(_ text: String, _ part: String) -> Bool {
        let bytes = Array(text.utf8)
        return firstIndex(of: Array(part.utf8), in: bytes[...]) != nil
    }

    @inline(__always)
    private static func matches(_ text: borrowing Span<UInt8>, _ part: borrowing Span<UInt8>, at start: Int) -> Bool {
        for index in 0..<part.count where text[start + index] != part[index] { return false }
        return true
    }

    static func codePointCount(_ bytes: some Sequence<UInt8>) -> Int {
        bytes.reduce(0) { $1 & 0xC0 == 0x80 ? $0 : $0 + 1 }
    }

    /// Where a part first occurs in a slice, in time linear in both (Knuth, Morris, Pratt): neither side of a hostile
    /// pair can make it quadratic.
    static func firstIndex(of part: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
        guard let first = part.first else { return bytes.startIndex }
        guard part.count <= bytes.count else { return nil }
        if part.count == 1 { return bytes.firstIndex(of: first) }
        let fallback = borders(of: part)
        var matched = 0
        for index in bytes.indices {
            while matched > 0 && bytes[index] != part[matched] { matched = fallback[matched - 1] }
            if bytes[index] == part[matched] { matched += 1 }
            if matched == part.count { return index - part.count + 1 }
        }
        return nil
    }

    /// For each prefix of a part, the length of its longest proper prefix that is also its suffix.
    private static func borders(of part: [UInt8]) -> [Int] {
        var borders = [Int](repeating: 0, count: part.count)
        var length = 0
        for index in 1..<part.count {
            while length > 0 && part[index] != part[length] { length = borders[length - 1] }
            if part[index] == part[length] { length += 1 }
            borders[index] = length
        }
        return borders
    }
}
