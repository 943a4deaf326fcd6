/// What the system holds on one person, for people to read: no address and no key of anything, only fingerprints.
package struct UserOverview: Sendable {
    package struct Device: Sendable {
        package let id: String
        package let provider: String
        package let app: String
        /// Of APNs; empty otherwise.
        package let environment: String
        package let pushType: String
        /// Empty for what is only remembered as taken back.
        package let fingerprint: String
        package let locale: String
        package let timezone: String
        package let registeredAtMs: Int64
        package let lastActiveMs: Int64
        /// Nil while it is in use.
        package let removedAtMs: Int64?
        /// Whether the address's own record says that this device has it.
        package let isHeld: Bool
    }

    package struct Limit: Sendable {
        package let name: String
        package let max: Int64
        /// Milliseconds of an even pace; nil for a period of the calendar.
        package let paceMs: Int64?
        package let calendar: CalendarPeriod?
        package let onExceed: LimitWindow.OnExceed
        package let used: Int64
        package let left: Int64
        /// When one more is admitted; nil while one is.
        package let nextAtMs: Int64?
        /// When nothing of it is used any more; nil where nothing is.
        package let freeAtMs: Int64?
    }

    /// A delivery, a notification or a digest that waits.
    package struct Waiting: Sendable {
        package enum Kind: String, Sendable {
            case delivery
            case notification
            case digest
        }

        package let kind: Kind
        package let id: Identifier
        /// The device of a delivery; empty otherwise.
        package let deviceID: String
        package let reason: String
        package let ruleID: String
        package let category: String
        package let collapseKey: String
        package let notBeforeMs: Int64
        package let expiresAtMs: Int64
        /// Notifications that a digest has collected; 1 otherwise.
        package let count: Int
    }

    package struct Decided: Sendable {
        package let notificationID: Identifier
        package let atMs: Int64
        /// Why nothing was sent, or what it waits for; nil where it was sent.
        package let reason: String?
        package let isWaiting: Bool
        package let devices: Int
    }

    package struct QuietHours: Sendable {
        package let start: String
        package let end: String
        /// The configured ones, for want of the user's own.
        package let isDefault: Bool
    }

    package let userID: String
    package let takenAtMs: Int64
    /// IANA name that limits by the calendar and quiet hours go by; empty: UTC.
    package let zone: String
    /// What the user has told: empty where nothing.
    package let timezone: String
    package let locale: String
    package let categories: [String: Bool]
    package let preferencesAtMs: Int64?
    package let quietHours: QuietHours?
    package let topics: [String]
    package let devices: [Device]
    package let limits: [Limit]
    package let waiting: [Waiting]
    package let decisions: [Decided]
    package let badge: Int64
    /// Seconds east of UTC of the zone, now and then: for times as the user's clock shows them.
    package let offset: @Sendable (_ atMs: Int64) -> Int
}

/// What is left of one window, for people; ``CellRate`` and ``CalendarCount`` decide by the same state.
struct LimitRoom {
    let used: Int64
    let nextAtMs: Int64?
    let freeAtMs: Int64?

    init(_ state: HeldLimit?, _ window: LimitWindow, _ clock: LocalClock, nowMs: Int64) {
        switch window.period {
        case .pace(let periodMs): self.init(pace: periodMs, state, max: window.max, nowMs: nowMs)
        case .calendar(let period): self.init(calendar: period, state, max: window.max, clock, nowMs: nowMs)
        }
    }

    private init(pace periodMs: Int64, _ state: HeldLimit?, max: Int64, nowMs: Int64) {
        let healed = state.map { CellRate.healed($0, max: max, periodMs: periodMs, nowMs: nowMs) }
        let arrivalMs = Swift.max(healed?.tatMs ?? 0, nowMs)
        let interval = CellRate.interval(max: max, periodMs: periodMs)
        used = min(max, (arrivalMs - nowMs + interval - 1) / interval)
        nextAtMs = used == max ? arrivalMs - interval * (max - 1) : nil
        freeAtMs = used > 0 ? arrivalMs : nil
    }

    private init(
        calendar period: CalendarPeriod,
        _ state: HeldLimit?,
        max: Int64,
        _ clock: LocalClock,
        nowMs: Int64
    ) {
        let second = nowMs.flooredQuotient(1000)
        let count =
            switch (state?.period ?? .min).subtractingReportingOverflow(period.number(at: second, clock)) {
            case (0, false): state?.count ?? 0
            case (1, false): state?.countBefore ?? 0
            default: UInt32(0)
            }
        used = min(max, Int64(count))
        let endMs = period.end(of: second, clock) * 1000
        nextAtMs = used == max ? endMs : nil
        freeAtMs = used > 0 ? endMs : nil
    }
}
