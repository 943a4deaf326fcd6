import Foundation
import PushCrypto
import Testing

@Suite("APNs certificates")
struct APNsCertificateTests {
    private typealias Fixtures = CertificateFixtures

    static let dayMs: Int64 = 86_400_000
    static let allTopics = ["com.example.shop", "com.example.shop.voip", "com.example.shop.complication"]

    static let usable: [(name: String, certificates: String, key: String?, topics: [String])] = [
        ("PKCS #8", CertificateFixtures.app, CertificateFixtures.key, allTopics),
        ("an RSA key", CertificateFixtures.rsaApp, CertificateFixtures.rsaKey, allTopics),
        ("an RSA key in PKCS #1", CertificateFixtures.rsaApp, CertificateFixtures.rsaKeyPKCS1, allTopics),
        ("the key after the certificate", CertificateFixtures.app + CertificateFixtures.key, nil, allTopics),
        ("the key before the certificate", CertificateFixtures.key + CertificateFixtures.app, nil, allTopics),
        (
            "a chain and the key between",
            CertificateFixtures.app + CertificateFixtures.key
                + CertificateFixtures.intermediate, nil, allTopics
        ),
        (
            "a chain with texts around it",
            "Bag Attributes\n  friendlyName: shop\n" + CertificateFixtures.app + "subject=x\n"
                + CertificateFixtures.intermediate, CertificateFixtures.key, allTopics
        ),
        ("no extension", CertificateFixtures.withoutTopics, CertificateFixtures.key, ["com.example.shop"]),
        ("another extension", CertificateFixtures.unknownTopics, CertificateFixtures.key, ["com.example.shop"]),
        ("neither name nor extension", CertificateFixtures.nameless, CertificateFixtures.key, []),
    ]

    @Test("certificate, chain and key are read from one text or two", arguments: usable)
    func reading(name: String, certificates: String, key: String?, topics: [String]) throws {
        let certificate = try APNsCertificate(certificates: certificates, key: key)
        #expect(certificate.topics == topics)
        #expect(certificate.userID == (topics.isEmpty ? nil : "com.example.shop"))
        #expect(certificate.notBeforeMs == Fixtures.notBeforeMs)
        #expect(certificate.notAfterMs == Fixtures.notAfterMs)
        #expect(certificate.chain == Array(certificates.utf8))
        #expect(certificate.key == Array((key ?? certificates).utf8))
        #expect(!"\(certificate)".contains("PRIVATE"))
    }

    static let unusable: [(certificates: String, key: String?, message: String)] = [
        ("", nil, "not PEM"),
        ("\u{30}\u{82}binary", nil, "openssl pkcs12"),
        (CertificateFixtures.key, nil, "PEM of \"PRIVATE KEY\", not of a certificate"),
        (CertificateFixtures.request, CertificateFixtures.key, "PEM of \"CERTIFICATE REQUEST\""),
        (CertificateFixtures.app, nil, "there is no private key"),
        (CertificateFixtures.app, "", "not PEM"),
        (CertificateFixtures.app, CertificateFixtures.otherKey, "it does not belong to the certificate"),
        (CertificateFixtures.app, CertificateFixtures.rsaKey, "it does not belong to the certificate"),
        (CertificateFixtures.intermediate + CertificateFixtures.app, CertificateFixtures.key, "does not belong"),
        (CertificateFixtures.app, CertificateFixtures.encryptedKey, "encrypted"),
        (CertificateFixtures.app + CertificateFixtures.encryptedKey, nil, "encrypted"),
        (String(CertificateFixtures.app.dropLast(60)), CertificateFixtures.key, "certificate 1 cannot be read"),
        (
            CertificateFixtures.app + CertificateFixtures.intermediate.replacingOccurrences(of: "MII", with: "M?I"),
            CertificateFixtures.key, "certificate 2 cannot be read"
        ),
    ]

    @Test("what is wrong is said", arguments: unusable)
    func refusals(certificates: String, key: String?, message: String) throws {
        let error = try #require(throws: CertificateError.self) {
            try APNsCertificate(certificates: certificates, key: key)
        }
        #expect("\(error)".contains(message))
    }

    @Test("an error does not stay behind for the next call")
    func queue() throws {
        for (certificates, key, _) in Self.unusable {
            #expect(throws: CertificateError.self) { try APNsCertificate(certificates: certificates, key: key) }
            #expect(throws: CertificateError.notPEM) { try APNsCertificate(certificates: "") }
            #expect((try? ES256Key(pem: Fixtures.key)) != nil)
        }
    }

    static let moments: [(offsetMs: Int64, fromEnd: Bool, finding: APNsCertificate.Finding?)] = [
        (-1, false, .notYetValid(days: 0)), (-3 * dayMs, false, .notYetValid(days: 3)), (0, false, nil),
        (-31 * dayMs, true, nil), (-30 * dayMs - 1, true, nil), (-30 * dayMs, true, .endsSoon(days: 30)),
        (-1, true, .endsSoon(days: 0)), (0, true, .endsSoon(days: 0)), (1, true, .ended(days: 0)),
        (10 * dayMs, true, .ended(days: 10)),
    ]

    @Test("validity ends with its last moment, and 30 days before it a warning begins", arguments: moments)
    func validity(offsetMs: Int64, fromEnd: Bool, finding: APNsCertificate.Finding?) throws {
        let certificate = try APNsCertificate(certificates: Fixtures.app, key: Fixtures.key)
        let nowMs = (fromEnd ? Fixtures.notAfterMs : Fixtures.notBeforeMs) + offsetMs
        #expect(certificate.findings(topics: ["com.example.shop"], nowMs: nowMs) == (finding.map { [$0] } ?? []))
        if case .endsSoon? = finding { #expect(finding?.isFatal == false) } else { #expect(finding?.isFatal != false) }
    }

    @Test(
        "a certificate is for the app that it names",
        arguments: [
            (["com.example.shop"], true), (["com.example"], false), (["com.example.shopping"], false), ([], false),
            (["org.example.shop"], false), (["org.example.shop", "com.example.shop.voip"], true),
        ]
    )
    func apps(topics: [String], isForApp: Bool) throws {
        let certificate = try APNsCertificate(certificates: Fixtures.app, key: Fixtures.key)
        let expected: [APNsCertificate.Finding] = isForApp ? [] : [.otherApp(topics: Self.allTopics)]
        #expect(certificate.findings(topics: topics, nowMs: Fixtures.notBeforeMs) == expected)
        #expect(expected.allSatisfy { $0.isFatal && "\($0)".contains("com.example.shop.voip") })
    }

    @Test("only listed topics are allowed, and all where nothing is listed")
    func topics() throws {
        let listed = try APNsCertificate(certificates: Fixtures.app, key: Fixtures.key)
        #expect(listed.allows(topic: "com.example.shop"))
        #expect(listed.allows(topic: "com.example.shop.voip"))
        #expect(!listed.allows(topic: "com.example.shop.voip-ptt"))
        let nameless = try APNsCertificate(certificates: Fixtures.nameless, key: Fixtures.key)
        #expect(nameless.allows(topic: "com.example.shop"))
        #expect(nameless.findings(topics: ["any.app"], nowMs: Fixtures.notBeforeMs).isEmpty)
    }

    @Test("no cut of a certificate crashes", arguments: Array(stride(from: 0, to: 850, by: 7)))
    func cuts(count: Int) {
        #expect(throws: CertificateError.self) {
            try APNsCertificate(certificates: String(Fixtures.app.prefix(count)), key: Fixtures.key)
        }
    }
}
