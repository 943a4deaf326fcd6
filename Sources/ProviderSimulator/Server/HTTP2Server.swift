internal import NIOCore
internal import NIOHTTP2
internal import NIOPosix
internal import NIOSSL
internal import NIOTLS

/// A TLS server that speaks HTTP/2 only, on 127.0.0.1.
struct HTTP2Server {
    private let channel: any Channel
    private let registry: ConnectionRegistry

    /// The port it listens on.
    let port: Int

    /// Listens and serves.
    ///
    /// - Throws: `SimulatorError` where the port is taken, the errors of NIO for anything else.
    static func start<Service: ProviderService>(
        port: Int,
        group: MultiThreadedEventLoopGroup,
        tls: NIOSSLContext,
        state: SimulatorState,
        limits: StreamLimits,
        makeService: @escaping @Sendable () -> Service
    ) async throws -> HTTP2Server {
        let registry = ConnectionRegistry(limits: limits)
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(ChannelOptions.backlog, value: 1024)
            .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(ChannelOptions.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let negotiation = ApplicationProtocolNegotiationHandler { result, channel in
                        // A client that does not offer h2 has nothing to say here.
                        guard case .negotiated("h2") = result else { return channel.close() }
                        return channel.eventLoop.makeCompletedFuture {
                            let limits = registry.limits
                            let failure = ConnectionFailure()
                            try channel.pipeline.syncOperations.addHandlers(
                                makeHTTP2Handler(limits, failure),
                                HTTP2Connection(
                                    service: makeService(),
                                    state: state,
                                    registry: registry,
                                    limits: limits,
                                    failure: failure
                                )
                            )
                        }
                    }
                    try channel.pipeline.syncOperations.addHandlers(NIOSSLServerHandler(context: tls), negotiation)
                }
            }
        let channel: any Channel
        do {
            channel = try await bootstrap.bind(host: "127.0.0.1", port: port).get()
        } catch let error as IOError {
            throw SimulatorError("cannot listen on 127.0.0.1:\(port)", code: error.errnoCode)
        }
        return HTTP2Server(channel: channel, registry: registry, port: channel.localAddress?.port ?? port)
    }

    /// Says GOAWAY on all connections and closes them and the port.
    func stop() async {
        try? await channel.close()
        await registry.shutDown()
    }

    private static func makeHTTP2Handler(_ limits: StreamLimits, _ failure: ConnectionFailure) -> NIOHTTP2Handler {
        var connection = NIOHTTP2Handler.ConnectionConfiguration()
        connection.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: limits.initial),
            HTTP2Setting(parameter: .maxHeaderListSize, value: 16_384),
        ]
        // Clients under test may give up on thousands of silent streams, and send a settings frame or ping per fault:
        // NIO's protection against hostile peers would end the connection for reasons that are not the script's.
        connection.maximumConnectionGlitches = Int.max
        connection.controlFrameRateLimit.maximumCount = Int.max
        connection.maximumSequentialEmptyDataFrames = 100
        connection.maximumRecentlyResetStreams = 10_000
        var stream = NIOHTTP2Handler.StreamConfiguration()
        stream.streamResetFrameRateLimit.maximumCount = Int.max
        stream.streamErrorRateLimit.maximumCount = Int.max
        return NIOHTTP2Handler(
            mode: .server,
            frameDelegate: failure,
            connectionConfiguration: connection,
            streamConfiguration: stream
        )
    }
}
