/// The rules of the APNs provider API, one function per rule, in the order in which they are checked.
///
/// Sources: Apple, "Sending notification requests to APNs", "Establishing a token-based connection to APNs", "Generating
/// a remote notification", "Handling notification responses from APNs". Where Apple names no reason for a mistake, the
/// function says which one was chosen.
struct APNsRules {
    let request: APNsRequest
    /// Bundle ids that may be pushed to; empty accepts any.
    let bundleIDs: Set<String>
    /// The verdict on the provider token.
    let providerTokenRefusal: APNsReason?
    /// The body where it is JSON.
    let payload: JSONText?

    /// The first rule that the request breaks; nil where APNs would accept it.
    var refusal: APNsReason? {
        requestRefusal ?? providerTokenRefusal ?? addressRefusal ?? deliveryRefusal ?? payloadRefusal
    }

    private var requestRefusal: APNsReason? { method ?? path ?? headers }
    private var addressRefusal: APNsReason? { messageID ?? deviceToken ?? pushType ?? topic }
    private var deliveryRefusal: APNsReason? { priority ?? expiration ?? collapseID }
    private var payloadRefusal: APNsReason? { payloadSize ?? payloadForm ?? payloadForPushType }

    private var type: APNsPushType? { request.pushType.flatMap(APNsPushType.init) }

    /// Only POST.
    private var method: APNsReason? {
        request.method == "POST" ? nil : .methodNotAllowed
    }

    /// `/3/device/<token>`.
    private var path: APNsReason? {
        guard let token = request.deviceToken else { return .badPath }
        return token.isEmpty ? .missingDeviceToken : nil
    }

    /// No header field twice.
    private var headers: APNsReason? {
        request.repeatsHeader ? .duplicateHeaders : nil
    }

    /// `apns-id`, where given, is a canonical UUID.
    private var messageID: APNsReason? {
        request.apnsID == nil || request.hasCanonicalID ? nil : .badMessageID
    }

    /// Hexadecimal octets, of any number.
    private var deviceToken: APNsReason? {
        let token = request.deviceToken ?? ""
        let isHexadecimal = token.utf8.count.isMultiple(of: 2) && token.utf8.allSatisfy(\.isHexadecimalDigit)
        return isHexadecimal ? nil : .badDeviceToken
    }

    /// `apns-push-type`, where given, is a known one; without it APNs takes the payload as it is.
    private var pushType: APNsReason? {
        request.pushType == nil || type != nil ? nil : .invalidPushType
    }

    /// `apns-topic` is a bundle id that is allowed, with the suffix of the push type.
    ///
    /// A topic whose suffix does not fit belongs to other device tokens than this push type's, hence
    /// `DeviceTokenNotForTopic`.
    private var topic: APNsReason? {
        guard let topic = request.topic, !topic.isEmpty else { return .missingTopic }
        guard Self.isWellFormed(topic) else { return .badTopic }
        if bundleIDs.contains(topic) {
            return type.map { $0.topicSuffix.isEmpty } ?? true ? nil : .deviceTokenNotForTopic
        }
        let suffix = Self.suffix(of: topic)
        if let type, type.topicSuffix != suffix { return .deviceTokenNotForTopic }
        let bundleID = String(topic.dropLast(suffix.count))
        return bundleIDs.isEmpty || bundleIDs.contains(bundleID) ? nil : .topicDisallowed
    }

    /// 10, 5 or 1, and what the push type allows: background goes with 5 only, so it cannot do without the header, whose
    /// absence means 10.
    private var priority: APNsReason? {
        let allowed = type?.priorities ?? ["10", "5", "1"]
        return allowed.contains(request.priority ?? "10") ? nil : .badPriority
    }

    /// Seconds since 1970, or 0.
    private var expiration: APNsReason? {
        guard let expiration = request.expiration else { return nil }
        let isNumber = expiration.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        return isNumber && Int64(expiration) != nil ? nil : .badExpirationDate
    }

    /// At most 64 octets.
    private var collapseID: APNsReason? {
        (request.collapseID?.utf8.count ?? 0) <= 64 ? nil : .badCollapseID
    }

    /// Not empty, at most 4096 octets, 5120 for voip.
    private var payloadSize: APNsReason? {
        if request.body.isEmpty { return .payloadEmpty }
        return request.body.count <= (type ?? .alert).payloadOctetsMax ? nil : .payloadTooLarge
    }

    /// A JSON object with an `aps` dictionary; MDM carries `mdm` instead, and a file provider push neither.
    ///
    /// Apple documents no reason for other payloads; `PayloadEmpty` is the one that fits: nothing usable is in it.
    private var payloadForm: APNsReason? {
        guard let payload, payload.kind == .object else { return .payloadEmpty }
        switch type {
        case .mdm:
            return payload.member("mdm", of: payload.members)?.kind == .string ? nil : .payloadEmpty
        case .fileprovider:
            return nil
        case .alert, .background, .voip, .complication, .location, .liveactivity, .pushtotalk, .widgets, .controls, nil:
            return payload.member("aps", of: payload.members)?.kind == .object ? nil : .payloadEmpty
        }
    }

    /// The payload does what the push type says.
    ///
    /// For a mismatch Apple documents no reason but that of the push type.
    private var payloadForPushType: APNsReason? {
        guard let type, let payload, let aps = payload.member("aps", of: payload.members) else { return nil }
        let keys = APNsPayloadKeys(payload: payload, aps: aps)
        let fits =
            switch type {
            case .alert: keys.isVisible
            case .background: keys.isSilent && !keys.isVisible
            case .liveactivity: keys.isLiveActivity
            case .voip, .complication, .fileprovider, .mdm, .location, .pushtotalk, .widgets, .controls: true
            }
        return fits ? nil : .invalidPushType
    }

    /// ASCII letters, digits, hyphens and periods, as in a bundle id.
    private static func isWellFormed(_ topic: String) -> Bool {
        topic.utf8.allSatisfy { octet in
            switch octet {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."):
                true
            default:
                false
            }
        } && topic.utf8.first != UInt8(ascii: ".") && topic.utf8.last != UInt8(ascii: ".")
    }

    private static func suffix(of topic: String) -> String {
        APNsPushType.topicSuffixes.first { topic.hasSuffix($0) } ?? ""
    }
}

/// The keys of the `aps` dictionary that decide what a payload does.
struct APNsPayloadKeys {
    let payload: JSONText
    private let members: [JSONText.Member]

    init(payload: JSONText, aps: JSONText.Member) {
        self.payload = payload
        members = payload.members(of: aps)
    }

    private func member(_ name: String) -> JSONText.Member? {
        payload.member(name, of: members)
    }

    /// The user sees or hears something.
    var isVisible: Bool {
        member("alert") != nil || member("badge") != nil || member("sound") != nil
    }

    var isSilent: Bool {
        member("content-available").map { payload.text(of: $0).elementsEqual("1".utf8) } ?? false
    }

    var isStart: Bool {
        member("event").map { payload.text(of: $0).elementsEqual(#""start""#.utf8) } ?? false
    }

    /// `timestamp`, and an `event` with what it needs: `content-state` for an update, an alert besides for a start.
    var isLiveActivity: Bool {
        guard member("timestamp")?.kind == .number, let event = member("event") else { return false }
        let hasState = member("content-state")?.kind == .object
        switch String(decoding: payload.text(of: event), as: UTF8.self) {
        case #""start""#: return hasState && member("alert") != nil && member("attributes-type") != nil
        case #""update""#: return hasState
        case #""end""#: return true
        default: return false
        }
    }
}
