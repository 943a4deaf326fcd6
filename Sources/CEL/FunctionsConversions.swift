/// The type conversions, `type`, `dyn` and `size`.
extension Function {
    static let conversions: [Function] = [
        .unary("int") { value, _ in toInt(value) },
        .unary("uint") { value, _ in toUInt(value) },
        .unary("double") { value, _ in toDouble(value) },
        .unary("string", .global, toString),
        .unary("bytes") { value, _ in
            switch value {
            case .bytes: value
            case .string(let text): .bytes(Array(text.utf8))
            default: .noSuchOverload("bytes", value)
            }
        },
        .unary("bool") { value, _ in toBool(value) },
        .unary("dyn") { value, _ in value },
        .unary("type") { value, _ in .type(value.type) },
        .unary("size", .global, Access.size),
        .unary("size", .member, Access.size),
    ]

    private static func toInt(_ value: Value) -> Value {
        switch value {
        case .int: return value
        case .uint(let number): return Int64(exactly: number).map(Value.int) ?? outOfRange("int")
        case .double(let number):
            // The bounds are excluded, as in the conformance suite of CEL: both are the doubles of several integers.
            guard number > -0x1p63 && number < 0x1p63 else { return outOfRange("int") }
            return .int(Int64(number))
        case .string(let text):
            return Int64(text).map(Value.int) ?? unreadable(text, as: "int")
        case .timestamp(let time): return .int(time.seconds)
        default: return .noSuchOverload("int", value)
        }
    }

    private static func toUInt(_ value: Value) -> Value {
        switch value {
        case .uint: return value
        case .int(let number): return UInt64(exactly: number).map(Value.uint) ?? outOfRange("uint")
        case .double(let number):
            guard number >= 0 && number < 0x1p64 else { return outOfRange("uint") }
            return .uint(UInt64(number))
        case .string(let text):
            // Swift would read a plus sign; a uint has none.
            guard !text.hasPrefix("+"), let number = UInt64(text) else { return unreadable(text, as: "uint") }
            return .uint(number)
        default: return .noSuchOverload("uint", value)
        }
    }

    private static func toDouble(_ value: Value) -> Value {
        switch value {
        case .double: return value
        case .int(let number): return .double(Double(number))
        case .uint(let number): return .double(Double(number))
        case .string(let text):
            guard let number = Double(text) else { return unreadable(text, as: "double") }
            // Digits too many for a double read as infinity; only the word means it.
            if number.isInfinite && text.utf8.contains(where: { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) {
                return outOfRange("double")
            }
            return .double(number)
        default: return .noSuchOverload("double", value)
        }
    }

    private static func toBool(_ value: Value) -> Value {
        switch value {
        case .bool: return value
        case .string(let text):
            switch text {
            case "1", "t", "T", "true", "TRUE", "True": return .bool(true)
            case "0", "f", "F", "false", "FALSE", "False": return .bool(false)
            default: return unreadable(text, as: "bool")
            }
        default: return .noSuchOverload("bool", value)
        }
    }

    private static func toString(_ value: Value, _ frame: inout Frame) -> Value {
        switch value {
        case .string: return value
        case .bool(let bool): return .string(bool ? "true" : "false")
        case .int(let number): return .string(String(number))
        case .uint(let number): return .string(String(number))
        case .double(let number): return .string(DecimalText.shortest(number))
        case .bytes(let bytes):
            if let refusal = frame.refusal(ofBytes: bytes.count) { return refusal }
            guard let text = String(validating: bytes, as: UTF8.self) else {
                return .failure(.invalidArgument, "the bytes are not UTF-8")
            }
            return .string(text)
        case .timestamp(let time): return .string(time.description)
        case .duration(let span): return .string(Digits.seconds(nanoseconds: span.nanosecondsExactly ?? 0))
        default: return .noSuchOverload("string", value)
        }
    }

    private static func outOfRange(_ type: String) -> Value {
        .failure(.outOfRange, "the number is out of range for \(type)")
    }

    static func unreadable(_ text: String, as type: String) -> Value {
        let shown = String(text.unicodeScalars.prefix(40).map(Character.init))
        return .failure(.invalidArgument, "cannot read '\(shown)' as \(type)")
    }
}
