import CurlHTTP
import HTTP2
import PushCore

/// How a request ended, whichever protocol carried it.
enum RequestEnd {
    case answer(ProviderAnswer)
    /// Certainly not acted upon.
    case notProcessed(String)
    /// The address may not be connected to, or no request can be made: it would be so again.
    case impossible(Reason, String)
    /// It left, and no answer came.
    case unknown(isTimeout: Bool, String)
}

/// One origin of one app: HTTP/2, or HTTP/1.1 from the first connection on that negotiates nothing else.
final class Origin {
    let key: OriginKey
    private let client: HTTP2Client
    /// What all its requests begin with.
    private let leadingFields: HTTP2Fields
    private let requestTimeout: Duration
    private let loop: EventLoop
    /// Found out from the server.
    private(set) var speaksHTTP1: Bool
    /// Requests of this origin that HTTP/2 turned away since the server does not speak it: to be sent the other way.
    private var bodies: [UInt64: PreparedRequest] = [:]
    private let curl: () -> CurlClient?
    /// When it was used last, for the order in which origins are given up.
    var lastUsed: UInt64 = 0
    private(set) var outstandingCount = 0
    /// Empty between two calls of ``takeEnds(_:)``; kept for its memory.
    private var outcomes: [(id: UInt64, outcome: HTTP2Outcome)] = []

    /// `isProxied`: It goes through a proxy, which the client for HTTP/1.1 alone can.
    /// `curl`: Makes, or gives, the client for HTTP/1.1; nil where that cannot be had.
    init(
        _ key: OriginKey,
        _ http: HTTP2Configuration,
        _ tls: HTTP2Endpoint.TLS,
        requestTimeout: Duration,
        isProxied: Bool,
        loop: EventLoop,
        curl: @escaping () -> CurlClient?
    ) throws(HTTP2SetupError) {
        self.key = key
        self.loop = loop
        self.requestTimeout = requestTimeout
        self.curl = curl
        speaksHTTP1 = !key.isSecure || isProxied
        let endpoint = HTTP2Endpoint(host: key.host, port: key.port, tls: tls)
        leadingFields = HTTP2Request.leadingFields(authority: endpoint.authority)
        client = try HTTP2Client(endpoint, http, loop: loop)
    }

    /// Requests that may be submitted now.
    var capacity: Int { speaksHTTP1 ? curl()?.capacity ?? 0 : client.capacity }

    var connectionsOpen: Int { client.statistics.connectionsOpen }

    /// `id`: Unique among all requests under way in this dispatch stage.
    func submit(_ request: PreparedRequest, id: UInt64) {
        outstandingCount += 1
        if speaksHTTP1 { return submitByCurl(request, id) }
        let http2 = HTTP2Request(
            leadingFields: leadingFields,
            fields: request.fields,
            sharedFields: request.sharedFields,
            body: request.body,
            deadline: loop.now + requestTimeout
        )
        // Until it is known what the server speaks, the request may have to go another way.
        if !client.hasOpenConnection { bodies[id] = request }
        client.submit(http2, id: id)
    }

    private func submitByCurl(_ request: PreparedRequest, _ id: UInt64) {
        let scheme = key.isSecure ? "https" : "http"
        curl()?.submit(
            HTTPRequest(
                .post,
                "\(scheme)://\(client.endpoint.authority)\(request.path)",
                fields: request.http1Fields,
                body: request.body,
                timeout: requestTimeout
            ),
            id: id
        )
    }

    /// Tells what ended by HTTP/2 since the last call.
    func takeEnds(_ body: (_ id: UInt64, _ end: RequestEnd) -> Void) {
        client.takeCompletions(into: &outcomes)
        for (id, outcome) in outcomes {
            let request = bodies.isEmpty ? nil : bodies.removeValue(forKey: id)
            if case .notProcessed(.protocolNotNegotiated) = outcome {
                speaksHTTP1 = true
                if let request, curl() != nil {
                    submitByCurl(request, id)
                    continue
                }
            }
            outstandingCount -= 1
            body(id, RequestEnd(outcome))
        }
        outcomes.removeAll(keepingCapacity: true)
    }

    /// One of this origin's requests ended by HTTP/1.1.
    func endedByCurl() { outstandingCount -= 1 }

    func takeEvents() -> [HTTP2Event] { client.takeEvents() }

    /// The server said that this is too much.
    func reportOverload() { if !speaksHTTP1 { client.reportOverload() } }

    func cancel(_ id: UInt64) {
        bodies[id] = nil
        if speaksHTTP1 { curl()?.cancel(id) } else { client.cancel(id) }
    }

    /// Takes no more requests; those under way go on to their ends.
    func drain() { client.drain() }

    func close() { client.close() }
}

extension RequestEnd {
    init(_ outcome: HTTP2Outcome) {
        switch outcome {
        case .response(let response):
            self = .answer(ProviderAnswer(response))
        case .notProcessed(let reason):
            switch reason {
            case .addressRefused:
                self = .impossible(.endpointNotAllowed, "\(reason)")
            case .invalidRequest:
                self = .impossible(.invalidRequest, "\(reason)")
            case .refusedStream, .goAway, .connectFailed, .tlsFailed, .protocolNotNegotiated, .neverWritten, .deadline,
                .cancelled, .overCapacity, .closed:
                self = .notProcessed("\(reason)")
            }
        case .unknown(let reason):
            self = .unknown(isTimeout: reason == .deadline, "\(reason)")
        }
    }

    init(_ outcome: HTTPOutcome) {
        switch outcome {
        case .response(let response):
            self = .answer(ProviderAnswer(response))
        case .notProcessed(let reason):
            switch reason {
            case .addressRefused: self = .impossible(.endpointNotAllowed, "\(reason)")
            case .invalidRequest: self = .impossible(.invalidRequest, "\(reason)")
            case .connectFailed, .tlsFailed, .deadline, .cancelled, .overCapacity, .closed:
                self = .notProcessed("\(reason)")
            }
        case .unknown(let reason):
            self = .unknown(isTimeout: reason == .deadline, "\(reason)")
        }
    }
}
