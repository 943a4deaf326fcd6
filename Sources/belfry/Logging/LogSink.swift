import Glibc
import Synchronization

/// A file descriptor that takes whole lines.
///
/// May be used from any thread: lines do not mix.
final class LogSink: Sendable {
    private let descriptor: Int32
    /// Held for one line: what the kernel takes in several pieces stays together.
    private let lock = Mutex(())

    /// - Parameter descriptor: Stays open as long as the sink is used; the sink does not close it.
    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    static let standardError = LogSink(descriptor: STDERR_FILENO)

    /// Writes a line with one `write(2)`, where the kernel takes it whole.
    ///
    /// A log that cannot be written stops nothing: the rest of the line is given up.
    func write(_ octets: [UInt8]) {
        lock.withLock { _ in
            unsafe octets.withUnsafeBytes { bytes in
                var written = 0
                while written < bytes.count {
                    // SAFETY: the rest of the buffer, which outlives the call.
                    let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[written...])
                    let count = unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
                    if count > 0 {
                        written += count
                    } else if count == 0 || !canGoOn() {
                        return
                    }
                }
            }
        }
    }

    /// Whether to try again after a write that failed.
    ///
    /// Whoever reads a non-blocking descriptor gets a second to make room.
    private func canGoOn() -> Bool {
        switch errno {
        case EINTR: return true
        case EAGAIN:
            var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            // SAFETY: one element, which outlives the call.
            return unsafe poll(&request, 1, 1000) > 0 && request.revents & Int16(POLLOUT) != 0
        default: return false
        }
    }
}
