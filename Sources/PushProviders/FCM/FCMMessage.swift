internal import PushCore
private import PushCrypto

/// The `message` of a request: what the notification itself gives, and the rule's own members merged into it.
///
/// Source: Google, "REST Resource: projects.messages"; "Customize a message across platforms".
struct FCMMessage {
    private let notification: Notification
    private let configuration: FCMConfiguration
    private let nowMs: Int64
    /// The rule's members, checked.
    private let overrides: JSONObject
    /// Empty texts where the notification has no words.
    private let content: Content
    private let hasWords: Bool

    /// What a rule's members are, at most.
    private static let overrideLimits = JSONLimits(bytesMax: 65_536, depthMax: 32)

    /// - Throws: the verdict on a rule's members that FCM would not take, or on a picture that no device would fetch.
    init(notification: Notification, configuration: FCMConfiguration, nowMs: Int64) throws(Refused) {
        self.notification = notification
        self.configuration = configuration
        self.nowMs = nowMs
        overrides = try Self.overrides(notification.fcm.messageJson)
        content = notification.contents.first ?? Content()
        if !content.image.isEmpty, !ImageAddress.isUsable(content.image) { throw Refused(reason: .invalidPayload) }
        hasWords =
            !(content.title.isEmpty && content.subtitle.isEmpty && content.body.isEmpty)
            || overrides["notification"]?.object?.isEmpty == false
    }

    /// Why no message is made.
    struct Refused: Error {
        let reason: Reason
    }

    private static func overrides(_ text: String) throws(Refused) -> JSONObject {
        if text.isEmpty { return JSONObject() }
        guard let tree = try? JSONTree(text: text.utf8, limits: overrideLimits) else {
            throw Refused(reason: .invalidRequest)
        }
        let checked = FCMMessageSchema.check(tree, .rendered)
        if let problem = checked.problems.first { throw Refused(reason: problem.reason) }
        return checked.message
    }

    /// The message for a target.
    ///
    /// Of equal notifications the messages are equal: data is in the order of its keys.
    ///
    /// - Throws: the verdict on data that FCM would not take.
    func tree(for target: FCMTarget) throws(Refused) -> JSONObject {
        var message = JSONObject()
        message[target.member.name] = .string(target.member.value)
        message["data"] = .object(try data())
        if let words = words() { message["notification"] = words }
        if let label = configuration.analyticsLabel { message["fcmOptions"] = ["analyticsLabel": .string(label)] }
        if let v2 = overrides["androidV2"], v2 != .null {
            message["androidV2"] = androidV2()
        } else {
            message["android"] = android()
        }
        message["webpush"] = webpush()
        message["apns"] = apns()
        for member in overrides.members { merge(member, into: &message) }
        bound(&message)
        return message
    }

    // MARK: What the notification gives

    private func data() throws(Refused) -> JSONObject {
        var data = JSONObject()
        for (name, value) in notification.data.sorted(by: { $0.key < $1.key }) {
            guard FCMMessageSchema.problem(withDataKey: name) == nil else { throw Refused(reason: .badDataKey) }
            data[name] = .string(value)
        }
        if !notification.link.isEmpty { data["link"] = .string(notification.link) }
        data["notification_id"] = .string(notification.id.description)
        return data
    }

    /// FCM has no subtitle: that is in ``apns()``.
    private func words() -> JSONTree? {
        var words = JSONObject()
        if !content.title.isEmpty { words["title"] = .string(content.title) }
        if !content.body.isEmpty { words["body"] = .string(content.body) }
        if words.isEmpty { return nil }
        if !content.image.isEmpty { words["image"] = .string(content.image) }
        return .object(words)
    }

    private func android() -> JSONTree {
        var android = androidCommon()
        // A value from a newer version is none that we know to be lower.
        switch notification.priority {
        case .high, .unspecified, .UNRECOGNIZED: android["priority"] = "HIGH"
        case .normal, .low: android["priority"] = "NORMAL"
        }
        if hasWords {
            var shown = JSONObject()
            shown["tag"] = .string(tag)
            if notification.hasBadge { shown["notificationCount"] = .integer(notification.badge) }
            android["notification"] = .object(shown)
        }
        return .object(android)
    }

    /// Without a priority: it follows from the kind of message that the rule asks for.
    private func androidV2() -> JSONTree {
        var android = androidCommon()
        if let remote = overrides["androidV2"]?.object?["remoteNotification"], remote != .null, hasWords {
            android["remoteNotification"] = ["notification": ["tag": .string(tag)]]
        }
        return .object(android)
    }

    private func androidCommon() -> JSONObject {
        var android = JSONObject()
        if !notification.collapseKey.isEmpty { android["collapseKey"] = .string(notification.collapseKey) }
        if let secondsLeft { android["ttl"] = .string("\(secondsLeft)s") }
        return android
    }

    private func webpush() -> JSONTree {
        var headers = JSONObject()
        if let secondsLeft { headers["TTL"] = .string(secondsLeft.description) }
        switch notification.priority {
        case .high, .unspecified, .UNRECOGNIZED: headers["Urgency"] = "high"
        case .normal: headers["Urgency"] = "normal"
        case .low: headers["Urgency"] = "low"
        }
        if !notification.collapseKey.isEmpty { headers["Topic"] = .string(Self.topic(notification.collapseKey)) }
        var webpush = JSONObject()
        webpush["headers"] = .object(headers)
        if hasWords { webpush["notification"] = ["tag": .string(tag)] }
        // FCM refuses other schemes here; the link is in the data as well.
        if FCMValueForm.httpsURL.admits(notification.link) {
            webpush["fcmOptions"] = ["link": .string(notification.link)]
        }
        return .object(webpush)
    }

    private func apns() -> JSONTree {
        var headers = JSONObject()
        if let expiration { headers["apns-expiration"] = .string(expiration.description) }
        let isPerceptible = hasWords || notification.hasBadge || hasPerceptibleAPS
        let isUrgent = isPerceptible && notification.priority != .normal && notification.priority != .low
        // Apple: 10 with a background notification is an error.
        headers["apns-priority"] = isUrgent ? "10" : "5"
        if !isPerceptible { headers["apns-push-type"] = "background" }
        headers["apns-collapse-id"] = .string(Self.collapseID(tag))
        var apns = JSONObject()
        apns["headers"] = .object(headers)
        if !isPerceptible {
            apns["payload"] = ["aps": ["content-available": 1]]
        } else if let aps = perceptibleAPS() {
            apns["payload"] = ["aps": aps]
        }
        return .object(apns)
    }

    /// What Apple's devices need beside the common words; nil where that is nothing.
    private func perceptibleAPS() -> JSONTree? {
        var aps = JSONObject()
        if !content.subtitle.isEmpty {
            // An alert of APNs takes the place of the common title and body, so that all three are here.
            var alert = JSONObject()
            if !content.title.isEmpty { alert["title"] = .string(content.title) }
            alert["subtitle"] = .string(content.subtitle)
            if !content.body.isEmpty { alert["body"] = .string(content.body) }
            aps["alert"] = .object(alert)
        }
        if notification.hasBadge { aps["badge"] = .integer(notification.badge) }
        // Firebase's service extension fetches the picture.
        if !content.image.isEmpty { aps["mutable-content"] = 1 }
        return aps.isEmpty ? nil : .object(aps)
    }

    private var hasPerceptibleAPS: Bool {
        let aps = overrides["apns"]?.object?["payload"]?.object?["aps"]?.object
        return ["alert", "badge", "sound"].contains { name in
            aps?[name].map { $0 != .null } ?? false
        }
    }

    /// Makes a repeat replace what it repeats, on the device.
    private var tag: String {
        notification.collapseKey.isEmpty ? notification.id.description : notification.collapseKey
    }

    /// Of the notification's time, rounded down, at most 28 days; nil without a deadline.
    private var secondsLeft: Int64? {
        if notification.expiresAtMs == 0 { return nil }
        return min(max(0, notification.expiresAtMs - nowMs) / 1_000, FCMValueForm.timeToLiveSecondsMax)
    }

    /// UNIX seconds, rounded down so that nothing is shown after its time; 0 (one attempt, not stored) within the last
    /// second; nil without a deadline.
    private var expiration: Int64? {
        if notification.expiresAtMs == 0 { return nil }
        let seconds = notification.expiresAtMs / 1_000
        return seconds > nowMs / 1_000 ? seconds : 0
    }

    // MARK: What the rule gives

    /// Header names are the same in any case, so that they are merged by their own rule.
    private func merge(_ member: JSONObject.Member, into message: inout JSONObject) {
        var patch = member.value
        if case .object(var section) = patch, case .object(let headers)? = section["headers"],
            case .object(let given)? = message[member.name]?.object?["headers"]
        {
            var renamed = JSONObject()
            for header in headers.members {
                let known = given.members.first { $0.name.lowercased() == header.name.lowercased() }
                renamed[known?.name ?? header.name] = header.value
            }
            section["headers"] = .object(renamed)
            patch = .object(section)
        }
        let merged = (message[member.name] ?? .null).merged(with: patch)
        message[member.name] = patch == .null ? nil : merged
    }

    /// A rule may shorten the time to live, and not go beyond the notification's deadline.
    private func bound(_ message: inout JSONObject) {
        guard let secondsLeft, let expiration else { return }
        for name in ["android", "androidV2"] {
            guard var section = message[name]?.object, let ttl = section["ttl"]?.string,
                let nanoseconds = FCMValueForm.nanoseconds(ofDuration: ttl), nanoseconds / 1_000_000_000 >= secondsLeft
            else { continue }
            section["ttl"] = .string("\(secondsLeft)s")
            message[name] = .object(section)
        }
        lower("TTL", of: "webpush", to: secondsLeft, in: &message)
        lower("apns-expiration", of: "apns", to: expiration, in: &message)
    }

    private func lower(_ header: String, of section: String, to value: Int64, in message: inout JSONObject) {
        guard var object = message[section]?.object, var headers = object["headers"]?.object,
            let number = headers[header]?.string.flatMap({ Int64($0) }), number > value
        else { return }
        headers[header] = .string(value.description)
        object["headers"] = .object(headers)
        message[section] = .object(object)
    }

    // MARK: Names that fit

    /// A collapse key that the header of Web Push can hold as it is; else 32 characters that stand for it.
    private static func topic(_ key: String) -> String {
        if FCMValueForm.webPushTopic.admits(key) { return key }
        return Base64URL.encode(SHA256.digest(of: Array(key.utf8).span).span.extracting(first: 24))
    }

    /// A key that APNs' header can hold as it is; else 43 characters that stand for it.
    private static func collapseID(_ key: String) -> String {
        let fits = key.utf8.count <= 64 && key.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        return fits ? key : Base64URL.encode(SHA256.digest(of: Array(key.utf8).span).span)
    }
}
