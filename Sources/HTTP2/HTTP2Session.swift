internal import CNGHTTP2

/// nghttp2's client side of one HTTP/2 connection: frames in, frames out, no socket.
///
/// Its callbacks (`SessionCallbacks`) reach the connection that owns it through the user data pointer.
@safe struct HTTP2Session: ~Copyable {
    /// The error code of a server that is being asked for too much (RFC 9113 section 7).
    static let enhanceYourCalm: UInt32 = 11

    private let session: OpaquePointer

    private init(owning session: OpaquePointer) {
        unsafe self.session = session
    }

    /// Makes a session whose first output is the connection preface and SETTINGS.
    static func make(_ configuration: HTTP2Configuration) throws(HTTP2SetupError) -> HTTP2Session {
        let callbacks = try SessionCallbacks.make()
        var options: OpaquePointer?
        // SAFETY: nghttp2 writes one pointer, which is freed below; the session copies options and callbacks. The session
        // passes to the struct, whose deinit frees it once, also when `submitSettings` throws.
        guard unsafe nghttp2_option_new(&options) == 0 else { throw HTTP2SetupError("nghttp2: out of memory") }
        defer { unsafe nghttp2_option_del(options) }
        unsafe nghttp2_option_set_no_closed_streams(options, 1)
        unsafe nghttp2_option_set_peer_max_concurrent_streams(
            options,
            UInt32(clamping: configuration.streamsBeforeSettings)
        )
        var made: OpaquePointer?
        let code = unsafe nghttp2_session_client_new2(&made, callbacks.pointer, nil, options)
        guard code == 0, let made = unsafe made else { throw HTTP2SetupError("nghttp2: \(Self.text(code))") }
        let session = unsafe HTTP2Session(owning: made)
        try session.submitSettings(configuration)
        return session
    }

    deinit {
        unsafe nghttp2_session_del(session)
    }

    /// Tells the callbacks which connection they serve.
    borrowing func setOwner(_ connection: HTTP2Connection) {
        // SAFETY: unretained: the connection owns this session and calls it only from its own methods, so whenever a callback
        // runs the connection is alive; nghttp2_session_del calls none.
        unsafe nghttp2_session_set_user_data(session, Unmanaged.passUnretained(connection).toOpaque())
    }

    private borrowing func submitSettings(_ configuration: HTTP2Configuration) throws(HTTP2SetupError) {
        // A stream's window of twice the body limit never stalls a body that is kept.
        let streamWindow = UInt32(clamping: min(max(65_535, 2 * configuration.responseBodyBytesMax), 1 << 30))
        let settings = [
            nghttp2_settings_entry(settings_id: Int32(NGHTTP2_SETTINGS_ENABLE_PUSH.rawValue), value: 0),
            nghttp2_settings_entry(
                settings_id: Int32(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE.rawValue),
                value: streamWindow
            ),
            nghttp2_settings_entry(
                settings_id: Int32(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE.rawValue),
                value: UInt32(clamping: configuration.responseFieldBytesMax)
            ),
        ]
        // SAFETY: the array is copied during the call.
        let code = unsafe nghttp2_submit_settings(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), settings, settings.count)
        let connectionWindow: Int32 = 16 << 20
        let code2 = unsafe nghttp2_session_set_local_window_size(session, 0, 0, connectionWindow)
        guard code == 0, code2 == 0 else {
            throw HTTP2SetupError("nghttp2: \(Self.text(code == 0 ? code2 : code))")
        }
    }

    /// Queues a request and calls `serialize` while nghttp2 may still read the request's fields; gives the stream id or a negative error.
    ///
    /// `serialize` must take output until there is none: the fields are not copied.
    borrowing func submit(_ request: HTTP2Request, userData index: Int32, serialize: () -> Void) -> Int32 {
        let counts = (request.leadingFields.count, request.fields.count, request.sharedFields.count)
        let count = counts.0 + counts.1 + counts.2
        // SAFETY: all pointers handed to nghttp2 point into the three storages, which stay in place until `serialize` returns;
        // by then the HEADERS frame is encoded, or the connection is given up without reading them again.
        return unsafe request.leadingFields.storage.withUnsafeBufferPointer { leading in
            unsafe request.fields.storage.withUnsafeBufferPointer { own in
                unsafe request.sharedFields.storage.withUnsafeBufferPointer { shared in
                    unsafe withUnsafeTemporaryAllocation(of: nghttp2_nv.self, capacity: count) { list in
                        unsafe Self.fill(list, from: leading, count: counts.0, at: 0)
                        unsafe Self.fill(list, from: own, count: counts.1, at: counts.0)
                        unsafe Self.fill(list, from: shared, count: counts.2, at: counts.0 + counts.1)
                        return unsafe submit(list, hasBody: !request.body.isEmpty, index, serialize)
                    }
                }
            }
        }
    }

    private borrowing func submit(
        _ list: UnsafeMutableBufferPointer<nghttp2_nv>,
        hasBody: Bool,
        _ index: Int32,
        _ serialize: () -> Void
    ) -> Int32 {
        // SAFETY: the list and what it points to are lent for the call; the tag is a number and never dereferenced.
        let tag = unsafe UnsafeMutableRawPointer(bitPattern: Int(index) + 1)
        var source = unsafe nghttp2_data_provider(
            source: nghttp2_data_source(ptr: tag),
            read_callback: SessionCallbacks.readBody
        )
        // A body is announced by the presence of a data source.
        let stream = unsafe withUnsafePointer(to: &source) { source in
            unsafe nghttp2_submit_request(session, nil, list.baseAddress, list.count, hasBody ? source : nil, tag)
        }
        if stream > 0 { serialize() }
        return stream
    }

    private static func fill(
        _ list: UnsafeMutableBufferPointer<nghttp2_nv>,
        from storage: UnsafeBufferPointer<UInt8>,
        count: Int,
        at start: Int
    ) {
        let noCopy = UInt8(NGHTTP2_NV_FLAG_NO_COPY_NAME.rawValue | NGHTTP2_NV_FLAG_NO_COPY_VALUE.rawValue)
        let noIndex = UInt8(NGHTTP2_NV_FLAG_NO_INDEX.rawValue)
        var position = 0
        for field in 0..<count {
            // SAFETY: `storage` is the flat form that HTTP2Fields writes: `count` times prefix, name, value. nghttp2's type
            // wants mutable pointers, but the library only reads.
            let lengths = unsafe UnsafeRawPointer(storage.baseAddress.unsafelyUnwrapped + position)
            let nameLength = Int(UInt16(littleEndian: unsafe lengths.loadUnaligned(as: UInt16.self)))
            let valueLength = Int(
                UInt32(littleEndian: unsafe lengths.loadUnaligned(fromByteOffset: 2, as: UInt32.self))
            )
            let indexing = unsafe lengths.load(fromByteOffset: 6, as: UInt8.self)
            let name = unsafe UnsafeMutablePointer(
                mutating: storage.baseAddress.unsafelyUnwrapped + position + HTTP2Fields.prefixLength
            )
            // NO_INDEX makes nghttp2 send a never-indexed literal, which keeps the field out of the table as well.
            unsafe list.initializeElement(
                at: start + field,
                to: nghttp2_nv(
                    name: name,
                    value: name + nameLength,
                    namelen: nameLength,
                    valuelen: valueLength,
                    flags: indexing == HTTP2Fields.Indexing.indexed.rawValue ? noCopy : noCopy | noIndex
                )
            )
            position += HTTP2Fields.prefixLength + nameLength + valueLength
        }
    }

    /// Takes in decrypted bytes; gives nil, or why the connection cannot go on.
    borrowing func receive(_ bytes: UnsafeRawBufferPointer) -> String? {
        // SAFETY: the buffer is valid during the call; callbacks run inside it.
        let count = unsafe nghttp2_session_mem_recv(
            session,
            bytes.baseAddress?.assumingMemoryBound(to: UInt8.self),
            bytes.count
        )
        return count == bytes.count ? nil : "HTTP/2: \(Self.text(Int32(clamping: count)))"
    }

    /// Appends all frames that can be sent now; gives nil, or why the connection cannot go on.
    borrowing func serialize(into output: inout [UInt8]) -> String? {
        while true {
            var start: UnsafePointer<UInt8>?
            // SAFETY: nghttp2 gives a piece of its own memory, valid until its next call; it is copied before.
            let count = unsafe nghttp2_session_mem_send(session, &start)
            if count == 0 { return nil }
            if count < 0 { return "HTTP/2: \(Self.text(Int32(clamping: count)))" }
            unsafe output.append(contentsOf: UnsafeBufferPointer(start: start, count: count))
        }
    }

    /// Queues RST_STREAM and makes all later callbacks ignore the stream.
    borrowing func reset(_ stream: Int32, code: UInt32) {
        detach(stream)
        // SAFETY: no pointers. It fails only for want of memory; then the stream ends with the connection.
        _ = unsafe nghttp2_submit_rst_stream(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream, code)
    }

    /// Makes all later callbacks ignore the stream.
    borrowing func detach(_ stream: Int32) {
        // SAFETY: the user data is a number. It fails only when the stream is gone already.
        _ = unsafe nghttp2_session_set_stream_user_data(session, stream, nil)
    }

    /// The index given at `submit`; nil when the stream is gone or detached.
    borrowing func index(of stream: Int32) -> Int32? {
        // SAFETY: the user data is a number plus one, never dereferenced.
        let tag = Int(bitPattern: unsafe nghttp2_session_get_stream_user_data(session, stream))
        return tag == 0 ? nil : Int32(tag - 1)
    }

    /// Queues a PING; false when that is impossible.
    borrowing func ping() -> Bool {
        unsafe nghttp2_submit_ping(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), nil) == 0
    }

    /// Queues GOAWAY(NO_ERROR), the polite end.
    borrowing func goAway() {
        // SAFETY: no debug data. It fails only for want of memory; the connection is closed right after anyway.
        _ = unsafe nghttp2_session_terminate_session(session, NGHTTP2_NO_ERROR.rawValue)
    }

    /// The server's present SETTINGS_MAX_CONCURRENT_STREAMS.
    var remoteStreamsMax: Int {
        Int(unsafe nghttp2_session_get_remote_settings(session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS))
    }

    /// False after GOAWAY in either direction, and when the stream ids are used up.
    var takesRequests: Bool {
        unsafe nghttp2_session_check_request_allowed(session) != 0
    }

    /// nghttp2's words for one of its negative error codes.
    static func text(_ code: Int32) -> String {
        // SAFETY: a constant of the library for any number.
        unsafe String(cString: nghttp2_strerror(code))
    }
}
