/// JSON Web Tokens in the compact form (RFC 7515 section 7.1).
package enum JSONWebToken {
    /// `header.claims.signature`, signed with ES256: ASCII, no padding.
    ///
    /// Header and claims are JSON objects, taken as they are; the header has to name `"alg":"ES256"`.
    ///
    /// - Throws: `CryptoError.openSSL` where the signature cannot be made.
    package static func es256(header: [UInt8], claims: [UInt8], key: ES256Key) throws(CryptoError) -> String {
        var token: [UInt8] = []
        token.reserveCapacity((header.count + claims.count + ES256Key.signatureOctetCount) * 4 / 3 + 8)
        Base64URL.append(header.span, to: &token)
        token.append(UInt8(ascii: "."))
        Base64URL.append(claims.span, to: &token)
        let signature = try key.signature(of: token)
        token.append(UInt8(ascii: "."))
        Base64URL.append(signature.span, to: &token)
        return String(decoding: token, as: UTF8.self)
    }
}
