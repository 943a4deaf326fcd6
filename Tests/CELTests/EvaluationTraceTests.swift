import CEL
import Testing

/// Which part of an expression decided, and what it saw.
struct EvaluationTraceTests {
    private static let environment = Environment(variables: [Environment.Variable("data"), Environment.Variable("x.y")])
    private static let bindings = BoundValues([
        .entries(("total", 40), ("name", "ann"), ("items", [1, 7]), ("map", .entries(("k", 1)))), true,
    ])

    private static func findings(_ source: String) -> [EvaluationTrace.Finding] {
        EvaluationTrace.findings(of: source, environment: environment, bindings: bindings)
    }

    /// Such as `data.total > 100 is false: data.total is 40`.
    private static func shown(_ source: String) -> [String] {
        findings(source).map { finding in
            let seen = finding.seen.map { "\($0.expression) is \($0.value)" }.joined(separator: ", ")
            let element = finding.element.map { "for \($0): " } ?? ""
            return "\(element)\(finding.expression) \(finding.isError ? "fails" : "is") \(finding.value)"
                + (seen.isEmpty ? "" : ": \(seen)")
        }
    }

    @Test(
        "What decided is found, with the values that it saw",
        arguments: [
            ("data.total > 100", ["data.total > 100 is false: data.total is 40"]),
            // Of `&&` the first part that is false, of `||` the first that is true, whatever stands around it.
            ("data.name == 'bob' && data.total > 1", [#"data.name == 'bob' is false: data.name is "ann""#]),
            ("data.nope == 1 && data.total > 100", ["data.total > 100 is false: data.total is 40"]),
            ("data.nope == 1 || (data.total > 1)", ["(data.total > 1) is true: data.total is 40"]),
            (
                "true && data.nope == 1",
                ["data.nope == 1 fails no such key: nope: data.nope is error: no such key: nope"]
            ),
            (
                "data.total > 50 || data.total < 10",
                ["data.total > 50 is false: data.total is 40", "data.total < 10 is false: data.total is 40"]
            ),
            ("!(data.total > 1)", ["(data.total > 1) is true: data.total is 40"]),
            (
                "data.total > 1 ? data.name == 'x' : true",
                ["data.total > 1 is true: data.total is 40", #"data.name == 'x' is false: data.name is "ann""#]
            ),
            // Of lists the element that decided.
            ("data.items.all(i, i < 5)", ["for i = 7: i < 5 is false: i is 7"]),
            (
                "data.items.exists(i, v, v == 7 && i == 1)",
                [
                    "for i = 1, v = 7: v == 7 is true: v is 7",
                    "for i = 1, v = 7: i == 1 is true: i is 1",
                ]
            ),
            (
                "data.items.exists(i, i > 9)",
                [
                    "data.items.exists(i, i > 9) is false: data.items is [1, 7]", "for i = 1: i > 9 is false: i is 1",
                    "for i = 7: i > 9 is false: i is 7",
                ]
            ),
            ("data.map.all(k, k == 'z')", [#"for k = "k": k == 'z' is false: k is "k""#]),
            ("cel.bind(t, data.total + 1, t > 100)", ["t > 100 is false: t is 41"]),
            ("x.y", ["x.y is true"]),
            (
                "has(data.nope)",
                [
                    #"has(data.nope) is false: data is {"total": 40, "name": "ann", "items": [1, 7], "map": {"k": 1}}"#
                ]
            ),
            ("data.name.startsWith('b')", [#"data.name.startsWith('b') is false: data.name is "ann""#]),
            (
                "data.items[0] + 1 > math.abs(-5)",
                [
                    "data.items[0] + 1 > math.abs(-5) is false: data.items[0] + 1 is 2, data.items[0] is 1, "
                        + "data.items is [1, 7], math.abs(-5) is 5"
                ]
            ),
            // On one line, and the place is that in the source.
            ("data.total\n  > 100", ["data.total > 100 is false: data.total is 40"]),
        ] as [(String, [String])]
    )
    func decided(source: String, wanted: [String]) {
        #expect(Self.shown(source) == wanted)
    }

    @Test("A finding has its place in the source, in code points")
    func place() {
        let finding = Self.findings("'é' == 'é' &&\n  (data.total > 100)").first
        #expect(finding?.expression == "(data.total > 100)")
        #expect(finding.map { [$0.position.line, $0.position.column] } == [2, 3])
    }

    @Test("What does not compile has no findings, and what is huge has few")
    func bounds() {
        #expect(Self.findings("data.total >").isEmpty)
        let many = Array(repeating: "data.total > 100", count: 2_000).joined(separator: " || ")
        #expect((1...100).contains(Self.findings(many).count))
    }
}
