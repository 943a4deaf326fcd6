import SwiftProtobuf
import Testing

@testable import PushCore

@Suite("Users: notifications to subscribers")
struct FanOutTests {
    private static func users(_ count: Int) -> [String] { (0..<count).map { "user-\($0)" } }

    private static func world(
        _ count: Int,
        change: (inout UsersConfiguration) -> Void = { _ in }
    ) -> FanOutWorld {
        var world = FanOutWorld(change: change)
        for user in users(count) { world.subscribe(user) }
        world.settle()
        return world
    }

    private static func reason(_ receipt: Outgoing) -> String {
        let text = String(decoding: receipt.value ?? [], as: UTF8.self)
        return text.firstMatch(of: /"reason":"([a-z_]+)"/).map { String($0.output.1) } ?? ""
    }

    private static func told(_ world: FanOutWorld, _ event: String, among users: [String]) throws -> [String] {
        let decisions = try world.decisions()
        return users.filter { decisions[FanOutWorld.id(event, $0)]?.count == 1 }
    }

    @Test("each subscriber is decided about once, in steps of bounded size", arguments: [0, 1, 2, 3, 5, 6, 7, 100])
    func everybody(count: Int) throws {
        var world = Self.world(count)
        world.subscribe("other", to: "sports")
        world.fanOut("e1")
        world.settle()
        #expect(try Self.told(world, "e1", among: Self.users(count) + ["other"]) == Self.users(count))
        #expect(world.notifications == count && world.receipts.count == count && world.outputsMost <= 3)
        #expect(world.core.fanOutLoad == 0 && world.core.subscriptionCount == count + 1)
    }

    @Test("who subscribed to several of the topics is told once; who unsubscribed from all of them is not")
    func union() throws {
        var world = FanOutWorld()
        for user in Self.users(9) {
            world.subscribe(user, to: "a")
            world.subscribe(user, to: "b")
        }
        world.subscribe("user-1", to: "a", false)
        world.subscribe("user-2", to: "a", false)
        world.subscribe("user-2", to: "b", false)
        world.fanOut("e1", topics: ["a", "b", "none"])
        world.settle()
        let right = Self.users(9).filter { $0 != "user-2" }
        #expect(try Self.told(world, "e1", among: Self.users(9)) == right && world.notifications == 8)
    }

    @Test("the command to a subscriber is the one that a rule gives which names the user")
    func sameCommand() throws {
        var world = Self.world(1)
        world.fanOut("e1", origin: 7)
        let decided = world.read()
        let outputs = try #require(decided).effects.outputs
        var notify = Notify()
        notify.notification = Make.notification(event: "e1", user: "user-0")
        notify.origin = 7
        #expect(outputs.count == 1 && outputs[0].keyText == "u:user-0" && outputs[0].partition == FanOutWorld.partition)
        #expect(try outputs[0].command().notify == notify)
    }

    @Test("opt-outs, limits and time to live hold for each subscriber: nobody is left without a receipt")
    func perUser() throws {
        var world = Self.world(8) { $0.fanOutAtOnce = 0 }
        var preferences = SetPreferences()
        preferences.categories = ["orders": false]
        preferences.atMs = Make.timeMs
        world.send(.preferences(preferences), to: "u:user-3")
        world.fanOut("e1")
        // Half of them in time.
        for _ in 0..<12 {
            world.takeDue()
            while world.read() != nil {}
            for index in 0..<8 { world.store(index) }
            if world.receipts.count >= 3 { world.nowMs += 2 * Make.dayMs }
        }
        world.settle()
        let reasons = world.receipts.map(Self.reason)
        #expect(world.receipts.count == 8 && Set(world.receipts.map(\.keyText)).count == 8)
        #expect(Set(reasons).isSuperset(of: ["no_devices", "ttl_passed"]) && !reasons.contains(""))
        #expect(world.notifications == 8)
    }

    @Test("an event that is sent again is a duplicate for each; a record that was read twice is nothing")
    func repeats() throws {
        var world = Self.world(10)
        world.fanOut("e1", origin: 1)
        world.settle()
        world.fanOut("e1", origin: 1)
        world.settle()
        #expect(world.receipts.count == 10 && world.notifications == 10)
        world.fanOut("e1", origin: 2)
        world.settle()
        let reasons = world.receipts.suffix(10).map(Self.reason)
        #expect(world.receipts.count == 20 && Set(reasons) == ["duplicate"] && world.notifications == 20)
    }

    @Test("fan-outs have their turns one after another, and one at a time asks")
    func turns() throws {
        var world = Self.world(20)
        world.fanOut("e1")
        world.fanOut("e2")
        while world.read() != nil {}
        #expect(world.core.fanOutCount == 2)
        world.settle()
        var order: [String] = []
        for record in world.inbox {
            let command = try Command(serializedBytes: record.value ?? [])
            if case .notify(let notify) = command.kind { order.append(notify.notification.event.id) }
        }
        #expect(order.filter { $0 == "e1" }.count == 20 && order.count == 40)
        // Neither waits for the other's end.
        let first = try #require(order.firstIndex(of: "e2"))
        let last = try #require(order.lastIndex(of: "e1"))
        #expect(first < last)
    }

    @Test("what cannot be a fan-out, and what is too much, is a dead letter")
    func refused() throws {
        var world = Self.world(10) { $0.fanOutsMax = 1 }
        world.fanOut("e1")
        world.fanOut("e2")
        world.send(.fanOut(FanOut()), to: "f:x")
        world.send(.fanOut(FanOut()), to: "u:user-1")
        world.settle()
        let reasons = world.deadLetters.map { letter in
            String(decoding: letter.headers.first { $0.name == "dlq_reason" }?.value ?? [], as: UTF8.self)
        }
        #expect(reasons == ["fan_outs_max", "invalid_command", "invalid_command"] && world.notifications == 10)
        #expect(try Self.told(world, "e1", among: Self.users(10)).count == 10)
    }

    @Test("when no command can be read again the record shrinks, and is gone after the dedupe window")
    func forgotten() throws {
        var world = Self.world(10)
        world.fanOut("e1")
        world.settle()
        #expect(world.fanOutRecords.count == 1)
        let large = try #require(world.changelog.last { $0.keyText.hasPrefix("f:") }?.value)
        world.nowMs += 61_000
        world.settle()
        let small = try #require(world.changelog.last { $0.keyText.hasPrefix("f:") }?.value)
        #expect(small.count < 40 && small.count < large.count)
        world.nowMs += world.configuration.dedupeWindowMs
        world.settle()
        #expect(world.fanOutRecords.isEmpty && !world.core.hasFanOuts)
        // The same for a new owner.
        world.crash()
        #expect(!world.core.hasFanOuts)
    }

    @Test(
        "whenever the process dies, everybody who stays subscribed is told, once, and the work ends",
        arguments: (0..<8).map { $0 * 40 }
    )
    func crashes(first: UInt64) throws {
        for seed in first..<first + 40 {
            var random = SeededGenerator(seed: seed)
            var world = FanOutWorld()
            let users = Self.users(Int.random(in: 1...14, using: &random))
            var everSubscribed: Set<String> = []
            var left: Set<String> = []
            for user in users where Bool.random(using: &random) {
                world.subscribe(user)
                everSubscribed.insert(user)
            }
            world.settle()
            let loyal = everSubscribed
            world.fanOut("e1")
            var isRepeated = false
            for _ in 0..<Int.random(in: 20...300, using: &random) {
                switch Int.random(in: 0..<20, using: &random) {
                case 0..<7: world.read()
                case 7..<13: world.store(Int.random(in: 0..<100, using: &random))
                case 13..<15: world.takeDue()
                case 15: world.commit()
                case 16: world.crash()
                case 17: world.nowMs += Int64.random(in: 0...40_000, using: &random)
                case 18 where !isRepeated:
                    isRepeated = true
                    world.fanOut("e1")
                default:
                    let user = users[Int.random(in: 0..<users.count, using: &random)]
                    let isSubscribed = Bool.random(using: &random)
                    world.subscribe(user, isSubscribed)
                    if isSubscribed { everSubscribed.insert(user) } else { left.insert(user) }
                }
            }
            world.settle()
            let decisions = try world.decisions()
            for user in users {
                let found = decisions[FanOutWorld.id("e1", user)] ?? []
                #expect(found.count <= 1, "seed \(seed): \(user) is decided about \(found)")
                if loyal.contains(user), !left.contains(user) {
                    #expect(found.count == 1, "seed \(seed): \(user) is forgotten")
                }
                if !everSubscribed.contains(user) { #expect(found.isEmpty, "seed \(seed): \(user) never subscribed") }
            }
            #expect(world.deadLetters.isEmpty && world.core.fanOutCount == 0, "seed \(seed)")
        }
    }

    @Test("names stand in order, whatever comes and goes", arguments: [1, 2, 3] as [UInt64])
    func sortedNames(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var names = SortedNames()
        var reference: Set<String> = []
        for _ in 0..<6_000 {
            let name = "n\(Int.random(in: 0..<3_000, using: &random))"
            if Int.random(in: 0..<3, using: &random) > 0 {
                names.insert(name)
                reference.insert(name)
            } else {
                names.remove(name)
                reference.remove(name)
            }
        }
        let sorted = reference.sorted()
        #expect(names.count == sorted.count && names.names(after: "") == sorted)
        for _ in 0..<50 {
            let after = "n\(Int.random(in: 0..<3_000, using: &random))"
            let last = "n\(Int.random(in: 0..<3_000, using: &random))"
            #expect(names.names(after: after, max: 100) == Array(sorted.filter { $0 > after }.prefix(100)))
            #expect(names.names(after: after, upTo: last) == sorted.filter { $0 > after && $0 <= last })
        }
    }
}
