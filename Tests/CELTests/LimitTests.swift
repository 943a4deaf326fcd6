import CEL
import Testing

struct LimitTests {
    private static let roomy = Environment(
        unknownNames: .evaluatedToError,
        limits: Limits(sourceBytesMax: 10_000_000)
    )

    /// The text repeated.
    private static func run(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }

    @Test(
        "Nesting without bound does not compile, whatever it is made of",
        .timeLimit(.minutes(5)),
        arguments: ["(", "[", "{1:", "f(", "a[", "true ? 1 : ", "a.all(x, ", "!(", "-(", "1 + (", "a.f(", "[?"]
    )
    func nesting(opening: String) throws {
        for count in [251, 20_000] {
            let error = try #require(throws: CompileError.self) {
                try Expression(Self.run(opening, count) + "1", environment: Self.roomy)
            }
            #expect(error.problems[0].message == "the expression nests more than 250 levels deep", "\(error.problems)")
        }
    }

    @Test(
        "Chains that make deep trees do not compile",
        .timeLimit(.minutes(5)),
        arguments: [".a", "[0]", ".f()", " == 1", " < 1", ".?a", "[?0]", " in a"]
    )
    func chains(link: String) {
        #expect(throws: CompileError.self) { try Expression("a" + Self.run(link, 20_000), environment: Self.roomy) }
    }

    @Test(
        "Values that a source of little depth would nest without bound do not compile",
        arguments: [
            "a == a", "[1].all(x, a == a)", "a == a || true", "{1: a} in [a]", "true ? size(a) : 1",
            "optional.of(a).optMap(b, size(b))",
        ]
    )
    func valueDepth(body: String) throws {
        // 8 times 150 levels.
        let nest = { (inner: String) in Self.run("[", 150) + inner + Self.run("]", 150) }
        let opening = "cel.bind(a, \(nest("1")), " + Self.run("cel.bind(a, \(nest("a")), ", 7)
        let error = try #require(throws: CompileError.self) {
            try Expression(opening + body + Self.run(")", 8), environment: Self.roomy)
        }
        #expect(error.problems[0].message == "values would nest more than 1000 levels deep", "\(error.problems)")
        let half = "cel.bind(a, \(nest("1")), " + Self.run("cel.bind(a, \(nest("a")), ", 3) + body + "))))"
        #expect(throws: Never.self) { try Expression(half, environment: Self.roomy) }
    }

    @Test(
        "Nesting up to the limit is evaluated",
        arguments: [
            ("(", "1", ")"), ("[", "1", "]"), ("{1:", "1", "}"), ("true ? 1 : ", "1", ""), ("!(", "true", ")"),
            ("[1].map(x, ", "1", ")"), ("-(", "1", ")"), ("1 + (", "1", ")"), ("size([", "1", "])"),
            ("[1].map(x, x > 0 && 1 + 1 == 2, ", "1", ")"),
        ]
    )
    func nestingAllowed(opening: String, core: String, closing: String) throws {
        let depth = opening == "size([" ? 120 : 240
        let source = Self.run(opening, depth) + core + Self.run(closing, depth)
        let value = try Expression(source, environment: Self.roomy).evaluate(BoundValues([]))
        #expect(value.evaluationError == nil, "\(opening)")
    }

    @Test(
        "Runs of one operator are as long as one likes",
        .timeLimit(.minutes(5)),
        arguments: [
            Row("1" + run(" + 1", 20_000), 20_001), Row("1" + run(" * 1", 20_000), 1),
            Row("true" + run(" && true", 20_000), true),
            Row("false" + run(" || false", 20_000), false), Row(run("!", 20_001) + "true", false),
            Row(run("-", 20_001) + "1", -1),
        ]
    )
    func runs(row: Row) throws {
        let value = try Expression(row.source, environment: Self.roomy).evaluate(BoundValues([]))
        #expect(value.isSame(as: row.wanted))
    }

    @Test("A source beyond its limit does not compile")
    func sourceLength() throws {
        let environment = Environment(limits: Limits(sourceBytesMax: 10))
        try Row("1234567890", 1_234_567_890).check(environment)
        #expect(throws: CompileError.self) { try Expression("1 + 1 + 1 + 1", environment: environment) }
    }

    @Test(
        "Work, text and elements beyond their limits are errors that nothing absorbs",
        .timeLimit(.minutes(5)),
        arguments: [
            "[1,2,3,4,5,6,7,8].all(a, [1,2,3,4,5,6,7,8].all(b, [1,2,3,4,5,6,7,8].all(c, [1,2,3,4,5,6,7,8].all(d, true)))) || true",
            doubling("[0]", "#"), doubling("'x'", "#"), doubling("b'x'", "#"), nested("# == #"),
            nested("# != # || true"), nested("'%s'.format([#])"), doubling("'x'", "#.replace('', #)"),
            "[0].all(x, [0].map(y, [[[0]]]) == [[[[0]]]]) && " + nested("[#].all(x, x == #)"),
        ]
    )
    func work(source: String) throws {
        let limits = Limits(stepsMax: 2_000, stringBytesMax: 1_000, elementsMax: 500)
        let environment = Environment(unknownNames: .evaluatedToError, limits: limits)
        let value = try Expression(source, environment: environment).evaluate(BoundValues([]))
        #expect(value.evaluationError?.kind == .limitExceeded, "\(value)")
    }

    /// Doubles a value forty times and uses it where the body has `#`.
    private static func doubling(_ start: String, _ body: String) -> String { bound(start, body) { "\($0) + \($0)" } }

    /// A list of two lists of two lists and so on, forty levels: small to hold, endless to go through.
    private static func nested(_ body: String) -> String { bound("[0]", body) { "[\($0), \($0)]" } }

    private static func bound(_ start: String, _ body: String, _ step: (String) -> String) -> String {
        var source = "cel.bind(v0, \(start), "
        for index in 1...40 { source += "cel.bind(v\(index), \(step("v\(index - 1)")), " }
        return source + body.split(separator: "#", omittingEmptySubsequences: false).joined(separator: "v40")
            + run(")", 41)
    }

    @Test("A part found nowhere costs time linear in the text", .timeLimit(.minutes(5)))
    func search() throws {
        let environment = Environment(variables: [Environment.Variable("text"), Environment.Variable("part")])
        let bindings = BoundValues([.string(Self.run("a", 1_000_000)), .string(Self.run("a", 500_000) + "b")])
        let value = try Expression("text.contains(part)", environment: environment).evaluate(bindings)
        #expect(value.isSame(as: false))
    }
}
