import Crypto
import CurlHTTP
import Foundation
import NIOSSL
import SwiftASN1
import X509

/// A certificate authority made for one test run, its file, and certificates that it signs.
struct TestCertificates {
    /// What is wrong with a server's certificate, if anything.
    enum Kind: Sendable { case valid, validAndAsks, expired, otherHost, otherAuthority }

    /// The one authority of the process.
    static let shared = Result { try TestCertificates() }

    /// PEM file with the authority's certificate.
    let caFile: String
    private let key: P256.Signing.PrivateKey
    private let name: DistinguishedName
    private let otherKey = P256.Signing.PrivateKey()

    init() throws {
        key = P256.Signing.PrivateKey()
        name = try DistinguishedName { CommonName("Test authority") }
        let now = Date()
        let authority = try Certificate(
            version: .v3,
            serialNumber: Certificate.SerialNumber(),
            publicKey: Certificate.PublicKey(key.publicKey),
            notValidBefore: now - 3600,
            notValidAfter: now + 86_400,
            issuer: name,
            subject: name,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                Critical(KeyUsage(keyCertSign: true))
            },
            issuerPrivateKey: Certificate.PrivateKey(key)
        )
        let folder = FileManager.default.temporaryDirectory
        caFile = folder.appendingPathComponent("curl-http-tests-\(UUID().uuidString).pem").path
        try authority.serializeAsPEM().pemString.write(toFile: caFile, atomically: true, encoding: .utf8)
    }

    /// TLS settings for a server, which offers HTTP/1.1 only.
    func serverConfiguration(_ kind: Kind) throws -> TLSConfiguration {
        let leafKey = P256.Signing.PrivateKey()
        let now = Date()
        let host = kind == .otherHost ? "other.example.com" : "localhost"
        let leaf = try Certificate(
            version: .v3,
            serialNumber: Certificate.SerialNumber(),
            publicKey: Certificate.PublicKey(leafKey.publicKey),
            notValidBefore: now - 7200,
            notValidAfter: kind == .expired ? now - 3600 : now + 86_400,
            issuer: name,
            subject: try DistinguishedName { CommonName(host) },
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                SubjectAlternativeNames([.dnsName(host)])
            },
            issuerPrivateKey: Certificate.PrivateKey(kind == .otherAuthority ? otherKey : key)
        )
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: [
                .certificate(try NIOSSLCertificate(bytes: Array(leaf.serializeAsPEM().pemString.utf8), format: .pem))
            ],
            privateKey: .privateKey(
                try NIOSSLPrivateKey(bytes: Array(leafKey.pemRepresentation.utf8), format: .pem)
            )
        )
        if kind == .validAndAsks {
            configuration.certificateVerification = .noHostnameVerification
            configuration.trustRoots = .file(caFile)
        }
        configuration.applicationProtocols = ["http/1.1"]
        return configuration
    }

    /// Files with a certificate of this authority for a client, and its key.
    func makeClientCertificate() throws -> CurlConfiguration.ClientCertificate {
        let clientKey = P256.Signing.PrivateKey()
        let now = Date()
        let certificate = try Certificate(
            version: .v3,
            serialNumber: Certificate.SerialNumber(),
            publicKey: Certificate.PublicKey(clientKey.publicKey),
            notValidBefore: now - 3600,
            notValidAfter: now + 86_400,
            issuer: name,
            subject: try DistinguishedName { CommonName("A client") },
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                SubjectAlternativeNames([.dnsName("client.example.com")])
            },
            issuerPrivateKey: Certificate.PrivateKey(key)
        )
        let folder = FileManager.default.temporaryDirectory
        let start = folder.appendingPathComponent("curl-http-tests-\(UUID().uuidString)").path
        try certificate.serializeAsPEM().pemString.write(toFile: start + ".crt", atomically: true, encoding: .utf8)
        try clientKey.pemRepresentation.write(toFile: start + ".key", atomically: true, encoding: .utf8)
        return CurlConfiguration.ClientCertificate(certificateFile: start + ".crt", keyFile: start + ".key")
    }
}
