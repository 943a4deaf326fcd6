/// JSON Web Tokens in the compact form (RFC 7515 section 7.1).
package enum JSONWebToken {
    /// `header.claims.signature`, signed with ES256: ASCII, no padding.
    ///
    /// Header and claims are JSON objects, taken as they are; the header has to name `"alg":"ES256"`.
    ///
    /// - Throws: `CryptoError.openSSL` where the signature cannot be made.
    package static func es256(header: [UInt8], claims: [UInt8], key: ES256Key) throws(CryptoError) -> String {
        let input = signingInput(header, claims, signatureOctetCount: ES256Key.signatureOctetCount)
        return compact(input, signature: try key.signature(of: input))
    }

    /// `header.claims.signature`, signed with RS256: ASCII, no padding.
    ///
    /// Header and claims are JSON objects, taken as they are; the header has to name `"alg":"RS256"`.
    ///
    /// - Throws: `CryptoError.openSSL` where the signature cannot be made.
    package static func rs256(header: [UInt8], claims: [UInt8], key: RS256Key) throws(CryptoError) -> String {
        let input = signingInput(header, claims, signatureOctetCount: key.bits / 8)
        return compact(input, signature: try key.signature(of: input))
    }

    /// What is signed: header and claims, encoded (RFC 7515 section 5.1), with room for the signature behind them.
    private static func signingInput(_ header: [UInt8], _ claims: [UInt8], signatureOctetCount: Int) -> [UInt8] {
        var input: [UInt8] = []
        input.reserveCapacity((header.count + claims.count + signatureOctetCount) * 4 / 3 + 8)
        Base64URL.append(header.span, to: &input)
        input.append(UInt8(ascii: "."))
        Base64URL.append(claims.span, to: &input)
        return input
    }

    private static func compact(_ input: consuming [UInt8], signature: [UInt8]) -> String {
        input.append(UInt8(ascii: "."))
        Base64URL.append(signature.span, to: &input)
        return String(decoding: input, as: UTF8.self)
    }
}
