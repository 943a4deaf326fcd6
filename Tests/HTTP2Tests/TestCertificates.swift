import Crypto
import Foundation
import NIOSSL
import SwiftASN1
import X509

/// A certificate authority made for one test run, its file, and certificates that it signs.
struct TestCertificates {
    /// What is wrong with a server's certificate, if anything.
    enum Kind: Sendable { case valid, expired, otherHost, otherAuthority }

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
        caFile = folder.appendingPathComponent("http2-tests-\(UUID().uuidString).pem").path
        try authority.serializeAsPEM().pemString.write(toFile: caFile, atomically: true, encoding: .utf8)
    }

    /// PEM text of a certificate for a client, valid or expired, and of its key.
    func clientIdentity(isExpired: Bool = false) throws -> (chain: String, key: String) {
        let clientKey = P256.Signing.PrivateKey()
        let now = Date()
        let leaf = try Certificate(
            version: .v3,
            serialNumber: Certificate.SerialNumber(),
            publicKey: Certificate.PublicKey(clientKey.publicKey),
            notValidBefore: now - 7200,
            notValidAfter: isExpired ? now - 3600 : now + 86_400,
            issuer: name,
            subject: try DistinguishedName { CommonName("com.example.shop") },
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions { Critical(KeyUsage(digitalSignature: true)) },
            issuerPrivateKey: Certificate.PrivateKey(key)
        )
        return (try leaf.serializeAsPEM().pemString, clientKey.pemRepresentation)
    }

    /// TLS settings for a server; `protocols` is what it offers by ALPN.
    func serverConfiguration(_ kind: Kind, protocols: [String]) throws -> TLSConfiguration {
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
        configuration.applicationProtocols = protocols
        return configuration
    }
}
