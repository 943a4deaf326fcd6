/// When a connection is asked for a sign of life with PING, and when it is given up.
///
/// Any byte of the server is a sign of life. Pure: it is given the time and asks nobody.
struct Liveness {
    /// How long a server may be silent.
    struct Limits {
        /// With no stream open.
        var idle: Duration
        /// With streams open, whose answers are due.
        var silence: Duration
        /// After a PING.
        var answer: Duration
        /// With no stream open: a connection that was quiet for longer is asked before it is used again.
        var trust: Duration
    }

    /// What to do about a connection.
    enum Step: Equatable {
        /// Nothing before this instant.
        case look(MonotonicInstant)
        /// Send a PING.
        case ask
        /// Give it up.
        case lost
    }

    private let limits: Limits
    private(set) var lastReceived: MonotonicInstant
    /// Since when there are streams; before that silence meant nothing.
    private var busySince: MonotonicInstant
    private var askedAt: MonotonicInstant?

    init(_ limits: Limits, now: MonotonicInstant) {
        self.limits = limits
        lastReceived = now
        busySince = now
    }

    /// A PING is unanswered: whether anybody is there is in doubt, and nothing new is entrusted to the connection.
    var isAsking: Bool { askedAt != nil }

    /// The server gave a sign of life.
    mutating func received(at now: MonotonicInstant) {
        lastReceived = now
        askedAt = nil
    }

    /// The first stream was opened where there was none.
    mutating func becameBusy(at now: MonotonicInstant) {
        busySince = now
    }

    /// A PING was sent.
    mutating func asked(at now: MonotonicInstant) {
        askedAt = now
    }

    /// What is to be done now.
    func next(at now: MonotonicInstant, hasStreams: Bool) -> Step {
        if let askedAt {
            let due = askedAt + limits.answer
            return due > now ? .look(due) : .lost
        }
        let due = hasStreams ? max(lastReceived, busySince) + limits.silence : lastReceived + limits.idle
        return due > now ? .look(due) : .ask
    }

    /// True when it was quiet for so long that it must answer a PING before it gets a request: firewalls and address
    /// translators forget quiet connections without telling, and a request into nowhere ends as unknown.
    func needsProof(at now: MonotonicInstant) -> Bool {
        askedAt == nil && lastReceived + limits.trust <= now
    }
}
