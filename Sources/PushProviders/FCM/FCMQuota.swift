private import PushCore

/// How fast messages may leave for one project: a token bucket that is opened gradually.
///
/// Google grants a project so many messages a minute, and asks for an even rate that grows from nothing over a minute at
/// least. What may have left at a time is a curve over the time since the beginning: a parabola while the rate grows, then a
/// line. A message may leave while fewer have left than the curve says; what is not used within a tenth of a second is lost,
/// so that there are no bursts. A machine of values: it is given the time, and keeps no clock.
///
/// Source: Google, "Throttling and quotas" and "Scale your FCM sends".
package struct FCMQuota: Sendable {
    /// Whether a message may leave.
    package enum Admission: Hashable, Sendable {
        case admitted
        /// Not before this time, in milliseconds since the Unix epoch.
        case notBefore(Int64)
    }

    /// What may be saved up, in time: long enough for a sender that wakes up a hundred times a second.
    private static let burstMs = 100.0
    /// Google: a minute where a quota is used up, unless the answer says otherwise.
    private static let closingMs: Int64 = 60_000
    private static let closingMsMax: Int64 = 60 * 60 * 1_000
    /// How far ahead messages are given times, at the full rate.
    private static let promiseMsMax = 10_000.0

    private let perMs: Double
    private let rampUpMs: Double
    private var beganAtMs: Int64?
    private var lastAtMs: Int64 = 0
    /// Messages since the beginning, those among them that were not sent in time.
    private var taken = 0.0
    /// Messages up to which those that had to wait were given a time, each its own: they do not all come back at once.
    private var promised = 0.0
    private var closedUntilMs: Int64?

    /// - Precondition: the configuration has no violations.
    package init(_ configuration: FCMConfiguration.Quota) {
        precondition(configuration.messagesPerMinute > 0, "an FCM configuration is used that was not validated")
        // With what may be saved up, no minute sees more than the quota.
        perMs = Double(configuration.messagesPerMinute) / (60_000 + Self.burstMs)
        rampUpMs = configuration.rampUp / .milliseconds(1)
    }

    /// Takes a token for one message.
    package mutating func take(nowMs: Int64) -> Admission {
        if let closedUntilMs {
            // Further away than any closing: the clock was set back.
            if nowMs < closedUntilMs, closedUntilMs - nowMs <= Self.closingMsMax { return .notBefore(closedUntilMs) }
            self.closedUntilMs = nil
        }
        let began = begin(nowMs: nowMs)
        let elapsed = Double(nowMs - began)
        let allowed = curve(elapsed)
        taken = max(taken, allowed - max(1, perMs * Self.burstMs))
        lastAtMs = nowMs
        guard taken + 1 > allowed else {
            taken += 1
            return .admitted
        }
        // Whoever was given a time may have been dropped meanwhile: then the next ones need not wait behind it for long.
        if promised < taken || promised > taken + perMs * Self.promiseMsMax { promised = taken }
        promised += 1
        return .notBefore(max(nowMs + 1, began + Int64(time(ofMessages: promised).rounded(.up))))
    }

    /// Gives back what ``take(nowMs:)`` admitted last: no message left after all.
    package mutating func giveBack() { taken = max(0, taken - 1) }

    /// Takes note that FCM says the project's quota is used up: nothing leaves before the time that it names, or for a
    /// minute; then the rate grows from nothing again.
    package mutating func exceeded(retryAfter: Duration?, nowMs: Int64) {
        let named = retryAfter?.wholeMilliseconds
        let untilMs = nowMs + min(max(named ?? Self.closingMs, 0), Self.closingMsMax)
        // Many messages are in flight: each of them may be answered so.
        closedUntilMs = max(closedUntilMs ?? untilMs, untilMs)
        beganAtMs = nil
    }

    /// The beginning that counts: a new one where there is none, where nothing left for as long as the rate takes to grow, or
    /// where the clock was set back.
    private mutating func begin(nowMs: Int64) -> Int64 {
        let idleMs = max(rampUpMs, 1_000)
        if let beganAtMs, nowMs >= lastAtMs, Double(nowMs - lastAtMs) <= idleMs { return beganAtMs }
        beganAtMs = nowMs
        taken = 0
        promised = 0
        return nowMs
    }

    /// How many messages may have left so many milliseconds after the beginning: the first at once.
    private func curve(_ elapsed: Double) -> Double {
        elapsed < rampUpMs
            ? 1 + perMs * elapsed * elapsed / (2 * rampUpMs)
            : 1 + perMs * (elapsed - rampUpMs / 2)
    }

    /// The inverse of ``curve(_:)``.
    private func time(ofMessages count: Double) -> Double {
        let above = max(0, count - 1)
        let duringRampUp = (2 * rampUpMs * above / perMs).squareRoot()
        return duringRampUp < rampUpMs ? duringRampUp : above / perMs + rampUpMs / 2
    }
}
