/// A content type (RFC 2045 section 5.1), as far as decoding depends on it.
struct MediaType: Equatable {
    /// `type/subtype` in lower case, without parameters.
    let essence: String
    /// In lower case, without quotation marks; nil where it is not said.
    let charset: String?

    /// `application/json`, without parameters.
    static let json = MediaType(essence: "application/json", charset: nil)

    /// `application/cloudevents+json`, without parameters.
    static let structuredEvent = MediaType(essence: "application/cloudevents+json", charset: nil)

    private init(essence: String, charset: String?) {
        self.essence = essence
        self.charset = charset
    }

    /// - Returns: nil where the octets are not `type/subtype` with parameters behind it.
    init?(_ octets: UnsafeRawBufferPointer) {
        // SAFETY: the octets are lent for the call.
        if unsafe ByteScanning.equal(octets, "application/json") {
            self = .json
            return
        }
        if unsafe ByteScanning.equal(octets, "application/cloudevents+json") {
            self = .structuredEvent
            return
        }
        let text = unsafe String(decoding: octets, as: UTF8.self).lowercased()
        let parts = text.split(separator: ";", omittingEmptySubsequences: false).map(Self.trimmed)
        let names = parts[0].split(separator: "/", omittingEmptySubsequences: false)
        guard names.count == 2, names.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(Self.isToken) }) else {
            return nil
        }
        var charset: String?
        for parameter in parts.dropFirst() where parameter.hasPrefix("charset=") {
            charset = String(parameter.dropFirst("charset=".count).filter { $0 != "\"" })
        }
        self.init(essence: String(parts[0]), charset: charset)
    }

    /// JSON by its name: `*/json` or `*/*+json` (CloudEvents JSON format 1.0.2 section 3.1.1).
    var isJSON: Bool { essence.hasSuffix("/json") || essence.hasSuffix("+json") }

    /// JSON is UTF-8 (RFC 8259 section 8.1).
    ///
    /// A charset that says so is as good as none.
    var hasForeignCharset: Bool {
        switch charset {
        case nil, "utf-8", "utf8", "us-ascii": false
        default: true
        }
    }

    /// Any format of a whole event or of several: structured mode by the Kafka binding 1.0.2 section 3.
    var isCloudEvents: Bool { essence.hasPrefix("application/cloudevents") }

    private static func trimmed(_ part: Substring) -> Substring {
        var part = part
        while part.first == " " || part.first == "\t" { part.removeFirst() }
        while part.last == " " || part.last == "\t" { part.removeLast() }
        return part
    }

    /// A `tchar` of RFC 9110 section 5.6.2, capital letters apart.
    private static func isToken(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"),
            UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
