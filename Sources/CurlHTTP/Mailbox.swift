private import CLinux
private import Glibc
internal import Synchronization

/// Where requests go in to the owner thread and outcomes come out of it.
final class Mailbox: Sendable {
    /// Which request, and until when.
    struct Ticket: Sendable {
        var id: UInt64
        var deadline: ContinuousClock.Instant
    }

    /// What the owner thread is asked.
    enum Command: Sendable {
        case submit(HTTPRequest, Ticket)
        case cancel(UInt64)
    }

    /// How much is still taken on.
    enum Phase: Sendable { case open, draining, closed }

    private struct State: Sendable {
        var commands: [Command] = []
        var completions: [(id: UInt64, outcome: HTTPOutcome)] = []
        var outstandingCount = 0
        var phase = Phase.open
        var statistics = CurlStatistics()
    }

    /// An eventfd that becomes readable when there is something for the owner thread.
    let descriptor: CInt
    private let requestsMax: Int
    private let completionsReady: @Sendable () -> Void
    private let state = Mutex(State())

    init(requestsMax: Int, completionsReady: @escaping @Sendable () -> Void) throws(CurlSetupError) {
        descriptor = eventfd(0, CInt(EFD_CLOEXEC) | CInt(EFD_NONBLOCK))
        self.requestsMax = requestsMax
        self.completionsReady = completionsReady
        if descriptor < 0 { throw CurlSetupError("eventfd: error \(errno)") }
    }

    deinit {
        if descriptor >= 0 { _ = close(descriptor) }
    }

    var outstandingCount: Int { state.withLock { $0.outstandingCount } }
    var phase: Phase { state.withLock { $0.phase } }
    var statistics: CurlStatistics { state.withLock { $0.statistics } }

    var capacity: Int {
        state.withLock { $0.phase == .open ? max(0, requestsMax - $0.outstandingCount) : 0 }
    }

    // MARK: The caller's side

    func submit(_ request: HTTPRequest, _ ticket: Ticket) {
        let refusal = state.withLock { state -> HTTPOutcome.NotProcessedReason? in
            if state.phase != .open { return .closed }
            if state.outstandingCount >= requestsMax { return .overCapacity }
            state.outstandingCount += 1
            state.commands.append(.submit(request, ticket))
            return nil
        }
        guard let refusal else { return wakeOwner() }
        complete([(ticket.id, .notProcessed(refusal))])
    }

    func cancel(_ id: UInt64) {
        state.withLock { $0.commands.append(.cancel(id)) }
        wakeOwner()
    }

    func stopTaking(_ phase: Phase) {
        state.withLock { if $0.phase != .closed { $0.phase = phase } }
        wakeOwner()
    }

    func takeCompletions() -> [(id: UInt64, outcome: HTTPOutcome)] {
        state.withLock { state in
            let completions = state.completions
            state.completions = []
            return completions
        }
    }

    private func wakeOwner() {
        // The write can fail only when the counter is full, and then the owner is being woken already.
        _ = eventfd_write(descriptor, 1)
    }

    // MARK: The owner thread's side

    /// Takes what was asked since the last time, in its order, and whether to go on.
    func takeCommands() -> (commands: [Command], phase: Phase) {
        var count: eventfd_t = 0
        // SAFETY: eventfd_read writes one counter to a variable of that type. It fails only when there is nothing to clear.
        _ = unsafe eventfd_read(descriptor, &count)
        return state.withLock { state in
            let commands = state.commands
            state.commands = []
            return (commands, state.phase)
        }
    }

    /// Hands over outcomes of requests that were taken on, with the counts as they are then, and tells the caller.
    func deliver(
        _ outcomes: [(id: UInt64, outcome: HTTPOutcome)],
        update: (inout CurlStatistics) -> Void
    ) {
        complete(outcomes) { state in
            state.outstandingCount -= outcomes.count
            update(&state.statistics)
        }
    }

    /// The caller is not told again before it has looked.
    private func complete(
        _ outcomes: [(id: UInt64, outcome: HTTPOutcome)],
        update: (inout State) -> Void = { _ in }
    ) {
        let isNews = state.withLock { state in
            let isNews = state.completions.isEmpty && !outcomes.isEmpty
            state.completions += outcomes
            for (_, outcome) in outcomes { state.statistics.count(outcome) }
            update(&state)
            return isNews
        }
        if isNews { completionsReady() }
    }
}
