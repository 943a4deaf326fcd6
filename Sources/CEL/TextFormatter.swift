/// `format.format([values])` of the strings extension: `%s %d %f %e %b %x %X %o %%`, with a precision for f and e.
struct TextFormatter {
    /// Decimals beyond this have no use and would cost: a double has at most 1,074.
    private static let precisionMax = 1_074

    private let format: [UInt8]
    private let values: [Value]
    private var offset = 0
    private var used = 0
    private var result: [UInt8] = []

    init(_ format: String, _ values: [Value]) {
        self.format = Array(format.utf8)
        self.values = values
    }

    /// The text, or an error for a malformed format, a missing value or a value of the wrong type.
    mutating func format(_ frame: inout Frame) -> Value {
        while offset < format.count {
            if format[offset] != UInt8(ascii: "%") {
                result.append(format[offset])
                offset += 1
                continue
            }
            offset += 1
            if let failure = clause(&frame) { return failure }
            if result.count > frame.limits.stringBytesMax, let refusal = frame.refusal(ofBytes: result.count) {
                return refusal
            }
        }
        return frame.refusal(ofBytes: result.count) ?? .string(String(decoding: result, as: UTF8.self))
    }

    /// One clause after its `%`; an error when it cannot be filled.
    private mutating func clause(_ frame: inout Frame) -> Value? {
        if offset < format.count && format[offset] == UInt8(ascii: "%") {
            offset += 1
            result.append(UInt8(ascii: "%"))
            return nil
        }
        let precision: Int?
        switch readPrecision() {
        case .success(let read): precision = read
        case .failure(let error): return .error(error)
        }
        guard offset < format.count else { return malformed("the format ends within a clause") }
        let letter = format[offset]
        offset += 1
        // The exact digits of a double take work in proportion to its exponent, a thousand at most.
        guard frame.spend(32) else { return .error(frame.exhaustion) }
        guard used < values.count else { return malformed("there are more clauses than values") }
        let value = values[used].resolved
        used += 1
        var text: String?
        switch letter {
        case UInt8(ascii: "s"): return append(value, &frame)
        case UInt8(ascii: "d"): text = Self.decimal(value)
        case UInt8(ascii: "f"): text = Self.double(value).map { DecimalText.fixed($0, decimals: precision ?? 6) }
        case UInt8(ascii: "e"): text = Self.double(value).map { DecimalText.scientific($0, decimals: precision ?? 6) }
        case UInt8(ascii: "b"): text = Self.binary(value)
        case UInt8(ascii: "o"): text = Self.integer(value, radix: 8)
        case UInt8(ascii: "x"): text = Self.hexadecimal(value, uppercase: false)
        case UInt8(ascii: "X"): text = Self.hexadecimal(value, uppercase: true)
        default: return malformed("unknown clause %\(Unicode.Scalar(letter))")
        }
        let clause = "%\(Unicode.Scalar(letter))"
        guard let text else { return .noSuchOverload("format: \(clause)", value) }
        result += Array(text.utf8)
        return nil
    }

    private mutating func readPrecision() -> Result<Int?, EvaluationError> {
        guard offset < format.count, format[offset] == UInt8(ascii: ".") else { return .success(nil) }
        offset += 1
        var precision = 0
        while offset < format.count, let digit = format[offset].hexDigitValue, digit < 10 {
            precision = precision * 10 + Int(digit)
            if precision > Self.precisionMax {
                return .failure(EvaluationError(.invalidArgument, "format: a precision above \(Self.precisionMax)"))
            }
            offset += 1
        }
        return .success(precision)
    }

    private func malformed(_ message: String) -> Value { .failure(.invalidArgument, "format: \(message)") }

    /// `%s`: any value as a person would write it; the entries of a map are in the order of their keys' text.
    private mutating func append(_ value: Value, _ frame: inout Frame) -> Value? {
        guard frame.spend(1) else { return .error(frame.exhaustion) }
        if result.count > frame.limits.stringBytesMax { return frame.refusal(ofBytes: result.count) }
        switch value {
        case .null: append("null")
        case .bool(let bool): append(bool ? "true" : "false")
        case .int(let number): append(String(number))
        case .uint(let number): append(String(number))
        case .double(let number): append(DecimalText.shortestPositional(number))
        case .string(let text): append(text)
        case .bytes(let bytes): append(String(decoding: bytes, as: UTF8.self))
        case .timestamp(let time): append(time.description)
        case .duration(let span): append(Digits.seconds(nanoseconds: span.nanosecondsExactly ?? 0))
        case .type(let type): append(type.rawValue)
        case .list(let elements): return append(elements, &frame)
        case .map(let map): return append(map, &frame)
        case .external: return append(value.materialised, &frame)
        case .optional, .error: return .noSuchOverload("format: %s", value)
        }
        return nil
    }

    private mutating func append(_ text: String) { result += Array(text.utf8) }

    private mutating func append(_ elements: [Value], _ frame: inout Frame) -> Value? {
        append("[")
        for (index, element) in elements.enumerated() {
            if index > 0 { append(", ") }
            if let failure = append(element, &frame) { return failure }
        }
        append("]")
        return nil
    }

    private mutating func append(_ map: MapValue, _ frame: inout Frame) -> Value? {
        var entries: [(key: String, value: Value)] = []
        for entry in map.entries {
            var key = TextFormatter("", [])
            if let failure = key.append(entry.key, &frame) { return failure }
            entries.append((String(decoding: key.result, as: UTF8.self), entry.value))
        }
        append("{")
        for (index, entry) in entries.sorted(by: { Text.isLess($0.key, $1.key) }).enumerated() {
            if index > 0 { append(", ") }
            append("\(entry.key): ")
            if let failure = append(entry.value, &frame) { return failure }
        }
        append("}")
        return nil
    }

    private static func decimal(_ value: Value) -> String? {
        if case .double(let number) = value { return DecimalText.shortestPositional(number) }
        return integer(value, radix: 10)
    }

    private static func double(_ value: Value) -> Double? {
        switch value {
        case .double(let number): number
        case .int(let number): Double(number)
        case .uint(let number): Double(number)
        default: nil
        }
    }

    private static func binary(_ value: Value) -> String? {
        if case .bool(let bool) = value { return bool ? "1" : "0" }
        return integer(value, radix: 2)
    }

    private static func hexadecimal(_ value: Value, uppercase: Bool) -> String? {
        switch value {
        case .string(let text): hexadecimal(text.utf8, uppercase: uppercase)
        case .bytes(let bytes): hexadecimal(bytes, uppercase: uppercase)
        case .int(let number): String(number, radix: 16, uppercase: uppercase)
        case .uint(let number): String(number, radix: 16, uppercase: uppercase)
        default: nil
        }
    }

    private static func hexadecimal(_ bytes: some Sequence<UInt8>, uppercase: Bool) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: uppercase) }.joined()
    }

    private static func integer(_ value: Value, radix: Int) -> String? {
        switch value {
        case .int(let number): String(number, radix: radix)
        case .uint(let number): String(number, radix: radix)
        default: nil
        }
    }
}
