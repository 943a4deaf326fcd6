import PushCrypto
import Testing

@Suite("Published vectors of Web Push encryption")
struct WebPushVectorTests {
    /// RFC 8291 section 5 and appendix A.
    static let plaintext = "When I grow up, I want to be a watermelon"
    static let p256dh = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
    static let auth = "BTBZMqHH6r4Tts7J_aSIgg"
    static let senderPrivateKey = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
    static let salt = "DGv6ra1nlYgDCS1FRnbzlw"
    static let body =
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"
        + "yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"

    @Test("RFC 8291 section 5: the body has the 144 octets shown")
    func webPush() throws {
        let subscription = try WebPushSubscriptionKeys(p256dh: Self.p256dh, auth: Self.auth)
        let secrets = WebPushEncryptor.FixedSecrets(
            salt: try #require(Base64URL.decode(Self.salt)),
            senderPrivateKey: try #require(Base64URL.decode(Self.senderPrivateKey))
        )
        var encryptor = try WebPushEncryptor()
        let plaintext = Array(Self.plaintext.utf8)
        // Twice, since the cipher's context is used again.
        for _ in 0..<2 {
            let body = try encryptor.encrypt(plaintext.span, for: subscription, fixed: secrets)
            #expect(body.count == 144)
            #expect(Base64URL.encode(body.span) == Self.body)
        }
    }

    @Test("RFC 8188 section 3.1: the content coding by itself, without a key identifier")
    func contentCoding() throws {
        let key = AES128GCMEncoder.Key(
            material: try #require(Base64URL.decode("yqdlZ-tYemfogSmv7Ws5PQ")),
            salt: try #require(Base64URL.decode("I1BsxtFttlv3u_Oo94xnmw")),
            keyID: []
        )
        var encoder = try AES128GCMEncoder()
        let plaintext = Array("I am the walrus".utf8)
        let body = try encoder.encode(plaintext.span, paddedTo: plaintext.count, with: key)
        #expect(
            Base64URL.encode(body.span) == "I1BsxtFttlv3u_Oo94xnmwAAEAAA-NAVub2qFgBEuQKRapoZu-IxkIva3MEB1PD-ly8Thjg"
        )
    }

    /// RFC 4231 section 4, cases 1 to 4, 6 and 7: key, message, code.
    static let codes: [(key: [UInt8], message: [UInt8], code: String)] = [
        (
            [UInt8](repeating: 0x0B, count: 20), Array("Hi There".utf8),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            [UInt8](repeating: 0xAA, count: 20), [UInt8](repeating: 0xDD, count: 50),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
        ),
        (
            Array(1...25), [UInt8](repeating: 0xCD, count: 50),
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
        ),
        (
            [UInt8](repeating: 0xAA, count: 131), Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
        (
            [UInt8](repeating: 0xAA, count: 131),
            Array(
                ("This is a test using a larger than block-size key and a larger than block-size data. "
                    + "The key needs to be hashed before being used by the HMAC algorithm.").utf8
            ),
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
        ),
    ]

    @Test("RFC 4231: HMAC with SHA-256, at once and in parts", arguments: codes)
    func authenticationCodes(key: [UInt8], message: [UInt8], code: String) {
        #expect(hexadecimal(HMACSHA256.code(of: message.span, key: key.span).span) == code)
        var parts = HMACSHA256(key: key.span)
        for octet in message { parts.update([octet].span) }
        #expect(hexadecimal(parts.finalize().span) == code)
    }
}
