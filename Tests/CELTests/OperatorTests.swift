import CEL
import Testing

struct OperatorTests {
    @Test(
        "Arithmetic stays within one type and follows precedence, from the left",
        arguments: [
            Row("1 + 2 * 3 - 4", 3), Row("(1 + 2) * 3", 9), Row("10 - 3 - 2", 5), Row("7 / 2", 3), Row("-7 / 2", -3),
            Row("-7 % 3", -1), Row("7 % -3", 1), Row("2u * 3u", .uint(6)), Row("7u % 4u", .uint(3)),
            Row("1.0 / 0.0", .double(.infinity)), Row("0.1 + 0.2", .double(0.1 + 0.2)), Row("-(-(3))", 3),
            Row("--3", 3),
            Row("1 - -1", 2), Row("'a' + 'b' + 'c'", "abc"), Row("b'a' + b'b'", .bytes([0x61, 0x62])),
            Row("[1] + [2, 'x']", [1, 2, "x"]), Row("-9223372036854775808 + 0", .int(.min)),
        ]
    )
    func arithmetic(row: Row) throws { try row.check() }

    @Test(
        "Arithmetic that leaves its type's range, or mixes types, is an error",
        arguments: [
            FailureRow("9223372036854775807 + 1", .outOfRange), FailureRow("-9223372036854775808 - 1", .outOfRange),
            FailureRow("9223372036854775807 * 2", .outOfRange), FailureRow("-9223372036854775808 / -1", .outOfRange),
            FailureRow("-9223372036854775808 % -1", .outOfRange), FailureRow("-(-9223372036854775808)", .outOfRange),
            FailureRow("--(-9223372036854775808)", .outOfRange), FailureRow("0u - 1u", .outOfRange),
            FailureRow("18446744073709551615u + 1u", .outOfRange), FailureRow("1 / 0", .divisionByZero),
            FailureRow("1 % 0", .divisionByZero), FailureRow("1u / 0u", .divisionByZero),
            FailureRow("1 + 1u", .noSuchOverload), FailureRow("1 + 1.0", .noSuchOverload),
            FailureRow("1.0 % 2.0", .noSuchOverload), FailureRow("-'a'", .noSuchOverload),
            FailureRow("--'a'", .noSuchOverload), FailureRow("-(1u)", .noSuchOverload),
            FailureRow("'a' - 'a'", .noSuchOverload),
        ]
    )
    func arithmeticFailures(row: FailureRow) throws { try row.check() }

    @Test(
        "Equality is across types, by numeric value and by code points",
        arguments: [
            Row("1 == 1u && 1u == 1.0 && 1.0 == 1", true), Row("1 == 'a'", false), Row("null == 0", false),
            Row("[1, [2]] == [1.0, [2u]]", true), Row("{'a': 1} == {'a': 1u}", true), Row("{1: 1} == {2: 1}", false),
            Row("0.0 / 0.0 == 0.0 / 0.0", false), Row("0.0 / 0.0 != 0.0 / 0.0", true), Row("0.0 == -0.0", true),
            Row(#"'\u00e9' == 'e\u0301'"#, false), Row("-1 == 18446744073709551615u", false),
            Row("type(1) == int && type(type(1)) == type", true), Row("b'a' == 'a'", false),
        ]
    )
    func equality(row: Row) throws { try row.check() }

    @Test(
        "Order holds within a type and between numbers; a NaN has none",
        arguments: [
            Row("1 < 2 && 2 <= 2 && 3 > 2 && 3 >= 3", true), Row("-1 < 0u", true), Row("1u < 1.5", true),
            Row("18446744073709551615u > 9223372036854775807", true), Row("'a' < 'b' && 'Z' < 'a' && 'a' < 'aa'", true),
            Row(#"'\uffff' < '\U00010000'"#, true), Row("b'a' < b'ab'", true), Row("false < true", true),
            Row("0.0 / 0.0 < 1.0", false), Row("0.0 / 0.0 >= 1.0", false), Row("1 < 1.0", false), Row("1 >= 1.0", true),
        ]
    )
    func order(row: Row) throws { try row.check() }

    @Test(
        "What has no order cannot be ordered",
        arguments: [
            FailureRow("1 < 'a'", .noSuchOverload), FailureRow("[1] < [2]", .noSuchOverload),
            FailureRow("null < null", .noSuchOverload), FailureRow("{} >= {}", .noSuchOverload),
            FailureRow("int < uint", .noSuchOverload),
        ]
    )
    func orderFailures(row: FailureRow) throws { try row.check() }

    @Test(
        "&& and || are decided by one operand, whatever the others are",
        arguments: [
            Row("false && 1 / 0 > 0", false), Row("1 / 0 > 0 && false", false), Row("true || 1 / 0 > 0", true),
            Row("1 / 0 > 0 || true", true), Row("'x' && false", false), Row("1 / 0 > 0 || false || 'x' || true", true),
            Row("!true", false), Row("!!true", true), Row("true && true && true", true), Row("false || false", false),
            Row("true || false && false", true),
        ]
    )
    func logic(row: Row) throws { try row.check(.unchecked) }

    @Test(
        "Undecided, the first error is the result",
        arguments: [
            FailureRow("1 / 0 > 0 && true", .divisionByZero), FailureRow("true && 'x'", .noSuchOverload),
            FailureRow("1 / 0 > 0 || {}.a || false", .divisionByZero), FailureRow("!1", .noSuchOverload),
            FailureRow("1 ? 2 : 3", .noSuchOverload),
        ]
    )
    func logicFailures(row: FailureRow) throws { try row.check() }

    @Test(
        "The conditional evaluates only the chosen side and groups to the right",
        arguments: [
            Row("true ? 1 : 1 / 0", 1), Row("false ? 1 / 0 : 2", 2), Row("false ? 1 : false ? 2 : 3", 3),
            Row("(true ? false : true) ? 1 : 2", 2),
        ]
    )
    func conditional(row: Row) throws { try row.check() }
}
