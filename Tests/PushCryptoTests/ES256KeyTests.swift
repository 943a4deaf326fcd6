import PushCrypto
import Testing

@Suite("ES256")
struct ES256KeyTests {
    /// RFC 7515 appendix A.3.
    static let signingInput =
        "eyJhbGciOiJFUzI1NiJ9"
        + ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    static let signature = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
    static let x = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
    static let y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"

    private static func point() throws -> [UInt8] {
        try [0x04] + #require(Base64URL.decode(x)) + #require(Base64URL.decode(y))
    }

    @Test("the signature of RFC 7515 A.3 verifies with its public key")
    func vector() throws {
        let key = try ES256PublicKey(octets: Self.point())
        let signature = try #require(Base64URL.decode(Self.signature))
        #expect(try key.verifies(signature, of: Array(Self.signingInput.utf8)))
    }

    @Test("a signature with any octet changed does not verify", arguments: 0..<64)
    func changedSignature(index: Int) throws {
        let key = try ES256PublicKey(octets: Self.point())
        var signature = try #require(Base64URL.decode(Self.signature))
        signature[index] ^= 0x01
        #expect(try !key.verifies(signature, of: Array(Self.signingInput.utf8)))
    }

    @Test(
        "what cannot be a signature does not verify",
        arguments: [
            [], [UInt8](repeating: 0, count: 64), [UInt8](repeating: 0xFF, count: 64), [UInt8](repeating: 1, count: 63),
            [UInt8](repeating: 1, count: 65),
        ]
    )
    func impossibleSignature(signature: [UInt8]) throws {
        let key = try ES256PublicKey(octets: Self.point())
        #expect(try !key.verifies(signature, of: Array(Self.signingInput.utf8)))
    }

    @Test(
        "every form of one private key gives the same public key",
        arguments: [
            PEMFixtures.pkcs8, PEMFixtures.sec1, PEMFixtures.sec1WithParameters, PEMFixtures.compressed,
            PEMFixtures.withoutPublic,
            "\u{FEFF}" + PEMFixtures.pkcs8, PEMFixtures.pkcs8.replacing("\n", with: "\r\n"),
            "Key for tests\n" + PEMFixtures.pkcs8 + "\nthe end",
        ]
    )
    func forms(pem: String) throws {
        #expect(try ES256Key(pem: pem).publicKey.octets == Self.point())
    }

    @Test(
        "a key verifies what it signs, also the empty message, and each signature is new",
        arguments: [0, 1, 300, 100_000]
    )
    func roundTrip(count: Int) throws {
        let key = try ES256Key.generate()
        let message = [UInt8](repeating: 7, count: count)
        let first = try key.signature(of: message)
        let second = try key.signature(of: message)
        #expect(first.count == 64)
        #expect(first != second)
        #expect(try key.publicKey.verifies(first, of: message))
        #expect(try key.publicKey.verifies(second, of: message))
        #expect(try !key.publicKey.verifies(first, of: message + [7]))
    }

    @Test("R and S take 32 octets each, also where one is a shorter number")
    func padding() throws {
        let key = try ES256Key(pem: PEMFixtures.pkcs8)
        // One half in 256 begins with a zero octet: that 10,000 halves have none has a chance of one in 10^17.
        for index in 0..<5_000 {
            let message = Array("message \(index)".utf8)
            let signature = try key.signature(of: message)
            #expect(signature.count == 64)
            guard signature[0] == 0 || signature[32] == 0 else { continue }
            #expect(try key.publicKey.verifies(signature, of: message))
            return
        }
        Issue.record("no signature of 5,000 has a half that begins with zero")
    }

    @Test("another key does not verify")
    func wrongKey() throws {
        let message = Array("event".utf8)
        let signature = try ES256Key.generate().signature(of: message)
        #expect(try !ES256Key.generate().publicKey.verifies(signature, of: message))
    }

    @Test("a generated key survives PEM")
    func pemRoundTrip() throws {
        let key = try ES256Key.generate()
        let pem = try key.pem()
        #expect(pem.hasPrefix("-----BEGIN PRIVATE KEY-----\n"))
        #expect(pem.hasSuffix("-----END PRIVATE KEY-----\n"))
        let read = try ES256Key(pem: pem)
        #expect(read.publicKey.octets == key.publicKey.octets)
        let message = Array("event".utf8)
        #expect(try key.publicKey.verifies(read.signature(of: message), of: message))
    }

    @Test("the PEM of a key is the PEM it was read from")
    func pemIsStable() throws {
        #expect(try ES256Key(pem: PEMFixtures.sec1).pem() == PEMFixtures.pkcs8)
    }

    @Test(
        "a text that is no P-256 private key is refused for what it is",
        arguments: [
            ("", .notPEM), ("not a key", .notPEM), ("{\"type\": \"service_account\"}", .notPEM),
            (PEMFixtures.publicKey, .notPrivateKey(label: "PUBLIC KEY")),
            ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", .notPrivateKey(label: "CERTIFICATE")),
            (
                "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----",
                .notPrivateKey(label: "EC PARAMETERS")
            ),
            (PEMFixtures.encryptedPKCS8, .encrypted), (PEMFixtures.encryptedSEC1, .encrypted),
            (PEMFixtures.rsaPKCS8, .wrongAlgorithm("RSA")), (PEMFixtures.rsaPKCS1, .wrongAlgorithm("RSA")),
            (PEMFixtures.ed25519, .wrongAlgorithm("ED25519")),
            (PEMFixtures.p384, .wrongCurve("secp384r1")), (PEMFixtures.secp256k1, .wrongCurve("secp256k1")),
        ] as [(String, CryptoError)]
    )
    func refusals(pem: String, error: CryptoError) {
        #expect(throws: error) { try ES256Key(pem: pem) }
    }

    @Test(
        "a broken block is refused with OpenSSL's text",
        arguments: [
            "-----BEGIN PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----",
            String(PEMFixtures.pkcs8.dropLast(60)), PEMFixtures.pkcs8.replacing("\n", with: "\\n"),
            PEMFixtures.pkcs8.replacing("MIGH", with: "MIGI"), PEMFixtures.pkcs8.replacing("MIGH", with: "****"),
        ]
    )
    func malformed(pem: String) throws {
        let error = try #require(throws: CryptoError.self) { try ES256Key(pem: pem) }
        guard case .malformedKey(let detail) = error else {
            Issue.record("refused as something else: \(error)")
            return
        }
        #expect(detail.hasPrefix("error:"))
    }

    @Test(
        "a key whose parts do not belong together is refused",
        arguments: [PEMFixtures.foreignPublic, PEMFixtures.scalarTooLarge]
    )
    func invalid(pem: String) throws {
        let error = try #require(throws: CryptoError.self) { try ES256Key(pem: pem) }
        switch error {
        case .invalidKey, .malformedKey: break
        default: Issue.record("refused as something else: \(error)")
        }
    }

    @Test("no error text holds a line of the key")
    func errorsKeepSecrets() throws {
        for pem in [
            PEMFixtures.p384, PEMFixtures.foreignPublic, PEMFixtures.rsaPKCS8, String(PEMFixtures.pkcs8.dropLast(60)),
        ] {
            let error = try #require(throws: CryptoError.self) { try ES256Key(pem: pem) }
            for line in pem.split(separator: "\n") where !line.hasPrefix("-----") {
                #expect(!error.description.contains(line))
            }
        }
    }

    @Test("octets that are no uncompressed point on the curve are refused")
    func publicKeyRefusals() throws {
        let point = try Self.point()
        var offCurve = point
        offCurve[64] ^= 1
        for octets in [
            [], Array(point.dropLast()), point + [0], [0x02] + point[1...], offCurve,
            [0x04] + [UInt8](repeating: 0, count: 64),
        ] {
            let error = try #require(throws: CryptoError.self) { try ES256PublicKey(octets: octets) }
            guard case .malformedPublicKey = error else {
                Issue.record("refused as something else: \(error)")
                continue
            }
        }
    }

    @Test("a failure leaves nothing behind that the next one would report")
    func errorQueueIsEmptied() throws {
        let expected = try #require(throws: CryptoError.self) {
            try ES256Key(pem: "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----")
        }
        _ = try? ES256Key(pem: PEMFixtures.foreignPublic)
        _ = try? ES256PublicKey(octets: [0x04] + [UInt8](repeating: 0, count: 64))
        _ = try ES256PublicKey(octets: Self.point()).verifies([UInt8](repeating: 0, count: 64), of: [])
        #expect(throws: expected) { try ES256Key(pem: "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----") }
    }

    @Test("one key signs on many threads at a time", .timeLimit(.minutes(5)))
    func concurrentUse() async throws {
        let key = try ES256Key.generate()
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for index in 0..<64 {
                group.addTask { @concurrent in
                    let message = Array("event \(index)".utf8)
                    return try key.publicKey.verifies(key.signature(of: message), of: message)
                }
            }
            for try await verifies in group { #expect(verifies) }
        }
    }
}

@Suite("JSON Web Tokens")
struct JSONWebTokenTests {
    @Test("a token is header, claims and a signature over both")
    func structure() throws {
        let key = try ES256Key.generate()
        let header = #"{"alg":"ES256","kid":"KEY1234567"}"#
        let claims = #"{"iss":"ABCDE12345","iat":1795000000}"#
        let token = try JSONWebToken.es256(header: Array(header.utf8), claims: Array(claims.utf8), key: key)
        let parts = token.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        try #require(parts.count == 3)
        #expect(Base64URL.decode(parts[0]) == Array(header.utf8))
        #expect(Base64URL.decode(parts[1]) == Array(claims.utf8))
        let signature = try #require(Base64URL.decode(parts[2]))
        #expect(try key.publicKey.verifies(signature, of: Array("\(parts[0]).\(parts[1])".utf8)))
        #expect(try !key.publicKey.verifies(signature, of: Array("\(parts[0]).\(parts[1])x".utf8)))
    }

    @Test("header and claims of RFC 7515 A.3 are encoded as there")
    func vector() throws {
        let key = try ES256Key(pem: PEMFixtures.pkcs8)
        let claims = "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}"
        let token = try JSONWebToken.es256(
            header: Array(#"{"alg":"ES256"}"#.utf8),
            claims: Array(claims.utf8),
            key: key
        )
        #expect(token.hasPrefix(ES256KeyTests.signingInput + "."))
    }
}

@Suite("VAPID keys")
struct VAPIDKeyTests {
    /// The private key of RFC 7515 A.3, which `PEMFixtures.pkcs8` holds.
    static let raw = "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"

    @Test(
        "the raw form gives the key that the PEM gives, its public part calculated",
        arguments: ["", "=", "\n", "=\r\n"]
    )
    func rawForm(end: String) throws {
        let key = try ES256Key(base64URL: Self.raw + end)
        #expect(try key.publicKey.octets == ES256Key(pem: PEMFixtures.pkcs8).publicKey.octets)
        #expect(try key.pem() == PEMFixtures.pkcs8)
    }

    @Test("the key pair of RFC 8291 appendix A is one")
    func vector() throws {
        let key = try ES256Key(base64URL: "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94")
        #expect(key.publicKey.base64URL == WebPushVectorTests.p256dh)
    }

    @Test("the public key of RFC 8292 section 2.4 verifies the token there")
    func tokenVector() throws {
        let token =
            "eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJleHAiOjE0NTM1MjM3NjgsInN1"
            + "YiI6Im1haWx0bzpwdXNoQGV4YW1wbGUuY29tIn0"
        let signature = "i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMuCGSK2rpiUfnK9ojFwDXb1JrErtmysazNjjvW2L9OkSSHzvoD1oA"
        let k = "BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs"
        let key = try ES256PublicKey(octets: #require(Base64URL.decode(k)))
        #expect(try key.verifies(#require(Base64URL.decode(signature)), of: Array(token.utf8)))
        #expect(key.base64URL == k)
    }

    @Test("a generated key's public part has 65 octets, 87 digits of base64url, and starts with B")
    func publicForm() throws {
        let key = try ES256Key.generate()
        #expect(key.publicKey.octets.count == 65 && key.publicKey.octets[0] == 0x04)
        #expect(key.publicKey.base64URL.count == 87 && key.publicKey.base64URL.hasPrefix("B"))
        #expect(Base64URL.decode(key.publicKey.base64URL) == key.publicKey.octets)
    }

    @Test(
        "what is no raw private key is refused",
        arguments: [
            "", "\n", "no key", "====", String(raw.dropLast(2)), raw + "AA", WebPushVectorTests.p256dh,
            // Zero, the order of the group, and the number after it (FIPS 186-4 D.1.2.3).
            String(repeating: "A", count: 43), "_____wAAAAD__________7zm-q2nF56E87nKwvxjJVE",
            "_____wAAAAD__________7zm-q2nF56E87nKwvxjJVI", PEMFixtures.pkcs8,
        ]
    )
    func refusals(text: String) throws {
        let error = try #require(throws: CryptoError.self) { try ES256Key(base64URL: text) }
        guard case .invalidKey(let detail) = error else {
            Issue.record("refused as something else: \(error)")
            return
        }
        #expect(text.count < 8 || !detail.contains(text))
    }

    @Test(
        "the smallest and the largest private key are keys",
        arguments: [
            String(repeating: "A", count: 42) + "E", "_____wAAAAD__________7zm-q2nF56E87nKwvxjJVA",
        ]
    )
    func bounds(text: String) throws {
        let octets = try ES256Key(base64URL: text).publicKey.octets
        // The generator of the group and its negative have the same X (FIPS 186-4 D.1.2.3).
        #expect(hexadecimal(octets.span).dropFirst(2).hasPrefix("6b17d1f2e12c4247f8bce6e563a440f2"))
    }
}
