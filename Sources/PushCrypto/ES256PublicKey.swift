private import COpenSSL

/// The public part of a P-256 key: verifies ES256 signatures (RFC 7518 section 3.4).
package final class ES256PublicKey: Sendable {
    /// Octets of an uncompressed point: 0x04, X, Y (SEC 1 section 2.3.3).
    package static let octetCount = 65

    private let key: KeyHandle
    /// The uncompressed point: 65 octets, 0x04 first.
    package let octets: [UInt8]
    /// The point in base64url: the VAPID parameter `k` (RFC 8292 section 3.2), and what a page gives as
    /// `applicationServerKey` when it subscribes.
    package var base64URL: String {
        let octets = octets
        return Base64URL.encode(octets.span)
    }

    /// From an uncompressed point: 65 octets, 0x04 first.
    ///
    /// - Throws: `CryptoError.malformedPublicKey` for another length or form, and for a point that is not on the curve.
    package init(octets: [UInt8]) throws(CryptoError) {
        guard octets.count == Self.octetCount else {
            throw .malformedPublicKey(detail: "\(octets.count) octets; 65 are needed")
        }
        guard octets[0] == 0x04 else {
            throw .malformedPublicKey(detail: "the first octet is not 0x04 (uncompressed)")
        }
        let key = try Self.emptyKey()
        // SAFETY: the key is ours alone here; OpenSSL reads the 65 octets within the call and checks the point.
        guard unsafe EVP_PKEY_set1_encoded_public_key(key.pointer, octets, octets.count) == 1 else {
            throw .malformedPublicKey(detail: ErrorQueue.drain())
        }
        self.key = key
        self.octets = octets
    }

    /// Whether the signature (R, then S, 32 octets each) is this key's, over SHA-256 of the message.
    ///
    /// - Throws: `CryptoError.openSSL` where it cannot be tried. A signature of another length is false.
    package func verifies(_ signature: [UInt8], of message: [UInt8]) throws(CryptoError) -> Bool {
        guard signature.count == ES256Key.signatureOctetCount else { return false }
        let numbers = try SignatureHandle(r: Array(signature[..<32]), s: Array(signature[32...]))
        let der = try numbers.der()
        let context = try DigestContextHandle()
        // SAFETY: context and key live until the end of this function; the key is only read.
        guard unsafe EVP_DigestVerifyInit(context.pointer, nil, EVP_sha256(), nil, key.pointer) == 1 else {
            throw .openSSL(function: "EVP_DigestVerifyInit", detail: ErrorQueue.drain())
        }
        // SAFETY: OpenSSL reads both arrays within the call, each with its own count.
        if unsafe EVP_DigestVerify(context.pointer, der, der.count, message, message.count) == 1 { return true }
        // 0 for another signature, negative for numbers that no signature has (zero, or the order and above).
        _ = ErrorQueue.drain()
        return false
    }

    /// A key that knows its curve and nothing else.
    private static func emptyKey() throws(CryptoError) -> KeyHandle {
        let context = try KeyContextHandle(algorithm: "EC")
        // SAFETY: the context lives until the end of this function; the name is read within the call.
        guard unsafe EVP_PKEY_paramgen_init(context.pointer) == 1,
            unsafe EVP_PKEY_CTX_set_group_name(context.pointer, ES256Key.curve) == 1
        else { throw .openSSL(function: "EVP_PKEY_paramgen_init", detail: ErrorQueue.drain()) }
        var made: OpaquePointer?
        // SAFETY: the result is a new key, which the handle takes over.
        guard unsafe EVP_PKEY_paramgen(context.pointer, &made) == 1 else {
            throw .openSSL(function: "EVP_PKEY_paramgen", detail: ErrorQueue.drain())
        }
        return try unsafe KeyHandle(owning: made, from: "EVP_PKEY_paramgen")
    }
}
