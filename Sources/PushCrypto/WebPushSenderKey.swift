/// A key pair on P-256 of the sending side, for one message or a few (RFC 8291 section 3.1).
///
/// A class, because arrays hold no noncopyable values. It never leaves its encryptor.
final class WebPushSenderKey {
    private let scalar: NumberHandle
    /// The uncompressed point: 65 octets.
    let publicKey: [UInt8]

    /// A new key.
    ///
    /// - Throws: `CryptoError.openSSL`.
    init(on curve: borrowing CurveP256) throws(CryptoError) {
        let scalar = try curve.randomScalar()
        publicKey = try curve.publicKey(of: scalar)
        self.scalar = scalar
    }

    /// The key with this private part, 32 octets: only test vectors know it.
    ///
    /// - Throws: `CryptoError.invalidKey` for a number that is no private key.
    init(privateKey: [UInt8], on curve: borrowing CurveP256) throws(CryptoError) {
        let scalar = try CurveP256.scalar(privateKey)
        publicKey = try curve.publicKey(of: scalar)
        self.scalar = scalar
    }

    /// Info of the key derivation (RFC 8291 section 3.4), before the two public keys.
    private static let infoStart = Array("WebPush: info\0".utf8)

    /// What messages to the subscription are encrypted from: 32 octets (`IKM` of RFC 8291 section 3.4).
    ///
    /// - Throws: `CryptoError.openSSL`.
    func keyMaterial(
        for subscription: WebPushSubscriptionKeys,
        on curve: borrowing CurveP256
    ) throws(CryptoError) -> [UInt8] {
        let secret = try curve.sharedSecret(of: scalar, with: subscription.publicKey)
        let combined = HMACSHA256.code(of: secret.span, key: subscription.authenticationSecret.span)
        // The block number 1 of HKDF stands at the end (RFC 5869 section 2.3).
        let info = Self.infoStart + subscription.publicKey + publicKey + [0x01]
        let material = HMACSHA256.code(of: info.span, key: combined.span)
        return material.indices.map { material[$0] }
    }
}
