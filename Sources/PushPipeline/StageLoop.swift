import Kafka
import Logging
import PushCore
import Synchronization

/// One stage on its own thread: takes batches from its partitions, has them decided, produces what follows, and commits what
/// is finished.
///
/// The life of a record here: `read` → `Stage.handle` → `StageProgress.begin` → produced → acknowledged → finished →
/// committed. A rebalance and the end of the process go through the same drain.
final class StageLoop<S: Stage> {
    enum Phase {
        case running
        /// Partitions go away: nothing is read until what is under way is finished, or the time is up.
        case draining(deadlineMs: Int64)
    }

    /// A partition's queue, and whether it may hold more.
    final class Input {
        let lane: Int
        let topic: String
        var queue: PartitionQueue
        var mayHoldMore = true
        /// Set when Kafka has a commit of this assignment.
        ///
        /// Nothing is read before: who takes over from us learns from it that work had begun.
        var isAnnounced = false

        init(lane: Int, topic: String, queue: consuming PartitionQueue) {
            self.lane = lane
            self.topic = topic
            self.queue = queue
        }
    }

    static var batchMax: Int { 256 }
    /// The longest wait for acknowledgements before partitions are opened: as long as the other steps of opening may take.
    static var settlingMaxMs: Int64 { 60_000 }
    /// Reports cost a lock and a search by name for each metric: often enough for people and scrapers, and no more.
    private static var publishIntervalMs: Int64 { 100 }

    let stage: S
    let environment: StageEnvironment
    let status: StageStatus
    let wakeUp: KafkaWakeUp
    let consumer: KafkaConsumer
    let producer: StageProducer
    let logger: Logger
    var progress: StageProgress
    var phase = Phase.running
    var inputs: [Input] = []
    var lanes: [TopicPartition: Int] = [:]
    /// What the group said while partitions were being prepared.
    var laterEvents: [ConsumerEvent] = []
    private var headers: [InputHeader] = []
    /// Filled by ``progress`` and handed over at once; kept for its memory.
    private var productions: [EffectLedger.Production] = []
    /// Likewise, filled by the stage.
    private var finished: [(item: WorkItem, effects: Effects)] = []
    private var nextCommitMs: Int64 = 0
    private var nextPublishMs: Int64 = 0
    var isLeaving = false
    /// A watchdog: by then the loop ends, whatever is still missing.
    var leaveByMs: Int64 = .max
    var tally = StageTally()
    var stall: StallGuard

    /// Makes the handles; call on the thread that will run the loop.
    init(stage: S, environment: StageEnvironment, status: StageStatus) throws(KafkaError) {
        self.stage = stage
        self.environment = environment
        self.status = status
        self.wakeUp = status.wakeUp
        var logger = environment.logger
        logger[metadataKey: "stage"] = "\(stage.name)"
        self.logger = logger
        let clientID = "\(environment.clientID)-\(stage.name)"
        consumer = try KafkaConsumer(
            settings: environment.kafka,
            membership: GroupMembership(
                groupID: "\(environment.groupPrefix)-\(stage.name)",
                instanceID: environment.instanceID.map { "\($0)-\(stage.name)" },
                clientID: clientID
            ),
            wakeUp: wakeUp
        )
        producer = try StageProducer(
            settings: environment.kafka,
            clientID: "\(clientID)-producer",
            names: environment.topics,
            wakeUp: wakeUp
        )
        progress = StageProgress(spanMax: environment.spanMax)
        stall = StallGuard(sessionTimeoutMs: environment.kafka.sessionTimeoutMs)
    }

    /// Runs until told to stop, then drains, commits and leaves the group.
    func run() throws {
        try stage.start(wakeUp)
        defer { stage.stop() }
        try consumer.subscribe(stage.topics)
        logger.info("subscribed", metadata: ["topics": "\(stage.topics.joined(separator: ","))"])
        while try turn() {}
        publish()
        producer.flush(timeout: environment.drainTimeout)
        if consumer.close(timeout: .seconds(10)) == .closed {
            logger.info("left the group")
        } else {
            logger.warning("left without word to the group; it will notice after the session timeout")
        }
    }

    // MARK: One turn

    /// - Returns: False when the stage has stopped.
    private func turn() throws -> Bool {
        // Cleared before the queues are read: what comes meanwhile signals again.
        if wakeUp.clear() { lookEverywhere() }
        let nowMs = environment.clocks.monotonicMs()
        if let stoodMs = stall.turn(nowMs) {
            logger.warning("stood still; asking the group before going on", metadata: ["ms": "\(stoodMs)"])
        }
        var isBusy = try handleConsumerEvents(nowMs)
        if stall.mustAsk, try !isStillMember() { return try waitForGroup(nowMs) }
        isBusy = try read() || isBusy
        isBusy = try takeFinished() || isBusy
        isBusy = try takeDue() || isBusy
        isBusy = try takeAcknowledgements() || isBusy
        try producer.produceWaiting()
        if nowMs >= nextCommitMs || (isBusy && inputs.contains { progress.isCommitUrgent(lane: $0.lane) }) {
            try commit(nowMs)
        }
        try leaveIfTold()
        if case .draining(let deadlineMs) = phase, try finishDrain(isOver: nowMs >= deadlineMs) { return !isLeaving }
        if isLeaving, inputs.isEmpty || nowMs >= leaveByMs { return false }
        if nowMs >= nextPublishMs {
            nextPublishMs = nowMs + Self.publishIntervalMs
            publish()
        }
        stage.sleep(wakeUp, timeoutMs: isBusy ? 0 : max(1, min(nextCommitMs - nowMs, 100)))
        return true
    }

    /// A queue signals when it turns from empty to not empty, without saying which it is.
    private func lookEverywhere() {
        for input in inputs { input.mayHoldMore = true }
    }

    /// Takes batches from every lane that may hold records and has room, and begins what follows from them.
    private func read() throws -> Bool {
        guard case .running = phase, !isLeaving else { return false }
        var hasRead = false
        for input in inputs where input.mayHoldMore {
            guard !producer.isFull else { break }
            let capacity = min(stage.capacity, Self.batchMax, progress.room(lane: input.lane))
            guard capacity > 0, input.isAnnounced, stage.mayRead(lane: input.lane) else { continue }
            let count = try read(input, max: capacity)
            input.mayHoldMore = count == capacity
            hasRead = hasRead || count > 0
        }
        return hasRead
    }

    private func read(_ input: Input, max: Int) throws -> Int {
        try input.queue.consumeBatch(upTo: max) { batch in
            try batch.forEach { message in
                switch message.kind {
                case .record: try take(message, from: input)
                case .endOfPartition: break
                case .offsetOutOfRange(let error): throw StageFailure(stage: stage.name, reason: "\(error)")
                case .error(let error): logger.warning("reading has trouble", metadata: ["error": "\(error)"])
                }
            }
            return batch.count
        }
    }

    private func take(_ message: borrowing MessageView, from input: Input) throws {
        let offset = message.offset
        guard let item = progress.take(lane: input.lane, offset: offset) else { return }
        tally.recordsIn += 1
        headers.removeAll(keepingCapacity: true)
        unsafe message.forEachHeader { name, value in
            unsafe headers.append(InputHeader(name: name, value: value))
        }
        // SAFETY: the record points into the message and the array, which both outlive the call it is lent for.
        let effects = unsafe headers.withUnsafeBufferPointer { headers in
            let record = unsafe InputRecord(
                topic: input.topic,
                partition: message.partition,
                offset: offset,
                timestampMs: message.timestampMilliseconds ?? -1,
                key: message.key,
                value: message.value,
                headers: PushCore.RecordHeaders(headers)
            )
            let isUncertain = progress.isUncertain(lane: input.lane, offset: offset)
            return stage.handle(record, lane: input.lane, item: item, isUncertain: isUncertain)
        }
        if let effects { try begin(effects, for: item) }
    }

    private func begin(_ effects: Effects, for item: WorkItem) throws {
        progress.begin(effects, for: item, into: &productions)
        try produce()
    }

    /// Hands over what the ledger released.
    private func produce() throws {
        if productions.isEmpty { return }
        tally.recordsOut += productions.count
        try producer.produce(productions)
        productions.removeAll(keepingCapacity: true)
    }

    private func takeFinished() throws -> Bool {
        stage.takeFinished(into: &finished)
        if finished.isEmpty { return false }
        for (item, effects) in finished { progress.begin(effects, for: item, into: &productions) }
        finished.removeAll(keepingCapacity: true)
        try produce()
        return true
    }

    /// Begins what follows from time alone, while nothing goes away.
    private func takeDue() throws -> Bool {
        guard case .running = phase, !isLeaving, !producer.isFull else { return false }
        let due = stage.takeDue()
        if due.isEmpty { return false }
        progress.begin(asked: due, into: &productions)
        try produce()
        return true
    }

    func takeAcknowledgements() throws -> Bool {
        var count = 0
        let events = try producer.poll { token, offset in
            if let lane = progress.lane(ofState: token) { stage.stateAcknowledged(lane: lane, offset: offset) }
            progress.acknowledge(token, offset: offset, into: &productions)
            count += 1
        }
        try produce()
        for event in events { report(event) }
        return count > 0
    }

    // MARK: Commits

    private func commit(_ nowMs: Int64) throws {
        nextCommitMs = nowMs + environment.commitInterval.wholeMilliseconds
        // Belt and braces: a signal that got lost would leave records lying for ever.
        lookEverywhere()
        let commits = inputs.compactMap { progress.commit(lane: $0.lane) }
        guard !commits.isEmpty else { return }
        try consumer.commit(commits.map(offsetCommit))
    }

    /// Commits what is news, and waits for the coordinator's answer, which is acted on.
    @discardableResult
    func commitNow() throws -> [CommitResult] {
        let commits = inputs.compactMap { progress.commit(lane: $0.lane) }.map(offsetCommit)
        let results = try consumer.commitNow(commits, timeout: .seconds(10))
        commitEnded(results)
        return results
    }

    private func offsetCommit(_ commit: StageProgress.Commit) -> OffsetCommit {
        OffsetCommit(
            TopicPartition(topic: commit.topic, partition: commit.partition),
            offset: commit.offset,
            metadata: commit.metadata
        )
    }

    func commitEnded(_ results: [CommitResult]) {
        var refused = 0
        for result in results {
            guard let lane = lanes[result.topicPartition] else { continue }
            switch result.outcome {
            case .committed:
                progress.committed(lane: lane, offset: result.offset)
                inputs.first { $0.lane == lane }?.isAnnounced = true
                stage.committed(lane: lane, upTo: result.offset)
                tally.commits += 1
            case .lost:
                // A rebalance is under way. Where it leaves us a partition that was not begun, the next commit says it again.
                if inputs.contains(where: { $0.lane == lane && !$0.isAnnounced }) { progress.commitFailed(lane: lane) }
                refused += 1
            case .failed(let error):
                progress.commitFailed(lane: lane)
                logger.warning("commit failed; the next one covers it", metadata: ["error": "\(error)"])
            }
        }
        if refused > 0 {
            logger.warning(
                "commits refused: the partitions went to other members",
                metadata: ["partitions": "\(refused)"]
            )
        }
    }

    // MARK: What is seen from outside

    private func report(_ event: ProducerEvent) {
        switch event {
        case .error(let error): logger.warning("producing has trouble", metadata: ["error": "\(error)"])
        case .recreated(let error):
            logger.error("the producer was replaced", metadata: ["error": "\(error)"])
        case .statistics: break
        case .log(let entry): logger.debug("librdkafka", metadata: ["text": "\(entry)"])
        }
    }

    private func publish() {
        tally.underWay = stage.underWay + progress.unacknowledged
        environment.metrics.merge(tally, stage: stage.name)
        tally = StageTally()
        stage.publish()
    }
}
