import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// What a test server does; called on the thread of the connection concerned.
struct Script: Sendable {
    var certificate: TestCertificates.Kind
    var hasTLS = true
    /// Says what to do as soon as a connection is there, before a byte of a request.
    var onConnection: (@Sendable (ServerConnection) -> Void)?
    /// A request has come completely.
    var onRequest: @Sendable (ServerConnection, ServerRequest) -> Void

    init(
        certificate: TestCertificates.Kind = .valid,
        onRequest: @escaping @Sendable (ServerConnection, ServerRequest) -> Void = { connection, _ in
            connection.answer()
        }
    ) {
        self.certificate = certificate
        self.onRequest = onRequest
    }
}

/// Keeps requests unanswered until it is opened.
final class Gate: Sendable {
    private struct State: Sendable {
        var held: [ServerConnection.Handle] = []
        var isOpen = false
    }

    private let state = Mutex(State())

    /// A script that answers what has passed this gate.
    var script: Script {
        Script { connection, _ in
            guard let handle = connection.handle else { return }
            let isOpen = self.state.withLock { state in
                if !state.isOpen { state.held.append(handle) }
                return state.isOpen
            }
            if isOpen { connection.answer() }
        }
    }

    /// Answers all that was kept, and from now on everything at once.
    func open() {
        let held = state.withLock { state in
            state.isOpen = true
            return state.held
        }
        for handle in held { handle.perform { $0.answer() } }
    }
}

/// One request as the server saw it, byte for byte.
struct ServerRequest: Sendable {
    let head: String
    let body: [UInt8]

    var lines: [String] { head.split(separator: "\r\n").map(String.init) }
    var method: String { String(head.prefix { $0 != " " }) }
    var path: String { head.split(separator: " ").dropFirst().first.map(String.init) ?? "" }
}

/// What all connections of a server saw.
final class ServerLog: Sendable {
    struct Entries: Sendable {
        var requests: [ServerRequest] = []
        var connections = 0
        var openNow = 0
        var openMost = 0
    }

    private let entries = Mutex(Entries())

    /// A copy of what was seen so far.
    var now: Entries { entries.withLock { $0 } }

    func note(_ change: @Sendable (inout Entries) -> Void) {
        entries.withLock { change(&$0) }
    }
}

/// An HTTP/1.1 server on SwiftNIO that reads requests itself, so that tests see each byte, and follows a script.
final class TestServer: Sendable {
    let port: UInt16
    let log: ServerLog
    private let group: MultiThreadedEventLoopGroup
    private let channel: any Channel

    init(_ script: Script = Script()) throws {
        let log = ServerLog()
        let tls = try TestCertificates.shared.get().serverConfiguration(script.certificate)
        let context = try NIOSSLContext(configuration: tls)
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        channel = try ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 512)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if script.hasTLS {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                    }
                    try channel.pipeline.syncOperations.addHandler(ServerConnection(script, log))
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

    /// The URL of a path here.
    func url(_ path: String = "/") -> String { "https://localhost:\(port)\(path)" }
}

/// The server side of one connection.
final class ServerConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let script: Script
    private let log: ServerLog
    private var context: ChannelHandlerContext?
    private var input = ByteBuffer()
    private var head: (text: String, bodyLength: Int)?
    private var peer: (any Channel)?
    /// How many requests this connection has had.
    private(set) var requestCount = 0

    init(_ script: Script, _ log: ServerLog) {
        self.script = script
        self.log = log
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        log.note {
            $0.connections += 1
            $0.openNow += 1
            $0.openMost = max($0.openMost, $0.openNow)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        peer?.close(promise: nil)
        log.note { $0.openNow -= 1 }
    }

    func channelActive(context: ChannelHandlerContext) {
        script.onConnection?(self)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if let peer { return peer.writeAndFlush(bytes, promise: nil) }
        input.writeBuffer(&bytes)
        while let request = nextRequest() {
            requestCount += 1
            log.note { $0.requests.append(request) }
            script.onRequest(self, request)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A broken connection is an everyday event here; the client's outcomes are what the tests look at.
        context.close(promise: nil)
    }

    private func nextRequest() -> ServerRequest? {
        if head == nil { head = nextHead() }
        guard let head, input.readableBytes >= head.bodyLength, let body = input.readBytes(length: head.bodyLength)
        else { return nil }
        self.head = nil
        if input.readableBytes == 0 { input.clear() }
        return ServerRequest(head: head.text, body: body)
    }

    private func nextHead() -> (text: String, bodyLength: Int)? {
        guard let end = input.readableBytesView.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let count = end.lowerBound - input.readerIndex
        guard let text = input.readString(length: count), input.readBytes(length: end.count) != nil else { return nil }
        let name = "content-length:"
        let line = text.lowercased().split(separator: "\r\n").first { $0.hasPrefix(name) }
        return (text, line.flatMap { Int($0.dropFirst(name.count).filter { $0 != " " }) } ?? 0)
    }

    // MARK: What scripts can do

    /// Sends an answer.
    func answer(_ status: String = "200 OK", _ fields: [String] = ["X-Server: test"], body: String = "") {
        write(
            (["HTTP/1.1 \(status)"] + fields + ["Content-Length: \(body.utf8.count)", "", body]).joined(
                separator: "\r\n"
            )
        )
    }

    /// Sends bytes as they are.
    func write(_ text: String) {
        context?.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
    }

    /// Connects to a port here, and from then on passes all bytes to and fro.
    func tunnel(to port: Int) {
        guard let channel = context?.channel, let loop = context?.eventLoop else { return }
        ClientBootstrap(group: loop)
            .channelInitializer { peer in
                peer.eventLoop.makeCompletedFuture {
                    try peer.pipeline.syncOperations.addHandler(Forwarder(to: channel))
                }
            }
            .connect(host: "127.0.0.1", port: port)
            .assumeIsolated()
            .whenSuccess { peer in
                self.peer = peer
                self.write("HTTP/1.1 200 Connection established\r\n\r\n")
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

    /// Ends TCP without TLS's goodbye.
    func closeAbruptly() {
        context?.channel._channelCore.close0(error: ChannelError.eof, mode: .all, promise: nil)
    }

    /// Ends in order, with TLS's goodbye.
    func close() {
        context?.close(promise: nil)
    }

    /// What other threads can hold of this connection.
    struct Handle: Sendable {
        fileprivate let connection: NIOLoopBound<ServerConnection>
        fileprivate let loop: any EventLoop

        /// Does something on the connection's thread, as soon as it can.
        func perform(_ action: @escaping @Sendable (ServerConnection) -> Void) {
            loop.execute { action(connection.value) }
        }
    }

    /// A handle of this connection, which must be open.
    var handle: Handle? {
        context.map { Handle(connection: NIOLoopBound(self, eventLoop: $0.eventLoop), loop: $0.eventLoop) }
    }

    /// Does something later on this connection's thread, if it still exists.
    func after(_ milliseconds: Int64, _ action: @escaping (ServerConnection) -> Void) {
        context?.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(milliseconds)) { action(self) }
    }
}

/// Passes what a tunnel's far end says to the near one.
private final class Forwarder: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let near: any Channel

    init(to near: any Channel) {
        self.near = near
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        near.writeAndFlush(unwrapInboundIn(data), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        near.close(promise: nil)
    }
}
