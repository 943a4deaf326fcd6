/// What one evaluation carries through the tree: the bindings, the comprehension variables and the remaining steps.
struct Frame {
    let bindings: any Bindings
    private let settings: EvaluationSettings
    /// Values of the comprehension variables, by the index that the compiler gave each.
    var locals: [Value]
    private(set) var stepsLeft: Int
    /// Whether the steps ran out.
    ///
    /// Every loop then ends, and the result is the limit's error, which nothing absorbs.
    private(set) var isExhausted = false

    init(bindings: any Bindings, settings: EvaluationSettings, localCount: Int) {
        self.bindings = bindings
        self.settings = settings
        locals = localCount == 0 ? [] : Array(repeating: .null, count: localCount)
        stepsLeft = settings.limits.stepsMax
    }

    var limits: Limits { settings.limits }
    var timeZoneOffset: Environment.TimeZoneOffset? { settings.timeZoneOffset }

    /// Uses up steps; false when there are none left, and the caller must then stop.
    @inline(__always)
    mutating func spend(_ steps: Int) -> Bool {
        stepsLeft -= steps
        if stepsLeft >= 0 { return true }
        stepsLeft = 0
        isExhausted = true
        return false
    }

    /// Uses up the steps of handling this many bytes.
    mutating func spend(bytes: Int) -> Bool { spend(bytes / 64 + 1) }

    var exhaustion: EvaluationError {
        EvaluationError(.limitExceeded, "the evaluation took more than \(limits.stepsMax) steps")
    }

    /// The error for text that would be too long, or nil when it may be made.
    mutating func refusal(ofBytes count: Int) -> Value? {
        if count > limits.stringBytesMax {
            return .failure(.limitExceeded, "a string or bytes value of more than \(limits.stringBytesMax) bytes")
        }
        return spend(bytes: count) ? nil : .error(exhaustion)
    }

    /// The error for a list or map that would be too large, or nil when it may be made.
    mutating func refusal(ofElements count: Int) -> Value? {
        if count > limits.elementsMax {
            return .failure(.limitExceeded, "a list or map of more than \(limits.elementsMax) elements")
        }
        // A step for two keeps all lists of one evaluation within about 100 MB.
        return spend(count / 2 + 1) ? nil : .error(exhaustion)
    }
}

/// What every evaluation of an expression shares: one reference in the frame.
final class EvaluationSettings: Sendable {
    let limits: Limits
    let timeZoneOffset: Environment.TimeZoneOffset?

    init(_ environment: Environment) {
        limits = environment.limits
        timeZoneOffset = environment.timeZoneOffset
    }
}

/// Bindings of no variable, for what is evaluated when an expression is compiled.
struct NoBindings: Bindings {
    func value(ofVariable slot: Int) -> Value? { nil }
}
