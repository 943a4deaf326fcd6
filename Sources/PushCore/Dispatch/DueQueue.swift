/// Waits, the earliest first: a binary heap.
///
/// Nothing is removed before it is due. Who waits no longer is recognised when its wait comes up: by the number of the wait.
struct DueQueue: Sendable {
    struct Wait: Sendable {
        let dueMs: Int64
        /// Numbers the waits, from 1.
        let wait: UInt64
        let index: Int
        let generation: UInt32
    }

    private var heap: [Wait] = []
    private var lastWait: UInt64 = 0

    var nextDueMs: Int64? { heap.first?.dueMs }

    /// - Returns: The number of the wait.
    mutating func push(dueMs: Int64, index: Int, generation: UInt32) -> UInt64 {
        lastWait += 1
        heap.append(Wait(dueMs: dueMs, wait: lastWait, index: index, generation: generation))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            if !isBefore(heap[child], heap[parent]) { break }
            heap.swapAt(child, parent)
            child = parent
        }
        return lastWait
    }

    /// The earliest wait, when it is due.
    mutating func pop(dueAtMs nowMs: Int64) -> Wait? {
        guard let first = heap.first, first.dueMs <= nowMs else { return nil }
        let last = heap.removeLast()
        if heap.isEmpty { return first }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                if isBefore(heap[child], heap[least]) { least = child }
            }
            if least == parent { return first }
            heap.swapAt(parent, least)
            parent = least
        }
    }

    /// By time, then by number: the order does not depend on the heap's shape, so that a simulation can be replayed.
    private func isBefore(_ left: Wait, _ right: Wait) -> Bool {
        (left.dueMs, left.wait) < (right.dueMs, right.wait)
    }
}
