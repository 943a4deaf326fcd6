import SwiftProtobuf
import Testing

@testable import PushCore

@Suite("Users: a person is forgotten")
struct ForgetTests {
    private let t = Make.timeMs
    private static let addresses = ["aa01", "bb02"].map { "a:\(Digests.openSSL.fingerprint(of: $0))" }

    /// Two devices, preferences, a topic, a badge, a limit that is used up, and a notification that waits for it.
    private static func known() throws -> UsersBench {
        var bench = UsersBench(limits: ["all": [LimitWindow(max: 1, periodMs: Make.dayMs, onExceed: .defer)]])
        try bench.register(Make.device("phone", token: "aa01"))
        try bench.register(Make.device("pad", token: "bb02"))
        _ = bench.handle(UsersBench.preferences(["chat": false], zone: "Asia/Kolkata"))
        _ = bench.handle(subscription(atMs: Make.timeMs))
        var badge = SetBadge()
        badge.count = 3
        badge.atMs = Make.timeMs
        _ = bench.handle(.badge(badge))
        bench.commit()
        _ = bench.notify("sent")
        _ = bench.notify("waits")
        return bench
    }

    private static func subscription(atMs: Int64, user: String = "ann") -> Command.OneOf_Kind {
        var subscription = SetSubscription()
        subscription.topic = "news"
        subscription.subscribed = true
        subscription.atMs = atMs
        return .subscription(subscription)
    }

    private static func receiptID(_ event: String = "forget-1") -> String {
        let erasure = Digests.openSSL.erasureIdentifier(eventSource: "/privacy", eventID: event, userID: "ann")
        return Digests.openSSL.receiptIdentifier(ofErasure: erasure).description
    }

    /// The last value of a key in the changelog; nil for a tombstone, and where there is none.
    private static func value(_ key: String, _ bench: UsersBench) -> [UInt8]? {
        bench.changelog.last { $0.keyText == key }?.value
    }

    private static func isErased(_ bench: UsersBench) -> Bool {
        (["u:ann"] + addresses).allSatisfy { value($0, bench) == nil } && bench.core.recordCount == 0
    }

    // MARK: What goes

    @Test("all that is held goes: record, addresses, subscription; what waited ends first, and a receipt says it all")
    func whole() throws {
        var bench = try Self.known()
        let decided = bench.handle(UsersBench.forget(atMs: t + 1))
        #expect(decided.said == ["suppressed/forgotten"])
        #expect(decided.endings == [UsersCore.Ending(provider: "", outcome: .suppressed, reason: .forgotten)])
        try bench.settle(Effects(outputs: decided.effects.outputs(.inbox)))
        #expect(Self.addresses.allSatisfy { Self.value($0, bench) == nil })
        #expect(bench.core.scheduledCount == 0 && bench.core.subscriptionCount == 0)
        let outside = try bench.commitAndTidy()
        #expect(outside.count == 1 && Self.isErased(bench))
        let receipt = try #require(outside.first)
        #expect(receipt.topic == .receipts && receipt.keyText == "ann" && receipt.text("outcome") == "erased")
        #expect(receipt.text("receipt_id") == Self.receiptID() && receipt.header("ce_id") == Self.receiptID())
        let counts = ["devices", "topics", "scheduled", "decisions", "limits"].map {
            receipt.json.member("erased_\($0)")?.intValue
        }
        #expect(counts == [2, 1, 1, 2, 1] && receipt.json.member("erased_preferences")?.boolValue == true)
        #expect(receipt.text("event_id") == "forget-1")
        // Nothing more is asked for.
        #expect(try bench.commitAndTidy().isEmpty && bench.changelog.last?.keyText == "u:ann")
    }

    @Test("the end waits for the commit, and for the addresses")
    func order() throws {
        var bench = try Self.known()
        let decided = bench.handle(UsersBench.forget(atMs: t + 1))
        bench.nowMs += 60_000
        #expect(bench.housekeeping().isEmpty, "no address has answered")
        try bench.settle(Effects(outputs: decided.effects.outputs(.inbox)))
        bench.nowMs += 1_000
        #expect(bench.housekeeping().isEmpty, "commands before it may be read again")
        bench.commit()
        bench.nowMs += 1_000
        let asked = bench.housekeeping()
        #expect(asked.map(\.keyText) == ["u:ann"])
        bench.nowMs += 1_000
        #expect(bench.housekeeping().isEmpty, "it was asked for")
        bench.nowMs += bench.configuration.releaseTimeoutMs
        #expect(bench.housekeeping() == asked, "the command may have got lost")
        #expect(try bench.handle(asked[0]).disposition == .erased)
        let again = try bench.handle(asked[0])
        #expect(again.disposition == .replayed && again.effects.state == nil && again.effects.receipts.count == 1)
    }

    @Test("a user of whom nothing is known is erased too, and the receipt says that it was nothing")
    func unknown() throws {
        var bench = UsersBench()
        try bench.settle(UsersBench.forget())
        let outside = try bench.commitAndTidy()
        #expect(outside.map { $0.json.member("erased_devices")?.intValue } == [0])
        #expect(bench.core.recordCount == 0 && Self.value("u:ann", bench) == nil)
    }

    @Test(
        "an address that another user took over stays theirs, and names the former owner no longer than a replay may ask"
    )
    func moved() throws {
        var bench = try Self.known()
        bench.commit()
        try bench.register(Make.device("hers", token: "bb02", at: t + 1), user: "bob")
        let address = try #require(Self.value(Self.addresses[1], bench))
        #expect(try AddressRecord(serializedBytes: address).formers.map(\.userID) == ["ann"])
        try bench.settle(UsersBench.forget(atMs: t + 2))
        try bench.commitAndTidy()
        #expect(Self.value("u:ann", bench) == nil && Self.value(Self.addresses[0], bench) == nil)
        let kept = try AddressRecord(serializedBytes: try #require(Self.value(Self.addresses[1], bench)))
        #expect(kept.userID == "bob" && kept.formers.isEmpty)
        #expect(try bench.reached("e1", user: "bob") == ["hers"])
    }

    @Test("an event that comes twice erases once, although the user was registered again between the two")
    func twice() throws {
        var bench = try Self.known()
        try bench.settle(UsersBench.forget(atMs: t + 1))
        #expect(bench.handle(UsersBench.forget(atMs: t + 1)).disposition == .ignored)
        try bench.commitAndTidy()
        try bench.register(Make.device("phone", token: "aa01", at: t + 5))
        #expect(bench.handle(UsersBench.forget(atMs: t + 1)).disposition == .ignored)
        #expect(try bench.reached("e1") == ["phone"])
        // Another event is another erasure.
        try bench.settle(UsersBench.forget("forget-2", atMs: t + 6))
        let outside = try bench.commitAndTidy()
        #expect(outside.compactMap { $0.text("receipt_id") } == [Self.receiptID("forget-2")])
    }

    // MARK: What comes later

    @Test("a new registration starts afresh, between the two steps and after them", arguments: [true, false])
    func afresh(_ isBetween: Bool) throws {
        var bench = try Self.known()
        try bench.settle(UsersBench.forget(atMs: t + 1))
        if !isBetween { try bench.commitAndTidy() }
        try bench.register(Make.device("phone", token: "aa01", at: t + 5))
        try bench.commitAndTidy()
        try bench.commitAndTidy()
        let record = try #require(try bench.record())
        #expect(record.devices.map(\.id) == ["phone"] && record.topics.isEmpty && record.categories.isEmpty)
        #expect(record.limits.isEmpty && record.decisions.isEmpty && record.erasures.isEmpty && record.badge == 0)
        #expect(try bench.reached("e1") == ["phone"], "the limit is as good as new")
        #expect(try bench.reached("chat") == [], "and holds")
    }

    @Test(
        "what was said before comes too late, between the two steps, after them and after a restart",
        arguments: 0...2
    )
    func late(_ when: Int) throws {
        var bench = try Self.known()
        bench.nowMs += 1_000
        try bench.settle(UsersBench.forget(atMs: t + 10))
        if when > 0 { try bench.commitAndTidy() }
        if when > 1 { bench.restart(committed: bench.nextOffset) }
        let count = bench.core.recordCount
        // A registration goes through the address, which believes it.
        try bench.register(Make.device("phone", token: "aa01", at: t + 9))
        try bench.register(Make.device("new", token: "cc03", at: t + 10))
        #expect(bench.handle(UsersBench.preferences(["chat": true], atMs: t + 9)).disposition == .ignored)
        #expect(bench.handle(Self.subscription(atMs: t + 9)).disposition == .ignored)
        #expect(bench.handle(UsersBench.unregister(atMs: t + 9)).disposition == .ignored)
        var badge = SetBadge()
        badge.atMs = t + 9
        badge.count = 1
        #expect(bench.handle(.badge(badge)).disposition == .ignored)
        #expect(bench.core.recordCount == count && bench.core.subscriptionCount == 0)
        try bench.commitAndTidy()
        let isErased = Self.isErased(bench)
        #expect(isErased)
        // A day later nobody remembers, not even that there was somebody.
        bench.nowMs += Make.dayMs + 1
        _ = bench.housekeeping()
        #expect(bench.handle(Self.subscription(atMs: t + 9)).disposition == .applied)
        #expect(try #require(try bench.record()).hasForgotten == false)
    }

    @Test("a delivery that dispatch hands back afterwards ends with its receipt, and leaves nothing")
    func handedBack() throws {
        var bench = try Self.known()
        let delivery = try #require(try bench.notify("urgent") { $0.bypassLimits = true }.effects.deliveries().first)
        bench.nowMs += 10
        try bench.settle(UsersBench.forget(atMs: t + 1))
        try bench.commitAndTidy()
        var schedule = ScheduleDelivery()
        schedule.delivery.append(contentsOf: delivery.encoded())
        schedule.notBeforeMs = bench.nowMs + 60_000
        let offset = bench.nextOffset
        let first = bench.handle(.later(schedule))
        #expect(first.said == ["suppressed/forgotten"] && first.effects.state == nil)
        #expect(first.effects.receipts.first?.text("receipt_id") == Make.receiptID(delivery).description)
        #expect(Self.isErased(bench))
        // Registered again and then read again: the same, not a word less.
        try bench.register(Make.device("phone", token: "aa01", at: bench.nowMs))
        #expect(bench.handle(.later(schedule), offset: offset).said == first.said)
    }

    @Test("the provider's word about an address afterwards is nobody's")
    func rejected() throws {
        var bench = try Self.known()
        try bench.settle(UsersBench.forget(atMs: t + 1))
        try bench.commitAndTidy()
        let decided = bench.handle(UsersBench.rejected(Make.device("phone", token: "aa01")))
        #expect(decided.disposition == .ignored && decided.effects.isEmpty)
    }
}
