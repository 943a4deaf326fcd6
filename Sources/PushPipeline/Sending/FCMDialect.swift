import CurlHTTP
import HTTP2
import Logging
import PushCore
import PushProviders

/// FCM HTTP v1: access tokens from the OAuth endpoint, a quota for each project.
final class FCMDialect: ProviderDialect {
    struct Context {
        let authorization: FCMCredentials.Authorization
        let notification: Notification
    }

    private struct Project {
        let configuration: FCMConfiguration
        var credentials: FCMCredentials
        var quota: FCMQuota
        var payloads = FCMPayloadRecord()
        var authorization: FCMCredentials.Authorization?
        /// All fields of its requests but those of the connection.
        var fields = HTTP2Fields()
        /// When an access token was asked for last.
        var askedMs: Int64 = 0
    }

    let provider = Provider.fcm
    let apps: [String]
    private var projects: [Project]
    /// For access tokens: one for each project, since each may have a proxy of its own.
    private let curls: [CurlClient]
    private let logger: Logger
    private let requestTimeout: Duration
    /// Renewals are asked for once in this time.
    private static let renewalCheckMs: Int64 = 200
    private var nextCheckMs: Int64 = .min
    private var refusalsLogged: [String?]
    private var troubles: [String?]
    private var date: (text: String, sentMs: Int64, nowMs: Int64)?

    /// - Throws: `CurlSetupError` where the CA file cannot be used.
    init(
        apps: [FCMApp],
        transport: TransportConfiguration,
        waker: EventLoopWaker,
        logger: Logger
    ) throws(CurlSetupError) {
        self.apps = apps.map(\.configuration.app)
        self.logger = logger
        requestTimeout = transport.requestTimeout
        projects = apps.map { app in
            Project(
                configuration: app.configuration,
                credentials: FCMCredentials(configuration: app.configuration, account: app.account),
                quota: FCMQuota(app.configuration.quota)
            )
        }
        refusalsLogged = apps.map { _ in nil }
        troubles = refusalsLogged
        var curls: [CurlClient] = []
        for app in apps {
            var configuration = CurlConfiguration()
            configuration.caFile = transport.caFile
            configuration.allowsPlainHTTP = true
            configuration.proxy = app.configuration.proxy.map { CurlConfiguration.Proxy($0) }
            curls.append(try CurlClient(configuration) { waker.wakeUp() })
        }
        self.curls = curls
    }

    // MARK: Messages

    func origin(of delivery: OutboxDelivery, app: Int) -> OriginChoice {
        let endpoint = projects[app].configuration.endpoint
        return .origin(
            OriginKey(app: app, host: endpoint.host, port: endpoint.port, isSecure: endpoint.isSecure)
        )
    }

    func prepare(_ delivery: OutboxDelivery, app: Int, nowMs: Int64) -> Preparation<Context> {
        renew(app, nowMs)
        let authorization: FCMCredentials.Authorization
        switch projects[app].credentials.authorization(nowMs: nowMs) {
        case .usable(let usable): authorization = usable
        case .waiting(let untilMs):
            return .end(.held(.providerUnavailable, untilMs: untilMs ?? nowMs + Self.renewalCheckMs))
        case .refused(_, let untilMs): return .end(.held(.credentialRejected, untilMs: untilMs))
        }
        // Asked before a message is built: those that are held come again and again.
        if case .notBefore(let ms) = projects[app].quota.take(nowMs: nowMs) {
            return .end(.held(.quotaExceeded, untilMs: ms))
        }
        let configuration = projects[app].configuration
        let request: FCMRequest
        switch FCMRequest.build(delivery: delivery.record, configuration: configuration, nowMs: nowMs) {
        case .success(let built): request = built
        case .failure(let refusal):
            projects[app].quota.giveBack()
            return .end(Self.end(of: refusal))
        }
        let prepared = PreparedRequest(
            fields: HTTP2Fields(),
            sharedFields: fields(app, authorization, path: request.path),
            body: request.body,
            isTruncated: request.isTruncated
        )
        return .send(prepared, Context(authorization: authorization, notification: delivery.notification))
    }

    private static func end(of refusal: FCMRequest.Refusal) -> AttemptEnd {
        switch refusal {
        case .expired: .unsendable(.ttlPassed)
        case .verdict(let verdict): .refused(verdict)
        }
    }

    private func fields(_ app: Int, _ authorization: FCMCredentials.Authorization, path: String) -> HTTP2Fields {
        if projects[app].authorization == authorization { return projects[app].fields }
        var fields = HTTP2Fields()
        // It names the project and no device, so that it repeats.
        fields.append(":path", path)
        fields.append("content-type", FCMRequest.contentType)
        fields.append("authorization", String(decoding: authorization.header, as: UTF8.self), .neverIndexed)
        projects[app].authorization = authorization
        projects[app].fields = fields
        return fields
    }

    func judge(
        _ answer: ProviderAnswer,
        _ context: Context,
        app: Int,
        nowMs: Int64
    ) -> (Verdict, AttemptEnd.Answer) {
        let response = FCMResponse(
            status: answer.status,
            body: answer.body,
            retryAfter: answer["retry-after"],
            nowMs: nowMs
        )
        let standing: FCMResponse.PayloadStanding =
            response.status == 400 ? projects[app].payloads.refused(context.notification, nowMs: nowMs) : .unproven
        let verdict = response.classify(payload: standing)
        switch verdict {
        case .accepted: projects[app].payloads.accepted(context.notification, nowMs: nowMs)
        case .reauthenticate: projects[app].credentials.invalidate(context.authorization, nowMs: nowMs)
        case .retry, .reconnect, .configuration, .badRequest, .addressDead, .addressKept: break
        }
        if response.exceedsProjectQuota { projects[app].quota.exceeded(retryAfter: response.retryAfter, nowMs: nowMs) }
        return (verdict, AttemptEnd.Answer(status: response.status, reason: response.reason))
    }

    func configure(_ origin: OriginKey, _ http: inout HTTP2Configuration, _ tls: inout HTTP2Endpoint.TLS) {}

    // MARK: Access tokens

    func tick(nowMs: Int64) {
        for (app, curl) in curls.enumerated() {
            for (_, outcome) in curl.takeCompletions() { renewalEnded(app, outcome, nowMs) }
        }
        guard nowMs >= nextCheckMs || nextCheckMs - nowMs > Self.renewalCheckMs else { return }
        nextCheckMs = nowMs + Self.renewalCheckMs
        for app in projects.indices { renew(app, nowMs) }
    }

    /// Asks for a token where one is due: one request of a project at a time.
    private func renew(_ app: Int, _ nowMs: Int64) {
        do {
            guard let request = try projects[app].credentials.renewal(nowMs: nowMs) else { return }
            projects[app].askedMs = nowMs
            curls[app].submit(
                HTTPRequest(
                    .post,
                    "\(request.endpoint)",
                    fields: [HTTPField("content-type", FCMTokenRequest.contentType)],
                    body: request.body,
                    timeout: requestTimeout
                ),
                id: UInt64(app)
            )
        } catch {
            logger.error("cannot sign the assertion", metadata: ["app": "\(apps[app])", "error": "\(error)"])
        }
    }

    private func renewalEnded(_ app: Int, _ outcome: HTTPOutcome, _ nowMs: Int64) {
        guard case .response(let response) = outcome else {
            logger.warning("no access token", metadata: ["app": "\(apps[app])", "cause": "\(outcome)"])
            return projects[app].credentials.renewalFailed(nowMs: nowMs)
        }
        let answer = FCMTokenResponse(
            status: response.status,
            body: response.body,
            retryAfter: response["retry-after"],
            date: response["date"],
            nowMs: nowMs
        )
        if let text = response["date"] { date = (text, projects[app].askedMs, nowMs) }
        projects[app].credentials.renewalEnded(answer, nowMs: nowMs)
        let refusal = projects[app].credentials.lastRefusal.map { "no access token: \($0)" }
        if let refusal, refusalsLogged[app] != refusal {
            logger.error("no access token", metadata: ["app": "\(apps[app])", "cause": "\(refusal)"])
        }
        refusalsLogged[app] = refusal
        troubles[app] = trouble(app: app, nowMs: nowMs)
    }

    func takeDate() -> (text: String, sentMs: Int64, nowMs: Int64)? {
        defer { date = nil }
        return date
    }

    func replace(_ credential: AppCredential, app: Int) {
        guard case .fcm(let account) = credential else {
            preconditionFailure("an app is given a credential of the kind that it has")
        }
        projects[app].credentials.replace(account, configuration: projects[app].configuration)
        // Asked for in this very turn.
        nextCheckMs = .min
    }

    func trouble(app: Int) -> String? { troubles[app] }

    private func trouble(app: Int, nowMs: Int64) -> String? {
        guard case .refused(let refusal, _) = projects[app].credentials.authorization(nowMs: nowMs) else { return nil }
        return "no access token: \(refusal)"
    }

    func proxy(app: Int) -> CurlConfiguration.Proxy? {
        projects[app].configuration.proxy.map { CurlConfiguration.Proxy($0) }
    }

    func close() {
        for curl in curls { curl.close() }
    }
}

extension CurlConfiguration.Proxy {
    init(_ proxy: FCMProxy) {
        let credentials = proxy.credentials.map { CurlConfiguration.Credentials(user: $0.user, password: $0.password) }
        self.init(url: proxy.url, credentials: credentials)
    }
}
