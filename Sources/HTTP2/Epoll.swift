private import CLinux
private import Glibc

/// One epoll instance; each registration carries a number that comes back with its events.
@safe struct Epoll: ~Copyable {
    /// What the kernel reported for one registration.
    struct Event {
        var key: UInt64
        var readiness: EventLoop.Readiness
    }

    private let descriptor: FileDescriptor
    private var events: [epoll_event]

    init() throws(EventLoopError) {
        descriptor = FileDescriptor(owning: epoll_create1(CInt(EPOLL_CLOEXEC)))
        unsafe events = [epoll_event](repeating: epoll_event(), count: 64)
        if descriptor.rawValue < 0 { throw EventLoopError("epoll_create1", errno) }
    }

    borrowing func add(_ watched: CInt, _ interest: EventLoop.Readiness, key: UInt64) throws(EventLoopError) {
        try control(EPOLL_CTL_ADD, watched, interest, key)
    }

    borrowing func modify(_ watched: CInt, _ interest: EventLoop.Readiness, key: UInt64) throws(EventLoopError) {
        try control(EPOLL_CTL_MOD, watched, interest, key)
    }

    borrowing func remove(_ watched: CInt) {
        var event = unsafe epoll_event()
        // SAFETY: reads one event during the call. It fails only for a closed descriptor, which the kernel has removed already.
        _ = unsafe epoll_ctl(descriptor.rawValue, EPOLL_CTL_DEL, watched, &event)
    }

    /// Sleeps until something is ready, a signal comes or the time has passed; gives the number of events.
    mutating func wait(upTo timeout: Duration) -> Int {
        // SAFETY: the buffer is live during the call and its own count is the limit given.
        let count = unsafe events.withUnsafeMutableBufferPointer { buffer in
            unsafe epoll_wait(descriptor.rawValue, buffer.baseAddress, CInt(buffer.count), timeout.pollMilliseconds)
        }
        if count < 0 {
            // The only error of a valid epoll descriptor and buffer is a signal that came first.
            precondition(errno == EINTR, "epoll_wait failed: \(systemErrorText(errno))")
        }
        return Int(max(0, count))
    }

    /// One of the events of the last `wait`.
    borrowing func event(at index: Int) -> Event {
        // SAFETY: `data` is a union of integers and a pointer; every registration writes its u64 member.
        let (key, flags) = unsafe (events[index].data.u64, events[index].events)
        var ready: EventLoop.Readiness = []
        let failed = EPOLLHUP.rawValue | EPOLLERR.rawValue
        if flags & (EPOLLIN.rawValue | EPOLLRDHUP.rawValue | failed) != 0 { ready.insert(.readable) }
        if flags & (EPOLLOUT.rawValue | failed) != 0 { ready.insert(.writable) }
        return Event(key: key, readiness: ready)
    }

    private borrowing func control(
        _ operation: CInt,
        _ watched: CInt,
        _ interest: EventLoop.Readiness,
        _ key: UInt64
    ) throws(EventLoopError) {
        var flags: UInt32 = 0
        if interest.contains(.readable) { flags |= EPOLLIN.rawValue | EPOLLRDHUP.rawValue }
        if interest.contains(.writable) { flags |= EPOLLOUT.rawValue }
        // SAFETY: writes the union member that `event` reads; epoll_ctl reads one event during the call.
        var event = unsafe epoll_event(events: flags, data: epoll_data_t(u64: key))
        if unsafe epoll_ctl(descriptor.rawValue, operation, watched, &event) != 0 {
            throw EventLoopError("epoll_ctl", errno)
        }
    }
}
