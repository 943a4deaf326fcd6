internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTP2
internal import NIOPosix
internal import NIOSSL
internal import NIOTLS
internal import Synchronization

/// A TLS server of one provider on 127.0.0.1: HTTP/2, and HTTP/1.1 where the provider speaks it.
struct ProviderServer {
    private let channel: any Channel
    private let registry: ConnectionRegistry

    /// The port it listens on.
    let port: Int

    /// Listens and serves.
    ///
    /// - Parameters:
    ///   - port: on 127.0.0.1; 0 takes any free one.
    ///   - group: runs the connections.
    ///   - tls: offers the protocols that the provider speaks.
    ///   - state: counts, strikes and records.
    ///   - limits: of each connection.
    ///   - prepare: is told the port, and gives what makes a connection's service; connections that come before it is done
    ///     are closed.
    /// - Returns: the server, which listens.
    /// - Throws: `SimulatorError` where the port is taken, what `prepare` throws, the errors of NIO for anything else.
    static func start<Service: ProviderService>(
        port: Int,
        group: MultiThreadedEventLoopGroup,
        tls: NIOSSLContext,
        state: SimulatorState,
        limits: StreamLimits,
        prepare: (_ port: Int) throws -> @Sendable () -> Service
    ) async throws -> ProviderServer {
        let registry = ConnectionRegistry(limits: limits)
        let factory = ServiceFactory<Service>()
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(ChannelOptions.backlog, value: 1024)
            .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(ChannelOptions.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let negotiation = ApplicationProtocolNegotiationHandler { result, channel in
                        // A client that offers no protocol that the provider speaks has nothing to say here.
                        let isHTTP2 = result == .negotiated("h2")
                        guard isHTTP2 || Service.speaksHTTP1, let service = factory.makeService() else {
                            return channel.close()
                        }
                        return channel.eventLoop.makeCompletedFuture {
                            let pipeline = channel.pipeline.syncOperations
                            if isHTTP2 {
                                try addHTTP2(to: pipeline, service, state, registry)
                            } else {
                                try pipeline.configureHTTPServerPipeline()
                                try pipeline.addHandler(
                                    HTTP1Connection(service: service, state: state, registry: registry)
                                )
                            }
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
        let server = ProviderServer(channel: channel, registry: registry, port: channel.localAddress?.port ?? port)
        do {
            factory.set(try prepare(server.port))
        } catch {
            await server.stop()
            throw error
        }
        return server
    }

    /// Says GOAWAY on all connections and closes them and the port.
    func stop() async {
        try? await channel.close()
        await registry.shutDown()
    }

    private static func addHTTP2<Service: ProviderService>(
        to pipeline: ChannelPipeline.SynchronousOperations,
        _ service: Service,
        _ state: SimulatorState,
        _ registry: ConnectionRegistry
    ) throws {
        let limits = registry.limits
        let failure = ConnectionFailure()
        try pipeline.addHandlers(
            makeHTTP2Handler(limits, failure),
            HTTP2Connection(service: service, state: state, registry: registry, limits: limits, failure: failure)
        )
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

/// Makes the services of a server's connections, once it knows how.
private final class ServiceFactory<Service: ProviderService>: Sendable {
    private let make = Mutex<(@Sendable () -> Service)?>(nil)

    func set(_ make: @escaping @Sendable () -> Service) {
        self.make.withLock { $0 = make }
    }

    /// Nil before it knows.
    func makeService() -> Service? {
        make.withLock { $0 }?()
    }
}
