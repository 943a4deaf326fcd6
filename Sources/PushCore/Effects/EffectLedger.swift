/// Where a record stands: the lane that took it, and its slot in the lane's tracker.
package struct WorkItem: Hashable, Sendable {
    /// Rises with each assignment, so that what belongs to an earlier one is recognised.
    package let lane: Int
    package let slot: OffsetTracker.Slot

    package init(lane: Int, slot: OffsetTracker.Slot) {
        self.lane = lane
        self.slot = slot
    }
}

/// What was produced and not acknowledged yet, and which input record waits for it.
///
/// One rule: state first, outputs after it is acknowledged, and the input record is finished after the last of them is.
package struct EffectLedger: Sendable {
    /// Travels with a produced record and comes back with its acknowledgement: the number of the entry, and in the lowest bit
    /// whether the record is a receipt.
    package typealias Token = UInt32

    package static func isReceipt(_ token: Token) -> Bool { token & 1 == 1 }

    /// A record to produce now, under a token.
    package struct Production: Sendable {
        package let token: Token
        package let record: Outgoing
    }

    private struct Entry {
        let item: WorkItem
        /// Acknowledgements to come before `outputs` go out, or, when there are none, before the record is finished. 0: the place
        /// is free.
        var pending: Int
        var outputs: [Outgoing]
        /// What is pending is state.
        var isState: Bool
    }

    private var entries: [Entry] = []
    private var free: [Int] = []
    /// Input records with something unacknowledged.
    package private(set) var count = 0

    package init() {}

    /// Begins what follows from a record.
    ///
    /// `productions`: Gets what to produce now appended; one buffer of the caller serves all records.
    /// Returns: The record, when there is nothing to produce at all: it is finished at once.
    package mutating func begin(
        _ effects: Effects,
        for item: WorkItem,
        into productions: inout [Production]
    ) -> WorkItem? {
        if effects.isEmpty { return item }
        count += 1
        guard let state = effects.state else {
            let index = place(Entry(item: item, pending: effects.outputs.count, outputs: [], isState: false))
            for output in effects.outputs { productions.append(Self.production(output, index)) }
            return nil
        }
        let index = place(Entry(item: item, pending: 1, outputs: effects.outputs, isState: true))
        productions.append(Self.production(state, index))
        return nil
    }

    /// The input record that a produced one belongs to.
    package func item(_ token: Token) -> WorkItem? {
        let index = Int(token >> 1)
        return index < entries.count && entries[index].pending > 0 ? entries[index].item : nil
    }

    /// The lane whose state was produced under this token; nil where it is anything else.
    package func lane(ofState token: Token) -> Int? {
        let index = Int(token >> 1)
        return index < entries.count && entries[index].isState ? entries[index].item.lane : nil
    }

    /// Takes one acknowledgement by Kafka of a record produced under this token.
    ///
    /// `productions`: Gets what the acknowledgement sets free appended.
    /// Returns: The input record, when the acknowledgement was the last that it waited for.
    package mutating func acknowledge(_ token: Token, into productions: inout [Production]) -> WorkItem? {
        let index = Int(token >> 1)
        guard index < entries.count, entries[index].pending > 0 else {
            preconditionFailure("an acknowledgement belongs to something that was produced")
        }
        entries[index].pending -= 1
        if entries[index].pending > 0 { return nil }
        if entries[index].outputs.isEmpty {
            free.append(index)
            count -= 1
            return entries[index].item
        }
        // Taken out, so that it is not copied.
        var outputs: [Outgoing] = []
        swap(&outputs, &entries[index].outputs)
        entries[index].pending = outputs.count
        entries[index].isState = false
        for output in outputs { productions.append(Self.production(output, index)) }
        return nil
    }

    /// Lets nothing more out that follows from the lane's records.
    ///
    /// The next owner of the partition may have decided otherwise, or finds the state and decides the same.
    package mutating func withhold(lane: Int) {
        for index in entries.indices where entries[index].item.lane == lane { entries[index].outputs = [] }
    }

    private mutating func place(_ entry: Entry) -> Int {
        guard let index = free.popLast() else {
            entries.append(entry)
            return entries.count - 1
        }
        entries[index] = entry
        return index
    }

    private static func production(_ record: Outgoing, _ index: Int) -> Production {
        Production(token: Token(index) << 1 | (record.topic.isReceipts ? 1 : 0), record: record)
    }
}
