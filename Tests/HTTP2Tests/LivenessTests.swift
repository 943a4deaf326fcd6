import Testing

@testable import HTTP2

@Suite("Liveness")
struct LivenessTests {
    private static let start = MonotonicInstant(nanoseconds: 0)

    private static func second(_ number: Int) -> MonotonicInstant { start + .seconds(number) }

    private static func liveness() -> Liveness {
        let limits = Liveness.Limits(
            idle: .seconds(3600),
            silence: .seconds(5),
            answer: .seconds(4),
            trust: .seconds(60)
        )
        return Liveness(limits, now: start)
    }

    @Test("An idle connection is asked once an hour, one with streams after a few seconds of silence")
    func whenAsked() {
        var liveness = Self.liveness()
        #expect(liveness.next(at: Self.second(3599), hasStreams: false) == .look(Self.second(3600)))
        #expect(liveness.next(at: Self.second(3600), hasStreams: false) == .ask)
        liveness.received(at: Self.second(10))
        #expect(liveness.next(at: Self.second(11), hasStreams: true) == .look(Self.second(15)))
        #expect(liveness.next(at: Self.second(15), hasStreams: true) == .ask)
    }

    @Test("Silence counts from the first stream, not from the end of the talk before it")
    func silenceAfterIdleness() {
        var liveness = Self.liveness()
        liveness.becameBusy(at: Self.second(50))
        #expect(liveness.next(at: Self.second(51), hasStreams: true) == .look(Self.second(55)))
    }

    @Test("It is lost when nothing comes after a PING; any byte saves it")
    func whenLost() {
        var liveness = Self.liveness()
        liveness.asked(at: Self.second(20))
        #expect(liveness.isAsking)
        #expect(liveness.next(at: Self.second(23), hasStreams: true) == .look(Self.second(24)))
        #expect(liveness.next(at: Self.second(24), hasStreams: true) == .lost)
        liveness.received(at: Self.second(23))
        #expect(!liveness.isAsking)
        #expect(liveness.next(at: Self.second(24), hasStreams: true) == .look(Self.second(28)))
    }

    @Test("After long quiet it needs a proof, and while it is asked no second one")
    func proof() {
        var liveness = Self.liveness()
        #expect(!liveness.needsProof(at: Self.second(59)) && liveness.needsProof(at: Self.second(60)))
        liveness.asked(at: Self.second(60))
        #expect(!liveness.needsProof(at: Self.second(61)))
        liveness.received(at: Self.second(61))
        #expect(!liveness.needsProof(at: Self.second(120)) && liveness.needsProof(at: Self.second(121)))
    }
}
