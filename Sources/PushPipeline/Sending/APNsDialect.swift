import HTTP2
import Logging
import PushCore
import PushCrypto
import PushProviders

/// APNs: provider tokens, one server for each environment.
final class APNsDialect: ProviderDialect {
    struct Context {
        let registeredAtMs: Int64
        let credential: Int
        let authorization: APNsCredentials.Authorization
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
        /// The authorization as every request carries it.
        var fields = HTTP2Fields()
    }

    let provider = Provider.apns
    let apps: [String]
    private let configurations: [APNsConfiguration]
    private let logger: Logger
    /// Of each app, the position of its credential.
    private let credentialIndexes: [Int]
    private var credentials: [Credential] = []

    init(apps: [APNsApp], logger: Logger) {
        self.apps = apps.map(\.configuration.app)
        self.logger = logger
        configurations = apps.map(\.configuration)
        var known: [CredentialKey: Int] = [:]
        var indexes: [Int] = []
        for app in apps {
            let key = CredentialKey(teamID: app.configuration.teamID, keyID: app.configuration.keyID)
            if known[key] == nil {
                known[key] = credentials.count
                let machine = APNsCredentials(configuration: app.configuration, key: app.key)
                credentials.append(Credential(credentials: machine))
            }
            indexes.append(known[key] ?? 0)
        }
        credentialIndexes = indexes
    }

    func origin(of delivery: PushCore.Delivery, app: Int) -> OriginChoice {
        let server = configurations[app].server(for: delivery.device.sandbox ? .sandbox : .production)
        return .origin(OriginKey(app: app, host: server.host, port: server.port))
    }

    func prepare(_ delivery: PushCore.Delivery, app: Int, nowMs: Int64) -> Preparation<Context> {
        let request: APNsRequest
        switch APNsRequest.build(delivery: delivery, configuration: configurations[app], nowMs: nowMs) {
        case .success(let built): request = built
        case .failure(.expired): return .end(.unsendable(.ttlPassed))
        case .failure(.verdict(let verdict)): return .end(.refused(verdict))
        }
        let index = credentialIndexes[app]
        do {
            let authorization = try authorize(index, nowMs)
            let prepared = PreparedRequest(
                path: request.path,
                fields: request.headers.map { header in
                    PreparedRequest.Field(
                        name: header.name.rawValue,
                        value: header.value,
                        indexing: header.name.variesPerRequest ? .notIndexed : .indexed
                    )
                },
                sharedFields: credentials[index].fields,
                body: request.body
            )
            let context = Context(
                registeredAtMs: delivery.device.registeredAtMs,
                credential: index,
                authorization: authorization
            )
            return .send(prepared, context)
        } catch {
            logger.error("cannot sign", metadata: ["app": "\(apps[app])", "error": "\(error)"])
            return .end(.notProcessed(.providerUnavailable))
        }
    }

    private func authorize(_ index: Int, _ nowMs: Int64) throws(CryptoError) -> APNsCredentials.Authorization {
        let authorization = try credentials[index].credentials.authorization(nowMs: nowMs)
        if authorization == credentials[index].authorization { return authorization }
        var fields = HTTP2Fields()
        fields.append("authorization", String(decoding: authorization.header, as: UTF8.self), .notIndexed)
        credentials[index].authorization = authorization
        credentials[index].fields = fields
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
            messageID: answer["apns-id"],
            retryAfter: answer["retry-after"].flatMap { RetryAfter.parse($0, nowMs: nowMs) }
        )
        let verdict = response.classify(registeredAtMs: context.registeredAtMs, nowMs: nowMs)
        if case .reauthenticate = verdict {
            _ = credentials[context.credential].credentials.invalidate(context.authorization, nowMs: nowMs)
        }
        return (verdict, AttemptEnd.Answer(status: response.status, reason: response.reason))
    }

    func configure(_ origin: OriginKey, _ http: inout HTTP2Configuration, _ tls: inout HTTP2Endpoint.TLS) {
        // Apple, "Establishing a token-based connection to APNs": one stream until a request with a valid token was posted.
        http.startsWithOneStream = true
    }
}
