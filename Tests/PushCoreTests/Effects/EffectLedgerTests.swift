import PushCore
import Testing

@Suite("Effects: what waits for an acknowledgement")
struct EffectLedgerTests {
    private static func item(_ slot: Int) -> WorkItem { WorkItem(lane: 1, slot: slot) }
    private static let receipt = Outgoing(.receipts, key: nil, value: nil)
    private static let state = Outgoing(.users, key: nil, value: nil)

    @Test("a token says whether the record is a receipt, and whose it is")
    func tokens() {
        var ledger = EffectLedger()
        let productions = ledger.begin(
            Effects(outputs: [Self.receipt, Outgoing(.deadLetters, key: nil, value: nil)]),
            for: Self.item(3)
        ).productions
        #expect(productions.map { EffectLedger.isReceipt($0.token) } == [true, false])
        #expect(productions.map { ledger.item($0.token) } == [Self.item(3), Self.item(3)])
        #expect(ledger.item(1 << 20) == nil)
    }

    @Test("state without outputs finishes its record")
    func stateAlone() {
        var ledger = EffectLedger()
        let begun = ledger.begin(Effects(state: Self.state), for: Self.item(1))
        #expect(begun.finished == nil && begun.productions.count == 1 && ledger.count == 1)
        let ended = ledger.acknowledge(begun.productions[0].token)
        #expect(ended.finished == Self.item(1) && ended.productions.isEmpty && ledger.count == 0)
    }

    @Test("nothing to produce is finished without a place in the ledger")
    func nothing() {
        var ledger = EffectLedger()
        #expect(ledger.begin(.none, for: Self.item(1)).finished == Self.item(1))
        #expect(ledger.count == 0)
    }

    @Test("what a lane's state would have let out is withheld once the lane is gone, and other lanes' is not")
    func withheld() {
        var ledger = EffectLedger()
        let effects = Effects(state: Self.state, outputs: [Self.receipt])
        let gone = ledger.begin(effects, for: WorkItem(lane: 1, slot: 1)).productions[0].token
        let kept = ledger.begin(effects, for: WorkItem(lane: 2, slot: 1)).productions[0].token
        ledger.withhold(lane: 1)
        let late = ledger.acknowledge(gone)
        #expect(late.productions.isEmpty && late.finished == WorkItem(lane: 1, slot: 1))
        #expect(ledger.acknowledge(kept).productions.map(\.record) == [Self.receipt])
        #expect(ledger.count == 1)
    }

    @Test("every record is finished once, after its last acknowledgement", arguments: (1...10).map { UInt64($0) })
    func property(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var ledger = EffectLedger()
        var open: [(token: EffectLedger.Token, slot: Int)] = []
        var missing: [Int: Int] = [:]
        var finished: Set<Int> = []
        for slot in 0..<1000 {
            let outputs = Int.random(in: 0...3, using: &random)
            let withState = Bool.random(using: &random)
            let effects = Effects(
                state: withState ? Self.state : nil,
                outputs: Array(repeating: Self.receipt, count: outputs)
            )
            missing[slot] = outputs + (withState ? 1 : 0)
            let begun = ledger.begin(effects, for: Self.item(slot))
            if begun.finished != nil { finished.insert(slot) }
            open += begun.productions.map { ($0.token, slot) }
            if withState { #expect(begun.productions.map(\.record) == [Self.state], "seed \(seed)") }
            while open.count > 20 || (slot == 999 && !open.isEmpty) {
                let (token, owner) = open.remove(at: Int.random(in: 0..<open.count, using: &random))
                #expect(ledger.item(token) == Self.item(owner), "seed \(seed)")
                let release = ledger.acknowledge(token)
                missing[owner, default: 0] -= 1
                open += release.productions.map { ($0.token, owner) }
                #expect((release.finished != nil) == (missing[owner] == 0), "seed \(seed)")
                if let item = release.finished { #expect(finished.insert(item.slot).inserted, "seed \(seed)") }
            }
        }
        #expect(finished.count == 1000 && ledger.count == 0, "seed \(seed)")
    }
}
