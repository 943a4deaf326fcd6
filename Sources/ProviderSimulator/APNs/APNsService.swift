internal import Foundation

/// The APNs simulator's side of one connection.
struct APNsService: ProviderService {
    static let provider = SimulatedProvider.apns
    /// APNs speaks HTTP/2 only.
    static let speaksHTTP1 = false

    private let bundleIDs: Set<String>
    private let channels: APNsChannelStore
    private var gate: ProviderTokenGate

    init(bundleIDs: Set<String>, verifier: ProviderTokenVerifier, channels: APNsChannelStore) {
        self.bundleIDs = bundleIDs
        self.channels = channels
        gate = ProviderTokenGate(verifier: verifier)
    }

    mutating func examine(_ request: ProviderRequest) -> Examination {
        let apns = APNsRequest(request)
        let tokenRefusal = gate.refusal(authorization: apns.authorization, now: request.receivedAt / 1000)
        let payload = JSONText(request.body)
        if let call = apns.channels { return manage(request, apns, call, tokenRefusal, payload) }
        let refusal = refusal(of: apns, tokenRefusal, payload)
        let answer =
            refusal.map { Self.answer(status: $0.status, reason: $0.rawValue, to: apns) }
            ?? ProviderAnswer(status: 200, reason: "", headers: [Self.idField(apns)])
        return Examination(
            subject: RequestSubject(
                token: apns.deviceToken ?? apns.channelID ?? "",
                topic: apns.topic ?? "",
                path: request.header(":path") ?? ""
            ),
            answer: answer,
            isAccepted: refusal == nil,
            isAuthenticated: tokenRefusal == nil,
            payload: payload.map { .json($0) } ?? .text
        )
    }

    private func refusal(of request: APNsRequest, _ tokenRefusal: APNsReason?, _ payload: JSONText?) -> APNsReason? {
        if request.broadcastApp != nil {
            return APNsBroadcastRules(
                request: request,
                bundleIDs: bundleIDs,
                providerTokenRefusal: tokenRefusal,
                payload: payload,
                store: channels
            ).refusal
        }
        return APNsRules(
            request: request,
            bundleIDs: bundleIDs,
            providerTokenRefusal: tokenRefusal,
            payload: payload
        ).refusal
    }

    // MARK: Channels

    private func manage(
        _ request: ProviderRequest,
        _ apns: APNsRequest,
        _ call: APNsRequest.Channels,
        _ tokenRefusal: APNsReason?,
        _ payload: JSONText?
    ) -> Examination {
        let outcome = APNsChannelRules(
            request: apns,
            call: call,
            bundleIDs: bundleIDs,
            providerTokenRefusal: tokenRefusal,
            store: channels
        ).outcome
        var answer: ProviderAnswer
        var effect: (@Sendable () -> Void)?
        var channel = apns.channelID ?? ""
        switch outcome {
        case .refused(let reason):
            answer = Self.answer(status: reason.status, reason: reason.rawValue, to: apns)
        case .allowed(.create(let policy)):
            channel = APNsChannelStore.makeID()
            answer = ProviderAnswer(status: 201, reason: "", headers: [Self.idField(apns)])
            answer.headers.append(HeaderField("apns-channel-id", channel))
            effect = { [channels, channel] in channels.add(channel, policy: policy, app: call.app) }
        case .allowed(.read(let policy)):
            answer = Self.success(Self.channel(policy: policy), to: apns)
        case .allowed(.delete):
            answer = ProviderAnswer(status: 204, reason: "", headers: [Self.idField(apns)])
            effect = { [channels, channel] in channels.remove(channel, app: call.app) }
        case .allowed(.list):
            answer = Self.success(Self.list(channels.ids(of: call.app)), to: apns)
        }
        return Examination(
            subject: RequestSubject(token: channel, path: request.header(":path") ?? "", sends: false),
            answer: answer,
            isAccepted: answer.status < 300,
            isAuthenticated: tokenRefusal == nil,
            payload: payload.map { .json($0) } ?? .text,
            effect: effect
        )
    }

    private static func success(_ body: [UInt8], to request: APNsRequest) -> ProviderAnswer {
        ProviderAnswer(
            status: 200,
            reason: "",
            headers: [idField(request), HeaderField("content-type", "application/json")],
            body: body
        )
    }

    private static func channel(policy: Int) -> [UInt8] {
        Array(#"{"message-storage-policy":\#(policy),"push-type":"LiveActivity"}"#.utf8)
    }

    private static func list(_ ids: [String]) -> [UInt8] {
        var body = JSONLine(capacity: 64 + 32 * ids.count)
        body.raw(#"{"channels":["#)
        for (index, id) in ids.enumerated() {
            if index > 0 { body.raw(",") }
            body.string(id)
        }
        body.raw("]}")
        return body.octets
    }

    // MARK: Forms

    func answer(_ fault: FaultAnswer, to request: ProviderRequest) -> ProviderAnswer {
        let apns = APNsRequest(request)
        let timestamp = fault.timestamp ?? (fault.status == 410 ? request.receivedAt : nil)
        return Self.answer(status: fault.status, reason: fault.reason ?? "", timestamp: timestamp, to: apns)
            .shaped(by: fault)
    }

    func goAwayData(reason: String) -> [UInt8] {
        Self.body(reason: reason)
    }

    private static func answer(
        status: Int,
        reason: String,
        timestamp: Int64? = nil,
        to request: APNsRequest
    ) -> ProviderAnswer {
        var answer = ProviderAnswer(status: status, reason: reason, headers: [idField(request)])
        if !reason.isEmpty {
            answer.headers.append(HeaderField("content-type", "application/json"))
            answer.body = body(reason: reason, timestamp: timestamp)
        }
        return answer
    }

    /// The request's own id, or a new one where it has none that is valid.
    private static func idField(_ request: APNsRequest) -> HeaderField {
        if request.broadcastApp != nil || request.channels != nil {
            return HeaderField("apns-request-id", request.requestID ?? UUID().uuidString.lowercased())
        }
        if let id = request.apnsID, request.hasCanonicalID { return HeaderField("apns-id", id) }
        return HeaderField("apns-id", UUID().uuidString.lowercased())
    }

    private static func body(reason: String, timestamp: Int64? = nil) -> [UInt8] {
        var body = JSONLine(capacity: 64)
        body.raw(#"{"reason":"#)
        body.string(reason)
        if let timestamp {
            body.raw(#","timestamp":"#)
            body.number(Int(timestamp))
        }
        body.raw("}")
        return body.octets
    }
}
