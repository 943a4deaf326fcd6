internal import CCurl

/// One easy handle of libcurl: one request, with the memory that libcurl reads and writes until it is done.
///
/// Its callbacks (`TransferCallbacks`) reach the transfer that owns it through the user data pointer.
@safe struct EasyHandle: ~Copyable {
    let pointer: UnsafeMutableRawPointer
    private var lines = FieldLines()
    private let errorText = ErrorText()

    private init(owning pointer: UnsafeMutableRawPointer) {
        unsafe self.pointer = pointer
    }

    static func make() throws(CurlSetupError) -> EasyHandle {
        // SAFETY: the new handle passes to the struct, whose deinit frees it once, also when `check` throws.
        guard let made = unsafe curl_easy_init() else { throw CurlSetupError("curl_easy_init: out of memory") }
        let easy = unsafe EasyHandle(owning: made)
        // SAFETY: the memory is as long as libcurl demands (CURL_ERROR_SIZE) and is freed after the handle.
        try check("error text", unsafe belfry_easy_set_pointer(made, CURLOPT_ERRORBUFFER, easy.errorText.start))
        return easy
    }

    deinit {
        // The fields are destroyed after this: libcurl may write its last error text until here.
        unsafe curl_easy_cleanup(pointer)
    }

    /// Why the transfer failed: the library's words for this case, or for the code in general.
    borrowing func text(_ code: CURLcode) -> String {
        let detail = errorText.text
        return detail.isEmpty ? CurlLibrary.text(code) : detail
    }

    borrowing func set(_ option: CURLoption, _ value: Int) throws(CurlSetupError) {
        try Self.check("option \(option.rawValue)", unsafe belfry_easy_set_long(pointer, option, value))
    }

    /// Sets a text, which libcurl copies; nil takes its default away.
    borrowing func set(_ option: CURLoption, _ text: String?) throws(CurlSetupError) {
        // SAFETY: the text is valid during the call.
        try Self.check("option \(option.rawValue)", unsafe belfry_easy_set_text(pointer, option, text))
    }

    /// Sets the body, which libcurl copies.
    borrowing func set(body: [UInt8]) throws(CurlSetupError) {
        try Self.check(
            "body size",
            unsafe belfry_easy_set_size(pointer, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
        )
        // SAFETY: libcurl copies as many bytes as the size says, during the call. An empty array may have no address, and
        // no address would mean a body from elsewhere, so that an empty text stands for the empty body.
        let code = unsafe body.withUnsafeBytes { bytes in
            guard !body.isEmpty, let start = bytes.baseAddress else {
                return unsafe belfry_easy_set_text(pointer, CURLOPT_COPYPOSTFIELDS, "")
            }
            return unsafe belfry_easy_set_pointer(pointer, CURLOPT_COPYPOSTFIELDS, start)
        }
        try Self.check("body", code)
    }

    /// Sets lines of the request's head, in libcurl's form.
    mutating func set(fieldLines: [String]) throws(CurlSetupError) {
        for line in fieldLines { try lines.append(line) }
        // SAFETY: libcurl reads the list until the handle is freed, which is before `lines`.
        try Self.check("fields", unsafe belfry_easy_set_list(pointer, CURLOPT_HTTPHEADER, lines.first))
    }

    /// Sets the user data of a callback.
    ///
    /// The object must outlive the handle, and what libcurl keeps of it.
    borrowing func set(_ option: CURLoption, owner: AnyObject) throws(CurlSetupError) {
        // SAFETY: only the address is stored; the callbacks of `TransferCallbacks` know its type.
        let address = unsafe Unmanaged.passUnretained(owner).toOpaque()
        try Self.check("option \(option.rawValue)", unsafe belfry_easy_set_pointer(pointer, option, address))
    }

    /// Reads a number about the transfer.
    borrowing func number(_ info: CURLINFO) -> Int {
        var value = 0
        // SAFETY: writes one long. It fails only for an unknown number, which then stays 0.
        let code = unsafe belfry_easy_get_long(pointer, info, &value)
        precondition(code == CURLE_OK, "libcurl knows its own numbers")
        return value
    }

    /// Reads a count of bytes about the transfer.
    borrowing func size(_ info: CURLINFO) -> Int {
        var value: curl_off_t = 0
        // SAFETY: writes one curl_off_t.
        let code = unsafe belfry_easy_get_size(pointer, info, &value)
        precondition(code == CURLE_OK, "libcurl knows its own numbers")
        return Int(value)
    }

    static func check(_ what: String, _ code: CURLcode) throws(CurlSetupError) {
        guard code == CURLE_OK else { throw CurlSetupError("libcurl, \(what): \(CurlLibrary.text(code))") }
    }
}

/// A list of lines for libcurl.
@safe private struct FieldLines: ~Copyable {
    private(set) var first: UnsafeMutablePointer<curl_slist>?

    init() {
        unsafe first = nil
    }

    deinit {
        unsafe curl_slist_free_all(first)
    }

    mutating func append(_ line: String) throws(CurlSetupError) {
        // SAFETY: libcurl copies the line; on failure the list stays as it was.
        guard let list = unsafe curl_slist_append(first, line) else {
            throw CurlSetupError("curl_slist_append: out of memory")
        }
        unsafe first = list
    }
}

/// The memory in which libcurl puts what went wrong.
@safe private struct ErrorText: ~Copyable {
    let start: UnsafeMutablePointer<CChar>

    init() {
        unsafe start = .allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe start.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        unsafe start.deallocate()
    }

    var text: String {
        // SAFETY: zero-terminated from the start, and by libcurl whenever it writes.
        unsafe String(cString: start)
    }
}
