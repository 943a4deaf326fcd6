internal import NIOCore
internal import NIOHPACK
internal import NIOHTTP2

/// The server's side of one HTTP/2 connection, at the level of frames.
///
/// There is no channel per stream: a request is a few frames, and the faults (refuse, reset, GOAWAY with a chosen last
/// stream, other settings) are statements about frames.
final class HTTP2Connection<Service: ProviderService>: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    /// Larger bodies are answered before they end (RFC 9113 section 8.1); far above what any provider takes.
    private static var bodyOctetsMax: Int { 16_384 }
    /// Flow-control window of the connection, wide enough never to be felt.
    private static var windowOctets: Int { 16 << 20 }

    private var service: Service
    private let state: SimulatorState
    private let registry: ConnectionRegistry
    private let failure: ConnectionFailure
    private var settings: StreamSettings
    private var streams: [HTTP2StreamID: ServerStream] = [:]
    /// The highest stream whose request was complete.
    private var lastComplete = HTTP2StreamID.rootStream
    private var ending = ConnectionEnding()
    private var consumedOctets = 0
    private var needsFlush = false
    private var context: ChannelHandlerContext?

    init(
        service: Service,
        state: SimulatorState,
        registry: ConnectionRegistry,
        limits: StreamLimits,
        failure: ConnectionFailure
    ) {
        self.service = service
        self.failure = failure
        self.state = state
        self.registry = registry
        settings = StreamSettings(limits)
    }

    // MARK: Life of the connection

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        state.connectionOpened()
        registry.add(context.channel)
        write(.windowUpdate(windowSizeIncrement: Self.windowOctets), on: .rootStream)
        flush()
    }

    func channelInactive(context: ChannelHandlerContext) {
        for (id, stream) in streams where stream.isComplete {
            finish(stream, status: 0, reason: "connection closed")
            streams[id] = nil
        }
        streams.removeAll()
        ending.deadline?.cancel()
        registry.remove(context.channel)
        state.connectionClosed()
        self.context = nil
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The HTTP/2 handler has answered a mistake in one stream with RST_STREAM and can go on. After a GOAWAY of its
        // own the connection is of no use. TLS and socket errors close the channel by themselves.
        if failure.isFatal { context.close(promise: nil) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case let event as StreamClosedEvent:
            closed(event.streamID)
        case let event as ConnectionRegistry.Event:
            switch event {
            case .limitChanged(let streams):
                if let value = settings.change(to: streams) { announce(value) }
            case .shutdown:
                goAway(FaultGoAway(), last: lastComplete)
                context.close(promise: nil)
            }
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if needsFlush { flush() }
        context.fireChannelReadComplete()
    }

    // MARK: Frames in

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        switch frame.payload {
        case .headers(let headers):
            receive(headers, on: frame.streamID)
        case .data(let data):
            receive(data, on: frame.streamID)
        case .alternativeService, .goAway, .origin, .ping, .priority, .pushPromise, .rstStream, .settings,
            .windowUpdate:
            // The HTTP/2 handler has done what is to be done.
            break
        }
    }

    private func receive(_ headers: HTTP2Frame.FramePayload.Headers, on id: HTTP2StreamID) {
        if streams[id] == nil {
            guard ending.admits(id) else { return }
            streams[id] = ServerStream(headers: headers.headers.map { HeaderField($0.name, $0.value) })
        }
        if headers.endStream { complete(id) }
    }

    private func receive(_ data: HTTP2Frame.FramePayload.Data, on id: HTTP2StreamID) {
        consumedOctets += data.data.readableBytes + (data.paddingBytes.map { $0 + 1 } ?? 0)
        if consumedOctets > Self.windowOctets / 4 {
            write(.windowUpdate(windowSizeIncrement: consumedOctets), on: .rootStream)
            consumedOctets = 0
        }
        guard streams[id]?.isComplete == false, case .byteBuffer(let buffer) = data.data else { return }
        streams[id]?.body.append(contentsOf: buffer.readableBytesView)
        if data.endStream {
            complete(id)
        } else if let stream = streams[id], stream.body.count > Self.bodyOctetsMax {
            streams[id]?.isCut = true
            complete(id)
        }
    }

    // MARK: Requests

    private func complete(_ id: HTTP2StreamID) {
        guard var stream = streams.removeValue(forKey: id) else { return }
        let now = state.now()
        let request = ProviderRequest(headers: stream.headers, body: stream.body, receivedAt: now)
        let examination = service.examine(request)
        stream.arrived(request, examination)
        let arrival = state.arrive(provider: Service.provider, subject: examination.subject, at: now)
        let before = lastComplete
        lastComplete = max(lastComplete, id)
        act(on: arrival.fault, stream, id, lastCompleteBefore: before)
    }

    private func act(
        on fault: FaultEngine.Fault,
        _ stream: ServerStream,
        _ id: HTTP2StreamID,
        lastCompleteBefore: HTTP2StreamID
    ) {
        switch fault.effect {
        case .normalAnswer:
            answer(stream, id, with: stream.ownAnswer, after: fault.delay)
        case .answer(let given):
            if stream.isAccepted {
                answer(stream.struck, id, with: service.answer(given, to: stream.request), after: fault.delay)
            } else {
                answer(stream, id, with: stream.ownAnswer, after: fault.delay)
            }
        case .settings(let limit):
            answer(stream, id, with: stream.ownAnswer, after: .zero)
            registry.changeLimit(to: limit)
        case .refuse:
            write(.rstStream(.refusedStream), on: id)
            finish(stream, status: 0, reason: "refuse")
        case .silence:
            // Kept, so that the connection still counts the stream; recorded now, as nothing more will happen to it.
            finish(stream, status: 0, reason: "silence")
            streams[id] = stream.silenced
        case .reset:
            finish(stream, status: 0, reason: "reset")
            context?.resetConnection()
        case .goAway(let goAway):
            end(goAway, stream, id, lastCompleteBefore: lastCompleteBefore)
        }
    }

    private func answer(_ stream: ServerStream, _ id: HTTP2StreamID, with answer: ProviderAnswer, after delay: Duration)
    {
        guard delay > .zero, let context else { return send(answer, to: stream, id) }
        streams[id] = stream
        context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(delay)) {
            // A client that gave up, or a connection that ended, has taken the stream away.
            guard let stream = self.streams.removeValue(forKey: id) else { return }
            self.send(answer, to: stream, id)
            self.flush()
            self.closeIfDone()
        }
    }

    private func send(_ answer: ProviderAnswer, to stream: ServerStream, _ id: HTTP2StreamID) {
        stream.effect?()
        var headers = HPACKHeaders()
        headers.reserveCapacity(answer.headers.count + 1)
        headers.add(name: ":status", value: String(answer.status))
        for field in answer.headers {
            headers.add(name: field.name, value: field.value, indexing: .nonIndexable)
        }
        write(.headers(.init(headers: headers, endStream: answer.body.isEmpty)), on: id)
        if !answer.body.isEmpty {
            write(.data(.init(data: .byteBuffer(ByteBuffer(bytes: answer.body)), endStream: true)), on: id)
        }
        if stream.isCut {
            // Flushed first: RST_STREAM would overtake the body of the answer.
            flush()
            write(.rstStream(.noError), on: id)
        }
        finish(stream, status: answer.status, reason: answer.reason)
        if stream.isAuthenticated, let value = settings.authenticated() { announce(value) }
    }

    /// Counts and records the end of a request.
    private func finish(_ stream: ServerStream, status: Int, reason: String) {
        guard !stream.isSilenced else { return }
        state.count(SimulatorCounters.Ending(status: status, reason: reason))
        guard state.isWatched else { return }
        state.record(stream.observed(Service.provider, status: status, reason: reason), payload: stream.payload)
    }

    private func closed(_ id: HTTP2StreamID) {
        if let stream = streams.removeValue(forKey: id), stream.isComplete {
            finish(stream, status: 0, reason: "cancelled by the client")
        }
        closeIfDone()
    }

    // MARK: Ends

    private func end(
        _ goAway: FaultGoAway,
        _ stream: ServerStream,
        _ id: HTTP2StreamID,
        lastCompleteBefore: HTTP2StreamID
    ) {
        switch goAway.lastStream {
        case .this:
            send(stream.ownAnswer, to: stream, id)
            self.goAway(goAway, last: lastComplete)
        case .before:
            // A later stream that completed earlier keeps this one under the last stream: then it is refused by itself.
            if id < lastCompleteBefore { write(.rstStream(.refusedStream), on: id) }
            finish(stream, status: 0, reason: "goaway")
            lastComplete = lastCompleteBefore
            self.goAway(goAway, last: lastCompleteBefore)
        case .all:
            send(stream.ownAnswer, to: stream, id)
            self.goAway(goAway, last: .maxID)
            schedule(after: ConnectionEnding.graceTime) {
                self.goAway(goAway, last: self.lastComplete)
                self.closeIfDone()
            }
        }
        schedule(after: ConnectionEnding.timeMax) { self.context?.close(promise: nil) }
        context?.eventLoop.assumeIsolated().execute { self.closeIfDone() }
    }

    /// Sends GOAWAY and forgets the streams above the last one.
    ///
    /// The frame goes around the HTTP/2 handler, which would refuse every new stream after a first GOAWAY, while
    /// RFC 9113 section 6.8 lets streams up to the last one come.
    private func goAway(_ goAway: FaultGoAway, last: HTTP2StreamID) {
        guard let context else { return }
        let last = ending.begin(last: last)
        for (id, stream) in streams where id > last {
            streams[id] = nil
            if stream.isComplete { finish(stream, status: 0, reason: "goaway") }
        }
        let debugData = goAway.reason.map { service.goAwayData(reason: $0) } ?? []
        var frame = ByteBuffer()
        frame.writeBytes([UInt8(0), UInt8((debugData.count + 8) >> 8), UInt8((debugData.count + 8) & 0xFF), 7, 0])
        frame.writeInteger(UInt32(0))
        frame.writeInteger(UInt32(Int(last)))
        frame.writeInteger(goAway.errorCode)
        frame.writeBytes(debugData)
        flush()
        let http2 = try? context.pipeline.syncOperations.context(handlerType: NIOHTTP2Handler.self)
        http2?.writeAndFlush(NIOAny(IOData.byteBuffer(frame)), promise: nil)
    }

    private func closeIfDone() {
        guard ending.isFinal, streams.isEmpty, let context else { return }
        flush()
        context.close(promise: nil)
    }

    private func schedule(after time: TimeAmount, _ action: @escaping () -> Void) {
        ending.deadline = context?.eventLoop.assumeIsolated().scheduleTask(in: time, action)
    }

    // MARK: Frames out

    private func announce(_ maxConcurrentStreams: Int) {
        let setting = HTTP2Setting(parameter: .maxConcurrentStreams, value: maxConcurrentStreams)
        write(.settings(.settings([setting])), on: .rootStream)
        flush()
    }

    private func write(_ payload: HTTP2Frame.FramePayload, on id: HTTP2StreamID) {
        needsFlush = true
        context?.write(wrapOutboundOut(HTTP2Frame(streamID: id, payload: payload)), promise: nil)
    }

    private func flush() {
        needsFlush = false
        context?.flush()
    }
}
