private import PushCore

/// A date as HTTP headers carry it (RFC 9110 section 5.6.7).
package enum HTTPDate {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    private static let shortDays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    private static let longDays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]

    /// Reads any of the three forms that recipients have to take.
    ///
    /// That the day of the week is the date's own is not checked: the date is what counts.
    ///
    /// - Parameters:
    ///   - text: such as `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT` or `Sun Nov  6 08:49:37 1994`.
    ///   - nowMs: decides the century of a year of two digits: one that would be more than 50 years ahead is past.
    /// - Returns: milliseconds since the Unix epoch; nil for any other text.
    package static func milliseconds(of text: String, nowMs: Int64) -> Int64? {
        fixed(text) ?? dashed(text, nowMs: nowMs) ?? asctime(text)
    }

    /// IMF-fixdate, the only form that senders may write.
    private static func fixed(_ text: String) -> Int64? {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0].last == ",", shortDays.contains(String(parts[0].dropLast())),
            parts[5] == "GMT"
        else { return nil }
        return milliseconds(year: parts[3], month: parts[2], day: parts[1], time: parts[4])
    }

    /// The form of RFC 850, with a year of two digits.
    private static func dashed(_ text: String, nowMs: Int64) -> Int64? {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0].last == ",", longDays.contains(String(parts[0].dropLast())),
            parts[3] == "GMT"
        else { return nil }
        let date = parts[1].split(separator: "-", omittingEmptySubsequences: false)
        guard date.count == 3, isDigits(date[2], count: 2), let thisYear = Int(RFC3339.text(nowMs).prefix(4)) else {
            return nil
        }
        // From a century too far on, back to the first that is not more than 50 years ahead.
        var candidates = stride(from: thisYear / 100 + 1, through: thisYear / 100 - 1, by: -1).lazy.compactMap {
            milliseconds(year: centuryDigits($0) + date[2], month: date[1], day: date[0], time: parts[2])
        }.makeIterator()
        while let candidate = candidates.next() {
            if !isFarAhead(candidate, nowMs: nowMs) { return candidate }
        }
        return nil
    }

    /// The form of C's `asctime`: a day below 10 has a blank in front.
    private static func asctime(_ text: String) -> Int64? {
        let octets = Array(text.utf8)
        guard octets.count == 24, octets[3] == space, octets[7] == space, octets[10] == space, octets[19] == space
        else { return nil }
        func part(_ range: Range<Int>) -> Substring { Substring(String(decoding: octets[range], as: UTF8.self)) }
        guard shortDays.contains(String(part(0..<3))) else { return nil }
        let day = octets[8] == space ? "0" + part(9..<10) : part(8..<10)
        return milliseconds(year: part(20..<24), month: part(4..<7), day: day, time: part(11..<19))
    }

    private static let space = UInt8(ascii: " ")

    private static func milliseconds(
        year: Substring,
        month: Substring,
        day: Substring,
        time: Substring
    ) -> Int64? {
        guard isDigits(year, count: 4), isDigits(day, count: 2), time.utf8.count == 8,
            let index = months.firstIndex(of: String(month))
        else { return nil }
        let number = index < 9 ? "0\(index + 1)" : "\(index + 1)"
        return RFC3339.parse("\(year)-\(number)-\(day)T\(time)Z")
    }

    /// More than 50 years, on the calendar.
    private static func isFarAhead(_ dateMs: Int64, nowMs: Int64) -> Bool {
        let date = RFC3339.text(dateMs)
        let now = RFC3339.text(nowMs)
        guard let year = Int(date.prefix(4)), let thisYear = Int(now.prefix(4)) else { return false }
        return year == thisYear + 50 ? date.dropFirst(4) > now.dropFirst(4) : year > thisYear + 50
    }

    /// The first two digits of a century's years.
    private static func centuryDigits(_ century: Int) -> Substring { century < 10 ? "0\(century)" : "\(century)" }

    private static func isDigits(_ text: Substring, count: Int) -> Bool {
        text.utf8.count == count && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
}
