import Foundation
import Kafka
import Synchronization

/// Plays the shop's records to Kafka, at a pace, and waits until Kafka has them all.
///
/// `register` and `play` block: they are called on threads of their own.
final class ShopTill: Sendable {
    struct Refused: Error, CustomStringConvertible {
        let description: String
    }

    /// An opt-out comes after so many events.
    private static let optOutEvery = 400

    private struct State {
        var playedCount = 0
        var hasFailed = false
        var isCancelled = false
    }

    private let settings: KafkaSettings
    private let interruption: Interruption
    private let isAhead: @Sendable () -> Bool
    private let state = Mutex(State())

    /// - Parameters:
    ///   - settings: the cluster.
    ///   - interruption: ends a play.
    ///   - isAhead: true while the stages have enough to do; the shop then waits, so that a slow machine is not flooded.
    init(settings: KafkaSettings, interruption: Interruption, isAhead: @escaping @Sendable () -> Bool) {
        self.settings = settings
        self.interruption = interruption
        self.isAhead = isAhead
    }

    /// Events given to Kafka so far.
    var playedCount: Int { state.withLock { $0.playedCount } }

    /// `play` threw: there is nothing more to wait for.
    var hasFailed: Bool { state.withLock { $0.hasFailed } }

    /// Lets `play` end soon, with a `CancellationError`.
    func cancel() { state.withLock { $0.isCancelled = true } }

    /// Registers all phones, as fast as Kafka takes them.
    func register(_ records: [ShopRecord]) throws {
        let counter = try Counter(settings: settings, interruption: interruption)
        for record in records { try counter.put(record) }
        try counter.close()
    }

    /// Plays events at an even pace, or slower where the stages cannot keep up.
    ///
    /// - Returns: the shop, with what it played.
    func play(_ shop: Shop, count: Int, rate: Int, nowMs: @Sendable () -> Int64) throws -> Shop {
        do {
            return try playAll(shop, count: count, rate: rate, nowMs: nowMs)
        } catch {
            state.withLock { $0.hasFailed = true }
            throw error
        }
    }

    private func playAll(_ shop: Shop, count: Int, rate: Int, nowMs: () -> Int64) throws -> Shop {
        var shop = shop
        let counter = try Counter(settings: settings, interruption: interruption)
        var last = ContinuousClock.now
        var owed = 1.0
        while shop.played.count < count {
            try interruption.check()
            if state.withLock({ $0.isCancelled }) { throw CancellationError() }
            let now = ContinuousClock.now
            // Time that was waited is not made up for.
            if !isAhead() { owed += min(0.1, last.duration(to: now) / .seconds(1)) * Double(rate) }
            last = now
            let due = min(count, shop.played.count + Int(owed))
            owed -= owed.rounded(.down)
            while shop.played.count < due {
                try counter.put(shop.next(nowMs: nowMs()))
                if shop.played.count.isMultiple(of: Self.optOutEvery) {
                    try counter.put(shop.optOut(number: shop.played.count, nowMs: nowMs()))
                }
            }
            state.withLock { $0.playedCount = shop.played.count }
            try counter.rest(.milliseconds(5))
        }
        try counter.close()
        return shop
    }

    /// A producer that gives up when the demo is interrupted.
    private struct Counter {
        private let producer: PatientProducer
        private let interruption: Interruption

        init(settings: KafkaSettings, interruption: Interruption) throws(KafkaError) {
            producer = try PatientProducer(settings: settings, clientID: "demo-shop")
            self.interruption = interruption
        }

        func put(_ record: ShopRecord) throws {
            var outgoing = OutgoingRecord(
                topic: try producer.topic(record.topic),
                key: Array(record.key.utf8),
                value: Array(record.value.utf8)
            )
            for header in record.headers { outgoing.headers.append(header.name, header.value) }
            try producer.put(outgoing, whileFull: interruption.check)
        }

        func rest(_ time: Duration) throws { try producer.rest(time) }

        func close() throws {
            let missing = try producer.flush(timeout: .seconds(15))
            if missing > 0 { throw Refused(description: "Kafka did not acknowledge \(missing) records of the shop") }
        }
    }
}
