internal import CryptoExtras
internal import Foundation

/// The rules of Google's OAuth 2.0 token endpoint for service accounts, one property per rule.
///
/// Sources: RFC 6749 section 5.2 (error codes), RFC 7523 (assertions), Google, "Using OAuth 2.0 for server to server
/// applications".
struct OAuthRules {
    /// Why no token is given.
    struct Refusal {
        var status = 400
        let code: String
        let description: String
    }

    let request: ProviderRequest
    let account: ServiceAccount

    /// Google's own endpoint, which its libraries put into `aud` whatever `token_uri` says.
    private static let googleAudience = "https://oauth2.googleapis.com/token"
    private static let grantType = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    private static let scopes = ["firebase.messaging", "cloud-platform"].map { "https://www.googleapis.com/auth/\($0)" }
    /// An assertion lives at most this long, in seconds.
    private static let lifetimeMax: Int64 = 3600
    /// Clocks may differ by this many seconds.
    private static let skewMax: Int64 = 300

    /// The first rule that the request breaks; nil where it gets a token.
    var refusal: Refusal? {
        if let refusal = method ?? mediaType ?? grantType { return refusal }
        guard let assertion = form["assertion"] else {
            return Refusal(code: "invalid_request", description: "Missing required parameter: assertion")
        }
        guard let token = CompactJWT(assertion) else {
            return Refusal(code: "invalid_grant", description: "Bad Request: the assertion is not a JWT.")
        }
        return algorithm(token) ?? issuer(token) ?? signature(token) ?? audience(token) ?? lifetime(token)
            ?? scope(token)
    }

    /// Only POST.
    private var method: Refusal? {
        guard request.header(":method") != "POST" else { return nil }
        return Refusal(status: 405, code: "invalid_request", description: "Method not allowed.")
    }

    /// A form.
    private var mediaType: Refusal? {
        let type = request.header("content-type")?.split(separator: ";").first?.trimmingCharacters(in: .whitespaces)
        guard type?.lowercased() != "application/x-www-form-urlencoded" else { return nil }
        return Refusal(
            code: "invalid_request",
            description: "The body must be application/x-www-form-urlencoded."
        )
    }

    /// `grant_type` of RFC 7523 section 2.1.
    private var grantType: Refusal? {
        guard form["grant_type"] != Self.grantType else { return nil }
        return Refusal(
            code: "unsupported_grant_type",
            description: "Invalid grant_type: \(form["grant_type"] ?? "")"
        )
    }

    /// RS256.
    private func algorithm(_ token: CompactJWT) -> Refusal? {
        guard token.header["alg"]?.string != "RS256" else { return nil }
        return Refusal(code: "invalid_grant", description: "Invalid JWT: the algorithm must be RS256.")
    }

    /// `iss` is the account.
    private func issuer(_ token: CompactJWT) -> Refusal? {
        guard token.claims["iss"]?.string != account.email else { return nil }
        return Refusal(code: "invalid_grant", description: "Invalid grant: account not found")
    }

    /// Signed with the account's key, which `kid`, where given, names.
    private func signature(_ token: CompactJWT) -> Refusal? {
        let isKey = token.header["kid"].map { $0.string == account.keyID } ?? true
        let signature = _RSA.Signing.RSASignature(rawRepresentation: token.signature)
        if isKey, account.publicKey.isValidSignature(signature, for: token.signed, padding: .insecurePKCS1v1_5) {
            return nil
        }
        return Refusal(code: "invalid_grant", description: "Invalid JWT Signature.")
    }

    /// `aud` is this endpoint, under any of its names, or Google's.
    private func audience(_ token: CompactJWT) -> Refusal? {
        let authority = request.header(":authority") ?? ""
        let own = [Self.googleAudience, account.tokenURI, "https://\(authority)/token"]
        guard !own.contains(token.claims["aud"]?.string ?? "") else { return nil }
        return Refusal(code: "invalid_grant", description: "Invalid JWT: Failed audience check.")
    }

    /// Issued now or before, valid now, for at most an hour.
    private func lifetime(_ token: CompactJWT) -> Refusal? {
        let now = request.receivedAt / 1000
        // Bounds, not differences: hostile claims must not overflow.
        let bounds = 0...Int64(1) << 40
        if let issuedAt = token.claims["iat"]?.integer, let expiresAt = token.claims["exp"]?.integer,
            bounds.contains(issuedAt), bounds.contains(expiresAt), issuedAt <= now + Self.skewMax,
            expiresAt > now - Self.skewMax, expiresAt > issuedAt, expiresAt - issuedAt <= Self.lifetimeMax
        {
            return nil
        }
        let text = """
            Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat \
            and exp values in the JWT claim.
            """
        return Refusal(code: "invalid_grant", description: text)
    }

    /// One of the scopes that sending needs.
    private func scope(_ token: CompactJWT) -> Refusal? {
        let scopes = token.claims["scope"]?.string?.split(separator: " ").map(String.init) ?? []
        guard !scopes.contains(where: Self.scopes.contains) else { return nil }
        return Refusal(code: "invalid_scope", description: "Invalid OAuth scope or ID token audience provided.")
    }

    /// The form's parameters; of a repeated one none, since that is an error (RFC 6749 section 3.2).
    private var form: [String: String] {
        var form: [String: String] = [:]
        var repeated: Set<String> = []
        for pair in String(decoding: request.body, as: UTF8.self).split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = URLText.decodeForm(parts[0])
            if form.updateValue(parts.count > 1 ? URLText.decodeForm(parts[1]) : "", forKey: name) != nil {
                repeated.insert(name)
            }
        }
        return form.filter { !repeated.contains($0.key) }
    }
}

extension OAuthRules.Refusal {
    var answer: ProviderAnswer {
        var body = JSONLine(capacity: 128)
        body.raw(#"{"error":"#)
        body.string(code)
        body.raw(#","error_description":"#)
        body.string(description)
        body.raw("}")
        return ProviderAnswer(
            status: status,
            reason: code,
            headers: [HeaderField("content-type", "application/json; charset=utf-8")],
            body: body.octets
        )
    }
}
