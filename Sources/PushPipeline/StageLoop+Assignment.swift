import Kafka
import Logging
import PushCore

/// What the loop does when the group gives partitions and takes them away.
extension StageLoop {
    func handleConsumerEvents(_ nowMs: Int64) throws -> Bool {
        let events = laterEvents + consumer.poll()
        laterEvents = []
        for event in events {
            switch event {
            case .assigned(let partitions): try open(partitions)
            case .revoked(let partitions, let lost): try revoke(partitions, lost: lost, nowMs)
            case .commitFinished(let results): commitEnded(results)
            case .error(let error): logger.warning("kafka has trouble", metadata: ["error": "\(error)"])
            case .fatal(let error): throw StageFailure(stage: stage.name, reason: "kafka: \(error)")
            case .statistics(let text): status.statistics(text)
            case .log(let entry): logger.debug("librdkafka", metadata: ["text": "\(entry)"])
            }
        }
        return !events.isEmpty
    }

    private func open(_ partitions: [TopicPartition]) throws {
        try awaitAcknowledgements()
        let openings: [LaneOpening]?
        do {
            openings = try patiently { () throws in
                var openings = try self.openings(of: partitions)
                try stage.prepare(&openings, kafka: sources)
                return openings
            }
        } catch is AssignmentWithdrawn {
            logger.info("the partitions are not wanted any more")
            return
        }
        // Taken away again while we prepared: the event that says so is on its way.
        guard let openings, !consumer.isAssignmentLost else { return }
        try consumer.startPartitions(openings.map { PartitionStart($0.partition, from: .at($0.start.offset)) })
        for opening in openings {
            let partition = opening.partition
            let lane = progress.open(topic: partition.topic, partition: partition.partition, at: opening.start)
            lanes[partition] = lane
            inputs.append(
                Input(
                    lane: lane,
                    topic: partition.topic,
                    queue: try consumer.queue(for: partition, batchMax: Self.batchMax)
                )
            )
            stage.opened(lane: lane, partition: partition.partition)
        }
        // Says that work has begun, before any has: whoever finds this commit knows that some may have left no trace. A lane
        // whose commit is refused waits for one that is not.
        try commitNow()
        status.assigned(partitions.count)
        logger.info("assigned", metadata: ["partitions": "\(partitions.count)"])
    }

    /// Asks Kafka again where it does not answer, for as long as a member may go without polling.
    ///
    /// - Returns: nil when the assignment was lost, or the stage is to stop, before there was an answer.
    private func patiently<Answer>(_ ask: () throws -> Answer) throws -> Answer? {
        let endMs = environment.clocks.monotonicMs() + 180_000
        while true {
            do {
                return try ask()
            } catch let error as KafkaError {
                logger.warning("kafka does not answer; asking again", metadata: ["error": "\(error)"])
                if !sources.isWanted() { return nil }
                if environment.clocks.monotonicMs() >= endMs { throw error }
                _ = wakeUp.wait(timeout: .milliseconds(500))
                wakeUp.clear()
            }
        }
    }

    /// Waits until nothing of an earlier assignment is left in our own producer.
    ///
    /// Partitions that were lost are given back at once. When they come back, the records and receipts that are still on their
    /// way would land behind the end up to which the next owner, who is ourselves, restores its state.
    private func awaitAcknowledgements() throws {
        let deadlineMs = environment.clocks.monotonicMs() + Self.settlingMaxMs
        while progress.unacknowledged > 0 {
            wakeUp.clear()
            if try takeAcknowledgements() { continue }
            try producer.produceWaiting()
            guard environment.clocks.monotonicMs() < deadlineMs else {
                throw StageFailure(
                    stage: stage.name,
                    reason: "what was produced is not acknowledged; cannot restore its state"
                )
            }
            _ = wakeUp.wait(timeout: .milliseconds(20))
        }
    }

    private var sources: LaneSources {
        LaneSources(
            reader: { [environment, stage] () throws(KafkaError) in
                try KafkaReader(
                    settings: environment.kafka,
                    clientID: "\(environment.clientID)-\(stage.name)-reader"
                )
            },
            watermarks: { [consumer] partitions throws(KafkaError) in
                try consumer.watermarks(partitions, timeout: .seconds(30))
            },
            isWanted: { [unowned self] in
                // Polling is also what keeps us in the group: `max.poll.interval.ms`.
                laterEvents += consumer.poll()
                let isRevoked = laterEvents.contains { if case .revoked = $0 { true } else { false } }
                return !isRevoked && !consumer.isAssignmentLost && !status.isStopping
            }
        )
    }

    /// Where each partition starts: where the group left it, or for a new one as configured.
    private func openings(of partitions: [TopicPartition]) throws -> [LaneOpening] {
        let committed = try consumer.committed(partitions, timeout: .seconds(30))
        let watermarks = try consumer.watermarks(partitions, timeout: .seconds(30))
        return zip(partitions, watermarks).map { partition, watermarks in
            let (low, high) = watermarks
            guard let commit = committed[partition], let offset = commit.offset else {
                let isEarliest = stage.firstOffset(of: partition.topic) == .earliest
                var start = StageProgress.Start(offset: isEarliest ? low : high)
                start.inputEnd = high
                return LaneOpening(partition: partition, metadata: nil, wasCommitted: false, start: start)
            }
            let metadata = CommitMetadata(decoding: commit.metadata, offset: offset)
            var start = StageProgress.Start(offset: offset)
            if offset < low || offset > high {
                // Retention took records that nobody had read, or the topic was made anew.
                tally.recordsLost += Int(max(0, low - offset))
                logger.error(
                    "the committed offset is outside the log; going on with the oldest record there is",
                    metadata: [
                        "partition": "\(partition)", "committed": "\(offset)", "low": "\(low)", "high": "\(high)",
                    ]
                )
                start = StageProgress.Start(offset: low)
            } else if let metadata {
                start.finished = metadata.finished
            }
            start.inputEnd = high
            return LaneOpening(partition: partition, metadata: metadata, wasCommitted: true, start: start)
        }
    }

    func revoke(_ partitions: [TopicPartition], lost: Bool, _ nowMs: Int64) throws {
        if lost {
            logger.warning("partitions lost", metadata: ["partitions": "\(partitions.count)"])
            _ = stage.endDrain()
            try giveBack()
            return
        }
        logger.info("revoked: draining", metadata: ["partitions": "\(partitions.count)"])
        stage.beginDrain()
        phase = .draining(deadlineMs: nowMs + environment.drainTimeout.wholeMilliseconds)
    }

    /// Ends the drain when nothing is under way any more, or the time is up: commits, and gives the partitions back.
    func finishDrain(isOver: Bool) throws -> Bool {
        let isFinished = stage.underWay == 0 && progress.unacknowledged == 0
        guard isFinished || isOver else { return false }
        if !isFinished {
            logger.warning(
                "drain timed out; what was under way will be repeated",
                metadata: ["records": "\(stage.underWay)"]
            )
        }
        let uncertain = stage.endDrain()
        for input in inputs where isFinished && !uncertain.contains(input.lane) { progress.markClean(lane: input.lane) }
        if !consumer.isAssignmentLost {
            try commitNow()
        }
        try giveBack()
        return true
    }

    func giveBack() throws {
        for input in inputs {
            progress.close(lane: input.lane)
            stage.closed(lane: input.lane)
        }
        inputs.removeAll()
        lanes.removeAll()
        phase = .running
        stall.confirm()
        try consumer.finishRevocation()
        status.revoked()
    }

    func leaveIfTold() throws {
        guard status.isStopping, !isLeaving else { return }
        isLeaving = true
        leaveByMs = environment.clocks.monotonicMs() + environment.drainTimeout.wholeMilliseconds + 10_000
        logger.info("stopping")
        try consumer.unsubscribe()
    }

    // MARK: After a stall

    /// Asks by a commit, which only a member may make.
    func isStillMember() throws -> Bool {
        for input in inputs { progress.commitFailed(lane: input.lane) }
        for result in try commitNow() {
            guard case .committed = result.outcome else { return false }
        }
        stall.confirm()
        return true
    }

    /// Nothing but news of the group and the end of the process counts until the group has answered, or has taken the partitions away.
    ///
    /// Returns: False when the stage has stopped.
    func waitForGroup(_ nowMs: Int64) throws -> Bool {
        try leaveIfTold()
        if case .draining = phase {
            // What was under way is repeated by whoever is next.
            _ = stage.endDrain()
            try giveBack()
            return !isLeaving
        }
        if isLeaving, inputs.isEmpty || nowMs >= leaveByMs { return false }
        _ = wakeUp.wait(timeout: .milliseconds(50))
        return true
    }
}
