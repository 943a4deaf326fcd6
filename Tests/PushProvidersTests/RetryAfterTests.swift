import PushProviders
import Testing

@Suite("Retry-After")
struct RetryAfterTests {
    /// 1994-11-06T08:49:37Z, the example of RFC 9110 section 5.6.7.
    static let dateMs: Int64 = 784_111_777_000

    @Test(
        "seconds are taken as they are, and saturate",
        arguments: [
            ("0", .zero), ("1", .seconds(1)), ("120", .seconds(120)), ("007", .seconds(7)), (" 5 ", .seconds(5)),
            ("\t60", .seconds(60)), ("86400000", .seconds(86_400_000)), ("9223372036854775807", .seconds(Int64.max)),
            ("9223372036854775808", .seconds(Int64.max)), (String(repeating: "9", count: 500), .seconds(Int64.max)),
        ] as [(String, Duration)]
    )
    func seconds(value: String, delay: Duration) {
        #expect(RetryAfter.parse(value, nowMs: 1_795_000_000_000) == delay)
    }

    @Test(
        "each of the three forms of a date is the distance to it",
        arguments: [
            "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
        ]
    )
    func dates(value: String) {
        #expect(RetryAfter.parse(value, nowMs: Self.dateMs - 90_500) == .milliseconds(90_500))
        #expect(RetryAfter.parse(value, nowMs: Self.dateMs) == .zero)
        #expect(RetryAfter.parse(value, nowMs: Self.dateMs + 1) == .zero)
        #expect(RetryAfter.parse("  \(value)\t", nowMs: Self.dateMs - 1) == .milliseconds(1))
    }

    @Test(
        "a year of two digits is at most 50 years ahead",
        arguments: [
            // 2026-11-18T11:06:40Z.
            ("Sunday, 06-Nov-94 08:49:37 GMT", 1_795_000_000_000, 784_111_777_000),
            ("Friday, 06-Nov-26 08:49:37 GMT", 1_795_000_000_000, 1_793_954_977_000),
            ("Tuesday, 24-Nov-26 00:00:00 GMT", 1_795_000_000_000, 1_795_478_400_000),
            ("Wednesday, 18-Nov-76 00:00:00 GMT", 1_795_000_000_000, 3_372_883_200_000),
            ("Thursday, 18-Nov-76 23:00:00 GMT", 1_795_000_000_000, 217_206_000_000),
            ("Thursday, 01-Jan-70 00:00:00 GMT", 1_795_000_000_000, 3_155_760_000_000),
            // Just before the end of a century: the next one's years are near.
            ("Friday, 01-Jan-00 00:00:00 GMT", 946_684_799_000, 946_684_800_000),
        ] as [(String, Int64, Int64)]
    )
    func twoDigitYears(value: String, nowMs: Int64, dateMs: Int64) {
        #expect(HTTPDate.milliseconds(of: value, nowMs: nowMs) == dateMs)
    }

    @Test("a clock at the end of time does not overflow")
    func extremes() {
        let value = "Sun, 06 Nov 1994 08:49:37 GMT"
        #expect(RetryAfter.parse(value, nowMs: .max) == .zero)
        #expect(RetryAfter.parse(value, nowMs: .min) == .milliseconds(Int64.max))
        #expect(RetryAfter.parse("Sunday, 06-Nov-94 08:49:37 GMT", nowMs: .max) == .zero)
    }

    @Test(
        "all else is no Retry-After",
        arguments: [
            "", " ", "-1", "+1", "1.5", "1e3", "0x10", "soon", "1 2", "12s", "١٢", "120, 60",
            "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 Nov 1994 08:49:37 +0000",
            "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT", "sun, 06 Nov 1994 08:49:37 GMT",
            "Son, 06 Nov 1994 08:49:37 GMT", "Sunday, 06 Nov 1994 08:49:37 GMT", "Sun 06 Nov 1994 08:49:37 GMT",
            "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:60:37 GMT",
            "Sun, 06 Nov 94 08:49:37 GMT", "Sun, 06 Nov 19945 08:49:37 GMT", "Sun,  06 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 8:49:37 GMT", "Sun, 06 Nov 1994 08:49 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
            "Sun, 06-Nov-94 08:49:37 GMT", "Sunday, 06-Nov-1994 08:49:37 GMT", "Sunday, 06-Nov-9 08:49:37 GMT",
            "Sunday, 6-Nov-94 08:49:37 GMT", "Sun Nov 6 08:49:37 1994", "Sun Nov  6 08:49:37 94",
            "Sunday Nov  6 08:49:37 1994", "Sun Nov  6 08:49:37 1994 GMT", "1994-11-06T08:49:37Z",
            "Sun, 06 Nov 1994 08:49:37.5 GMT", "Sun, 06 Nov 1994 08:49+37 GMT",
        ]
    )
    func refused(value: String) {
        #expect(RetryAfter.parse(value, nowMs: 1_795_000_000_000) == nil)
    }
}
