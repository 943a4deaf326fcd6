internal import CNGHTTP2
private import Glibc
internal import HTTP2

/// A server on 127.0.0.1 that takes every request and answers 200: it stands in for a provider where the client is measured.
///
/// It judges nothing and keeps nothing, so that it costs less than any client. All requests that come together are answered in
/// one write. Belongs to one thread.
package final class Sink {
    /// The port that it listens on.
    package let port: UInt16
    private let listener: Socket
    private let context: TLSContextHandle
    private let response = ResponseFields()
    private let loop: EventLoop
    private var connections: [Int32: SinkConnection] = [:]

    /// Streams that a connection may have open: as many as APNs allows.
    static let streamsMax: UInt32 = 1000

    /// Listens.
    ///
    /// From here on the process ignores SIGPIPE: a client that is gone is an error of a write.
    ///
    /// - Parameters:
    ///   - certificate: For `localhost` and `127.0.0.1`, in DER.
    ///   - key: Its key, in PEM.
    /// - Throws: `YardstickError`, or where there is no port or no epoll.
    package init(certificate: [UInt8], key: String) throws {
        _ = signal(SIGPIPE, SIG_IGN)
        let listener = try Socket.listening()
        port = try listener.port()
        self.listener = listener
        context = try TLSContextHandle.server(certificate: certificate, key: key)
        loop = try EventLoop()
        _ = try loop.watch(self.listener.descriptor, for: .readable) { [unowned self] _ in accept() }
    }

    /// Serves as long as the condition holds, which is asked at least once a second.
    package func run(while condition: () -> Bool) {
        while condition() { loop.turn(timeout: .seconds(1)) }
    }

    private func accept() {
        do {
            while let socket = try listener.accept() {
                let descriptor = socket.descriptor
                let connection = try SinkConnection(socket, context, response)
                connection.watch = try loop.watch(descriptor, for: .readable) { [unowned self] _ in serve(descriptor) }
                connections[descriptor] = connection
            }
        } catch {
            // A client that cannot be served sees its connection end; the others go on.
        }
    }

    private func serve(_ descriptor: Int32) {
        guard let connection = connections[descriptor], let watch = connection.watch else { return }
        let isServed: Bool
        switch connection.serve() {
        case .drained: isServed = (try? loop.change(watch, to: .readable)) != nil
        // Who does not read its answers gets no more of them.
        case .congested: isServed = (try? loop.change(watch, to: .writable)) != nil
        case .ended: isServed = false
        }
        if isServed { return }
        loop.unwatch(watch)
        connections[descriptor] = nil
    }
}

/// One client of the sink.
final class SinkConnection {
    var watch: EventLoop.WatchID?
    private var wire: Wire
    private let socket: Socket

    init(
        _ socket: consuming Socket,
        _ context: borrowing TLSContextHandle,
        _ response: ResponseFields
    ) throws(YardstickError) {
        let tls = try TLSHandle(context, socket: socket.descriptor)
        tls.accept()
        // SAFETY: the fields are the sink's, which outlives its connections.
        let session = try unsafe SessionHandle.make(.server, streamsMax: Sink.streamsMax, user: response.user) {
            callbacks in
            unsafe nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks) { session, frame, user in
                guard let frame = unsafe frame, let user = unsafe user else { return 0 }
                return unsafe ResponseFields.answer(session, frame.pointee.hd, user)
            }
        }
        wire = Wire(tls, session)
        self.socket = socket
    }

    func serve() -> Wire.State {
        wire.readAll() ? wire.writeAll() : .ended
    }
}

/// The one answer: status 200 and an `apns-id`, which APNs sends with each.
@safe
final class ResponseFields {
    private static let text = ":status200apns-id00000000-0000-4000-8000-000000000000"
    private let octets: UnsafeMutableBufferPointer<UInt8>
    private let fields: UnsafeMutableBufferPointer<nghttp2_nv>

    init() {
        unsafe octets = .allocate(capacity: Self.text.utf8.count)
        unsafe fields = .allocate(capacity: 2)
        // SAFETY: the text fits its memory, and the lengths are those of its four parts. The id is never entered into the header
        // table, as if each were another.
        unsafe _ = octets.initialize(from: Self.text.utf8)
        let start = unsafe octets.baseAddress.unsafelyUnwrapped
        let noCopy = UInt8(NGHTTP2_NV_FLAG_NO_COPY_NAME.rawValue | NGHTTP2_NV_FLAG_NO_COPY_VALUE.rawValue)
        let noIndex = noCopy | UInt8(NGHTTP2_NV_FLAG_NO_INDEX.rawValue)
        unsafe fields.initializeElement(
            at: 0,
            to: nghttp2_nv(name: start, value: start + 7, namelen: 7, valuelen: 3, flags: noCopy)
        )
        unsafe fields.initializeElement(
            at: 1,
            to: nghttp2_nv(name: start + 10, value: start + 17, namelen: 7, valuelen: 36, flags: noIndex)
        )
    }

    deinit {
        // SAFETY: allocated in `init`, freed here only; the entries are plain addresses.
        unsafe octets.deallocate()
        unsafe fields.deallocate()
    }

    /// What the sessions' callbacks get.
    var user: UnsafeMutableRawPointer { unsafe UnsafeMutableRawPointer(fields.baseAddress.unsafelyUnwrapped) }

    /// Answers a request whose last frame has come; gives nghttp2's code.
    static func answer(
        _ session: OpaquePointer?,
        _ frame: nghttp2_frame_hd,
        _ user: UnsafeMutableRawPointer
    ) -> Int32 {
        let type = nghttp2_frame_type(UInt32(frame.type))
        guard type == NGHTTP2_HEADERS || type == NGHTTP2_DATA,
            frame.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0
        else { return 0 }
        // SAFETY: `user` is the two fields of a live object, and nghttp2 reads them before the object goes.
        return unsafe nghttp2_submit_response(
            session,
            frame.stream_id,
            user.assumingMemoryBound(to: nghttp2_nv.self),
            2,
            nil
        )
    }
}
