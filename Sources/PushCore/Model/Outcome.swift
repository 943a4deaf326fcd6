/// How a notification, or a delivery of it, ended.
///
/// The raw value is what receipts say.
package enum Outcome: String, CaseIterable, Sendable {
    /// The provider took it.
    ///
    /// It is not known to have been shown.
    case accepted
    /// It can never be taken: the provider's permanent answer, or our own before sending.
    case rejected
    /// Retries were exhausted.
    case failed
    /// Its time ran out before any acceptance.
    case expired
    /// Decided not to send it: preferences, limits, a duplicate, no device.
    case suppressed
    /// A newer one with the same collapse key went first.
    case superseded
    /// Not now: an interim receipt, which a final one follows.
    case deferred
    /// About a person and no notification: all that was held is gone.
    case erased
    /// About a device and no notification: it is not sent to any more.
    case removed

    /// Whether nothing follows.
    package var isFinal: Bool { self != .deferred }
}
