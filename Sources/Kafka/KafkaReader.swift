import CRdKafka

/// Reads partitions from an offset to their end, without a group: to restore state from a changelog, or to read the tail of a topic.
///
/// Belongs to the thread that made it. The end is the one at the time of the call, so that reading ends although others write.
package final class KafkaReader {
    private let wakeUp = KafkaWakeUp()
    let handle: KafkaHandle

    /// Which part of a partition to read.
    package struct Range: Hashable, Sendable {
        /// Where the range begins.
        package enum Start: Hashable, Sendable {
            /// The oldest record that the broker still has.
            case beginning
            /// As many offsets before the end, or the oldest record if there are fewer. Gaps count: it is not a number of records.
            case last(Int64)
            /// This offset, or the first one after it.
            case at(Int64)
            /// This offset, or the oldest record that the broker still has.
            case notBefore(Int64)
        }

        package let topicPartition: TopicPartition
        package let start: Start

        package init(_ topicPartition: TopicPartition, from start: Start) {
            self.topicPartition = topicPartition
            self.start = start
        }
    }

    /// A part of a partition whose offsets are known.
    package struct Span: Hashable, Sendable {
        package let topicPartition: TopicPartition
        /// The first offset that is read.
        package let start: Int64
        /// The oldest that the broker had when it was asked.
        package let low: Int64
        /// Where it ends, before this offset.
        package let end: Int64

        package init(_ topicPartition: TopicPartition, start: Int64, low: Int64, end: Int64) {
            self.topicPartition = topicPartition
            self.start = start
            self.low = low
            self.end = end
        }
    }

    /// Makes the client; it connects on its own.
    ///
    /// - Parameters:
    ///   - settings: the cluster.
    ///   - clientID: names the client in the broker's logs and quotas; unique per handle.
    /// - Throws: `_INVALID_ARG` if a setting is refused.
    package init(settings: KafkaSettings, clientID: String) throws(KafkaError) {
        handle = try KafkaHandle(
            .plainConsumer,
            properties: settings.resolved(
                defaults: KafkaSettings.rangeReaderDefaults,
                identity: [("client.id", clientID)]
            ),
            wakeUp: wakeUp
        )
    }

    /// Reads the ranges together, each in the order of its offsets, and the partitions in any order.
    ///
    /// - Parameters:
    ///   - ranges: each partition once.
    ///   - timeout: how long the whole may take; this blocks.
    ///   - isEnough: asked between batches: true ends the reading before the end.
    ///   - body: gets every record before the end; the view is valid only until it returns.
    /// - Returns: for every range the offset at which it ended, which is the next one to read from there.
    /// - Throws: `OFFSET_OUT_OF_RANGE` if a start lies outside the log, `_TIMED_OUT` if the end was not reached in time, and what the
    ///   cluster refuses. Records may have been given to `body` by then.
    package func read(
        _ ranges: [Range],
        timeout: Duration,
        isEnough: () -> Bool = { false },
        _ body: (borrowing MessageView) -> Void
    ) throws(KafkaError) -> [TopicPartition: Int64] {
        let deadline = ContinuousClock.now + timeout
        let reading = RangeReading(of: handle, wakeUp: wakeUp)
        var ends: [TopicPartition: Int64] = [:]
        let watermarks = try handle.watermarks(ranges.map(\.topicPartition), timeout: timeout)
        for (range, (low, high)) in zip(ranges, watermarks) {
            precondition(ends[range.topicPartition] == nil, "\(range.topicPartition) is asked for twice")
            ends[range.topicPartition] = high
            if let start = try Self.start(of: range, low: low, high: high) {
                try reading.begin(range.topicPartition, at: start, end: high)
            }
        }
        try finish(reading, limit: (deadline, timeout), isEnough, body)
        return ends
    }

    /// Reads spans together, as above, for as long as the caller wants.
    ///
    /// - Parameters:
    ///   - spans: each partition once.
    ///   - isEnough: asked between batches, and several times a second: true ends the reading before the end.
    ///   - body: as above.
    /// - Returns: whether all ends were reached.
    /// - Throws: as above, but for a time-out.
    package func read(
        _ spans: [Span],
        isEnough: () -> Bool,
        _ body: (borrowing MessageView) -> Void
    ) throws(KafkaError) -> Bool {
        let reading = RangeReading(of: handle, wakeUp: wakeUp)
        for span in spans where span.start < span.end {
            // Not the number: what is oldest may be deleted before the first fetch.
            let start: StartOffset = span.start == span.low ? .beginning : .at(span.start)
            try reading.begin(span.topicPartition, at: start, end: span.end)
        }
        try finish(reading, limit: nil, isEnough, body)
        return reading.isDone
    }

    /// `limit`: When it is over, and how long that was at the beginning; nil for as long as it takes.
    private func finish(
        _ reading: RangeReading,
        limit: (deadline: ContinuousClock.Instant, timeout: Duration)?,
        _ isEnough: () -> Bool,
        _ body: (borrowing MessageView) -> Void
    ) throws(KafkaError) {
        var trouble: KafkaError?
        while !reading.isDone, !isEnough() {
            wakeUp.clear()
            while let event = handle.nextEvent() {
                guard let error = event.error else { continue }
                if error.isFatal { throw error }
                trouble = error
            }
            let (count, problem) = try reading.readBatch(body)
            if let problem {
                guard problem.isRetriable else { throw problem }
                trouble = problem
            }
            var wait = Duration.milliseconds(200)
            if let limit {
                wait = min(wait, ContinuousClock.now.duration(to: limit.deadline))
                guard wait > .zero || reading.isDone else {
                    let reason = trouble.map { "; last trouble: \($0)" } ?? ""
                    throw .timedOut("the end of \(reading.pending) was not reached within \(limit.timeout)\(reason)")
                }
            }
            if count == 0 { _ = wakeUp.wait(timeout: wait) }
        }
    }

    /// Where fetching begins; nil when there is nothing to fetch.
    private static func start(of range: Range, low: Int64, high: Int64) throws(KafkaError) -> StartOffset? {
        if case .at(let offset) = range.start, offset < low || offset > high {
            throw KafkaError(
                RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE,
                text: "\(range.topicPartition) has the offsets \(low) to \(high), not \(offset)"
            )
        }
        guard low < high else { return nil }
        switch range.start {
        // Not the number: what is oldest may be deleted before the first fetch.
        case .beginning: return .beginning
        case .last(let count):
            guard count > 0 else { return nil }
            return count >= high - low ? .beginning : .at(high - count)
        case .at(let offset): return offset < high ? .at(offset) : nil
        case .notBefore(let offset) where offset <= low: return .beginning
        case .notBefore(let offset): return offset < high ? .at(offset) : nil
        }
    }
}
