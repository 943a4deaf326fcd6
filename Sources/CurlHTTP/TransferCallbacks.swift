internal import CCurl
internal import Glibc

/// The C functions that libcurl calls, each turned into a call of the transfer.
enum TransferCallbacks {
    /// Sets them on a handle; the transfer must outlive the handle, the table every connection.
    static func set(
        on easy: borrowing EasyHandle,
        transfer: Transfer,
        sockets: SocketTable
    ) throws(CurlSetupError) {
        for option in [
            CURLOPT_PRIVATE, CURLOPT_WRITEDATA, CURLOPT_HEADERDATA, CURLOPT_OPENSOCKETDATA, CURLOPT_PREREQDATA,
        ] {
            try easy.set(option, owner: transfer)
        }
        // A connection keeps this, and lives longer than the transfer that it was made for.
        try easy.set(CURLOPT_CLOSESOCKETDATA, owner: sockets)
        // SAFETY: each function has the type that its option demands; what it does with its arguments is told there.
        let codes = unsafe [
            belfry_easy_set_write(easy.pointer, CURLOPT_WRITEFUNCTION, receiveBody),
            belfry_easy_set_write(easy.pointer, CURLOPT_HEADERFUNCTION, receiveLine),
            belfry_easy_set_open_socket(easy.pointer, openSocket),
            belfry_easy_set_close_socket(easy.pointer, closeSocket),
            belfry_easy_set_before_request(easy.pointer, beforeRequest),
        ]
        for code in codes { try EasyHandle.check("callbacks", code) }
    }

    private static let receiveBody: curl_write_callback = { bytes, size, count, user in
        unsafe receive(bytes, size * count, user) { unsafe $0.receiveBody($1) }
    }

    private static let receiveLine: curl_write_callback = { bytes, size, count, user in
        unsafe receive(bytes, size * count, user) { unsafe $0.receiveLine($1) }
    }

    /// Gives what libcurl takes for agreement, the count, or for refusal, another number.
    private static func receive(
        _ bytes: UnsafeMutablePointer<CChar>?,
        _ count: Int,
        _ user: UnsafeMutableRawPointer?,
        _ take: (Transfer, UnsafeBufferPointer<UInt8>) -> Bool
    ) -> Int {
        // SAFETY: libcurl gives `count` bytes, valid during the call.
        let buffer = unsafe UnsafeRawBufferPointer(start: bytes, count: count).assumingMemoryBound(to: UInt8.self)
        return unsafe take(transfer(user), buffer) ? count : (count == 0 ? 1 : 0)
    }

    private static let openSocket: curl_opensocket_callback = { user, _, address in
        guard let address = unsafe address else { return CURL_SOCKET_BAD }
        return unsafe transfer(user).openSocket(to: address)
    }

    private static let closeSocket: curl_closesocket_callback = { user, descriptor in
        guard let user = unsafe user else { preconditionFailure("the socket table was set with the callback") }
        // SAFETY: `set` stored this type; the worker keeps the table until the last connection is closed.
        return unsafe Unmanaged<SocketTable>.fromOpaque(user).takeUnretainedValue().closeSocket(descriptor)
    }

    private static let beforeRequest: curl_prereq_callback = { user, remote, local, remotePort, localPort in
        let ends = unsafe ConnectionEnds(
            localAddress: text(local),
            localPort: localPort,
            remoteAddress: text(remote),
            remotePort: remotePort
        )
        let mayStart = unsafe transfer(user).mayStart(on: ends)
        return CInt(mayStart ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT)
    }

    private static func text(_ text: UnsafeMutablePointer<CChar>?) -> String {
        // SAFETY: libcurl gives zero-terminated text, valid during the callback.
        unsafe text.map { unsafe String(cString: $0) } ?? ""
    }

    /// The transfer behind a user data pointer.
    private static func transfer(_ user: UnsafeMutableRawPointer?) -> Transfer {
        guard let user = unsafe user else { preconditionFailure("the transfer was set with the callbacks") }
        // SAFETY: `set` stored exactly this type; the worker holds the transfer while libcurl has its handle.
        return unsafe Unmanaged<Transfer>.fromOpaque(user).takeUnretainedValue()
    }
}
