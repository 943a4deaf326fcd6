/// The rules on provider tokens that concern one connection (Apple, "Establishing a token-based connection to APNs").
struct ProviderTokenGate {
    private struct Use {
        let token: ProviderToken
        /// Seconds since 1970.
        let firstSeenAt: Int64
    }

    /// A token is refused when its `iat` is further than this from APNs' clock.
    private static let ageMax: Int64 = 3600
    /// A team may have a new token once in this time.
    private static let updateInterval: Int64 = 1200
    /// Tokens remembered per connection; the oldest are forgotten.
    private static let usesMax = 16

    private let verifier: ProviderTokenVerifier
    private var uses: [Use] = []
    private var teamID: String?

    init(verifier: ProviderTokenVerifier) {
        self.verifier = verifier
    }

    /// Judges the `authorization` header of a request.
    ///
    /// - Parameters:
    ///   - authorization: the header's value; nil where absent.
    ///   - now: seconds since 1970.
    /// - Returns: nil where the token is good.
    mutating func refusal(authorization: String?, now: Int64) -> APNsReason? {
        guard let authorization, let text = Self.bearerToken(authorization) else { return .missingProviderToken }
        let known = uses.first { $0.token.text == text }?.token
        guard let token = known ?? verifier.verify(text) else { return .invalidProviderToken }
        // Bounds, not a difference: a hostile iat must not overflow.
        guard (now - Self.ageMax...now + Self.ageMax).contains(token.issuedAt) else { return .expiredProviderToken }
        return known == nil ? admit(token, now: now) : nil
    }

    /// A token that is new on this connection: it must be of the same team, and not come too soon after the last.
    ///
    /// "Too soon" needs both: seen and issued within 20 minutes. A client may rightly renew a token soon after it opened
    /// a connection, when the one it opened with was old.
    private mutating func admit(_ token: ProviderToken, now: Int64) -> APNsReason? {
        if let teamID, teamID != token.teamID { return .unrelatedKeyID }
        let last = uses.last { $0.token.keyID == token.keyID }
        if let last, now - last.firstSeenAt < Self.updateInterval,
            token.issuedAt < last.token.issuedAt + Self.updateInterval
        {
            return .tooManyProviderTokenUpdates
        }
        teamID = token.teamID
        if uses.count >= Self.usesMax { uses.removeFirst() }
        uses.append(Use(token: token, firstSeenAt: now))
        return nil
    }

    /// What follows `bearer `, in any case of letters (RFC 9110 section 11.1); nil where the form is another.
    private static func bearerToken(_ authorization: String) -> String? {
        let scheme = "bearer "
        guard authorization.utf8.count > scheme.utf8.count,
            authorization.prefix(scheme.count).lowercased() == scheme
        else { return nil }
        return String(authorization.dropFirst(scheme.count))
    }
}
