/// The elements that a comprehension goes over: of a list its elements, of a map its keys.
private struct Elements {
    private let source: Value
    private let keys: [String]
    let count: Int

    /// Nil for a value that cannot be gone over.
    init?(_ value: Value) {
        source = value
        switch value {
        case .list(let elements): (count, keys) = (elements.count, [])
        case .map(let map): (count, keys) = (map.count, [])
        case .external(let external) where external.shape == .list: (count, keys) = (external.count, [])
        case .external(let external) where external.shape == .map:
            keys = external.keys
            count = keys.count
        default: return nil
        }
    }

    /// The index of an element, or the key of an entry.
    func key(_ index: Int) -> Value {
        switch source {
        case .map(let map): map.entries[index].key
        case .external where !keys.isEmpty: .string(keys[index])
        default: .int(Int64(index))
        }
    }

    /// An element, or the value of an entry.
    func value(_ index: Int) -> Value {
        switch source {
        case .list(let elements): elements[index]
        case .map(let map): map.entries[index].value
        case .external(let external):
            (keys.isEmpty ? external.element(at: index) : external.member(named: keys[index])) ?? .null
        default: .null
        }
    }

    /// What a single variable stands for: an element of a list, a key of a map.
    func single(_ index: Int) -> Value {
        switch source {
        case .map: key(index)
        case .external where !keys.isEmpty: key(index)
        default: value(index)
        }
    }
}

/// What every comprehension has: where its elements come from, its variables and its body.
struct ComprehensionParts {
    let range: any Node
    /// The index of the first variable among the locals; a second one follows it.
    let local: Int
    let variableCount: Int
    let filter: (any Node)?
    let body: any Node
    let name: String
    let position: SourcePosition

    /// Calls `visit` for each element that passes the filter, with the variables set.
    ///
    /// Stops when it gives a value, which
    /// is then the result. Gives an error for what cannot be gone over, for a failed filter and for a spent limit.
    fileprivate func forEach(
        _ frame: inout Frame,
        _ visit: (_ elements: Elements, _ index: Int, _ frame: inout Frame) -> Value?
    ) -> Value? {
        let range = range.evaluate(&frame)
        guard let elements = Elements(range) else {
            return Value.noSuchOverload(name, range.resolved).located(at: position)
        }
        for index in 0..<elements.count {
            guard frame.spend(1) else { return .error(frame.exhaustion.located(at: position)) }
            if variableCount == 1 {
                frame.locals[local] = elements.single(index)
            } else {
                frame.locals[local] = elements.key(index)
                frame.locals[local + 1] = elements.value(index)
            }
            if let filter {
                let passes = filter.evaluate(&frame).resolved
                guard case .bool(let passes) = passes else {
                    return Value.noSuchOverload(name, passes).located(at: position)
                }
                if !passes { continue }
            }
            if let result = visit(elements, index, &frame) { return result }
        }
        return nil
    }
}

/// `all` and `exists`: as `&&` and `||` over the elements, so that a deciding element wins over errors.
final class QuantifierNode: Node {
    private let parts: ComprehensionParts
    private let deciding: Bool

    init(_ parts: ComprehensionParts, deciding: Bool) {
        self.parts = parts
        self.deciding = deciding
    }

    func evaluate(_ frame: inout Frame) -> Value {
        var failure: Value?
        let decided = parts.forEach(&frame) { _, _, frame in
            switch parts.body.evaluate(&frame).resolved {
            case .bool(deciding): return .bool(deciding)
            case .bool: return nil
            case let other:
                if failure == nil { failure = Value.noSuchOverload(parts.name, other).located(at: parts.position) }
                return nil
            }
        }
        return decided ?? failure ?? .bool(!deciding)
    }
}

/// `exists_one`: every element is looked at, and any error is the result.
final class ExistsOneNode: Node {
    private let parts: ComprehensionParts

    init(_ parts: ComprehensionParts) { self.parts = parts }

    func evaluate(_ frame: inout Frame) -> Value {
        var matches = 0
        let failure = parts.forEach(&frame) { _, _, frame in
            switch parts.body.evaluate(&frame).resolved {
            case .bool(true):
                matches += 1
                return nil
            case .bool(false): return nil
            case let other: return Value.noSuchOverload(parts.name, other).located(at: parts.position)
            }
        }
        return failure ?? .bool(matches == 1)
    }
}

/// `map` and `transformList`.
final class ListComprehensionNode: Node {
    private let parts: ComprehensionParts

    init(_ parts: ComprehensionParts) { self.parts = parts }

    func evaluate(_ frame: inout Frame) -> Value {
        var values: [Value] = []
        let failure = parts.forEach(&frame) { _, _, frame in
            let value = parts.body.evaluate(&frame)
            if case .error = value { return value }
            values.append(value)
            return values.count > frame.limits.elementsMax ? frame.refusal(ofElements: values.count) : nil
        }
        return failure?.located(at: parts.position) ?? .list(values)
    }
}

/// `filter`: the elements themselves for which the filter holds.
final class FilterNode: Node {
    private let parts: ComprehensionParts

    init(_ parts: ComprehensionParts) { self.parts = parts }

    func evaluate(_ frame: inout Frame) -> Value {
        var values: [Value] = []
        let failure = parts.forEach(&frame) { elements, index, _ in
            values.append(elements.single(index))
            return nil
        }
        return failure ?? .list(values)
    }
}

/// `sortBy`: the elements in the order of the keys that the body gives.
final class SortNode: Node {
    private let parts: ComprehensionParts

    init(_ parts: ComprehensionParts) { self.parts = parts }

    func evaluate(_ frame: inout Frame) -> Value {
        var values: [Value] = []
        var keys: [Value] = []
        let failure = parts.forEach(&frame) { elements, index, frame in
            let key = parts.body.evaluate(&frame).resolved
            if case .error = key { return key }
            keys.append(key)
            values.append(elements.single(index))
            return values.count > frame.limits.elementsMax ? frame.refusal(ofElements: values.count) : nil
        }
        if let failure { return failure.located(at: parts.position) }
        switch Sorting.order(of: keys, name: parts.name, &frame) {
        case .success(let order): return .list(order.map { values[$0] })
        case .failure(let error): return .error(error.located(at: parts.position))
        }
    }
}

/// `transformMap` and `transformMapEntry`.
final class MapComprehensionNode: Node {
    private let parts: ComprehensionParts
    private let kind: ComprehensionKind

    init(_ parts: ComprehensionParts, kind: ComprehensionKind) {
        self.parts = parts
        self.kind = kind
    }

    func evaluate(_ frame: inout Frame) -> Value {
        var map = MapValue()
        let failure = parts.forEach(&frame) { elements, index, frame in
            let value = parts.body.evaluate(&frame)
            if case .error = value { return value }
            if map.count >= frame.limits.elementsMax { return frame.refusal(ofElements: map.count + 1) }
            guard kind == .mapEntries else { return map.insertion(of: elements.key(index), value) }
            guard case .map(let entries) = value.materialised else { return .noSuchOverload(parts.name, value) }
            for entry in entries.entries {
                if let failure = map.insertion(of: entry.key, entry.value) { return failure }
                guard frame.spend(1) else { return .error(frame.exhaustion) }
            }
            return frame.limits.elementsMax < map.count ? frame.refusal(ofElements: map.count) : nil
        }
        return failure?.located(at: parts.position) ?? .map(map)
    }
}

/// `cel.bind(variable, value, body)`: an error in the value is one only where the body uses it.
final class BindNode: Node {
    private let value: any Node
    private let body: any Node
    private let local: Int

    init(_ value: any Node, body: any Node, local: Int) {
        self.value = value
        self.body = body
        self.local = local
    }

    func evaluate(_ frame: inout Frame) -> Value {
        frame.locals[local] = value.evaluate(&frame)
        return body.evaluate(&frame)
    }
}
