import PushCore

/// The side of the dispatch stage that speaks to a provider: deliveries in, ends of attempts out.
///
/// Belongs to the dispatch stage's thread. Every attempt that was begun ends exactly once.
protocol ProviderSender: AnyObject {
    /// Attempts that can be begun now.
    var capacity: Int { get }

    /// Begins an attempt.
    ///
    /// Returns: The end, where it is known at once.
    func begin(_ ticket: DispatchCore.Ticket, _ delivery: OutboxDelivery, nowMs: Int64) -> AttemptEnd?

    /// Appends the attempts that ended since the last call.
    func takeEnds(nowMs: Int64, into ends: inout [(ticket: DispatchCore.Ticket, end: AttemptEnd)])

    /// Apps that were given another credential since the last call: what waits for them may be tried.
    func takeMended() -> [String]

    /// Ends an attempt that nobody waits for any more; its end is not reported.
    func cancel(_ ticket: DispatchCore.Ticket)

    /// Closes all connections.
    func close()

    /// Hands over what was counted.
    func publish()
}
