import Kafka
package import PushPipeline

/// All that `/metrics` says: what the stages count, what is read at the moment of asking, and the process.
package struct MetricsReport: Sendable {
    /// A stage at the moment of asking.
    package struct Stage: Sendable {
        /// As in the metrics' label `stage`.
        package var name: String
        package var partitions: Int
        /// librdkafka's statistics of the consumer, JSON; empty before the first.
        package var statisticsText: String

        package init(name: String, partitions: Int, statisticsText: String) {
            self.name = name
            self.partitions = partitions
            self.statisticsText = statisticsText
        }

        package init(_ status: StageStatus) {
            self.init(name: status.name, partitions: status.partitions, statisticsText: status.statisticsText)
        }
    }

    private let metrics: Metrics
    private let stages: @Sendable () -> [Stage]
    private let version: String
    private let files: FileSystem

    /// - Parameters:
    ///   - metrics: The counters of the process.
    ///   - version: Of Belfry, for `belfry_build_info`.
    ///   - files: Where `/proc` is read from.
    ///   - stages: Those that run in this process; called once for each report.
    package init(
        metrics: Metrics,
        version: String,
        files: FileSystem = .live,
        stages: @escaping @Sendable () -> [Stage]
    ) {
        self.metrics = metrics
        self.version = version
        self.files = files
        self.stages = stages
    }

    /// The report in Prometheus' text format.
    package func text() -> String {
        MetricsText.render(pipelineFamilies() + processFamilies() + [buildFamily()])
    }

    // MARK: The pipeline

    private func pipelineFamilies() -> [MetricFamily] {
        let stages = stages()
        let (counted, histograms) = metrics.snapshot()
        var values = Dictionary(stages.flatMap { Self.zeros(of: $0.name) }.map { ($0, 0.0) }) { first, _ in first }
        values.merge(counted) { _, counted in counted }
        for stage in stages {
            values[Series(.assigned, ["stage": stage.name])] = Double(stage.partitions)
            if let lag = ConsumerLag.records(inStatistics: stage.statisticsText) {
                values[Series(.lag, ["stage": stage.name])] = Double(lag)
            }
        }
        var samples: [MetricName: [MetricFamily.Sample]] = [:]
        for (series, value) in values {
            samples[series.name, default: []].append(MetricFamily.Sample(series, .number(value)))
        }
        for (series, histogram) in histograms {
            samples[series.name, default: []].append(MetricFamily.Sample(series, .distribution(histogram)))
        }
        return samples.map { name, samples in
            guard let kind = MetricFamily.Kind(rawValue: name.type) else {
                preconditionFailure("every metric is a counter, a gauge or a histogram")
            }
            return MetricFamily(name: name.rawValue, kind: kind, help: name.help, samples: samples)
        }
    }

    /// Counters that a stage may touch late or never, and that are watched for their first step: a counter that appears with 1
    /// has not increased in Prometheus' eyes.
    private static func zeros(of stage: String) -> [Series] {
        let common: [MetricName] = [.records, .recordsProduced, .recordsLost, .commits]
        let perStage = common.map { Series($0, ["stage": stage]) }
        switch stage {
        case "rules":
            return perStage + [
                Series(.events, ["disposition": "dead_lettered"]), Series(.ruleFailures), Series(.notifications),
            ]
        case "users":
            return perStage + [Series(.commands, ["disposition": "invalid"]), Series(.notifications)]
        default:
            return perStage
        }
    }

    // MARK: The process

    private func processFamilies() -> [MetricFamily] {
        guard let process = ProcessStatistics.read(from: files) else { return [] }
        return [
            Self.family("process_cpu_seconds_total", .counter, "User and system CPU time.", process.cpuSeconds),
            Self.family("process_resident_memory_bytes", .gauge, "Resident memory.", Double(process.residentBytes)),
            Self.family(
                "process_start_time_seconds",
                .gauge,
                "When the process started, since the Unix epoch.",
                process.startSeconds
            ),
            Self.family("process_open_fds", .gauge, "Open file descriptors.", process.openDescriptors.map(Double.init)),
            Self.family(
                "process_max_fds",
                .gauge,
                "Most file descriptors that may be open.",
                process.openDescriptorsMax.map(Double.init)
            ),
        ]
    }

    private static func family(
        _ name: String,
        _ kind: MetricFamily.Kind,
        _ help: String,
        _ value: Double?
    ) -> MetricFamily {
        let samples = value.map { [MetricFamily.Sample([:], .number($0))] } ?? []
        return MetricFamily(name: name, kind: kind, help: help, samples: samples)
    }

    private func buildFamily() -> MetricFamily {
        let labels: KeyValuePairs = ["version": version, "librdkafka": KafkaLibrary.version.description]
        return MetricFamily(
            name: "belfry_build_info",
            kind: .gauge,
            help: "Always 1; the labels say what runs.",
            samples: [MetricFamily.Sample(labels, .number(1))]
        )
    }
}
