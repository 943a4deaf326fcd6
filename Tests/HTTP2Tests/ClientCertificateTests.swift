import Foundation
import NIOHTTP2
import Testing

@testable import HTTP2

@Suite("Client certificates")
struct ClientCertificateTests {
    private static func bytes(_ text: String) -> ClientCertificate.PEM { .bytes(Array(text.utf8)) }

    @Test("A server that demands a certificate gets it, from bytes or from one file", .timeLimit(.minutes(5)))
    func shown() throws {
        let server = try TestServer(Script(demandsCertificate: true))
        let identity = try TestCertificates.shared.get().clientIdentity()
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("http2-\(UUID().uuidString).pem").path
        try (identity.chain + "\n" + identity.key + "\n").write(toFile: file, atomically: true, encoding: .utf8)
        defer { _ = unsafe unlink(file) }
        for certificate in [
            ClientCertificate(chain: Self.bytes(identity.chain), key: Self.bytes(identity.key)),
            ClientCertificate(chain: .file(file), key: .file(file)),
        ] {
            let client = try TestClient(port: server.port, certificate: certificate)
            let id = client.submit()
            client.runUntilAllEnded()
            #expect(client.summary(id) == "200")
        }
    }

    @Test("A server that does not take the certificate has got no request", .timeLimit(.minutes(5)))
    func notTaken() throws {
        let server = try TestServer(Script(demandsCertificate: true))
        // One of another authority: self-made, like any of an attacker.
        let identity = try TestCertificates().clientIdentity()
        let certificate = ClientCertificate(chain: Self.bytes(identity.chain), key: Self.bytes(identity.key))
        let client = try TestClient(port: server.port, certificate: certificate)
        let id = client.submit()
        client.runUntilAllEnded()
        #expect(client.summary(id).hasPrefix("not processed: connectFailed"), "\(client.summary(id))")
        #expect(server.log.now.requests.isEmpty)
    }

    @Test(
        "What cannot prove anything is refused when the client is made, with the reason",
        arguments: [
            "no such file", "holds no certificate in PEM", "has expired", "holds no private key in PEM", "is encrypted",
            "does not belong to the certificate", "client certificate",
        ]
    )
    func unusable(_ words: String) throws {
        let authority = try TestCertificates.shared.get()
        let good = try authority.clientIdentity()
        let other = try authority.clientIdentity()
        let expired = try authority.clientIdentity(isExpired: true)
        // A key of no use, whose form alone asks for a password (RFC 1421 section 4.6.1.1).
        let encrypted = """
            -----BEGIN EC PRIVATE KEY-----
            Proc-Type: 4,ENCRYPTED
            DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF

            AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
            -----END EC PRIVATE KEY-----

            """
        let damaged = good.chain + "\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
        let (chain, key): (ClientCertificate.PEM, ClientCertificate.PEM) =
            switch words {
            case "no such file": (.file("/nonexistent/client.pem"), Self.bytes(good.key))
            case "holds no certificate in PEM": (Self.bytes("-"), Self.bytes(good.key))
            case "has expired": (Self.bytes(expired.chain), Self.bytes(expired.key))
            case "holds no private key in PEM": (Self.bytes(good.chain), Self.bytes(good.chain))
            case "is encrypted": (Self.bytes(good.chain), Self.bytes(encrypted))
            case "does not belong to the certificate": (Self.bytes(good.chain), Self.bytes(other.key))
            default: (Self.bytes(damaged), Self.bytes(good.key))
            }
        let error = #expect(throws: HTTP2SetupError.self) {
            _ = try TestClient(port: 9, certificate: ClientCertificate(chain: chain, key: key))
        }
        #expect(error?.description.lowercased().contains(words.lowercased()) == true, "\(error?.description ?? "")")
    }
}
