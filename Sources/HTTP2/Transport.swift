internal import Glibc

/// Why a connection ended.
enum ConnectionFailure: Hashable {
    /// No connection was made: name lookup, TCP, or the network until the server spoke HTTP/2.
    case connect(String)
    /// Every address of the host is one that the configuration's filter forbids.
    case refusedAddress(String)
    /// The server does not speak HTTP/2.
    case otherProtocol(String)
    /// The TLS handshake failed.
    case tls(String)
    /// A connection that had been made ended.
    case lost(String)
    /// This side closed it.
    case closed

    /// For people.
    var text: String {
        switch self {
        case .connect(let text), .refusedAddress(let text), .otherProtocol(let text), .tls(let text), .lost(let text):
            text
        case .closed: "closed by this side"
        }
    }
}

/// What a transport tells the connection above it, always from within a turn of the loop.
protocol TransportOwner: AnyObject {
    /// The TLS handshake is finished.
    func transportReady()
    /// Decrypted bytes came; gives nil, or why the connection cannot go on.
    func transportReceived(_ bytes: UnsafeRawBufferPointer) -> String?
    /// All that was written has left; there is room again.
    func transportDrained()
    /// The transport has ended by itself. Not called after `close`.
    func transportFailed(_ failure: ConnectionFailure)
}

/// One TLS connection: name lookup, each address in turn, handshake, then bytes both ways.
///
/// Never blocks.
final class Transport {
    private enum Phase { case idle, lookingUp, connecting, handshaking, open, closed }

    private let loop: EventLoop
    private let endpoint: HTTP2Endpoint
    private let configuration: HTTP2Configuration
    private let tls: TLSStream
    /// A random number that chooses among addresses of the same preference.
    private let draw: UInt64
    private weak var owner: (any TransportOwner)?

    private var phase = Phase.idle
    private var lookup: NameLookup?
    private var addresses: ArraySlice<SocketAddress> = []
    private var failures: [String] = []
    /// Whether an address was tried, so that not the filter alone is why there is no connection.
    private var hasTried = false
    private var socket = FileDescriptor(owning: -1)
    private var watch: EventLoop.WatchID?
    private var timer: EventLoop.TimerID?
    private var addressTimer: EventLoop.TimerID?
    private var sentOffset = 0
    /// Why sending failed; after that nothing is sent.
    private var sendFailure: String?
    private var ciphertext = [UInt8](repeating: 0, count: 65_536)
    private var plaintext = [UInt8](repeating: 0, count: 16_384)

    /// Bytes of ciphertext received and sent.
    private(set) var bytesReceived = 0
    private(set) var bytesSent = 0
    /// The address in use, for people.
    private(set) var addressText = ""

    init(
        _ endpoint: HTTP2Endpoint,
        _ configuration: HTTP2Configuration,
        context: borrowing TLSContext,
        draw: UInt64,
        loop: EventLoop
    ) throws(HTTP2SetupError) {
        self.loop = loop
        self.draw = draw
        self.endpoint = endpoint
        self.configuration = configuration
        tls = try context.makeStream(name: endpoint.verifiedName)
    }

    deinit {
        release()
    }

    /// Written bytes are still waiting for the network: write no more until `transportDrained`.
    private(set) var isCongested = false

    /// The TLS version, once there is one.
    var tlsVersion: String { tls.version }

    /// Begins to connect; the owner hears how it went.
    func start(for owner: any TransportOwner) {
        self.owner = owner
        timer = loop.schedule(at: loop.now + configuration.connectTimeout) { [weak self] in self?.timedOut() }
        switch SocketAddress.resolve(host: endpoint.host, port: endpoint.port, isNumeric: true) {
        case .success(let found): connect(to: found)
        case .failure: lookUp()
        }
    }

    /// Ends the connection at once, with what the sockets still take.
    func close() {
        if phase == .open, sendFailure == nil {
            tls.shutDown()
            sendOutput()
        }
        release()
    }

    private func release() {
        phase = .closed
        if let watch { loop.unwatch(watch) }
        if let timer { loop.cancel(timer) }
        if let addressTimer { loop.cancel(addressTimer) }
        watch = nil
        timer = nil
        addressTimer = nil
        lookup = nil
        socket = FileDescriptor(owning: -1)
    }

    private func fail(_ failure: ConnectionFailure) {
        guard phase != .closed else { return }
        release()
        owner?.transportFailed(failure)
    }

    private func timedOut() {
        let limit = "within \(configuration.connectTimeout)"
        switch phase {
        case .lookingUp: fail(.connect("\(endpoint.host): name lookup not answered \(limit)"))
        case .handshaking: fail(.connect("\(addressText): TLS handshake not finished \(limit)"))
        case .idle, .connecting:
            fail(.connect((failures + ["\(addressText): no connection \(limit)"]).joined(separator: "; ")))
        case .open, .closed: break
        }
    }
}

// MARK: Name lookup and TCP

extension Transport {
    private func lookUp() {
        phase = .lookingUp
        do {
            let lookup = try NameLookup.start(host: endpoint.host, port: endpoint.port, configuration.resolve)
            self.lookup = lookup
            watch = try loop.watch(lookup.descriptor, for: .readable) { [weak self] _ in self?.lookedUp() }
        } catch {
            failLater(.connect("\(endpoint.host): name lookup: \(error)"))
        }
    }

    private func lookedUp() {
        guard let result = lookup?.take() else { return }
        if let watch { loop.unwatch(watch) }
        watch = nil
        lookup = nil
        switch result {
        case .success(let found): connect(to: found)
        case .failure(let error): fail(.connect("\(endpoint.host): name lookup: \(error.text)"))
        }
    }

    private func connect(to found: [SocketAddress]) {
        phase = .connecting
        addresses = SocketAddress.rotated(found, by: draw)[...]
        tryNextAddress()
    }

    private func tryNextAddress() {
        if let addressTimer { loop.cancel(addressTimer) }
        addressTimer = nil
        while let address = addresses.popFirst() {
            addressText = address.text
            if let isAllowed = configuration.addressFilter, !isAllowed(address.octets) {
                failures.append("\(address.text): not allowed")
                continue
            }
            hasTried = true
            do {
                try open(address)
                let limit = loop.now + configuration.addressTimeout
                addressTimer = loop.schedule(at: limit) { [weak self] in self?.addressTimedOut() }
                return
            } catch {
                failures.append("\(address.text): \(error)")
            }
        }
        let text = failures.isEmpty ? "\(endpoint.host) has no address" : failures.joined(separator: "; ")
        failLater(hasTried || failures.isEmpty ? .connect(text) : .refusedAddress(text))
    }

    /// Fails in a timer of the loop: `start` may be on the stack, and its caller is not ready to hear of it.
    private func failLater(_ failure: ConnectionFailure) {
        if let timer { loop.cancel(timer) }
        timer = loop.schedule(at: loop.now) { [weak self] in self?.fail(failure) }
    }

    private func open(_ address: SocketAddress) throws(EventLoopError) {
        if let watch { loop.unwatch(watch) }
        watch = nil
        let type = CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        socket = FileDescriptor(owning: Glibc.socket(address.family, type, 0))
        guard socket.rawValue >= 0 else { throw EventLoopError("socket", errno) }
        // SAFETY: the bytes are a sockaddr of their own length, as getaddrinfo gave them; bind and connect only read them.
        let code = unsafe address.bytes.withUnsafeBytes { bytes in
            unsafe Glibc.connect(
                socket.rawValue,
                bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self),
                socklen_t(bytes.count)
            )
        }
        if code != 0, errno != EINPROGRESS { throw EventLoopError("connect", errno) }
        watch = try loop.watch(socket.rawValue, for: .writable) { [weak self] ready in self?.ready(ready) }
    }

    private func addressTimedOut() {
        guard phase == .connecting else { return }
        failures.append("\(addressText): no connection within \(configuration.addressTimeout)")
        tryNextAddress()
    }

    private func connected() {
        var code: CInt = 0
        var size = socklen_t(MemoryLayout<CInt>.size)
        // SAFETY: SO_ERROR writes one int, to a variable of that size.
        let result = unsafe getsockopt(socket.rawValue, SOL_SOCKET, SO_ERROR, &code, &size)
        if result != 0 { code = errno }
        guard code == 0 else {
            failures.append("\(addressText): connect: \(systemErrorText(code))")
            return tryNextAddress()
        }
        if let addressTimer { loop.cancel(addressTimer) }
        addressTimer = nil
        var on: CInt = 1
        // SAFETY: TCP_NODELAY reads one int. Without it the connection is slower, not wrong, so the result does not matter.
        _ = unsafe setsockopt(socket.rawValue, CInt(IPPROTO_TCP), TCP_NODELAY, &on, size)
        phase = .handshaking
        shakeHands()
        wait(forRoom: isCongested)
    }
}

// MARK: Bytes

extension Transport {
    /// Encrypts and sends; only while not congested.
    ///
    /// Gives nil, or why nothing was written.
    func write(_ bytes: [UInt8]) -> String? {
        precondition(phase == .open && !isCongested, "written bytes wait for transportReady and transportDrained")
        if let failure = tls.write(bytes) { return failure }
        sendOutput()
        return nil
    }

    private func ready(_ readiness: EventLoop.Readiness) {
        if phase == .connecting { return connected() }
        if readiness.contains(.writable), isCongested {
            sendOutput()
            if !isCongested, phase == .open { owner?.transportDrained() }
        }
        if readiness.contains(.readable) { readSocket() }
    }

    /// Reads what has come, in at most a few portions so that other descriptors get their turn.
    private func readSocket() {
        for _ in 0..<4 {
            guard phase == .handshaking || phase == .open else { return }
            // SAFETY: recv writes at most the buffer's count, and the buffer is this object's own.
            let count = unsafe ciphertext.withUnsafeMutableBytes { buffer in
                unsafe recv(socket.rawValue, buffer.baseAddress, buffer.count, 0)
            }
            if count > 0 {
                bytesReceived += count
                received(count)
                if count < ciphertext.count { return }
            } else if count == 0 {
                // A failed send has taken the socket's error with it, so that only the end is left to read.
                return failRead(sendFailure ?? "the server closed the connection")
            } else if errno == EAGAIN || errno == EINTR {
                return
            } else {
                return failRead(systemErrorText(errno))
            }
        }
    }

    private func failRead(_ reason: String) {
        if phase == .handshaking {
            fail(.connect("\(addressText): during the TLS handshake: \(reason)"))
        } else {
            fail(.lost(reason))
        }
    }

    private func received(_ count: Int) {
        // SAFETY: `count` bytes at the buffer's start were just received.
        let isTaken = unsafe ciphertext.withUnsafeBytes { unsafe tls.receive(.init(rebasing: $0[..<count])) }
        guard isTaken else { return failRead("TLS: \(openSSLErrorText())") }
        if phase == .handshaking { shakeHands() }
        // Until OpenSSL has nothing left: what stays inside it would make no socket readable.
        while phase == .open {
            // SAFETY: the buffer is this object's own; OpenSSL writes at most its count, and the owner reads what was written.
            let failure = unsafe plaintext.withUnsafeMutableBytes { buffer -> (isDone: Bool, reason: String?) in
                switch unsafe tls.read(into: buffer) {
                case .done(let count):
                    (false, unsafe owner?.transportReceived(.init(rebasing: buffer[..<count])))
                case .wantsInput: (true, nil)
                case .closed: (true, "the server ended the TLS connection")
                case .otherProtocol: preconditionFailure("the protocol is known when the handshake ends")
                case .failed(let reason): (true, reason)
                }
            }
            if let reason = failure.reason { return fail(.lost(reason)) }
            if failure.isDone { break }
        }
        // What OpenSSL itself has to say: answers to key updates, alerts.
        if phase == .open { sendOutput() }
    }

    private func shakeHands() {
        let progress = tls.handshake()
        sendOutput()
        switch progress {
        case .done:
            phase = .open
            if let timer { loop.cancel(timer) }
            timer = nil
            owner?.transportReady()
        case .wantsInput: break
        case .closed: failRead("the server ended the TLS connection")
        case .failed(let reason): fail(.tls("\(endpoint.verifiedName) (\(addressText)): \(reason)"))
        case .otherProtocol:
            fail(.otherProtocol("\(endpoint.verifiedName) (\(addressText)): no HTTP/2 (ALPN h2)"))
        }
    }

    /// Sends what OpenSSL has ready.
    ///
    /// After a failed send nothing more is sent, but what the server said before is still read.
    private func sendOutput() {
        guard socket.rawValue >= 0 else { return }
        var isDrained = false
        while !isDrained, sendFailure == nil {
            // SAFETY: send reads the bytes that OpenSSL holds ready, less those sent before. MSG_NOSIGNAL: no SIGPIPE.
            let (left, count) = unsafe tls.withOutput { output -> (Int, Int) in
                let left = output.count - sentOffset
                guard left > 0, let start = output.baseAddress else { return (0, 0) }
                return (left, unsafe send(socket.rawValue, start + sentOffset, left, CInt(MSG_NOSIGNAL)))
            }
            if left == 0 {
                isDrained = true
            } else if count >= 0 {
                bytesSent += count
                sentOffset += count
            } else if errno == EAGAIN {
                break
            } else if errno != EINTR {
                sendFailure = systemErrorText(errno)
            }
        }
        if isDrained, sentOffset > 0 {
            tls.resetOutput()
            sentOffset = 0
        }
        isCongested = !isDrained
        wait(forRoom: !isDrained && sendFailure == nil)
    }

    private func wait(forRoom: Bool) {
        guard phase != .connecting, let watch else { return }
        do {
            try loop.change(watch, to: forRoom ? [.readable, .writable] : .readable)
        } catch {
            failLater(.lost("\(error)"))
        }
    }
}
