import Testing

@testable import PushCore

@Suite("Users: notifications that wait for a limit")
struct WaitingTests {
    private static let one = LimitWindow(max: 1, periodMs: Make.hourMs, onExceed: .defer)

    private static func bench(
        _ windows: [LimitWindow] = [one],
        change: (inout UsersConfiguration) -> Void = { _ in }
    ) throws -> UsersBench {
        var bench = UsersBench(limits: ["all": windows], change: change)
        try bench.register()
        return bench
    }

    @Test("what exceeds the limit says until when it waits, and is sent and charged then")
    func deferred() throws {
        var bench = try Self.bench()
        _ = bench.notify("e1")
        let waiting = bench.notify("e2")
        #expect(waiting.disposition == .waiting(.rateLimited) && waiting.sent == 0)
        #expect(waiting.said == ["deferred/rate_limited"])
        #expect(waiting.effects.receipts[0].text("not_before") == RFC3339.text(Make.timeMs + Make.hourMs))
        #expect(try bench.record()?.limits.map(\.tatMs) == [Make.timeMs + Make.hourMs], "nothing is charged")
        bench.nowMs += Make.hourMs - 1
        #expect(bench.due().isEmpty)
        bench.nowMs += 1
        let released = try bench.release()
        #expect(released.map(\.sent) == [1] && released[0].said.isEmpty)
        #expect(try released[0].effects.deliveries()[0].notification.event.id == "e2")
        #expect(try bench.record()?.limits.map(\.tatMs) == [Make.timeMs + 2 * Make.hourMs])
        #expect(bench.notify("e3").disposition == .waiting(.rateLimited))
    }

    @Test("a calendar window lets it go when the next period begins")
    func calendar() throws {
        var bench = try Self.bench([LimitWindow(max: 1, .calendar(.day), onExceed: .defer)]) {
            $0.timeZones = Zones.database
            $0.timezone = "Europe/Berlin"
        }
        bench.nowMs = Make.ms("2026-03-28T22:59:00Z")
        _ = bench.notify("e1")
        let waiting = bench.notify("e2")
        #expect(waiting.effects.receipts[0].text("not_before") == "2026-03-28T23:00:00.000Z")
        #expect(try bench.releaseNext().map(\.sent) == [1])
        #expect(bench.nowMs == Make.ms("2026-03-28T23:00:00Z"))
        #expect(bench.notify("e3").effects.receipts[0].text("not_before") == "2026-03-29T22:00:00.000Z")
    }

    @Test("several that wait for one window go one after the other, in their order")
    func order() throws {
        var bench = try Self.bench()
        for number in 1...4 { _ = bench.notify("e\(number)") }
        var sent: [String] = []
        for _ in 0..<3 {
            for decided in try bench.releaseNext() {
                sent += try decided.effects.deliveries().map { $0.notification.event.id }
            }
            bench.commit()
        }
        #expect(sent == ["e2", "e3", "e4"])
        #expect(bench.nowMs == Make.timeMs + 3 * Make.hourMs)
        #expect(bench.core.scheduledCount == 0)
    }

    @Test("its own time ends it, when that comes first")
    func expired() throws {
        var bench = try Self.bench()
        _ = bench.notify("e1")
        _ = bench.notify("e2") { $0.expiresAtMs = Make.timeMs + 5_000 }
        let ended = try bench.releaseNext()
        #expect(bench.nowMs == Make.timeMs + 5_000)
        #expect(ended.flatMap(\.said) == ["expired/ttl_passed"])
        #expect(bench.core.scheduledCount == 0)
    }

    @Test(
        "of several windows that are used up, to drop counts before to collect, and that before to wait",
        arguments: [
            ([LimitWindow.OnExceed.defer, .drop], "suppressed/rate_limited"),
            ([.drop, .digest], "suppressed/rate_limited"), ([.defer, .digest], "deferred/digested"),
            ([.defer, .defer], "deferred/rate_limited"),
        ]
    )
    func strictest(_ onExceed: [LimitWindow.OnExceed], _ said: String) throws {
        let windows = zip(onExceed, [Make.hourMs, Make.dayMs]).map {
            LimitWindow(max: 1, periodMs: $1, onExceed: $0)
        }
        var bench = try Self.bench(windows)
        _ = bench.notify("e1")
        let decided = bench.notify("e2")
        #expect(decided.said == [said])
        if said.hasPrefix("deferred") {
            #expect(
                decided.effects.receipts[0].text("not_before") == RFC3339.text(Make.timeMs + Make.dayMs),
                "the last of them to admit it"
            )
        }
    }

    @Test("what is not wanted any more, or has nowhere to go, is not sent when its time comes")
    func refused() throws {
        var bench = try Self.bench()
        _ = bench.notify("e1")
        _ = bench.notify("e2")
        _ = bench.handle(UsersBench.preferences(["orders": false]))
        #expect(try bench.releaseNext().flatMap(\.said) == ["suppressed/opted_out"])
        _ = bench.handle(UsersBench.preferences(["orders": true]))
        _ = bench.notify("e3")
        _ = bench.notify("e4")
        try bench.settle(UsersBench.unregister(atMs: Make.timeMs + 1))
        bench.nowMs += 3 * Make.hourMs
        #expect(try bench.release().flatMap(\.said) == ["suppressed/no_devices"])
    }

    @Test("a newer one with the same collapse key takes the place of one that waits, sent or not")
    func superseded() throws {
        var bench = try Self.bench()
        let order: (inout Notification) -> Void = { $0.collapseKey = "order-1" }
        _ = bench.notify("e1")
        _ = bench.notify("e2", change: order)
        #expect(bench.notify("e3", change: order).said == ["deferred/rate_limited", "superseded/superseded"])
        let sent = bench.notify("e4") {
            $0.collapseKey = "order-1"
            $0.bypassLimits = true
        }
        #expect(sent.sent == 1 && sent.said == ["superseded/superseded"])
        #expect(bench.core.scheduledCount == 0)
    }

    @Test("more than may wait ends what expires first")
    func overflow() throws {
        var bench = try Self.bench { $0.scheduledMax = 2 }
        for number in 1...3 {
            _ = bench.notify("e\(number)") { $0.expiresAtMs = Make.timeMs + Make.dayMs - Int64(number) }
        }
        #expect(bench.notify("e4").said == ["deferred/rate_limited", "suppressed/scheduled_overflow"])
        #expect(bench.core.scheduledCount == 2)
    }

    @Test("the event once more is a duplicate while the first waits, and after it was sent")
    func duplicates() throws {
        var bench = try Self.bench { $0.dedupeWindowMs = Make.minuteMs }
        _ = bench.notify("e1")
        _ = bench.notify("e2")
        func again(_ bench: inout UsersBench) -> [String] {
            bench.handle(UsersBench.notify(Make.notification(event: "e2"), origin: 9)).said
        }
        #expect(again(&bench) == ["suppressed/duplicate"])
        bench.commit()
        bench.nowMs += 10 * Make.minuteMs
        #expect(again(&bench) == ["suppressed/duplicate"], "long after its decision was forgotten")
        _ = try bench.releaseNext()
        bench.commit()
        #expect(again(&bench) == ["suppressed/duplicate"])
    }

    // MARK: Replays

    /// Everything that was decided, decided again by a new owner from every earlier point: the same, and nothing charged.
    @Test(
        "a command that is read again says what it said, and charges nothing",
        arguments: [31, 32, 33, 34] as [UInt64]
    )
    func replays(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let windows = [
            LimitWindow(max: 2, periodMs: 10 * Make.minuteMs, onExceed: .defer),
            LimitWindow(max: 4, .calendar(.hour), onExceed: .digest),
        ]
        var bench = try Self.bench(windows) {
            $0.quietHours = .init(startMinute: 60, endMinute: 90)
            $0.quietSpreadMs = 60_000
        }
        let first = bench.nextOffset
        var history: [(record: OwnedRecord, said: [Outgoing])] = []
        func take(_ record: OwnedRecord) { history.append((record, bench.handle(record).effects.outputs)) }
        for number in 0..<120 {
            bench.nowMs += Int64.random(in: 0...3 * Make.minuteMs, using: &random)
            for asked in bench.due() { take(OwnedRecord(topic: "", key: asked.key, value: asked.value)) }
            take(Self.command(number, bench.nowMs, &random))
        }
        let held = try bench.record()
        for start in stride(from: 0, to: history.count, by: 17) {
            bench.restart(committed: first + Int64(start))
            for index in start..<history.count {
                let again = bench.handle(history[index].record, offset: first + Int64(index)).effects
                #expect(again.state == nil, "seed \(seed): \(index)")
                let said = again.outputs.map(Self.essence)
                #expect(Set(said) == Set(history[index].said.map(Self.essence)), "seed \(seed): \(index) from \(start)")
            }
        }
        #expect(try bench.record() == held)
    }

    private static func command(_ number: Int, _ nowMs: Int64, _ random: inout SeededGenerator) -> OwnedRecord {
        var command = Command()
        switch Int.random(in: 0..<12, using: &random) {
        case 0:
            var cancel = CancelScheduled()
            cancel.collapseKey = "key-\(Int.random(in: 0..<3, using: &random))"
            command.cancel = cancel
        default:
            var notification = Make.notification(event: "e\(number)", timeMs: nowMs)
            notification.expiresAtMs = nowMs + Int64.random(in: 1...90, using: &random) * Make.minuteMs
            if Bool.random(using: &random) { notification.collapseKey = "key-\(Int.random(in: 0..<3, using: &random))" }
            if Int.random(in: 0..<4, using: &random) == 0 {
                notification.digest.windowMs = 5 * Make.minuteMs
                notification.digest.itemsMax = 3
            }
            command.kind = UsersBench.notify(notification)
        }
        return OwnedRecord(topic: "", key: Array("u:ann".utf8), value: command.encoded())
    }

    /// What must be the same when it is said again: all but when.
    private static func essence(_ outgoing: Outgoing) -> String {
        guard outgoing.topic == .receipts else { return "\(outgoing.topic) \(outgoing.value ?? [])" }
        let fields = ["receipt_id", "notification_id", "outcome", "reason", "not_before", "digest_id", "decided_at"]
        return fields.map { outgoing.text($0) ?? "-" }.joined(separator: " ")
    }
}
