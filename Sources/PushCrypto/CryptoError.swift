private import COpenSSL

/// What can be wrong with a key, or go wrong in OpenSSL.
///
/// No case and no text holds key material.
package enum CryptoError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The text has no `-----BEGIN …-----` line.
    case notPEM
    /// The text is PEM, but of something else: its label, such as `CERTIFICATE` or `PUBLIC KEY`.
    case notPrivateKey(label: String)
    /// The private key is protected by a pass phrase.
    case encrypted
    /// The private key is of another algorithm: OpenSSL's name for it, such as `RSA` or `ED25519`, and what is needed.
    case wrongAlgorithm(String, needed: String = ellipticCurveKey)
    /// The elliptic curve is not P-256: OpenSSL's name for it, such as `secp384r1`.
    case wrongCurve(String)
    /// The PEM block cannot be read: OpenSSL's text.
    case malformedKey(detail: String)
    /// The key can be read but is not valid (scalar out of range, public part of another key): OpenSSL's text.
    case invalidKey(detail: String)
    /// The modulus of an RSA key is too small.
    case weakKey(bits: Int, bitsMin: Int)
    /// The octets are not an uncompressed point on P-256: why.
    case malformedPublicKey(detail: String)
    /// The authentication secret of a Web Push subscription is none: why.
    case malformedAuthenticationSecret(detail: String)
    /// What is to be encrypted does not fit.
    case plaintextTooLong(octets: Int, octetsMax: Int)
    /// OpenSSL failed where the input gives no reason to: the function and OpenSSL's text.
    case openSSL(function: String, detail: String)

    /// What signs ES256, as messages name it.
    package static let ellipticCurveKey = "an EC key on the curve P-256"

    package var description: String {
        switch self {
        case .notPEM:
            "not PEM: there is no line \"-----BEGIN PRIVATE KEY-----\""
        case .notPrivateKey(let label):
            "PEM of \"\(label)\", not of a private key"
        case .encrypted:
            "the private key is encrypted; a key without a pass phrase is needed"
        case .wrongAlgorithm(let name, let needed):
            "a private key for \(name); \(needed) is needed"
        case .wrongCurve(let name):
            "an EC key on the curve \(name); P-256 (prime256v1) is needed"
        case .malformedKey(let detail):
            "the PEM block cannot be read; is it complete, with its line breaks? (\(detail))"
        case .invalidKey(let detail):
            "the private key is not valid (\(detail))"
        case .weakKey(let bits, let bitsMin):
            "an RSA key of \(bits) bits; at least \(bitsMin) are needed"
        case .malformedPublicKey(let detail):
            "not an uncompressed P-256 public key: \(detail)"
        case .malformedAuthenticationSecret(let detail):
            "not an authentication secret: \(detail)"
        case .plaintextTooLong(let octets, let octetsMax):
            "\(octets) octets to encrypt; at most \(octetsMax) fit"
        case .openSSL(let function, let detail):
            "\(function) failed (\(detail))"
        }
    }
}

/// OpenSSL's error queue of the current thread.
enum ErrorQueue {
    /// Empties the queue and gives its texts, oldest first, separated by `; `.
    ///
    /// To be called after every failed call, also where the text is not wanted: what stays in the queue is taken for
    /// the cause of the next failure on this thread, a TLS connection's among them.
    static func drain() -> String {
        var texts: [String] = []
        while true {
            let code = ERR_get_error()
            guard code != 0 else { break }
            let text = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
                // SAFETY: the buffer holds the 256 octets announced; OpenSSL writes at most so many, the final NUL
                // among them.
                unsafe ERR_error_string_n(code, buffer.baseAddress, 256)
                return unsafe buffer.baseAddress.map { unsafe String(cString: $0) } ?? ""
            }
            texts.append(text)
        }
        return texts.isEmpty ? "no detail" : texts.joined(separator: "; ")
    }
}
