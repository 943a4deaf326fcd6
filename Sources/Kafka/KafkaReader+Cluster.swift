import CRdKafka

extension KafkaReader {
    /// The cluster's id, as its brokers tell it.
    ///
    /// - Parameter timeout: how long to wait; this blocks.
    /// - Returns: nil where they tell none.
    package func clusterID(timeout: Duration) -> String? {
        // SAFETY: the client is alive; the text is ours to free.
        guard let text = unsafe rd_kafka_clusterid(handle.client, timeout.milliseconds) else { return nil }
        defer { unsafe rd_kafka_mem_free(handle.client, text) }
        return unsafe String(cString: text)
    }

    /// How many partitions a topic has.
    ///
    /// - Parameters:
    ///   - topic: which; it is not created by this.
    ///   - timeout: how long to wait; this blocks.
    /// - Returns: nil where there is no such topic.
    /// - Throws: where no broker answers in time.
    package func partitionCount(of topic: String, timeout: Duration) throws(KafkaError) -> Int32? {
        try handle.partitionCounts(of: [topic], timeout: timeout)[topic]
    }
}
