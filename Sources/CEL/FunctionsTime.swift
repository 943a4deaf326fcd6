/// Timestamps and durations: their conversions and accessors.
extension Function {
    static let times: [Function] =
        [
            .unary("timestamp") { value, _ in toTimestamp(value) },
            .unary("duration") { value, _ in toDuration(value) },
        ]
        + [
            accessor("getFullYear") { $0.civil.year },
            accessor("getMonth") { $0.civil.month - 1 },
            accessor("getDate") { $0.civil.day },
            accessor("getDayOfMonth") { $0.civil.day - 1 },
            accessor("getDayOfWeek") { $0.civil.dayOfWeek },
            accessor("getDayOfYear") { $0.civil.dayOfYear },
            accessor("getHours", ofDuration: { $0 / 3_600_000_000_000 }) { $0.civil.secondOfDay / 3_600 },
            accessor("getMinutes", ofDuration: { $0 / 60_000_000_000 }) { $0.civil.secondOfDay / 60 % 60 },
            accessor("getSeconds", ofDuration: { $0 / 1_000_000_000 }) { $0.civil.secondOfDay % 60 },
            // Unlike the other three this is a part of the duration, not the whole of it in that unit.
            accessor("getMilliseconds", ofDuration: { $0 % 1_000_000_000 / 1_000_000 }) { $0.milliseconds },
        ]

    /// A timestamp as a clock and calendar in some zone show it.
    private struct LocalTime {
        let civil: CivilTime
        let milliseconds: Int64
    }

    private static func toTimestamp(_ value: Value) -> Value {
        switch value {
        case .timestamp: value
        case .string(let text): TimeReader.timestamp(text).map(Value.timestamp) ?? unreadable(text, as: "timestamp")
        case .int(let seconds):
            Timestamp(seconds: seconds).map(Value.timestamp)
                ?? .failure(.outOfRange, "the number is out of range for timestamp")
        default: .noSuchOverload("timestamp", value)
        }
    }

    private static func toDuration(_ value: Value) -> Value {
        switch value {
        case .duration: value
        case .string(let text):
            TimeReader.duration(text).map { .duration(.nanoseconds($0)) } ?? unreadable(text, as: "duration")
        default: .noSuchOverload("duration", value)
        }
    }

    /// An accessor of timestamps, in UTC or in the zone of its argument, and of durations where that is defined.
    private static func accessor(
        _ name: String,
        ofDuration: (@Sendable (Int64) -> Int64)? = nil,
        _ read: @escaping @Sendable (LocalTime) -> Int64
    ) -> Function {
        .general(name, .member, 1...2) { arguments, frame in
            switch arguments[0] {
            case .timestamp(let time):
                switch offset(arguments.dropFirst().first, at: time, frame) {
                case .success(let offset):
                    let civil = CivilTime(secondsSince1970: time.seconds + offset)
                    return .int(read(LocalTime(civil: civil, milliseconds: Int64(time.nanoseconds) / 1_000_000)))
                case .failure(let error): return .error(error)
                }
            case .duration(let span):
                guard let ofDuration, arguments.count == 1 else { break }
                return span.nanosecondsExactly.map { .int(ofDuration($0)) }
                    ?? .failure(.outOfRange, "the duration is out of range")
            default: break
            }
            let types = arguments.map(\.type.rawValue).joined(separator: ", ")
            return .failure(.noSuchOverload, "no such overload: \(name)(\(types))")
        }
    }

    /// The seconds east of UTC of the zone named by an argument, at a time.
    private static func offset(
        _ zone: Value?,
        at time: Timestamp,
        _ frame: borrowing Frame
    ) -> Result<Int64, EvaluationError> {
        guard let zone else { return .success(0) }
        guard case .string(let name) = zone else {
            return .failure(EvaluationError(.noSuchOverload, "a time zone is a string, found \(zone.type.rawValue)"))
        }
        if let offset = TimeReader.fixedOffset(name) { return .success(offset) }
        // A zone's offset is below a day; the bound keeps what a wrong answer could do within range.
        if let offset = frame.timeZoneOffset?(name, time.seconds), (-86_400...86_400).contains(offset) {
            return .success(Int64(offset))
        }
        let shown = String(name.unicodeScalars.prefix(40).map(Character.init))
        return .failure(EvaluationError(.invalidArgument, "unknown time zone '\(shown)'"))
    }
}
