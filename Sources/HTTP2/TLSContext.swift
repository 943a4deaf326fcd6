private import COpenSSL
private import Glibc

/// A TLS set-up that cannot work, whatever the network does: an unreadable CA file, an impossible name.
package struct HTTP2SetupError: Error, CustomStringConvertible {
    /// What was refused, and the library's reason.
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// OpenSSL's settings for all connections of a client: TLS 1.2 or later, chain and name verified, ALPN `h2`.
@safe struct TLSContext: ~Copyable {
    private let context: OpaquePointer

    private init(owning context: OpaquePointer) {
        unsafe self.context = context
    }

    static func make(_ settings: HTTP2Endpoint.TLS) throws(HTTP2SetupError) -> TLSContext {
        // SAFETY: the new context passes to the struct, whose deinit frees it once, also when `configure` throws.
        guard let made = unsafe SSL_CTX_new(TLS_client_method()) else {
            throw HTTP2SetupError("SSL_CTX_new: \(openSSLErrorText())")
        }
        let context = unsafe TLSContext(owning: made)
        try context.configure(settings)
        return context
    }

    private borrowing func configure(_ settings: HTTP2Endpoint.TLS) throws(HTTP2SetupError) {
        // SAFETY: `context` is live until deinit; the protocol list is read, and copied, within its own length.
        guard unsafe belfry_ssl_ctx_set_min_proto_version(context, TLS1_2_VERSION) == 1 else {
            throw HTTP2SetupError("TLS 1.2: \(openSSLErrorText())")
        }
        unsafe SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
        // Length byte and name (RFC 7301 section 3.1). Unlike its neighbours this call returns 0 for success.
        let protocols: [UInt8] = [2, UInt8(ascii: "h"), UInt8(ascii: "2")]
        guard unsafe SSL_CTX_set_alpn_protos(context, protocols, UInt32(protocols.count)) == 0 else {
            throw HTTP2SetupError("ALPN: \(openSSLErrorText())")
        }
        if let file = settings.caFile {
            guard unsafe SSL_CTX_load_verify_file(context, file) == 1 else {
                throw HTTP2SetupError("CA file \(file): \(openSSLErrorText())")
            }
        } else if unsafe SSL_CTX_set_default_verify_paths(context) != 1 {
            throw HTTP2SetupError("the system's trusted certificates: \(openSSLErrorText())")
        }
        try unsafe settings.clientCertificate?.install(into: context)
    }

    deinit {
        unsafe SSL_CTX_free(context)
    }

    /// A new client side of a TLS connection that accepts only a certificate for `name`.
    func makeStream(name: String) throws(HTTP2SetupError) -> TLSStream {
        // SAFETY: SSL_new takes its own reference to the live context; the stream takes over what it returns.
        guard let ssl = unsafe SSL_new(context) else { throw HTTP2SetupError("SSL_new: \(openSSLErrorText())") }
        return try unsafe TLSStream.make(owning: ssl, name: name)
    }
}

/// What OpenSSL put on this thread's error queue, the first cause first; empties the queue.
func openSSLErrorText() -> String {
    var texts: [String] = []
    while true {
        let code = ERR_get_error()
        if code == 0 { break }
        // SAFETY: the reason strings are constants of the library; nil when it has none.
        if let reason = unsafe ERR_reason_error_string(code) {
            unsafe texts.append(String(cString: reason))
        } else {
            // A code from the operating system carries errno in its low bits.
            texts.append(systemReason(code) ?? "error \(code)")
        }
    }
    return texts.isEmpty ? "no reason given" : texts.joined(separator: ", ")
}

/// The operating system's text, if an OpenSSL error code stands for one of its errors (`ERR_SYSTEM_FLAG`).
private func systemReason(_ code: UInt) -> String? {
    let systemFlag: UInt = 0x8000_0000
    guard code & systemFlag != 0 else { return nil }
    return systemErrorText(CInt(truncatingIfNeeded: code & 0x7FFF_FFFF))
}
