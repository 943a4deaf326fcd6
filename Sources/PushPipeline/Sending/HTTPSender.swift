import CurlHTTP
import HTTP2
import Logging
import PushCore

/// Sends deliveries to one provider: what all providers have in common.
///
/// An origin of connections for each app and server, a breaker for each app, a share of what is in flight for each app: one that
/// is silent, slow or refusing delays no other. Belongs to the dispatch stage's thread.
final class HTTPSender<Dialect: ProviderDialect>: ProviderSender {
    private struct Attempt {
        let origin: Origin
        let app: Int
        /// The number of the credential that it shows.
        let credential: Int
        let sentMs: Int64
        let delivery: OutboxDelivery
        let context: Dialect.Context
        let isTruncated: Bool
    }

    /// An answer that an address is dead, before it is believed.
    private struct Suspect {
        let ticket: DispatchCore.Ticket
        let app: Int
        let credential: Int
        let reason: Reason
        let verdict: Verdict
        let words: AttemptEnd.Answer
    }

    /// What attempts are counted by; named when they are reported.
    private struct EndKey: Hashable {
        /// Its texts are for the report: an enumeration with raw texts would be hashed by them.
        enum Kind {
            case answered
            case notProcessed
            case unknown

            var label: String {
                switch self {
                case .answered: "answered"
                case .notProcessed: "not_processed"
                case .unknown: "unknown"
                }
            }
        }

        let kind: Kind
        /// 0 without an answer.
        let status: Int
    }

    /// An app as the sender sees it.
    private struct AppState {
        let name: String
        var breaker = CircuitBreaker()
        var inFlight = 0
        /// Counts the credentials that it had before this one.
        var credential = 0
    }

    /// Origins held at most: Web Push has one for each push service, which are few, and clients name them.
    private static var originsMax: Int { 256 }
    /// How soon an attempt that found no room asks again, in milliseconds.
    private static var crowdedMs: ClosedRange<Int64> { 50...250 }

    private let dialect: Dialect
    private let transport: TransportConfiguration
    private let loop: EventLoop
    private let metrics: Metrics
    private let logger: Logger
    private let standing: ProviderStanding
    private let handover: CredentialHandover
    private let appIndexes: [String: Int]
    /// In flight of one app at most: while there are others, half of all.
    private let shareMax: Int
    private var apps: [AppState]
    private var origins: [OriginKey: Origin] = [:]
    /// They finish what they have, with a credential that is not used any more.
    private var retired: [Origin] = []
    private var curls: [Int: CurlClient] = [:]
    private var uses: UInt64 = 0
    private var attempts: [DispatchCore.Ticket: Attempt] = [:]
    private var ends: [EndKey: Int] = [:]
    private var latency = Histogram()
    private var suspicion: AddressSuspicion<Suspect>
    private var mended: [String] = []
    private var clock: ProviderClock

    init(
        _ dialect: Dialect,
        transport: TransportConfiguration,
        loop: EventLoop,
        metrics: Metrics,
        logger: Logger,
        standing: ProviderStanding,
        handover: CredentialHandover
    ) {
        self.dialect = dialect
        self.transport = transport
        self.loop = loop
        self.metrics = metrics
        self.logger = logger
        self.standing = standing
        self.handover = handover
        clock = ProviderClock(provider: dialect.provider, metrics: metrics, logger: logger, standing: standing)
        apps = dialect.apps.map { AppState(name: $0) }
        appIndexes = Dictionary(uniqueKeysWithValues: dialect.apps.enumerated().map { ($0.element, $0.offset) })
        var limits = AddressSuspicion<Suspect>.Limits()
        // Each stands for a delivery that has to end: none is dropped.
        limits.heldMax = .max
        suspicion = AddressSuspicion(limits: limits)
        shareMax = apps.count > 1 ? max(1, transport.inFlightMax / 2) : transport.inFlightMax
    }

    var capacity: Int {
        let room = transport.inFlightMax - attempts.count - suspicion.heldCount
        // With one origin there is nothing else to send to while it has no room. With several, who finds none waits.
        guard apps.count == 1, origins.count == 1, let only = origins.values.first else { return room }
        return min(room, only.capacity)
    }

    // MARK: Attempts

    func begin(_ ticket: DispatchCore.Ticket, _ delivery: OutboxDelivery, nowMs: Int64) -> AttemptEnd? {
        guard let app = appIndexes[delivery.device.app] else { return .unsendable(.appNotConfigured) }
        if apps[app].inFlight >= shareMax { return crowded(nowMs) }
        if case .held(let reason, let untilMs) = apps[app].breaker.admit(nowMs: nowMs) {
            return .held(reason, untilMs: untilMs)
        }
        let key: OriginKey
        switch dialect.origin(of: delivery, app: app) {
        case .origin(let chosen): key = chosen
        case .end(let end): return end
        }
        guard let origin = origin(key) else { return .notProcessed(.providerUnavailable) }
        if origin.capacity == 0 { return crowded(nowMs) }
        switch dialect.prepare(delivery, app: app, nowMs: nowMs) {
        case .send(let request, let context):
            origin.submit(request, id: ticket.rawValue)
            apps[app].inFlight += 1
            attempts[ticket] = Attempt(
                origin: origin,
                app: app,
                credential: apps[app].credential,
                sentMs: nowMs,
                delivery: delivery,
                context: context,
                isTruncated: request.isTruncated
            )
            return nil
        case .end(let end):
            return end
        }
    }

    /// Asks again soon, and not all at once.
    private func crowded(_ nowMs: Int64) -> AttemptEnd {
        return .held(.providerUnavailable, untilMs: nowMs + Int64.random(in: Self.crowdedMs))
    }

    func cancel(_ ticket: DispatchCore.Ticket) {
        guard let attempt = attempts.removeValue(forKey: ticket) else { return }
        apps[attempt.app].inFlight -= 1
        attempt.origin.cancel(ticket.rawValue)
    }

    // MARK: Origins

    private func origin(_ key: OriginKey) -> Origin? {
        uses += 1
        if let origin = origins[key] {
            origin.lastUsed = uses
            return origin
        }
        if origins.count >= Self.originsMax { giveUpOldest() }
        var http = transport.http2
        var tls = HTTP2Endpoint.TLS(caFile: transport.caFile)
        // Deliveries wait for the server, not for us: look again soon after it was away.
        http.backoffMax = .seconds(5)
        dialect.configure(key, &http, &tls)
        let filter = http.addressFilter
        do {
            let origin = try Origin(
                key,
                http,
                tls,
                requestTimeout: transport.requestTimeout,
                isProxied: dialect.proxy(app: key.app) != nil,
                loop: loop
            ) { [weak self] in
                self?.curl(app: key.app, filter)
            }
            origin.lastUsed = uses
            origins[key] = origin
            return origin
        } catch {
            logger.error("cannot connect", metadata: ["app": "\(apps[key.app].name)", "error": "\(error)"])
            return nil
        }
    }

    /// Closes the connections of the origin that was used least recently, if nothing is under way there.
    private func giveUpOldest() {
        let idle = origins.values.filter { $0.outstandingCount == 0 }
        guard let oldest = idle.min(by: { $0.lastUsed < $1.lastUsed }) else { return }
        oldest.close()
        origins[oldest.key] = nil
    }

    private func curl(app: Int, _ filter: (@Sendable ([UInt8]) -> Bool)?) -> CurlClient? {
        if let curl = curls[app] { return curl }
        var configuration = CurlConfiguration()
        configuration.requestsMax = transport.inFlightMax
        configuration.caFile = transport.caFile
        configuration.addressFilter = filter
        configuration.proxy = dialect.proxy(app: app)
        if configuration.proxy != nil {
            // All that HTTP/2 would have carried on one.
            configuration.connectionsMax = 64
            configuration.connectionsPerHostMax = 64
        }
        // Only an origin that says so itself has none, and it is on this machine.
        configuration.allowsPlainHTTP = true
        let waker = loop.waker
        do {
            let curl = try CurlClient(configuration) { waker.wakeUp() }
            curls[app] = curl
            return curl
        } catch {
            logger.error("cannot speak HTTP/1.1", metadata: ["app": "\(apps[app].name)", "error": "\(error)"])
            return nil
        }
    }

    // MARK: Ends

    func takeEnds(nowMs: Int64, into ends: inout [(ticket: DispatchCore.Ticket, end: AttemptEnd)]) {
        takeCredentials(nowMs)
        dialect.tick(nowMs: nowMs)
        if let date = dialect.takeDate() { clock.note(date.text, sentMs: date.sentMs, nowMs: date.nowMs) }
        for origin in Array(origins.values) + retired {
            origin.takeEnds { finish($0, $1, nowMs, into: &ends) }
            for event in origin.takeEvents() {
                logger.info("connection", metadata: ["app": "\(apps[origin.key.app].name)", "event": "\(event)"])
            }
        }
        for curl in curls.values {
            for (id, outcome) in curl.takeCompletions() {
                attempts[DispatchCore.Ticket(rawValue: id)]?.origin.endedByCurl()
                finish(id, RequestEnd(outcome), nowMs, into: &ends)
            }
        }
        retire(dialect.takeAppsToReconnect())
        for judgement in suspicion.settle(nowMs: nowMs) { ends.append(settled(judgement, nowMs)) }
    }

    /// Requests that show the former credential go on; what is answered to them is no word about its successor.
    private func takeCredentials(_ nowMs: Int64) {
        for (name, credential) in handover.take(dialect.provider) {
            guard let app = appIndexes[name] else { continue }
            dialect.replace(credential, app: app)
            apps[app].credential += 1
            apps[app].breaker.mended(nowMs: nowMs)
            mended.append(name)
            logger.notice("another credential is in use", metadata: ["app": "\(name)"])
        }
    }

    func takeMended() -> [String] {
        defer { mended.removeAll() }
        return mended
    }

    /// What comes next for this server goes over other connections; what is under way on these goes on.
    ///
    /// The provider may say so in the answer to each request under way: the first one counts.
    private func leave(_ origin: Origin) {
        guard origins[origin.key] === origin else { return }
        origins[origin.key] = nil
        origin.drain()
        retired.append(origin)
    }

    private func retire(_ apps: Set<Int>) {
        for origin in Array(origins.values) where apps.contains(origin.key.app) { leave(origin) }
        for origin in retired where origin.outstandingCount == 0 { origin.close() }
        retired.removeAll { $0.outstandingCount == 0 }
    }

    private func finish(
        _ id: UInt64,
        _ end: RequestEnd,
        _ nowMs: Int64,
        into result: inout [(ticket: DispatchCore.Ticket, end: AttemptEnd)]
    ) {
        let ticket = DispatchCore.Ticket(rawValue: id)
        guard let attempt = attempts.removeValue(forKey: ticket) else { return }
        apps[attempt.app].inFlight -= 1
        if let end = self.end(of: attempt, ticket, end, nowMs) { result.append((ticket, end)) }
    }

    /// - Returns: nil where the answer says that the address is dead: what becomes of it is settled with others of its kind.
    private func end(
        of attempt: Attempt,
        _ ticket: DispatchCore.Ticket,
        _ end: RequestEnd,
        _ nowMs: Int64
    ) -> AttemptEnd? {
        switch end {
        case .answer(let answer):
            latency.record(Double(nowMs - attempt.sentMs))
            count(.answered, answer.status)
            if clock.isDue(nowMs: nowMs), let date = answer["date"] {
                clock.note(date, sentMs: attempt.sentMs, nowMs: nowMs)
            }
            if answer.status == 429 || answer.status == 503 { attempt.origin.reportOverload() }
            var (judged, words) = dialect.judge(answer, attempt.context, app: attempt.app, nowMs: nowMs)
            words.isTruncated = attempt.isTruncated
            let verdict = attempt.delivery.hasTarget ? judged.aboutTarget : judged
            switch verdict {
            case .addressDead(let reason, _):
                let suspect = Suspect(
                    ticket: ticket,
                    app: attempt.app,
                    credential: attempt.credential,
                    reason: reason,
                    verdict: verdict,
                    words: words
                )
                let subject = AddressSuspicion<Suspect>.Subject(
                    app: group(of: attempt),
                    payload: payload(of: attempt),
                    address: address(of: attempt)
                )
                suspicion.noteDead(subject, reason: reason, signal: suspect, nowMs: nowMs)
                return nil
            case .accepted, .addressKept:
                suspicion.noteAlive(app: group(of: attempt), payload: payload(of: attempt), nowMs: nowMs)
            case .reconnect:
                leave(attempt.origin)
            case .badRequest, .configuration, .retry, .reauthenticate:
                break
            }
            note(verdict, app: attempt.app, attempt.credential, answer.status, nowMs)
            return .answered(verdict, words)
        case .notProcessed(let cause):
            count(.notProcessed, 0)
            logger.debug("not processed", metadata: ["app": "\(apps[attempt.app].name)", "cause": "\(cause)"])
            return .notProcessed(.providerUnavailable)
        case .impossible(let reason, let cause):
            count(.notProcessed, 0)
            logger.warning("refused to send", metadata: ["app": "\(apps[attempt.app].name)", "cause": "\(cause)"])
            return .refused(.badRequest(reason))
        case .unknown(let isTimeout, let cause):
            count(.unknown, 0)
            logger.debug("no answer", metadata: ["app": "\(apps[attempt.app].name)", "cause": "\(cause)"])
            return .unknown(isTimeout ? .timeout : .connectionLost)
        }
    }

    /// Stands for the app in its environment.
    private func group(of attempt: Attempt) -> Int {
        attempt.app * 2 + (attempt.delivery.isSandbox ? 1 : 0)
    }

    private func payload(of attempt: Attempt) -> Int { attempt.delivery.notification.ruleID.hashValue }

    private func address(of attempt: Attempt) -> UInt64 {
        let address =
            switch attempt.delivery.device.address {
            case .token(let token): token.hashValue
            case .fid(let fid): fid.hashValue
            case .subscription(let subscription): subscription.endpoint.hashValue
            case nil: 0
            }
        return UInt64(bitPattern: Int64(address))
    }

    /// The end of an attempt whose answer looked like a dead address.
    private func settled(
        _ judgement: AddressSuspicion<Suspect>.Judgement,
        _ nowMs: Int64
    ) -> (ticket: DispatchCore.Ticket, end: AttemptEnd) {
        switch judgement {
        case .credible(let suspect):
            note(suspect.verdict, app: suspect.app, suspect.credential, suspect.words.status, nowMs)
            return (suspect.ticket, .answered(suspect.verdict, suspect.words))
        case .suspected(let suspect, .app):
            // Most tokens of the app look dead: topic, environment or key are wrong, and the tokens are not.
            let verdict = Verdict.configuration(suspect.reason)
            note(verdict, app: suspect.app, suspect.credential, suspect.words.status, nowMs)
            return (suspect.ticket, .answered(verdict, suspect.words))
        case .suspected(let suspect, .payload):
            logger.error(
                "nearly every recipient of a rule looks dead to the provider: no address is given up",
                metadata: ["app": "\(apps[suspect.app].name)", "reason": "\(suspect.reason.rawValue)"]
            )
            return (suspect.ticket, .answered(.badRequest(.rejectedByProvider), suspect.words))
        }
    }

    private func note(_ verdict: Verdict, app: Int, _ credential: Int, _ status: Int, _ nowMs: Int64) {
        guard credential == apps[app].credential else { return }
        switch verdict {
        case .configuration(let reason):
            guard apps[app].breaker.refused(reason, nowMs: nowMs) else { return }
            logger.error(
                "the provider refuses this app: its deliveries wait",
                metadata: ["app": "\(apps[app].name)", "reason": "\(reason.rawValue)", "status": "\(status)"]
            )
        case .accepted, .addressDead, .addressKept, .badRequest:
            if apps[app].breaker.reason != nil {
                logger.notice("the provider takes this app's requests again", metadata: ["app": "\(apps[app].name)"])
            }
            apps[app].breaker.answered()
        case .retry, .reconnect, .reauthenticate:
            break
        }
    }

    private func count(_ kind: EndKey.Kind, _ status: Int) {
        ends[EndKey(kind: kind, status: status), default: 0] += 1
    }

    // MARK: What is seen from outside

    func publish() {
        let provider = dialect.provider.rawValue
        if !ends.isEmpty {
            metrics.add(
                ends.map { key, count in
                    let status = key.status == 0 ? "" : String(key.status)
                    let labels: KeyValuePairs = ["provider": provider, "end": key.kind.label, "status": status]
                    return (Series(.attempts, labels), count)
                }
            )
            ends.removeAll(keepingCapacity: true)
        }
        metrics.merge(latency, into: Series(.attemptLatency, ["provider": provider]))
        latency = Histogram()
        var open = [Int](repeating: 0, count: apps.count)
        for origin in origins.values { open[origin.key.app] += origin.connectionsOpen }
        var troubles: [String] = []
        for (index, app) in apps.enumerated() {
            let labels: KeyValuePairs = ["provider": provider, "app": app.name]
            metrics.set(Series(.connections, labels), Double(open[index]))
            metrics.set(Series(.breakerOpen, labels), app.breaker.reason == nil ? 0 : 1)
            metrics.set(Series(.inFlight, labels), Double(app.inFlight))
            if let reason = app.breaker.reason {
                troubles.append("\(provider) \(app.name): refused by the provider (\(reason.rawValue))")
            } else if let trouble = dialect.trouble(app: index) {
                troubles.append("\(provider) \(app.name): \(trouble)")
            }
        }
        standing.set(troubles, of: dialect.provider)
    }

    func close() {
        dialect.close()
        for origin in Array(origins.values) + retired { origin.close() }
        retired.removeAll()
        for curl in curls.values { curl.close() }
        origins.removeAll()
        curls.removeAll()
        attempts.removeAll()
    }
}
