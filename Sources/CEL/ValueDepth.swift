/// How deep the values of an expression may nest, found without evaluating it.
///
/// The source nests within bounds, but `cel.bind` may put one nest into another, again and again; and whoever compares,
/// writes or frees a value takes a call for each level. Values of events are bounded by the JSON reader, and count as flat.
struct ValueDepth {
    /// Far above what anybody writes, and far below what a stack holds.
    static let max = 1_000

    private var deepest = 0

    static func isWithinBounds(_ syntax: Syntax) -> Bool {
        var depth = ValueDepth()
        _ = depth.of(syntax, [:])
        return depth.deepest <= max
    }

    private mutating func of(_ syntax: Syntax, _ scope: [String: Int]) -> Int {
        let depth = depth(of: syntax, scope)
        deepest = Swift.max(deepest, depth)
        return depth
    }

    private mutating func greatest(_ parts: [Syntax], _ scope: [String: Int]) -> Int {
        var greatest = 0
        for part in parts { greatest = Swift.max(greatest, of(part, scope)) }
        return greatest
    }

    private mutating func depth(of syntax: Syntax, _ scope: [String: Int]) -> Int {
        switch syntax.kind {
        case .literal: return 0
        case .identifier(let name): return name.isAbsolute ? 0 : scope[name.text] ?? 0
        case .select(let operand, _, _), .negate(let operand, _): return of(operand, scope)
        case .index(let operand, let index, _):
            _ = of(index, scope)
            return of(operand, scope)
        // They give bools, whatever they look at.
        case .test(let operand, _), .not(let operand, _):
            _ = greatest([operand], scope)
            return 0
        case .relation(_, let left, let right):
            _ = greatest([left, right], scope)
            return 0
        case .logic(_, let operands):
            _ = greatest(operands, scope)
            return 0
        case .conditional(let condition, let then, let otherwise):
            _ = of(condition, scope)
            return greatest([then, otherwise], scope)
        case .arithmetic(let first, let terms): return greatest([first] + terms.map(\.operand), scope)
        case .call(_, let arguments): return 1 + greatest(arguments, scope)
        case .memberCall(let target, _, let arguments): return 1 + greatest([target] + arguments, scope)
        case .list(let elements): return 1 + greatest(elements.map(\.value), scope)
        case .map(let entries): return 1 + greatest(entries.flatMap { [$0.key, $0.value] }, scope)
        case .bind(let variable, let value, let body):
            return of(body, Self.inside(scope, [variable], of(value, scope)))
        case .optionalMap(let target, let variable, let body, _):
            return 1 + of(body, Self.inside(scope, [variable], of(target, scope)))
        case .comprehension(let comprehension):
            let range = of(comprehension.range, scope)
            let inner = Self.inside(scope, comprehension.variables, range)
            let parts = [comprehension.body] + (comprehension.filter.map { [$0] } ?? [])
            return 1 + Swift.max(range, greatest(parts, inner))
        }
    }

    private static func inside(_ scope: [String: Int], _ names: [String], _ depth: Int) -> [String: Int] {
        scope.merging(names.map { ($0, depth) }) { $1 }
    }
}
