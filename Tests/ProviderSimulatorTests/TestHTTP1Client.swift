import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// An HTTP/1.1 client with one request at a time.
struct TestHTTP1Client: Sendable {
    private let channel: any Channel
    private let handler: NIOLoopBound<TestHTTP1Handler>

    /// Offers these protocols by ALPN; none for a client that does not know it.
    static func connect(
        port: Int,
        caFile: String,
        protocols: [String] = ["http/1.1"]
    ) async throws -> TestHTTP1Client {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .file(caFile)
        tls.applicationProtocols = protocols
        let context = try NIOSSLContext(configuration: tls)
        return try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = TestHTTP1Handler()
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: "localhost"))
                    try pipeline.addHTTPClientHandlers()
                    try pipeline.addHandler(handler)
                    return TestHTTP1Client(
                        channel: channel,
                        handler: NIOLoopBound(handler, eventLoop: channel.eventLoop)
                    )
                }
            }
    }

    func begin(_ request: TestRequest) async throws -> EventLoopFuture<TestAnswer> {
        try await channel.eventLoop.submit { handler.value.send(request) }.get()
    }

    func send(_ request: TestRequest) async throws -> TestAnswer {
        try await begin(request).get()
    }

    /// Waits until the connection has ended; gives the error that ended it, if any.
    func closed() async throws -> String? {
        try await channel.closeFuture.get()
        return try await channel.eventLoop.submit { handler.value.error }.get()
    }

    func close() async {
        try? await channel.close()
    }
}

private final class TestHTTP1Handler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private struct Pending {
        let promise: EventLoopPromise<TestAnswer>
        var status = 0
        var headers: [String: String] = [:]
        var body = ""
    }

    private(set) var error: String?
    private var pending: Pending?
    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func send(_ request: TestRequest) -> EventLoopFuture<TestAnswer> {
        guard let context else { preconditionFailure("not connected") }
        let promise = context.eventLoop.makePromise(of: TestAnswer.self)
        guard context.channel.isActive else {
            promise.succeed(.dropped)
            return promise.futureResult
        }
        pending = Pending(promise: promise)
        func value(_ name: String) -> String { request.headers.first { $0.0 == name }?.1 ?? "" }
        var head = HTTPRequestHead(version: .http1_1, method: .init(rawValue: value(":method")), uri: value(":path"))
        head.headers.add(name: "Host", value: value(":authority"))
        for (name, value) in request.headers where !name.hasPrefix(":") { head.headers.add(name: name, value: value) }
        head.headers.add(name: "Content-Length", value: "\(request.body.count)")
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: request.body)))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        return promise.futureResult
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            pending?.status = Int(head.status.code)
            for (name, value) in head.headers { pending?.headers[name.lowercased()] = value }
        case .body(let buffer):
            pending?.body += String(buffer: buffer)
        case .end:
            guard let answer = pending else { return }
            pending = nil
            answer.promise.succeed(
                .answered(status: answer.status, headers: answer.headers, body: answer.body)
            )
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.error = self.error ?? "\(error)"
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        pending?.promise.succeed(.dropped)
        pending = nil
    }
}
