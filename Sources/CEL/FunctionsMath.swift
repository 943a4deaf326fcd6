/// The math extension (cel-spec extension "math").
extension Function {
    static let math: [Function] =
        [
            .general("math.greatest", .global, 1...1_000) { arguments, _ in
                extreme(arguments, name: "math.greatest", keeping: .greater)
            },
            .general("math.least", .global, 1...1_000) { arguments, _ in
                extreme(arguments, name: "math.least", keeping: .less)
            },
            .unary("math.abs") { value, _ in
                switch value {
                case .int(let number):
                    number == .min ? .failure(.outOfRange, "the result is out of range for int") : .int(abs(number))
                case .uint: value
                case .double(let number): .double(abs(number))
                default: .noSuchOverload("math.abs", value)
                }
            },
            .unary("math.sign") { value, _ in
                switch value {
                case .int(let number): .int(number.signum())
                case .uint(let number): .uint(number == 0 ? 0 : 1)
                case .double(let number): .double(number > 0 ? 1 : number < 0 ? -1 : number)
                default: .noSuchOverload("math.sign", value)
                }
            },
            .unary("math.sqrt") { value, _ in
                switch value {
                case .int(let number): .double(Double(number).squareRoot())
                case .uint(let number): .double(Double(number).squareRoot())
                case .double(let number): .double(number.squareRoot())
                default: .noSuchOverload("math.sqrt", value)
                }
            },
            ofDouble("math.ceil") { .double($0.rounded(.up)) },
            ofDouble("math.floor") { .double($0.rounded(.down)) },
            ofDouble("math.round") { .double($0.rounded(.toNearestOrAwayFromZero)) },
            ofDouble("math.trunc") { .double($0.rounded(.towardZero)) },
            ofDouble("math.isNaN") { .bool($0.isNaN) },
            ofDouble("math.isInf") { .bool($0.isInfinite) },
            ofDouble("math.isFinite") { .bool($0.isFinite) },
        ]
        + [
            bitwise("math.bitAnd", { $0 & $1 }, { $0 & $1 }),
            bitwise("math.bitOr", { $0 | $1 }, { $0 | $1 }),
            bitwise("math.bitXor", { $0 ^ $1 }, { $0 ^ $1 }),
            .unary("math.bitNot") { value, _ in
                switch value {
                case .int(let number): .int(~number)
                case .uint(let number): .uint(~number)
                default: .noSuchOverload("math.bitNot", value)
                }
            },
            shift("math.bitShiftLeft") { $0 << $1 },
            // Shifted without its sign, also for an int: zeros come in from the left.
            shift("math.bitShiftRight") { $0 >> $1 },
        ]

    private static func ofDouble(_ name: String, _ body: @escaping @Sendable (Double) -> Value) -> Function {
        .unary(name) { value, _ in
            guard case .double(let number) = value else { return .noSuchOverload(name, value) }
            return body(number)
        }
    }

    private static func bitwise(
        _ name: String,
        _ ints: @escaping @Sendable (Int64, Int64) -> Int64,
        _ uints: @escaping @Sendable (UInt64, UInt64) -> UInt64
    ) -> Function {
        .binary(name) { left, right, _ in
            switch (left, right) {
            case (.int(let left), .int(let right)): .int(ints(left, right))
            case (.uint(let left), .uint(let right)): .uint(uints(left, right))
            default: .noSuchOverload(name, left, right)
            }
        }
    }

    /// A shift by 64 or more gives 0, by a negative number an error.
    private static func shift(_ name: String, _ body: @escaping @Sendable (UInt64, UInt64) -> UInt64) -> Function {
        .binary(name) { left, right, _ in
            guard case .int(let count) = right else { return .noSuchOverload(name, left, right) }
            guard let count = UInt64(exactly: count) else {
                return .failure(.invalidArgument, "\(name): a negative shift: \(count)")
            }
            switch left {
            case .int(let number): return .int(Int64(bitPattern: body(UInt64(bitPattern: number), count)))
            case .uint(let number): return .uint(body(number, count))
            default: return .noSuchOverload(name, left, right)
            }
        }
    }

    /// The greatest or least of numbers, given as arguments or as one list; of equal ones the first.
    private static func extreme(_ arguments: [Value], name: String, keeping wanted: Comparison.Order) -> Value {
        var numbers = arguments
        if arguments.count == 1, case .list(let elements) = arguments[0].materialised {
            numbers = elements.map(\.resolved)
        }
        guard var best = numbers.first else { return .failure(.invalidArgument, "\(name) of an empty list") }
        for number in numbers {
            guard let order = Comparison.numericOrder(number, best) else {
                return .noSuchOverload(name, number)
            }
            if order == wanted { best = number }
        }
        return best
    }
}
