/// When a user's waiting deliveries are to be looked at: by user the next time, and in their order.
struct Agenda: Sendable {
    private struct Appointment {
        let dueMs: Int64
        /// The number of the wait in the queue.
        let wait: UInt64
        /// Deliveries that wait.
        var count: Int
        /// When the release of a delivery was asked for.
        var askedAtMs: [Identifier: Int64]
    }

    private var appointments: [String: Appointment] = [:]
    private var queue = DueQueue<String>()
    /// Deliveries that wait, of all users.
    private(set) var count = 0

    var nextDueMs: Int64? { queue.nextDueMs }

    /// Entries of the queue, those among them that are out of date.
    var queued: Int { queue.count }

    var isEmpty: Bool { appointments.isEmpty }

    func isEmpty(for key: String) -> Bool { appointments[key] == nil }

    mutating func remove(_ key: String) {
        guard let known = appointments.removeValue(forKey: key) else { return }
        count -= known.count
        dropOutOfDate()
    }

    /// Sets when a user is looked at next.
    ///
    /// `deliveries`: How many wait.
    /// `askedAtMs`: The releases that were asked for.
    mutating func set(_ key: String, dueMs: Int64, deliveries: Int, askedAtMs: [Identifier: Int64]) {
        let known = appointments[key]
        count += deliveries - (known?.count ?? 0)
        let wait = if let known, known.dueMs == dueMs { known.wait } else { queue.push(key, dueMs: dueMs) }
        appointments[key] = Appointment(dueMs: dueMs, wait: wait, count: deliveries, askedAtMs: askedAtMs)
        dropOutOfDate()
    }

    /// What is out of date goes when it outweighs what is not, so that the queue is as long as the users are many.
    private mutating func dropOutOfDate() {
        guard appointments.isEmpty || queue.count > 2 * appointments.count + 64 else { return }
        queue.keep { appointments[$0.item]?.wait == $0.wait }
    }

    /// The releases that were asked for, and when.
    func askedAtMs(_ key: String) -> [Identifier: Int64] { appointments[key]?.askedAtMs ?? [:] }

    /// A user who is to be looked at now; to be set again, or removed.
    mutating func pop(dueAtMs nowMs: Int64) -> String? {
        while let next = queue.pop(dueAtMs: nowMs) {
            guard let known = appointments[next.item], known.wait == next.wait else { continue }
            // Its wait is used up: what is set next needs another one.
            appointments[next.item] = Appointment(
                dueMs: .min,
                wait: 0,
                count: known.count,
                askedAtMs: known.askedAtMs
            )
            return next.item
        }
        return nil
    }
}
