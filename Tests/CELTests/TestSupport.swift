package import CEL
import Testing

/// One row of a table: an expression and what it has to give.
struct Row: Sendable, CustomTestStringConvertible {
    let source: String
    let wanted: Value

    init(_ source: String, _ wanted: Value) {
        self.source = source
        self.wanted = wanted
    }

    var testDescription: String { source }

    func check(_ environment: Environment = Environment(), sourceLocation: SourceLocation = #_sourceLocation) throws {
        let value = try Expression(source, environment: environment).evaluate(BoundValues([]))
        #expect(value.isSame(as: wanted), "\(source) gives \(value)", sourceLocation: sourceLocation)
    }
}

/// One row of a table: an expression and the kind of error that it has to give when it is evaluated.
struct FailureRow: Sendable, CustomTestStringConvertible {
    let source: String
    let kind: EvaluationError.Kind

    init(_ source: String, _ kind: EvaluationError.Kind) {
        self.source = source
        self.kind = kind
    }

    var testDescription: String { source }

    /// Evaluated without the checks of types, which would refuse many of these before.
    func check(_ environment: Environment = .unchecked, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let value = try Expression(source, environment: environment).evaluate(BoundValues([]))
        #expect(value.evaluationError?.kind == kind, "\(source) gives \(value)", sourceLocation: sourceLocation)
    }
}

extension Environment {
    static let unchecked = Environment(unknownNames: .evaluatedToError)
}

extension Value: ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByStringLiteral, ExpressibleByArrayLiteral
{
    package init(integerLiteral value: Int64) { self = .int(value) }
    package init(floatLiteral value: Double) { self = .double(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(stringLiteral value: String) { self = .string(value) }
    package init(arrayLiteral elements: Value...) { self = .list(elements) }

    static func entries(_ entries: (Value, Value)...) -> Value {
        .map(MapValue(entries.map { MapValue.Entry(key: $0.0, value: $0.1) }) ?? MapValue())
    }
}

/// A small linear generator, so that a printed seed repeats a run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// SplitMix64.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
