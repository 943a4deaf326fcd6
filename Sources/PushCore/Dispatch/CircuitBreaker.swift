/// Stops an app's stream to its provider while the provider refuses the app itself: wrong key, topic, project or environment.
///
/// Every further request would be refused likewise, and many refusals slow the sender down or end its connections (Apple,
/// "Handling notification responses from APNs"). Closed, everything passes. A verdict of the kind `configuration` opens it for a
/// time that doubles with each refused probe; after that one delivery goes as a probe, whose answer closes or opens it. Nothing is
/// lost meanwhile: what is held waits, and goes back to the users stage when it waits for too long.
package struct CircuitBreaker: Sendable {
    package enum Admission: Hashable, Sendable {
        case admitted
        /// Ask again at this time, in milliseconds since the Unix epoch.
        case held(Reason, untilMs: Int64)
    }

    private enum State: Sendable {
        case closed
        case open(Reason, untilMs: Int64)
        /// One delivery is on its way; the rest waits for its answer, and for no answer at most until then.
        case probing(Reason, untilMs: Int64)
    }

    private let firstMs: Int64
    private let lastMs: Int64
    private var state = State.closed
    private var nextMs: Int64

    /// - Parameters:
    ///   - first: How long the first refusal holds the stream.
    ///   - last: The longest that a refusal holds it.
    package init(first: Duration = .seconds(5), last: Duration = .seconds(300)) {
        firstMs = first.wholeMilliseconds
        lastMs = last.wholeMilliseconds
        precondition(firstMs > 0 && lastMs >= firstMs, "a breaker holds for some time")
        nextMs = firstMs
    }

    /// Why nothing passes; nil while everything does.
    package var reason: Reason? {
        switch state {
        case .closed: nil
        case .open(let reason, _), .probing(let reason, _): reason
        }
    }

    /// Whether a request may go now; asked once for each, since an open breaker lets the one that asks first after its time
    /// go as the probe.
    package mutating func admit(nowMs: Int64) -> Admission {
        switch state {
        case .closed:
            return .admitted
        case .open(let reason, let untilMs), .probing(let reason, let untilMs):
            // Further away than the longest time: the clock was set back.
            if nowMs < untilMs, untilMs - nowMs <= lastMs { return .held(reason, untilMs: untilMs) }
            state = .probing(reason, untilMs: nowMs + firstMs)
            return .admitted
        }
    }

    /// The provider answered to a request of the app, in whatever way that does not refuse the app.
    package mutating func answered() {
        if case .closed = state { return }
        state = .closed
        nextMs = firstMs
    }

    /// The app has another credential: the next delivery goes as the probe, and refusals hold it as the first one does.
    package mutating func mended(nowMs: Int64) {
        guard let reason else { return }
        state = .open(reason, untilMs: nowMs)
        nextMs = firstMs
    }

    /// The provider refused the app.
    ///
    /// Many requests are in flight when it begins to; only the answer to the probe makes the time longer.
    ///
    /// - Returns: Whether the stream was open until now: news for a log.
    package mutating func refused(_ reason: Reason, nowMs: Int64) -> Bool {
        switch state {
        case .closed:
            state = .open(reason, untilMs: nowMs + nextMs)
            return true
        case .open:
            return false
        case .probing:
            nextMs = min(lastMs, nextMs * 2)
            state = .open(reason, untilMs: nowMs + nextMs)
            return false
        }
    }
}
