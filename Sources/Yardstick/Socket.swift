private import Glibc

/// A TCP socket of this machine, closed when its owner lets go of it.
struct Socket: ~Copyable {
    let descriptor: Int32

    private init(owning descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        // After close, Linux has freed the number in every case.
        if descriptor >= 0 { _ = close(descriptor) }
    }

    private static let backlog: Int32 = 64

    /// Listens on 127.0.0.1, on a free port.
    static func listening() throws(YardstickError) -> Socket {
        let socket = try new()
        guard unsafe withAddress(port: 0, { unsafe bind(socket.descriptor, $0, $1) }) == 0 else {
            throw .system("bind")
        }
        guard listen(socket.descriptor, backlog) == 0 else { throw .system("listen") }
        try socket.neverBlock()
        return socket
    }

    /// Connected to a port of 127.0.0.1; it blocks.
    static func connected(port: UInt16) throws(YardstickError) -> Socket {
        let socket = try new()
        guard unsafe withAddress(port: port, { unsafe connect(socket.descriptor, $0, $1) }) == 0 else {
            throw .system("127.0.0.1:\(port)")
        }
        socket.sendAtOnce()
        return socket
    }

    /// The next connection, which does not block; nil while there is none.
    borrowing func accept() throws(YardstickError) -> Socket? {
        let socket = Socket(owning: Glibc.accept(descriptor, nil, nil))
        if socket.descriptor < 0 { return nil }
        try socket.neverBlock()
        socket.sendAtOnce()
        return socket
    }

    /// The port that it is bound to.
    borrowing func port() throws(YardstickError) -> UInt16 {
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        // SAFETY: getsockname writes an IPv4 address to a variable of that size.
        let code = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(descriptor, $0, &size)
            }
        }
        guard code == 0 else { throw .system("getsockname") }
        return UInt16(bigEndian: address.sin_port)
    }

    borrowing func neverBlock() throws(YardstickError) {
        guard fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0 else { throw .system("fcntl") }
    }

    /// Waits until there is something to read, or room to write; false when neither comes in time.
    borrowing func wait(forRoom: Bool, milliseconds: Int32) -> Bool {
        let events = Int16(forRoom ? POLLIN | POLLOUT : POLLIN)
        var entry = pollfd(fd: descriptor, events: events, revents: 0)
        // SAFETY: one entry, which is this function's own.
        return unsafe poll(&entry, 1, milliseconds) != 0
    }

    private static func new() throws(YardstickError) -> Socket {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        let socket = Socket(owning: Glibc.socket(AF_INET, type, 0))
        guard socket.descriptor >= 0 else { throw .system("socket") }
        return socket
    }

    private borrowing func sendAtOnce() {
        var on: Int32 = 1
        // SAFETY: TCP_NODELAY reads one int. Without it the connection is slower, not wrong.
        _ = unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    private static func withAddress(port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        // SAFETY: an IPv4 address passed as the general form, with its own size.
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
