import Foundation
import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOPosix
import NIOSSL

/// What a request of a test got.
enum TestAnswer: Sendable {
    case answered(status: Int, headers: [String: String], body: String)
    case reset(HTTP2ErrorCode)
    /// The connection said GOAWAY with a lower last stream, or closed.
    case dropped

    var status: Int? { if case .answered(let status, _, _) = self { status } else { nil } }

    var reason: String {
        guard case .answered(_, _, let body) = self, !body.isEmpty else { return "" }
        let object = try? JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]
        return object?["reason"] as? String ?? "body: \(body)"
    }

    var body: String { if case .answered(_, _, let body) = self { body } else { "" } }

    var header: [String: String] { if case .answered(_, let headers, _) = self { headers } else { [:] } }
}

/// What a connection of a test has seen beside answers.
struct TestConnectionView: Sendable {
    struct GoAway: Sendable, Equatable {
        let last: Int
        let code: Int
        let data: String
    }

    var goAways: [GoAway] = []
    var maxConcurrentStreams: [Int] = []
    var isClosed = false
    /// The error that closed the connection, such as a reset.
    var error: String?
}

/// An HTTP/2 client that shows frames.
struct TestClient: Sendable {
    private let channel: any Channel
    private let handler: NIOLoopBound<TestClientHandler>

    static func connect(port: Int, caFile: String, protocols: [String] = ["h2"]) async throws -> TestClient {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .file(caFile)
        tls.applicationProtocols = protocols
        let context = try NIOSSLContext(configuration: tls)
        return try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = TestClientHandler()
                    try channel.pipeline.syncOperations.addHandlers(
                        NIOSSLClientHandler(context: context, serverHostname: "localhost"),
                        NIOHTTP2Handler(mode: .client, initialSettings: [], headerBlockValidation: .disabled),
                        handler
                    )
                    return TestClient(
                        channel: channel,
                        handler: NIOLoopBound(handler, eventLoop: channel.eventLoop)
                    )
                }
            }
    }

    /// Sends a request at once and gives what will come of it.
    ///
    /// - Parameters:
    ///   - request: what is sent.
    ///   - holdsBody: the body waits for `releaseBodies`.
    /// - Returns: the answer to come.
    /// - Throws: where the event loop has ended.
    func begin(_ request: TestRequest, holdsBody: Bool = false) async throws -> EventLoopFuture<TestAnswer> {
        try await channel.eventLoop.submit { handler.value.send(request, holdsBody: holdsBody) }.get()
    }

    func releaseBodies() async throws {
        try await channel.eventLoop.submit { handler.value.releaseBodies() }.get()
    }

    func send(_ request: TestRequest) async throws -> TestAnswer {
        try await begin(request).get()
    }

    /// Waits until the view is as asked.
    func wait(_ condition: @escaping @Sendable (TestConnectionView) -> Bool) async throws -> TestConnectionView {
        try await channel.eventLoop.flatSubmit { handler.value.wait(condition) }.get()
    }

    func close() async {
        try? await channel.close()
    }
}

struct TestRequest: Sendable {
    var headers: [(String, String)]
    var body: [UInt8]

    /// Replaces a header field in its place, since pseudo-header fields must stay in front.
    mutating func set(_ name: String, _ value: String?) {
        let index = headers.firstIndex { $0.0 == name }
        headers.removeAll { $0.0 == name }
        if let value { headers.insert((name, value), at: index ?? headers.endIndex) }
    }
}

final class TestClientHandler: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    private struct Pending {
        let promise: EventLoopPromise<TestAnswer>
        var status = 0
        var headers: [String: String] = [:]
        var body = ""
    }

    private var view = TestConnectionView()
    private var pending: [HTTP2StreamID: Pending] = [:]
    private var waiting: [(condition: (TestConnectionView) -> Bool, promise: EventLoopPromise<TestConnectionView>)] = []
    private var held: [HTTP2Frame] = []
    private var nextID = HTTP2StreamID(1)
    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func send(_ request: TestRequest, holdsBody: Bool) -> EventLoopFuture<TestAnswer> {
        guard let context else { preconditionFailure("not connected") }
        let promise = context.eventLoop.makePromise(of: TestAnswer.self)
        guard !view.isClosed else {
            promise.succeed(.dropped)
            return promise.futureResult
        }
        let id = nextID
        nextID = nextID.advanced(by: 2)
        pending[id] = Pending(promise: promise)
        let headers = HTTP2Frame.FramePayload.Headers(
            headers: HPACKHeaders(request.headers),
            endStream: request.body.isEmpty
        )
        context.write(wrapOutboundOut(HTTP2Frame(streamID: id, payload: .headers(headers))), promise: nil)
        if !request.body.isEmpty {
            let data = HTTP2Frame.FramePayload.Data(
                data: .byteBuffer(ByteBuffer(bytes: request.body)),
                endStream: true
            )
            let frame = HTTP2Frame(streamID: id, payload: .data(data))
            if holdsBody { held.append(frame) } else { context.write(wrapOutboundOut(frame), promise: nil) }
        }
        context.flush()
        return promise.futureResult
    }

    func releaseBodies() {
        for frame in held { context?.write(wrapOutboundOut(frame), promise: nil) }
        held = []
        context?.flush()
    }

    func wait(_ condition: @escaping (TestConnectionView) -> Bool) -> EventLoopFuture<TestConnectionView> {
        guard let context else { preconditionFailure("not connected") }
        let promise = context.eventLoop.makePromise(of: TestConnectionView.self)
        waiting.append((condition, promise))
        viewChanged()
        return promise.futureResult
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        switch frame.payload {
        case .headers(let headers):
            for (name, value, _) in headers.headers { pending[frame.streamID]?.headers[name] = value }
            pending[frame.streamID]?.status = headers.headers.first(name: ":status").flatMap { Int($0) } ?? 0
            if headers.endStream { answered(frame.streamID) }
        case .data(let data):
            guard case .byteBuffer(let buffer) = data.data else { return }
            pending[frame.streamID]?.body += String(buffer: buffer)
            if data.endStream { answered(frame.streamID) }
        case .rstStream(let code):
            pending.removeValue(forKey: frame.streamID)?.promise.succeed(.reset(code))
        case .goAway(let last, let code, let data):
            let goAway = TestConnectionView.GoAway(
                last: Int(last),
                code: code.networkCode,
                data: data.map { String(buffer: $0) } ?? ""
            )
            view.goAways.append(goAway)
        case .settings(.settings(let settings)):
            for setting in settings where setting.parameter == .maxConcurrentStreams {
                view.maxConcurrentStreams.append(setting.value)
            }
        default:
            break
        }
        viewChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? StreamClosedEvent, event.reason != nil {
            pending.removeValue(forKey: event.streamID)?.promise.succeed(event.reason.map { .reset($0) } ?? .dropped)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        view.error = view.error ?? "\(error)"
        viewChanged()
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        view.isClosed = true
        for stream in pending.values { stream.promise.succeed(.dropped) }
        pending = [:]
        viewChanged()
        context.fireChannelInactive()
    }

    private func answered(_ id: HTTP2StreamID) {
        guard let stream = pending.removeValue(forKey: id) else { return }
        stream.promise.succeed(.answered(status: stream.status, headers: stream.headers, body: stream.body))
    }

    private func viewChanged() {
        let view = view
        waiting.removeAll { waiter in
            guard waiter.condition(view) else { return false }
            waiter.promise.succeed(view)
            return true
        }
    }
}
