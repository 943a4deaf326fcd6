/// A function of the language: its name, how it is called, how many arguments it takes, what it does.
///
/// Bodies are given evaluated arguments of any type, never errors, with external scalars read; the target of `x.f(y)` is
/// the first. They return an error for types that they do not take, and never fail otherwise than by value.
struct Function: Sendable {
    typealias Unary = @Sendable (Value, inout Frame) -> Value
    typealias Binary = @Sendable (Value, Value, inout Frame) -> Value
    typealias General = @Sendable ([Value], inout Frame) -> Value
    /// Given the text, the pattern that was its second argument, and the arguments after it.
    typealias Matching = @Sendable (Value, RegularExpression, [Value], inout Frame) -> Value

    /// Whether it is called as `f(x)` or as `x.f()`.
    enum Style: Hashable {
        case global
        case member
    }

    enum Body: Sendable {
        case unary(Unary)
        case binary(Binary)
        case general(General)
        case matching(Matching)
    }

    let name: String
    let style: Style
    /// The target of a member function counts.
    let argumentCounts: ClosedRange<Int>
    let body: Body

    static func unary(_ name: String, _ style: Style = .global, _ body: @escaping Unary) -> Function {
        Function(name: name, style: style, argumentCounts: 1...1, body: .unary(body))
    }

    static func binary(_ name: String, _ style: Style = .global, _ body: @escaping Binary) -> Function {
        Function(name: name, style: style, argumentCounts: 2...2, body: .binary(body))
    }

    static func general(
        _ name: String,
        _ style: Style = .global,
        _ argumentCounts: ClosedRange<Int>,
        _ body: @escaping General
    ) -> Function {
        Function(name: name, style: style, argumentCounts: argumentCounts, body: .general(body))
    }

    static func matching(
        _ name: String,
        _ style: Style = .global,
        _ argumentCounts: ClosedRange<Int>,
        _ body: @escaping Matching
    ) -> Function {
        Function(name: name, style: style, argumentCounts: argumentCounts, body: .matching(body))
    }
}

extension Function {
    private struct Key: Hashable {
        let name: String
        let style: Style
    }

    private static let table: [Key: [Function]] = {
        let functions =
            conversions + text + textExtension + patterns + math + times + lists + optionals + encoders
        return Dictionary(grouping: functions) { Key(name: $0.name, style: $0.style) }
    }()

    static func isKnown(_ name: String, _ style: Style) -> Bool {
        table[Key(name: name, style: style)] != nil
    }

    /// What a call with this many arguments does, or nil when no function of that name takes so many.
    static func body(_ name: String, _ style: Style, argumentCount: Int) -> Body? {
        table[Key(name: name, style: style)]?.first { $0.argumentCounts.contains(argumentCount) }?.body
    }

    /// The numbers of arguments that functions of that name take, ascending; of an unbounded range its first.
    static func argumentCounts(_ name: String, _ style: Style) -> [Int] {
        let ranges = table[Key(name: name, style: style)]?.map(\.argumentCounts) ?? []
        return Set(ranges.flatMap { $0.count > 4 ? [$0.lowerBound] : Array($0) }).sorted()
    }

    static func names(_ style: Style) -> [String] {
        table.keys.filter { $0.style == style }.map(\.name)
    }
}
