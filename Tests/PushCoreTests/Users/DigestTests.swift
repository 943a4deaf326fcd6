import Testing

@testable import PushCore

@Suite("Users: digests")
struct DigestTests {
    private static let windowMs = 30 * Make.minuteMs

    private static func bench(
        _ limits: [String: [LimitWindow]] = [:],
        change: (inout UsersConfiguration) -> Void = { _ in }
    ) throws -> UsersBench {
        var bench = UsersBench(limits: limits, change: change)
        try bench.register()
        return bench
    }

    /// As the rules stage would make it of `{{digest.count}}: {{#digest.items}}NAME {{/digest.items}}{{#digest.more}}+{{digest.more}}{{/digest.more}}`.
    private static func collected(
        _ name: String,
        key: String = "",
        windowMs: Int64 = windowMs,
        itemsMax: UInt32 = 10
    ) -> (inout Notification) -> Void {
        func piece(_ kind: DigestPiece.Kind, _ text: String = "", _ inner: [DigestPiece] = []) -> DigestPiece {
            var piece = DigestPiece()
            piece.kind = kind
            piece.text = text
            piece.inner = inner
            return piece
        }
        return { notification in
            var content = DigestContent()
            content.locale = "en"
            content.title = [piece(.count), piece(.text, " new")]
            content.body = [piece(.items, "\(name) "), piece(.ifMore, "", [piece(.text, "+"), piece(.more)])]
            notification.digest.windowMs = windowMs
            notification.digest.key = key
            notification.digest.contents = [content]
            notification.digest.itemsMax = itemsMax
        }
    }

    private func words(_ decided: [UsersCore.Decided]) throws -> [String] {
        try decided.flatMap { try $0.effects.deliveries() }.map {
            "\($0.notification.contents[0].title)/\($0.notification.contents[0].body)"
        }
    }

    @Test("what comes in the window becomes one notification with the count and the items, and each says where it went")
    func collects() throws {
        var bench = try Self.bench()
        let first = bench.notify("e1", change: Self.collected("ann"))
        #expect(first.said == ["deferred/digested"] && first.sent == 0)
        let digestID = first.effects.receipts[0].text("digest_id")
        #expect(first.effects.receipts[0].text("not_before") == RFC3339.text(Make.timeMs + Self.windowMs))
        bench.nowMs += 10 * Make.minuteMs
        let second = bench.notify("e2", change: Self.collected("bob"))
        #expect(second.effects.receipts[0].text("digest_id") == digestID)
        #expect(second.effects.receipts[0].text("not_before") == first.effects.receipts[0].text("not_before"))
        _ = bench.notify("e3", change: Self.collected("eve", key: "other"))
        let released = try bench.releaseNext()
        #expect(bench.nowMs == Make.timeMs + Self.windowMs)
        #expect(try words(released) == ["2 new/ann bob "])
        #expect(try released[0].effects.deliveries()[0].notification.id.description == digestID)
        #expect(try released[0].effects.deliveries()[0].notification.event.id == "e2")
        #expect(try released[0].effects.deliveries()[0].notification.hasDigest == false)
        #expect(released[0].said == ["suppressed/digested", "suppressed/digested"])
        #expect(released[0].effects.receipts.map { $0.text("event_id") } == ["e1", "e2"])
        #expect(released[0].effects.receipts.allSatisfy { $0.text("digest_id") == digestID })
        #expect(try words(bench.releaseNext()) == ["1 new/eve "], "another key is another digest")
        bench.commit()
        #expect(bench.notify("e4", change: Self.collected("ann")).effects.receipts[0].text("digest_id") != digestID)
    }

    @Test("a digest counts once against the limits, and its items do not")
    func charged() throws {
        var bench = try Self.bench(["all": [LimitWindow(max: 1, periodMs: Make.dayMs)]])
        for number in 1...5 { _ = bench.notify("e\(number)", change: Self.collected("\(number)")) }
        #expect(try bench.record()?.limits.isEmpty == true)
        #expect(try words(bench.releaseNext()) == ["5 new/1 2 3 4 5 "])
        _ = bench.notify("e6", change: Self.collected("6"))
        let refused = try bench.releaseNext()
        #expect(Set(refused.flatMap(\.said)) == ["suppressed/digested", "suppressed/rate_limited"])
    }

    @Test("an item that expires, or is cancelled, is not in it; without any there is none")
    func itemsEnd() throws {
        var bench = try Self.bench()
        func item(_ name: String, _ bench: inout UsersBench, _ change: (inout Notification) -> Void = { _ in }) {
            _ = bench.notify("e-\(name)") {
                Self.collected(name)(&$0)
                change(&$0)
            }
        }
        item("ann", &bench)
        item("bob", &bench) { $0.collapseKey = "bob" }
        item("eve", &bench) { $0.expiresAtMs = Make.timeMs + Make.minuteMs }
        var cancel = CancelScheduled()
        cancel.collapseKey = "bob"
        #expect(bench.handle(.cancel(cancel)).said == ["suppressed/cancelled"])
        let released = try bench.releaseNext()
        #expect(try words(released) == ["1 new/ann "])
        #expect(released[0].said == ["suppressed/digested", "expired/ttl_passed"])
        item("bob-again", &bench) { $0.collapseKey = "bob" }
        #expect(bench.handle(.cancel(cancel)).said == ["suppressed/cancelled"])
        #expect(bench.core.scheduledCount == 0 && bench.core.nextDueMs == nil)
    }

    @Test("more items than are named are counted, and more than are kept too")
    func bounded() throws {
        var bench = try Self.bench { $0.digestItemsMax = 4 }
        var said: [String] = []
        for number in 1...7 {
            said += bench.notify("e\(number)", change: Self.collected("\(number)", itemsMax: 3)).said
        }
        #expect(
            said == Array(repeating: "deferred/digested", count: 4) + Array(repeating: "suppressed/digested", count: 3)
        )
        let released = try bench.releaseNext()
        #expect(try words(released) == ["7 new/1 2 3 +4"])
        #expect(released[0].said.count == 4)
        for number in 1...4 {
            _ = bench.notify("f\(number)", change: Self.collected(String(repeating: "x", count: 500)))
        }
        #expect(try words(bench.releaseNext()).map { $0.suffix(3) } == [" +2"], "two fill the text")
    }

    @Test("quiet hours hold a digest back, which goes on collecting")
    func quiet() throws {
        var bench = try Self.bench {
            $0.quietHours = .init(startMinute: 10, endMinute: 60)
            $0.quietSpreadMs = 0
        }
        _ = bench.notify("e1", change: Self.collected("ann"))
        let offset = bench.nextOffset
        let asked = try #require(try Self.dueNext(&bench).first)
        let putOff = try bench.handle(asked)
        #expect(putOff.sent == 0 && putOff.said == ["deferred/digested"], "what is in it hears of the new time")
        let said = try #require(putOff.effects.receipts.first)
        #expect(said.text("not_before") == RFC3339.text(Make.timeMs + Make.hourMs) && said.text("digest_id") != nil)
        // What comes and what is told meanwhile changes nothing about what was said.
        _ = bench.notify("e1b", change: Self.collected("eve"))
        var cancel = CancelScheduled()
        cancel.notificationIDHigh = try #require(try bench.record()).scheduled[0].items[1].notification.idHigh
        cancel.notificationIDLow = try #require(try bench.record()).scheduled[0].items[1].notification.idLow
        #expect(bench.handle(.cancel(cancel)).said == ["suppressed/cancelled"])
        let again = try bench.handle(asked, offset: offset)
        #expect(again.effects.outputs == putOff.effects.outputs && again.effects.state == nil)
        bench.commit()
        _ = bench.notify("e2", change: Self.collected("bob"))
        #expect(try #require(try bench.record()).scheduled[0].putOffs.isEmpty, "nobody can read it again")
        #expect(try words(bench.releaseNext()) == ["2 new/ann bob "])
        #expect(bench.nowMs == Make.timeMs + Make.hourMs)
    }

    @Test("what was cancelled is not the face of its digest, nor what has expired")
    func face() throws {
        var bench = try Self.bench()
        func item(_ name: String, _ bench: inout UsersBench, _ change: (inout Notification) -> Void = { _ in }) {
            _ = bench.notify("e-\(name)") {
                $0.digest.windowMs = Self.windowMs
                $0.contents = [Make.content("", name)]
                $0.link = "https://shop.example.com/\(name)"
                $0.collapseKey = name
                change(&$0)
            }
        }
        func cancelled(_ name: String, _ bench: inout UsersBench) -> [String] {
            var cancel = CancelScheduled()
            cancel.collapseKey = name
            return bench.handle(.cancel(cancel)).said
        }
        for name in ["ann", "bob", "eve"] { item(name, &bench) }
        item("brief", &bench) { $0.expiresAtMs = Make.timeMs + Make.minuteMs }
        #expect(cancelled("eve", &bench) == ["suppressed/cancelled"])
        // Nothing of what was cancelled is left in the record.
        bench.commit()
        _ = bench.handle(UsersBench.preferences([:]))
        let released = try bench.releaseNext()
        let sent = try #require(try released[0].effects.deliveries().first).notification
        #expect(sent.contents[0].title == "bob" && sent.link.hasSuffix("bob") && sent.collapseKey == "bob")
        #expect(sent.event.id == "e-bob")
    }

    @Test("of many items the newest commands are kept alone, and the newest always")
    func faces() throws {
        var bench = try Self.bench { $0.scheduledBytesMax = 100_000 }
        for number in 1...20 {
            _ = bench.notify("e\(number)") {
                $0.digest.windowMs = Self.windowMs
                $0.data["x"] = String(repeating: "x", count: number == 20 ? 20_000 : 3_000)
            }
        }
        let items = try #require(try bench.record()).scheduled[0].items
        #expect(items.count == 20)
        #expect(items.map { $0.command.isEmpty } == Array(repeating: true, count: 19) + [false])
        _ = bench.notify("e21") { $0.digest.windowMs = Self.windowMs }
        let later = try #require(try bench.record()).scheduled[0].items
        #expect(later.map { $0.command.isEmpty } == Array(repeating: true, count: 20) + [false])
    }

    @Test("what comes while a digest is due does not overtake it")
    func due() throws {
        var bench = try Self.bench(["all": [LimitWindow(max: 1, periodMs: Make.hourMs, onExceed: .digest)]])
        let rule = Self.collected("x", windowMs: 0)
        #expect(bench.notify("e1", change: rule).sent == 1)
        #expect(bench.notify("e2", change: rule).said == ["deferred/digested"])
        let asked = try #require(try Self.dueNext(&bench).first)
        #expect(bench.notify("e3", change: rule).said == ["deferred/digested"])
        #expect(bench.notify("e4", change: Self.collected("y", key: "other", windowMs: 0)).sent == 1)
        #expect(try bench.handle(asked).said == ["deferred/digested", "deferred/digested"], "another one went first")
        #expect(try words(bench.releaseNext()) == ["2 new/x x "])
    }

    /// Goes to the time at which something is due next; what is asked for then.
    private static func dueNext(_ bench: inout UsersBench) throws -> [Outgoing] {
        bench.nowMs = max(bench.nowMs, try #require(bench.core.nextDueMs))
        return bench.due()
    }

    @Test("a limit with on_exceed: digest collects what exceeds it until it admits one again")
    func exceeding() throws {
        var bench = try Self.bench(["all": [LimitWindow(max: 1, periodMs: Make.hourMs, onExceed: .digest)]])
        let rule = Self.collected("x", windowMs: 0)
        #expect(bench.notify("e1", change: rule).sent == 1)
        for number in 2...4 {
            #expect(bench.notify("e\(number)", change: rule).said == ["deferred/digested"])
            bench.nowMs += Make.minuteMs
        }
        #expect(try words(bench.releaseNext()) == ["3 new/x x x "])
        #expect(bench.nowMs == Make.timeMs + Make.hourMs)
        // Of a rule without words for it, the newest says it.
        _ = bench.notify("e5")
        _ = bench.notify("e6") { $0.contents = [Make.content("", "Newest")] }
        let released = try bench.releaseNext()
        #expect(try released[0].effects.deliveries().map(\.notification.contents[0].title) == ["Newest"])
        #expect(released[0].said == ["suppressed/digested", "suppressed/digested"])
    }

    /// Counts in a list what the core keeps in a record.
    @Test("nothing is lost and nothing told twice, against a list", arguments: [51, 52, 53, 54] as [UInt64])
    func list(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var bench = try Self.bench { $0.digestItemsMax = 5 }
        var open: [String: (dueMs: Int64, count: Int)] = [:]
        var finals: [String: Int] = [:]
        var told = 0
        func take(_ decided: UsersCore.Decided) throws {
            for receipt in decided.effects.receipts where receipt.text("outcome") != "deferred" {
                finals[receipt.text("event_id") ?? "", default: 0] += 1
            }
            for delivery in try decided.effects.deliveries() {
                let count = Int(delivery.notification.contents[0].title.split(separator: " ")[0])
                let key = try #require(open.first { $0.value.dueMs <= bench.nowMs && $0.value.count == count }?.key)
                open[key] = nil
                told += count ?? 0
            }
        }
        for number in 0..<300 {
            let nextMs = bench.nowMs + Int64.random(in: 0...8 * Make.minuteMs, using: &random)
            while let dueMs = bench.core.nextDueMs, dueMs <= nextMs {
                bench.nowMs = max(bench.nowMs, dueMs)
                for decided in try bench.release() { try take(decided) }
            }
            bench.nowMs = nextMs
            let key = "k\(Int.random(in: 0..<3, using: &random))"
            try take(bench.notify("e\(number)", change: Self.collected("x", key: key)))
            open[key, default: (bench.nowMs + Self.windowMs, 0)].count += 1
            if Bool.random(using: &random) { bench.commit() }
        }
        while bench.core.nextDueMs != nil { for decided in try bench.releaseNext() { try take(decided) } }
        #expect(told == 300, "seed \(seed)")
        #expect(finals.count == 300 && finals.values.allSatisfy { $0 == 1 }, "seed \(seed)")
        #expect(open.isEmpty, "seed \(seed)")
    }
}
