/// The types that functions take and give, as far as they can be told before evaluation.
extension Function {
    /// One way of calling a function.
    struct Signature: Sendable {
        /// What each argument may be, the target of a member function first; nil for anything.
        let parameters: [Set<ValueType>?]
        /// Nil when it depends on the values.
        let result: ValueType?
        /// How many of the last parameters may be left out.
        var optionalCount = 0

        func takes(_ types: [ValueType?]) -> Bool {
            guard types.count <= parameters.count, types.count >= parameters.count - optionalCount else { return false }
            return zip(types, parameters).allSatisfy { type, parameter in
                guard let type, let parameter else { return true }
                return parameter.contains(type)
            }
        }
    }

    /// The ways of calling a function; nil when nothing is known of its types.
    static func signatures(_ name: String, _ style: Style) -> [Signature]? {
        style == .global ? globalSignatures[name] : memberSignatures[name]
    }

    private static let numbers: Set<ValueType> = [.int, .uint, .double]

    private static func one(
        _ parameters: Set<ValueType>?...,
        result: ValueType?,
        optionalCount: Int = 0
    ) -> [Signature] {
        [Signature(parameters: parameters, result: result, optionalCount: optionalCount)]
    }

    private static let globalSignatures: [String: [Signature]] = {
        var signatures: [String: [Signature]] = [
            "int": one([.int, .uint, .double, .string, .timestamp], result: .int),
            "uint": one([.int, .uint, .double, .string], result: .uint),
            "double": one([.int, .uint, .double, .string], result: .double),
            "string": one(
                [.string, .bool, .int, .uint, .double, .bytes, .timestamp, .duration],
                result: .string
            ),
            "bytes": one([.bytes, .string], result: .bytes), "bool": one([.bool, .string], result: .bool),
            "timestamp": one([.timestamp, .string, .int], result: .timestamp),
            "duration": one([.duration, .string], result: .duration), "type": one(nil, result: .type),
            "size": one([.string, .bytes, .list, .map], result: .int),
            "matches": one([.string], [.string], result: .bool),
            "math.abs": numbers.map { Signature(parameters: [[$0]], result: $0) },
            "math.sign": numbers.map { Signature(parameters: [[$0]], result: $0) },
            "math.sqrt": one(numbers, result: .double), "math.bitNot": bitwise(1),
            "base64.encode": one([.bytes], result: .string), "base64.decode": one([.string], result: .bytes),
            "strings.quote": one([.string], result: .string), "optional.none": one(result: .optional),
            "optional.of": one(nil, result: .optional), "optional.ofNonZeroValue": one(nil, result: .optional),
            "optional.unwrap": one([.list], result: .list), "lists.range": one([.int], result: .list),
            "regex.extract": one([.string], [.string], result: .optional),
            "regex.extractAll": one([.string], [.string], result: .list),
            "regex.replace": one([.string], [.string], [.string], [.int], result: .string, optionalCount: 1),
        ]
        for name in ["ceil", "floor", "round", "trunc"] { signatures["math.\(name)"] = one([.double], result: .double) }
        for name in ["isNaN", "isInf", "isFinite"] { signatures["math.\(name)"] = one([.double], result: .bool) }
        for name in ["bitAnd", "bitOr", "bitXor"] { signatures["math.\(name)"] = bitwise(2) }
        for name in ["bitShiftLeft", "bitShiftRight"] {
            signatures["math.\(name)"] = [ValueType.int, .uint].map {
                Signature(parameters: [[$0], [.int]], result: $0)
            }
        }
        for name in ["contains", "equivalent", "intersects"] {
            signatures["sets.\(name)"] = one([.list], [.list], result: .bool)
        }
        return signatures
    }()

    private static func bitwise(_ count: Int) -> [Signature] {
        [ValueType.int, .uint].map { Signature(parameters: Array(repeating: [$0], count: count), result: $0) }
    }

    private static let memberSignatures: [String: [Signature]] = {
        var signatures: [String: [Signature]] = [
            "size": one([.string, .bytes, .list, .map], result: .int),
            "charAt": one([.string], [.int], result: .string),
            "replace": one([.string], [.string], [.string], [.int], result: .string, optionalCount: 1),
            "split": one([.string], [.string], [.int], result: .list, optionalCount: 1),
            "substring": one([.string], [.int], [.int], result: .string, optionalCount: 1),
            "reverse": [ValueType.string, .list].map { Signature(parameters: [[$0]], result: $0) },
            "join": one([.list], [.string], result: .string, optionalCount: 1),
            "format": one([.string], [.list], result: .string),
            "slice": one([.list], [.int], [.int], result: .list),
            "flatten": one([.list], [.int], result: .list, optionalCount: 1),
            "hasValue": one([.optional], result: .bool), "value": one([.optional], result: nil),
        ]
        for name in ["contains", "startsWith", "endsWith", "matches"] {
            signatures[name] = one([.string], [.string], result: .bool)
        }
        for name in ["indexOf", "lastIndexOf"] {
            signatures[name] = one([.string], [.string], [.int], result: .int, optionalCount: 1)
        }
        for name in ["lowerAscii", "upperAscii", "trim"] { signatures[name] = one([.string], result: .string) }
        for name in ["distinct", "sort", "unwrapOpt"] { signatures[name] = one([.list], result: .list) }
        for name in ["first", "last"] { signatures[name] = one([.list], result: .optional) }
        let ofTimestamp = one([.timestamp], [.string], result: .int, optionalCount: 1)
        for name in ["FullYear", "Month", "Date", "DayOfMonth", "DayOfWeek", "DayOfYear"] {
            signatures["get\(name)"] = ofTimestamp
        }
        for name in ["Hours", "Minutes", "Seconds", "Milliseconds"] {
            signatures["get\(name)"] = ofTimestamp + one([.duration], result: .int)
        }
        return signatures
    }()
}
