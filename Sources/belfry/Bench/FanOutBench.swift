import Foundation
import PushCore
import PushPipeline
import SwiftProtobuf

/// One event for all subscribers of a partition while other users' notifications come at a steady rate: how long these wait for
/// it, in one users core with its inbox in memory.
///
/// The loop is the users stage's: batches in the order of the inbox, steps while there is room. What Kafka adds, a round trip for
/// each step, is left out; it gives others' commands more room, not less.
struct FanOutBench {
    let subscribers: Int
    let othersPerSecond: Int
    let inFlightMax: Int
    let step: Int

    private static let topic = "everybody"
    private static let others = 1_000
    private static let batchMax = 256
    private static let baselineSeconds = 3
    private static let commitEvery = 1_024

    /// A record of the inbox, and when it came; 0 for one of the core's own.
    private struct Waiting {
        let record: OwnedRecord
        let cameAt: Int64
    }

    /// The users stage's loop over one partition.
    private struct Loop {
        var core: UsersCore
        let inFlightMax: Int
        let step: Int
        /// Others' commands, made beforehand; each in turn.
        let others: [OwnedRecord]
        let interval: Int64
        private var inbox: [Waiting] = []
        private var head = 0
        private var offset: Int64 = 0
        private var nextOtherAt: Int64 = 0
        private var otherCount = 0
        private(set) var latency = Histogram()
        private(set) var told = 0
        private(set) var steps = 0
        private(set) var inboxMost = 0

        init(_ bench: FanOutBench, _ core: UsersCore, others: [OwnedRecord]) {
            self.core = core
            self.others = others
            inFlightMax = bench.inFlightMax
            step = bench.step
            interval = 1_000_000_000 / Int64(bench.othersPerSecond)
        }

        var isIdle: Bool { head == inbox.count && core.fanOutCount == 0 && core.fanOutLoad == 0 }

        mutating func append(_ record: OwnedRecord, cameAt: Int64 = 0) {
            inbox.append(Waiting(record: record, cameAt: cameAt))
            inboxMost = max(inboxMost, inbox.count - head)
        }

        /// Forgets what was measured.
        mutating func begin() {
            latency = Histogram()
            inboxMost = 0
            nextOtherAt = BenchClock.monotonic
        }

        mutating func turn() {
            // Each counts from when it was to come, also when the loop was late to see it.
            while nextOtherAt <= BenchClock.monotonic {
                append(others[otherCount % others.count], cameAt: nextOtherAt)
                otherCount += 1
                nextOtherAt += interval
            }
            let nowMs = BenchClock.wallMs
            var count = 0
            while head < inbox.count, count < FanOutBench.batchMax {
                handle(inbox[head], nowMs)
                head += 1
                count += 1
            }
            if head > 4_096 {
                inbox.removeFirst(head)
                head = 0
            }
            let load = core.fanOutLoad
            if load == 0 || load + step <= inFlightMax, let next = core.continueFanOut(nowMs: nowMs) {
                append(OwnedRecord(topic: "push.inbox", key: next.key, value: next.value))
                steps += 1
            }
            if count == 0 { usleep(20) }
        }

        private mutating func handle(_ waiting: Waiting, _ nowMs: Int64) {
            var record = waiting.record
            record.offset = offset
            offset += 1
            let decided = record.withInputRecord { core.handle($0, nowMs: nowMs) }
            told += decided.notifications
            for output in decided.effects.outputs where output.topic == .inbox {
                append(OwnedRecord(topic: "push.inbox", key: output.key, value: output.value))
            }
            if waiting.cameAt > 0 { latency.record(Double(BenchClock.monotonic - waiting.cameAt) / 1e6) }
            if offset % Int64(FanOutBench.commitEvery) == 0 { core.committed(upTo: offset) }
        }
    }

    /// - Throws: never, unless the rules core wrote what is no command.
    func run() throws -> BenchReport {
        let startMs = BenchClock.wallMs
        let rssBefore = ProcessUsage.ownRSSOctets
        var core = UsersCore(partition: 0, configuration: configuration, digests: .openSSL)
        let restoring = BenchClock.measure { restore(&core, startMs) }
        let rssAfter = ProcessUsage.ownRSSOctets
        let records = try notifications(startMs)
        var loop = Loop(self, core, others: records.map(\.record))
        loop.begin()
        let baselineEnd = BenchClock.monotonic + Int64(Self.baselineSeconds) * 1_000_000_000
        while BenchClock.monotonic < baselineEnd { loop.turn() }
        let baseline = loop.latency
        loop.begin()
        let (cpu, wall) = (BenchClock.threadCPU, BenchClock.monotonic)
        loop.append(try fanOut(records))
        repeat { loop.turn() } while !loop.isIdle
        let seconds = Double(BenchClock.monotonic - wall) / 1e9
        let cpuSeconds = Double(BenchClock.threadCPU - cpu) / 1e9
        precondition(loop.told == subscribers, "every subscriber is told, once")
        var report = BenchReport("a fan-out, one users core")
        report.add("subscribers", "subscribers", subscribers)
        let restoreSeconds = Double(restoring.wallNanoseconds) / 1e9
        report.add("restore_seconds", "their records restored in", restoreSeconds, "s", decimals: 2)
        report.add("rss_bytes_per_subscriber", "memory for each", (rssAfter - rssBefore) / subscribers, "bytes")
        report.add("seconds", "all told in", seconds, "s", decimals: 2)
        report.add("cpu_seconds", "CPU", cpuSeconds, "s", decimals: 2)
        report.add("told_per_second", "told", Double(subscribers) / seconds, "/s")
        report.add("steps", "steps", loop.steps)
        report.add("inbox_most", "commands waiting, at most", loop.inboxMost)
        report.add("others_per_second", "other users' notifications", othersPerSecond, "/s")
        for (key, label, histogram) in [("before", "before", baseline), ("during", "during", loop.latency)] {
            report.add("others_p50_ms_\(key)", "their wait \(label), p50", histogram.quantile(0.5), "ms", decimals: 3)
            report.add("others_p99_ms_\(key)", "their wait \(label), p99", histogram.quantile(0.99), "ms", decimals: 3)
            report.add("others_max_ms_\(key)", "their wait \(label), most", histogram.maxMs, "ms", decimals: 3)
        }
        return report
    }

    private var configuration: UsersConfiguration {
        let day: Int64 = 24 * 60 * 60 * 1000
        let limits = Limits(["all": [LimitWindow(max: 1_000_000, periodMs: day)]])
        var configuration = UsersConfiguration(
            apps: [.init(provider: .apns, app: BenchScenario.app)],
            limits: limits
        )
        configuration.fanOutStep = step
        return configuration
    }

    /// Subscribers and others, each with a device, as the users topic has them.
    private func restore(_ core: inout UsersCore, _ nowMs: Int64) {
        for user in 0..<subscribers + Self.others {
            var device = Device()
            device.id = "phone"
            device.number = 1
            device.provider = Provider.apns.rawValue
            device.app = BenchScenario.app
            device.token = BenchScenario.token(user)
            device.locale = "en"
            device.registeredAtMs = nowMs
            var record = UserRecord()
            record.devices = [device]
            record.lastDeviceNumber = 1
            if user < subscribers {
                var subscription = TopicSubscription()
                subscription.topic = Self.topic
                subscription.subscribed = true
                subscription.atMs = nowMs
                record.topics = [subscription]
            }
            core.restore(key: "u:\(BenchScenario.user(user))", value: record.encoded())
        }
    }

    /// Notify commands for the others, as the rules core makes them.
    private func notifications(_ nowMs: Int64) throws -> [(record: OwnedRecord, notify: Notify)] {
        let rules = RulesBench.core(rules: 1, matches: 1)
        return try (0..<20 * Self.others).map { index in
            let user = subscribers + index % Self.others
            let event = BenchScenario.record(event: index, user: user, timeMs: nowMs)
            let outputs = event.withInputRecord { rules.handle(event: $0).effects.outputs }
            precondition(outputs.count == 1, "every event of the scenario gives one command")
            let record = OwnedRecord(topic: "push.inbox", key: outputs[0].key, value: outputs[0].value)
            return (record, try Command(serializedBytes: outputs[0].value ?? []).notify)
        }
    }

    /// The same notification for all subscribers.
    private func fanOut(_ records: [(record: OwnedRecord, notify: Notify)]) throws -> OwnedRecord {
        guard var notification = records.first?.notify.notification else {
            preconditionFailure("there are other users")
        }
        notification.idHigh = 0
        notification.idLow = 0
        notification.event.id = "for-all"
        var command = Command()
        command.fanOut.notification = Data(notification.encoded())
        command.fanOut.origin = 1
        command.fanOut.topics = [Self.topic]
        return OwnedRecord(topic: "push.inbox", key: Array("f:for-all".utf8), value: command.encoded())
    }
}
