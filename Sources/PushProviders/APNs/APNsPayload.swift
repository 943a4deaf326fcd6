import PushCore

/// The body of a request: `aps`, and beside it the notification's own data.
///
/// Source: Apple, "Generating a remote notification".
struct APNsPayload {
    let notificationID: Identifier
    /// Whether a person would notice: words, a badge or a sound.
    ///
    /// What nobody notices is a background notification.
    let isPerceptible: Bool

    private let notification: Notification
    private let options: APNsOptions
    /// Empty texts where the notification has no words.
    private let content: Content
    private let hasAlert: Bool
    /// What the rule sets in `aps`; nil where it sets nothing.
    private let overrides: JSONObject?

    /// Nil where what the rule sets in `aps` is no JSON object, or the picture has no address that a device would fetch.
    init?(notification: Notification, options: APNsOptions) {
        self.notification = notification
        var options = options
        // What the rule sets for APNs alone counts more.
        if notification.hasBadge, !options.hasBadge { options.badge = notification.badge }
        self.options = options
        notificationID = notification.id
        content = notification.contents.first ?? Content()
        hasAlert = !(content.title.isEmpty && content.subtitle.isEmpty && content.body.isEmpty)
        if !content.image.isEmpty, !ImageAddress.isUsable(content.image) { return nil }
        if options.apsJson.isEmpty {
            overrides = nil
            isPerceptible = hasAlert || options.hasBadge || options.hasSound
        } else {
            guard let object = (try? JSONTree(text: options.apsJson.utf8))?.object else { return nil }
            overrides = object
            isPerceptible =
                Self.remains(hasAlert, object["alert"]) || Self.remains(options.hasBadge, object["badge"])
                || Self.remains(options.hasSound, object["sound"])
        }
    }

    /// Whether a member is there after the merge.
    private static func remains(_ isThere: Bool, _ override: JSONTree?) -> Bool {
        override.map { $0 != .null } ?? isThere
    }

    /// The JSON text.
    ///
    /// Of equal notifications the texts are equal: data is in the order of its keys.
    ///
    /// The address of a picture is beside `aps`, as `image`, and an alert lets the app's service extension fetch it: APNs itself
    /// knows no pictures.
    ///
    /// Data named `aps` or `notification_id` is left out, and `link` and `image` where the notification has one: a name that
    /// appears twice in an object is read differently by different readers.
    ///
    /// - Parameters:
    ///   - pushType: what it is sent as.
    ///   - timestampMs: of a Live Activity's content, where the rule sets none; in milliseconds since the Unix epoch.
    /// - Returns: nil where a device could not use it: what the rule sets does not fit the push type.
    func octets(pushType: APNsPushType, timestampMs: Int64) -> [UInt8]? {
        if pushType == .mdm { return managementOctets() }
        var json = JSONWriter(capacity: capacity)
        json.beginObject()
        json.key("aps")
        if overrides == nil, pushType != .liveactivity {
            guard isWithinRange else { return nil }
            appendAPS(to: &json, pushType: pushType)
        } else {
            guard let aps = mergedAPS(pushType: pushType, timestampMs: timestampMs) else { return nil }
            aps.write(to: &json)
        }
        let link = notification.link
        let data = notification.data
        // What has one entry or none is in order.
        for (name, value) in data.count > 1 ? data.sorted(by: { $0.key < $1.key }) : Array(data) {
            if name == "aps" || name == "notification_id" || (name == "link" && !link.isEmpty) { continue }
            if name == "image", !content.image.isEmpty { continue }
            json.member(named: name, value)
        }
        if !content.image.isEmpty { json.member("image", content.image) }
        if !link.isEmpty { json.member("link", link) }
        json.member("notification_id", notificationID)
        json.endObject()
        return json.bytes
    }

    /// A device management server's call is one member with the device's own secret, and nothing else.
    ///
    /// Source: Apple, "Sending push notifications to devices" (device management).
    private func managementOctets() -> [UInt8]? {
        guard let pushMagic = notification.data["mdm"] else { return nil }
        var json = JSONWriter()
        json.beginObject()
        json.member("mdm", pushMagic)
        json.endObject()
        return json.bytes
    }

    // MARK: The usual case, written at once

    /// What the schema asks of options, without making a tree of them.
    private var isWithinRange: Bool {
        if options.hasInterruptionLevel, !APNsFields.interruptionLevels.contains(options.interruptionLevel) {
            return false
        }
        guard options.hasRelevanceScore, options.relevanceScore.isFinite else { return true }
        return APNsFields.relevanceScores.contains(options.relevanceScore)
    }

    private func appendAPS(to json: inout JSONWriter, pushType: APNsPushType) {
        json.beginObject()
        // A background notification with any of these is an error at APNs.
        if pushType != .background {
            appendAlert(to: &json)
            if options.hasBadge { json.member("badge", options.badge) }
            if options.hasSound { json.member("sound", options.sound) }
        }
        if options.hasThreadID { json.member("thread-id", options.threadID) }
        if options.hasCategory { json.member("category", options.category) }
        if options.contentAvailable || pushType == .background { json.member("content-available", 1) }
        if isMutable(pushType) { json.member("mutable-content", 1) }
        if pushType == .widgets || pushType == .controls { json.member("content-changed", true) }
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

    /// Whether the app's service extension may change it before it is shown.
    private func isMutable(_ pushType: APNsPushType) -> Bool {
        options.mutableContent || (pushType == .alert && !content.image.isEmpty)
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
            + content.image.utf8.count + notification.link.utf8.count + notification.data.count * 64
            + options.apsJson.utf8.count
    }

    // MARK: With what a rule sets in aps

    /// What the notification itself gives, what the rule sets merged into it, and what Apple needs added to it; nil where
    /// that does not fit the schema.
    func mergedAPS(pushType: APNsPushType, timestampMs: Int64) -> JSONObject? {
        let own = JSONTree.object(ownAPS(pushType: pushType))
        guard var aps = own.merged(with: .object(overrides ?? JSONObject())).object else { return nil }
        if pushType == .background, aps["content-available"] == nil { aps["content-available"] = 1 }
        if pushType == .widgets || pushType == .controls, aps["content-changed"] == nil {
            aps["content-changed"] = true
        }
        if pushType == .liveactivity, aps["timestamp"] == nil { aps["timestamp"] = .integer(timestampMs / 1_000) }
        let checked = APNsPayloadSchema.check(.object(aps), pushType: pushType, .rendered)
        return checked.problems.isEmpty ? checked.aps : nil
    }

    /// In the same order as ``appendAPS(to:pushType:)``.
    private func ownAPS(pushType: APNsPushType) -> JSONObject {
        var aps = JSONObject()
        if pushType != .background {
            var alert = JSONObject()
            if !content.title.isEmpty { alert["title"] = .string(content.title) }
            if !content.subtitle.isEmpty { alert["subtitle"] = .string(content.subtitle) }
            if !content.body.isEmpty { alert["body"] = .string(content.body) }
            // The sound of a Live Activity is part of its alert.
            if pushType == .liveactivity, options.hasSound, hasAlert { alert["sound"] = .string(options.sound) }
            if hasAlert { aps["alert"] = .object(alert) }
            if options.hasBadge { aps["badge"] = .integer(options.badge) }
            if options.hasSound, pushType != .liveactivity { aps["sound"] = .string(options.sound) }
        }
        if options.hasThreadID { aps["thread-id"] = .string(options.threadID) }
        if options.hasCategory { aps["category"] = .string(options.category) }
        if options.contentAvailable { aps["content-available"] = 1 }
        if isMutable(pushType) { aps["mutable-content"] = 1 }
        if options.hasTargetContentID { aps["target-content-id"] = .string(options.targetContentID) }
        if options.hasInterruptionLevel { aps["interruption-level"] = .string(options.interruptionLevel) }
        if options.hasRelevanceScore, options.relevanceScore.isFinite {
            aps["relevance-score"] = .number(options.relevanceScore)
        }
        if options.hasFilterCriteria { aps["filter-criteria"] = .string(options.filterCriteria) }
        return aps
    }
}
