package import PushCore
package import PushCrypto

/// The access token of one service account: shared by all apps and connections that it signs for.
///
/// A machine of values: it is given the time, and keeps no clock. Its owner asks ``renewal(nowMs:)`` for a request to
/// make, and tells it with ``renewalEnded(_:nowMs:)`` or ``renewalFailed(nowMs:)`` how that ended. One request is in flight
/// at most; it is made early, so that the former token serves until its successor is there.
///
/// Source: RFC 7523; google-auth, which renews 3 min 45 s before the end.
package struct FCMCredentials: Sendable {
    /// A token as requests carry it.
    package struct Authorization: Hashable, Sendable, CustomStringConvertible {
        /// The value of the header `authorization`: `Bearer `, then the token.
        ///
        /// A secret until it expires.
        package let header: [UInt8]
        /// Tells it from its successor: counts from 1.
        package let number: UInt64

        /// Without the token.
        package var description: String { "token \(number)" }
    }

    /// The token endpoint's refusal: nothing that waiting would change.
    package struct Refusal: Hashable, Sendable, CustomStringConvertible {
        /// The HTTP status.
        package let status: Int
        /// As RFC 6749 section 5.2 names it, such as `invalid_grant`; nil where the body has none that can be read.
        package let error: String?
        /// The endpoint's own words.
        package let detail: String?
        /// How far our clock is ahead of the endpoint's (behind: negative); nil within a minute.
        ///
        /// A wrong clock is the usual cause of `invalid_grant`.
        package let clockSkew: Duration?

        package var description: String {
            var text = error ?? "HTTP status \(status)"
            if let detail { text += ": \(detail)" }
            if let clockSkew {
                let seconds = clockSkew.wholeMilliseconds / 1_000
                text += " (our clock is \(abs(seconds)) s \(seconds > 0 ? "ahead" : "behind"))"
            }
            return text
        }

        /// What it means for the deliveries that wait for a token.
        package var verdict: Verdict { .configuration(.credentialRejected) }
    }

    /// What there is to send with at a time.
    package enum Standing: Hashable, Sendable {
        case usable(Authorization)
        /// No token: not before the renewal in flight ends, or the next one may start (milliseconds since the epoch).
        case waiting(untilMs: Int64?)
        /// No token, and none to be expected before a person has acted; asked for again at that time.
        case refused(Refusal, untilMs: Int64)
    }

    private struct Token: Sendable {
        let authorization: Authorization
        /// From here on it is renewed.
        var renewalAtMs: Int64
        let expiresAtMs: Int64
    }

    private static let scheme = Array("Bearer ".utf8)
    /// This long before a token's end it is renewed; a shorter-lived one after half of its life.
    private static let earlyMs: Int64 = 5 * 60 * 1_000
    /// A token is not used in its last seconds: it would expire on the way.
    private static let marginMs: Int64 = 10 * 1_000
    /// Between a failure and the next request: doubled with each failure, up to five minutes.
    private static let backoffMsMin: Int64 = 1_000
    private static let backoffMsMax: Int64 = 5 * 60 * 1_000
    /// Between refusals a person is needed, so that a minute is soon enough.
    private static let refusalMs: Int64 = 60 * 1_000
    /// A token that comes after a refused one and is refused too: no third within this time.
    private static let invalidationMs: Int64 = 60 * 1_000

    private var account: FCMServiceAccount
    private var endpoint: FCMEndpoint
    private var token: Token?
    private var tokenCount: UInt64 = 0
    private var inFlight: FCMTokenRequest?
    /// The request in flight is signed by a key that was replaced meanwhile.
    private var isInFlightFormer = false
    private var failures = 0
    private var refusal: Refusal?
    private var nextAtMs: Int64 = .min
    private var invalidatedAtMs: Int64?

    /// - Precondition: the configuration has no violations.
    package init(configuration: FCMConfiguration, account: FCMServiceAccount) {
        self.account = account
        endpoint = configuration.tokenEndpoint(of: account)
    }

    /// Signs with another account's key from now on.
    ///
    /// The token at hand serves until its successor is there, which is asked for at once: so the new key shows what it is worth
    /// while there is still something to send with.
    ///
    /// - Precondition: the configuration is that of the initialiser.
    package mutating func replace(_ account: FCMServiceAccount, configuration: FCMConfiguration) {
        self.account = account
        endpoint = configuration.tokenEndpoint(of: account)
        isInFlightFormer = inFlight != nil
        token?.renewalAtMs = .min
        failures = 0
        refusal = nil
        nextAtMs = .min
        invalidatedAtMs = nil
    }

    /// What there is to send with; asked before every message.
    package func authorization(nowMs: Int64) -> Standing {
        if let token, nowMs < token.expiresAtMs { return .usable(token.authorization) }
        if inFlight != nil { return .waiting(untilMs: nil) }
        if let refusal { return .refused(refusal, untilMs: max(nowMs, nextAtMs)) }
        return .waiting(untilMs: max(nowMs, nextAtMs))
    }

    /// The request to make now; nil where none is due, or one is in flight.
    ///
    /// - Throws: `CryptoError.openSSL` where the assertion cannot be signed; asked again after a wait.
    package mutating func renewal(nowMs: Int64) throws(CryptoError) -> FCMTokenRequest? {
        // Further away than the longest wait: the clock was set back.
        let isWaiting = nextAtMs > nowMs && nextAtMs - nowMs <= Self.backoffMsMax
        guard inFlight == nil, !isWaiting, token.map({ nowMs >= $0.renewalAtMs }) ?? true else { return nil }
        do throws(CryptoError) {
            let request = try FCMTokenRequest(account: account, endpoint: endpoint, nowMs: nowMs)
            inFlight = request
            return request
        } catch {
            postpone(after: nil, nowMs: nowMs)
            throw error
        }
    }

    /// Why the last request was refused, also while a token from before still serves; nil where it was not.
    package var lastRefusal: Refusal? { refusal }

    /// When ``renewal(nowMs:)`` is to be asked next; nil while a request is in flight.
    package var nextRenewalMs: Int64? {
        inFlight == nil ? max(nextAtMs, token?.renewalAtMs ?? .min) : nil
    }

    /// Takes the answer to the request in flight.
    package mutating func renewalEnded(_ response: FCMTokenResponse, nowMs: Int64) {
        guard let request = inFlight else { return }
        inFlight = nil
        let isFormer = isInFlightFormer
        isInFlightFormer = false
        switch response.meaning {
        case .granted(let text, let lifetime):
            tokenCount += 1
            let lifetimeMs = lifetime.wholeMilliseconds
            token = Token(
                authorization: Authorization(header: Self.scheme + text.utf8, number: tokenCount),
                // From the request on: on the way back the token has aged.
                renewalAtMs: isFormer ? .min : request.issuedAtMs + max(lifetimeMs - Self.earlyMs, lifetimeMs / 2),
                expiresAtMs: request.issuedAtMs + max(lifetimeMs - Self.marginMs, lifetimeMs / 2)
            )
            failures = 0
            refusal = nil
            nextAtMs = .min
        case .retry(let after):
            postpone(after: after, nowMs: nowMs)
        case .refused where isFormer:
            // It says nothing about the key that is used now, which is asked for next.
            break
        case .refused(let refusal):
            self.refusal = refusal
            failures += 1
            nextAtMs = nowMs + Self.refusalMs
        }
    }

    /// Takes note that the request in flight got no answer.
    package mutating func renewalFailed(nowMs: Int64) {
        guard inFlight != nil else { return }
        inFlight = nil
        isInFlightFormer = false
        postpone(after: nil, nowMs: nowMs)
    }

    /// Takes note that FCM answered `UNAUTHENTICATED` to a request with this authorization.
    ///
    /// Many requests are in flight with one token, so the answer may come many times, also after the renewal: only the
    /// current token can be refused, and that makes one renewal. Where its successor is refused within a minute too, a third
    /// would be as well: it stays.
    package mutating func invalidate(_ authorization: Authorization, nowMs: Int64) {
        guard let token, token.authorization.number == authorization.number else { return }
        if let invalidatedAtMs, abs(nowMs - invalidatedAtMs) < Self.invalidationMs { return }
        invalidatedAtMs = nowMs
        self.token = nil
    }

    private mutating func postpone(after: Duration?, nowMs: Int64) {
        let backoffMs = min(Self.backoffMsMax, Self.backoffMsMin << Int64(min(failures, 16)))
        failures += 1
        nextAtMs = nowMs + max(backoffMs, min(after?.wholeMilliseconds ?? 0, Self.backoffMsMax))
    }
}
