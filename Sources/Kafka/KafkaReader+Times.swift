import CRdKafka

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
        if partitions.isEmpty { return [:] }
        let list = TopicPartitionList(capacity: partitions.count)
        // The library reads the time from where it will write the offset.
        for partition in partitions { list.add(partition, offset: timestampMs) }
        try KafkaError.check(unsafe rd_kafka_offsets_for_times(handle.client, list.pointer, timeout.milliseconds))
        var found: [TopicPartition: Int64] = [:]
        var failure: KafkaError?
        list.forEach { partition, element in
            if element.error != RD_KAFKA_RESP_ERR_NO_ERROR {
                failure = failure ?? KafkaError(element.error, text: "offset of a time in \(partition)")
            }
            if element.offset >= 0 { found[partition] = element.offset }
        }
        if let failure { throw failure }
        return found
    }

    /// The offsets that a partition has: the first, and the next one to be written.
    ///
    /// - Throws: what the cluster refuses, and where it does not answer in time.
    package func watermarks(
        _ partition: TopicPartition,
        timeout: Duration
    ) throws(KafkaError) -> (low: Int64, high: Int64) {
        try handle.watermarks(partition, timeout: timeout)
    }
}
