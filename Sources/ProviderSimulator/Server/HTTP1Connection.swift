internal import NIOCore
internal import NIOHTTP1

/// The server's side of one HTTP/1.1 connection: one request after the other.
///
/// Services see the same form as with HTTP/2: pseudo-header fields first, names in lower case.
final class HTTP1Connection<Service: ProviderService>: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// Of a larger body only this much is kept and judged; far above what any provider takes.
    private static var bodyOctetsMax: Int { 16_384 }

    private var service: Service
    private let state: SimulatorState
    private let registry: ConnectionRegistry
    /// The request that is being received, or whose answer is delayed.
    private var stream: ServerStream?
    private var keepsAlive = true
    private var context: ChannelHandlerContext?

    init(service: Service, state: SimulatorState, registry: ConnectionRegistry) {
        self.service = service
        self.state = state
        self.registry = registry
    }

    // MARK: Life of the connection

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        state.connectionOpened()
        registry.add(context.channel)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if let stream, stream.isComplete { finish(stream, status: 0, reason: "connection closed") }
        stream = nil
        registry.remove(context.channel)
        state.connectionClosed()
        self.context = nil
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ConnectionRegistry.Event {
            switch event {
            case .limitChanged: break
            case .shutdown: context.close(promise: nil)
            }
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            keepsAlive = head.isKeepAlive
            stream = ServerStream(headers: Self.fields(of: head))
            if head.headers["expect"].contains("100-continue") {
                let interim = HTTPResponseHead(version: head.version, status: .continue)
                context.writeAndFlush(wrapOutboundOut(.head(interim)), promise: nil)
            }
        case .body(let buffer):
            let room = Self.bodyOctetsMax + 1 - (stream?.body.count ?? 0)
            stream?.body.append(contentsOf: buffer.readableBytesView.prefix(max(0, room)))
        case .end:
            complete()
        }
    }

    private static func fields(of head: HTTPRequestHead) -> [HeaderField] {
        var fields = [
            HeaderField(":method", head.method.rawValue), HeaderField(":scheme", "https"),
            HeaderField(":path", head.uri),
        ]
        for (name, value) in head.headers {
            let name = name.lowercased()
            fields.append(HeaderField(name == "host" ? ":authority" : name, value))
        }
        // Pseudo-header fields stand in front; a stable partition keeps the order of the rest.
        return fields.filter { $0.name.first == ":" } + fields.filter { $0.name.first != ":" }
    }

    private func complete() {
        guard var stream else { return }
        let now = state.now()
        let request = ProviderRequest(headers: stream.headers, body: stream.body, receivedAt: now)
        let examination = service.examine(request)
        stream.arrived(request, examination)
        let arrival = state.arrive(provider: Service.provider, subject: examination.subject, at: now)
        act(on: arrival.fault, stream)
    }

    private func act(on fault: FaultEngine.Fault, _ stream: ServerStream) {
        self.stream = nil
        switch fault.effect {
        case .normalAnswer:
            answer(stream, with: stream.ownAnswer, after: fault.delay)
        case .answer(let given):
            if stream.isAccepted {
                answer(stream.struck, with: service.answer(given, to: stream.request), after: fault.delay)
            } else {
                answer(stream, with: stream.ownAnswer, after: fault.delay)
            }
        case .settings(let limit):
            answer(stream, with: stream.ownAnswer, after: .zero)
            registry.changeLimit(to: limit)
        case .refuse:
            // HTTP/1.1 cannot refuse one request.
            finish(stream, status: 0, reason: "refuse")
            context?.close(promise: nil)
        case .silence:
            finish(stream, status: 0, reason: "silence")
        case .reset:
            finish(stream, status: 0, reason: "reset")
            context?.resetConnection()
        case .goAway(let goAway):
            switch goAway.lastStream {
            case .this, .all:
                keepsAlive = false
                answer(stream, with: stream.ownAnswer, after: .zero)
            case .before:
                finish(stream, status: 0, reason: "goaway")
                context?.close(promise: nil)
            }
        }
    }

    // MARK: Answers

    private func answer(_ stream: ServerStream, with answer: ProviderAnswer, after delay: Duration) {
        guard delay > .zero, let context else { return send(answer, to: stream) }
        self.stream = stream
        context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(delay)) {
            // A connection that ended has taken the request away.
            guard let stream = self.stream else { return }
            self.stream = nil
            self.send(answer, to: stream)
        }
    }

    private func send(_ answer: ProviderAnswer, to stream: ServerStream) {
        stream.effect?()
        var head = HTTPResponseHead(version: .http1_1, status: HTTPResponseStatus(statusCode: answer.status))
        for field in answer.headers { head.headers.add(name: field.name, value: field.value) }
        if !head.headers.contains(name: "content-length"), answer.status != 204 {
            head.headers.add(name: "content-length", value: String(answer.body.count))
        }
        if !keepsAlive { head.headers.replaceOrAdd(name: "connection", value: "close") }
        finish(stream, status: answer.status, reason: answer.reason)
        guard let context else { return }
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if !answer.body.isEmpty {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: answer.body)))), promise: nil)
        }
        let written = context.writeAndFlush(wrapOutboundOut(.end(nil)))
        if !keepsAlive {
            let loopBound = NIOLoopBound(context, eventLoop: context.eventLoop)
            written.whenComplete { _ in loopBound.value.close(promise: nil) }
        }
    }

    /// Counts and records the end of a request.
    private func finish(_ stream: ServerStream, status: Int, reason: String) {
        state.count(SimulatorCounters.Ending(status: status, reason: reason))
        guard state.isWatched else { return }
        state.record(stream.observed(Service.provider, status: status, reason: reason), payload: stream.payload)
    }
}
