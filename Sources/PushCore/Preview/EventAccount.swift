package import CEL

/// What follows from one event, rule by rule, told so that a person sees why.
package struct EventAccount: Sendable {
    package enum Reading: Sendable {
        case event(Attributes)
        /// A record without value: skipped.
        case tombstone
        /// No event: what its dead letter says.
        case deadLetter(reason: String, detail: String)
    }

    package struct Attributes: Sendable {
        package let id: String
        package let source: String
        package let type: String
        /// Nil where the event has none.
        package let timeMs: Int64?
    }

    package let reading: Reading
    /// When the users stage decided.
    package let nowMs: Int64
    /// In the order of the rule files; empty where there is no event.
    package let rules: [RuleAccount]
}

/// What one rule made of an event.
package struct RuleAccount: Sendable {
    package enum Judgement: Sendable, Hashable {
        /// Its `on` names other types.
        case otherType
        case unmatched
        case matched
        /// It fails on this event: what the dead letter says.
        case failed(detail: String)
    }

    package let id: String
    package let eventTypes: [String]
    package let judgement: Judgement
    /// The condition; nil where the rule has none, or was not asked.
    package let condition: ExpressionAccount?
    /// Whom; nil where that was not asked.
    package let audience: ExpressionAccount?
    /// The topics whose subscribers are addressed; nil where the rule addresses somebody else, or did not match.
    package var subscribedTopics: [String]?
    /// Where it ends what waits, and says nothing itself.
    package var cancellations: [Cancellation] = []
    package let notifications: [NotificationAccount]

    /// What would be cancelled: the notifications of somebody that wait under a collapse key.
    package struct Cancellation: Sendable, Hashable {
        /// A user id, or a target such as `fcm_topic/example-shop/news`.
        package let recipient: String
        package let collapseKey: String
    }
}

/// An expression of a rule, and what it gave.
package struct ExpressionAccount: Sendable {
    package let source: String
    package let value: String
    /// Message, line of the source and a caret; nil where there is a value.
    package let error: String?
    /// What decided.
    package let findings: [EvaluationTrace.Finding]
}

/// What became of a notification for one user, or one target.
package struct NotificationAccount: Sendable {
    /// A delivery that would be handed to dispatch.
    package struct Sent: Sendable {
        package let provider: Provider
        package let delivery: Delivery
    }

    /// An ending that a receipt would tell.
    package struct Ending: Sendable, Hashable {
        package let outcome: String
        package let reason: String
        /// Empty where the notification as a whole ended.
        package let deviceID: String
    }

    /// A user id, or a target such as `fcm_topic/example-shop/news`.
    package let recipient: String
    package let isTarget: Bool
    /// In all languages of the rule; nil where the command holds something else than one notification.
    package let notification: Notification?
    package let sent: [Sent]
    package let endings: [Ending]
    /// The words for this user; nil where the notification has none.
    package let words: Content?
}
