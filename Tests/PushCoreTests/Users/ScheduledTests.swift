import Testing

@testable import PushCore

@Suite("Users: deliveries that wait")
struct ScheduledTests {
    /// A delivery as dispatch hands it back.
    static func delivery(
        _ event: String = "event-1",
        device: Device = registered(),
        handBacks: UInt32 = 1,
        change: (inout Notification) -> Void = { _ in }
    ) -> Delivery {
        var notification = Make.notification(event: event)
        change(&notification)
        var delivery = Make.delivery(notification, to: device)
        delivery.attempts = 3
        delivery.sentAtMs = Make.timeMs + 7
        delivery.possibleDuplicate = true
        delivery.handBacks = handBacks
        return delivery
    }

    /// A device with the number that its registration gives it.
    static func registered(_ id: String = "phone", token: String = "aa01", number: UInt32 = 1) -> Device {
        var device = Make.device(id, token: token)
        device.number = number
        return device
    }

    static func later(_ delivery: Delivery, notBeforeMs: Int64 = Make.timeMs + 60_000) -> Command.OneOf_Kind {
        var schedule = ScheduleDelivery()
        schedule.delivery.append(contentsOf: delivery.encoded())
        schedule.notBeforeMs = notBeforeMs
        schedule.reason = Reason.serviceUnavailable.rawValue
        return .later(schedule)
    }

    private func bench(change: (inout UsersConfiguration) -> Void = { _ in }) throws -> UsersBench {
        var bench = UsersBench(change: change)
        try bench.register()
        return bench
    }

    // MARK: Release

    @Test("a delivery comes back as it was handed over, when it is due and not before")
    func release() throws {
        var bench = try bench()
        let delivery = Self.delivery()
        let scheduled = bench.handle(Self.later(delivery))
        #expect(scheduled.disposition == .applied && scheduled.effects.outputs.isEmpty)
        #expect(bench.core.scheduledCount == 1 && bench.core.nextDueMs == Make.timeMs + 60_000)
        bench.nowMs += 59_999
        #expect(bench.due().isEmpty)
        bench.nowMs += 1
        let asked = bench.due()
        #expect(asked.map(\.topic) == [.inbox] && asked.map(\.keyText) == ["u:ann"])
        #expect(bench.core.scheduledCount == 1, "only the command changes anything")
        let released = try bench.handle(asked[0])
        #expect(try released.effects.deliveries() == [delivery])
        #expect(released.deliveries == 1 && released.effects.outputs.count == 1 && released.effects.state != nil)
        #expect(bench.core.scheduledCount == 0 && bench.core.nextDueMs == nil)
    }

    @Test("a release is asked for once, and again when nothing came of it")
    func asking() throws {
        var bench = try bench()
        _ = bench.handle(Self.later(Self.delivery()))
        bench.nowMs += 60_000
        let asked = bench.due()
        #expect(asked.count == 1 && bench.due().isEmpty)
        // Another command of the user does not ask again.
        _ = bench.notify("other")
        bench.nowMs += 29_999
        #expect(bench.due().isEmpty)
        bench.nowMs += 1
        #expect(bench.due() == asked)
        #expect(try bench.handle(asked[0]).disposition == .applied)
        #expect(try bench.handle(asked[0]).disposition == .ignored)
        bench.nowMs += Make.hourMs
        #expect(bench.due().isEmpty)
    }

    @Test("whoever restores the record asks again, also for what is long due")
    func restored() throws {
        var bench = try bench()
        _ = bench.handle(Self.later(Self.delivery()))
        bench.nowMs += 60_000
        let asked = bench.due()
        bench.restart(committed: bench.nextOffset)
        #expect(bench.core.scheduledCount == 1)
        #expect(bench.due() == asked)
        #expect(try bench.handle(asked[0]).effects.deliveries().count == 1)
        bench.restart(committed: bench.nextOffset)
        #expect(bench.core.scheduledCount == 0 && bench.due().isEmpty)
    }

    @Test("so many users are asked for in one call, the longest due first")
    func askedInPortions() throws {
        var bench = UsersBench()
        for number in 0..<10 {
            let user = "user\(number)"
            try bench.register(Make.device(token: "0\(number)"), user: user)
            var delivery = Self.delivery()
            delivery.userID = user
            _ = bench.handle(Self.later(delivery, notBeforeMs: Make.timeMs + 10 - Int64(number)), to: "u:\(user)")
        }
        bench.nowMs += 100
        #expect(bench.due(max: 3).map(\.keyText) == ["u:user9", "u:user8", "u:user7"])
        #expect(bench.due(max: 100).count == 7)
        #expect(bench.due().isEmpty)
    }

    enum Change: CaseIterable {
        case ttlPassed, deviceGone, addressChanged, optedOut, appGone
    }

    @Test("what cannot be sent any more when it is due ends with a final receipt", arguments: Change.allCases)
    func refused(_ change: Change) throws {
        var bench = UsersBench { $0.apps.insert(.init(provider: .apns, app: "com.example.other")) }
        var device = Self.registered()
        if change == .appGone { device.app = "com.example.gone" }
        try bench.register(device)
        let delivery = Self.delivery(device: device)
        _ = bench.handle(Self.later(delivery))
        var wanted = ("suppressed", "no_devices")
        switch change {
        case .ttlPassed:
            bench.nowMs += Make.dayMs
            wanted = ("expired", "ttl_passed")
        case .deviceGone: try bench.settle(UsersBench.unregister(atMs: Make.timeMs + 1))
        case .addressChanged: try bench.register(Make.device(token: "bb02", at: Make.timeMs + 1))
        case .optedOut:
            var preferences = SetPreferences()
            preferences.categories = ["orders": false]
            _ = bench.handle(.preferences(preferences))
            wanted = ("suppressed", "opted_out")
        case .appGone: wanted = ("rejected", "app_not_configured")
        }
        bench.nowMs += 60_000
        let ended = try bench.handle(try #require(bench.due().first))
        let receipt = try #require(ended.effects.receipts.first)
        #expect(ended.effects.outputs.count == 1)
        #expect(receipt.text("outcome") == wanted.0 && receipt.text("reason") == wanted.1)
        #expect(receipt.header("ce_id") == Make.receiptID(delivery).description)
        #expect(receipt.json.member("attempts")?.intValue == 3 && receipt.text("sent_at") != nil)
        #expect(receipt.json.member("possible_duplicate")?.boolValue == true)
        #expect(ended.endings.map(\.reason.rawValue) == [wanted.1] && ended.endings.first?.provider == "apns")
        #expect(bench.core.scheduledCount == 0)
    }

    @Test("what is expired when it is handed back ends at once")
    func expiredAtOnce() throws {
        var bench = try bench()
        bench.nowMs += Make.dayMs
        let ended = bench.handle(Self.later(Self.delivery()))
        #expect(ended.effects.receipts.first?.text("outcome") == "expired" && bench.core.scheduledCount == 0)
    }

    // MARK: What is read again

    @Test("a command read again says the same, charges nothing and stores nothing", arguments: [true, false])
    func replayed(_ isRestarted: Bool) throws {
        var bench = try bench()
        let committed = bench.nextOffset
        let laterOffset = bench.nextOffset
        _ = bench.handle(Self.later(Self.delivery()))
        bench.nowMs += 60_000
        let asked = try #require(bench.due().first)
        let releaseOffset = bench.nextOffset
        let released = try bench.handle(asked)
        if isRestarted { bench.restart(committed: committed) }
        let later = bench.handle(Self.later(Self.delivery()), offset: laterOffset)
        #expect(later.disposition == .replayed && later.effects.isEmpty)
        let again = try bench.handle(asked, offset: releaseOffset)
        #expect(again.disposition == .replayed && again.effects.state == nil && again.endings.isEmpty)
        #expect(again.effects.outputs == released.effects.outputs && !again.effects.outputs.isEmpty)
        #expect(bench.core.scheduledCount == 0)
    }

    @Test("a hand-back that is known is ignored, waiting or released; the next one is not")
    func knownHandBack() throws {
        var bench = try bench()
        _ = bench.handle(Self.later(Self.delivery()))
        #expect(bench.handle(Self.later(Self.delivery(), notBeforeMs: 0)).disposition == .ignored)
        #expect(bench.core.nextDueMs == Make.timeMs + 60_000)
        bench.nowMs += 60_000
        _ = try bench.handle(try #require(bench.due().first))
        bench.commit()
        _ = bench.notify("other")
        #expect(try #require(try bench.record()).scheduled.map(\.delivery.count) == [0], "a mark is small")
        #expect(bench.handle(Self.later(Self.delivery())).disposition == .ignored)
        #expect(bench.core.scheduledCount == 0)
        let next = bench.handle(Self.later(Self.delivery(handBacks: 2), notBeforeMs: bench.nowMs))
        #expect(next.disposition == .applied && bench.core.scheduledCount == 1)
        #expect(bench.due().count == 1)
    }

    @Test("nothing is remembered when nobody can ask any more")
    func forgotten() throws {
        var bench = try bench()
        _ = bench.handle(Self.later(Self.delivery()))
        bench.nowMs += 60_000
        _ = try bench.handle(try #require(bench.due().first))
        bench.commit()
        bench.nowMs = Make.timeMs + Make.dayMs + bench.configuration.dedupeWindowMs + 1
        _ = bench.notify("other")
        #expect(try #require(try bench.record()).scheduled.isEmpty)
    }

    // MARK: Limits

    @Test("of more than a user may have, the one that expires first is given up, and says so")
    func overflow() throws {
        var bench = try bench { $0.scheduledMax = 3 }
        let lifetimes: [Int64] = [5, 2, 7, 6, 1]
        var given: [Int64] = []
        for (index, hours) in lifetimes.enumerated() {
            let delivery = Self.delivery("e\(index)") { $0.expiresAtMs = Make.timeMs + hours * Make.hourMs }
            let decided = bench.handle(Self.later(delivery))
            for receipt in decided.effects.receipts {
                #expect(receipt.text("outcome") == "failed" && receipt.text("reason") == "scheduled_overflow")
                let event = try #require(receipt.text("event_id"))
                given.append(lifetimes[try #require(Int(event.dropFirst()))])
            }
        }
        #expect(given == [2, 1] && bench.core.scheduledCount == 3)
    }

    @Test("their octets are limited too")
    func overflowOctets() throws {
        var bench = try bench { $0.scheduledBytesMax = 2_000 }
        for index in 0..<5 {
            let delivery = Self.delivery("e\(index)") { $0.data = ["text": String(repeating: "x", count: 500)] }
            _ = bench.handle(Self.later(delivery))
        }
        #expect(bench.core.scheduledCount == 2)
        let large = Self.delivery("large") { $0.data = ["text": String(repeating: "x", count: 3_000)] }
        let receipts = bench.handle(Self.later(large)).effects.receipts
        #expect(receipts.map { $0.text("event_id") } == ["large"], "what is too large alone costs the others nothing")
        #expect(bench.core.scheduledCount == 2)
    }

    @Test("marks are limited as well")
    func marks() throws {
        var bench = try bench { $0.scheduledMax = 4 }
        for index in 0..<20 {
            _ = bench.handle(Self.later(Self.delivery("e\(index)"), notBeforeMs: bench.nowMs))
            _ = try bench.handle(try #require(bench.due().first))
            bench.commit()
        }
        _ = bench.notify("other")
        #expect(try #require(try bench.record()).scheduled.count == 4)
    }

    @Test("what is no delivery of the user becomes a dead letter")
    func damaged() throws {
        var bench = try bench()
        var other = Self.delivery()
        other.userID = "bob"
        var unknown = Self.delivery()
        unknown.device.provider = "pager"
        var broken = ScheduleDelivery()
        broken.delivery.append(contentsOf: [0xFF, 0xFF])
        for command in [Self.later(other), Self.later(unknown), .later(broken), .later(ScheduleDelivery())] {
            #expect(bench.handle(command).disposition == .invalid)
        }
        #expect(bench.core.scheduledCount == 0)
    }

    @Test("an inbox that was made anew does not make what waits wait for ever")
    func forgetPositions() throws {
        var bench = try bench()
        _ = bench.handle(Self.later(Self.delivery()))
        bench.forgetPositions(nextOffset: 0)
        bench.nowMs += 60_000
        #expect(try bench.handle(try #require(bench.due().first)).effects.deliveries().count == 1)
    }
}

@Suite("Users: newer deliveries take the place of what waits")
struct SupersedeScheduledTests {
    private func delivery(_ event: String, key: String = "order-1", atMs: Int64, device: Device) -> Delivery {
        var delivery = ScheduledTests.delivery(event, device: device) { $0.collapseKey = key }
        delivery.decidedAtMs = Make.timeMs + atMs
        return delivery
    }

    private func bench() throws -> UsersBench {
        var bench = UsersBench()
        try bench.register()
        try bench.register(Make.device("tablet", token: "bb02"))
        return bench
    }

    @Test(
        "a new notification ends what waits for the same device under the same key, and says so again when read again"
    )
    func newNotification() throws {
        var bench = try bench()
        let phone = ScheduledTests.registered()
        _ = bench.handle(ScheduledTests.later(delivery("e1", atMs: 0, device: phone)))
        _ = bench.handle(ScheduledTests.later(delivery("e2", key: "order-2", atMs: 0, device: phone)))
        _ = bench.handle(ScheduledTests.later(delivery("e3", key: "", atMs: 0, device: phone)))
        var notification = Make.notification(event: "new")
        notification.collapseKey = "order-1"
        let offset = bench.nextOffset
        let decided = bench.handle(UsersBench.notify(notification))
        #expect(try decided.effects.deliveries().count == 2 && decided.disposition == .admitted)
        let receipts = decided.effects.receipts
        #expect(receipts.map { $0.text("event_id") } == ["e1"] && receipts.map { $0.text("outcome") } == ["superseded"])
        #expect(decided.endings.map(\.outcome) == [.superseded] && bench.core.scheduledCount == 2)
        bench.restart(committed: offset)
        let again = bench.handle(UsersBench.notify(notification), offset: offset)
        #expect(again.effects.outputs == decided.effects.outputs && again.endings.isEmpty)
    }

    @Test("a notification that is not sent ends nothing")
    func suppressed() throws {
        var bench = try bench()
        _ = bench.handle(ScheduledTests.later(delivery("e1", atMs: 0, device: ScheduledTests.registered())))
        let decided = bench.notify("new") {
            $0.collapseKey = "order-1"
            $0.expiresAtMs = Make.timeMs
        }
        #expect(decided.disposition == .ended(.ttlPassed) && bench.core.scheduledCount == 1)
    }

    @Test("of two that are handed back, the one that was decided later stays", arguments: [true, false])
    func handedBack(_ isOlderFirst: Bool) throws {
        var bench = try bench()
        let phone = ScheduledTests.registered()
        let both = [delivery("old", atMs: 0, device: phone), delivery("new", atMs: 1, device: phone)]
        var receipts: [Outgoing] = []
        for delivery in isOlderFirst ? both : both.reversed() {
            receipts += bench.handle(ScheduledTests.later(delivery)).effects.receipts
        }
        #expect(receipts.map { $0.text("event_id") } == ["old"] && receipts.map { $0.text("reason") } == ["superseded"])
        #expect(bench.core.scheduledCount == 1)
    }

    @Test("another device's waits on")
    func otherDevice() throws {
        var bench = try bench()
        let tablet = ScheduledTests.registered("tablet", token: "bb02", number: 2)
        _ = bench.handle(ScheduledTests.later(delivery("e1", atMs: 0, device: ScheduledTests.registered())))
        let decided = bench.handle(ScheduledTests.later(delivery("e2", atMs: 1, device: tablet)))
        #expect(decided.effects.outputs.isEmpty && bench.core.scheduledCount == 2)
    }
}

@Suite("Users: the agenda")
struct AgendaTests {
    @Test("it gives who is due, and stays as long as the users are many", arguments: [1, 2, 3] as [UInt64])
    func model(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var agenda = Agenda()
        var model: [String: (dueMs: Int64, count: Int)] = [:]
        var nowMs: Int64 = 0
        for _ in 0..<5_000 {
            let key = "u:\(Int.random(in: 0..<20, using: &random))"
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<6:
                let dueMs = nowMs + Int64.random(in: 0...1_000, using: &random)
                let count = Int.random(in: 1...5, using: &random)
                agenda.set(key, dueMs: dueMs, deliveries: count, askedAtMs: [:])
                model[key] = (dueMs, count)
            case 6:
                agenda.remove(key)
                model[key] = nil
            default:
                nowMs += Int64.random(in: 0...20, using: &random)
                while let next = agenda.pop(dueAtMs: nowMs) {
                    #expect(model[next].map { $0.dueMs <= nowMs } ?? false, "seed \(seed)")
                    agenda.remove(next)
                    model[next] = nil
                }
                #expect(model.values.allSatisfy { $0.dueMs > nowMs }, "seed \(seed)")
            }
            #expect(agenda.count == model.values.reduce(0) { $0 + $1.count }, "seed \(seed)")
            #expect(agenda.queued <= 2 * model.count + 64, "seed \(seed)")
        }
    }
}
