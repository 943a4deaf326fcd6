private import COpenSSL

/// Web Push encryption (RFC 8291) in OpenSSL's own calls and nothing more: what Belfry's costs is read beside it.
///
/// The curve by its low-level functions, which cost half of `EVP_PKEY`'s. Belongs to one thread, and keeps all working memory.
/// It is for measurements: it checks nothing that OpenSSL does not check by itself.
@safe
package final class PlainEncryption {
    /// Salt, record size, length of the key, the key (RFC 8188 section 2.1).
    private static let headerCount = 86
    private static let tagCount = 16
    private static let keyInfo = Array("WebPush: info\0".utf8)
    private static let contentInfo = Array("Content-Encoding: aes128gcm\0\u{1}".utf8)
    private static let nonceInfo = Array("Content-Encoding: nonce\0\u{1}".utf8)

    private let group: OpaquePointer
    private let numbers: OpaquePointer
    private let point: OpaquePointer
    private let product: OpaquePointer
    private let scalar: OpaquePointer
    private let coordinate: OpaquePointer
    private let cipher: OpaquePointer

    /// - Throws: `YardstickError` where OpenSSL has no memory.
    package init() throws(YardstickError) {
        // SAFETY: each handle is made here and freed in `deinit`; a failure means that there is no memory, and the process will not
        // go on measuring.
        guard let group = unsafe EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1), let numbers = unsafe BN_CTX_new(),
            let point = unsafe EC_POINT_new(group), let product = unsafe EC_POINT_new(group),
            let scalar = unsafe BN_new(), let coordinate = unsafe BN_new(), let cipher = unsafe EVP_CIPHER_CTX_new(),
            unsafe EVP_EncryptInit_ex(cipher, EVP_aes_128_gcm(), nil, nil, nil) == 1
        else { throw .openSSL("handles") }
        unsafe self.group = group
        unsafe self.numbers = numbers
        unsafe self.point = point
        unsafe self.product = product
        unsafe self.scalar = scalar
        unsafe self.coordinate = coordinate
        unsafe self.cipher = cipher
    }

    deinit {
        // SAFETY: made in `init`, freed here only.
        unsafe EVP_CIPHER_CTX_free(cipher)
        unsafe BN_free(coordinate)
        unsafe BN_free(scalar)
        unsafe EC_POINT_free(product)
        unsafe EC_POINT_free(point)
        unsafe BN_CTX_free(numbers)
        unsafe EC_GROUP_free(group)
    }

    /// Encrypts for a subscription, with a new key.
    ///
    /// - Parameters:
    ///   - plaintext: At most 3993 octets.
    ///   - publicKey: The subscription's, 65 octets.
    ///   - secret: The subscription's, 16 octets.
    /// - Returns: the body of the push request.
    /// - Throws: `YardstickError` where OpenSSL refuses.
    package func encrypt(_ plaintext: [UInt8], publicKey: [UInt8], secret: [UInt8]) throws(YardstickError) -> [UInt8] {
        var body = [UInt8](repeating: 0, count: Self.headerCount + plaintext.count + 1 + Self.tagCount)
        var shared = [UInt8](repeating: 0, count: 32)
        var own = [UInt8](repeating: 0, count: 65)
        var salt = [UInt8](repeating: 0, count: 16)
        // SAFETY: the handles live; each array has the size that its call reads or writes.
        guard unsafe BN_priv_rand_range(scalar, EC_GROUP_get0_order(group)) == 1,
            unsafe EC_POINT_mul(group, product, scalar, nil, nil, numbers) == 1,
            unsafe EC_POINT_point2oct(group, product, POINT_CONVERSION_UNCOMPRESSED, &own, own.count, numbers)
                == own.count,
            unsafe EC_POINT_oct2point(group, point, publicKey, publicKey.count, numbers) == 1,
            unsafe EC_POINT_mul(group, product, nil, point, scalar, numbers) == 1,
            unsafe EC_POINT_get_affine_coordinates(group, product, coordinate, nil, numbers) == 1,
            unsafe BN_bn2binpad(coordinate, &shared, 32) == 32, unsafe RAND_bytes(&salt, 16) == 1
        else { throw .openSSL("key agreement") }
        let material = Self.code(Self.keyInfo + publicKey + own + [1], key: Self.code(shared, key: secret))
        let pseudorandomKey = Self.code(material, key: salt)
        let contentKey = Self.code(Self.contentInfo, key: pseudorandomKey)
        let nonce = Self.code(Self.nonceInfo, key: pseudorandomKey)
        body.replaceSubrange(0..<Self.headerCount, with: salt + [0, 0, 16, 0, 65] + own)
        body.replaceSubrange(Self.headerCount..<(Self.headerCount + plaintext.count), with: plaintext)
        body[Self.headerCount + plaintext.count] = 2
        try seal(&body, plaintext.count + 1, contentKey, nonce)
        return body
    }

    private func seal(_ body: inout [UInt8], _ count: Int, _ key: [UInt8], _ nonce: [UInt8]) throws(YardstickError) {
        var written: Int32 = 0
        // SAFETY: key and nonce have 32 octets, of which 16 and 12 are read; behind the header the body holds `count` octets and
        // the 16 of the tag, and GCM may work in place.
        let isSealed = unsafe body.withUnsafeMutableBufferPointer { body -> Bool in
            let start = unsafe body.baseAddress.unsafelyUnwrapped + Self.headerCount
            return unsafe EVP_EncryptInit_ex(cipher, nil, nil, key, nonce) == 1
                && EVP_EncryptUpdate(cipher, start, &written, start, Int32(count)) == 1
                && EVP_EncryptFinal_ex(cipher, start + count, &written) == 1
                && EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, Int32(Self.tagCount), start + count) == 1
        }
        guard isSealed else { throw .openSSL("AES-128-GCM") }
    }

    /// HMAC-SHA-256 (RFC 2104) on the digest whose state is a plain structure.
    private static func code(_ octets: [UInt8], key: [UInt8]) -> [UInt8] {
        var inner = [UInt8](repeating: 0x36, count: 64)
        var outer = [UInt8](repeating: 0x5C, count: 64)
        for (index, octet) in key.enumerated() {
            inner[index] ^= octet
            outer[index] ^= octet
        }
        return digest(outer, digest(inner, octets))
    }

    private static func digest(_ first: [UInt8], _ second: [UInt8]) -> [UInt8] {
        var context = SHA256_CTX()
        var digest = [UInt8](repeating: 0, count: 32)
        // SAFETY: the structure is this function's own; the arrays are read within their counts, and 32 octets are written.
        unsafe _ = belfry_sha256_init(&context)
        unsafe _ = belfry_sha256_update(&context, first, first.count)
        unsafe _ = belfry_sha256_update(&context, second, second.count)
        unsafe _ = belfry_sha256_final(&digest, &context)
        return digest
    }
}
