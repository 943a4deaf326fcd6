private import COpenSSL

/// An RSA private key that makes RS256 signatures: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 section 3.3).
///
/// Any number of threads may sign with one key at a time. The key is never printed, and there is no way out for it.
package final class RS256Key: Sendable {
    /// The smallest modulus that RFC 7518 section 3.3 allows, in bits.
    package static let bitsMin = 2_048

    private let key: KeyHandle
    /// Size of the modulus.
    package let bits: Int

    /// From the text of a PEM file: PKCS #8 (`PRIVATE KEY`, as in service account files) or PKCS #1 (`RSA PRIVATE KEY`).
    ///
    /// - Throws: `CryptoError`, which says what is wrong with the text or the key.
    package init(pem: String) throws(CryptoError) {
        let key = try PEMReader.privateKey(in: pem, for: .rsa)
        try Self.checkAlgorithm(of: key)
        // SAFETY: the key outlives the call, which only reads.
        bits = Int(unsafe EVP_PKEY_get_bits(key.pointer))
        guard bits >= Self.bitsMin else { throw .weakKey(bits: bits, bitsMin: Self.bitsMin) }
        try Self.checkValidity(of: key)
        self.key = key
    }

    /// The signature over SHA-256 of the message: as many octets as the modulus has.
    ///
    /// Two signatures of one message are the same.
    ///
    /// - Throws: `CryptoError.openSSL`.
    package func signature(of message: [UInt8]) throws(CryptoError) -> [UInt8] {
        let context = try DigestContextHandle()
        // SAFETY: context and key live until the end of this function; the key is only read. The padding of an RSA key is
        // that of PKCS #1 v1.5 unless another is asked for.
        guard unsafe EVP_DigestSignInit(context.pointer, nil, EVP_sha256(), nil, key.pointer) == 1 else {
            throw .openSSL(function: "EVP_DigestSignInit", detail: ErrorQueue.drain())
        }
        var signature = [UInt8](repeating: 0, count: (bits + 7) / 8)
        var count = signature.count
        // SAFETY: OpenSSL writes at most `count` octets, and reads the message within the call.
        guard unsafe EVP_DigestSign(context.pointer, &signature, &count, message, message.count) == 1 else {
            throw .openSSL(function: "EVP_DigestSign", detail: ErrorQueue.drain())
        }
        return Array(signature.prefix(count))
    }

    /// A key that is bound to PSS padding is of another algorithm: `RSA-PSS`.
    private static func checkAlgorithm(of key: borrowing KeyHandle) throws(CryptoError) {
        // SAFETY: the key outlives the calls; the name is the library's own constant.
        guard unsafe EVP_PKEY_is_a(key.pointer, "RSA") == 1 else {
            let name = unsafe EVP_PKEY_get0_type_name(key.pointer)
            throw .wrongAlgorithm(
                unsafe name.map { unsafe String(cString: $0) } ?? "an unknown algorithm",
                needed: PEMReader.KeyKind.rsa.description
            )
        }
    }

    /// Refuses a key whose parts do not belong together: its signatures would be no signatures.
    private static func checkValidity(of key: borrowing KeyHandle) throws(CryptoError) {
        let context = try KeyContextHandle(key: key)
        // SAFETY: context and key live until the end of this function.
        guard unsafe EVP_PKEY_check(context.pointer) == 1 else {
            throw .invalidKey(detail: ErrorQueue.drain())
        }
    }
}
