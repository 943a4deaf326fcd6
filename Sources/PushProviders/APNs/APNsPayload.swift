import PushCore

/// The body of a request: `aps`, and beside it the notification's own data.
///
/// Source: Apple, "Generating a remote notification".
struct APNsPayload {
    /// Canonical form.
    let notificationID: String
    /// Whether a person would notice: words, a badge or a sound.
    ///
    /// What nobody notices is a background notification.
    let isPerceptible: Bool

    private let notification: Notification
    private let options: APNsOptions
    /// Empty texts where the notification has no words.
    private let content: Content
    private let hasAlert: Bool

    init(notification: Notification, options: APNsOptions) {
        self.notification = notification
        self.options = options
        notificationID = Identifier(high: notification.idHigh, low: notification.idLow).description
        content = notification.contents.first ?? Content()
        hasAlert = !(content.title.isEmpty && content.subtitle.isEmpty && content.body.isEmpty)
        isPerceptible = hasAlert || options.hasBadge || options.hasSound
    }

    /// The JSON text.
    ///
    /// Of equal notifications the texts are equal: data is in the order of its keys.
    ///
    /// Data named `aps` or `notification_id` is left out, and `link` where the notification has a link: a name that
    /// appears twice in an object is read differently by different readers.
    func octets(pushType: APNsPushType) -> [UInt8] {
        var json = JSONWriter(capacity: capacity)
        json.beginObject()
        appendAPS(to: &json, pushType: pushType)
        let link = notification.link
        for (name, value) in notification.data.sorted(by: { $0.key < $1.key }) {
            if name == "aps" || name == "notification_id" || (name == "link" && !link.isEmpty) { continue }
            json.key(name)
            json.string(value)
        }
        if !link.isEmpty { json.member("link", link) }
        json.member("notification_id", notificationID)
        json.endObject()
        return json.bytes
    }

    private func appendAPS(to json: inout JSONWriter, pushType: APNsPushType) {
        json.key("aps")
        json.beginObject()
        // A background notification with any of these is an error at APNs.
        if pushType != .background {
            appendAlert(to: &json)
            if options.hasBadge { json.member("badge", integer: options.badge) }
            if options.hasSound { json.member("sound", options.sound) }
        }
        if options.hasThreadID { json.member("thread-id", options.threadID) }
        if options.hasCategory { json.member("category", options.category) }
        if options.contentAvailable || pushType == .background { json.member("content-available", integer: 1) }
        if options.mutableContent { json.member("mutable-content", integer: 1) }
        if options.hasTargetContentID { json.member("target-content-id", options.targetContentID) }
        if options.hasInterruptionLevel { json.member("interruption-level", options.interruptionLevel) }
        // One that JSON cannot write (infinite, not a number) is left out.
        if options.hasRelevanceScore, options.relevanceScore.isFinite {
            json.key("relevance-score")
            json.double(options.relevanceScore)
        }
        if options.hasFilterCriteria { json.member("filter-criteria", options.filterCriteria) }
        json.endObject()
    }

    private func appendAlert(to json: inout JSONWriter) {
        guard hasAlert else { return }
        json.key("alert")
        json.beginObject()
        if !content.title.isEmpty { json.member("title", content.title) }
        if !content.subtitle.isEmpty { json.member("subtitle", content.subtitle) }
        if !content.body.isEmpty { json.member("body", content.body) }
        json.endObject()
    }

    /// Enough for the usual notification with no escapes, so that the text is allocated once.
    private var capacity: Int {
        320 + content.title.utf8.count + content.subtitle.utf8.count + content.body.utf8.count
            + notification.link.utf8.count + notification.data.count * 64
    }
}

extension JSONWriter {
    mutating func member(_ name: StaticString, _ value: String) {
        key(name)
        string(value)
    }

    mutating func member(_ name: StaticString, integer value: Int64) {
        key(name)
        integer(value)
    }
}
