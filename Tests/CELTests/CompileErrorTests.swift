import CEL
import Testing

/// One row of a table: an expression that does not compile, and what is said about it.
struct ProblemRow: Sendable, CustomTestStringConvertible {
    let source: String
    let line: Int
    let column: Int
    let message: String
    let suggestion: String?

    init(_ source: String, _ line: Int, _ column: Int, _ message: String, _ suggestion: String? = nil) {
        self.source = source
        self.line = line
        self.column = column
        self.message = message
        self.suggestion = suggestion
    }

    var testDescription: String { source }
}

struct CompileErrorTests {
    private static let environment = Environment(variables: [
        Environment.Variable("data"), Environment.Variable("event", type: .map),
        Environment.Variable("count", type: .int),
    ])

    @Test(
        "A problem is told with its place, and with what to write instead",
        arguments: [
            ProblemRow("", 1, 1, "expected a value, found the end of the expression"),
            ProblemRow("1 +", 1, 4, "expected a value, found the end of the expression"),
            ProblemRow("(1", 1, 3, "expected ')', found the end of the expression"),
            ProblemRow("1 2", 1, 3, "expected an operator or the end of the expression, found a number"),
            ProblemRow("a.", 1, 3, "expected a field name, found the end of the expression"),
            ProblemRow("data.in", 1, 6, "expected a field name, found 'in'"),
            ProblemRow("'\u{e9}' = 1", 1, 5, "unexpected character '='", "equality is written '=='"),
            ProblemRow("1 == \n  #", 2, 3, "unexpected character '#'"),
            ProblemRow("for", 1, 1, "'for' is a reserved word and cannot be a name"),
            ProblemRow("dta.total", 1, 1, "unknown name 'dta'", "did you mean 'data'?"),
            ProblemRow("true && dta.total > 1", 1, 9, "unknown name 'dta'", "did you mean 'data'?"),
            ProblemRow("zzz", 1, 1, "unknown name 'zzz'", "known names: count, data, event"),
            ProblemRow("data.a.startWith('x')", 1, 8, "unknown function 'startWith'", "did you mean 'startsWith'?"),
            ProblemRow(
                "contains('a', 'b')",
                1,
                1,
                "unknown function 'contains'",
                "write it after a value: x.contains(…)"
            ),
            ProblemRow("data.int()", 1, 6, "unknown function 'int'", "write it as int(…)"),
            ProblemRow("data.a.matches(r'x(+')", 1, 20, "the pattern is wrong at byte 3: there is nothing to repeat"),
            ProblemRow("data.a.matches('\\\\d(')", 1, 16, "the pattern is wrong at byte 3: this '(' is not closed"),
            ProblemRow("data.a.startsWith()", 1, 8, "startsWith() takes 1 argument, found 0"),
            ProblemRow("int(1, 2)", 1, 1, "int() takes 1 argument, found 2"),
            ProblemRow("data.a.indexOf()", 1, 8, "indexOf() takes 1 or 2 arguments, found 0"),
            ProblemRow("[1].all(1, true)", 1, 9, "a variable name is expected here"),
            ProblemRow("{}.all(x, x, true)", 1, 11, "the two variables need different names"),
            ProblemRow("has(data)", 1, 5, "has() takes a field access", "such as has(data.total)"),
            ProblemRow("Message{}", 1, 8, "messages cannot be constructed here", "write a map: {'field': value}"),
            ProblemRow("'a' && true", 1, 1, "'&&' needs a bool, found string"),
            ProblemRow("1 + 'a'", 1, 3, "'+' does not take int and string"),
            ProblemRow("count < 'a'", 1, 7, "'<' does not take int and string"),
            ProblemRow("count.total", 1, 7, "a value of type int has no field 'total'"),
            ProblemRow("!count", 1, 2, "'!' needs a bool, found int"),
            ProblemRow("1 in 'a'", 1, 3, "'in' needs a list or map on its right, found string"),
            ProblemRow("[1] < [2]", 1, 5, "values of type list have no order"),
            ProblemRow("timestamp(0).getHours('Mars/Olympus')", 1, 23, "unknown time zone 'Mars/Olympus'"),
            ProblemRow("data.at.getHours('25:00')", 1, 18, "unknown time zone '25:00'"),
            ProblemRow("count.startsWith('a')", 1, 7, "startsWith() does not take int and string"),
            ProblemRow("data.a.contains(1)", 1, 8, "contains() does not take any value and int"),
            ProblemRow("math.abs('a') > 1", 1, 6, "math.abs() does not take string"),
            ProblemRow("math.bitAnd(1, 1u) > 1", 1, 6, "math.bitAnd() does not take int and uint"),
            ProblemRow("int(null)", 1, 1, "int() does not take null_type"),
            ProblemRow("duration('1h').getDate()", 1, 16, "getDate() does not take google.protobuf.Duration"),
            ProblemRow("size(count) > 1", 1, 1, "size() does not take int"),
            ProblemRow("'a'.size() + 'b'.trim()", 1, 12, "'+' does not take int and string"),
            ProblemRow("[3].sortBy(data)", 1, 5, "sortBy() takes 2 arguments, found 1"),
            ProblemRow("[3].all(data)", 1, 5, "all() takes 2 or 3 arguments, found 1"),
            ProblemRow("has()", 1, 1, "has() takes 1 argument, found 0"),
            ProblemRow("[3].fitler(data, true)", 1, 5, "unknown function 'fitler'", "did you mean 'filter'?"),
            ProblemRow("hass(data.a)", 1, 1, "unknown function 'hass'", "did you mean 'has'?"),
            ProblemRow("'a'.all(x, true)", 1, 1, "a value of type string has no elements"),
        ]
    )
    func problems(row: ProblemRow) throws {
        let error = try #require(throws: CompileError.self) {
            try Expression(row.source, environment: Self.environment)
        }
        let problem = error.problems[0]
        #expect(problem.message == row.message)
        #expect(problem.suggestion == row.suggestion)
        #expect(problem.position.line == row.line && problem.position.column == row.column, "\(problem.position)")
    }

    @Test("Every problem is reported, in the order of the source, with a caret under each")
    func rendering() throws {
        let error = try #require(throws: CompileError.self) {
            try Expression("data.total > 1 &&\n\tevnt.id == fo('x')", environment: Self.environment)
        }
        #expect(error.problems.count == 2)
        #expect(
            error.rendered == """
                2:2: unknown name 'evnt'; did you mean 'event'?
                  \tevnt.id == fo('x')
                  \t^
                2:13: unknown function 'fo'
                  \tevnt.id == fo('x')
                  \t           ^
                """
        )
    }

    @Test("Where unknown names are deferred, they are errors that || absorbs")
    func deferred() throws {
        try Row("nowhere || true", true).check(.unchecked)
        try Row("nowhere.f(1) || true", true).check(.unchecked)
        try FailureRow("nowhere", .unknownName).check()
        try FailureRow("'a'.startsWith()", .unknownName).check()
    }

    @Test("An evaluation error tells the place of the innermost cause")
    func evaluationPosition() throws {
        let expression = try Expression("true &&\n  {'a': 1}.b > 0", environment: .unchecked)
        let error = try #require(expression.evaluate(BoundValues([])).evaluationError)
        #expect(error.description == "2:12: no such key: b")
        #expect(error.position == SourcePosition(line: 2, column: 12, offset: 19))
    }

    @Test(
        "The type of a result is known where nothing can change it",
        arguments: [
            ("count + 1", ValueType.int), ("data.a > 1", .bool), ("'a' + string(data.x)", .string), ("data.x", nil),
            ("true ? 1 : 'a'", nil), ("[1].map(x, x)", .list), ("timestamp(data.t) - timestamp(0)", .duration),
            ("event", .map),
        ] as [(String, ValueType?)]
    )
    func resultType(source: String, type: ValueType?) throws {
        #expect(try Expression(source, environment: Self.environment).resultType == type)
    }

    @Test(
        "The field paths are those that the expression reads",
        arguments: [
            ("data.total > 1 && has(event.type)", ["data.total", "event.type"]),
            ("data['a'].b[0].c + data['a'].b[1].c", ["data.a.b"]),
            ("data.items.all(i, i.price > count)", ["count", "data.items"]),
            ("data[event.key]", ["data", "event.key"]), ("[1].map(data, data.x)", []), ("data.?a.b", ["data.a.b"]),
        ] as [(String, [String])]
    )
    func fieldPaths(source: String, paths: [String]) throws {
        #expect(try Expression(source, environment: Self.environment).fieldPaths == paths)
    }

    @Test("The longest qualified name wins, from the innermost namespace out")
    func containers() throws {
        let names = ["a.b", "a", "x.a.b", "x.y.c"]
        let environment = Environment(variables: names.map { Environment.Variable($0) }, container: "x.y")
        let bindings = BoundValues(names.map { .string($0) })
        let wanted = ["a.b": "x.a.b", ".a.b": "a.b", "c": "x.y.c", "a": "a"]
        for (source, name) in wanted {
            let value = try Expression(source, environment: environment).evaluate(bindings)
            #expect(value.isSame(as: .string(name)), "\(source) is \(value)")
        }
    }

    @Test("A declared variable without a value is an error")
    func unbound() throws {
        let value = try Expression("data", environment: Self.environment).evaluate(BoundValues([nil]))
        #expect(value.evaluationError?.kind == .unboundVariable)
    }
}
