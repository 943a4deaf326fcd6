internal import PushCore
package import PushCrypto

/// The provider token of one key: one JSON Web Token, shared by all connections of its team and key.
///
/// Apple allows a new token once in 20 minutes on one connection and refuses one that is older than an hour, so the token
/// is renewed at an age in between (50 minutes unless configured). A token that APNs calls expired is renewed at once,
/// and the connections that have seen it are to be closed: a new connection takes a new token. That happens once in 20
/// minutes: where the new token is called expired too, the cause is a clock, and more tokens would not help. A machine of
/// values: it is given the time, and keeps no clock.
///
/// Source: Apple, "Establishing a token-based connection to APNs".
package struct APNsCredentials: Sendable {
    /// A token as requests carry it.
    package struct Authorization: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
        /// The value of the header `authorization`: `bearer `, then the token.
        ///
        /// A secret for an hour.
        package let header: [UInt8]
        /// When it was issued, in milliseconds since the Unix epoch: tells it from its successor.
        package let issuedAtMs: Int64

        /// Without the token.
        package var description: String { "the provider token issued at \(issuedAtMs)" }
        package var debugDescription: String { description }

        /// The token alone.
        package var token: String {
            String(decoding: header.dropFirst(APNsCredentials.scheme.count), as: UTF8.self)
        }
    }

    private static let scheme = Array("bearer ".utf8)
    /// Between two renewals of one kind, whatever APNs says about the token: 20 minutes.
    private static let renewalIntervalMsMin: UInt64 = 20 * 60 * 1_000

    private let teamID: String
    private let keyID: String
    private var key: ES256Key
    private let renewalAgeMs: UInt64
    private var current: Authorization?
    private var isRefused = false
    /// When a token was last renewed before its time.
    private var forcedAtMs: Int64?

    /// - Precondition: the configuration authenticates with tokens, and the renewal age is within its range.
    package init(configuration: APNsConfiguration, key: ES256Key) {
        guard case .token(let teamID, let keyID) = configuration.authentication else {
            preconditionFailure("provider tokens are made for an app that authenticates with its certificate")
        }
        precondition(
            APNsConfiguration.Token.renewalRange.contains(configuration.token.renewal),
            "an APNs configuration is used that was not validated"
        )
        self.teamID = teamID
        self.keyID = keyID
        self.key = key
        renewalAgeMs = UInt64(configuration.token.renewal / .milliseconds(1))
    }

    /// What to send at this time: the current token, or a new one where that is too old or was refused.
    ///
    /// An age is a distance, so that a clock that was wrong and is set back does not keep a token from the future
    /// alive.
    ///
    /// - Throws: `CryptoError.openSSL` where a new token cannot be signed; the former one is then kept.
    package mutating func authorization(nowMs: Int64) throws(CryptoError) -> Authorization {
        let isForced: Bool
        if let current {
            let age = Self.distance(current.issuedAtMs, nowMs)
            isForced = isRefused && age < Self.renewalIntervalMsMin
            if isForced ? !mayForce(nowMs) : !isRefused && age < renewalAgeMs { return current }
        } else {
            isForced = false
        }
        let renewed = try issue(atMs: nowMs)
        current = renewed
        isRefused = false
        if isForced { forcedAtMs = nowMs }
        return renewed
    }

    /// Signs with another key from now on.
    ///
    /// - Returns: whether it is another one: connections that have seen a token of the former are then to be closed, since a
    ///   connection takes one new token in 20 minutes.
    package mutating func replace(_ key: ES256Key) -> Bool {
        if key.publicKey.octets == self.key.publicKey.octets { return false }
        self.key = key
        current = nil
        isRefused = false
        forcedAtMs = nil
        return true
    }

    /// The current token at this time, without the scheme.
    ///
    /// - Throws: as ``authorization(nowMs:)``.
    package mutating func token(nowMs: Int64) throws(CryptoError) -> String {
        try authorization(nowMs: nowMs).token
    }

    /// What follows from an answer `ExpiredProviderToken`.
    package enum Renewal: Hashable, Sendable {
        /// Another token was made since that request: nothing to do.
        case done
        /// ``authorization(nowMs:)`` gives another token: close the connections that have seen the refused one.
        case now
        /// A token that was just renewed is refused too: this machine's clock, or APNs', is wrong.
        ///
        /// No other token before this time, in milliseconds since the Unix epoch.
        case notBefore(Int64)
    }

    /// Takes note that APNs answered `ExpiredProviderToken` to a request with this authorization.
    ///
    /// Many requests are in flight with one token, so the answer may come many times, also after the renewal: only the
    /// current token can be refused.
    package mutating func invalidate(_ authorization: Authorization, nowMs: Int64) -> Renewal {
        guard let current, current == authorization else { return .done }
        isRefused = true
        if Self.distance(current.issuedAtMs, nowMs) >= Self.renewalIntervalMsMin || mayForce(nowMs) { return .now }
        // The forced renewal is not after the current token's making.
        return .notBefore((forcedAtMs ?? current.issuedAtMs) + Int64(Self.renewalIntervalMsMin))
    }

    private func mayForce(_ nowMs: Int64) -> Bool {
        forcedAtMs.map { Self.distance($0, nowMs) >= Self.renewalIntervalMsMin } ?? true
    }

    private func issue(atMs nowMs: Int64) throws(CryptoError) -> Authorization {
        var header = JSONWriter(capacity: 48)
        header.beginObject()
        header.member("alg", "ES256")
        header.member("kid", keyID)
        header.endObject()
        var claims = JSONWriter(capacity: 48)
        claims.beginObject()
        claims.member("iss", teamID)
        claims.member("iat", nowMs / 1_000)
        claims.endObject()
        let token = try JSONWebToken.es256(header: header.bytes, claims: claims.bytes, key: key)
        return Authorization(header: Self.scheme + token.utf8, issuedAtMs: nowMs)
    }

    private static func distance(_ one: Int64, _ other: Int64) -> UInt64 {
        one > other ? UInt64(bitPattern: one &- other) : UInt64(bitPattern: other &- one)
    }
}
