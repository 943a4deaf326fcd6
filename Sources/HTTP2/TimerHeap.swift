/// The timers of an event loop: a binary heap by due time.
///
/// Meant for tens of timers; requests have the `DeadlineWheel`.
struct TimerHeap {
    private struct Entry {
        var due: MonotonicInstant
        var number: UInt64
    }

    private var heap: [Entry] = []
    private var actions: [UInt64: () -> Void] = [:]
    private var nextNumber: UInt64 = 0

    /// When the next live timer is due.
    var nextDue: MonotonicInstant? { heap.first?.due }

    /// Adds a timer and gives its number.
    mutating func insert(at due: MonotonicInstant, _ action: @escaping () -> Void) -> UInt64 {
        let number = nextNumber
        nextNumber += 1
        actions[number] = action
        heap.append(Entry(due: due, number: number))
        siftUp(from: heap.count - 1)
        return number
    }

    /// Forgets a timer.
    ///
    /// Its heap entry stays until it is on top, or until forgotten entries outnumber live ones.
    mutating func remove(_ number: UInt64) {
        guard actions.removeValue(forKey: number) != nil else { return }
        if heap.count > 2 * actions.count + 32 {
            heap.removeAll { actions[$0.number] == nil }
            heap.sort { $0.due < $1.due }
        }
        dropForgotten()
    }

    /// Takes the action of a timer that is due, the earliest first.
    mutating func popDue(at now: MonotonicInstant) -> (() -> Void)? {
        guard let first = heap.first, first.due <= now else { return nil }
        removeTop()
        let action = actions.removeValue(forKey: first.number)
        dropForgotten()
        return action
    }

    private mutating func dropForgotten() {
        while let first = heap.first, actions[first.number] == nil { removeTop() }
    }

    private mutating func removeTop() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            var smallest = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                if heap[child].due < heap[smallest].due { smallest = child }
            }
            if smallest == parent { return }
            heap.swapAt(parent, smallest)
            parent = smallest
        }
    }

    private mutating func siftUp(from index: Int) {
        var child = index
        while child > 0, heap[child].due < heap[(child - 1) / 2].due {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }
}
