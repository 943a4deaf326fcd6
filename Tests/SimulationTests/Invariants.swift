import PushCore
import SwiftProtobuf

/// What must hold when everything has come to rest.
struct Invariants {
    private let world: World
    private(set) var violations: [String] = []
    private var receipts: [Identifier: [PublicRecord]] = [:]
    private var receiptOrder: [Identifier] = []
    private var users: [String: UserRecord] = [:]

    init(_ world: World) {
        self.world = world
        for (id, receipt) in world.witness.receipts {
            if receipts[id] == nil { receiptOrder.append(id) }
            receipts[id, default: []].append(receipt)
        }
        for record in world.log.all(.users) {
            let key = String(decoding: record.key ?? [], as: UTF8.self)
            guard !key.hasPrefix("a:"), !key.hasPrefix("f:") else { continue }
            let user = record.value.flatMap { try? UserRecord(serializedBytes: $0) }
            // A process without the partition may have written older state behind newer.
            if let user, let known = users[key], user.lastOffset < known.lastOffset { continue }
            users[key] = user
        }
    }

    static func violations(in world: World) -> [String] {
        var invariants = Invariants(world)
        invariants.everyNotificationEnds()
        invariants.nothingIsSentTwiceUnsaid()
        invariants.chargesAreAdmissions()
        invariants.preferencesHold()
        invariants.deadEndsAreHeardOf()
        invariants.deadTokensAreSignalledOnce()
        invariants.addressesHaveOneOwner()
        return invariants.violations
    }

    private mutating func violation(_ text: String) { violations.append(text) }

    // MARK: Receipts

    /// Every notification that the rules ask for has one final receipt, or one for each device of its decision; every repeated
    /// event has its own; and there is no other receipt.
    private mutating func everyNotificationEnds() {
        var byNotification: [String: [PublicRecord]] = [:]
        for id in receiptOrder {
            guard let receipt = receipts[id]?.first, let notification = receipt["notification_id"] else { continue }
            byNotification[notification, default: []].append(receipt)
        }
        let expected = world.scenario.expected.sorted { $0.key.description < $1.key.description }
        for (id, notification) in expected {
            let all = byNotification.removeValue(forKey: id.description) ?? []
            check(id, notification, all)
        }
        // A digest has receipts, and no rule that asks for it.
        for id in world.witness.reference.digests { byNotification[id.description] = nil }
        if world.settings.hasWaits {
            // Of whom two processes decide, one may have sent a digest that the other's records do not know.
            byNotification = byNotification.filter { _, receipts in
                !receipts.contains { world.witness.torn.contains("u:\($0["user_id"] ?? "")") }
            }
        }
        for id in byNotification.keys.sorted() { violation("receipts for \(id), which no rule asks for") }
    }

    private mutating func check(_ id: Identifier, _ notification: Scenario.Expected, _ all: [PublicRecord]) {
        let isTorn = world.witness.torn.contains(notification.key)
        let duplicates = all.filter { $0["reason"] == "duplicate" }
        let finals = all.filter { $0["reason"] != "duplicate" && $0["outcome"] != "deferred" }
        if let topic = notification.topic {
            let least = fanOutsThatReach(notification.key, topic, id, world)
            if finals.isEmpty {
                if least > 0, !isTorn { violation("\(id): \(notification.key) subscribed, and was not told") }
                return
            }
            if !isTorn, !(least - 1..<notification.origins).contains(duplicates.count) {
                let events = "\(least) to \(notification.origins) events"
                violation("\(id): \(events), \(duplicates.count) receipts of duplicates")
            }
        }
        if finals.isEmpty { return violation("\(id) of \(notification.key) has no final receipt") }
        if isTorn { return }
        if notification.topic == nil, duplicates.count != notification.origins - 1 {
            violation("\(id): \(notification.origins) events, \(duplicates.count) receipts of duplicates")
        }
        guard let standing = world.witness.reference.decisions[id] else {
            return violation("\(id) has receipts and no decision")
        }
        let isWaiting = !standing.decision.waitsFor.isEmpty
        let ending = world.witness.reference.endings[id]
        if isWaiting, ending == nil { return violation("\(id) waits for \(standing.decision.waitsFor), and for ever") }
        let suppressed = isWaiting ? ending ?? "" : standing.decision.suppressed
        // All receipts about a target name it.
        let targets = suppressed.isEmpty ? finals.filter { $0["target"] != nil }.map { _ in "" } : []
        let devices = (finals.compactMap { $0["device_id"] } + targets).sorted()
        if suppressed.isEmpty
            ? devices != standing.deviceIDs.sorted() || finals.count != devices.count
            : finals.count != 1 || !devices.isEmpty || finals[0]["reason"] != suppressed
        {
            let said = finals.map { "\($0["device_id"] ?? "-") \($0["outcome"] ?? "") \($0["reason"] ?? "")" }
            violation("\(id): decided \(suppressed) for \(standing.deviceIDs), receipts say \(said)")
        }
    }

    /// How many fan-outs have to reach a user: none where they unsubscribed at any time, else those that stand behind the subscription.
    private func fanOutsThatReach(_ key: String, _ topic: String, _ id: Identifier, _ world: World) -> Int {
        let partition = Log.partition(of: Array(key.utf8))
        guard !world.scenario.unsubscribed.contains("\(key.dropFirst(2))/\(topic)"),
            let since = world.witness.subscribed["\(key)/\(topic)"],
            let event = world.scenario.events[id]
        else { return 0 }
        return world.witness.fanOuts[event]?[partition]?.values.count { $0 > since } ?? 0
    }

    /// What the provider took twice says so in its receipt. Where dispatch has no accidents, nothing is taken twice, and no
    /// receipt says that it may have been.
    private mutating func nothingIsSentTwiceUnsaid() {
        let mayRepeat = world.settings.hasAccidents(.dispatch)
        for (id, instances) in world.provider.taken.sorted(by: { $0.key.description < $1.key.description })
        where instances.count > 1 {
            if !mayRepeat { violation("the provider took \(id) \(instances.count) times, with no accident") }
            if world.provider.sentByZombies.contains(id) { continue }
            let receipt = Digests.openSSL.finalReceiptIdentifier(ofDelivery: id)
            if world.witness.lateReceipts.contains(receipt) { continue }
            let isSaid = receipts[receipt]?.contains { $0["possible_duplicate"] == "true" } ?? false
            if !isSaid { violation("the provider took \(id) \(instances.count) times, and no receipt says so") }
        }
        for id in receiptOrder where !mayRepeat {
            let isSaid = receipts[id]?.contains { $0["possible_duplicate"] == "true" } ?? false
            if isSaid { violation("receipt \(id) speaks of a possible duplicate, with no accident") }
        }
    }

    // MARK: People

    /// What a record holds against its user is what reached the outbox, each notification once.
    private mutating func chargesAreAdmissions() {
        // Clocks differ a little: what ends now may be in the record or not.
        let nowMs = world.nowMs + 1_000
        let admissions = world.witness.admissions.sorted { first, second in
            let asked = [first, second].map { world.witness.firstAsked[$0.key]?.offset ?? 0 }
            // What waited is charged when it is sent.
            return world.settings.hasWaits
                ? first.value.decidedAtMs < second.value.decidedAtMs : asked[0] < asked[1]
        }
        for user in Scenario.parties where !world.witness.torn.contains(user) {
            var dueMs: [String: Int64] = [:]
            for (_, admission) in admissions where admission.userKey == user {
                let rule = [Settings.order, Settings.news, Settings.audit, Settings.scores, Settings.flash].first {
                    $0.id == admission.ruleID
                }
                for name in rule?.windows ?? [] {
                    guard let window = world.settings.windows[name] else { continue }
                    dueMs[name] = max(dueMs[name, default: 0], admission.decidedAtMs) + window.portionMs
                }
            }
            let right = dueMs.values.sorted()
            let held = (users[user]?.limits ?? []).map(\.tatMs).sorted()
            let isRight =
                Self.hasEach(of: right.filter { $0 > nowMs }, in: held)
                && Self.hasEach(of: held.filter { $0 > nowMs }, in: right)
            if !isRight { violation("\(user) is charged up to \(held), admitted up to \(right)") }
        }
    }

    /// What one clock finds to be over, another one may not: they differ by less than the shortest portion of a window.
    private static func hasEach(of times: [Int64], in others: [Int64]) -> Bool {
        times.allSatisfy { time in others.contains { abs($0 - time) <= 2 * UsersShell.skewMaxMs } }
    }

    /// The latest word of a user holds.
    private mutating func preferencesHold() {
        for user in Scenario.users where !world.witness.torn.contains("u:\(user)") {
            let held = users["u:\(user)"]?.categories["news"]
            let right = world.scenario.wantsNews[user]
            if held != right { violation("\(user) wants news: \(right as Bool?), held: \(held as Bool?)") }
        }
    }

    /// A receipt that says that an address is dead was told to its user too.
    private mutating func deadEndsAreHeardOf() {
        for end in world.witness.deadEnds.subtracting(world.witness.feedback) {
            violation("the dead address behind \(end.notificationID) for \(end.deviceID) is known to nobody")
        }
        for rejection in world.provider.rejections where !world.witness.torn.contains("u:\(rejection.userID)") {
            let end = Witness.DeadEnd(notificationID: rejection.notificationID, deviceID: rejection.deviceID)
            guard world.witness.deadEnds.contains(end) else { continue }
            // Without a time, the provider means the registration that was sent to.
            let sinceMs = rejection.invalidSinceMs ?? rejection.registeredAtMs + 1
            let isInUse = users["u:\(rejection.userID)"]?.devices.contains { device in
                device.removedAtMs == 0 && device.id == rejection.deviceID && device.token == rejection.token
                    && device.registeredAtMs == rejection.registeredAtMs && device.registeredAtMs < sinceMs
            }
            if isInUse == true { violation("\(rejection.userID)/\(rejection.deviceID) is dead and still in use") }
        }
    }

    // MARK: Addresses

    /// One signal for each registration and each of the two things that it can say.
    private mutating func deadTokensAreSignalledOnce() {
        var signals: [String: Set<Identifier>] = [:]
        for record in world.log.all(.invalidTokens) {
            let value = PublicRecord(record.value ?? [])
            guard let id = record.eventID, let user = value["user_id"], let device = value["device_id"],
                let token = value["token"], value["notification_id"] != nil
            else {
                violation("an invalid-token record without its fields")
                continue
            }
            let registration = world.scenario.registrations.first {
                $0.userID == user && $0.deviceID == device && $0.token == token
                    && Self.signal($0, isRemoved: value["removed"] == "true") == id
            }
            guard let registration else {
                violation("an invalid token \(token) of \(user), which was never registered so")
                continue
            }
            signals["\(user)/\(device)/\(token)/\(registration.atMs)/\(value["removed"] ?? "")", default: []].insert(id)
        }
        for (registration, ids) in signals.sorted(by: { $0.key < $1.key }) where ids.count > 1 {
            let user = registration.split(separator: "/").first ?? ""
            if !world.witness.torn.contains("u:\(user)") {
                violation("\(registration) is signalled \(ids.count) times")
            }
        }
    }

    private static func signal(
        _ registration: Scenario.Registration,
        isRemoved: Bool
    ) -> Identifier {
        Digests.openSSL.identifier(
            Digests.eventNamespace,
            isRemoved ? "token-removed" : "token-kept",
            registration.userID,
            registration.deviceID,
            Digests.openSSL.fingerprint(of: registration.token),
            String(registration.atMs)
        )
    }

    /// An address is held by who registered it last, or by nobody where that was taken back since.
    private mutating func addressesHaveOneOwner() {
        for token in Scenario.tokens {
            let registrations = world.scenario.registrations.filter { $0.token == token }
            guard let last = registrations.max(by: { $0.atMs < $1.atMs }) else { continue }
            var holders: [Scenario.Registration] = []
            for user in Scenario.users {
                for device in users["u:\(user)"]?.devices ?? [] where device.removedAtMs == 0 && device.token == token {
                    holders.append(
                        .init(userID: user, deviceID: device.id, token: token, atMs: device.registeredAtMs)
                    )
                }
            }
            let held = holders.map { "\($0.userID)/\($0.deviceID) since \($0.atMs)" }
            let right = "\(last.userID)/\(last.deviceID) since \(last.atMs)"
            if holders.count > 1 {
                violation("\(token) is held by \(held)")
            } else if let only = held.first {
                if only != right { violation("\(token) is held by \(only), registered last by \(right)") }
                if isTakenBack(last, forGood: true) { violation("\(token) is held by \(only), who took it back") }
            } else if !isTakenBack(last), !isDead(last) {
                violation("\(token) is held by nobody, registered last by \(right)")
            }
        }
    }

    /// Unregistered since, or replaced by another address of the same device.
    ///
    /// `forGood`: Leave out replacements that the provider said were dead: they may never have been attached.
    private func isTakenBack(_ registration: Scenario.Registration, forGood: Bool = false) -> Bool {
        let replacements = world.scenario.registrations.filter { !forGood || !isDead($0) }
        return (world.scenario.unregistrations + replacements).contains {
            $0.userID == registration.userID && $0.deviceID == registration.deviceID && $0.atMs > registration.atMs
        }
    }

    /// The provider said that it is dead, and not since before it was registered.
    private func isDead(_ registration: Scenario.Registration) -> Bool {
        world.provider.rejections.contains { rejection in
            guard rejection.token == registration.token, rejection.userID == registration.userID,
                rejection.deviceID == registration.deviceID
            else { return false }
            return (rejection.invalidSinceMs ?? rejection.registeredAtMs) >= registration.atMs
        }
    }

    // MARK: Memory

    /// A day later, the records hold nothing but what may still be asked for.
    static func memoryIsBounded(in world: World) -> [String] {
        var fanOuts: [String: Bool] = [:]
        for record in world.log.all(.users) {
            let key = String(decoding: record.key ?? [], as: UTF8.self)
            if key.hasPrefix("f:") { fanOuts["\(key)#\(record.partition)"] = record.value != nil }
        }
        let held = fanOuts.filter(\.value).keys.sorted().map { "\($0) is still held" }
        let users = Invariants(world).users.sorted { $0.key < $1.key }
        // The last event is collected itself: its digest is there, which was decided on just now.
        let own = world.settings.hasWaits ? 1 : 0
        return held
            + users.flatMap { key, user -> [String] in
                var complaints: [String] = []
                if user.decisions.count > 1 + own {
                    complaints.append("\(key) holds \(user.decisions.count) decisions")
                }
                if user.limits.count > 1 { complaints.append("\(key) holds \(user.limits.count) limits") }
                let isWaiting = user.scheduled.contains { $0.settledByOffset == 0 }
                if user.scheduled.count > own || isWaiting {
                    complaints.append("\(key) holds \(user.scheduled.count) scheduled deliveries")
                }
                let removed = user.devices.filter { $0.removedAtMs != 0 }
                if !removed.isEmpty { complaints.append("\(key) holds \(removed.count) removed devices") }
                return complaints
            }
    }
}
