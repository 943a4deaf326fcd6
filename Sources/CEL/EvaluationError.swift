/// Why an expression has no value on these bindings.
package struct EvaluationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The closed set of reasons.
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        /// A map has no such key, or a document no such field.
        case noSuchKey
        /// An operator or function does not take values of these types.
        case noSuchOverload
        /// A name that the environment does not know; only where the environment defers that to evaluation.
        case unknownName
        /// A declared variable has no value in these bindings.
        case unboundVariable
        case indexOutOfBounds
        /// A result outside the range of its type.
        case outOfRange
        case divisionByZero
        /// Text or a number that the function cannot read.
        case invalidArgument
        case duplicateKey
        /// `value()` of an absent optional.
        case absentValue
        /// A limit of `Limits` was reached.
        case limitExceeded
    }

    package let kind: Kind
    /// One line for a person, such as `no such key: tracking`.
    package let message: String
    /// Where in the source it happened, when known.
    package private(set) var position: SourcePosition?

    package init(_ kind: Kind, _ message: String, at position: SourcePosition? = nil) {
        self.kind = kind
        self.message = message
        self.position = position
    }

    /// The message with its place.
    package var description: String {
        position.map { "\($0.line):\($0.column): \(message)" } ?? message
    }

    /// The same error with a place, unless it has one: the innermost place is the telling one.
    func located(at position: SourcePosition) -> EvaluationError {
        if self.position != nil { return self }
        var located = self
        located.position = position
        return located
    }
}

extension Value {
    static func failure(_ kind: EvaluationError.Kind, _ message: String) -> Value {
        .error(EvaluationError(kind, message))
    }

    /// The error of an operator or function that does not take these values; the first error among them goes first.
    static func noSuchOverload(_ name: String, _ arguments: Value...) -> Value {
        if let error = arguments.first(where: \.isError) { return error }
        let types = arguments.map { $0.type.rawValue }.joined(separator: ", ")
        return failure(.noSuchOverload, "no such overload: \(name)(\(types))")
    }

    @inline(__always)
    func located(at position: SourcePosition) -> Value {
        guard case .error(let error) = self else { return self }
        return .error(error.located(at: position))
    }
}
