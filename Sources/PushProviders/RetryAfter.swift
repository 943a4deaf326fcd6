/// The header `Retry-After` (RFC 9110 section 10.2.3): seconds, or a date.
package enum RetryAfter {
    /// How long to wait.
    ///
    /// - Parameters:
    ///   - value: of the header, such as `120` or `Fri, 31 Dec 1999 23:59:59 GMT`.
    ///   - nowMs: when it arrived; the distance to a date is counted from it.
    /// - Returns: at least zero, and not bounded: seconds beyond Int64 are as many as it holds. Nil for what is neither.
    package static func parse(_ value: String, nowMs: Int64) -> Duration? {
        let value = trimmed(value)
        if !value.isEmpty, value.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
            // Digits alone fail for being too many only.
            return .seconds(Int64(value) ?? .max)
        }
        guard let dateMs = HTTPDate.milliseconds(of: value, nowMs: nowMs) else { return nil }
        let (distanceMs, overflow) = dateMs.subtractingReportingOverflow(nowMs)
        return .milliseconds(overflow ? (dateMs > nowMs ? .max : 0) : max(0, distanceMs))
    }

    /// Without the blanks around it, which belong to no header's value (RFC 9110 section 5.5).
    private static func trimmed(_ value: String) -> String {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        var rest = value.drop(while: isBlank)
        while let last = rest.last, isBlank(last) { rest.removeLast() }
        return String(rest)
    }
}
