/// The Web Push simulator's side of one connection: it is the push service, and the browser that holds the keys.
struct WebPushService: ProviderService {
    static let provider = SimulatedProvider.webpush
    static let speaksHTTP1 = true

    let seed: SimulatorSeed
    let port: Int

    /// In endpoints.
    private var origin: String { "https://127.0.0.1:\(port)" }

    func examine(_ request: ProviderRequest) -> Examination {
        let path = request.header(":path") ?? ""
        if URLText.parts(of: path).path.first == "subscriptions" { return subscribe(request, path) }
        let subject = RequestSubject(
            token: PushSubscription.name(inPath: path),
            topic: request.header("topic") ?? "",
            path: path
        )
        guard let subscription = PushSubscription(path: path, seed: seed) else {
            return Examination(
                subject: subject,
                answer: PushVendor.mozilla.refusal(.unknownEndpoint),
                isAccepted: false,
                isAuthenticated: false,
                payload: request.body.isEmpty ? .text : .sealed
            )
        }
        let authority = request.header(":authority") ?? ""
        let origins = [origin, "https://localhost:\(port)", "https://\(authority)"]
        let judgement = WebPushRules(request: request, subscription: subscription, origins: origins).judge()
        let answer =
            judgement.refusal.map(subscription.vendor.refusal)
            ?? subscription.vendor.acceptance(ttl: Self.timeToLive(request), origin: origin)
        return Examination(
            subject: subject,
            answer: answer,
            isAccepted: judgement.refusal == nil,
            isAuthenticated: judgement.isAuthenticated,
            payload: judgement.payload
        )
    }

    private static func timeToLive(_ request: ProviderRequest) -> Int {
        request.header("ttl").flatMap { Int($0) } ?? 0
    }

    // MARK: Subscriptions

    /// `GET` or `POST /subscriptions/<name>?vendor=<vendor>&applicationServerKey=<key>`: what `PushManager.subscribe` gives.
    ///
    /// Without a vendor it is Mozilla's; without a key the subscription takes messages signed with any.
    private func subscribe(_ request: ProviderRequest, _ path: String) -> Examination {
        let (segments, query) = URLText.parts(of: path)
        let answer: ProviderAnswer
        do {
            guard segments.count == 2, ["GET", "POST"].contains(request.header(":method")) else {
                throw SimulatorError("GET or POST /subscriptions/<name>")
            }
            guard let vendor = PushVendor(rawValue: query["vendor"] ?? PushVendor.mozilla.rawValue) else {
                let names = PushVendor.allCases.map(\.rawValue).joined(separator: ", ")
                throw SimulatorError("unknown vendor (allowed: \(names))")
            }
            let hash = try query["applicationServerKey"].map(Self.hash)
            let subscription = PushSubscription(vendor: vendor, name: segments[1], serverKeyHash: hash, seed: seed)
            guard let subscription else {
                throw SimulatorError("a name is 1 to 200 characters of A-Z a-z 0-9 - _ . ~")
            }
            let type = HeaderField("content-type", "application/json")
            let json = subscription.json(origin: origin)
            answer = ProviderAnswer(status: 200, reason: "", headers: [type], body: json)
        } catch {
            answer = Self.mistake("\(error)")
        }
        return Examination(
            subject: RequestSubject(path: path, sends: false),
            answer: answer,
            isAccepted: answer.status == 200,
            isAuthenticated: false,
            payload: .text
        )
    }

    private static func hash(ofKeyText text: String) throws(SimulatorError) -> String {
        guard let key = Base64URL.decode(text), key.count == 65, key.first == 4 else {
            throw SimulatorError("applicationServerKey: not an uncompressed P-256 key in base64url")
        }
        return PushSubscription.hash(ofServerKey: key)
    }

    private static func mistake(_ text: String) -> ProviderAnswer {
        var body = JSONLine(capacity: 128)
        body.raw(#"{"error":"#)
        body.string(text)
        body.raw("}")
        let type = HeaderField("content-type", "application/json")
        return ProviderAnswer(status: 400, reason: text, headers: [type], body: body.octets)
    }

    // MARK: Faults

    func answer(_ fault: FaultAnswer, to request: ProviderRequest) -> ProviderAnswer {
        let vendor = PushSubscription(path: request.header(":path") ?? "", seed: seed)?.vendor ?? .mozilla
        return vendor.scripted(
            status: fault.status,
            reason: fault.reason,
            ttl: Self.timeToLive(request),
            origin: origin
        ).shaped(by: fault)
    }

    func goAwayData(reason: String) -> [UInt8] {
        Array(reason.utf8)
    }
}
