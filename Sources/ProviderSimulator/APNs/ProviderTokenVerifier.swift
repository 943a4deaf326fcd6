internal import Crypto
internal import Foundation
internal import Synchronization

/// A provider token whose signature is right; its age is judged at each use.
final class ProviderToken: Sendable {
    /// As sent, without `bearer`.
    let text: String
    let keyID: String
    let teamID: String
    /// `iat`, seconds since 1970.
    let issuedAt: Int64

    init(text: String, keyID: String, teamID: String, issuedAt: Int64) {
        self.text = text
        self.keyID = keyID
        self.teamID = teamID
        self.issuedAt = issuedAt
    }
}

/// Checks the form and the signature of provider tokens (Apple, "Establishing a token-based connection to APNs").
///
/// Tokens that passed are remembered, since a client sends the same one thousands of times.
final class ProviderTokenVerifier: Sendable {
    private struct Header: Decodable {
        let alg: String
        let kid: String
    }

    private struct Claims: Decodable {
        let iss: String
        let iat: Int64
    }

    private static let rememberedMax = 256

    private let keys: [ProviderKey]
    private let teamIDs: Set<String>
    private let verified = Mutex<[String: ProviderToken]>([:])

    /// A verifier that accepts any ten-character team id where `teamIDs` is empty.
    init(keys: [ProviderKey], teamIDs: Set<String>) {
        self.keys = keys
        self.teamIDs = teamIDs
    }

    /// The token; nil where its form, its signature or its team is wrong.
    func verify(_ text: String) -> ProviderToken? {
        if let known = verified.withLock({ $0[text] }) { return known }
        guard let token = check(text) else { return nil }
        verified.withLock { verified in
            if verified.count >= Self.rememberedMax { verified.removeAll() }
            verified[text] = token
        }
        return token
    }

    private func check(_ text: String) -> ProviderToken? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3,
            let header = Base64URL.decode(parts[0]).flatMap({ try? JSONDecoder().decode(Header.self, from: $0) }),
            let claims = Base64URL.decode(parts[1]).flatMap({ try? JSONDecoder().decode(Claims.self, from: $0) }),
            let signature = Base64URL.decode(parts[2]).flatMap(Self.signature),
            header.alg == "ES256", Self.isIdentifier(header.kid), Self.isIdentifier(claims.iss),
            teamIDs.isEmpty || teamIDs.contains(claims.iss)
        else { return nil }
        let signed = Data(text.utf8.prefix(parts[0].utf8.count + 1 + parts[1].utf8.count))
        let isSigned = keys.contains { key in
            (key.keyID ?? header.kid) == header.kid && key.publicKey.isValidSignature(signature, for: signed)
        }
        guard isSigned else { return nil }
        return ProviderToken(text: text, keyID: header.kid, teamID: claims.iss, issuedAt: claims.iat)
    }

    /// JOSE's R||S of 64 octets, or ASN.1, which Apple's own shell sample makes.
    private static func signature(_ octets: Data) -> P256.Signing.ECDSASignature? {
        if octets.count == 64 { return try? P256.Signing.ECDSASignature(rawRepresentation: octets) }
        return try? P256.Signing.ECDSASignature(derRepresentation: octets)
    }

    /// Ten upper-case letters and digits.
    private static func isIdentifier(_ text: String) -> Bool {
        text.utf8.count == ProviderKey.keyIDLength && text.utf8.allSatisfy(\.isUppercaseLetterOrDigit)
    }
}

extension UInt8 {
    /// Whether the octet is one of A-Z, 0-9.
    var isUppercaseLetterOrDigit: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        default: false
        }
    }
}
