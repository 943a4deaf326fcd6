import CEL
import Testing

struct ConversionTests {
    @Test(
        "Conversions between types",
        arguments: [
            Row("int('-5')", -5), Row("int(3.9)", 3), Row("int(-3.9)", -3), Row("int(5u)", 5),
            Row("uint('5')", .uint(5)),
            Row("uint(5.9)", .uint(5)), Row("double('1e3')", 1000.0), Row("double(7)", 7.0), Row("string(1u)", "1"),
            Row("string(-0.5)", "-0.5"), Row("string(1e30)", "1e+30"), Row("string(1234567.0)", "1234567"),
            Row("string(0.00001)", "1e-05"), Row("string(0.0001)", "0.0001"), Row("string(true)", "true"),
            Row("string(1.0 / 0.0)", "Infinity"), Row("string(b'abc')", "abc"),
            Row("bytes('\u{e9}')", .bytes([0xC3, 0xA9])),
            Row("bool('True')", true), Row("bool('0')", false), Row("type([])", .type(.list)),
            Row("type(null)", .type(.null)),
            Row("type(timestamp(0)) == google.protobuf.Timestamp", true), Row("dyn(1)", 1),
            Row("int(timestamp('1970-01-01T00:00:10Z'))", 10),
        ]
    )
    func conversions(row: Row) throws { try row.check() }

    @Test(
        "Conversions of what cannot be converted",
        arguments: [
            FailureRow("int('x')", .invalidArgument), FailureRow("int('')", .invalidArgument),
            FailureRow("int(1e19)", .outOfRange),
            FailureRow("int(9223372036854775808.0)", .outOfRange),
            FailureRow("int(-9223372036854775808.0)", .outOfRange),
            FailureRow("int(0.0 / 0.0)", .outOfRange), FailureRow("int(18446744073709551615u)", .outOfRange),
            FailureRow("uint(-1)", .outOfRange), FailureRow("uint(-0.5)", .outOfRange),
            FailureRow("uint(18446744073709551616.0)", .outOfRange),
            FailureRow("double('')", .invalidArgument), FailureRow("double('1e999')", .outOfRange),
            FailureRow(#"string(b'\xff')"#, .invalidArgument), FailureRow("bool('yes')", .invalidArgument),
            FailureRow("bool(1)", .noSuchOverload), FailureRow("string([])", .noSuchOverload),
            FailureRow("bytes(1)", .noSuchOverload),
        ]
    )
    func failures(row: FailureRow) throws { try row.check() }
}

struct TextFunctionTests {
    @Test(
        "The standard string functions work on code points",
        arguments: [
            Row("'abc'.contains('bc')", true), Row("'abc'.contains('')", true), Row("'abc'.contains('cb')", false),
            Row("'aaaaaaaaab'.contains('aaab')", true), Row("'abc'.startsWith('ab')", true),
            Row("'a'.startsWith('ab')", false),
            Row("'abc'.endsWith('bc')", true), Row(#"'e\u0301'.startsWith('e')"#, true),
            Row(#"'\u00e9'.startsWith('e')"#, false),
        ]
    )
    func standard(row: Row) throws { try row.check() }

    @Test(
        "The strings extension",
        arguments: [
            Row("'t\u{e9}a'.charAt(1)", "\u{e9}"), Row("'ta'.charAt(2)", ""), Row("'t\u{e9}at'.indexOf('t', 1)", 3),
            Row("'tat'.indexOf('', 3)", 3), Row("'tat'.lastIndexOf('t')", 2), Row("'tat'.lastIndexOf('t', 1)", 0),
            Row("'tat'.lastIndexOf('')", 3), Row("'aXb'.lowerAscii()", "axb"), Row("'\u{e9}a'.upperAscii()", "\u{e9}A"),
            Row("'aaa'.replace('a', 'b', 2)", "bba"), Row("'aa'.replace('', '-')", "-a-a-"),
            Row("'aa'.replace('a', 'b', 0)", "aa"),
            Row("'a,b,c'.split(',')", ["a", "b", "c"]), Row("'a,b,c'.split(',', 2)", ["a", "b,c"]),
            Row("'a'.split(',', 0)", []),
            Row("'abc'.split('')", ["a", "b", "c"]), Row("'abc'.split('', 2)", ["a", "bc"]),
            Row("'abc'.split('', 1)", ["abc"]),
            Row("''.split('')", []), Row("''.split(',')", [""]), Row("'hello'.substring(1, 3)", "el"),
            Row("'hello'.substring(5)", ""),
            Row(#"' \t\u2003a b\n'.trim()"#, "a b"), Row("'   '.trim()", ""), Row("'ab\u{e9}'.reverse()", "\u{e9}ba"),
            Row("['a', 'b'].join('-')", "a-b"), Row(#"strings.quote('a"\n')"#, #""a\"\n""#),
        ]
    )
    func extension_(row: Row) throws { try row.check() }

    @Test(
        "format fills its clauses",
        arguments: [
            Row("'%s %d %%'.format(['a', 5])", "a 5 %"), Row("'%.2f'.format([2.675])", "2.67"),
            Row("'%.1f'.format([0.25])", "0.2"),
            Row("'%.0f'.format([0.5])", "0"), Row("'%.0f'.format([1.5])", "2"), Row("'%.0f'.format([0.6])", "1"),
            Row("'%.1f'.format([0.06])", "0.1"), Row("'%.1f'.format([9.96])", "10.0"),
            Row("'%f'.format([1e-320])", "0.000000"),
            Row("'%.3f'.format([0.00123])", "0.001"), Row("'%.2f'.format([1e22])", "10000000000000000000000.00"),
            Row("'%e'.format([0.0])", "0.000000e+00"), Row("'%.0e'.format([9.5])", "1e+01"),
            Row("'%.2e'.format([5e-324])", "4.94e-324"),
            Row("'%x %X %o %b'.format([255, 'az', 8, -5])", "ff 617A 10 -101"), Row("'%b'.format([true])", "1"),
            Row("'%s'.format([{2: [1.5, null], 1: b'x'}])", "{1: x, 2: [1.5, null]}"), Row("'%d'.format([1.5])", "1.5"),
        ]
    )
    func format(row: Row) throws { try row.check() }

    @Test(
        "Text functions refuse what is out of range or of another type",
        arguments: [
            FailureRow("'a'.charAt(2)", .indexOutOfBounds), FailureRow("'a'.charAt(-1)", .indexOutOfBounds),
            FailureRow("'a'.substring(2)", .indexOutOfBounds), FailureRow("'ab'.substring(2, 1)", .indexOutOfBounds),
            FailureRow("'a'.indexOf('a', -1)", .indexOutOfBounds), FailureRow("'a'.indexOf('a', 2)", .indexOutOfBounds),
            FailureRow("'a'.indexOf('a', -9223372036854775808)", .indexOutOfBounds),
            FailureRow("[1].join()", .noSuchOverload),
            FailureRow("'%d'.format(['a'])", .noSuchOverload), FailureRow("'%s'.format([])", .invalidArgument),
            FailureRow("'%'.format([1])", .invalidArgument), FailureRow("'%q'.format([1])", .invalidArgument),
            FailureRow("'%.99999999999999999999f'.format([1.0])", .invalidArgument),
            FailureRow("1.startsWith('a')", .noSuchOverload),
            FailureRow("'a'.contains(1)", .noSuchOverload),
        ]
    )
    func failures(row: FailureRow) throws { try row.check() }
}

struct OtherFunctionTests {
    @Test(
        "The math extension",
        arguments: [
            Row("math.greatest(1, 2.5, 2u)", 2.5), Row("math.least([3, 1u])", .uint(1)), Row("math.abs(-3)", 3),
            Row("math.sign(-2.5)", -1.0), Row("math.round(-2.5)", -3.0), Row("math.ceil(1.2)", 2.0),
            Row("math.floor(-1.2)", -2.0),
            Row("math.trunc(-1.8)", -1.0), Row("math.sqrt(9)", 3.0), Row("math.isNaN(0.0 / 0.0)", true),
            Row("math.bitAnd(6, 3)", 2), Row("math.bitXor(6u, 3u)", .uint(5)), Row("math.bitNot(0)", -1),
            Row("math.bitShiftLeft(1, 63)", .int(.min)), Row("math.bitShiftLeft(1, 64)", 0),
            Row("math.bitShiftRight(-1, 63)", 1),
        ]
    )
    func math(row: Row) throws { try row.check() }

    @Test(
        "base64 both ways, with and without padding",
        arguments: [
            Row("base64.encode(b'')", ""), Row("base64.encode(b'f')", "Zg=="), Row("base64.encode(b'fo')", "Zm8="),
            Row("base64.encode(b'foo')", "Zm9v"), Row("base64.decode('Zg==')", .bytes([0x66])),
            Row("base64.decode('Zm8')", .bytes([0x66, 0x6F])),
        ]
    )
    func base64(row: Row) throws { try row.check() }

    @Test(
        "Optional values",
        arguments: [
            Row("optional.of(1).value()", 1), Row("optional.none().hasValue()", false),
            Row("{'a': 1}.?a.orValue(2)", 1),
            Row("{}.?a.b.orValue(2)", 2), Row("[1][?5].orValue(0)", 0), Row("optional.of(1).orValue(1 / 0)", 1),
            Row("optional.none().or(optional.of(2)).value()", 2), Row("[?optional.none(), ?optional.of(1)]", [1]),
            Row("{?'a': optional.none(), ?'b': optional.of(1)}", .entries(("b", 1))),
            Row("optional.of(2).optMap(x, x * 2).value()", 4),
            Row("optional.ofNonZeroValue('').hasValue()", false),
            Row("optional.unwrap([optional.of(1), optional.none()])", [1]),
            Row("type(optional.none()) == optional_type", true), Row("has({'a': {'b': 1}}.?a.b)", true),
            Row("has({}.?a.b)", false),
        ]
    )
    func optionals(row: Row) throws { try row.check() }

    @Test(
        "Functions refuse what they do not take",
        arguments: [
            FailureRow("math.abs(-9223372036854775808)", .outOfRange),
            FailureRow("math.greatest([])", .invalidArgument),
            FailureRow("math.greatest('a')", .noSuchOverload), FailureRow("math.bitShiftLeft(1, -1)", .invalidArgument),
            FailureRow("math.round(1)", .noSuchOverload), FailureRow("base64.decode('Zh==')", .invalidArgument),
            FailureRow("base64.decode('Z')", .invalidArgument), FailureRow("base64.decode('====')", .invalidArgument),
            FailureRow("optional.none().value()", .absentValue), FailureRow("[?1]", .noSuchOverload),
            FailureRow("optional.of(1 / 0)", .divisionByZero), FailureRow("(1).hasValue()", .noSuchOverload),
        ]
    )
    func failures(row: FailureRow) throws { try row.check() }
}
