internal import Synchronization

/// What all connections of all simulated providers share: counters, the fault script, the record.
final class SimulatorState: Sendable {
    private struct Inner {
        var counters = SimulatorCounters()
        /// Requests that send, the ones that fault rules count.
        var sends = 0
        var faults: FaultEngine
    }

    /// A request at the moment it is complete.
    struct Arrival {
        let number: Int
        let fault: FaultEngine.Fault
    }

    let now: @Sendable () -> Int64
    private let startedAt: Int64
    let recorder: RequestRecorder?
    private let observer: (@Sendable (ObservedRequest) -> Void)?
    private let inner: Mutex<Inner>

    init(configuration: SimulatorConfiguration, faults: FaultScript, recorder: RequestRecorder?) {
        now = configuration.now
        startedAt = configuration.now()
        observer = configuration.observer
        self.recorder = recorder
        inner = Mutex(Inner(faults: FaultEngine(faults)))
    }

    /// Whether anybody wants to know of requests one by one.
    var isWatched: Bool { recorder != nil || observer != nil }

    /// Numbers a request and asks the script what happens to it.
    func arrive(provider: SimulatedProvider, subject: RequestSubject, at time: Int64) -> Arrival {
        inner.withLock { inner in
            inner.counters.requests += 1
            if subject.sends { inner.sends += 1 }
            let number = subject.sends ? inner.sends : 0
            let fault = inner.faults.decide(
                FaultEngine.Request(
                    number: number,
                    provider: provider,
                    token: subject.token,
                    topic: subject.topic,
                    path: subject.path,
                    elapsed: .milliseconds(time - startedAt)
                )
            )
            return Arrival(number: number, fault: fault)
        }
    }

    /// Counts an ending.
    func count(_ ending: SimulatorCounters.Ending) {
        inner.withLock { $0.counters.endings[ending, default: 0] += 1 }
    }

    /// Records an ended request and shows it to the observer.
    func record(_ request: ObservedRequest, payload: RecordedPayload) {
        recorder?.append(request.recordLine(payload))
        observer?(request)
    }

    func connectionOpened() {
        inner.withLock { inner in
            inner.counters.connectionsOpened += 1
            inner.counters.connectionsOpen += 1
        }
    }

    func connectionClosed() {
        inner.withLock { $0.counters.connectionsOpen -= 1 }
    }

    var counters: SimulatorCounters {
        var counters = inner.withLock { $0.counters }
        counters.recordsLost = recorder?.lost ?? 0
        return counters
    }
}

/// What a request is about, as far as fault rules can ask.
struct RequestSubject: Sendable {
    var token = ""
    var topic = ""
    /// The request's path, with its query.
    var path = ""
    /// Whether the request sends to a device; others (OAuth, topics, subscriptions) are struck by rules on paths only.
    var sends = true
}
