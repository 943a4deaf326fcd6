/// Why a record can never be processed, however often it is read.
package struct DeadLetterReason: Error, Hashable, Sendable, CustomStringConvertible {
    /// The closed list of machine-readable reasons: the `dlq_reason` header of a dead letter.
    package enum Code: String, CaseIterable, Sendable {
        /// Neither a CloudEvent nor, by a mapping of its topic, plain JSON.
        case notAnEvent = "not_an_event"
        /// A required attribute is not there.
        case missingAttribute = "missing_attribute"
        /// An attribute has the wrong type or form, or occurs twice.
        case invalidAttribute = "invalid_attribute"
        /// `specversion` is there and is not 1.0.
        case unsupportedSpecversion = "unsupported_specversion"
        /// A content type that cannot be decoded: batched mode, another event format, another charset.
        case unsupportedContentType = "unsupported_content_type"
        /// Not JSON by its grammar.
        case invalidJSON = "invalid_json"
        /// Octets that are not UTF-8, or half of a surrogate pair.
        case invalidUTF8 = "invalid_utf8"
        /// JSON nested too deeply.
        case tooDeep = "too_deep"
        /// A text or an attribute is too long, or there are too many.
        case tooLarge = "too_large"
        /// `data` contradicts its content type or its encoding.
        case invalidData = "invalid_data"
        /// A record on the registrations topic of a type that is no registration.
        case unknownRegistrationType = "unknown_registration_type"
        /// A required field of a registration is not there.
        case missingField = "missing_field"
        /// A field of a registration has the wrong type or form.
        case invalidField = "invalid_field"
    }

    package let code: Code
    /// For a person: what is wrong where, and what is allowed.
    ///
    /// Never an address, and no more of the content than one character.
    package let detail: String

    package init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    /// What the JSON reader said, about the part of the record named by `subject`.
    init(_ error: JSONError, in subject: String) {
        let code: Code =
            switch error.kind {
            case .syntax: .invalidJSON
            case .encoding: .invalidUTF8
            case .tooDeep: .tooDeep
            case .tooLarge: .tooLarge
            }
        self.init(code, "\(subject): \(error)")
    }

    package var description: String { "\(code.rawValue): \(detail)" }
}
