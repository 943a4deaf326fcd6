/// What can be wrong with an app's certificate.
///
/// No case and no text holds key material.
package enum CertificateError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The text has no `-----BEGIN …-----` line.
    case notPEM
    /// The text is PEM, but of something else: its label, such as `PRIVATE KEY` or `CERTIFICATE REQUEST`.
    case notCertificate(label: String)
    /// One of the certificates, from 1, cannot be read: OpenSSL's text.
    case malformedCertificate(number: Int, detail: String)
    /// What is wrong with the key, which may be in the same text.
    case key(CryptoError)

    package var description: String {
        switch self {
        case .notPEM:
            "not PEM: there is no line \"-----BEGIN CERTIFICATE-----\"; a .p12 file is turned into PEM with openssl pkcs12"
        case .notCertificate(let label):
            "PEM of \"\(label)\", not of a certificate"
        case .malformedCertificate(let number, let detail):
            "certificate \(number) cannot be read; is it complete, with its line breaks? (\(detail))"
        case .key(.notPrivateKey(label: "CERTIFICATE")):
            "there is no private key"
        case .key(let error):
            "\(error)"
        }
    }

    private static let begin = "-----BEGIN "

    private static func labels(in text: String) -> [String] {
        text.split(whereSeparator: \.isNewline).filter { $0.hasPrefix(begin) }.map { line in
            String(line.dropFirst(begin.count).prefix { $0 != "-" })
        }
    }

    /// OpenSSL's names for one.
    private static func isCertificate(_ label: String) -> Bool {
        ["CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"].contains(label)
    }

    static func certificateCount(in text: String) -> Int {
        labels(in: text).count { isCertificate($0) }
    }

    /// Why there is no certificate to be read at the start of the text.
    static func reason(for text: String) -> CertificateError {
        let detail = ErrorQueue.drain()
        let labels = labels(in: text)
        guard let first = labels.first else { return .notPEM }
        return labels.contains { isCertificate($0) }
            ? .malformedCertificate(number: 1, detail: detail) : .notCertificate(label: first)
    }
}
