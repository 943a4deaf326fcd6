internal import NIOCore
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
