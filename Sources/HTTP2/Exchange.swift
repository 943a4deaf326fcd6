/// One request and what has come of it.
///
/// A place in the `ExchangeTable`, used again and again; its index is the stream's user data.
final class Exchange {
    enum State { case free, waiting, open }

    /// This place's index in the table, for ever.
    let index: Int32
    var state = State.free
    var id: UInt64 = 0
    var request = HTTP2Request()
    /// The connection that carries the stream, while open.
    var connection: HTTP2Connection?
    var streamID: Int32 = 0
    /// When it was given to the connection.
    var sentAt = MonotonicInstant(nanoseconds: 0)
    /// Position of the first byte of the HEADERS frame, or before it, in all that the connection serialized.
    var headersOffset = 0
    var bodyOffset = 0
    /// Status of the latest header block; 0 before any came.
    var status = 0
    var responseFields = HTTP2Fields()
    var responseBody: [UInt8] = []
    /// The header block being received comes after the final answer's.
    var hasTrailers = false
    /// Neighbours in the `WaitingList`.
    var nextWaiting: Int32 = -1
    var previousWaiting: Int32 = -1

    init(index: Int32) {
        self.index = index
    }

    /// The answer as received so far.
    func response(isTruncated: Bool) -> HTTP2Response {
        HTTP2Response(status: status, fields: responseFields, body: responseBody, isTruncated: isTruncated)
    }

    /// Gives back all memory that the request and the answer held.
    func clear() {
        state = .free
        request = HTTP2Request()
        connection = nil
        streamID = 0
        bodyOffset = 0
        status = 0
        responseFields = HTTP2Fields()
        responseBody = []
        hasTrailers = false
    }
}

/// The exchanges of one client, their deadlines and their outcomes, and how many may be under way.
///
/// The one place where an exchange ends: `finish` takes it out, so that it cannot end twice.
final class ExchangeTable {
    private(set) var exchanges: [Exchange] = []
    private var free: [Int32] = []
    private(set) var wheel: DeadlineWheel
    /// Outcomes not yet taken.
    private(set) var completions: [(id: UInt64, outcome: HTTP2Outcome)] = []
    var statistics = HTTP2Statistics()
    /// Learns from how exchanges end.
    private(set) var limit: ConcurrencyLimit
    /// Exchanges that a connection was given and that have not ended.
    private(set) var inFlight = 0
    /// Bytes of the requests that have not ended.
    private(set) var requestBytes = 0
    /// What happened to connections, not yet taken.
    private var events: [HTTP2Event] = []
    private let loop: EventLoop

    init(_ bounds: ConcurrencyLimit.Bounds, loop: EventLoop) {
        self.loop = loop
        wheel = DeadlineWheel(now: loop.now)
        limit = ConcurrencyLimit(bounds, now: loop.now)
    }

    /// Exchanges that have not ended.
    var outstandingCount: Int { exchanges.count - free.count }

    /// Whether the server may be given one more.
    var hasRoomInFlight: Bool { inFlight < limit.limit }

    /// Takes a place for a request that is to wait for a stream.
    func begin(_ request: HTTP2Request, id: UInt64) -> Exchange {
        let exchange: Exchange
        if let index = free.popLast() {
            exchange = exchanges[Int(index)]
        } else {
            exchange = Exchange(index: Int32(exchanges.count))
            exchanges.append(exchange)
        }
        exchange.state = .waiting
        exchange.id = id
        exchange.request = request
        requestBytes += request.bytes
        if request.deadline < .distantFuture { wheel.insert(exchange.index, deadline: request.deadline) }
        return exchange
    }

    /// Notes that a connection was given an exchange.
    func open(_ exchange: Exchange, on connection: HTTP2Connection) {
        exchange.state = .open
        exchange.connection = connection
        exchange.sentAt = loop.now
        inFlight += 1
        statistics.requestsSent += 1
    }

    /// Ends an exchange: its outcome can be taken, its place is free.
    func finish(_ exchange: Exchange, _ outcome: HTTP2Outcome) {
        precondition(exchange.state != .free, "an exchange ends once")
        if exchange.state == .open {
            learn(from: outcome, sentAt: exchange.sentAt)
            inFlight -= 1
        }
        requestBytes -= exchange.request.bytes
        wheel.remove(exchange.index)
        complete(exchange.id, outcome)
        exchange.clear()
        free.append(exchange.index)
    }

    private func learn(from outcome: HTTP2Outcome, sentAt: MonotonicInstant) {
        switch outcome {
        case .response(let response):
            switch response.status {
            case 200..<300: limit.served(sentAt: sentAt, at: loop.now, inFlight: inFlight)
            // Whether these mean overload is for the owner to say: some providers limit single devices with 429.
            case 429, 500...: break
            default: limit.refused(sentAt: sentAt, at: loop.now, inFlight: inFlight)
            }
        case .unknown(.deadline): limit.timedOut(sentAt: sentAt, at: loop.now, inFlight: inFlight)
        // RFC 9113 section 7: the server sees excessive load.
        case .unknown(.reset(code: HTTP2Session.enhanceYourCalm)): overloaded()
        case .notProcessed, .unknown: break
        }
    }

    /// Lowers the limit: the server said that it is overloaded.
    func overloaded() {
        limit.overloaded(at: loop.now, inFlight: inFlight)
    }

    /// Records the outcome of a request that never got a place.
    func complete(_ id: UInt64, _ outcome: HTTP2Outcome) {
        switch outcome {
        case .response: statistics.responses += 1
        case .notProcessed: statistics.notProcessed += 1
        case .unknown: statistics.unknown += 1
        }
        completions.append((id, outcome))
    }

    /// Gives the outcomes since the last call, in the order in which they came.
    func takeCompletions() -> [(id: UInt64, outcome: HTTP2Outcome)] {
        guard !completions.isEmpty else { return [] }
        let taken = completions
        completions = []
        completions.reserveCapacity(taken.count)
        return taken
    }

    /// Gives the outcomes since the last call for an empty array, whose memory the next ones are put into.
    func takeCompletions(into empty: inout [(id: UInt64, outcome: HTTP2Outcome)]) {
        swap(&completions, &empty)
        precondition(completions.isEmpty, "outcomes are given once, and none is lost")
    }

    /// Records what happened to a connection; when nobody takes events, the oldest are dropped.
    func note(_ event: HTTP2Event) {
        if events.count >= 256 { events.removeFirst() }
        events.append(event)
    }

    /// Gives the events since the last call.
    func takeEvents() -> [HTTP2Event] {
        defer { events = [] }
        return events
    }

    /// The exchanges whose deadline has passed, out of the wheel.
    func expire(now: MonotonicInstant) -> [Exchange] {
        wheel.expire(now: now).map { exchanges[Int($0)] }
    }

    /// The exchanges on a connection.
    func open(on connection: HTTP2Connection) -> [Exchange] {
        exchanges.filter { $0.connection === connection }
    }
}
