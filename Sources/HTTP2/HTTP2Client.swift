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
    private let table: ExchangeTable
    private let pool: ConnectionPool
    private let pumpRequest: PumpRequest
    private var waiting = WaitingList()
    private var wheelTimer: EventLoop.TimerID?
    private var wheelTimerAt = MonotonicInstant.distantFuture
    private var isDraining = false
    private var isClosed = false

    /// Prepares TLS, but connects only when there is a request.
    ///
    /// Throws when the CA file, the name, or the client certificate cannot be used.
    package init(
        _ endpoint: HTTP2Endpoint,
        _ configuration: HTTP2Configuration = HTTP2Configuration(),
        loop: EventLoop,
        random: any RandomNumberGenerator = SystemRandomNumberGenerator()
    ) throws(HTTP2SetupError) {
        precondition(configuration.connectionCount > 0 && configuration.requestsMax > 0, "limits are at least 1")
        precondition((0...configuration.connectionCount).contains(configuration.connectionCountMin), "a part of all")
        precondition(configuration.concurrencyMin > 0, "a server that may be asked nothing never recovers")
        self.endpoint = endpoint
        self.configuration = configuration
        self.loop = loop
        table = ExchangeTable(configuration.concurrencyBounds, loop: loop)
        let request = PumpRequest(loop: loop)
        pumpRequest = request
        pool = try ConnectionPool(
            endpoint,
            configuration,
            table: table,
            loop: loop,
            random: random,
            changed: { request.make() }
        )
        pumpRequest.pump = { [weak self] in self?.pump() }
    }

    deinit {
        pool.close()
        if let wheelTimer { loop.cancel(wheelTimer) }
    }

    /// How many requests should be submitted now.
    ///
    /// More, up to `requestsMax`, are taken and wait; but once the server has shown how much it can do, no more are asked
    /// for than it has under way, and as many again so that its streams do not run dry.
    package var capacity: Int {
        if isDraining || table.requestBytes >= configuration.requestBytesMax { return 0 }
        let limit = table.limit
        let most = limit.wasCut ? min(configuration.requestsMax, 2 * limit.limit) : configuration.requestsMax
        return max(0, most - table.outstandingCount)
    }

    /// Requests submitted and not ended.
    package var outstandingCount: Int { table.outstandingCount }

    /// Sends a request as soon as a stream is free; the outcome comes with this id, which is the caller's to choose.
    package func submit(_ request: HTTP2Request, id: UInt64) {
        schedulePump()
        if isDraining { return table.complete(id, .notProcessed(.closed)) }
        if let reason = refusal(of: request) { return table.complete(id, .notProcessed(reason)) }
        if request.deadline <= loop.now { return table.complete(id, .notProcessed(.deadline)) }
        waiting.append(table.begin(request, id: id), in: table)
    }

    private func refusal(of request: HTTP2Request) -> NotProcessedReason? {
        if table.outstandingCount >= configuration.requestsMax { return .overCapacity }
        if let rule = request.invalidity { return .invalidRequest(rule) }
        if request.listBytes > Self.fieldBytesMax {
            return .invalidRequest("the header fields are longer than \(Self.fieldBytesMax) bytes")
        }
        let bytes = request.bytes
        if bytes > configuration.requestBytesMax {
            return .invalidRequest("the request is longer than \(configuration.requestBytesMax) bytes")
        }
        return table.requestBytes + bytes > configuration.requestBytesMax ? .overCapacity : nil
    }

    /// Whether a connection is made that takes requests, so that it is known what the server speaks.
    package var hasOpenConnection: Bool { pool.hasOpen }

    /// Says that the server declared itself overloaded, as with the status 429 or 503: fewer requests go to it for a while.
    ///
    /// Latencies and deadlines are observed here; what a status means only the owner knows.
    package func reportOverload() {
        table.overloaded()
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

    /// Gives them for an empty array, whose memory the next ones are put into: for who takes many, and often.
    package func takeCompletions(into empty: inout [(id: UInt64, outcome: HTTP2Outcome)]) {
        table.takeCompletions(into: &empty)
    }

    /// Gives what happened to connections since the last call, for a log; only the latest 256 are kept.
    package func takeEvents() -> [HTTP2Event] {
        table.takeEvents()
    }

    /// Makes a connection ahead of the first request.
    package func connect() {
        pool.want()
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
        pool.close()
        schedulePump()
    }

    /// Counters, and what is held now.
    package var statistics: HTTP2Statistics {
        var statistics = table.statistics
        statistics.requestsWaiting = waiting.count
        statistics.requestBytes = table.requestBytes
        statistics.concurrencyLimit = table.limit.limit
        pool.report(into: &statistics)
        return statistics
    }
}

// MARK: The pump: once per turn, look at everything and act

extension HTTP2Client {
    private func schedulePump() {
        pumpRequest.make()
    }

    private func pump() {
        if let reason = pool.removeEnded() { failWaiting(reason) }
        fill()
        let isOver = isClosed || isDrained
        if !isOver, let reason = pool.tend(waiting: table.hasRoomInFlight ? waiting.count : 0) { failWaiting(reason) }
        pool.flush(closingIdle: isDrained)
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
        while table.hasRoomInFlight, let exchange = waiting.head(in: table), let connection = pool.roomiest() {
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

/// Has the pump run once before the loop sleeps, however many things changed.
private final class PumpRequest {
    var pump: () -> Void = {}
    private let loop: EventLoop
    private var isMade = false

    init(loop: EventLoop) {
        self.loop = loop
    }

    func make() {
        guard !isMade else { return }
        isMade = true
        loop.beforeSleep { [weak self] in
            self?.isMade = false
            self?.pump()
        }
    }
}
