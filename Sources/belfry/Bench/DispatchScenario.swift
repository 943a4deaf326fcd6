import HTTP2
import PushCore
import PushCrypto
import PushPipeline
import PushProviders
import Yardstick

/// What the sending of the dispatch stage is measured with: deliveries as the users stage leaves them, and their requests.
struct DispatchScenario {
    /// Deliveries of as many notifications for as many devices; they are sent again and again.
    private static let distinct = 1024
    private static let keyID = "KEY1234567"

    let app: APNsApp
    let deliveries: [OutboxDelivery]
    private let requests: [APNsRequest]
    /// The provider token, as requests carry it.
    private let authorization: String
    private let authority: String

    /// Makes deliveries for a server, through the cores of rules and users.
    ///
    /// - Throws: `CryptoError` where OpenSSL fails.
    init(_ server: APNsConfiguration.Server) throws {
        let nowMs = BenchClock.wallMs
        var configuration = APNsConfiguration(app: BenchScenario.app, teamID: "ABCDE12345", keyID: Self.keyID)
        configuration.server = server
        let key = try ES256Key.generate()
        app = APNsApp(configuration: configuration, credential: .key(key))
        deliveries = try UsersBench(users: Self.distinct, devicesPerUser: 1, commands: Self.distinct)
            .deliveries().map { OutboxDelivery($0) }
        requests = try deliveries.map {
            try APNsRequest.build(delivery: $0.record, configuration: configuration, nowMs: nowMs).get()
        }
        var credentials = APNsCredentials(configuration: configuration, key: key)
        authorization = String(decoding: try credentials.authorization(nowMs: nowMs).header, as: UTF8.self)
        authority = HTTP2Endpoint(host: server.host, port: server.port).authority
    }

    /// Octets of a request's body.
    var bodyOctets: Int { requests[0].body.count }

    /// The requests as Belfry's client takes them; their deadlines are still to be set.
    var http2: [HTTP2Request] {
        var shared = HTTP2Fields()
        shared.append("authorization", authorization, .notIndexed)
        return requests.map { request in
            var http2 = HTTP2Request(
                authority: authority,
                path: request.path,
                sharedFields: shared,
                body: request.body,
                deadline: .distantFuture
            )
            for header in request.headers {
                http2.fields.append(
                    header.name.rawValue,
                    header.value,
                    header.name.variesPerRequest ? .notIndexed : .indexed
                )
            }
            return http2
        }
    }

    /// The same requests for the plain client: the same fields in the same order, entered into the header table or not.
    var plain: [PlainRequests.Request] {
        requests.map { request in
            let fixed = [(":method", "POST", true), (":scheme", "https", true), (":authority", authority, true)]
            let headers = request.headers.map { ($0.name.rawValue, $0.value, !$0.name.variesPerRequest) }
            return PlainRequests.Request(
                fields: fixed + [(":path", request.path, false)] + headers + [("authorization", authorization, false)],
                body: request.body
            )
        }
    }
}
