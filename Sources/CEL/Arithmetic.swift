/// The operators `+ - * / %` and unary minus: checked, and defined only within one type (and for times and spans).
enum Arithmetic {
    static func apply(
        _ operation: ArithmeticOperator,
        _ left: Value,
        _ right: Value,
        _ frame: inout Frame
    ) -> Value {
        switch (left, right) {
        case (.int(let left), .int(let right)): integers(operation, left, right, Value.int)
        case (.uint(let left), .uint(let right)): integers(operation, left, right, Value.uint)
        case (.double(let left), .double(let right)): doubles(operation, left, right)
        case (.string, .string), (.bytes, .bytes), (.list, .list):
            operation == .add ? concatenation(left, right, &frame) : .noSuchOverload(operation.rawValue, left, right)
        case (.timestamp, _), (.duration, _): times(operation, left, right)
        case (.external(let external), _) where external.shape == .list:
            apply(operation, left.materialised, right, &frame)
        case (_, .external(let external)) where external.shape == .list:
            apply(operation, left, right.materialised, &frame)
        default: .noSuchOverload(operation.rawValue, left, right)
        }
    }

    static func negated(_ value: Value) -> Value {
        switch value {
        case .int(let value): value == .min ? outOfRange("int") : .int(-value)
        case .double(let value): .double(-value)
        default: .noSuchOverload("-", value)
        }
    }

    private static func outOfRange(_ type: String) -> Value {
        .failure(.outOfRange, "the result is out of range for \(type)")
    }

    @inline(__always)
    private static func integers<T: FixedWidthInteger>(
        _ operation: ArithmeticOperator,
        _ left: T,
        _ right: T,
        _ value: (T) -> Value
    ) -> Value {
        let (result, overflows): (T, Bool)
        switch operation {
        case .add: (result, overflows) = left.addingReportingOverflow(right)
        case .subtract: (result, overflows) = left.subtractingReportingOverflow(right)
        case .multiply: (result, overflows) = left.multipliedReportingOverflow(by: right)
        case .divide, .remainder:
            if right == 0 {
                return .failure(.divisionByZero, operation == .divide ? "division by zero" : "remainder by zero")
            }
            (result, overflows) =
                operation == .divide
                ? left.dividedReportingOverflow(by: right) : left.remainderReportingOverflow(dividingBy: right)
        }
        return overflows ? outOfRange(T.isSigned ? "int" : "uint") : value(result)
    }

    private static func doubles(_ operation: ArithmeticOperator, _ left: Double, _ right: Double) -> Value {
        switch operation {
        case .add: .double(left + right)
        case .subtract: .double(left - right)
        case .multiply: .double(left * right)
        case .divide: .double(left / right)
        case .remainder: .noSuchOverload("%", .double(left), .double(right))
        }
    }

    private static func concatenation(_ left: Value, _ right: Value, _ frame: inout Frame) -> Value {
        switch (left, right) {
        case (.string(let left), .string(let right)):
            frame.refusal(ofBytes: left.utf8.count + right.utf8.count) ?? .string(left + right)
        case (.bytes(let left), .bytes(let right)):
            frame.refusal(ofBytes: left.count + right.count) ?? .bytes(left + right)
        case (.list(let left), .list(let right)):
            frame.refusal(ofElements: left.count + right.count) ?? .list(left + right)
        default:
            .noSuchOverload("+", left, right)
        }
    }

    private static func times(_ operation: ArithmeticOperator, _ left: Value, _ right: Value) -> Value {
        switch (left, operation, right) {
        case (.timestamp(let time), .add, .duration(let span)), (.duration(let span), .add, .timestamp(let time)):
            moved(time, by: span.nanosecondsExactly)
        case (.timestamp(let time), .subtract, .duration(let span)):
            moved(time, by: span.nanosecondsExactly.flatMap { $0 == .min ? nil : -$0 })
        case (.timestamp(let left), .subtract, .timestamp(let right)):
            span(left.nanoseconds(since: right))
        case (.duration(let left), .add, .duration(let right)):
            span((left + right).nanosecondsExactly)
        case (.duration(let left), .subtract, .duration(let right)):
            span((left - right).nanosecondsExactly)
        default:
            .noSuchOverload(operation.rawValue, left, right)
        }
    }

    private static func moved(_ time: Timestamp, by span: Int64?) -> Value {
        span.flatMap(time.adding).map(Value.timestamp) ?? outOfRange("timestamp")
    }

    private static func span(_ nanoseconds: Int64?) -> Value {
        nanoseconds.map { .duration(.nanoseconds($0)) } ?? outOfRange("duration")
    }
}
