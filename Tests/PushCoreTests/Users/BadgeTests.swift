import Testing

@testable import PushCore

@Suite("Users: the number on the icon")
struct BadgeTests {
    private static func counting(_ notification: inout Notification) { notification.badgeIncrements = true }

    private static func set(_ count: Int64, atMs: Int64) -> Command.OneOf_Kind {
        var badge = SetBadge()
        badge.count = count
        badge.atMs = atMs
        return .badge(badge)
    }

    private func badges(_ decided: UsersCore.Decided) throws -> [Int64] {
        try decided.effects.deliveries().map(\.notification.badge)
    }

    @Test("each notification that is sent counts one, the same for all devices, and each user for himself")
    func counts() throws {
        var bench = UsersBench()
        try bench.register(Make.device("phone", token: "aa01"))
        try bench.register(Make.device("tablet", token: "bb02"))
        try bench.register(Make.device("other", token: "cc03"), user: "bob")
        #expect(try badges(bench.notify("e1", change: Self.counting)) == [1, 1])
        #expect(try badges(bench.notify("e2", change: Self.counting)) == [2, 2])
        #expect(try badges(bench.notify("e1", user: "bob", change: Self.counting)) == [1])
        let plain = try bench.notify("e3").effects.deliveries()
        #expect(plain.allSatisfy { !$0.notification.hasBadge })
        #expect(try badges(bench.notify("e4", change: Self.counting)) == [3, 3])
    }

    @Test("the words of each language carry the number")
    func languages() throws {
        var bench = UsersBench()
        try bench.register(Make.device("phone", token: "aa01"))
        let decided = bench.notify("e1") { notification in
            Self.counting(&notification)
            notification.contents = ["en", "de"].map { locale in
                var content = Content()
                content.locale = locale
                content.title = locale
                return content
            }
        }
        let deliveries = try decided.effects.deliveries()
        #expect(deliveries.map(\.notification.contents.count) == [1] && deliveries.map(\.notification.badge) == [1])
    }

    @Test("what is suppressed counts nothing")
    func suppressed() throws {
        var bench = UsersBench(limits: ["all": [LimitWindow(max: 1, periodMs: Make.dayMs)]])
        #expect(bench.notify("none", change: Self.counting).disposition == .ended(.noDevices))
        try bench.register()
        #expect(try badges(bench.notify("e1", change: Self.counting)) == [1])
        #expect(bench.notify("e2", change: Self.counting).disposition == .ended(.rateLimited))
        bench.nowMs += 2 * Make.dayMs
        #expect(try badges(bench.notify("e3", change: Self.counting)) == [2])
    }

    @Test("what is decided again has the same number and counts nothing, also after a restart")
    func replays() throws {
        var bench = UsersBench()
        try bench.register()
        let committed = bench.nextOffset
        let commands = (1...3).map { number in
            var notification = Make.notification(event: "e\(number)", timeMs: bench.nowMs)
            Self.counting(&notification)
            return UsersBench.notify(notification)
        }
        let before = commands.map { bench.handle($0).effects.outputs }
        for _ in 0..<2 {
            bench.restart(committed: committed)
            for (index, command) in commands.enumerated() {
                let again = bench.handle(command, offset: committed + Int64(index))
                #expect(again.disposition == .replayed && again.effects.outputs == before[index])
            }
        }
        #expect(try badges(bench.notify("e4", change: Self.counting)) == [4])
    }

    @Test("the app says what it shows, and the count goes on from there; what it said before is too late")
    func resets() throws {
        var bench = UsersBench()
        try bench.register()
        for event in ["e1", "e2", "e3"] { _ = bench.notify(event, change: Self.counting) }
        #expect(bench.handle(Self.set(0, atMs: Make.timeMs + 10)).disposition == .applied)
        #expect(try badges(bench.notify("e4", change: Self.counting)) == [1])
        #expect(bench.handle(Self.set(7, atMs: Make.timeMs + 9)).disposition == .ignored)
        let offset = bench.nextOffset
        #expect(bench.handle(Self.set(40, atMs: Make.timeMs + 11)).disposition == .applied)
        #expect(try badges(bench.notify("e5", change: Self.counting)) == [41])
        #expect(bench.handle(Self.set(40, atMs: Make.timeMs + 11), offset: offset).disposition == .replayed)
        #expect(try badges(bench.notify("e6", change: Self.counting)) == [42])
        _ = bench.handle(Self.set(99_999, atMs: Make.timeMs + 12))
        #expect(try badges(bench.notify("e7", change: Self.counting)) == [99_999])
    }
}
