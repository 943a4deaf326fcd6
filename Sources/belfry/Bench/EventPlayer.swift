import Kafka
import PushCore

/// Produces the events of a run, no further ahead of their receipts than a window.
final class EventPlayer {
    /// Events under way at most.
    ///
    /// The embedded broker keeps 5 MiB of each partition and drops the oldest silently.
    static let windowMax = 4000

    private let follower: ReceiptFollower
    private let wakeUp = KafkaWakeUp()
    private let producer: KafkaProducer
    private var deliveries: [Kafka.Delivery] = []
    /// What the registration of each user says.
    private let addresses: [String]
    private let window: Int

    private var users: Int { addresses.count }

    init(
        _ settings: KafkaSettings,
        follower: ReceiptFollower,
        addresses: [String],
        window: Int
    ) throws(KafkaError) {
        self.follower = follower
        self.addresses = addresses
        self.window = window
        producer = try KafkaProducer(settings: settings, clientID: "belfry-bench-producer", wakeUp: wakeUp)
    }

    /// Registers a device for every user, and waits until all are known.
    ///
    /// - Throws: where that takes longer than the time.
    func register(timeout: Duration) async throws {
        for (user, address) in addresses.enumerated() {
            try await produce(BenchScenario.registration(user: user, address: address, timeMs: BenchClock.wallMs))
        }
        try await wait(timeout, "registrations") { $0.users.count }
    }

    /// Plays events, and waits for all their receipts.
    ///
    /// - Parameters:
    ///   - range: Their numbers; all before must have their receipts.
    ///   - rate: Events per second; 0 for as fast as the window lets.
    ///   - timeout: For the receipts behind the last event.
    /// - Throws: where receipts stay out.
    func play(_ range: Range<Int>, rate: Int, timeout: Duration) async throws {
        let start = BenchClock.monotonic
        var index = range.lowerBound
        while index < range.upperBound {
            try Task.checkCancellation()
            let received = try receipts()
            var limit = min(range.upperBound, received + window)
            if rate > 0 {
                let elapsed = Double(BenchClock.monotonic - start) / 1e9
                limit = min(limit, range.lowerBound + 1 + Int(elapsed * Double(rate)))
            }
            while index < limit {
                let record = BenchScenario.record(event: index, user: index % users, timeMs: BenchClock.wallMs)
                try await produce(record)
                index += 1
            }
            try settle()
            try await Task.sleep(for: .milliseconds(1))
        }
        try await wait(timeout, "receipts") { [end = range.upperBound, users] in $0.receipts - end + users }
    }

    /// Waits until as many of something are there as there are users, as long as there is progress.
    private func wait(
        _ timeout: Duration,
        _ what: String,
        _ count: (borrowing ReceiptFollower.Seen) -> sending Int
    ) async throws {
        var last = -1
        var deadline = ContinuousClock.now + timeout
        while true {
            try settle()
            if let failure = follower.read({ $0.failure }) { throw ChildProcess.Failure(description: failure) }
            let current = follower.read(count)
            if current >= users { return }
            if current != last {
                last = current
                deadline = ContinuousClock.now + timeout
            }
            guard ContinuousClock.now < deadline else {
                throw ChildProcess.Failure(description: "\(users - current) \(what) are missing after \(timeout)")
            }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    private func receipts() throws -> Int {
        let (count, failure) = follower.read { ($0.receipts, $0.failure) }
        if let failure { throw ChildProcess.Failure(description: failure) }
        return count
    }

    private func produce(_ owned: OwnedRecord) async throws {
        var record = OutgoingRecord(topic: try producer.topic(owned.topic), key: owned.key, value: owned.value)
        for header in owned.headers { record.headers.append(name: header.name, value: header.value) }
        while true {
            switch producer.produce(record, token: 0) {
            case .enqueued: return
            case .failed(let error): throw error
            case .queueFull:
                try settle()
                try await Task.sleep(for: .milliseconds(1))
            }
        }
    }

    /// Takes the acknowledgements.
    private func settle() throws {
        deliveries.removeAll(keepingCapacity: true)
        _ = producer.pollDeliveries(into: &deliveries)
        for delivery in deliveries {
            if case .failed(let error) = delivery.outcome { throw error }
        }
    }
}
