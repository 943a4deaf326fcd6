/// Reads and writes times: RFC 3339 timestamps, durations such as `1h30m`, fixed zone offsets such as `-02:30`.
struct TimeReader {
    private var bytes: ArraySlice<UInt8>

    init(_ text: String) { bytes = ArraySlice(text.utf8) }

    /// A timestamp in the form of RFC 3339 section 5.6, or nil when it is malformed or out of range.
    static func timestamp(_ text: String) -> Timestamp? {
        var reader = TimeReader(text)
        return reader.timestamp()
    }

    /// A duration as Go writes it: an optional sign, then numbers with the units h, m, s, ms, us and ns, in nanoseconds.
    static func duration(_ text: String) -> Int64? {
        var reader = TimeReader(text)
        return reader.duration()
    }

    /// The offset of a fixed zone in seconds east: `UTC`, `Z`, or hours and minutes with an optional sign.
    static func fixedOffset(_ text: String) -> Int64? {
        if text == "UTC" || text == "Z" { return 0 }
        var reader = TimeReader(text)
        let sign = reader.sign() ?? 1
        guard let offset = reader.hoursAndMinutes(), reader.bytes.isEmpty else { return nil }
        return sign * offset
    }

    private mutating func timestamp() -> Timestamp? {
        guard let year = digits(4), take("-"), let month = digits(2), take("-"), let day = digits(2),
            take("T") || take("t"), let hour = digits(2), take(":"), let minute = digits(2), take(":"),
            let second = digits(2), let nanoseconds = fraction(), let offset = zone(), bytes.isEmpty,
            (1...12).contains(month), (1...CivilTime.daysInMonth(month, of: year)).contains(day),
            hour < 24, minute < 60, second < 60
        else { return nil }
        let days = CivilTime.days(year: year, month: month, day: day)
        let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second - offset
        return Timestamp(seconds: seconds, nanoseconds: Int32(nanoseconds))
    }

    private mutating func zone() -> Int64? {
        if take("Z") || take("z") { return 0 }
        guard let sign = sign(), let offset = hoursAndMinutes() else { return nil }
        return sign * offset
    }

    private mutating func hoursAndMinutes() -> Int64? {
        guard let hours = digits(2), take(":"), let minutes = digits(2), hours < 24, minutes < 60 else { return nil }
        return hours * 3_600 + minutes * 60
    }

    /// The nanoseconds after an optional point; digits beyond the ninth are cut off.
    private mutating func fraction() -> Int64? {
        guard take(".") else { return 0 }
        var nanoseconds: Int64 = 0
        var unit: Int64 = 100_000_000
        guard bytes.first.flatMap(Self.digit) != nil else { return nil }
        while let digit = bytes.first.flatMap(Self.digit) {
            nanoseconds += digit * unit
            unit /= 10
            bytes = bytes.dropFirst()
        }
        return nanoseconds
    }

    private mutating func duration() -> Int64? {
        let sign = sign() ?? 1
        if bytes.elementsEqual("0".utf8) { return 0 }
        guard !bytes.isEmpty else { return nil }
        var total: Int64 = 0
        while !bytes.isEmpty {
            guard let part = durationPart() else { return nil }
            let (sum, overflows) = total.addingReportingOverflow(part)
            if overflows { return nil }
            total = sum
        }
        return sign * total
    }

    /// One number with its unit, in nanoseconds.
    private mutating func durationPart() -> Int64? {
        var whole: Int64 = 0
        var digitCount = 0
        while let digit = bytes.first.flatMap(Self.digit) {
            let (tens, overflows) = whole.multipliedReportingOverflow(by: 10)
            let (sum, sumOverflows) = tens.addingReportingOverflow(digit)
            if overflows || sumOverflows { return nil }
            whole = sum
            digitCount += 1
            bytes = bytes.dropFirst()
        }
        var numerator: Int64 = 0
        var denominator: Int64 = 1
        if take(".") {
            while let digit = bytes.first.flatMap(Self.digit) {
                if denominator < 1_000_000_000_000 {
                    numerator = numerator * 10 + digit
                    denominator *= 10
                }
                digitCount += 1
                bytes = bytes.dropFirst()
            }
        }
        guard digitCount > 0, let unit = unit() else { return nil }
        let (product, overflows) = whole.multipliedReportingOverflow(by: unit)
        let high = numerator.multipliedFullWidth(by: unit)
        let (sum, sumOverflows) = product.addingReportingOverflow(denominator.dividingFullWidth(high).quotient)
        return overflows || sumOverflows ? nil : sum
    }

    /// The nanoseconds of the unit that comes next.
    private mutating func unit() -> Int64? {
        if take("ns") { return 1 }
        if take("us") || take("µs") || take("μs") { return 1_000 }
        if take("ms") { return 1_000_000 }
        if take("s") { return 1_000_000_000 }
        if take("m") { return 60_000_000_000 }
        if take("h") { return 3_600_000_000_000 }
        return nil
    }

    private mutating func sign() -> Int64? {
        if take("-") { return -1 }
        return take("+") ? 1 : nil
    }

    private mutating func take(_ text: StaticString) -> Bool {
        let expected = "\(text)".utf8
        guard bytes.starts(with: expected) else { return false }
        bytes = bytes.dropFirst(expected.count)
        return true
    }

    private mutating func digits(_ count: Int) -> Int64? {
        guard bytes.count >= count else { return nil }
        var value: Int64 = 0
        for byte in bytes.prefix(count) {
            guard let digit = Self.digit(byte) else { return nil }
            value = value * 10 + digit
        }
        bytes = bytes.dropFirst(count)
        return value
    }

    private static func digit(_ byte: UInt8) -> Int64? {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) ? Int64(byte - UInt8(ascii: "0")) : nil
    }
}

extension Timestamp: CustomStringConvertible {
    /// The time in UTC in the form of RFC 3339, with as many digits of the fraction as it has.
    package var description: String {
        let civil = CivilTime(secondsSince1970: seconds)
        let date = "\(Digits.padded(civil.year, 4))-\(Digits.padded(civil.month, 2))-\(Digits.padded(civil.day, 2))"
        let hour = Digits.padded(civil.secondOfDay / 3_600, 2)
        let minute = Digits.padded(civil.secondOfDay / 60 % 60, 2)
        let second = Digits.padded(civil.secondOfDay % 60, 2)
        return "\(date)T\(hour):\(minute):\(second)\(Digits.fraction(nanoseconds: Int64(nanoseconds)))Z"
    }
}

/// Decimal digits with zeros where a fixed width needs them.
enum Digits {
    static func padded(_ value: Int64, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    /// `.25` for a quarter of a second; empty for none.
    static func fraction(nanoseconds: Int64) -> String {
        if nanoseconds == 0 { return "" }
        var digits = padded(nanoseconds, 9)[...]
        while digits.last == "0" { digits.removeLast() }
        return ".\(digits)"
    }

    /// A duration in seconds with its fraction, such as `-1.5s`.
    static func seconds(nanoseconds: Int64) -> String {
        let whole = (nanoseconds / 1_000_000_000).magnitude
        let rest = Int64((nanoseconds % 1_000_000_000).magnitude)
        return "\(nanoseconds < 0 ? "-" : "")\(whole)\(fraction(nanoseconds: rest))s"
    }
}
