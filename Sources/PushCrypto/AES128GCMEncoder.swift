private import COpenSSL

/// The content coding `aes128gcm` (RFC 8188) in one record.
///
/// It keeps the cipher and its context from one message to the next: one encoder serves one thread.
package struct AES128GCMEncoder: ~Copyable {
    /// What one message is encoded with.
    package struct Key: Sendable {
        /// The input keying material (RFC 8188 section 2.2): a secret.
        package var material: [UInt8]
        /// 16 octets, never used twice with the same material.
        package var salt: [UInt8]
        /// What tells the receiver which key it is: at most 255 octets.
        package var keyID: [UInt8]

        /// Takes the parts as they are.
        package init(material: [UInt8], salt: [UInt8], keyID: [UInt8]) {
            self.material = material
            self.salt = salt
            self.keyID = keyID
        }
    }

    /// `rs`, the size of a full record in octets; our one record is at most as long.
    package static let recordOctetsMax = 4_096
    /// Octets of a salt.
    package static let saltOctetCount = 16
    /// What a record holds besides the plaintext and its padding: the delimiter and the authentication tag.
    package static let recordOverhead = 1 + tagOctetCount
    /// What stands before the key identifier: the salt, the record size (4) and the identifier's length (1).
    package static let headerOctetCount = saltOctetCount + 5
    private static let tagOctetCount = 16
    private static let nonceOctetCount = 12
    /// The octet after the plaintext of the last record (RFC 8188 section 2).
    private static let lastRecordDelimiter: UInt8 = 0x02
    /// Info of the two expansions (RFC 8188 sections 2.2, 2.3), with the block number 1 of HKDF (RFC 5869) behind it.
    private static let contentKeyInfo = Array("Content-Encoding: aes128gcm\0\u{1}".utf8)
    private static let nonceInfo = Array("Content-Encoding: nonce\0\u{1}".utf8)

    private let context: CipherContextHandle

    /// Looks up the cipher.
    ///
    /// - Throws: `CryptoError.openSSL`.
    package init() throws(CryptoError) {
        let cipher = try CipherHandle(name: "AES-128-GCM")
        let context = try CipherContextHandle()
        // SAFETY: both handles outlive the call; the context takes a share in the cipher. Key and nonce come later.
        guard unsafe EVP_EncryptInit_ex2(context.pointer, cipher.pointer, nil, nil, nil) == 1 else {
            throw .openSSL(function: "EVP_EncryptInit_ex2", detail: ErrorQueue.drain())
        }
        self.context = context
    }

    /// Header and record: the plaintext, padded with zeros to `count` octets.
    ///
    /// - Precondition: the salt has 16 octets, the identifier at most 255, and the padded plaintext is not shorter than
    ///   the plaintext and fits a record.
    /// - Throws: `CryptoError.openSSL`.
    package mutating func encode(
        _ plaintext: Span<UInt8>,
        paddedTo count: Int,
        with key: Key
    ) throws(CryptoError) -> [UInt8] {
        precondition(key.salt.count == Self.saltOctetCount, "a salt has 16 octets")
        precondition(key.keyID.count <= UInt8.max, "a key identifier has at most 255 octets")
        precondition(count >= plaintext.count, "padding makes nothing shorter")
        precondition(count + Self.recordOverhead <= Self.recordOctetsMax, "a record has at most 4096 octets")

        var body = Self.header(salt: key.salt, keyID: key.keyID)
        let start = body.count
        body.reserveCapacity(start + count + Self.recordOverhead)
        for index in plaintext.indices { body.append(plaintext[index]) }
        body.append(Self.lastRecordDelimiter)
        let zeros = count - plaintext.count + Self.tagOctetCount
        body.append(contentsOf: repeatElement(0, count: zeros))
        try seal(&body, from: start, with: key)
        return body
    }

    /// Salt, record size and key identifier (RFC 8188 section 2.1).
    private static func header(salt: [UInt8], keyID: [UInt8]) -> [UInt8] {
        let size = UInt32(recordOctetsMax)
        let sizeOctets = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: size >> $0) }
        return salt + sizeOctets + [UInt8(keyID.count)] + keyID
    }

    /// Encrypts what stands from `start` on, in place; the last 16 octets become the tag.
    private mutating func seal(_ body: inout [UInt8], from start: Int, with key: Key) throws(CryptoError) {
        let pseudorandomKey = HMACSHA256.code(of: key.material.span, key: key.salt.span)
        let contentKey = HMACSHA256.code(of: Self.contentKeyInfo.span, key: pseudorandomKey.span)
        // The first and only record is number 0, which leaves the nonce as it is (RFC 8188 section 2.3).
        let nonce = HMACSHA256.code(of: Self.nonceInfo.span, key: pseudorandomKey.span)
        let count = body.count - start - Self.tagOctetCount
        let sealed = unsafe contentKey.span.withUnsafeBufferPointer { contentKey in
            unsafe nonce.span.withUnsafeBufferPointer { nonce in
                unsafe body.withUnsafeMutableBufferPointer { body in
                    unsafe Self.seal(
                        UnsafeMutableBufferPointer(rebasing: body[start...]),
                        count: count,
                        with: (context.pointer, contentKey, nonce)
                    )
                }
            }
        }
        guard sealed else { throw .openSSL(function: "EVP_EncryptUpdate", detail: ErrorQueue.drain()) }
    }

    /// Whether all calls succeeded; what a failed one leaves in the context, the next message's first call resets.
    @unsafe
    private static func seal(
        _ record: UnsafeMutableBufferPointer<UInt8>,
        count: Int,
        with parts: (context: OpaquePointer, key: UnsafeBufferPointer<UInt8>, nonce: UnsafeBufferPointer<UInt8>)
    ) -> Bool {
        guard let start = record.baseAddress else { return false }
        var written: Int32 = 0
        // SAFETY: the key and the nonce have 32 octets, of which the cipher reads 16 and 12. GCM writes as many octets as
        // it reads, and may do so in place; the record holds `count` octets and the 16 of the tag.
        return unsafe EVP_EncryptInit_ex2(parts.context, nil, parts.key.baseAddress, parts.nonce.baseAddress, nil) == 1
            && EVP_EncryptUpdate(parts.context, start, &written, start, Int32(count)) == 1
            && Int(written) == count
            && EVP_EncryptFinal_ex(parts.context, start + count, &written) == 1
            && written == 0
            && EVP_CIPHER_CTX_ctrl(
                parts.context,
                EVP_CTRL_AEAD_GET_TAG,
                Int32(tagOctetCount),
                start + count
            ) == 1
    }
}
