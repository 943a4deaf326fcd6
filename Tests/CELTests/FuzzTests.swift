import CEL
import Testing

/// Random expressions: whatever they are, compiling and evaluating them ends, without a crash and within the limits.
struct FuzzTests {
    private static let environment = Environment(
        variables: [Environment.Variable("data"), Environment.Variable("count", type: .int)],
        unknownNames: .evaluatedToError,
        limits: Limits(stepsMax: 5_000, stringBytesMax: 10_000, elementsMax: 1_000)
    )
    private static let bindings = BoundValues([
        .entries(("total", 250), ("name", "x"), ("items", [1, 2.5, "a", .null, .int(.min)])), .int(.min),
    ])
    private static let words = [
        "data", "data.total", "data.items", "count", "x", "y", "1", "-1", "0", "9223372036854775807",
        "-9223372036854775808", "1u",
        "18446744073709551615u", "1.5", "1e308", "'a'", "''", "b'\\xff'", "r'\\'", "null", "true", "false", "int", "+",
        "-", "*", "/", "%",
        "==", "!=", "<", ">=", "&&", "||", "!", "?", ":", "(", ")", "[", "]", "{", "}", ",", ".", ".?", "[?", "in",
        ".size()", ".all(x, ",
        ".exists(x, y, ", ".map(x, ", ".filter(x, ", ".transformMap(x, y, ", "cel.bind(x, ", "has(", "int(", "string(",
        "duration(",
        "timestamp(", ".format(", ".split(", ".replace(", ".substring(", ".lastIndexOf(", "math.greatest(",
        "math.bitShiftLeft(",
        "optional.of(", ".optMap(x, ", ".orValue(", "'%s%d%.3f%e'", "'1h'", "'2024-01-01T00:00:00Z'", ".getHours(",
        ".matches(", "matches('a', ", "regex.replace(", "regex.extractAll(", "'(a|b*)*?'", "'(?i)[^\\\\pL]{2,9}'",
        ".sortBy(x, ", ".distinct()", ".flatten(", ".slice(0, ", ".reverse()", "lists.range(", "sets.contains(",
        ".first()",
        ".`a`", "//", "\n", "\u{e9}",
    ]
    private static let valid = [
        "data.total > 100 && data.name.startsWith('x')", "[1, 2, 3].map(x, x * count)[data.total % 3]",
        "data.items.exists(i, v, i == 2 && v == 'a') ? '%s %.3f'.format([data, 1.5]) : string(count)",
        "timestamp('2024-01-01T00:00:00Z') + duration('1h') < timestamp(0)",
        "{'a': [1, {2: 3u}], ?'b': optional.of(b'x')}.?a[?0].orValue(-1)",
        "cel.bind(x, [1, 2], x + x == [1, 2, 1, 2]) || 'abc'.replace('', '-').split('').join() in data.items",
        "-9223372036854775808 / -1 + math.abs(count) % math.bitShiftLeft(1, 63)",
        "data.name.matches('(a|b)*' + data.name) || regex.replace(data.name, '(x)(y)?', r'\\2\\1') == ''",
        "data.items.sortBy(x, string(x)).distinct().flatten(2).slice(0, 2) == lists.range(2).reverse()",
        #"r'\d' + '''a\u00e9''' == "\x41" && has(data.`a b`)"#,
    ]

    private static func run(_ source: String) {
        guard let expression = try? Expression(source, environment: environment) else { return }
        _ = expression.evaluate(bindings)
    }

    @Test(
        "Random words end in a value or an error",
        .timeLimit(.minutes(5)),
        arguments: [UInt64.random(in: 0...(.max))]
    )
    func soup(seed: UInt64) {
        print("seed of the word soup: \(seed)")
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<5_000 {
            let count = Int.random(in: 1...20, using: &generator)
            let source = (0..<count).map { _ in Self.words.randomElement(using: &generator) ?? "" }.joined(
                separator: " "
            )
            Self.run(source)
        }
    }

    @Test(
        "Mutated expressions end in a value or an error",
        .timeLimit(.minutes(5)),
        arguments: [UInt64.random(in: 0...(.max))]
    )
    func mutations(seed: UInt64) {
        print("seed of the mutations: \(seed)")
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<5_000 {
            var scalars = Array((Self.valid.randomElement(using: &generator) ?? "").unicodeScalars)
            for _ in 0..<Int.random(in: 1...4, using: &generator) { Self.mutate(&scalars, &generator) }
            var view = String.UnicodeScalarView()
            view.append(contentsOf: scalars)
            Self.run(String(view))
        }
    }

    private static func mutate(_ scalars: inout [Unicode.Scalar], _ generator: inout SeededGenerator) {
        guard !scalars.isEmpty else { return }
        let position = Int.random(in: 0..<scalars.count, using: &generator)
        let end = min(scalars.count, position + Int.random(in: 1...6, using: &generator))
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: scalars.removeSubrange(position..<end)
        case 1: scalars.insert(contentsOf: scalars[position..<end], at: position)
        case 2: scalars[position] = Unicode.Scalar(UInt8.random(in: 0...127, using: &generator))
        case 3: scalars.insert(contentsOf: (words.randomElement(using: &generator) ?? "").unicodeScalars, at: position)
        default: scalars.swapAt(position, Int.random(in: 0..<scalars.count, using: &generator))
        }
    }
}
