private import Glibc

/// The two ends of a TCP connection, as libcurl writes them.
struct ConnectionEnds: Hashable {
    var localAddress: String
    var localPort: CInt
    var remoteAddress: String
    var remotePort: CInt
}

/// The sockets that libcurl has open, and which connection each belongs to.
///
/// libcurl 7.88 takes an idle connection for alive when a byte can be read from it, even if that byte is TLS's goodbye, and then
/// loses a request on it. So this table lets a request look at the socket itself before it goes out.
final class SocketTable {
    private var open: Set<CInt> = []
    private var connections: [ConnectionEnds: CInt] = [:]

    var count: Int { open.count }

    /// Opens a socket; -1 when the system refuses.
    func openSocket(_ family: CInt, _ type: CInt, _ protocolNumber: CInt) -> CInt {
        let descriptor = socket(family, type | CInt(SOCK_CLOEXEC.rawValue), protocolNumber)
        if descriptor >= 0 { open.insert(descriptor) }
        return descriptor
    }

    /// Closes a socket; gives what the system said.
    func closeSocket(_ descriptor: CInt) -> CInt {
        open.remove(descriptor)
        for (ends, owner) in connections where owner == descriptor { connections[ends] = nil }
        return close(descriptor)
    }

    /// Remembers the connection for which sockets were opened: the one of them that is still open.
    func remember(_ ends: ConnectionEnds, openedFor sockets: [CInt]) {
        let left = sockets.filter { open.contains($0) }
        // Two would leave it open which one it is; the connection is then never used a second time (`isQuiet`).
        connections[ends] = left.count == 1 ? left[0] : nil
    }

    /// Whether nothing has come on an idle connection: no end, no error, and no byte, which nobody asked for.
    func isQuiet(_ ends: ConnectionEnds) -> Bool {
        guard let descriptor = connections[ends] else { return false }
        var byte: UInt8 = 0
        // SAFETY: at most one byte is written, to a variable of that size, and stays in the socket.
        let count = unsafe recv(descriptor, &byte, 1, CInt(MSG_PEEK) | CInt(MSG_DONTWAIT))
        return count < 0 && errno == EAGAIN
    }
}
