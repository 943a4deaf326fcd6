/// What a provider's answer means, the same for all three: a closed set that dispatch acts on.
///
/// Made by one `classify` function per provider, with one ``Reason`` per case. The answer as the provider worded it
/// goes beside it into the receipt.
package enum Verdict: Hashable, Sendable {
    /// The provider took responsibility; nothing more will normally be heard. The id is the provider's, where it names
    /// one.
    case accepted(providerMessageID: String?)
    /// The address will not work again: stop using it, and say so.
    ///
    /// `invalidSinceMs` is when the provider found out (milliseconds since the Unix epoch), nil where it names no time.
    case addressDead(Reason, invalidSinceMs: Int64?)
    /// The provider found the address dead before it was registered again: this delivery is rejected, the address
    /// stays.
    case addressKept(Reason, invalidSinceMs: Int64)
    /// The same request may be sent again later; not before `after`, where the provider names a delay.
    case retry(Reason, after: Duration?)
    /// Get a fresh credential and send again, once.
    case reauthenticate(Reason)
    /// Open another connection and send again.
    case reconnect(Reason)
    /// Credentials, key, topic, project or environment are wrong: stop the app's stream and call a person. The
    /// delivery is not at fault.
    case configuration(Reason)
    /// Our request is wrong, and would be wrong again: never retried unchanged. The address is not at fault.
    case badRequest(Reason)

    /// Why; nil where the provider accepted.
    package var reason: Reason? {
        switch self {
        case .accepted:
            nil
        case .addressDead(let reason, _), .addressKept(let reason, _), .retry(let reason, _),
            .reauthenticate(let reason),
            .reconnect(let reason), .configuration(let reason), .badRequest(let reason):
            reason
        }
    }

    /// What an answer means where it is about a target: there is no address behind it that could be dead.
    package var aboutTarget: Verdict {
        switch self {
        case .addressDead, .addressKept: .badRequest(.badTarget)
        case .accepted, .retry, .reauthenticate, .reconnect, .configuration, .badRequest: self
        }
    }
}
