extension KafkaReader {
    /// Where in each partition the records of a time begin, as the brokers' indexes say.
    ///
    /// `timestampMs`: Since the epoch. `timeout`: how long the whole may take; this blocks.
    ///
    /// - Returns: the first offset whose record is of that time or later. A partition without one is not in it; neither is any where
    ///   the broker keeps no index of times.
    /// - Throws: what the cluster refuses.
    package func offsets(
        from timestampMs: Int64,
        of partitions: [TopicPartition],
        timeout: Duration
    ) throws(KafkaError) -> [TopicPartition: Int64] {
        try handle.offsets(atTime: timestampMs, of: partitions, timeout: timeout)
    }

    /// The offsets that partitions have: the first, and the next one to be written.
    ///
    /// - Returns: those of each partition, in their order.
    /// - Throws: what the cluster refuses, and where it does not answer in time.
    package func watermarks(
        _ partitions: [TopicPartition],
        timeout: Duration
    ) throws(KafkaError) -> [(low: Int64, high: Int64)] {
        try handle.watermarks(partitions, timeout: timeout)
    }
}
