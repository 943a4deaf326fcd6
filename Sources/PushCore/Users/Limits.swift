/// At most so many notifications in so much time.
package struct LimitWindow: Sendable, Hashable {
    /// What the number is counted over.
    package enum Period: Sendable, Hashable {
        /// An even pace (``CellRate``): milliseconds, from 1 s to 366 days.
        case pace(ms: Int64)
        /// Hours, days, weeks or months by the user's clock (``CalendarCount``).
        case calendar(CalendarPeriod)
    }

    /// What happens to a notification that the window does not admit.
    package enum OnExceed: String, CaseIterable, Sendable {
        case drop
        case `defer`
        case digest
    }

    /// 1 to 1,000,000.
    package let max: Int64
    package let period: Period
    package let onExceed: OnExceed

    package init(max: Int64, _ period: Period, onExceed: OnExceed = .drop) {
        precondition(max > 0, "a window admits something")
        if case .pace(let ms) = period { precondition(ms > 0, "a window is of some length") }
        self.max = max
        self.period = period
        self.onExceed = onExceed
    }

    package init(max: Int64, periodMs: Int64, onExceed: OnExceed = .drop) {
        self.init(max: max, .pace(ms: periodMs), onExceed: onExceed)
    }
}

/// The configured limits: each a list of windows that must all admit.
package struct Limits: Sendable {
    /// A window and the key of its state in a user's record.
    struct KeyedWindow: Sendable {
        let key: UInt32
        let window: LimitWindow
    }

    private let forAll: [KeyedWindow]
    private let named: [String: [KeyedWindow]]

    /// - Parameter windows: By name; the name `all` holds for every rule that does not bypass it.
    package init(_ windows: [String: [LimitWindow]]) {
        var named: [String: [KeyedWindow]] = [:]
        for (name, list) in windows {
            named[name] = list.map { KeyedWindow(key: Self.key(name, $0), window: $0) }
        }
        self.forAll = named.removeValue(forKey: "all") ?? []
        self.named = named
    }

    /// All windows with the names of their limits, `all` first and the others in order.
    var all: [(name: String, keyed: KeyedWindow)] {
        let others = named.sorted { $0.key < $1.key }
        return forAll.map { ("all", $0) } + others.flatMap { name, windows in windows.map { (name, $0) } }
    }

    /// The windows that must all admit a notification.
    func windows(limit: String, bypassAll: Bool) -> [KeyedWindow] {
        let own = limit.isEmpty ? [] : named[limit] ?? []
        return bypassAll ? own : own.isEmpty ? forAll : forAll + own
    }

    /// FNV-1a over name and window: stable over releases and machines, so that state survives a restart, and different after
    /// a change of the configuration, so that a changed window starts empty. What happens to the rest may change meanwhile.
    private static func key(_ name: String, _ window: LimitWindow) -> UInt32 {
        let period =
            switch window.period {
            case .pace(let ms): String(ms)
            case .calendar(let period): period.rawValue
            }
        var hash: UInt32 = 2_166_136_261
        for byte in "\(name)/\(window.max)/\(period)".utf8 {
            hash = (hash ^ UInt32(byte)) &* 16_777_619
        }
        return hash
    }
}

/// What one window says about one more notification.
enum Admission {
    /// The state with it.
    case admitted(HeldLimit)
    /// Used up; it will admit one at that time, if none comes between.
    case refused(retryAtMs: Int64)
}

/// The generic cell rate algorithm (ITU-T I.371): one timestamp of state for each window.
///
/// `max` notifications are admitted at once, and further ones at the pace of the window; over any stretch as long as the
/// window at most twice `max` pass, and over a long time exactly its rate.
enum CellRate {
    /// A state so far beyond what the window can hold was charged by a clock that was ahead; less is the difference of two hosts.
    static let aheadMs: Int64 = 60_000

    /// `state`: `tatMs` says when the next one is due at an even pace; 0 for a window that was never used.
    /// `nowMs`: Wall-clock time of the decision.
    static func admit(_ state: HeldLimit, max: Int64, periodMs: Int64, nowMs: Int64) -> Admission {
        let interval = interval(max: max, periodMs: periodMs)
        let arrival = Swift.max(state.tatMs, nowMs)
        let retryAtMs = arrival - interval * (max - 1)
        if retryAtMs > nowMs { return .refused(retryAtMs: retryAtMs) }
        var state = state
        state.tatMs = arrival + interval
        return .admitted(state)
    }

    /// The state, or a full window where a clock that was ahead has charged it: its user waits for one interval, and not for the
    /// time to come.
    static func healed(_ state: HeldLimit, max: Int64, periodMs: Int64, nowMs: Int64) -> HeldLimit {
        let fullMs = nowMs + interval(max: max, periodMs: periodMs) * max
        guard state.tatMs > fullMs + aheadMs else { return state }
        var state = state
        state.tatMs = fullMs
        return state
    }

    /// Whole milliseconds, rounded up: to the stricter side.
    static func interval(max: Int64, periodMs: Int64) -> Int64 {
        Swift.max(1, (periodMs + max - 1) / max)
    }
}

/// Counters of the calendar's periods by the user's clock: a notification counts for the one in which it was decided.
///
/// Two are kept, the latest and the one before it: whoever flies west, or whose host's clock was an hour ahead, comes back to the
/// period before, and finds it as it was.
enum CalendarCount {
    /// How long after its end a period may come back, at most: from one side of the date line to the other.
    private static let comebackMs: Int64 = 26 * 60 * 60 * 1000

    static func admit(
        _ state: HeldLimit,
        max: Int64,
        period: CalendarPeriod,
        _ clock: LocalClock,
        nowMs: Int64
    ) -> Admission {
        let second = nowMs.flooredQuotient(1000)
        let current = period.number(at: second, clock)
        let endMs = period.end(of: second, clock) * 1000
        var next = state
        switch state.period - current {
        case 0: break
        case 1:
            if Int64(state.countBefore) >= max { return .refused(retryAtMs: endMs) }
            next.countBefore += 1
            return .admitted(next)
        case -1:
            next.countBefore = state.count
            next.count = 0
        // Long over; or counted by a clock that was far ahead.
        default:
            next.countBefore = 0
            next.count = 0
        }
        if Int64(next.count) >= max { return .refused(retryAtMs: endMs) }
        next.period = current
        next.count += 1
        next.tatMs = endMs + comebackMs
        return .admitted(next)
    }
}
