import HTTP2
import Logging
package import PushCore

/// What the dispatch stage of APNs sends with, by itself: request, connections and verdict, without Kafka, retries and receipts.
///
/// For measurements. Belongs to one thread.
package final class APNsSending {
    /// How the attempts of a run ended.
    package struct Ends: Sendable {
        package fileprivate(set) var accepted = 0
        package fileprivate(set) var others = 0
        /// One of the other ends, for a person; nil where there is none.
        package fileprivate(set) var firstOther: String?

        fileprivate mutating func count(_ end: AttemptEnd) {
            if case .answered(.accepted, _) = end {
                accepted += 1
            } else {
                others += 1
                firstOther = firstOther ?? "\(end)"
            }
        }

        fileprivate var count: Int { accepted + others }
    }

    private let loop: EventLoop
    private let sender: HTTPSender<APNsDialect>
    /// Attempts begun so far; an attempt's ticket is its number.
    private var begun: UInt64 = 0

    /// Connects with the first attempt.
    ///
    /// - Throws: where there is no epoll.
    package init(app: APNsApp, transport: TransportConfiguration) throws {
        loop = try EventLoop()
        let logger = Logger(label: "belfry.sending") { _ in SwiftLogNoOpLogHandler() }
        sender = HTTPSender(
            APNsDialect(apps: [app], logger: logger),
            transport: transport,
            loop: loop,
            metrics: Metrics(),
            logger: logger,
            standing: ProviderStanding(),
            handover: CredentialHandover()
        )
    }

    /// Sends so many deliveries, as many at a time as the sender takes, and waits for the end of each.
    ///
    /// - Parameters:
    ///   - count: How many attempts.
    ///   - deliveries: Sent again and again; at least one.
    ///   - wallMs: Milliseconds since the Unix epoch, asked for once a turn.
    /// - Returns: how they ended. At the latest after the request timeout each has.
    package func play(_ count: Int, of deliveries: [OutboxDelivery], wallMs: () -> Int64) -> Ends {
        var ends = Ends()
        var taken: [(ticket: DispatchCore.Ticket, end: AttemptEnd)] = []
        var left = count
        while ends.count < count {
            let nowMs = wallMs()
            while left > 0, sender.capacity > 0 {
                let ticket = DispatchCore.Ticket(rawValue: begun)
                let delivery = deliveries[Int(begun % UInt64(deliveries.count))]
                begun += 1
                left -= 1
                if let end = sender.begin(ticket, delivery, nowMs: nowMs) { ends.count(end) }
            }
            if ends.count == count { break }
            loop.turn(timeout: .seconds(1))
            sender.takeEnds(nowMs: wallMs(), into: &taken)
            for (_, end) in taken { ends.count(end) }
            taken.removeAll(keepingCapacity: true)
        }
        return ends
    }

    /// Closes the connection.
    package func close() { sender.close() }
}
