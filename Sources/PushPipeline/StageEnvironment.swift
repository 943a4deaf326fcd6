package import Kafka
package import Logging

/// What every stage is given: where Kafka is, how long to wait, and the clocks.
package struct StageEnvironment: Sendable {
    /// Where a partition is begun that has no committed offset.
    package enum FirstOffset: Sendable {
        case earliest
        case latest
    }

    package var kafka: KafkaSettings
    package var topics: TopicNames
    /// Consumer groups are `<prefix>-rules`, `<prefix>-users` and `<prefix>-dispatch-<provider>`.
    package var groupPrefix: String
    /// For static membership; nil: dynamic.
    package var instanceID: String?
    package var clientID: String
    /// For the topics of events and registrations. Internal topics are always read from their beginning.
    package var firstOffset: FirstOffset
    package var commitInterval: Duration
    /// From the revocation of partitions, or the signal to stop, until what is under way is given up.
    package var drainTimeout: Duration
    /// How far a lane may read ahead of its committed offset.
    package var spanMax: Int64
    /// The only clocks that a stage sees.
    package var clocks: Clocks
    package var metrics: Metrics
    package var logger: Logger

    package init(kafka: KafkaSettings, topics: TopicNames, clocks: Clocks, metrics: Metrics, logger: Logger) {
        self.kafka = kafka
        self.topics = topics
        self.groupPrefix = "belfry"
        self.instanceID = nil
        self.clientID = "belfry"
        self.firstOffset = .earliest
        self.commitInterval = .seconds(1)
        self.drainTimeout = .seconds(15)
        self.spanMax = 8192
        self.clocks = clocks
        self.metrics = metrics
        self.logger = logger
    }
}

/// Time, as given by whoever starts the pipeline.
package struct Clocks: Sendable {
    /// Milliseconds since the Unix epoch.
    package let wallMs: @Sendable () -> Int64
    /// Milliseconds since some fixed moment; never goes backwards.
    package let monotonicMs: @Sendable () -> Int64

    package init(wallMs: @escaping @Sendable () -> Int64, monotonicMs: @escaping @Sendable () -> Int64) {
        self.wallMs = wallMs
        self.monotonicMs = monotonicMs
    }
}

/// Why a stage cannot go on. The process ends with it: nothing was committed that is not finished, so a restart repeats work
/// and loses none.
package struct StageFailure: Error, CustomStringConvertible {
    package let stage: String
    package let reason: String

    package var description: String { "\(stage) stage: \(reason)" }
}
