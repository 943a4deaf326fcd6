import CEL
import Testing

struct TimeTests {
    @Test(
        "Times are read, moved, compared and written",
        arguments: [
            Row("string(timestamp('2024-02-29T23:59:59.120Z'))", "2024-02-29T23:59:59.12Z"),
            Row("string(timestamp('2024-01-01T00:30:00+01:00'))", "2023-12-31T23:30:00Z"),
            Row("string(timestamp('0001-01-01T00:00:00Z'))", "0001-01-01T00:00:00Z"),
            Row("string(timestamp('9999-12-31T23:59:59.999999999Z'))", "9999-12-31T23:59:59.999999999Z"),
            Row("string(timestamp(-1))", "1969-12-31T23:59:59Z"),
            Row("string(timestamp('1970-01-01T00:00:00Z') - duration('1ns'))", "1969-12-31T23:59:59.999999999Z"),
            Row("timestamp(10) - timestamp(4) == duration('6s')", true), Row("timestamp(1) < timestamp(2)", true),
            Row("duration('1h30m') == duration('90m')", true), Row("string(duration('-1.5s'))", "-1.5s"),
            Row("string(duration('-0.5s'))", "-0.5s"), Row("string(duration('1.5h'))", "5400s"),
            Row("string(duration('1us'))", "0.000001s"),
            Row("duration('0') == duration('0s')", true), Row("duration('-1s') < duration('1ns')", true),
            Row("duration('1m').getSeconds()", 60), Row("duration('1h1ms').getMilliseconds()", 1),
            Row("duration('-90m').getHours()", -1),
            Row("duration('-9223372036854775807ns') < duration('0')", true),
        ]
    )
    func times(row: Row) throws { try row.check() }

    @Test(
        "Accessors give the parts of a time in UTC or a fixed zone",
        arguments: [
            Row("timestamp('2024-03-01T00:00:00Z').getFullYear()", 2024),
            Row("timestamp('2024-03-01T00:00:00Z').getMonth()", 2),
            Row("timestamp('2024-03-01T00:00:00Z').getDate()", 1),
            Row("timestamp('2024-03-01T00:00:00Z').getDayOfMonth()", 0),
            Row("timestamp('2024-03-01T00:00:00Z').getDayOfYear()", 60),
            Row("timestamp('2024-03-01T00:00:00Z').getDayOfWeek()", 5),
            Row("timestamp('2024-03-01T00:00:00Z').getDate('-00:01')", 29),
            Row("timestamp('2024-03-01T00:00:00Z').getHours('05:30')", 5),
            Row("timestamp('2024-03-01T00:00:00Z').getMinutes('+05:30')", 30),
            Row("timestamp('2024-03-01T00:00:07.25Z').getMilliseconds()", 250),
            Row("timestamp('2024-03-01T00:00:07Z').getSeconds('UTC')", 7),
            Row("timestamp('0001-01-01T00:00:00Z').getDayOfWeek()", 1),
        ]
    )
    func accessors(row: Row) throws { try row.check() }

    @Test(
        "Times that are malformed or out of range",
        arguments: [
            FailureRow("timestamp('2024-02-30T00:00:00Z')", .invalidArgument),
            FailureRow("timestamp('2023-02-29T00:00:00Z')", .invalidArgument),
            FailureRow("timestamp('2024-01-01T24:00:00Z')", .invalidArgument),
            FailureRow("timestamp('2024-01-01')", .invalidArgument),
            FailureRow("timestamp('2024-01-01T00:00:00')", .invalidArgument),
            FailureRow("timestamp('2024-01-01T00:00:00.Z')", .invalidArgument),
            FailureRow("timestamp(253402300800)", .outOfRange),
            FailureRow("timestamp(-9223372036854775808)", .outOfRange),
            FailureRow("timestamp('9999-12-31T23:59:59Z') + duration('1s')", .outOfRange),
            FailureRow("timestamp('9999-12-31T23:59:59Z') - timestamp('0001-01-01T00:00:00Z')", .outOfRange),
            FailureRow("timestamp(253402300799) - duration('-9223372036854775807ns')", .outOfRange),
            FailureRow("duration('9223372036854775808ns')", .invalidArgument),
            FailureRow("duration('9223372036s') + duration('1s')", .outOfRange),
            FailureRow("duration('')", .invalidArgument), FailureRow("duration('1')", .invalidArgument),
            FailureRow("duration('s')", .invalidArgument),
            FailureRow("duration('1x')", .invalidArgument),
            FailureRow("duration('99999999999999999999s')", .invalidArgument),
            FailureRow("timestamp(0).getHours('Nowhere/Land')", .invalidArgument),
            FailureRow("timestamp(0).getHours('25:00')", .invalidArgument),
            FailureRow("duration('1s').getDate()", .noSuchOverload),
            FailureRow("duration('1s').getHours('UTC')", .noSuchOverload),
            FailureRow("timestamp(0) + timestamp(0)", .noSuchOverload),
            FailureRow("duration('1s') * 2", .noSuchOverload),
        ]
    )
    func failures(row: FailureRow) throws { try row.check() }

    @Test("A named zone is asked of the environment, at the time in question")
    func namedZones() throws {
        let environment = Environment(timeZoneOffset: { zone, seconds in
            zone == "Example/Summer" ? (seconds > 1_000 ? 7_200 : 3_600) : nil
        })
        try Row("timestamp(0).getHours('Example/Summer')", 1).check(environment)
        try Row("timestamp(3600).getHours('Example/Summer')", 3).check(environment)
        // Written out, it would not compile; a name that only the evaluation knows is an error of it.
        let other = "['Example/Other'].map(zone, timestamp(0).getHours(zone))"
        try FailureRow(other, .invalidArgument).check(environment)
    }
}
