/// The rule after the last change in a file of the time zone database, such as `CET-1CEST,M3.5.0,M10.5.0/3`: the form of
/// POSIX's TZ with the extensions of RFC 9636 section 3.3.1.
struct TimeZoneFooter: Sendable {
    private let standard: Int
    private let summer: Summer?

    private struct Summer: Sendable {
        let offset: Int
        let start: Day
        let end: Day
    }

    /// A day of every year with the second at which clocks change, which may lie before or after that day.
    private struct Day: Sendable {
        enum Kind: Sendable {
            /// 1 to 365; February 29 is never counted.
            case julian(Int)
            /// 0 to 365.
            case ordinal(Int)
            /// Month, week (5 for the last) and day of the week from Sunday as 0.
            case weekday(month: Int, week: Int, day: Int)
        }

        let kind: Kind
        let second: Int
    }

    /// Nil for an empty rule or one that is not of that form.
    init?(_ octets: ArraySlice<UInt8>) {
        var reader = Reader(octets)
        guard reader.take("\n"), reader.name(), let standard = reader.offset() else { return nil }
        self.standard = -standard
        guard reader.name() else {
            summer = nil
            return
        }
        // Without an offset of its own, summer time is an hour ahead.
        let offset = reader.isAt(",") ? standard - 3_600 : reader.offset() ?? standard - 3_600
        guard let start = reader.day(), let end = reader.day() else { return nil }
        summer = Summer(offset: -offset, start: start, end: end)
    }

    /// The seconds east of UTC at a time in seconds since 1970.
    func offset(at time: Int64) -> Int {
        guard let summer else { return standard }
        let year = Calendar.year(ofDay: (time + Int64(standard)).flooredQuotient(86_400))
        let start = Self.time(of: summer.start, year) - Int64(standard)
        let end = Self.time(of: summer.end, year) - Int64(summer.offset)
        // South of the equator summer goes over the turn of the year.
        let isSummer = start < end ? start <= time && time < end : time < end || start <= time
        return isSummer ? summer.offset : standard
    }

    /// The seconds since 1970, by the local clock, of a change in a year.
    private static func time(of day: Day, _ year: Int64) -> Int64 {
        let newYear = Calendar.days(year: year, month: 1)
        let number: Int64
        switch day.kind {
        case .ordinal(let ordinal): number = newYear + Int64(ordinal)
        case .julian(let julian):
            let isAfterFebruary = julian > 59 && Calendar.isLeap(year)
            number = newYear + Int64(julian) - (isAfterFebruary ? 0 : 1)
        case .weekday(let month, let week, let weekday):
            let first = Calendar.days(year: year, month: Int64(month))
            // 1970-01-01 was a Thursday.
            let firstWeekday = (first + 4) - (first + 4).flooredQuotient(7) * 7
            var found = first + (Int64(weekday) - firstWeekday + 7) % 7 + 7 * Int64(week - 1)
            let next =
                month == 12
                ? Calendar.days(year: year + 1, month: 1) : Calendar.days(year: year, month: Int64(month) + 1)
            while found >= next { found -= 7 }
            number = found
        }
        return number * 86_400 + Int64(day.second)
    }

    /// The proleptic Gregorian calendar.
    private enum Calendar {
        static func isLeap(_ year: Int64) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

        /// Days from 1970-01-01 to the first of a month.
        static func days(year: Int64, month: Int64) -> Int64 {
            let year = month <= 2 ? year - 1 : year
            let monthFromMarch = month > 2 ? month - 3 : month + 9
            return year * 365 + year.flooredQuotient(4) - year.flooredQuotient(100) + year.flooredQuotient(400)
                + (153 * monthFromMarch + 2) / 5 - 719_468
        }

        static func year(ofDay day: Int64) -> Int64 {
            // The mean year is 365.2425 days long, so that this is at most one off.
            var year = (day * 400).flooredQuotient(146_097) + 1970
            while days(year: year, month: 1) > day { year -= 1 }
            while days(year: year + 1, month: 1) <= day { year += 1 }
            return year
        }
    }

    private struct Reader {
        private var octets: ArraySlice<UInt8>

        init(_ octets: ArraySlice<UInt8>) { self.octets = octets }

        func isAt(_ text: StaticString) -> Bool { octets.starts(with: "\(text)".utf8) }

        mutating func take(_ text: StaticString) -> Bool {
            guard isAt(text) else { return false }
            octets = octets.dropFirst("\(text)".utf8.count)
            return true
        }

        /// Skips the abbreviation of a zone: letters, or anything in angle brackets.
        mutating func name() -> Bool {
            if take("<") {
                guard let end = octets.firstIndex(of: UInt8(ascii: ">")) else { return false }
                octets = octets[(end + 1)...]
                return true
            }
            let rest = octets.drop { ($0 | 0x20) &- UInt8(ascii: "a") < 26 }
            defer { octets = rest }
            return rest.startIndex > octets.startIndex
        }

        private mutating func number() -> Int? {
            var value = 0
            let rest = octets.drop { $0 &- UInt8(ascii: "0") < 10 }
            guard (1...4).contains(rest.startIndex - octets.startIndex) else { return nil }
            for octet in octets[..<rest.startIndex] { value = value * 10 + Int(octet - UInt8(ascii: "0")) }
            octets = rest
            return value
        }

        /// `[+-]hh[:mm[:ss]]` in seconds; POSIX counts them west of Greenwich.
        mutating func offset() -> Int? {
            let sign = take("-") ? -1 : 1
            if sign == 1 { _ = take("+") }
            guard let hours = number(), hours <= 167 else { return nil }
            var seconds = hours * 3_600
            if take(":") {
                guard let minutes = number(), minutes < 60 else { return nil }
                seconds += minutes * 60
                if take(":") {
                    guard let rest = number(), rest < 60 else { return nil }
                    seconds += rest
                }
            }
            return sign * seconds
        }

        mutating func day() -> Day? {
            guard take(",") else { return nil }
            let kind: Day.Kind
            if take("M") {
                guard let month = number(), take("."), let week = number(), take("."), let day = number(),
                    (1...12).contains(month), (1...5).contains(week), day < 7
                else { return nil }
                kind = .weekday(month: month, week: week, day: day)
            } else if take("J") {
                guard let julian = number(), (1...365).contains(julian) else { return nil }
                kind = .julian(julian)
            } else {
                guard let ordinal = number(), ordinal <= 365 else { return nil }
                kind = .ordinal(ordinal)
            }
            guard take("/") else { return Day(kind: kind, second: 7_200) }
            return offset().map { Day(kind: kind, second: $0) }
        }
    }
}
