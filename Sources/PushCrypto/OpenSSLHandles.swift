private import COpenSSL

// One noncopyable value per OpenSSL handle: the pointer is its only field, the end of its life frees it. A handle
// lives in one function and on one thread, but for keys.
//
// SAFETY (for every `unsafe` in this file): the pointer comes from the constructor named beside it, belongs to this
// value alone, and is freed once, in `deinit`, or handed over where a method says so.

/// A key: `EVP_PKEY`.
///
/// Shared by threads: nothing changes the key once it is made, and OpenSSL reads it under its own locks.
@safe
struct KeyHandle: ~Copyable, @unchecked Sendable {
    let pointer: OpaquePointer

    /// Takes over what an OpenSSL function returned.
    ///
    /// - Throws: `CryptoError.openSSL` where it returned nothing.
    init(owning pointer: OpaquePointer?, from function: StaticString) throws(CryptoError) {
        unsafe self.pointer = try required(pointer, from: function)
    }

    deinit { unsafe EVP_PKEY_free(pointer) }
}

/// An operation on or with a key: `EVP_PKEY_CTX`.
@safe
struct KeyContextHandle: ~Copyable {
    let pointer: OpaquePointer

    /// For an algorithm: parameters or keys are to be generated.
    init(algorithm: String) throws(CryptoError) {
        unsafe pointer = try required(
            EVP_PKEY_CTX_new_from_name(nil, algorithm, nil),
            from: "EVP_PKEY_CTX_new_from_name"
        )
    }

    /// For a key: it is to be checked.
    init(key: borrowing KeyHandle) throws(CryptoError) {
        unsafe pointer = try required(
            EVP_PKEY_CTX_new_from_pkey(nil, key.pointer, nil),
            from: "EVP_PKEY_CTX_new_from_pkey"
        )
    }

    deinit { unsafe EVP_PKEY_CTX_free(pointer) }
}

/// A signature being made or verified: `EVP_MD_CTX`.
@safe
struct DigestContextHandle: ~Copyable {
    let pointer: OpaquePointer

    init() throws(CryptoError) {
        unsafe pointer = try required(EVP_MD_CTX_new(), from: "EVP_MD_CTX_new")
    }

    deinit { unsafe EVP_MD_CTX_free(pointer) }
}

/// Memory that PEM is read from or written to: `BIO`.
@safe
struct MemoryHandle: ~Copyable {
    let pointer: OpaquePointer

    /// Empty, to be written to.
    ///
    /// Its memory is cleared when it is freed.
    init() throws(CryptoError) {
        unsafe pointer = try required(BIO_new(BIO_s_mem()), from: "BIO_new")
    }

    deinit { unsafe BIO_free_all(pointer) }

    /// Adds octets at the end.
    func write(_ octets: [UInt8]) throws(CryptoError) {
        guard let count = Int32(exactly: octets.count) else { throw .malformedKey(detail: "more than 2 GiB") }
        guard unsafe BIO_write(pointer, octets, count) == count else {
            throw .openSSL(function: "BIO_write", detail: ErrorQueue.drain())
        }
    }

    /// Takes out all that was written.
    func readAll() throws(CryptoError) -> [UInt8] {
        let count = unsafe BIO_ctrl_pending(pointer)
        guard let wanted = Int32(exactly: count) else {
            throw .openSSL(function: "BIO_ctrl_pending", detail: "more than 2 GiB")
        }
        var octets = [UInt8](repeating: 0, count: count)
        guard unsafe BIO_read(pointer, &octets, wanted) == wanted else {
            throw .openSSL(function: "BIO_read", detail: ErrorQueue.drain())
        }
        return octets
    }
}

/// A certificate: `X509`.
@safe
struct CertificateHandle: ~Copyable {
    let pointer: OpaquePointer

    /// The next one in PEM text; nil where there is none, or none that can be read: the error queue says which.
    init?(reading memory: borrowing MemoryHandle) {
        // No certificate is encrypted; without a callback OpenSSL would ask for a pass phrase at the terminal.
        guard let read = unsafe PEM_read_bio_X509(memory.pointer, nil, { _, _, _, _ in -1 }, nil) else { return nil }
        unsafe pointer = read
    }

    deinit { unsafe X509_free(pointer) }
}

/// An object identifier: `ASN1_OBJECT`.
@safe
struct ObjectIdentifierHandle: ~Copyable {
    let pointer: OpaquePointer

    /// From numbers with dots.
    init(_ text: String) throws(CryptoError) {
        unsafe pointer = try required(OBJ_txt2obj(text, 1), from: "OBJ_txt2obj")
    }

    deinit { unsafe ASN1_OBJECT_free(pointer) }
}

/// A whole number: `BIGNUM`.
@safe
struct NumberHandle: ~Copyable {
    let pointer: OpaquePointer

    /// From octets, most significant first.
    init(_ octets: [UInt8]) throws(CryptoError) {
        unsafe pointer = try required(BN_bin2bn(octets, Int32(octets.count), nil), from: "BN_bin2bn")
    }

    /// Zero, to be calculated into.
    init() throws(CryptoError) {
        unsafe pointer = try required(BN_new(), from: "BN_new")
    }

    deinit { unsafe BN_clear_free(pointer) }

    /// Hands the pointer over: whoever takes it frees it.
    consuming func release() -> OpaquePointer {
        let released = unsafe pointer
        discard self
        return unsafe released
    }
}

/// The two numbers of an ECDSA signature: `ECDSA_SIG`.
@safe
struct SignatureHandle: ~Copyable {
    let pointer: OpaquePointer

    /// From the ASN.1 form (RFC 3279 section 2.2.3).
    init(der: Span<UInt8>) throws(CryptoError) {
        let parsed = unsafe der.withUnsafeBufferPointer { buffer in
            var position = buffer.baseAddress
            return unsafe d2i_ECDSA_SIG(nil, &position, buffer.count)
        }
        unsafe pointer = try required(parsed, from: "d2i_ECDSA_SIG")
    }

    /// From R and S, each most significant octet first.
    init(r: [UInt8], s: [UInt8]) throws(CryptoError) {
        let r = try NumberHandle(r)
        let s = try NumberHandle(s)
        unsafe pointer = try required(ECDSA_SIG_new(), from: "ECDSA_SIG_new")
        // It fails only where a number is missing; from here on the signature frees them.
        let result = unsafe ECDSA_SIG_set0(pointer, r.release(), s.release())
        precondition(result == 1, "ECDSA_SIG_set0 refused two numbers")
    }

    deinit { unsafe ECDSA_SIG_free(pointer) }

    /// R, then S, each `width` octets, most significant first.
    func octets(width: Int) throws(CryptoError) -> [UInt8] {
        // The numbers stay the signature's own, which outlives these calls.
        try unsafe Self.octets(of: ECDSA_SIG_get0_r(pointer), width: width)
            + Self.octets(of: ECDSA_SIG_get0_s(pointer), width: width)
    }

    private static func octets(of number: OpaquePointer?, width: Int) throws(CryptoError) -> [UInt8] {
        var octets = [UInt8](repeating: 0, count: width)
        guard unsafe BN_bn2binpad(number, &octets, Int32(width)) == Int32(width) else {
            throw .openSSL(function: "BN_bn2binpad", detail: ErrorQueue.drain())
        }
        return octets
    }

    /// The ASN.1 form.
    func der() throws(CryptoError) -> [UInt8] {
        let count = unsafe i2d_ECDSA_SIG(pointer, nil)
        guard count > 0 else { throw .openSSL(function: "i2d_ECDSA_SIG", detail: ErrorQueue.drain()) }
        var der = [UInt8](repeating: 0, count: Int(count))
        let written = unsafe der.withUnsafeMutableBufferPointer { buffer in
            var position = buffer.baseAddress
            return unsafe i2d_ECDSA_SIG(pointer, &position)
        }
        guard written == count else { throw .openSSL(function: "i2d_ECDSA_SIG", detail: ErrorQueue.drain()) }
        return der
    }
}

/// A curve with its generator: `EC_GROUP`.
///
/// Shared by threads: nothing changes it once it is made.
@safe
struct GroupHandle: ~Copyable, @unchecked Sendable {
    /// P-256.
    ///
    /// Every OpenSSL has it; without memory for it nothing else would go on either.
    static let p256 = GroupHandle()

    let pointer: OpaquePointer

    private init() {
        guard let group = unsafe EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1) else {
            preconditionFailure("OpenSSL does not give the curve P-256: \(ErrorQueue.drain())")
        }
        unsafe pointer = group
    }

    deinit { unsafe EC_GROUP_free(pointer) }
}

/// A point on P-256: `EC_POINT`.
@safe
struct PointHandle: ~Copyable {
    let pointer: OpaquePointer

    /// Infinity, to be calculated into.
    init() throws(CryptoError) {
        unsafe pointer = try required(EC_POINT_new(GroupHandle.p256.pointer), from: "EC_POINT_new")
    }

    deinit { unsafe EC_POINT_clear_free(pointer) }
}

/// Numbers for use within calculations: `BN_CTX`.
@safe
struct NumberContextHandle: ~Copyable {
    let pointer: OpaquePointer

    init() throws(CryptoError) {
        unsafe pointer = try required(BN_CTX_secure_new(), from: "BN_CTX_secure_new")
    }

    deinit { unsafe BN_CTX_free(pointer) }
}

/// A cipher: `EVP_CIPHER`.
@safe
struct CipherHandle: ~Copyable {
    let pointer: OpaquePointer

    /// Looked up by name.
    init(name: String) throws(CryptoError) {
        unsafe pointer = try required(EVP_CIPHER_fetch(nil, name, nil), from: "EVP_CIPHER_fetch")
    }

    deinit { unsafe EVP_CIPHER_free(pointer) }
}

/// Messages being encrypted, one after the other: `EVP_CIPHER_CTX`.
@safe
struct CipherContextHandle: ~Copyable {
    let pointer: OpaquePointer

    init() throws(CryptoError) {
        unsafe pointer = try required(EVP_CIPHER_CTX_new(), from: "EVP_CIPHER_CTX_new")
    }

    deinit { unsafe EVP_CIPHER_CTX_free(pointer) }
}

private func required(
    _ pointer: OpaquePointer?,
    from function: StaticString
) throws(CryptoError) -> OpaquePointer {
    guard let pointer = unsafe pointer else {
        throw .openSSL(function: "\(function)", detail: ErrorQueue.drain())
    }
    return unsafe pointer
}
