/// A client of one endpoint: keeps its connections, gives each request a stream, and says how each ended.
///
/// Belongs to the thread of its event loop. Each submitted request has exactly one outcome, at the latest a few milliseconds
/// after its deadline if the loop turns. After `close`, or when the client is let go of, nothing is sent any more.
package final class HTTP2Client {
    /// nghttp2 refuses longer header blocks (NGHTTP2_MAX_HEADERSLEN).
    private static let fieldBytesMax = 65_536

    /// Where the requests go.
    package let endpoint: HTTP2Endpoint
    private let configuration: HTTP2Configuration
    private let loop: EventLoop
    private let context: TLSContext
    private let table: ExchangeTable
    private var random: any RandomNumberGenerator
    private var waiting = WaitingList()
    private var connections: [HTTP2Connection] = []
    private var backoff: Backoff
    private var nextAttempt: MonotonicInstant
    private var retryTimer: EventLoop.TimerID?
    private var wheelTimer: EventLoop.TimerID?
    private var wheelTimerAt = MonotonicInstant.distantFuture
    private var isPumpScheduled = false
    private var isConnectionWanted = false
    private var isDraining = false
    private var isClosed = false
    private var bytesOfEnded = (received: 0, sent: 0)

    /// Prepares TLS, but connects only when there is a request.
    ///
    /// Throws when the CA file or the name cannot be used.
    package init(
        _ endpoint: HTTP2Endpoint,
        _ configuration: HTTP2Configuration = HTTP2Configuration(),
        loop: EventLoop,
        random: any RandomNumberGenerator = SystemRandomNumberGenerator()
    ) throws(HTTP2SetupError) {
        precondition(configuration.connectionCount > 0 && configuration.requestsMax > 0, "limits are at least 1")
        self.endpoint = endpoint
        self.configuration = configuration
        self.loop = loop
        self.random = random
        context = try TLSContext.make(endpoint.tls)
        table = ExchangeTable(now: loop.now)
        backoff = Backoff(base: configuration.backoffBase, max: configuration.backoffMax)
        nextAttempt = loop.now
        // A name that OpenSSL cannot use is found now, not at the first request.
        _ = try context.makeStream(name: endpoint.verifiedName)
    }

    deinit {
        for connection in connections { connection.close() }
        if let retryTimer { loop.cancel(retryTimer) }
        if let wheelTimer { loop.cancel(wheelTimer) }
    }

    /// How many requests may be submitted now.
    package var capacity: Int {
        isDraining ? 0 : max(0, configuration.requestsMax - table.outstandingCount)
    }

    /// Requests submitted and not ended.
    package var outstandingCount: Int { table.outstandingCount }

    /// Sends a request as soon as a stream is free; the outcome comes with this id, which is the caller's to choose.
    package func submit(_ request: HTTP2Request, id: UInt64) {
        schedulePump()
        if isDraining { return table.complete(id, .notProcessed(.closed)) }
        if capacity == 0 { return table.complete(id, .notProcessed(.overCapacity)) }
        if let rule = request.fields.invalidity ?? request.sharedFields.invalidity {
            return table.complete(id, .notProcessed(.invalidRequest(rule)))
        }
        if request.fields.listBytes + request.sharedFields.listBytes > Self.fieldBytesMax {
            let rule = "the header fields are longer than \(Self.fieldBytesMax) bytes"
            return table.complete(id, .notProcessed(.invalidRequest(rule)))
        }
        if request.deadline <= loop.now { return table.complete(id, .notProcessed(.deadline)) }
        waiting.append(table.begin(request, id: id), in: table)
    }

    /// Ends the request with this id, if it has not ended; its outcome is `cancelled`, of one kind or the other.
    ///
    /// Looks at every outstanding request: meant for the rare case.
    package func cancel(_ id: UInt64) {
        guard let exchange = table.exchanges.first(where: { $0.state != .free && $0.id == id }) else { return }
        end(exchange, waiting: .cancelled, sent: .cancelled)
        schedulePump()
    }

    /// Gives the outcomes since the last call, in the order in which they came.
    ///
    /// A turn ends as soon as there are some.
    package func takeCompletions() -> [(id: UInt64, outcome: HTTP2Outcome)] {
        table.takeCompletions()
    }

    /// Gives what happened to connections since the last call, for a log; only the latest 256 are kept.
    package func takeEvents() -> [HTTP2Event] {
        table.takeEvents()
    }

    /// Makes a connection ahead of the first request.
    package func connect() {
        isConnectionWanted = true
        schedulePump()
    }

    /// Takes no more requests; those it has go on to their outcomes, then the connections are closed.
    package func drain() {
        isDraining = true
        schedulePump()
    }

    /// True when nothing is outstanding after `drain` or `close`.
    package var isDrained: Bool { isDraining && table.outstandingCount == 0 }

    /// Ends everything at once: requests that wait are not processed, those sent are unknown.
    ///
    /// Their outcomes can still be taken.
    package func close() {
        isDraining = true
        isClosed = true
        failWaiting(.closed)
        for connection in connections { connection.close() }
        schedulePump()
    }

    /// Counters, and what is held now.
    package var statistics: HTTP2Statistics {
        var statistics = table.statistics
        statistics.requestsWaiting = waiting.count
        (statistics.bytesReceived, statistics.bytesSent) = bytesOfEnded
        for connection in connections {
            statistics.bytesReceived += connection.bytes.received
            statistics.bytesSent += connection.bytes.sent
            guard connection.failure == nil else { continue }
            statistics.streamsOpen += connection.streamCount
            if connection.isRetiring {
                statistics.connectionsDraining += 1
            } else if connection.isOpen {
                statistics.connectionsOpen += 1
            } else {
                statistics.connectionsOpening += 1
            }
        }
        return statistics
    }
}

// MARK: The pump: once per turn, look at everything and act

extension HTTP2Client {
    private func schedulePump() {
        guard !isPumpScheduled else { return }
        isPumpScheduled = true
        loop.beforeSleep { [weak self] in self?.pump() }
    }

    private func pump() {
        isPumpScheduled = false
        removeEnded()
        connectAsNeeded()
        fill()
        for connection in connections {
            if connection.streamCount == 0, connection.isRetiring || isDrained {
                connection.close()
            } else {
                connection.flush()
            }
        }
        scheduleExpiry()
        if !table.completions.isEmpty { loop.skipSleep() }
    }

    private func end(_ exchange: Exchange, waiting reason: NotProcessedReason, sent: UnknownReason) {
        if let connection = exchange.connection {
            connection.abandon(exchange, sent)
        } else {
            waiting.remove(exchange, in: table)
            table.finish(exchange, .notProcessed(reason))
        }
    }

    private func failWaiting(_ reason: NotProcessedReason) {
        while let exchange = waiting.head(in: table) {
            waiting.remove(exchange, in: table)
            table.finish(exchange, .notProcessed(reason))
        }
    }

    /// Gives each waiting exchange a stream, on the connection with the fewest, while there is room.
    private func fill() {
        while let exchange = waiting.head(in: table) {
            let usable = connections.lazy.filter { $0.canOpen }
            guard let connection = usable.min(by: { $0.streamCount < $1.streamCount }) else { return }
            waiting.remove(exchange, in: table)
            connection.open(exchange)
        }
    }

    /// Called by a timer, so after what sockets had to say in the same turn: an answer that is there goes before its deadline,
    /// even if this thread was busy elsewhere when it came.
    private func expire() {
        for exchange in table.expire(now: loop.now) {
            end(exchange, waiting: .deadline, sent: .deadline)
        }
    }

    private func scheduleExpiry() {
        guard let look = table.wheel.nextLook, wheelTimer == nil || look < wheelTimerAt else { return }
        if let wheelTimer { loop.cancel(wheelTimer) }
        wheelTimerAt = look
        wheelTimer = loop.schedule(at: look) { [weak self] in
            self?.wheelTimer = nil
            self?.expire()
            self?.schedulePump()
        }
    }
}

// MARK: Connections

extension HTTP2Client {
    private func removeEnded() {
        for connection in connections {
            judge(connection)
            guard let failure = connection.failure else { continue }
            bytesOfEnded.received += connection.bytes.received
            bytesOfEnded.sent += connection.bytes.sent
            connections.removeAll { $0 === connection }
            ended(by: failure)
        }
    }

    /// Draws the conclusion from a connection once: an answer proves that the server works; one that takes connections and
    /// ends them without an answer is treated like one that takes none.
    private func judge(_ connection: HTTP2Connection) {
        guard !connection.isJudged else { return }
        if connection.hasAnswered {
            connection.isJudged = true
            backoff.reset()
        } else if connection.isUseless {
            connection.isJudged = true
            waitBeforeNextAttempt()
        }
    }

    private func ended(by failure: ConnectionFailure) {
        switch failure {
        case .closed:
            table.note(.closed(reason: failure.text))
        case .lost(let reason):
            table.statistics.connectionsLost += 1
            table.note(.closed(reason: reason))
        case .connect(let reason):
            attemptFailed(.connectFailed(reason), reason)
        case .tls(let reason):
            attemptFailed(.tlsFailed(reason), reason)
        }
    }

    /// The requests that waited for the attempt share its fate, unless another connection can serve them.
    private func attemptFailed(_ outcome: NotProcessedReason, _ reason: String) {
        table.statistics.connectFailures += 1
        let delay = waitBeforeNextAttempt()
        table.note(.connectFailed(reason: reason, retryIn: delay))
        if !connections.contains(where: { !$0.isRetiring }) { failWaiting(outcome) }
    }

    @discardableResult
    private func waitBeforeNextAttempt() -> Duration {
        let delay = backoff.next(using: &random)
        nextAttempt = loop.now + delay
        return delay
    }

    private func connectAsNeeded() {
        guard !isClosed, waiting.count > 0 || isConnectionWanted else { return }
        var usable = connections.count { !$0.isRetiring && $0.failure == nil }
        guard usable < configuration.connectionCount else {
            isConnectionWanted = false
            return
        }
        guard nextAttempt <= loop.now else { return scheduleRetry() }
        isConnectionWanted = false
        while usable < configuration.connectionCount {
            do throws(HTTP2SetupError) {
                try makeConnection()
                usable += 1
            } catch {
                return attemptFailed(.connectFailed(error.description), error.description)
            }
        }
    }

    private func makeConnection() throws(HTTP2SetupError) {
        let transport = try Transport(endpoint, configuration, context: context, loop: loop)
        let connection = try HTTP2Connection(
            transport,
            configuration,
            exchanges: table,
            loop: loop,
            changed: { [weak self] in self?.schedulePump() }
        )
        connections.append(connection)
        connection.start()
    }

    private func scheduleRetry() {
        guard retryTimer == nil else { return }
        retryTimer = loop.schedule(at: nextAttempt) { [weak self] in
            self?.retryTimer = nil
            self?.schedulePump()
        }
    }
}
