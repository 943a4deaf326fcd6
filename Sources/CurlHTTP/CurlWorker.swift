private import CCurl

/// What runs on the owner thread: takes requests from the mailbox, lets libcurl work, and gives outcomes back.
///
/// Made by the client's initialiser and handed to the thread, which alone uses it from then on.
final class CurlWorker {
    /// How long to sleep when nothing is outstanding.
    private static let idleSleep = Duration.seconds(60)

    private let configuration: CurlConfiguration
    private let mailbox: Mailbox
    private let sockets: SocketTable
    private let multi: MultiHandle
    private let schemes: Set<String>
    private var queue: TransferQueue
    /// All that are outstanding, waiting or active.
    private var transfers: [Transfer] = []
    private var completions: [(id: UInt64, outcome: HTTPOutcome)] = []
    /// No deadline is before this; nil when there is none.
    private var earliestDeadline: ContinuousClock.Instant?
    /// What to add to the client's counts.
    private var counts = CurlStatistics()

    init(_ configuration: CurlConfiguration, _ mailbox: Mailbox) throws(CurlSetupError) {
        self.configuration = configuration
        self.mailbox = mailbox
        sockets = SocketTable()
        multi = try MultiHandle.make(configuration, sockets: sockets)
        schemes = configuration.allowsPlainHTTP ? ["https", "http"] : ["https"]
        queue = TransferQueue(
            connectionsMax: configuration.connectionsMax,
            connectionsPerHostMax: configuration.connectionsPerHostMax
        )
        // A set-up that libcurl refuses is found now, not at the first request.
        try EasyHandle.make().configure(configuration)
    }

    /// Works until the client is closed; every request that came in has its outcome then.
    func run() {
        while true {
            let (commands, phase) = mailbox.takeCommands()
            for command in commands { obey(command) }
            if phase == .closed { break }
            beginWaiting()
            let failure = multi.perform()
            // What has been answered goes before what is over: an answer that is there counts, even if this thread was late.
            while let (transfer, code) = multi.nextCompleted() { completed(transfer, code) }
            if let failure { endStarted(failure) }
            expire(now: .now)
            deliver()
            multi.sleep(upTo: timeToSleep, orReadable: mailbox.descriptor)
        }
        for transfer in transfers { stop(transfer, waiting: .closed, sent: .closed) }
        deliver()
    }

    private var timeToSleep: Duration {
        if queue.canBegin { return .zero }
        guard let earliestDeadline else { return Self.idleSleep }
        return min(Self.idleSleep, max(.zero, ContinuousClock.now.duration(to: earliestDeadline)))
    }

    private func deliver() {
        mailbox.deliver(completions) { statistics in
            statistics.requestsWaiting = transfers.count - queue.activeCount
            statistics.requestsActive = queue.activeCount
            statistics.connectionsOpen = sockets.count
            statistics.connects = counts.connects
            statistics.staleConnections = counts.staleConnections
            statistics.requestsSent = counts.requestsSent
            statistics.bytesReceived = counts.bytesReceived
            statistics.bytesSent = counts.bytesSent
        }
        completions.removeAll(keepingCapacity: true)
    }
}

// MARK: From request to outcome

extension CurlWorker {
    private func obey(_ command: Mailbox.Command) {
        switch command {
        case .submit(let request, let ticket): accept(request, ticket)
        case .cancel(let id):
            guard let transfer = transfers.first(where: { $0.id == id }) else { return }
            stop(transfer, waiting: .cancelled, sent: .cancelled)
        }
    }

    private func accept(_ request: HTTPRequest, _ ticket: Mailbox.Ticket) {
        if let rule = RequestRules.violation(in: request) { return refuse(ticket, rule) }
        let target: RequestTarget
        do throws(CurlSetupError) {
            target = try RequestTarget(request.url, schemes: schemes)
        } catch {
            return refuse(ticket, error.description)
        }
        let transfer = Transfer(
            request,
            ticket,
            origin: target.origin,
            configuration: configuration,
            sockets: sockets
        )
        transfer.index = transfers.count
        transfers.append(transfer)
        queue.append(transfer)
        earliestDeadline = min(earliestDeadline ?? ticket.deadline, ticket.deadline)
    }

    private func refuse(_ ticket: Mailbox.Ticket, _ rule: String) {
        completions.append((ticket.id, .notProcessed(.invalidRequest(rule))))
    }

    private func beginWaiting() {
        while let transfer = queue.next() {
            transfer.phase = .active
            begin(transfer)
        }
    }

    private func begin(_ transfer: Transfer) {
        do throws(CurlSetupError) {
            try transfer.begin(configuration, in: multi)
        } catch {
            finish(transfer, .notProcessed(.connectFailed(error.description)))
        }
    }

    private func completed(_ transfer: Transfer, _ code: CURLcode) {
        guard transfer.isStale else { return finish(transfer, transfer.outcome(code)) }
        // Nothing was sent: once more, and on a new connection, which cannot be stale.
        counts.staleConnections += 1
        transfer.end(in: multi, &counts)
        begin(transfer)
    }

    /// Ends a request from this side.
    private func stop(
        _ transfer: Transfer,
        waiting: HTTPOutcome.NotProcessedReason,
        sent: HTTPOutcome.UnknownReason
    ) {
        finish(transfer, transfer.isStarted ? .unknown(sent) : .notProcessed(waiting))
    }

    private func finish(_ transfer: Transfer, _ outcome: HTTPOutcome) {
        precondition(transfer.phase != .ended, "a request has one outcome")
        transfer.end(in: multi, &counts)
        if transfer.phase == .active { queue.ended(transfer) }
        if transfer.isStarted { counts.requestsSent += 1 }
        transfer.phase = .ended
        let last = transfers.removeLast()
        if last !== transfer {
            transfers[transfer.index] = last
            last.index = transfer.index
        }
        completions.append((transfer.id, outcome))
    }

    private func expire(now: ContinuousClock.Instant) {
        guard let earliest = earliestDeadline, earliest <= now else { return }
        for transfer in transfers where transfer.deadline <= now {
            stop(transfer, waiting: .deadline, sent: .deadline)
        }
        earliestDeadline = transfers.lazy.map(\.deadline).min()
    }

    /// libcurl itself failed, for want of memory: what it had is given up, what waits may yet go.
    private func endStarted(_ reason: String) {
        for transfer in transfers where transfer.phase == .active {
            let sent = HTTPOutcome.unknown(.connectionLost(reason))
            finish(transfer, transfer.isStarted ? sent : .notProcessed(.connectFailed(reason)))
        }
    }
}
