/// The FCM simulator's side of one connection: OAuth, sends and topics.
struct FCMService: ProviderService {
    static let provider = SimulatedProvider.fcm
    static let speaksHTTP1 = true

    let account: ServiceAccount
    let accessTokens: FCMAccessTokens
    let projects: FCMProjects
    /// Project ids that may be used; empty accepts any.
    let allowedProjects: [String]

    func examine(_ request: ProviderRequest) -> Examination {
        let call = FCMCall(request)
        switch call {
        case .token: return token(request)
        case .send(let project): return send(request, project)
        case .topics, .batch, .unknown: return manage(request, call)
        }
    }

    // MARK: OAuth

    private func token(_ request: ProviderRequest) -> Examination {
        let refusal = OAuthRules(request: request, account: account).refusal
        let answer = refusal?.answer ?? grant(now: request.receivedAt)
        return examination(of: request, answer, subject: subject(of: request), isAuthenticated: refusal == nil)
    }

    private func grant(now: Int64) -> ProviderAnswer {
        var body = JSONLine(capacity: 256)
        body.raw(#"{"access_token":"#)
        body.string(accessTokens.make(now: now))
        body.raw(#","expires_in":"#)
        body.number(accessTokens.lifetimeSeconds)
        body.raw(#","token_type":"Bearer"}"#)
        return ProviderAnswer(
            status: 200,
            reason: "",
            headers: [
                HeaderField("content-type", "application/json; charset=utf-8"),
                HeaderField("cache-control", "no-store"),
            ],
            body: body.octets
        )
    }

    // MARK: Sends

    private func send(_ request: ProviderRequest, _ project: String) -> Examination {
        var checker = FCMSchemaChecker()
        let body = checker.check(request.body, .request)
        let message = body["message"] ?? .object([])
        var subject = subject(of: request)
        subject.sends = true
        subject.topic = message["topic"]?.string ?? ""
        subject.token = target(of: message)

        let accessRefusal = authentication(request) ?? permission(project)
        let refusal =
            accessRefusal ?? mediaType(request)
            ?? projects.charge(project, now: request.receivedAt).map {
                .quotaExceeded(project: project, retryAfter: $0)
            } ?? (checker.violations.isEmpty ? nil : .malformed(checker.violations))
            ?? FCMMessageRules(message: message).refusal
        let answer =
            refusal?.answer
            ?? accepted(project, isTopic: !subject.topic.isEmpty, isTrial: body["validateOnly"]?.boolean ?? false)
        return examination(of: request, answer, subject: subject, isAuthenticated: accessRefusal == nil)
    }

    /// As records and fault scripts name it.
    private func target(of message: JSONValue) -> String {
        if let topic = message["topic"]?.string { return "/topics/\(topic)" }
        return message["token"]?.string ?? message["fid"]?.string ?? message["condition"]?.string ?? ""
    }

    /// `projects/<project>/messages/<id>`; the form of the id differs by target.
    private func accepted(_ project: String, isTopic: Bool, isTrial: Bool) -> ProviderAnswer {
        let number = UInt64.random(in: 1_000_000_000_000_000_000...9_000_000_000_000_000_000)
        let id = isTrial ? "fake_message_id" : isTopic ? "\(number)" : "0:\(number)%\(String(number, radix: 16))"
        var body = JSONLine(capacity: 128)
        body.raw(#"{"name":"#)
        body.string("projects/\(project)/messages/\(id)")
        body.raw("}")
        return ProviderAnswer(
            status: 200,
            reason: "",
            headers: [HeaderField("content-type", "application/json; charset=UTF-8")],
            body: body.octets
        )
    }

    // MARK: Topics

    private func manage(_ request: ProviderRequest, _ call: FCMCall) -> Examination {
        let rules = FCMTopicRules(projects: projects, now: request.receivedAt)
        var subject = subject(of: request)
        let accessRefusal = authentication(request)
        switch call {
        case .token, .send, .unknown:
            return examination(of: request, Self.noSuchPage, subject: subject, isAuthenticated: accessRefusal == nil)
        case .topics(let call):
            subject.token = call.registration.address
            subject.topic = call.topic
            let outcome =
                (accessRefusal ?? permission(call.registration.project)).map { .init(answer: $0.answer) }
                ?? rules.outcome(of: call, body: request.body)
            return examination(of: request, outcome, subject: subject, isAuthenticated: accessRefusal == nil)
        case .batch(let adds):
            // The legacy calls name no project: it is that of the account.
            let isMarked = request.header("access_token_auth") == "true"
            let outcome =
                accessRefusal != nil || !isMarked
                ? .init(answer: Self.unauthorizedBatch)
                : rules.outcome(ofBatch: request.body, adds: adds, project: account.project)
            return examination(of: request, outcome, subject: subject, isAuthenticated: accessRefusal == nil)
        }
    }

    private static let noSuchPage = ProviderAnswer(
        status: 404,
        reason: "NOT_FOUND",
        headers: [HeaderField("content-type", "text/html; charset=UTF-8")],
        body: Array("<!DOCTYPE html><title>Error 404 (Not Found)!!1</title><p>404. That’s an error.".utf8)
    )

    private static let unauthorizedBatch = ProviderAnswer(
        status: 401,
        reason: "Unauthorized",
        headers: [HeaderField("content-type", "application/json; charset=UTF-8")],
        body: Array(#"{"error":"Unauthorized"}"#.utf8)
    )

    // MARK: Who may what

    /// `authorization: Bearer <access token>`.
    private func authentication(_ request: ProviderRequest) -> FCMError? {
        guard let authorization = request.header("authorization") else {
            return .unauthenticated("CREDENTIALS_MISSING")
        }
        let scheme = "bearer "
        guard authorization.prefix(scheme.count).lowercased() == scheme else {
            return .unauthenticated("CREDENTIALS_MISSING")
        }
        switch accessTokens.verify(String(authorization.dropFirst(scheme.count)), now: request.receivedAt) {
        case .good: return nil
        case .expired: return .unauthenticated("ACCESS_TOKEN_EXPIRED")
        case .unknown: return .unauthenticated("ACCESS_TOKEN_TYPE_UNSUPPORTED")
        }
    }

    private func permission(_ project: String) -> FCMError? {
        let isAllowed = allowedProjects.isEmpty ? !project.isEmpty : allowedProjects.contains(project)
        return isAllowed ? nil : .permissionDenied(project: project)
    }

    /// JSON; Google takes the first words of anything else for the name of a parameter.
    private func mediaType(_ request: ProviderRequest) -> FCMError? {
        let type = request.header("content-type")?.prefix { $0 != ";" && $0 != " " }
        guard type?.lowercased() != "application/json" else { return nil }
        let text = "Invalid JSON payload received. Unknown name \"\": Cannot bind query parameter."
        return .malformed([.init(field: "", description: text)])
    }

    // MARK: Forms

    private func subject(of request: ProviderRequest) -> RequestSubject {
        RequestSubject(path: request.header(":path") ?? "", sends: false)
    }

    private func examination(
        of request: ProviderRequest,
        _ outcome: FCMTopicRules.Outcome,
        subject: RequestSubject,
        isAuthenticated: Bool
    ) -> Examination {
        Examination(
            subject: subject,
            answer: outcome.answer,
            isAccepted: outcome.answer.status < 300,
            isAuthenticated: isAuthenticated,
            payload: JSONText(request.body).map { .json($0) } ?? .text,
            effect: outcome.effect
        )
    }

    private func examination(
        of request: ProviderRequest,
        _ answer: ProviderAnswer,
        subject: RequestSubject,
        isAuthenticated: Bool
    ) -> Examination {
        examination(of: request, .init(answer: answer), subject: subject, isAuthenticated: isAuthenticated)
    }

    /// A status below 300 has the body of a success, whatever the reason.
    func answer(_ fault: FaultAnswer, to request: ProviderRequest) -> ProviderAnswer {
        let call = FCMCall(request)
        if case .token = call {
            let reason = fault.reason ?? (fault.status < 500 ? "invalid_grant" : "internal_failure")
            return OAuthRules.Refusal(status: fault.status, code: reason, description: "As the fault script says.")
                .answer.shaped(by: fault)
        }
        if fault.status < 300 {
            var answer = accepted(call.project, isTopic: false, isTrial: false)
            answer.status = fault.status
            return answer.shaped(by: fault)
        }
        return FCMError.scripted(status: fault.status, reason: fault.reason, project: call.project)
            .answer.shaped(by: fault)
    }

    func goAwayData(reason: String) -> [UInt8] {
        Array(reason.utf8)
    }
}
