/// Checks the attributes of one event as they come, in whatever way they are written.
struct AttributeCheck {
    /// Octets of one attribute: as much as CloudEvents asks every intermediary to carry as a whole event (section 5).
    static let bytesMax = 65_536
    /// Attributes of one event.
    static let countMax = 128

    private(set) var timeMs: Int64?
    /// nil where `datacontenttype` is absent, which means JSON.
    private(set) var contentType: MediaType?
    /// Attributes of CloudEvents itself that were named, and those of them that have a value: bits by raw value.
    private var named: UInt16 = 0
    private var present: UInt16 = 0
    private var count = 0

    /// Takes an attribute that is a text.
    ///
    /// - Parameters:
    ///   - name: As written; may be anything.
    ///   - value: As written; may be anything.
    /// - Throws: Why the event is refused.
    mutating func take(
        _ name: UnsafeRawBufferPointer,
        _ value: UnsafeRawBufferPointer
    ) throws(DeadLetterReason) {
        // SAFETY: the octets are lent for the call.
        guard let attribute = try unsafe note(name) else {
            try unsafe checkText(value, AttributeNames.printable(name))
            return
        }
        try unsafe take(attribute, value)
    }

    /// Notes that an attribute was named, whatever its value.
    ///
    /// - Returns: The attribute, where CloudEvents itself defines it; nil for an extension.
    /// - Throws: Why the event is refused.
    mutating func note(_ name: UnsafeRawBufferPointer) throws(DeadLetterReason) -> ContextAttribute? {
        // SAFETY: the octets are lent for the call.
        count += 1
        guard count <= Self.countMax else {
            throw DeadLetterReason(.tooLarge, "more than \(Self.countMax) attributes")
        }
        guard unsafe AttributeNames.isValid(name) else {
            throw unsafe DeadLetterReason(
                .invalidAttribute,
                "attribute name \"\(AttributeNames.printable(name))\": only a-z and 0-9 are allowed"
            )
        }
        guard let attribute = unsafe ContextAttribute(name) else { return nil }
        try note(attribute)
        return attribute
    }

    /// Notes that this attribute was named, which may happen once.
    mutating func note(_ attribute: ContextAttribute) throws(DeadLetterReason) {
        guard named & 1 << attribute.rawValue == 0 else {
            throw DeadLetterReason(.invalidAttribute, "\(attribute.name): occurs more than once")
        }
        named |= 1 << attribute.rawValue
    }

    /// Takes the value of an attribute that is noted.
    mutating func take(
        _ attribute: ContextAttribute,
        _ value: UnsafeRawBufferPointer
    ) throws(DeadLetterReason) {
        // SAFETY: the octets are lent for the call.
        present |= 1 << attribute.rawValue
        try unsafe checkText(value, "\(attribute.name)")
        switch attribute {
        case .specversion:
            guard unsafe ByteScanning.equal(value, "1.0") else {
                throw DeadLetterReason(.unsupportedSpecversion, "specversion: only 1.0 is supported")
            }
        case .id, .source, .type, .subject, .dataschema:
            guard value.count > 0 else {
                throw DeadLetterReason(.invalidAttribute, "\(attribute.name): must not be empty")
            }
        case .time:
            guard let milliseconds = unsafe RFC3339.parse(value) else {
                throw DeadLetterReason(
                    .invalidAttribute,
                    "time: must be an RFC 3339 timestamp such as 2026-01-02T03:04:05.678Z"
                )
            }
            timeMs = milliseconds
        case .datacontenttype:
            guard let type = unsafe MediaType(value) else {
                throw DeadLetterReason(
                    .invalidAttribute,
                    "datacontenttype: must be a media type such as application/json"
                )
            }
            contentType = type
        }
    }

    /// Ends the check: whether all required attributes came.
    func finish() throws(DeadLetterReason) {
        for attribute in ContextAttribute.required where present & 1 << attribute.rawValue == 0 {
            throw DeadLetterReason(.missingAttribute, "\(attribute.name): is required")
        }
        if let contentType, contentType.isJSON, contentType.hasForeignCharset {
            throw DeadLetterReason(.unsupportedContentType, "datacontenttype: JSON is read in UTF-8 only")
        }
    }

    /// Whether the data is JSON by its content type.
    var isJSON: Bool { contentType?.isJSON ?? true }

    /// The String type of CloudEvents 1.0.2 section 3.1: no control characters, no noncharacters.
    func checkText(
        _ value: UnsafeRawBufferPointer,
        _ name: @autoclosure () -> String
    ) throws(DeadLetterReason) {
        // SAFETY: the octets are lent for the call.
        guard value.count <= Self.bytesMax else {
            throw DeadLetterReason(.tooLarge, "\(name()): has more than \(Self.bytesMax) bytes")
        }
        if unsafe value.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return }
        guard unsafe ByteScanning.firstInvalidUTF8(value) == nil else {
            throw DeadLetterReason(.invalidUTF8, "\(name()): must be UTF-8")
        }
        guard unsafe String(decoding: value, as: UTF8.self).unicodeScalars.allSatisfy(Self.isAllowed) else {
            throw DeadLetterReason(.invalidAttribute, "\(name()): must not contain control characters")
        }
    }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0...0x1F, 0x7F...0x9F, 0xFDD0...0xFDEF: false
        default: scalar.value & 0xFFFE != 0xFFFE
        }
    }
}
