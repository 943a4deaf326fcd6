import HTTP2
import Logging
import PushCore
package import PushCrypto
package import PushProviders

/// An app at APNs, with its key.
package struct APNsApp: Sendable {
    package let configuration: APNsConfiguration
    package let key: ES256Key

    package init(configuration: APNsConfiguration, key: ES256Key) {
        self.configuration = configuration
        self.key = key
    }
}

/// How requests are made.
package struct TransportConfiguration: Sendable {
    /// Deliveries taken and not over, in one dispatch stage.
    package var inFlightMax: Int
    /// Connections to each app's servers.
    package var connections: Int
    /// The longest that one attempt may take.
    package var requestTimeout: Duration
    /// PEM; nil: the system's trust store.
    package var caFile: String?

    package init(
        inFlightMax: Int = 4096,
        connections: Int = 1,
        requestTimeout: Duration = .seconds(10),
        caFile: String? = nil
    ) {
        self.inFlightMax = inFlightMax
        self.connections = connections
        self.requestTimeout = requestTimeout
        self.caFile = caFile
    }
}

/// Sends deliveries to APNs: one HTTP/2 client for each app and environment, so that neither can reach the other's server.
final class APNsSender: ProviderSender {
    private struct PoolKey: Hashable {
        let app: String
        let isSandbox: Bool
    }

    /// Whose credential it is: apps of one team and key share it.
    private struct CredentialKey: Hashable {
        let teamID: String
        let keyID: String

        init(_ configuration: APNsConfiguration) {
            teamID = configuration.teamID
            keyID = configuration.keyID
        }
    }

    /// The credential of one team and key, shared by all its connections.
    private struct Credential {
        var credentials: APNsCredentials
        var authorization: APNsCredentials.Authorization?
        /// The authorization as every request carries it.
        var fields = HTTP2Fields()
    }

    /// How an attempt ended, for the metrics: counted by number, named when it is reported.
    private struct End: Hashable {
        enum Kind: String {
            case answered
            case notProcessed = "not_processed"
            case unknown
        }

        let kind: Kind
        /// 0 without an answer.
        let status: Int

        var series: Series {
            Series(.attempts, ["provider": "apns", "end": kind.rawValue, "status": status == 0 ? "" : String(status)])
        }
    }

    private struct Attempt {
        let pool: PoolKey
        let registeredAtMs: Int64
        let authorization: APNsCredentials.Authorization
        let sentMs: Int64
    }

    private let apps: [String: APNsApp]
    private let transport: TransportConfiguration
    private let loop: EventLoop
    private let metrics: Metrics
    private let logger: Logger
    private var clients: [PoolKey: HTTP2Client] = [:]
    private var credentials: [CredentialKey: Credential] = [:]
    private var attempts: [UInt64: Attempt] = [:]
    private var ends: [End: Int] = [:]
    private var latency = Histogram()

    init(apps: [APNsApp], transport: TransportConfiguration, loop: EventLoop, metrics: Metrics, logger: Logger) {
        self.apps = Dictionary(apps.map { ($0.configuration.app, $0) }) { first, _ in first }
        self.transport = transport
        self.loop = loop
        self.metrics = metrics
        self.logger = logger
        for app in apps {
            credentials[CredentialKey(app.configuration)] = Credential(
                credentials: APNsCredentials(configuration: app.configuration, key: app.key)
            )
        }
    }

    var capacity: Int { transport.inFlightMax - attempts.count }

    // MARK: Attempts

    func begin(_ ticket: DispatchCore.Ticket, _ delivery: PushCore.Delivery, nowMs: Int64) -> AttemptEnd? {
        guard let app = apps[delivery.device.app] else { return .unsendable(.appNotConfigured) }
        let request: APNsRequest
        switch APNsRequest.build(delivery: delivery, configuration: app.configuration, nowMs: nowMs) {
        case .success(let built): request = built
        case .failure(.expired): return .unsendable(.ttlPassed)
        case .failure(.verdict(let verdict)): return .refused(verdict)
        }
        let pool = PoolKey(app: delivery.device.app, isSandbox: delivery.device.sandbox)
        do {
            let client = try client(of: pool, app.configuration)
            let (authorization, fields) = try authorize(app.configuration, nowMs)
            if client.capacity == 0 { return .notProcessed(.providerUnavailable) }
            client.submit(http2Request(request, authority: client.endpoint.authority, fields), id: ticket.rawValue)
            attempts[ticket.rawValue] = Attempt(
                pool: pool,
                registeredAtMs: delivery.device.registeredAtMs,
                authorization: authorization,
                sentMs: nowMs
            )
            return nil
        } catch {
            logger.error("cannot send", metadata: ["app": "\(pool.app)", "error": "\(error)"])
            return .notProcessed(.providerUnavailable)
        }
    }

    private func http2Request(_ request: APNsRequest, authority: String, _ shared: HTTP2Fields) -> HTTP2Request {
        var http = HTTP2Request(
            authority: authority,
            path: request.path,
            sharedFields: shared,
            body: request.body,
            deadline: loop.now + transport.requestTimeout
        )
        for header in request.headers {
            http.fields.append(
                header.name.rawValue,
                header.value,
                header.name.variesPerRequest ? .notIndexed : .indexed
            )
        }
        return http
    }

    private func authorize(
        _ configuration: APNsConfiguration,
        _ nowMs: Int64
    ) throws(CryptoError) -> (APNsCredentials.Authorization, HTTP2Fields) {
        let key = CredentialKey(configuration)
        guard var credential = credentials[key] else { preconditionFailure("every app has its credential") }
        let authorization = try credential.credentials.authorization(nowMs: nowMs)
        if authorization == credential.authorization { return (authorization, credential.fields) }
        credential.authorization = authorization
        credential.fields = HTTP2Fields()
        credential.fields.append("authorization", String(decoding: authorization.header, as: UTF8.self), .notIndexed)
        credentials[key] = credential
        return (authorization, credential.fields)
    }

    private func client(of pool: PoolKey, _ configuration: APNsConfiguration) throws(HTTP2SetupError) -> HTTP2Client {
        if let client = clients[pool] { return client }
        let server = configuration.server(for: pool.isSandbox ? .sandbox : .production)
        var http = HTTP2Configuration()
        http.connectionCount = transport.connections
        http.requestsMax = transport.inFlightMax
        // Apple, "Establishing a token-based connection to APNs": one stream until a request with a valid token was posted.
        http.startsWithOneStream = true
        // Deliveries wait for the server, not for us: look again soon after it was away.
        http.backoffMax = .seconds(5)
        let client = try HTTP2Client(
            HTTP2Endpoint(host: server.host, port: server.port, tls: .init(caFile: transport.caFile)),
            http,
            loop: loop
        )
        clients[pool] = client
        return client
    }

    func cancel(_ ticket: DispatchCore.Ticket) {
        guard let attempt = attempts.removeValue(forKey: ticket.rawValue) else { return }
        clients[attempt.pool]?.cancel(ticket.rawValue)
    }

    // MARK: Ends

    func takeEnds(nowMs: Int64) -> [(ticket: DispatchCore.Ticket, end: AttemptEnd)] {
        var result: [(ticket: DispatchCore.Ticket, end: AttemptEnd)] = []
        for (pool, client) in clients {
            for (id, outcome) in client.takeCompletions() {
                guard let attempt = attempts.removeValue(forKey: id) else { continue }
                result.append((DispatchCore.Ticket(rawValue: id), end(of: attempt, outcome, nowMs)))
            }
            for event in client.takeEvents() {
                logger.info("connection", metadata: ["app": "\(pool.app)", "event": "\(event)"])
            }
        }
        return result
    }

    private func end(of attempt: Attempt, _ outcome: HTTP2Outcome, _ nowMs: Int64) -> AttemptEnd {
        switch outcome {
        case .response(let response):
            latency.record(Double(nowMs - attempt.sentMs))
            let answer = APNsResponse(
                status: response.status,
                body: response.body,
                messageID: response.fields["apns-id"],
                retryAfter: response.fields["retry-after"].flatMap { Int64($0) }.map { .seconds(max(0, $0)) }
            )
            let verdict = answer.classify(registeredAtMs: attempt.registeredAtMs, nowMs: nowMs)
            note(verdict, attempt, answer, nowMs)
            return .answered(verdict, AttemptEnd.Answer(status: answer.status, reason: answer.reason))
        case .notProcessed(let reason):
            count(.notProcessed, 0)
            logger.debug("not processed", metadata: ["app": "\(attempt.pool.app)", "reason": "\(reason)"])
            return .notProcessed(.providerUnavailable)
        case .unknown(let reason):
            count(.unknown, 0)
            logger.debug("no answer", metadata: ["app": "\(attempt.pool.app)", "reason": "\(reason)"])
            if case .deadline = reason { return .unknown(.timeout) }
            return .unknown(.connectionLost)
        }
    }

    private func note(_ verdict: Verdict, _ attempt: Attempt, _ answer: APNsResponse, _ nowMs: Int64) {
        count(.answered, answer.status)
        switch verdict {
        case .reauthenticate:
            guard let app = apps[attempt.pool.app] else { return }
            _ = credentials[CredentialKey(app.configuration)]?.credentials
                .invalidate(attempt.authorization, nowMs: nowMs)
        case .configuration(let reason):
            logger.error(
                "APNs refuses this app's requests",
                metadata: ["app": "\(attempt.pool.app)", "reason": "\(reason.rawValue)", "status": "\(answer.status)"]
            )
        case .accepted, .addressDead, .addressKept, .retry, .reconnect, .badRequest:
            break
        }
    }

    private func count(_ kind: End.Kind, _ status: Int) {
        ends[End(kind: kind, status: status), default: 0] += 1
    }

    func publish() {
        if !ends.isEmpty {
            metrics.add(ends.map { ($0.key.series, $0.value) })
            ends.removeAll(keepingCapacity: true)
        }
        metrics.merge(latency, into: Series(.attemptLatency, ["provider": "apns"]))
        latency = Histogram()
        for (pool, client) in clients {
            let labels: KeyValuePairs = ["app": pool.app, "environment": pool.isSandbox ? "sandbox" : "production"]
            metrics.set(Series(.connections, labels), Double(client.statistics.connectionsOpen))
        }
    }

    func close() {
        for client in clients.values { client.close() }
        clients.removeAll()
        attempts.removeAll()
    }
}
