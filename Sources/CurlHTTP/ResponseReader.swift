/// Puts an answer together from the lines and the pieces of body that libcurl hands over, within limits.
struct ResponseReader {
    private enum Phase { case statusLine, fields, body }

    private let fieldBytesMax: Int
    private let bodyBytesMax: Int
    private var phase = Phase.statusLine
    private var fieldBytes = 0
    private var response = HTTPResponse(status: 0, fields: [], body: [], isTruncated: false)

    init(fieldBytesMax: Int, bodyBytesMax: Int) {
        self.fieldBytesMax = fieldBytesMax
        self.bodyBytesMax = bodyBytesMax
    }

    /// True when a limit was passed: the rest is not wanted.
    var isTruncated: Bool { response.isTruncated }

    /// The answer, if its status line is that of a final one.
    var answer: HTTPResponse? {
        response.status >= 200 ? response : nil
    }

    /// Takes in a line of the head, or a trailer, with its line end; false when no more is wanted.
    mutating func receiveLine(_ line: some Collection<UInt8>) -> Bool {
        // What comes after the head are trailers.
        guard phase != .body else { return true }
        fieldBytes += line.count
        let end = line.reversed().prefix { $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n") }.count
        let text = line.dropLast(end)
        if phase == .statusLine {
            begin(text)
        } else if text.isEmpty {
            // An informational answer is followed by another status line (RFC 9110 section 15.2).
            phase = response.status < 200 ? .statusLine : .body
        } else {
            appendField(text)
        }
        if fieldBytes > fieldBytesMax { response.isTruncated = true }
        return !response.isTruncated
    }

    /// Takes in a piece of the body; false when no more is wanted.
    mutating func receiveBody(_ bytes: some Collection<UInt8>) -> Bool {
        let room = bodyBytesMax - response.body.count
        response.body.append(contentsOf: bytes.prefix(room))
        if bytes.count > room { response.isTruncated = true }
        return !response.isTruncated
    }

    /// `HTTP/1.1 200 OK`; libcurl has checked the form, so a number that is none leaves the answer without a status.
    private mutating func begin(_ line: some Collection<UInt8>) {
        let words = line.split(separator: UInt8(ascii: " "), maxSplits: 2)
        response.status = words.count > 1 ? Int(String(decoding: words[1], as: UTF8.self)) ?? 0 : 0
        response.fields = []
        phase = .fields
    }

    private mutating func appendField(_ line: some Collection<UInt8>) {
        if let first = line.first, RequestRules.isSpace(first) {
            // A folded line (RFC 9112 section 5.2) belongs to the field before.
            guard let last = response.fields.indices.last else { return }
            return response.fields[last].value += " " + Self.trimmed(line)
        }
        let parts = line.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return }
        response.fields.append(HTTPField(String(decoding: parts[0], as: UTF8.self), Self.trimmed(parts[1])))
    }

    private static func trimmed(_ bytes: some Collection<UInt8>) -> String {
        let rest = bytes.drop(while: RequestRules.isSpace)
        let spaces = rest.reversed().prefix(while: RequestRules.isSpace).count
        return String(decoding: rest.dropLast(spaces), as: UTF8.self)
    }
}
