private import CurlHTTP
private import HTTP2
package import PushCore
private import PushCrypto
package import PushProviders

/// Makes the calls about topic subscriptions of one project: HTTP/1.1, many at a time, with one access token for all.
package final class FCMSubscriptionCaller {
    /// Why there can be no calls at all.
    package struct Failure: Error, Hashable, CustomStringConvertible {
        package let description: String
    }

    /// What is asked for.
    package enum Operation: Hashable, Sendable {
        case change(FCMTopicRequest.Change, topic: String)
        /// As ``change(_:topic:)``, by the older calls.
        case batch(FCMTopicRequest.Change, topic: String)
        case list
    }

    /// What became of one registration.
    package struct Ending: Hashable, Sendable {
        package let verdict: Verdict
        /// Of ``Operation/list``, where it was accepted.
        package let topics: [String]

        package init(verdict: Verdict, topics: [String]) {
            self.verdict = verdict
            self.topics = topics
        }
    }

    private struct Flight {
        let call: FCMTopicRun.Call
        let authorization: FCMCredentials.Authorization
    }

    /// The id of the request for an access token; calls count from 1.
    private static let renewalID: UInt64 = 0
    /// How long there may be no access token, beside one request's own time.
    private static let tokenPatience: Duration = .seconds(5)
    /// Pages of one registration's topics; it has 2,000 topics at most, which are one page.
    private static let pagesMax = 64

    private let app: FCMApp
    private let curl: CurlClient
    private let loop: EventLoop
    private let requestTimeout: Duration
    private let wallMs: () -> Int64
    private var credentials: FCMCredentials
    /// Why there is no access token, for a person.
    package private(set) var trouble: String?

    private var operation = Operation.list
    private var registrations: [String] = []
    private var run = FCMTopicRun(registrations: [])
    private var flights: [UInt64: Flight] = [:]
    private var callCount: UInt64 = 0
    private var topics: [Int: [String]] = [:]
    private var pageTokens: [Int: String] = [:]
    private var pageCounts: [Int: Int] = [:]

    /// - Parameters:
    ///   - app: with its service account.
    ///   - transport: time limits and the CA file.
    ///   - wallMs: milliseconds since the Unix epoch.
    /// - Throws: ``Failure`` where the CA file cannot be used, or there is no epoll.
    package init(app: FCMApp, transport: TransportConfiguration, wallMs: @escaping () -> Int64) throws(Failure) {
        self.app = app
        self.wallMs = wallMs
        requestTimeout = transport.requestTimeout
        credentials = FCMCredentials(configuration: app.configuration, account: app.account)
        var configuration = CurlConfiguration()
        configuration.caFile = transport.caFile
        configuration.connectTimeout = transport.connectTimeout
        configuration.allowsPlainHTTP = true
        configuration.proxy = app.configuration.proxy.map { CurlConfiguration.Proxy($0) }
        configuration.connectionsMax = FCMTopicRequest.concurrentMax + 1
        configuration.connectionsPerHostMax = FCMTopicRequest.concurrentMax
        // A page of 2,000 topics with names of 900 characters.
        configuration.responseBodyBytesMax = 4 << 20
        do {
            loop = try EventLoop()
            let waker = loop.waker
            curl = try CurlClient(configuration) { waker.wakeUp() }
        } catch {
            throw Failure(description: "\(error)")
        }
    }

    /// Makes all calls and waits for their ends, including those made again.
    ///
    /// - Returns: one ending for each registration, in order.
    package func perform(_ operation: Operation, registrations: [String]) -> [Ending] {
        self.operation = operation
        self.registrations = registrations
        var limits = FCMTopicRun.Limits()
        if case .batch = operation { limits.batch = FCMTopicRequest.batchMax }
        run = FCMTopicRun(registrations: registrations, limits: limits)
        (topics, pageTokens, pageCounts) = ([:], [:], [:])
        var patienceMs = wallMs() + (Self.tokenPatience + requestTimeout).wholeMilliseconds
        while true {
            let nowMs = wallMs()
            for (id, outcome) in curl.takeCompletions() { take(id, outcome, nowMs) }
            renew(nowMs)
            var untilMs: Int64?
            switch credentials.authorization(nowMs: nowMs) {
            case .usable(let authorization):
                patienceMs = nowMs + (Self.tokenPatience + requestTimeout).wholeMilliseconds
                untilMs = start(authorization, nowMs)
            case .waiting(let ms):
                if nowMs > patienceMs { run.stop(.retry(.providerUnavailable, after: nil)) }
                untilMs = ms
            case .refused(let refusal, _):
                trouble = "no access token: \(refusal)"
                run.stop(refusal.verdict)
            }
            if run.isDone { return endings }
            let waitMs = untilMs.map { min(max($0 - wallMs(), 0), 1_000) } ?? 1_000
            loop.turn(timeout: .milliseconds(waitMs))
        }
    }

    private var endings: [Ending] {
        run.verdicts.enumerated().map { index, verdict in
            guard let verdict else { preconditionFailure("a run that is done has a verdict for each registration") }
            return Ending(verdict: verdict, topics: topics[index] ?? [])
        }
    }

    /// Ends what is under way.
    package func close() { curl.close() }

    // MARK: Calls

    /// - Returns: when there is more to start; nil: when a call has ended.
    private func start(_ authorization: FCMCredentials.Authorization, _ nowMs: Int64) -> Int64? {
        while true {
            switch run.next(nowMs: nowMs) {
            case .call(let call): submit(call, authorization, nowMs)
            case .wait(let untilMs): return untilMs
            case .done: return nil
            }
        }
    }

    private func submit(_ call: FCMTopicRun.Call, _ authorization: FCMCredentials.Authorization, _ nowMs: Int64) {
        let configuration = app.configuration
        let request: FCMTopicRequest?
        var endpoint = configuration.endpoint
        switch operation {
        case .change(let change, let topic):
            request = .v1(
                change,
                registration: registrations[call.registrations[0]],
                topic: topic,
                configuration: configuration
            )
        case .batch(let change, let topic):
            endpoint = configuration.topicEndpoint
            request = .batch(
                change,
                registrations: call.registrations.map { registrations[$0] },
                topic: topic,
                configuration: configuration
            )
        case .list:
            let registration = call.registrations[0]
            request = .list(
                registration: registrations[registration],
                pageToken: pageTokens[registration],
                configuration: configuration
            )
        }
        guard let request, let method = HTTPMethod(rawValue: request.method) else {
            // Addresses are checked by the run: it is the topic.
            return finish(call, Array(repeating: .badRequest(.badTarget), count: call.registrations.count), nowMs)
        }
        var fields = [HTTPField("authorization", String(decoding: authorization.header, as: UTF8.self))]
        fields += request.headers.map { HTTPField($0.key, $0.value) }
        if !request.body.isEmpty { fields.append(HTTPField("content-type", "application/json")) }
        let scheme = endpoint.isSecure ? "https" : "http"
        callCount += 1
        flights[callCount] = Flight(call: call, authorization: authorization)
        curl.submit(
            HTTPRequest(
                method,
                "\(scheme)://\(endpoint.authority)\(request.path)",
                fields: fields,
                body: request.body,
                timeout: requestTimeout
            ),
            id: callCount
        )
    }

    private func take(_ id: UInt64, _ outcome: HTTPOutcome, _ nowMs: Int64) {
        if id == Self.renewalID { return renewalEnded(outcome, nowMs) }
        guard let flight = flights.removeValue(forKey: id) else { return }
        let count = flight.call.registrations.count
        let response: HTTPResponse
        switch outcome {
        case .response(let answer): response = answer
        case .notProcessed(.tlsFailed(let words)), .notProcessed(.connectFailed(let words)):
            trouble = words
            return finish(flight.call, Array(repeating: .retry(.connectionLost, after: nil), count: count), nowMs)
        case .notProcessed, .unknown:
            return finish(flight.call, Array(repeating: .retry(.connectionLost, after: nil), count: count), nowMs)
        }
        let verdicts: [Verdict]
        switch operation {
        case .change:
            verdicts =
                FCMTopicResponse(
                    v1: response.status,
                    body: response.body,
                    retryAfter: response["retry-after"],
                    nowMs: nowMs
                ).verdicts
        case .batch:
            verdicts =
                FCMTopicResponse(
                    batch: response.status,
                    body: response.body,
                    count: count,
                    retryAfter: response["retry-after"],
                    nowMs: nowMs
                ).verdicts
        case .list:
            guard let verdict = page(flight.call, response, nowMs) else { return run.goOn(flight.call, nowMs: nowMs) }
            verdicts = [verdict]
        }
        if case .reauthenticate? = verdicts.first { credentials.invalidate(flight.authorization, nowMs: nowMs) }
        finish(flight.call, verdicts, nowMs)
    }

    private func finish(_ call: FCMTopicRun.Call, _ verdicts: [Verdict], _ nowMs: Int64) {
        run.ended(call, verdicts: verdicts, nowMs: nowMs, spread: .random(in: 0..<1))
    }

    /// - Returns: nil where there is another page.
    private func page(_ call: FCMTopicRun.Call, _ response: HTTPResponse, _ nowMs: Int64) -> Verdict? {
        guard (200...299).contains(response.status) else {
            return FCMResponse(
                status: response.status,
                body: response.body,
                retryAfter: response["retry-after"],
                nowMs: nowMs
            ).classify(payload: .unproven)
        }
        let registration = call.registrations[0]
        // A success that is not of this form is not Google's.
        guard let page = FCMTopicPage(response.body) else { return .retry(.providerUnavailable, after: nil) }
        topics[registration, default: []] += page.topics
        pageCounts[registration, default: 0] += 1
        guard let next = page.nextPageToken else { return .accepted(providerMessageID: nil) }
        if pageCounts[registration] ?? 0 >= Self.pagesMax { return .badRequest(.rejectedByProvider) }
        pageTokens[registration] = next
        return nil
    }

    // MARK: Access tokens

    private func renew(_ nowMs: Int64) {
        do throws(CryptoError) {
            guard let request = try credentials.renewal(nowMs: nowMs) else { return }
            curl.submit(
                HTTPRequest(
                    .post,
                    "\(request.endpoint)",
                    fields: [HTTPField("content-type", FCMTokenRequest.contentType)],
                    body: request.body,
                    timeout: requestTimeout
                ),
                id: Self.renewalID
            )
        } catch {
            trouble = "cannot sign the assertion: \(error)"
        }
    }

    private func renewalEnded(_ outcome: HTTPOutcome, _ nowMs: Int64) {
        guard case .response(let response) = outcome else {
            trouble = "no access token: \(outcome)"
            return credentials.renewalFailed(nowMs: nowMs)
        }
        credentials.renewalEnded(
            FCMTokenResponse(
                status: response.status,
                body: response.body,
                retryAfter: response["retry-after"],
                date: response["date"],
                nowMs: nowMs
            ),
            nowMs: nowMs
        )
        trouble = credentials.lastRefusal.map { "no access token: \($0)" }
    }
}
