/// A moment on the clock and calendar of one time zone.
struct LocalTime: Sendable {
    let year: Int
    let month: Int
    let day: Int
    /// From Sunday as 0.
    let weekday: Int
    let hour: Int
    let minute: Int
    let second: Int

    /// `milliseconds`: Since 1970-01-01T00:00:00Z.
    /// `offset`: Seconds east of UTC.
    init(_ milliseconds: Int64, offset: Int) {
        let bounded = Int(min(max(milliseconds, RFC3339.earliest), RFC3339.latest))
        let seconds = RFC3339.floorDivision(bounded, 1_000).quotient + offset
        let (days, ofDay) = RFC3339.floorDivision(seconds, 86_400)
        (year, month, day) = RFC3339.civil(fromDays: days)
        // 1970-01-01 was a Thursday.
        weekday = RFC3339.floorDivision(days + 4, 7).remainder
        (hour, minute, second) = (ofDay / 3_600, ofDay / 60 % 60, ofDay % 60)
    }

    /// The text by a pattern of CLDR, such as `EEEE, d. MMMM y`: Unicode Technical Standard 35, part 4, "Date Format Patterns".
    func text(_ pattern: String, _ formats: LanguageFormats) -> String {
        var text = ""
        var isQuoted = false
        var rest = pattern[...]
        while let character = rest.first {
            if character == "'" {
                rest.removeFirst()
                // Two of them are one that is meant.
                if rest.first == "'" {
                    text.append("'")
                    rest.removeFirst()
                } else {
                    isQuoted.toggle()
                }
                continue
            }
            let run = rest.prefix { $0 == character }
            if isQuoted || !(character.isASCII && character.isLetter) {
                text += run
            } else {
                text += field(character, run.count, formats)
            }
            rest = rest.dropFirst(run.count)
        }
        return text
    }

    private func field(_ letter: Character, _ count: Int, _ formats: LanguageFormats) -> String {
        switch letter {
        case "y": digits(count == 2 ? year % 100 : year, count == 2 ? 2 : 1, formats)
        case "M", "L":
            switch count {
            case 1, 2: digits(month, count, formats)
            case 3: formats.monthsShort[month - 1]
            default: formats.months[month - 1]
            }
        case "d": digits(day, count, formats)
        case "E": count > 3 ? formats.weekdays[weekday] : formats.weekdaysShort[weekday]
        case "H": digits(hour, count, formats)
        case "h": digits((hour + 11) % 12 + 1, count, formats)
        case "m": digits(minute, count, formats)
        case "s": digits(second, count, formats)
        case "a": formats.dayPeriods[hour < 12 ? 0 : 1]
        default: ""
        }
    }

    private func digits(_ value: Int, _ width: Int, _ formats: LanguageFormats) -> String {
        var text = String(value)
        while text.utf8.count < width { text = "0" + text }
        if formats.zero == "0" { return text }
        return String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { Unicode.Scalar(formats.zero.value + $0.value - 0x30) ?? $0 }
            )
        )
    }
}
