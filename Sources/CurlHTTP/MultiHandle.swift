internal import CCurl

/// One multi handle of libcurl: the connections, and the transfers that use them.
@safe struct MultiHandle: ~Copyable {
    private let pointer: UnsafeMutableRawPointer
    /// Kept until the last connection is closed, which the table is told of.
    private let sockets: SocketTable

    private init(owning pointer: UnsafeMutableRawPointer, sockets: SocketTable) {
        unsafe self.pointer = pointer
        self.sockets = sockets
    }

    static func make(_ configuration: CurlConfiguration, sockets: SocketTable) throws(CurlSetupError) -> MultiHandle {
        // SAFETY: the new handle passes to the struct, whose deinit frees it once, also when `set` throws.
        guard let made = unsafe curl_multi_init() else { throw CurlSetupError("curl_multi_init: out of memory") }
        let multi = unsafe MultiHandle(owning: made, sockets: sockets)
        try multi.set(CURLMOPT_PIPELINING, Int(CURLPIPE_NOTHING))
        try multi.set(CURLMOPT_MAXCONNECTS, configuration.connectionsMax)
        try multi.set(CURLMOPT_MAX_TOTAL_CONNECTIONS, configuration.connectionsMax)
        try multi.set(CURLMOPT_MAX_HOST_CONNECTIONS, configuration.connectionsPerHostMax)
        return multi
    }

    deinit {
        // SAFETY: every transfer was taken away before, so that only connections are left. The code could report only a transfer
        // that is still inside.
        let code = unsafe curl_multi_cleanup(pointer)
        precondition(code == CURLM_OK, "curl_multi_cleanup: \(Self.text(code))")
    }

    private borrowing func set(_ option: CURLMoption, _ value: Int) throws(CurlSetupError) {
        let code = unsafe belfry_multi_set_long(pointer, option, value)
        guard code == CURLM_OK else { throw CurlSetupError("curl_multi_setopt: \(Self.text(code))") }
    }

    /// Takes in a transfer, which begins with the next `perform`.
    borrowing func add(_ easy: borrowing EasyHandle) throws(CurlSetupError) {
        let code = unsafe curl_multi_add_handle(pointer, easy.pointer)
        guard code == CURLM_OK else { throw CurlSetupError("curl_multi_add_handle: \(Self.text(code))") }
    }

    /// Takes a transfer out; if it was not complete, its connection is closed.
    borrowing func remove(_ easy: borrowing EasyHandle) {
        // SAFETY: both handles are alive. It fails only for handles that are none, or from within a callback.
        let code = unsafe curl_multi_remove_handle(pointer, easy.pointer)
        precondition(code == CURLM_OK, "curl_multi_remove_handle: \(Self.text(code))")
    }

    /// Does what can be done now; gives nil, or why nothing can.
    borrowing func perform() -> String? {
        var running: CInt = 0
        // SAFETY: the callbacks run inside this call, on this thread.
        let code = unsafe curl_multi_perform(pointer, &running)
        return code == CURLM_OK ? nil : Self.text(code)
    }

    /// The next transfer that is complete: the object that CURLOPT_PRIVATE was given, and how it went.
    borrowing func nextCompleted() -> (transfer: Transfer, code: CURLcode)? {
        var left: CInt = 0
        // SAFETY: the message is valid until the next call on this handle; it is read at once.
        while let message = unsafe curl_multi_info_read(pointer, &left) {
            guard unsafe message.pointee.msg == CURLMSG_DONE, let easy = unsafe message.pointee.easy_handle else {
                continue
            }
            let result = unsafe message.pointee.data.result
            var owner: UnsafeMutableRawPointer?
            let code = unsafe belfry_easy_get_private(easy, &owner)
            guard code == CURLE_OK, let owner = unsafe owner else {
                preconditionFailure("every transfer has its object")
            }
            // SAFETY: `Transfer.begin` stored exactly this type; the worker holds the transfer while it is in this handle.
            return (unsafe Unmanaged<Transfer>.fromOpaque(owner).takeUnretainedValue(), result)
        }
        return nil
    }

    /// Sleeps until a connection or `descriptor` is ready, libcurl has something to do, or the time has passed.
    borrowing func sleep(upTo timeout: Duration, orReadable descriptor: CInt) {
        var extra = curl_waitfd(fd: descriptor, events: Int16(CURL_WAIT_POLLIN), revents: 0)
        // SAFETY: one entry, valid for the call.
        let code = unsafe curl_multi_poll(pointer, &extra, 1, CInt(clamping: timeout.wholeMilliseconds), nil)
        precondition(code == CURLM_OK, "curl_multi_poll: \(Self.text(code))")
    }

    private static func text(_ code: CURLMcode) -> String {
        // SAFETY: a constant of the library for any number.
        unsafe String(cString: curl_multi_strerror(code))
    }
}
