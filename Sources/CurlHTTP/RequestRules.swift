/// What HTTP forbids in a request, so that nothing a caller passes on can change where a request ends.
enum RequestRules {
    /// Most bytes of all header fields together.
    static let fieldBytesMax = 65_536

    /// RFC 9112 sections 3.2, 6 and 9.6: these belong to the connection and to the message's framing, which are libcurl's.
    private static let framing: Set<String> = [
        "connection", "content-length", "expect", "host", "keep-alive", "proxy-authorization", "proxy-connection", "te",
        "trailer", "transfer-encoding", "upgrade",
    ]

    /// The rule that a request breaks, if it does; its URL is looked at elsewhere (`RequestTarget`).
    static func violation(in request: HTTPRequest) -> String? {
        if request.method == .get, !request.body.isEmpty { return "a GET has no body" }
        var bytes = 0
        for field in request.fields {
            if let rule = violation(in: field) { return rule }
            bytes += field.name.utf8.count + field.value.utf8.count + 4
        }
        return bytes > fieldBytesMax ? "the header fields are longer than \(fieldBytesMax) bytes" : nil
    }

    /// RFC 9110 sections 5.1 and 5.5.
    private static func violation(in field: HTTPField) -> String? {
        if field.name.isEmpty || !field.name.utf8.allSatisfy(isTokenByte) {
            return "a header field's name is not a token"
        }
        if framing.contains(field.name.lowercased()) { return "the header field \(field.name) is not the caller's" }
        let value = field.value.utf8
        if !value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) {
            return "control character in the value of the header field \(field.name)"
        }
        if let first = value.first, let last = value.last, isSpace(first) || isSpace(last) {
            return "the value of the header field \(field.name) begins or ends with white space"
        }
        return nil
    }

    static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
        case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"): true
        case UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "^"), UInt8(ascii: "`"): true
        case UInt8(ascii: "|"), UInt8(ascii: "~"): true
        default: false
        }
    }
}
