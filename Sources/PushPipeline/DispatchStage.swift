import HTTP2
import Kafka
import Logging
import PushCore

/// The shell of the dispatch stage of one provider: deliveries in, requests out, receipts and feedback back to Kafka.
///
/// One thread, one epoll loop: Kafka's wake-up and the provider's sockets are waited for together.
///
/// Generic over the sender, so that the compiler sees through it: a call by way of `any` costs more than what many of them do.
final class DispatchStage<Sender: ProviderSender>: Stage {
    let name: String
    let topics: [String]
    /// What endings are counted by; named when they are reported.
    private struct EndingKey: Hashable {
        let outcome: Outcome
        let reason: Reason?
    }

    private let provider: Provider
    private let environment: StageEnvironment
    private let digests: Digests
    private let loop: EventLoop
    private let sender: Sender
    private let inFlightMax: Int
    private var core: DispatchCore
    private var random = SystemRandomNumberGenerator()
    private var lanes: Set<Int> = []
    /// Receipts found at the tail, by partition, until the lane is open.
    private var tails: [Int32: [Identifier]] = [:]
    private var finished: [(item: WorkItem, effects: Effects)] = []
    /// Empty between two turns; kept for its memory.
    private var ends: [(ticket: DispatchCore.Ticket, end: AttemptEnd)] = []
    private var isDraining = false
    private var uncertain: Set<Int> = []
    private var endings: [EndingKey: Int] = [:]
    /// The ending of nearly all, which is not worth a search.
    private var accepted = 0
    private var handBacks: [Reason: Int] = [:]
    private var latency = Histogram()
    private var retried = 0

    /// Receipts of a partition that are read at assignment at least, and at most. The least covers what the users stage may
    /// repeat after a crash of its own, when this stage's commits have long gone on.
    private static var tailMin: Int64 { 4096 }
    private static var tailMax: Int64 { 50_000 }

    init(
        provider: Provider,
        core: DispatchCore,
        sender: Sender,
        loop: EventLoop,
        inFlightMax: Int,
        digests: Digests,
        environment: StageEnvironment
    ) {
        self.provider = provider
        self.name = "dispatch-\(provider.rawValue)"
        self.topics = [environment.topics.outbox(provider)]
        self.core = core
        self.sender = sender
        self.loop = loop
        self.inFlightMax = inFlightMax
        self.digests = digests
        self.environment = environment
    }

    func firstOffset(of topic: String) -> StageEnvironment.FirstOffset { .earliest }

    // MARK: Assignment

    /// Reads the tail of the receipts: what was answered before is not sent again.
    func prepare(_ openings: inout [LaneOpening], kafka: LaneSources) throws {
        tails.removeAll()
        var ranges: [KafkaReader.Range] = []
        let receipts = openings.map {
            TopicPartition(topic: environment.topics.receipts, partition: $0.partition.partition)
        }
        let watermarks = try kafka.watermarks(receipts)
        for index in openings.indices {
            let opening = openings[index]
            let (low, high) = watermarks[index]
            openings[index].start.receiptsEnd = high
            openings[index].start.receiptsFloor = high
            guard opening.wasCommitted else { continue }
            let floor = opening.metadata?.receiptsFloor ?? low
            let first = max(low, high - Self.tailMax, min(floor, high - Self.tailMin))
            openings[index].start.receiptsFloor = first
            if opening.metadata?.isClean != true {
                // It read no further than its room went, and nothing that came after the end of the log as it is now.
                let readMax = opening.start.offset + environment.spanMax
                openings[index].start.uncertainBelow = min(readMax, opening.start.inputEnd)
            }
            // By its offset: receipts that come meanwhile must not push away those that are needed.
            if first < high { ranges.append(KafkaReader.Range(receipts[index], from: .notBefore(first))) }
        }
        if ranges.isEmpty { return }
        _ = try kafka.reader().read(ranges, timeout: .seconds(120)) { message in
            let partition = message.partition
            unsafe message.forEachHeader { name, value in
                // SAFETY: name and value are lent for the call.
                guard let value = unsafe value, unsafe name.elementsEqual("ce_id".utf8) else { return }
                guard let id = unsafe Identifier(text: value) else { return }
                tails[partition, default: []].append(id)
            }
        }
    }

    func opened(lane: Int, partition: Int32) {
        lanes.insert(lane)
        for id in tails.removeValue(forKey: partition) ?? [] { core.remember(receipt: id, lane: lane) }
        isDraining = false
    }

    func closed(lane: Int) {
        lanes.remove(lane)
        core.close(lane: lane)
    }

    // MARK: Deliveries

    /// What waits for its next attempt takes memory and nothing else: an app whose deliveries wait leaves room for the others.
    var capacity: Int { min(Self.waitingFactor * inFlightMax - core.count, sender.capacity) }

    private static var waitingFactor: Int { 4 }

    var underWay: Int { core.count }

    func handle(_ record: InputRecord, lane: Int, item: WorkItem, isUncertain: Bool) -> Effects? {
        let nowMs = environment.clocks.wallMs()
        perform(core.take(record, item: item, mayHaveBeenSent: isUncertain, nowMs: nowMs), nowMs)
        return nil
    }

    func takeFinished(into empty: inout [(item: WorkItem, effects: Effects)]) {
        let nowMs = environment.clocks.wallMs()
        sender.takeEnds(nowMs: nowMs, into: &ends)
        for (ticket, end) in ends { attemptEnded(ticket, end, nowMs) }
        ends.removeAll(keepingCapacity: true)
        for app in sender.takeMended() { core.mended(app: app, nowMs: nowMs, using: &random) }
        if isDraining {
            giveUpWaiting()
        } else {
            for step in core.due(nowMs: nowMs) { perform(step, nowMs) }
        }
        swap(&finished, &empty)
        precondition(finished.isEmpty, "what is finished is given once, and nothing is lost")
    }

    private func attemptEnded(_ ticket: DispatchCore.Ticket, _ end: AttemptEnd, _ nowMs: Int64) {
        guard let step = core.attemptEnded(ticket, end, nowMs: nowMs, using: &random) else { return }
        perform(step, nowMs)
    }

    /// Performs a step, and those that follow from it at once.
    private func perform(_ step: DispatchCore.Step, _ nowMs: Int64) {
        switch step {
        case .send(let ticket): send(ticket, nowMs)
        case .wait: break
        case .finish(let item, let effects, let ending):
            finished.append((item, effects))
            if let ending { count(ending) }
        }
    }

    private func send(_ ticket: DispatchCore.Ticket, _ nowMs: Int64) {
        guard let delivery = core.delivery(ticket) else { preconditionFailure("what is to be sent is under way") }
        if let end = sender.begin(ticket, delivery, nowMs: nowMs) { attemptEnded(ticket, end, nowMs) }
    }

    // MARK: Drain

    func beginDrain() {
        isDraining = true
        giveUpWaiting()
    }

    /// A delivery that waits for its next attempt would hold the drain up; whoever owns the partition next takes it again.
    private func giveUpWaiting() {
        for lane in lanes where core.abandon(lane: lane, waitingOnly: true).anyUncertain { uncertain.insert(lane) }
    }

    func endDrain() -> Set<Int> {
        for lane in lanes {
            let given = core.abandon(lane: lane, waitingOnly: false)
            for ticket in given.tickets { sender.cancel(ticket) }
            if given.anyUncertain { uncertain.insert(lane) }
        }
        finished.removeAll()
        isDraining = false
        defer { uncertain.removeAll() }
        return uncertain
    }

    // MARK: The loop

    func start(_ wakeUp: KafkaWakeUp) throws {
        _ = try loop.watch(wakeUp.fileDescriptor, for: .readable) { _ in }
    }

    func sleep(_ wakeUp: KafkaWakeUp, timeoutMs: Int64) {
        var timeoutMs = timeoutMs
        if let dueMs = core.nextDueMs { timeoutMs = max(0, min(timeoutMs, dueMs - environment.clocks.wallMs())) }
        loop.turn(timeout: .milliseconds(timeoutMs))
    }

    func stop() {
        sender.close()
    }

    // MARK: Counting

    private func count(_ ending: DispatchCore.Ending) {
        if ending.outcome == .deferred {
            if let reason = ending.reason { handBacks[reason, default: 0] += 1 }
            return
        }
        if case .accepted = ending.outcome, ending.reason == nil {
            accepted += 1
        } else {
            endings[EndingKey(outcome: ending.outcome, reason: ending.reason), default: 0] += 1
        }
        latency.record(Double(ending.latencyMs))
        if ending.wasRetried { retried += 1 }
    }

    private func series(of key: EndingKey) -> Series {
        let labels: KeyValuePairs = [
            "provider": provider.rawValue, "outcome": key.outcome.rawValue, "reason": key.reason?.rawValue ?? "",
        ]
        return Series(.outcomes, labels)
    }

    func publish() {
        sender.publish()
        for (reason, count) in handBacks {
            let labels: KeyValuePairs = ["provider": provider.rawValue, "reason": reason.rawValue]
            environment.metrics.add(Series(.handBacks, labels), Double(count))
        }
        handBacks.removeAll(keepingCapacity: true)
        if accepted > 0 { endings[EndingKey(outcome: .accepted, reason: nil), default: 0] += accepted }
        accepted = 0
        if endings.isEmpty { return }
        environment.metrics.add(endings.map { (series(of: $0.key), $0.value) })
        environment.metrics.merge(latency, into: Series(.latency, ["provider": provider.rawValue]))
        if retried > 0 { environment.metrics.add(Series(.retries, ["provider": provider.rawValue]), Double(retried)) }
        endings.removeAll(keepingCapacity: true)
        latency = Histogram()
        retried = 0
    }
}
