internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import Synchronization

/// The open connections of one simulated provider, for what concerns all of them.
final class ConnectionRegistry: Sendable {
    /// Sent to the connections as a user event.
    enum Event: Sendable {
        case limitChanged(Int)
        case shutdown
    }

    private struct Inner {
        var limits: StreamLimits
        var channels: [ObjectIdentifier: any Channel] = [:]
        var isShutDown = false
    }

    private let inner: Mutex<Inner>

    init(limits: StreamLimits) {
        inner = Mutex(Inner(limits: limits))
    }

    /// What a new connection starts with.
    var limits: StreamLimits { inner.withLock { $0.limits } }

    func add(_ channel: any Channel) {
        let isLate = inner.withLock { inner in
            inner.channels[ObjectIdentifier(channel)] = channel
            return inner.isShutDown
        }
        // Accepted while the server was closing.
        if isLate { channel.close(promise: nil) }
    }

    func remove(_ channel: any Channel) {
        inner.withLock { $0.channels[ObjectIdentifier(channel)] = nil }
    }

    /// Another limit for all connections, present and later.
    func changeLimit(to maxConcurrentStreams: Int) {
        let channels = inner.withLock { inner in
            inner.limits.maxConcurrentStreams = maxConcurrentStreams
            return Array(inner.channels.values)
        }
        for channel in channels {
            channel.pipeline.fireUserInboundEventTriggered(Event.limitChanged(maxConcurrentStreams))
        }
    }

    /// Tells every connection to say GOAWAY and close, and waits until they have.
    func shutDown() async {
        let channels = inner.withLock { inner in
            inner.isShutDown = true
            return Array(inner.channels.values)
        }
        for channel in channels { channel.pipeline.fireUserInboundEventTriggered(Event.shutdown) }
        for channel in channels { try? await channel.closeFuture.get() }
    }
}

extension ChannelHandlerContext {
    /// Ends the TCP connection with RST: no GOAWAY, no TLS alert.
    func resetConnection() {
        // Closing behind the TLS handler's back, with a linger time of zero: the kernel sends RST and nothing else.
        (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenFailure { _ in
            // Then the peer sees an orderly end of the TCP connection, still without GOAWAY.
        }
        let tls = try? pipeline.syncOperations.context(handlerType: NIOSSLServerHandler.self)
        (tls ?? self).close(mode: .all, promise: nil)
    }
}
