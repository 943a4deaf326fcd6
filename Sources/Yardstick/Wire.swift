private import CNGHTTP2

/// One connection as plainly as the two libraries allow: a socket that does not block, TLS on it, HTTP/2 on that.
struct Wire: ~Copyable {
    enum State { case drained, congested, ended }

    /// Frames are gathered up to here before they are written, so that many streams share a write.
    private static let outputOctetsMax = 65_536

    let session: SessionHandle
    private let tls: TLSHandle
    private var input = [UInt8](repeating: 0, count: 16_384)
    private var output: [UInt8] = []
    /// How much of `output` is written.
    private var written = 0

    init(_ tls: consuming TLSHandle, _ session: consuming SessionHandle) {
        self.tls = tls
        self.session = session
        output.reserveCapacity(2 * Self.outputOctetsMax)
    }

    /// Takes in what has come; false when the connection has ended.
    mutating func readAll() -> Bool {
        while true {
            // SAFETY: the buffer is this value's own; `count` octets at its start were just read.
            let step = unsafe input.withUnsafeMutableBytes { buffer -> TLSHandle.Step in
                let step = unsafe tls.read(into: buffer)
                guard case .done(let count) = step else { return step }
                return unsafe session.receive(.init(rebasing: buffer[..<count])) ? step : .ended
            }
            switch step {
            case .done: continue
            case .wantsInput, .wantsOutput: return true
            case .ended: return false
            }
        }
    }

    /// Writes frames until there are none, or the socket takes no more.
    mutating func writeAll() -> State {
        while true {
            if written == output.count {
                output.removeAll(keepingCapacity: true)
                written = 0
                guard session.serialize(into: &output, upTo: Self.outputOctetsMax) else { return .ended }
                if output.isEmpty { return session.isOpen ? .drained : .ended }
            }
            // SAFETY: the array stays in place during the call, which reads what is not yet written.
            let step = unsafe output.withUnsafeBytes { unsafe tls.write(.init(rebasing: $0[written...])) }
            switch step {
            case .done(let count): written += count
            case .wantsInput, .wantsOutput: return .congested
            case .ended: return .ended
            }
        }
    }
}
