import CEL
import Testing

/// What the language definition and the documents of its extensions say, section by section.
struct SpecificationTests {
    @Test(
        "Words that are reserved as names are fields and methods all the same",
        arguments: [
            Row("{'as': 1}.as", 1), Row("{'package': 2}.package", 2), Row("{'while': 3}.?while.orValue(0)", 3),
            Row("{'a.b': 4}.`a.b`", 4), Row("has({'a-b': 4}.`a-b`)", true), Row("{'a b': 4}.?`a b`.value()", 4),
            Row("1 +\t2\u{C}\r\n+ 3 // six\n", 6), Row("[1, 2,].size() + {1: 2,}.size()", 3),
            Row("true ? (false ? 1 : 2) : 3", 2), Row("- -1", 1), Row("!!true", true), Row("-0x1F + 0x1F", 0),
        ]
    )
    func syntax(row: Row) throws { try row.check() }

    @Test(
        "Numbers are converted within their ranges",
        arguments: [
            Row("int('-9223372036854775808')", .int(.min)), Row("int('0')", 0), Row("int(-0.9)", 0),
            Row("uint('18446744073709551615')", .uint(.max)), Row("uint(0.5)", .uint(0)),
            Row("double(18446744073709551615u)", 0x1p64), Row("double('1e-3')", 0.001), Row("double('.5')", 0.5),
            Row("double('-Infinity') < 0.0", true), Row("string(6.02214e23)", "6.02214e+23"),
            Row("string(-4.5e-3)", "-0.0045"), Row("string(1e-7)", "1e-07"), Row("string(2.0)", "2"),
            Row("string(100000000000000000000.0)", "100000000000000000000"), Row("string(double('NaN'))", "NaN"),
            Row("string(true)", "true"), Row("string(b'\\xc3\\xbf')", "\u{ff}"), Row("bool('1')", true),
            Row("type(timestamp(0)) == google.protobuf.Timestamp", true), Row("type(type(1)) == type", true),
            Row("type(duration('1s'))", .type(.duration)), Row("type(b'')", .type(.bytes)),
            Row("type(optional.none()) == optional_type", true), Row("dyn(1) == 1.0 && dyn(1u) == 1", true),
            Row("timestamp(0) == timestamp('1970-01-01T00:00:00Z')", true),
            Row("string(timestamp('2009-02-13T23:31:30.5+02:00'))", "2009-02-13T21:31:30.5Z"),
            Row("string(timestamp('9999-12-31T23:59:59.999999999Z'))", "9999-12-31T23:59:59.999999999Z"),
            Row("string(duration('-1.5s'))", "-1.5s"), Row("string(duration('1h1m1s1ms1us1ns'))", "3661.001001001s"),
        ]
    )
    func conversions(row: Row) throws { try row.check() }

    @Test(
        "What is out of a conversion's range is an error",
        arguments: [
            FailureRow("int('9223372036854775808')", .invalidArgument), FailureRow("int(' 1')", .invalidArgument),
            FailureRow("int('1.0')", .invalidArgument), FailureRow("int('0x10')", .invalidArgument),
            FailureRow("int('')", .invalidArgument), FailureRow("uint('-1')", .invalidArgument),
            FailureRow("uint('+1')", .invalidArgument), FailureRow("int(9223372036854775807.0)", .outOfRange),
            FailureRow("int(double('NaN'))", .outOfRange), FailureRow("uint(-1)", .outOfRange),
            FailureRow("uint(-1.0)", .outOfRange), FailureRow("uint(18446744073709551616.0)", .outOfRange),
            FailureRow("uint(double('NaN'))", .outOfRange), FailureRow("double('1.0x')", .invalidArgument),
            FailureRow("double('')", .invalidArgument), FailureRow("double('1e999')", .outOfRange),
            FailureRow("bool('TrUe')", .invalidArgument), FailureRow("bool('yes')", .invalidArgument),
            FailureRow("string(b'\\xff')", .invalidArgument), FailureRow("int(true)", .noSuchOverload),
            FailureRow("int(null)", .noSuchOverload), FailureRow("string([1])", .noSuchOverload),
            FailureRow("bool(1)", .noSuchOverload), FailureRow("duration(1)", .noSuchOverload),
            FailureRow("timestamp(1.0)", .noSuchOverload), FailureRow("bytes(1)", .noSuchOverload),
            FailureRow("timestamp('0000-01-01T00:00:00Z')", .invalidArgument),
            FailureRow("timestamp('10000-01-01T00:00:00Z')", .invalidArgument),
            FailureRow("timestamp('2009-02-30T00:00:00Z')", .invalidArgument),
            FailureRow("timestamp('2009-02-13 00:00:00Z')", .invalidArgument),
            FailureRow("timestamp('2009-02-13T00:00:00')", .invalidArgument),
            FailureRow("timestamp(-62135596801)", .outOfRange), FailureRow("duration('1')", .invalidArgument),
            FailureRow("duration('1d')", .invalidArgument), FailureRow("duration('')", .invalidArgument),
            FailureRow("duration('1h 1m')", .invalidArgument), FailureRow("duration('9223372037s')", .invalidArgument),
        ]
    )
    func refusedConversions(row: FailureRow) throws { try row.check() }

    @Test(
        "Operators overflow, divide and absorb as specified",
        arguments: [
            Row("-7 / 2", -3), Row("-7 % 2", -1), Row("7 % -2", 1), Row("1.0 / 0.0", .double(.infinity)),
            Row("-(5 - 9223372036854775807)", 9_223_372_036_854_775_802), Row("[1] + [2u] == [1.0, 2]", true),
            Row("1 == 'a'", false), Row("null == false", false), Row("[1, 'a'] == [1, 'a']", true),
            Row("{'a': 1, 'b': 2u} == {'b': 2.0, 'a': 1u}", true), Row("double('NaN') == double('NaN')", false),
            Row("double('NaN') != double('NaN')", true), Row("[double('NaN')] == [double('NaN')]", false),
            Row("double('NaN') < 1.0 || double('NaN') >= 1.0", false), Row("1 in [1.0]", true),
            Row("2.5 in [2, 3]", false),
            Row("1u in {1: 'a'}", true), Row("'a' in {'a': 1}", true), Row("1 / 0 > 1 || true", true),
            Row("false && 1 / 0 > 1", false), Row("1 / 0 > 1 && false", false), Row("true ? 1 : 1 / 0", 1),
            Row("b'a' < b'ab' && 'a' < 'b' && false < true", true), Row("1u < 2 && 2 > 1.5 && -1 < 1u", true),
            Row("[1, 2, 3].exists(x, 1 / (x - 2) > 0)", true), Row("[0, 1].all(x, 1 / x > 1)", false),
            Row("[1, 2].exists_one(x, x > 1)", true), Row("{'a': 1}.map(k, k)", ["a"]),
            Row("[1, 2, 3].map(x, x > 1, x * 2)", [4, 6]), Row("{'a': 1}.exists(k, v, k == 'a' && v == 1)", true),
            Row("{'a': 1}.transformMapEntry(k, v, {v: k})", .entries((1, "a"))),
            Row("['a', 'b'].transformMapEntry(i, v, {v: i})", .entries(("a", 0), ("b", 1))),
            Row("['a', 'b'].transformMap(i, v, v + v)", .entries((0, "aa"), (1, "bb"))),
            Row("[3, 4].transformList(i, v, i == 1, v)", [4]), Row("{'a': 2}.transformList(k, v, v)", [2]),
            Row("cel.bind(x, 1 / 0, true)", true), Row("cel.bind(x, 2, cel.bind(y, x * x, y + x))", 6),
        ]
    )
    func operators(row: Row) throws { try row.check() }

    @Test(
        "Times have parts in any zone",
        arguments: [
            Row("timestamp('2009-02-13T23:31:30Z').getFullYear('+00:45')", 2009),
            Row("timestamp('2009-02-13T23:31:30Z').getHours('+11:00')", 10),
            Row("timestamp('2009-02-13T23:31:30Z').getDayOfYear('-02:00')", 43),
            Row("timestamp('2009-02-13T23:31:30Z').getDayOfWeek('UTC')", 5),
            Row("timestamp('2009-02-13T23:31:30.123456789Z').getMilliseconds()", 123),
            Row("timestamp('1969-12-31T23:59:59.5Z').getMilliseconds()", 500),
            Row("duration('-3661.5s').getMinutes()", -61), Row("duration('3661.123456789s').getMilliseconds()", 123),
            Row("duration('90m').getHours()", 1), Row("duration('1m1.7s').getSeconds()", 61),
            Row("timestamp('2009-02-13T23:31:30Z') - duration('30s') == timestamp('2009-02-13T23:31:00Z')", true),
            Row("timestamp('2009-02-13T23:31:30Z') - timestamp('2009-02-13T23:31:00Z') == duration('30s')", true),
            Row("duration('0.5h') == duration('1800s') && duration('+1us') > duration('-1us')", true),
        ]
    )
    func times(row: Row) throws { try row.check() }

    @Test(
        "Text is formatted without a locale",
        arguments: [
            Row("'%s'.format([1.0])", "1"), Row("'%s'.format([1e300 * 1e10])", "Infinity"),
            Row("'%d'.format([-5])", "-5"),
            Row("'%.1f|%.0f'.format([-0.04, 2.5])", "-0.0|2"), Row("'%f'.format([2.71828])", "2.718280"),
            Row("'%e'.format([-1234.5])", "-1.234500e+03"), Row("'%x'.format([-255])", "-ff"),
            Row("'%o'.format([8u])", "10"), Row("'%b'.format([-1])", "-1"), Row("'%x'.format(['\u{e9}'])", "c3a9"),
            Row("'%s %s'.format([type(1), b'a'])", "int a"),
            Row("'%s'.format([{true: 1, 'b': [null]}])", "{b: [null], true: 1}"),
            Row("'%s'.format([duration('0.5s')])", "0.5s"), Row("'%%'.format([])", "%"),
            Row("'%d'.format([9223372036854775807u + 1u])", "9223372036854775808"),
        ]
    )
    func formatting(row: Row) throws { try row.check() }

    @Test(
        "The lists and sets extensions",
        arguments: [
            Row("[1, 2, 3, 4].slice(1, 3)", [2, 3]), Row("[1].slice(1, 1)", []), Row("lists.range(3)", [0, 1, 2]),
            Row("lists.range(0)", []), Row("lists.range(-1)", []), Row("[1, [2, [3]]].flatten()", [1, 2, [3]]),
            Row("[1, [2, [3, [4]]]].flatten(2)", [1, 2, 3, [4]]), Row("[[1]].flatten(0)", [[1]]),
            Row("[].flatten()", []),
            Row("[3, 1, 2].reverse()", [2, 1, 3]), Row("'ab'.reverse()", "ba"),
            Row("[1, 1.0, 1u, 'a', 'a', [1], [1.0], null, null].distinct()", [1, "a", [1], .null]),
            Row("[3, 1, 2].sort()", [1, 2, 3]), Row("['b', 'B', 'a'].sort()", ["B", "a", "b"]), Row("[].sort()", []),
            Row("[true, false].sort()", [false, true]),
            Row("[{'n': 2}, {'n': 1}].sortBy(e, e.n).map(e, e.n)", [1, 2]),
            Row("['bb', 'a', 'cc'].sortBy(s, size(s))", ["a", "bb", "cc"]), Row("[].sortBy(e, e)", []),
            Row("lists.range(4).sortBy(i, -i)", [3, 2, 1, 0]), Row("[1, 2].first().value()", 1),
            Row("[1, 2].last().value()", 2), Row("[].first().hasValue() || [].last().hasValue()", false),
            Row("sets.contains([1, 2.0, 3u], [1.0, 2u])", true), Row("sets.contains([], [1])", false),
            Row("sets.contains([1], [])", true), Row("sets.equivalent([1, 2], [2u, 1.0, 1])", true),
            Row("sets.equivalent([1], [1, 2])", false), Row("sets.intersects([[1]], [[2], [1]])", true),
            Row("sets.intersects([1], [])", false),
        ]
    )
    func lists(row: Row) throws { try row.check() }

    @Test(
        "The extensions refuse what they cannot do",
        arguments: [
            FailureRow("[1].slice(-1, 1)", .indexOutOfBounds), FailureRow("[1].slice(1, 0)", .indexOutOfBounds),
            FailureRow("[1].slice(0, 2)", .indexOutOfBounds), FailureRow("[1].flatten(-1)", .invalidArgument),
            FailureRow("[1, 'a'].sort()", .noSuchOverload), FailureRow("[1, 1u].sort()", .noSuchOverload),
            FailureRow("[[1]].sort()", .noSuchOverload), FailureRow("[1, 2].sortBy(e, [e])", .noSuchOverload),
            FailureRow("[1, 0].sortBy(e, 1 / e)", .divisionByZero),
            FailureRow("lists.range(1000000000)", .limitExceeded),
            FailureRow("lists.range('a')", .noSuchOverload), FailureRow("(1).reverse()", .noSuchOverload),
            FailureRow("sets.contains(1, [1])", .noSuchOverload), FailureRow("'a'.first()", .noSuchOverload),
            FailureRow("math.bitAnd(1, 1u)", .noSuchOverload), FailureRow("math.bitOr(1.0, 1)", .noSuchOverload),
            FailureRow("math.bitShiftLeft(1u, -1)", .invalidArgument), FailureRow("math.ceil(1)", .noSuchOverload),
            FailureRow("math.least([1, 'a'])", .noSuchOverload), FailureRow("math.sign(true)", .noSuchOverload),
            FailureRow("math.isNaN(1)", .noSuchOverload), FailureRow("base64.decode('$')", .invalidArgument),
            FailureRow("base64.encode('a')", .noSuchOverload), FailureRow("optional.none()[0].value()", .absentValue),
            FailureRow("{?'a': 1}", .noSuchOverload), FailureRow("optional.none().or(2)", .noSuchOverload),
        ]
    )
    func refused(row: FailureRow) throws { try row.check() }

    @Test(
        "The mathematics and optionals extensions",
        arguments: [
            Row("math.greatest(1, 1.0)", 1), Row("math.greatest([5.4, 10u, 3])", .uint(10)),
            Row("math.least(-2, 1u)", -2),
            Row("math.round(1.5)", 2.0), Row("math.round(-1.2)", -1.0), Row("math.abs(2u)", .uint(2)),
            Row("math.sign(0.0)", 0.0), Row("math.bitShiftRight(-1024, 3)", 2_305_843_009_213_693_824),
            Row("math.bitNot(1u)", .uint(18_446_744_073_709_551_614)), Row("math.bitOr(1u, 2u)", .uint(3)),
            Row("math.sqrt(81)", 9.0), Row("math.isNaN(math.sqrt(-15))", true), Row("math.isInf(1.0 / 0.0)", true),
            Row("optional.of({'a': 1}).a.value()", 1), Row("optional.of([1, 2])[?5].hasValue()", false),
            Row("optional.of([1, 2])[1].value()", 2), Row("{'a': {'b': 1}}.?a.?b.value()", 1),
            Row("optional.of(1).or(optional.none()).value()", 1), Row("optional.ofNonZeroValue({'a': 1}).a.value()", 1),
            Row("optional.ofNonZeroValue(0).or(optional.ofNonZeroValue(3)).value()", 3),
            Row("optional.none().optMap(x, 1 / 0).hasValue()", false),
            Row("optional.of(1).optFlatMap(x, optional.none()).hasValue()", false),
            Row("[optional.of(1), optional.none()].unwrapOpt()", [1]), Row("{'a': [1]}.?a[?0].orValue(0)", 1),
            Row("[1].first().optMap(x, x + 1).orValue(0)", 2),
        ]
    )
    func others(row: Row) throws { try row.check() }

    @Test(
        "Literal texts of every form",
        arguments: [
            Row(#"'\a\b\f\n\r\t\v\\\?\"\'\`'"#, "\u{7}\u{8}\u{C}\n\r\t\u{B}\\?\"'`"),
            Row(#"'\x41\X41\101\u00e9\U0001F600'"#, "AAA\u{e9}\u{1F600}"),
            Row(#"r'\n' + R"\x" + r'''\'''"#, #"\n\x\"#), Row(#"b'\xff\377\n'"#, .bytes([0xFF, 0xFF, 0x0A])),
            Row("b'\u{e9}'", .bytes([0xC3, 0xA9])), Row("\"\"\"a\n\"b\"\"\"", "a\n\"b"), Row("br'\\'", .bytes([0x5C])),
            Row("'''a''' + ''", "a"), Row("1e3 + .5", 1000.5),
        ]
    )
    func literals(row: Row) throws { try row.check() }
}
