import Testing

@testable import PushCore

@Suite("Users: preferences, duplicates and cancellations")
struct PreferenceTests {
    private static func bench(change: (inout UsersConfiguration) -> Void = { _ in }) throws -> UsersBench {
        var bench = UsersBench(
            limits: ["slow": [LimitWindow(max: 1, periodMs: Make.hourMs, onExceed: .defer)]],
            change: change
        )
        try bench.register()
        return bench
    }

    private static func category(isRefusable: Bool = true, isWanted: Bool = true) -> UsersConfiguration.Category {
        var category = UsersConfiguration.Category()
        category.isRefusable = isRefusable
        category.isWanted = isWanted
        return category
    }

    // MARK: Preferences

    @Test(
        "the word on a category counts before the word on all, and both before the default",
        arguments: [
            ([[:]], "orders", true), ([["orders": false]], "orders", false), ([["news": false]], "orders", true),
            ([["*": false]], "orders", false), ([["*": false]], "", false), ([["*": false]], "security", true),
            ([["security": false]], "security", true), ([["*": false, "orders": true]], "orders", true),
            // A word on all takes back what was said before; one on a category does not.
            ([["orders": true], ["*": false]], "orders", false), ([["*": false], ["orders": true]], "orders", true),
            ([["orders": false], ["*": true]], "orders", true), ([["orders": false], ["news": true]], "orders", false),
            ([[:]], "beta", false), ([["beta": true]], "beta", true), ([["*": true]], "beta", true),
        ] as [([[String: Bool]], String, Bool)]
    )
    func categories(_ said: [[String: Bool]], _ category: String, _ isSent: Bool) throws {
        var bench = try Self.bench {
            $0.categories = [
                "security": Self.category(isRefusable: false), "beta": Self.category(isWanted: false),
            ]
        }
        for categories in said { _ = bench.handle(UsersBench.preferences(categories)) }
        let decided = bench.notify("e1") { $0.category = category }
        #expect(decided.sent == (isSent ? 1 : 0))
        if !isSent { #expect(decided.said == ["suppressed/opted_out"]) }
    }

    @Test("a category that nobody knows follows what is configured for all others")
    func unknown() throws {
        var bench = try Self.bench {
            $0.otherCategories = Self.category(isWanted: false)
            $0.categories = ["orders": Self.category()]
        }
        #expect(bench.notify("e1").sent == 1)
        #expect(bench.notify("e2") { $0.category = "new" }.said == ["suppressed/opted_out"])
        _ = bench.handle(UsersBench.preferences(["new": true]))
        #expect(bench.notify("e3") { $0.category = "new" }.sent == 1)
    }

    @Test("an event that says nothing of quiet hours leaves them as they are")
    func keptQuietHours() throws {
        var bench = try Self.bench()
        var preferences = SetPreferences()
        (preferences.quietHoursStart, preferences.quietHoursEnd, preferences.atMs) = ("09:00", "20:00", 1)
        _ = bench.handle(.preferences(preferences))
        var others = SetPreferences()
        (others.categories, others.keepsQuietHours, others.atMs) = (["news": true], true, 2)
        _ = bench.handle(.preferences(others))
        let record = try #require(try bench.record())
        #expect(record.quietHoursStart == "09:00" && record.quietHoursEnd == "20:00")
        #expect(record.categories == ["news": true])
        (others.keepsQuietHours, others.atMs) = (false, 3)
        _ = bench.handle(.preferences(others))
        #expect(try #require(try bench.record()).quietHoursStart.isEmpty)
    }

    // MARK: Duplicates

    @Test("of the same dedupe key the first counts, for its window, its rule and its user")
    func dedupe() throws {
        var bench = try Self.bench()
        try bench.register(Make.device(token: "bb"), user: "bob")
        let login: (inout Notification) -> Void = {
            $0.dedupeKey = "10.0.0.1"
            $0.dedupeWindowMs = 10 * Make.minuteMs
        }
        #expect(bench.notify("e1", change: login).sent == 1)
        #expect(bench.notify("e2", change: login).said == ["suppressed/duplicate"])
        #expect(bench.notify("e3", user: "bob", change: login).sent == 1)
        let other: (inout Notification) -> Void = {
            login(&$0)
            $0.ruleID = "other"
        }
        #expect(bench.notify("e4", change: other).sent == 1)
        #expect(bench.notify("e5") { $0.dedupeKey = "10.0.0.2" }.sent == 1)
        bench.nowMs += 10 * Make.minuteMs - 1
        #expect(bench.notify("e6", change: login).said == ["suppressed/duplicate"], "counted from the first")
        bench.nowMs += 1
        #expect(bench.notify("e7", change: login).sent == 1)
    }

    @Test("a duplicate is one again when its command is read again, and charges nothing")
    func dedupeReplayed() throws {
        var bench = try Self.bench()
        let login: (inout Notification) -> Void = {
            $0.dedupeKey = "k"
            $0.dedupeWindowMs = 1_000
        }
        _ = bench.notify("e1", change: login)
        let offset = bench.nextOffset
        let first = bench.notify("e2", change: login)
        bench.restart(committed: offset - 1)
        bench.nowMs += 5_000
        var notification = Make.notification(event: "e2")
        login(&notification)
        let again = bench.handle(UsersBench.notify(notification), offset: offset)
        #expect(again.said == first.said && again.effects.state == nil)
        #expect(again.effects.receipts[0].text("receipt_id") == first.effects.receipts[0].text("receipt_id"))
    }

    @Test("keys are forgotten with their windows, and beyond their number")
    func dedupeBounded() throws {
        var bench = try Self.bench { $0.dedupeKeysMax = 3 }
        for number in 0..<5 {
            _ = bench.notify("e\(number)") {
                $0.dedupeKey = "k\(number)"
                $0.dedupeWindowMs = 1_000 + Int64(number)
            }
        }
        #expect(try bench.record()?.dedupe.count == 3)
        bench.nowMs += 2_000
        _ = bench.notify("e9")
        #expect(try bench.record()?.dedupe.isEmpty == true)
    }

    // MARK: Cancellations

    private static func cancel(key: String) -> Command.OneOf_Kind {
        var cancel = CancelScheduled()
        cancel.collapseKey = key
        return .cancel(cancel)
    }

    @Test("what waits ends by its collapse key or its id, deliveries and notifications alike, and only that")
    func cancelled() throws {
        var bench = try Self.bench()
        func slow(_ event: String, _ key: String, _ bench: inout UsersBench) -> UsersCore.Decided {
            bench.notify(event) {
                $0.limit = "slow"
                $0.collapseKey = key
            }
        }
        _ = slow("e0", "", &bench)
        _ = slow("e1", "cart-1", &bench)
        _ = slow("e2", "cart-2", &bench)
        _ = slow("e3", "cart-3", &bench)
        _ = bench.handle(ScheduledTests.later(ScheduledTests.delivery("e4") { $0.collapseKey = "cart-1" }))
        let offset = bench.nextOffset
        let ended = bench.handle(Self.cancel(key: "cart-1"))
        #expect(ended.said == ["suppressed/cancelled", "suppressed/cancelled"])
        #expect(Set(ended.effects.receipts.compactMap { $0.text("event_id") }) == ["e1", "e4"])
        #expect(ended.endings.map(\.reason) == [.cancelled, .cancelled])
        #expect(bench.handle(Self.cancel(key: "cart-1")).disposition == .ignored)
        var byID = CancelScheduled()
        let id = Make.notification(event: "e3").id
        (byID.notificationIDHigh, byID.notificationIDLow) = (id.high, id.low)
        #expect(bench.handle(.cancel(byID)).effects.receipts.map { $0.text("event_id") } == ["e3"])
        #expect(try bench.releaseNext().map(\.sent) == [1], "what was not meant goes on waiting")
        bench.restart(committed: offset)
        #expect(
            bench.handle(Self.cancel(key: "cart-1"), offset: offset).said.count == 2,
            "read again, it says it again"
        )
    }

    @Test("a notification ends what waits under the key that it cancels, whatever becomes of itself")
    func cancels() throws {
        var bench = try Self.bench()
        let cart: (inout Notification) -> Void = {
            $0.limit = "slow"
            $0.collapseKey = "cart"
        }
        _ = bench.notify("e0") { $0.limit = "slow" }
        _ = bench.notify("e1", change: cart)
        #expect(bench.notify("e2") { $0.cancels = "cart" }.said == ["suppressed/cancelled"])
        _ = bench.notify("e3", change: cart)
        let refused = bench.notify("e4") {
            $0.cancels = "cart"
            $0.expiresAtMs = 1
        }
        #expect(refused.said == ["expired/ttl_passed", "suppressed/cancelled"])
        #expect(bench.core.scheduledCount == 0)
    }

    @Test("what is cancelled before it comes is not sent when it comes, by its id or by a later event under its key")
    func cancelledBefore() throws {
        var bench = try Self.bench()
        let t = Make.timeMs
        func come(_ event: String, at ms: Int64, _ bench: inout UsersBench) -> [String] {
            let decided = bench.notify(event) {
                $0.collapseKey = "cart"
                $0.event.timeMs = ms
            }
            return decided.sent > 0 ? ["sent"] : decided.said
        }
        var cancel = CancelScheduled()
        cancel.collapseKey = "cart"
        cancel.event.timeMs = t + 10
        #expect(bench.handle(.cancel(cancel)).disposition == .applied)
        #expect(bench.handle(.cancel(cancel)).disposition == .ignored, "it is known")
        #expect(come("e1", at: t + 9, &bench) == ["suppressed/cancelled"])
        #expect(come("e2", at: t + 10, &bench) == ["sent"] && come("e3", at: 0, &bench) == ["sent"])
        #expect(bench.notify("other") { $0.event.timeMs = t }.sent == 1)
        // One that arrives late takes nothing back.
        cancel.event.timeMs = t + 5
        #expect(bench.handle(.cancel(cancel)).disposition == .ignored)
        #expect(come("e4", at: t + 9, &bench) == ["suppressed/cancelled"])
        var byID = CancelScheduled()
        let id = Make.notification(event: "e5").id
        (byID.notificationIDHigh, byID.notificationIDLow) = (id.high, id.low)
        byID.event.timeMs = t
        #expect(bench.handle(.cancel(byID)).disposition == .applied)
        let offset = bench.nextOffset
        #expect(come("e5", at: t + 20, &bench) == ["suppressed/cancelled"])
        bench.restart(committed: offset)
        let again = bench.handle(
            UsersBench.notify(Make.notification(event: "e5", timeMs: bench.nowMs)),
            offset: offset
        )
        #expect(again.disposition == .replayed && again.said == ["suppressed/cancelled"])
        // A rule that cancels is remembered likewise.
        _ = bench.notify("paid") {
            $0.cancels = "cart"
            $0.event.timeMs = t + 30
        }
        #expect(come("e6", at: t + 29, &bench) == ["suppressed/cancelled"])
        bench.commit()
        bench.nowMs += bench.configuration.dedupeWindowMs
        #expect(come("e7", at: t + 29, &bench) == ["sent"])
        #expect(try #require(try bench.record()).cancels.isEmpty)
    }

    @Test("so many cancellations are remembered, and the oldest is forgotten")
    func cancellationsBounded() throws {
        var bench = try Self.bench()
        for number in 0..<100 { _ = bench.handle(Self.cancel(key: "k\(number)")) }
        #expect(try #require(try bench.record()).cancels.count == 64)
    }
}
