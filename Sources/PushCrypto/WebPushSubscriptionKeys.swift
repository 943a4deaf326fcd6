/// The two keys of a browser's push subscription (W3C Push API, `PushSubscription.getKey`), known to be usable.
///
/// It is never printed, the authentication secret least of all.
package struct WebPushSubscriptionKeys: Hashable, Sendable, CustomReflectable {
    /// Octets of an authentication secret (RFC 8291 section 3.2).
    package static let authenticationSecretOctetCount = 16

    /// `p256dh`: an uncompressed point on P-256, 65 octets.
    package let publicKey: [UInt8]
    /// `auth`: 16 octets, a secret between browser and application server.
    package let authenticationSecret: [UInt8]

    /// From octets.
    ///
    /// - Throws: `CryptoError.malformedPublicKey` for what is no uncompressed point on the curve,
    ///   `CryptoError.malformedAuthenticationSecret` for a secret of another length.
    package init(publicKey: [UInt8], authenticationSecret: [UInt8]) throws(CryptoError) {
        try CurveP256.check(point: publicKey)
        guard authenticationSecret.count == Self.authenticationSecretOctetCount else {
            throw .malformedAuthenticationSecret(detail: "\(authenticationSecret.count) octets; 16 are needed")
        }
        self.publicKey = publicKey
        self.authenticationSecret = authenticationSecret
    }

    /// From base64url, as `PushSubscription.toJSON` gives both; padding may be there.
    ///
    /// - Throws: as from octets; text that is not base64url is malformed.
    package init(p256dh: String, auth: String) throws(CryptoError) {
        guard let publicKey = Base64URL.decode(p256dh) else { throw .malformedPublicKey(detail: "not base64url") }
        guard let secret = Base64URL.decode(auth) else {
            throw .malformedAuthenticationSecret(detail: "not base64url")
        }
        try self.init(publicKey: publicKey, authenticationSecret: secret)
    }

    /// Nothing: what prints or dumps the keys shows no octet of them.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
