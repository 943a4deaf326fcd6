import CRdKafka

/// Who a consumer is to its group.
package struct GroupMembership: Hashable, Sendable {
    package var groupID: String

    /// Names the member across restarts (static membership), so that a quick restart moves no partitions.
    ///
    /// Unique in the group.
    package var instanceID: String?

    /// Names the client in the broker's logs and quotas.
    ///
    /// Unique per handle.
    package var clientID: String

    package init(groupID: String, instanceID: String? = nil, clientID: String) {
        self.groupID = groupID
        self.instanceID = instanceID
        self.clientID = clientID
    }
}

/// What a consumer tells its application.
package enum ConsumerEvent: Sendable {
    /// These partitions are ours now: look up their offsets and answer with `startPartitions`, also when there are none.
    case assigned([TopicPartition])

    /// These partitions are to be given up: answer with `finishRevocation()`. Not lost: drain and commit first, in bounded time, since
    /// the whole group waits. Their queues yield nothing more. Lost: another member may have them already; commit nothing.
    case revoked([TopicPartition], lost: Bool)

    /// An asynchronous commit ended.
    case commitFinished([CommitResult])

    /// The client has trouble and goes on trying.
    case error(KafkaError)

    /// The client is of no further use: end the process with an error.
    case fatal(KafkaError)

    /// The library's statistics, JSON as in its STATISTICS.md, every `statistics.interval.ms`.
    case statistics(String)
    case log(KafkaLog)
}

/// A member of a consumer group.
///
/// Belongs to the thread that made it. Poll it at least every `max.poll.interval.ms`, also while no partition is read.
/// Records do not come through here: each partition has its `PartitionQueue`.
///
/// The order of a rebalance: `poll()` says `revoked`, and from then on the queues yield nothing more, since the library discards
/// what it has prefetched; the next owner reads it from the committed offset. The application drains what it has taken, calls
/// `commitNow`, drops the queues and calls `finishRevocation()`. Then `poll()` says `assigned`, and the application calls `committed`,
/// `startPartitions` and `queue(for:batchMax:)`.
@safe
package final class KafkaConsumer {
    private let wakeUp: KafkaWakeUp
    private let handle: KafkaHandle

    /// What was started and not given up; nothing else is committed.
    private var started: Set<TopicPartition> = []

    /// What `poll` reported as revoked and `finishRevocation` has not answered yet.
    private var revoking: [TopicPartition]?

    /// Events that did not come from the library.
    private var ownEvents: [ConsumerEvent] = []

    /// Makes the client; it connects on its own.
    ///
    /// - Parameters:
    ///   - settings: the cluster.
    ///   - membership: the group and our names.
    ///   - wakeUp: signalled when there is something to poll or to read.
    /// - Throws: `_INVALID_ARG` if a setting is refused.
    package init(settings: KafkaSettings, membership: GroupMembership, wakeUp: KafkaWakeUp) throws(KafkaError) {
        var identity = [("group.id", membership.groupID), ("client.id", membership.clientID)]
        if let instanceID = membership.instanceID { identity.append(("group.instance.id", instanceID)) }
        self.wakeUp = wakeUp
        handle = try KafkaHandle(
            .groupConsumer,
            properties: settings.resolved(defaults: KafkaSettings.consumerDefaults, identity: identity),
            wakeUp: wakeUp
        )
    }

    // SAFETY, for the whole type: `handle.client` lives as long as `handle`; lists and strings are copied by the library.

    /// Joins the group for these topics, in place of those before.
    ///
    /// - Parameter topics: names, or regular expressions that begin with `^`.
    /// - Throws: if a name is not possible.
    package func subscribe(_ topics: [String]) throws(KafkaError) {
        let list = TopicPartitionList(topics.map { TopicPartition(topic: $0, partition: -1) })
        try KafkaError.check(unsafe rd_kafka_subscribe(handle.client, list.pointer))
    }

    /// Leaves the group's work; partitions that we have are revoked through `poll()`.
    ///
    /// - Throws: if the client is of no use any more.
    package func unsubscribe() throws(KafkaError) {
        try KafkaError.check(unsafe rd_kafka_unsubscribe(handle.client))
    }

    /// Takes what has happened, without waiting.
    ///
    /// - Returns: in the order in which it happened; at most a few hundred, so poll again until it is empty.
    package func poll() -> [ConsumerEvent] {
        var events = ownEvents
        ownEvents.removeAll()
        while events.count < 256, let event = handle.nextEvent() { translate(event, into: &events) }
        return events
    }

    /// Whether partitions were lost: then a commit can only do harm, and `poll()` reports the loss soon.
    package var isAssignmentLost: Bool { unsafe rd_kafka_assignment_lost(handle.client) != 0 }
}

// MARK: - Rebalance

extension KafkaConsumer {
    /// Answers `assigned`: fetching begins, and each partition's records go to its own queue.
    ///
    /// - Parameter starts: every partition that was assigned, and where to begin.
    /// - Throws: if the assignment was withdrawn meanwhile, or a partition has no queue.
    package func startPartitions(_ starts: [PartitionStart]) throws(KafkaError) {
        // Queues are detached before the assignment: the library then never forwards them to the main queue, where a record
        // fetched at once would be lost.
        for start in starts {
            let queue = try MessageQueue(of: start.topicPartition, batchMax: 1, of: handle)
            queue.detach(wakeUp: wakeUp)
        }
        let list = TopicPartitionList(starts)
        if isCooperative {
            if let error = unsafe rd_kafka_incremental_assign(handle.client, list.pointer) {
                throw unsafe KafkaError(taking: error)
            }
        } else {
            try KafkaError.check(unsafe rd_kafka_assign(handle.client, list.pointer))
            started.removeAll()
        }
        started.formUnion(starts.map(\.topicPartition))
    }

    /// The queue of a partition that was started.
    ///
    /// - Parameters:
    ///   - topicPartition: one of those given to `startPartitions`. Make its queue once.
    ///   - batchMax: the size of the largest batch that will be taken.
    /// - Returns: the queue, which keeps this consumer's client alive.
    /// - Throws: `_UNKNOWN_PARTITION` if it was not started.
    package func queue(for topicPartition: TopicPartition, batchMax: Int) throws(KafkaError) -> PartitionQueue {
        guard started.contains(topicPartition) else {
            throw KafkaError(RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, text: "\(topicPartition) was not started")
        }
        return try PartitionQueue(topicPartition, batchMax: batchMax, of: handle)
    }

    /// Answers `revoked`: from here on the partitions may be another member's.
    ///
    /// - Throws: if the client is of no use any more.
    package func finishRevocation() throws(KafkaError) {
        guard let partitions = revoking else { return }
        revoking = nil
        started.subtract(partitions)
        if isCooperative {
            let list = TopicPartitionList(partitions)
            if let error = unsafe rd_kafka_incremental_unassign(handle.client, list.pointer) {
                throw unsafe KafkaError(taking: error)
            }
        } else {
            started.removeAll()
            try KafkaError.check(unsafe rd_kafka_assign(handle.client, nil))
        }
    }

    private var isCooperative: Bool {
        guard let name = unsafe rd_kafka_rebalance_protocol(handle.client) else { return false }
        return unsafe String(cString: name) == "COOPERATIVE"
    }
}

// MARK: - Offsets

extension KafkaConsumer {
    /// Asks the group's coordinator what was committed.
    ///
    /// - Parameters:
    ///   - partitions: which.
    ///   - timeout: how long to wait; this blocks.
    /// - Returns: an entry for every partition asked for.
    /// - Throws: the first error, also that of a single partition; the answer is all or nothing.
    package func committed(
        _ partitions: [TopicPartition],
        timeout: Duration
    ) throws(KafkaError) -> [TopicPartition: CommittedOffset] {
        if partitions.isEmpty { return [:] }
        let list = TopicPartitionList(partitions)
        try KafkaError.check(unsafe rd_kafka_committed(handle.client, list.pointer, timeout.milliseconds))
        var answer: [TopicPartition: CommittedOffset] = [:]
        var failure: KafkaError?
        list.forEach { partition, element in
            if element.error != RD_KAFKA_RESP_ERR_NO_ERROR {
                failure = failure ?? KafkaError(element.error, text: "committed offset of \(partition)")
            }
            // Offsets below zero are the library's signs for "none".
            answer[partition] = CommittedOffset(
                offset: element.offset >= 0 ? element.offset : nil,
                metadata: element.metadata
            )
        }
        if let failure { throw failure }
        return answer
    }

    /// Asks the partitions' leaders which offsets exist, each once for all of its own.
    ///
    /// - Parameters:
    ///   - partitions: which.
    ///   - timeout: how long the whole may take; this blocks.
    /// - Returns: of each of them, in their order, the first offset there is and the next that will be written (with `read_committed`,
    ///   the first that cannot be read yet).
    /// - Throws: if a partition is unknown or its leader does not answer in time.
    package func watermarks(
        _ partitions: [TopicPartition],
        timeout: Duration
    ) throws(KafkaError) -> [(low: Int64, high: Int64)] {
        try handle.watermarks(partitions, timeout: timeout)
    }

    /// Commits without waiting; the result comes from `poll()` as `commitFinished`.
    ///
    /// - Parameter commits: partitions that were started and not given up; others end as lost without being sent.
    /// - Throws: if a text is not possible; then nothing is committed.
    package func commit(_ commits: [OffsetCommit]) throws(KafkaError) {
        guard let list = try accept(commits, refused: { ownEvents.append(.commitFinished($0)) }) else { return }
        try KafkaError.check(unsafe rd_kafka_commit_queue(handle.client, list.pointer, handle.events, nil, nil))
    }

    /// Commits and waits for the coordinator's answer.
    ///
    /// - Parameters:
    ///   - commits: as in `commit`.
    ///   - timeout: how long to wait; this blocks. After it the commit may still happen.
    /// - Returns: one result for each.
    /// - Throws: if a text is not possible; then nothing is committed.
    package func commitNow(_ commits: [OffsetCommit], timeout: Duration) throws(KafkaError) -> [CommitResult] {
        var results: [CommitResult] = []
        guard let list = try accept(commits, refused: { results += $0 }) else { return results }
        // SAFETY: the queue is made here and destroyed here; an answer after that is dropped by the library.
        let answers = unsafe rd_kafka_queue_new(handle.client)
        guard let answers = unsafe answers else { preconditionFailure("librdkafka is out of memory") }
        defer { unsafe rd_kafka_queue_destroy(answers) }
        try KafkaError.check(unsafe rd_kafka_commit_queue(handle.client, list.pointer, answers, nil, nil))
        if let event = unsafe KafkaEvent.next(on: answers, timeout: timeout) {
            return results + Self.commitResults(event)
        }
        let late = KafkaError.timedOut("no answer to a commit within \(timeout)")
        list.forEach { partition, element in
            results.append(CommitResult(topicPartition: partition, offset: element.offset, outcome: .failed(late)))
        }
        return results
    }

    /// Sorts out what must not be sent.
    private func accept(
        _ commits: [OffsetCommit],
        refused: ([CommitResult]) -> Void
    ) throws(KafkaError) -> TopicPartitionList? {
        // Before librdkafka 2.6.1 a zero byte corrupted the metadata.
        if let bad = commits.first(where: { $0.metadata.utf8.contains(0) }) {
            throw .invalidArgument("the metadata for \(bad.topicPartition) contains a zero byte")
        }
        let isLost = isAssignmentLost
        let list = TopicPartitionList(capacity: commits.count)
        var lost: [CommitResult] = []
        for commit in commits {
            if isLost || !started.contains(commit.topicPartition) {
                lost.append(
                    CommitResult(topicPartition: commit.topicPartition, offset: commit.offset, outcome: .lost)
                )
            } else {
                list.add(commit.topicPartition, offset: commit.offset, metadata: commit.metadata)
            }
        }
        if !lost.isEmpty {
            refused(lost)
            wakeUp.signal()
        }
        if lost.count == commits.count { return nil }
        return list
    }

    private static func commitResults(_ event: borrowing KafkaEvent) -> [CommitResult] {
        let overall = event.response
        var results: [CommitResult] = []
        unsafe TopicPartitionList.forEach(in: rd_kafka_event_topic_partition_list(event.pointer)) {
            partition,
            element in
            let response = element.error == RD_KAFKA_RESP_ERR_NO_ERROR ? overall : element.error
            results.append(
                CommitResult(topicPartition: partition, offset: element.offset, outcome: outcome(of: response))
            )
        }
        return results
    }

    static func outcome(of response: rd_kafka_resp_err_t) -> CommitResult.Outcome {
        switch response {
        // "No offset" means that all of it was committed before.
        case RD_KAFKA_RESP_ERR_NO_ERROR, RD_KAFKA_RESP_ERR__NO_OFFSET: .committed
        // The group went on without us, or is about to: whoever owns the partition commits it.
        case RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID,
            RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID,
            RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST:
            .lost
        default: .failed(KafkaError(response))
        }
    }
}

// MARK: - Events

extension KafkaConsumer {
    private func translate(_ event: consuming KafkaEvent, into events: inout [ConsumerEvent]) {
        switch event.kind {
        case RD_KAFKA_EVENT_REBALANCE: events.append(rebalance(event))
        case RD_KAFKA_EVENT_OFFSET_COMMIT: events.append(.commitFinished(Self.commitResults(event)))
        case RD_KAFKA_EVENT_ERROR:
            guard let error = event.error else { return }
            events.append(error.isFatal ? .fatal(handle.fatalError ?? error) : .error(error))
        case RD_KAFKA_EVENT_STATS: events.append(.statistics(event.statistics))
        case RD_KAFKA_EVENT_LOG:
            if let log = event.log { events.append(.log(log)) }
        case RD_KAFKA_EVENT_FETCH:
            // Detaching before assigning makes this impossible. If it happens the records are gone from the queue, and only a
            // restart from the committed offsets reads them again.
            events.append(
                .fatal(KafkaError(RD_KAFKA_RESP_ERR__STATE, text: "records on the main queue", isFatal: true))
            )
        default: events.append(.log(KafkaLog(level: 6, facility: "EVENT", text: "event of kind \(event.kind)")))
        }
    }

    private func rebalance(_ event: borrowing KafkaEvent) -> ConsumerEvent {
        var partitions: [TopicPartition] = []
        unsafe TopicPartitionList.forEach(in: rd_kafka_event_topic_partition_list(event.pointer)) { partition, _ in
            partitions.append(partition)
        }
        switch event.response {
        case RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS: return .assigned(partitions)
        case RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS:
            revoking = partitions
            return .revoked(partitions, lost: isAssignmentLost)
        default:
            // The group failed in the middle of a rebalance: the library asks that everything be given up.
            revoking = Array(started)
            return .revoked(Array(started), lost: true)
        }
    }
}

// MARK: - Close

extension KafkaConsumer {
    /// How closing ended.
    package enum CloseResult: Hashable, Sendable {
        /// The group knows that we have left.
        case closed
        /// The time was up; the group finds out after `session.timeout.ms`.
        case abandoned
    }

    /// Leaves the group.
    ///
    /// Drain, commit and drop the queues first: what is assigned is given up without asking.
    ///
    /// The client itself is freed with the last of this object and its queues.
    ///
    /// - Parameter timeout: how long to wait; this blocks.
    /// - Returns: whether the group was left properly.
    package func close(timeout: Duration) -> CloseResult {
        let deadline = ContinuousClock.now + timeout
        // First an empty assignment, then the close: before librdkafka 2.3 a close in the middle of a rebalance could hang.
        // An error means that the client is closed or useless already, which the wait below finds out.
        _ = unsafe rd_kafka_unsubscribe(handle.client)
        giveUpAll()
        while hasAssignment, serveClosing(until: deadline) {}
        if let error = unsafe rd_kafka_consumer_close_queue(handle.client, handle.events) {
            unsafe rd_kafka_error_destroy(error)
        }
        while unsafe rd_kafka_consumer_closed(handle.client) == 0 {
            guard serveClosing(until: deadline) else { return .abandoned }
        }
        return .closed
    }

    private var hasAssignment: Bool {
        var list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?
        guard unsafe rd_kafka_assignment(handle.client, &list) == RD_KAFKA_RESP_ERR_NO_ERROR else { return false }
        guard let list = unsafe list else { return false }
        defer { unsafe rd_kafka_topic_partition_list_destroy(list) }
        return unsafe list.pointee.cnt > 0
    }

    private func giveUpAll() {
        revoking = nil
        started.removeAll()
        // An error means that there is nothing to give up.
        _ = unsafe rd_kafka_assign(handle.client, nil)
    }

    /// Answers one event on the way out.
    ///
    /// Errors, logs and statistics have no reader any more.
    private func serveClosing(until deadline: ContinuousClock.Instant) -> Bool {
        let remaining = ContinuousClock.now.duration(to: deadline)
        guard remaining > .zero else { return false }
        if let event = handle.nextEvent(timeout: min(remaining, .milliseconds(50))) {
            if event.kind == RD_KAFKA_EVENT_REBALANCE { giveUpAll() }
        }
        return true
    }
}
