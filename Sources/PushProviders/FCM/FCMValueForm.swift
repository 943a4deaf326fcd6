internal import PushCore

/// The forms that texts in FCM's messages have.
enum FCMValueForm: Hashable, Sendable {
    case any
    /// Seconds with up to nine decimals, then `s`.
    case duration
    /// A duration up to 28 days: the longest that FCM stores a message.
    case timeToLive
    /// RFC 3339.
    case timestamp
    case color
    case httpsURL
    case analyticsLabel
    /// A number of seconds as text, up to 28 days.
    case seconds
    /// Of Web Push (RFC 8030 section 5.3).
    case urgency
    /// Of Web Push (RFC 8030 section 5.4).
    case webPushTopic
    /// Of APNs: UNIX seconds.
    case unixSeconds
    /// Of APNs.
    case apnsPriority
    /// Of APNs: up to 64 octets.
    case collapseID

    /// 28 days.
    static let timeToLiveSecondsMax: Int64 = 2_419_200

    func admits(_ text: String) -> Bool {
        switch self {
        case .any: true
        case .duration: Self.nanoseconds(ofDuration: text) != nil
        case .timeToLive:
            Self.nanoseconds(ofDuration: text).map { $0 <= Self.timeToLiveSecondsMax * 1_000_000_000 } ?? false
        case .timestamp: RFC3339.parse(text) != nil
        case .color: Self.isColor(text)
        case .httpsURL: text.utf8.count > 8 && text.lowercased().hasPrefix("https://")
        case .analyticsLabel: Self.isAnalyticsLabel(text)
        case .seconds: Self.number(text).map { $0 <= Self.timeToLiveSecondsMax } ?? false
        case .urgency: ["very-low", "low", "normal", "high"].contains(text)
        case .webPushTopic:
            (1...32).contains(text.utf8.count)
                && text.utf8.allSatisfy { Self.isAlphanumeric($0) || "-_".utf8.contains($0) }
        case .unixSeconds: Self.number(text) != nil
        case .apnsPriority: ["1", "5", "10"].contains(text)
        case .collapseID: (1...64).contains(text.utf8.count)
        }
    }

    /// What is allowed, for messages.
    var allowed: String {
        switch self {
        case .any: "text"
        case .duration: "seconds and \"s\", such as \"3.5s\""
        case .timeToLive: "\"0s\" to \"2419200s\" (28 days)"
        case .timestamp: "RFC 3339, such as \"2026-01-02T03:04:05Z\""
        case .color: "#rrggbb"
        case .httpsURL: "a URL that begins with https://"
        case .analyticsLabel: "1 to 50 of a-z, A-Z, 0-9 and -_.~%"
        case .seconds: "\"0\" to \"2419200\" (28 days)"
        case .urgency: "very-low, low, normal, high"
        case .webPushTopic: "1 to 32 of a-z, A-Z, 0-9, - and _"
        case .unixSeconds: "UNIX seconds, such as \"1795000000\""
        case .apnsPriority: "1, 5, 10"
        case .collapseID: "1 to 64 bytes"
        }
    }

    /// The reason of a message that breaks the form.
    var reason: Reason {
        switch self {
        case .timeToLive, .seconds: .badTimeToLive
        default: .invalidRequest
        }
    }

    // MARK: Readers

    /// A duration as protobuf's JSON writes it, not negative; nil for all else.
    static func nanoseconds(ofDuration text: String) -> Int64? {
        guard text.utf8.last == UInt8(ascii: "s") else { return nil }
        let parts = text.dropLast().split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let seconds = number(parts[0]), seconds <= 315_576_000_000 else {
            return nil
        }
        var fraction: Int64 = 0
        if parts.count == 2 {
            guard (1...9).contains(parts[1].utf8.count), let digits = number(parts[1]) else { return nil }
            fraction = (parts[1].utf8.count..<9).reduce(digits) { value, _ in value * 10 }
        }
        // Protobuf's longest duration is above what Int64 holds in nanoseconds.
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? Int64.max : scaled + fraction
    }

    /// Digits alone; nil for all else, and beyond Int64.
    static func number(_ text: some StringProtocol) -> Int64? {
        let isDigits = !text.isEmpty && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        return isDigits ? Int64(text) : nil
    }

    static func isAnalyticsLabel(_ text: String) -> Bool {
        (1...50).contains(text.utf8.count) && text.utf8.allSatisfy { isNameCharacter($0) }
    }

    /// What topic names and analytics labels are made of.
    static func isNameCharacter(_ octet: UInt8) -> Bool {
        isAlphanumeric(octet) || "-_.~%".utf8.contains(octet)
    }

    static func isAlphanumeric(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default:
            false
        }
    }

    private static func isColor(_ text: String) -> Bool {
        text.utf8.count == 7 && text.utf8.first == UInt8(ascii: "#")
            && text.utf8.dropFirst().allSatisfy { octet in
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(octet)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(octet | 0x20)
            }
    }
}
