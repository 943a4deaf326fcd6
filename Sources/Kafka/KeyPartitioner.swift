private import CRdKafka

/// Which partition a key belongs to, as Java's default partitioner and `partitioner=murmur2_random` decide.
package enum KeyPartitioner {
    /// The partition of a key.
    ///
    /// - Parameters:
    ///   - key: may be empty. A record without a key has no such partition.
    ///   - partitionCount: of the topic, at least one.
    /// - Returns: from zero up to, not including, the count.
    package static func partition(of key: [UInt8], partitionCount: Int32) -> Int32 {
        precondition(partitionCount > 0, "a topic has at least one partition")
        return unsafe key.withUnsafeBytes { key in
            // SAFETY: the function reads the key and nothing else; the topic and the opaque pointers may be null.
            unsafe rd_kafka_msg_partitioner_murmur2(nil, key.baseAddress, key.count, partitionCount, nil, nil)
        }
    }
}
