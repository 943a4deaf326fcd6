import PushCrypto
import Testing

@Suite("Keys of a Web Push subscription")
struct WebPushSubscriptionKeysTests {
    private static let point = Base64URL.decode(WebPushVectorTests.p256dh) ?? []
    private static let secret = [UInt8](repeating: 7, count: 16)

    @Test("both keys are read from base64url, with and without padding")
    func base64URL() throws {
        let keys = try WebPushSubscriptionKeys(p256dh: WebPushVectorTests.p256dh, auth: WebPushVectorTests.auth)
        let padded = try WebPushSubscriptionKeys(
            p256dh: WebPushVectorTests.p256dh + "=",
            auth: WebPushVectorTests.auth + "=="
        )
        #expect(keys == padded)
        #expect(keys.publicKey == Self.point)
        #expect(keys.authenticationSecret == Base64URL.decode(WebPushVectorTests.auth))
    }

    /// What is no public key: a name and the octets.
    private static let impossiblePoints: [(String, [UInt8])] = {
        var offCurve = point
        offCurve[64] ^= 1
        // The prime of the field (FIPS 186-4 D.1.2.3) stands for 0, which a coordinate has one form for only.
        let prime =
            [0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 1] + [UInt8](repeating: 0, count: 12)
            + [UInt8](repeating: 0xFF, count: 12)
        let compressed = [0x02 | point[64] & 1] + point[1..<33]
        return [
            ("nothing", []), ("the point at infinity", [0x00]), ("compressed", compressed),
            ("infinity, filled up", [0x00] + [UInt8](repeating: 0, count: 64)),
            ("compressed, filled up", compressed + [UInt8](repeating: 0, count: 32)),
            ("hybrid", [0x06 | point[64] & 1] + point[1...]),
            ("one octet short", Array(point.dropLast())), ("one octet long", point + [0]),
            ("without its first octet", Array(point.dropFirst())),
            ("not on the curve", offCurve), ("zeros", [0x04] + [UInt8](repeating: 0, count: 64)),
            ("beyond the field", [0x04] + [UInt8](repeating: 0xFF, count: 64)),
            ("X is the prime", [0x04] + prime + point[33...]),
        ]
    }()

    @Test("what is no uncompressed point on P-256 is refused", arguments: impossiblePoints)
    func publicKeyRefusals(name: String, octets: [UInt8]) throws {
        let error = try #require(throws: CryptoError.self) {
            try WebPushSubscriptionKeys(publicKey: octets, authenticationSecret: Self.secret)
        }
        guard case .malformedPublicKey = error else {
            Issue.record("refused as something else: \(error)")
            return
        }
    }

    @Test("an authentication secret of another length is refused", arguments: [0, 15, 17, 32])
    func secretRefusals(count: Int) {
        #expect(throws: CryptoError.malformedAuthenticationSecret(detail: "\(count) octets; 16 are needed")) {
            try WebPushSubscriptionKeys(
                publicKey: Self.point,
                authenticationSecret: [UInt8](repeating: 1, count: count)
            )
        }
    }

    @Test("text that is not base64url is refused for the key that it stands for")
    func textRefusals() {
        #expect(throws: CryptoError.malformedPublicKey(detail: "not base64url")) {
            try WebPushSubscriptionKeys(p256dh: "B+/=", auth: WebPushVectorTests.auth)
        }
        #expect(throws: CryptoError.malformedAuthenticationSecret(detail: "not base64url")) {
            try WebPushSubscriptionKeys(p256dh: WebPushVectorTests.p256dh, auth: "no secret")
        }
    }

    @Test("neither printing nor dumping shows a key")
    func keysAreNotPrinted() throws {
        let keys = try WebPushSubscriptionKeys(publicKey: Self.point, authenticationSecret: Self.secret)
        var dumped = ""
        dump(keys, to: &dumped)
        for text in ["\(keys)", String(reflecting: keys), "\([keys])", dumped] {
            #expect(!text.contains("7") && !text.contains("\(Self.point[1])"), "\(text)")
        }
    }

    @Test("a refusal leaves nothing in OpenSSL's queue that the next one would report")
    func errorQueueIsEmptied() throws {
        let refuse = {
            try WebPushSubscriptionKeys(
                publicKey: [0x04] + [UInt8](repeating: 0, count: 64),
                authenticationSecret: Self.secret
            )
        }
        let first = try #require(throws: CryptoError.self) { try refuse() }
        #expect(throws: first) { try refuse() }
    }
}
