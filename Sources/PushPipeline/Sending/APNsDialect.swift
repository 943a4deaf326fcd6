import HTTP2
import Logging
import PushCore
import PushCrypto
import PushProviders

/// APNs: provider tokens or certificates, one server for each environment.
final class APNsDialect: ProviderDialect {
    struct Context {
        let registeredAtMs: Int64
        /// Nil where the connection's certificate says whose it is.
        let authorization: APNsCredentials.Authorization?
    }

    /// Whose credential it is: apps of one team and key share it.
    private struct CredentialKey: Hashable {
        let teamID: String
        let keyID: String
    }

    /// The credential of one team and key, shared by all its connections.
    private struct Credential {
        var credentials: APNsCredentials
        var authorization: APNsCredentials.Authorization?
    }

    /// Fields that requests of an app repeat, as they were built for the first of them.
    private struct Repeated {
        let pushType: APNsPushType
        let priority: String
        let fields: HTTP2Fields
    }

    let provider = Provider.apns
    let apps: [String]
    private let configurations: [APNsConfiguration]
    private let logger: Logger
    /// Of each app, the position of its token; nil for one with a certificate.
    private let tokenIndexes: [Int?]
    private var certificates: [APNsCertificate?]
    private var appsToReconnect: Set<Int> = []
    private var credentials: [Credential] = []
    /// Of each app, with its present token: few, since push types and priorities are.
    private var repeated: [[Repeated]]

    init(apps: [APNsApp], logger: Logger) {
        self.apps = apps.map(\.configuration.app)
        self.logger = logger
        configurations = apps.map(\.configuration)
        repeated = apps.map { _ in [] }
        var known: [CredentialKey: Int] = [:]
        var indexes: [Int?] = []
        var certificates: [APNsCertificate?] = []
        for app in apps {
            switch (app.credential, app.configuration.authentication) {
            case (.key(let key), .token(let teamID, let keyID)):
                let owner = CredentialKey(teamID: teamID, keyID: keyID)
                if known[owner] == nil {
                    known[owner] = credentials.count
                    let machine = APNsCredentials(configuration: app.configuration, key: key)
                    credentials.append(Credential(credentials: machine))
                }
                indexes.append(known[owner])
                certificates.append(nil)
            case (.certificate(let certificate), _):
                indexes.append(nil)
                certificates.append(certificate)
            case (.key, .certificate):
                preconditionFailure("an app has the credential that its configuration authenticates with")
            }
        }
        tokenIndexes = indexes
        self.certificates = certificates
    }

    func origin(of delivery: OutboxDelivery, app: Int) -> OriginChoice {
        let environment: APNsConfiguration.Environment = delivery.device.sandbox ? .sandbox : .production
        let server =
            delivery.device.hasTarget
            ? configurations[app].broadcastServer(for: environment) : configurations[app].server(for: environment)
        return .origin(OriginKey(app: app, host: server.host, port: server.port))
    }

    func prepare(_ delivery: OutboxDelivery, app: Int, nowMs: Int64) -> Preparation<Context> {
        let authorization: APNsCredentials.Authorization?
        do {
            authorization = try tokenIndexes[app].map { try authorize($0, nowMs) }
        } catch {
            logger.error("cannot sign", metadata: ["app": "\(apps[app])", "error": "\(error)"])
            return .end(.notProcessed(.providerUnavailable))
        }
        let built =
            delivery.device.hasTarget
            ? broadcast(delivery.record, app, authorization, nowMs) : push(delivery, app, authorization, nowMs)
        switch built {
        case .success(let request):
            let context = Context(registeredAtMs: delivery.device.registeredAtMs, authorization: authorization)
            return .send(request, context)
        case .failure(.expired): return .end(.unsendable(.ttlPassed))
        case .failure(.verdict(let verdict)): return .end(.refused(verdict))
        }
    }

    private func push(
        _ delivery: OutboxDelivery,
        _ app: Int,
        _ authorization: APNsCredentials.Authorization?,
        _ nowMs: Int64
    ) -> Result<PreparedRequest, APNsRequest.Refusal> {
        APNsRequest.build(delivery, configuration: configurations[app], nowMs: nowMs).map { request in
            PreparedRequest(
                fields: Self.ownFields(of: request),
                sharedFields: repeatedFields(of: request, app, authorization),
                body: request.body,
                isTruncated: request.isTruncated
            )
        }
    }

    /// What no other request has. APNs keeps a small HPACK table, and asks not to fill it with such values.
    private static func ownFields(of request: APNsRequest) -> HTTP2Fields {
        var fields = HTTP2Fields(reservingBytes: 320)
        let pathCount = APNsRequest.pathPrefix.utf8.count + request.token.utf8.count
        // SAFETY: there is room for both parts, of which no octet but their own is written.
        unsafe fields.append(":path", .notIndexed, countMax: pathCount) { room in
            let prefix = unsafe room.update(fromContentsOf: APNsRequest.pathPrefix.utf8)
            return unsafe room.extracting(prefix...).update(fromContentsOf: request.token.utf8) + prefix
        }
        append(.id, request.id, to: &fields)
        if let expiration = request.expiration {
            append(.expiration, expiration.description, to: &fields)
        }
        switch request.collapse {
        case .key(let key): append(.collapseID, key, to: &fields)
        case .notification(let id): append(.collapseID, id, to: &fields)
        }
        return fields
    }

    private static func append(_ name: APNsRequest.Header.Name, _ value: String, to fields: inout HTTP2Fields) {
        fields.append(name.rawValue, value, name.variesPerRequest ? .notIndexed : .indexed)
    }

    private static func append(_ name: APNsRequest.Header.Name, _ id: Identifier, to fields: inout HTTP2Fields) {
        // SAFETY: there is room for the text, which is written whole.
        unsafe fields.append(name.rawValue, .notIndexed, countMax: Identifier.textCount) { unsafe id.write(to: $0) }
    }

    /// What many requests of an app have.
    private func repeatedFields(
        of request: APNsRequest,
        _ app: Int,
        _ authorization: APNsCredentials.Authorization?
    ) -> HTTP2Fields {
        for known in repeated[app] where known.pushType == request.pushType && known.priority == request.priority {
            return known.fields
        }
        var fields = HTTP2Fields()
        Self.append(.topic, request.topic, to: &fields)
        Self.append(.pushType, request.pushType.rawValue, to: &fields)
        Self.append(.priority, request.priority, to: &fields)
        fields.append(contentsOf: Self.fields(of: authorization))
        repeated[app].append(Repeated(pushType: request.pushType, priority: request.priority, fields: fields))
        return fields
    }

    private static func fields(of authorization: APNsCredentials.Authorization?) -> HTTP2Fields {
        var fields = HTTP2Fields()
        if let authorization {
            fields.append("authorization", String(decoding: authorization.header, as: UTF8.self), .notIndexed)
        }
        return fields
    }

    private func broadcast(
        _ delivery: PushCore.Delivery,
        _ app: Int,
        _ authorization: APNsCredentials.Authorization?,
        _ nowMs: Int64
    ) -> Result<PreparedRequest, APNsRequest.Refusal> {
        APNsBroadcastRequest.build(delivery: delivery, configuration: configurations[app], nowMs: nowMs).map {
            request in
            // They are few beside what goes to devices, whose table they are not to fill.
            var fields = HTTP2Fields(reservingBytes: 256)
            fields.append(":path", request.path, .notIndexed)
            for header in request.headers { fields.append(header.name, header.value, .notIndexed) }
            return PreparedRequest(
                fields: fields,
                sharedFields: Self.fields(of: authorization),
                body: request.body
            )
        }
    }

    private func authorize(_ index: Int, _ nowMs: Int64) throws(CryptoError) -> APNsCredentials.Authorization {
        let authorization = try credentials[index].credentials.authorization(nowMs: nowMs)
        if authorization == credentials[index].authorization { return authorization }
        credentials[index].authorization = authorization
        for app in apps.indices where tokenIndexes[app] == index { repeated[app].removeAll() }
        return authorization
    }

    func judge(
        _ answer: ProviderAnswer,
        _ context: Context,
        app: Int,
        nowMs: Int64
    ) -> (Verdict, AttemptEnd.Answer) {
        let response = APNsResponse(
            status: answer.status,
            body: answer.body,
            messageID: answer["apns-id"] ?? answer["apns-request-id"],
            retryAfter: answer["retry-after"].flatMap { RetryAfter.parse($0, nowMs: nowMs) }
        )
        let verdict = response.classify(registeredAtMs: context.registeredAtMs, nowMs: nowMs)
        if case .reauthenticate = verdict { renewToken(app, context, nowMs) }
        return (verdict, AttemptEnd.Answer(status: response.status, reason: response.reason))
    }

    /// APNs calls the token expired: another one, on connections that have not seen this one.
    private func renewToken(_ app: Int, _ context: Context, _ nowMs: Int64) {
        guard let authorization = context.authorization, let index = tokenIndexes[app] else { return }
        switch credentials[index].credentials.invalidate(authorization, nowMs: nowMs) {
        case .done:
            break
        case .now:
            for other in apps.indices where tokenIndexes[other] == index { appsToReconnect.insert(other) }
            logger.warning("APNs calls the provider token expired", metadata: ["app": "\(apps[app])"])
        case .notBefore(let milliseconds):
            logger.error(
                "APNs calls a new provider token expired: is this machine's clock right?",
                metadata: ["app": "\(apps[app])", "renewed_at_ms": "\(milliseconds)"]
            )
        }
    }

    func replace(_ credential: AppCredential, app: Int) {
        switch (credential, tokenIndexes[app]) {
        case (.apns(.key(let key)), let index?):
            guard credentials[index].credentials.replace(key) else { return }
            credentials[index].authorization = nil
            // A connection belongs to the key of its first token, and takes no second token soon.
            for other in apps.indices where tokenIndexes[other] == index { appsToReconnect.insert(other) }
        case (.apns(.certificate(let certificate)), nil):
            certificates[app] = certificate
            appsToReconnect.insert(app)
        case (.apns, _), (.fcm, _), (.webpush, _):
            preconditionFailure("an app is given a credential of the kind that it has")
        }
    }

    func takeAppsToReconnect() -> Set<Int> {
        defer { appsToReconnect.removeAll() }
        return appsToReconnect
    }

    func configure(_ origin: OriginKey, _ http: inout HTTP2Configuration, _ tls: inout HTTP2Endpoint.TLS) {
        // Apple, "Establishing a token-based connection to APNs": one stream until a request with a valid token was posted.
        http.startsWithOneStream = certificates[origin.app] == nil
        if let certificate = certificates[origin.app] {
            tls.clientCertificate = .init(chain: .bytes(certificate.chain), key: .bytes(certificate.key))
        }
    }
}
