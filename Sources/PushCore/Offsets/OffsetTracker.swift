/// The progress of one partition: which records were taken, which are finished, and up to where it is safe to commit.
///
/// Records are taken in offset order and may finish in any order. The watermark is the offset below which everything is
/// finished; it is the only offset that is ever committed. What finished above it travels in the commit's metadata
/// (``CommitMetadata``), so that a restart does not repeat it. Offsets may have gaps (compaction, transaction markers).
package struct OffsetTracker: Sendable {
    /// Identifies a taken record until it is finished. Rises by one with each record taken.
    package typealias Slot = Int

    private struct Entry {
        let offset: Int64
        var isFinished: Bool
    }

    /// Entries from the watermark on: a queue whose first `head` places are free.
    private var entries: [Entry] = []
    private var head = 0
    /// The slot of `entries[head]`.
    private var headSlot: Slot = 0
    private var next: Int64
    /// What an earlier owner finished at or above the offset that it committed.
    private var finishedBefore: FinishedRanges
    /// Number of maximal runs of finished entries above the watermark.
    package private(set) var finishedRuns = 0

    /// Starts at a committed offset.
    ///
    /// - Parameters:
    ///   - offset: The first offset that was not committed.
    ///   - finished: What was finished at or above it, from the commit's metadata.
    package init(startingAt offset: Int64, finished: FinishedRanges = FinishedRanges()) {
        self.next = offset
        self.finishedBefore = finished
    }

    /// The offset to commit: everything below it is finished.
    package var watermark: Int64 { head < entries.count ? entries[head].offset : next }

    /// The offset after the last record taken.
    package var position: Int64 { next }

    /// Records taken and not finished, and finished ones above the watermark.
    package var span: Int { entries.count - head }

    /// True when nothing taken is unfinished.
    package var isIdle: Bool { head == entries.count }

    /// Takes a record.
    ///
    /// - Parameter offset: At or above ``position``. An offset below it was taken already (a fetch that was repeated).
    /// - Returns: The slot to finish; nil when the record is finished already and nothing is to be done.
    package mutating func take(_ offset: Int64) -> Slot? {
        if offset < next { return nil }
        next = offset + 1
        let slot = headSlot + (entries.count - head)
        entries.append(Entry(offset: offset, isFinished: false))
        if finishedBefore.contains(offset) {
            finish(slot)
            return nil
        }
        return slot
    }

    /// Marks a record as finished: all that follows from it is acknowledged.
    package mutating func finish(_ slot: Slot) {
        let index = head + (slot - headSlot)
        precondition(index >= head && index < entries.count, "a slot is finished while it is in the tracker")
        precondition(!entries[index].isFinished, "a record is finished once")
        entries[index].isFinished = true
        let joinsBefore = index > head && entries[index - 1].isFinished
        let joinsAfter = index + 1 < entries.count && entries[index + 1].isFinished
        finishedRuns += 1 - (joinsBefore ? 1 : 0) - (joinsAfter ? 1 : 0)
        if index == head { advance() }
    }

    /// What is finished above the watermark, as ranges of offsets.
    package var finishedAboveWatermark: FinishedRanges {
        var ranges = FinishedRanges()
        var index = head
        while index < entries.count {
            if entries[index].isFinished {
                let first = entries[index].offset
                while index + 1 < entries.count, entries[index + 1].isFinished { index += 1 }
                ranges.append(first..<entries[index].offset + 1)
            }
            index += 1
        }
        ranges.append(contentsOf: finishedBefore, from: next)
        return ranges
    }

    private mutating func advance() {
        finishedRuns -= 1
        while head < entries.count, entries[head].isFinished {
            head += 1
            headSlot += 1
        }
        // Moving the rest down costs as many steps as were saved up: constant per record in the long run.
        if head > 1024, head * 2 > entries.count {
            entries.removeFirst(head)
            head = 0
        }
    }
}

/// Ranges of finished offsets, ascending and apart from each other.
package struct FinishedRanges: Sendable, Equatable {
    package private(set) var ranges: [Range<Int64>] = []

    package init() {}

    /// - Parameter range: Above all that was appended before.
    package mutating func append(_ range: Range<Int64>) {
        guard !range.isEmpty else { return }
        if let last = ranges.last, last.upperBound == range.lowerBound {
            ranges[ranges.count - 1] = last.lowerBound..<range.upperBound
        } else {
            precondition(ranges.last.map { $0.upperBound < range.lowerBound } ?? true, "ranges are appended in order")
            ranges.append(range)
        }
    }

    /// Appends the part of `other` that lies at or above `offset`.
    mutating func append(contentsOf other: FinishedRanges, from offset: Int64) {
        for range in other.ranges where range.upperBound > offset {
            append(max(range.lowerBound, offset)..<range.upperBound)
        }
    }

    package func contains(_ offset: Int64) -> Bool {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound <= offset { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].contains(offset)
    }
}
