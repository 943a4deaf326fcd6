/// The attributes that CloudEvents 1.0 defines itself (section 3.1).
enum ContextAttribute: UInt16 {
    case specversion
    case id
    case source
    case type
    case subject
    case time
    case datacontenttype
    case dataschema

    var name: StaticString {
        switch self {
        case .specversion: "specversion"
        case .id: "id"
        case .source: "source"
        case .type: "type"
        case .subject: "subject"
        case .time: "time"
        case .datacontenttype: "datacontenttype"
        case .dataschema: "dataschema"
        }
    }

    static let required: [ContextAttribute] = [.specversion, .id, .source, .type]

    /// nil for the name of an extension.
    @inline(__always)
    init?(_ name: UnsafeRawBufferPointer) {
        // By length there is one candidate, but for four: `time` and `type` differ in their second letter.
        let candidate: ContextAttribute
        switch name.count {
        case 2: candidate = .id
        // SAFETY: there are four octets.
        case 4: candidate = unsafe name[1] == UInt8(ascii: "i") ? .time : .type
        case 6: candidate = .source
        case 7: candidate = .subject
        case 10: candidate = .dataschema
        case 11: candidate = .specversion
        case 15: candidate = .datacontenttype
        default: return nil
        }
        guard unsafe ByteScanning.equal(name, candidate.name) else { return nil }
        self = candidate
    }
}

/// How attributes are named.
enum AttributeNames {
    /// Small letters and digits (CloudEvents 1.0.2 section 3.1).
    static func isValid(_ name: UnsafeRawBufferPointer) -> Bool {
        // SAFETY: the octets are lent for the call.
        unsafe name.count > 0
            && name.allSatisfy { octet in
                switch octet {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
                default: false
                }
            }
    }

    /// The attribute that a header carries: what follows `ce_`; nil for other headers (Kafka binding 1.0.2 section 3.2.3.1).
    @inline(__always)
    static func ofHeader(_ name: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        // SAFETY: three octets are there before they are read.
        guard name.count >= 3,
            unsafe name[0] == UInt8(ascii: "c") && name[1] == UInt8(ascii: "e") && name[2] == UInt8(ascii: "_")
        else { return nil }
        return unsafe UnsafeRawBufferPointer(rebasing: name[3...])
    }

    /// `content-type` in letters of either case: producers behind an HTTP bridge write it as HTTP does.
    @inline(__always)
    static func isContentType(_ name: UnsafeRawBufferPointer) -> Bool {
        guard name.count == 12 else { return false }
        var lower = true
        for position in 0..<12 {
            // SAFETY: both have twelve octets.
            let octet = unsafe name[position]
            let letter = octet >= UInt8(ascii: "A") && octet <= UInt8(ascii: "Z") ? octet | 0x20 : octet
            lower = unsafe lower && letter == contentType.utf8Start[position]
        }
        return lower
    }

    private static let contentType: StaticString = "content-type"

    /// A name as it may stand in a detail: at most 40 characters, and only those that belong in a name or nearly so.
    static func printable(_ name: UnsafeRawBufferPointer) -> String {
        // SAFETY: the octets are lent for the call.
        let shown = unsafe String(decoding: name.prefix(40), as: UTF8.self)
        return String(shown.map { $0.isASCII && ($0.isLetter || $0.isNumber || "_-.".contains($0)) ? $0 : "?" })
    }
}
