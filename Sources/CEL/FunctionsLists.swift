/// The lists and sets extensions of cel-go, and `first` and `last`.
extension Function {
    static let lists: [Function] =
        [
            .unary("lists.range", .global, range),
            .unary("reverse", .member, reversed),
            .unary("distinct", .member) { list, frame in distinct(list, &frame) },
            .unary("sort", .member, sorted),
            .general("slice", .member, 3...3, slice),
            .general("flatten", .member, 1...2, flatten),
            .unary("first", .member) { list, _ in end(of: list, name: "first") { $0.first } },
            .unary("last", .member) { list, _ in end(of: list, name: "last") { $0.last } },
        ]
        + [
            .binary("sets.contains") { list, part, frame in
                relation("sets.contains", list, part, &frame) { $0.containsAll($1, &$2) }
            },
            .binary("sets.equivalent") { left, right, frame in
                relation("sets.equivalent", left, right, &frame) {
                    $0.containsAll($1, &$2) && $1.containsAll($0, &$2)
                }
            },
            .binary("sets.intersects") { left, right, frame in
                relation("sets.intersects", left, right, &frame) { $0.containsAny($1, &$2) }
            },
        ]

    private static func range(_ count: Value, _ frame: inout Frame) -> Value {
        guard case .int(let count) = count else { return .noSuchOverload("lists.range", count) }
        guard count > 0 else { return .list([]) }
        return frame.refusal(ofElements: Int(count)) ?? .list((0..<count).map(Value.int))
    }

    /// Of a list, and of a string by its code points.
    private static func reversed(_ value: Value, _ frame: inout Frame) -> Value {
        if case .string(let text) = value {
            if let refusal = frame.refusal(ofBytes: text.utf8.count) { return refusal }
            var reversed = String.UnicodeScalarView()
            reversed.append(contentsOf: text.unicodeScalars.reversed())
            return .string(String(reversed))
        }
        guard case .list(let elements) = value.materialised else { return .noSuchOverload("reverse", value) }
        return frame.refusal(ofElements: elements.count) ?? .list(elements.reversed())
    }

    private static func distinct(_ list: Value, _ frame: inout Frame) -> Value {
        guard case .list(let elements) = list.materialised else { return .noSuchOverload("distinct", list) }
        var seen = ValueSet()
        var kept: [Value] = []
        for element in elements {
            guard frame.spend(1) else { return .error(frame.exhaustion) }
            if seen.insert(element, &frame) { kept.append(element) }
        }
        return .list(kept)
    }

    private static func sorted(_ list: Value, _ frame: inout Frame) -> Value {
        guard case .list(let elements) = list.materialised else { return .noSuchOverload("sort", list) }
        switch Sorting.order(of: elements.map(\.resolved), name: "sort", &frame) {
        case .success(let order): return .list(order.map { elements[$0] })
        case .failure(let error): return .error(error)
        }
    }

    private static func slice(_ arguments: [Value], _ frame: inout Frame) -> Value {
        guard case .list(let elements) = arguments[0].materialised, case .int(let start) = arguments[1],
            case .int(let end) = arguments[2]
        else { return .noSuchOverload("slice", arguments[0], arguments[1], arguments[2]) }
        guard start >= 0, start <= end, end <= elements.count else {
            return .failure(.indexOutOfBounds, "slice: \(start) to \(end) of a list of \(elements.count)")
        }
        return frame.refusal(ofElements: Int(end - start)) ?? .list(Array(elements[Int(start)..<Int(end)]))
    }

    /// One level of lists in lists, or as many as the argument says.
    private static func flatten(_ arguments: [Value], _ frame: inout Frame) -> Value {
        guard case .list(let elements) = arguments[0].materialised else {
            return .noSuchOverload("flatten", arguments[0])
        }
        var depth: Int64 = 1
        if arguments.count == 2 {
            guard case .int(let levels) = arguments[1] else {
                return .noSuchOverload("flatten", arguments[0], arguments[1])
            }
            guard levels >= 0 else { return .failure(.invalidArgument, "flatten: a negative depth: \(levels)") }
            depth = levels
        }
        // What is still to come, the next last, each with the levels that may still be opened.
        var rest = elements.reversed().map { (value: $0, depth: depth) }
        var flat: [Value] = []
        while let (value, depth) = rest.popLast() {
            guard frame.spend(1) else { return .error(frame.exhaustion) }
            if depth > 0, case .list(let inner) = value.materialised {
                if let refusal = frame.refusal(ofElements: inner.count) { return refusal }
                rest += inner.reversed().map { (value: $0, depth: depth - 1) }
            } else {
                flat.append(value)
            }
        }
        return frame.refusal(ofElements: flat.count) ?? .list(flat)
    }

    private static func end(of list: Value, name: String, _ element: ([Value]) -> Value?) -> Value {
        guard case .list(let elements) = list.materialised else { return .noSuchOverload(name, list) }
        return .optional(element(elements))
    }

    private static func relation(
        _ name: String,
        _ left: Value,
        _ right: Value,
        _ frame: inout Frame,
        _ holds: (ValueSet, ValueSet, inout Frame) -> Bool
    ) -> Value {
        guard case .list(let leftElements) = left.materialised, case .list(let rightElements) = right.materialised
        else { return .noSuchOverload(name, left, right) }
        guard let left = ValueSet(leftElements, &frame), let right = ValueSet(rightElements, &frame) else {
            return .error(frame.exhaustion)
        }
        return .bool(holds(left, right, &frame))
    }
}

/// Values of which no two are equal; what can be a map key is found by its hash, the rest one by one.
struct ValueSet {
    private var keys: Set<MapKey> = []
    private var others: [Value] = []
    private var values: [Value] = []

    init() {}

    /// Nil when the steps ran out.
    init?(_ values: [Value], _ frame: inout Frame) {
        for value in values {
            guard frame.spend(1) else { return nil }
            _ = insert(value, &frame)
        }
    }

    /// Whether the value was not there before.
    mutating func insert(_ value: Value, _ frame: inout Frame) -> Bool {
        if contains(value, &frame) { return false }
        if let key = MapKey(lookup: value.resolved) { keys.insert(key) } else { others.append(value) }
        values.append(value)
        return true
    }

    func contains(_ value: Value, _ frame: inout Frame) -> Bool {
        if let key = MapKey(lookup: value.resolved) {
            if case .string(let text) = key, !frame.spend(bytes: text.utf8.count) { return false }
            return keys.contains(key)
        }
        for other in others where Comparison.areEqual(other, value, &frame) { return true }
        return false
    }

    func containsAll(_ part: ValueSet, _ frame: inout Frame) -> Bool {
        for value in part.values where !contains(value, &frame) { return false }
        return true
    }

    func containsAny(_ other: ValueSet, _ frame: inout Frame) -> Bool {
        for value in other.values where contains(value, &frame) { return true }
        return false
    }
}

/// Bringing values of one type into order.
enum Sorting {
    /// The indexes of the keys in ascending order, equal ones as they stood; an error for keys of different types or of one
    /// without an order.
    static func order(of keys: [Value], name: String, _ frame: inout Frame) -> Result<[Int], EvaluationError> {
        guard let first = keys.first else { return .success([]) }
        // A comparison may look at the whole of a text, and each key is compared once for each doubling of their number.
        var bytes = 0
        for key in keys {
            guard key.type == first.type, Comparison.order(key, key) != nil else {
                let types = "\(first.type.rawValue) and \(key.type.rawValue)"
                return .failure(EvaluationError(.noSuchOverload, "\(name): no order among values of type \(types)"))
            }
            bytes += key.textBytes + 64
        }
        guard frame.spend(bytes: bytes * (Int.bitWidth - keys.count.leadingZeroBitCount)) else {
            return .failure(frame.exhaustion)
        }
        let order = keys.indices.sorted { left, right in
            switch Comparison.order(keys[left], keys[right]) {
            case .less: true
            case .greater: false
            case .equal, .unordered, nil: left < right
            }
        }
        return .success(order)
    }
}

extension Value {
    /// Bytes that a comparison of this value may look at.
    fileprivate var textBytes: Int {
        switch self {
        case .string(let text): text.utf8.count
        case .bytes(let bytes): bytes.count
        default: 0
        }
    }
}
