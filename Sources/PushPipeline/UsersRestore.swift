package import Kafka
package import PushCore

/// Restores the users' records of partitions from the users topic, up to the end that each has when this begins.
package struct UsersRestore {
    /// A partition that was assigned.
    package struct Request {
        package let partition: Int32
        /// The inbox offset below which every command is finished.
        package let committed: Int64

        package init(partition: Int32, committed: Int64) {
            self.partition = partition
            self.committed = committed
        }
    }

    /// A partition's records as they were at the end of its log.
    package struct Restored {
        package var core: UsersCore
        /// The offset of the users topic that would come next.
        package let end: Int64
        /// Up to where a snapshot had it; nil without one.
        package let snapshot: Int64?
        /// The first tombstone that says that a user was forgotten; nil where there is none.
        let mark: Int64?
    }

    /// How far it is.
    package struct Progress: Sendable, Hashable {
        package var partitions = 0
        /// Records that came from snapshots.
        package var snapshotRecords = 0
        /// Records read from the log, tombstones among them.
        package var records = 0
        /// Offsets passed, and all that are to be: compaction leaves gaps, so that these are no numbers of records.
        package var offsets: Int64 = 0
        package var offsetsTotal: Int64 = 0

        /// 0 to 100.
        package var percent: Int { offsetsTotal > 0 ? Int(min(100, offsets * 100 / offsetsTotal)) : 100 }
    }

    /// Restores a partition from a snapshot, where there is one that fits a log of these offsets.
    ///
    /// Returns: from where the log is to be read, and how many records there were; nil leaves the core as it was.
    typealias Snapshots = (_ core: inout UsersCore, _ low: Int64, _ high: Int64) -> (offset: Int64, records: Int)?

    let topic: String
    private let configuration: UsersConfiguration
    private let digests: Digests
    private let monotonicMs: () -> Int64

    /// How long a broker may take for the next record: it is then asked anew.
    private static let silenceMaxMs: Int64 = 60_000

    /// `topic`: The users topic. `monotonicMs`: A clock that never goes backwards.
    package init(
        topic: String,
        configuration: UsersConfiguration,
        digests: Digests,
        monotonicMs: @escaping () -> Int64
    ) {
        self.topic = topic
        self.configuration = configuration
        self.digests = digests
        self.monotonicMs = monotonicMs
    }

    /// Restores all of them together; this blocks.
    ///
    /// - Parameters:
    ///   - requests: each partition once.
    ///   - reader: of the cluster.
    ///   - mayGoOn: told how far it is several times a second; false ends it.
    /// - Returns: what was restored, by partition; nil where it was ended before.
    /// - Throws: what Kafka refuses, and where it is silent for a minute.
    package func run(
        _ requests: [Request],
        reader: KafkaReader,
        mayGoOn: (Progress) -> Bool
    ) throws(KafkaError) -> [Int32: Restored]? {
        try run(requests, reader: reader, snapshots: { _, _, _ in nil }, mayGoOn: mayGoOn)
    }

    func run(
        _ requests: [Request],
        reader: KafkaReader,
        snapshots: Snapshots,
        mayGoOn: (Progress) -> Bool
    ) throws(KafkaError) -> [Int32: Restored]? {
        var progress = Progress(partitions: requests.count)
        var begun: [UsersCore] = []
        var spans: [KafkaReader.Span] = []
        var starts: [Int64?] = []
        let places = requests.map { TopicPartition(topic: topic, partition: $0.partition) }
        let watermarks = try reader.watermarks(places, timeout: .seconds(30))
        for (index, request) in requests.enumerated() {
            let (place, (low, high)) = (places[index], watermarks[index])
            var core = core(request)
            let snapshot = snapshots(&core, low, high)
            begun.append(core)
            starts.append(snapshot?.offset)
            progress.snapshotRecords += snapshot?.records ?? 0
            spans.append(KafkaReader.Span(place, start: snapshot?.offset ?? low, low: low, end: high))
            progress.offsetsTotal += high - (snapshot?.offset ?? low)
            guard mayGoOn(progress) else { return nil }
        }
        var cores = Cores(begun)
        begun = []
        var heardMs = monotonicMs()
        var heard = progress.records
        var isWanted = true
        let isEnough = {
            let nowMs = monotonicMs()
            if progress.records != heard { (heard, heardMs) = (progress.records, nowMs) }
            isWanted = mayGoOn(progress)
            return !isWanted || nowMs - heardMs > Self.silenceMaxMs
        }
        let isDone = try reader.read(spans, isEnough: isEnough) { message in
            progress.records += 1
            progress.offsets += cores.take(message)
        }
        guard isWanted else { return nil }
        if !isDone { throw .timedOut("the users topic was silent for a minute") }
        progress.offsets = progress.offsetsTotal
        _ = mayGoOn(progress)
        var restored: [Int32: Restored] = [:]
        let marks = cores.marks
        for (place, core) in cores.takeAll().enumerated() {
            restored[core.partition] = Restored(
                core: core,
                end: spans[place].end,
                snapshot: starts[place],
                mark: marks[place]
            )
        }
        return restored
    }

    private func core(_ request: Request) -> UsersCore {
        var core = UsersCore(partition: request.partition, configuration: configuration, digests: digests)
        core.committed(upTo: request.committed)
        return core
    }
}

/// The cores that are being restored: every record asks for its own.
private struct Cores {
    private var cores: [UsersCore]
    /// By partition; -1: none.
    private var places: [Int]
    private var positions: [Int64]
    /// The first tombstone of each that says that a user was forgotten.
    private(set) var marks: [Int64?]

    init(_ cores: [UsersCore]) {
        self.cores = cores
        places = Array(repeating: -1, count: Int(cores.map(\.partition).max() ?? -1) + 1)
        positions = Array(repeating: -1, count: cores.count)
        marks = Array(repeating: nil, count: cores.count)
        for (place, core) in cores.enumerated() { places[Int(core.partition)] = place }
    }

    /// - Returns: Offsets that the record's partition went on by.
    mutating func take(_ message: borrowing MessageView) -> Int64 {
        let partition = Int(message.partition)
        guard places.indices.contains(partition), places[partition] >= 0 else { return 0 }
        let place = places[partition]
        let step = positions[place] < 0 ? 1 : message.offset - positions[place]
        positions[place] = message.offset
        if cores[place].restore(message), marks[place] == nil { marks[place] = message.offset }
        return step
    }

    mutating func takeAll() -> [UsersCore] {
        let all = cores
        cores = []
        return all
    }
}
