/// What bounds a JSON text before any of it is trusted.
package struct JSONLimits: Sendable {
    /// Size of the whole text in octets.
    ///
    /// 1 to ``JSONLimits/bytesCeiling``.
    package let bytesMax: Int
    /// Arrays and objects inside one another: 1 admits `[]`, 2 admits `[[]]`.
    ///
    /// At least 1.
    package let depthMax: Int

    /// The most that positions on the tape can express.
    package static let bytesCeiling = 1 << 28

    /// Defaults: 1 MiB, which is the usual largest record of a Kafka cluster, and 128 levels.
    package init(bytesMax: Int = 1 << 20, depthMax: Int = 128) {
        precondition((1...Self.bytesCeiling).contains(bytesMax), "a JSON size limit lies between 1 octet and 256 MiB")
        precondition(depthMax >= 1, "a JSON depth limit is at least 1")
        self.bytesMax = bytesMax
        self.depthMax = depthMax
    }
}

/// Why a text is not JSON, or not JSON within the limits.
package struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Kind: Sendable {
        /// Against the grammar of RFC 8259.
        case syntax
        /// Octets that are not UTF-8, or an escape that names half of a surrogate pair.
        case encoding
        /// Deeper than ``JSONLimits/depthMax``.
        case tooDeep
        /// Longer than ``JSONLimits/bytesMax``.
        case tooLarge
    }

    package let kind: Kind
    /// In octets, from 0.
    package let offset: Int
    /// From 1.
    package let line: Int
    /// From 1, in octets.
    package let column: Int
    /// Such as `unexpected character '}' at offset 17, expected a value`.
    ///
    /// Repeats one character of the text at most.
    package let message: String

    package var description: String { "\(message) (line \(line), column \(column))" }
}
