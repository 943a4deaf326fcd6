/// Tells dead addresses from living ones that only look dead, before any of them is given up.
///
/// A provider says "bad token" also where the topic, the environment or a key is wrong: then it says so to every token of the
/// app. And where one payload makes it say so, it says it to every recipient of that payload. So an answer is compared with the
/// others of its app and of its payload: while no address of an app (or hardly any recipient of a payload) was found alive, a
/// signal that an address is dead is held back for a moment, so that the answers of a burst are seen together; where many
/// different addresses are concerned, it is suspected and dropped. Nothing is lost by that: an address that is truly dead
/// answers the same next time.
///
/// A machine of values: it is given the time, and keeps no clock. Its memory is bounded: where there is no room for another
/// app or payload, its signals are held for their time and then believed; where there is none for a signal, the oldest is
/// dropped.
package struct AddressSuspicion<Signal: Sendable>: Sendable {
    package struct Limits: Sendable {
        /// How far back answers count, in milliseconds.
        package var windowMs: Int64 = 600_000
        /// How long a signal is held at most, in milliseconds.
        package var holdMs: Int64 = 2_000
        /// Different addresses that must look dead before anything is suspected.
        package var addressesMin = 20
        /// Of the answers of an app, in percent: more dead ones than that are suspected.
        package var appPercentMax = 50
        /// Of the answers to a payload, in percent: more dead ones than that are suspected.
        ///
        /// Higher than for an app: a payload for users who have been away for long may well meet many dead addresses.
        package var payloadPercentMax = 90
        /// Apps and payloads that are remembered.
        package var groupsMax = 4_096
        /// Signals that are held.
        package var heldMax = 4_096

        package init() {}
    }

    /// What an answer is compared with.
    package struct Subject: Hashable, Sendable {
        /// Stands for the app, and its environment: whose credential and topic it is.
        package let app: Int
        /// A hash of what recipients have in common: the rule, or the event and the rule.
        package let payload: Int
        /// A hash of the address.
        package let address: UInt64

        /// Numbers, since every answer is counted by them.
        package init(app: Int, payload: Int, address: UInt64) {
            self.app = app
            self.payload = payload
            self.address = address
        }
    }

    /// Why living addresses may look dead.
    package enum Cause: String, Hashable, Sendable {
        /// The app's topic, environment or key.
        case app
        case payload
    }

    /// What to do about a signal that an address is dead.
    package enum Judgement: Sendable {
        /// Give the address up.
        case credible(Signal)
        /// Do nothing, and call a person.
        case suspected(Signal, Cause)
    }

    private enum Group: Hashable {
        case app(Int)
        case payload(Int)
    }

    private struct Count {
        var answers = 0
        var dead = 0
        /// Those that looked dead: as many as are needed to tell many from few.
        var addresses: Set<UInt64> = []

        mutating func note(dead address: UInt64?, addressesMax: Int) {
            answers += 1
            guard let address else { return }
            dead += 1
            if addresses.count < addressesMax { addresses.insert(address) }
        }
    }

    private enum State {
        case credible
        /// Nothing but dead addresses, and not many yet.
        case unproven
        case suspected
    }

    private struct Held {
        let subject: Subject
        let reason: Reason
        let sinceMs: Int64
        let signal: Signal
    }

    private let limits: Limits
    /// The present half of the window, and the one before.
    private var current: [Group: Count] = [:]
    private var previous: [Group: Count] = [:]
    private var halfStartMs: Int64?
    /// In the order of time.
    private var held: [Held] = []
    private var needsReview = false

    /// - Precondition: all limits are above 0, percentages below 100.
    package init(limits: Limits = Limits()) {
        precondition(
            limits.windowMs > 1 && limits.holdMs > 0 && limits.addressesMin > 0 && limits.groupsMax > 0
                && limits.heldMax > 0
                && (1..<100).contains(limits.appPercentMax) && (1..<100).contains(limits.payloadPercentMax),
            "limits of suspicion are above 0, and percentages below 100"
        )
        self.limits = limits
    }

    /// Signals that are held now.
    package var heldCount: Int { held.count }

    /// When ``settle(nowMs:)`` has something to say at the latest; nil where nothing is held.
    package var nextDueMs: Int64? { held.first.map { $0.sinceMs + limits.holdMs } }

    // MARK: Answers

    /// Takes note of an answer that shows the address alive: accepted, or refused for another cause.
    ///
    /// Of what subject, without the address: `app` and `payload` are those of a ``Subject``.
    package mutating func noteAlive(app: Int, payload: Int, nowMs: Int64) {
        rotate(nowMs)
        count(.app(app), dead: nil)
        count(.payload(payload), dead: nil)
        needsReview = needsReview || !held.isEmpty
    }

    /// Takes note of an answer that the address is dead.
    ///
    /// What becomes of the signal is said by the next ``settle(nowMs:)``, or a later one.
    ///
    /// - Parameters:
    ///   - subject: whose answer it is.
    ///   - reason: one that a provider gives of addresses.
    ///   - signal: what the caller does when the address is given up.
    ///   - nowMs: milliseconds since the Unix epoch.
    package mutating func noteDead(_ subject: Subject, reason: Reason, signal: Signal, nowMs: Int64) {
        rotate(nowMs)
        // That an address is known and gone shows that the app's settings are right.
        count(.app(subject.app), dead: Self.dependsOnApp(reason) ? subject.address : nil)
        count(.payload(subject.payload), dead: subject.address)
        needsReview = true
        // The oldest gives way: its address will answer again.
        if held.count == limits.heldMax { held.removeFirst() }
        held.append(Held(subject: subject, reason: reason, sinceMs: nowMs, signal: signal))
    }

    /// Says what became clear: after each turn in which answers came, and when ``nextDueMs`` is over.
    ///
    /// - Parameter nowMs: milliseconds since the Unix epoch.
    /// - Returns: in the order of the signals.
    package mutating func settle(nowMs: Int64) -> [Judgement] {
        guard let dueMs = nextDueMs, needsReview || nowMs >= dueMs else { return [] }
        rotate(nowMs)
        needsReview = false
        var states: [Group: State] = [:]
        var judgements: [Judgement] = []
        var remaining: [Held] = []
        for entry in held {
            if let cause = suspicion(of: entry, &states) {
                judgements.append(.suspected(entry.signal, cause))
            } else if isCredible(entry, &states) || nowMs >= entry.sinceMs + limits.holdMs {
                judgements.append(.credible(entry.signal))
            } else {
                remaining.append(entry)
            }
        }
        held = remaining
        return judgements
    }

    // MARK: Groups

    /// APNs gives these also for the wrong topic or environment, and FCM its own for the wrong project.
    private static func dependsOnApp(_ reason: Reason) -> Bool {
        reason == .badDeviceToken || reason == .deviceTokenNotForTopic || reason == .senderIDMismatch
            || reason == .vapidKeyMismatch
    }

    private func suspicion(of entry: Held, _ states: inout [Group: State]) -> Cause? {
        let isOfApp = Self.dependsOnApp(entry.reason)
        if isOfApp, state(.app(entry.subject.app), &states) == .suspected { return .app }
        return state(.payload(entry.subject.payload), &states) == .suspected ? .payload : nil
    }

    private func isCredible(_ entry: Held, _ states: inout [Group: State]) -> Bool {
        let isOfApp = Self.dependsOnApp(entry.reason)
        return (!isOfApp || state(.app(entry.subject.app), &states) == .credible)
            && state(.payload(entry.subject.payload), &states) == .credible
    }

    private func state(_ group: Group, _ states: inout [Group: State]) -> State {
        if let known = states[group] { return known }
        let found = state(group)
        states[group] = found
        return found
    }

    private func state(_ group: Group) -> State {
        let counts = [current[group], previous[group]].compactMap(\.self)
        let answers = counts.reduce(0) { $0 + $1.answers }
        let dead = counts.reduce(0) { $0 + $1.dead }
        let percentMax =
            switch group {
            case .app: limits.appPercentMax
            case .payload: limits.payloadPercentMax
            }
        if answers > 0, dead * 100 <= answers * percentMax { return .credible }
        let addresses = counts.reduce(into: Set<UInt64>()) { $0.formUnion($1.addresses) }
        return addresses.count >= limits.addressesMin ? .suspected : .unproven
    }

    private mutating func count(_ group: Group, dead address: UInt64?) {
        if let index = current.index(forKey: group) {
            current.values[index].note(dead: address, addressesMax: limits.addressesMin)
        } else if current.count < limits.groupsMax {
            current[group, default: Count()].note(dead: address, addressesMax: limits.addressesMin)
        }
    }

    /// Forgets by halves of the window, so that nothing must be removed one by one.
    private mutating func rotate(_ nowMs: Int64) {
        guard let startMs = halfStartMs else {
            halfStartMs = nowMs
            return
        }
        // A clock that was set back starts over; so does one that stood still for a window.
        let ageMs = nowMs - startMs
        let halfMs = limits.windowMs / 2
        guard ageMs < 0 || ageMs >= halfMs else { return }
        previous = (halfMs..<2 * halfMs).contains(ageMs) ? current : [:]
        current = [:]
        halfStartMs = nowMs
    }
}
