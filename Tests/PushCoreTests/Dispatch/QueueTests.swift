import Testing

@testable import PushCore

@Suite("Dispatch: waits and memory")
struct QueueTests {
    @Test("waits come up by time, then in the order they began", arguments: [1, 2, 3] as [UInt64])
    func dueQueue(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var queue = DueQueue<Int>()
        var model: [(due: Int64, wait: UInt64, index: Int)] = []
        var nowMs: Int64 = 0
        for index in 0..<3000 {
            if Int.random(in: 0..<5, using: &random) < 3 {
                let due = nowMs + Int64.random(in: 0...30, using: &random)
                let wait = queue.push(index, dueMs: due)
                #expect(wait != 0)
                model.append((due, wait, index))
            } else {
                nowMs += Int64.random(in: 0...5, using: &random)
                model.sort { ($0.due, $0.wait) < ($1.due, $1.wait) }
                while let popped = queue.pop(dueAtMs: nowMs) {
                    let expected = model.removeFirst()
                    #expect(popped.dueMs == expected.due && popped.wait == expected.wait, "seed \(seed)")
                    #expect(popped.item == expected.index)
                }
                #expect(model.first.map { $0.due > nowMs } ?? true, "seed \(seed)")
            }
            if index % 500 == 499 {
                queue.keep { $0.item % 3 != 0 }
                model.removeAll { $0.index % 3 == 0 }
                #expect(queue.count == model.count, "seed \(seed)")
            }
            #expect(queue.nextDueMs == model.map(\.due).min(), "seed \(seed)")
        }
    }

    @Test("the last identifiers are remembered, the oldest forgotten, a repeated one counts once")
    func recentIdentifiers() {
        var recent = RecentIdentifiers(capacity: 3)
        func id(_ number: UInt64) -> Identifier { Identifier(high: 1, low: number) }
        for number in [1, 2, 2, 2, 3] as [UInt64] { recent.insert(id(number)) }
        #expect((1...3).allSatisfy { recent.contains(id($0)) })
        recent.insert(id(4))
        #expect(!recent.contains(id(1)) && (2...4).allSatisfy { recent.contains(id($0)) })
        for number in 5...40 as ClosedRange<UInt64> {
            recent.insert(id(number))
            #expect((1...50).filter { recent.contains(id($0)) } == Array(number - 2...number))
        }
    }
}
