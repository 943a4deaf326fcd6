/// Reading inside values: fields, indexes, `in`, sizes and iteration, for our own lists and maps and for external ones.
enum Access {
    /// The field of a map, as `target.field` reads it.
    ///
    /// Of an optional the result is an optional, and nothing is missing.
    @inline(__always)
    static func member(_ field: String, of target: Value, at position: SourcePosition) -> Value {
        if case .external(let external) = target, let member = external.member(named: field) { return member }
        return otherMember(field, of: target).located(at: position)
    }

    private static func otherMember(_ field: String, of target: Value) -> Value {
        switch found(field, in: target) {
        case .success(.some(let value)): value
        case .success(.none): .failure(.noSuchKey, "no such key: \(field)")
        case .failure(let error): .error(error)
        }
    }

    /// The field of a map if it is there, as `target.?field` reads it.
    static func optionalMember(_ field: String, of target: Value) -> Value {
        switch found(field, in: target) {
        case .success(.some(.optional(let value))) where target.isOptional: .optional(value)
        case .success(let value): .optional(value)
        case .failure(let error): .error(error)
        }
    }

    /// Whether a map has a field, as `has(target.field)` asks.
    static func has(_ field: String, in target: Value) -> Value {
        switch found(field, in: target) {
        case .success(.some(.optional(let value))) where target.isOptional: .bool(value != nil)
        case .success(let value): .bool(value != nil)
        case .failure(let error): .error(error)
        }
    }

    /// The field when it is there; an error for a target without fields.
    private static func found(_ field: String, in target: Value) -> Result<Value?, EvaluationError> {
        switch target {
        case .map(let map):
            return .success(map.value(named: field))
        case .external(let external) where external.shape == .map:
            return .success(external.member(named: field))
        case .optional(let inner):
            guard let inner else { return .success(.optional(nil)) }
            return found(field, in: inner).map { .optional($0) }
        case .error(let error):
            return .failure(error)
        default:
            let type = target.type.rawValue
            return .failure(EvaluationError(.noSuchOverload, "a value of type \(type) has no field \(field)"))
        }
    }

    /// What `target[index]` reads.
    static func element(_ index: Value, of target: Value) -> Value {
        switch lookup(index, in: target) {
        case .success(.some(let value)): return value
        case .success(.none):
            switch target.type {
            case .list: return .failure(.indexOutOfBounds, "index out of bounds: \(describe(index))")
            default: return .failure(.noSuchKey, "no such key: \(describe(index))")
            }
        case .failure(let error): return .error(error)
        }
    }

    /// What `target[?index]` reads.
    static func optionalElement(_ index: Value, of target: Value) -> Value {
        switch lookup(index, in: target) {
        case .success(.some(.optional(let value))) where target.isOptional: .optional(value)
        case .success(let value): .optional(value)
        case .failure(let error): .error(error)
        }
    }

    private static func lookup(_ index: Value, in target: Value) -> Result<Value?, EvaluationError> {
        if case .error(let error) = target { return .failure(error) }
        if case .error(let error) = index { return .failure(error) }
        switch target {
        case .list(let elements):
            return position(index).map { elements.indices.contains($0) ? elements[$0] : nil }
        case .map(let map):
            return key(index).map { map.value(for: $0) }
        case .external(let external) where external.shape == .list:
            return position(index).map { (0..<external.count).contains($0) ? external.element(at: $0) : nil }
        case .external(let external) where external.shape == .map:
            return key(index).map {
                if case .string(let name) = $0 { return external.member(named: name) }
                return nil
            }
        case .optional(let inner):
            guard let inner else { return .success(.optional(nil)) }
            return lookup(index, in: inner).map { .optional($0) }
        default:
            return .failure(overloadError("[]", target, index))
        }
    }

    /// A list index: an int, or another number that is whole.
    private static func position(_ index: Value) -> Result<Int, EvaluationError> {
        switch index {
        case .int(let value): return .success(Int(value))
        case .uint(let value): return .success(Int(exactly: value) ?? .max)
        case .double(let value):
            guard value.rounded() == value else { break }
            return .success(Int(exactly: value) ?? .max)
        default: break
        }
        return .failure(overloadError("list[]", index))
    }

    private static func key(_ index: Value) -> Result<Value, EvaluationError> {
        switch index {
        case .bool, .int, .uint, .double, .string: .success(index)
        default: .failure(overloadError("map[]", index))
        }
    }

    private static func overloadError(_ name: String, _ arguments: Value...) -> EvaluationError {
        let types = arguments.map { $0.type.rawValue }.joined(separator: ", ")
        return EvaluationError(.noSuchOverload, "no such overload: \(name)(\(types))")
    }

    /// What `element in container` tells.
    static func contains(_ element: Value, in container: Value, _ frame: inout Frame) -> Value {
        switch container {
        case .list(let elements):
            for candidate in elements where Comparison.areEqual(element, candidate, &frame) { return .bool(true) }
            return .bool(false)
        case .map(let map):
            return .bool(map.value(for: element) != nil)
        case .external(let external) where external.shape == .map:
            guard case .string(let name) = element else { return .bool(false) }
            return .bool(external.member(named: name) != nil)
        case .external(let external) where external.shape == .list:
            for index in 0..<external.count {
                let candidate = external.element(at: index) ?? .null
                if Comparison.areEqual(element, candidate, &frame) { return .bool(true) }
            }
            return .bool(false)
        default:
            return .noSuchOverload("in", element, container)
        }
    }

    /// `size(value)`: code points of a string, bytes, elements or entries.
    static func size(_ value: Value, _ frame: inout Frame) -> Value {
        switch value {
        case .string(let value):
            frame.spend(bytes: value.utf8.count) ? .int(Int64(value.unicodeScalars.count)) : .error(frame.exhaustion)
        case .bytes(let value): .int(Int64(value.count))
        case .list(let value): .int(Int64(value.count))
        case .map(let value): .int(Int64(value.count))
        case .external(let external) where external.shape == .list || external.shape == .map:
            .int(Int64(external.count))
        default: .noSuchOverload("size", value)
        }
    }

    /// A key or index as an error message shows it; long ones are cut.
    private static func describe(_ value: Value) -> String {
        switch value {
        case .bool(let value): "\(value)"
        case .int(let value): "\(value)"
        case .uint(let value): "\(value)"
        case .double(let value): "\(value)"
        case .string(let value): String(value.unicodeScalars.prefix(100).map(Character.init))
        default: value.type.rawValue
        }
    }
}

extension Value {
    fileprivate var isOptional: Bool {
        if case .optional = self { return true }
        return false
    }
}
