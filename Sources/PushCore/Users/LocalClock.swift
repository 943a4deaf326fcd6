/// The clock on a user's wall: what it shows, and when it will show something, across every change to and from summer time.
///
/// Local times are written as seconds since 1970-01-01T00:00 of the local clock.
struct LocalClock {
    /// Nil for UTC.
    private let rules: TimeZoneRules?

    init(_ rules: TimeZoneRules?) { self.rules = rules }

    /// Seconds east of UTC.
    func offset(at second: Int64) -> Int64 { rules.map { Int64($0.offset(at: second)) } ?? 0 }

    /// What the clock shows.
    func local(at second: Int64) -> Int64 { second + offset(at: second) }

    /// The first second after another at which something is true.
    ///
    /// `remaining`: Seconds of an undisturbed clock from a local time until it is true; above 0.
    /// `isTrue`: Whether it is, at a second since 1970: the clock may jump over the moment, or show a time twice.
    func first(after second: Int64, remaining: (_ local: Int64) -> Int64, where isTrue: (Int64) -> Bool) -> Int64 {
        var time = second
        // Clocks change once in months: a second round is rare, and a third has not been seen.
        for _ in 0..<8 {
            let next = time + remaining(local(at: time))
            time = change(after: time, upTo: next) ?? next
            if isTrue(time) { break }
        }
        return time
    }

    /// The first second at which the clock is changed; nil where it is not.
    private func change(after first: Int64, upTo last: Int64) -> Int64? {
        let before = offset(at: first)
        if offset(at: last) == before { return nil }
        var (low, high) = (first, last)
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if offset(at: middle) == before { low = middle } else { high = middle }
        }
        return high
    }
}

/// A stretch of the calendar, by the local clock.
package enum CalendarPeriod: String, CaseIterable, Sendable {
    case hour
    case day
    /// From Monday (ISO 8601).
    case week
    case month

    /// The number of the period at a second since 1970: rises from one to the next.
    func number(at second: Int64, _ clock: LocalClock) -> Int64 {
        let local = clock.local(at: second)
        switch self {
        // Full hours by the local clock, of which the day has 25 when it goes back.
        case .hour: return (second + clock.offset(at: second).flooredRemainder(3_600)).flooredQuotient(3_600)
        case .day: return local.flooredQuotient(86_400)
        case .week: return Self.week(ofDay: local.flooredQuotient(86_400))
        case .month: return CivilDate(day: local.flooredQuotient(86_400)).monthNumber
        }
    }

    /// The first second of the period after the one that a second is in.
    func end(of second: Int64, _ clock: LocalClock) -> Int64 {
        let current = number(at: second, clock)
        return clock.first(after: second, remaining: remaining) { number(at: $0, clock) > current }
    }

    private func remaining(_ local: Int64) -> Int64 {
        let day = local.flooredQuotient(86_400)
        return switch self {
        case .hour: 3_600 - local.flooredRemainder(3_600)
        case .day: 86_400 - local.flooredRemainder(86_400)
        // 1970-01-01 was a Thursday.
        case .week: (7 * (Self.week(ofDay: day) + 1) - 3) * 86_400 - local
        case .month: CivilDate.firstDay(ofMonth: CivilDate(day: day).monthNumber + 1) * 86_400 - local
        }
    }

    private static func week(ofDay day: Int64) -> Int64 { (day + 3).flooredQuotient(7) }
}

/// A month of the proleptic Gregorian calendar.
private struct CivilDate {
    /// Months since year 0.
    let monthNumber: Int64

    /// `day`: Days since 1970-01-01. The algorithm counts years from March, so that a leap day comes last.
    init(day: Int64) {
        let shifted = day + 719_468
        let era = shifted.flooredQuotient(146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        monthNumber = year * 12 + month - 1
    }

    static func firstDay(ofMonth number: Int64) -> Int64 {
        let month = number.flooredRemainder(12) + 1
        let year = number.flooredQuotient(12) - (month <= 2 ? 1 : 0)
        let monthFromMarch = month > 2 ? month - 3 : month + 9
        return year * 365 + year.flooredQuotient(4) - year.flooredQuotient(100) + year.flooredQuotient(400)
            + (153 * monthFromMarch + 2) / 5 - 719_468
    }
}

extension Int64 {
    /// The quotient rounded down, also of a negative number; the divisor is positive.
    func flooredQuotient(_ divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }

    /// What the rounded quotient leaves: 0 or above.
    func flooredRemainder(_ divisor: Int64) -> Int64 { self - flooredQuotient(divisor) * divisor }
}
