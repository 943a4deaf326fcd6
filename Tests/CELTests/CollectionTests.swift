import CEL
import Testing

struct CollectionTests {
    @Test(
        "Lists and maps are read by index, key and field",
        arguments: [
            Row("[1, 2][1]", 2), Row("[1, 2][1u]", 2), Row("[1, 2][1.0]", 2), Row("{'a': 1}.a", 1),
            Row("{'a': 1}['a']", 1),
            Row("{1: 'x'}[1u]", "x"), Row("{1u: 'x'}[1.0]", "x"), Row("{true: 1}[true]", 1), Row("{'a b': 1}.`a b`", 1),
            Row("{'in-x': {'y': 2}}.`in-x`.y", 2), Row("size([1, 2])", 2), Row("{'a': 1}.size()", 1),
            Row("size('\u{e9}a')", 2),
            Row("b'\u{e9}'.size()", 2), Row("{'if': 1}.if", 1),
            Row("{0:0,1:1,2:2,3:3,4:4,5:5,6:6,7:7,8:8,9:9,10:'ten'}[10u]", "ten"),
        ]
    )
    func reading(row: Row) throws { try row.check() }

    @Test(
        "What is not there is an error with its kind",
        arguments: [
            FailureRow("[1][1]", .indexOutOfBounds), FailureRow("[1][-1]", .indexOutOfBounds),
            FailureRow("[1][9223372036854775807]", .indexOutOfBounds), FailureRow("[1][0.5]", .noSuchOverload),
            FailureRow("[1][1e300]", .indexOutOfBounds), FailureRow("[1]['a']", .noSuchOverload),
            FailureRow("[1][0.0 / 0.0]", .noSuchOverload), FailureRow("[1][1.0 / 0.0]", .indexOutOfBounds),
            FailureRow("[1][18446744073709551615u]", .indexOutOfBounds), FailureRow("{'a': 1}.b", .noSuchKey),
            FailureRow("{'a': 1}[0]", .noSuchKey), FailureRow("{}[null]", .noSuchOverload),
            FailureRow("{}[[]]", .noSuchOverload),
            FailureRow("{1.0: 1}", .noSuchOverload), FailureRow("{null: 1}", .noSuchOverload),
            FailureRow("{1: 1, 1u: 2}", .duplicateKey), FailureRow("'a'.b", .noSuchOverload),
            FailureRow("1[0]", .noSuchOverload),
            FailureRow("size(1)", .noSuchOverload), FailureRow("[1 / 0]", .divisionByZero),
            FailureRow("{'a': 1 / 0}", .divisionByZero),
        ]
    )
    func failures(row: FailureRow) throws { try row.check() }

    @Test(
        "in finds elements of lists by equality and keys of maps",
        arguments: [
            Row("1 in [2, 1.0]", true), Row("'a' in ['b']", false), Row("'a' in {'a': 1}", true),
            Row("1u in {1: 1}", true),
            Row("1.5 in {1: 1}", false), Row("[1] in [[1u]]", true), Row("null in {'a': 1}", false),
            Row("!(1 in [])", true),
        ]
    )
    func membership(row: Row) throws { try row.check() }

    @Test(
        "has tells whether a map has a field",
        arguments: [
            Row("has({'a': null}.a)", true), Row("has({'a': 1}.b)", false), Row("has({'a': {}}.a.b)", false),
            Row("has({'a-b': 1}.`a-b`)", true),
        ]
    )
    func presence(row: Row) throws { try row.check() }

    @Test(
        "has of what has no fields, or below a missing one, is an error",
        arguments: [
            FailureRow("has({}.a.b)", .noSuchKey), FailureRow("has('a'.b)", .noSuchOverload),
        ]
    )
    func presenceFailures(row: FailureRow) throws { try row.check() }

    @Test(
        "Two spellings of one character are two keys",
        arguments: [
            Row(#"{'\u00e9': 1, 'e\u0301': 2}['e\u0301']"#, 2), Row(#"size({'\u00e9': 1, 'e\u0301': 2})"#, 2),
        ]
    )
    func keysByCodePoints(row: Row) throws { try row.check() }
}

struct ComprehensionTests {
    @Test(
        "Macros go over the elements of a list and the keys of a map",
        arguments: [
            Row("[1, 2].all(x, x > 0)", true), Row("[].all(x, false)", true), Row("[1, 2].exists(x, x == 2)", true),
            Row("[].exists(x, true)", false), Row("[1, 2, 2].exists_one(x, x == 2)", false),
            Row("[1, 2].existsOne(x, x == 2)", true), Row("[1, 2].map(x, x * 2)", [2, 4]),
            Row("[1, 2, 3].map(x, x > 1, x * 2)", [4, 6]), Row("[1, 2, 3].filter(x, x % 2 == 1)", [1, 3]),
            Row("{'a': 1, 'b': 2}.map(k, k)", ["a", "b"]), Row("{'a': 1}.exists(k, k == 'a')", true),
            Row("[[1], [2, 3]].map(l, l.map(x, x + size(l)))", [[2], [4, 5]]),
            Row("[1, 2].map(x, [3].map(x, x))", [[3], [3]]),
        ]
    )
    func oneVariable(row: Row) throws { try row.check() }

    @Test(
        "Macros with two variables see indexes and elements, keys and values",
        arguments: [
            Row("[5, 6].all(i, v, v == i + 5)", true), Row("{'a': 1}.exists(k, v, k == 'a' && v == 1)", true),
            Row("[5, 6].exists_one(i, v, i == 1)", true), Row("[5, 6].transformList(i, v, i * v)", [0, 6]),
            Row("[5, 6].transformList(i, v, i > 0, v)", [6]),
            Row("{'a': 1}.transformMap(k, v, v + 1)", .entries(("a", 2))),
            Row("{'a': 1, 'b': 2}.transformMap(k, v, v > 1, k)", .entries(("b", "b"))),
            Row("['x'].transformMap(i, v, v)", .entries((0, "x"))),
            Row("{'a': 'b'}.transformMapEntry(k, v, {v: k})", .entries(("b", "a"))),
        ]
    )
    func twoVariables(row: Row) throws { try row.check() }

    @Test(
        "all and exists absorb errors when an element decides",
        arguments: [
            Row("[0, 1].all(x, 1 / x > 5)", false), Row("[0, 1].exists(x, 1 / x == 1)", true),
        ]
    )
    func absorbed(row: Row) throws { try row.check() }

    @Test(
        "Errors that nothing absorbs are the result",
        arguments: [
            FailureRow("[0, 1].all(x, 1 / x > 0)", .divisionByZero),
            FailureRow("[0].exists(x, 1 / x > 0)", .divisionByZero),
            FailureRow("[0, 1].exists_one(x, 1 / x > 0)", .divisionByZero),
            FailureRow("[0].map(x, 1 / x)", .divisionByZero),
            FailureRow("[1].filter(x, x)", .noSuchOverload), FailureRow("1.all(x, true)", .noSuchOverload),
            FailureRow("[1].all(x, x)", .noSuchOverload),
            FailureRow("['a', 'a'].transformMapEntry(i, v, {v: i})", .duplicateKey),
        ]
    )
    func failures(row: FailureRow) throws { try row.check() }

    @Test(
        "A macro's variable hides others and is gone after it",
        arguments: [
            Row("cel.bind(x, 2, [1].map(x, x)[0] + x)", 3), Row("cel.bind(x, 1, cel.bind(y, x + 1, x + y))", 3),
            Row("cel.bind(x, 1 / 0, true)", true),
        ]
    )
    func scopes(row: Row) throws { try row.check() }

    @Test("A comprehension variable is unknown outside its macro")
    func outOfScope() {
        #expect(throws: CompileError.self) { try Expression("[1].all(x, true) && x", environment: Environment()) }
    }
}
