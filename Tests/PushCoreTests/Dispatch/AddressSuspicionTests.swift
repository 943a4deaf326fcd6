import PushCore
import Testing

@Suite("Suspicion of dead addresses")
struct AddressSuspicionTests {
    private typealias Machine = AddressSuspicion<UInt64>
    private static let startMs: Int64 = 1_795_000_000_000

    private static func subject(_ address: UInt64, app: String = "a", payload: String = "p") -> Machine.Subject {
        Machine.Subject(app: app.hashValue, payload: payload.hashValue, address: address)
    }

    /// `credible 7`, `app 7` or `payload 7`.
    private static func words(_ judgements: [Machine.Judgement]) -> [String] {
        judgements.map { judgement in
            switch judgement {
            case .credible(let signal): "credible \(signal)"
            case .suspected(let signal, let cause): "\(cause.rawValue) \(signal)"
            }
        }
    }

    @Test("a dead address among living ones is believed at once")
    func credible() {
        var machine = Machine()
        machine.noteAlive(Self.subject(1), nowMs: Self.startMs)
        machine.noteDead(Self.subject(2), reason: .badDeviceToken, signal: 2, nowMs: Self.startMs + 1)
        #expect(Self.words(machine.settle(nowMs: Self.startMs + 1)) == ["credible 2"])
        #expect(machine.heldCount == 0 && machine.nextDueMs == nil)
    }

    @Test(
        "without a living one it is held for a moment, and then believed",
        arguments: [
            .badDeviceToken, .unregistered, .expiredToken, .deviceTokenNotForTopic,
        ] as [Reason]
    )
    func held(reason: Reason) {
        var machine = Machine()
        machine.noteDead(Self.subject(1), reason: reason, signal: 1, nowMs: Self.startMs)
        #expect(machine.settle(nowMs: Self.startMs).isEmpty)
        #expect(machine.nextDueMs == Self.startMs + 2_000)
        #expect(machine.settle(nowMs: Self.startMs + 1_999).isEmpty)
        #expect(Self.words(machine.settle(nowMs: Self.startMs + 2_000)) == ["credible 1"])
    }

    @Test("a living one that comes later ends the wait")
    func laterProof() {
        var machine = Machine()
        machine.noteDead(Self.subject(1), reason: .badDeviceToken, signal: 1, nowMs: Self.startMs)
        #expect(machine.settle(nowMs: Self.startMs).isEmpty)
        machine.noteAlive(Self.subject(2), nowMs: Self.startMs + 5)
        #expect(Self.words(machine.settle(nowMs: Self.startMs + 5)) == ["credible 1"])
    }

    @Test("where every address of an app looks dead, none is given up", arguments: [20, 21, 500])
    func wrongEnvironment(count: UInt64) {
        var machine = Machine()
        var words: [String] = []
        // Each with a payload of its own, as with rules that reach one person each.
        for address in 0..<count {
            let nowMs = Self.startMs + Int64(address)
            machine.noteDead(
                Self.subject(address, payload: "\(address)"),
                reason: .badDeviceToken,
                signal: address,
                nowMs: nowMs
            )
            words += Self.words(machine.settle(nowMs: nowMs))
        }
        #expect(words == (0..<count).map { "app \($0)" })
    }

    @Test("19 addresses are few: after their time they are believed")
    func few() {
        var machine = Machine()
        for address in 0..<19 as Range<UInt64> {
            machine.noteDead(Self.subject(address), reason: .badDeviceToken, signal: address, nowMs: Self.startMs)
        }
        #expect(machine.settle(nowMs: Self.startMs + 1).isEmpty)
        #expect(machine.settle(nowMs: Self.startMs + 2_000).count == 19)
    }

    @Test("one address that answers often is one")
    func sameAddress() {
        var machine = Machine()
        for signal in 0..<100 as Range<UInt64> {
            machine.noteDead(Self.subject(7), reason: .badDeviceToken, signal: signal, nowMs: Self.startMs)
        }
        let words = Self.words(machine.settle(nowMs: Self.startMs + 2_000))
        #expect(words == (0..<100).map { "credible \($0)" })
    }

    @Test(
        "more than half of an app's answers make it suspect, half do not",
        arguments: [(100, 100, "credible 0"), (101, 100, "app 0"), (1_000, 10, "app 0"), (20, 20, "credible 0")]
    )
    func share(dead: UInt64, alive: UInt64, first: String) {
        var machine = Machine()
        for address in 0..<dead {
            machine.noteDead(
                Self.subject(address, payload: "\(address % 50)"),
                reason: .badDeviceToken,
                signal: address,
                nowMs: Self.startMs
            )
            if address < alive {
                machine.noteAlive(Self.subject(10_000 + address, payload: "\(address % 50)"), nowMs: Self.startMs)
            }
        }
        let words = Self.words(machine.settle(nowMs: Self.startMs))
        #expect(words.count == Int(dead))
        #expect(words.first == first)
    }

    @Test(
        "a payload at which nearly all recipients look dead is suspected, whatever the reason",
        arguments: [
            .unregistered, .badDeviceToken,
        ] as [Reason]
    )
    func hotPayload(reason: Reason) {
        var machine = Machine()
        // The app itself is alive.
        for address in 0..<1_000 as Range<UInt64> {
            machine.noteAlive(Self.subject(address, payload: "other"), nowMs: Self.startMs)
        }
        for address in 0..<40 as Range<UInt64> {
            machine.noteDead(Self.subject(address), reason: reason, signal: address, nowMs: Self.startMs)
        }
        machine.noteAlive(Self.subject(99), nowMs: Self.startMs)
        #expect(Self.words(machine.settle(nowMs: Self.startMs)) == (0..<40).map { "payload \($0)" })
    }

    @Test("gone users show that the app's settings are right")
    func gone() {
        var machine = Machine()
        for address in 0..<60 as Range<UInt64> {
            let payload = "\(address)"
            machine.noteDead(
                Self.subject(address, payload: payload),
                reason: .unregistered,
                signal: address,
                nowMs: Self.startMs
            )
        }
        machine.noteDead(Self.subject(99, payload: "q"), reason: .badDeviceToken, signal: 99, nowMs: Self.startMs)
        machine.noteAlive(Self.subject(100, payload: "q"), nowMs: Self.startMs)
        #expect(Self.words(machine.settle(nowMs: Self.startMs)) == ["credible 99"])
        #expect(machine.settle(nowMs: Self.startMs + 2_000).count == 60)
    }

    @Test("apps are judged apart")
    func apps() {
        var machine = Machine()
        for address in 0..<50 as Range<UInt64> {
            machine.noteDead(
                Self.subject(address, app: "broken", payload: "x"),
                reason: .badDeviceToken,
                signal: address,
                nowMs: Self.startMs
            )
        }
        machine.noteAlive(Self.subject(60, app: "whole", payload: "y"), nowMs: Self.startMs)
        machine.noteDead(
            Self.subject(61, app: "whole", payload: "y"),
            reason: .badDeviceToken,
            signal: 61,
            nowMs: Self.startMs
        )
        let words = Self.words(machine.settle(nowMs: Self.startMs))
        #expect(words.count == 51 && words.last == "credible 61")
        #expect(words.dropLast().allSatisfy { $0.hasPrefix("app ") })
    }

    @Test(
        "what was long ago counts no more",
        arguments: [(299_999, "app 99"), (600_000, nil), (-1, nil)] as [(Int64, String?)]
    )
    func window(laterMs: Int64, word: String?) {
        var machine = Machine()
        for address in 0..<50 as Range<UInt64> {
            machine.noteDead(
                Self.subject(address, payload: "\(address)"),
                reason: .badDeviceToken,
                signal: address,
                nowMs: Self.startMs
            )
        }
        _ = machine.settle(nowMs: Self.startMs)
        let nowMs = Self.startMs + laterMs
        machine.noteDead(Self.subject(99, payload: "z"), reason: .badDeviceToken, signal: 99, nowMs: nowMs)
        #expect(Self.words(machine.settle(nowMs: nowMs)) == (word.map { [$0] } ?? []))
    }

    @Test("memory is bounded", arguments: [1, 2, 3] as [UInt64])
    func bounds(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var limits = Machine.Limits()
        limits.groupsMax = 16
        limits.heldMax = 32
        var machine = Machine(limits: limits)
        var nowMs = Self.startMs
        var noted = 0
        var judged: [UInt64] = []
        for signal in 0..<5_000 as Range<UInt64> {
            nowMs += Int64.random(in: 0...400, using: &random)
            let subject = Self.subject(
                UInt64.random(in: 0..<200, using: &random),
                app: "a\(Int.random(in: 0..<8, using: &random))",
                payload: "p\(Int.random(in: 0..<100, using: &random))"
            )
            if Bool.random(using: &random) {
                machine.noteAlive(subject, nowMs: nowMs)
            } else {
                let reason: Reason = Bool.random(using: &random) ? .badDeviceToken : .unregistered
                machine.noteDead(subject, reason: reason, signal: signal, nowMs: nowMs)
                noted += 1
            }
            #expect(machine.heldCount <= 32, "seed \(seed)")
            for judgement in machine.settle(nowMs: nowMs) {
                switch judgement {
                case .credible(let signal), .suspected(let signal, _): judged.append(signal)
                }
            }
            if let dueMs = machine.nextDueMs { #expect(dueMs > nowMs, "seed \(seed)") }
        }
        for judgement in machine.settle(nowMs: nowMs + 2_000) {
            switch judgement {
            case .credible(let signal), .suspected(let signal, _): judged.append(signal)
            }
        }
        #expect(machine.heldCount == 0)
        #expect(Set(judged).count == judged.count, "no signal is judged twice; seed \(seed)")
        #expect(judged.count <= noted)
    }
}

extension AddressSuspicion {
    /// An answer of an address that is alive.
    fileprivate mutating func noteAlive(_ subject: Subject, nowMs: Int64) {
        noteAlive(app: subject.app, payload: subject.payload, nowMs: nowMs)
    }
}
