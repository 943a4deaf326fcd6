import PushCore

/// The provider: takes requests, answers in any order and in any way, or not at all; and knows what it took.
struct SimulatedProvider {
    struct Attempt {
        let instance: Int
        let ticket: DispatchCore.Ticket
        let delivery: Delivery
    }

    /// A word of the provider that an address is dead.
    struct Rejection {
        let notificationID: Identifier
        let userID: String
        let deviceID: String
        let token: String
        let registeredAtMs: Int64
        /// nil where it named no time.
        let invalidSinceMs: Int64?
    }

    private(set) var attempts: [Attempt] = []
    private var ends: [Int: [(ticket: DispatchCore.Ticket, end: AttemptEnd)]] = [:]
    /// Deliveries that it took, each time from which instance.
    private(set) var taken: [Identifier: [Int]] = [:]
    /// Deliveries that a process sent which did not own them any more.
    private(set) var sentByZombies: Set<Identifier> = []
    private(set) var rejections: [Rejection] = []
    private var deadSinceMs: [String: Int64] = [:]
    /// Until then it takes nothing.
    private var failsUntilMs: Int64 = 0

    var isIdle: Bool { attempts.isEmpty && ends.values.allSatisfy(\.isEmpty) }

    // MARK: Addresses

    mutating func kill(_ token: String, sinceMs: Int64) { deadSinceMs[token] = sinceMs }

    /// The app registered with the provider again.
    mutating func revive(_ token: String) { deadSinceMs[token] = nil }

    // MARK: Outages

    mutating func fail(untilMs: Int64, in world: World) {
        world.note("provider: an outage up to +\(untilMs - world.nowMs)ms")
        failsUntilMs = untilMs
    }

    private func isOut(_ world: World) -> Bool { world.hasFaults && world.nowMs < failsUntilMs }

    // MARK: Requests

    mutating func begin(
        _ ticket: DispatchCore.Ticket,
        _ delivery: Delivery,
        by instance: Int,
        in world: World
    ) -> AttemptEnd? {
        if world.hasFaults, world.random.chance(3) { return .notProcessed(.providerUnavailable) }
        if isOut(world), world.random.chance(60) {
            return world.random.chance(50)
                ? .held(.serviceUnavailable, untilMs: failsUntilMs) : .notProcessed(.connectionLost)
        }
        if world.owns(instance, .dispatch, key: delivery.recordKeyText) {
            world.witness.sent(delivery, by: instance)
        } else {
            sentByZombies.insert(delivery.id)
        }
        attempts.append(Attempt(instance: instance, ticket: ticket, delivery: delivery))
        return nil
    }

    /// The stage closes the stream; the provider may have taken the request.
    mutating func cancel(_ ticket: DispatchCore.Ticket, of instance: Int, in world: World) {
        giveUp(in: world) { $0.instance == instance && $0.ticket == ticket }
    }

    mutating func crashed(_ instance: Int, in world: World) {
        giveUp(in: world) { $0.instance == instance }
        ends[instance] = nil
    }

    private mutating func giveUp(in world: World, _ isMeant: (Attempt) -> Bool) {
        for attempt in attempts where isMeant(attempt) {
            if world.random.chance(50) { take(attempt, in: world) }
        }
        attempts.removeAll(where: isMeant)
    }

    mutating func takeEnds(of instance: Int) -> [(ticket: DispatchCore.Ticket, end: AttemptEnd)] {
        ends.removeValue(forKey: instance) ?? []
    }

    // MARK: Answers

    /// Answers one request.
    mutating func answer(_ choice: Int, in world: World) {
        guard !attempts.isEmpty else { return }
        let attempt = attempts.remove(at: choice % attempts.count)
        let end = end(of: attempt, in: world)
        world.note("provider: \(end) to dispatch#\(attempt.instance)")
        ends[attempt.instance, default: []].append((attempt.ticket, end))
    }

    private mutating func end(of attempt: Attempt, in world: World) -> AttemptEnd {
        if let sinceMs = deadSinceMs[attempt.delivery.device.token] {
            return gone(attempt, sinceMs: min(sinceMs, world.nowMs))
        }
        guard world.hasFaults else { return take(attempt, in: world) }
        if isOut(world) {
            let after = Int64(world.random.below(20))
            return answered(.retry(.serviceUnavailable, after: after < 10 ? nil : .seconds(after)), 503)
        }
        let mayLoseAnswers = world.settings.hasAccidents(.dispatch)
        switch world.random.below(100) {
        case 0..<5: return answered(.retry(.serviceUnavailable, after: nil), 503)
        case 5..<8: return answered(.retry(.tooManyRequests, after: .seconds(Int64(world.random.below(90)))), 429)
        case 8..<10: return badToken(attempt)
        case 10..<12: return answered(.badRequest(.payloadTooLarge), 413)
        case 12..<13: return answered(.configuration(.badTopic), 400)
        case 13..<15: return answered(.reauthenticate(.expiredProviderToken), 403)
        case 15..<17: return answered(.reconnect(.shutdown), 503)
        case 17..<21: return .notProcessed(.connectionLost)
        case 21..<25: return mayLoseAnswers ? .unknown(.timeout) : take(attempt, in: world)
        case 25..<32:
            let taken = take(attempt, in: world)
            return mayLoseAnswers ? .unknown(.connectionLost) : taken
        default: return take(attempt, in: world)
        }
    }

    @discardableResult
    private mutating func take(_ attempt: Attempt, in world: World) -> AttemptEnd {
        let id = attempt.delivery.id
        taken[id, default: []].append(attempt.instance)
        world.note("provider takes \(id) for the \(taken[id, default: []].count). time")
        return answered(.accepted(providerMessageID: nil), 200)
    }

    /// 410, as the classification of the real provider has it.
    private mutating func gone(_ attempt: Attempt, sinceMs: Int64) -> AttemptEnd {
        let registeredAtMs = attempt.delivery.device.registeredAtMs
        reject(attempt, sinceMs: sinceMs)
        return registeredAtMs < sinceMs
            ? answered(.addressDead(.unregistered, invalidSinceMs: sinceMs), 410)
            : answered(.addressKept(.unregistered, invalidSinceMs: sinceMs), 410)
    }

    private mutating func badToken(_ attempt: Attempt) -> AttemptEnd {
        // As the sender has it: there is no address behind a target.
        if attempt.delivery.device.hasTarget {
            return answered(Verdict.addressDead(.badDeviceToken, invalidSinceMs: nil).aboutTarget, 400)
        }
        reject(attempt, sinceMs: nil)
        return answered(.addressDead(.badDeviceToken, invalidSinceMs: nil), 400)
    }

    private mutating func reject(_ attempt: Attempt, sinceMs: Int64?) {
        rejections.append(
            Rejection(
                notificationID: attempt.delivery.notification.id,
                userID: attempt.delivery.userID,
                deviceID: attempt.delivery.device.id,
                token: attempt.delivery.device.token,
                registeredAtMs: attempt.delivery.device.registeredAtMs,
                invalidSinceMs: sinceMs
            )
        )
    }

    private func answered(_ verdict: Verdict, _ status: Int) -> AttemptEnd {
        .answered(verdict, AttemptEnd.Answer(status: status, reason: nil))
    }
}
