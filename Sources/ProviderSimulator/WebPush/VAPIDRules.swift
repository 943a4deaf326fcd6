internal import Crypto
internal import Foundation

/// The rules of voluntary application server identification (RFC 8292), one property per rule.
struct VAPIDRules {
    /// A header that has been taken apart: the token and the key, 65 octets.
    struct Credentials {
        let token: String
        let key: Data
    }

    let authorization: String?
    let subscription: PushSubscription
    /// The origins under which the push service is known.
    let origins: [String]
    /// Seconds since 1970.
    let now: Int64

    /// The first rule that is broken; nil where the sender is who it says.
    var refusal: WebPushReason? {
        guard let credentials = Self.credentials(authorization) else { return .missingAuthorization }
        guard let key = try? P256.Signing.PublicKey(x963Representation: credentials.key) else { return .badPublicKey }
        guard let token = CompactJWT(credentials.token), Self.isSigned(token, by: key) else { return .badToken }
        return audience(token) ?? expiry(token) ?? subject(token) ?? binding(credentials)
    }

    /// `vapid t=<JWT>, k=<key>` (section 3); nil for any other form.
    static func credentials(_ authorization: String?) -> Credentials? {
        let scheme = "vapid "
        guard let authorization, authorization.prefix(scheme.count).lowercased() == scheme else { return nil }
        var parameters: [String: String] = [:]
        for part in authorization.dropFirst(scheme.count).split(separator: ",") {
            let halves = part.split(separator: "=", maxSplits: 1)
            guard halves.count == 2 else { return nil }
            let name = halves[0].trimmingCharacters(in: .whitespaces)
            parameters[name] = halves[1].trimmingCharacters(in: .whitespaces)
        }
        guard let token = parameters["t"], let key = parameters["k"].flatMap({ Base64URL.decode($0) }) else {
            return nil
        }
        return Credentials(token: token, key: key)
    }

    /// ES256, in the form R||S (section 2).
    private static func isSigned(_ token: CompactJWT, by key: P256.Signing.PublicKey) -> Bool {
        guard token.header["alg"]?.string == "ES256", token.signature.count == 64,
            let signature = try? P256.Signing.ECDSASignature(rawRepresentation: token.signature)
        else { return false }
        return key.isValidSignature(signature, for: token.signed)
    }

    /// `aud` is the origin of the push resource, or a list that holds it (RFC 7519 section 4.1.3).
    private func audience(_ token: CompactJWT) -> WebPushReason? {
        let claim = token.claims["aud"]
        let audiences = claim?.elements.compactMap(\.string) ?? []
        let isOurs = (audiences + [claim?.string ?? ""]).contains { origins.contains($0) }
        return isOurs ? nil : .badToken
    }

    /// In the future, at most 24 hours ahead.
    private func expiry(_ token: CompactJWT) -> WebPushReason? {
        guard let expiresAt = token.claims["exp"]?.integer, (now + 1...now + 86_400).contains(expiresAt) else {
            return .badToken
        }
        return nil
    }

    /// `mailto:` or `https:`; Apple and Mozilla do not go without.
    private func subject(_ token: CompactJWT) -> WebPushReason? {
        guard let subject = token.claims["sub"] else { return subscription.vendor.needsSubject ? .badToken : nil }
        let text = subject.string ?? ""
        return text.hasPrefix("mailto:") || text.hasPrefix("https:") ? nil : .badToken
    }

    /// The key is the one that the subscription was made with (section 4.2).
    private func binding(_ credentials: Credentials) -> WebPushReason? {
        guard let hash = subscription.serverKeyHash else { return nil }
        return PushSubscription.hash(ofServerKey: credentials.key) == hash ? nil : .keyMismatch
    }
}
