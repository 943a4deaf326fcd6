/// The rules of requests about channels, one function per rule, in the order in which they are checked.
///
/// Source: Apple, "Sending channel management requests to APNs" and "Handling error responses from APNs". Where Apple names no
/// reason for a mistake, the function says which one was chosen.
struct APNsChannelRules {
    /// What a request that breaks no rule asks for.
    enum Operation {
        case create(policy: Int)
        case read(policy: Int)
        case delete
        case list
    }

    enum Outcome {
        case refused(APNsReason)
        case allowed(Operation)
    }

    let request: APNsRequest
    let call: APNsRequest.Channels
    /// Bundle ids that may be used; empty accepts any.
    let bundleIDs: Set<String>
    /// The verdict on the provider token.
    let providerTokenRefusal: APNsReason?
    let store: APNsChannelStore

    var outcome: Outcome {
        if let refusal = method ?? headers ?? providerTokenRefusal ?? requestID ?? app { return .refused(refusal) }
        if call.isAll { return .allowed(.list) }
        return request.method == "POST" ? creation : existing
    }

    /// POST, GET and DELETE of `channels`, GET of `all-channels`.
    private var method: APNsReason? {
        let allowed = call.isAll ? ["GET"] : ["POST", "GET", "DELETE"]
        return allowed.contains(request.method) ? nil : .methodNotAllowed
    }

    private var headers: APNsReason? { request.repeatsHeader ? .duplicateHeaders : nil }

    /// `apns-request-id`, where given, is a canonical UUID; `BadRequestParams` was chosen.
    private var requestID: APNsReason? {
        request.requestID == nil || request.hasCanonicalRequestID ? nil : .badRequestParameters
    }

    /// The app in the path is one that may be used.
    private var app: APNsReason? { bundleIDs.isEmpty || bundleIDs.contains(call.app) ? nil : .topicMismatch }

    /// `{"message-storage-policy": 0 or 1, "push-type": "LiveActivity"}`, while there is room.
    private var creation: Outcome {
        guard let body = JSONValue(request.body), body.isObject else { return .refused(.badRequestPayload) }
        guard let type = body["push-type"] else { return .refused(.missingPushType) }
        guard type.string == "LiveActivity" else { return .refused(.invalidPushType) }
        guard let policy = body["message-storage-policy"]?.integer, (0...1).contains(policy) else {
            return .refused(.badRequestPayload)
        }
        let isFull = store.ids(of: call.app).count >= APNsChannelStore.channelsMax
        return isFull ? .refused(.cannotCreateChannel) : .allowed(.create(policy: Int(policy)))
    }

    /// A channel that was made here, named by a header; a body has no place in it (`BadRequestPayload` was chosen).
    private var existing: Outcome {
        guard request.body.isEmpty else { return .refused(.badRequestPayload) }
        guard let id = request.channelID, !id.isEmpty else { return .refused(.missingChannelID) }
        guard APNsBroadcastRules.isChannelID(id) else { return .refused(.badChannelID) }
        guard case .made(let policy) = store.standing(of: id, app: call.app) else {
            return .refused(.channelNotRegistered)
        }
        return .allowed(request.method == "GET" ? .read(policy: policy) : .delete)
    }
}
