internal import Crypto
internal import Foundation
internal import SwiftASN1
internal import X509

/// The simulators' own certificate authority, kept in a directory so that clients need to learn it only once.
struct CertificateAuthority {
    /// A server's certificate and its key.
    struct ServerIdentity {
        let certificateDER: [UInt8]
        let privateKeyPEM: String
    }

    private static let day: TimeInterval = 86_400

    /// Path of the certificate (PEM) that clients must trust.
    let certificateFile: String
    private let certificate: Certificate
    private let key: P256.Signing.PrivateKey

    /// Takes the CA of the directory, or makes one where none is valid.
    ///
    /// - Throws: `SimulatorError` where files cannot be written, the errors of X509 where encoding fails.
    init(directory: String, now: Date) throws {
        certificateFile = directory + "/ca.pem"
        let keyFile = directory + "/ca-key.pem"
        if let existing = Self.load(certificateFile: certificateFile, keyFile: keyFile, now: now) {
            (certificate, key) = existing
            return
        }
        key = P256.Signing.PrivateKey()
        certificate = try Self.makeCA(key: key, now: now)
        try PrivateFile.write(key.pemRepresentation + "\n", to: keyFile)
        do {
            let pem = try certificate.serializeAsPEM().pemString + "\n"
            try Data(pem.utf8).write(to: URL(fileURLWithPath: certificateFile), options: .atomic)
        } catch {
            throw SimulatorError("cannot write \(certificateFile): \(error.localizedDescription)")
        }
    }

    /// A certificate is reused when it is a CA's, belongs to the key beside it, and is valid for another day.
    private static func load(
        certificateFile: String,
        keyFile: String,
        now: Date
    ) -> (Certificate, P256.Signing.PrivateKey)? {
        guard let certificatePEM = try? String(contentsOfFile: certificateFile, encoding: .utf8),
            let keyPEM = try? String(contentsOfFile: keyFile, encoding: .utf8),
            let certificate = try? Certificate(pemEncoded: certificatePEM),
            let key = try? P256.Signing.PrivateKey(pemRepresentation: keyPEM),
            certificate.publicKey == Certificate.PublicKey(key.publicKey),
            case .isCertificateAuthority? = try? certificate.extensions.basicConstraints,
            certificate.notValidBefore <= now,
            certificate.notValidAfter > now + day
        else { return nil }
        return (certificate, key)
    }

    private static func makeCA(key: P256.Signing.PrivateKey, now: Date) throws -> Certificate {
        let publicKey = Certificate.PublicKey(key.publicKey)
        // The name differs from CA to CA, so that a client which trusts several never takes one for another.
        let fingerprint = SHA256.hash(data: key.publicKey.derRepresentation).prefix(4)
        let suffix = fingerprint.map { String(format: "%02x", Int($0)) }.joined()
        let name = try DistinguishedName { CommonName("Belfry provider simulator CA \(suffix)") }
        return try Certificate(
            version: .v3,
            serialNumber: Certificate.SerialNumber(),
            publicKey: publicKey,
            notValidBefore: now - day,
            notValidAfter: now + 3650 * day,
            issuer: name,
            subject: name,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                SubjectKeyIdentifier(hash: publicKey)
            },
            issuerPrivateKey: Certificate.PrivateKey(key)
        )
    }

    /// Issues a server certificate, valid for 90 days.
    ///
    /// - Parameters:
    ///   - hosts: DNS names, IPv4 and IPv6 addresses.
    ///   - now: the validity starts a day earlier, for clients whose clock is late.
    /// - Returns: the certificate, signed by this CA, and its new key.
    /// - Throws: the errors of X509 where a name cannot be encoded.
    func issue(hosts: [String], now: Date) throws -> ServerIdentity {
        let serverKey = P256.Signing.PrivateKey()
        let publicKey = Certificate.PublicKey(serverKey.publicKey)
        let names = hosts.map { host in
            Self.addressOctets(host).map { GeneralName.ipAddress(ASN1OctetString(contentBytes: $0[...])) }
                ?? GeneralName.dnsName(host)
        }
        let issuerKey = SubjectKeyIdentifier(hash: certificate.publicKey)
        let serverCertificate = try Certificate(
            version: .v3,
            serialNumber: Certificate.SerialNumber(),
            publicKey: publicKey,
            notValidBefore: max(now - Self.day, certificate.notValidBefore),
            notValidAfter: min(now + 90 * Self.day, certificate.notValidAfter),
            issuer: certificate.subject,
            subject: try DistinguishedName { CommonName("Belfry provider simulator") },
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.serverAuth])
                SubjectAlternativeNames(names)
                SubjectKeyIdentifier(hash: publicKey)
                AuthorityKeyIdentifier(keyIdentifier: issuerKey.keyIdentifier)
            },
            issuerPrivateKey: Certificate.PrivateKey(key)
        )
        var serializer = DER.Serializer()
        try serializer.serialize(serverCertificate)
        return ServerIdentity(
            certificateDER: serializer.serializedBytes,
            privateKeyPEM: serverKey.pemRepresentation
        )
    }

    /// The 4 or 16 octets of an IP address in text form; nil for anything else.
    private static func addressOctets(_ text: String) -> [UInt8]? {
        for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
            var octets = [UInt8](repeating: 0, count: count)
            // SAFETY: inet_pton writes exactly 4 (IPv4) or 16 (IPv6) octets, the size of the array.
            if unsafe inet_pton(family, text, &octets) == 1 { return octets }
        }
        return nil
    }
}
