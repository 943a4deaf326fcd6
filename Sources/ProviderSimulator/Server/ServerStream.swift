internal import NIOCore
internal import NIOHTTP2

/// One request while it is received and until it is answered.
struct ServerStream {
    let headers: [HeaderField]
    var body: [UInt8] = []
    /// Whether the request is judged before its end, its body being far too large.
    var isCut = false
    private var arrival: (request: ProviderRequest, examination: Examination)?
    private(set) var isSilenced = false
    private var isStruck = false

    init(headers: [HeaderField]) {
        self.headers = headers
    }

    /// The request is complete and judged.
    mutating func arrived(_ request: ProviderRequest, _ examination: Examination) {
        arrival = (request, examination)
    }

    /// The same stream, never to be answered.
    var silenced: ServerStream {
        var stream = self
        stream.isSilenced = true
        return stream
    }

    /// The same stream, answered by the fault script: what it asked for is not done.
    var struck: ServerStream {
        var stream = self
        stream.isStruck = true
        return stream
    }

    var isComplete: Bool { arrival != nil }
    var isAccepted: Bool { judged.examination.isAccepted }
    var isAuthenticated: Bool { judged.examination.isAuthenticated }
    var payload: RecordedPayload { judged.examination.payload }
    var effect: (@Sendable () -> Void)? { isStruck ? nil : judged.examination.effect }
    var request: ProviderRequest { judged.request }
    /// The answer by the provider's rules.
    var ownAnswer: ProviderAnswer { judged.examination.answer }

    func observed(_ provider: SimulatedProvider, status: Int, reason: String) -> ObservedRequest {
        let (request, examination) = judged
        return ObservedRequest(
            receivedAt: request.receivedAt,
            provider: provider.rawValue,
            token: examination.subject.token,
            topic: examination.subject.topic,
            headers: request.headers,
            payload: examination.payload.plaintext ?? request.body,
            status: status,
            reason: reason
        )
    }

    private var judged: (request: ProviderRequest, examination: Examination) {
        guard let arrival else { preconditionFailure("a request was used before it was complete") }
        return arrival
    }
}

/// The limit on concurrent streams that a connection has announced.
struct StreamSettings {
    private var target: Int
    private var isHeldBack: Bool
    private var announced: Int

    init(_ limits: StreamLimits) {
        target = limits.maxConcurrentStreams
        isHeldBack = limits.startsWithOneStream
        announced = limits.initial
    }

    /// A request proved who its sender is: gives the limit to announce, where it changes.
    mutating func authenticated() -> Int? {
        guard isHeldBack else { return nil }
        isHeldBack = false
        return announce(target)
    }

    /// The limit is another from now on: gives it where it is to be announced.
    mutating func change(to limit: Int) -> Int? {
        target = limit
        return announce(isHeldBack ? min(1, limit) : limit)
    }

    private mutating func announce(_ value: Int) -> Int? {
        guard value != announced else { return nil }
        announced = value
        return value
    }
}

extension RecordedPayload {
    /// What the body held, where that is known and differs from the body.
    fileprivate var plaintext: [UInt8]? {
        if case .decrypted(let octets) = self { octets } else { nil }
    }
}

extension StreamLimits {
    /// What a new connection announces first.
    var initial: Int {
        startsWithOneStream ? min(1, maxConcurrentStreams) : maxConcurrentStreams
    }
}

/// Notes that the HTTP/2 handler has given a connection up: the GOAWAYs that scripts ask for do not pass through it.
final class ConnectionFailure: NIOHTTP2FrameDelegate {
    private(set) var isFatal = false

    func wroteFrame(_ frame: HTTP2Frame) {
        if case .goAway = frame.payload { isFatal = true }
    }
}

/// How far a connection is on its way to an orderly end.
struct ConnectionEnding {
    /// After "all streams count", requests still on their way are waited for this long.
    static let graceTime = TimeAmount.milliseconds(200)
    /// Streams that never end (silence) keep an ending connection open this long.
    static let timeMax = TimeAmount.seconds(10)

    private var last: HTTP2StreamID?
    var deadline: Scheduled<Void>?

    /// Notes the last stream of a GOAWAY; a later GOAWAY can only lower it (RFC 9113 section 6.8).
    mutating func begin(last: HTTP2StreamID) -> HTTP2StreamID {
        let effective = self.last.map { min($0, last) } ?? last
        self.last = effective
        return effective
    }

    /// Whether a new stream is still taken.
    func admits(_ id: HTTP2StreamID) -> Bool {
        last.map { id <= $0 } ?? true
    }

    /// Whether the connection ends as soon as its streams have.
    var isFinal: Bool { last != nil && last != .maxID }
}
