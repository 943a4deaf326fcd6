/// Equality and order of values, across types as the language has it.
enum Comparison {
    /// How two ordered values stand to each other; `unordered` when a NaN is among them.
    enum Order {
        case less
        case equal
        case greater
        case unordered
    }

    /// Whether two values are equal.
    ///
    /// Values of different types are not, except numbers of equal value; NaN equals nothing.
    static func areEqual(_ left: Value, _ right: Value, _ frame: inout Frame) -> Bool {
        guard frame.spend(1) else { return false }
        switch (left, right) {
        case (.external, _), (_, .external):
            return areEqual(left.materialised, right.materialised, &frame)
        case (.string(let left), .string(let right)):
            return frame.spend(bytes: min(left.utf8.count, right.utf8.count)) && Text.equal(left, right)
        case (.null, .null): return true
        case (.bool(let left), .bool(let right)): return left == right
        case (.bytes(let left), .bytes(let right)):
            return frame.spend(bytes: min(left.count, right.count)) && left == right
        case (.list(let left), .list(let right)):
            return areEqual(left, right, &frame)
        case (.map(let left), .map(let right)):
            return areEqual(left, right, &frame)
        case (.timestamp(let left), .timestamp(let right)): return left == right
        case (.duration(let left), .duration(let right)): return left == right
        case (.type(let left), .type(let right)): return left == right
        case (.optional(let left), .optional(let right)):
            guard let left, let right else { return left == nil && right == nil }
            return areEqual(left, right, &frame)
        default:
            return numericOrder(left, right) == .equal
        }
    }

    private static func areEqual(_ left: [Value], _ right: [Value], _ frame: inout Frame) -> Bool {
        guard left.count == right.count else { return false }
        for (left, right) in zip(left, right) where !areEqual(left, right, &frame) { return false }
        return true
    }

    private static func areEqual(_ left: MapValue, _ right: MapValue, _ frame: inout Frame) -> Bool {
        guard left.count == right.count else { return false }
        for entry in left.entries {
            guard let other = right.value(for: entry.key), areEqual(entry.value, other, &frame) else { return false }
        }
        return true
    }

    /// The order of two values, or nil when the language defines none for their types.
    @inline(__always)
    static func order(_ left: Value, _ right: Value) -> Order? {
        if case .int(let left) = left, case .int(let right) = right { return order(left, right) }
        return generalOrder(left, right)
    }

    private static func generalOrder(_ left: Value, _ right: Value) -> Order? {
        switch (left, right) {
        case (.string(let left), .string(let right)):
            Text.equal(left, right) ? .equal : Text.isLess(left, right) ? .less : .greater
        case (.bool(let left), .bool(let right)): left == right ? .equal : right ? .less : .greater
        case (.bytes(let left), .bytes(let right)):
            left == right ? .equal : left.lexicographicallyPrecedes(right) ? .less : .greater
        case (.timestamp(let left), .timestamp(let right)): order(left, right)
        case (.duration(let left), .duration(let right)): order(left, right)
        default: numericOrder(left, right)
        }
    }

    /// The order of two numbers of any types, or nil when one is not a number.
    ///
    /// An integer against a double is compared as a double, as the conformance suite of CEL has it: near 2^63 that takes
    /// different integers as equal to one double.
    static func numericOrder(_ left: Value, _ right: Value) -> Order? {
        switch (left, right) {
        case (.int(let left), .int(let right)): return order(left, right)
        case (.uint(let left), .uint(let right)): return order(left, right)
        case (.double(let left), .double(let right)): return order(left, right)
        case (.int(let left), .uint(let right)): return left < 0 ? .less : order(UInt64(left), right)
        case (.uint(let left), .int(let right)): return right < 0 ? .greater : order(left, UInt64(right))
        case (.int(let left), .double(let right)): return order(Double(left), right)
        case (.double(let left), .int(let right)): return order(left, Double(right))
        case (.uint(let left), .double(let right)): return order(Double(left), right)
        case (.double(let left), .uint(let right)): return order(left, Double(right))
        default: return nil
        }
    }

    @inline(__always)
    private static func order<T: Comparable>(_ left: T, _ right: T) -> Order {
        left < right ? .less : left > right ? .greater : left == right ? .equal : .unordered
    }
}
