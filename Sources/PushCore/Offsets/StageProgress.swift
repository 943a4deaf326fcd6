/// The progress of one stage over all partitions that it was assigned: which records are under way, what must be acknowledged
/// before they are finished, and what may be committed.
///
/// Pure: the shell takes, produces and commits; this says when. The one rule of the whole pipeline lives here: an offset is
/// committed only when all that follows from the records below it is acknowledged by Kafka.
package struct StageProgress: Sendable {
    /// A partition of an input topic, from its assignment until it is given back.
    package struct Lane: Sendable {
        package let topic: String
        package let partition: Int32
        fileprivate(set) package var tracker: OffsetTracker
        /// The watermark of the last commit that Kafka acknowledged.
        fileprivate(set) package var committed: Int64
        /// What was last handed over to be committed.
        fileprivate var submitted: (offset: Int64, metadata: String)?
        /// Below it an earlier owner may have sent what it left no receipt of.
        fileprivate let uncertainBelow: Int64
        fileprivate var receipts: ReceiptsFloor
        fileprivate var isClean = false

        /// What is left of the span beyond the committed offset, and of the metadata.
        fileprivate func room(_ spanMax: Int64) -> Int {
            let runs = CommitMetadata.runsMax - tracker.finishedRuns
            return runs > 0 ? Int(max(0, spanMax - (tracker.position - committed))) : 0
        }

        fileprivate func isCommitUrgent(_ spanMax: Int64) -> Bool {
            tracker.position - committed > spanMax / 2 && tracker.watermark > committed
        }
    }

    /// From where the receipts of a partition must be read by the next owner.
    ///
    /// What this owner found at the tail stays needed until every record that was in the outbox at the assignment is finished;
    /// after that, only receipts above the last acknowledged one can belong to a record that no commit covers.
    fileprivate struct ReceiptsFloor: Sendable {
        var floor: Int64
        let neededUntil: Int64
        var acknowledged: Int64
        /// Receipts of records that are not finished yet, since more follows from them: a successor must find these too.
        private var held: [OffsetTracker.Slot: Int64] = [:]

        init(floor: Int64, neededUntil: Int64, acknowledged: Int64) {
            self.floor = floor
            self.neededUntil = neededUntil
            self.acknowledged = acknowledged
        }

        func value(watermark: Int64) -> Int64 {
            watermark >= neededUntil ? min(acknowledged, held.values.min() ?? .max) : floor
        }

        /// Keeps a receipt until its record is finished. `offset`: nil where Kafka did not say; it lies above all others then.
        mutating func hold(_ slot: OffsetTracker.Slot, at offset: Int64?) {
            let place = offset ?? acknowledged
            held[slot] = min(held[slot, default: place], place)
        }

        mutating func letGo(_ slot: OffsetTracker.Slot) {
            if !held.isEmpty { held[slot] = nil }
        }
    }

    /// The open lanes by their ids, which count from 1: an array, since every record asks for its lane.
    private struct LaneTable: Sendable {
        /// The first is never nil.
        private var lanes: [Lane?] = []
        /// Its id.
        private var first = 1

        /// - Returns: the id.
        mutating func append(_ lane: Lane) -> Int {
            lanes.append(lane)
            return first + lanes.count - 1
        }

        mutating func remove(_ id: Int) {
            guard lanes.indices.contains(id - first) else { return }
            lanes[id - first] = nil
            // All of an assignment go together, so that few places are kept for nobody.
            let gone = lanes.prefix { $0 == nil }.count
            lanes.removeFirst(gone)
            first += gone
        }

        /// Nil for a lane that was closed, and for none. Only what was got may be set.
        subscript(id: Int) -> Lane? {
            _read {
                if lanes.indices.contains(id - first) {
                    yield lanes[id - first]
                } else {
                    yield nil
                }
            }
            _modify {
                if lanes.indices.contains(id - first) {
                    yield &lanes[id - first]
                } else {
                    var none: Lane?
                    yield &none
                }
            }
        }
    }

    /// Where a lane starts.
    package struct Start: Sendable {
        /// The first offset to read.
        package var offset: Int64
        package var finished = FinishedRanges()
        /// See ``Lane``; the offset itself where the last owner left in order.
        package var uncertainBelow: Int64
        /// First offset of the receipts tail that was read, and the offset after its end.
        package var receiptsFloor: Int64 = 0
        package var receiptsEnd: Int64 = 0
        /// End of the input partition at the assignment.
        package var inputEnd: Int64 = 0

        package init(offset: Int64) {
            self.offset = offset
            self.uncertainBelow = offset
        }
    }

    /// An offset to commit, with its metadata.
    package struct Commit: Sendable, Equatable {
        package let lane: Int
        package let topic: String
        package let partition: Int32
        package let offset: Int64
        package let metadata: String
    }

    private var lanes = LaneTable()
    private var ledger = EffectLedger()
    private let spanMax: Int64

    /// - Parameter spanMax: How far a lane may read ahead of what is committed, in offsets. It bounds what a crash can repeat.
    package init(spanMax: Int64) {
        self.spanMax = spanMax
    }

    package func lane(_ id: Int) -> Lane? { lanes[id] }

    /// Records with something unacknowledged.
    package var unacknowledged: Int { ledger.count }

    // MARK: Assignment

    /// Opens a lane for an assigned partition.
    package mutating func open(topic: String, partition: Int32, at start: Start) -> Int {
        lanes.append(
            Lane(
                topic: topic,
                partition: partition,
                tracker: OffsetTracker(startingAt: start.offset, finished: start.finished),
                committed: start.offset,
                uncertainBelow: start.uncertainBelow,
                receipts: ReceiptsFloor(
                    floor: start.receiptsFloor,
                    neededUntil: start.inputEnd,
                    acknowledged: start.receiptsEnd
                )
            )
        )
    }

    /// Forgets a lane. What is still under way for it finishes without effect on any offset, and nothing more follows from it.
    package mutating func close(lane: Int) {
        ledger.withhold(lane: lane)
        lanes.remove(lane)
    }

    // MARK: Records

    /// Records that the lane may take now.
    package func room(lane: Int) -> Int {
        lanes[lane]?.room(spanMax) ?? 0
    }

    /// True when more than half of the room beyond the last commit is used: a reason not to wait with the next commit.
    package func isCommitUrgent(lane: Int) -> Bool {
        lanes[lane]?.isCommitUrgent(spanMax) ?? false
    }

    /// Takes a record that was read.
    ///
    /// - Returns: nil when it is finished already, or was taken before.
    package mutating func take(lane: Int, offset: Int64) -> WorkItem? {
        guard let slot = lanes[lane]?.tracker.take(offset) else { return nil }
        return WorkItem(lane: lane, slot: slot)
    }

    /// True when an earlier owner may have acted on this record without leaving a trace.
    package func isUncertain(lane: Int, offset: Int64) -> Bool {
        offset < lanes[lane]?.uncertainBelow ?? .min
    }

    /// Begins what follows from a record; with nothing to produce, the record is finished.
    ///
    /// `productions`: Gets what to produce now appended.
    package mutating func begin(
        _ effects: Effects,
        for item: WorkItem,
        into productions: inout [EffectLedger.Production]
    ) {
        if let finished = ledger.begin(effects, for: item, into: &productions) { finish(finished) }
    }

    /// See ``EffectLedger/lane(ofState:)``.
    package func lane(ofState token: EffectLedger.Token) -> Int? { ledger.lane(ofState: token) }

    /// Takes an acknowledgement by Kafka.
    ///
    /// `offset`: Where the record was stored; nil where Kafka did not say.
    /// `productions`: Gets what may be produced now appended.
    package mutating func acknowledge(
        _ token: EffectLedger.Token,
        offset: Int64?,
        into productions: inout [EffectLedger.Production]
    ) {
        let item = EffectLedger.isReceipt(token) ? ledger.item(token) : nil
        let finished = ledger.acknowledge(token, into: &productions)
        if let item {
            if finished == nil { lanes[item.lane]?.receipts.hold(item.slot, at: offset) }
            let known = lanes[item.lane]?.receipts.acknowledged ?? 0
            if let offset { lanes[item.lane]?.receipts.acknowledged = max(known, offset + 1) }
        }
        if let finished { finish(finished) }
    }

    private mutating func finish(_ item: WorkItem) {
        lanes[item.lane]?.tracker.finish(item.slot)
        lanes[item.lane]?.receipts.letGo(item.slot)
    }

    /// Begins what follows from no record but from time.
    ///
    /// No offset waits for it; that it is unacknowledged is known, so that a drain waits.
    ///
    /// `productions`: Gets what to produce now appended.
    package mutating func begin(asked: [Outgoing], into productions: inout [EffectLedger.Production]) {
        begin(Effects(outputs: asked), for: WorkItem(lane: Self.noLane, slot: 0), into: &productions)
    }

    /// Lanes count from 1.
    private static let noLane = 0

    /// True when nothing taken by the lane is unfinished.
    package func isIdle(lane: Int) -> Bool {
        lanes[lane]?.tracker.isIdle ?? true
    }

    // MARK: Commits

    /// Says that the lane is left in order: see ``CommitMetadata/isClean``. While there are records to which the owner before may
    /// have done something, it is not.
    package mutating func markClean(lane id: Int) {
        guard let lane = lanes[id], lane.tracker.watermark >= lane.uncertainBelow else { return }
        lanes[id]?.isClean = true
    }

    /// What a lane has to commit now; nil when that is no news.
    package mutating func commit(lane id: Int) -> Commit? {
        guard let lane = lanes[id] else { return nil }
        let offset = lane.tracker.watermark
        let metadata = CommitMetadata(
            finished: lane.tracker.finishedAboveWatermark,
            isClean: lane.isClean,
            receiptsFloor: lane.receipts.value(watermark: offset)
        ).encoded(for: offset)
        if let submitted = lane.submitted, submitted == (offset, metadata) { return nil }
        lanes[id]?.submitted = (offset, metadata)
        return Commit(lane: id, topic: lane.topic, partition: lane.partition, offset: offset, metadata: metadata)
    }

    /// A commit was acknowledged.
    package mutating func committed(lane: Int, offset: Int64) {
        guard let before = lanes[lane]?.committed, before < offset else { return }
        lanes[lane]?.committed = offset
    }

    /// A commit failed in a way that a later one mends: the same offsets are news again.
    package mutating func commitFailed(lane: Int) {
        lanes[lane]?.submitted = nil
    }
}
