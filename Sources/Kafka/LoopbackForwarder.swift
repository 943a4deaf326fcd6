import CRdKafka
private import Glibc

/// Passes TCP connections on 127.0.0.1 from one port to another, on a thread of its own, until it is freed.
final class LoopbackForwarder {
    /// Where it listens.
    let port: UInt16
    private let stop = KafkaWakeUp()
    private var thread = pthread_t()

    /// Begins to listen; connections are accepted when this returns.
    ///
    /// - Parameters:
    ///   - port: where; 0 lets the system choose.
    ///   - target: where connections go.
    /// - Throws: if the port is taken.
    init(from port: UInt16, to target: UInt16) throws(KafkaError) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Self.descriptorFlags, 0)
        guard listener >= 0 else { throw Self.failure("socket", port) }
        var one: Int32 = 1
        // SAFETY: addresses of locals, valid for each call, with their sizes.
        _ = unsafe setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        let bound = unsafe Self.withLoopback(port) { unsafe bind(listener, $0, $1) }
        guard bound == 0, listen(listener, 64) == 0 else {
            let failure = Self.failure("bind", port)
            close(listener)
            throw failure
        }
        self.port = Self.boundPort(of: listener)
        let loop = Loop(listener: listener, target: target, stop: stop)
        // SAFETY: the thread takes over the only other reference to the loop and releases it when it ends.
        let context = unsafe Unmanaged.passRetained(loop)
        let result = unsafe pthread_create(&thread, nil, LoopbackForwarder.run, context.toOpaque())
        guard result == 0 else {
            unsafe context.release()
            throw KafkaError(RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE, text: "no thread to forward port \(port): \(result)")
        }
    }

    deinit {
        // A thread exists whenever this object does, since `init` threw otherwise.
        guard thread != pthread_t() else { return }
        stop.signal()
        // SAFETY: the thread was created here and is joined once.
        _ = pthread_join(thread, nil)
    }

    private static let descriptorFlags = Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)

    private static let run: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
        guard let context = unsafe context else { return nil }
        // SAFETY: `init` passed a retained loop.
        unsafe Unmanaged<Loop>.fromOpaque(context).takeRetainedValue().run()
        return nil
    }

    private static func failure(_ what: String, _ port: UInt16) -> KafkaError {
        let reason = unsafe String(cString: strerror(errno))
        return KafkaError(RD_KAFKA_RESP_ERR__FAIL, text: "cannot listen on 127.0.0.1:\(port): \(what): \(reason)")
    }

    fileprivate static func withLoopback(
        _ port: UInt16,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        // SAFETY: an IPv4 address is a socket address of the size given.
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    private static func boundPort(of listener: Int32) -> UInt16 {
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        // SAFETY: the socket is bound to an IPv4 address, which fits.
        let result = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(listener, $0, &size)
            }
        }
        precondition(result == 0, "a bound socket has a name")
        return UInt16(bigEndian: address.sin_port)
    }

    /// Everything that the thread owns.
    private final class Loop {
        private let listener: Int32
        private let target: UInt16
        private let stop: KafkaWakeUp
        private var connections: [Connection] = []

        init(listener: Int32, target: UInt16, stop: KafkaWakeUp) {
            self.listener = listener
            self.target = target
            self.stop = stop
        }

        deinit {
            for connection in connections { connection.close() }
            Glibc.close(listener)
        }

        func run() {
            while true {
                var entries = [
                    pollfd(fd: stop.fileDescriptor, events: Int16(POLLIN), revents: 0),
                    pollfd(fd: listener, events: Int16(POLLIN), revents: 0),
                ]
                for connection in connections { entries += connection.interests }
                // SAFETY: the array is valid for the call, with its count.
                let ready = unsafe poll(&entries, nfds_t(entries.count), -1)
                if ready < 0 {
                    precondition(errno == EINTR, "poll(2) failed: \(errno)")
                    continue
                }
                if entries[0].revents != 0 { return }
                connections.removeAll { connection in
                    let isOver = connection.move()
                    if isOver { connection.close() }
                    return isOver
                }
                if entries[1].revents != 0 { accept() }
            }
        }

        private func accept() {
            // A client that went away meanwhile is no error.
            let client = Glibc.accept(listener, nil, nil)
            guard client >= 0 else { return }
            _ = fcntl(client, F_SETFL, O_NONBLOCK)
            _ = fcntl(client, F_SETFD, FD_CLOEXEC)
            let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | LoopbackForwarder.descriptorFlags, 0)
            let result = unsafe LoopbackForwarder.withLoopback(target) { unsafe connect(server, $0, $1) }
            guard server >= 0, result == 0 || errno == EINPROGRESS else {
                Glibc.close(client)
                if server >= 0 { Glibc.close(server) }
                return
            }
            connections.append(Connection(client: client, server: server))
        }
    }

    /// Two sockets and the bytes between them.
    private final class Connection {
        private var toServer: Flow
        private var toClient: Flow

        init(client: Int32, server: Int32) {
            toServer = Flow(source: client, sink: server)
            toClient = Flow(source: server, sink: client)
        }

        var interests: [pollfd] {
            // A socket with nothing to wait for is left out, or its end would wake the loop without pause.
            [(toServer.source, toServer, toClient), (toClient.source, toClient, toServer)].compactMap {
                (descriptor, reading, writing) in
                let events = (reading.wantsRead ? POLLIN : 0) | (writing.wantsWrite ? POLLOUT : 0)
                return events == 0 ? nil : pollfd(fd: descriptor, events: Int16(events), revents: 0)
            }
        }

        /// Moves what can be moved; sockets that are not ready say so themselves.
        ///
        /// - Returns: whether both ends are done, or one is broken.
        func move() -> Bool {
            toServer.move()
            toClient.move()
            return toServer.isBroken || toClient.isBroken || (toServer.isOver && toClient.isOver)
        }

        func close() {
            Glibc.close(toServer.source)
            Glibc.close(toServer.sink)
        }
    }

    /// One direction: read when empty, write when not.
    private struct Flow {
        let source: Int32
        let sink: Int32
        private var buffer = [UInt8](repeating: 0, count: 65_536)
        private var start = 0
        private var end = 0
        private var hasEnded = false
        private(set) var isOver = false
        private(set) var isBroken = false

        init(source: Int32, sink: Int32) {
            self.source = source
            self.sink = sink
        }

        var wantsRead: Bool { start == end && !hasEnded }
        var wantsWrite: Bool { start < end || (hasEnded && !isOver) }

        mutating func move() {
            if wantsRead {
                // SAFETY: at most as many bytes as the buffer holds.
                let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(source, $0.baseAddress, $0.count, 0) }
                if count > 0 {
                    (start, end) = (0, count)
                } else if count == 0 {
                    hasEnded = true
                } else {
                    isBroken = !Self.isTransient
                }
            }
            if start < end {
                // SAFETY: the range lies inside the buffer.
                let count = unsafe buffer.withUnsafeBytes {
                    unsafe send(sink, $0.baseAddress.map { unsafe $0 + start }, end - start, Int32(MSG_NOSIGNAL))
                }
                if count > 0 { start += count } else { isBroken = isBroken || !Self.isTransient }
            }
            if start == end, hasEnded, !isOver {
                // An error means that the other side is gone too.
                _ = shutdown(sink, Int32(SHUT_WR))
                isOver = true
            }
        }

        // A socket that is still connecting has no peer to read from yet.
        private static var isTransient: Bool { errno == EAGAIN || errno == EINTR || errno == ENOTCONN }
    }
}
