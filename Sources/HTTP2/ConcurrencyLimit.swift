/// How many requests may be under way at the same time, learnt from how the server answers.
///
/// Three signs lower it: answers that take much longer than the shortest of late (a queue stands in front of the server),
/// deadlines that pass, and the owner's word that the server is overloaded. It rises with every answer that comes in time
/// while the limit is in use: one for one until it was first lowered, so that it doubles with each round trip (a server that is
/// merely far is as quick to be trusted as the speed of light allows), then by its square root for each round.
/// Pure: it is given the time and asks nobody.
struct ConcurrencyLimit {
    /// Between what the limit moves, and where it begins.
    struct Bounds {
        var min: Int
        var max: Int
        var initial: Int
    }

    /// Longer than the shortest latency by no more than this is never a queue: batching, pauses, a busy machine.
    static let slack = Duration.milliseconds(200)
    /// Above this the latency is not accepted, however long the shortest was, unless it is like the shortest.
    static let latencyMax = Duration.seconds(2)
    /// A judgement is about this much time at least, and this many answers.
    private static let windowMin = Duration.milliseconds(50)
    private static let windowAnswersMin = 4
    /// For how long the shortest latency is believed.
    private static let epoch = Duration.seconds(30)
    /// One step down when the server says that it is overloaded.
    private static let overloadFactor = 0.7

    private let bounds: Bounds
    /// The limit with its fraction, between the bounds.
    private var exact: Double
    /// Up to here the limit rises by one for each answer.
    private var threshold: Double
    private var base = Shortest()
    private var window: Window
    /// Requests sent before the last cut say nothing about what it achieved.
    private var cutAt: MonotonicInstant
    private var latencyOfLate = Duration.zero

    /// True after the first sign of congestion has ever been seen.
    private(set) var wasCut = false

    init(_ bounds: Bounds, now: MonotonicInstant) {
        precondition(
            0 < bounds.min && bounds.min <= bounds.initial && bounds.initial <= bounds.max,
            "bounds are ordered"
        )
        self.bounds = bounds
        exact = Double(bounds.initial)
        threshold = Double(bounds.max)
        window = Window(start: now)
        cutAt = MonotonicInstant(nanoseconds: .min)
    }

    /// How many requests may be under way.
    var limit: Int { Int(exact) }

    /// The latency above which a queue is assumed; nil before there was any answer to compare with.
    var latencyAccepted: Duration? {
        guard let base = base.duration else { return nil }
        // What is slow by nature may vary by a quarter.
        return max(min(base + max(base, Self.slack), Self.latencyMax), base * 5 / 4)
    }

    /// The server did what was asked of it; `inFlight` counts this request too.
    mutating func served(sentAt: MonotonicInstant, at now: MonotonicInstant, inFlight: Int) {
        let latency = now - sentAt
        base.note(latency, at: now, epoch: Self.epoch)
        judge(latency, sentAt: sentAt, at: now, inFlight: inFlight)
        if let accepted = latencyAccepted, latency <= accepted { grow(inFlight) }
    }

    /// The server refused the request itself: it works, but how quickly it says no is no measure of its work.
    mutating func refused(sentAt: MonotonicInstant, at now: MonotonicInstant, inFlight: Int) {
        if now - sentAt <= latencyAccepted ?? Self.latencyMax { grow(inFlight) }
    }

    /// No answer came until the deadline: the latency is at least this.
    mutating func timedOut(sentAt: MonotonicInstant, at now: MonotonicInstant, inFlight: Int) {
        judge(now - sentAt, sentAt: sentAt, at: now, inFlight: inFlight)
    }

    /// The server said that it is overloaded; several such words within a round trip are one.
    mutating func overloaded(at now: MonotonicInstant, inFlight: Int) {
        guard cutAt + max(latencyOfLate, Self.windowMin) <= now else { return }
        cut(by: Self.overloadFactor, at: now, inFlight: inFlight)
    }

    /// Rises only while the limit is what holds requests back: of what was not tried nothing is known.
    private mutating func grow(_ inFlight: Int) {
        guard Double(inFlight) * 2 >= exact, exact < Double(bounds.max) else { return }
        exact = min(Double(bounds.max), exact + (exact < threshold ? 1 : 1 / exact.squareRoot()))
    }

    private mutating func judge(
        _ latency: Duration,
        sentAt: MonotonicInstant,
        at now: MonotonicInstant,
        inFlight: Int
    ) {
        guard sentAt >= cutAt else { return }
        window.note(latency, inFlight: inFlight)
        let length = max(Self.windowMin, base.duration ?? .zero)
        guard window.count >= Self.windowAnswersMin, now - window.start >= length else { return }
        let mean = window.mean
        let used = window.inFlightMost
        latencyOfLate = mean
        window = Window(start: now)
        guard let accepted = latencyAccepted ?? (mean > Self.latencyMax ? Self.latencyMax : nil), mean > accepted else {
            return
        }
        // With a queue in front of the server the latency is in proportion to what is under way.
        cut(by: max(0.5, accepted / mean), at: now, inFlight: used)
    }

    private mutating func cut(by factor: Double, at now: MonotonicInstant, inFlight: Int) {
        // Below what was under way there was no trouble; what was never used is no protection.
        threshold = max(Double(bounds.min), exact * factor)
        exact = max(Double(bounds.min), min(exact, Double(inFlight)) * factor)
        cutAt = now
        window = Window(start: now)
        wasCut = true
        // At the lower bound no queue is of our making: then the way itself has become longer.
        if exact > Double(bounds.min) { base.keep() } else { base.doubt() }
    }
}

/// The shortest latency of the present epoch and the one before, so that a way that became longer is learnt.
private struct Shortest {
    private var present: Duration?
    private var previous: Duration?
    private var epochEnd: MonotonicInstant?
    /// A queue stood in this epoch, so that its latencies are not those of the way.
    private var isQueued = false

    var duration: Duration? {
        guard let present, let previous else { return present ?? previous }
        return min(present, previous)
    }

    mutating func note(_ latency: Duration, at now: MonotonicInstant, epoch: Duration) {
        if let end = epochEnd, now >= end {
            if !isQueued {
                previous = present
                present = nil
            }
            isQueued = false
            epochEnd = now + epoch
        } else if epochEnd == nil {
            epochEnd = now + epoch
        }
        present = present.map { min($0, latency) } ?? latency
    }

    /// The shortest latency stays in force: a queue stands.
    mutating func keep() {
        isQueued = true
    }

    /// The shortest latency is to be learnt anew.
    mutating func doubt() {
        previous = nil
        present = nil
        epochEnd = nil
        isQueued = false
    }
}

/// The latencies of some time.
private struct Window {
    let start: MonotonicInstant
    private(set) var count = 0
    private(set) var inFlightMost = 0
    private var sum = Duration.zero

    init(start: MonotonicInstant) {
        self.start = start
    }

    var mean: Duration { count == 0 ? .zero : sum / count }

    mutating func note(_ latency: Duration, inFlight: Int) {
        count += 1
        sum += latency
        inFlightMost = max(inFlightMost, inFlight)
    }
}
