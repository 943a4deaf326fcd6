import Kafka
import Logging
import PushCore

/// Keeps the snapshots of the users stage: which lane is written when, and what is discarded.
///
/// A snapshot holds the log up to an offset, and nothing that Kafka has not acknowledged. So one lane at a time is not read for the few
/// milliseconds until its state is acknowledged; then its records are copied, which costs nothing (``RecordTable``), and written by
/// ``SnapshotWriter``.
struct SnapshotKeeper {
    private struct Lane {
        let partition: Int32
        /// The log is contained up to here, as far as it is ours: see `acknowledged`.
        var offset: Int64
        /// The offset behind the last record that we have written, or read.
        var end: Int64
        /// Records of state that are not acknowledged.
        var unacknowledged = 0
        /// What the last snapshot contains, and when it was made; nil without one.
        var written: (offset: Int64, atMs: Int64)?
        var dueMs: Int64
        /// Offsets from which tombstones of forgotten users may lie, and until when they matter.
        var marks: [(offset: Int64, untilMs: Int64)] = []

        /// From where the next owner is to read the log.
        func offset(_ nowMs: Int64) -> Int64 {
            marks.reduce(offset) { $1.untilMs > nowMs ? min($0, $1.offset) : $0 }
        }
    }

    let settings: SnapshotSettings
    private let writer: SnapshotWriter
    private let environment: StageEnvironment
    private let topic: String
    private var lanes: [Int: Lane] = [:]
    /// The lane that is not read, and since when.
    private var held: (lane: Int, sinceMs: Int64)?
    /// What the cluster says; nil where it does not: then nothing is written.
    private var cluster: (id: String, partitionCount: Int32)?
    /// Partitions that were taken away, and when: their files go when they do not come back.
    private var orphans: [Int32: Int64] = [:]
    private var sizes: [Int32: Int] = [:]

    /// A rebalance takes all partitions away, and gives most of them back within seconds.
    private static let orphanMaxMs: Int64 = 60_000
    private static let holdMaxMs: Int64 = 2_000

    init(_ settings: SnapshotSettings, environment: StageEnvironment) {
        self.settings = settings
        self.environment = environment
        topic = environment.topics.users
        writer = SnapshotWriter(folder: settings.folder)
    }

    private var nowMs: Int64 { environment.clocks.monotonicMs() }

    // MARK: Restoring

    /// Partitions were assigned: files of others go.
    mutating func assigned(_ partitions: [Int32], reader: KafkaReader) {
        orphans.removeAll()
        for partition in settings.folder.partitions() where !partitions.contains(partition) {
            discard(partition, .revoked)
        }
        do {
            let id = reader.clusterID(timeout: .seconds(10))
            let count = try reader.partitionCount(of: topic, timeout: .seconds(10))
            cluster = if let id, let count { (id, count) } else { nil }
        } catch {
            cluster = nil
        }
        if cluster == nil {
            environment.logger.warning("the cluster does not say which one it is: no snapshots are used")
        }
    }

    /// Restores a partition from its snapshot.
    ///
    /// `core`: Untouched where there is none that can be used.
    ///
    /// - Returns: The offset from which the log is to be read, and how many records there were.
    mutating func restore(_ core: inout UsersCore, low: Int64, high: Int64) -> (offset: Int64, records: Int)? {
        guard let origin = origin(core.partition) else { return nil }
        let expectation = SnapshotHeader.Expectation(
            origin: origin,
            low: low,
            high: high,
            nowMs: environment.clocks.wallMs(),
            maxAgeMs: settings.maxAge.wholeMilliseconds
        )
        do {
            return try settings.folder.restore(&core, expectation)
        } catch {
            environment.logger.warning(
                "a snapshot is not used",
                metadata: [
                    "partition": "\(core.partition)", "reason": "\(error.reason.rawValue)", "detail": "\(error.detail)",
                ]
            )
            discard(core.partition, error.reason)
            return nil
        }
    }

    private func origin(_ partition: Int32) -> SnapshotHeader.Origin? {
        cluster.map { cluster in
            SnapshotHeader.Origin(
                clusterID: cluster.id,
                topic: topic,
                partition: partition,
                partitionCount: cluster.partitionCount
            )
        }
    }

    // MARK: Lanes

    /// A lane was opened, whose records are those of the log up to an offset.
    ///
    /// `snapshot`: The offset of the snapshot that it was restored from. `mark`: See ``UsersRestore/Restored``.
    mutating func opened(_ id: Int, partition: Int32, end: Int64, snapshot: Int64?, mark: Int64?) {
        // At once where the next start would otherwise read much; and not all of them in the same minute later.
        let isFresh = snapshot.map { end - $0 < Self.tailMax } ?? false
        let intervalMs = settings.interval.wholeMilliseconds
        let waitMs = isFresh ? intervalMs * Int64(lanes.count % 16 + 1) / 16 : 0
        lanes[id] = Lane(
            partition: partition,
            offset: end,
            end: end,
            written: snapshot.map { ($0, nowMs) },
            dueMs: nowMs + waitMs
        )
        let untilMs = nowMs + Self.markMs
        if let mark { lanes[id]?.marks.append((mark, untilMs)) }
    }

    /// As long as a removed device is remembered: what was said before somebody was forgotten is refused for so long.
    private static let markMs: Int64 = 24 * 60 * 60 * 1_000

    /// A tombstone is on its way to the log that says that a user was forgotten. It is read again by the next owner: a snapshot
    /// says nothing about people of whom nothing is kept.
    mutating func marked(_ id: Int) {
        guard let lane = lanes[id] else { return }
        let nowMs = nowMs
        let untilMs = nowMs + Self.markMs
        lanes[id]?.marks.removeAll { $0.untilMs <= nowMs || $0.offset == lane.offset }
        lanes[id]?.marks.append((lane.offset, untilMs))
    }

    private static let tailMax: Int64 = 1_000

    /// A lane's state is on its way to the log.
    mutating func produced(_ id: Int) { lanes[id]?.unacknowledged += 1 }

    /// It is there. `offset`: Nil where Kafka did not say.
    ///
    /// What is at an offset that we have not written is somebody else's: a former owner's who has not noticed, or a copy. The
    /// snapshot is then of the log up to that offset, so that the next owner reads it.
    mutating func acknowledged(_ id: Int, offset: Int64?) {
        guard var lane = lanes[id] else { return }
        lane.unacknowledged -= 1
        if let offset {
            if offset == lane.offset { lane.offset = offset + 1 }
            lane.end = max(lane.end, offset + 1)
        }
        lanes[id] = lane
    }

    /// False while the lane's state is waited for.
    func mayRead(_ id: Int) -> Bool { held?.lane != id }

    /// A lane was given back, for good, for a moment, or at the end of the process.
    ///
    /// `core`: To be written where it can be.
    mutating func closed(_ id: Int, _ core: UsersCore, isStopping: Bool) {
        guard let lane = lanes.removeValue(forKey: id) else { return }
        if held?.lane == id { held = nil }
        guard isStopping else {
            orphans[lane.partition] = nowMs
            return
        }
        if lane.unacknowledged == 0, lane.written?.offset != lane.end { put(lane, core) }
    }

    /// What is held about somebody was erased in a lane: no file may keep it.
    mutating func erased(_ id: Int) {
        guard let partition = lanes[id]?.partition else { return }
        discard(partition, .erased)
        lanes[id]?.written = nil
        let dueMs = nowMs + settings.interval.wholeMilliseconds
        lanes[id]?.dueMs = dueMs
    }

    // MARK: Writing

    /// Called each turn: takes a copy of a lane when its time has come. `core`: of a lane.
    mutating func turn(_ core: (Int) -> UsersCore?) {
        let nowMs = nowMs
        if let held {
            guard let lane = lanes[held.lane] else {
                self.held = nil
                return
            }
            if lane.unacknowledged == 0 {
                if let core = core(held.lane) { put(lane, core) }
                lanes[held.lane]?.written = (lane.end, nowMs)
                lanes[held.lane]?.dueMs = nowMs + settings.interval.wholeMilliseconds
                self.held = nil
            } else if nowMs - held.sinceMs > Self.holdMaxMs {
                // Kafka is slow: users are more important.
                lanes[held.lane]?.dueMs = nowMs + settings.interval.wholeMilliseconds
                self.held = nil
            }
            return
        }
        dropOrphans(nowMs)
        guard cluster != nil, lanes.values.contains(where: { $0.dueMs <= nowMs }), writer.isIdle else { return }
        let refreshMs = settings.maxAge.wholeMilliseconds / 2
        for (id, lane) in lanes where lane.dueMs <= nowMs {
            if let written = lane.written, written.offset == lane.end, nowMs - written.atMs < refreshMs {
                let dueMs = nowMs + settings.interval.wholeMilliseconds
                lanes[id]?.dueMs = dueMs
            } else {
                held = (id, nowMs)
                return
            }
        }
    }

    private mutating func dropOrphans(_ nowMs: Int64) {
        if orphans.isEmpty { return }
        for (partition, atMs) in orphans where nowMs - atMs > Self.orphanMaxMs {
            orphans[partition] = nil
            discard(partition, .revoked)
        }
    }

    private func put(_ lane: Lane, _ core: UsersCore) {
        guard let origin = origin(lane.partition) else { return }
        let image = core.image
        let header = SnapshotHeader(
            origin: origin,
            offset: lane.offset(nowMs),
            end: lane.end,
            epoch: core.epoch,
            createdAtMs: environment.clocks.wallMs(),
            count: image.count
        )
        let discardCount = settings.folder.discardCount(lane.partition)
        writer.put(SnapshotWriter.Job(header: header, image: image, discardCount: discardCount))
    }

    private mutating func discard(_ partition: Int32, _ reason: SnapshotHeader.Discard) {
        sizes[partition] = nil
        guard settings.folder.discard(partition) else { return }
        environment.metrics.add(Series(.snapshotsDiscarded, ["reason": reason.rawValue]))
    }

    /// At the end of the process: waits for what is being written.
    mutating func finish() {
        if !writer.finish(timeout: .seconds(20)) {
            environment.logger.warning("snapshots take too long: the next start reads more of the log")
        }
        publish()
    }

    mutating func publish() {
        for (header, outcome) in writer.takeOutcomes() {
            switch outcome {
            case .written(let octets):
                environment.metrics.add(Series(.snapshotsWritten))
                sizes[header.origin.partition] = octets
            case .dropped: break
            case .failed(let reason):
                environment.metrics.add(Series(.snapshotsFailed))
                environment.logger.error(
                    "a snapshot cannot be written",
                    metadata: ["partition": "\(header.origin.partition)", "error": "\(reason)"]
                )
            }
        }
        let oldestMs = lanes.values.compactMap { $0.written?.atMs }.min()
        environment.metrics.set(Series(.snapshotAge), oldestMs.map { Double(nowMs - $0) / 1_000 } ?? 0)
        environment.metrics.set(Series(.snapshotBytes), Double(sizes.values.reduce(0, +)))
    }
}

/// Where snapshots are, how often they are made, and how old they may be.
package struct SnapshotSettings: Sendable {
    package var folder: SnapshotFolder
    package var interval: Duration
    /// Below `delete.retention.ms` of the users topic: tombstones that are older may be gone from the log.
    package var maxAge: Duration

    package init(folder: SnapshotFolder, interval: Duration, maxAge: Duration) {
        self.folder = folder
        self.interval = interval
        self.maxAge = maxAge
    }
}
