internal import Crypto
internal import Foundation

/// Opens an encrypted push message, as the browser does (RFC 8291, RFC 8188).
struct PushMessageDecryption {
    /// Why a message cannot be read.
    struct Failure: Error {
        let description: String
    }

    private static let saltOctets = 16
    private static let keyOctets = 65
    /// Salt, record size, length of the key id, and the key id.
    private static let headerOctets = saltOctets + 4 + 1 + keyOctets
    private static let tagOctets = 16

    /// The browser's key pair and authentication secret (16 octets).
    let privateKey: P256.KeyAgreement.PrivateKey
    let authSecret: Data
    /// The application server's VAPID key, which must not be its key for encryption too.
    let serverKey: Data?

    /// What the message says.
    ///
    /// - Throws: `Failure` for any departure from the two RFCs.
    func open(_ body: [UInt8]) throws(Failure) -> [UInt8] {
        guard body.count >= Self.headerOctets + Self.tagOctets + 1 else {
            throw Failure(description: "the body is shorter than its header and an empty record")
        }
        guard body[20] == Self.keyOctets else {
            throw Failure(description: "the key id is \(body[20]) octets long, not 65")
        }
        let recordSize = body[16..<20].reduce(0) { $0 << 8 | Int($1) }
        let record = body[Self.headerOctets...]
        // RFC 8291 section 4: one record, and the record size is larger than it.
        guard recordSize > record.count else {
            throw Failure(description: "record size \(recordSize) is not larger than the one record, \(record.count)")
        }
        let senderKey = Data(body[21..<Self.headerOctets])
        guard senderKey != serverKey else {
            throw Failure(description: "the VAPID key is used for encryption (RFC 8292 section 3.2)")
        }
        let keys = try keys(salt: Data(body[..<Self.saltOctets]), senderKey: senderKey)
        let plaintext: Data
        do {
            let sealed = try AES.GCM.SealedBox(
                nonce: keys.nonce,
                ciphertext: record.dropLast(Self.tagOctets),
                tag: record.suffix(Self.tagOctets)
            )
            plaintext = try AES.GCM.open(sealed, using: keys.content)
        } catch {
            throw Failure(description: "the record does not open with the subscription's keys")
        }
        return try Self.withoutPadding(Array(plaintext))
    }

    /// Content encryption key and nonce (RFC 8291 section 3.4, RFC 8188 section 2.2).
    private func keys(
        salt: Data,
        senderKey: Data
    ) throws(Failure) -> (content: SymmetricKey, nonce: AES.GCM.Nonce) {
        do {
            let publicKey = try P256.KeyAgreement.PublicKey(x963Representation: senderKey)
            let secret = try privateKey.sharedSecretFromKeyAgreement(with: publicKey)
            let own = privateKey.publicKey.x963Representation
            let input = secret.hkdfDerivedSymmetricKey(
                using: SHA256.self,
                salt: authSecret,
                sharedInfo: Data("WebPush: info\0".utf8) + own + senderKey,
                outputByteCount: 32
            )
            func derive(_ info: String, _ count: Int) -> SymmetricKey {
                HKDF<SHA256>.deriveKey(
                    inputKeyMaterial: input,
                    salt: salt,
                    info: Data(info.utf8),
                    outputByteCount: count
                )
            }
            let nonce = derive("Content-Encoding: nonce\0", 12).octets
            return (derive("Content-Encoding: aes128gcm\0", 16), try AES.GCM.Nonce(data: nonce))
        } catch {
            throw Failure(description: "the key id is not a point on P-256")
        }
    }

    /// The last record ends with 0x02 and any number of zeros (RFC 8188 section 2).
    private static func withoutPadding(_ plaintext: [UInt8]) throws(Failure) -> [UInt8] {
        guard let delimiter = plaintext.lastIndex(where: { $0 != 0 }) else {
            throw Failure(description: "the record has no padding delimiter")
        }
        guard plaintext[delimiter] == 2 else {
            throw Failure(description: "the padding delimiter is \(plaintext[delimiter]), not 2")
        }
        return Array(plaintext[..<delimiter])
    }
}
