import PushCrypto
import Testing
import Yardstick

/// What encryption is measured beside has to do the same work.
struct PlainEncryptionTests {
    @Test("a browser decrypts it", arguments: [1, 300, 3993])
    func decrypts(count: Int) throws {
        let browser = try TestBrowser(authenticationSecret: Array(1...16))
        let plaintext = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        let plain = try PlainEncryption()
        let bodies = try (0..<2).map { _ in
            try plain.encrypt(plaintext, publicKey: browser.publicKey, secret: browser.authenticationSecret)
        }
        let messages = try bodies.map { try browser.receive($0) }
        #expect(messages.allSatisfy { $0.plaintext == plaintext && $0.recordSize == 4096 })
        #expect(messages[0].senderKey != messages[1].senderKey && messages[0].salt != messages[1].salt)

        let keys = try WebPushSubscriptionKeys(
            publicKey: browser.publicKey,
            authenticationSecret: browser.authenticationSecret
        )
        var encryptor = try WebPushEncryptor()
        #expect(try encryptor.encrypt(plaintext.span, for: keys).count == bodies[0].count)
    }

    @Test("a key that is no point on the curve is refused")
    func noPoint() throws {
        let plain = try PlainEncryption()
        let key: [UInt8] = [4] + [UInt8](repeating: 1, count: 64)
        #expect(throws: YardstickError.self) {
            try plain.encrypt([1], publicKey: key, secret: [UInt8](repeating: 0, count: 16))
        }
    }
}
