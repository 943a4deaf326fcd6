/// Timestamps as RFC 3339 section 5.6 writes them, to and from milliseconds since 1970-01-01T00:00:00Z without leap seconds.
package enum RFC3339 {
    /// 0000-01-01T00:00:00.000Z, the earliest that four digits of a year can say.
    package static let earliest: Int64 = -62_167_219_200_000
    /// 9999-12-31T23:59:59.999Z, the latest.
    package static let latest: Int64 = 253_402_300_799_999

    // MARK: Reading

    /// Reads a date and time with its offset from UTC.
    ///
    /// `T` and `Z` may be small letters; a space for the `T` is not the grammar and is refused. What is finer than a millisecond
    /// is cut off. Second 60 is taken where a leap second can be, at the end of a month in UTC, and means the next second.
    ///
    /// - Returns: Milliseconds since the epoch; nil where the octets are anything else.
    package static func parse(_ bytes: UnsafeRawBufferPointer) -> Int64? {
        // SAFETY: every index is below 20, or compared with `count` before it is read.
        guard bytes.count >= 20,
            unsafe bytes[4] == UInt8(ascii: "-") && bytes[7] == UInt8(ascii: "-")
                && bytes[10] | 0x20 == UInt8(ascii: "t")
                && bytes[13] == UInt8(ascii: ":") && bytes[16] == UInt8(ascii: ":"),
            let century = unsafe twoDigits(bytes, 0), let yearOfCentury = unsafe twoDigits(bytes, 2),
            let month = unsafe twoDigits(bytes, 5), let day = unsafe twoDigits(bytes, 8),
            let hour = unsafe twoDigits(bytes, 11), let minute = unsafe twoDigits(bytes, 14),
            let second = unsafe twoDigits(bytes, 17)
        else { return nil }
        let year = century * 100 + yearOfCentury
        guard (1...12).contains(month), day >= 1, day <= days(inMonth: month, of: year), hour <= 23, minute <= 59,
            second <= 60
        else { return nil }
        var position = 19
        guard let milliseconds = unsafe fraction(bytes, &position), let offset = unsafe offset(bytes, position) else {
            return nil
        }
        let minutes = days(fromEpochTo: year, month, day) * 1440 + hour * 60 + minute - offset
        if second == 60, !isEndOfMonth(minutes) { return nil }
        return Int64((minutes * 60 + second) * 1000 + milliseconds)
    }

    /// Reads a date and time.
    ///
    /// See ``parse(_:)-(UnsafeRawBufferPointer)``.
    package static func parse(_ text: String) -> Int64? {
        var text = text
        // SAFETY: the octets are lent for the call.
        return text.withUTF8 { unsafe parse(UnsafeRawBufferPointer($0)) }
    }

    private static func twoDigits(_ bytes: UnsafeRawBufferPointer, _ position: Int) -> Int? {
        // SAFETY: the caller has compared `position + 1` with the count.
        let tens = unsafe bytes[position] &- UInt8(ascii: "0")
        let ones = unsafe bytes[position + 1] &- UInt8(ascii: "0")
        return tens < 10 && ones < 10 ? Int(tens) * 10 + Int(ones) : nil
    }

    /// Takes `.` and digits where they stand.
    ///
    /// - Returns: Whole milliseconds; nil where a point has no digit.
    private static func fraction(_ bytes: UnsafeRawBufferPointer, _ position: inout Int) -> Int? {
        // SAFETY: positions are compared with `count` first.
        guard unsafe position < bytes.count && bytes[position] == UInt8(ascii: ".") else { return 0 }
        position += 1
        var milliseconds = 0
        var unit = 100
        let start = position
        while position < bytes.count {
            let digit = unsafe bytes[position] &- UInt8(ascii: "0")
            guard digit < 10 else { break }
            milliseconds += Int(digit) * unit
            unit /= 10
            position += 1
        }
        return position > start ? milliseconds : nil
    }

    /// Minutes east of UTC; nil where the octets from `position` to the end are no offset.
    private static func offset(_ bytes: UnsafeRawBufferPointer, _ position: Int) -> Int? {
        // SAFETY: positions are compared with `count` first.
        guard position < bytes.count else { return nil }
        let sign = unsafe bytes[position]
        if sign | 0x20 == UInt8(ascii: "z") { return position + 1 == bytes.count ? 0 : nil }
        guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), position + 6 == bytes.count,
            unsafe bytes[position + 3] == UInt8(ascii: ":"),
            let hours = unsafe twoDigits(bytes, position + 1), let minutes = unsafe twoDigits(bytes, position + 4),
            hours <= 23, minutes <= 59
        else { return nil }
        let offset = hours * 60 + minutes
        return sign == UInt8(ascii: "-") ? -offset : offset
    }

    /// Whether a minute, counted from the epoch, is the last of a month.
    private static func isEndOfMonth(_ minutes: Int) -> Bool {
        let following = minutes + 1
        return following % 1440 == 0 && civil(fromDays: following / 1440).day == 1
    }

    // MARK: Writing

    /// Octets of a written timestamp.
    static let writtenCount = 24

    /// Gives `2026-01-02T03:04:05.678Z`: always 24 characters, always UTC.
    ///
    /// - Parameter milliseconds: Since the epoch. A time that four digits of a year cannot say becomes ``earliest`` or ``latest``.
    /// - Returns: The text.
    package static func text(_ milliseconds: Int64) -> String {
        // SAFETY: the buffer has room for the octets asked for.
        unsafe String(unsafeUninitializedCapacity: writtenCount) { buffer in
            guard let base = buffer.baseAddress else { return 0 }
            unsafe write(milliseconds, to: base)
            return writtenCount
        }
    }

    /// The octets of ``text(_:)``.
    static func octets(_ milliseconds: Int64) -> [UInt8] {
        // SAFETY: as above.
        unsafe [UInt8](unsafeUninitializedCapacity: writtenCount) { buffer, count in
            guard let base = buffer.baseAddress else { return }
            unsafe write(milliseconds, to: base)
            count = writtenCount
        }
    }

    /// Writes 24 octets.
    ///
    /// See ``text(_:)``.
    static func write(_ milliseconds: Int64, to octets: UnsafeMutablePointer<UInt8>) {
        let bounded = Int(min(max(milliseconds, earliest), latest))
        let (day, ofDay) = floorDivision(bounded, 86_400_000)
        let date = civil(fromDays: day)
        // SAFETY: the caller has room for 24 octets, of which the last position written is 23.
        unsafe writeTwoDigits(date.year / 100, octets)
        unsafe writeTwoDigits(date.year % 100, octets + 2)
        unsafe octets[4] = UInt8(ascii: "-")
        unsafe writeTwoDigits(date.month, octets + 5)
        unsafe octets[7] = UInt8(ascii: "-")
        unsafe writeTwoDigits(date.day, octets + 8)
        unsafe octets[10] = UInt8(ascii: "T")
        unsafe writeTwoDigits(ofDay / 3_600_000, octets + 11)
        unsafe octets[13] = UInt8(ascii: ":")
        unsafe writeTwoDigits(ofDay / 60_000 % 60, octets + 14)
        unsafe octets[16] = UInt8(ascii: ":")
        unsafe writeTwoDigits(ofDay / 1000 % 60, octets + 17)
        unsafe octets[19] = UInt8(ascii: ".")
        unsafe octets[20] = UInt8(ascii: "0") + UInt8(ofDay / 100 % 10)
        unsafe writeTwoDigits(ofDay % 100, octets + 21)
        unsafe octets[23] = UInt8(ascii: "Z")
    }

    private static func writeTwoDigits(_ value: Int, _ octets: UnsafeMutablePointer<UInt8>) {
        // SAFETY: the caller has room for two.
        unsafe octets[0] = UInt8(ascii: "0") + UInt8(value / 10)
        unsafe octets[1] = UInt8(ascii: "0") + UInt8(value % 10)
    }

    // MARK: The calendar

    private static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days from 1970-01-01 to a date of the Gregorian calendar.
    ///
    /// The year is counted from March, so that the leap day is its last and month lengths follow one line:
    /// `(153 * month + 2) / 5` days lie before a month. 400 years have 146,097 days; 719,468 lie between 0000-03-01 and 1970.
    private static func days(fromEpochTo year: Int, _ month: Int, _ day: Int) -> Int {
        let (era, yearOfEra) = floorDivision(month <= 2 ? year - 1 : year, 400)
        let monthFromMarch = (month + 9) % 12
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// The inverse of `days(fromEpochTo:)`.
    static func civil(fromDays days: Int) -> (year: Int, month: Int, day: Int) {
        let (era, dayOfEra) = floorDivision(days + 719_468, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, day)
    }

    static func floorDivision(_ value: Int, _ divisor: Int) -> (quotient: Int, remainder: Int) {
        let remainder = value % divisor
        return remainder < 0 ? (value / divisor - 1, remainder + divisor) : (value / divisor, remainder)
    }
}
