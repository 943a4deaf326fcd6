import PushCrypto
import Testing

@Suite("RS256")
struct RS256KeyTests {
    /// RFC 7515 appendix A.2.
    static let claims = "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}"
    static let token =
        "eyJhbGciOiJSUzI1NiJ9"
        + ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
        + ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W"
        + "2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkS"
        + "jtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnv"
        + "Wh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"

    @Test(
        "every form of the key of RFC 7515 A.2 signs the token there",
        arguments: [
            RSAFixtures.pkcs8, RSAFixtures.pkcs1, "\u{FEFF}" + RSAFixtures.pkcs8,
            RSAFixtures.pkcs8.replacing("\n", with: "\r\n"), "Key for tests\n" + RSAFixtures.pkcs8 + "\nthe end",
        ]
    )
    func vector(pem: String) throws {
        let key = try RS256Key(pem: pem)
        #expect(key.bits == 2_048)
        let header = Array(#"{"alg":"RS256"}"#.utf8)
        #expect(try JSONWebToken.rs256(header: header, claims: Array(Self.claims.utf8), key: key) == Self.token)
    }

    @Test("a signature has as many octets as the modulus", arguments: [0, 1, 300, 100_000])
    func sizes(count: Int) throws {
        let message = [UInt8](repeating: 7, count: count)
        #expect(try RS256Key(pem: RSAFixtures.pkcs8).signature(of: message).count == 256)
        #expect(try RS256Key(pem: RSAFixtures.bits3072).signature(of: message).count == 384)
    }

    @Test(
        "a text that is no RSA private key of 2048 bits is refused for what it is",
        arguments: [
            ("", .notPEM), ("not a key", .notPEM), (PEMFixtures.publicKey, .notPrivateKey(label: "PUBLIC KEY")),
            (RSAFixtures.encryptedPKCS8, .encrypted), (RSAFixtures.encryptedPKCS1, .encrypted),
            (PEMFixtures.pkcs8, .wrongAlgorithm("EC", needed: "an RSA key")),
            (PEMFixtures.sec1, .wrongAlgorithm("EC", needed: "an RSA key")),
            (PEMFixtures.ed25519, .wrongAlgorithm("ED25519", needed: "an RSA key")),
            (RSAFixtures.pss, .wrongAlgorithm("RSA-PSS", needed: "an RSA key")),
            (RSAFixtures.bits1024, .weakKey(bits: 1_024, bitsMin: 2_048)),
        ] as [(String, CryptoError)]
    )
    func refusals(pem: String, error: CryptoError) {
        #expect(throws: error) { try RS256Key(pem: pem) }
    }

    @Test("a key whose parts do not belong together is refused")
    func foreignExponent() throws {
        let error = try #require(throws: CryptoError.self) { try RS256Key(pem: RSAFixtures.foreignExponent) }
        guard case .invalidKey = error else {
            Issue.record("refused as something else: \(error)")
            return
        }
    }

    @Test(
        "a broken block is refused with OpenSSL's text",
        arguments: [
            String(RSAFixtures.pkcs8.dropLast(60)), RSAFixtures.pkcs8.replacing("\n", with: "\\n"),
            RSAFixtures.pkcs8.replacing("MIIE", with: "****"),
        ]
    )
    func malformed(pem: String) throws {
        let error = try #require(throws: CryptoError.self) { try RS256Key(pem: pem) }
        guard case .malformedKey(let detail) = error else {
            Issue.record("refused as something else: \(error)")
            return
        }
        #expect(detail.hasPrefix("error:"))
    }

    @Test("no error text holds a line of the key")
    func errorsKeepSecrets() throws {
        for pem in [RSAFixtures.bits1024, RSAFixtures.foreignExponent, String(RSAFixtures.pkcs8.dropLast(60))] {
            let error = try #require(throws: CryptoError.self) { try RS256Key(pem: pem) }
            for line in pem.split(separator: "\n") where !line.hasPrefix("-----") {
                #expect(!error.description.contains(line))
            }
        }
    }

    @Test("one key signs on many threads at a time", .timeLimit(.minutes(5)))
    func concurrentUse() async throws {
        let key = try RS256Key(pem: RSAFixtures.pkcs8)
        let message = Array("event".utf8)
        let expected = try key.signature(of: message)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<64 {
                group.addTask { @concurrent in try key.signature(of: message) == expected }
            }
            for try await isSame in group { #expect(isSame) }
        }
    }
}
