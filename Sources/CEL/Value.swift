/// What a CEL expression computes with and returns.
///
/// Errors are values: an operator that cannot go on returns `.error`, and `&&`, `||` and the quantifiers may absorb it.
package enum Value: Sendable {
    case null
    case bool(Bool)
    case int(Int64)
    case uint(UInt64)
    case double(Double)
    /// Text as a sequence of Unicode code points; never normalised, so two spellings of `é` are different strings.
    case string(String)
    case bytes([UInt8])
    case list([Value])
    case map(MapValue)
    case timestamp(Timestamp)
    /// A span of time; CEL's range is that of 64-bit nanoseconds, about ±292 years.
    case duration(Duration)
    case type(ValueType)
    /// A value that may be absent: `optional.of(x)`, or `optional.none()` as `nil`.
    indirect case optional(Value?)
    /// A value in somebody else's storage, read only when it is looked at.
    case external(ExternalValue)
    indirect case error(EvaluationError)
}

/// The type of a value, as `type(x)` gives it; the raw value is the name that the language uses.
package enum ValueType: String, Sendable, Hashable, CaseIterable {
    case null = "null_type"
    case bool
    case int
    case uint
    case double
    case string
    case bytes
    case list
    case map
    case timestamp = "google.protobuf.Timestamp"
    case duration = "google.protobuf.Duration"
    case type
    case optional = "optional_type"
    case error
}

extension Value {
    /// The type of this value; an external value is read for it.
    package var type: ValueType {
        switch self {
        case .null: .null
        case .bool: .bool
        case .int: .int
        case .uint: .uint
        case .double: .double
        case .string: .string
        case .bytes: .bytes
        case .list: .list
        case .map: .map
        case .timestamp: .timestamp
        case .duration: .duration
        case .type: .type
        case .optional: .optional
        case .error: .error
        case .external(let external): external.type
        }
    }

    /// This value with an external scalar read; external lists and maps stay where they are.
    @inline(__always)
    package var resolved: Value {
        guard case .external(let external) = self else { return self }
        return external.scalar ?? self
    }

    /// This value with one level of external storage read: a list of elements, a map of entries, or the scalar.
    package var materialised: Value {
        guard case .external(let external) = self else { return self }
        return external.materialised
    }

    /// The error, when this value is one.
    package var evaluationError: EvaluationError? {
        if case .error(let error) = self { return error }
        return nil
    }

    var isError: Bool {
        if case .error = self { return true }
        return false
    }

    /// Whether this is the zero of its type, as `optional.ofNonZeroValue` asks.
    var isZero: Bool {
        switch materialised {
        case .null: true
        case .bool(let value): !value
        case .int(let value): value == 0
        case .uint(let value): value == 0
        case .double(let value): value == 0
        case .string(let value): value.isEmpty
        case .bytes(let value): value.isEmpty
        case .list(let value): value.isEmpty
        case .map(let value): value.count == 0
        case .timestamp(let value): value == .epoch
        case .duration(let value): value == .zero
        case .optional(let value): value == nil
        case .type, .external, .error: false
        }
    }
}
