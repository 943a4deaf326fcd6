/// The rules of broadcasts to channels, one function per rule, in the order in which they are checked.
///
/// Any channel exists that was not removed; one that was made here has its storage policy. Source: Apple, "Sending broadcast push notification requests to APNs" and "Handling error responses from
/// APNs". Where Apple names no reason for a mistake, the function says which one was chosen.
struct APNsBroadcastRules {
    let request: APNsRequest
    /// Bundle ids that may be pushed to; empty accepts any.
    let bundleIDs: Set<String>
    /// The verdict on the provider token.
    let providerTokenRefusal: APNsReason?
    /// The body where it is JSON.
    let payload: JSONText?
    let store: APNsChannelStore

    /// The first rule that the request breaks; nil where APNs would accept it.
    var refusal: APNsReason? {
        requestRefusal ?? providerTokenRefusal ?? addressRefusal ?? deliveryRefusal
    }

    private var requestRefusal: APNsReason? {
        if request.method != "POST" { return .methodNotAllowed }
        return request.repeatsHeader ? .duplicateHeaders : nil
    }

    private var addressRefusal: APNsReason? { app ?? channel ?? pushType }
    private var deliveryRefusal: APNsReason? { priority ?? expiration ?? size ?? form }

    /// The app in the path is one that may be pushed to.
    private var app: APNsReason? {
        bundleIDs.isEmpty || bundleIDs.contains(request.broadcastApp ?? "") ? nil : .topicMismatch
    }

    /// `apns-channel-id` is base64.
    private var channel: APNsReason? {
        guard let id = request.channelID, !id.isEmpty else { return .missingChannelID }
        guard Self.isChannelID(id) else { return .badChannelID }
        return standing == .removed ? .channelNotRegistered : nil
    }

    private var standing: APNsChannelStore.Standing {
        store.standing(of: request.channelID ?? "", app: request.broadcastApp ?? "")
    }

    static func isChannelID(_ id: String) -> Bool {
        id.utf8.allSatisfy { octet in
            switch octet {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "+/=-_".utf8.contains(octet)
            }
        }
    }

    /// Channels are for Live Activities.
    private var pushType: APNsReason? {
        guard let type = request.pushType else { return .missingPushType }
        return type == APNsPushType.liveactivity.rawValue ? nil : .invalidPushType
    }

    private var priority: APNsReason? {
        ["10", "5", "1"].contains(request.priority ?? "10") ? nil : .badPriority
    }

    /// Seconds since 1970, or 0; Apple asks for it in every broadcast. A channel that stores nothing takes 0 only.
    private var expiration: APNsReason? {
        guard let seconds = request.expiration.flatMap({ Int64($0) }), seconds >= 0 else { return .badExpirationDate }
        return standing == .made(policy: 0) && seconds != 0 ? .badExpirationDate : nil
    }

    /// At most 5120 octets.
    private var size: APNsReason? { request.body.count <= 5_120 ? nil : .payloadTooLarge }

    /// An update or an end of a Live Activity; a channel starts none.
    private var form: APNsReason? {
        guard let payload, payload.kind == .object, let aps = payload.member("aps", of: payload.members),
            aps.kind == .object
        else { return .badRequestPayload }
        let keys = APNsPayloadKeys(payload: payload, aps: aps)
        return keys.isLiveActivity && !keys.isStart ? nil : .badRequestPayload
    }
}
