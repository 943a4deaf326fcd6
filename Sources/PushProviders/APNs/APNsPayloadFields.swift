internal import PushCore

/// What a key of `aps` holds.
indirect enum APNsFieldKind: Sendable {
    case text
    /// A list of texts.
    case texts
    /// One of these words.
    case choice([String])
    case integer(ClosedRange<Int64>)
    case number(ClosedRange<Double>)
    case boolean
    /// Seconds since the Unix epoch.
    case time
    /// The id of a broadcast channel: base64.
    case channelID
    /// Any JSON object: the app's own.
    case freeObject
    /// Text, or an object with these keys.
    case textOr(APNsFields)
}

/// The keys of one object in a payload.
struct APNsFields: Sendable {
    struct Field: Sendable {
        let name: String
        let kind: APNsFieldKind
        /// What may carry the key.
        let pushTypes: Set<APNsPushType>

        init(_ name: String, _ kind: APNsFieldKind, in pushTypes: Set<APNsPushType> = Field.anywhere) {
            self.name = name
            self.kind = kind
            self.pushTypes = pushTypes
        }

        static let anywhere = Set(APNsPushType.allCases)
        /// Apple: a background notification has no alert, badge or sound.
        static let perceptible = anywhere.subtracting([.background])
        static let activity: Set<APNsPushType> = [.liveactivity]
        static let exceptActivity = anywhere.subtracting(activity)
    }

    /// A key has a second entry where push types differ in what it holds.
    let fields: [Field]

    init(_ fields: [Field]) {
        self.fields = fields
    }

    /// Nil where the push type has no such key; without a push type, all that an alert may have.
    func field(_ name: String, of pushType: APNsPushType?) -> Field? {
        fields.first { $0.name == name && $0.pushTypes.contains(pushType ?? .alert) }
    }
}

// MARK: The schema

extension APNsFields {
    /// Source: Apple, "Generating a remote notification"; for Live Activities, "Starting and updating Live Activities with
    /// ActivityKit push notifications"; for `content-changed`, "Updating widgets with WidgetKit push notifications".
    static let aps = APNsFields([
        Field("alert", .textOr(alert), in: Field.perceptible.subtracting(Field.activity)),
        Field("alert", .textOr(activityAlert), in: Field.activity),
        Field("badge", .integer(0...Int64(Int32.max)), in: Field.perceptible),
        Field("sound", .textOr(criticalSound), in: Field.perceptible),
        Field("thread-id", .text),
        Field("category", .text),
        Field("content-available", .integer(0...1)),
        Field("mutable-content", .integer(0...1)),
        Field("target-content-id", .text),
        Field("interruption-level", .choice(interruptionLevels)),
        Field("relevance-score", .number(relevanceScores), in: Field.exceptActivity),
        // Apple: any Double; only the order of an app's own activities depends on it.
        Field("relevance-score", .number(anyNumber), in: Field.activity),
        Field("filter-criteria", .text),
        Field("stale-date", .time, in: Field.activity),
        Field("content-state", .freeObject, in: Field.activity),
        Field("timestamp", .time, in: Field.activity),
        Field("event", .choice(["start", "update", "end"]), in: Field.activity),
        Field("dismissal-date", .time, in: Field.activity),
        Field("attributes-type", .text, in: Field.activity),
        Field("attributes", .freeObject, in: Field.activity),
        Field("input-push-channel", .channelID, in: Field.activity),
        Field("input-push-token", .integer(1...1), in: Field.activity),
        Field("content-changed", .boolean, in: [.widgets, .controls]),
    ])

    static let interruptionLevels = ["passive", "active", "time-sensitive", "critical"]
    static let relevanceScores = 0.0...1.0
    private static let anyNumber = -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude

    private static let localizedAlert = [
        Field("subtitle", .text),
        Field("launch-image", .text),
        Field("title-loc-key", .text),
        Field("title-loc-args", .texts),
        Field("subtitle-loc-key", .text),
        Field("subtitle-loc-args", .texts),
        Field("loc-key", .text),
        Field("loc-args", .texts),
    ]

    private static let alert = APNsFields([Field("title", .text), Field("body", .text)] + localizedAlert)

    private static let activityAlert = APNsFields(
        [
            Field("title", .textOr(localizedWords)), Field("body", .textOr(localizedWords)), Field("sound", .text),
        ] + localizedAlert
    )

    private static let localizedWords = APNsFields([Field("loc-key", .text), Field("loc-args", .texts)])

    private static let criticalSound = APNsFields([
        Field("critical", .integer(0...1)), Field("name", .text), Field("volume", .number(0...1)),
    ])
}
