import CurlHTTP
import Synchronization
import Testing

/// A client, and every outcome it has given.
final class TestClient: Sendable {
    private struct State: Sendable {
        var outcomes: [UInt64: [HTTPOutcome]] = [:]
        var calls = 0
        var nextID: UInt64 = 0
    }

    /// Counts the calls of `completionsReady`, and lets a thread wait for the next.
    private final class Bell: Sendable {
        let count = Atomic<Int>(0)
        let stream: AsyncStream<Void>
        private let continuation: AsyncStream<Void>.Continuation

        init() {
            (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        }

        func ring() {
            count.add(1, ordering: .relaxed)
            continuation.yield()
        }
    }

    let client: CurlClient
    private let bell: Bell
    private let state = Mutex(State())

    init(_ configure: (inout CurlConfiguration) throws -> Void = { _ in }) throws {
        var configuration = CurlConfiguration()
        configuration.caFile = try TestCertificates.shared.get().caFile
        try configure(&configuration)
        let bell = Bell()
        self.bell = bell
        client = try CurlClient(configuration) { bell.ring() }
    }

    /// How often the client said that there are completions.
    var bellCount: Int { bell.count.load(ordering: .relaxed) }

    /// Submits a request; gives its id.
    @discardableResult
    func submit(
        _ url: String,
        _ method: HTTPMethod = .post,
        fields: [HTTPField] = [],
        body: [UInt8] = [],
        within timeout: Duration = .seconds(30)
    ) -> UInt64 {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        client.submit(HTTPRequest(method, url, fields: fields, body: body, timeout: timeout), id: id)
        return id
    }

    /// Submits a request and waits for its outcome.
    func send(
        _ url: String,
        _ method: HTTPMethod = .post,
        fields: [HTTPField] = [],
        body: [UInt8] = [],
        within timeout: Duration = .seconds(30)
    ) async -> HTTPOutcome? {
        let id = submit(url, method, fields: fields, body: body, within: timeout)
        await runUntilAllEnded()
        return outcome(id)
    }

    /// Waits until every request has an outcome; only the client's own word that there are some makes it look.
    func runUntilAllEnded() async {
        collect()
        if hasAllEnded { return }
        for await _ in bell.stream {
            collect()
            if hasAllEnded { return }
        }
    }

    /// Waits until the condition holds; an issue is recorded when it does not within 30 seconds.
    func wait(until condition: () -> Bool, _ location: SourceLocation = #_sourceLocation) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while !condition() {
            guard ContinuousClock.now < deadline else {
                Issue.record("the condition did not come to hold", sourceLocation: location)
                return
            }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    private var hasAllEnded: Bool { state.withLock { $0.outcomes.count == Int($0.nextID) } }

    func collect() {
        let completions = client.takeCompletions()
        state.withLock { state in
            for (id, outcome) in completions { state.outcomes[id, default: []].append(outcome) }
        }
    }

    /// All outcomes by id; more than one for an id would be the error that tests look for.
    var outcomes: [UInt64: [HTTPOutcome]] { state.withLock { $0.outcomes } }

    /// The only outcome of a request, or nil when there is none, or more than one.
    func outcome(_ id: UInt64) -> HTTPOutcome? {
        let all = outcomes[id] ?? []
        return all.count == 1 ? all[0] : nil
    }
}

extension HTTPOutcome {
    /// A short form that tables can name.
    var summary: String {
        switch self {
        case .response(let response): "\(response.status)\(response.isTruncated ? " truncated" : "")"
        case .notProcessed(let reason): "not processed: \(reason)"
        case .unknown(let reason): "unknown: \(reason)"
        }
    }

    var response: HTTPResponse? {
        guard case .response(let response) = self else { return nil }
        return response
    }
}
