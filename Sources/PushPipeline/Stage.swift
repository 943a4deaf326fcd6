import Kafka
import PushCore

/// What differs between the stages: which topics, what follows from a record, and what else the thread does.
///
/// Everything here runs on the stage's own thread, called by ``StageLoop``.
protocol Stage: AnyObject {
    /// `rules`, `users` or `dispatch-<provider>`: names the consumer group, the thread and the metrics.
    var name: String { get }
    /// Input topics.
    var topics: [String] { get }
    /// Where a partition of the topic is begun that was never committed.
    func firstOffset(of topic: String) -> StageEnvironment.FirstOffset

    /// Partitions were assigned: restore what is needed to go on with them, and say where each starts.
    ///
    /// Throws: ``AssignmentWithdrawn`` when they are not wanted any more.
    func prepare(_ openings: inout [LaneOpening], kafka: LaneSources) throws
    /// A lane was opened.
    func opened(lane: Int, partition: Int32)
    /// A lane is gone: committed and given back, or lost.
    func closed(lane: Int)
    /// Kafka has acknowledged a commit of the lane.
    func committed(lane: Int, upTo offset: Int64)

    /// State of the lane is acknowledged. `offset`: Nil where Kafka did not say.
    func stateAcknowledged(lane: Int, offset: Int64?)
    /// False while the lane is to stand still.
    func mayRead(lane: Int) -> Bool

    /// How many more records the stage can take now.
    var capacity: Int { get }
    /// Decides a record.
    ///
    /// - Returns: What follows from it; nil when that is known later, through ``takeFinished(into:)``.
    func handle(_ record: InputRecord, lane: Int, item: WorkItem, isUncertain: Bool) -> Effects?
    /// Gives what became known since the last call, about records that ``handle(_:lane:item:isUncertain:)`` left open, for an empty
    /// array, whose memory it may keep.
    func takeFinished(into empty: inout [(item: WorkItem, effects: Effects)])
    /// Records to produce because it is time, and not because of a record that was read. Nothing waits for them.
    func takeDue() -> [Outgoing]
    /// Records taken whose effects are not known yet.
    var underWay: Int { get }

    /// Partitions go away: finish what is under way, begin nothing new.
    func beginDrain()
    /// The drain is over; what is still under way is given up.
    ///
    /// - Returns: Lanes whose next owner must reckon with work that left no trace.
    func endDrain() -> Set<Int>

    /// Hands over what was counted since the last call.
    func publish()

    /// Sleeps until Kafka or anything else has news, or the time is up.
    func sleep(_ wakeUp: KafkaWakeUp, timeoutMs: Int64)
    /// Called once before the first sleep, and once after the last.
    func start(_ wakeUp: KafkaWakeUp) throws
    func stop()
}

/// What a stage may ask of Kafka while it prepares. The first two block, for seconds at most where Kafka is well.
struct LaneSources {
    let reader: () throws(KafkaError) -> KafkaReader
    /// Of each partition, in their order, the first offset that it holds, and the next that will be written.
    let watermarks: ([TopicPartition]) throws(KafkaError) -> [(low: Int64, high: Int64)]
    /// Whether the partitions are still ours to prepare. To be asked several times a minute at least: it is by this that the
    /// group knows that we are alive.
    let isWanted: () -> Bool
}

/// The partitions were taken away while the stage prepared them, or it is to stop.
struct AssignmentWithdrawn: Error {}

/// A partition that was assigned, and where it is to start.
struct LaneOpening {
    let partition: TopicPartition
    /// What the last owner left with its commit; nil where there is none, or it is not ours.
    let metadata: CommitMetadata?
    /// True when the group has committed an offset for it.
    let wasCommitted: Bool
    var start: StageProgress.Start
}

extension Stage {
    func prepare(_ openings: inout [LaneOpening], kafka: LaneSources) throws {}
    func opened(lane: Int, partition: Int32) {}
    func closed(lane: Int) {}
    func committed(lane: Int, upTo offset: Int64) {}
    func stateAcknowledged(lane: Int, offset: Int64?) {}
    func mayRead(lane: Int) -> Bool { true }
    var capacity: Int { .max }
    func takeFinished(into empty: inout [(item: WorkItem, effects: Effects)]) {}
    func takeDue() -> [Outgoing] { [] }
    var underWay: Int { 0 }
    func beginDrain() {}
    func publish() {}
    func endDrain() -> Set<Int> { [] }
    func sleep(_ wakeUp: KafkaWakeUp, timeoutMs: Int64) {
        _ = wakeUp.wait(timeout: .milliseconds(timeoutMs))
    }
    func start(_ wakeUp: KafkaWakeUp) throws {}
    func stop() {}
}
