private import COpenSSL

/// Reads a private key from PEM (RFC 7468), and says what the text is where it is something else.
enum PEMReader {
    /// The first key in the text.
    ///
    /// EC parameters before it (as `openssl ecparam -genkey` writes them) are skipped.
    static func privateKey(in text: String) throws(CryptoError) -> KeyHandle {
        // Editors on Windows put a byte order mark first, which OpenSSL takes for text before the block.
        let text = text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
        try checkLabel(of: text)

        let memory = try MemoryHandle()
        try memory.write(Array(text.utf8))
        // SAFETY: the memory outlives the call. The callback gives no pass phrase; without one OpenSSL would ask at the
        // terminal.
        let read = unsafe PEM_read_bio_PrivateKey(memory.pointer, nil, { _, _, _, _ in -1 }, nil)
        guard let read = unsafe read else { throw .malformedKey(detail: ErrorQueue.drain()) }
        return try unsafe KeyHandle(owning: read, from: "PEM_read_bio_PrivateKey")
    }

    /// Throws for all but a private key in the clear, judging by the lines around the key.
    private static func checkLabel(of text: String) throws(CryptoError) {
        let begin = "-----BEGIN "
        let lines = text.split(whereSeparator: \.isNewline)
        let labels = lines.filter { $0.hasPrefix(begin) }.map { line in
            String(line.dropFirst(begin.count).prefix { $0 != "-" })
        }
        guard let label = labels.first(where: { $0 != "EC PARAMETERS" }) ?? labels.first else { throw .notPEM }
        switch label {
        case "ENCRYPTED PRIVATE KEY":
            throw .encrypted
        case "PRIVATE KEY", "EC PRIVATE KEY":
            // The older way to encrypt (RFC 1421) keeps the label.
            if lines.contains(where: { $0.hasPrefix("Proc-Type:") && $0.contains("ENCRYPTED") }) { throw .encrypted }
        case "RSA PRIVATE KEY", "DSA PRIVATE KEY":
            throw .wrongAlgorithm(String(label.prefix(3)))
        default:
            throw .notPrivateKey(label: label)
        }
    }
}
