private import COpenSSL

/// A P-256 private key that makes ES256 signatures (RFC 7518 section 3.4).
///
/// Any number of threads may sign with one key at a time. The key is never printed; ``pem()`` is the only way out.
package final class ES256Key: Sendable {
    /// Octets of a signature: R and S, 32 each.
    package static let signatureOctetCount = 64
    /// OpenSSL's name for P-256.
    static let curve = "prime256v1"

    private let key: KeyHandle
    /// The public part.
    package let publicKey: ES256PublicKey

    /// From the text of a PEM file: PKCS #8 (`PRIVATE KEY`, as in Apple's `.p8` files) or SEC 1 (`EC PRIVATE KEY`).
    ///
    /// - Throws: `CryptoError`, which says what is wrong with the text or the key.
    package convenience init(pem: String) throws(CryptoError) {
        try self.init(PEMReader.privateKey(in: pem))
    }

    /// From the raw private key, 32 octets in base64url, as many tools write VAPID keys.
    ///
    /// White space around it, such as the end of a file's line, is skipped.
    ///
    /// - Throws: `CryptoError.invalidKey` for another text or length, and for a number that is no private key.
    package convenience init(base64URL text: String) throws(CryptoError) {
        let trimmed = text.drop(while: \.isWhitespace)
        let end = trimmed.lastIndex { !$0.isWhitespace }.map(trimmed.index(after:)) ?? trimmed.startIndex
        guard let octets = Base64URL.decode(String(trimmed[..<end])) else {
            throw .invalidKey(detail: "not base64url")
        }
        guard octets.count == CurveP256.scalarOctetCount else {
            throw .invalidKey(detail: "\(octets.count) octets; 32 are needed")
        }
        try self.init(Self.key(scalar: octets))
    }

    private init(_ key: consuming KeyHandle) throws(CryptoError) {
        try Self.check(key)
        publicKey = try ES256PublicKey(octets: Self.publicOctets(of: key))
        self.key = key
    }

    /// A new key, from OpenSSL's random generator.
    ///
    /// - Throws: `CryptoError.openSSL`.
    package static func generate() throws(CryptoError) -> ES256Key {
        let context = try KeyContextHandle(algorithm: "EC")
        // SAFETY: the context lives until the end of this function; the name is read within the call.
        guard unsafe EVP_PKEY_keygen_init(context.pointer) == 1,
            unsafe EVP_PKEY_CTX_set_group_name(context.pointer, curve) == 1
        else { throw .openSSL(function: "EVP_PKEY_keygen_init", detail: ErrorQueue.drain()) }
        var made: OpaquePointer?
        // SAFETY: the result is a new key, which the handle takes over.
        guard unsafe EVP_PKEY_keygen(context.pointer, &made) == 1 else {
            throw .openSSL(function: "EVP_PKEY_keygen", detail: ErrorQueue.drain())
        }
        return try ES256Key(unsafe KeyHandle(owning: made, from: "EVP_PKEY_keygen"))
    }

    /// The signature over SHA-256 of the message, in the form of JOSE: R, then S, 32 octets each, most significant
    /// first.
    ///
    /// Two signatures of one message differ (ECDSA draws a number for each).
    ///
    /// - Throws: `CryptoError.openSSL`.
    package func signature(of message: [UInt8]) throws(CryptoError) -> [UInt8] {
        let context = try DigestContextHandle()
        // SAFETY: context and key live until the end of this function; the key is only read.
        guard unsafe EVP_DigestSignInit(context.pointer, nil, EVP_sha256(), nil, key.pointer) == 1 else {
            throw .openSSL(function: "EVP_DigestSignInit", detail: ErrorQueue.drain())
        }
        // The ASN.1 form of two 32-octet numbers takes at most 72 octets.
        var der = [UInt8](repeating: 0, count: 72)
        var count = der.count
        // SAFETY: OpenSSL writes at most `count` octets, and reads the message within the call.
        guard unsafe EVP_DigestSign(context.pointer, &der, &count, message, message.count) == 1 else {
            throw .openSSL(function: "EVP_DigestSign", detail: ErrorQueue.drain())
        }
        return try SignatureHandle(der: der.span.extracting(first: count)).octets(width: 32)
    }

    /// The private key as PEM (PKCS #8, not encrypted): a secret.
    ///
    /// - Throws: `CryptoError.openSSL`.
    package func pem() throws(CryptoError) -> String {
        let memory = try MemoryHandle()
        // SAFETY: both handles live until the end of this function; no cipher and no pass phrase are given.
        guard unsafe PEM_write_bio_PKCS8PrivateKey(memory.pointer, key.pointer, nil, nil, 0, nil, nil) == 1 else {
            throw .openSSL(function: "PEM_write_bio_PKCS8PrivateKey", detail: ErrorQueue.drain())
        }
        return String(decoding: try memory.readAll(), as: UTF8.self)
    }

    /// The key with this private part, 32 octets.
    private static func key(scalar: [UInt8]) throws(CryptoError) -> KeyHandle {
        // The public part is given as well: a key that was read without it is written without it.
        let point = try CurveP256().publicKey(of: CurveP256.scalar(scalar))
        // ECPrivateKey (RFC 5915 section 3): version 1, the private key, the parameters prime256v1, the public key.
        let parameters: [UInt8] = [0xA0, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07]
        let der =
            [0x30, 0x77, 0x02, 0x01, 0x01, 0x04, 0x20] + scalar + parameters
            + [0xA1, 0x44, 0x03, 0x42, 0x00] + point
        // SAFETY: OpenSSL reads the octets within the call; the result is a new key, which the handle takes over.
        let read = unsafe der.withUnsafeBufferPointer { buffer in
            var position = buffer.baseAddress
            return unsafe d2i_PrivateKey(EVP_PKEY_EC, nil, &position, buffer.count)
        }
        guard let read = unsafe read else { throw .invalidKey(detail: ErrorQueue.drain()) }
        return try unsafe KeyHandle(owning: read, from: "d2i_PrivateKey")
    }

    /// Refuses a key of another algorithm or curve, and one that is not valid.
    private static func check(_ key: borrowing KeyHandle) throws(CryptoError) {
        // SAFETY: the key outlives the calls; the name is the library's own constant.
        guard unsafe EVP_PKEY_is_a(key.pointer, "EC") == 1 else {
            let name = unsafe EVP_PKEY_get0_type_name(key.pointer)
            throw .wrongAlgorithm(unsafe name.map { unsafe String(cString: $0) } ?? "an unknown algorithm")
        }
        var name = [UInt8](repeating: 0, count: 80)
        var count = 0
        // SAFETY: OpenSSL writes at most 80 octets, and says in `count` how many, without the final NUL.
        let named = unsafe name.withUnsafeMutableBytes { buffer in
            unsafe EVP_PKEY_get_group_name(
                key.pointer,
                buffer.baseAddress?.assumingMemoryBound(to: CChar.self),
                buffer.count,
                &count
            )
        }
        guard named == 1 else {
            _ = ErrorQueue.drain()
            throw .wrongCurve("without a name")
        }
        let curve = String(decoding: name.prefix(count), as: UTF8.self)
        guard curve == Self.curve else { throw .wrongCurve(curve) }

        let context = try KeyContextHandle(key: key)
        // SAFETY: context and key live until the end of this function.
        guard unsafe EVP_PKEY_check(context.pointer) == 1 else {
            throw .invalidKey(detail: ErrorQueue.drain())
        }
    }

    /// The uncompressed point, whatever form the key was read in.
    private static func publicOctets(of key: borrowing KeyHandle) throws(CryptoError) -> [UInt8] {
        var octets = [UInt8](repeating: 0, count: ES256PublicKey.octetCount)
        var count = 0
        let name = OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY
        // SAFETY: OpenSSL writes at most 65 octets, and says in `count` how many.
        guard unsafe EVP_PKEY_get_octet_string_param(key.pointer, name, &octets, octets.count, &count) == 1 else {
            throw .openSSL(function: "EVP_PKEY_get_octet_string_param", detail: ErrorQueue.drain())
        }
        return Array(octets.prefix(count))
    }
}
