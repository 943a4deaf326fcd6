internal import COpenSSL
private import Glibc

/// The client side of one TLS connection between two memory buffers: no sockets here, so no SIGPIPE, and writes can be batched.
@safe struct TLSStream: ~Copyable {
    /// The result of a step that consumes what the server sent.
    enum Progress {
        /// The handshake is finished, or that many bytes were read.
        case done(Int)
        /// More bytes from the server are needed.
        case wantsInput
        /// The server ended the TLS connection in good order.
        case closed
        /// It cannot go on; for people.
        case failed(String)
        /// The handshake showed that the server does not speak HTTP/2.
        case otherProtocol
    }

    /// OpenSSL's reason for the alert no_application_protocol, 120 (RFC 7301 section 3.2): 1000 and the alert's number.
    private static let noApplicationProtocol: CInt = 1120

    private let ssl: OpaquePointer
    /// Both belong to `ssl`, which frees them.
    private let input: OpaquePointer
    private let output: OpaquePointer

    private init(owning ssl: OpaquePointer, input: OpaquePointer, output: OpaquePointer) {
        unsafe self.ssl = ssl
        unsafe self.input = input
        unsafe self.output = output
    }

    /// Takes over an SSL object and demands a certificate for `name`, a host name or an IP address.
    static func make(owning ssl: OpaquePointer, name: String) throws(HTTP2SetupError) -> TLSStream {
        // SAFETY: `ssl` is live and now owned; both BIOs pass to it, so deinit frees all three by freeing `ssl`.
        guard let input = unsafe BIO_new(BIO_s_mem()) else {
            unsafe SSL_free(ssl)
            throw HTTP2SetupError("BIO_new: \(openSSLErrorText())")
        }
        guard let output = unsafe BIO_new(BIO_s_mem()) else {
            unsafe BIO_free(input)
            unsafe SSL_free(ssl)
            throw HTTP2SetupError("BIO_new: \(openSSLErrorText())")
        }
        unsafe SSL_set_bio(ssl, input, output)
        unsafe SSL_set_connect_state(ssl)
        let stream = unsafe TLSStream(owning: ssl, input: input, output: output)
        guard stream.demand(name) else { throw HTTP2SetupError("server name \(name): \(openSSLErrorText())") }
        return stream
    }

    deinit {
        unsafe SSL_free(ssl)
    }

    /// RFC 9110 section 4.3.4: the certificate must carry the name, or the address among its IP addresses.
    private borrowing func demand(_ name: String) -> Bool {
        // SAFETY: `ssl` is live; the strings are copied by the library. RFC 6066 section 3 forbids addresses in SNI.
        if isIPAddress(name) {
            return unsafe X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1
        }
        unsafe SSL_set_hostflags(ssl, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
        return unsafe SSL_set1_host(ssl, name) == 1 && belfry_ssl_set_tlsext_host_name(ssl, name) == 1
    }

    /// Gives bytes that came from the server; they are copied.
    borrowing func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        // SAFETY: the caller's buffer is valid during the call; a memory BIO takes all or fails for want of memory.
        unsafe BIO_write(input, bytes.baseAddress, CInt(bytes.count)) == CInt(bytes.count)
    }

    /// Goes on with the handshake; at its end the certificate is verified and the protocol is `h2`.
    borrowing func handshake() -> Progress {
        ERR_clear_error()
        // SAFETY: `ssl` is live; the error is asked for right after the call it belongs to, on the same thread.
        let result = unsafe SSL_do_handshake(ssl)
        if result == 1 { return speaksHTTP2 ? .done(0) : .otherProtocol }
        let error = unsafe SSL_get_error(ssl, result)
        if error == SSL_ERROR_WANT_READ { return .wantsInput }
        if ERR_GET_REASON(ERR_peek_error()) == Self.noApplicationProtocol { return .otherProtocol }
        let verdict = unsafe SSL_get_verify_result(ssl)
        if verdict != CLong(X509_V_OK) {
            return .failed(
                "certificate not accepted: \(unsafe String(cString: X509_verify_cert_error_string(verdict)))"
            )
        }
        return .failed("TLS handshake: \(openSSLErrorText())")
    }

    /// Reads decrypted bytes into a buffer.
    borrowing func read(into buffer: UnsafeMutableRawBufferPointer) -> Progress {
        ERR_clear_error()
        // SAFETY: `ssl` is live and the buffer has the size given.
        let count = unsafe SSL_read(ssl, buffer.baseAddress, CInt(buffer.count))
        if count > 0 { return .done(Int(count)) }
        switch unsafe SSL_get_error(ssl, count) {
        case SSL_ERROR_WANT_READ: return .wantsInput
        case SSL_ERROR_ZERO_RETURN: return .closed
        default: return .failed("TLS: \(openSSLErrorText())")
        }
    }

    /// Encrypts all of the bytes, behind what is still to be sent; nil, or why not.
    borrowing func write(_ bytes: [UInt8]) -> String? {
        ERR_clear_error()
        // SAFETY: the array is live during the call. A memory BIO never asks to be tried again, so all is written or none.
        let count = unsafe bytes.withUnsafeBytes { unsafe SSL_write(ssl, $0.baseAddress, CInt($0.count)) }
        return count == CInt(bytes.count) ? nil : "TLS: \(openSSLErrorText())"
    }

    /// Puts the end of this side's data (close_notify) behind what is still to be sent.
    borrowing func shutDown() {
        ERR_clear_error()
        // SAFETY: `ssl` is live. The result only says whether the other side has ended too, which nobody waits for.
        _ = unsafe SSL_shutdown(ssl)
        ERR_clear_error()
    }

    /// Calls `body` with the encrypted bytes that are to be sent.
    borrowing func withOutput<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        var start: UnsafeMutablePointer<CChar>?
        // SAFETY: the library gives the place and length of its buffer, which stays while nobody writes to the BIO.
        let count = unsafe belfry_bio_get_mem_data(output, &start)
        return unsafe body(UnsafeRawBufferPointer(start: start, count: count))
    }

    /// Forgets the encrypted bytes, after all of them were sent.
    borrowing func resetOutput() {
        // SAFETY: the BIO is live. Resetting a memory BIO cannot fail.
        _ = unsafe belfry_bio_reset(output)
    }

    /// The name of the protocol version, such as `TLSv1.3`.
    var version: String {
        // SAFETY: a constant of the library.
        unsafe String(cString: SSL_get_version(ssl))
    }

    private var speaksHTTP2: Bool {
        var name: UnsafePointer<UInt8>?
        var length: UInt32 = 0
        // SAFETY: the library gives the place and length of a name that lives as long as `ssl`.
        unsafe SSL_get0_alpn_selected(ssl, &name, &length)
        let chosen = unsafe UnsafeBufferPointer(start: name, count: Int(length))
        return unsafe chosen.elementsEqual("h2".utf8)
    }
}

/// Whether a text is an IPv4 or IPv6 address.
private func isIPAddress(_ text: String) -> Bool {
    var address = in6_addr()
    // SAFETY: `address` has room for the longer of the two forms.
    return unsafe inet_pton(AF_INET, text, &address) == 1 || inet_pton(AF_INET6, text, &address) == 1
}
