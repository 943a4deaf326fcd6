import Foundation
import Kafka
import PushCore

/// The whole way: broker, provider simulator and pipeline as processes of their own, events in and receipts out.
struct PipelineBench {
    let events: Int
    let warmUp: Int
    let devices: Int
    let rate: Int
    let partitions: Int
    let window: Int
    let provider: Provider
    let server: BenchServer.Kind

    /// Runs in a folder of its own, which is removed at the end, as are the processes.
    ///
    /// - Throws: where a process does not start, or receipts stay out.
    func run() async throws -> BenchReport {
        try await BenchFolder.use { folder in
            var children: [ChildProcess] = []
            let result: Result<BenchReport, any Error>
            do {
                result = .success(try await run(in: folder, &children))
            } catch {
                result = .failure(error)
            }
            // The pipeline first: it still has something to say to the broker.
            for child in children.reversed() { await child.stop() }
            return try result.get()
        }
    }

    private func run(in folder: URL, _ children: inout [ChildProcess]) async throws -> BenchReport {
        try write(topics, to: "topics.yaml", in: folder)
        let broker = try ChildProcess("broker", ["--port", "0", "--topics", "topics.yaml"], folder: folder)
        children.append(broker)
        let servers = try await broker.line(after: "bootstrap.servers=")
        let server = try await BenchServer.start(server, as: provider, in: folder, &children)
        let addresses = try server.addresses(of: devices)

        try write(BenchScenario.ruleFile, to: "rules.yaml", in: folder)
        try write(configuration(servers, server), to: "belfry.yaml", in: folder)
        let pipeline = try ChildProcess("run", ["--config", "belfry.yaml"], folder: folder)
        children.append(pipeline)
        let settings = KafkaSettings(
            bootstrapServers: [servers],
            properties: ["fetch.wait.max.ms": "10", "session.timeout.ms": "6000"]
        )
        let follower = ReceiptFollower(events: warmUp + events)
        follower.start(settings)
        do {
            _ = try await pipeline.line(after: "ready")
            let measured = try await measure(follower, settings, pipeline, addresses)
            await follower.stop()
            return report(measured, follower)
        } catch {
            await follower.stop()
            // What the pipeline has to say explains more than a missing receipt.
            try pipeline.checkAlive()
            throw error
        }
    }

    // MARK: Measuring

    private struct Measured {
        let wallNanoseconds: Int64
        let before: ProcessUsage
        let after: ProcessUsage
    }

    private func measure(
        _ follower: ReceiptFollower,
        _ settings: KafkaSettings,
        _ pipeline: ChildProcess,
        _ addresses: [String]
    ) async throws -> Measured {
        let player = try EventPlayer(settings, follower: follower, addresses: addresses, window: window)
        while !follower.read({ $0.isReady || $0.failure != nil }) { try await Task.sleep(for: .milliseconds(20)) }
        try await player.register(timeout: .seconds(30))
        try await player.play(0..<warmUp, rate: rate, timeout: .seconds(30))
        let before = try usage(pipeline)
        let start = BenchClock.monotonic
        try await player.play(warmUp..<(warmUp + events), rate: rate, timeout: .seconds(30))
        return Measured(
            wallNanoseconds: BenchClock.monotonic - start,
            before: before,
            after: try usage(pipeline)
        )
    }

    private func usage(_ pipeline: ChildProcess) throws -> ProcessUsage {
        guard let usage = ProcessUsage(of: pipeline.id) else {
            throw ChildProcess.Failure(description: "the pipeline process is gone")
        }
        return usage
    }

    private func report(_ measured: Measured, _ follower: ReceiptFollower) -> BenchReport {
        var report = BenchReport("pipeline, end to end, \(provider.rawValue)")
        report.add("events", "events", events)
        report.add("devices", "devices", devices)
        report.add("partitions", "partitions", partitions)
        let (others, repeated) = follower.read { ($0.others, $0.repeated) }
        report.add("not_accepted", "receipts other than accepted", others)
        report.add("repeated_receipts", "repeated receipts", repeated)
        let seconds = Double(measured.wallNanoseconds) / 1e9
        report.add("events_per_second", "events", Double(events) / seconds, "/s")
        func each(_ nanoseconds: Int64) -> Double { Double(nanoseconds) / 1000 / Double(events) }
        let groups = measured.after.cpu(since: measured.before, groupedBy: Self.group)
        let all = each(groups.values.reduce(0, +))
        report.add("cpu_microseconds", "CPU of the pipeline process", all, "µs per notification", decimals: 1)
        for (name, nanoseconds) in groups.sorted(by: { $0.key < $1.key }) {
            report.add("cpu_microseconds_\(name)", "  of which \(name)", each(nanoseconds), "µs", decimals: 1)
        }
        report.add("peak_rss_mib", "peak memory", measured.after.peakRSSOctets / 1_048_576, "MiB")
        let latencies = follower.read { Array($0.latencies[warmUp...]).compactMap { $0 } }
        add("provider", "event to provider", latencies.compactMap(\.toProvider), &report)
        add("receipt", "event to receipt", latencies.map(\.toReceipt), &report)
        return report
    }

    private func add(_ key: String, _ label: String, _ milliseconds: [Int64], _ report: inout BenchReport) {
        let sorted = milliseconds.sorted()
        guard let max = sorted.last else { return }
        report.add("\(key)_p50_ms", "\(label), median", Int(sorted[sorted.count / 2]), "ms")
        report.add("\(key)_p99_ms", "\(label), p99", Int(sorted[sorted.count * 99 / 100]), "ms")
        report.add("\(key)_max_ms", "\(label), largest", Int(max), "ms")
    }

    /// Stages have their own threads, whose names Linux cuts to 15 octets; librdkafka has many, which count together.
    private static func group(_ thread: String) -> String {
        if thread.hasPrefix("rdk:") { return "kafka" }
        if thread.hasPrefix("belfry-") { return String(thread.dropFirst("belfry-".count).prefix { $0 != "-" }) }
        return "other"
    }

    // MARK: Files

    private func write(_ text: String, to name: String, in folder: URL) throws {
        try Data(text.utf8).write(to: folder.appendingPathComponent(name))
    }

    private var topics: String {
        let tied =
            ["push.receipts", "push.inbox", "push.users"] + ["apns", "fcm", "webpush"].map { "push.outbox.\($0)" }
        let others = [BenchScenario.topic, "push.registrations", "push.invalid-tokens", "push.dead-letters"]
        return (tied + others).map { "\($0): \(partitions)\n" }.joined()
    }

    private func configuration(_ servers: String, _ server: BenchServer) -> String {
        """
        kafka:
          bootstrap_servers: \(servers)
          properties: { session.timeout.ms: 6000, fetch.wait.max.ms: 10 }
          partitions: \(partitions)
          topics: { events: [\(BenchScenario.topic)] }
        apps:
          - \(server.appEntry)
        tls: { ca_file: "\(server.caFile)" }
        limits:
          all: [{ max: 1000000, per: 1d }]
        rules: [rules.yaml]
        admin: { port: 0 }
        log: { level: warning }

        """
    }
}
