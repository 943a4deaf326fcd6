/// A point in time, to the nanosecond, from year 1 to year 9999 in UTC.
package struct Timestamp: Sendable, Hashable, Comparable {
    /// Seconds since 1970-01-01T00:00:00Z; negative before.
    package let seconds: Int64
    /// 0 to 999,999,999, counted forward from `seconds`.
    package let nanoseconds: Int32

    /// The range of `google.protobuf.Timestamp`: 0001-01-01T00:00:00Z to 9999-12-31T23:59:59Z.
    static let secondsRange: ClosedRange<Int64> = -62_135_596_800...253_402_300_799
    static let epoch = Timestamp(unchecked: 0, 0)

    /// A timestamp, or nil when it is out of range.
    package init?(seconds: Int64, nanoseconds: Int32 = 0) {
        guard Self.secondsRange.contains(seconds), (0...999_999_999).contains(nanoseconds) else { return nil }
        self.init(unchecked: seconds, nanoseconds)
    }

    private init(unchecked seconds: Int64, _ nanoseconds: Int32) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }

    /// This time moved by a span, or nil when that is out of range.
    func adding(nanoseconds span: Int64) -> Timestamp? {
        let total = Int64(nanoseconds) + span % 1_000_000_000
        let (carry, rest) = total.flooredDivision(by: 1_000_000_000)
        return Timestamp(seconds: seconds + span / 1_000_000_000 + carry, nanoseconds: Int32(rest))
    }

    /// The span from another time to this one, in nanoseconds, or nil when 64 bits cannot hold it.
    func nanoseconds(since other: Timestamp) -> Int64? {
        let (product, overflows) = (seconds - other.seconds).multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, sumOverflows) = product.addingReportingOverflow(Int64(nanoseconds) - Int64(other.nanoseconds))
        return overflows || sumOverflows ? nil : sum
    }
}

extension Int64 {
    /// Quotient rounded towards negative infinity, and the remainder, which is never negative; the divisor is positive.
    func flooredDivision(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}

extension Duration {
    /// The length in nanoseconds, or nil when 64 bits cannot hold it; finer parts are cut off.
    var nanosecondsExactly: Int64? {
        let (seconds, attoseconds) = components
        let (product, overflows) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, sumOverflows) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
        return overflows || sumOverflows ? nil : sum
    }
}

/// A calendar date and time of day in the proleptic Gregorian calendar.
struct CivilTime {
    let year: Int64
    /// 1 to 12.
    let month: Int64
    /// 1 to 31.
    let day: Int64
    let secondOfDay: Int64
    /// Days since 1970-01-01.
    let daysSince1970: Int64

    /// The civil time of seconds since 1970, already moved to the zone in question.
    init(secondsSince1970: Int64) {
        let (days, secondOfDay) = secondsSince1970.flooredDivision(by: 86_400)
        self.secondOfDay = secondOfDay
        daysSince1970 = days
        // Years counted from March put the leap day last; 146,097 days make an era of 400 years.
        let (era, dayOfEra) = (days + 719_468).flooredDivision(by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// The days from 1970-01-01 to a date.
    static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = year.flooredDivision(by: 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    static func daysInMonth(_ month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// 0 for the first of January.
    var dayOfYear: Int64 { daysSince1970 - Self.days(year: year, month: 1, day: 1) }
    /// 0 for Sunday; 1970-01-01 was a Thursday.
    var dayOfWeek: Int64 { (daysSince1970 + 4).flooredDivision(by: 7).remainder }
}
