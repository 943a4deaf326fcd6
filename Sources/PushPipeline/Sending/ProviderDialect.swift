import CurlHTTP
import HTTP2
import PushCore

/// What is particular to one provider: what a delivery becomes on the wire, and what the answer means.
///
/// Everything that the three have in common (connections, attempts, breakers, metrics) is in ``HTTPSender``. Belongs to the
/// dispatch stage's thread.
protocol ProviderDialect: AnyObject {
    /// What is kept of an attempt until its answer.
    associatedtype Context

    var provider: Provider { get }

    /// The names of the apps; elsewhere an app is its position among them.
    var apps: [String] { get }

    /// Where a delivery of an app goes, or how the attempt ends without. Asked first, since it costs little: an origin that has
    /// no room needs no request.
    func origin(of delivery: OutboxDelivery, app: Int) -> OriginChoice

    /// What to send for a delivery of an app, or how the attempt ends without.
    func prepare(_ delivery: OutboxDelivery, app: Int, nowMs: Int64) -> Preparation<Context>

    /// What an answer means.
    func judge(_ answer: ProviderAnswer, _ context: Context, app: Int, nowMs: Int64) -> (Verdict, AttemptEnd.Answer)

    /// How an origin is connected to.
    func configure(_ origin: OriginKey, _ http: inout HTTP2Configuration, _ tls: inout HTTP2Endpoint.TLS)

    /// What the requests of an app go through, by HTTP/1.1; nil: straight to the server.
    func proxy(app: Int) -> CurlConfiguration.Proxy?

    /// Work between deliveries, such as the renewal of credentials. Called once a turn.
    func tick(nowMs: Int64)

    /// Apps whose connections have seen a credential that is not used any more: they finish what they have and are replaced.
    func takeAppsToReconnect() -> Set<Int>

    /// Has an app use another credential, of this provider's kind, from its next request on. Requests under way go on.
    func replace(_ credential: AppCredential, app: Int)

    /// An answer to a request of the dialect's own, for the clock: its header `Date`, and when the request was sent and answered.
    func takeDate() -> (text: String, sentMs: Int64, nowMs: Int64)?

    /// Why an app cannot be sent to now, for the readiness; nil where it can.
    func trouble(app: Int) -> String?

    /// Ends what the dialect itself has under way.
    func close()
}

extension ProviderDialect {
    func proxy(app: Int) -> CurlConfiguration.Proxy? { nil }
    func tick(nowMs: Int64) {}
    func takeAppsToReconnect() -> Set<Int> { [] }
    func takeDate() -> (text: String, sentMs: Int64, nowMs: Int64)? { nil }
    func trouble(app: Int) -> String? { nil }
    func close() {}
}

enum OriginChoice {
    case origin(OriginKey)
    case end(AttemptEnd)
}

enum Preparation<Context> {
    case send(PreparedRequest, Context)
    case end(AttemptEnd)
}

/// Where requests go: each app and origin has connections of its own, so that sandbox and production, or two apps, cannot be
/// mixed up.
struct OriginKey: Hashable {
    let app: Int
    let host: String
    let port: UInt16
    /// False for a server on this machine that speaks no TLS; over HTTP/1.1 then.
    var isSecure = true
}

/// A `POST`, not yet bound to a protocol.
struct PreparedRequest {
    /// Of this request alone; the first of all fields, here or in ``sharedFields``, is `:path`.
    let fields: HTTP2Fields
    /// Of many requests: built once and never copied.
    let sharedFields: HTTP2Fields
    let body: [UInt8]
    /// Whether the notification's body was cut to keep the provider's limit.
    var isTruncated = false

    /// The path and query.
    var path: String { fields[":path"] ?? sharedFields[":path"] ?? "" }

    /// The fields of HTTP/1.1: all but the path.
    var http1Fields: [HTTPField] {
        (fields.pairs + sharedFields.pairs).filter { $0.name != ":path" }.map { HTTPField($0.name, $0.value) }
    }
}

/// An answer, whichever protocol it came by.
struct ProviderAnswer {
    private enum Fields {
        case http2(HTTP2Fields)
        case http1(HTTPResponse)
    }

    let status: Int
    let body: [UInt8]
    private let fields: Fields

    init(_ response: HTTP2Response) {
        status = response.status
        body = response.body
        fields = .http2(response.fields)
    }

    init(_ response: HTTPResponse) {
        status = response.status
        body = response.body
        fields = .http1(response)
    }

    /// The first value of a header field by its lower-case name.
    subscript(name: String) -> String? {
        switch fields {
        case .http2(let fields): fields[name]
        case .http1(let response): response[name]
        }
    }
}
