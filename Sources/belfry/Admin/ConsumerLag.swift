import PushCore

/// How far a consumer is behind, from librdkafka's own statistics.
enum ConsumerLag {
    /// Statistics of a thousand partitions have about a megabyte.
    private static let limits = JSONLimits(bytesMax: 64 << 20)

    /// Records between the committed offset and the end, summed over the partitions that are being fetched.
    ///
    /// The source: librdkafka's STATISTICS.md, `topics.*.partitions.*.consumer_lag`; -1 there means that it is not known (yet). A
    /// partition that was given back stays in the statistics with its last figures, and is told by its `fetch_state`.
    ///
    /// - Parameter statistics: The JSON text; empty before the first.
    /// - Returns: nil when it is known of no partition: unknown is not zero.
    static func records(inStatistics statistics: String) -> Int64? {
        let document = JSONDocument()
        guard !statistics.isEmpty, document.load(Array(statistics.utf8), limits: limits) == nil else { return nil }
        guard let topics = document.root.member("topics") else { return nil }
        var sum: Int64?
        for topic in topics.members {
            guard let partitions = topic.value.member("partitions") else { continue }
            for partition in partitions.members {
                guard isFetched(partition.value), let lag = partition.value.member("consumer_lag")?.intValue, lag >= 0
                else { continue }
                let (total, overflow) = (sum ?? 0).addingReportingOverflow(lag)
                sum = overflow ? .max : total
            }
        }
        return sum
    }

    private static func isFetched(_ partition: JSONNode) -> Bool {
        switch partition.member("fetch_state")?.stringValue {
        case "none", "stopping", "stopped": false
        default: true
        }
    }
}
