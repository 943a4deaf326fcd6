private import CNGHTTP2

/// One HTTP/2 connection: streams for exchanges, and what the server says about them.
///
/// Whatever changes is noted in its properties; `changed` asks the client to look, after nghttp2 has returned.
final class HTTP2Connection {
    /// Serialized bytes beyond which no stream is opened, and from which on they are written at once.
    private static let backlogBytesMax = 65_536
    private static let writeBytes = 16_384

    private let loop: EventLoop
    private let configuration: HTTP2Configuration
    private let exchanges: ExchangeTable
    private let session: HTTP2Session
    private let transport: Transport
    private let changed: () -> Void

    /// Serialized frames that OpenSSL has not been given: provably not sent.
    private var plaintext: [UInt8] = []
    /// How many bytes OpenSSL was given; positions of frames are counted as these are.
    private var bytesWritten = 0
    /// The exchange whose HEADERS frame is being serialized.
    private var opening: Exchange?
    private var streamResetByServer: Int32 = 0
    private var hasSettings = false
    private var liveness: Liveness
    private var livenessTimer: EventLoop.TimerID?
    private var livenessAt = MonotonicInstant.distantFuture
    private var ageTimer: EventLoop.TimerID?

    /// TLS is up and the connection has not ended.
    private(set) var isOpen = false
    /// It is older than it should become, and is to be replaced.
    private(set) var isAged = false
    /// Takes no more requests, because of GOAWAY, or because it is not needed or replaced.
    private(set) var isRetiring = false
    /// Why it ended, once it has.
    private(set) var failure: ConnectionFailure?
    /// The last GOAWAY.
    private(set) var goAway: (code: UInt32, lastStreamID: Int32, debug: String)?
    /// Streams that are open for nghttp2.
    private(set) var streamCount = 0
    /// At least one answer came: the server works.
    private(set) var hasAnswered = false
    /// The client has drawn its conclusion about the server from this connection, which it does once.
    var isJudged = false

    init(
        _ transport: Transport,
        _ configuration: HTTP2Configuration,
        exchanges: ExchangeTable,
        loop: EventLoop,
        changed: @escaping () -> Void
    ) throws(HTTP2SetupError) {
        self.transport = transport
        self.configuration = configuration
        self.exchanges = exchanges
        self.loop = loop
        self.changed = changed
        liveness = Liveness(configuration.livenessLimits, now: loop.now)
        session = try HTTP2Session.make(configuration)
        session.setOwner(self)
    }

    deinit {
        cancelTimers()
    }

    /// Begins to connect.
    func start() {
        transport.start(for: self)
    }

    /// It was made, and the server ended it or is ending it without having answered anything.
    var isUseless: Bool {
        if hasAnswered { return false }
        if case .lost = failure { return true }
        return goAway != nil
    }

    /// Bytes on the wire so far.
    var bytes: (received: Int, sent: Int) { (transport.bytesReceived, transport.bytesSent) }

    /// It takes new requests, or will when it is made.
    var isUsable: Bool { failure == nil && !isRetiring }

    /// All is known that decides how many streams it carries: it is made and has shown what it can do.
    var isSettled: Bool {
        isOpen && hasSettings && (hasAnswered || !configuration.startsWithOneStream) && !liveness.isAsking
    }

    /// As many streams are open as may be.
    var isFull: Bool { streamCount >= streamLimit }

    /// How many streams may be open now.
    var streamLimit: Int {
        if !hasSettings {
            return min(configuration.streamsBeforeSettings, configuration.startsWithOneStream ? 1 : .max)
        }
        let limit = min(session.remoteStreamsMax, configuration.streamsPerConnectionMax)
        return configuration.startsWithOneStream && !hasAnswered ? min(limit, 1) : limit
    }

    /// Whether `open` may be called now.
    var canOpen: Bool {
        isOpen && !isRetiring && streamCount < streamLimit && plaintext.count < Self.backlogBytesMax && isTrusted
            && session.takesRequests
    }

    /// Somebody is there, as far as is known.
    private var isTrusted: Bool {
        !liveness.isAsking && (streamCount > 0 || !liveness.needsProof(at: loop.now))
    }

    /// Asks for the sign of life without which a connection that was quiet for long gets no request.
    func prove() {
        guard isOpen, !isRetiring, streamCount == 0, liveness.needsProof(at: loop.now) else { return }
        ask()
    }

    /// Opens a stream for an exchange.
    ///
    /// The exchange may have ended when this returns.
    func open(_ exchange: Exchange) {
        precondition(canOpen, "a stream is opened only when there is room for it")
        exchanges.open(exchange, on: self)
        exchange.headersOffset = bytesWritten + plaintext.count
        opening = exchange
        streamCount += 1
        let stream = session.submit(exchange.request, userData: exchange.index) { serialize() }
        if isOpen, opening != nil {
            // nghttp2 took no request though it said it would, or kept it back: nothing can be said about this session any more.
            end(.lost("HTTP/2: no stream could be opened: \(HTTP2Session.text(min(stream, 0)))"))
        }
        opening = nil
        if streamCount == 1 {
            liveness.becameBusy(at: loop.now)
            watchLiveness()
        }
        if isOpen, plaintext.count >= Self.writeBytes { push() }
    }

    /// Ends an open exchange that is no longer wanted, and resets its stream.
    func abandon(_ exchange: Exchange, _ reason: UnknownReason) {
        // Its frames may be in a buffer still, but they will leave: nothing is known about it.
        session.reset(exchange.streamID, code: NGHTTP2_CANCEL.rawValue)
        exchanges.statistics.resetsSent += 1
        let isUnheard = liveness.lastReceived < exchange.sentAt
        exchanges.finish(exchange, .unknown(reason))
        // Nothing came since the request was sent, and its time is over: the next would fare no better.
        if reason == .deadline, isUnheard, !liveness.isAsking { ask() }
        changed()
    }

    /// Serializes and sends what there is.
    func flush() {
        guard isOpen else { return }
        serialize()
        push()
    }

    /// Takes no more requests; ends when its streams have.
    func retire() {
        guard !isRetiring else { return }
        isRetiring = true
        changed()
    }

    /// Ends the connection at once; what is on it ends too, each exchange by what is known about it.
    func close() {
        guard failure == nil else { return }
        if isOpen {
            session.goAway()
            serialize()
            push()
        }
        end(.closed)
    }

    private func serialize() {
        guard isOpen else { return }
        if let reason = session.serialize(into: &plaintext) { end(.lost(reason)) }
    }

    private func push() {
        guard isOpen, !plaintext.isEmpty, !transport.isCongested else { return }
        bytesWritten += plaintext.count
        if let reason = transport.write(plaintext) { return end(.lost(reason)) }
        plaintext.removeAll(keepingCapacity: true)
    }

    private func end(_ cause: ConnectionFailure) {
        guard failure == nil else { return }
        var reason = cause
        // A server that ends the connection before it said anything in HTTP/2 has not taken it: so it refuses client
        // certificates in TLS 1.3.
        if case .lost(let text) = cause, !hasSettings { reason = .connect("\(transport.addressText): \(text)") }
        failure = reason
        isOpen = false
        cancelTimers()
        transport.close()
        for exchange in exchanges.open(on: self) {
            exchanges.finish(exchange, outcome(of: exchange, endedBy: reason))
        }
        changed()
    }

    private func outcome(of exchange: Exchange, endedBy reason: ConnectionFailure) -> HTTP2Outcome {
        let isWritten = exchange.headersOffset < bytesWritten
        if reason == .closed { return isWritten ? .unknown(.closed) : .notProcessed(.closed) }
        var text = reason.text
        if let goAway { text += ", after GOAWAY with error code \(goAway.code) \(goAway.debug)" }
        return isWritten ? .unknown(.connectionLost(text)) : .notProcessed(.neverWritten(text))
    }
}

// MARK: What the transport tells

extension HTTP2Connection: TransportOwner {
    func transportReady() {
        isOpen = true
        liveness.received(at: loop.now)
        exchanges.statistics.connects += 1
        exchanges.note(.connected(address: transport.addressText, tlsVersion: transport.tlsVersion))
        if let age = configuration.connectionAgeMax {
            ageTimer = loop.schedule(at: loop.now + age) { [weak self] in
                self?.isAged = true
                self?.changed()
            }
        }
        watchLiveness()
        flush()
        changed()
    }

    func transportReceived(_ bytes: UnsafeRawBufferPointer) -> String? {
        liveness.received(at: loop.now)
        changed()
        // SAFETY: the transport's buffer is valid during this call.
        guard let reason = unsafe session.receive(bytes) else { return nil }
        // nghttp2 may have queued a GOAWAY that tells the server what it did wrong.
        flush()
        return reason
    }

    func transportDrained() {
        push()
        changed()
    }

    func transportFailed(_ failure: ConnectionFailure) {
        end(failure)
    }
}

// MARK: What nghttp2 tells, from within `session`'s methods

extension HTTP2Connection {
    private func exchange(on stream: Int32) -> Exchange? {
        session.index(of: stream).map { exchanges.exchanges[Int($0)] }
    }

    func settingsReceived() {
        hasSettings = true
    }

    func headersBegan(_ stream: Int32) {
        guard let exchange = exchange(on: stream) else { return }
        exchange.hasTrailers = exchange.status >= 200
    }

    func headerReceived(
        _ stream: Int32,
        _ name: UnsafeBufferPointer<UInt8>,
        _ value: UnsafeBufferPointer<UInt8>
    ) {
        guard let exchange = exchange(on: stream), !exchange.hasTrailers else { return }
        // SAFETY: nghttp2's buffers, valid during this call.
        if unsafe name.first == UInt8(ascii: ":") {
            // The only pseudo-header field of answers (RFC 9113 section 8.3.2), first in its block: a 1xx before it is forgotten.
            exchange.responseFields.removeAll()
            exchange.status = unsafe value.reduce(0) { $0 * 10 + Int($1) - 48 }
        } else if exchange.responseFields.listBytes + name.count + value.count + 32
            > configuration.responseFieldBytesMax
        {
            endTruncated(exchange)
        } else {
            unsafe exchange.responseFields.appendReceived(name, value)
        }
    }

    func bodyReceived(_ stream: Int32, _ bytes: UnsafeBufferPointer<UInt8>) {
        guard let exchange = exchange(on: stream) else { return }
        let room = configuration.responseBodyBytesMax - exchange.responseBody.count
        // SAFETY: nghttp2's buffer, valid during this call.
        unsafe exchange.responseBody.append(contentsOf: bytes.prefix(room))
        if bytes.count > room { endTruncated(exchange) }
    }

    func responseEnded(_ stream: Int32) {
        guard let exchange = exchange(on: stream) else { return }
        hasAnswered = true
        if exchange.bodyOffset < exchange.request.body.count {
            // RFC 9113 section 8.1: the server needs no more of the request to answer it.
            session.reset(stream, code: NGHTTP2_NO_ERROR.rawValue)
            exchanges.statistics.resetsSent += 1
        } else {
            session.detach(stream)
        }
        exchanges.finish(exchange, .response(exchange.response(isTruncated: false)))
    }

    func resetReceived(_ stream: Int32) {
        exchanges.statistics.resetsReceived += 1
        streamResetByServer = stream
    }

    func goAwayReceived(code: UInt32, lastStreamID: Int32, debug: String) {
        exchanges.statistics.goAways += 1
        goAway = (code, lastStreamID, debug)
        exchanges.note(.goAway(code: code, lastStreamID: lastStreamID, debug: debug))
        isRetiring = true
    }

    func streamClosed(_ stream: Int32, code: UInt32) {
        streamCount -= 1
        guard let exchange = exchange(on: stream) else { return }
        exchanges.finish(exchange, outcome(ofUnanswered: exchange, code: code))
    }

    /// The outcome of an exchange whose stream closed before its answer was complete.
    private func outcome(ofUnanswered exchange: Exchange, code: UInt32) -> HTTP2Outcome {
        let isRefused = code == NGHTTP2_REFUSED_STREAM.rawValue && exchange.status == 0
        if exchange.streamID == streamResetByServer {
            return isRefused ? .notProcessed(.refusedStream) : .unknown(.reset(code: code))
        }
        // nghttp2 closes streams above a GOAWAY's last stream id with REFUSED_STREAM.
        if isRefused, let goAway, exchange.streamID > goAway.lastStreamID {
            return .notProcessed(.goAway(code: goAway.code, debug: goAway.debug))
        }
        return .unknown(.malformedResponse(code: code))
    }

    func frameSerialized(_ type: UInt32, _ stream: Int32) {
        guard type == NGHTTP2_HEADERS.rawValue, let exchange = opening else { return }
        exchange.streamID = stream
        opening = nil
    }

    func frameRefused(_ type: UInt32, _ stream: Int32, reason: String) {
        guard type == NGHTTP2_HEADERS.rawValue, let exchange = opening else { return }
        opening = nil
        session.detach(stream)
        exchanges.finish(exchange, .notProcessed(.invalidRequest(reason)))
    }

    /// Copies the next part of a stream's request body; nil when nobody wants the stream any more.
    func copyBody(_ stream: Int32, into buffer: UnsafeMutableRawBufferPointer) -> (count: Int, isLast: Bool)? {
        guard let exchange = exchange(on: stream) else { return nil }
        let body = exchange.request.body
        // SAFETY: nghttp2's buffer, valid during this call; no more is copied than fits.
        let count = min(buffer.count, body.count - exchange.bodyOffset)
        unsafe body.withUnsafeBytes { bytes in
            unsafe buffer.copyMemory(from: .init(rebasing: bytes[exchange.bodyOffset..<exchange.bodyOffset + count]))
        }
        exchange.bodyOffset += count
        return (count, exchange.bodyOffset == body.count)
    }

    private func endTruncated(_ exchange: Exchange) {
        hasAnswered = true
        session.reset(exchange.streamID, code: NGHTTP2_CANCEL.rawValue)
        exchanges.statistics.resetsSent += 1
        exchanges.finish(exchange, .response(exchange.response(isTruncated: true)))
    }
}

// MARK: Liveness

extension HTTP2Connection {
    /// Sets the timer that looks for signs of life, if it is not set for an earlier time.
    private func watchLiveness() {
        guard isOpen, case .look(let due) = liveness.next(at: loop.now, hasStreams: streamCount > 0) else { return }
        guard livenessTimer == nil || due < livenessAt else { return }
        scheduleLivenessCheck(at: due)
    }

    private func scheduleLivenessCheck(at instant: MonotonicInstant) {
        if let livenessTimer { loop.cancel(livenessTimer) }
        livenessAt = instant
        livenessTimer = loop.schedule(at: instant) { [weak self] in
            self?.livenessTimer = nil
            self?.checkLiveness()
        }
    }

    private func checkLiveness() {
        guard isOpen else { return }
        switch liveness.next(at: loop.now, hasStreams: streamCount > 0) {
        case .look(let due): scheduleLivenessCheck(at: due)
        case .ask: ask()
        case .lost: end(.lost("nothing came within \(configuration.pingTimeout) after a PING"))
        }
    }

    private func ask() {
        guard isOpen else { return }
        guard session.ping() else { return end(.lost("HTTP/2: no PING could be sent")) }
        exchanges.statistics.pings += 1
        liveness.asked(at: loop.now)
        flush()
        scheduleLivenessCheck(at: loop.now + configuration.pingTimeout)
    }

    private func cancelTimers() {
        if let livenessTimer { loop.cancel(livenessTimer) }
        if let ageTimer { loop.cancel(ageTimer) }
        livenessTimer = nil
        ageTimer = nil
    }
}
