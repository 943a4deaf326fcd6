internal import PushCore
package import PushCrypto

/// The provider token of one key: one JSON Web Token, shared by all connections of its team and key.
///
/// Apple allows a new token once in 20 minutes and refuses one that is older than an hour, so the token is renewed at
/// an age in between (50 minutes unless configured). A machine of values: it is given the time, and keeps no clock.
///
/// Source: Apple, "Establishing a token-based connection to APNs".
package struct APNsCredentials: Sendable {
    /// A token as requests carry it.
    package struct Authorization: Hashable, Sendable {
        /// The value of the header `authorization`: `bearer `, then the token.
        ///
        /// A secret for an hour.
        package let header: [UInt8]
        /// When it was issued, in milliseconds since the Unix epoch: tells it from its successor.
        package let issuedAtMs: Int64

        /// The token alone.
        package var token: String {
            String(decoding: header.dropFirst(APNsCredentials.scheme.count), as: UTF8.self)
        }
    }

    private static let scheme = Array("bearer ".utf8)
    /// No second token within this time, whatever APNs says about the first: 20 minutes.
    private static let renewalIntervalMsMin: UInt64 = 20 * 60 * 1_000

    private let teamID: String
    private let keyID: String
    private let key: ES256Key
    private let renewalAgeMs: UInt64
    private var current: Authorization?
    private var isRefused = false

    /// - Precondition: the renewal age is within its range.
    package init(configuration: APNsConfiguration, key: ES256Key) {
        precondition(
            APNsConfiguration.Token.renewalRange.contains(configuration.token.renewal),
            "an APNs configuration is used that was not validated"
        )
        teamID = configuration.teamID
        keyID = configuration.keyID
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
        if let current {
            let age = Self.distance(current.issuedAtMs, nowMs)
            if age < (isRefused ? Self.renewalIntervalMsMin : renewalAgeMs) { return current }
        }
        let renewed = try issue(atMs: nowMs)
        current = renewed
        isRefused = false
        return renewed
    }

    /// The current token at this time, without the scheme.
    ///
    /// - Throws: as ``authorization(nowMs:)``.
    package mutating func token(nowMs: Int64) throws(CryptoError) -> String {
        try authorization(nowMs: nowMs).token
    }

    /// Takes note that APNs answered `ExpiredProviderToken` to a request with this authorization.
    ///
    /// Many requests are in flight with one token, so the answer may come many times, also after the renewal: only the
    /// current token can be refused.
    ///
    /// - Returns: the time from which ``authorization(nowMs:)`` gives another token: now, or 20 minutes after the last
    /// renewal.
    package mutating func invalidate(_ authorization: Authorization, nowMs: Int64) -> Int64 {
        guard let current, current.issuedAtMs == authorization.issuedAtMs else { return nowMs }
        isRefused = true
        let age = Self.distance(current.issuedAtMs, nowMs)
        guard age < Self.renewalIntervalMsMin else { return nowMs }
        return current.issuedAtMs + Int64(Self.renewalIntervalMsMin)
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
        claims.member("iat", integer: nowMs / 1_000)
        claims.endObject()
        let token = try JSONWebToken.es256(header: header.bytes, claims: claims.bytes, key: key)
        return Authorization(header: Self.scheme + token.utf8, issuedAtMs: nowMs)
    }

    private static func distance(_ one: Int64, _ other: Int64) -> UInt64 {
        one > other ? UInt64(bitPattern: one &- other) : UInt64(bitPattern: other &- one)
    }
}
