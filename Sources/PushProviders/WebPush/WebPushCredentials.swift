private import PushCore
package import PushCrypto

/// The VAPID tokens of one key: one JSON Web Token for each push service.
///
/// A token is for one origin (RFC 8292 section 2), so there are as many as push services in use: few, but their names come
/// from clients, so that their number is bounded and the one that was used longest ago goes first. A machine of values: it is
/// given the time, and keeps no clock.
package struct WebPushCredentials: Sendable {
    /// A token as requests carry it.
    package struct Authorization: Hashable, Sendable, CustomStringConvertible {
        /// The value of the header `authorization`: `vapid t=`, the token, `, k=` and the public key (RFC 8292 section 3).
        ///
        /// A secret until it expires.
        package let header: [UInt8]
        /// Whom it is for.
        package let origin: String
        /// When it was issued, in milliseconds since the Unix epoch: tells it from its successor.
        package let issuedAtMs: Int64

        /// Without the token.
        package var description: String { "token for \(origin) from \(issuedAtMs)" }
    }

    private struct Entry: Sendable {
        let authorization: Authorization
        /// Of all uses, the number of the last.
        var usedAt: UInt64
    }

    private let subject: String
    private let key: ES256Key
    private let publicKey: String
    /// RFC 8292 section 2: 24 hours at most, by the push service's clock; ours may be ahead of it.
    private static let lifetimeSecondsMax: Int64 = 24 * 60 * 60 - 5 * 60

    private let lifetimeSeconds: Int64
    private let renewalAgeMs: UInt64
    private let originsMax: Int
    private var entries: [String: Entry] = [:]
    private var uses: UInt64 = 0

    /// - Parameters:
    ///   - configuration: without violations.
    ///   - key: the one whose public part the site's pages subscribe with.
    ///   - originsMax: tokens that are kept, from 1.
    /// - Precondition: the token's life is within its range.
    package init(configuration: WebPushConfiguration, key: ES256Key, originsMax: Int = 256) {
        precondition(
            WebPushConfiguration.Token.lifetimeRange.contains(configuration.token.lifetime),
            "a Web Push configuration is used that was not validated"
        )
        precondition(originsMax >= 1, "one token at least is kept: the one in use")
        subject = configuration.subject
        self.key = key
        let point = key.publicKey.octets
        publicKey = Base64URL.encode(point.span)
        let configuredSeconds = configuration.token.lifetime.components.seconds
        lifetimeSeconds = min(configuredSeconds, Self.lifetimeSecondsMax)
        renewalAgeMs = UInt64(configuredSeconds) * 1_000 / 2
        self.originsMax = originsMax
    }

    /// Tokens that are kept.
    package var count: Int { entries.count }

    /// What to send to this origin at this time: its token, or a new one where half of its life is over.
    ///
    /// An age is a distance, so that a clock that was wrong and is set back does not keep a token from the future alive.
    ///
    /// - Parameters:
    ///   - origin: see ``WebPushEndpoint/origin``.
    ///   - nowMs: milliseconds since the Unix epoch.
    /// - Returns: the token as the header carries it.
    /// - Throws: `CryptoError.openSSL` where a new token cannot be signed; the former one is then kept.
    package mutating func authorization(for origin: String, nowMs: Int64) throws(CryptoError) -> Authorization {
        uses += 1
        if let entry = entries[origin], Self.distance(entry.authorization.issuedAtMs, nowMs) < renewalAgeMs {
            entries[origin]?.usedAt = uses
            return entry.authorization
        }
        let authorization = try issue(for: origin, atMs: nowMs)
        if entries[origin] == nil, entries.count >= originsMax { removeOldest() }
        entries[origin] = Entry(authorization: authorization, usedAt: uses)
        return authorization
    }

    private mutating func removeOldest() {
        guard let oldest = entries.min(by: { $0.value.usedAt < $1.value.usedAt }) else { return }
        entries[oldest.key] = nil
    }

    private func issue(for origin: String, atMs nowMs: Int64) throws(CryptoError) -> Authorization {
        var header = JSONWriter(capacity: 32)
        header.beginObject()
        header.member("typ", "JWT")
        header.member("alg", "ES256")
        header.endObject()
        var claims = JSONWriter(capacity: 128)
        claims.beginObject()
        claims.member("aud", origin)
        claims.member("exp", nowMs / 1_000 + lifetimeSeconds)
        claims.member("sub", subject)
        claims.endObject()
        let token = try JSONWebToken.es256(header: header.bytes, claims: claims.bytes, key: key)
        return Authorization(header: Array("vapid t=\(token), k=\(publicKey)".utf8), origin: origin, issuedAtMs: nowMs)
    }

    private static func distance(_ one: Int64, _ other: Int64) -> UInt64 {
        one > other ? UInt64(bitPattern: one &- other) : UInt64(bitPattern: other &- one)
    }
}
