import Testing

@testable import PushCore

@Suite("Users: dead addresses")
struct InvalidTokenTests {
    private let t = Make.timeMs
    private let phone = Make.device()

    @Test("a dead address is removed, let go and signalled, once", arguments: [0, Make.timeMs, Make.timeMs + 100])
    func removedOnce(_ sinceMs: Int64) throws {
        var bench = UsersBench()
        try bench.register(phone)
        let decided = bench.handle(UsersBench.rejected(phone, sinceMs: sinceMs))
        #expect(decided.disposition == .applied)
        let signal = try #require(decided.effects.invalidTokens.first)
        #expect(signal.json.member("removed")?.boolValue == true && signal.text("token") == "aa01")
        #expect(decided.effects.outputs.map(\.topic) == [.invalidTokens, .inbox])
        #expect(try bench.reached("e1") == [])
        let again = bench.handle(UsersBench.rejected(phone, sinceMs: sinceMs))
        #expect(again.disposition == .ignored && again.effects.isEmpty)
    }

    @Test("a device that registered after the provider's time stays, and that is said once")
    func keptWhenLater() throws {
        var bench = UsersBench()
        try bench.register(phone)
        let decided = bench.handle(UsersBench.rejected(phone, sinceMs: t - 1))
        let signal = try #require(decided.effects.invalidTokens.first)
        #expect(signal.json.member("removed")?.boolValue == false)
        #expect(decided.effects.outputs.count == 1)
        #expect(try bench.reached("e1") == ["phone"])
        let again = bench.handle(UsersBench.rejected(phone, sinceMs: t - 1))
        #expect(again.disposition == .ignored && again.effects.isEmpty)
        // Dead since after the registration, it goes, although the first word was said already.
        #expect(bench.handle(UsersBench.rejected(phone, sinceMs: t)).effects.invalidTokens.count == 1)
        #expect(try bench.reached("e2") == [])
    }

    /// The later registration used to overwrite the time of the earlier one: the signal then came under another id, and the
    /// address was never told of the later one.
    @Test("a registration that is dead before it arrives changes nothing that may have to be said again")
    func deadBeforeItArrives() throws {
        var bench = UsersBench()
        try bench.register(phone)
        let committed = bench.nextOffset
        let rejected = bench.handle(UsersBench.rejected(phone, sinceMs: t + 100))
        var attach = AttachDevice()
        attach.device = Make.device(at: t + 50)
        let lost = bench.handle(.attach(attach))
        #expect(lost.effects.outputs.map(\.topic) == [.inbox])
        bench.restart(committed: committed)
        let again = bench.handle(UsersBench.rejected(phone, sinceMs: t + 100), offset: committed)
        #expect(again.disposition == .replayed && again.effects.outputs == rejected.effects.outputs)
        let lostAgain = bench.handle(.attach(attach), offset: committed + 1)
        #expect(lostAgain.disposition == .replayed && lostAgain.effects.outputs == lost.effects.outputs)
        // Said twice, it is known.
        #expect(bench.handle(.attach(attach)).effects.outputs == lost.effects.outputs)
        #expect(try bench.reached("e1") == [])
    }

    @Test("without a time of the provider, a registration newer than the delivery's stays")
    func keptWithoutTime() throws {
        var bench = UsersBench()
        try bench.register(phone)
        try bench.register(Make.device(at: t + 1))
        let decided = bench.handle(UsersBench.rejected(phone, registeredAtMs: t))
        #expect(decided.effects.invalidTokens.first?.json.member("removed")?.boolValue == false)
        #expect(try bench.reached("e1") == ["phone"])
        #expect(bench.handle(UsersBench.rejected(phone, registeredAtMs: t + 1)).disposition == .applied)
        #expect(try bench.reached("e2") == [])
    }

    @Test("another token, another device and an unknown user are let be")
    func others() throws {
        var bench = UsersBench()
        try bench.register(phone)
        for stranger in [Make.device(token: "ff"), Make.device("tablet")] {
            #expect(bench.handle(UsersBench.rejected(stranger)).disposition == .ignored)
        }
        #expect(bench.handle(UsersBench.rejected(phone), to: "u:bob").effects.isEmpty)
        #expect(try bench.reached("e1") == ["phone"])
    }

    @Test("a repeated registration does not bring a dead address back, a later one does", arguments: [0, 500])
    func resurrection(_ afterMs: Int64) throws {
        var bench = UsersBench()
        try bench.register(phone)
        try bench.settle(UsersBench.rejected(phone, sinceMs: afterMs == 0 ? 0 : t + afterMs))
        for atMs in [t - 1, t, t + afterMs - 1] {
            try bench.register(Make.device(at: atMs))
            #expect(try bench.reached("r\(atMs)") == [], "registered at \(atMs - t)")
        }
        try bench.register(Make.device(at: t + afterMs + 1))
        #expect(try bench.reached("later") == ["phone"])
    }

    /// A registration of long ago: its time says nothing about how long the removal is remembered.
    @Test("the removal of a device that registered long ago is remembered as long as any other")
    func oldRegistration() throws {
        var bench = UsersBench()
        let old = Make.device(at: t - 90 * Make.dayMs)
        try bench.register(old)
        try bench.settle(UsersBench.rejected(old))
        bench.commit()
        #expect(try bench.reached("e1") == [])
        try bench.register(old)
        #expect(try bench.reached("e2") == [])
        bench.nowMs += 2 * Make.dayMs
        bench.commit()
        _ = bench.notify("e3")
        #expect(try #require(try bench.record()).devices.isEmpty)
    }

    @Test("the signal is repeated when its command is read again, whatever came after", arguments: [false, true])
    func replayed(_ isRegisteredAgain: Bool) throws {
        var bench = UsersBench()
        try bench.register(phone)
        let committed = bench.nextOffset
        let decided = bench.handle(UsersBench.rejected(phone))
        if isRegisteredAgain { try bench.register(Make.device(at: t + 10)) }
        bench.restart(committed: committed)
        let again = bench.handle(UsersBench.rejected(phone), offset: committed)
        #expect(again.disposition == .replayed && again.effects.state == nil)
        #expect(again.effects.outputs == decided.effects.outputs)
    }

    @Test("a repeated release does not take the address from its next registration")
    func replayedRelease() throws {
        var bench = UsersBench()
        try bench.register(phone)
        let decided = bench.handle(UsersBench.rejected(phone))
        try bench.settle(decided.effects)
        try bench.register(Make.device(at: t + 10))
        try bench.settle(decided.effects)
        try bench.register(Make.device("theirs", at: t + 20), user: "bob")
        #expect(try bench.reached("e1", user: "ann") == [])
        #expect(try bench.reached("e2", user: "bob") == ["theirs"])
    }
}
