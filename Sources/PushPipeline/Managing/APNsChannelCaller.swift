private import HTTP2
private import PushCore
private import PushCrypto
package import PushProviders

/// Makes requests about broadcast channels, one at a time, each on a connection of its own: people make them, a few in a day.
package struct APNsChannelCaller {
    /// Why there is no answer.
    package struct Failure: Error, Hashable, CustomStringConvertible {
        package let description: String
        /// Whether APNs may have done what was asked for all the same.
        package let isUnknown: Bool
    }

    /// An answer, and what else APNs said with it.
    package struct Answer: Sendable {
        package let answer: APNsChannelAnswer
        package let status: Int
        /// In APNs' own word, where it refuses.
        package let reason: String?
    }

    /// How often a request is made that APNs certainly did not act upon.
    private static let attemptsMax = 3

    private let app: APNsApp
    private let environment: APNsConfiguration.Environment
    private let transport: TransportConfiguration
    private let wallMs: () -> Int64

    /// - Parameters:
    ///   - app: with its credential.
    ///   - environment: channels of one do not exist in the other.
    ///   - transport: time limits and the CA file.
    ///   - wallMs: milliseconds since the Unix epoch.
    package init(
        app: APNsApp,
        environment: APNsConfiguration.Environment,
        transport: TransportConfiguration,
        wallMs: @escaping () -> Int64
    ) {
        self.app = app
        self.environment = environment
        self.transport = transport
        self.wallMs = wallMs
    }

    /// Makes a request and waits for its answer, at the latest until the request timeout.
    ///
    /// - Throws: ``Failure`` where there is none.
    package func call(_ operation: APNsChannelRequest.Operation) throws(Failure) -> Answer {
        let server = app.configuration.channelServer(for: environment)
        let request = APNsChannelRequest(operation, app: app.configuration.app, id: Self.makeID())
        var fields = HTTP2Fields()
        for header in request.headers { fields.append(header.name, header.value, .notIndexed) }
        var tls = HTTP2Endpoint.TLS(caFile: transport.caFile)
        var http = transport.http2
        http.responseBodyBytesMax = APNsChannelAnswer.bodyBytesMax
        switch app.credential {
        case .key(let key):
            do throws(CryptoError) {
                var credentials = APNsCredentials(configuration: app.configuration, key: key)
                let header = try credentials.authorization(nowMs: wallMs()).header
                fields.append("authorization", String(decoding: header, as: UTF8.self), .neverIndexed)
            } catch {
                throw Failure(description: "cannot sign the provider token: \(error)", isUnknown: false)
            }
        case .certificate(let certificate):
            tls.clientCertificate = .init(chain: .bytes(certificate.chain), key: .bytes(certificate.key))
        }
        let endpoint = HTTP2Endpoint(host: server.host, port: server.port, tls: tls)
        let response = try exchange(request, fields, endpoint, http)
        if response.isTruncated {
            throw Failure(description: "\(endpoint.authority) answered more than is taken", isUnknown: true)
        }
        return answer(response, to: operation)
    }

    private func answer(_ response: HTTP2Response, to operation: APNsChannelRequest.Operation) -> Answer {
        let nowMs = wallMs()
        let meaning = APNsResponse(
            status: response.status,
            body: response.body,
            messageID: response.fields["apns-request-id"],
            retryAfter: response.fields["retry-after"].flatMap { RetryAfter.parse($0, nowMs: nowMs) }
        )
        let answer = APNsChannelAnswer(
            meaning,
            to: operation,
            body: response.body,
            channelID: response.fields["apns-channel-id"],
            nowMs: nowMs
        )
        return Answer(answer: answer, status: meaning.status, reason: meaning.reason)
    }

    private func exchange(
        _ request: APNsChannelRequest,
        _ fields: HTTP2Fields,
        _ endpoint: HTTP2Endpoint,
        _ http: HTTP2Configuration
    ) throws(Failure) -> HTTP2Response {
        let loop: EventLoop
        let client: HTTP2Client
        do {
            loop = try EventLoop()
            client = try HTTP2Client(endpoint, http, loop: loop)
        } catch {
            throw Failure(description: "cannot connect to \(endpoint.authority): \(error)", isUnknown: false)
        }
        defer { client.close() }
        let deadline = loop.now + transport.connectTimeout + transport.requestTimeout
        var reasons: [String] = []
        while reasons.count < Self.attemptsMax {
            client.submit(
                HTTP2Request(
                    method: request.method,
                    authority: endpoint.authority,
                    path: request.path,
                    fields: fields,
                    body: request.body,
                    deadline: deadline
                ),
                id: UInt64(reasons.count)
            )
            switch Self.wait(client, loop) {
            case .response(let response): return response
            case .unknown(let reason):
                throw Failure(description: "no answer from \(endpoint.authority): \(reason)", isUnknown: true)
            case .notProcessed(let reason):
                reasons.append("\(reason)")
                // What a look at the way there would not change.
                if !Self.isPassing(reason) { reasons += Array(repeating: "", count: Self.attemptsMax) }
            }
        }
        throw Failure(description: "\(endpoint.authority) cannot be asked: \(reasons[0])", isUnknown: false)
    }

    /// Every request has an outcome, at the latest at its deadline.
    private static func wait(_ client: HTTP2Client, _ loop: EventLoop) -> HTTP2Outcome {
        while true {
            if let (_, outcome) = client.takeCompletions().first { return outcome }
            loop.turn(timeout: .seconds(1))
        }
    }

    private static func isPassing(_ reason: NotProcessedReason) -> Bool {
        switch reason {
        case .refusedStream, .goAway, .neverWritten: true
        case .connectFailed, .addressRefused, .tlsFailed, .protocolNotNegotiated, .deadline, .cancelled,
            .invalidRequest, .overCapacity, .closed:
            false
        }
    }

    private static func makeID() -> Identifier {
        Identifier(high: .random(in: .min ... .max), low: .random(in: .min ... .max))
    }
}
