private import COpenSSL

/// Reads a private key from PEM (RFC 7468), and says what the text is where it is something else.
enum PEMReader {
    /// What a private key is wanted for.
    enum KeyKind: CustomStringConvertible {
        case ec
        case rsa
        /// That of a certificate, which may be in the same text.
        case any

        /// As messages name it.
        var description: String {
            switch self {
            case .ec: CryptoError.ellipticCurveKey
            case .rsa: "an RSA key"
            case .any: "a private key"
            }
        }
    }

    /// The first key in the text.
    ///
    /// EC parameters before it (as `openssl ecparam -genkey` writes them) are skipped.
    static func privateKey(in text: String, for kind: KeyKind = .ec) throws(CryptoError) -> KeyHandle {
        // Editors on Windows put a byte order mark first, which OpenSSL takes for text before the block.
        let text = text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
        try checkLabel(of: text, for: kind)

        let memory = try MemoryHandle()
        try memory.write(Array(text.utf8))
        // SAFETY: the memory outlives the call. The callback gives no pass phrase; without one OpenSSL would ask at the
        // terminal.
        let read = unsafe PEM_read_bio_PrivateKey(memory.pointer, nil, { _, _, _, _ in -1 }, nil)
        guard let read = unsafe read else { throw .malformedKey(detail: ErrorQueue.drain()) }
        return try unsafe KeyHandle(owning: read, from: "PEM_read_bio_PrivateKey")
    }

    /// Throws for all but a private key in the clear, judging by the lines around the key.
    private static func checkLabel(of text: String, for kind: KeyKind) throws(CryptoError) {
        let begin = "-----BEGIN "
        let lines = text.split(whereSeparator: \.isNewline)
        var labels = lines.filter { $0.hasPrefix(begin) }.map { line in
            String(line.dropFirst(begin.count).prefix { $0 != "-" })
        }
        if kind == .any, let key = labels.first(where: { $0.hasSuffix("PRIVATE KEY") }) { labels = [key] }
        guard let label = labels.first(where: { $0 != "EC PARAMETERS" }) ?? labels.first else { throw .notPEM }
        switch (label, kind) {
        case ("ENCRYPTED PRIVATE KEY", _):
            throw .encrypted
        case ("PRIVATE KEY", _), ("EC PRIVATE KEY", .ec), ("RSA PRIVATE KEY", .rsa), ("EC PRIVATE KEY", .any),
            ("RSA PRIVATE KEY", .any):
            // The older way to encrypt (RFC 1421) keeps the label.
            if lines.contains(where: { $0.hasPrefix("Proc-Type:") && $0.contains("ENCRYPTED") }) { throw .encrypted }
        case ("RSA PRIVATE KEY", _), ("DSA PRIVATE KEY", _), ("EC PRIVATE KEY", _):
            throw .wrongAlgorithm(String(label.prefix { $0 != " " }), needed: kind.description)
        default:
            throw .notPrivateKey(label: label)
        }
    }
}
