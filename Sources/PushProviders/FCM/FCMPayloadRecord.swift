package import PushCore

/// What is known about the messages of each rule: whether FCM takes them.
///
/// A bad argument that FCM does not name is a bad token only where messages of the same rule are taken for others, before and
/// after it. A rule whose every message is refused says nothing about tokens.
package struct FCMPayloadRecord: Sendable {
    private struct Entry: Sendable {
        /// Answers with a bad argument since FCM last took one.
        var refusals: Int
        var lastAtMs: Int64
    }

    private struct Key: Hashable, Sendable {
        let ruleID: String
        /// A rule that was changed starts anew.
        let ruleSetVersion: String
    }

    /// More refusals than this in a row come from the message.
    private static let refusalsMax = 3
    /// A rule that nothing was heard of for an hour starts anew.
    private static let lifetimeMs: Int64 = 60 * 60 * 1_000
    private let rulesMax: Int
    private var entries: [Key: Entry] = [:]

    /// - Parameter rulesMax: rules that are remembered at a time; beyond them all are forgotten.
    package init(rulesMax: Int = 4_096) {
        self.rulesMax = rulesMax
    }

    /// Takes note that FCM took a message of the notification's rule.
    package mutating func accepted(_ notification: Notification, nowMs: Int64) {
        let key = Key(ruleID: notification.ruleID, ruleSetVersion: notification.ruleSetVersion)
        if entries[key] == nil, entries.count >= rulesMax { entries.removeAll(keepingCapacity: true) }
        entries[key] = Entry(refusals: 0, lastAtMs: nowMs)
    }

    /// Takes note of a bad argument, and says what it is worth.
    package mutating func refused(_ notification: Notification, nowMs: Int64) -> FCMResponse.PayloadStanding {
        let key = Key(ruleID: notification.ruleID, ruleSetVersion: notification.ruleSetVersion)
        guard var entry = entries[key], abs(nowMs - entry.lastAtMs) <= Self.lifetimeMs else { return .unproven }
        entry.refusals += 1
        entries[key] = entry
        return entry.refusals <= Self.refusalsMax ? .proven : .unproven
    }
}
