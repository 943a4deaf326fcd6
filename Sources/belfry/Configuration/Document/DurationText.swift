/// Durations as people write them: a whole number and a unit, such as `500ms`, `30s`, `15m`, `4h` or `1d`.
enum DurationText {
    /// Nil where the text is none, or does not fit.
    static func parse(_ text: String) -> Duration? {
        let digits = text.utf8.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard (1...18).contains(digits.count), let count = Int64(String(Substring(digits))) else { return nil }
        let unit = String(text.dropFirst(digits.count))
        if unit == "ms" { return .milliseconds(count) }
        guard let seconds = Self.secondsPerUnit[unit] else { return nil }
        let (total, overflow) = count.multipliedReportingOverflow(by: seconds)
        return overflow ? nil : .seconds(total)
    }

    /// In the largest unit that needs no fraction.
    static func describe(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let milliseconds = attoseconds / 1_000_000_000_000_000
        guard milliseconds == 0 else { return "\(seconds * 1000 + milliseconds)ms" }
        for (unit, length) in [("d", Int64(86_400)), ("h", 3_600), ("m", 60)] where seconds > 0 && seconds % length == 0
        {
            return "\(seconds / length)\(unit)"
        }
        return "\(seconds)s"
    }

    private static let secondsPerUnit: [String: Int64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
}
