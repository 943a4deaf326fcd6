/// The connections of one client: made one at a time as they are needed, replaced before they are old, closed when there is
/// little to do.
///
/// Decides nothing about requests; it says where one can go, and why none can.
final class ConnectionPool {
    private let endpoint: HTTP2Endpoint
    private let configuration: HTTP2Configuration
    private let context: TLSContext
    private let table: ExchangeTable
    private let loop: EventLoop
    /// Asks for the next `tend`.
    private let changed: () -> Void
    private var random: any RandomNumberGenerator

    private var connections: [HTTP2Connection] = []
    private var backoff: Backoff
    /// No attempt before this instant: the server is away, or does not want us.
    private var nextAttempt: MonotonicInstant
    /// No further connection for waiting requests before this instant.
    private var nextGrowth: MonotonicInstant
    private var wakeTimer: EventLoop.TimerID?
    private var wakeAt = MonotonicInstant.distantFuture
    private var isWanted = false
    /// An aged connection, and the one that is made to take its place.
    private var replacement: (old: HTTP2Connection, new: HTTP2Connection)?
    private var shrinkTimer: EventLoop.TimerID?
    /// Most streams in use since the shrink timer was set.
    private var inFlightMost = 0
    private var bytesOfEnded = (received: 0, sent: 0)

    init(
        _ endpoint: HTTP2Endpoint,
        _ configuration: HTTP2Configuration,
        table: ExchangeTable,
        loop: EventLoop,
        random: any RandomNumberGenerator,
        changed: @escaping () -> Void
    ) throws(HTTP2SetupError) {
        self.endpoint = endpoint
        var configuration = configuration
        if endpoint.tls.clientCertificate != nil { configuration.streamsBeforeSettings = 0 }
        self.configuration = configuration
        self.table = table
        self.loop = loop
        self.random = random
        self.changed = changed
        context = try TLSContext.make(endpoint.tls)
        backoff = Backoff(base: configuration.backoffBase, max: configuration.backoffMax)
        nextAttempt = loop.now
        nextGrowth = loop.now
        // A name that OpenSSL cannot use is found now, not at the first request.
        _ = try context.makeStream(name: endpoint.verifiedName)
    }

    deinit {
        close()
        if let wakeTimer { loop.cancel(wakeTimer) }
        if let shrinkTimer { loop.cancel(shrinkTimer) }
    }

    /// Makes a connection although no request waits.
    func want() {
        isWanted = true
    }

    /// The connection with the fewest streams of those that have room for one more.
    func roomiest() -> HTTP2Connection? {
        var best: HTTP2Connection?
        for connection in connections where connection.canOpen {
            if let present = best, present.streamCount <= connection.streamCount { continue }
            best = connection
        }
        return best
    }

    /// Serializes and sends what there is; closes what has no streams and needs none.
    func flush(closingIdle isOver: Bool) {
        for connection in connections {
            if connection.streamCount == 0, connection.isRetiring || isOver {
                connection.close()
            } else {
                connection.flush()
            }
        }
    }

    /// Ends all connections at once.
    func close() {
        for connection in connections { connection.close() }
    }

    /// Whether there is a connection that takes requests: what the server speaks is then known.
    var hasOpen: Bool { connections.contains { $0.failure == nil && !$0.isRetiring && $0.isOpen } }

    /// Adds what the connections know to a client's statistics.
    func report(into statistics: inout HTTP2Statistics) {
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
    }
}

// MARK: Connections that ended

extension ConnectionPool {
    /// Forgets connections that have ended; gives why waiting requests cannot be served, when the last hope was among them.
    func removeEnded() -> NotProcessedReason? {
        var hopeless: NotProcessedReason?
        for connection in connections {
            judge(connection)
            guard let failure = connection.failure else { continue }
            bytesOfEnded.received += connection.bytes.received
            bytesOfEnded.sent += connection.bytes.sent
            connections.removeAll { $0 === connection }
            hopeless = ended(by: failure) ?? hopeless
        }
        return hopeless
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

    private func ended(by failure: ConnectionFailure) -> NotProcessedReason? {
        switch failure {
        case .closed:
            table.note(.closed(reason: failure.text))
            return nil
        case .lost(let reason):
            table.statistics.connectionsLost += 1
            table.note(.closed(reason: reason))
            return nil
        case .connect(let reason): return attemptFailed(.connectFailed(reason), reason)
        case .refusedAddress(let reason): return attemptFailed(.addressRefused(reason), reason)
        case .otherProtocol(let reason): return attemptFailed(.protocolNotNegotiated, reason)
        case .tls(let reason): return attemptFailed(.tlsFailed(reason), reason)
        }
    }

    /// The requests that waited for the attempt share its fate, unless another connection can serve them.
    private func attemptFailed(_ outcome: NotProcessedReason, _ reason: String) -> NotProcessedReason? {
        table.statistics.connectFailures += 1
        let delay = waitBeforeNextAttempt()
        table.note(.connectFailed(reason: reason, retryIn: delay))
        return connections.contains(where: \.isUsable) ? nil : outcome
    }

    @discardableResult
    private func waitBeforeNextAttempt() -> Duration {
        let delay = backoff.next(using: &random)
        nextAttempt = loop.now + delay
        return delay
    }
}

// MARK: How many connections

extension ConnectionPool {
    /// Does what the present need asks for: proofs of life, a connection more, a replacement, one less.
    ///
    /// `waiting` counts the requests for which there was no room though they might have gone. Gives why they cannot be served,
    /// when not even an attempt can be made.
    func tend(waiting: Int) -> NotProcessedReason? {
        if waiting > 0 { for connection in connections { connection.prove() } }
        finishReplacement(waiting: waiting)
        let failure = connectAsNeeded(waiting: waiting)
        watchUse()
        return failure
    }

    private func connectAsNeeded(waiting: Int) -> NotProcessedReason? {
        var (usable, opening, full) = (0, 0, 0)
        var aged: HTTP2Connection?
        for connection in connections where connection.isUsable {
            usable += 1
            if !connection.isOpen { opening += 1 }
            if connection.isSettled, connection.isFull { full += 1 }
            if connection.isAged { aged = aged ?? connection }
        }
        // One at a time: what the next look-up and the next handshake are for is known only after this one.
        guard opening == 0 else { return nil }
        if usable == 0 {
            guard waiting > 0 || isWanted else { return nil }
            return connect().failure
        }
        isWanted = false
        if waiting > 0, full == usable, usable - (replacement == nil ? 0 : 1) < configuration.connectionCount {
            guard nextGrowth <= loop.now else {
                wake(at: nextGrowth)
                return nil
            }
            return connect().failure
        }
        if let aged, replacement == nil {
            let attempt = connect()
            if let new = attempt.connection { replacement = (aged, new) }
            return attempt.failure
        }
        return nil
    }

    /// Begins to make a connection, unless it is too early after a failure.
    private func connect() -> (connection: HTTP2Connection?, failure: NotProcessedReason?) {
        guard nextAttempt <= loop.now else {
            wake(at: nextAttempt)
            return (nil, nil)
        }
        isWanted = false
        nextGrowth = loop.now + configuration.connectionStagger
        do throws(HTTP2SetupError) {
            return (try makeConnection(), nil)
        } catch {
            return (nil, attemptFailed(.connectFailed(error.description), error.description))
        }
    }

    private func makeConnection() throws(HTTP2SetupError) -> HTTP2Connection {
        var configuration = self.configuration
        if let age = configuration.connectionAgeMax {
            // Connections that were made together, here or in other processes, are not to be replaced together.
            configuration.connectionAgeMax = age - age / 1000 * Int.random(in: 0...100, using: &random)
        }
        let transport = try Transport(
            endpoint,
            configuration,
            context: context,
            draw: random.next(),
            loop: loop
        )
        let connection = try HTTP2Connection(
            transport,
            configuration,
            exchanges: table,
            loop: loop,
            changed: changed
        )
        connections.append(connection)
        connection.start()
        return connection
    }

    /// Lets an aged connection go when the one in its place has shown that it works, or when nobody would notice.
    private func finishReplacement(waiting: Int) {
        guard let (old, new) = replacement else { return }
        guard old.isUsable, new.isUsable else {
            replacement = nil
            return
        }
        if new.isSettled || new.isOpen && old.streamCount == 0 && waiting == 0 {
            old.retire()
            replacement = nil
        }
    }

    private func wake(at instant: MonotonicInstant) {
        guard wakeTimer == nil || instant < wakeAt else { return }
        if let wakeTimer { loop.cancel(wakeTimer) }
        wakeAt = instant
        wakeTimer = loop.schedule(at: instant) { [weak self] in
            self?.wakeTimer = nil
            self?.changed()
        }
    }

    private func watchUse() {
        inFlightMost = max(inFlightMost, table.inFlight)
        guard shrinkTimer == nil, connections.count > configuration.connectionCountMin else { return }
        inFlightMost = table.inFlight
        shrinkTimer = loop.schedule(at: loop.now + configuration.connectionIdleMax) { [weak self] in
            self?.shrinkTimer = nil
            self?.shrink()
        }
    }

    /// Retires connections that the others could have done without; at most one while there is anything to do.
    private func shrink() {
        var usable = connections.filter { $0.isUsable && $0 !== replacement?.old }
        while usable.count > configuration.connectionCountMin, let last = usable.popLast() {
            let room = usable.reduce(0) { $0 + $1.streamLimit }
            guard last.isOpen, inFlightMost * 2 <= room else { break }
            last.retire()
            if inFlightMost > 0 { break }
        }
        changed()
    }
}
