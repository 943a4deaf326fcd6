import Foundation
import Kafka
import PushCore
import Synchronization

/// Reads what the pipeline writes, on a thread of its own: users that became known, and receipts with their times.
final class ReceiptFollower: Sendable {
    /// What was seen so far.
    struct Seen {
        /// Users whose device is known.
        var users: Set<String> = []
        /// By the number of the event; nil where there is no receipt yet.
        var latencies: [Latency?]
        var receipts = 0
        /// Receipts with another outcome than accepted.
        var others = 0
        /// Receipts of events that had one before.
        var repeated = 0
        var failure: String?
        var isReady = false
    }

    /// From the event's time, in milliseconds.
    struct Latency {
        /// To the last attempt at the provider; nil where there was none.
        let toProvider: Int64?
        /// To the arrival of the receipt here.
        let toReceipt: Int64
    }

    private struct Flags {
        var isStopping = false
        var hasEnded = false
    }

    private let seen: Mutex<Seen>
    private let flags = Mutex(Flags())
    private let wakeUp = KafkaWakeUp()

    /// - Parameter events: How many events there will be.
    init(events: Int) {
        seen = Mutex(Seen(latencies: Array(repeating: nil, count: events)))
    }

    func read<Answer>(_ body: (borrowing Seen) -> sending Answer) -> sending Answer {
        seen.withLock { body($0) }
    }

    func start(_ settings: KafkaSettings) {
        let thread = Thread { [self] in
            do {
                try follow(settings)
            } catch {
                seen.withLock { $0.failure = "reading the receipts: \(error)" }
            }
            flags.withLock { $0.hasEnded = true }
        }
        thread.name = "bench-receipts"
        thread.start()
    }

    /// Ends the thread and waits for it, but not for ever: what it has seen stands, and the process ends soon.
    func stop() async {
        flags.withLock { $0.isStopping = true }
        wakeUp.signal()
        let deadline = ContinuousClock.now + .seconds(10)
        while !flags.withLock({ $0.hasEnded }), ContinuousClock.now < deadline {
            // Also after a cancellation the thread is waited for.
            if (try? await Task.sleep(for: .milliseconds(5))) == nil { await Task.yield() }
        }
    }

    // MARK: The thread

    private static let receipts = "push.receipts"
    private static let users = "push.users"
    private static let batchMax = 512

    /// A queue cannot be in an array by itself.
    private final class Lane {
        let topic: String
        var queue: PartitionQueue

        init(_ topic: String, _ queue: consuming PartitionQueue) {
            self.topic = topic
            self.queue = queue
        }
    }

    private func follow(_ settings: KafkaSettings) throws(KafkaError) {
        let membership = GroupMembership(groupID: "belfry-bench", clientID: "belfry-bench")
        let consumer = try KafkaConsumer(settings: settings, membership: membership, wakeUp: wakeUp)
        try consumer.subscribe([Self.receipts, Self.users])
        let document = JSONDocument()
        var lanes: [Lane] = []
        while !flags.withLock({ $0.isStopping }) {
            wakeUp.clear()
            for event in consumer.poll() {
                switch event {
                case .assigned(let partitions):
                    try consumer.startPartitions(partitions.map { PartitionStart($0, from: .beginning) })
                    lanes = try partitions.map { partition throws(KafkaError) in
                        Lane(partition.topic, try consumer.queue(for: partition, batchMax: Self.batchMax))
                    }
                    seen.withLock { $0.isReady = !partitions.isEmpty }
                case .revoked:
                    lanes = []
                    try consumer.finishRevocation()
                case .fatal(let error): throw error
                case .commitFinished, .error, .statistics, .log: break
                }
            }
            var count = 0
            for lane in lanes { count += take(lane, document) }
            if count == 0 { _ = wakeUp.wait(timeout: .milliseconds(100)) }
        }
        lanes = []
        _ = consumer.close(timeout: .seconds(5))
    }

    private func take(_ lane: Lane, _ document: JSONDocument) -> Int {
        lane.queue.consumeBatch(upTo: Self.batchMax) { batch in
            if batch.isEmpty { return 0 }
            let nowMs = BenchClock.wallMs
            seen.withLock { seen in
                batch.forEach { message in
                    guard message.isRecord else { return }
                    if lane.topic == Self.users {
                        Self.note(user: message, &seen)
                    } else {
                        Self.note(receipt: message, document, nowMs, &seen)
                    }
                }
            }
            return batch.count
        }
    }

    private static func note(user message: borrowing MessageView, _ seen: inout Seen) {
        // SAFETY: the key is copied within the call.
        guard let key = unsafe message.key, unsafe message.value != nil else { return }
        let name = unsafe String(decoding: key, as: UTF8.self)
        if name.hasPrefix("u:") { seen.users.insert(name) }
    }

    private static func note(
        receipt message: borrowing MessageView,
        _ document: JSONDocument,
        _ nowMs: Int64,
        _ seen: inout Seen
    ) {
        // SAFETY: the document copies the value.
        guard let value = unsafe message.value, unsafe document.load(value) == nil,
            let event = document.root.member("event_id")?.stringValue.flatMap(BenchScenario.index(ofEvent:)),
            let eventMs = document.root.member("event_time")?.stringValue.flatMap({ RFC3339.parse($0) }),
            seen.latencies.indices.contains(event)
        else { return }
        if seen.latencies[event] != nil {
            seen.repeated += 1
            return
        }
        seen.receipts += 1
        if document.root.member("outcome")?.isString("accepted") != true { seen.others += 1 }
        let sentMs = document.root.member("sent_at")?.stringValue.flatMap { RFC3339.parse($0) }
        seen.latencies[event] = Latency(toProvider: sentMs.map { $0 - eventMs }, toReceipt: nowMs - eventMs)
    }
}
