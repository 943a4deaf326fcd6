/// What can be said about a condition without an event: whether it can be true at all, and which fields are there where it is.
///
/// For messages about rules, made once when those are read; evaluating does not know of it.
package struct ConditionAnalysis: Sendable {
    /// A part of a condition that can never be true.
    package struct Contradiction: Sendable, Hashable {
        package let position: SourcePosition
        /// One line for a person, such as `data.kind cannot be "a" and "b"`.
        package let message: String
    }

    /// Fields, such as `data.tracking`, that every event has for which the condition is true.
    package let guaranteed: Set<String>
    /// Why the condition is true for no event; nil where it may be.
    package let contradiction: Contradiction?
    /// Whether it is true for every event.
    package let isAlwaysTrue: Bool
    /// The texts that a path must be equal to, by path, where the condition says that it has to be one of them.
    package let texts: [String: Set<String>]

    /// Looks at an expression that compiles; of one that does not, nothing is known.
    package init(_ source: String, environment: Environment) {
        let text = SourceText(source)
        guard let syntax = try? Parser.parse(text.bytes, depthMax: environment.limits.nestingDepthMax) else {
            guaranteed = []
            contradiction = nil
            isAlwaysTrue = false
            texts = [:]
            return
        }
        let presence = FieldPresence(environment: environment)
        guaranteed = presence.whenTrue(syntax)
        let facts = Facts(of: syntax, environment: environment)
        contradiction = facts.conflict.map {
            Contradiction(position: text.position(at: $0.offset), message: $0.message)
        }
        isAlwaysTrue = Facts.constant(syntax) == true
        texts = facts.byPath.compactMapValues(\.textsOnly)
    }

    /// Fields that every event has on which an expression gives a value at all.
    package static func fieldsNeeded(by source: String, environment: Environment) -> Set<String> {
        let text = SourceText(source)
        guard let syntax = try? Parser.parse(text.bytes, depthMax: environment.limits.nestingDepthMax) else {
            return []
        }
        return FieldPresence(environment: environment).whenEvaluated(syntax)
    }
}

// MARK: Fields that are there

/// Fields without which an expression has no value, or not that one: selecting a field that is not there is an error.
private struct FieldPresence {
    let environment: Environment

    func whenTrue(_ syntax: Syntax) -> Set<String> { fields(syntax, when: true) }

    /// Where the expression gives the bool.
    private func fields(_ syntax: Syntax, when outcome: Bool) -> Set<String> {
        switch syntax.kind {
        case .not(let operand, let count):
            return fields(operand, when: count % 2 == 0 ? outcome : !outcome)
        case .logic(let logic, let operands):
            // All of them have the outcome, or one of them alone decides.
            let areAll = (logic == .and) == outcome
            let each = operands.map { fields($0, when: outcome) }
            return areAll ? union(each) : intersection(each)
        case .conditional(let condition, let then, let otherwise):
            let first = fields(condition, when: true).union(fields(then, when: outcome))
            return first.intersection(fields(condition, when: false).union(fields(otherwise, when: outcome)))
        case .test(let operand, let field):
            var found = whenEvaluated(operand)
            if outcome, let path = ConditionPath.text(operand, environment) { found.insert("\(path).\(field)") }
            return found
        case .literal(.bool(let value)) where value != outcome:
            return []
        default:
            return whenEvaluated(syntax)
        }
    }

    /// Where the expression gives any value.
    func whenEvaluated(_ syntax: Syntax) -> Set<String> {
        switch syntax.kind {
        case .literal, .test, .logic, .conditional, .comprehension, .bind, .optionalMap: return inner(syntax)
        case .identifier: return []
        case .select(let operand, _, let presence):
            var found = whenEvaluated(operand)
            if case .required = presence, let path = ConditionPath.text(syntax, environment) { found.insert(path) }
            return found
        case .index(let operand, let index, let presence):
            var found = whenEvaluated(operand).union(whenEvaluated(index))
            if case .required = presence, let path = ConditionPath.text(syntax, environment) { found.insert(path) }
            return found
        case .call(_, let arguments): return union(arguments.map(whenEvaluated))
        case .memberCall(let target, _, let arguments): return union(([target] + arguments).map(whenEvaluated))
        case .list(let elements): return union(elements.map { whenEvaluated($0.value) })
        case .map(let entries): return union(entries.flatMap { [whenEvaluated($0.key), whenEvaluated($0.value)] })
        case .not(let operand, _), .negate(let operand, _): return whenEvaluated(operand)
        case .arithmetic(let first, let terms): return union(([first] + terms.map(\.operand)).map(whenEvaluated))
        case .relation(_, let left, let right): return whenEvaluated(left).union(whenEvaluated(right))
        }
    }

    private func inner(_ syntax: Syntax) -> Set<String> {
        switch syntax.kind {
        case .test(let operand, _): return whenEvaluated(operand)
        case .logic: return fields(syntax, when: true).intersection(fields(syntax, when: false))
        case .conditional(let condition, let then, let otherwise):
            return whenEvaluated(condition).union(whenEvaluated(then).intersection(whenEvaluated(otherwise)))
        // Of the body nothing is certain: the list may be empty, and its own names may hide ours.
        case .comprehension(let comprehension): return whenEvaluated(comprehension.range)
        // The value is evaluated where the body asks for it, and perhaps not at all.
        case .bind: return []
        case .optionalMap(let target, _, _, _): return whenEvaluated(target)
        default: return []
        }
    }

    private func union(_ sets: [Set<String>]) -> Set<String> { sets.reduce(into: []) { $0.formUnion($1) } }

    private func intersection(_ sets: [Set<String>]) -> Set<String> {
        sets.dropFirst().reduce(sets.first ?? []) { $0.intersection($1) }
    }
}

/// A variable with the fields after it.
private enum ConditionPath {
    /// `data.order.id`, also written `data["order"].id`; nil for anything else.
    static func text(_ syntax: Syntax, _ environment: Environment) -> String? {
        switch syntax.kind {
        case .identifier(let name): return environment.slot(ofVariable: name.text) == nil ? nil : name.text
        case .select(let operand, let field, .required): return text(operand, environment).map { "\($0).\(field)" }
        case .index(let operand, let index, .required):
            guard case .literal(.string(let field)) = index.kind else { return nil }
            return text(operand, environment).map { "\($0).\(field)" }
        default: return nil
        }
    }
}

// MARK: What cannot be

/// What a conjunction says about each path.
private struct Facts {
    struct Conflict {
        let offset: Int
        let message: String
    }

    private(set) var byPath: [String: PathFacts] = [:]
    private(set) var conflict: Conflict?
    private let environment: Environment

    init(of syntax: Syntax, environment: Environment) {
        self.environment = environment
        add(syntax)
    }

    /// The bool that an expression gives whatever the event is; nil where that is not plain.
    static func constant(_ syntax: Syntax) -> Bool? {
        switch syntax.kind {
        case .literal(.bool(let value)): return value
        case .not(let operand, let count): return constant(operand).map { count % 2 == 0 ? $0 : !$0 }
        case .logic(let logic, let operands):
            let values = operands.map(constant)
            let decisive = logic == .or
            if values.contains(decisive) { return decisive }
            return values.allSatisfy { $0 == !decisive } ? !decisive : nil
        case .conditional(let condition, let then, let otherwise):
            return constant(condition).flatMap { constant($0 ? then : otherwise) }
        case .relation(let relation, let left, let right):
            guard let left = Scalar(left), let right = Scalar(right) else { return nil }
            return left.holds(relation, right)
        default: return nil
        }
    }

    /// Takes what must hold for the expression to be true.
    private mutating func add(_ syntax: Syntax) {
        guard conflict == nil else { return }
        if Self.constant(syntax) == false {
            conflict = Conflict(offset: syntax.offset, message: "this is always false")
            return
        }
        switch syntax.kind {
        case .logic(.and, let operands):
            for operand in operands { add(operand) }
        case .logic(.or, let operands):
            addChoice(operands)
        case .not(let operand, let count):
            if count % 2 == 0 { add(operand) } else { addOpposite(operand) }
        case .relation(let relation, let left, let right):
            compare(relation, left, right, at: syntax.offset)
        case .test(let operand, let field):
            guard let path = ConditionPath.text(operand, environment) else { return }
            note(path + "." + field, at: syntax.offset) { $0.add(isPresent: true) }
        default: return
        }
    }

    /// One of them has to be true: that none can be is a conflict, and what all of them ask of one path is known of it.
    private mutating func addChoice(_ operands: [Syntax]) {
        let choices = operands.map { Facts(of: $0, environment: environment) }
        let possible = choices.filter { $0.conflict == nil }
        guard let first = possible.first else {
            if let conflict = choices.first?.conflict { self.conflict = conflict }
            return
        }
        for (path, facts) in first.byPath {
            let all = possible.compactMap { $0.byPath[path]?.allowed }
            guard facts.allowed != nil, all.count == possible.count, let offset = operands.first?.offset else {
                continue
            }
            note(path, at: offset) { $0.add(oneOf: Array(all.joined())) }
        }
    }

    private mutating func addOpposite(_ syntax: Syntax) {
        switch syntax.kind {
        case .test(let operand, let field):
            guard let path = ConditionPath.text(operand, environment) else { return }
            note(path + "." + field, at: syntax.offset) { $0.add(isPresent: false) }
        case .relation(let relation, let left, let right):
            guard let opposite = relation.opposite else { return }
            compare(opposite, left, right, at: syntax.offset)
        // Not one of several: each of them is false.
        case .logic(.or, let operands):
            for operand in operands { addOpposite(operand) }
        case .not(let operand, let count) where count % 2 == 1:
            add(operand)
        default: return
        }
    }

    private mutating func compare(_ relation: RelationOperator, _ left: Syntax, _ right: Syntax, at offset: Int) {
        if let path = ConditionPath.text(left, environment) {
            if let value = Scalar(right) {
                note(path, at: offset) { $0.add(relation, value) }
            } else if case .list(let elements) = right.kind, relation == .in {
                let values = elements.map { Scalar($0.value) }
                if elements.isEmpty { conflict = Conflict(offset: offset, message: "nothing is in an empty list") }
                if values.allSatisfy({ $0 != nil }) {
                    note(path, at: offset) { $0.add(oneOf: values.compactMap { $0 }) }
                }
            } else if ConditionPath.text(right, environment) == path, [.less, .greater, .notEqual].contains(relation) {
                conflict = Conflict(offset: offset, message: "\(path) is compared with itself")
            }
        } else if let path = ConditionPath.text(right, environment), let value = Scalar(left),
            let mirrored = relation.mirrored
        {
            note(path, at: offset) { $0.add(mirrored, value) }
        }
    }

    private mutating func note(_ path: String, at offset: Int, _ add: (inout PathFacts) -> String?) {
        guard conflict == nil else { return }
        var facts = byPath[path] ?? PathFacts(path: path)
        if let message = add(&facts) { conflict = Conflict(offset: offset, message: message) }
        byPath[path] = facts
        // What is not there has no value to compare.
        for (other, facts) in byPath where facts.isPresent == false && conflict == nil {
            let isNeeded = { (known: PathFacts) in known.isPresent == true || known.isCompared }
            let user = byPath.values.first { isNeeded($0) && ($0.path == other || $0.path.hasPrefix(other + ".")) }
            guard let user else { continue }
            conflict = Conflict(offset: offset, message: "\(user.path) is used where the event has no \(other)")
        }
    }
}

/// What is known about the value at one path.
private struct PathFacts {
    let path: String
    private(set) var isPresent: Bool?
    private(set) var isCompared = false
    /// One of these, where that is known.
    private(set) var allowed: [Scalar]?
    private var excluded: [Scalar] = []
    private var lower: (value: Double, isIncluded: Bool, text: String)?
    private var upper: (value: Double, isIncluded: Bool, text: String)?

    init(path: String) { self.path = path }

    /// Where only texts are allowed.
    var textsOnly: Set<String>? {
        guard let allowed else { return nil }
        let texts = allowed.compactMap { if case .text(let text) = $0 { text } else { nil } }
        return texts.count == allowed.count ? Set(texts) : nil
    }

    /// Each returns why it cannot be beside what is known; nil where it can.
    mutating func add(isPresent: Bool) -> String? {
        if let known = self.isPresent, known != isPresent { return "the event cannot have \(path) and not have it" }
        self.isPresent = isPresent
        return nil
    }

    mutating func add(_ relation: RelationOperator, _ value: Scalar) -> String? {
        isCompared = true
        switch relation {
        case .equal: return add(oneOf: [value])
        case .notEqual:
            excluded.append(value)
            if let allowed, !allowed.contains(where: { !isExcluded($0) }) {
                return cannot("be \(Scalar.list(allowed)) and not be it")
            }
            return nil
        case .less, .lessOrEqual:
            guard case .number(let bound, let text) = value else { return nil }
            let isIncluded = relation == .lessOrEqual
            if upper.map({ bound < $0.value || (bound == $0.value && !isIncluded) }) ?? true {
                upper = (bound, isIncluded, text)
            }
            return checkRange()
        case .greater, .greaterOrEqual:
            guard case .number(let bound, let text) = value else { return nil }
            let isIncluded = relation == .greaterOrEqual
            if lower.map({ bound > $0.value || (bound == $0.value && !isIncluded) }) ?? true {
                lower = (bound, isIncluded, text)
            }
            return checkRange()
        case .in: return nil
        }
    }

    mutating func add(oneOf values: [Scalar]) -> String? {
        isCompared = true
        let before = allowed
        let left = values.filter { value in
            (before.map { $0.contains { $0.equals(value) } } ?? true) && !isExcluded(value)
        }
        if left.isEmpty {
            if let before { return cannot("be \(Scalar.list(before)) and \(Scalar.list(values))") }
            return cannot("be \(Scalar.list(values)) and not be it")
        }
        allowed = left
        return checkRange()
    }

    private func isExcluded(_ value: Scalar) -> Bool { excluded.contains { $0.equals(value) } }

    private func checkRange() -> String? {
        if let lower, let upper {
            let isEmpty =
                lower.value > upper.value || (lower.value == upper.value && !(lower.isIncluded && upper.isIncluded))
            if isEmpty {
                let more = lower.isIncluded ? "at least" : "more than"
                let less = upper.isIncluded ? "at most" : "less than"
                return cannot("be \(more) \(lower.text) and \(less) \(upper.text)")
            }
        }
        guard let allowed, lower != nil || upper != nil else { return nil }
        let isPossible = allowed.contains { value in
            guard case .number(let number, _) = value else { return false }
            let isAbove = lower.map { number > $0.value || (number == $0.value && $0.isIncluded) } ?? true
            let isBelow = upper.map { number < $0.value || (number == $0.value && $0.isIncluded) } ?? true
            return isAbove && isBelow
        }
        if isPossible { return nil }
        let bounds = [
            lower.map { "\($0.isIncluded ? "at least" : "more than") \($0.text)" },
            upper.map { "\($0.isIncluded ? "at most" : "less than") \($0.text)" },
        ]
        return cannot("be \(Scalar.list(allowed)) and \(bounds.compactMap { $0 }.joined(separator: " and "))")
    }

    private func cannot(_ text: String) -> String { "\(path) cannot \(text)" }
}

/// A literal that values are compared with.
private enum Scalar {
    case text(String)
    case number(Double, String)
    case bool(Bool)
    case null

    /// Nil for what is no literal, or one that is not compared here.
    init?(_ syntax: Syntax) {
        switch syntax.kind {
        case .literal(.string(let text)): self = .text(text)
        case .literal(.int(let value)):
            guard let number = Double(exactly: value) else { return nil }
            self = .number(number, value.description)
        case .literal(.uint(let value)):
            guard let number = Double(exactly: value) else { return nil }
            self = .number(number, value.description)
        case .literal(.double(let value)):
            if value.isNaN { return nil }
            self = .number(value, value.description)
        case .literal(.bool(let value)): self = .bool(value)
        case .literal(.null): self = .null
        case .negate(let operand, let count):
            guard case .number(let value, let text)? = Scalar(operand) else { return nil }
            self = count % 2 == 0 ? .number(value, text) : .number(-value, "-\(text)")
        default: return nil
        }
    }

    func equals(_ other: Scalar) -> Bool {
        switch (self, other) {
        case (.text(let left), .text(let right)): left == right
        case (.number(let left, _), .number(let right, _)): left == right
        case (.bool(let left), .bool(let right)): left == right
        case (.null, .null): true
        default: false
        }
    }

    /// Nil where it is an error, or not decided here.
    func holds(_ relation: RelationOperator, _ other: Scalar) -> Bool? {
        switch relation {
        case .equal: return equals(other)
        case .notEqual: return !equals(other)
        case .in: return nil
        case .less, .lessOrEqual, .greater, .greaterOrEqual:
            guard case .number(let left, _) = self, case .number(let right, _) = other else { return nil }
            return switch relation {
            case .less: left < right
            case .lessOrEqual: left <= right
            case .greater: left > right
            default: left >= right
            }
        }
    }

    private var description: String {
        switch self {
        case .text(let text): "\"\(text.prefix(40))\""
        case .number(_, let text): text
        case .bool(let value): value.description
        case .null: "null"
        }
    }

    static func list(_ values: [Scalar]) -> String {
        let shown = values.prefix(4).map(\.description)
        return shown.joined(separator: " or ") + (values.count > 4 ? " or others" : "")
    }
}

extension RelationOperator {
    fileprivate var opposite: RelationOperator? {
        switch self {
        case .equal: .notEqual
        case .notEqual: .equal
        case .less: .greaterOrEqual
        case .lessOrEqual: .greater
        case .greater: .lessOrEqual
        case .greaterOrEqual: .less
        case .in: nil
        }
    }

    /// With its sides changed.
    fileprivate var mirrored: RelationOperator? {
        switch self {
        case .equal: .equal
        case .notEqual: .notEqual
        case .less: .greater
        case .lessOrEqual: .greaterOrEqual
        case .greater: .less
        case .greaterOrEqual: .lessOrEqual
        case .in: nil
        }
    }
}
