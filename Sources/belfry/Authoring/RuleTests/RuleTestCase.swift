import PushCore

/// One case of a rule test: an event, people, and the notifications that have to follow.
struct RuleTestCase: Sendable {
    /// One notification that has to be there; what is nil or empty is not looked at.
    struct Expected: Sendable {
        let place: SourcePlace
        let rule: String
        /// A user id, or a target such as `fcm_topic/example-shop/news`.
        let recipient: String?
        /// Parts by their key, such as `title`.
        var texts: [(name: String, value: String)] = []
        var deliveries: Int64?
        var requests: [ExpectedRequest] = []
    }

    /// One request among those of a notification.
    struct ExpectedRequest: Sendable {
        let place: SourcePlace
        var device: String?
        var provider: String?
        var texts: [(name: String, value: String)] = []
        var headers: [(name: String, value: String)] = []
        /// Values of the body by their path in it; null for what must not be there.
        var body: [(path: JSONPath, value: JSONTree)] = []
    }

    let place: SourcePlace
    let name: String
    /// Decided before, in order, by the same people's records.
    var before: [OwnedRecord] = []
    var event: OwnedRecord
    /// Nil: whoever is addressed has a sample device for each app.
    var people: [PreviewPerson]?
    /// Since the epoch; nil: the event's time.
    var atMs: Int64?
    /// Nil where the case says only what dead letters there are.
    var expected: [Expected]?
    /// Reasons of dead letters, sorted: `rule_failed`, or that of the event.
    var deadLetters: [String] = []
}
