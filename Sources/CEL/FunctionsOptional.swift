/// Optional values (`or`, `orValue`, `optMap` and `optFlatMap` evaluate lazily and are nodes of their own).
extension Function {
    static let optionals: [Function] = [
        .general("optional.none", .global, 0...0) { _, _ in .optional(nil) },
        .unary("optional.of") { value, _ in .optional(value) },
        .unary("optional.ofNonZeroValue") { value, _ in .optional(value.isZero ? nil : value) },
        .unary("optional.unwrap") { value, _ in unwrapped(value, name: "optional.unwrap") },
        .unary("unwrapOpt", .member) { value, _ in unwrapped(value, name: "unwrapOpt") },
        .unary("hasValue", .member) { value, _ in
            guard case .optional(let inner) = value else { return .noSuchOverload("hasValue", value) }
            return .bool(inner != nil)
        },
        .unary("value", .member) { value, _ in
            guard case .optional(let inner) = value else { return .noSuchOverload("value", value) }
            return inner ?? .failure(.absentValue, "this optional has no value")
        },
    ]

    /// The values that are there in a list of optionals.
    private static func unwrapped(_ list: Value, name: String) -> Value {
        guard case .list(let elements) = list.materialised else { return .noSuchOverload(name, list) }
        var values: [Value] = []
        for element in elements {
            guard case .optional(let inner) = element else { return .noSuchOverload(name, element) }
            if let inner { values.append(inner) }
        }
        return .list(values)
    }
}
