import Testing

@testable import CEL

@Suite("Conditions looked at without an event")
struct ConditionAnalysisTests {
    private static let environment = Environment(variables: [
        Environment.Variable("event", type: .map), Environment.Variable("data"),
    ])

    private func analysis(_ source: String) throws -> ConditionAnalysis {
        _ = try Expression(source, environment: Self.environment)
        return ConditionAnalysis(source, environment: Self.environment)
    }

    @Test(
        "fields that a true condition guarantees",
        arguments: [
            ("has(data.a)", ["data.a"]), ("has(data.a.b)", ["data.a", "data.a.b"]), ("data.a > 0", ["data.a"]),
            ("data['a'].b == 'x'", ["data.a", "data.a.b"]), ("!has(data.a)", []), ("!!has(data.a)", ["data.a"]),
            ("has(data.a) && data.b", ["data.a", "data.b"]), ("has(data.a) || has(data.b)", []),
            ("data.a == 1 || data.a == 2 && has(data.b)", ["data.a"]), ("!(has(data.a) || !has(data.b))", ["data.b"]),
            ("!(!has(data.a) && has(data.b))", []), ("has(data.a) ? data.b : data.c && data.b", ["data.b"]),
            ("data.a.exists(x, x.b > 1)", ["data.a"]), ("data.a.startsWith('x')", ["data.a"]),
            ("size(data.a) > 1", ["data.a"]),
            ("data.?a.orValue('x') == 'x'", []), ("[data.a, 1].size() > 0", ["data.a"]),
            ("data.a + data.b > 1", ["data.a", "data.b"]),
            ("'x' in data.a", ["data.a"]), ("data.a != 'x'", ["data.a"]), ("cel.bind(x, data.a, true)", []),
            ("true || data.a", []), ("data.a in [data.b]", ["data.a", "data.b"]), ("data.a[0].b", ["data.a"]),
        ]
    )
    func guaranteed(_ source: String, _ fields: [String]) throws {
        #expect(try analysis(source).guaranteed.sorted() == fields)
    }

    @Test(
        "conditions that no event fulfils",
        arguments: [
            ("false", "always false"), ("true && false", "always false"), ("!true", "always false"),
            ("1 > 2", "always false"),
            ("'a' == 'b'", "always false"), ("data.a == 'x' && data.a == 'y'", "data.a cannot be \"x\" and \"y\""),
            ("data.a == 1 && data.b && data.a == 2", "data.a cannot be 1 and 2"),
            ("data.a > 10 && data.a < 5", "more than 10 and less than 5"),
            ("data.a > 5 && data.a <= 5", "more than 5 and at most 5"),
            ("5 > data.a && data.a >= 5.0", "at least 5.0 and less than 5"),
            ("data.a == 3 && data.a > 3", "be 3 and more than 3"),
            ("data.a == 'x' && data.a != 'x'", "be \"x\" and not be it"),
            ("data.a == 'x' && !(data.a == 'x')", "and not be it"),
            ("data.a in ['x', 'y'] && data.a == 'z'", "be \"x\" or \"y\" and \"z\""), ("data.a in []", "empty list"),
            ("has(data.a) && !has(data.a)", "have data.a and not have it"),
            ("!has(data.a) && data.a.b > 0", "has no data.a"),
            ("(data.a == 'x' && data.a == 'y') || false", "cannot be"),
            ("data.a == 'x' && (data.a == 'y' || data.a == 'z')", "cannot be"),
            ("data.a < data.a", "with itself"), ("data['a'] == 1 && data.a == 2", "cannot be 1 and 2"),
            ("data.a == true && data.a == false", "be true and false"),
            ("data.a == -1 && data.a > 0", "be -1 and more than 0"),
            ("data.a == null && data.a > 0", "be null and more than 0"),
            ("data.a == 'x' && data.a > 5", "be \"x\" and more than 5"),
        ]
    )
    func contradictions(_ source: String, _ fragment: String) throws {
        let found = try #require(try analysis(source).contradiction)
        #expect(found.message.contains(fragment), "\(found.message)")
    }

    @Test(
        "conditions that some event may fulfil are not called impossible",
        arguments: [
            "data.a == 'x' || data.a == 'y'", "data.a >= 5 && data.a <= 5", "data.a == 1 && data.a == 1.0",
            "data.a > 1 && data.b < 0", "data.a != 'x' && data.a != 'y'", "data.a in ['x', 'y'] && data.a == 'y'",
            "!has(data.a) || data.a > 5", "data.a == 'x' && data.b == 'y'", "has(data.a) || !has(data.a)",
            "data.a == data.b",
            "data.a.b == 1 && data.a.c == 2", "data.a == 'x' || false",
            "data.list.exists(a, a == 1) && data.list.exists(a, a == 2)",
            "data.a > 'm' && data.a < 'z'", "data.a == 0 && data.a == -0.0", "!(data.a > 5) && data.a < 9",
            "event.type == 'a'",
            "!has(data.a.b) && has(data.a)", "data.a == 'x' ? data.a == 'y' : true",
            "data[data.k] == 1 && data[data.k] == 2",
        ]
    )
    func possible(_ source: String) throws {
        #expect(try analysis(source).contradiction == nil)
    }

    @Test("a contradiction has its place")
    func place() throws {
        let found = try #require(try analysis("data.a == 1 &&\n  data.a == 2").contradiction)
        #expect(found.position.line == 2)
    }

    @Test("conditions that are always true, and texts that a field has to be")
    func rest() throws {
        #expect(try analysis("true").isAlwaysTrue && analysis("data.a || true").isAlwaysTrue)
        #expect(try !analysis("data.a").isAlwaysTrue)
        #expect(try analysis("event.type in ['a', 'b'] && data.x").texts == ["event.type": ["a", "b"]])
        #expect(try analysis("event.type == 'a' || event.type == 'b'").texts == ["event.type": ["a", "b"]])
        #expect(try analysis("event.type == 'a' || data.x").texts.isEmpty)
    }

    @Test("an expression that is none says nothing", arguments: ["", "data.", "a &&", "((((", "data.a == 'x"])
    func unreadable(_ source: String) {
        let analysis = ConditionAnalysis(source, environment: Self.environment)
        #expect(analysis.guaranteed.isEmpty && analysis.contradiction == nil)
        #expect(ConditionAnalysis.fieldsNeeded(by: source, environment: Self.environment).isEmpty)
    }

    @Test("fields that an expression needs to have a value")
    func needed() {
        let needed = { ConditionAnalysis.fieldsNeeded(by: $0, environment: Self.environment).sorted() }
        #expect(needed("data.user.id") == ["data.user", "data.user.id"])
        #expect(needed("has(data.a) ? data.b : data.c") == [])
        #expect(needed("data.users.map(u, u.id)") == ["data.users"])
    }
}
