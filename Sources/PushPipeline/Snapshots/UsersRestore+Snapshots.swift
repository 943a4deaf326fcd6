package import Kafka
import PushCore

/// What was restored, written as snapshots and restored from them: for who measures it.
extension UsersRestore {
    /// Writes the snapshot of a partition, as of the end of its log.
    ///
    /// - Returns: The file's size.
    /// - Throws: where the system refuses.
    package func write(_ restored: Restored, to folder: SnapshotFolder, _ cluster: SnapshotCluster) throws -> Int {
        let partition = restored.core.partition
        let image = restored.core.image
        let header = SnapshotHeader(
            origin: cluster.origin(topic, partition),
            offset: restored.end,
            end: restored.end,
            epoch: restored.core.epoch,
            createdAtMs: cluster.nowMs,
            count: image.count
        )
        return try folder.write(header, image, discardCount: folder.discardCount(partition)) ?? 0
    }

    /// As ``run(_:reader:mayGoOn:)``, from the snapshots of a folder and what the log has beyond them.
    ///
    /// - Throws: what Kafka refuses.
    package func run(
        _ requests: [Request],
        reader: KafkaReader,
        from folder: SnapshotFolder,
        _ cluster: SnapshotCluster
    ) throws(KafkaError) -> [Int32: Restored]? {
        let snapshots: Snapshots = { core, low, high in
            let expectation = SnapshotHeader.Expectation(
                origin: cluster.origin(topic, core.partition),
                low: low,
                high: high,
                nowMs: cluster.nowMs,
                maxAgeMs: 0
            )
            return try? folder.restore(&core, expectation)
        }
        return try run(requests, reader: reader, snapshots: snapshots, mayGoOn: { _ in true })
    }
}

/// Which log snapshots are of, and when.
package struct SnapshotCluster: Sendable {
    let clusterID: String
    let partitionCount: Int32
    let nowMs: Int64

    package init(clusterID: String, partitionCount: Int32, nowMs: Int64) {
        self.clusterID = clusterID
        self.partitionCount = partitionCount
        self.nowMs = nowMs
    }

    fileprivate func origin(_ topic: String, _ partition: Int32) -> SnapshotHeader.Origin {
        SnapshotHeader.Origin(
            clusterID: clusterID,
            topic: topic,
            partition: partition,
            partitionCount: partitionCount
        )
    }
}
