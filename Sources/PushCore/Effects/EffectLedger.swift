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
    package typealias Token = UInt64

    package static func isReceipt(_ token: Token) -> Bool { token & 1 == 1 }

    /// A record to produce now, under a token.
    package struct Production: Sendable {
        package let token: Token
        package let record: Outgoing
    }

    /// What an acknowledgement sets free.
    package struct Release: Sendable {
        package var productions: [Production] = []
        /// Set when the acknowledgement was the last that this record waited for.
        package var finished: WorkItem?
    }

    private struct Entry {
        let item: WorkItem
        /// Acknowledgements to come before `outputs` go out, or, when there are none, before the record is finished.
        var pending: Int
        var outputs: [Outgoing]
    }

    private var entries: [Entry?] = []
    private var free: [Int] = []
    /// Input records with something unacknowledged.
    package private(set) var count = 0

    package init() {}

    /// Begins what follows from a record.
    ///
    /// - Returns: What to produce now. When there is nothing to produce at all, the record is finished at once.
    package mutating func begin(_ effects: Effects, for item: WorkItem) -> Release {
        if effects.isEmpty { return Release(finished: item) }
        let index = free.popLast() ?? entries.count
        if index == entries.count { entries.append(nil) }
        count += 1
        if let state = effects.state {
            entries[index] = Entry(item: item, pending: 1, outputs: effects.outputs)
            return Release(productions: [production(state, index)])
        }
        entries[index] = Entry(item: item, pending: effects.outputs.count, outputs: [])
        return Release(productions: effects.outputs.map { production($0, index) })
    }

    /// The input record that a produced one belongs to.
    package func item(_ token: Token) -> WorkItem? {
        let index = Int(token >> 1)
        return index < entries.count ? entries[index]?.item : nil
    }

    private func production(_ record: Outgoing, _ index: Int) -> Production {
        Production(token: Token(index) << 1 | (record.topic == .receipts ? 1 : 0), record: record)
    }

    /// Takes one acknowledgement by Kafka of a record produced under this token.
    package mutating func acknowledge(_ token: Token) -> Release {
        let index = Int(token >> 1)
        guard index < entries.count, let pending = entries[index]?.pending else {
            preconditionFailure("an acknowledgement belongs to something that was produced")
        }
        if pending > 1 {
            entries[index]?.pending = pending - 1
            return Release()
        }
        // Taken out, so that it is not copied.
        guard var entry = entries[index].take() else { return Release() }
        if entry.outputs.isEmpty {
            free.append(index)
            count -= 1
            return Release(finished: entry.item)
        }
        let outputs = entry.outputs
        entry.outputs = []
        entry.pending = outputs.count
        entries[index] = entry
        return Release(productions: outputs.map { production($0, index) })
    }
}
