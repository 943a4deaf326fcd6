import Glibc
import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOPosix
import NIOSSL
import Synchronization

/// What a test server does; called on the thread of the connection concerned.
struct Script: Sendable {
    var certificate = TestCertificates.Kind.valid
    var protocols = ["h2"]
    /// Clients must show a certificate of the test authority.
    var demandsCertificate = false
    var settings: HTTP2Settings = [HTTP2Setting(parameter: .maxConcurrentStreams, value: 1000)]
    /// A request has come completely.
    var onRequest: @Sendable (ServerConnection, ServerRequest) -> Void = { connection, request in
        connection.answer(request.stream)
    }
}

/// One request as the server saw it.
struct ServerRequest: Sendable {
    let stream: HTTP2StreamID
    let headers: HPACKHeaders
    let body: [UInt8]

    var path: String { headers.first(name: ":path") ?? "" }
}

/// What all connections of a server saw.
final class ServerLog: Sendable {
    struct Entries: Sendable {
        var requests: [ServerRequest] = []
        var answers = 0
        var connections = 0
        var openNow = 0
        var openMost = 0
        var resetCodes: [Int] = []
        var pings = 0
    }

    private let entries = Mutex(Entries())

    /// A copy of what was seen so far.
    var now: Entries { entries.withLock { $0 } }

    func note(_ change: @Sendable (inout Entries) -> Void) {
        entries.withLock { change(&$0) }
    }
}

/// An HTTP/2 server over TLS on SwiftNIO that follows a script frame by frame.
final class TestServer: Sendable {
    let port: UInt16
    let log: ServerLog
    private let group: MultiThreadedEventLoopGroup
    private let channel: any Channel

    init(_ script: Script) throws {
        let log = ServerLog()
        let certificates = try TestCertificates.shared.get()
        var tls = try certificates.serverConfiguration(script.certificate, protocols: script.protocols)
        if script.demandsCertificate {
            tls.certificateVerification = .noHostnameVerification
            tls.trustRoots = .file(certificates.caFile)
        }
        let context = try NIOSSLContext(configuration: tls)
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        channel = try ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 64)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(
                        NIOSSLServerHandler(context: context),
                        NIOHTTP2Handler(mode: .server, initialSettings: script.settings),
                        ServerConnection(script, log)
                    )
                }
            }
            .bind(host: "127.0.0.1", port: 0)
            .wait()
        port = UInt16(channel.localAddress?.port ?? 0)
        self.log = log
    }

    deinit {
        channel.close(promise: nil)
        group.shutdownGracefully { _ in }
    }
}

/// The server side of one connection.
final class ServerConnection: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    private let script: Script
    private let log: ServerLog
    private var context: ChannelHandlerContext?
    private var partial: [HTTP2StreamID: (headers: HPACKHeaders, body: [UInt8])] = [:]
    private var open: Set<HTTP2StreamID> = []
    /// How many requests this connection has had.
    private(set) var requestCount = 0
    /// Free for scripts: streams kept for later.
    var held: [HTTP2StreamID] = []
    /// Free for scripts: the highest stream acted on, and whether GOAWAY was said.
    var lastProcessed = HTTP2StreamID.rootStream
    var hasSaidGoAway = false

    init(_ script: Script, _ log: ServerLog) {
        self.script = script
        self.log = log
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        log.note { $0.connections += 1 }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        let count = open.count
        log.note { $0.openNow -= count }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        switch frame.payload {
        case .headers(let headers):
            if open.insert(frame.streamID).inserted {
                log.note {
                    $0.openNow += 1
                    $0.openMost = max($0.openMost, $0.openNow)
                }
            }
            partial[frame.streamID] = (headers.headers, [])
            if headers.endStream { complete(frame.streamID) }
        case .data(let data):
            guard case .byteBuffer(let bytes) = data.data else { return }
            partial[frame.streamID]?.body.append(contentsOf: bytes.readableBytesView)
            if bytes.readableBytes > 0 {
                if !data.endStream { write(frame.streamID, .windowUpdate(windowSizeIncrement: bytes.readableBytes)) }
                write(.rootStream, .windowUpdate(windowSizeIncrement: bytes.readableBytes))
                context.flush()
            }
            if data.endStream { complete(frame.streamID) }
        case .rstStream(let code):
            ended(frame.streamID)
            log.note { $0.resetCodes.append(code.networkCode) }
        case .ping(_, let isAnswer):
            if !isAnswer { log.note { $0.pings += 1 } }
        default: break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A broken connection is an everyday event here; the client's outcomes are what the tests look at.
        if error is NIOSSLError || error is IOError { context.close(promise: nil) }
    }

    private func complete(_ stream: HTTP2StreamID) {
        guard let (headers, body) = partial.removeValue(forKey: stream) else { return }
        requestCount += 1
        let request = ServerRequest(stream: stream, headers: headers, body: body)
        log.note { $0.requests.append(request) }
        script.onRequest(self, request)
    }

    private func ended(_ stream: HTTP2StreamID) {
        partial[stream] = nil
        if open.remove(stream) != nil { log.note { $0.openNow -= 1 } }
    }

    // MARK: What scripts can do

    /// Answers a stream; `informational` goes first as an answer of its own.
    func answer(
        _ stream: HTTP2StreamID,
        status: String = "200",
        informational: String? = nil,
        body: [UInt8] = [],
        trailers: HPACKHeaders? = nil
    ) {
        if let informational {
            write(stream, .headers(.init(headers: [":status": informational, "x-early": "yes"])))
        }
        let headers: HPACKHeaders = [":status": status, "x-server": "test"]
        write(stream, .headers(.init(headers: headers, endStream: body.isEmpty && trailers == nil)))
        if !body.isEmpty {
            write(stream, .data(.init(data: .byteBuffer(ByteBuffer(bytes: body)), endStream: trailers == nil)))
        }
        if let trailers { write(stream, .headers(.init(headers: trailers, endStream: true))) }
        ended(stream)
        context?.flush()
        log.note { $0.answers += 1 }
    }

    /// Sends header fields only, and leaves the stream open.
    func answerHalf(_ stream: HTTP2StreamID) {
        write(stream, .headers(.init(headers: [":status": "200"])))
        context?.flush()
    }

    func reset(_ stream: HTTP2StreamID, _ code: HTTP2ErrorCode) {
        write(stream, .rstStream(code))
        ended(stream)
        context?.flush()
    }

    func goAway(last: HTTP2StreamID, _ code: HTTP2ErrorCode = .noError, debug: String = "") {
        write(.rootStream, .goAway(lastStreamID: last, errorCode: code, opaqueData: ByteBuffer(string: debug)))
        context?.flush()
    }

    func announce(streams: Int) {
        let setting = HTTP2Setting(parameter: .maxConcurrentStreams, value: streams)
        write(.rootStream, .settings(.settings([setting])))
        context?.flush()
    }

    /// Reads nothing more from the network.
    func stopReading() {
        context?.channel.setOption(.autoRead, value: false).whenFailure { error in
            preconditionFailure("autoRead can be switched: \(error)")
        }
    }

    /// Ends TCP with RST, so that what the client has not read may be lost.
    func resetConnection() {
        guard let channel = context?.channel else { return }
        let linger = linger(l_onoff: 1, l_linger: 0)
        // Past the pipeline: its TLS handler would say goodbye first.
        (channel as? any SocketOptionProvider)?.setSoLinger(linger).whenComplete { _ in
            channel._channelCore.close0(error: ChannelError.eof, mode: .all, promise: nil)
        }
    }

    func close() {
        context?.close(promise: nil)
    }

    /// Does something later on this connection's thread, if it still exists.
    func after(_ milliseconds: Int64, _ action: @escaping (ServerConnection) -> Void) {
        context?.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(milliseconds)) { action(self) }
    }

    private func write(_ stream: HTTP2StreamID, _ payload: HTTP2Frame.FramePayload) {
        context?.write(wrapOutboundOut(HTTP2Frame(streamID: stream, payload: payload)), promise: nil)
    }
}
