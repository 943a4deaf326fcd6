internal import CNGHTTP2

/// The C functions that nghttp2 calls, each turned into a call of the connection.
///
/// They never report failure to nghttp2:
/// what goes wrong is noted and dealt with after nghttp2 has returned.
@safe struct SessionCallbacks: ~Copyable {
    let pointer: OpaquePointer

    private init(owning pointer: OpaquePointer) {
        unsafe self.pointer = pointer
    }

    /// A set of callbacks, for as long as sessions are made from it: each session copies it.
    static func make() throws(HTTP2SetupError) -> SessionCallbacks {
        var made: OpaquePointer?
        // SAFETY: nghttp2 writes one pointer, which passes to the struct; its deinit frees it.
        guard unsafe nghttp2_session_callbacks_new(&made) == 0, let made = unsafe made else {
            throw HTTP2SetupError("nghttp2: out of memory")
        }
        // SAFETY: the functions have the types that nghttp2 demands; their pointers are valid during each call, and the user
        // data is the connection that `HTTP2Session.setOwner` set before the session was first used.
        unsafe nghttp2_session_callbacks_set_on_begin_headers_callback(made) { _, frame, user in
            guard let frame = unsafe frame, let connection = unsafe connection(user) else { return 0 }
            unsafe connection.headersBegan(frame.pointee.hd.stream_id)
            return 0
        }
        unsafe nghttp2_session_callbacks_set_on_header_callback(made) {
            _,
            frame,
            name,
            nameLength,
            value,
            valueLength,
            _,
            user in
            guard let frame = unsafe frame, let connection = unsafe connection(user) else { return 0 }
            unsafe connection.headerReceived(
                frame.pointee.hd.stream_id,
                UnsafeBufferPointer(start: name, count: nameLength),
                UnsafeBufferPointer(start: value, count: valueLength)
            )
            return 0
        }
        unsafe nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made) { _, _, stream, bytes, count, user in
            guard let connection = unsafe connection(user) else { return 0 }
            unsafe connection.bodyReceived(stream, UnsafeBufferPointer(start: bytes, count: count))
            return 0
        }
        unsafe nghttp2_session_callbacks_set_on_frame_recv_callback(made) { _, frame, user in
            guard let frame = unsafe frame, let connection = unsafe connection(user) else { return 0 }
            unsafe SessionCallbacks.received(frame.pointee, by: connection)
            return 0
        }
        unsafe nghttp2_session_callbacks_set_on_frame_send_callback(made) { _, frame, user in
            guard let frame = unsafe frame, let connection = unsafe connection(user) else { return 0 }
            unsafe connection.frameSerialized(UInt32(frame.pointee.hd.type), frame.pointee.hd.stream_id)
            return 0
        }
        unsafe nghttp2_session_callbacks_set_on_frame_not_send_callback(made) { _, frame, code, user in
            guard let frame = unsafe frame, let connection = unsafe connection(user) else { return 0 }
            let header = unsafe frame.pointee.hd
            connection.frameRefused(UInt32(header.type), header.stream_id, reason: HTTP2Session.text(code))
            return 0
        }
        unsafe nghttp2_session_callbacks_set_on_stream_close_callback(made) { _, stream, code, user in
            guard let connection = unsafe connection(user) else { return 0 }
            connection.streamClosed(stream, code: code)
            return 0
        }
        return unsafe SessionCallbacks(owning: made)
    }

    deinit {
        unsafe nghttp2_session_callbacks_del(pointer)
    }

    /// Copies the next part of a request body into nghttp2's frame buffer.
    static let readBody: nghttp2_data_source_read_callback = { _, stream, buffer, length, flags, _, user in
        guard let connection = unsafe connection(user), let buffer = unsafe buffer, let flags = unsafe flags,
            let part = unsafe connection.copyBody(
                stream,
                into: UnsafeMutableRawBufferPointer(start: buffer, count: length)
            )
        else { return Int(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue) }
        if part.isLast { unsafe flags.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue }
        return part.count
    }

    private static func received(_ frame: nghttp2_frame, by connection: HTTP2Connection) {
        // SAFETY: `hd` is common to all frames; another member of the union is read only for its own frame type.
        let header = unsafe frame.hd
        switch nghttp2_frame_type(UInt32(header.type)) {
        case NGHTTP2_HEADERS, NGHTTP2_DATA:
            if header.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0 {
                connection.responseEnded(header.stream_id)
            }
        case NGHTTP2_SETTINGS:
            if header.flags & UInt8(NGHTTP2_FLAG_ACK.rawValue) == 0 { connection.settingsReceived() }
        case NGHTTP2_RST_STREAM:
            connection.resetReceived(header.stream_id)
        case NGHTTP2_GOAWAY:
            let goAway = unsafe frame.goaway
            let debug = unsafe UnsafeBufferPointer(start: goAway.opaque_data, count: goAway.opaque_data_len)
            unsafe connection.goAwayReceived(
                code: goAway.error_code,
                lastStreamID: goAway.last_stream_id,
                debug: String(decoding: debug.prefix(1024), as: UTF8.self)
            )
        default:
            break
        }
    }
}

/// The connection behind a user data pointer.
private func connection(_ user: UnsafeMutableRawPointer?) -> HTTP2Connection? {
    guard let user = unsafe user else { return nil }
    // SAFETY: `HTTP2Session.setOwner` stored exactly this type, and the owner is alive while its session runs.
    return unsafe Unmanaged<HTTP2Connection>.fromOpaque(user).takeUnretainedValue()
}
