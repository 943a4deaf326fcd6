private import PushCore

/// The header `Retry-After` (RFC 9110 section 10.2.3): seconds, or a date.
package enum RetryAfter {
    /// How long to wait.
    ///
    /// - Parameters:
    ///   - value: of the header, such as `120` or `Fri, 31 Dec 1999 23:59:59 GMT`.
    ///   - nowMs: when it arrived; the distance to a date is counted from it.
    /// - Returns: at least zero; nil for what is neither.
    package static func parse(_ value: String, nowMs: Int64) -> Duration? {
        if let seconds = Int64(value), seconds >= 0, value.utf8.first != UInt8(ascii: "+") { return .seconds(seconds) }
        guard let dateMs = milliseconds(ofDate: value) else { return nil }
        return .milliseconds(max(0, dateMs - nowMs))
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// An IMF-fixdate (RFC 9110 section 5.6.7), the only form that senders may write.
    private static func milliseconds(ofDate value: String) -> Int64? {
        let parts = value.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0].hasSuffix(","), parts[5] == "GMT", parts[1].utf8.count == 2,
            let month = months.firstIndex(of: String(parts[2]))
        else { return nil }
        let twoDigits = month < 9 ? "0\(month + 1)" : "\(month + 1)"
        return RFC3339.parse("\(parts[3])-\(twoDigits)-\(parts[1])T\(parts[4])Z")
    }
}
