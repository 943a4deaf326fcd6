package import PushCore

/// Calls about many registrations: which is made when, and what became of each registration.
///
/// A machine of values: it is given the time and the randomness. Its owner makes the calls of ``next(nowMs:)`` and says with
/// ``ended(_:verdicts:nowMs:spread:)`` how each ended. Subscriptions can be changed twice without harm, so that what got no
/// answer is asked again as well.
package struct FCMTopicRun: Sendable {
    /// How much is done at a time, and how often.
    package struct Limits: Hashable, Sendable {
        /// Registrations in one call.
        package var batch = 1
        /// Calls under way.
        package var callsMax = FCMTopicRequest.concurrentMax
        /// Calls for one registration.
        package var attemptsMax = 4
        /// The longest that is waited: what asks for more is given up, and may be tried another day.
        package var waitMsMax: Int64 = 2 * 60 * 1_000

        package init() {}
    }

    /// One call, and the registrations that it is about: positions in the list.
    package struct Call: Hashable, Sendable {
        package let registrations: [Int]
        package let attempt: Int
    }

    package enum Step: Hashable, Sendable {
        case call(Call)
        /// Nothing to do before this time (milliseconds since the Unix epoch); nil: before a call has ended.
        case wait(untilMs: Int64?)
        case done
    }

    private struct Waiting: Sendable {
        let call: Call
        let dueMs: Int64
    }

    /// What became of each registration; nil where that is not known yet.
    package private(set) var verdicts: [Verdict?]
    private let limits: Limits
    private var fresh: [Int]
    private var freshNext = 0
    private var waiting: [Waiting] = []
    private var callCount = 0
    private var pausedUntilMs: Int64 = .min
    private var refusal: Verdict?

    /// - Precondition: all limits are at least 1.
    package init(registrations: [String], limits: Limits = Limits()) {
        precondition(limits.batch > 0 && limits.callsMax > 0 && limits.attemptsMax > 0, "limits are at least 1")
        self.limits = limits
        // What cannot be an address is not asked about: in a batch it would spoil the rest.
        verdicts = registrations.map { FCMTarget.token($0).verdict }
        fresh = verdicts.indices.filter { [verdicts] in verdicts[$0] == nil }
    }

    /// What to do now.
    package mutating func next(nowMs: Int64) -> Step {
        if let refusal { giveUp(refusal) }
        if isDone { return .done }
        if freshNext == fresh.count, waiting.isEmpty { return .wait(untilMs: nil) }
        if callCount >= limits.callsMax { return .wait(untilMs: nil) }
        // Further away than the longest wait: the clock was set back.
        if pausedUntilMs > nowMs, pausedUntilMs - nowMs <= limits.waitMsMax { return .wait(untilMs: pausedUntilMs) }
        if let index = waiting.firstIndex(where: { $0.dueMs <= nowMs || $0.dueMs - nowMs > limits.waitMsMax }) {
            callCount += 1
            return .call(waiting.remove(at: index).call)
        }
        if freshNext < fresh.count {
            let end = min(fresh.count, freshNext + limits.batch)
            defer { freshNext = end }
            callCount += 1
            return .call(Call(registrations: Array(fresh[freshNext..<end]), attempt: 1))
        }
        return .wait(untilMs: waiting.map(\.dueMs).min())
    }

    /// Whether there is a verdict for each registration, and no call under way.
    package var isDone: Bool { freshNext == fresh.count && waiting.isEmpty && callCount == 0 }

    /// Takes note of how a call ended.
    ///
    /// - Parameters:
    ///   - call: as ``next(nowMs:)`` gave it.
    ///   - answers: for each of its registrations, in order.
    ///   - nowMs: when.
    ///   - spread: random, from 0 up to 1: lengthens waits by up to a half.
    package mutating func ended(_ call: Call, verdicts answers: [Verdict], nowMs: Int64, spread: Double) {
        precondition(answers.count == call.registrations.count, "there is a verdict for each registration of a call")
        callCount -= 1
        var again: [Int] = []
        var waitMs: Int64 = 0
        for (registration, verdict) in zip(call.registrations, answers) {
            guard call.attempt < limits.attemptsMax, refusal == nil,
                let ms = wait(after: verdict, attempt: call.attempt, spread), ms <= limits.waitMsMax
            else {
                verdicts[registration] = verdict
                continue
            }
            again.append(registration)
            waitMs = max(waitMs, ms)
        }
        let isAllRefused = answers.allSatisfy { if case .configuration = $0 { true } else { false } }
        // The project or its credential is refused, not a registration: the others would be as well.
        if isAllRefused, let verdict = answers.first { refusal = verdict }
        if again.isEmpty { return }
        waiting.append(
            Waiting(call: Call(registrations: again, attempt: call.attempt + 1), dueMs: nowMs + waitMs)
        )
        let isAboutRate = answers.contains { verdict in
            if case .retry(.quotaExceeded, _) = verdict { return true }
            if case .retry(.tooManyRequests, _) = verdict { return true }
            return false
        }
        if isAboutRate { pausedUntilMs = max(pausedUntilMs, nowMs + waitMs) }
    }

    /// Has a call made once more at once: its answer was a part of what was asked for.
    package mutating func goOn(_ call: Call, nowMs: Int64) {
        callCount -= 1
        waiting.insert(Waiting(call: call, dueMs: nowMs), at: 0)
    }

    /// Makes no more calls: what is not known yet gets this verdict.
    ///
    /// The answers to calls under way are still taken.
    package mutating func stop(_ verdict: Verdict) {
        refusal = refusal ?? verdict
        giveUp(refusal ?? verdict)
    }

    private mutating func giveUp(_ verdict: Verdict) {
        for registration in fresh[freshNext...] + waiting.flatMap(\.call.registrations) {
            verdicts[registration] = verdict
        }
        freshNext = fresh.count
        waiting.removeAll()
    }

    /// Milliseconds until the next attempt; nil where there is none.
    private func wait(after verdict: Verdict, attempt: Int, _ spread: Double) -> Int64? {
        switch verdict {
        case .reauthenticate, .reconnect: return 0
        case .retry(_, let after):
            let base = max(1_000, after?.wholeMilliseconds ?? 1_000)
            let (doubled, isTooLong) = base.multipliedReportingOverflow(by: 1 << Int64(min(attempt - 1, 16)))
            // What was asked for is kept to; only our own doubling is spread and cut.
            let cut = isTooLong ? limits.waitMsMax : min(doubled, max(base, limits.waitMsMax))
            return base >= limits.waitMsMax ? base : min(limits.waitMsMax, cut + Int64(spread * Double(cut) / 2))
        case .accepted, .addressDead, .addressKept, .configuration, .badRequest: return nil
        }
    }
}
