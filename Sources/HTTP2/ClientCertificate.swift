internal import COpenSSL

/// A certificate that this side shows to servers that ask for one, with its private key.
package struct ClientCertificate: Hashable, Sendable, CustomStringConvertible {
    /// Where PEM text comes from.
    package enum PEM: Hashable, Sendable {
        /// A file with this path, read when the client is made.
        case file(String)
        /// The text itself.
        case bytes([UInt8])
    }

    /// The certificate, and after it those that lead to the authority.
    package var chain: PEM
    /// The private key of the first certificate, not encrypted; may be in the same file.
    package var key: PEM

    /// Names chain and key; whether they can be used is found when a client is made.
    package init(chain: PEM, key: PEM) {
        self.chain = chain
        self.key = key
    }

    /// Where chain and key come from, without what is in them.
    package var description: String { "\(chain.name), key \(key.name)" }
}

extension ClientCertificate.PEM {
    /// What messages call it.
    fileprivate var name: String {
        switch self {
        case .file(let path): path
        case .bytes(let bytes): "\(bytes.count) bytes of PEM"
        }
    }

    /// Calls `body` with a BIO that reads the text.
    fileprivate func read<Result>(
        _ what: String,
        _ body: (OpaquePointer) throws(HTTP2SetupError) -> Result
    ) throws(HTTP2SetupError) -> Result {
        ERR_clear_error()
        switch self {
        case .file(let path):
            // SAFETY: both strings are read during the call; the BIO is freed once, after its last use.
            guard let bio = unsafe BIO_new_file(path, "r") else {
                throw HTTP2SetupError("\(what) \(path): \(openSSLErrorText())")
            }
            defer { unsafe BIO_free(bio) }
            return try unsafe body(bio)
        case .bytes(let bytes):
            // An array that is read into a BIO of its own: the bytes are copied.
            guard let bio = unsafe BIO_new(BIO_s_mem()) else { throw HTTP2SetupError("\(what): \(openSSLErrorText())") }
            // SAFETY: as above; BIO_write reads the array during the call, and a memory BIO takes all of it.
            defer { unsafe BIO_free(bio) }
            guard
                unsafe bytes.withUnsafeBytes({ unsafe BIO_write(bio, $0.baseAddress, CInt(clamping: $0.count)) })
                    == bytes.count
            else { throw HTTP2SetupError("\(what): \(openSSLErrorText())") }
            return try unsafe body(bio)
        }
    }
}

extension ClientCertificate {
    /// Gives chain and key to OpenSSL; throws with the reason when they cannot prove anything to anybody.
    ///
    /// `context` is an SSL_CTX that is live during the call.
    func install(into context: OpaquePointer) throws(HTTP2SetupError) {
        // SAFETY: each BIO is used only inside the closure that is lent it.
        try unsafe chain.read("client certificate") { (bio) throws(HTTP2SetupError) in
            try unsafe installChain(from: bio, into: context)
        }
        try unsafe key.read("client key") { (bio) throws(HTTP2SetupError) in
            try unsafe installKey(from: bio, into: context)
        }
    }

    private func installChain(from bio: OpaquePointer, into context: OpaquePointer) throws(HTTP2SetupError) {
        var count = 0
        // SAFETY: `bio` and `context` are live; each certificate is freed once, and the context takes a reference of its own.
        while let certificate = unsafe PEM_read_bio_X509(bio, nil, refusePassword, nil) {
            defer { unsafe X509_free(certificate) }
            try unsafe checkDates(of: certificate)
            let isTaken =
                count == 0
                ? unsafe SSL_CTX_use_certificate(context, certificate) == 1
                : unsafe SSL_CTX_ctrl(context, SSL_CTRL_CHAIN_CERT, 1, UnsafeMutableRawPointer(certificate)) == 1
            guard isTaken else { throw HTTP2SetupError("client certificate \(chain.name): \(openSSLErrorText())") }
            count += 1
        }
        // The text ends, or cannot be read on: PEM_R_NO_START_LINE says the former.
        let isAtEnd = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE
        if isAtEnd { ERR_clear_error() }
        if count == 0, isAtEnd {
            throw HTTP2SetupError("client certificate \(chain.name): holds no certificate in PEM")
        }
        if !isAtEnd { throw HTTP2SetupError("client certificate \(chain.name): \(openSSLErrorText())") }
    }

    private func checkDates(of certificate: OpaquePointer) throws(HTTP2SetupError) {
        // SAFETY: the times belong to the certificate, which is live. 0 stands for a time that cannot be read.
        let isBegun = unsafe X509_cmp_current_time(X509_get0_notBefore(certificate)) < 0
        let isEnded = unsafe X509_cmp_current_time(X509_get0_notAfter(certificate)) <= 0
        if isEnded { throw HTTP2SetupError("client certificate \(chain.name): has expired") }
        if !isBegun { throw HTTP2SetupError("client certificate \(chain.name): is not valid yet") }
    }

    private func installKey(from bio: OpaquePointer, into context: OpaquePointer) throws(HTTP2SetupError) {
        var isEncrypted = false
        // SAFETY: `bio` and `context` are live; the callback writes the Bool whose address it is given, during the call.
        let parsed = unsafe withUnsafeMutablePointer(to: &isEncrypted) { flag in
            unsafe PEM_read_bio_PrivateKey(bio, nil, refusePassword, flag)
        }
        guard let parsed = unsafe parsed else {
            let reason = isEncrypted ? "is encrypted; a key without password is needed" : "holds no private key in PEM"
            ERR_clear_error()
            throw HTTP2SetupError("client key \(key.name): \(reason)")
        }
        // SAFETY: freed once; the context takes a reference of its own.
        defer { unsafe EVP_PKEY_free(parsed) }
        guard unsafe SSL_CTX_use_PrivateKey(context, parsed) == 1, unsafe SSL_CTX_check_private_key(context) == 1 else {
            ERR_clear_error()
            throw HTTP2SetupError("client key \(key.name): does not belong to the certificate in \(chain.name)")
        }
    }
}

/// OpenSSL's question for a password, which it would otherwise put to the terminal: there is none. Notes that it was asked.
private func refusePassword(
    _ buffer: UnsafeMutablePointer<CChar>?,
    _ size: CInt,
    _ isWriting: CInt,
    _ flag: UnsafeMutableRawPointer?
) -> CInt {
    // SAFETY: nil, or the Bool of `installKey`, which waits for this call.
    unsafe flag?.assumingMemoryBound(to: Bool.self).pointee = true
    return -1
}
