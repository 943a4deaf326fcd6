private import CLinux
private import Glibc

/// A refusal by the operating system to set up or change an event loop, with its words.
package struct EventLoopError: Error, CustomStringConvertible {
    /// The call that failed, and why.
    package let description: String

    init(_ call: String, _ code: CInt) {
        description = "\(call): \(systemErrorText(code))"
    }
}

/// Wakes a sleeping event loop from any thread.
package final class EventLoopWaker: Sendable {
    private let descriptor: CInt

    init() throws(EventLoopError) {
        descriptor = eventfd(0, CInt(EFD_CLOEXEC) | CInt(EFD_NONBLOCK))
        if descriptor < 0 { throw EventLoopError("eventfd", errno) }
    }

    deinit {
        _ = close(descriptor)
    }

    /// Makes the loop's present or next sleep end; callable from any thread, any number of times.
    package func wakeUp() {
        // The write can fail only when the counter is full, and then the loop is being woken already.
        _ = eventfd_write(descriptor, 1)
    }

    var rawValue: CInt { descriptor }

    func clear() {
        var count: eventfd_t = 0
        // SAFETY: eventfd_read writes one counter to a variable of that type. It fails only when there is nothing to clear.
        _ = unsafe eventfd_read(descriptor, &count)
    }
}

/// One epoll loop on the caller's own thread: file descriptors, timers, and work to do before the next sleep.
///
/// Not thread-safe, but for its `waker`. Actions run inside `turn`, on the thread that called it.
package final class EventLoop {
    /// What a file descriptor is ready for, or what is waited for.
    package struct Readiness: OptionSet, Sendable {
        package let rawValue: UInt8
        /// The raw bits.
        package init(rawValue: UInt8) { self.rawValue = rawValue }
        /// A read will not block; also set when the other side closed or failed.
        package static let readable = Readiness(rawValue: 1)
        /// A write will not block; also set when the descriptor failed.
        package static let writable = Readiness(rawValue: 2)
    }

    /// Names one watched file descriptor.
    package struct WatchID: Hashable, Sendable {
        fileprivate let index: UInt32
        fileprivate let generation: UInt32
        /// What epoll carries for it.
        fileprivate var key: UInt64 { UInt64(generation) << 32 | UInt64(index) }
    }

    /// Names one timer.
    package struct TimerID: Hashable, Sendable {
        fileprivate let number: UInt64
    }

    private struct Watch {
        var descriptor: CInt = -1
        var generation: UInt32 = 0
        var interest: Readiness = []
        var action: ((Readiness) -> Void)?
    }

    /// Ends this loop's sleep from any thread.
    package let waker: EventLoopWaker
    /// The time at which the current turn began or woke up.
    package private(set) var now = MonotonicInstant.now()

    private var epoll: Epoll
    private var watches: [Watch] = []
    private var freeWatches: [UInt32] = []
    private var timers = TimerHeap()
    private var deferred: [() -> Void] = []
    private var skipsSleep = false

    /// Opens an epoll instance and an eventfd; throws when the process may not have more descriptors.
    package init() throws(EventLoopError) {
        epoll = try Epoll()
        waker = try EventLoopWaker()
        let waker = self.waker
        _ = try watch(waker.rawValue, for: .readable) { [unowned waker] _ in waker.clear() }
    }

    /// Turns the loop until the deadline has come or the condition is false.
    package func run(until deadline: MonotonicInstant, while condition: () -> Bool = { true }) {
        now = .now()
        while condition(), now < deadline {
            turn(timeout: deadline - now)
        }
    }

    /// Does deferred work, sleeps until something happens or `timeout` has passed, then runs what became due.
    package func turn(timeout: Duration) {
        now = .now()
        runDeferred()
        let count = wait(upTo: timeout)
        now = .now()
        for index in 0..<count { dispatch(epoll.event(at: index)) }
        while let action = timers.popDue(at: now) { action() }
    }

    /// Runs an action once, at the start of the next turn, before the loop sleeps.
    package func beforeSleep(_ action: @escaping () -> Void) {
        deferred.append(action)
    }

    /// Makes the next sleep end at once, because there is a result for the loop's caller to take.
    package func skipSleep() {
        skipsSleep = true
    }

    private func runDeferred() {
        let actions = deferred
        deferred.removeAll(keepingCapacity: true)
        for action in actions { action() }
    }

    private func wait(upTo timeout: Duration) -> Int {
        var sleep = timeout
        if let due = timers.nextDue { sleep = min(sleep, due - now) }
        if skipsSleep || !deferred.isEmpty { sleep = .zero }
        skipsSleep = false
        return epoll.wait(upTo: sleep)
    }

    private func dispatch(_ event: Epoll.Event) {
        let index = Int(event.key & 0xFFFF_FFFF)
        // A watch that was removed, or whose place was taken, in this same turn is another generation.
        guard watches[index].generation == UInt32(event.key >> 32), let action = watches[index].action else { return }
        action(event.readiness)
    }
}

// MARK: File descriptors

extension EventLoop {
    /// Calls `action` in each turn in which the descriptor is ready.
    ///
    /// The descriptor stays the caller's; unwatch before closing it.
    package func watch(
        _ descriptor: CInt,
        for interest: Readiness,
        _ action: @escaping (Readiness) -> Void
    ) throws(EventLoopError) -> WatchID {
        let index: UInt32
        if let free = freeWatches.popLast() {
            index = free
        } else {
            index = UInt32(watches.count)
            watches.append(Watch())
        }
        let id = WatchID(index: index, generation: watches[Int(index)].generation)
        do throws(EventLoopError) {
            try epoll.add(descriptor, interest, key: id.key)
        } catch {
            freeWatches.append(index)
            throw error
        }
        watches[Int(index)].descriptor = descriptor
        watches[Int(index)].interest = interest
        watches[Int(index)].action = action
        return id
    }

    /// Changes what a watched descriptor is waited for.
    package func change(_ id: WatchID, to interest: Readiness) throws(EventLoopError) {
        guard isCurrent(id), watches[Int(id.index)].interest != interest else { return }
        try epoll.modify(watches[Int(id.index)].descriptor, interest, key: id.key)
        watches[Int(id.index)].interest = interest
    }

    /// Stops watching a descriptor; its action is not called again, not even in this turn.
    package func unwatch(_ id: WatchID) {
        guard isCurrent(id) else { return }
        let index = Int(id.index)
        epoll.remove(watches[index].descriptor)
        watches[index] = Watch(generation: watches[index].generation &+ 1)
        freeWatches.append(id.index)
    }

    private func isCurrent(_ id: WatchID) -> Bool {
        watches[Int(id.index)].generation == id.generation && watches[Int(id.index)].action != nil
    }
}

// MARK: Timers

extension EventLoop {
    /// Runs an action once, in the first turn at or after the instant.
    package func schedule(at instant: MonotonicInstant, _ action: @escaping () -> Void) -> TimerID {
        TimerID(number: timers.insert(at: instant, action))
    }

    /// Forgets a timer; does nothing when it has fired.
    package func cancel(_ timer: TimerID) {
        timers.remove(timer.number)
    }
}
