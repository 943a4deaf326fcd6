import PushPipeline
import Testing

@testable import belfry

@Suite struct MetricsReportTests {
    @Test("What stages count, what is read at the scrape, and the process stand in one text")
    func wholeReport() {
        let metrics = Metrics()
        metrics.add(Series(.records, ["stage": "rules"]), 7)
        metrics.add(Series(.events, ["disposition": "matched"]), 5)
        metrics.set(Series(.connections, ["app": "com.example.shop", "environment": "production"]), 2)
        var latency = Histogram()
        latency.record(12)
        metrics.merge(latency, into: Series(.latency, ["provider": "apns"]))
        let statistics = #"{"topics":{"t":{"partitions":{"0":{"fetch_state":"active","consumer_lag":40}}}}}"#
        let report = report(metrics, [.init(name: "rules", partitions: 3, statisticsText: statistics)])
        let lines = Set(report.text().split(separator: "\n").map(String.init))
        for expected in [
            #"belfry_records_total{stage="rules"} 7"#, #"belfry_events_total{disposition="matched"} 5"#,
            #"belfry_provider_connections{app="com.example.shop",environment="production"} 2"#,
            #"belfry_latency_seconds_bucket{provider="apns",le="+Inf"} 1"#,
            #"belfry_latency_seconds_sum{provider="apns"} 0.012"#, #"belfry_assigned_partitions{stage="rules"} 3"#,
            #"belfry_lag_records{stage="rules"} 40"#, "process_cpu_seconds_total 1.5", "process_max_fds 1024",
            "process_resident_memory_bytes 8192", "process_start_time_seconds 1020", "process_open_fds 3",
            "# TYPE belfry_latency_seconds histogram", "# TYPE belfry_lag_records gauge",
        ] {
            #expect(lines.contains(expected), "\(expected)")
        }
        #expect(
            lines.contains { $0.hasPrefix(#"belfry_build_info{version="1.2.3",librdkafka="2."#) && $0.hasSuffix(" 1") }
        )
    }

    @Test("Counters of loss and of dead letters are there from the start, so that their first step is seen")
    func zeros() {
        let metrics = Metrics()
        metrics.add(Series(.recordsLost, ["stage": "users"]), 4)
        let stages = ["rules", "users", "dispatch-apns"]
        let text = report(metrics, stages.map { .init(name: $0, partitions: 0, statisticsText: "") }).text()
        let lines = Set(text.split(separator: "\n").map(String.init))
        #expect(lines.contains(#"belfry_records_lost_total{stage="rules"} 0"#))
        #expect(lines.contains(#"belfry_records_lost_total{stage="dispatch-apns"} 0"#))
        #expect(lines.contains(#"belfry_events_total{disposition="dead_lettered"} 0"#))
        #expect(lines.contains("belfry_rule_failures_total 0"))
        // A zero never stands in for what was counted.
        #expect(lines.contains(#"belfry_records_lost_total{stage="users"} 4"#))
        #expect(!lines.contains(#"belfry_records_lost_total{stage="users"} 0"#))
    }

    @Test("A lag that is not known is left out: it is not zero")
    func unknownLag() {
        let text = report(Metrics(), [.init(name: "users", partitions: 1, statisticsText: "")]).text()
        #expect(!text.contains("belfry_lag_records"))
        #expect(text.contains(#"belfry_assigned_partitions{stage="users"} 1"#))
    }

    @Test("The same state gives the same text, and no series comes twice")
    func stable() {
        let metrics = Metrics()
        for stage in ["rules", "users", "dispatch-apns"] {
            for name in MetricName.allCases where name.type != "histogram" && ![.lag, .assigned].contains(name) {
                metrics.add(Series(name, ["stage": stage]), 1)
            }
        }
        let report = report(metrics, [.init(name: "users", partitions: 1, statisticsText: "")])
        let text = report.text()
        #expect(report.text() == text)
        let series = text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { $0.prefix { $0 != " " } }
        #expect(Set(series).count == series.count)
    }

    @Test("Where there is no /proc, the rest is told")
    func noProc() {
        let report = MetricsReport(metrics: Metrics(), version: "1.2.3", files: procFiles([:])) { [] }
        #expect(!report.text().contains("process_"))
        #expect(report.text().contains("belfry_build_info"))
    }

    private func report(_ metrics: Metrics, _ stages: [MetricsReport.Stage]) -> MetricsReport {
        MetricsReport(metrics: metrics, version: "1.2.3", files: procFiles(procSample)) { stages }
    }
}

@Suite struct ConsumerLagTests {
    @Test(
        "The lag is the sum over the partitions that are fetched and known",
        arguments: [
            ("", nil),
            ("{", nil),
            ("[]", nil),
            ("{}", nil),
            (#"{"topics":{}}"#, nil),
            (#"{"topics":{"t":{}}}"#, nil),
            (#"{"topics":{"t":{"partitions":{"0":{"consumer_lag":-1},"-1":{"consumer_lag":-1}}}}}"#, nil),
            (#"{"topics":{"t":{"partitions":{"0":{"consumer_lag":0}}}}}"#, 0),
            (#"{"topics":{"t":{"partitions":{"0":{"consumer_lag":"7"},"1":{"consumer_lag":null}}}}}"#, nil),
            (
                #"{"topics":{"a":{"partitions":{"0":{"consumer_lag":5},"1":{"consumer_lag":-1}}},"#
                    + #""b":{"partitions":{"0":{"consumer_lag":7}}}}}"#,
                12
            ),
            // Given back: its last figures stay in the statistics.
            (
                #"{"topics":{"t":{"partitions":{"0":{"fetch_state":"none","consumer_lag":5},"#
                    + #""1":{"fetch_state":"stopped","consumer_lag":6},"2":{"fetch_state":"active","consumer_lag":7}}}}}"#,
                7
            ),
            (
                #"{"topics":{"t":{"partitions":{"0":{"consumer_lag":9223372036854775807},"1":{"consumer_lag":9}}}}}"#,
                Int64.max
            ),
        ] as [(String, Int64?)]
    )
    func sums(statistics: String, lag: Int64?) {
        #expect(ConsumerLag.records(inStatistics: statistics) == lag)
    }

    @Test("Statistics of more than a megabyte are read")
    func large() {
        let partitions = (0..<20_000).map {
            #""\#($0)":{"fetch_state":"active","consumer_lag":1,"padding":"\#(String(repeating: "x", count: 60))"}"#
        }
        let text = #"{"topics":{"t":{"partitions":{\#(partitions.joined(separator: ","))}}}}"#
        #expect(text.utf8.count > 1 << 20)
        #expect(ConsumerLag.records(inStatistics: text) == 20_000)
    }
}

@Suite struct ProcessStatisticsTests {
    private static let units = ProcessStatistics.Units(ticksPerSecond: 100, pageBytes: 4096)

    @Test(
        "A name with blanks and parentheses shifts no field",
        arguments: ["belfry", "a b", "a) S 1 2", ") (", "))"]
    )
    func names(name: String) throws {
        var files = procSample
        files["/proc/self/stat"] = files["/proc/self/stat"]?.replacing("(belfry)", with: "(\(name))")
        let read = try #require(ProcessStatistics.read(from: procFiles(files), units: Self.units))
        #expect(read.cpuSeconds == 1.5)
        #expect(read.residentBytes == 8192)
        #expect(read.startSeconds == 1020)
        #expect(read.openDescriptors == 3)
        #expect(read.openDescriptorsMax == 1024)
    }

    @Test(
        "What is cut short or missing gives no figures, and no wrong ones",
        arguments: ["", "1", "1 (x", "1 (x) S 1 2 3"]
    )
    func damaged(stat: String) {
        #expect(ProcessStatistics.read(from: procFiles(["/proc/self/stat": stat]), units: Self.units) == nil)
    }

    @Test("An unlimited number of descriptors has no most")
    func unlimited() throws {
        var files = procSample
        files["/proc/self/limits"] = "Max open files            unlimited            unlimited            files     \n"
        let read = try #require(ProcessStatistics.read(from: procFiles(files), units: Self.units))
        #expect(read.openDescriptorsMax == nil)
    }

    @Test("This very process has used time and memory, and has files open")
    func live() throws {
        let read = try #require(ProcessStatistics.read(from: .live))
        #expect(read.cpuSeconds > 0)
        #expect(read.residentBytes > 1 << 20)
        #expect(try #require(read.startSeconds) > 1_700_000_000)
        #expect(try #require(read.openDescriptors) >= 3)
    }
}

/// A process that used 1.0 s as user and 0.5 s as system, holds 2 pages, and was started 20 s after its host.
let procSample = [
    "/proc/self/stat":
        "42 (belfry) S 1 42 42 0 -1 4194304 9 0 0 0 100 50 0 0 20 0 4 0 2000 999424 2 18446744073709551615\n",
    "/proc/stat": "cpu  1 2 3\nbtime 1000\nprocesses 9\n",
    "/proc/self/limits": """
    Limit                     Soft Limit           Hard Limit           Units
    Max open files            1024                 1048576              files
    Max locked memory         8388608              8388608              bytes

    """,
]

/// Files in memory, with three open descriptors where there is a process.
func procFiles(_ files: [String: String]) -> FileSystem {
    FileSystem(
        read: { path, octetsMax throws(FileSystem.Failure) in
            guard let text = files[path] else { throw .missing }
            return Array(text.utf8.prefix(octetsMax))
        },
        status: { _ in nil },
        list: { $0 == "/proc/self/fd" && !files.isEmpty ? ["0", "1", "2"] : [] }
    )
}
