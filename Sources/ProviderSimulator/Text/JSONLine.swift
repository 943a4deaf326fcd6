/// Writes JSON by hand: one request is one line, and a generic encoder would cost more than the rest of the answer.
struct JSONLine {
    private(set) var octets: [UInt8] = []

    init(capacity: Int) {
        octets.reserveCapacity(capacity)
    }

    /// Appends text that is JSON already.
    mutating func raw(_ json: StaticString) {
        // SAFETY: the buffer is that of a static string, alive for the whole program.
        json.withUTF8Buffer { unsafe octets.append(contentsOf: $0) }
    }

    /// Appends octets that are JSON already and hold no line break.
    mutating func raw(_ json: [UInt8]) {
        octets.append(contentsOf: json)
    }

    mutating func number(_ value: Int) {
        octets.append(contentsOf: String(value).utf8)
    }

    /// Appends text as a JSON string.
    mutating func string(_ text: String) {
        octets.append(UInt8(ascii: "\""))
        let needsEscapes = text.utf8.contains { $0 < 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }
        if needsEscapes {
            for octet in text.utf8 { escaped(octet) }
        } else {
            octets.append(contentsOf: text.utf8)
        }
        octets.append(UInt8(ascii: "\""))
    }

    /// Appends the UTC time with milliseconds, RFC 3339, as a JSON string.
    mutating func time(_ milliseconds: Int64) {
        let moment = CivilTime(milliseconds: milliseconds)
        octets.append(UInt8(ascii: "\""))
        digits(moment.year, 4)
        octets.append(UInt8(ascii: "-"))
        digits(moment.month, 2)
        octets.append(UInt8(ascii: "-"))
        digits(moment.day, 2)
        octets.append(UInt8(ascii: "T"))
        digits(moment.secondOfDay / 3600, 2)
        octets.append(UInt8(ascii: ":"))
        digits(moment.secondOfDay / 60 % 60, 2)
        octets.append(UInt8(ascii: ":"))
        digits(moment.secondOfDay % 60, 2)
        octets.append(UInt8(ascii: "."))
        digits(moment.millisecond, 3)
        octets.append(UInt8(ascii: "Z"))
        octets.append(UInt8(ascii: "\""))
    }

    private mutating func escaped(_ octet: UInt8) {
        switch octet {
        case UInt8(ascii: "\""): raw(#"\""#)
        case UInt8(ascii: "\\"): raw(#"\\"#)
        case UInt8(ascii: "\n"): raw(#"\n"#)
        case UInt8(ascii: "\r"): raw(#"\r"#)
        case UInt8(ascii: "\t"): raw(#"\t"#)
        case 0..<0x20:
            raw(#"\u00"#)
            octets.append(UInt8(ascii: "0") + (octet >> 4))
            let low = octet & 0x0F
            octets.append(low < 10 ? UInt8(ascii: "0") + low : UInt8(ascii: "a") + low - 10)
        default: octets.append(octet)
        }
    }

    private mutating func digits(_ value: Int, _ count: Int) {
        var divisor = 1
        for _ in 1..<count { divisor *= 10 }
        while divisor > 0 {
            octets.append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
            divisor /= 10
        }
    }
}

/// A moment in UTC, taken apart.
private struct CivilTime {
    let year: Int
    let month: Int
    let day: Int
    let secondOfDay: Int
    let millisecond: Int

    /// The proleptic Gregorian calendar, counted in 400-year eras that start on 1 March (Howard Hinnant,
    /// "chrono-compatible low-level date algorithms", civil_from_days).
    init(milliseconds: Int64) {
        let (seconds, remainder) = milliseconds.quotientAndRemainder(dividingBy: 1000)
        millisecond = Int(remainder)
        secondOfDay = Int(seconds % 86_400)
        let days = Int(seconds / 86_400) + 719_468
        let era = days / 146_097
        let dayOfEra = days % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }
}
