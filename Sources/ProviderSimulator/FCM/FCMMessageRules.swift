/// The rules on a message that its schema does not tell, one property per rule, in the order in which they are checked.
///
/// Sources: Google, "REST Resource: projects.messages"; "FCM error codes" (payload size, data keys); "Set the lifespan of
/// a message"; "Send messages to topics". Where Google documents no words, they are our own.
struct FCMMessageRules {
    /// The message with names in lowerCamelCase, as the schema checker gives it.
    let message: JSONValue

    /// At most 28 days.
    static let ttlSecondsMax = 2_419_200.0

    /// The first rule that the message breaks; nil where FCM would accept it.
    var refusal: FCMError? {
        if let violation = targetRefusal ?? platformRefusal ?? wholeRefusal { return .invalid(violation) }
        return address
    }

    private var targetRefusal: Violation? { targetCount ?? topic ?? condition ?? dataKeys }
    private var platformRefusal: Violation? { androidRefusal ?? apnsHeaders ?? apnsPayload ?? webpushHeaders }
    private var androidRefusal: Violation? { platforms ?? androidTTL ?? androidLook }
    private var wholeRefusal: Violation? { webpushLink ?? analyticsLabels ?? payloadSize }

    private typealias Violation = FCMError.Violation

    // MARK: Whom it is for

    /// Exactly one of token, fid, topic and condition.
    private var targetCount: Violation? {
        let targets = ["fid", "token", "topic", "condition"].filter { message[$0] != nil }
        if targets.count == 1 { return nil }
        if targets.isEmpty { return Violation(field: "message", description: "Recipient of the message is not set.") }
        let text = "Invalid value at 'message' (oneof), oneof field 'target' is already set. Cannot set '\(targets[1])'"
        return Violation(field: "message", description: text)
    }

    /// `[a-zA-Z0-9-_.~%]{1,900}`.
    private var topic: Violation? {
        guard let topic = message["topic"]?.string, !Self.isTopic(topic) else { return nil }
        return Violation(field: "message.topic", description: "Invalid topic name: \(topic)")
    }

    /// Topics joined by `&&`, `||`, `!` and parentheses, at most five.
    private var condition: Violation? {
        guard let text = message["condition"]?.string else { return nil }
        guard let condition = FCMTopicCondition(text) else {
            return Violation(field: "message.condition", description: "Invalid condition expression provided.")
        }
        guard condition.topics.count > 5 else { return nil }
        return Violation(field: "message.condition", description: "Too many topics in the condition: at most 5.")
    }

    /// A token or an installation id is one word of printable ASCII.
    ///
    /// Checked last: FCM looks at the token when all else is right.
    private var address: FCMError? {
        guard let address = message["token"]?.string ?? message["fid"]?.string else { return nil }
        return Self.isAddress(address) ? nil : .invalidToken
    }

    /// Whether a text may be a token or an installation id.
    static func isAddress(_ text: String) -> Bool {
        (1...4096).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    /// Whether a text may be the name of a topic.
    static func isTopic(_ text: String) -> Bool {
        (1...900).contains(text.utf8.count) && text.utf8.allSatisfy(\.isTopicCharacter)
    }

    // MARK: Data

    /// No key is `from` or `message_type`, or starts with `google` or `gcm`.
    private var dataKeys: Violation? {
        for field in ["data", "android.data", "android_v2.data", "webpush.data"] {
            let members = self[field]?.members ?? []
            for (index, member) in members.enumerated() where Self.isReserved(member.name) {
                return Violation(
                    field: "message.\(field)[\(index)].key",
                    description: "Invalid data payload key: \(member.name)"
                )
            }
        }
        return nil
    }

    private static func isReserved(_ key: String) -> Bool {
        key == "from" || key == "message_type" || key.hasPrefix("google") || key.hasPrefix("gcm")
    }

    // MARK: Android

    /// Not both of android and androidV2, and in the latter not both kinds of message.
    private var platforms: Violation? {
        if message["android"] != nil, message["androidV2"] != nil {
            return Violation(field: "message.android_v2", description: "Cannot set both android and android_v2.")
        }
        if self["android_v2.background_sync"] != nil, self["android_v2.remote_notification"] != nil {
            let text = "Cannot set both background_sync and remote_notification."
            return Violation(field: "message.android_v2", description: text)
        }
        return nil
    }

    /// From 0 to 28 days.
    private var androidTTL: Violation? {
        for field in ["android.ttl", "android_v2.ttl"] {
            guard let ttl = self[field]?.string.flatMap(FCMDuration.init) else { continue }
            if !(0...Self.ttlSecondsMax).contains(ttl.seconds) {
                let text = "Invalid value for TTL: must be from 0 to \(Int(Self.ttlSecondsMax)) seconds."
                return Violation(field: "message.\(field)", description: text)
            }
        }
        return nil
    }

    /// The colour is `#rrggbb`; light settings are complete, with parts of the colour from 0 to 1.
    private var androidLook: Violation? {
        for field in ["android.notification", "android_v2.remote_notification.notification"] {
            if let color = self["\(field).color"]?.string, color.wholeMatch(of: /#[0-9a-fA-F]{6}/) == nil {
                return Violation(field: "message.\(field).color", description: "Invalid color: must be #rrggbb.")
            }
            guard let light = self["\(field).light_settings"] else { continue }
            let parts = light["color"]?.members ?? []
            let isColor = parts.allSatisfy { (0...1).contains(Double($0.value.text) ?? -1) }
            if light["color"] == nil || light["lightOnDuration"] == nil || light["lightOffDuration"] == nil || !isColor
            {
                let text = "Invalid light settings: color (parts from 0 to 1) and both durations are required."
                return Violation(field: "message.\(field).light_settings", description: text)
            }
        }
        return nil
    }

    // MARK: APNs

    /// What FCM hands on to APNs must be what APNs takes.
    private var apnsHeaders: Violation? {
        for header in self["apns.headers"]?.members ?? [] {
            let value = header.value.string ?? ""
            let isValid =
                switch header.name.lowercased() {
                case "apns-priority": ["1", "5", "10"].contains(value)
                case "apns-expiration": !value.isEmpty && value.utf8.allSatisfy(\.isDigit)
                case "apns-collapse-id": value.utf8.count <= 64
                default: true
                }
            if !isValid {
                return Violation(
                    field: "message.apns.headers",
                    description: "Invalid value for \(header.name): \(value)"
                )
            }
        }
        return nil
    }

    /// `aps`, where given, is a dictionary.
    private var apnsPayload: Violation? {
        guard let aps = self["apns.payload"]?["aps"], !aps.isObject else { return nil }
        return Violation(field: "message.apns.payload", description: "Invalid APNs payload: aps must be a dictionary.")
    }

    // MARK: Web Push

    /// `TTL` is a number of seconds and `Urgency` one of RFC 8030's words.
    private var webpushHeaders: Violation? {
        for header in self["webpush.headers"]?.members ?? [] {
            let value = header.value.string ?? ""
            let isValid =
                switch header.name.lowercased() {
                case "ttl": !value.isEmpty && value.utf8.allSatisfy(\.isDigit)
                case "urgency": WebPushRules.urgencies.contains(value)
                default: true
                }
            if !isValid {
                let text = "Invalid value for \(header.name): \(value)"
                return Violation(field: "message.webpush.headers", description: text)
            }
        }
        return nil
    }

    /// HTTPS only.
    private var webpushLink: Violation? {
        guard let link = self["webpush.fcm_options.link"]?.string, !link.hasPrefix("https://") else { return nil }
        return Violation(field: "message.webpush.fcm_options.link", description: "Invalid link: must be an HTTPS URL.")
    }

    // MARK: The whole

    /// `[a-zA-Z0-9-_.~%]{1,50}`.
    private var analyticsLabels: Violation? {
        for place in ["", "android.", "android_v2.", "apns.", "webpush."] {
            let field = "\(place)fcm_options.analytics_label"
            guard let label = self[field]?.string else { continue }
            if !(1...50).contains(label.utf8.count) || !label.utf8.allSatisfy(\.isTopicCharacter) {
                return Violation(field: "message.\(field)", description: "Invalid analytics label: \(label)")
            }
        }
        return nil
    }

    /// At most 4096 octets for each platform, 2048 to a topic.
    private var payloadSize: Violation? {
        let isTopic = message["topic"] != nil || message["condition"] != nil
        let octetsMax = isTopic ? 2048 : 4096
        let octets = FCMPayloadSize(message: message).octets
        guard octets > octetsMax else { return nil }
        return Violation(
            field: "message",
            description: "Message is too big: \(octets) octets of payload, at most \(octetsMax)."
        )
    }

    /// The value at a path in snake case, below the message.
    private subscript(_ path: String) -> JSONValue? {
        var value: JSONValue? = message
        for name in path.split(separator: ".") { value = value?[FCMSchemaChecker.camelCase(String(name))] }
        return value
    }
}

/// The size of a message's payload: keys and values of what reaches the device, for the platform that gets most.
private struct FCMPayloadSize {
    let message: JSONValue

    var octets: Int {
        max(platform("android"), platform("androidV2"), platform("apns"), platform("webpush"))
    }

    /// A platform's own data replaces that of the message; its notification is laid over the common one.
    private func platform(_ name: String) -> Int {
        let own = message[name]
        let data = own?["data"] ?? message["data"]
        let notification = own?["notification"] ?? own?["remoteNotification"]?["notification"]
        let parts = [data, message["notification"], notification, own?["payload"]]
        return parts.reduce(0) { $0 + ($1.map(Self.octets) ?? 0) }
    }

    private static func octets(_ value: JSONValue) -> Int {
        switch value {
        case .object(let members): members.reduce(0) { $0 + $1.name.utf8.count + octets($1.value) }
        case .array(let elements): elements.reduce(0) { $0 + octets($1) }
        case .string(let text): text.utf8.count
        case .number(let text): text.utf8.count
        case .boolean(let value): value ? 4 : 5
        case .null: 0
        }
    }
}

extension UInt8 {
    /// Whether the octet is one of 0-9.
    var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

    /// Whether the octet may stand in the name of a topic or an analytics label.
    fileprivate var isTopicCharacter: Bool { isBase64URLCharacter || ".~%".utf8.contains(self) }
}
