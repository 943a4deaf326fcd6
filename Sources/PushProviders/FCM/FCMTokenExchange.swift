private import PushCore
internal import PushCrypto

/// The request for an access token: `POST` of ``body`` to ``endpoint`` as `application/x-www-form-urlencoded`.
///
/// Source: RFC 7523 section 2.1; Google, "Using OAuth 2.0 for server to server applications".
package struct FCMTokenRequest: Hashable, Sendable, CustomStringConvertible {
    package static let contentType = "application/x-www-form-urlencoded"

    package let endpoint: FCMEndpoint
    /// A secret for an hour: it holds the signed assertion.
    package let body: [UInt8]
    /// When it was made, in milliseconds since the Unix epoch.
    package let issuedAtMs: Int64

    /// Without the assertion.
    package var description: String { "token request to \(endpoint)" }

    private static let scope = "https://www.googleapis.com/auth/firebase.messaging"
    /// The longest that Google takes.
    private static let lifetimeSeconds: Int64 = 3_600

    /// - Throws: `CryptoError.openSSL` where the assertion cannot be signed.
    init(account: FCMServiceAccount, endpoint: FCMEndpoint, nowMs: Int64) throws(CryptoError) {
        var header = JSONWriter(capacity: 96)
        header.beginObject()
        header.member("alg", "RS256")
        if let keyID = account.privateKeyID { header.member("kid", keyID) }
        header.member("typ", "JWT")
        header.endObject()
        var claims = JSONWriter(capacity: 256)
        claims.beginObject()
        claims.member("iss", account.clientEmail)
        claims.member("scope", Self.scope)
        claims.member("aud", FCMServiceAccount.audience)
        claims.member("iat", nowMs / 1_000)
        claims.member("exp", nowMs / 1_000 + Self.lifetimeSeconds)
        claims.endObject()
        let assertion = try JSONWebToken.rs256(
            header: header.bytes,
            claims: claims.bytes,
            key: account.privateKey
        )
        self.endpoint = endpoint
        // The assertion is base64url and dots: nothing to escape.
        body = Array("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=\(assertion)".utf8)
        issuedAtMs = nowMs
    }
}

/// The answer of the token endpoint.
///
/// Source: RFC 6749 sections 5.1 and 5.2.
package struct FCMTokenResponse: Sendable {
    /// What the answer means.
    package enum Meaning: Hashable, Sendable, CustomStringConvertible {
        /// A token, and how long it is good for from its request on.
        case granted(token: String, lifetime: Duration)
        /// The same request may be sent again later; not before `after`, where the endpoint names a delay.
        case retry(after: Duration?)
        /// Key, account or clock are wrong: a person is needed.
        case refused(FCMCredentials.Refusal)

        /// Without the token.
        package var description: String {
            switch self {
            case .granted(_, let lifetime): "granted for \(lifetime)"
            case .retry(let after): after.map { "retry after \($0)" } ?? "retry"
            case .refused(let refusal): "refused: \(refusal)"
            }
        }
    }

    package let meaning: Meaning

    private static let bytesMax = 65_536
    /// Tokens are header text, and far shorter.
    private static let tokenBytesMax = 8_192
    private static let lifetimeSecondsMax: Int64 = 24 * 60 * 60

    /// - Parameters:
    ///   - status: the HTTP status.
    ///   - body: as received, of any kind and size.
    ///   - retryAfter: the header `Retry-After`.
    ///   - date: the header `Date`: tells a wrong clock of ours.
    ///   - nowMs: of the answer.
    package init(status: Int, body: [UInt8], retryAfter: String? = nil, date: String? = nil, nowMs: Int64) {
        let document = JSONDocument()
        let isJSON = document.load(body, limits: JSONLimits(bytesMax: Self.bytesMax, depthMax: 32)) == nil
        let root = isJSON && document.root.kind == .object ? document.root : nil
        let delay = retryAfter.flatMap { RetryAfter.parse($0, nowMs: nowMs) }
        switch status {
        case 200...299:
            // A success without a token comes from something else that answers in Google's name.
            meaning = root.flatMap(Self.granted) ?? .retry(after: delay)
        case 408, 425, 429, 500...:
            meaning = .retry(after: delay)
        case 300...499:
            meaning = Self.refused(root, status: status, delay: delay, skew: Self.skew(date, nowMs: nowMs))
        default:
            meaning = .retry(after: delay)
        }
    }

    private static func granted(_ root: JSONNode) -> Meaning? {
        guard let token = root.member("access_token")?.stringValue, isHeaderText(token),
            root.member("token_type")?.stringValue.map({ $0.lowercased() == "bearer" }) ?? true
        else { return nil }
        let written = root.member("expires_in")
        // Some endpoints write the number as text. RFC 6749 lets it be absent: Google's tokens last an hour.
        let seconds = written?.intValue ?? written?.stringValue.flatMap { Int64($0) } ?? 3_600
        guard seconds > 0 else { return nil }
        return .granted(token: token, lifetime: .seconds(min(seconds, lifetimeSecondsMax)))
    }

    private static func isHeaderText(_ token: String) -> Bool {
        (1...tokenBytesMax).contains(token.utf8.count) && token.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    private static func refused(_ root: JSONNode?, status: Int, delay: Duration?, skew: Duration?) -> Meaning {
        let error = root?.member("error")?.stringValue
        switch error {
        // RFC 6749 section 4.1.2.1 names these for trouble of the server's own; some servers answer 400 with them.
        case "temporarily_unavailable", "server_error", "internal_failure":
            return .retry(after: delay)
        default:
            let description = root?.member("error_description")?.stringValue
            return .refused(
                FCMCredentials.Refusal(
                    status: status,
                    error: error.map { String($0.prefix(64)) },
                    detail: description.map { String($0.prefix(256)) },
                    clockSkew: skew
                )
            )
        }
    }

    /// How far our clock is ahead of the endpoint's; nil where it does not say, or where they agree within a minute.
    private static func skew(_ date: String?, nowMs: Int64) -> Duration? {
        guard let atMs = date.flatMap({ HTTPDate.milliseconds(of: $0, nowMs: nowMs) }), abs(nowMs - atMs) > 60_000
        else { return nil }
        return .milliseconds(nowMs - atMs)
    }
}
