import ArgumentParser
import PushCore

/// A time of the past as an option says it: a time (RFC 3339), or how long ago.
enum PastTime {
    /// Milliseconds since the epoch; nil for what is neither.
    static func parse(_ text: String, nowMs: Int64) -> Int64? {
        RFC3339.parse(text) ?? DurationText.parse(text).map { nowMs - min($0.wholeMilliseconds, nowMs) }
    }

    static func refused(_ option: String, _ text: String) -> ValidationError {
        ValidationError("\(option): \"\(text)\" is neither a time such as 2026-01-02T03:04:05Z nor one such as 2h")
    }
}
