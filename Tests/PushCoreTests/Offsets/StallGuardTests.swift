import PushCore
import Testing

@Suite("A process that stood still")
struct StallGuardTests {
    @Test(
        "asks the group once a third of the session has passed between two turns",
        arguments: [
            (turns: [0], stalls: [nil]),
            (turns: [0, 100, 14_000], stalls: [nil, nil, nil]),
            (turns: [5_000, 19_999, 34_999], stalls: [nil, nil, 15_000]),
            (turns: [0, 600_000, 600_100], stalls: [nil, 600_000, nil]),
        ] as [(turns: [Int64], stalls: [Int64?])]
    )
    func stalls(_ turns: [Int64], _ stalls: [Int64?]) {
        var stall = StallGuard(sessionTimeoutMs: 45_000)
        #expect(turns.map { stall.turn($0) } == stalls)
        // It stays until the group has answered.
        #expect(stall.mustAsk == stalls.contains { $0 != nil })
        stall.confirm()
        #expect(!stall.mustAsk)
    }
}
