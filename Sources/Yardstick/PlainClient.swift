private import CNGHTTP2
private import Glibc

/// The least that a client on nghttp2 and OpenSSL can be: one connection, one loop, no deadlines, no second try.
///
/// What Belfry's client costs is read beside it. Belongs to one thread.
package final class PlainClient {
    private let socket: Socket
    private var wire: Wire
    private let requests: PlainRequests
    private let tally: PlainTally

    /// How long nothing may come before the run is given up.
    private static let silenceMsMax: Int32 = 30_000

    /// Connects to a port of 127.0.0.1.
    ///
    /// - Parameters:
    ///   - port: Of a server that speaks HTTP/2.
    ///   - caFile: PEM file with the CA of the server.
    ///   - serverName: What its certificate must carry.
    ///   - requests: Sent again and again.
    /// - Throws: `YardstickError` where there is no such server.
    package init(port: UInt16, caFile: String, serverName: String, requests: PlainRequests) throws(YardstickError) {
        let context = try TLSContextHandle.client(caFile: caFile)
        let socket = try Socket.connected(port: port)
        let tls = try TLSHandle(context, socket: socket.descriptor)
        try tls.connect(name: serverName)
        try socket.neverBlock()
        let tally = unsafe PlainTally(octets: requests.octets)
        let session = try unsafe SessionHandle.make(.client, streamsMax: 0, user: tally.user) { callbacks in
            unsafe PlainTally.setCallbacks(callbacks)
        }
        self.socket = socket
        wire = Wire(tls, session)
        self.requests = requests
        self.tally = tally
    }

    /// Keeps so many requests in flight until all have ended.
    ///
    /// - Returns: how many were answered with 200.
    /// - Throws: `YardstickError` where the connection ends, or nothing comes for 30 s.
    package func play(_ count: Int, inFlightMax: Int) throws(YardstickError) -> Int {
        var submitted = 0
        tally.reset()
        while tally.counts.ended < count {
            while submitted < count, submitted - tally.counts.ended < inFlightMax {
                try submit(submitted)
                submitted += 1
            }
            let state = wire.writeAll()
            let before = tally.counts.ended
            guard state != .ended, wire.readAll() else { throw YardstickError("the connection ended") }
            if tally.counts.ended > before || state == .drained && wire.session.hasOutput { continue }
            guard socket.wait(forRoom: state == .congested, milliseconds: Self.silenceMsMax) else {
                throw YardstickError("nothing came for \(Self.silenceMsMax / 1000) s")
            }
        }
        return tally.counts.accepted
    }

    private func submit(_ number: Int) throws(YardstickError) {
        let (fields, body) = unsafe requests.request(number % requests.count)
        var source = unsafe nghttp2_data_source()
        unsafe source.ptr = PlainTally.mark(body)
        var provider = unsafe nghttp2_data_provider(source: source, read_callback: PlainTally.readBody)
        // SAFETY: fields and bodies live as long as the requests, which this object holds; the provider is copied.
        let stream = unsafe nghttp2_submit_request(
            wire.session.pointer,
            nil,
            fields.baseAddress,
            fields.count,
            &provider,
            nil
        )
        if stream < 0 { throw YardstickError("nghttp2: error \(stream)") }
    }
}

/// What came of the requests of a run, for nghttp2's callbacks.
@safe
private final class PlainTally {
    @safe
    struct Counts {
        /// Where all bodies are.
        let octets: UnsafePointer<UInt8>
        var ended = 0
        var accepted = 0
    }

    private let pointer: UnsafeMutablePointer<Counts>

    init(octets: UnsafePointer<UInt8>) {
        unsafe pointer = .allocate(capacity: 1)
        unsafe pointer.initialize(to: Counts(octets: octets))
    }

    deinit {
        // SAFETY: allocated in `init`, freed here only; the counts are plain numbers.
        unsafe pointer.deallocate()
    }

    var counts: Counts { unsafe pointer.pointee }
    var user: UnsafeMutableRawPointer { unsafe UnsafeMutableRawPointer(pointer) }

    func reset() {
        unsafe pointer.pointee.ended = 0
        unsafe pointer.pointee.accepted = 0
    }

    // MARK: Callbacks

    /// The range of a body as one number that fits a pointer.
    static func mark(_ body: Range<Int>) -> UnsafeMutableRawPointer? {
        unsafe UnsafeMutableRawPointer(bitPattern: body.lowerBound << 20 | body.count)
    }

    /// Copies the next part of a body, and moves the mark.
    static let readBody: nghttp2_data_source_read_callback = { _, _, buffer, length, flags, source, user in
        guard let counts = unsafe user?.assumingMemoryBound(to: Counts.self), let buffer = unsafe buffer,
            let flags = unsafe flags, let source = unsafe source
        else { return Int(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue) }
        // SAFETY: the mark is one that `mark` made of a range of the octets, or of what is left of it.
        let mark = Int(bitPattern: unsafe source.pointee.ptr)
        let (start, left) = (mark >> 20, mark & 0xF_FFFF)
        let count = min(left, length)
        unsafe buffer.update(from: counts.pointee.octets + start, count: count)
        unsafe source.pointee.ptr = PlainTally.mark((start + count)..<(start + left))
        if count == left { unsafe flags.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue }
        return count
    }

    static func setCallbacks(_ callbacks: OpaquePointer) {
        // SAFETY: the functions have the types that nghttp2 demands; the user data is the counts, which outlive the session.
        unsafe nghttp2_session_callbacks_set_on_header_callback(callbacks) {
            _,
            _,
            name,
            nameCount,
            value,
            count,
            _,
            user in
            guard let counts = unsafe user?.assumingMemoryBound(to: Counts.self), let name = unsafe name,
                let value = unsafe value, nameCount == 7, count == 3
            else { return 0 }
            if unsafe UnsafeBufferPointer(start: name, count: 7).elementsEqual(":status".utf8),
                unsafe UnsafeBufferPointer(start: value, count: 3).elementsEqual("200".utf8)
            {
                unsafe counts.pointee.accepted += 1
            }
            return 0
        }
        unsafe nghttp2_session_callbacks_set_on_stream_close_callback(callbacks) { _, _, _, user in
            unsafe user?.assumingMemoryBound(to: Counts.self).pointee.ended += 1
            return 0
        }
    }
}
