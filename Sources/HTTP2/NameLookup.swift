private import CLinux
private import Glibc
private import Synchronization

/// One name lookup on a thread of its own, since `getaddrinfo` blocks for as long as the name servers let it.
///
/// Born for each new connection, so that each asks afresh; abandoned lookups end by themselves and their result is dropped.
final class NameLookup: Sendable {
    /// Asks for the addresses of a host, and may take long.
    typealias Resolve = @Sendable (_ host: String, _ port: UInt16) -> Result<[SocketAddress], LookupError>

    /// Lookups that are running in this process; beyond the limit a new one fails at once, so that dead name servers
    /// do not collect threads.
    private static let running = Atomic<Int>(0)
    private static let runningMax = 16

    private let host: String
    private let port: UInt16
    private let resolve: Resolve
    private let result = Mutex<Result<[SocketAddress], LookupError>?>(nil)
    /// An eventfd that becomes readable when the result is there; closed when thread and owner have both let go.
    let descriptor: CInt

    private init(host: String, port: UInt16, resolve: @escaping Resolve, descriptor: CInt) {
        self.host = host
        self.port = port
        self.resolve = resolve
        self.descriptor = descriptor
    }

    deinit {
        _ = close(descriptor)
    }

    /// Starts a lookup; its `descriptor` becomes readable when `take` has a result.
    static func start(
        host: String,
        port: UInt16,
        _ resolve: @escaping Resolve
    ) throws(LookupError) -> NameLookup {
        let descriptor = eventfd(0, CInt(EFD_CLOEXEC) | CInt(EFD_NONBLOCK))
        guard descriptor >= 0 else { throw LookupError(text: "eventfd: \(systemErrorText(errno))") }
        let lookup = NameLookup(host: host, port: port, resolve: resolve, descriptor: descriptor)
        guard running.add(1, ordering: .relaxed).newValue <= runningMax else {
            running.subtract(1, ordering: .relaxed)
            throw LookupError(text: "\(runningMax) name lookups are unanswered")
        }
        let code = lookup.startThread()
        guard code == 0 else {
            running.subtract(1, ordering: .relaxed)
            throw LookupError(text: "pthread_create: \(systemErrorText(code))")
        }
        return lookup
    }

    /// The result, once there is one.
    func take() -> Result<[SocketAddress], LookupError>? {
        result.withLock { $0 }
    }

    private func startThread() -> CInt {
        var thread = pthread_t()
        // SAFETY: the reference is retained for the thread, which releases it once; if no thread starts, it is released here.
        let reference = unsafe Unmanaged.passRetained(self)
        let code = unsafe pthread_create(&thread, nil, nameLookupThread, reference.toOpaque())
        if code != 0 {
            unsafe reference.release()
            return code
        }
        return pthread_detach(thread)
    }

    fileprivate func work() {
        let found = resolve(host, port)
        result.withLock { $0 = found }
        Self.running.subtract(1, ordering: .relaxed)
        // The write cannot fail: the counter is zero and the descriptor is this object's own.
        _ = eventfd_write(descriptor, 1)
    }
}

private func nameLookupThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument = unsafe argument else { return nil }
    // A signal meant for the process is for its own threads, which expect it.
    var signals = sigset_t()
    // SAFETY: `signals` is a set to fill and to read; `argument` is the reference that `startThread` retained for this thread.
    unsafe sigfillset(&signals)
    unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    unsafe Unmanaged<NameLookup>.fromOpaque(argument).takeRetainedValue().work()
    return nil
}
