/// What an expression may use: its variables, its container, its limits.
package struct Environment: Sendable {
    /// A variable that the bindings will give a value to.
    package struct Variable: Sendable, Hashable {
        /// The name, which may be qualified (`com.example.total`).
        package let name: String
        /// The type, when every value will have it; the checker then refuses what no value of that type can do.
        package let type: ValueType?

        package init(_ name: String, type: ValueType? = nil) {
            self.name = name
            self.type = type
        }
    }

    /// What happens to a name or function that is not known.
    package enum UnknownNames: Sendable {
        /// The expression does not compile.
        case rejected
        /// It compiles, and evaluates to an error there; `unknown || true` is then true, as the language specifies for
        /// expressions that were parsed and not checked.
        case evaluatedToError
    }

    /// The UTC offset, in seconds east, of a named time zone at a time in seconds since 1970; nil for an unknown zone.
    package typealias TimeZoneOffset = @Sendable (_ zone: String, _ secondsSince1970: Int64) -> Int?

    /// The variables; a variable's index here is the slot that `Bindings` is asked for.
    package let variables: [Variable]
    /// The namespace in which names are looked up first, such as `com.example`; empty for none.
    package let container: String
    package let unknownNames: UnknownNames
    package let limits: Limits
    /// Named time zones for the timestamp accessors; without it only UTC and fixed offsets are known.
    package let timeZoneOffset: TimeZoneOffset?

    private let slots: [String: Int]

    /// - Precondition: no variable is declared twice.
    package init(
        variables: [Variable] = [],
        container: String = "",
        unknownNames: UnknownNames = .rejected,
        limits: Limits = Limits(),
        timeZoneOffset: TimeZoneOffset? = nil
    ) {
        var slots: [String: Int] = [:]
        for (slot, variable) in variables.enumerated() {
            let former = slots.updateValue(slot, forKey: variable.name)
            precondition(former == nil, "variable \(variable.name) is declared twice")
        }
        self.variables = variables
        self.container = container
        self.unknownNames = unknownNames
        self.limits = limits
        self.timeZoneOffset = timeZoneOffset
        self.slots = slots
    }

    /// The slot of a variable, or nil when there is none of that name.
    package func slot(ofVariable name: String) -> Int? { slots[name] }

    /// The names that a written name may stand for, in the order in which they are tried: innermost namespace first.
    func candidates(for name: String) -> [String] {
        var names: [String] = []
        var namespace = container[...]
        while !namespace.isEmpty {
            names.append("\(namespace).\(name)")
            namespace = namespace.lastIndex(of: ".").map { namespace[..<$0] } ?? ""
        }
        names.append(name)
        return names
    }
}

/// Bounds on what one expression may cost; each ends in a clear error, never in a crash.
package struct Limits: Sendable, Hashable {
    /// Levels of nesting in the source, 1 to 250.
    ///
    /// Each costs stack in the parser and the evaluator: 250 fit into 1 MiB in a release build, 4 MiB in a debug build.
    package var nestingDepthMax: Int
    /// Length of the source, in UTF-8 bytes.
    package var sourceBytesMax: Int
    /// Steps of one evaluation: rounds of comprehensions, and elements and blocks of text that are compared or built.
    package var stepsMax: Int
    /// Length of a string or bytes value that an evaluation makes, in bytes.
    package var stringBytesMax: Int
    /// Elements of a list, or entries of a map, that an evaluation makes.
    package var elementsMax: Int

    /// - Precondition: `nestingDepthMax` is within 1...250 and every other limit is positive.
    package init(
        nestingDepthMax: Int = 250,
        sourceBytesMax: Int = 65_536,
        stepsMax: Int = 1_000_000,
        stringBytesMax: Int = 1_048_576,
        elementsMax: Int = 100_000
    ) {
        precondition((1...250).contains(nestingDepthMax), "nestingDepthMax must be within 1...250")
        precondition(
            sourceBytesMax > 0 && stepsMax > 0 && stringBytesMax > 0 && elementsMax > 0,
            "limits must be positive"
        )
        self.nestingDepthMax = nestingDepthMax
        self.sourceBytesMax = sourceBytesMax
        self.stepsMax = stepsMax
        self.stringBytesMax = stringBytesMax
        self.elementsMax = elementsMax
    }
}

/// The values of an environment's variables for one evaluation.
package protocol Bindings {
    /// The value of the variable with this slot (its index in `Environment.variables`), or nil when it has none.
    func value(ofVariable slot: Int) -> Value?
}

/// Bindings from an array in the order of the variables; made once per event and shared by every expression on it.
package struct BoundValues: Bindings, Sendable {
    private let values: [Value?]

    package init(_ values: [Value?]) { self.values = values }

    package func value(ofVariable slot: Int) -> Value? {
        values.indices.contains(slot) ? values[slot] : nil
    }
}
