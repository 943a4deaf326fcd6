private import COpenSSL

/// OpenSSL's settings of one side, which speaks `h2` and nothing else.
@safe struct TLSContextHandle: ~Copyable {
    let pointer: OpaquePointer

    private init(owning pointer: OpaquePointer) {
        unsafe self.pointer = pointer
    }

    deinit {
        unsafe SSL_CTX_free(pointer)
    }

    /// A client that trusts the certificates of a PEM file.
    static func client(caFile: String) throws(YardstickError) -> TLSContextHandle {
        let context = try unsafe make(TLS_client_method())
        // SAFETY: the context is live, and the list is copied within its own length. Unlike its neighbours the last call returns 0
        // for success.
        unsafe SSL_CTX_set_verify(context.pointer, SSL_VERIFY_PEER, nil)
        guard unsafe SSL_CTX_load_verify_file(context.pointer, caFile) == 1 else {
            throw .openSSL("CA file \(caFile)")
        }
        guard unsafe SSL_CTX_set_alpn_protos(context.pointer, protocols, UInt32(protocols.count)) == 0 else {
            throw .openSSL("ALPN")
        }
        return context
    }

    /// A server with this certificate (DER) and its key (PEM).
    static func server(certificate: [UInt8], key: String) throws(YardstickError) -> TLSContextHandle {
        let context = try unsafe make(TLS_server_method())
        let count = Int32(certificate.count)
        guard unsafe SSL_CTX_use_certificate_ASN1(context.pointer, count, certificate) == 1 else {
            throw .openSSL("certificate")
        }
        try context.use(key: key)
        // SAFETY: the choice points into the client's own list, which OpenSSL copies from after the call.
        unsafe SSL_CTX_set_alpn_select_cb(
            context.pointer,
            { _, chosen, length, offered, count, _ in
                guard let offered = unsafe offered, let chosen = unsafe chosen, let length = unsafe length else {
                    return SSL_TLSEXT_ERR_ALERT_FATAL
                }
                var position = 0
                while position < Int(count) {
                    let size = unsafe Int(offered[position])
                    let name = unsafe UnsafeBufferPointer(start: offered + position + 1, count: size)
                    if position + 1 + size <= Int(count), unsafe name.elementsEqual("h2".utf8) {
                        unsafe chosen.pointee = offered + position + 1
                        unsafe length.pointee = 2
                        return SSL_TLSEXT_ERR_OK
                    }
                    position += 1 + size
                }
                return SSL_TLSEXT_ERR_ALERT_FATAL
            },
            nil
        )
        return context
    }

    /// Length octet and name (RFC 7301 section 3.1).
    private static let protocols: [UInt8] = [2, UInt8(ascii: "h"), UInt8(ascii: "2")]

    private static func make(_ method: OpaquePointer?) throws(YardstickError) -> TLSContextHandle {
        // SAFETY: the method is a constant of the library; what is made passes to the struct, which frees it once.
        guard let made = unsafe SSL_CTX_new(method) else { throw .openSSL("SSL_CTX_new") }
        let context = unsafe TLSContextHandle(owning: made)
        // Writing goes on where it stopped, from an array that may have moved.
        let mode = SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER
        _ = unsafe belfry_ssl_ctx_set_mode(context.pointer, CLong(mode))
        return context
    }

    private borrowing func use(key text: String) throws(YardstickError) {
        let octets = Array(text.utf8)
        // SAFETY: the BIO reads the array within the closure; the context takes a share in the key, so that both are freed here.
        let code = unsafe octets.withUnsafeBytes { buffer -> Int32 in
            guard let bio = unsafe BIO_new_mem_buf(buffer.baseAddress, Int32(buffer.count)) else { return 0 }
            defer { unsafe BIO_free(bio) }
            guard let key = unsafe PEM_read_bio_PrivateKey(bio, nil, nil, nil) else { return 0 }
            defer { unsafe EVP_PKEY_free(key) }
            return unsafe SSL_CTX_use_PrivateKey(pointer, key)
        }
        guard code == 1 else { throw .openSSL("private key") }
    }
}

/// One TLS connection on a socket.
@safe struct TLSHandle: ~Copyable {
    /// How a step went.
    enum Step {
        case done(Int)
        case wantsInput
        case wantsOutput
        /// In good order or not.
        case ended
    }

    private let pointer: OpaquePointer

    /// For a socket, which stays the caller's.
    init(_ context: borrowing TLSContextHandle, socket: Int32) throws(YardstickError) {
        // SAFETY: the new object takes a share in the context; it passes to the struct, or is freed here.
        guard let made = unsafe SSL_new(context.pointer) else { throw .openSSL("SSL_new") }
        guard unsafe SSL_set_fd(made, socket) == 1 else {
            unsafe SSL_free(made)
            throw .openSSL("SSL_set_fd")
        }
        unsafe pointer = made
    }

    deinit {
        unsafe SSL_free(pointer)
    }

    /// Shakes hands on a blocking socket; the certificate must carry the name, a host name or an IP address.
    borrowing func connect(name: String) throws(YardstickError) {
        // SAFETY: the object is live; the name is copied. RFC 6066 section 3 forbids addresses in SNI.
        if unsafe X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(pointer), name) != 1 {
            guard unsafe SSL_set1_host(pointer, name) == 1, unsafe belfry_ssl_set_tlsext_host_name(pointer, name) == 1
            else { throw .openSSL("server name \(name)") }
        }
        ERR_clear_error()
        guard unsafe SSL_connect(pointer) == 1 else { throw .openSSL("TLS handshake") }
        var chosen: UnsafePointer<UInt8>?
        var length: UInt32 = 0
        unsafe SSL_get0_alpn_selected(pointer, &chosen, &length)
        guard length == 2 else { throw YardstickError("the server does not speak HTTP/2 (ALPN h2)") }
    }

    /// Shakes hands with the first read.
    borrowing func accept() {
        unsafe SSL_set_accept_state(pointer)
    }

    borrowing func read(into buffer: UnsafeMutableRawBufferPointer) -> Step {
        ERR_clear_error()
        // SAFETY: OpenSSL writes at most the buffer's count.
        return step(unsafe SSL_read(pointer, buffer.baseAddress, Int32(buffer.count)))
    }

    borrowing func write(_ bytes: UnsafeRawBufferPointer) -> Step {
        ERR_clear_error()
        // SAFETY: OpenSSL reads the buffer's count during the call.
        return step(unsafe SSL_write(pointer, bytes.baseAddress, Int32(bytes.count)))
    }

    private borrowing func step(_ result: Int32) -> Step {
        if result > 0 { return .done(Int(result)) }
        switch unsafe SSL_get_error(pointer, result) {
        case SSL_ERROR_WANT_READ: return .wantsInput
        case SSL_ERROR_WANT_WRITE: return .wantsOutput
        default: return .ended
        }
    }
}
