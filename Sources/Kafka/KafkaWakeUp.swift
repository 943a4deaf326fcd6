private import CRdKafka
private import Glibc

/// Wakes a thread when any of its queues gets something to read.
///
/// One eventfd is shared by every queue of a thread, so that the thread sleeps in one place, `poll(2)` here or an epoll
/// loop of its own. A queue signals when it turns from empty to not empty, once, and not again before it is read. The owner
/// therefore clears first and then reads every queue until it is empty, or remembers which one was not.
///
/// `signal()` may be called from any thread; so may the rest, but one thread should wait.
package final class KafkaWakeUp: Sendable {
    /// The eventfd: readable when something happened.
    ///
    /// Closed with this object.
    package let fileDescriptor: Int32

    package init() {
        fileDescriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        precondition(fileDescriptor >= 0, "out of file descriptors: \(errno)")
    }

    deinit {
        close(fileDescriptor)
    }

    /// Makes the descriptor readable.
    package func signal() {
        // A full counter (EAGAIN) is already readable, which is all that is asked for.
        _ = eventfd_write(fileDescriptor, 1)
    }

    /// Makes the descriptor unreadable until the next signal.
    ///
    /// - Returns: whether there was a signal since the last time.
    @discardableResult
    package func clear() -> Bool {
        var count: eventfd_t = 0
        // SAFETY: the address is valid for the call. EAGAIN means that there was nothing to clear.
        return unsafe eventfd_read(fileDescriptor, &count) == 0
    }

    /// Sleeps until a signal comes, without clearing it.
    ///
    /// - Parameter timeout: how long to sleep at most; zero only looks.
    /// - Returns: whether there is a signal.
    package func wait(timeout: Duration) -> Bool {
        let deadline = ContinuousClock.now + timeout
        while true {
            var entry = pollfd(fd: fileDescriptor, events: Int16(POLLIN), revents: 0)
            let remaining = ContinuousClock.now.duration(to: deadline)
            // SAFETY: one entry, valid for the call.
            let ready = unsafe poll(&entry, 1, remaining.milliseconds)
            if ready >= 0 { return ready > 0 }
            // A signal handler ran: sleep for the rest.
            precondition(errno == EINTR, "poll(2) on an eventfd failed: \(errno)")
        }
    }
}
