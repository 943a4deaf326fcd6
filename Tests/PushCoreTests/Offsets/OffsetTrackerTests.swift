import PushCore
import Testing

@Suite("Offsets: the watermark")
struct OffsetTrackerTests {
    @Test("the watermark stays below the first unfinished record, and gaps in the offsets do not hold it")
    func outOfOrder() throws {
        var tracker = OffsetTracker(startingAt: 5)
        #expect(tracker.watermark == 5 && tracker.isIdle)
        let slots = try [5, 7, 8, 20].map { try tracker.begin($0) }
        #expect(tracker.position == 21 && tracker.span == 4)
        tracker.finish(slots[2])
        tracker.finish(slots[1])
        #expect(tracker.watermark == 5 && tracker.finishedRuns == 1)
        #expect(tracker.finishedAboveWatermark.ranges == [7..<9])
        tracker.finish(slots[0])
        #expect(tracker.watermark == 20 && tracker.finishedRuns == 0 && !tracker.isIdle)
        tracker.finish(slots[3])
        #expect(tracker.watermark == 21 && tracker.isIdle && tracker.span == 0)
    }

    @Test("finished records with a gap between them are one run")
    func runOverGap() throws {
        var tracker = OffsetTracker(startingAt: 0)
        let slots = try [0, 3, 9].map { try tracker.begin($0) }
        tracker.finish(slots[1])
        tracker.finish(slots[2])
        #expect(tracker.finishedRuns == 1 && tracker.finishedAboveWatermark.ranges == [3..<10])
    }

    @Test("an offset that was taken is not taken again")
    func repeated() throws {
        var tracker = OffsetTracker(startingAt: 10)
        #expect(tracker.take(9) == nil)
        let slot = try tracker.begin(12)
        #expect(tracker.take(12) == nil && tracker.take(11) == nil && tracker.span == 1)
        tracker.finish(slot)
        #expect(tracker.take(12) == nil && tracker.watermark == 13)
    }

    @Test("what an earlier owner finished is not done again, and counts once it is reached")
    func resumed() throws {
        var finished = FinishedRanges()
        finished.append(3..<5)
        finished.append(8..<10)
        var tracker = OffsetTracker(startingAt: 2, finished: finished)
        #expect(tracker.finishedAboveWatermark == finished)
        let two = try tracker.begin(2)
        #expect(tracker.take(3) == nil && tracker.take(4) == nil)
        let five = try tracker.begin(5)
        tracker.finish(two)
        #expect(tracker.watermark == 5 && tracker.finishedAboveWatermark.ranges == [8..<10])
        tracker.finish(five)
        #expect(tracker.watermark == 6)
        #expect(tracker.take(9) == nil)
        #expect(tracker.watermark == 10 && tracker.isIdle && tracker.finishedAboveWatermark.ranges.isEmpty)
    }

    @Test("it does as a set of offsets does", arguments: (1...12).map { UInt64($0) })
    func model(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let start = Int64.random(in: 0...50, using: &random)
        var before = FinishedRanges()
        var done: Set<Int64> = []
        var position = start + Int64.random(in: 0...3, using: &random)
        for _ in 0..<Int.random(in: 0...20, using: &random) {
            let end = position + Int64.random(in: 1...9, using: &random)
            before.append(position..<end)
            done.formUnion(position..<end)
            position = end + Int64.random(in: 1...9, using: &random)
        }
        var tracker = OffsetTracker(startingAt: start, finished: before)
        var open: [(slot: OffsetTracker.Slot, offset: Int64)] = []
        var taken: [Int64] = []
        var next = start
        for _ in 0..<2000 {
            if open.count < 40, Bool.random(using: &random) {
                next += Int64.random(in: 0..<10, using: &random) == 0 ? 4 : 0
                if let slot = tracker.take(next) {
                    #expect(!done.contains(next), "seed \(seed)")
                    open.append((slot, next))
                } else {
                    #expect(done.contains(next), "seed \(seed)")
                }
                taken.append(next)
                next += 1
            } else if let index = open.indices.randomElement(using: &random) {
                let (slot, offset) = open.remove(at: index)
                tracker.finish(slot)
                done.insert(offset)
            }
            let watermark = open.map(\.offset).min() ?? next
            #expect(tracker.watermark == watermark && tracker.isIdle == open.isEmpty, "seed \(seed)")
            taken.removeAll { $0 < watermark }
            var runs = 0
            var wasFinished = false
            for offset in taken {
                let isFinished = done.contains(offset)
                if isFinished, !wasFinished { runs += 1 }
                wasFinished = isFinished
            }
            #expect(tracker.finishedRuns == runs && tracker.span == taken.count, "seed \(seed)")
        }
        let above = tracker.finishedAboveWatermark
        for offset in taken { #expect(above.contains(offset) == done.contains(offset), "seed \(seed)") }
        for offset in next..<next + 300 { #expect(above.contains(offset) == before.contains(offset), "seed \(seed)") }
    }
}

extension OffsetTracker {
    /// Takes a record that is not finished.
    fileprivate mutating func begin(_ offset: Int64) throws -> Slot {
        let slot = take(offset)
        return try #require(slot)
    }
}
