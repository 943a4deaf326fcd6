import SwiftProtobuf
import Testing

@testable import PushCore

@Suite("Users: devices and addresses")
struct DeviceTests {
    private let t = Make.timeMs

    @Test("a registered device is reached; registered again, it is reached once")
    func registered() throws {
        var bench = UsersBench()
        try bench.register()
        try bench.register()
        try bench.register(Make.device(at: t + 5))
        let decided = bench.notify("e1")
        #expect(decided.deliveries == 1)
        #expect(try decided.effects.deliveries().first?.device.registeredAtMs == t + 5)
        #expect(try #require(try bench.record()).devices.count == 1)
    }

    @Test("a new token takes the place of the old one, whose address is let go")
    func newToken() throws {
        var bench = UsersBench()
        try bench.register(Make.device(token: "aa01"))
        try bench.register(Make.device(token: "bb02", at: t + 1))
        #expect(try bench.notify("e1").effects.deliveries().map(\.device.token) == ["bb02"])
        // The old address is nobody's: another user may take it without anybody being told to let go.
        let offset = bench.nextOffset
        try bench.register(Make.device("other", token: "aa01", at: t + 2), user: "bob")
        #expect(bench.nextOffset - offset == 2)
        #expect(try bench.reached("e2", user: "bob") == ["other"])
    }

    @Test("a registration with an older token that arrives late changes nothing")
    func overtaken() throws {
        var bench = UsersBench()
        try bench.register(Make.device(token: "bb02", at: t + 1))
        try bench.register(Make.device(token: "aa01", at: t))
        #expect(try bench.notify("e1").effects.deliveries().map(\.device.token) == ["bb02"])
    }

    @Test("a token that another user registers rings for that user only")
    func moved() throws {
        var bench = UsersBench()
        try bench.register(Make.device("shared", token: "aa01"), user: "ann")
        try bench.register(Make.device("shared", token: "aa01", at: t + 1), user: "bob")
        #expect(try bench.reached("e1", user: "ann") == [])
        #expect(try bench.reached("e2", user: "bob") == ["shared"])
        // Late news of the first registration do not take it back.
        try bench.register(Make.device("shared", token: "aa01"), user: "ann")
        #expect(try bench.reached("e3", user: "ann") == [])
        #expect(try bench.reached("e4", user: "bob") == ["shared"])
        try bench.register(Make.device("shared", token: "aa01", at: t + 2), user: "ann")
        #expect(try bench.reached("e5", user: "ann") == ["shared"])
        #expect(try bench.reached("e6", user: "bob") == [])
    }

    @Test("what a removed device had as its address is a fingerprint as soon as nobody can ask for it")
    func forgottenAddress() throws {
        var bench = UsersBench()
        let token = String(repeating: "aa01", count: 16)
        let first = Make.device("shared", token: token)
        try bench.register(first, user: "ann")
        try bench.register(Make.device("shared", token: token, at: t + 1), user: "bob")
        // A delivery decided before may have to be produced again.
        #expect(try #require(try bench.record()).devices.map(\.token) == [token])
        try bench.commitAndTidy()
        let held = try #require(try bench.record()).devices
        #expect(held.map { $0.address == nil } == [true])
        #expect(held.map(\.addressFingerprint) == [Digests.openSSL.fingerprint(of: first)])
        #expect(bench.housekeeping().isEmpty)
        // Late news of it are known as such still, by way of the address or past it.
        _ = bench.handle(Self.attach(first))
        #expect(try bench.reached("e1") == [])
        try bench.register(first, user: "ann")
        #expect(try bench.reached("e2") == [])
        #expect(try bench.reached("e3", user: "bob") == ["shared"])
        // Another address of the device was not lost.
        _ = bench.handle(Self.attach(Make.device("shared", token: "bb02")))
        #expect(try bench.reached("e4") == ["shared"])
    }

    @Test("an address that a restart finds with a removed device goes with the next sweep")
    func forgottenAddressAfterRestart() throws {
        var bench = UsersBench()
        try bench.register(Make.device(token: "aa01"))
        try bench.settle(UsersBench.unregister(atMs: t + 5))
        #expect(try #require(try bench.record()).devices.contains { $0.token == "aa01" })
        bench.restart(committed: bench.nextOffset)
        for _ in 0..<80 {
            bench.nowMs += 100
            try bench.settle(Effects(outputs: bench.housekeeping()))
        }
        let held = try #require(try bench.record()).devices
        #expect(!held.isEmpty && held.allSatisfy { $0.address == nil })
    }

    private static func attach(_ device: Device) -> Command.OneOf_Kind {
        var attach = AttachDevice()
        attach.device = device
        return .attach(attach)
    }

    @Test("a token under a second device of the same user is one device")
    func movedWithinUser() throws {
        var bench = UsersBench()
        try bench.register(Make.device("old", token: "aa01"))
        try bench.register(Make.device("new", token: "aa01", at: t + 1))
        #expect(try bench.reached("e1") == ["new"])
    }

    @Test("an unregistered device is not reached, and its address is let go")
    func unregistered() throws {
        var bench = UsersBench()
        try bench.register()
        try bench.settle(UsersBench.unregister(atMs: t + 1))
        #expect(try bench.reached("e1") == [])
        try bench.register()
        #expect(try bench.reached("e2") == [], "the registration that was taken back does not come back")
        try bench.register(Make.device(at: t + 2))
        #expect(try bench.reached("e3") == ["phone"])
        #expect(bench.handle(UsersBench.unregister(atMs: t + 1)).disposition == .ignored)
        #expect(try bench.reached("e4") == ["phone"])
    }

    /// The repeated claim used to leave out everything for its user, and so the word to the user's other device.
    @Test(
        "a token that moved within a user and then on is taken from the first device, although the claims are repeated"
    )
    func movedTwice() throws {
        var bench = UsersBench()
        let address = UsersBench.addressKey(Make.device("desk"))
        try bench.register(Make.device("desk", at: Make.timeMs))
        let committed = bench.nextOffset
        // The process ends when the state of both is stored, and nothing that follows from them.
        let second = UsersBench.claim(Make.device("tablet", at: Make.timeMs + 1), "ann")
        let third = UsersBench.claim(Make.device("phone", at: Make.timeMs + 2), "bob")
        _ = bench.handle(second, to: address)
        _ = bench.handle(third, to: address)
        bench.restart(committed: committed)
        let outputs = [second, third].enumerated().flatMap { index, claim in
            bench.handle(claim, to: address, offset: committed + Int64(index)).effects.outputs
        }
        try bench.settle(Effects(outputs: outputs))
        #expect(try bench.reached("e1") == [])
    }

    @Test("a device that is unregistered before its attachment arrives stays away")
    func unregisteredFirst() throws {
        var bench = UsersBench()
        let attach = bench.handle(UsersBench.claim(Make.device(), "ann"), to: UsersBench.addressKey(Make.device()))
        try bench.settle(UsersBench.unregister(atMs: t + 1))
        let outside = try bench.settle(attach.effects)
        #expect(outside.isEmpty)
        #expect(try bench.reached("e1") == [])
        // Nobody holds the address, which remembers the registration that it let go.
        let key = UsersBench.addressKey(Make.device())
        let value = try #require(bench.changelog.last { $0.keyText == key }?.value)
        let record = try AddressRecord(serializedBytes: value)
        #expect(record.userID.isEmpty && record.registeredAtMs == Make.device().registeredAtMs)
    }

    @Test("an unregistration that comes twice leaves one trace")
    func unregisteredTwice() throws {
        var bench = UsersBench()
        for _ in 0..<3 { try bench.settle(UsersBench.unregister("gone", atMs: t)) }
        #expect(try #require(try bench.record()).devices.count == 1)
        try bench.register()
        for _ in 0..<3 { try bench.settle(UsersBench.unregister(atMs: t + 1)) }
        // The trace of each, and the registration that was taken back.
        #expect(try #require(try bench.record()).devices.map(\.id) == ["gone", "phone", "phone"])
    }

    /// Unregistered and registered again at once: the address hears of the new registration before it hears of the release.
    @Test("a release that was overtaken by a new registration does not make the address nobody's")
    func overtakenRelease() throws {
        var bench = UsersBench()
        let phone = Make.device(at: t)
        try bench.register(phone)
        let detached = bench.handle(UsersBench.unregister(atMs: t + 1))
        try bench.register(Make.device(at: t + 2))
        try bench.settle(detached.effects)
        #expect(try bench.reached("e1") == ["phone"])
        try bench.register(Make.device("theirs", at: t + 3), user: "bob")
        #expect(try bench.reached("e2", user: "ann") == [], "the former owner is told to let go")
        #expect(try bench.reached("e3", user: "bob") == ["theirs"])
    }

    @Test("one device more than the most removes the one that registered longest ago")
    func devicesMax() throws {
        var bench = UsersBench { $0.devicesMax = 2 }
        try bench.register(Make.device("b", token: "02", at: t + 2))
        try bench.register(Make.device("a", token: "01", at: t + 1))
        try bench.register(Make.device("c", token: "03", at: t + 3))
        #expect(try bench.reached("e1") == ["b", "c"])
        // The one that went may be registered again later, not by the same registration.
        try bench.register(Make.device("a", token: "01", at: t + 1))
        #expect(try bench.reached("e2") == ["b", "c"])
        try bench.register(Make.device("a", token: "01", at: t + 4))
        #expect(try bench.reached("e3") == ["a", "c"])
    }

    @Test("a removed device is remembered for its time, and as long as the removal may be read again")
    func pruned() throws {
        var bench = UsersBench()
        try bench.register()
        try bench.settle(UsersBench.unregister(atMs: t))
        try bench.register(Make.device("b", token: "02"))
        bench.nowMs += 2 * Make.dayMs
        _ = bench.notify("e1")
        #expect(try #require(try bench.record()).devices.map(\.id) == ["phone", "phone", "b"])
        bench.commit()
        _ = bench.notify("e2")
        #expect(try #require(try bench.record()).devices.map(\.id) == ["b"])
    }

    @Test("each step of a move is repeated when it is read again", arguments: [false, true])
    func replayedMove(_ isRestarted: Bool) throws {
        var bench = UsersBench()
        let phone = Make.device()
        let key = UsersBench.addressKey(phone)
        let committed = bench.nextOffset
        let first = bench.handle(UsersBench.claim(phone, "ann"), to: key)
        try bench.settle(first.effects)
        let second = bench.nextOffset
        let claim = bench.handle(UsersBench.claim(Make.device(at: t + 1), "bob"), to: key)
        try bench.settle(claim.effects)
        if isRestarted { bench.restart(committed: committed) }
        // The first claim is overtaken: its owner hears of both ends once more, in their order.
        let firstAgain = bench.handle(UsersBench.claim(phone, "ann"), to: key, offset: committed)
        #expect(firstAgain.disposition == .replayed && firstAgain.effects.state == nil)
        #expect(firstAgain.effects.outputs.map(\.keyText) == ["u:ann", "u:ann"])
        let again = bench.handle(UsersBench.claim(Make.device(at: t + 1), "bob"), to: key, offset: second)
        #expect(again.disposition == .replayed && again.effects.state == nil)
        #expect(again.effects.outputs == claim.effects.outputs)
        #expect(again.effects.outputs.map(\.keyText) == ["u:ann", "u:bob"])
    }
}
