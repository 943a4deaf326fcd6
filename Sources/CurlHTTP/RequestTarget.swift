private import CCurl

/// Where a URL leads, as libcurl itself reads it: a second parser could be led to see another host.
struct RequestTarget {
    /// Scheme, host and port: requests with the same can share a connection.
    let origin: String

    /// Reads an absolute URL.
    ///
    /// Throws, with the rule, when it has another scheme than those allowed, a user name, or is not well-formed.
    init(_ url: String, schemes: Set<String>) throws(CurlSetupError) {
        let parsed = try ParsedURL.make(url)
        let scheme = try parsed.part(CURLUPART_SCHEME)
        guard schemes.contains(scheme) else { throw CurlSetupError("the URL's scheme is \(scheme)") }
        // Host names are compared without case (RFC 3986 section 3.2.2).
        let host = try parsed.part(CURLUPART_HOST).lowercased()
        origin = "\(scheme)://\(host):\(try parsed.part(CURLUPART_PORT))"
    }
}

/// One URL inside libcurl.
@safe private struct ParsedURL: ~Copyable {
    private let handle: OpaquePointer

    private init(owning handle: OpaquePointer) {
        unsafe self.handle = handle
    }

    static func make(_ url: String) throws(CurlSetupError) -> ParsedURL {
        // As C text it would end there.
        guard !url.utf8.contains(0) else { throw CurlSetupError("the URL has a zero byte") }
        guard let made = unsafe curl_url() else { throw CurlSetupError("curl_url: out of memory") }
        // SAFETY: the new handle passes to the struct, whose deinit frees it once, also below; the text is copied.
        let parsed = unsafe ParsedURL(owning: made)
        let code = unsafe curl_url_set(made, CURLUPART_URL, url, UInt32(CURLU_DISALLOW_USER | CURLU_PATH_AS_IS))
        guard code == CURLUE_OK else { throw CurlSetupError("the URL: \(text(code))") }
        return parsed
    }

    deinit {
        unsafe curl_url_cleanup(handle)
    }

    borrowing func part(_ part: CURLUPart) throws(CurlSetupError) -> String {
        var text: UnsafeMutablePointer<CChar>?
        // SAFETY: on success libcurl gives a zero-terminated text, which is copied and then freed, once.
        let code = unsafe curl_url_get(handle, part, &text, UInt32(CURLU_DEFAULT_PORT))
        guard code == CURLUE_OK, let text = unsafe text else { throw CurlSetupError("the URL: \(Self.text(code))") }
        defer { unsafe curl_free(text) }
        return unsafe String(cString: text)
    }

    private static func text(_ code: CURLUcode) -> String {
        // SAFETY: a constant of the library for any number.
        unsafe String(cString: curl_url_strerror(code))
    }
}
