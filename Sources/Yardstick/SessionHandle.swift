internal import CNGHTTP2

/// nghttp2's side of one connection.
@safe struct SessionHandle: ~Copyable {
    enum Side { case client, server }

    let pointer: OpaquePointer

    private init(owning pointer: OpaquePointer) {
        unsafe self.pointer = pointer
    }

    deinit {
        unsafe nghttp2_session_del(pointer)
    }

    private static let connectionWindow: Int32 = 16 << 20

    /// A session whose first output is SETTINGS, with a window that stalls nobody.
    ///
    /// `streamsMax` is what the other side may have open. `setCallbacks` gets the callbacks to set; they get `user`, which must
    /// outlive the session.
    static func make(
        _ side: Side,
        streamsMax: UInt32,
        user: UnsafeMutableRawPointer,
        _ setCallbacks: (OpaquePointer) -> Void
    ) throws(YardstickError) -> SessionHandle {
        var callbacks: OpaquePointer?
        // SAFETY: nghttp2 writes one pointer, which is freed below: the session copies the callbacks.
        guard unsafe nghttp2_session_callbacks_new(&callbacks) == 0, let callbacks = unsafe callbacks else {
            throw YardstickError("nghttp2: out of memory")
        }
        defer { unsafe nghttp2_session_callbacks_del(callbacks) }
        unsafe setCallbacks(callbacks)
        var made: OpaquePointer?
        // SAFETY: nghttp2 writes one pointer, which passes to the struct.
        let code =
            switch side {
            case .client: unsafe nghttp2_session_client_new(&made, callbacks, user)
            case .server: unsafe nghttp2_session_server_new(&made, callbacks, user)
            }
        guard code == 0, let made = unsafe made else { throw YardstickError("nghttp2: error \(code)") }
        let session = unsafe SessionHandle(owning: made)
        let settings = [
            nghttp2_settings_entry(
                settings_id: Int32(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS.rawValue),
                value: streamsMax
            )
        ]
        // SAFETY: the array is copied during the call.
        guard unsafe nghttp2_submit_settings(made, 0, settings, settings.count) == 0,
            unsafe nghttp2_session_set_local_window_size(made, 0, 0, connectionWindow) == 0
        else { throw YardstickError("nghttp2: SETTINGS") }
        return session
    }

    /// Takes in octets, all of them; false where the connection cannot go on.
    borrowing func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        // SAFETY: the buffer is valid during the call; callbacks run inside it.
        unsafe nghttp2_session_mem_recv(
            pointer,
            bytes.baseAddress?.assumingMemoryBound(to: UInt8.self),
            bytes.count
        ) == bytes.count
    }

    /// Appends frames that can be sent now until there are none, or so many octets; false where the connection cannot go on.
    borrowing func serialize(into output: inout [UInt8], upTo octetsMax: Int) -> Bool {
        while output.count < octetsMax {
            var start: UnsafePointer<UInt8>?
            // SAFETY: nghttp2 gives a piece of its own memory, valid until its next call; it is copied before.
            let count = unsafe nghttp2_session_mem_send(pointer, &start)
            if count == 0 { return true }
            if count < 0 { return false }
            unsafe output.append(contentsOf: UnsafeBufferPointer(start: start, count: count))
        }
        return true
    }

    /// Whether there are frames to send, such as a body whose window was opened.
    var hasOutput: Bool { unsafe nghttp2_session_want_write(pointer) != 0 }

    /// False after both sides have said what they had to say.
    var isOpen: Bool {
        unsafe nghttp2_session_want_read(pointer) != 0 || nghttp2_session_want_write(pointer) != 0
    }
}
