internal import CCurl

/// One request on its way to its outcome.
///
/// Belongs to the owner thread. The worker holds it while libcurl has its handle, and libcurl calls back into it.
final class Transfer {
    /// Where a request is.
    enum Phase { case waiting, active, ended }

    let id: UInt64
    let origin: String
    let deadline: ContinuousClock.Instant
    var phase = Phase.waiting
    /// The place in the worker's list, which keeps it up to date.
    var index = 0
    /// Present while active.
    private(set) var easy: EasyHandle?
    /// A connection was ready for the request, so that any part of it may have left.
    ///
    /// Only this makes the difference between not processed and unknown. libcurl's count of bytes sent would not do: it leaves out
    /// what TLS has taken and not reported yet.
    private(set) var isStarted = false
    /// The idle connection that libcurl chose turned out to be dead, and nothing was sent on it.
    private(set) var isStale = false
    private let request: HTTPRequest
    private let sockets: SocketTable
    private var reader: ResponseReader
    private var openedSockets: [CInt] = []
    private var refusedAddress: String?
    private var isSecondSending = false
    private var addressFilter: (@Sendable ([UInt8]) -> Bool)?

    init(
        _ request: HTTPRequest,
        _ ticket: Mailbox.Ticket,
        origin: String,
        configuration: CurlConfiguration,
        sockets: SocketTable
    ) {
        self.request = request
        self.id = ticket.id
        self.deadline = ticket.deadline
        self.origin = origin
        self.sockets = sockets
        addressFilter = configuration.addressFilter
        reader = ResponseReader(
            fieldBytesMax: configuration.responseFieldBytesMax,
            bodyBytesMax: configuration.responseBodyBytesMax
        )
    }

    /// Makes libcurl's handle for the request and hands it over.
    func begin(_ configuration: CurlConfiguration, in multi: borrowing MultiHandle) throws(CurlSetupError) {
        var easy = try EasyHandle.make()
        try easy.configure(configuration)
        try easy.prepare(request)
        try TransferCallbacks.set(on: easy, transfer: self, sockets: sockets)
        if isStale { try easy.set(CURLOPT_FRESH_CONNECT, 1) }
        isStale = false
        try multi.add(easy)
        self.easy = consume easy
    }

    /// Takes the handle back from libcurl and frees it; adds what was sent and received to the counts.
    func end(in multi: borrowing MultiHandle, _ statistics: inout CurlStatistics) {
        guard let easy = easy.take() else { return }
        multi.remove(easy)
        statistics.connects += easy.number(CURLINFO_NUM_CONNECTS)
        statistics.bytesReceived += easy.number(CURLINFO_HEADER_SIZE) + easy.size(CURLINFO_SIZE_DOWNLOAD_T)
        statistics.bytesSent += easy.size(CURLINFO_SIZE_UPLOAD_T)
    }

    /// What a complete transfer comes to.
    func outcome(_ code: CURLcode) -> HTTPOutcome {
        if let answer = reader.answer, code == CURLE_OK || reader.isTruncated { return .response(answer) }
        if isSecondSending { return .unknown(.connectionLost("the server closed the connection without an answer")) }
        let text = easy?.text(code) ?? CurlLibrary.text(code)
        if isStarted { return .unknown(Self.unknownReason(code, text)) }
        if let refusedAddress, openedSockets.isEmpty { return .notProcessed(.addressRefused(refusedAddress)) }
        return .notProcessed(Self.notProcessedReason(code, text))
    }
}

// MARK: What libcurl's codes mean

extension Transfer {
    private static func unknownReason(_ code: CURLcode, _ text: String) -> HTTPOutcome.UnknownReason {
        switch code {
        // The last two: HTTP/0.9, and informational heads that pass the limit.
        case CURLE_OK, CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL, CURLE_WRITE_ERROR:
            .malformedResponse(text)
        default: .connectionLost(text)
        }
    }

    private static func notProcessedReason(_ code: CURLcode, _ text: String) -> HTTPOutcome.NotProcessedReason {
        switch code {
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_LOGIN_DENIED: .invalidRequest(text)
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CRL_BADFILE, CURLE_SSL_INVALIDCERTSTATUS,
            CURLE_SSL_CLIENTCERT, CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_ENGINE_INITFAILED:
            .tlsFailed(text)
        default: .connectFailed(text)
        }
    }
}

// MARK: What libcurl asks and tells

extension Transfer {
    /// Opens a socket to an address, unless the filter refuses; -1 when there is none.
    func openSocket(to address: UnsafePointer<curl_sockaddr>) -> CInt {
        let (family, type, number) = unsafe (
            address.pointee.family, address.pointee.socktype, address.pointee.protocol
        )
        if let addressFilter {
            // SAFETY: libcurl's structure ends with the address, which has `addrlen` bytes: more than the type of its member tells, so
            // that the member is read in place and not copied.
            guard let start = MemoryLayout<curl_sockaddr>.offset(of: \.addr) else {
                preconditionFailure("a field of a C structure has its place")
            }
            let bytes = unsafe UnsafeRawBufferPointer(
                start: UnsafeRawPointer(address) + start,
                count: Int(address.pointee.addrlen)
            )
            let octets = unsafe addressOctets(family: family, bytes)
            guard let octets, addressFilter(octets) else {
                refusedAddress = octets.map { addressText($0) } ?? "an address that is not of the Internet"
                return -1
            }
        }
        let descriptor = sockets.openSocket(family, type, number)
        if descriptor >= 0 { openedSockets.append(descriptor) }
        return descriptor
    }

    /// A connection is ready; false keeps the request from being sent on it.
    ///
    /// libcurl comes here before each sending, also when it means to send again by itself: when a connection that had served before
    /// ends without a byte of an answer, it makes a new one and sends the request once more. The server may have acted on the
    /// first, so a second sending is for the caller to decide.
    func mayStart(on ends: ConnectionEnds) -> Bool {
        if isStarted {
            isSecondSending = true
            return false
        }
        if openedSockets.isEmpty {
            isStale = !sockets.isQuiet(ends)
            if isStale { return false }
        } else {
            sockets.remember(ends, openedFor: openedSockets)
        }
        isStarted = true
        return true
    }

    func receiveLine(_ line: UnsafeBufferPointer<UInt8>) -> Bool {
        unsafe reader.receiveLine(line)
    }

    func receiveBody(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        unsafe reader.receiveBody(bytes)
    }
}
