/// Waits, the earliest first: a binary heap.
///
/// Nothing is removed before it is due. Who waits no longer is recognised when its wait comes up: by the number of the wait.
struct DueQueue<Item: Sendable>: Sendable {
    struct Wait: Sendable {
        let dueMs: Int64
        /// Numbers the waits, from 1.
        let wait: UInt64
        let item: Item
    }

    private var heap: [Wait] = []
    private var lastWait: UInt64 = 0

    var nextDueMs: Int64? { heap.first?.dueMs }

    /// Waits, those among them that nobody waits for any more.
    var count: Int { heap.count }

    /// - Returns: The number of the wait.
    mutating func push(_ item: Item, dueMs: Int64) -> UInt64 {
        lastWait += 1
        heap.append(Wait(dueMs: dueMs, wait: lastWait, item: item))
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
        sink(0)
        return first
    }

    /// Forgets every wait that the closure does not want.
    mutating func keep(_ isWanted: (Wait) -> Bool) {
        heap.removeAll { !isWanted($0) }
        for parent in (0..<heap.count / 2).reversed() { sink(parent) }
    }

    private mutating func sink(_ start: Int) {
        var parent = start
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                if isBefore(heap[child], heap[least]) { least = child }
            }
            if least == parent { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }

    /// By time, then by number: the order does not depend on the heap's shape, so that a simulation can be replayed.
    private func isBefore(_ left: Wait, _ right: Wait) -> Bool {
        (left.dueMs, left.wait) < (right.dueMs, right.wait)
    }
}
