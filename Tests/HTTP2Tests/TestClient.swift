import HTTP2
import Testing

/// A client with its loop, and every outcome it has given.
final class TestClient {
    let loop: EventLoop
    let client: HTTP2Client
    /// All outcomes by id; more than one for an id would be the error that tests look for.
    private(set) var outcomes: [UInt64: [HTTP2Outcome]] = [:]
    private(set) var outcomeCount = 0
    private(set) var events: [HTTP2Event] = []
    private var nextID: UInt64 = 0

    init(
        port: UInt16,
        host: String = "127.0.0.1",
        serverName: String = "localhost",
        certificate: ClientCertificate? = nil,
        _ configure: (inout HTTP2Configuration) -> Void = { _ in }
    ) throws {
        var configuration = HTTP2Configuration()
        configuration.backoffBase = .milliseconds(10)
        // Scripts hold answers back; what the limit makes of that is the subject of its own tests.
        configuration.concurrencyInitial = configuration.requestsMax
        configure(&configuration)
        let tls = HTTP2Endpoint.TLS(
            caFile: try TestCertificates.shared.get().caFile,
            serverName: serverName,
            clientCertificate: certificate
        )
        loop = try EventLoop()
        client = try HTTP2Client(HTTP2Endpoint(host: host, port: port, tls: tls), configuration, loop: loop)
    }

    /// Submits a request; gives its id.
    @discardableResult
    func submit(
        path: String = "/",
        body: [UInt8] = Array("{}".utf8),
        within: Duration = .seconds(20),
        fields: [(String, String)] = []
    ) -> UInt64 {
        nextID += 1
        var request = HTTP2Request(authority: "localhost", path: path, body: body, deadline: .now() + within)
        for (name, value) in fields { request.fields.append(name, value) }
        client.submit(request, id: nextID)
        return nextID
    }

    /// Turns the loop until the condition holds; an issue is recorded when it does not within 50 seconds.
    func run(until condition: () -> Bool, _ location: SourceLocation = #_sourceLocation) {
        let deadline = MonotonicInstant.now() + .seconds(50)
        while !condition() {
            guard MonotonicInstant.now() < deadline else {
                Issue.record("the condition did not come to hold", sourceLocation: location)
                return
            }
            loop.turn(timeout: .milliseconds(20))
            collect()
        }
    }

    /// Turns the loop until every request has an outcome.
    func runUntilAllEnded(_ location: SourceLocation = #_sourceLocation) {
        run(until: { outcomes.count == Int(nextID) }, location)
    }

    /// The only outcome of a request, in a short form that tables can name.
    func summary(_ id: UInt64) -> String {
        let all = outcomes[id] ?? []
        return all.count == 1 ? Self.summary(all[0]) : "\(all.count) outcomes"
    }

    func response(_ id: UInt64) -> HTTP2Response? {
        guard case .response(let response)? = outcomes[id]?.first else { return nil }
        return response
    }

    func collect() {
        for (id, outcome) in client.takeCompletions() {
            outcomes[id, default: []].append(outcome)
            outcomeCount += 1
        }
        events += client.takeEvents()
    }

    static func summary(_ outcome: HTTP2Outcome) -> String {
        switch outcome {
        case .response(let response): "\(response.status)\(response.isTruncated ? " truncated" : "")"
        case .notProcessed(let reason): "not processed: \(reason)"
        case .unknown(let reason): "unknown: \(reason)"
        }
    }
}
