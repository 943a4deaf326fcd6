package import SwiftProtobuf

extension Message {
    /// The record's value. Our messages have no required fields and no extensions, so that encoding one cannot fail.
    package func encoded() -> [UInt8] {
        guard let octets: [UInt8] = try? serializedBytes() else {
            preconditionFailure("a message without required fields can be encoded")
        }
        return octets
    }

    /// Reads a record's value.
    ///
    /// - Throws: `BinaryDecodingError` where it is no such message.
    package init(octets: UnsafeRawBufferPointer) throws {
        // SAFETY: the buffer is lent for the call, and copied.
        try unsafe self.init(serializedBytes: Array(octets))
    }

    /// Reads a record's value.
    ///
    /// - Throws: `BinaryDecodingError` where it is no such message.
    init(octets: [UInt8]) throws {
        try self.init(serializedBytes: octets)
    }

    /// Whether there are fields of a later version in this message, leaving aside those inside it.
    var hasUnknownFields: Bool { unknownFields != UnknownStorage() }
}
